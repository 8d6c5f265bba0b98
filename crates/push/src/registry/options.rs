//! How a registry is reached and trusted: what the caller chose, before anything is asked.

use std::net::IpAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use oci::Registry;
use secrecy::SecretString;

/// What the caller chose for one registry and its token server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Takes any certificate, and plain HTTP where the port answers a TLS greeting with something that is not TLS.
    pub insecure: bool,
    /// A registry that says `http` of itself (the cluster's) may be spoken to and given credentials in the clear.
    pub plain_http: bool,
    /// PEM files of certificates to trust as well, self-signed leaves included.
    pub ca_files: Vec<PathBuf>,
    /// Certificates in PEM that are trusted at this registry's own host and port alone, such as a cluster's.
    pub certificate: Option<String>,
    /// A client certificate to show.
    pub client_certificate: Option<ClientCertificate>,
    /// Credentials that win over every file.
    pub credentials: Option<Credentials>,
    /// A `config.json` or `auth.json` to read instead of the usual places.
    pub authfile: Option<PathBuf>,
    /// Hosts to connect elsewhere for.
    pub resolve: Vec<Resolve>,
    /// Token servers that may be given credentials.
    pub trust_realms: Vec<Registry>,
    /// Tries again after the first, for each request.
    pub retries: u32,
    /// Longest time without progress while there are bytes to send.
    pub timeout: Duration,
    /// Sends even what the registry says it has.
    pub reupload: bool,
    /// How much of a blob goes with one request.
    pub chunk_size: ChunkSize,
    /// The most bytes of one body that a proxy before the registry lets through, in bytes, where that is known.
    pub body_limit: Option<u64>,
}

/// How much of a blob goes with one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChunkSize {
    /// The whole, unless it is over a limit that is known or becomes known.
    #[default]
    Auto,
    /// The whole, whatever happens.
    Whole,
    /// At most so many bytes.
    Bytes(NonZeroU64),
}

/// A client certificate and its key, both PEM.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// The certificate with its chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Who is pushing; `origin` says in words where it was learnt, such as `--username`.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A name and a password, or a personal access token in the password's place.
    Basic {
        /// The user.
        username: String,
        /// The password.
        password: SecretString,
        /// Where they came from.
        origin: String,
    },
    /// A bearer token, sent as it is.
    Bearer {
        /// The token.
        token: SecretString,
        /// Where it came from.
        origin: String,
    },
}

/// `HOST:PORT:ADDR`: connects to `address` for that host and port, and keeps name, SNI and `Host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// The host that is asked for.
    pub host: String,
    /// The port that is asked for.
    pub port: u16,
    /// Where to connect.
    pub address: IpAddr,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            insecure: false,
            plain_http: false,
            ca_files: Vec::new(),
            certificate: None,
            client_certificate: None,
            credentials: None,
            authfile: None,
            resolve: Vec::new(),
            trust_realms: Vec::new(),
            retries: 10,
            timeout: Duration::from_secs(60),
            reupload: false,
            chunk_size: ChunkSize::Auto,
            body_limit: None,
        }
    }
}
