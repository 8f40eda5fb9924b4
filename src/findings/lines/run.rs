//! What ran: the first line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Severity;

/// What ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunLine {
    /// `olvido`
    pub tool: String,
    /// Version of the program.
    pub version: String,
    /// Version of this format, `olvido/lines/v1`.
    pub schema: String,
    /// The day or instant verdicts are for, RFC 3339.
    pub as_of: String,
    /// Packs of rules, in order.
    pub packs: Vec<String>,
    /// Countries declared, as ISO 3166 codes in lower case; none is assumed.
    pub jurisdictions: Vec<String>,
    /// Id of the key of the fingerprints; none without a key.
    pub key: Option<String>,
    /// SHA-256 over every setting, policy, list and tool version that can change the result.
    pub settings: String,
    /// Cards of the active rules, sorted by id.
    pub rules: Vec<RuleCard>,
    /// Cards of the active detectors, sorted by id.
    pub detectors: Vec<DetectorCard>,
    /// External tools that were used, with their versions.
    pub tools: Vec<String>,
    /// The head of the project's ledger of purges; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ledger: Option<String>,
    /// What gives exit status 1; absent in lines of versions that did not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gate: Option<GateLine>,
}

/// What gives a run exit status 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateLine {
    /// The lowest severity of a fail that does; none where no fail does.
    pub fail_on: Option<Severity>,
    /// Whether what cannot be shown does.
    pub open: bool,
    /// Whether only what the baseline does not hold does.
    pub only_new: bool,
}

/// What a report needs to know of a rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCard {
    /// `family/kebab-name`, never reused.
    pub id: String,
    /// One line for people.
    pub title: String,
    /// What it asks and why, Markdown.
    pub help: String,
    /// What to do when it fails.
    pub remedy: String,
    /// Severity of a fail unless a finding says otherwise.
    pub severity: Option<Severity>,
    /// Legal ground: `GDPR:5(1)(e)`, `ES-LOPDGDD:32`.
    pub refs: Vec<String>,
    /// Terms of the W3C Data Privacy Vocabulary, with prefix.
    pub dpv: Vec<String>,
    /// `record`, `item` or `run`, or `detection` for the inventory.
    pub scope: String,
    /// `file:line` of the rule.
    pub policy: String,
    /// `proposed` where its period or bound is olvido's proposal and nobody has adopted it.
    pub proposed: bool,
}

/// What a report needs to know of a detector.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectorCard {
    /// Stable id of the row.
    pub id: String,
    /// Its category.
    pub category: String,
    /// Term of the W3C Data Privacy Vocabulary.
    pub dpv: String,
}
