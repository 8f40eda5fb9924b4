//! JSON Schemas of rows and word lists, made from the types that read them.

use schemars::schema_for;

use super::lexicon::LexiconFile;
use super::row::{Row, Shields};
use super::signal::SignalFile;

/// Files with a schema, by name.
pub const SCHEMAS: [&str; 4] = ["detector", "lexicon", "shields", "signal"];

/// The schema of a kind of file, as JSON; none for a name that is none of [`SCHEMAS`].
pub fn file_schema(name: &str) -> Option<String> {
    let schema = match name {
        "detector" => schema_for!(Row),
        "lexicon" => schema_for!(LexiconFile),
        "shields" => schema_for!(Shields),
        "signal" => schema_for!(SignalFile),
        _ => return None,
    };
    serde_json::to_string_pretty(&schema).ok()
}
