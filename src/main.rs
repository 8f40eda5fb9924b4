//! The command line of olvido; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(olvido::cli::main().code())
}
