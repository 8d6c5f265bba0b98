//! The paths that a source names, in imports and in the middle of expressions, made absolute.
//!
//! Whether a module may name them is for `levels`.

use crate::tokens::{Token, tokens};

/// A path as it was written, groups opened: `use a::{b, c::D as E};` is `a::b` and `a::c::D`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamedPath {
    pub(crate) segments: Vec<String>,
    /// The name it goes by: the last segment, or what `as` says.
    pub(crate) name: String,
    pub(crate) line: usize,
}

/// Every path of two segments or more, and shorter ones in a `use`.
///
/// `module` is where the source is in its crate; `crate::`, `self::` and `super::` are replaced by where they lead,
/// with `crate` as the first segment.
pub(crate) fn paths(source: &str, module: &[&str]) -> Vec<NamedPath> {
    let _ = (source, module);
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::paths;

    #[track_caller]
    fn check(source: &str, module: &[&str], expected: &[&str]) {
        let found: Vec<String> = paths(source, module)
            .iter()
            .map(|path| path.segments.join("::"))
            .collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn imports_are_paths() {
        check("use tar;", &[], &["tar"]);
        check("use tar::Archive;", &[], &["tar::Archive"]);
        check("pub(crate) use a::*;", &[], &["a::*"]);
        check(
            "use crate::{blob::{Blob, Open as O}, image::*,};",
            &[],
            &["crate::blob::Blob", "crate::blob::Open", "crate::image::*"],
        );
    }

    #[test]
    fn paths_in_expressions_are_found() {
        check(
            "fn f() -> http::Uri { tar::Header::new_gnu(x.y); Vec::<u8>::new() }",
            &[],
            &["http::Uri", "tar::Header::new_gnu"],
        );
    }

    #[test]
    fn relative_paths_are_made_absolute() {
        let module = ["registry", "auth"];
        check(
            "use super::tls::Trust;",
            &module,
            &["crate::registry::tls::Trust"],
        );
        check(
            "super::super::blob::open()",
            &module,
            &["crate::blob::open"],
        );
        check(
            "use self::token::T;",
            &module,
            &["crate::registry::auth::token::T"],
        );
    }

    #[test]
    fn super_in_an_inline_module_is_the_file() {
        check(
            "mod tests { use super::Blob; fn f() {} } use super::image;",
            &["blob"],
            &["crate::blob::Blob", "crate::image"],
        );
    }

    #[test]
    fn an_alias_is_the_name() {
        let found = paths("pub use error::Error as PushError;", &[]);
        assert_eq!(found[0].name, "PushError");
    }
}
