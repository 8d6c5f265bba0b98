//! What review should not have to look for: the levels of the house, the shape of files, the provenance of test data.
//!
//! Each check is a function from text to complaints, tested on small texts that break it, then run on the workspace.
//! Formatting, lints and function lengths are left to rustfmt and clippy.

mod architecture;
mod denied;
mod files;
mod levels;
mod owners;
mod paths;
mod testdata;
mod tokens;
mod tree;
mod words;

/// Fails with every complaint on a line of its own.
#[track_caller]
fn assert_tidy(complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "{} complaint(s):\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}
