//! Names that a registry would refuse although the specification allows them; found before anything is sent.

use oci::{Repository, Tag};

use crate::event::{Event, Events};
use crate::selection::Selected;
use crate::{Error, NameProblem};

/// Whose rules for names hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// The specification's alone.
    #[default]
    Specification,
    /// Gitea's too: an owner, single separators, and tags in lower case.
    Gitea,
}

/// Refuses a repository that would be refused, before a source is read to its end.
pub(crate) fn check_early(naming: Naming, repository: &Repository) -> Result<(), Error> {
    match naming {
        Naming::Specification => Ok(()),
        Naming::Gitea => {
            check_repository(repository).map_err(|problem| Error::RefusedName { problem })
        }
    }
}

/// Refuses what would be refused, and says what would be altered.
pub(crate) fn check(
    naming: Naming,
    selected: &[Selected<'_>],
    events: &Events,
) -> Result<(), Error> {
    if naming == Naming::Specification {
        return Ok(());
    }
    let mut seen: Vec<(&Repository, &Tag)> = Vec::new();
    for Selected {
        repository, tags, ..
    } in selected
    {
        check_repository(repository).map_err(|problem| Error::RefusedName { problem })?;
        for tag in tags {
            let same = seen.iter().find(|(other, known)| {
                *other == repository && *known != tag && lower(known) == lower(tag)
            });
            if let Some((_, known)) = same {
                let problem =
                    NameProblem::SameTag((*known).clone(), tag.clone(), repository.clone());
                return Err(Error::RefusedName { problem });
            }
            seen.push((repository, tag));
        }
    }
    for (_, tag) in seen {
        if lower(tag) != tag.as_str() {
            let note = format!("Gitea keeps the tag `{tag}` as `{}`", lower(tag));
            events.tell(Event::Note(note));
        }
    }
    Ok(())
}

/// The pattern of Gitea's container registry: `[a-z0-9]+([._-][a-z0-9]+)*` for each part.
fn check_repository(repository: &Repository) -> Result<(), NameProblem> {
    let name = repository.as_str();
    if !name.contains('/') {
        return Err(NameProblem::NoOwner(repository.clone()));
    }
    let separator = |b: &u8| matches!(b, b'.' | b'_' | b'-');
    let doubled = name
        .as_bytes()
        .windows(2)
        .any(|two| two.iter().all(separator));
    if doubled {
        return Err(NameProblem::Separator(repository.clone()));
    }
    Ok(())
}

fn lower(tag: &Tag) -> String {
    tag.as_str().to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
