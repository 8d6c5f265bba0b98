//! Who is pushing: the caller's own word, else Docker's and Podman's files and helpers, else nobody.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oci::{Registry, Repository};
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::docker_config::DockerConfig;
use super::helper;
use super::options::{Credentials, Options};
use crate::{Environment, Error};

/// Something to show, and in words where it was learnt.
#[derive(Clone, Debug)]
pub(super) struct Credential {
    pub(super) secret: Secret,
    pub(super) origin: String,
}

/// The kinds of secrets.
#[derive(Clone, Debug)]
pub(super) enum Secret {
    /// A name and a password.
    Basic {
        username: String,
        password: SecretString,
    },
    /// A refresh token, which the token server takes in place of a password.
    Identity {
        username: String,
        token: SecretString,
    },
    /// A bearer token, sent as it is.
    Bearer(SecretString),
}

/// Finds the credential for each repository of one registry; files are read and helpers asked when one is needed.
#[derive(Debug)]
pub(super) struct Keyring {
    registry: Registry,
    chosen: Option<Arc<Credential>>,
    files: Vec<File>,
    environment: Environment,
    known: Mutex<Known>,
}

/// A file that may hold credentials.
#[derive(Debug)]
struct File {
    path: PathBuf,
    /// What names it, where its absence is an error.
    option: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Known {
    repositories: HashMap<Repository, Option<Arc<Credential>>>,
    /// Helpers know registries, not repositories, and may be slow.
    helpers: HashMap<String, Option<Arc<Credential>>>,
    /// The origins that were spoken of; every request would be too often.
    told: HashSet<String>,
}

impl Keyring {
    pub(super) fn new(registry: &Registry, options: &Options, environment: &Environment) -> Self {
        Self {
            registry: registry.clone(),
            chosen: options
                .credentials
                .clone()
                .map(|chosen| Arc::new(chosen.into())),
            files: files(options, environment),
            environment: environment.clone(),
            known: Mutex::default(),
        }
    }

    /// The credential for a repository, none for nobody.
    pub(super) async fn credential(
        &self,
        repository: &Repository,
    ) -> Result<Option<Arc<Credential>>, Error> {
        let mut known = self.known.lock().await;
        let found = match (&self.chosen, known.repositories.get(repository)) {
            (Some(chosen), _) => Some(Arc::clone(chosen)),
            (None, Some(found)) => found.clone(),
            (None, None) => {
                let found = self.look_up(repository, &mut known.helpers).await?;
                known.repositories.insert(repository.clone(), found.clone());
                found
            }
        };
        let origin = found.as_ref().map_or("anonymous", |found| &found.origin);
        if known.told.insert(origin.to_owned()) {
            tracing::debug!(registry = %self.registry, origin, "credentials");
        }
        Ok(found)
    }

    async fn look_up(
        &self,
        repository: &Repository,
        helpers: &mut HashMap<String, Option<Arc<Credential>>>,
    ) -> Result<Option<Arc<Credential>>, Error> {
        for file in &self.files {
            let Some(config) = self.read(file)? else {
                continue;
            };
            for name in config.helpers(&self.registry) {
                if !helpers.contains_key(name) {
                    let answer = self.ask(name, &file.path).await?;
                    helpers.insert(name.to_owned(), answer);
                }
                if let Some(Some(credential)) = helpers.get(name) {
                    return Ok(Some(Arc::clone(credential)));
                }
            }
            let secret = config
                .secret(&self.registry, repository)
                .map_err(|error| self.unusable(&file.path, error))?;
            if let Some(secret) = secret {
                let origin = self.shown(&file.path);
                return Ok(Some(Arc::new(Credential { secret, origin })));
            }
        }
        Ok(None)
    }

    fn read(&self, file: &File) -> Result<Option<DockerConfig>, Error> {
        let json = match std::fs::read(&file.path) {
            Ok(json) => json,
            Err(source) => {
                return match file.option {
                    Some(option) => Err(Error::OptionFile {
                        option,
                        path: file.path.clone(),
                        source,
                    }),
                    None if is_absent(&source) => Ok(None),
                    None => Err(self.unusable(&file.path, source)),
                };
            }
        };
        // Podman leaves an empty file behind where a mount was meant.
        if json.trim_ascii().is_empty() {
            return Ok(None);
        }
        DockerConfig::parse(&json)
            .map(Some)
            .map_err(|error| self.unusable(&file.path, error))
    }

    async fn ask(&self, name: &str, file: &Path) -> Result<Option<Arc<Credential>>, Error> {
        let server = if self.registry.is_docker_hub() {
            "https://index.docker.io/v1/".to_owned()
        } else {
            self.registry.to_string()
        };
        let path = self.environment.path.as_deref();
        let answer = helper::ask(name, &server, path, helper::LIMIT).await;
        let secret = answer.map_err(|error| self.unusable(file, error))?;
        Ok(secret.map(|secret| {
            let origin = format!("docker-credential-{name} ({})", self.shown(file));
            Arc::new(Credential { secret, origin })
        }))
    }

    fn unusable(
        &self,
        path: &Path,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Error {
        Error::Credentials {
            registry: self.registry.to_string(),
            origin: self.shown(path),
            source: Box::new(source),
        }
    }

    /// A path as people write it.
    fn shown(&self, path: &Path) -> String {
        let home = self
            .environment
            .home
            .as_ref()
            .and_then(|home| path.strip_prefix(home).ok());
        match home {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }
}

impl From<Credentials> for Credential {
    fn from(chosen: Credentials) -> Self {
        match chosen {
            Credentials::Basic {
                username,
                password,
                origin,
            } => Self {
                secret: Secret::Basic { username, password },
                origin,
            },
            Credentials::Bearer { token, origin } => Self {
                secret: Secret::Bearer(token),
                origin,
            },
        }
    }
}

/// The files in their order: the one that was named alone, else Docker's, then Podman's.
fn files(options: &Options, environment: &Environment) -> Vec<File> {
    let named = |option, path: &Option<PathBuf>| {
        let path = path.clone()?;
        Some(vec![File {
            path,
            option: Some(option),
        }])
    };
    let usual = || {
        let home = environment.home.as_ref().map(|home| home.join(".docker"));
        let docker = environment.docker_config.clone().or(home);
        let docker = docker.map(|directory| directory.join("config.json"));
        let podman = [&environment.runtime, &environment.config];
        let podman = podman
            .into_iter()
            .flatten()
            .map(|directory| directory.join("containers/auth.json"));
        let paths = docker.into_iter().chain(podman);
        paths.map(|path| File { path, option: None }).collect()
    };
    named("--authfile", &options.authfile)
        .or_else(|| named("REGISTRY_AUTH_FILE", &environment.registry_auth_file))
        .unwrap_or_else(usual)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests;
