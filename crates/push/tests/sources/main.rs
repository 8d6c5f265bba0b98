//! What sources make of files: of archives by real tools, of shapes made in code, and of what is wrong.

mod spec;
