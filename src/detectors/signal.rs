//! What a text asks for or tells of, where that is no personal data: a request of a data subject, a leak.
//!
//! Signals are rows like detectors, read from words by the same grammar, but what they find is nothing to
//! redact: it says something of the record it stands in.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::problem::{Problem, read_yaml, yaml_position};
use crate::records::Confidence;

/// Version of the format.
pub(super) const SIGNAL_SCHEMA: &str = "olvido/signal/v1";

/// A signal as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignalFile {
    #[expect(dead_code, reason = "read before, to know what the file is")]
    schema: String,
    /// Stable id, kebab-case: a word of the fact `speaks_of`.
    #[schemars(with = "String")]
    id: Spanned<String>,
    /// What it says, for people.
    title: String,
    /// Languages its words are of.
    languages: Vec<String>,
    /// Word lists the grammar `terms` reads.
    lexicons: Vec<String>,
    /// Share of its bare phrases that mean it, from 0 to 1.
    base: f64,
    /// Where its words come from.
    source: String,
    /// Texts that say it.
    accept: Vec<String>,
    /// Near misses.
    reject: Vec<String>,
}

/// A signal.
pub struct Signal {
    /// Stable id.
    pub id: String,
    /// One line for people.
    pub title: String,
    /// ISO 639-1 codes of the languages it knows words of.
    pub languages: Vec<String>,
    /// Where its words come from.
    pub source: String,
    /// Texts that say it.
    pub accept: Vec<String>,
    /// Texts that do not.
    pub reject: Vec<String>,
    /// The file it stands in, as the caller named it.
    pub file: String,
    pub(super) lexicons: Vec<String>,
    pub(super) base: f64,
}

/// A signal heard in a field: which, by its position in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeardSignal {
    /// Position of the field in the block.
    pub field: u32,
    /// Position among the catalogue's signals.
    pub signal: u16,
}

/// From this confidence on a signal is heard.
pub(super) const HEARD: Confidence = Confidence::JUDGED;

/// Reads a signal.
///
/// # Errors
/// What is not readable, a base out of range, too few examples.
pub(super) fn read(file: &str, text: &str) -> Result<Signal, Vec<Problem>> {
    let row: SignalFile = read_yaml("signal-yaml", file, text).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let at = || yaml_position(file, text, &row.id.referenced);
    if !(row.base > 0.0 && row.base < 1.0) {
        let advice = "write a share between 0 and 1";
        problems.push(Problem::new("signal-base", "the base is out of range", advice).at(at()));
    }
    if row.accept.len() < 2 || row.reject.len() < 2 {
        let what = "a signal has at least two texts to accept and two to reject";
        problems
            .push(Problem::new("signal-examples", what, "add examples, one of them a near miss").at(at()));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Signal {
        id: row.id.value,
        title: row.title,
        languages: row.languages,
        source: row.source,
        accept: row.accept,
        reject: row.reject,
        file: file.to_owned(),
        lexicons: row.lexicons,
        base: row.base,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "schema: olvido/signal/v1\nid: x\ntitle: X\nlanguages: [es]\nlexicons: [x]\nbase: 0.01\n\
        source: S\naccept: [a, b]\nreject: [c, d]\n";

    #[test]
    fn what_is_wrong_is_told() {
        assert_eq!(read("x.yaml", GOOD).ok().unwrap().id, "x");
        for (from, to, code) in [
            ("base: 0.01", "base: 1.5", "signal-base"),
            ("accept: [a, b]", "accept: [a]", "signal-examples"),
            ("reject: [c, d]", "reject: []", "signal-examples"),
            ("title: X", "name: X", "signal-yaml"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD, "{from}");
            assert_eq!(read("x.yaml", &text).err().unwrap()[0].code, code, "{from}");
        }
    }
}
