//! The lab as a whole: brought up part by part, looked at, and taken down until nothing of it runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::certificate::Certificate;
use crate::docker::{self, Docker};
use crate::etcd::Etcd;
use crate::gitea::{self, Gitea};
use crate::ingress::DOMAIN;
use crate::kubernetes_api::KubernetesApi;
use crate::localbuild::Localbuild;
use crate::process::Process;
use crate::server::{Server, Service, loopback};
use crate::state::{Record, State};
use crate::status::Up;
use crate::{Distribution, Error, Ingress, Part, place};

/// How long a part may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a part is started where it ends at once, such as when its port was taken meanwhile.
const TRIES: usize = 3;

/// The lab of this machine: programs in a cache, and what runs in a folder of it.
#[derive(Debug)]
pub struct Lab {
    cache: PathBuf,
}

/// A part that runs, and how long it took to get there.
struct Started {
    record: Record,
    kept: bool,
}

impl Lab {
    /// The lab that tests find: in `IDPBUILDER_LAB_CACHE`, else in `~/.cache/idpbuilder-lab`.
    #[must_use]
    pub fn of_this_machine() -> Self {
        Self {
            cache: place::cache(),
        }
    }

    /// Has parts run, and what they need: all where none is named. What runs and answers is kept.
    ///
    /// # Errors
    ///
    /// Where one does not start; the others do nevertheless, and `tell` hears of each.
    pub fn up(&self, wanted: &[Part], tell: &mut dyn FnMut(&Up)) -> Result<(), Error> {
        let _lock = self.lock()?;
        create_private(&self.run())?;
        let mut state = State::read(&self.run())?;
        let mut failed = 0;
        for part in Part::with_needs(wanted) {
            if !part.is_started() {
                let installed = self.install(part);
                // Not every machine can have it; who asks for it by its name is told so.
                failed += usize::from(installed.is_err() && wanted.contains(&part));
                tell(&installed.unwrap_or_else(|error| Up::Absent { part, error }));
                continue;
            }
            let begun = Instant::now();
            let obtained = self.obtain(part);
            let obtaining = begun.elapsed();
            let started = obtained.and_then(|new| Ok((new, self.start(part, &mut state)?)));
            failed += usize::from(started.is_err());
            tell(&match started {
                Ok((new, started)) => Up::Runs {
                    part,
                    version: started.record.version,
                    address: started.record.address,
                    obtained: new.then_some(obtaining),
                    kept: started.kept,
                    time: begun.elapsed().saturating_sub(obtaining),
                },
                Err(error) => Up::Failed { part, error },
            });
        }
        if failed > 0 {
            return Err(Error::Failed(failed));
        }
        Ok(())
    }

    /// Ends everything that was started and removes what it has kept; `tell` hears of each part.
    ///
    /// # Errors
    ///
    /// Where a process does not end or a file cannot be removed.
    pub fn down(&self, tell: &mut dyn FnMut(Part)) -> Result<(), Error> {
        if !self.cache.is_dir() {
            return Ok(());
        }
        let _lock = self.lock()?;
        let mut state = State::read(&self.run())?;
        for part in Part::ALL.into_iter().rev() {
            let Some(record) = state.parts.get(&part) else {
                continue;
            };
            if let Some(process) = record.process.clone() {
                let runs = process.runs();
                stop(part, &process)?;
                if runs {
                    tell(part);
                }
            }
            state.parts.remove(&part);
            state.write(&self.run())?;
        }
        docker::clean_up(&self.folder(Part::Docker));
        let run = self.run();
        if run.exists() {
            fs::remove_dir_all(&run).map_err(Error::file("remove", &run))?;
        }
        Ok(())
    }

    pub(crate) fn runs(&self, part: Part, record: &Record) -> bool {
        match &record.process {
            Some(process) => process.runs(),
            None => part == Part::Docker && docker::of_the_machine().is_some(),
        }
    }

    /// Installs or builds a part that is missing; whether it was.
    fn obtain(&self, part: Part) -> Result<bool, Error> {
        if part.find().is_ok() || (part == Part::Docker && docker::of_the_machine().is_some()) {
            return Ok(false);
        }
        part.obtain(&self.cache)?;
        part.find()?;
        Ok(true)
    }

    /// Sees to it that tests find a part.
    fn install(&self, part: Part) -> Result<Up, Error> {
        let begun = Instant::now();
        let new = self.obtain(part)?;
        Ok(Up::Installed {
            part,
            version: part.version(&part.find()?),
            obtained: new.then(|| begun.elapsed()),
        })
    }

    fn start(&self, part: Part, state: &mut State) -> Result<Started, Error> {
        let missing = part.needs().iter().find(|need| {
            let record = state.parts.get(need);
            !record.is_some_and(|record| self.runs(**need, record))
        });
        if let Some(&need) = missing {
            return Err(Error::Needs(need));
        }
        if part == Part::Docker
            && let Some(started) = self.docker_of_the_machine(state)?
        {
            return Ok(started);
        }
        let mut tries = 1;
        let started = loop {
            match self.start_once(part, state) {
                // Another process may have been quicker to take the port.
                Err(Error::NotReady { .. }) if tries < TRIES && part != Part::Docker => tries += 1,
                other => break other?,
            }
        };
        if part == Part::KubeApiserver {
            self.fill_cluster(state)?;
        }
        Ok(started)
    }

