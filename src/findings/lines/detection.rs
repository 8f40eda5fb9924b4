//! One personal datum.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RecordLine, Standing, SuppressionLine};

/// One personal datum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectionLine<'a> {
    /// What it is.
    #[serde(borrow)]
    pub category: Cow<'a, str>,
    /// Which detector found it.
    #[serde(borrow)]
    pub detector: Cow<'a, str>,
    /// The inventory rule it counts under; absent below the rule's confidence.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<Cow<'a, str>>,
    /// Estimated probability, 0 to 1.
    pub confidence: f64,
    /// `real`, `reserved`, `test`, `documentation` or `own`.
    #[serde(borrow)]
    pub value_class: Cow<'a, str>,
    /// Other categories with the same span and at least half the confidence.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub also: Vec<Cow<'a, str>>,
    /// Walk number.
    #[serde(borrow)]
    pub item: Cow<'a, str>,
    /// Outermost file as walked, masked where it holds a datum.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// Inner names.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub inner: Vec<Cow<'a, str>>,
    /// The record.
    #[serde(borrow)]
    pub record: RecordLine<'a>,
    /// Path of the field from the record's root, masked where it holds a datum.
    #[serde(borrow)]
    pub field: Cow<'a, str>,
    /// First byte in the decoded text of the field.
    pub start: u64,
    /// One past the last byte in the decoded text of the field.
    pub end: u64,
    /// Line of the first raw byte in the innermost item, from 1.
    pub line: u64,
    /// Column in bytes, from 1.
    pub column: u64,
    /// Line of the end.
    pub end_line: u64,
    /// Columns of start and end in UTF-16 code units, from 1; the end is one past the last.
    pub utf16: [u64; 2],
    /// The value's shape.
    #[serde(borrow)]
    pub masked: Cow<'a, str>,
    /// `k1:<key id>:…` keyed, `p1:…` positional.
    #[serde(borrow)]
    pub fingerprint: Cow<'a, str>,
    /// Why.
    pub evidence: EvidenceLine,
    /// What excuses it. What is dismissed is no datum to any rule or count.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub suppressed: Option<SuppressionLine<'a>>,
    /// How it stands to the baseline; absent without one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<Standing>,
}

/// Why a span is believed to be a datum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceLine {
    /// Check digits are right; absent where the detector has none.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub check: bool,
    /// A cue stands near.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub cue: bool,
    /// It lies in something technical.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub shielded: bool,
    /// It is a value of a person the archive names.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub known_person: bool,
    /// How the confidence came about; with `--explain`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<WeightsLine>,
}

/// Steps from the detector's base rate, in bits of log-odds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WeightsLine {
    /// Probability without any of the steps.
    pub base: f64,
    /// The value's own form.
    pub form: i32,
    /// The nearest cue.
    pub cue: i32,
    /// The field's role.
    pub role: i32,
    /// Technical surroundings.
    pub shield: i32,
}
