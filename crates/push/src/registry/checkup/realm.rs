//! The realm: where tokens are to be had, and whether the credentials may go there.

use url::Url;

use super::super::challenge::Demand;
use super::super::credentials::Secret;
use super::super::reply;
use super::super::request::Connection;
use super::super::token::Scope;
use super::{Broken, Verdict, Warning};

/// What the challenge names, judged as it is before a token is asked for.
pub(super) async fn verdict(connection: &Connection, scope: &Scope) -> Result<Verdict, Broken> {
    let authorizer = &connection.authorizer;
    let Some(Demand::Bearer { realm, service }) = authorizer.demand() else {
        return Ok(Verdict::Passed("none: no token is needed".to_owned()));
    };
    let credential = authorizer.credential(scope).await?;
    let credential = credential.as_deref();
    if credential.is_some_and(|credential| matches!(credential.secret, Secret::Bearer(_))) {
        let why = "none is asked: the token that was given is sent as it is";
        return Ok(Verdict::Passed(why.to_owned()));
    }
    let question = authorizer.question(scope, credential, &realm, service.as_deref())?;
    let shown = |url: &Url| reply::shown(&reqwest::Method::GET, url).url;
    let asked = shown(&question.url);
    let named = connection.endpoint.base.join(&realm);
    let named = named.map_or_else(|_| realm.clone(), |url| shown(&url));
    if named != asked {
        return Ok(Verdict::Warned(Warning::WrongRealm { named, asked }));
    }
    let whose = if connection.endpoint.is_own(&question.url) {
        "the registry's own"
    } else {
        "another origin than the registry's"
    };
    Ok(Verdict::Passed(format!("{asked}, {whose}")))
}
