//! Where output goes: the only place that prints.

use std::io::{self, Write};

use crate::problem::Problem;

/// Writes to standard output. A closed pipe is no error: whoever reads has seen enough.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Tells a problem on standard error, as far as that is possible.
pub(super) fn tell(problem: &Problem) {
    // Where even standard error is gone, the exit status is all there is.
    let _ = writeln!(io::stderr().lock(), "{problem}");
}

/// Says one line on standard error, as far as that is possible.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
