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
        .filter(|name| locked(name))
        .map(|name| format!("{name}: denied in deny.toml, but in Cargo.lock"))
        .collect()
}

/// The names in the list `deny = [ … ]` that are denied in every version.
fn denied(deny: &str) -> Vec<&str> {
    let list = deny.split_once("\ndeny = [").map_or("", |(_, rest)| rest);
    let list = list.split_once("\n]").map_or("", |(list, _)| list);
    let entries = list
        .lines()
        .filter_map(|line| line.split_once("crate = \""));
    entries
        .filter_map(|(_, rest)| rest.split_once('"'))
        .map(|(name, _)| name)
        .filter(|name| !name.contains(['@', ':']))
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
    fn other_crates_and_versions_are_left_alone() {
        let lock = "name = \"tar\"\nname = \"h2\"\nname = \"atty-two\"\n";
        assert!(complaints(DENY, lock).is_empty());
    }
}
