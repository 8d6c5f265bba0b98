//! Whose credentials are used: flags before the environment, and the environment's for the registry that it names.

use oci::{Registry, Scheme};
use push::registry::Credentials;
use secrecy::SecretString;

use crate::cli::CredentialArgs;
use crate::environment::RegistryVariables;
use crate::failure::Failure;
use crate::password;

const USERNAME: &str = "IDPBUILDER_REGISTRY_USERNAME";
const PASSWORD: &str = "IDPBUILDER_REGISTRY_PASSWORD";
const TOKEN: &str = "IDPBUILDER_REGISTRY_TOKEN";

/// The user name that goes with a token where none is given; registries that take tokens do not look at it.
const TOKEN_USERNAME: &str = "token";

/// The credentials that were chosen, as far as they are known without asking anybody.
#[derive(Debug)]
pub(crate) enum Choice {
    /// None were given: the push library looks in the files of Docker and Podman.
    Nothing,
    /// All is known.
    Ready(Credentials),
    /// The password is on standard input.
    FromStandardInput {
        /// The user it belongs to.
        username: String,
    },
    /// The password must be asked for.
    FromTerminal {
        /// The user it belongs to.
        username: String,
    },
}

impl Choice {
    /// Chooses among what was typed and what the environment says of this registry.
    ///
    /// # Errors
    /// [`Failure::Usage`] where a user name is missing or a variable cannot be read.
    pub(crate) fn make(
        typed: &CredentialArgs,
        variables: &RegistryVariables,
        registry: &Registry,
        scheme: Option<Scheme>,
        is_clusters: bool,
    ) -> Result<Self, Failure> {
        let variables = for_registry(variables, registry, scheme, is_clusters)?;
        if let Some(token) = &typed.registry_token {
            return Ok(Self::Ready(Credentials::Bearer {
                token: token.clone(),
                origin: "--registry-token".to_owned(),
            }));
        }
        let username = typed.basic.username.clone();
        if let Some(token) = &typed.token {
            let username = username.or(variables.username);
            return of_token(username, token.clone(), "--token");
        }
        if let Some(password) = &typed.basic.password {
            let username = needed(username.or(variables.username), "--password")?;
            return of_password(username, password.clone(), "--password");
        }
        if typed.basic.password_stdin {
            let username = needed(username.or(variables.username), "--password-stdin")?;
            return Ok(Self::FromStandardInput { username });
        }
        match username {
            Some(username) => of_username(username, variables),
            None => of_variables(variables),
        }
    }

    /// Asks for what is missing.
    ///
    /// # Errors
    /// [`Failure::Usage`] where nobody can be asked, or nothing comes.
    pub(crate) async fn complete(
        self,
        registry: &Registry,
    ) -> Result<Option<Credentials>, Failure> {
        let (username, password, origin) = match self {
            Self::Nothing => return Ok(None),
            Self::Ready(credentials) => return Ok(Some(credentials)),
            Self::FromStandardInput { username } => {
                let password = password::from_standard_input().await?;
                (username, password, "--password-stdin")
            }
            Self::FromTerminal { username } => {
                let prompt = format!("Password of {username} at {registry}: ");
                (
                    username,
                    password::from_terminal(&prompt).await?,
                    "the terminal",
                )
            }
        };
        Ok(Some(basic(username, password, origin)?))
    }
}

/// The variables, where they are meant for this registry; without `IDPBUILDER_REGISTRY` they are for the cluster's.
fn for_registry(
    variables: &RegistryVariables,
    registry: &Registry,
    scheme: Option<Scheme>,
    is_clusters: bool,
) -> Result<RegistryVariables, Failure> {
    let meant = match &variables.registry {
        Some(text) => same(
            &parse_registry(text, "IDPBUILDER_REGISTRY")?,
            registry,
            scheme,
        ),
        None => is_clusters,
    };
    if meant {
        return Ok(variables.clone());
    }
    if variables.password.is_some() || variables.token.is_some() {
        tracing::info!(
            "IDPBUILDER_REGISTRY does not name {registry}: its credentials are not used"
        );
    }
    Ok(RegistryVariables::default())
}

/// Whether a registry of the environment's list is this one.
pub(super) fn is_listed(
    list: &str,
    registry: &Registry,
    scheme: Option<Scheme>,
) -> Result<bool, Failure> {
    for entry in list
        .split([',', ' ', '\t', '\n'])
        .filter(|entry| !entry.is_empty())
    {
        let entry = parse_registry(entry, "IDPBUILDER_REGISTRY_INSECURE")?;
        if same(&entry, registry, scheme) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn parse_registry(text: &str, variable: &str) -> Result<Registry, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(
            format!("`{variable}` does not hold a HOST[:PORT]"),
            format!("set it like {variable}=gitea.cnoe.localtest.me:8443"),
        )
    })
}

/// Whether both are one host and one port, written out or not.
pub(crate) fn same(one: &Registry, other: &Registry, scheme: Option<Scheme>) -> bool {
    let default = scheme.unwrap_or(Scheme::Https).default_port();
    let port = |registry: &Registry| registry.port().unwrap_or(default);
    one.host() == other.host() && port(one) == port(other)
}

/// Only `--username` was given: the secret is the environment's where it is that user's, else it is asked for.
fn of_username(username: String, variables: RegistryVariables) -> Result<Choice, Failure> {
    let of_that_user = variables
        .username
        .as_ref()
        .is_none_or(|other| *other == username);
    match (variables.token, variables.password) {
        (Some(token), _) if of_that_user => of_token(Some(username), token, TOKEN),
        (None, Some(password)) if of_that_user => of_password(username, password, PASSWORD),
        _ => Ok(Choice::FromTerminal { username }),
    }
}

fn of_variables(variables: RegistryVariables) -> Result<Choice, Failure> {
    match (variables.token, variables.password) {
        (Some(token), _) => of_token(variables.username, token, TOKEN),
        (None, Some(password)) => match variables.username {
            Some(username) => of_password(username, password, PASSWORD),
            None => Err(Failure::usage(
                format!("`{PASSWORD}` is set without `{USERNAME}`"),
                format!("set `{USERNAME}` too"),
            )),
        },
        (None, None) => Ok(Choice::Nothing),
    }
}

fn of_token(
    username: Option<String>,
    token: SecretString,
    origin: &str,
) -> Result<Choice, Failure> {
    let username = username.unwrap_or_else(|| TOKEN_USERNAME.to_owned());
    of_password(username, token, origin)
}

fn of_password(username: String, password: SecretString, origin: &str) -> Result<Choice, Failure> {
    Ok(Choice::Ready(basic(username, password, origin)?))
}

fn basic(username: String, password: SecretString, origin: &str) -> Result<Credentials, Failure> {
    if username.is_empty() || username.contains(':') {
        return Err(Failure::usage(
            "a user name is not empty and holds no `:`",
            "give the name alone as `--username NAME`",
        ));
    }
    Ok(Credentials::Basic {
        username,
        password,
        origin: origin.to_owned(),
    })
}

fn needed(username: Option<String>, option: &str) -> Result<String, Failure> {
    username.ok_or_else(|| {
        Failure::usage(
            format!("`{option}` needs a user name"),
            "give `--username NAME` too",
        )
    })
}

#[cfg(test)]
mod tests;
