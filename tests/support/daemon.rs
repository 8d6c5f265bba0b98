//! A pretended Docker daemon at a unix socket: it serves archives as exports, keeps what it is asked, and has switches
//! for what goes wrong. Knows nothing of the code under test. Include it with `#[path]`.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::json;
use tempfile::TempDir;

/// An image that the daemon has.
#[derive(Clone, Debug)]
pub(crate) struct FakeImage {
    /// `NAME:TAG`, as the daemon would list it.
    pub(crate) name: &'static str,
    /// The digest that is its ID.
    pub(crate) id: &'static str,
    /// The archive that an export is.
    pub(crate) archive: PathBuf,
    /// What it says of its layers: their digests, uncompressed.
    pub(crate) layers: Vec<&'static str>,
    /// What it says of their bytes.
    pub(crate) size: u64,
    /// What containerd's store says of its manifests.
    pub(crate) manifests: Vec<FakeManifest>,
}

/// A manifest of an image, as containerd's store knows it.
#[derive(Clone, Debug)]
pub(crate) struct FakeManifest {
    pub(crate) digest: &'static str,
    pub(crate) platform: &'static str,
    /// Whether the daemon has all of it.
    pub(crate) available: bool,
    /// What it says of the bytes of its blobs.
    pub(crate) content: u64,
}

/// What goes wrong with an export.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The daemon dies after so many bytes.
    Dies(usize),
    /// It answers with a status and its words instead.
    Refuses(u16, &'static str),
    /// It says after so many bytes why it goes no further.
    GivesUp(usize, &'static str),
    /// The image is removed before it comes to that.
    Removes,
    /// Nothing comes after so many bytes until the client is gone.
    Hangs(usize),
}

/// A daemon that answers until it is dropped.
pub(crate) struct FakeDaemon {
    directory: TempDir,
    state: Arc<State>,
    gone: Mutex<Receiver<()>>,
}

struct State {
    images: Mutex<Vec<FakeImage>>,
    fault: Option<Fault>,
    requests: Mutex<Vec<String>>,
    /// Told when a client of a hanging export went away.
    gone: Sender<()>,
}

impl FakeDaemon {
    pub(crate) fn start(images: Vec<FakeImage>, fault: Option<Fault>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let listener = UnixListener::bind(directory.path().join("d.sock")).expect("a new socket");
        let (gone, heard) = mpsc::channel();
        let state = Arc::new(State {
            images: Mutex::new(images),
            fault,
            requests: Mutex::default(),
            gone,
        });
        let answering = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&answering);
                // A client may be gone at any time, which is its affair.
                thread::spawn(move || drop(state.answer(&stream)));
            }
        });
        Self {
            directory,
            state,
            gone: Mutex::new(heard),
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("d.sock")
    }

    /// What `DOCKER_HOST` is for it.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Everything that was asked: path and query of each request.
    pub(crate) fn requests(&self) -> Vec<String> {
        lock(&self.state.requests).clone()
    }

    /// Waits until the client of a hanging export is gone.
    pub(crate) fn wait_until_gone(&self) {
        lock(&self.gone).recv().expect("the daemon runs");
    }
}

