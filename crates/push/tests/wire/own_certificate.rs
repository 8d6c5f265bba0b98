//! A certificate that is known of one registry, as a cluster's is: for that host and port, and nobody else.

use insta::assert_snapshot;
use push::registry::Options;
use push::{BlobOutcome, Error};

use crate::fake::{Fake, Guard, Setup};
use crate::support::{basic, blob, chain, options, repository};
use crate::tls::{Pair, acceptor, connect, its_own_authority, serve, signed};

fn knowing(pem: &str) -> Options {
    Options {
        certificate: Some(pem.to_owned()),
        ..options()
    }
}

#[tokio::test]
async fn it_is_believed_as_authority_and_as_leaf() {
    let (authority, leaf) = signed();
    let own = its_own_authority(|_| {});
    for (shown, known) in [(&leaf, &authority), (&leaf, &leaf), (&own, &own)] {
        let fake = serve(shown, None).await;
        let connected = connect(&fake, "registry.example", knowing(&known.pem)).await;
        connected.expect("it is known");
    }
    let fake = serve(&leaf, None).await;
    let error = connect(&fake, "registry.example", knowing(&own.pem)).await;
    assert!(matches!(error, Err(Error::Unreachable { .. })));
}

#[tokio::test]
async fn what_is_no_certificate_is_said_to_be_none() {
    let fake = serve(&its_own_authority(|_| {}), None).await;
    let error = connect(&fake, "registry.example", knowing("nothing")).await;
    assert_snapshot!(chain(&error.expect_err("no certificate"), &fake), @"the certificate that the registry should have cannot be used: it holds no certificate in PEM form");
}

/// A registry whose tokens come from this path of itself, or from another port.
async fn with_token_server(pair: &Pair, realm: String) -> Fake {
    Fake::with(Setup {
        tls: Some(acceptor(pair, None)),
        guard: Some(Guard::Bearer { realm, more: "" }),
        ..Setup::default()
    })
    .await
}

async fn pushed(fake: &Fake, options: Options) -> Result<BlobOutcome, Error> {
    let client = connect(fake, "registry.example", options).await?;
    client
        .push_blob(&repository("team/app"), &blob(b"x"), None)
        .await
}

#[tokio::test]
async fn a_token_server_at_another_port_is_another() {
    let pair = its_own_authority(|_| {});
    let other = serve(&pair, None).await;
    let realm = format!("https://registry.example:{}/token", other.address.port());
    let fake = with_token_server(&pair, realm).await;
    let error = pushed(&fake, knowing(&pair.pem)).await;
    let said = chain(&error.expect_err("nobody vouches for it"), &other);
    assert_snapshot!(said, @r#"
    GET https://registry.example:<port>/token failed
      caused by: its certificate is not trusted: nobody this machine trusts has signed it
    "#);
    assert_eq!(other.count("GET"), 0);
}

#[tokio::test]
async fn a_token_server_of_the_registry_itself_is_the_registry() {
    let pair = its_own_authority(|_| {});
    let fake = with_token_server(&pair, "/token".to_owned()).await;
    let with_password = Options {
        credentials: basic("secret"),
        ..knowing(&pair.pem)
    };
    pushed(&fake, with_password).await.expect("pushed");
}
