//! The shared push library.
