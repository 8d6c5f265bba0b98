//! What the tests share: blobs, options, and errors as their whole chain.

use std::error::Error as _;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oci::{Descriptor, Digest, MediaType, Registry, Repository, Scheme};
use push::blob::{Blob, Content, Place, Promise};
use push::registry::{ChunkSize, Client, Credentials, Options, Resolve};
use push::{Environment, Error, Event, Events};

use crate::fake::{Fake, Guard};

/// Options with a timeout and retries that suit a test.
pub(crate) fn options() -> Options {
    Options {
        timeout: Duration::from_secs(10),
        retries: 2,
        ..Options::default()
    }
}

pub(crate) fn basic(password: &str) -> Option<Credentials> {
    Some(Credentials::Basic {
        username: "me".to_owned(),
        password: password.into(),
        origin: "--username".to_owned(),
    })
}

/// A client of a registry, its greeting left out of nothing.
pub(crate) async fn connect(fake: &Fake, options: Options) -> Result<Client, Error> {
    connect_to(&fake.registry(), options).await
}

pub(crate) async fn connect_to(registry: &Registry, options: Options) -> Result<Client, Error> {
    Client::connect(registry, None, options, &hermetic(), Events::ignored()).await
}

/// The same, and what is told meanwhile.
pub(crate) async fn connect_heard(fake: &Fake, options: Options) -> (Client, Listener) {
    let listener = Listener::default();
    let (registry, events) = (fake.registry(), listener.events());
    let client = Client::connect(&registry, None, options, &hermetic(), events).await;
    (client.expect("it answers"), listener)
}

/// A registry under a name that is not loopback by its address, and yet answers on this machine.
pub(crate) fn elsewhere(fake: &Fake, options: Options) -> (Registry, Options) {
    let port = fake.address.port();
    let resolve = vec![Resolve {
        host: "registry.example".to_owned(),
        port,
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }];
    let registry = format!("registry.example:{port}")
        .parse()
        .expect("a registry");
    (registry, Options { resolve, ..options })
}

/// Connects to that registry.
pub(crate) async fn greet(
    fake: &Fake,
    scheme: Option<Scheme>,
    options: Options,
) -> Result<Client, Error> {
    let (registry, options) = elsewhere(fake, options);
    Client::connect(&registry, scheme, options, &hermetic(), Events::ignored()).await
}

/// An environment that knows no certificate of this machine.
pub(crate) fn hermetic() -> Environment {
    Environment::default()
}

pub(crate) fn repository(name: &str) -> Repository {
    name.parse().expect("a repository")
}

/// A blob of these bytes, truthfully described.
pub(crate) fn blob(bytes: &[u8]) -> Blob {
    promised(bytes, bytes)
}

/// A blob that is described as `promise` and holds `bytes`.
pub(crate) fn promised(bytes: &[u8], promise: &[u8]) -> Blob {
    let content: Arc<[u8]> = bytes.into();
    with_content(promise, Arc::new(content))
}

pub(crate) fn with_content(promise: &[u8], content: Arc<dyn Content>) -> Blob {
    let descriptor = Descriptor::new(
        MediaType::OCI_LAYER_GZIP,
        Digest::of(promise),
        promise.len() as u64,
    );
    Blob::new(
        descriptor,
        Place::source("app.tar").entry("layer.tar"),
        Promise::Descriptor,
        content,
    )
}

/// Bytes that are no small blob.
pub(crate) fn large() -> Vec<u8> {
    let mut bytes = vec![0; 600_000];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::try_from(at % 251).expect("less than 256");
    }
    bytes
}

/// Options of somebody who wants chunks of so many bytes.
pub(crate) fn in_chunks(bytes: u64) -> Options {
    Options {
        chunk_size: ChunkSize::bytes(bytes).expect("some bytes"),
        ..options()
    }
}

/// An error with everything that caused it, as a user reads it, without what differs from run to run.
pub(crate) fn chain(error: &Error, fake: &Fake) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("\n  caused by: {error}"));
        cause = error.source();
    }
    text.replace(&fake.address.to_string(), "<registry>")
        .replace(&format!(":{}", fake.address.port()), ":<port>")
}

/// Collects what happens.
#[derive(Clone, Default)]
pub(crate) struct Listener(Arc<Mutex<Vec<Event>>>);

impl Listener {
    pub(crate) fn events(&self) -> Events {
        let heard = Arc::clone(&self.0);
        Events::new(move |event| heard.lock().expect("nobody panics here").push(event))
    }

    pub(crate) fn heard(&self) -> Vec<Event> {
        self.0.lock().expect("nobody panics here").clone()
    }
}

/// Content that fails when it is read.
pub(crate) struct Broken;

impl Content for Broken {
    fn open_at(&self, _: u64) -> std::io::Result<Box<dyn Read + Send>> {
        struct Reader;
        impl Read for Reader {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("the disk is on fire"))
            }
        }
        Ok(Box::new(Reader))
    }
}

/// A registry that takes the tokens of its own token server.
pub(crate) async fn with_tokens() -> Fake {
    Fake::guarded(|address| Guard::Bearer {
        realm: format!("http://{address}/token"),
        more: ",service=\"fake, inc\",scope=\"*\"",
    })
    .await
}

/// Options of somebody who has the right password.
pub(crate) fn me() -> Options {
    Options {
        credentials: basic("secret"),
        ..options()
    }
}
