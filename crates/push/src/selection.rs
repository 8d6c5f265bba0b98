//! Which images of a source are pushed, and under which names: the table under SOURCE in the command-line contract.

use oci::{Destination, Digest, Repository, Tag, Target};

use crate::Error;
use crate::blob::Place;
use crate::image::{Image, Name};
use crate::source::Contents;

/// One image with one repository to push it to.
#[derive(Clone, Debug)]
pub(crate) struct Selected<'a> {
    /// Which.
    pub(crate) image: &'a Image,
    /// Where.
    pub(crate) repository: Repository,
    /// The tags to write; none where the digest alone names it.
    pub(crate) tags: Vec<Tag>,
    /// The digest that the destination asserts.
    pub(crate) asserted: Option<Digest>,
}

/// Applies `--image`, the destination and `--tag` to what a source holds.
pub(crate) fn select<'a>(
    contents: &'a Contents,
    image: Option<&str>,
    destination: &Destination,
    more_tags: &[Tag],
) -> Result<Vec<Selected<'a>>, Error> {
    let images = match image {
        Some(wanted) => vec![pick(contents, wanted)?],
        None => contents.images.iter().collect(),
    };
    if images.is_empty() {
        let (wanted, available) = ("images at all".to_owned(), Vec::new());
        return Err(Error::ImageNotFound {
            place: contents.place.clone(),
            wanted,
            available,
        });
    }
    if let (several @ [_, _, ..], [_, ..]) = (&images[..], more_tags) {
        return Err(ambiguous(
            format!(
                "`--tag` names one image, and {} has {}",
                contents.place,
                several.len()
            ),
            &images,
        ));
    }
    let mut selected = match &destination.target {
        Target::Prefix(prefix) => below(&images, prefix.as_ref())?,
        Target::Repository {
            repository,
            tag,
            digest,
        } => into(
            &images,
            &contents.place,
            repository,
            tag.as_ref(),
            digest.as_ref(),
        )?,
    };
    for each in &mut selected {
        for tag in more_tags {
            push_once(&mut each.tags, tag);
        }
    }
    refuse_collisions(&selected)?;
    Ok(selected)
}

/// The image that `--image` means: a name as the source has it, the same without its host, a tag, or `@N`.
fn pick<'a>(contents: &'a Contents, wanted: &str) -> Result<&'a Image, Error> {
    if let Some(image) = wanted
        .strip_prefix('@')
        .and_then(|n| contents.images.get(n.parse::<usize>().ok()?))
    {
        return Ok(image);
    }
    let asked = Name::read(wanted);
    let means = |name: &Name| {
        let same_tag = name.tag.is_some() && name.tag == asked.tag;
        let bare_tag = asked.repository.is_none() && same_tag;
        let untagged =
            asked.tag.is_none() && asked.repository.is_some() && name.tag == Some(Tag::latest());
        let same_name = name.repository == asked.repository && (same_tag || untagged);
        name.written == wanted || bare_tag || (asked.repository.is_some() && same_name)
    };
    let exact = |image: &&Image| image.names.iter().any(|name| name.written == wanted);
    let mut found: Vec<&Image> = contents.images.iter().filter(exact).collect();
    if found.is_empty() {
        found = contents
            .images
            .iter()
            .filter(|image| image.names.iter().any(means))
            .collect();
    }
    match found[..] {
        [image] => Ok(image),
        [] => Err(Error::ImageNotFound {
            place: contents.place.clone(),
            wanted: format!("image `{wanted}`"),
            available: labels(&contents.images.iter().collect::<Vec<_>>()),
        }),
        _ => Err(ambiguous(
            format!("`{wanted}` means several images of {}", contents.place),
            &found,
        )),
    }
}