    fn start_once(&self, part: Part, state: &mut State) -> Result<Started, Error> {
        let folder = self.folder(part);
        create_private(&folder)?;
        let service = self.service(part, state)?;
        if let Some(record) = state.parts.get(&part)
            && let Some(process) = &record.process
            && process.runs()
        {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            if record.settings == service.settings() && service.answers(&log) {
                return Ok(Started {
                    record: record.clone(),
                    kept: true,
                });
            }
            stop(part, process)?;
        }
        let mut server = Server::spawn(&*service, &folder, true)?;
        let record = Record {
            version: part.version(&part.find()?),
            process: Some(server.process()?),
            address: self.address(part, state),
            log: Some(folder.join("log")),
            settings: service.settings(),
        };
        // What is interrupted from here on is found by `down`.
        state.parts.insert(part, record.clone());
        state.write(&self.run())?;
        if let Err(error) = server.ready(&*service) {
            state.parts.remove(&part);
            state.write(&self.run())?;
            return Err(error);
        }
        server.leave();
        Ok(Started {
            record,
            kept: false,
        })
    }

    /// Takes note of a daemon that somebody else has started, unless the lab's own runs.
    fn docker_of_the_machine(&self, state: &mut State) -> Result<Option<Started>, Error> {
        let own = state.parts.get(&Part::Docker);
        if own.is_some_and(|own| own.process.is_some() && self.runs(Part::Docker, own)) {
            return Ok(None);
        }
        let Some(socket) = docker::of_the_machine() else {
            return Ok(None);
        };
        let record = Record {
            version: docker::version(&socket).unwrap_or_else(|| "unknown".to_owned()),
            process: None,
            address: format!("unix://{}", socket.display()),
            log: None,
            settings: json!(null),
        };
        state.parts.insert(Part::Docker, record.clone());
        state.write(&self.run())?;
        Ok(Some(Started { record, kept: true }))
    }

    fn service(&self, part: Part, state: &mut State) -> Result<Box<dyn Service>, Error> {
        let listen = loopback(state.port(part)?);
        Ok(match part {
            Part::Distribution28 => Box::new(Distribution::v2_8()?.listen(listen)),
            Part::Distribution31 => Box::new(Distribution::v3_1()?.listen(listen)),
            Part::Gitea => {
                let port = state.port(Part::Ingress)?;
                let root_url = format!("https://gitea.{DOMAIN}:{port}/");
                Box::new(Gitea { listen, root_url })
            }
            Part::Ingress => {
                let ingress = Ingress::before(loopback(state.port(Part::Gitea)?))?.listen(listen);
                Box::new(ingress.certificate(self.certificate()?))
            }
            Part::Etcd => Box::new(Etcd { listen }),
            Part::KubeApiserver => Box::new(KubernetesApi {
                listen,
                etcd: loopback(state.port(Part::Etcd)?),
                folder: self.folder(part),
            }),
            Part::Docker => Box::new(Docker {
                folder: self.folder(part),
            }),
            Part::Docker28 => return Err(Error::Unfit("tests alone start it")),
        })
    }

    /// Has the Kubernetes API hold what idpbuilder would leave there.
    fn fill_cluster(&self, state: &mut State) -> Result<(), Error> {
        let api = KubernetesApi {
            listen: loopback(state.port(Part::KubeApiserver)?),
            etcd: loopback(state.port(Part::Etcd)?),
            folder: self.folder(Part::KubeApiserver),
        };
        let certificate = self.certificate()?;
        let localbuild = Localbuild {
            port: state.port(Part::Ingress)?,
            certificate: certificate.pem(),
            admin: &gitea::admin(&self.folder(Part::Gitea))?,
        };
        localbuild.apply(&api)
    }

    fn certificate(&self) -> Result<Certificate, Error> {
        let folder = self.folder(Part::Ingress);
        Certificate::kept(&folder, || Certificate::of_idpbuilder(DOMAIN))
    }

    fn address(&self, part: Part, state: &State) -> String {
        let port = state.ports.get(&part).copied().unwrap_or_default();
        match part {
            Part::Docker => format!("unix://{}", docker::socket(&self.folder(part)).display()),
            Part::Ingress => format!("https://gitea.{DOMAIN}:{port}"),
            Part::KubeApiserver => format!("https://{}", loopback(port)),
            _ => format!("http://{}", loopback(port)),
        }
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.cache.join("run")
    }

    fn folder(&self, part: Part) -> PathBuf {
        self.run().join(part.name())
    }

    /// One at a time: whoever comes second waits, and then finds what the first has done.
    fn lock(&self) -> Result<File, Error> {
        fs::create_dir_all(&self.cache).map_err(Error::file("create", &self.cache))?;
        let path = self.cache.join("lock");
        let lock = File::create(&path).and_then(|file| file.lock().map(|()| file));
        lock.map_err(Error::file("lock", &path))
    }
}

fn stop(part: Part, process: &Process) -> Result<(), Error> {
    let doing = format!("stop {part}");
    process.stop(PATIENCE).map_err(Error::machine(doing))
}

/// Creates a folder that its owner alone may look into.
fn create_private(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let owner = fs::Permissions::from_mode(0o700);
        fs::set_permissions(folder, owner).map_err(Error::file("protect", folder))?;
    }
    Ok(())
}
