//! What a run comes to: the last line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What it comes to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryLine {
    /// Items met, members included.
    pub items: u64,
    /// Of them read in whole or in part.
    pub read: u64,
    /// Raw bytes of the items the walk met.
    pub bytes: u64,
    /// Items `ignore:` patterns left out.
    pub excluded: u64,
    /// Items with at least one gap that is not by nature.
    pub not_read: u64,
    /// People at least: a lower bound from values that name one person each.
    pub people_at_least: u64,
    /// By helpdesk or format.
    pub systems: Vec<SystemCount>,
    /// By category, most records first.
    pub categories: Vec<CategoryCount>,
    /// By rule, sorted by id.
    pub rules: Vec<RuleCount>,
    /// By class and code.
    pub gaps: Vec<GapCount>,
    /// What was taken as the organisation's own.
    pub own: Vec<String>,
    /// Pieces of exports that are not here, by helpdesk.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing: Vec<MissingPiece>,
    /// `false` when the run was interrupted or has gaps that are not accepted.
    pub complete: bool,
    /// Findings and data against the baseline; absent without one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<BaselineCounts>,
    /// Whether Ctrl-C ended the run.
    pub interrupted: bool,
    /// Exit status of the run.
    pub status: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A piece of a helpdesk's export that is not in what was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MissingPiece {
    /// The helpdesk.
    pub system: String,
    /// A kind of record of which there is none, or `attachment-file`.
    pub piece: String,
    /// What it would answer.
    pub answers: String,
    /// How many files are missing; 0 where all of a kind is.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub count: u64,
    /// Ids of the first attachments whose files are missing, data masked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ids: Vec<String>,
}

/// What one top-level source or system came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemCount {
    /// Helpdesk or format.
    pub system: String,
    /// Items read.
    pub items: u64,
    /// Records by kind, sorted by name.
    pub kinds: Vec<(String, u64)>,
    /// Latest act of anyone in it, RFC 3339.
    pub last_act: Option<String>,
}

/// Counts of one category.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryCount {
    /// The category.
    pub category: String,
    /// Records that hold at least one at 0.5 or more, not `own`.
    pub records: u64,
    /// Data at 0.5 or more, not `own`.
    pub data: u64,
    /// Different values among them; a lower bound where `distinct_bounded`.
    pub distinct: u64,
    /// Whether counting different values stopped at the bound.
    pub distinct_bounded: bool,
    /// Of the records, those in attachments and members.
    pub in_attachments: u64,
    /// Records that hold one only between 0.1 and 0.5.
    pub possible: u64,
    /// Data classed `own`, counted apart.
    pub own: u64,
}

/// Verdicts of one rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCount {
    /// The rule.
    pub rule: String,
    /// How often it failed.
    pub fail: u64,
    /// How often it could not be shown.
    pub open: u64,
    /// How often a person must answer.
    pub review: u64,
    /// How often it held.
    pub pass: u64,
}

/// Gaps of one class and code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GapCount {
    /// Class.
    pub class: String,
    /// Code.
    pub code: String,
    /// How many.
    pub count: u64,
    /// How many of them olvido.yaml accepts.
    pub accepted: u64,
}

/// What a run comes to against a baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineCounts {
    /// Findings and data the baseline does not hold.
    pub new: u64,
    /// Those it holds.
    pub same: u64,
    /// Those it holds that were not met again.
    pub gone: u64,
    /// Of those gone, findings by rule and data by category, sorted.
    pub gone_by: Vec<(String, u64)>,
}
