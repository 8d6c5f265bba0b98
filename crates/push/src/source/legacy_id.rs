//! Legacy IDs: the names of the directories in which Docker before version 25 exports layers.
//!
//! An ID is the digest of a small document with the layer's chain ID in it; the rest of that document stands beside the
//! layer and comes before it. So the ID says which layer it is of those that are known, before its first byte.
//! (moby 20.10, `image/v1.CreateID` and `image/tarexport/save.go`; image-spec, "Layer ChainID".)

use std::collections::BTreeMap;

use oci::{Algorithm, Digest};
use serde_json::Value;

/// The layers of one image, as what legacy IDs are made of.
pub(super) struct LegacyIds {
    /// Chain IDs with the diff IDs of their last layers, base layer first.
    layers: Vec<(Digest, Digest)>,
}

/// The members of a document, by name and so in the order that Go writes those of a map in.
type Members = BTreeMap<String, Value>;

impl LegacyIds {
    /// Takes the diff IDs of all layers of an image, base layer first.
    pub(super) fn of(diff_ids: &[Digest]) -> Self {
        let mut layers: Vec<(Digest, Digest)> = Vec::new();
        for diff_id in diff_ids {
            let chain_id = match layers.last() {
                Some((below, _)) => Digest::of(format!("{below} {diff_id}").as_bytes()),
                None => diff_id.clone(),
            };
            layers.push((chain_id, diff_id.clone()));
        }
        Self { layers }
    }

    /// The diff ID of the layer whose legacy ID and `json` these are, where it is one of the image's.
    pub(super) fn diff_id(&self, id: &str, json: &[u8]) -> Option<&Digest> {
        if id.len() != Algorithm::Sha256.digits() {
            return None;
        }
        let mut members: Members = serde_json::from_slice(json).ok()?;
        members.remove("id");
        if let Some(parent) = members.get_mut("parent") {
            *parent = format!("sha256:{}", parent.as_str()?).into();
        }
        // What is below the uppermost layer is told its `os` only after it has got its ID.
        let mut without_os = members.clone();
        without_os.remove("os");
        let mut candidates = [without_os, members];
        let found = self.layers.iter().find(|(chain_id, _)| {
            candidates
                .iter_mut()
                .any(|members| has_id(members, chain_id, id))
        });
        found.map(|(_, diff_id)| diff_id)
    }
}

/// Whether the layer of that chain ID would have got that legacy ID.
fn has_id(members: &mut Members, chain_id: &Digest, id: &str) -> bool {
    members.insert("layer_id".to_owned(), chain_id.to_string().into());
    serde_json::to_string(members).is_ok_and(|text| Digest::of(as_go(text).as_bytes()).hex() == id)
}

/// The text of a document as Go writes it: these characters stand in strings only, and are escaped there.
fn as_go(mut text: String) -> String {
    for (character, escaped) in ESCAPED {
        if text.contains(character) {
            text = text.replace(character, escaped);
        }
    }
    text
}

/// What Go's `encoding/json` escapes beyond what JSON asks for.
const ESCAPED: [(char, &str); 5] = [
    ('<', "\\u003c"),
    ('>', "\\u003e"),
    ('&', "\\u0026"),
    ('\u{2028}', "\\u2028"),
    ('\u{2029}', "\\u2029"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn diff_ids() -> [Digest; 3] {
        ["base", "middle", "top"].map(|layer| Digest::of(layer.as_bytes()))
    }

    /// The ID that Docker makes of a document.
    fn id(document: &str) -> String {
        Digest::of(document.as_bytes()).hex().to_owned()
    }

    #[track_caller]
    fn check(id: &str, json: &str, expected: Option<&Digest>) {
        let ids = LegacyIds::of(&diff_ids());
        assert_eq!(ids.diff_id(id, json.as_bytes()), expected, "{json}");
    }

    #[test]
    fn an_id_says_which_layer_it_is() {
        let [base, middle, top] = diff_ids();
        let second = Digest::of(format!("{base} {middle}").as_bytes());
        let third = Digest::of(format!("{second} {top}").as_bytes());

        let id_of_base = id(&format!(r#"{{"created":"1970","layer_id":"{base}"}}"#));
        let json = format!(r#"{{"id":"{id_of_base}","created":"1970","os":"linux"}}"#);
        check(&id_of_base, &json, Some(&base));

        let parent = "0a1b";
        let of_middle =
            format!(r#"{{"created":"1970","layer_id":"{second}","parent":"sha256:{parent}"}}"#);
        let json = format!(r#"{{"parent":"{parent}","created":"1970","os":"linux"}}"#);
        check(&id(&of_middle), &json, Some(&middle));
        check(&id(&of_middle), &json.replace("1970", "1971"), None);

        // The uppermost has the config, and Go's way to write it.
        let config = r#""config":{"Cmd":["a \u0026\u0026 b \u003c\u2028é"],"B":1.5,"A":null}"#;
        let of_top =
            format!(r#"{{{config},"layer_id":"{third}","os":"linux","parent":"sha256:{parent}"}}"#);
        let json = format!(r#"{{"os":"linux",{config},"parent":"{parent}"}}"#);
        check(&id(&of_top), &json, Some(&top));
    }

    #[test]
    fn what_is_no_document_of_docker_says_nothing() {
        for json in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"parent":1}"#,
            r#"{"parent":null}"#,
        ] {
            check(&id(json), json, None);
        }
        check("00", "{}", None);
    }
}
