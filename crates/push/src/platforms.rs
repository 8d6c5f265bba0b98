//! Platforms: which manifests of an image are pushed when some are asked for, or when some are not there.

use oci::{Descriptor, Platform};

use crate::Error;
use crate::blob::Place;
use crate::compose;
use crate::event::{Event, Events};
use crate::image::{Child, Found, Image, IndexNode, Node};

/// The part of an image that is pushed: all of it, one platform's manifest, or an index of several.
pub(crate) fn select(image: &Image, wanted: &[Platform], events: &Events) -> Result<Node, Error> {
    match (&image.root, wanted) {
        (Node::Index(index), []) => everything(image, index, events),
        (Node::Manifest(_), []) => Ok(image.root.clone()),
        (root, [one]) => Ok(find(root, one, &image.place)?.clone()),
        (Node::Index(index), several) => narrowed(image, index, several),
        (Node::Manifest(_), several) => {
            for platform in several {
                find(&image.root, platform, &image.place)?;
            }
            Ok(image.root.clone())
        }
    }
}

/// The whole index; or, of one that lacks manifests, the only image that is whole.
fn everything(image: &Image, index: &IndexNode, events: &Events) -> Result<Node, Error> {
    let missing: Vec<&Child> = index
        .children
        .iter()
        .filter(|child| matches!(child.found, Found::Partial { .. }))
        .collect();
    if missing.is_empty() {
        return Ok(image.root.clone());
    }
    let whole: Vec<(&Child, &Node)> = runnable(index).collect();
    let [(child, node)] = whole[..] else {
        return Err(incomplete(image, &whole, &missing));
    };
    let platforms: Vec<String> = missing
        .iter()
        .filter(|it| !attests(it))
        .map(|it| label(&it.descriptor))
        .collect();
    events.tell(Event::Note(format!(
        "{} has only the image for {} of its index; the index is not pushed, because {} not there",
        image.place,
        label(&child.descriptor),
        if platforms.len() == 1 {
            format!("{} is", platforms[0])
        } else {
            format!("{} are", platforms.join(", "))
        },
    )));
    Ok(node.clone())
}

fn incomplete(image: &Image, whole: &[(&Child, &Node)], missing: &[&Child]) -> Error {
    let there: Vec<String> = whole
        .iter()
        .map(|(child, _)| label(&child.descriptor))
        .collect();
    let lacking: Vec<String> = missing
        .iter()
        .map(|child| label(&child.descriptor))
        .collect();
    let there = if there.is_empty() {
        "nothing".to_owned()
    } else {
        there.join(", ")
    };
    Error::MalformedImage {
        place: image.place.clone(),
        problem: format!(
            "its index is incomplete: {there} is there, {} is missing",
            lacking.join(", ")
        ),
    }
}

fn narrowed(image: &Image, index: &IndexNode, wanted: &[Platform]) -> Result<Node, Error> {
    let mut kept: Vec<&Child> = Vec::new();
    for platform in wanted {
        let found = runnable(index).find(|(child, node)| satisfies(child, node, platform));
        let (child, _) = found.ok_or_else(|| not_there(&image.root, platform, &image.place))?;
        if !kept.iter().any(|known| std::ptr::eq(*known, child)) {
            kept.push(child);
        }
    }
    let subjects: Vec<_> = kept
        .iter()
        .map(|child| child.descriptor.digest.clone())
        .collect();
    let attests = |child: &&Child| {
        let subject = child.descriptor.attests();
        subject.is_some_and(|subject| subjects.contains(&subject))
            && matches!(child.found, Found::Whole(_))
    };
    kept.extend(index.children.iter().filter(attests));
    if kept.len() == index.children.len() {
        return Ok(image.root.clone());
    }
    let descriptors: Vec<&Descriptor> = kept.iter().map(|child| &child.descriptor).collect();
    let document = compose::narrow(&index.document, &descriptors, &image.place)?;
    let children = index.children.iter().filter(|child| {
        descriptors
            .iter()
            .any(|kept| kept.digest == child.descriptor.digest)
    });
    Ok(Node::Index(Box::new(IndexNode {
        document,
        children: children.cloned().collect(),
    })))
}

fn find<'a>(root: &'a Node, wanted: &Platform, place: &Place) -> Result<&'a Node, Error> {
    let found = match root {
        Node::Manifest(_) => root
            .platform()
            .filter(|own| own.satisfies(wanted))
            .map(|_| root),
        Node::Index(index) => {
            let direct = runnable(index)
                .find(|(child, node)| satisfies(child, node, wanted))
                .map(|(_, node)| node);
            let nested = || {
                let indexes = runnable(index).filter(|(_, node)| matches!(node, Node::Index(_)));
                indexes
                    .map(|(_, node)| node)
                    .find_map(|node| find(node, wanted, place).ok())
            };
            direct.or_else(nested)
        }
    };
    found.ok_or_else(|| not_there(root, wanted, place))
}