fn into<'a>(
    images: &[&'a Image],
    place: &Place,
    repository: &Repository,
    tag: Option<&Tag>,
    digest: Option<&Digest>,
) -> Result<Vec<Selected<'a>>, Error> {
    let selected = |image: &'a Image, tags| Selected {
        image,
        repository: repository.clone(),
        tags,
        asserted: digest.cloned(),
    };
    match (images, tag, digest) {
        ([image], Some(tag), _) => Ok(vec![selected(image, vec![tag.clone()])]),
        ([image], None, Some(_)) => Ok(vec![selected(image, Vec::new())]),
        ([image], None, None) => {
            let own = own_tags(image);
            Ok(vec![selected(
                image,
                if own.is_empty() {
                    vec![Tag::latest()]
                } else {
                    own
                },
            )])
        }
        (several, None, None) if one_repository(several) => Ok(several
            .iter()
            .map(|image| selected(image, own_tags(image)))
            .collect()),
        (several, ..) => {
            let problem = format!(
                "{place} has {} images, and the destination names one",
                several.len()
            );
            Err(ambiguous(problem, several))
        }
    }
}

fn below<'a>(
    images: &[&'a Image],
    prefix: Option<&Repository>,
) -> Result<Vec<Selected<'a>>, Error> {
    let mut selected: Vec<Selected<'a>> = Vec::new();
    for image in images {
        let names = image
            .names
            .iter()
            .filter_map(|name| Some((name.repository.as_ref()?, name)));
        let before = selected.len();
        for (own, name) in names {
            let repository = prefix.map_or_else(|| Ok(own.clone()), |prefix| own.below(prefix));
            let repository = repository.map_err(|source| Error::InvalidReference {
                input: name.written.clone(),
                source,
            })?;
            let tag = name.tag.clone().unwrap_or_else(Tag::latest);
            match selected[before..]
                .iter_mut()
                .find(|it| it.repository == repository)
            {
                Some(same) => push_once(&mut same.tags, &tag),
                None => selected.push(Selected {
                    image,
                    repository,
                    tags: vec![tag],
                    asserted: None,
                }),
            }
        }
        if selected.len() == before {
            let problem = format!(
                "{} has no name of its own to go by: name a repository",
                image.place
            );
            return Err(ambiguous(problem, &[image]));
        }
    }
    Ok(selected)
}

fn one_repository(images: &[&Image]) -> bool {
    let all_tagged = images.iter().all(|image| !own_tags(image).is_empty());
    let mut names = images
        .iter()
        .flat_map(|image| &image.names)
        .map(|name| &name.repository);
    let first = names.next();
    all_tagged && first.is_some() && names.all(|name| Some(name) == first)
}

fn own_tags(image: &Image) -> Vec<Tag> {
    let mut tags = Vec::new();
    image
        .names
        .iter()
        .filter_map(|name| name.tag.as_ref())
        .for_each(|tag| push_once(&mut tags, tag));
    tags
}

fn push_once(tags: &mut Vec<Tag>, tag: &Tag) {
    if !tags.contains(tag) {
        tags.push(tag.clone());
    }
}

fn refuse_collisions(selected: &[Selected<'_>]) -> Result<(), Error> {
    for (n, one) in selected.iter().enumerate() {
        for other in &selected[..n] {
            let shared = one.tags.iter().find(|tag| other.tags.contains(tag));
            if let Some(tag) = shared.filter(|_| one.repository == other.repository) {
                let problem = format!("two images would be pushed to `{}:{tag}`", one.repository);
                return Err(ambiguous(problem, &[other.image, one.image]));
            }
        }
    }
    Ok(())
}

fn ambiguous(problem: String, images: &[&Image]) -> Error {
    Error::Ambiguous {
        problem,
        choices: labels(images),
    }
}

fn labels(images: &[&Image]) -> Vec<String> {
    let label = |(n, image): (usize, &&Image)| {
        image
            .names
            .first()
            .map_or_else(|| format!("@{n}"), |name| name.written.clone())
    };
    images.iter().enumerate().map(label).collect()
}

#[cfg(test)]
mod tests;
