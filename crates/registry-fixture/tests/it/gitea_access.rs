//! Gitea's ways with callers: tokens, refusals in text, owners, names, and the ingress in front.

use std::fs;

use registry_fixture::{Gitea, Registry};
use reqwest::{Certificate, Method};

use crate::client::{Answer, Client};

fn gitea(gitea: Gitea) -> Registry {
    let registry = Registry::embedded().gitea(gitea).start();
    registry.expect("the registry starts")
}

#[tokio::test]
async fn the_challenge_leads_to_the_host_that_was_asked() {
    let registry = gitea(Gitea::new());
    let client = Client::of(&registry);
    let challenged = client.get("/v2/").await;
    challenged.refuses(401, "UNAUTHORIZED");
    let expected = format!(
        "Bearer realm=\"http://{}/v2/token\",service=\"container_registry\",scope=\"*\"",
        registry.host()
    );
    assert_eq!(challenged.header("www-authenticate"), expected);
    let named = client.request(Method::GET, "/v2/");
    let named = named
        .header("host", "gitea.example:8443")
        .header("x-forwarded-proto", "https");
    let named = Answer::to(named).await;
    let realm = "realm=\"https://gitea.example:8443/v2/token\"";
    assert!(
        named.header("www-authenticate").contains(realm),
        "{named:?}"
    );
}

#[tokio::test]
async fn a_token_comes_alone_and_by_get() {
    let registry = gitea(Gitea::new());
    let client = Client::of(&registry);
    let credentials = registry.credentials().unwrap().clone();
    assert_eq!(credentials.username, "giteaAdmin");
    let passwords = [credentials.password.as_str(), registry.token().unwrap()];
    for password in passwords {
        let request = client.request(Method::GET, "/v2/token?service=x&scope=*");
        let request = request.basic_auth("giteaadmin", Some(password));
        let answer = Answer::to(request).await;
        let token = answer.is(200).json();
        assert_eq!(token.as_object().unwrap().len(), 1, "{answer:?}");
        let bearer = format!("Bearer {}", token["token"].as_str().unwrap());
        let user = Client::of(&registry).showing(&bearer);
        user.get("/v2/").await.is(200);
        user.session("giteaadmin/app").await;
        let basic = client.request(Method::GET, "/v2/");
        let basic = basic.basic_auth("giteaadmin", Some(password));
        Answer::to(basic).await.is(200);
    }
    client.post("/v2/token", "").await.is(404);
}

#[tokio::test]
async fn nobody_gets_a_token_that_reads_and_does_not_write() {
    let registry = gitea(Gitea::new());
    let client = Client::of(&registry);
    let token = client.get("/v2/token").await.is(200).json();
    let bearer = format!("Bearer {}", token["token"].as_str().unwrap());
    let ghost = Client::of(&registry).showing(&bearer);
    ghost
        .get("/v2/giteaadmin/app/tags/list")
        .await
        .refuses(404, "NAME_UNKNOWN");
    let refused = ghost.post("/v2/giteaadmin/app/blobs/uploads/", "").await;
    assert_eq!(refused.is(401).body, "reqPackageAccess\n");
    let challenge = refused.header("www-authenticate");
    assert_eq!(challenge, "Basic realm=\"Gitea Package API\"");
}

#[tokio::test]
async fn what_is_wrong_is_refused_without_a_challenge() {
    let registry = gitea(Gitea::new());
    let pat = format!("Bearer {}", registry.token().unwrap());
    for wrong in [
        pat.as_str(),
        "Bearer junk",
        "Basic bWU6d3Jvbmc=",
        "Digest x",
    ] {
        let client = Client::of(&registry).showing(wrong);
        for path in ["/v2/", "/v2/token", "/v2/giteaadmin/app/tags/list"] {
            let refused = client.get(path).await;
            assert_eq!(refused.is(401).body, "authGroup.Verify\n", "{wrong} {path}");
            assert_eq!(refused.header("www-authenticate"), "");
        }
    }
}

#[tokio::test]
async fn owners_exist_or_do_not_and_may_be_somebody_elses() {
    let registry = gitea(Gitea::new().owner("team").foreign_owner("others"));
    let client = Client::user(&registry).await;
    client.session("giteaadmin/app").await;
    client.session("team/sub/app").await;
    let upper = client.post("/v2/giteaAdmin/app/blobs/uploads/", "").await;
    let location = upper.is(202).header("location");
    assert!(location.starts_with("/v2/giteaadmin/app/"), "{location}");
    let foreign = client.post("/v2/others/app/blobs/uploads/", "").await;
    assert_eq!(foreign.is(401).body, "reqPackageAccess\n");
    client
        .get("/v2/others/app/tags/list")
        .await
        .refuses(404, "NAME_UNKNOWN");
    for nobody in ["nobody/app", "app"] {
        let unknown = client
            .post(&format!("/v2/{nobody}/blobs/uploads/"), "")
            .await;
        assert_eq!(unknown.is(404).body, "Not found.\n", "{nobody}");
        assert!(unknown.header("content-type").starts_with("text/plain"));
    }
}

#[tokio::test]
async fn separators_stand_alone_in_names() {
    let registry = gitea(Gitea::new());
    let client = Client::user(&registry).await;
    client.session("giteaadmin/a-b_c.d").await;
    for name in ["foo--bar", "foo__bar", "Foo"] {
        let refused = client
            .post(&format!("/v2/giteaadmin/{name}/blobs/uploads/"), "")
            .await;
        refused.refuses(400, "NAME_INVALID");
    }
}

#[tokio::test]
async fn the_ingress_refuses_large_bodies_in_html() {
    let registry = gitea(Gitea::new().body_limit(1000));
    let client = Client::user(&registry).await;
    let session = client.session("giteaadmin/app").await;
    client.patch(&session, "", &[7; 1000]).await.is(202);
    let refused = client.patch(&session, "1000-2000", &[7; 1001]).await;
    assert!(refused.is(413).body.contains("<center>nginx</center>"));
    assert_eq!(refused.header("content-type"), "text/html");
    let piece: Result<_, std::io::Error> = Ok(vec![7; 1001]);
    let stream = reqwest::Body::wrap_stream(futures::stream::iter([piece]));
    client.put(&session, stream).await.is(413);
    assert_eq!(client.get(&session).await.header("range"), "0-999");
}

#[tokio::test]
async fn the_certificate_is_its_own_authority() {
    let registry = Registry::embedded().gitea_like().tls().start().unwrap();
    let pem = fs::read(registry.ca().unwrap()).unwrap();
    let ca = Certificate::from_pem(&pem).unwrap();
    let client = Client::trusting(&registry, |builder| builder.tls_certs_only([ca]));
    let refused = Answer::try_to(client.request(Method::GET, "/v2/")).await;
    let said = format!("{:?}", refused.unwrap_err());
    assert!(said.contains("CaUsedAsEndEntity"), "{said}");
    let careless = |builder: reqwest::ClientBuilder| builder.danger_accept_invalid_certs(true);
    let careless = Client::trusting(&registry, careless);
    let challenged = careless.get("/v2/").await;
    assert!(
        challenged
            .is(401)
            .header("www-authenticate")
            .contains("https://127.0.0.1:")
    );
}
