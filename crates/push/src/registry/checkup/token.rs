//! The token: whether its server gives one, and what it grants.

use super::super::authorize::in_words;
use super::super::challenge::Demand;
use super::super::credentials::Secret;
use super::super::request::Connection;
use super::super::token::Scope;
use super::claims::Claims;
use super::{Broken, Verdict, Warning, clock};

/// Asks for a token where one is needed.
pub(super) async fn verdict(connection: &Connection, scope: &Scope) -> Result<Verdict, Broken> {
    let authorizer = &connection.authorizer;
    if !matches!(authorizer.demand(), Some(Demand::Bearer { .. })) {
        return Ok(Verdict::Passed("none is needed".to_owned()));
    }
    authorizer.authorize(scope).await?;
    let credential = authorizer.credential(scope).await?;
    if let Some(Secret::Bearer(_)) = credential.as_ref().map(|credential| &credential.secret) {
        let credentials = in_words(credential.as_deref());
        return Ok(Verdict::Passed(format!("{credentials}, as it is")));
    }
    let Some(token) = authorizer.token(scope).await else {
        return Ok(Verdict::Skipped("none was kept".to_owned()));
    };
    let words = format!(
        "one for {}, good for {}",
        in_words(credential.as_deref()),
        clock::in_words(token.lifetime)
    );
    Ok(judge(
        words,
        Claims::read(token.claims().as_deref(), &scope.repository),
        scope,
    ))
}

fn judge(token: String, claims: Claims, scope: &Scope) -> Verdict {
    let too_little =
        |token, granted: String| Verdict::Warned(Warning::TooLittle { token, granted });
    match claims {
        Claims::Grants(actions)
            if actions
                .iter()
                .any(|action| action == "push" || action == "*") =>
        {
            let actions = actions.join(", ");
            Verdict::Passed(format!(
                "{token}; it grants {actions} on `{}`",
                scope.repository
            ))
        }
        Claims::Grants(actions) => {
            let actions = match actions.as_slice() {
                [] => "nothing".to_owned(),
                actions => actions.join(", "),
            };
            too_little(token, format!("{actions} on `{}`", scope.repository))
        }
        Claims::User { id: ..=0, .. } => too_little(
            token,
            "only what everybody may, for it is nobody's".to_owned(),
        ),
        Claims::User {
            scope: Some(limit), ..
        } if !may_write(&limit) => too_little(token, format!("only `{limit}`")),
        Claims::User { id, .. } => Verdict::Passed(format!(
            "{token}; it says who you are (user {id}), and not what you may do"
        )),
        Claims::Opaque => Verdict::Passed(format!("{token}; what it grants is not written in it")),
    }
}

/// Whether a personal access token of Gitea's may write packages.
fn may_write(scope: &str) -> bool {
    scope
        .split(',')
        .any(|scope| matches!(scope, "all" | "write:package"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_judged_by_what_an_upload_needs() {
        let user = |id, scope: &str| Claims::User {
            id,
            scope: Some(scope.to_owned()).filter(|scope| !scope.is_empty()),
        };
        let grants = |actions: &[&str]| {
            Claims::Grants(actions.iter().map(|&action| action.to_owned()).collect())
        };
        let table = [
            (
                grants(&["pull", "push"]),
                "T; it grants pull, push on `team/app`",
            ),
            (grants(&["*"]), "T; it grants * on `team/app`"),
            (grants(&["pull"]), "! T; it grants pull on `team/app`"),
            (grants(&[]), "! T; it grants nothing on `team/app`"),
            (
                user(1, ""),
                "T; it says who you are (user 1), and not what you may do",
            ),
            (
                user(1, "all"),
                "T; it says who you are (user 1), and not what you may do",
            ),
            (
                user(1, "read:package,write:user"),
                "! T; it grants only `read:package,write:user`",
            ),
            (
                user(-1, ""),
                "! T; it grants only what everybody may, for it is nobody's",
            ),
            (Claims::Opaque, "T; what it grants is not written in it"),
        ];
        let scope = Scope::of(&"team/app".parse().unwrap());
        for (claims, expected) in table {
            let said = match judge("T".to_owned(), claims, &scope) {
                Verdict::Passed(text) => text,
                Verdict::Warned(warning) => format!("! {warning}"),
                other => format!("{other:?}"),
            };
            assert_eq!(said, expected);
        }
    }
}