impl State {
    fn answer(&self, stream: &UnixStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut header = String::from("-");
        while !header.trim().is_empty() {
            header.clear();
            reader.read_line(&mut header)?;
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        if target.is_empty() {
            // Somebody only looked whether there is a daemon.
            return Ok(());
        }
        lock(&self.requests).push(target.clone());
        let path = target.split('?').next().unwrap_or_default();
        let below = path.strip_prefix("/images/").unwrap_or_default();
        match (below.strip_suffix("/json"), below.strip_suffix("/get")) {
            (Some(name), _) => self.inspect(stream, name),
            (_, Some(name)) => self.export(stream, name),
            _ if below == "json" => {
                let images = lock(&self.images);
                let list = images.iter().map(|image| json!({"RepoTags": [image.name]}));
                reply(stream, 200, &list.collect::<Vec<_>>().into())
            }
            _ => reply(stream, 404, &json!({"message": "page not found"})),
        }
    }

    fn find(&self, name: &str) -> Option<FakeImage> {
        let images = lock(&self.images);
        let means = |image: &&FakeImage| {
            let (_, digits) = image.id.split_once(':').expect("a digest");
            image.name == name
                || image.id == name
                || digits.starts_with(name)
                || name.ends_with(&format!("@{}", image.id))
        };
        images.iter().find(means).cloned()
    }

    fn inspect(&self, stream: &UnixStream, name: &str) -> io::Result<()> {
        let Some(image) = self.find(name) else {
            return no_such_image(stream, name);
        };
        let mut details = json!({"Id": image.id, "RepoTags": [image.name], "Os": "linux", "Architecture": "amd64", "Size": image.size});
        if !image.layers.is_empty() {
            details["RootFS"] = json!({"Type": "layers", "Layers": image.layers});
        }
        if !image.manifests.is_empty() {
            let manifests = image.manifests.iter().map(FakeManifest::summary);
            details["Manifests"] = manifests.collect::<Vec<_>>().into();
        }
        reply(stream, 200, &details)
    }

    fn export(&self, mut stream: &UnixStream, name: &str) -> io::Result<()> {
        if let Some(Fault::Removes) = self.fault {
            lock(&self.images).clear();
        }
        let Some(image) = self.find(name) else {
            return no_such_image(stream, name);
        };
        if let Some(Fault::Refuses(status, words)) = self.fault {
            return reply(stream, status, &json!({"message": words}));
        }
        let archive = std::fs::read(&image.archive)?;
        let limit = match self.fault {
            Some(Fault::Dies(limit) | Fault::GivesUp(limit, _) | Fault::Hangs(limit)) => limit,
            _ => archive.len(),
        };
        let sent = begin(stream, &archive[..limit]);
        if let Some(Fault::Hangs(_)) = self.fault {
            // Comes back when the client hangs up, which it may have done by now.
            let _ = sent.and_then(|()| io::Read::read(&mut stream, &mut [0]));
            return self.gone.send(()).map_err(io::Error::other);
        }
        sent?;
        match self.fault {
            Some(Fault::Dies(_)) => return stream.shutdown(std::net::Shutdown::Both),
            Some(Fault::GivesUp(_, words)) => {
                let words = json!({"errorDetail": {"message": words}, "error": words});
                chunk(stream, format!("{words}\r\n").as_bytes())?;
            }
            _ => {}
        }
        chunk(stream, b"")
    }
}

impl FakeManifest {
    fn summary(&self) -> serde_json::Value {
        let (os, architecture) = self.platform.split_once('/').expect("a platform");
        let platform = json!({"os": os, "architecture": architecture});
        json!({
            "ID": self.digest,
            "Descriptor": {"digest": self.digest, "platform": platform},
            "Available": self.available,
            "Size": {"Content": self.content, "Total": self.content * 2},
            "Kind": "image",
            "ImageData": {"Platform": platform},
        })
    }
}

fn begin(mut stream: &UnixStream, archive: &[u8]) -> io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n",
    )?;
    let mut pieces = archive.chunks(32 << 10);
    pieces.try_for_each(|piece| chunk(stream, piece))
}

fn no_such_image(stream: &UnixStream, name: &str) -> io::Result<()> {
    let message = format!("No such image: {name}");
    reply(stream, 404, &json!({"message": message}))
}

fn reply(mut stream: &UnixStream, status: u16, json: &serde_json::Value) -> io::Result<()> {
    let body = json.to_string();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn chunk(mut stream: &UnixStream, bytes: &[u8]) -> io::Result<()> {
    write!(stream, "{:x}\r\n", bytes.len())?;
    stream.write_all(bytes)?;
    stream.write_all(b"\r\n")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The image `corpus/hello:1` of Docker 20.10.
pub(crate) fn hello(testdata: &Path) -> FakeImage {
    FakeImage {
        name: "corpus/hello:1",
        id: "sha256:b01cbee79d79ccbc61b2d7145bffd597ebbbd6f07a0c34a29c6aa40f2cd3776f",
        archive: testdata.join("docker20-hello.tar"),
        layers: Vec::new(),
        size: 1,
        manifests: Vec::new(),
    }
}

/// An index with images for amd64 and arm64 in containerd's store, the second of which may not be there.
pub(crate) fn multi(testdata: &Path, arm64: bool) -> FakeImage {
    let manifest = |digest, platform, available| FakeManifest {
        digest,
        platform,
        available,
        content: 1,
    };
    FakeImage {
        id: INDEX,
        archive: testdata.join("crane-oci-index.tar"),
        manifests: vec![
            manifest(AMD64, "linux/amd64", true),
            manifest(ARM64, "linux/arm64", arm64),
        ],
        ..hello(testdata)
    }
}

/// The index of [`multi`], and its manifests.
pub(crate) const INDEX: &str =
    "sha256:a073da0cf3fb330ceb3b5fae6e1bcf307f72908976a6137c59b687b9ae839058";
pub(crate) const AMD64: &str =
    "sha256:cd9e1ebae8a922032c5b0306736209aecb2c7e8ef250b5a2aee3839169eeb14d";
pub(crate) const ARM64: &str =
    "sha256:84fe0654d00dcd0eb73cb7ad02bfe64b8752bdc7032360f3b66a29586690b950";
