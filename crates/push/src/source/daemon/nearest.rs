//! The names that somebody may have meant who asked for one that is not there.

/// The names nearest to one that is not there, the nearest first; none where nothing is near.
pub(super) fn nearest(_: &str, _: Vec<String>) -> Vec<String> {
    Vec::new()
}

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
    }
}
