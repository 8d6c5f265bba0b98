//! Crates that only one crate of the workspace may depend on, held against the manifests.
//!
//! Which module inside `crates/push` may name which crate is for `levels`.

use crate::tree::{self, File};

/// What weighs so much, or knows so much, that one crate alone answers for it.
const OWNED: &[(&str, &str)] = &[
    ("kube", "crates/cluster/Cargo.toml"),
    ("k8s-openapi", "crates/cluster/Cargo.toml"),
];

/// Manifests that depend on what belongs to another.
pub(crate) fn complaints(manifests: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, owner) in OWNED {
        let names = |line: &str| {
            let key = line.split(['.', ' ', '=']).next();
            key == Some(*name)
        };
        let others = manifests
            .iter()
            .filter(|manifest| manifest.path != *owner && manifest.text.lines().any(names));
        found.extend(
            others.map(|other| format!("{}: `{name}` belongs to {owner} alone", other.path)),
        );
    }
    found
}

#[test]
fn heavy_crates_have_one_owner() {
    let folders = ["crates", "xtask", "tests"].iter();
    let manifests: Vec<File> = folders
        .flat_map(|folder| tree::files(folder, &["Cargo.toml"]))
        .collect();
    assert!(
        manifests.iter().any(|manifest| manifest.path == OWNED[0].1),
        "the owner was not found"
    );
    crate::assert_tidy(&complaints(&manifests));
}

#[cfg(test)]
mod tests {
    use super::{File, complaints};

    #[test]
    fn another_owner_is_found() {
        let manifest = |path: &str, text: &str| File {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let manifests = [
            manifest("crates/cluster/Cargo.toml", "kube.workspace = true\n"),
            manifest(
                "xtask/Cargo.toml",
                "kube-like = \"1\"\ncluster.workspace = true\n",
            ),
        ];
        assert!(complaints(&manifests).is_empty());
        let manifests = [manifest(
            "crates/push/Cargo.toml",
            "[dependencies]\nkube = \"5\"\n",
        )];
        assert_eq!(
            complaints(&manifests),
            ["crates/push/Cargo.toml: `kube` belongs to crates/cluster/Cargo.toml alone"]
        );
    }
}
