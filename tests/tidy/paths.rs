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
    let tokens = tokens(source);
    let mut walk = Walk {
        tokens: &tokens,
        at: 0,
        module: module.iter().map(ToString::to_string).collect(),
        inline: Vec::new(),
        depth: 0,
        found: Vec::new(),
    };
    walk.run();
    walk.found
}

struct Walk<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    module: Vec<String>,
    /// The depths of braces at which inline modules end.
    inline: Vec<usize>,
    depth: usize,
    found: Vec<NamedPath>,
}

impl Walk<'_> {
    fn text(&self, ahead: usize) -> &str {
        self.tokens
            .get(self.at + ahead)
            .map_or("", |token| token.text)
    }

    fn run(&mut self) {
        while self.at < self.tokens.len() {
            match self.text(0) {
                "{" => self.depth += 1,
                "}" => self.close_brace(),
                "mod" if self.text(2) == "{" => {
                    self.module.push(self.text(1).to_owned());
                    self.inline.push(self.depth);
                    self.depth += 1;
                    self.at += 2;
                }
                "use" => {
                    self.at += 1;
                    self.path(&[], true);
                    continue;
                }
                text if is_word(text) => {
                    self.path(&[], false);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn close_brace(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.inline.last() == Some(&self.depth) {
            self.inline.pop();
            self.module.pop();
        }
    }

    /// Reads the path, or the tree of paths, that begins here.
    fn path(&mut self, prefix: &[String], in_use: bool) {
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        let mut segments = prefix.to_vec();
        if self.text(0) == "::" {
            self.at += 1;
        }
        loop {
            match self.text(0) {
                "{" if in_use => return self.group(&segments),
                text if is_word(text) || (in_use && text == "*") => segments.push(text.to_owned()),
                _ => break,
            }
            self.at += 1;
            if self.text(0) != "::" {
                break;
            }
            self.at += 1;
        }
        let alias = (in_use && self.text(0) == "as").then(|| self.text(1).to_owned());
        if alias.is_some() {
            self.at += 2;
        }
        if in_use || segments.len() > 1 {
            self.keep(&segments, alias, line);
        }
    }

    fn group(&mut self, prefix: &[String]) {
        self.at += 1;
        while !matches!(self.text(0), "}" | "") {
            if self.text(0) == "," {
                self.at += 1;
            } else {
                let before = self.at;
                self.path(prefix, true);
                self.at = self.at.max(before + 1);
            }
        }
        self.at += 1;
    }

    fn keep(&mut self, segments: &[String], alias: Option<String>, line: usize) {
        let absolute = absolute(segments, &self.module);
        let Some(last) = absolute.last() else { return };
        let name = alias.unwrap_or_else(|| last.clone());
        self.found.push(NamedPath {
            segments: absolute,
            name,
            line,
        });
    }
}

fn absolute(segments: &[String], module: &[String]) -> Vec<String> {
    let ups = segments.iter().take_while(|s| *s == "super").count();
    let relative = ups > 0 || segments.first().is_some_and(|first| first == "self");
    if !relative {
        return segments.to_vec();
    }
    let here = &module[..module.len().saturating_sub(ups)];
    let tail = &segments[ups.max(1)..];
    let mut path = vec!["crate".to_owned()];
    path.extend(here.iter().chain(tail).cloned());
    // `use a::{self}` names `a` itself.
    path.retain(|segment| segment != "self");
    path
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
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
