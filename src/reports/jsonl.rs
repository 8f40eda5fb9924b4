//! The lines themselves.

use std::io::{self, Write};

use super::{Emitter, Needs, Spool};
use crate::findings::{Target, escape};

/// `jsonl`: every line as it was written.
pub(super) struct Jsonl;

impl Emitter for Jsonl {
    fn needs(&self) -> Needs {
        Needs::ALL
    }

    fn emit(&self, spool: &Spool, out: &mut dyn Write) -> io::Result<()> {
        spool.each_written(&mut |line, _| {
            // A no-op for our own lines; lines from elsewhere may not have passed `escape`.
            out.write_all(escape(Target::Json, line).as_bytes())?;
            out.write_all(b"\n")
        })
    }
}
