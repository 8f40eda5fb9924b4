//! The YAML shape of a detector row, `schema: olvido/detector/v1`, and of the shield words.

use serde::Deserialize;
use serde_saphyr::Spanned;

/// Version of the row format.
pub(super) const ROW_SCHEMA: &str = "olvido/detector/v1";
/// Version of the format of shield words.
pub(super) const SHIELD_SCHEMA: &str = "olvido/shields/v1";

/// Only the format's name: what a file is, before it is read as that.
#[derive(Deserialize)]
pub(super) struct Head {
    pub(super) schema: Spanned<String>,
}

/// One detector.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    #[expect(dead_code, reason = "read by `Head` before")]
    pub(super) schema: String,
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) category: Spanned<String>,
    #[serde(default)]
    pub(super) countries: Vec<String>,
    #[serde(default)]
    pub(super) languages: Vec<String>,
    pub(super) start: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) literals: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) pattern: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) check: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) grammar: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) lexicons: Vec<Spanned<String>>,
    pub(super) base: Spanned<f64>,
    pub(super) shields: Spanned<String>,
    #[serde(default)]
    pub(super) cues: Vec<CueRow>,
    pub(super) mask: Spanned<String>,
    pub(super) source: String,
    pub(super) accept: Vec<Accept>,
    pub(super) reject: Vec<Reject>,
}

/// Words of some languages that make a datum likelier.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CueRow {
    pub(super) languages: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) weight: Spanned<i32>,
}

/// A text in which the row must find its datum.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The text.
    pub text: String,
    /// The datum in it; the whole text where absent.
    #[serde(default)]
    pub value: Option<String>,
    /// Least confidence it must reach.
    #[serde(default)]
    pub least: Option<f64>,
    /// A person the archive knows, for rows that find known people.
    #[serde(default)]
    pub person: Option<String>,
    /// A phone number the archive knows, for rows that find known numbers.
    #[serde(default)]
    pub phone: Option<String>,
}

/// A text in which the row must find nothing, or nothing above a bound.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Reject {
    /// The text.
    pub text: String,
    /// Most confidence allowed; nothing may be found at all where absent.
    #[serde(default)]
    pub most: Option<f64>,
    /// A person the archive knows.
    #[serde(default)]
    pub person: Option<String>,
    /// A phone number the archive knows.
    #[serde(default)]
    pub phone: Option<String>,
    /// Why this is a near miss.
    #[serde(default)]
    pub why: Option<String>,
}

/// Words that say the number after them is no personal datum.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shields {
    #[expect(dead_code, reason = "read by `Head` before")]
    pub(super) schema: String,
    pub(super) words: Vec<ShieldWords>,
}

/// Shield words of some languages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShieldWords {
    #[expect(dead_code, reason = "for whoever reads the file")]
    pub(super) languages: Vec<String>,
    pub(super) words: Vec<String>,
}
