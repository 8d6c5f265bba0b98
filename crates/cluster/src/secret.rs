//! The secrets of a cluster that are read: the administrator's credentials, and the certificate of older clusters.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::Error;
use crate::api::{Api, Resource};

const CREDENTIAL: Resource = Resource {
    name: "the secret `gitea/gitea-credential`",
    path: "/api/v1/namespaces/gitea/secrets/gitea-credential",
};
pub(crate) const CERTIFICATE: Resource = Resource {
    name: "the secret `default/idpbuilder-cert`",
    path: "/api/v1/namespaces/default/secrets/idpbuilder-cert",
};

/// The administrator of a cluster's Gitea.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user, `giteaAdmin`.
    pub username: String,
    /// What goes in the password's place.
    pub secret: SecretString,
    /// What that is.
    pub kind: Kind,
}

/// What a secret is; both are the password of HTTP's Basic scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A personal access token.
    Token,
    /// The password: the token is not there yet, or the cluster is older than that.
    Password,
}

impl Credentials {
    /// Reads them; the token where there is one, which spares Gitea the hashing of the password.
    pub(crate) async fn read(api: &Api, available: bool) -> Result<Self, Error> {
        let starting = |missing: &str| Error::Starting {
            context: api.context.clone(),
            missing: missing.to_owned(),
        };
        let Some(secret) = api.read::<Secret>(CREDENTIAL).await? else {
            return Err(if available {
                Error::Missing {
                    context: api.context.clone(),
                    what: CREDENTIAL.name.replacen("the ", "", 1),
                }
            } else {
                starting("its Gitea has no password yet")
            });
        };
        let value = |key| {
            secret
                .value(key)
                .map_err(|it| api.malformed(CREDENTIAL, it))
        };
        let username = value("username")?.ok_or_else(|| {
            let problem = "it has no `username`";
            api.malformed(CREDENTIAL, problem)
        })?;
        let username = username.expose_secret().to_owned();
        if username.is_empty() || username.contains(':') {
            return Err(api.malformed(CREDENTIAL, "its `username` is none"));
        }
        let (kind, secret) = match (value("token")?, value("password")?) {
            (Some(token), _) => (Kind::Token, token),
            // idpbuilder makes the token as soon as Gitea answers, so this one has not answered.
            (None, _) if !available => return Err(starting("its Gitea is not available yet")),
            (None, Some(password)) => (Kind::Password, password),
            (None, None) => {
                let problem = "it has neither `token` nor `password`";
                return Err(api.malformed(CREDENTIAL, problem));
            }
        };
        Ok(Self {
            username,
            secret,
            kind,
        })
    }
}

/// The certificate as clusters of before `selfSignedCert` keep it, in PEM; none where it is not there.
pub(crate) async fn certificate(api: &Api) -> Result<Option<String>, Error> {
    let Some(secret) = api.read::<Secret>(CERTIFICATE).await? else {
        return Ok(None);
    };
    let pem = secret
        .value("ca.crt")
        .map_err(|problem| api.malformed(CERTIFICATE, problem))?;
    Ok(pem.map(|pem| pem.expose_secret().to_owned()))
}

#[derive(Deserialize)]
struct Secret {
    /// In base64.
    #[serde(default)]
    data: HashMap<String, SecretText>,
}

/// Text that does not show.
#[derive(Deserialize)]
#[serde(from = "String")]
struct SecretText(SecretString);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Secret {
    /// A value; one that is empty is none.
    fn value(&self, key: &str) -> Result<Option<SecretString>, String> {
        let Some(SecretText(encoded)) = self.data.get(key) else {
            return Ok(None);
        };
        let decoded = STANDARD.decode(encoded.expose_secret());
        let text = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(|| format!("its `{key}` is not text in base64"))?;
        Ok((!text.is_empty()).then(|| text.into()))
    }
}
