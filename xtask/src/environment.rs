//! The process environment, read once and in this place alone; everything else is given values.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// What this tool takes from the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// What the push library needs.
    pub(crate) push: push::Environment,
    /// The `IDPBUILDER_REGISTRY` family.
    pub(crate) registry: RegistryVariables,
    /// `KUBECONFIG`: files that are merged.
    pub(crate) kubeconfig: Option<OsString>,
    /// Cargo's target directory, for what is kept between runs and may be deleted.
    pub(crate) target_directory: PathBuf,
    /// `RUST_LOG`.
    pub(crate) log: Option<String>,
    /// Whether colour is welcome: no `NO_COLOR`, and no `TERM=dumb`.
    pub(crate) colour: bool,
}

/// Credentials and trust for one registry, as scripts give them; an empty variable is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegistryVariables {
    /// `IDPBUILDER_REGISTRY`: the `HOST[:PORT]` that the others are for.
    pub(crate) registry: Option<String>,
    /// `IDPBUILDER_REGISTRY_USERNAME`.
    pub(crate) username: Option<String>,
    /// `IDPBUILDER_REGISTRY_PASSWORD`.
    pub(crate) password: Option<SecretString>,
    /// `IDPBUILDER_REGISTRY_TOKEN`.
    pub(crate) token: Option<SecretString>,
    /// `IDPBUILDER_REGISTRY_INSECURE`: a list of `HOST[:PORT]`.
    pub(crate) insecure: Option<String>,
}

impl Environment {
    /// Reads the environment of this process.
    pub(crate) fn of_this_process() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the edge: the one place that reads the environment"
        )]
        Self::read(&|name| std::env::var_os(name))
    }

    /// Reads an environment by the names of its variables; an empty variable is as good as none.
    fn read(variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let variables = Variables(variable);
        Self {
            push: variables.for_push(),
            registry: RegistryVariables {
                registry: variables.text("IDPBUILDER_REGISTRY"),
                username: variables.text("IDPBUILDER_REGISTRY_USERNAME"),
                password: variables.secret("IDPBUILDER_REGISTRY_PASSWORD"),
                token: variables.secret("IDPBUILDER_REGISTRY_TOKEN"),
                insecure: variables.text("IDPBUILDER_REGISTRY_INSECURE"),
            },
            kubeconfig: variables.value("KUBECONFIG"),
            target_directory: variables.target_directory(),
            log: variables.text("RUST_LOG"),
            colour: variables.text("NO_COLOR").is_none()
                && variables.text("TERM").is_none_or(|term| term != "dumb"),
        }
    }
}

struct Variables<'a>(&'a dyn Fn(&str) -> Option<OsString>);

