//! The right to upload, and with it the owner: a session is opened, given a few bytes, and cancelled.
//!
//! It is never closed, which would leave a blob, and with Gitea a package.

use bytes::Bytes;
use oci::Repository;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use url::Url;

use super::super::reply::{self, Reply};
use super::super::request::{Call, Connection, Payload};
use super::super::token::Scope;
use super::{Broken, Record, Stop, Subject, Verdict, Warning, body_limit};
use crate::Error;

/// Looks at the owner, the right to upload, and the limit of an upload's body.
pub(super) async fn look(
    connection: &Connection,
    repository: &Repository,
    record: &mut Record,
) -> Result<(), Stop> {
    let session = match open(connection, repository).await {
        Ok(session) => session,
        Err(error) => {
            let subject = match &error {
                Error::Rejected { answer, .. } if answer.status == 404 => Subject::Owner,
                _ => Subject::Upload,
            };
            if subject == Subject::Upload {
                let why = "only who may upload can tell".to_owned();
                record.add(Subject::Owner, Verdict::Skipped(why));
            }
            return record.fail(subject, error.into());
        }
    };
    record.add(Subject::Owner, Verdict::Passed(owner(repository)));
    let used = use_up(connection, repository, session).await;
    let (session, verdict) = match used {
        Ok((session, verdict)) => (session, verdict),
        Err(broken) => return record.fail(Subject::Upload, broken),
    };
    record.add(Subject::Upload, verdict);
    let limit = body_limit::verdict(connection, &Scope::of(repository), &session).await;
    record.settle(Subject::BodyLimit, limit)
}

fn owner(repository: &Repository) -> String {
    match repository.as_str().split_once('/') {
        Some((owner, _)) => format!("`{owner}` takes uploads"),
        None => format!("none: `{repository}` is taken at the root"),
    }
}

async fn open(connection: &Connection, repository: &Repository) -> Result<Url, Error> {
    let url = connection.endpoint.uploads(repository);
    let call = Call::new(Method::POST, url, Scope::of(repository));
    let reply = connection.send(&call).await?;
    match reply.status() {
        200..=202 | 204 => match connection.next_location(&reply)? {
            Some(session) => Ok(session),
            None => Err(reply.violation("it opens an upload session without a `Location`")),
        },
        _ => Err(reply.into_error().await),
    }
}

/// Sends a few bytes to a session and cancels it; gives where it was.
async fn use_up(
    connection: &Connection,
    repository: &Repository,
    session: Url,
) -> Result<(Url, Verdict), Broken> {
    let sent = send(connection, repository, session.clone()).await;
    let at = sent.as_ref().unwrap_or(&session).clone();
    let cancelled = cancel(connection, repository, at.clone()).await;
    sent?;
    Ok((at, cancelled?))
}

async fn send(
    connection: &Connection,
    repository: &Repository,
    session: Url,
) -> Result<Url, Error> {
    let octets = HeaderValue::from_static("application/octet-stream");
    let mut call = Call::new(Method::PATCH, session.clone(), Scope::of(repository))
        .with(Payload::Document(Bytes::from_static(b"xtask doctor")));
    call.header = Some((CONTENT_TYPE, octets));
    let reply = connection.send(&call).await?;
    match reply.status() {
        200..=202 | 204 => Ok(connection.next_location(&reply)?.unwrap_or(session)),
        _ => Err(reply.into_error().await),
    }
}

async fn cancel(
    connection: &Connection,
    repository: &Repository,
    session: Url,
) -> Result<Verdict, Error> {
    let call = Call::new(Method::DELETE, session, Scope::of(repository));
    let reply = connection.send(&call).await?;
    if matches!(reply.status(), 200..=204) {
        return Ok(Verdict::Passed(format!(
            "an upload to `{repository}` was begun and cancelled"
        )));
    }
    let Reply {
        response, timeout, ..
    } = reply;
    let answer = reply::answer(response, timeout).await;
    Ok(Verdict::Warned(Warning::SessionStays { answer }))
}
