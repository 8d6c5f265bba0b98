//! An OCI registry in the process, kept in a directory.
