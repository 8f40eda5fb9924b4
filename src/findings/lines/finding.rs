//! One verdict that is not a pass.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RecordLine, Standing, SuppressionLine};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For the inventory.
    Note,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
}

impl Severity {
    /// Stable name in every output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a rule says of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// The rule is violated.
    Fail,
    /// Evidence is missing: it cannot be shown.
    Open,
    /// A person must answer.
    Review,
    /// The rule holds.
    Pass,
    /// The rule does not speak of this record.
    NotApplicable,
}

/// One verdict that is not a pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingLine<'a> {
    /// Id of the rule.
    #[serde(borrow)]
    pub rule: Cow<'a, str>,
    /// `fail`, `open` or `review`.
    pub verdict: Verdict,
    /// Severity of this finding.
    pub severity: Severity,
    /// Walk number; absent for findings about the run.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub item: Option<Cow<'a, str>>,
    /// The record; absent for findings about an item or the run. An open verdict stands for `count`
    /// records of one kind that miss the same evidence, and this is the first of them.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub record: Option<RecordLine<'a>>,
    /// Outermost file or folder, masked where it holds a datum.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub path: Option<Cow<'a, str>>,
    /// Inner names.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub inner: Vec<Cow<'a, str>>,
    /// Line of the record in its item, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u64>,
    /// What is wrong, over safe facts only.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
    /// Legal ground.
    pub refs: Vec<Cow<'a, str>>,
    /// What to do.
    #[serde(borrow)]
    pub remedy: Cow<'a, str>,
    /// How many data, records or files it stands for.
    pub count: u64,
    /// Retention: which date started the clock, and that date.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub clock: Option<ClockLine<'a>>,
    /// Facts that were missing, for `open`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing: Vec<Cow<'a, str>>,
    /// What excuses it; such a finding does not decide the exit status.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub suppressed: Option<SuppressionLine<'a>>,
    /// `file:line` of the rule.
    #[serde(borrow)]
    pub policy: Cow<'a, str>,
    /// Stable across runs with one key: `k1:…`, else `p1:…`.
    #[serde(borrow)]
    pub fingerprint: Cow<'a, str>,
    /// How it stands to the baseline; absent without one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<Standing>,
}

impl FindingLine<'_> {
    /// The line with texts of its own.
    pub fn into_owned(self) -> FindingLine<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let list = |texts: Vec<Cow<'_, str>>| texts.into_iter().map(own).collect();
        FindingLine {
            rule: own(self.rule),
            verdict: self.verdict,
            severity: self.severity,
            item: self.item.map(own),
            record: self.record.map(|record| RecordLine {
                system: own(record.system),
                kind: own(record.kind),
                id: own(record.id),
            }),
            path: self.path.map(own),
            inner: list(self.inner),
            line: self.line,
            message: own(self.message),
            refs: list(self.refs),
            remedy: own(self.remedy),
            count: self.count,
            clock: self.clock.map(|clock| ClockLine { name: own(clock.name), at: own(clock.at) }),
            missing: list(self.missing),
            suppressed: self.suppressed.map(|one| SuppressionLine {
                kind: own(one.kind),
                id: own(one.id),
                reason: own(one.reason),
                until: one.until.map(own),
            }),
            policy: own(self.policy),
            fingerprint: own(self.fingerprint),
            baseline: self.baseline,
        }
    }
}

/// The date that started a retention clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClockLine<'a> {
    /// `last-subject-contact`, `closed` or `solved`.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// RFC 3339.
    #[serde(borrow)]
    pub at: Cow<'a, str>,
}
