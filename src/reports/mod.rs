//! Reports, each made from the JSON Lines of [`crate::findings`] by passes over a [`Spool`].
//!
//! A report never holds all lines: what it keeps is bounded by the number of rules, categories and
//! gap codes, or by a stated limit.

mod csv;
mod github;
mod gitlab;
mod groups;
mod human;
mod jsonl;
mod junit;
mod markdown;
mod pieces;
mod rollup;
mod sarif;
mod spool;
mod texts;
mod totals;
mod uris;
mod words;

use std::io::{self, Write};

pub use spool::{Needs, Spool, read_lines};

/// How a report is to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal; lines of `human` are wrapped to it.
    pub width: usize,
    /// Whether `human` may colour.
    pub colour: bool,
    /// Language in which `human` tells which pieces of an export are missing: `en`, `es`, `fr` or `de`.
    pub language: String,
    /// `sarif`: the category of the upload; two archives uploaded for one commit need two.
    pub category: String,
    /// `sarif`, `gitlab`: how many results there may be before they are rolled up, at most 25,000.
    pub results: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 100,
            colour: false,
            language: String::from("en"),
            category: String::from("olvido"),
            results: sarif::RESULTS,
        }
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
pub const FORMATS: [&str; 8] = ["human", "jsonl", "sarif", "csv", "junit", "markdown", "github", "gitlab"];

/// The report of this name.
pub fn emitter(format: &str, options: &Options) -> Option<Box<dyn Emitter>> {
    match format {
        "human" => Some(Box::new(human::Human {
            width: options.width,
            colour: options.colour,
            language: options.language.clone(),
        })),
        "jsonl" => Some(Box::new(jsonl::Jsonl)),
        "sarif" => Some(Box::new(sarif::SarifReport {
            limit: options.results.clamp(1, 25_000),
            category: options.category.clone(),
        })),
        "csv" => Some(Box::new(csv::Csv)),
        "junit" => Some(Box::new(junit::Junit)),
        "markdown" => Some(Box::new(markdown::Markdown)),
        "github" => Some(Box::new(github::Github)),
        "gitlab" => Some(Box::new(gitlab::Gitlab { limit: options.results.clamp(1, 25_000) })),
        _ => None,
    }
}
