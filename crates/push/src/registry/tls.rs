//! TLS: which certificates are believed, and which one is shown.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use oci::Registry;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WantsClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
};

use super::certs_d::{self, CertsD};
use super::options::{ClientCertificate, Options};
use super::witness::{Shown, Voucher, Witness};
use crate::{Environment, Error};

/// What is believed of a registry, and what is shown to it.
#[derive(Debug)]
pub(super) struct Trust {
    system: System,
    /// What the user gave, which may be the very certificate that a registry shows.
    given: Vec<CertificateDer<'static>>,
    /// What is believed of the registry itself, and of nobody else.
    own: Vec<CertificateDer<'static>>,
    client: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    insecure: bool,
    /// What was shown last where this is believed, however that was judged.
    witness: Witness,
}

impl Trust {
    /// Reads the certificates of `--ca-file`, of `certs.d`, and of what stands for the system's; blocks.
    pub(super) fn read(
        registry: &Registry,
        options: &Options,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let found = CertsD::of(registry, &certs_d::directories(environment))?;
        let mut given = Vec::new();
        for path in &options.ca_files {
            given.extend(certificates("--ca-file", path)?);
        }
        for path in &found.authorities {
            given.extend(certificates("certs.d", path)?);
        }
        let own = match &options.certificate {
            Some(pem) => own(pem)?,
            None => Vec::new(),
        };
        let client = match (&options.client_certificate, &found.client) {
            (Some(chosen), _) => Some(identity(chosen, ["--cert-file", "--key-file"])?),
            (None, Some(found)) => Some(identity(found, ["certs.d", "certs.d"])?),
            (None, None) => None,
        };
        Ok(Self {
            system: System::of(environment)?,
            given,
            own,
            client,
            insecure: options.insecure,
            witness: Witness::default(),
        })
    }

    /// The configuration for the registry, and a token server at its own origin.
    pub(super) fn for_registry(&self) -> ClientConfig {
        let mut verifier = self.verifier(&self.own, self.insecure);
        verifier.witness = Some(self.witness.clone());
        self.with_identity(verifier)
    }

    /// The configuration for a token server elsewhere, for which the user's exceptions hold, but not what is known of
    /// the registry alone.
    pub(super) fn for_token_server(&self) -> ClientConfig {
        self.with_identity(self.verifier(&[], self.insecure))
    }

    fn with_identity(&self, verifier: Verifier) -> ClientConfig {
        let config = configuration(verifier);
        match &self.client {
            Some((chain, key)) => config
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .expect("the pair was checked when it was read"),
            None => config.with_no_client_auth(),
        }
    }

    /// The configuration for everybody else, to whom an upload or a redirect may lead: no exception holds for them.
    pub(super) fn for_others(&self) -> ClientConfig {
        configuration(self.verifier(&[], false)).with_no_client_auth()
    }

    fn verifier(&self, own: &[CertificateDer<'static>], anything: bool) -> Verifier {
        Verifier {
            system: self.system.clone(),
            given: self.given.iter().chain(own).cloned().collect(),
            webpki: OnceLock::new(),
            anything,
            provider: Arc::new(ring::default_provider()),
            witness: None,
        }
    }

    /// What the registry has shown last.
    pub(super) fn shown(&self) -> Option<Shown> {
        self.witness.shown()
    }

    /// Who vouches for what the registry has shown.
    pub(super) fn voucher(&self, shown: &Shown) -> Voucher {
        let by = |given: &[CertificateDer<'static>]| {
            let verifier = webpki(given);
            verifier.is_some_and(|verifier| shown.is_believed_by(&*verifier))
        };
        if !shown.is_believed_by(&self.verifier(&self.own, false)) {
            Voucher::Nobody
        } else if self.given.contains(&shown.certificate) {
            Voucher::User
        } else if self.own.contains(&shown.certificate) || by(&self.own) {
            Voucher::Cluster
        } else if by(&self.given) {
            Voucher::GivenAuthority
        } else {
            Voucher::System
        }
    }
}

/// None where no authority is known at all, which webpki takes for a mistake.
fn webpki<'a>(
    authorities: impl IntoIterator<Item = &'a CertificateDer<'static>>,
) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities.into_iter().cloned());
    let provider = Arc::new(ring::default_provider());
    (!roots.is_empty()).then(|| {
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .expect("there are authorities, and no revocation lists")
    })
}

