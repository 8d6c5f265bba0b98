//! `certs.d`: the directories of certificates, one for each registry, as Docker and containers read them.
//!
//! Which files there are is found out here; what is in them is read by `tls`.

use std::io;
use std::path::{Path, PathBuf};

use oci::Registry;

use super::options::ClientCertificate;
use crate::{Environment, Error};

/// The certificate files that the directories have for one registry.
#[derive(Debug, Default)]
pub(super) struct CertsD {
    /// `*.crt`: certificates to trust.
    pub(super) authorities: Vec<PathBuf>,
    /// `*.cert` with the `*.key` of the same name.
    pub(super) client: Option<ClientCertificate>,
}

impl CertsD {
    /// Lists the files for `registry` in all of the directories; the first client certificate wins.
    pub(super) fn of(registry: &Registry, directories: &[PathBuf]) -> Result<Self, Error> {
        let mut found = Self::default();
        for directory in directories {
            for name in names(registry) {
                found.read(&directory.join(name))?;
            }
        }
        Ok(found)
    }

    fn read(&mut self, directory: &Path) -> Result<(), Error> {
        for path in files(directory)? {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("crt") => self.authorities.push(path),
                Some("cert") => {
                    let key = path.with_extension("key");
                    if !key.exists() {
                        let missing = format!("there is no `{}` beside it", key.display());
                        return Err(unusable(
                            &path,
                            io::Error::new(io::ErrorKind::NotFound, missing),
                        ));
                    }
                    self.client.get_or_insert(ClientCertificate {
                        certificate: path,
                        key,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Where the directories of both worlds are, the user's own first.
pub(super) fn directories(environment: &Environment) -> Vec<PathBuf> {
    let own = |dir: &PathBuf| [dir.join("containers/certs.d"), dir.join("docker/certs.d")];
    let config = environment.config.iter().flat_map(own);
    let system = ["/etc/containers/certs.d", "/etc/docker/certs.d"].map(PathBuf::from);
    config.chain(system).collect()
}

/// `HOST:PORT`, and the name without the port where that is the usual one.
fn names(registry: &Registry) -> Vec<String> {
    match registry.port() {
        None => vec![registry.to_string(), format!("{registry}:443")],
        Some(443) => vec![registry.to_string(), registry.host().to_owned()],
        Some(_) => vec![registry.to_string()],
    }
}

/// The files of a directory in their order; a directory that is not there, or not ours to read, has none.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(unusable(directory, error)),
    };
    let paths: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(|error| unusable(directory, error))?;
    paths.sort();
    Ok(paths)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied
    )
}

fn unusable(path: &Path, source: io::Error) -> Error {
    Error::OptionFile {
        option: "certs.d",
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory_with(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for file in files {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().expect("it is below one")).expect("a directory");
            std::fs::write(path, "").expect("a file");
        }
        directory
    }

    #[test]
    fn certificates_are_found_by_host_and_port() {
        let files = [
            "r.example:5000/b.crt",
            "r.example:5000/a.crt",
            "r.example/c.crt",
            "r.example:5000/x.txt",
        ];
        let directory = directory_with(&files);
        let table = [
            (
                "r.example:5000",
                vec!["r.example:5000/a.crt", "r.example:5000/b.crt"],
            ),
            ("r.example", vec!["r.example/c.crt"]),
            ("r.example:443", vec!["r.example/c.crt"]),
            ("other.example", vec![]),
        ];
        for (registry, expected) in table {
            let found =
                CertsD::of(&registry.parse().unwrap(), &[directory.path().to_owned()]).unwrap();
            let expected: Vec<_> = expected
                .iter()
                .map(|file| directory.path().join(file))
                .collect();
            assert_eq!(found.authorities, expected, "{registry}");
        }
    }

    #[test]
    fn a_client_certificate_needs_its_key() {
        let directory = directory_with(&["r.example/me.cert", "r.example/me.key"]);
        let registry = "r.example".parse().unwrap();
        let found = CertsD::of(&registry, &[directory.path().to_owned()]).unwrap();
        assert_eq!(
            found.client.unwrap().key,
            directory.path().join("r.example/me.key")
        );

        std::fs::remove_file(directory.path().join("r.example/me.key")).unwrap();
        let error = CertsD::of(&registry, &[directory.path().to_owned()]).unwrap_err();
        assert!(
            matches!(
                error,
                Error::OptionFile {
                    option: "certs.d",
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn both_worlds_keep_them_below_the_users_and_the_systems_configuration() {
        let environment = Environment {
            config: Some("/home/me/.config".into()),
            ..Environment::default()
        };
        let expected = [
            "/home/me/.config/containers/certs.d",
            "/home/me/.config/docker/certs.d",
            "/etc/containers/certs.d",
            "/etc/docker/certs.d",
        ];
        assert_eq!(directories(&environment), expected.map(PathBuf::from));
    }
}
