//! A check-up: everything between here and an upload, one thing after the other, with what was found of each.
//!
//! Nothing is left behind at the registry, and nothing secret is in what was found.
//! What can be done about it is left to those who show it.

mod api;
mod body_limit;
mod certificate;
mod claims;
mod clock;
mod name;
mod port;
mod realm;
mod tls;
mod token;
mod upload;
mod verdict;

use oci::{Registry, Repository, Scheme};

use super::authorize::in_words;
use super::connect::{Approach, Contact};
use super::options::Options;
use super::request::{Call, Connection};
use super::token::Scope;
use crate::{Environment, Error, Events};

use verdict::{Broken, Record, Stop};
pub use verdict::{Check, Subject, Verdict, Warning};

/// Looks at everything between here and an upload to a repository, in the order of [`Subject`].
///
/// What comes after the first failure is not checked. Without a repository nothing is said of uploads.
///
/// # Errors
/// Those of the options alone, such as [`Error::OptionFile`]; everything else is found out and said.
pub async fn examine(
    registry: &Registry,
    scheme: Option<Scheme>,
    repository: Option<&Repository>,
    options: &Options,
    environment: &Environment,
) -> Result<Vec<Check>, Error> {
    let mut record = Record::default();
    let patient = Patient {
        repository,
        options,
        environment,
    };
    match patient.walk(registry, scheme, &mut record).await {
        Ok(()) | Err(Stop::Broken) => Ok(record.finish()),
        Err(Stop::Usage(error)) => Err(*error),
    }
}

/// What is looked at.
struct Patient<'a> {
    repository: Option<&'a Repository>,
    options: &'a Options,
    environment: &'a Environment,
}

impl Patient<'_> {
    async fn walk(
        &self,
        registry: &Registry,
        scheme: Option<Scheme>,
        record: &mut Record,
    ) -> Result<(), Stop> {
        let approach = Approach::prepare(registry, scheme, self.options, self.environment).await;
        let approach = match approach {
            Ok(approach) => approach,
            Err(error @ Error::Unreachable { .. }) => {
                return record.fail(Subject::Name, error.into());
            }
            Err(error) => return Err(Stop::Usage(Box::new(error))),
        };
        record.add(Subject::Name, name::verdict(&approach));
        let port = port::verdict(&approach, self.environment).await;
        record.settle(Subject::Port, port)?;
        let contact = match approach.contact(&Events::ignored()).await {
            Err(error) if tls::is_to_blame(&approach, &error) => {
                return record.fail(Subject::Tls, tls::broken(&approach, error));
            }
            contact => contact,
        };
        record.add(Subject::Tls, tls::verdict(&approach, contact.as_ref()));
        let contact = match contact {
            Ok(contact) => contact,
            Err(error) => return record.fail(Subject::Api, error.into()),
        };
        record.add(Subject::Api, api::verdict(&contact));
        record.add(Subject::Clock, clock::verdict(&contact));
        self.walk_in(contact, record).await
    }

    /// The part that needs a token, and the right to upload.
    async fn walk_in(&self, contact: Contact, record: &mut Record) -> Result<(), Stop> {
        let nowhere = "xtask-doctor".parse();
        let nowhere = nowhere.expect("a constant that is a repository");
        let scope = Scope::of(self.repository.unwrap_or(&nowhere));
        let events = Events::ignored();
        let connection = Connection::new(contact, self.options, self.environment, events);
        let found = realm::verdict(&connection, &scope).await;
        record.settle(Subject::Realm, found)?;
        let found = token::verdict(&connection, &scope).await;
        record.settle(Subject::Token, found)?;
        let found = login(&connection, &scope).await;
        record.settle(Subject::Login, found)?;
        match self.repository {
            Some(repository) => upload::look(&connection, repository, record).await,
            None => {
                let why = "DESTINATION names no repository";
                for subject in [Subject::Owner, Subject::Upload, Subject::BodyLimit] {
                    record.add(subject, Verdict::Skipped(why.to_owned()));
                }
                Ok(())
            }
        }
    }
}

/// Whether the registry takes what was configured.
async fn login(connection: &Connection, scope: &Scope) -> Result<Verdict, Broken> {
    let url = connection.endpoint.below("/v2/");
    let call = Call::new(reqwest::Method::GET, url, scope.clone());
    let reply = connection.send(&call).await?;
    if reply.status() != 200 {
        return Err(reply.into_error().await.into());
    }
    let credential = connection.authorizer.credential(scope).await?;
    Ok(Verdict::Passed(match credential {
        Some(credential) => {
            let credentials = in_words(Some(&credential));
            format!("the registry takes {credentials}")
        }
        None => "as nobody, without credentials".to_owned(),
    }))
}
