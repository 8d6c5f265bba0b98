//! Pushes that need no export: every tag holds the daemon's image already.
//!
//! Nothing is remembered for that: the daemon says which image it is, and the registry what is under the tags.

use std::sync::Arc;

use oci::{Content, Descriptor, Digest, Document, MediaType, Platform, Registry, Repository};

use crate::blob::{Blob, Place, Promise};
use crate::event::{Event, Events};
use crate::image::{Image, ManifestNode, Node};
use crate::operation::{ManifestFormat, PushOptions, Verify};
use crate::registry::{Client, Reference};
use crate::report::{Pushed, Report};
use crate::selection::{self, Selected};
use crate::source::{Contents, DaemonImage, Format};
use crate::{Error, PushOperation, naming};

/// What a push has done where nothing is left to do; none where the image has to be exported.
pub(crate) async fn report(
    operation: &PushOperation,
    shown_as: &Registry,
    image: &DaemonImage,
    client: &Client,
    events: &Events,
) -> Result<Option<Report>, Error> {
    let Some(found) = find(operation, shown_as, image, client).await? else {
        return Ok(None);
    };
    let told = nothing_to_do(&found);
    let mut pushed = Vec::new();
    for (reference, document) in found {
        if operation.options.verify == Verify::Full {
            read_back(client, &reference.repository, document).await?;
        }
        pushed.push(reference);
    }
    events.tell(told);
    Ok(Some(Report {
        pushed,
        failed: Vec::new(),
        bytes_sent: 0,
    }))
}

/// What is under every reference that a push would write, where that is the image already.
pub(crate) async fn find(
    operation: &PushOperation,
    shown_as: &Registry,
    image: &DaemonImage,
    client: &Client,
) -> Result<Option<Vec<(Pushed, Document)>>, Error> {
    let contents = unread(image);
    let selected = select(operation, &contents)?;
    let options = &operation.options;
    // What cannot be pushed there is better known before the export; what is only remarked on is so afterwards.
    naming::check(options.naming, &selected, &Events::ignored())?;
    let Some(id) = image.digest().filter(|_| !options.registry.reupload) else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for selected in &selected {
        for reference in references(selected) {
            let document = client.manifest(&selected.repository, reference).await?;
            let same = |document: &Document| {
                let asserted = selected.asserted.as_ref();
                asserted.is_none_or(|digest| digest == document.digest())
                    && is(document, &id, options, image)
            };
            let Some(document) = document.filter(same) else {
                return Ok(None);
            };
            found.push((written(shown_as, selected, reference, &document), document));
        }
    }
    Ok(Some(found))
}

/// The repository that everything goes to, where the image's name says so and the destination does not.
pub(crate) fn repository(operation: &PushOperation, image: &DaemonImage) -> Option<Repository> {
    let contents = unread(image);
    match &select(operation, &contents).ok()?[..] {
        [only] => Some(only.repository.clone()),
        _ => None,
    }
}

/// Where the image goes, and under which tags.
pub(crate) fn select<'a>(
    operation: &PushOperation,
    contents: &'a Contents,
) -> Result<Vec<Selected<'a>>, Error> {
    let PushOperation {
        destination,
        options,
        ..
    } = operation;
    let image = options.image.as_deref();
    selection::select(contents, image, destination, &options.tags)
}

fn written(
    shown_as: &Registry,
    selected: &Selected<'_>,
    reference: Reference<'_>,
    document: &Document,
) -> Pushed {
    let tag = match reference {
        Reference::Tag(tag) => Some(tag.clone()),
        Reference::Digest(_) => None,
    };
    Pushed {
        registry: shown_as.clone(),
        repository: selected.repository.clone(),
        tag,
        digest: document.digest().clone(),
    }
}

/// What the user is told where every reference holds the image.
pub(crate) fn nothing_to_do(found: &[(Pushed, Document)]) -> Event {
    let names: Vec<String> = found.iter().map(|(it, _)| it.reference()).collect();
    let names = names.join("`, `");
    Event::Note(format!(
        "`{names}` has this image already: nothing is exported"
    ))
}

/// The image as far as it is known before an export, which is enough to find out where it goes.
pub(crate) fn unread(image: &DaemonImage) -> Contents {
    let place = Place::source(image.written());
    let nothing: Arc<[u8]> = Arc::new([]);
    let config = Blob::new(
        Descriptor::new(MediaType::OCI_CONFIG, Digest::of(&nothing), 0),
        place.clone(),
        Promise::Descriptor,
        Arc::new(nothing),
    );
    let root = Node::Manifest(Box::new(ManifestNode {
        document: None,
        config,
        image_config: None,
        layers: Vec::new(),
    }));
    Contents {
        place: place.clone(),
        format: Format::DockerArchive,
        images: vec![Image {
            names: image.names(),
            place,
            root,
        }],
        notes: Vec::new(),
    }
}

/// What would be written: the tags, or the digest that the destination asserts.
fn references<'a>(selected: &'a Selected<'_>) -> Vec<Reference<'a>> {
    if selected.tags.is_empty() {
        return selected.asserted.iter().map(Reference::Digest).collect();
    }
    selected.tags.iter().map(Reference::Tag).collect()
}

/// Whether a manifest is the daemon's image, and as the options want it.
///
/// The ID of an image is its config's digest, or with containerd's store that of its manifest or index. Of an index of
/// which the daemon lacks a part, that part is pushed that it has; but where all of the index is there already, the
/// registry has more than the daemon, and nothing is taken away.
fn is(found: &Document, id: &Digest, options: &PushOptions, image: &DaemonImage) -> bool {
    let (platforms, media_type) = (&options.platforms, &found.descriptor.media_type);
    let available = image.platforms();
    let there = |wanted: &Platform| available.iter().any(|it| it.satisfies(wanted));
    let (same, format) = match &found.content {
        // A manifest below it may be of another format.
        Content::Index(_) => (found.digest() == id && platforms.is_empty(), None),
        Content::Manifest(manifest) => (
            (found.digest() == id || manifest.config.digest == *id) && platforms.iter().all(there),
            Some(media_type),
        ),
    };
    let format = match options.format {
        ManifestFormat::Keep => true,
        ManifestFormat::Oci => format == Some(&MediaType::OCI_MANIFEST),
        ManifestFormat::Docker => format == Some(&MediaType::DOCKER_MANIFEST),
    };
    format && (same || image.root(platforms).as_ref() == Some(found.digest()))
}

/// Reads every blob below a manifest or an index back.
async fn read_back(
    client: &Client,
    repository: &Repository,
    document: Document,
) -> Result<(), Error> {
    let mut documents = vec![document];
    while let Some(document) = documents.pop() {
        match &document.content {
            Content::Index(index) => {
                for child in index.children() {
                    let reference = Reference::Digest(&child.digest);
                    let found = client.manifest(repository, reference).await?;
                    documents.push(found.ok_or_else(|| gone(repository, &child.digest))?);
                }
            }
            Content::Manifest(manifest) => {
                for blob in manifest.layers.iter().chain([&manifest.config]) {
                    client.verify_blob(repository, blob).await?;
                }
            }
        }
    }
    Ok(())
}

fn gone(repository: &Repository, digest: &Digest) -> Error {
    Error::VerifyMismatch {
        reference: format!("{repository}@{digest}"),
        expected: digest.to_string(),
        actual: "nothing".to_owned(),
    }
}