impl Variables<'_> {
    fn value(&self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.into_string().ok()
    }

    fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    /// A directory of the XDG base directory specification, which says to ignore one that is not absolute.
    fn directory(&self, name: &str) -> Option<PathBuf> {
        self.path(name).filter(|path| path.is_absolute())
    }

    fn either(&self, name: &str) -> Option<String> {
        self.text(&name.to_ascii_lowercase())
            .or_else(|| self.text(name))
    }

    fn for_push(&self) -> push::Environment {
        let home = self.path("HOME").or_else(|| self.path("USERPROFILE"));
        let below_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let cache = if cfg!(target_os = "macos") {
            "Library/Caches"
        } else {
            ".cache"
        };
        push::Environment {
            tmpdir: self.path("TMPDIR"),
            cache: self
                .directory("XDG_CACHE_HOME")
                .or_else(|| below_home(cache)),
            runtime: self.directory("XDG_RUNTIME_DIR"),
            config: self
                .directory("XDG_CONFIG_HOME")
                .or_else(|| below_home(".config")),
            docker_config: self.path("DOCKER_CONFIG"),
            registry_auth_file: self.path("REGISTRY_AUTH_FILE"),
            path: self.value("PATH"),
            http_proxy: self.either("HTTP_PROXY"),
            https_proxy: self.either("HTTPS_PROXY"),
            no_proxy: self.either("NO_PROXY"),
            ssl_cert_file: self.path("SSL_CERT_FILE"),
            docker_host: self.text("DOCKER_HOST"),
            docker_context: self.text("DOCKER_CONTEXT"),
            docker_cert_path: self.path("DOCKER_CERT_PATH"),
            docker_tls_verify: self.value("DOCKER_TLS_VERIFY").is_some(),
            farewells: push::Farewells::default(),
            home,
        }
    }

    /// Where cargo says it is; else `target` beside the `Cargo.lock` above this crate; else `target` right here.
    fn target_directory(&self) -> PathBuf {
        if let Some(directory) = self.path("CARGO_TARGET_DIR") {
            return directory;
        }
        let workspace = self.path("CARGO_MANIFEST_DIR").and_then(|manifest| {
            let locked = |directory: &&Path| directory.join("Cargo.lock").is_file();
            manifest.ancestors().find(locked).map(Path::to_owned)
        });
        workspace.unwrap_or_default().join("target")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::read(&|name| {
            let (_, value) = variables.iter().find(|(key, _)| *key == name)?;
            Some(value.into())
        })
    }

    #[test]
    fn an_empty_environment_gives_nothing_away() {
        let environment = environment(&[]);
        assert_eq!(environment.push.home, None);
        assert_eq!(environment.push.cache, None);
        assert!(environment.registry.password.is_none());
        assert_eq!(environment.target_directory, Path::new("target"));
        assert!(environment.colour);
    }

    #[test]
    fn an_empty_variable_is_none() {
        let environment = environment(&[
            ("NO_COLOR", ""),
            ("IDPBUILDER_REGISTRY_PASSWORD", ""),
            ("DOCKER_CONFIG", ""),
        ]);
        assert!(environment.colour);
        assert!(environment.registry.password.is_none());
        assert_eq!(environment.push.docker_config, None);
    }

    #[test]
    fn directories_are_where_the_user_keeps_them() {
        let home = environment(&[("HOME", "/home/me")]).push;
        assert_eq!(home.config.unwrap(), Path::new("/home/me/.config"));
        let moved = environment(&[
            ("HOME", "/home/me"),
            ("XDG_CACHE_HOME", "/cache"),
            ("XDG_CONFIG_HOME", "relative"),
        ])
        .push;
        assert_eq!(moved.cache.unwrap(), Path::new("/cache"));
        assert_eq!(moved.config.unwrap(), Path::new("/home/me/.config"));
    }

    #[test]
    fn proxies_are_read_in_either_case() {
        let push = environment(&[("https_proxy", "http://a"), ("NO_PROXY", "b")]).push;
        assert_eq!(push.https_proxy.as_deref(), Some("http://a"));
        assert_eq!(push.no_proxy.as_deref(), Some("b"));
    }

    #[test]
    fn docker_is_where_its_variables_say() {
        let push = environment(&[
            ("DOCKER_HOST", "tcp://build"),
            ("DOCKER_CONTEXT", "lab"),
            ("DOCKER_CERT_PATH", "/certs"),
            ("DOCKER_TLS_VERIFY", "1"),
        ])
        .push;
        assert_eq!(push.docker_host.as_deref(), Some("tcp://build"));
        assert_eq!(push.docker_context.as_deref(), Some("lab"));
        assert_eq!(push.docker_cert_path.unwrap(), Path::new("/certs"));
        assert!(push.docker_tls_verify);
        assert!(
            !environment(&[("DOCKER_TLS_VERIFY", "")])
                .push
                .docker_tls_verify
        );
    }

    #[test]
    fn the_target_directory_is_the_workspaces() {
        let workspace = tempfile::tempdir().unwrap();
        let member = workspace.path().join("tools/xtask");
        std::fs::create_dir_all(&member).unwrap();
        std::fs::write(workspace.path().join("Cargo.lock"), "").unwrap();
        let member = member.to_str().unwrap();
        let found = environment(&[("CARGO_MANIFEST_DIR", member)]).target_directory;
        assert_eq!(found, workspace.path().join("target"));
        let given = environment(&[("CARGO_MANIFEST_DIR", member), ("CARGO_TARGET_DIR", "/t")]);
        assert_eq!(given.target_directory, Path::new("/t"));
    }

    #[test]
    fn colour_is_not_for_everybody() {
        assert!(!environment(&[("NO_COLOR", "1")]).colour);
        assert!(!environment(&[("TERM", "dumb")]).colour);
        assert!(environment(&[("TERM", "xterm")]).colour);
    }

    #[test]
    fn secrets_do_not_show() {
        let variables = [
            ("IDPBUILDER_REGISTRY_PASSWORD", "s3cret"),
            ("IDPBUILDER_REGISTRY_TOKEN", "s3cret"),
        ];
        assert!(!format!("{:?}", environment(&variables)).contains("s3cret"));
    }
}
