//! Names: which images and tags Gitea knows; stricter than the specification.

/// Whether an image may be called so: lower case, and never two separators in a row.
pub(super) fn is_image(name: &str) -> bool {
    name.split('/').all(|segment| {
        let parts = segment.split(['.', '_', '-']);
        parts.into_iter().all(|part| {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            !part.is_empty() && part.bytes().all(plain)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::is_image;

    #[test]
    fn separators_stand_alone() {
        for name in ["app", "a/b", "a-b_c.d/e", "1"] {
            assert!(is_image(name), "{name}");
        }
        for name in [
            "", "foo--bar", "foo__bar", "-a", "a-", "App", "a//b", "a._b",
        ] {
            assert!(!is_image(name), "{name}");
        }
    }
}
