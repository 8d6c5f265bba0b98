//! Docker archives: what `docker save` writes and others imitate, read by `manifest.json`.
//!
//! They hold no manifest that could be pushed; whoever pushes composes one of what is found here.

use std::collections::HashMap;

use oci::{Descriptor, Digest, ImageConfig, MediaType};
use serde::Deserialize;

use super::Listing;
use super::docker_layer::{Measurements, Survey, digest_in_name};
use super::section::{Files, Section, check_digest, malformed};
use crate::Error;
use crate::blob::{Blob, Place, Promise};
use crate::image::{Image, ManifestNode, Name, Node};

/// One image in `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an image with its files")]
struct Item {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// An [`Item`] with its files found.
struct Draft {
    names: Vec<Name>,
    config: Blob,
    image_config: ImageConfig,
    layers: Vec<Section>,
}

/// Reads the images that `manifest.json` lists.
pub(super) fn read(files: &dyn Files) -> Result<Listing, Error> {
    let Some(manifest) = files.find(MANIFEST)? else {
        return Err(malformed(files.place(), "it has no `manifest.json`"));
    };
    let items: Vec<Item> = parse(&manifest, &manifest.read(MANIFEST_LIMIT)?)?;
    check_count(&manifest, &items)?;
    let mut configs = HashMap::new();
    let mut survey = Survey::default();
    let mut drafts = Vec::new();
    for item in items {
        let draft = draft(files, &manifest.place, item, &mut configs)?;
        for (section, diff_id) in draft.layers.iter().zip(diff_ids(&draft.image_config)) {
            survey.add(section, diff_id)?;
        }
        drafts.push(draft);
    }
    let measurements = survey.measure()?;
    let mut notes = Vec::new();
    if measurements.have_zstd() {
        notes.push(
            "some layers are compressed with zstd, for which Docker has no media type; they get OCI's"
                .to_owned(),
        );
    }
    let images = drafts
        .into_iter()
        .map(|draft| draft.image(&manifest.place, &measurements))
        .collect::<Result<_, _>>()?;
    Ok(Listing { images, notes })
}

fn check_count(manifest: &Section, items: &[Item]) -> Result<(), Error> {
    let layers: usize = items
        .iter()
        .map(|item| item.layers.as_ref().map_or(0, Vec::len))
        .sum();
    if items.is_empty() {
        return Err(manifest.malformed("it lists no image"));
    }
    if items.len() > MOST_IMAGES || layers > MOST_LAYERS {
        return Err(manifest.malformed(format!(
            "it lists {} images with {layers} layers, and at most {MOST_IMAGES} with {MOST_LAYERS} can be right",
            items.len()
        )));
    }
    Ok(())
}

fn draft(
    files: &dyn Files,
    manifest: &Place,
    item: Item,
    configs: &mut HashMap<String, (Blob, ImageConfig)>,
) -> Result<Draft, Error> {
    let find = |name: &str, what: &str| {
        let missing = || {
            malformed(
                manifest,
                format!("the {what} `{name}` that it lists is missing"),
            )
        };
        files.find(name)?.ok_or_else(missing)
    };
    let config = find(&item.config, "config")?;
    let (config, image_config) = match configs.get(config.name()) {
        Some(known) => known.clone(),
        None => {
            let read = read_config(&config)?;
            configs.insert(config.name().to_owned(), read.clone());
            read
        }
    };
    let names = item.layers.unwrap_or_default();
    let expected = image_config.rootfs.diff_ids.len();
    if names.len() != expected {
        let problem = format!(
            "it should list {expected} layers, one for each diff ID of `{}`, and lists {}",
            item.config,
            names.len()
        );
        return Err(malformed(manifest, problem));
    }
    let layers = names
        .iter()
        .map(|name| find(name, "layer"))
        .collect::<Result<_, _>>()?;
    let tags = item.repo_tags.unwrap_or_default();
    let named = tags.iter().filter(|tag| *tag != "<none>:<none>");
    Ok(Draft {
        names: named.map(|tag| Name::read(tag)).collect(),
        config,
        image_config,
        layers,
    })
}

fn read_config(section: &Section) -> Result<(Blob, ImageConfig), Error> {
    let bytes = section.read(ImageConfig::SIZE_LIMIT)?;
    let digest = Digest::of(&bytes);
    let promise = match digest_in_name(section.name()) {
        Some(named) => {
            check_digest(&section.place, Promise::FileName, &named, &digest)?;
            Promise::FileName
        }
        None => Promise::Computed,
    };
    let descriptor = Descriptor::new(MediaType::DOCKER_CONFIG, digest, section.size);
    Ok((section.blob(descriptor, promise), parse(section, &bytes)?))
}

impl Draft {
    fn image(self, manifest: &Place, measurements: &Measurements) -> Result<Image, Error> {
        let layers = self.layers.iter().zip(diff_ids(&self.image_config));
        let layers = layers
            .map(|(section, diff_id)| measurements.blob(section, diff_id))
            .collect::<Result<_, _>>()?;
        Ok(Image {
            names: self.names,
            place: manifest.clone(),
            root: Node::Manifest(Box::new(ManifestNode {
                document: None,
                config: self.config,
                image_config: Some(self.image_config),
                layers,
            })),
        })
    }
}

fn diff_ids(config: &ImageConfig) -> &[Digest] {
    &config.rootfs.diff_ids
}

fn parse<'a, T: Deserialize<'a>>(section: &Section, bytes: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes)
        .map_err(|error| section.malformed(format!("it is not the JSON it should be: {error}")))
}

/// The list of images in a docker archive.
pub(super) const MANIFEST: &str = "manifest.json";

/// Room for some thousand images; containers/image takes 1 MiB.
const MANIFEST_LIMIT: u64 = 4 << 20;

const MOST_IMAGES: usize = 10_000;
const MOST_LAYERS: usize = 100_000;
