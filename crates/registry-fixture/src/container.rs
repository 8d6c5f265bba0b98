//! Registries of others in containers, by way of testcontainers, which finds the Docker daemon as `docker` does.

use std::net::{Ipv4Addr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use oci::Digest;
use testcontainers::core::error::TestcontainersError;
use testcontainers::core::{BuildImageOptions, IntoContainerPort as _, WaitFor};
use testcontainers::runners::{AsyncBuilder as _, AsyncRunner as _};
use testcontainers::{ContainerAsync, GenericBuildableImage, GenericImage, ImageExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::background::{self, Background};
use crate::exchange::Exchanges;
use crate::faults::Faults;
use crate::{Error, Registry};

/// A registry in a container that is not started yet; anonymous and plain HTTP.
#[derive(Clone, Debug)]
#[must_use = "it serves nothing before it is started"]
pub struct Container {
    image: String,
    program: Option<PathBuf>,
}

/// The container; dropping it removes it, with its network and its volume.
pub(crate) struct Running {
    container: Option<ContainerAsync<GenericImage>>,
    runtime: Handle,
}

impl Container {
    pub(crate) fn new(image: &str) -> Self {
        Self {
            image: image.to_owned(),
            program: None,
        }
    }

    /// Builds the image where it cannot be pulled: around a program that needs no libraries, as distribution is when
    /// it is built with `CGO_ENABLED=0`.
    ///
    /// The image is called `registry-fixture/…`, tagged by what is in it, and stays for the next time.
    pub fn built_around(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Starts it on a free port of the daemon's machine, in a network of its own, and blocks until it listens.
    ///
    /// # Errors
    /// [`Error::Container`], and [`Error::Machine`] where the program cannot be read.
    pub fn start(self) -> Result<Registry, Error> {
        let background = Background::start()?;
        let started = background.wait(|| self.run());
        started.and_then(|running| running.into_registry(background))
    }

    /// As [`start`](Self::start), for async tests.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// Where testcontainers does.
    pub async fn start_async(self) -> Result<Registry, Error> {
        let background = Background::start()?;
        let started = background.run(|| self.run()).await;
        let started = started.expect("the work does not panic");
        started.and_then(|running| running.into_registry(background))
    }

    async fn run(self) -> Result<Started, Error> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let image = match &self.program {
            Some(program) => build(&self.image, program).await?,
            None => {
                let (name, tag) = split(&self.image);
                GenericImage::new(name, tag)
            }
        };
        // The default bridge is not there on every machine; one of its own is.
        let network = format!("registry-fixture-{}-{number}", process::id());
        let container = image
            .with_exposed_port(PORT.tcp())
            .with_wait_for(WaitFor::message_on_stderr("listening on"))
            .with_startup_timeout(Duration::from_secs(60))
            .with_network(network)
            .with_env_var("OTEL_TRACES_EXPORTER", "none")
            .start()
            .await
            .map_err(failed)?;
        let host = container.get_host().await.map_err(failed)?.to_string();
        let port = container.get_host_port_ipv4(PORT).await.map_err(failed)?;
        Ok(Started {
            host: nearest(host, port).await,
            port,
            running: Running {
                container: Some(container),
                runtime: Handle::current(),
            },
        })
    }
}

impl Registry {
    /// A registry of others in a container, such as `registry:3`; needs a Docker daemon.
    ///
    /// It does no wrong on purpose, and writes nothing down.
    pub fn container(image: &str) -> Container {
        Container::new(image)
    }
}

struct Started {
    host: String,
    port: u16,
    running: Running,
}

impl Started {
    fn into_registry(self, background: Background) -> Result<Registry, Error> {
        let addresses = (self.host.as_str(), self.port).to_socket_addrs();
        let mut addresses = addresses.map_err(Error::machine("address of the container"))?;
        let nowhere =
            || Error::machine("address of the container")(std::io::ErrorKind::NotFound.into());
        Ok(Registry {
            _container: Some(self.running),
            #[cfg(feature = "cluster")]
            guest: None,
            background,
            directory: None,
            address: addresses.next().ok_or_else(nowhere)?,
            host: format!("{}:{}", self.host, self.port),
            credentials: None,
            user: None,
            certificate: None,
            faults: Faults::default(),
            exchanges: Exchanges::default(),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(container) = self.container.take() {
            // One that is gone already is as good; of any other failure testcontainers has said it.
            let _ = background::wait(&self.runtime, || container.rm());
        }
    }
}

async fn build(name: &str, program: &Path) -> Result<GenericImage, Error> {
    let bytes = std::fs::read(program).map_err(Error::machine("program for the container"))?;
    let tag = Digest::of(&[&bytes, DOCKERFILE.as_bytes(), CONFIG.as_bytes()].concat());
    let (name, _) = split(name);
    let image = GenericBuildableImage::new(format!("registry-fixture/{name}"), tag.short())
        .with_dockerfile_string(DOCKERFILE)
        .with_data(CONFIG, "config.yml")
        .with_file(program, "registry");
    let options = BuildImageOptions::new().with_skip_if_exists(true);
    image.build_image_with(options).await.map_err(failed)
}

/// Name and tag of an image; the colon of a port is not that of a tag.
fn split(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    }
}

/// Loopback where the port answers there, by its address, whatever a client makes of `localhost`.
///
/// testcontainers takes every machine with a `/.dockerenv` for a container, and names the bridge's gateway there.
async fn nearest(host: String, port: u16) -> String {
    let loopback = Ipv4Addr::LOCALHOST;
    match TcpStream::connect((loopback, port)).await {
        Ok(_) => loopback.to_string(),
        Err(_) => host,
    }
}

fn failed(error: TestcontainersError) -> Error {
    Error::Container(Box::new(error))
}

const PORT: u16 = 5000;
const DOCKERFILE: &str = "FROM scratch\n\
    COPY registry /registry\n\
    COPY config.yml /config.yml\n\
    EXPOSE 5000\n\
    ENTRYPOINT [\"/registry\", \"serve\", \"/config.yml\"]\n";
const CONFIG: &str = "version: 0.1\n\
    log: {level: info}\n\
    storage:\n  filesystem: {rootdirectory: /var/lib/registry}\n  delete: {enabled: true}\n\
    http: {addr: \"0.0.0.0:5000\", secret: fixture}\n";

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_port_is_no_tag() {
        let cases = [
            ("registry:3", ("registry", "3")),
            ("registry", ("registry", "latest")),
            (
                "localhost:5000/registry",
                ("localhost:5000/registry", "latest"),
            ),
            (
                "localhost:5000/registry:3",
                ("localhost:5000/registry", "3"),
            ),
        ];
        for (image, expected) in cases {
            assert_eq!(split(image), expected, "{image}");
        }
    }
}
