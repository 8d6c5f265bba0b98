//! What the arguments of a push mean: from what is typed to the operation of the push library.

use oci::{Destination, Registry, Scheme};
use push::registry::{ClientCertificate, Credentials, Options};
use push::source::SourceSpec;
use push::{ManifestFormat, Naming, PushOperation, PushOptions, Verify};

use super::cluster::AtCluster;
use super::credentials::is_listed;
use crate::cli::{self, Compression, ConnectionArgs, Format, PushArgs};
use crate::environment::Environment;
use crate::failure::Failure;

/// The registry that a push speaks to, and what it is called in the references that are printed.
#[derive(Debug)]
pub(super) struct Site {
    /// Where to push, with a registry.
    pub(super) destination: Destination,
    /// That registry.
    pub(super) registry: Registry,
    /// Its name in references, where that is another.
    pub(super) shown_as: Option<Registry>,
    /// What is known of it, where it is a cluster's.
    pub(super) cluster: Option<AtCluster>,
}

/// The operation that the arguments ask for.
///
/// # Errors
/// [`Failure::Usage`] where the environment cannot be read.
pub(super) fn operation(
    typed: &PushArgs,
    site: Site,
    credentials: Option<Credentials>,
    environment: &Environment,
) -> Result<PushOperation, Failure> {
    match typed.compression {
        // Layers cannot be compressed yet, so the fastest that can be done is to send them as they are.
        Compression::Auto | Compression::Keep => {}
    }
    let scheme = site.destination.scheme;
    let mut registry = Options {
        credentials,
        authfile: typed.credentials.authfile.clone(),
        reupload: typed.reupload,
        ..registry_options(&typed.connection, &site.registry, scheme, environment)?
    };
    let naming = match site.cluster {
        Some(cluster) => {
            registry.certificate = cluster.certificate;
            registry.plain_http = cluster.plain_http;
            registry.resolve.extend(cluster.resolve);
            registry.body_limit = Some(INGRESS_BODY_LIMIT);
            Naming::Gitea
        }
        None => Naming::Specification,
    };
    Ok(PushOperation {
        source: SourceSpec::read(&typed.source),
        options: PushOptions {
            registry,
            image: typed.image.clone(),
            tags: typed.tags.clone(),
            platforms: typed.platforms.clone(),
            format: match typed.format {
                Format::Keep => ManifestFormat::Keep,
                Format::Oci => ManifestFormat::Oci,
                Format::Docker => ManifestFormat::Docker,
            },
            naming,
            jobs: typed.jobs,
            verify: match typed.verify {
                cli::Verify::Manifest => Verify::Manifest,
                cli::Verify::Full => Verify::Full,
                cli::Verify::None => Verify::Nothing,
            },
            shown_as: site.shown_as,
        },
        destination: site.destination,
        environment: environment.push.clone(),
    })
}

/// How a registry is reached, as far as it is typed or listed in the environment; as nobody.
///
/// # Errors
/// [`Failure::Usage`] where the environment cannot be read.
pub(crate) fn registry_options(
    connection: &ConnectionArgs,
    registry: &Registry,
    scheme: Option<Scheme>,
    environment: &Environment,
) -> Result<Options, Failure> {
    let listed = match &environment.registry.insecure {
        Some(list) => is_listed(list, registry, scheme)?,
        None => false,
    };
    let certificate = connection
        .cert_file
        .clone()
        .zip(connection.key_file.clone());
    Ok(Options {
        insecure: connection.insecure || listed,
        plain_http: false,
        ca_files: connection.ca_files.clone(),
        certificate: None,
        client_certificate: certificate
            .map(|(certificate, key)| ClientCertificate { certificate, key }),
        credentials: None,
        authfile: None,
        resolve: connection.resolve.clone(),
        trust_realms: connection.trust_realms.clone(),
        retries: connection.retries,
        timeout: connection.timeout,
        reupload: false,
        chunk_size: connection.chunk_size,
        body_limit: None,
    })
}

