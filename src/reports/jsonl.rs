//! The lines themselves.

use std::io::{self, Write};

use super::{Emitter, Needs, Spool};

/// `jsonl`: every line as it was written, escaped as [`crate::findings::Line::write`] does.
pub(super) struct Jsonl;

impl Emitter for Jsonl {
    fn needs(&self) -> Needs {
        Needs::ALL
    }

    fn emit(&self, spool: &Spool, out: &mut dyn Write) -> io::Result<()> {
        spool.each_written(&mut |line, _| {
            out.write_all(line.as_bytes())?;
            out.write_all(b"\n")
        })
    }
}
