//! The index of a tar: where each file begins and ends, with its links resolved; nothing is unpacked.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;

use super::file::{SourceFile, Span};
use super::section::{Files, Section, malformed};
use super::tar_members::{Kind, Member, Members};
use crate::Error;
use crate::blob::Place;

/// What a tar holds, by name.
pub(super) struct TarIndex {
    file: Arc<SourceFile>,
    place: Place,
    entries: HashMap<String, Entry>,
    ended: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Entry {
    File { start: u64, size: u64 },
    Directory,
    Link(String),
}

impl TarIndex {
    /// Reads every header of a tar, and has each file looked at while it may still be arriving.
    pub(super) fn read(
        file: Arc<SourceFile>,
        place: Place,
        mut look: impl FnMut(&Section) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut members = Members::new(&file, &place);
        let mut entries = HashMap::new();
        let mut length = 0;
        while let Some(member) = members.next_member()? {
            let at = place.entry(&member.name);
            length += member.name.len() + member.kind.target().map_or(0, str::len);
            let Some((name, entry)) = Entry::of(member, &at)? else {
                continue;
            };
            let section = match entry {
                Entry::File { start, size } => {
                    let span = Span::new(Arc::clone(&file), start, size);
                    Some(Section::of_span(place.entry(&name), span))
                }
                Entry::Directory | Entry::Link(_) => None,
            };
            insert(&mut entries, name, entry, &at)?;
            section.as_ref().map_or(Ok(()), &mut look)?;
            if entries.len() > MOST_ENTRIES || length > MOST_BYTES_OF_NAMES {
                return Err(malformed(
                    &place,
                    format!(
                        "it has more than {MOST_ENTRIES} entries, or more than {MOST_BYTES_OF_NAMES} bytes of names"
                    ),
                ));
            }
        }
        let ended = members.ended();
        Ok(Self {
            file,
            place,
            entries,
            ended,
        })
    }

    /// Whether there is an entry of that name, whatever it is.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the tar has the mark at its end that one which is cut short lacks.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }
}

impl Files for TarIndex {
    fn place(&self) -> &Place {
        &self.place
    }

    fn find(&self, name: &str) -> Result<Option<Section>, Error> {
        let asked = self.place.entry(name);
        let Some(mut name) = resolve("", name) else {
            return Err(malformed(&asked, "the name leads out of the archive"));
        };
        for hop in 0..=MOST_HOPS {
            name = match self.entries.get(&name) {
                None if hop == 0 => return Ok(None),
                None => {
                    let problem = format!("it links to `{name}`, which is not in the archive");
                    return Err(malformed(&asked, problem));
                }
                Some(Entry::Directory) => {
                    return Err(malformed(&asked, "it is a directory, and a file is needed"));
                }
                Some(Entry::File { start, size }) => {
                    let span = Span::new(Arc::clone(&self.file), *start, *size);
                    return Ok(Some(Section::of_span(self.place.entry(&name), span)));
                }
                Some(Entry::Link(target)) => target.clone(),
            };
        }
        Err(malformed(
            &asked,
            format!("its links go in a circle, or on for more than {MOST_HOPS}"),
        ))
    }
}

impl Entry {
    /// What a member is in the index and by which name; none for the root and for what holds nothing.
    fn of(member: Member, place: &Place) -> Result<Option<(String, Self)>, Error> {
        if member.name.split('/').any(|part| part == "..") {
            return Err(malformed(place, "its name has `..` in it"));
        }
        let name = resolve("", &member.name)
            .ok_or_else(|| malformed(place, "its name is an absolute path"))?;
        let parent = name.rsplit_once('/').map_or("", |(parent, _)| parent);
        let link = |parent: &str, target: &str| match resolve(parent, target) {
            Some(target) => Ok(Self::Link(target)),
            None => Err(malformed(place, format!("it links to `{target}`, {OUT}"))),
        };
        let entry = match member.kind {
            Kind::Label => return Ok(None),
            Kind::File => Self::File {
                start: member.start,
                size: member.size,
            },
            Kind::Directory => Self::Directory,
            Kind::SymbolicLink(target) => link(parent, &target)?,
            Kind::HardLink(target) => link("", &target)?,
        };
        if name.is_empty() {
            return match entry {
                Self::Directory => Ok(None),
                _ => Err(malformed(place, "it has no name")),
            };
        }
        Ok(Some((name, entry)))
    }
}

/// Directories, and links to the same target, may come again; with two files readers would not agree which one counts.
fn insert(
    entries: &mut HashMap<String, Entry>,
    name: String,
    entry: Entry,
    place: &Place,
) -> Result<(), Error> {
    match entries.entry(name) {
        Slot::Vacant(slot) => {
            slot.insert(entry);
        }
        Slot::Occupied(slot) => {
            if matches!(entry, Entry::File { .. }) || *slot.get() != entry {
                return Err(malformed(place, "it is there twice"));
            }
        }
    }
    Ok(())
}

/// The name that `path` means in `directory`, without `.` and `..`; none where it leads out of the archive.
fn resolve(directory: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = directory
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

const OUT: &str = "which is out of the archive";

/// As many links as are followed one after the other; archives of real tools need one.
const MOST_HOPS: usize = 8;

/// An image of 127 layers, saved by old tools, has about 500 entries.
const MOST_ENTRIES: usize = 100_000;

/// So that the index stays small whatever the archive says.
const MOST_BYTES_OF_NAMES: usize = 16 << 20;