/// What an idpbuilder cluster's ingress takes in one request, in bytes: `proxy-body-size: 1024m` in
/// `hack/gitea/ingress.yaml.tmpl`, for both ways of routing.
const INGRESS_BODY_LIMIT: u64 = 1 << 30;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;
    use push::registry::{ChunkSize, Resolve};

    use super::*;
    use crate::cli::{Cli, Command};

    #[track_caller]
    fn asked(line: &str, environment: &Environment) -> PushOperation {
        let words = ["xtask", "push"].into_iter().chain(line.split_whitespace());
        let Command::Push(typed) = Cli::try_parse_from(words).expect(line).command else {
            panic!("a push");
        };
        let destination: Destination = typed.destination.as_deref().unwrap().parse().unwrap();
        let site = Site {
            registry: destination.registry.clone().unwrap(),
            destination,
            shown_as: None,
            cluster: None,
        };
        operation(&typed, site, None, environment).expect(line)
    }

    #[test]
    fn the_defaults_are_the_push_librarys() {
        let asked = asked("a.tar r.io/app:1", &Environment::default());
        assert_eq!(
            format!("{:?}", asked.options),
            format!("{:?}", PushOptions::default())
        );
        assert_eq!(asked.destination.to_string(), "r.io/app:1");
    }

    #[test]
    fn each_option_means_something() {
        let line = "-k --ca-file ca.pem --cert-file c.pem --key-file k.pem --authfile auth.json \
            --resolve r.io:443:127.0.0.1 --trust-realm auth.io --retries 2 --timeout 7 --chunk-size 64MiB --reupload \
            --platform linux/arm64 --format oci -j 8 --verify full -t 2 -t 3 --image @1 a.tar r.io/app:1";
        let expected = PushOptions {
            registry: Options {
                insecure: true,
                plain_http: false,
                ca_files: vec!["ca.pem".into()],
                certificate: None,
                client_certificate: Some(ClientCertificate {
                    certificate: "c.pem".into(),
                    key: "k.pem".into(),
                }),
                credentials: None,
                authfile: Some("auth.json".into()),
                resolve: vec![Resolve {
                    host: "r.io".to_owned(),
                    port: 443,
                    address: [127, 0, 0, 1].into(),
                }],
                trust_realms: vec!["auth.io".parse().unwrap()],
                retries: 2,
                timeout: Duration::from_secs(7),
                reupload: true,
                chunk_size: ChunkSize::bytes(64 << 20).unwrap(),
                body_limit: None,
            },
            image: Some("@1".to_owned()),
            tags: vec!["2".parse().unwrap(), "3".parse().unwrap()],
            platforms: vec!["linux/arm64".parse().unwrap()],
            format: ManifestFormat::Oci,
            naming: Naming::Specification,
            jobs: 8.try_into().unwrap(),
            verify: Verify::Full,
            shown_as: None,
        };
        let options = asked(line, &Environment::default()).options;
        assert_eq!(format!("{options:?}"), format!("{expected:?}"));
    }

    #[test]
    fn the_environment_lists_registries_that_are_insecure() {
        let mut environment = Environment::default();
        environment.registry.insecure = Some("localhost:5000,other.io".to_owned());
        let insecure = |line| asked(line, &environment).options.registry.insecure;
        assert!(insecure("a.tar localhost:5000/app"));
        assert!(!insecure("a.tar localhost:5001/app"));
        assert!(insecure("-k a.tar localhost:5001/app"));
    }

    #[test]
    fn a_clusters_registry_is_behind_its_ingress() {
        let words = ["xtask", "push", "a.tar"];
        let Command::Push(typed) = Cli::try_parse_from(words).unwrap().command else {
            panic!("a push");
        };
        let registry: Registry = "gitea.cnoe.localtest.me:8443".parse().unwrap();
        let site = Site {
            destination: "gitea.cnoe.localtest.me:8443/giteaadmin/".parse().unwrap(),
            registry: registry.clone(),
            shown_as: None,
            cluster: Some(AtCluster {
                registry,
                certificate: Some("its certificate".to_owned()),
                plain_http: false,
                resolve: Vec::new(),
            }),
        };
        let options = operation(&typed, site, None, &Environment::default())
            .unwrap()
            .options;
        assert_eq!(options.naming, Naming::Gitea);
        assert_eq!(options.registry.body_limit, Some(1 << 30));
        assert_eq!(
            options.registry.certificate.as_deref(),
            Some("its certificate")
        );
    }
}
