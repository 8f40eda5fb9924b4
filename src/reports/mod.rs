//! Reports, each made from the JSON Lines of [`crate::findings`] by passes over a [`Spool`].
//!
//! A report never holds all lines: what it keeps is bounded by the number of rules, categories and
//! gap codes, or by a stated limit.

mod jsonl;
mod spool;

use std::io::{self, Write};

pub use spool::{Needs, Spool, read_lines};

/// How a report is to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal; lines of `human` are wrapped to it.
    pub width: usize,
    /// Whether `human` may colour.
    pub colour: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 100, colour: false }
    }
}

/// Writes one report.
pub trait Emitter {
    /// Which lines it reads.
    fn needs(&self) -> Needs;

    /// Reads the spool as often as it likes and writes the report.
    ///
    /// # Errors
    ///
    /// Those of the spool and of `out`.
    fn emit(&self, spool: &Spool, out: &mut dyn Write) -> io::Result<()>;
}

/// The names of the reports there are, in the order of help texts.
pub const FORMATS: [&str; 1] = ["jsonl"];

/// The report of this name.
pub fn emitter(format: &str, _options: &Options) -> Option<Box<dyn Emitter>> {
    match format {
        "jsonl" => Some(Box::new(jsonl::Jsonl)),
        _ => None,
    }
}