fn configuration(verifier: Verifier) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks every version that is safe")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
}

/// The system's certificates, or the bundle that `SSL_CERT_FILE` names in their place.
///
/// They are some hundred files, so they are read when a certificate is first judged by them, which over plain HTTP is
/// never.
#[derive(Clone, Debug)]
struct System(Arc<OnceLock<Vec<CertificateDer<'static>>>>);

impl System {
    /// A bundle is read at once, for it may be a mistake.
    fn of(environment: &Environment) -> Result<Self, Error> {
        let bundle = environment.ssl_cert_file.as_ref();
        let bundle = bundle.map(|path| certificates("SSL_CERT_FILE", path));
        let read = bundle
            .transpose()?
            .map_or_else(OnceLock::new, OnceLock::from);
        Ok(Self(Arc::new(read)))
    }

    /// What cannot be read of the system's store is reported as an untrusted certificate when it matters.
    fn certificates(&self) -> &[CertificateDer<'static>] {
        self.0
            .get_or_init(|| rustls_native_certs::load_native_certs().certs)
    }
}

fn certificates(option: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unusable = |source| Error::OptionFile {
        option,
        path: path.to_owned(),
        source,
    };
    let pem = std::fs::read(path).map_err(unusable)?;
    parse(&pem).map_err(|problem| unusable(io::Error::new(io::ErrorKind::InvalidData, problem)))
}

/// What is known of the registry without a file.
fn own(pem: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    parse(pem.as_bytes()).map_err(|problem| Error::Ambiguous {
        problem: format!("the certificate that the registry should have cannot be used: {problem}"),
        choices: Vec::new(),
    })
}

fn parse(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let parsed = parsed.map_err(|error| error.to_string())?;
    let valid = parsed
        .iter()
        .all(|certificate| ParsedCertificate::try_from(certificate).is_ok());
    if parsed.is_empty() || !valid {
        return Err("it holds no certificate in PEM form".to_owned());
    }
    Ok(parsed)
}

fn identity(
    pair: &ClientCertificate,
    [certificate_option, key_option]: [&'static str; 2],
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let chain = certificates(certificate_option, &pair.certificate)?;
    let unusable = |source| Error::OptionFile {
        option: key_option,
        path: pair.key.clone(),
        source,
    };
    let pem = std::fs::read(&pair.key).map_err(unusable)?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        let problem = "it holds no private key in PEM form";
        unusable(io::Error::new(io::ErrorKind::InvalidData, problem))
    })?;
    let pair = rustls::sign::CertifiedKey::from_der(
        chain.clone(),
        key.clone_key(),
        &ring::default_provider(),
    );
    match pair {
        Ok(_) => Ok((chain, key)),
        Err(error) => Err(unusable(io::Error::new(io::ErrorKind::InvalidData, error))),
    }
}

/// Believes what webpki believes, and a certificate that the user gave when the registry shows that very one.
///
/// idpbuilder's ingress shows its own authority, which webpki refuses in that place (`CaUsedAsEndEntity`) whatever
/// is trusted.
#[derive(Debug)]
struct Verifier {
    system: System,
    given: Vec<CertificateDer<'static>>,
    /// Made of these two when it is first needed.
    webpki: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
    anything: bool,
    provider: Arc<CryptoProvider>,
    /// Keeps what is shown.
    witness: Option<Witness>,
}

impl Verifier {
    fn webpki(&self) -> Option<&WebPkiServerVerifier> {
        let made = || webpki(self.system.certificates().iter().chain(&self.given));
        self.webpki.get_or_init(made).as_deref()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(witness) = &self.witness {
            witness.see(end_entity, intermediates, server_name);
        }
        if self.anything {
            return Ok(ServerCertVerified::assertion());
        }
        let Some(webpki) = self.webpki() else {
            return Err(CertificateError::UnknownIssuer.into());
        };
        let verdict =
            webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verdict {
            // webpki looks at the dates before it looks at who signed and as what, so they are good here.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer
                | CertificateError::BadSignature
                | CertificateError::Other(_),
            )) if self.given.iter().any(|given| given == end_entity) => {
                let certificate = ParsedCertificate::try_from(end_entity)?;
                rustls::client::verify_server_name(&certificate, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.anything {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.anything {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
