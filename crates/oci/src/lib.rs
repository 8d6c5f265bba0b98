//! The words of the OCI specifications, as types that cannot be wrong once they exist.
