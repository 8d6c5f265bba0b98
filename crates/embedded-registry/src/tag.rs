//! Tags: the mutable names of manifests, and the list of them.

use oci::Tag;

/// The name of a tag's file: in lower case, and where it was not, with a mask that says which letters were not.
///
/// `V1` and `v1` are two tags, and would be one file where file names have no case (macOS, Windows).
fn file_name(_tag: &Tag) -> String {
    String::new()
}

fn tag_of(_file_name: &str) -> Option<Tag> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_survives_a_file_system_without_case() {
        let long = "T".repeat(128);
        for tag in ["latest", "v1", "V1", "1.0-RC.1_x", "_A", &long] {
            let tag: Tag = tag.parse().expect(tag);
            let name = file_name(&tag);
            assert_eq!(name, name.to_lowercase());
            assert!(name.len() < 200, "{name}");
            assert_eq!(tag_of(&name), Some(tag), "{name}");
        }
        assert_eq!(tag_of("v1~x"), None);
        assert_eq!(tag_of(".hidden"), None);
    }
}
