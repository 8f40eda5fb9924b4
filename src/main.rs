//! The command line: see `olvido --help`.
fn main() {}
