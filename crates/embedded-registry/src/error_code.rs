//! What the registry answers when it refuses: status, error code of the specification, and a sentence.
//!
//! The only place that turns a failure into a response; everything else returns an [`Error`].

use std::io;

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oci::{Digest, ParseDigestError, ParseDocumentError, ParseReferenceError};

/// Why a request is refused; distribution-spec, "Error Codes".
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}")]
    NameInvalid(ParseReferenceError),
    #[error("there is no such repository")]
    NameUnknown,
    #[error("`{digest}` is not a digest: {problem}")]
    NotADigest {
        digest: String,
        problem: ParseDigestError,
    },
    #[error("a digest is needed in the query")]
    NoDigest,
    #[error("the bytes have the digest {found}, and {expected} was promised")]
    DigestMismatch { expected: Digest, found: Digest },
    #[error("the repository has no blob {0}")]
    BlobUnknown(Digest),
    #[error("there is no such upload session")]
    UploadUnknown,
    #[error("another request is still writing to this upload session")]
    UploadBusy,
    #[error("the upload session is at byte {received}, and this chunk starts elsewhere")]
    OutOfOrder { location: String, received: u64 },
    #[error("the range `{0}` is not `START-END`")]
    ContentRange(String),
    #[error("the body does not have the {declared} bytes that its range declares")]
    SizeMismatch { declared: u64 },
    #[error("the body ended early")]
    BodyCut,
    #[error("the range lies outside of the blob's {size} bytes")]
    RangeOutside { size: u64 },
    #[error("the repository has no manifest `{0}`")]
    ManifestUnknown(String),
    #[error("the manifest is refused: {}", with_causes(.0))]
    ManifestInvalid(ParseDocumentError),
    #[error("{0}")]
    ReferenceInvalid(ParseReferenceError),
    #[error("the manifest refers to {0}, which the repository does not have")]
    ManifestBlobUnknown(Digest),
    #[error("the manifest is larger than {limit} bytes")]
    ManifestTooLarge { limit: u64 },
    #[error("`n` must be a number")]
    PageInvalid,
    #[error("a user name and a password are needed")]
    Unauthorized,
    #[error("this is not part of the API")]
    Unsupported,
    #[error("this address is not part of the API")]
    NotFound,
    #[error("the registry's directory failed")]
    Storage(#[from] io::Error),
}

impl Error {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NameInvalid(_) => (StatusCode::BAD_REQUEST, "NAME_INVALID"),
            Self::NameUnknown => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
            Self::NotADigest { .. } | Self::NoDigest | Self::DigestMismatch { .. } => {
                (StatusCode::BAD_REQUEST, "DIGEST_INVALID")
            }
            Self::BlobUnknown(_) => (StatusCode::NOT_FOUND, "BLOB_UNKNOWN"),
            Self::UploadUnknown => (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
            Self::UploadBusy => (StatusCode::SERVICE_UNAVAILABLE, "BLOB_UPLOAD_INVALID"),
            Self::OutOfOrder { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID"),
            Self::ContentRange(_) | Self::BodyCut => {
                (StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID")
            }
            Self::SizeMismatch { .. } => (StatusCode::BAD_REQUEST, "SIZE_INVALID"),
            Self::RangeOutside { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "SIZE_INVALID"),
            Self::ManifestUnknown(_) => (StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
            Self::ManifestInvalid(_) | Self::ReferenceInvalid(_) => {
                (StatusCode::BAD_REQUEST, "MANIFEST_INVALID")
            }
            Self::ManifestBlobUnknown(_) => (StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN"),
            Self::ManifestTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID"),
            Self::PageInvalid => (StatusCode::BAD_REQUEST, "PAGINATION_NUMBER_INVALID"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
            Self::Unsupported => (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"),
            Self::NotFound => (StatusCode::NOT_FOUND, "UNSUPPORTED"),
            Self::Storage(error) if error.kind() == io::ErrorKind::StorageFull => {
                (StatusCode::INSUFFICIENT_STORAGE, "UNKNOWN")
            }
            Self::Storage(_) => (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN"),
        }
    }

    /// The headers that tell a client how to go on.
    fn headers(&self) -> Vec<(HeaderName, String)> {
        match self {
            Self::OutOfOrder { location, received } => vec![
                (header::LOCATION, location.clone()),
                (header::RANGE, crate::range::received(*received)),
            ],
            Self::RangeOutside { size } => {
                vec![(header::CONTENT_RANGE, format!("bytes */{size}"))]
            }
            Self::Unauthorized => {
                let challenge = "Basic realm=\"embedded registry\"";
                vec![(header::WWW_AUTHENTICATE, challenge.to_owned())]
            }
            Self::UploadBusy => vec![(header::RETRY_AFTER, "1".to_owned())],
            _ => Vec::new(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Self::Storage(error) = &self {
            tracing::error!(%error, "the registry's directory failed");
        }
        let (status, code) = self.status_and_code();
        let message = self.to_string();
        let body = serde_json::json!({ "errors": [{ "code": code, "message": message }] });
        let json = [(header::CONTENT_TYPE, "application/json")];
        let mut response = (status, json, body.to_string()).into_response();
        for (name, value) in self.headers() {
            // Locations are made of names and digits alone, and so are ranges.
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
