//! Gitea's rules, name by name.

use std::sync::{Arc, Mutex};

use oci::{Descriptor, Digest, MediaType};

use super::*;
use crate::blob::{Blob, Place, Promise};
use crate::event::Event;
use crate::image::{Image, ManifestNode, Node};

fn image() -> Image {
    let place = Place::source("app.tar");
    let bytes: Arc<[u8]> = Arc::from(&b"{}"[..]);
    let config = Descriptor::new(MediaType::OCI_CONFIG, Digest::of(&bytes), 2);
    let config = Blob::new(config, place.clone(), Promise::Computed, Arc::new(bytes));
    Image {
        names: Vec::new(),
        place,
        root: Node::Manifest(Box::new(ManifestNode {
            document: None,
            config,
            image_config: None,
            layers: Vec::new(),
        })),
    }
}

/// What is said of references `REPOSITORY:TAG`, and what is noted.
fn said(naming: Naming, references: &[&str]) -> String {
    let image = image();
    let selected: Vec<Selected<'_>> = references
        .iter()
        .map(|reference| {
            let (repository, tag) = reference.split_once(':').expect("a tag");
            Selected {
                image: &image,
                repository: repository.parse().expect("a repository"),
                tags: vec![tag.parse().expect("a tag")],
                asserted: None,
            }
        })
        .collect();
    let notes = Arc::new(Mutex::new(Vec::new()));
    let its_notes = Arc::clone(&notes);
    let events = Events::new(move |event| {
        if let Event::Note(note) = event {
            its_notes.lock().expect("nobody panicked").push(note);
        }
    });
    let verdict = check(naming, &selected, &events);
    let mut said = notes.lock().expect("nobody panicked").clone();
    said.extend(verdict.err().map(|error| format!("error: {error}")));
    said.join(" | ")
}

#[test]
fn gitea_is_stricter_than_the_specification() {
    let separator = |name: &str| {
        format!(
            "error: `{name}` is not a name at Gitea: one `.`, `_` or `-` at a time between letters and digits"
        )
    };
    let table: &[(&[&str], &str)] = &[
        (&["giteaadmin/app:1", "team/a.b_c-d/e:1"], ""),
        (
            &["app:1"],
            "error: `app` has no owner, and at Gitea every image has one",
        ),
        (&["team/foo--bar:1"], &separator("team/foo--bar")),
        (&["team/foo__bar:1"], &separator("team/foo__bar")),
        (&["team/ok:1", "a/b---c/d:1"], &separator("a/b---c/d")),
        (&["team/app:V1"], "Gitea keeps the tag `V1` as `v1`"),
        (
            &["team/app:V1", "team/other:v1"],
            "Gitea keeps the tag `V1` as `v1`",
        ),
        (
            &["team/app:V1", "team/app:v1"],
            "error: the tags `V1` and `v1` of `team/app` are one at Gitea, which keeps tags in lower case",
        ),
    ];
    for (references, expected) in table {
        assert_eq!(said(Naming::Gitea, references), *expected, "{references:?}");
    }
}

#[test]
fn other_registries_take_what_the_specification_allows() {
    let references = ["app:V1", "app:v1", "team/foo--bar:1", "team/foo__bar:1"];
    assert_eq!(said(Naming::Specification, &references), "");
}
