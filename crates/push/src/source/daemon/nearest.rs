//! The names that somebody may have meant who asked for one that is not there.

use strsim::osa_distance;

/// The names nearest to one that is not there, the nearest first; none where nothing is near.
pub(super) fn nearest(wanted: &str, names: Vec<String>) -> Vec<String> {
    let mut near: Vec<(usize, String)> = names
        .into_iter()
        .filter(|name| !name.contains("<none>"))
        .filter_map(|name| Some((distance(wanted, &name)?, name)))
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// How far a name is from what was wanted; none where it is too far to be meant.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let ((repository, tag), (other, other_tag)) = (split(short(wanted)), split(short(name)));
    let of_tags = osa_distance(tag, other_tag);
    // Whoever has the name right, or its last part, has forgotten the tag, however far that is.
    let last = |repository: &str| repository.rsplit('/').next().map(str::to_owned);
    if repository == other || last(repository) == last(other) {
        return Some(of_tags.min(1) + usize::from(repository != other));
    }
    let far = osa_distance(repository, other);
    (far <= repository.len().div_ceil(3)).then_some(1 + far + of_tags.min(1))
}

/// A name without what nobody needs to write: Podman has it in every name.
fn short(name: &str) -> &str {
    let without = |prefix| name.strip_prefix(prefix);
    without("localhost/")
        .or_else(|| without("docker.io/library/"))
        .unwrap_or(name)
}

fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, ""),
    }
}

/// More would be a list and no hint.
const MOST: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_others_are_not() {
        let names = [
            "app:dev",
            "team/app:1",
            "apps:1",
            "appp:1",
            "postgres:16",
            "<none>:<none>",
            "appp:1",
        ];
        let near = |wanted| nearest(wanted, names.map(str::to_owned).to_vec()).join(" ");
        assert_eq!(near("app:1"), "app:dev team/app:1 appp:1");
        assert_eq!(near("postgers:16"), "postgres:16");
        assert_eq!(near("postgres:latest"), "postgres:16");
        assert_eq!(near("redis:7"), "");
        // Podman has every name with its host.
        let names = ["localhost/app:1", "docker.io/library/postgres:16"];
        let near = |wanted| nearest(wanted, names.map(str::to_owned).to_vec()).join(" ");
        assert_eq!(near("apq:1"), "localhost/app:1");
        assert_eq!(near("postgers:16"), "docker.io/library/postgres:16");
    }
}
