//! What was found: the subjects in their order, a verdict for each, and the record that they are written in.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::{Answer, Error};

use super::{certificate, clock};

/// One thing that was looked at.
#[derive(Debug)]
pub struct Check {
    /// What was looked at.
    pub subject: Subject,
    /// What was found.
    pub verdict: Verdict,
}

/// What is looked at, each after what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The addresses of the host.
    Name,
    /// Whether somebody listens there.
    Port,
    /// The certificate, and who vouches for it.
    Tls,
    /// Whether what answers is a registry.
    Api,
    /// The clocks here and there.
    Clock,
    /// Where tokens are to be had.
    Realm,
    /// The token, and what it grants.
    Token,
    /// Whether the registry takes the credentials.
    Login,
    /// Whose repository it is.
    Owner,
    /// The right to upload.
    Upload,
    /// The size of one request's body.
    BodyLimit,
}

/// What was found of one thing, in words without anything secret; they may hold what others have said.
#[derive(Debug)]
pub enum Verdict {
    /// All is well.
    Passed(String),
    /// A push may succeed, or may not.
    Warned(Warning),
    /// No push can succeed.
    Failed {
        /// Why not.
        error: Box<Error>,
        /// What was seen beside it.
        found: Option<String>,
    },
    /// It was not checked.
    Skipped(String),
}

/// What may keep a push from success, now or soon.
#[derive(Debug)]
pub enum Warning {
    /// A name below `localtest.me`, which is this machine for everybody, leads elsewhere.
    Elsewhere {
        /// The name.
        name: String,
        /// Where it leads.
        addresses: String,
    },
    /// The certificate ends within two weeks.
    EndsSoon {
        /// The certificate, in words.
        certificate: String,
        /// Its last moment.
        until: SystemTime,
    },
    /// Nobody vouches for the certificate, and it is taken all the same.
    Unverified {
        /// The certificate, in words.
        certificate: String,
    },
    /// The clocks differ by more than a minute.
    ClockSkew {
        /// By how much.
        by: Duration,
        /// Whether this machine's is the one that is behind.
        behind: bool,
    },
    /// The challenge names another token server than the registry's own, which is asked.
    WrongRealm {
        /// What it names, without anything that could be secret.
        named: String,
        /// What is asked.
        asked: String,
    },
    /// The token does not grant what an upload needs.
    TooLittle {
        /// The token, in words.
        token: String,
        /// `nothing`, or the actions that are granted.
        granted: String,
    },
    /// An upload session could be opened and not cancelled; the registry drops it in its own time.
    SessionStays {
        /// What it said.
        answer: Answer,
    },
}

impl Subject {
    /// All of them, in their order.
    pub const ALL: [Self; 11] = [
        Self::Name,
        Self::Port,
        Self::Tls,
        Self::Api,
        Self::Clock,
        Self::Realm,
        Self::Token,
        Self::Login,
        Self::Owner,
        Self::Upload,
        Self::BodyLimit,
    ];

    /// Its name for people and scripts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "DNS",
            Self::Port => "TCP",
            Self::Tls => "TLS",
            Self::Api => "/v2/",
            Self::Clock => "clock",
            Self::Realm => "realm",
            Self::Token => "token",
            Self::Login => "login",
            Self::Owner => "owner",
            Self::Upload => "upload",
            Self::BodyLimit => "body limit",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere { name, addresses } => {
                write!(f, "`{name}` is {addresses}, and not this machine")
            }
            Self::EndsSoon { certificate, until } => {
                let date = certificate::date(*until);
                write!(f, "{certificate} ends soon, on {date}")
            }
            Self::Unverified { certificate } => {
                write!(f, "{certificate} is taken although nobody vouches for it")
            }
            Self::ClockSkew { by, behind } => {
                let side = if *behind { "behind" } else { "ahead of" };
                let by = clock::in_words(*by);
                write!(f, "this machine's clock is {by} {side} the registry's")
            }
            Self::WrongRealm { named, asked } => {
                write!(f, "it names {named}; {asked} is asked in its place")
            }
            Self::TooLittle { token, granted } => write!(f, "{token}; it grants {granted}"),
            Self::SessionStays { answer } => {
                write!(f, "granted, but the session cannot be cancelled: {answer}")
            }
        }
    }
}

/// Why a subject failed, and what was seen beside it.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) error: Box<Error>,
    pub(super) found: Option<String>,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self {
            error: Box::new(error),
            found: None,
        }
    }
}

/// Why nothing more is looked at.
#[derive(Debug)]
pub(super) enum Stop {
    /// It is in the record.
    Broken,
    /// The options cannot be used.
    Usage(Box<Error>),
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    checks: Vec<Check>,
}

impl Record {
    pub(super) fn add(&mut self, subject: Subject, verdict: Verdict) {
        self.checks.push(Check { subject, verdict });
    }

    pub(super) fn settle(
        &mut self,
        subject: Subject,
        found: Result<Verdict, Broken>,
    ) -> Result<(), Stop> {
        match found {
            Ok(verdict) => {
                self.add(subject, verdict);
                Ok(())
            }
            Err(broken) => self.fail(subject, broken),
        }
    }

    pub(super) fn fail(&mut self, subject: Subject, broken: Broken) -> Result<(), Stop> {
        let Broken { error, found } = broken;
        self.add(subject, Verdict::Failed { error, found });
        Err(Stop::Broken)
    }

    /// Every subject has its line: what was not looked at says what stood in its way.
    pub(super) fn finish(mut self) -> Vec<Check> {
        let failed = self
            .checks
            .iter()
            .find(|check| matches!(check.verdict, Verdict::Failed { .. }));
        let Some(failed) = failed.map(|check| check.subject) else {
            return self.checks;
        };
        for subject in Subject::ALL {
            if self.checks.iter().all(|check| check.subject != subject) {
                let why = format!("{} failed", failed.as_str());
                self.add(subject, Verdict::Skipped(why));
            }
        }
        self.checks
    }
}
