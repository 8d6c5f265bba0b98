//! What can go wrong, ordered by whose move it is.
//!
//! Each message is a fragment that names the operation and the object; the source is in the chain, never repeated.
//! Text from outside is not escaped here: whoever shows it does that.

use std::fmt;
use std::io;
use std::path::PathBuf;

use oci::{Digest, ParseReferenceError, Repository, Tag};

use crate::DaemonFailure;
use crate::blob::{Place, Promise};

/// What stopped a push.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    // The caller.
    /// What was given as a reference is none.
    #[error("`{input}` is not a reference")]
    InvalidReference {
        /// As it was given.
        input: String,
        /// The part that is wrong.
        source: ParseReferenceError,
    },
    /// What was asked for can be meant in several ways, or in none.
    #[error("{problem}")]
    Ambiguous {
        /// What does not go together.
        problem: String,
        /// What could be meant instead.
        choices: Vec<String>,
    },
    /// The registry would not take a name that the specification allows.
    #[error("{problem}")]
    RefusedName {
        /// Which name, and why.
        problem: NameProblem,
    },
    /// A file that an option names cannot be used.
    #[error("cannot use `{}` given with `{option}`", path.display())]
    OptionFile {
        /// The option.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },

    // The file.
    /// The source cannot be opened or read.
    #[error("cannot read {place}")]
    OpenSource {
        /// What could not be read.
        place: Place,
        /// What the system says.
        source: io::Error,
    },
    /// The source is no image in any format that is known.
    #[error("{place} is not an image archive: {found}")]
    UnknownFormat {
        /// The file.
        place: Place,
        /// What it seems to be, and what an image would have.
        found: String,
    },
    /// The source is an image that is broken.
    #[error("{place} is malformed: {problem}")]
    MalformedImage {
        /// The entry that is wrong.
        place: Place,
        /// What is wrong with it: expected and found.
        problem: String,
    },
    /// The source has no such image or platform.
    #[error("{place} has no {wanted}")]
    ImageNotFound {
        /// The source.
        place: Place,
        /// What was asked for.
        wanted: String,
        /// What there is.
        available: Vec<String>,
    },
    /// Some bytes are not the ones that were promised.
    #[error("{place} does not match {promise}: expected {expected}, found {actual}")]
    DigestMismatch {
        /// The bytes.
        place: Place,
        /// Who promised.
        promise: Promise,
        /// The digest that was promised.
        expected: Digest,
        /// The digest of what was read.
        actual: Digest,
    },

    // Credentials.
    /// Credentials were configured and cannot be had.
    #[error("cannot get credentials for `{registry}` from {origin}")]
    Credentials {
        /// For which registry.
        registry: String,
        /// A file or a helper.
        origin: String,
        /// What went wrong there; never the secret.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The registry does not know who is asking.
    #[error("the registry did not let us in with {credentials}: {request}: {answer}")]
    Unauthorized {
        /// What was asked.
        request: Request,
        /// What it said.
        answer: Answer,
        /// What was shown: `no credentials`, or such as `the credentials from --username`.
        credentials: String,
    },
    /// The registry knows who is asking, and does not allow it.
    #[error("the registry refused: {request}: {answer}")]
    Denied {
        /// What was asked.
        request: Request,
        /// What it said.
        answer: Answer,
        /// What was shown: `no credentials`, or such as `the credentials from --username`.
        credentials: String,
    },
    /// Sending the credentials there would give them away.
    #[error("credentials for `{registry}` would go {hazard}")]
    UnsafeCredentials {
        /// The registry that they are for.
        registry: String,
        /// Where they would go, such as `over plain HTTP` or `to the token server auth.example.com`.
        hazard: String,
        /// The option that permits it.
        permit: String,
    },

    // The network.
    /// Nothing answers, or what answers keeps failing.
    #[error("{request} failed{}", times(*attempts))]
    Unreachable {
        /// What was asked.
        request: Request,
        /// How often it was tried.
        attempts: u32,
        /// The last failure.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    // The registry.
    /// The registry answered and refused.
    #[error("the registry refused: {request}: {answer}")]
    Rejected {
        /// What was asked.
        request: Request,
        /// What it said.
        answer: Answer,
    },
    /// What answers does not speak the registry protocol.
    #[error("{request}: {problem}")]
    ProtocolViolation {
        /// What was asked.
        request: Request,
        /// What is wrong with the answer.
        problem: String,
    },
    /// What was read back after the push is not what was pushed.
    #[error("`{reference}` does not hold what was pushed: expected {expected}, found {actual}")]
    VerifyMismatch {
        /// What was read back.
        reference: String,
        /// What it should be.
        expected: String,
        /// What it is.
        actual: String,
    },

    // This machine.
    /// A temporary file cannot be written.
    #[error("cannot write a temporary file in `{}`", path.display())]
    Spool {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The Docker daemon cannot be used.
    #[error("cannot read `{image}` from the Docker daemon")]
    Daemon {
        /// The image that was asked for.
        image: String,
        /// What went wrong.
        source: DaemonFailure,
    },
}

/// What Gitea has against a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// It has one part, and the first part is the owner.
    #[error("`{0}` has no owner, and at Gitea every image has one")]
    NoOwner(Repository),
    /// Its separators are longer than one character.
    #[error(
        "`{0}` is not a name at Gitea: one `.`, `_` or `-` at a time between letters and digits"
    )]
    Separator(Repository),
    /// Two tags would be one.
    #[error("the tags `{0}` and `{1}` of `{2}` are one at Gitea, which keeps tags in lower case")]
    SameTag(Tag, Tag, Repository),
}

/// A request, for messages: `POST https://…`, without query and user info.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The URL without anything that could be secret.
    pub url: String,
}

/// What a registry answered, capped: `403 DENIED: requested access to the resource is denied`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `CODE: message` of each error in the body, or the beginning of a body that is text; empty where there is none.
    pub words: Vec<String>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if self.words.is_empty() {
            return write!(f, " without a word");
        }
        write!(f, " {}", self.words.join("; "))
    }
}

fn times(count: u32) -> String {
    if count > 1 {
        format!(" {count} times")
    } else {
        String::new()
    }
}
