//! The resource `localbuild`, in which a cluster says how its registry is reached.

use oci::{Registry, Scheme};
use serde::Deserialize;

use crate::Error;
use crate::api::{Api, Resource};

const LOCALBUILDS: Resource = Resource {
    name: "`localbuilds.idpbuilder.cnoe.io`",
    path: "/apis/idpbuilder.cnoe.io/v1alpha1/localbuilds",
};

/// idpbuilder's own defaults, for what a cluster does not say.
const HOST: &str = "cnoe.localtest.me";
const PORT: &str = "8443";

/// What a cluster says of itself.
#[derive(Debug)]
pub(crate) struct Localbuild {
    pub(crate) name: String,
    pub(crate) registry: Registry,
    pub(crate) scheme: Scheme,
    pub(crate) path_routing: bool,
    /// Whether Gitea has answered; an older cluster says it too.
    pub(crate) available: bool,
    /// The certificate that the registry shows, in PEM; older clusters keep it in a secret alone.
    pub(crate) certificate: Option<String>,
}

impl Localbuild {
    /// Reads the one resource of its kind.
    pub(crate) async fn read(api: &Api) -> Result<Self, Error> {
        let missing = |what| Error::NotIdpbuilder {
            context: api.context.clone(),
            what,
        };
        let list: Option<List> = api.read(LOCALBUILDS).await?;
        let mut items = list
            .ok_or_else(|| missing("resource `localbuilds.idpbuilder.cnoe.io`"))?
            .items;
        let Some(item) = items.pop() else {
            return Err(missing("localbuild"));
        };
        if !items.is_empty() {
            items.push(item);
            return Err(Error::Several {
                context: api.context.clone(),
                names: items.into_iter().map(|item| item.metadata.name).collect(),
            });
        }
        item.meaning()
            .map_err(|problem| api.malformed(LOCALBUILDS, problem))
    }
}

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    build_customization: Customization,
}

/// `BuildCustomizationSpec`; whatever is empty is left out.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Customization {
    protocol: String,
    host: String,
    port: String,
    use_path_routing: bool,
    self_signed_cert: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    gitea: Gitea,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Gitea {
    available: bool,
    #[serde(rename = "externalURL")]
    external_url: String,
}

impl Item {
    fn meaning(self) -> Result<Localbuild, String> {
        let said = &self.spec.build_customization;
        let url = &self.status.gitea.external_url;
        let (scheme, registry) = if said.host.is_empty() && !url.is_empty() {
            of_url(url)?
        } else {
            of_customization(said)?
        };
        Ok(Localbuild {
            name: self.metadata.name,
            registry,
            scheme,
            path_routing: said.use_path_routing,
            available: self.status.gitea.available,
            certificate: Some(said.self_signed_cert.clone()).filter(|pem| !pem.is_empty()),
        })
    }
}

/// As idpbuilder's `GiteaBaseUrl` composes it: by `host`, never by `ingressHost`, and always with the port.
fn of_customization(said: &Customization) -> Result<(Scheme, Registry), String> {
    let or = |text: &str, default: &str| if text.is_empty() { default } else { text }.to_owned();
    let scheme = scheme(&or(&said.protocol, "https"))?;
    let (host, port) = (or(&said.host, HOST), or(&said.port, PORT));
    let subdomain = if said.use_path_routing { "" } else { "gitea." };
    registry(&format!("{subdomain}{host}:{port}")).map(|registry| (scheme, registry))
}

/// Clusters of before the customisation say where Gitea is, and that is where its registry is.
fn of_url(url: &str) -> Result<(Scheme, Registry), String> {
    let (protocol, rest) = url.split_once("://").unwrap_or(("https", url));
    let scheme = scheme(protocol)?;
    let authority = rest.split('/').next().unwrap_or_default();
    let named = registry(authority)?;
    let with_port = match named.port() {
        Some(_) => named,
        None => registry(&format!("{authority}:{}", scheme.default_port()))?,
    };
    Ok((scheme, with_port))
}

fn scheme(protocol: &str) -> Result<Scheme, String> {
    match protocol {
        "http" => Ok(Scheme::Http),
        "https" => Ok(Scheme::Https),
        other => Err(format!("its protocol is `{other}`, not http or https")),
    }
}

fn registry(text: &str) -> Result<Registry, String> {
    text.parse()
        .map_err(|problem: oci::ParseReferenceError| problem.to_string())
}
