//! What a push of a daemon's image would do, as far as that is known without an export.

use oci::{Digest, Registry};

use crate::blob::{Place, Promise};
use crate::event::{BlobKind, Events};
use crate::operation::ManifestFormat;
use crate::plan::{self, Action, Plan, PlannedBlob, PlannedImage, UnknownBlobs};
use crate::registry::Client;
use crate::report::Pushed;
use crate::selection::Selected;
use crate::source::DaemonImage;
use crate::{Error, PushOperation, naming, unchanged};

/// Asks the daemon for what it knows of the image, and the registry for what it has of that; reads only.
pub(crate) async fn plan(
    operation: &PushOperation,
    shown_as: &Registry,
    image: &DaemonImage,
    client: &Client,
    events: &Events,
) -> Result<Plan, Error> {
    if let Some(found) = unchanged::find(operation, shown_as, image, client).await? {
        events.tell(unchanged::nothing_to_do(&found));
        let found = found.into_iter().map(|(reference, _)| reference);
        return Ok(nothing_to_do(found));
    }
    let contents = unchanged::unread(image);
    let selected = unchanged::select(operation, &contents)?;
    let options = &operation.options;
    naming::check(options.naming, &selected, events)?;
    let root = image.root(&options.platforms);
    let root = root.filter(|_| options.format == ManifestFormat::Keep);
    let mut plan = empty();
    for selected in &selected {
        check_assertion(image, root.as_ref(), selected)?;
        let (repository, tag) = (&selected.repository, selected.tags.first());
        plan.images.push(PlannedImage {
            references: references(shown_as, selected),
            digest: root.clone().or_else(|| selected.asserted.clone()),
            current: plan::current(client, repository, tag).await?,
        });
        let blobs = foreseen(image, selected, &mut plan.unknown);
        let blobs = plan::asked(client, blobs, options).await?;
        plan.blobs.extend(blobs);
    }
    Ok(plan)
}

fn empty() -> Plan {
    Plan {
        images: Vec::new(),
        blobs: Vec::new(),
        unknown: Vec::new(),
    }
}

/// The plan where everything is there; references to the same manifest are one image.
fn nothing_to_do(found: impl Iterator<Item = Pushed>) -> Plan {
    let mut plan = empty();
    for pushed in found {
        let reference = match pushed.tag {
            Some(_) => pushed.reference(),
            None => pushed.pinned(),
        };
        let digest = Some(pushed.digest);
        match plan.images.last_mut().filter(|it| it.digest == digest) {
            Some(same) => same.references.push(reference),
            None => plan.images.push(PlannedImage {
                references: vec![reference],
                current: digest.clone(),
                digest,
            }),
        }
    }
    plan
}

/// Refuses a digest that the destination asserts and the image does not have.
fn check_assertion(
    image: &DaemonImage,
    root: Option<&Digest>,
    selected: &Selected<'_>,
) -> Result<(), Error> {
    match (&selected.asserted, root) {
        (Some(expected), Some(actual)) if expected != actual => Err(Error::DigestMismatch {
            place: Place::source(image.written()),
            promise: Promise::Destination,
            expected: expected.clone(),
            actual: actual.clone(),
        }),
        _ => Ok(()),
    }
}

fn references(shown_as: &Registry, selected: &Selected<'_>) -> Vec<String> {
    let repository = format!("{shown_as}/{}", selected.repository);
    if let ([], Some(digest)) = (&selected.tags[..], &selected.asserted) {
        return vec![format!("{repository}@{digest}")];
    }
    let tags = selected.tags.iter();
    tags.map(|tag| format!("{repository}:{tag}")).collect()
}

/// The blobs that an export will have, as long as nobody has asked for them; those that only it names go to `unknown`.
fn foreseen(
    image: &DaemonImage,
    selected: &Selected<'_>,
    unknown: &mut Vec<UnknownBlobs>,
) -> Vec<PlannedBlob> {
    let config = image.config().map(|config| vec![config]);
    let known = [
        (BlobKind::Config, config),
        (BlobKind::Layer, image.exported_layers()),
    ];
    let mut blobs: Vec<PlannedBlob> = Vec::new();
    for (kind, digests) in known {
        let repository = selected.repository.clone();
        let Some(digests) = digests else {
            unknown.push(UnknownBlobs { repository, kind });
            continue;
        };
        for digest in digests {
            if !blobs.iter().any(|known| known.digest == digest) {
                blobs.push(PlannedBlob {
                    repository: repository.clone(),
                    digest,
                    kind,
                    size: None,
                    action: Action::Upload,
                });
            }
        }
    }
    blobs
}
