//! Gitea on SQLite, with the administrator and the token that idpbuilder gives it.

use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::certificate::write_secret;
use crate::command::run;
use crate::curl::Request;
use crate::place::{in_cache, in_path, search_path};
use crate::server::Service;
use crate::version::GITEA;
use crate::{Absent, Error};

/// The name that idpbuilder gives the administrator; part of a repository it is `giteaadmin`.
pub(crate) const USERNAME: &str = "giteaAdmin";
/// Characters that idpbuilder's passwords have, and that shells, URLs and YAML trip over.
const ODD: &str = ":'$&%#!`{\\";

/// A Gitea to be started.
#[derive(Debug)]
pub(crate) struct Gitea {
    /// Where it listens, in plain HTTP.
    pub(crate) listen: SocketAddr,
    /// Where its users think it is.
    pub(crate) root_url: String,
}

/// Who may do everything there.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Admin {
    pub(crate) username: String,
    pub(crate) password: String,
    /// A personal access token with every scope.
    pub(crate) token: String,
}

/// Finds Gitea, as `lab up` builds it.
pub(crate) fn find() -> Result<PathBuf, Absent> {
    in_cache(&format!("gitea-{GITEA}"), "gitea")
}

impl Service for Gitea {
    fn settings(&self) -> Value {
        json!({"listen": self.listen, "rootUrl": self.root_url})
    }

    fn command(&self, folder: &Path) -> Result<Command, Error> {
        let program = find()?;
        in_path("git", "apt-get install git")?;
        self.configure(folder, &program)?;
        let gitea = |arguments: &[&str]| {
            let mut command = Command::new(&program);
            command
                .args(arguments)
                .args(["--config", &app_ini(folder).to_string_lossy()])
                .current_dir(folder)
                .env_clear()
                .env("PATH", search_path())
                .env("HOME", folder);
            command
        };
        if !admin_file(folder).is_file() {
            run(&mut gitea(&["migrate"]))?;
            create_admin(folder, &gitea)?;
        }
        Ok(gitea(&["web"]))
    }

    fn answers(&self, _: &str) -> bool {
        Request::new(format!("http://{}/api/healthz", self.listen)).succeeds()
    }
}

impl Gitea {
    /// Writes app.ini, to which Gitea then adds its secrets; it keeps them as long as nothing else changes.
    fn configure(&self, folder: &Path, program: &Path) -> Result<(), Error> {
        let share = program.parent().and_then(Path::parent).unwrap_or(program);
        let wanted = self.app_ini(folder, &share.join("share"));
        let written = folder.join("app.ini.written");
        if fs::read_to_string(&written).is_ok_and(|text| text == wanted) {
            return Ok(());
        }
        write_secret(&app_ini(folder), &wanted)?;
        write_secret(&written, &wanted)
    }

    fn app_ini(&self, folder: &Path, share: &Path) -> String {
        let (folder, share) = (folder.display(), share.display());
        let (root_url, ip, port) = (&self.root_url, self.listen.ip(), self.listen.port());
        // As idpbuilder deploys it, but for what has to do with this machine.
        format!(
            "APP_NAME = lab\n\
             RUN_MODE = prod\n\
             WORK_PATH = {folder}\n\
             I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true\n\n\
             [server]\n\
             PROTOCOL = http\n\
             HTTP_ADDR = {ip}\n\
             HTTP_PORT = {port}\n\
             ROOT_URL = {root_url}\n\
             STATIC_ROOT_PATH = {share}\n\
             APP_DATA_PATH = {folder}/data\n\
             OFFLINE_MODE = true\n\
             DISABLE_SSH = true\n\
             LFS_START_SERVER = false\n\n\
             [database]\n\
             DB_TYPE = sqlite3\n\
             PATH = {folder}/data/gitea.db\n\n\
             [session]\n\
             PROVIDER = memory\n\n\
             [cache]\n\
             ADAPTER = memory\n\n\
             [queue]\n\
             TYPE = level\n\n\
             [security]\n\
             INSTALL_LOCK = true\n\n\
             [log]\n\
             MODE = console\n\
             LEVEL = info\n"
        )
    }
}

/// Who may do everything in the Gitea of a folder.
pub(crate) fn admin(folder: &Path) -> Result<Admin, Error> {
    let path = admin_file(folder);
    let text = fs::read(&path).map_err(Error::file("read", &path))?;
    serde_json::from_slice(&text).map_err(|source| Error::State { path, source })
}

fn create_admin(folder: &Path, gitea: &dyn Fn(&[&str]) -> Command) -> Result<(), Error> {
    let password = password().map_err(Error::machine("make a password"))?;
    run(&mut gitea(&[
        "admin",
        "user",
        "create",
        "--admin",
        "--username",
        USERNAME,
        "--email",
        "gitea@local.domain",
        "--must-change-password=false",
        &format!("--password={password}"),
    ]))?;
    let token = run(&mut gitea(&[
        "admin",
        "user",
        "generate-access-token",
        "--username",
        USERNAME,
        "--token-name",
        "admin",
        "--scopes",
        "all",
        "--raw",
    ]))?;
    let admin = Admin {
        username: USERNAME.to_owned(),
        password,
        // It warns on standard output too.
        token: token.lines().last().unwrap_or_default().to_owned(),
    };
    let text = serde_json::to_string(&admin).expect("strings are JSON");
    write_secret(&admin_file(folder), &text)
}

/// Forty characters, as idpbuilder's password has.
fn password() -> std::io::Result<String> {
    Ok(format!("Lab1{ODD}{}", random(13)?))
}

/// Random bytes, in hexadecimal.
pub(crate) fn random(bytes: usize) -> std::io::Result<String> {
    let mut random = vec![0; bytes];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn app_ini(folder: &Path) -> PathBuf {
    folder.join("app.ini")
}

fn admin_file(folder: &Path) -> PathBuf {
    folder.join("admin.json")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Gitea, password};
    use crate::server::loopback;

    #[test]
    fn it_is_configured_as_idpbuilder_does() {
        let gitea = Gitea {
            listen: loopback(3000),
            root_url: "https://gitea.cnoe.localtest.me:8443/".to_owned(),
        };
        let text = gitea.app_ini(Path::new("/run/gitea"), Path::new("/cache/gitea/share"));
        insta::assert_snapshot!(text, @r#"
        APP_NAME = lab
        RUN_MODE = prod
        WORK_PATH = /run/gitea
        I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true

        [server]
        PROTOCOL = http
        HTTP_ADDR = 127.0.0.1
        HTTP_PORT = 3000
        ROOT_URL = https://gitea.cnoe.localtest.me:8443/
        STATIC_ROOT_PATH = /cache/gitea/share
        APP_DATA_PATH = /run/gitea/data
        OFFLINE_MODE = true
        DISABLE_SSH = true
        LFS_START_SERVER = false

        [database]
        DB_TYPE = sqlite3
        PATH = /run/gitea/data/gitea.db

        [session]
        PROVIDER = memory

        [cache]
        ADAPTER = memory

        [queue]
        TYPE = level

        [security]
        INSTALL_LOCK = true

        [log]
        MODE = console
        LEVEL = info
        "#);
    }

    #[test]
    fn a_password_is_as_odd_as_idpbuilders() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert_eq!(one.chars().count(), 40);
        assert!(one.contains(":'$&"), "{one}");
        assert_ne!(one, other);
    }
}
