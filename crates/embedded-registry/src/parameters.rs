//! The query of a request, in which a parameter may stand more than once.

use axum::extract::Query;
use axum::http::Uri;

/// The parameters of a query, in the order in which they stand.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads them; a query that cannot be read has none.
    pub(crate) fn of(uri: &Uri) -> Self {
        Self(Query::try_from_uri(uri).map_or_else(|_| Vec::new(), |Query(pairs)| pairs))
    }

    /// The first of that name.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        let pair = pairs.find(|(found, _)| found == name)?;
        Some(&pair.1)
    }

    /// All of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(found, _)| found == name);
        named.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_stand_more_than_once() {
        let uri = Uri::from_static("/v2/?tag=a&digest=sha256%3Aff&tag=b");
        let parameters = Parameters::of(&uri);
        assert_eq!(parameters.first("digest"), Some("sha256:ff"));
        assert_eq!(parameters.all("tag").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(parameters.first("n"), None);
    }
}
