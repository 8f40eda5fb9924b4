//! The YAML shape of a detector row, `schema: olvido/detector/v1`, and of the shield words.

use schemars::JsonSchema;
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
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    #[expect(dead_code, reason = "read by `Head` before")]
    pub(super) schema: String,
    /// Stable id of the row, kebab-case.
    #[schemars(with = "String")]
    pub(super) id: Spanned<String>,
    /// What it finds, for people.
    pub(super) title: String,
    /// Category of its detections.
    #[schemars(with = "String")]
    pub(super) category: Spanned<String>,
    /// Countries whose number it is, ISO 3166 in lower case.
    #[serde(default)]
    pub(super) countries: Vec<String>,
    /// Languages its words are of.
    #[serde(default)]
    pub(super) languages: Vec<String>,
    /// What a datum may begin with: digit, letter, literal ….
    #[schemars(with = "Vec<String>")]
    pub(super) start: Vec<Spanned<String>>,
    /// Prefixes a datum begins with, where `start` is `literal`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) literals: Vec<Spanned<String>>,
    /// Regular expression of the whole datum.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) pattern: Option<Spanned<String>>,
    /// Function of the check digit.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) check: Option<Spanned<String>>,
    /// Grammar of phrases, in the place of a pattern.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) grammar: Option<Spanned<String>>,
    /// Word lists the grammar reads.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) lexicons: Vec<Spanned<String>>,
    /// Probability without any cue, from 0 to 1.
    #[schemars(with = "f64")]
    pub(super) base: Spanned<f64>,
    /// Which surroundings keep it away.
    #[schemars(with = "String")]
    pub(super) shields: Spanned<String>,
    /// Words beside it that make it likelier.
    #[serde(default)]
    pub(super) cues: Vec<CueRow>,
    /// How much of it a report may show.
    #[schemars(with = "String")]
    pub(super) mask: Spanned<String>,
    /// Who defines the number.
    pub(super) source: String,
    /// Texts in which it must be found.
    pub(super) accept: Vec<Accept>,
    /// Near misses.
    pub(super) reject: Vec<Reject>,
}

/// Words of some languages that make a datum likelier.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CueRow {
    /// Languages its words are of.
    pub(super) languages: Vec<String>,
    /// The words, in any case.
    pub(super) words: Vec<String>,
    /// Evidence in bits of log-odds.
    #[schemars(with = "i32")]
    pub(super) weight: Spanned<i32>,
}

/// A text in which the row must find its datum.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
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
#[derive(Deserialize, JsonSchema, Clone, Debug)]
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
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Shields {
    #[expect(dead_code, reason = "read by `Head` before")]
    pub(super) schema: String,
    pub(super) words: Vec<ShieldWords>,
}

/// Shield words of some languages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShieldWords {
    #[expect(dead_code, reason = "for whoever reads the file")]
    pub(super) languages: Vec<String>,
    pub(super) words: Vec<String>,
}
