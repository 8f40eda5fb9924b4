//! The command line of olvido.

fn main() {}
