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
pub(super) enum Choice {
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
    pub(super) fn make(
        typed: &CredentialArgs,
        variables: &RegistryVariables,
        registry: &Registry,
        scheme: Option<Scheme>,
    ) -> Result<Self, Failure> {
        let _ = (typed, variables, registry, scheme);
        Err(Failure::usage("not supported yet", "wait for it"))
    }

    /// Asks for what is missing.
    ///
    /// # Errors
    /// [`Failure::Usage`] where nobody can be asked, or nothing comes.
    pub(super) async fn complete(
        self,
        registry: &Registry,
    ) -> Result<Option<Credentials>, Failure> {
        let _ = registry;
        Err(Failure::usage("not supported yet", "wait for it"))
    }
}

/// Whether a registry of the environment's list is this one.
pub(super) fn is_listed(
    list: &str,
    registry: &Registry,
    scheme: Option<Scheme>,
) -> Result<bool, Failure> {
    let _ = (list, registry, scheme);
    Ok(false)
}

#[cfg(test)]
mod tests;
