//! A service in miniature: fetches images from registries, and does not give up at the first refusal.
//!
//! It stands for any service of a monorepo that pulls images; what matters here are its tests.

use oci_client::client::{ClientConfig, ClientProtocol, ImageData};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, ParseError, Reference};

/// Fetches images.
pub struct Fetcher {
    client: Client,
    auth: RegistryAuth,
}

/// Why an image was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for is no reference.
    #[error("`{reference}` names no image")]
    Reference {
        /// As it was given.
        reference: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// The registry did not give it.
    #[error("cannot fetch `{reference}`")]
    Fetch {
        /// What was asked for.
        reference: String,
        /// What the last try said.
        source: Box<OciDistributionError>,
    },
}

impl Fetcher {
    /// One that shows this name and password, or nothing, and speaks plain HTTP.
    #[must_use]
    pub fn new(login: Option<(&str, &str)>) -> Self {
        let anonymous = RegistryAuth::Anonymous;
        let auth = login.map_or(anonymous, |(name, password)| {
            RegistryAuth::Basic(name.to_owned(), password.to_owned())
        });
        let client = Client::new(ClientConfig {
            protocol: ClientProtocol::Http,
            ..ClientConfig::default()
        });
        Self { client, auth }
    }

    /// Fetches an image whole: manifest, config and layers, each as its digest says.
    ///
    /// # Errors
    /// [`Error::Reference`], and [`Error::Fetch`] after three tries.
    pub async fn fetch(&self, reference: &str) -> Result<ImageData, Error> {
        const TRIES: usize = 3;
        let parsed = reference.parse::<Reference>();
        let parsed = parsed.map_err(|source| Error::Reference {
            reference: reference.to_owned(),
            source,
        })?;
        let mut tries = 0;
        loop {
            tries += 1;
            let pulled = self.client.pull(&parsed, &self.auth, LAYERS.to_vec()).await;
            match pulled {
                Ok(image) => return Ok(image),
                Err(_) if tries < TRIES => {}
                Err(source) => {
                    return Err(Error::Fetch {
                        reference: reference.to_owned(),
                        source: Box::new(source),
                    });
                }
            }
        }
    }
}

const LAYERS: [&str; 3] = [
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.oci.image.layer.v1.tar+gzip",
];
