//! What a developer of this monorepo runs.

fn main() {}
