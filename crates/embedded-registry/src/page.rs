//! Pages of lists: at most `n` names after `last`, and a `Link` to the next page.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::error_code::Error;
use crate::parameters::Parameters;

/// The names of one page, and the headers that lead to the next.
pub(crate) fn page(
    mut names: Vec<String>,
    parameters: &Parameters,
    path: &str,
) -> Result<(Vec<String>, HeaderMap), Error> {
    let limit = match parameters.first("n") {
        Some(n) => n.parse().map_err(|_| Error::PageInvalid)?,
        None => usize::MAX,
    };
    names.sort_unstable();
    if let Some(last) = parameters.first("last") {
        names.retain(|name| name.as_str() > last);
    }
    let more = names.len() > limit;
    names.truncate(limit);
    let link = names.last().filter(|_| more);
    let link = link.map(|last| next(&format!("{path}?n={limit}&last={last}")));
    Ok((names, link.into_iter().collect()))
}

/// The header that leads to the next page.
pub(crate) fn next(address: &str) -> (HeaderName, HeaderValue) {
    let link = format!("<{address}>; rel=\"next\"");
    let link = link.try_into();
    (
        header::LINK,
        link.expect("names, tags and digests are plain ASCII"),
    )
}

#[cfg(test)]
mod tests {
    use axum::http::{Uri, header};

    use super::*;

    #[track_caller]
    fn check(query: &str, expected: &[&str], link: Option<&str>) {
        let uri: Uri = format!("/v2/?{query}").parse().expect("an address");
        let names = ["c", "a", "b", "d"].map(str::to_owned).to_vec();
        let (names, headers) = page(names, &Parameters::of(&uri), "/list").expect("a page");
        assert_eq!(names, expected, "{query}");
        let found = headers.get(header::LINK).map(|link| link.to_str().unwrap());
        assert_eq!(found, link, "{query}");
    }

    #[test]
    fn a_page_ends_where_it_is_asked_to() {
        check("", &["a", "b", "c", "d"], None);
        check("n=2", &["a", "b"], Some("</list?n=2&last=b>; rel=\"next\""));
        check("n=2&last=b", &["c", "d"], None);
        check("n=4", &["a", "b", "c", "d"], None);
        check("last=bb", &["c", "d"], None);
        check("last=z", &[], None);
        check("n=0", &[], None);
    }

    #[test]
    fn a_count_that_is_no_number_is_refused() {
        let uri = Uri::from_static("/v2/?n=many");
        let refused = page(Vec::new(), &Parameters::of(&uri), "/list");
        assert!(matches!(refused, Err(Error::PageInvalid)));
    }
}