fn not_there(root: &Node, wanted: &Platform, place: &Place) -> Error {
    let mut available = Vec::new();
    match root {
        Node::Manifest(_) => available.extend(root.platform().map(Platform::to_string)),
        Node::Index(index) => available.extend(runnable(index).map(|(child, node)| {
            node.platform()
                .map_or_else(|| label(&child.descriptor), Platform::to_string)
        })),
    }
    Error::ImageNotFound {
        place: place.clone(),
        wanted: format!("image for {wanted}"),
        available,
    }
}

/// The children that are whole and no attestations.
fn runnable(index: &IndexNode) -> impl Iterator<Item = (&Child, &Node)> {
    index
        .children
        .iter()
        .filter(|child| !attests(child))
        .filter_map(|child| match &child.found {
            Found::Whole(node) => Some((child, node)),
            Found::Partial { .. } => None,
        })
}

fn attests(child: &Child) -> bool {
    let unknown = child
        .descriptor
        .platform
        .as_ref()
        .is_some_and(Platform::is_unknown);
    unknown || child.descriptor.attests().is_some()
}

fn satisfies(child: &Child, node: &Node, wanted: &Platform) -> bool {
    let platform = child
        .descriptor
        .platform
        .as_ref()
        .or_else(|| node.platform());
    platform.is_some_and(|platform| platform.satisfies(wanted))
}

fn label(descriptor: &Descriptor) -> String {
    let platform = descriptor.platform.as_ref().map(Platform::to_string);
    platform.unwrap_or_else(|| descriptor.digest.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use oci::{Content, Digest, Document, MediaType};
    use serde_json::json;

    use super::*;
    use crate::blob::{Blob, Promise};
    use crate::image::ManifestNode;

    /// An index of images for these platforms, written with indentation as BuildKit does.
    fn image(platforms: &[&str]) -> Image {
        let place = Place::source("app.tar");
        let descriptor = |platform: &&str| {
            let digest = Digest::of(platform.as_bytes());
            let mut descriptor = Descriptor::new(MediaType::OCI_MANIFEST, digest, 7);
            descriptor.platform = Some(platform.parse().expect("a platform"));
            descriptor
        };
        let manifests: Vec<Descriptor> = platforms.iter().map(descriptor).collect();
        let json =
            json!({"schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": manifests});
        let bytes = serde_json::to_vec_pretty(&json).expect("JSON");
        let document = Document::parse(bytes, None).expect("an index");
        let Content::Index(index) = document.content.clone() else {
            unreachable!("it says that it is an index");
        };
        let child = |descriptor: &Descriptor| Child {
            descriptor: descriptor.clone(),
            found: Found::Whole(Node::Manifest(Box::new(manifest(&place)))),
        };
        let children = index.children().iter().map(child).collect();
        Image {
            names: Vec::new(),
            place: place.clone(),
            root: Node::Index(Box::new(IndexNode { document, children })),
        }
    }

    fn manifest(place: &Place) -> ManifestNode {
        let nothing: Arc<[u8]> = Arc::new([]);
        let config = Descriptor::new(MediaType::OCI_CONFIG, Digest::of(&nothing), 0);
        ManifestNode {
            document: None,
            config: Blob::new(
                config,
                place.clone(),
                Promise::Descriptor,
                Arc::new(nothing),
            ),
            image_config: None,
            layers: Vec::new(),
        }
    }

    fn bytes(root: &Node) -> &[u8] {
        let Node::Index(index) = root else {
            panic!("no index");
        };
        &index.document.bytes
    }

    #[test]
    fn an_index_of_which_everything_is_wanted_stays_as_it_is() {
        let image = image(&["linux/amd64", "linux/arm64"]);
        let selected = |wanted: &[&str]| {
            let wanted: Vec<Platform> = wanted.iter().map(|it| it.parse().unwrap()).collect();
            select(&image, &wanted, &Events::ignored()).unwrap()
        };
        let all = selected(&["linux/arm64", "linux/amd64"]);
        assert_eq!(bytes(&all), bytes(&image.root));
        let twice = selected(&["linux/arm64", "linux/arm64"]);
        assert_ne!(bytes(&twice), bytes(&image.root));
    }
}
