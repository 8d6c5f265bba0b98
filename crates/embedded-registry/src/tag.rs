//! Tags: the mutable names of manifests, and the list of them.

use std::fs;
use std::io;
use std::path::PathBuf;

use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use oci::{Digest, Repository, Tag};

use crate::error_code::Error;
use crate::page::page;
use crate::parameters::Parameters;
use crate::store::{self, Store, TAGS};

/// Answers `GET …/tags/list`, in byte order.
pub(crate) fn list(
    store: &Store,
    method: &Method,
    repository: &Repository,
    parameters: &Parameters,
) -> Result<Response, Error> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Error::Unsupported);
    }
    if !store.has_repository(repository) {
        return Err(Error::NameUnknown);
    }
    let tags = store.tags(repository)?;
    let tags = tags.iter().map(Tag::to_string).collect();
    let path = format!("/v2/{repository}/tags/list");
    let (tags, link) = page(tags, parameters, &path)?;
    let list = serde_json::json!({ "name": repository.as_str(), "tags": tags });
    let headers = [(header::CONTENT_TYPE, "application/json")];
    Ok((headers, link, list.to_string()).into_response())
}

impl Store {
    /// The digest that a tag points to; `None` where there is no such tag.
    pub(crate) fn tag(&self, repository: &Repository, tag: &Tag) -> io::Result<Option<Digest>> {
        match fs::read_to_string(self.tag_file(repository, tag)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            text => Ok(text?.parse().ok()),
        }
    }

    /// Points a tag at a manifest.
    pub(crate) fn keep_tag(
        &self,
        repository: &Repository,
        tag: &Tag,
        digest: &Digest,
    ) -> io::Result<()> {
        let path = self.tag_file(repository, tag);
        self.write(&path, &[digest.to_string().as_bytes()])
    }

    /// Removes a tag, and says whether there was one.
    pub(crate) fn remove_tag(&self, repository: &Repository, tag: &Tag) -> io::Result<bool> {
        store::remove(&self.tag_file(repository, tag))
    }

    /// Removes each tag that points to a manifest.
    pub(crate) fn remove_tags_of(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> io::Result<()> {
        for tag in self.tags(repository)? {
            if self.tag(repository, &tag)?.as_ref() == Some(digest) {
                self.remove_tag(repository, &tag)?;
            }
        }
        Ok(())
    }

    fn tags(&self, repository: &Repository) -> io::Result<Vec<Tag>> {
        let names = store::names(&self.part(repository, TAGS))?;
        Ok(names.iter().filter_map(|name| tag_of(name)).collect())
    }

    fn tag_file(&self, repository: &Repository, tag: &Tag) -> PathBuf {
        self.part(repository, TAGS).join(file_name(tag))
    }
}

/// The name of a tag's file: in lower case, and where it was not, with a mask that says which letters were not.
///
/// `V1` and `v1` are two tags, and would be one file where file names have no case (macOS, Windows).
fn file_name(tag: &Tag) -> String {
    let upper = tag.as_str().bytes().enumerate();
    let mask = upper
        .filter(|(_, byte)| byte.is_ascii_uppercase())
        .fold(0_u128, |mask, (at, _)| mask | 1 << at);
    let name = tag.as_str().to_ascii_lowercase();
    if mask == 0 {
        name
    } else {
        format!("{name}~{mask:x}")
    }
}

fn tag_of(file_name: &str) -> Option<Tag> {
    let Some((name, mask)) = file_name.split_once('~') else {
        return file_name.parse().ok();
    };
    let mask = u128::from_str_radix(mask, 16).ok()?;
    let restore = |(at, letter): (u32, char)| match mask.checked_shr(at) {
        Some(bits) if bits & 1 == 1 => letter.to_ascii_uppercase(),
        _ => letter,
    };
    let tag: String = (0..).zip(name.chars()).map(restore).collect();
    tag.parse().ok()
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
