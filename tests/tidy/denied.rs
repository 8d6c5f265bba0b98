//! The deny list of `deny.toml`, held against `Cargo.lock`: cargo-deny is not installed everywhere, this is.
//!
//! Versions, licences and sources are left to cargo-deny.

use crate::tree;

/// Crates that are denied and locked all the same.
pub(crate) fn complaints(deny: &str, lock: &str) -> Vec<String> {
    let locked = |name: &str| {
        lock.lines()
            .any(|line| line == format!("name = \"{name}\""))
    };
    denied(deny)
        .into_iter()
        .filter(|denied| locked(denied.name) && !denied.only_wrapped(lock))
        .map(|denied| format!("{}: denied in deny.toml, but in Cargo.lock", denied.name))
        .collect()
}

/// An entry of the deny list.
struct Denied<'a> {
    name: &'a str,
    /// The rest of its line, with the crates that may have it all the same.
    rest: &'a str,
}

impl Denied<'_> {
    /// Whether only its `wrappers` depend on it.
    fn only_wrapped(&self, lock: &str) -> bool {
        let wrappers = self.rest.split_once("wrappers = [");
        let Some((wrappers, _)) = wrappers.and_then(|(_, rest)| rest.split_once(']')) else {
            return false;
        };
        let needs = |package: &&str| {
            let (bare, versioned) = (
                format!("\n \"{}\",", self.name),
                format!("\n \"{} ", self.name),
            );
            package.contains(&bare) || package.contains(&versioned)
        };
        lock.split("[[package]]").filter(needs).all(|package| {
            let name = package
                .lines()
                .find_map(|line| line.strip_prefix("name = "));
            name.is_some_and(|name| wrappers.contains(name))
        })
    }
}

/// The names in the list `deny = [ … ]` that are denied in every version.
fn denied(deny: &str) -> Vec<Denied<'_>> {
    let list = deny.split_once("\ndeny = [").map_or("", |(_, rest)| rest);
    let list = list.split_once("\n]").map_or("", |(list, _)| list);
    let entries = list
        .lines()
        .filter_map(|line| line.split_once("crate = \""));
    entries
        .filter_map(|(_, rest)| rest.split_once('"'))
        .map(|(name, rest)| Denied { name, rest })
        .filter(|denied| !denied.name.contains(['@', ':']))
        .collect()
}

#[test]
fn no_denied_crate_is_locked() {
    let deny = tree::read("deny.toml");
    assert!(
        !denied(&deny).is_empty(),
        "the deny list of deny.toml was not found"
    );
    crate::assert_tidy(&complaints(&deny, &tree::read("Cargo.lock")));
}

#[cfg(test)]
mod tests {
    use super::complaints;

    const DENY: &str = "\
[bans]
deny = [
    { crate = \"atty\", reason = \"unmaintained\" },
    { crate = \"h2@<0.4.16\", reason = \"RUSTSEC-2026-0258\" },
]
allow = [{ crate = \"tar\" }]
";

    #[test]
    fn a_denied_crate_is_found() {
        let lock = "[[package]]\nname = \"atty\"\nversion = \"0.2.14\"\n";
        assert_eq!(
            complaints(DENY, lock),
            ["atty: denied in deny.toml, but in Cargo.lock"]
        );
    }

    #[test]
    fn wrappers_may_have_what_is_denied() {
        let deny =
            "\ndeny = [\n    { crate = \"paste\", wrappers = [\"old\"], reason = \"\" },\n]\n";
        let package = |name: &str, needs: &str| {
            format!("[[package]]\nname = \"{name}\"\ndependencies = [\n \"{needs}\",\n]\n")
        };
        let lock = format!("{}{}", package("paste", "x"), package("old", "paste"));
        assert!(complaints(deny, &lock).is_empty());
        let lock = format!("{lock}{}", package("new", "paste 1.0.15"));
        assert_eq!(complaints(deny, &lock).len(), 1);
    }

    #[test]
    fn other_crates_and_versions_are_left_alone() {
        let lock = "name = \"tar\"\nname = \"h2\"\nname = \"atty-two\"\n";
        assert!(complaints(DENY, lock).is_empty());
    }
}
