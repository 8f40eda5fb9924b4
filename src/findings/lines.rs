//! The JSON Lines every report is made from: one object a line, `type` first.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line<'a> {
    /// What ran, first line.
    Run(Box<RunLine>),
    /// One personal datum.
    #[serde(borrow)]
    Detection(Box<DetectionLine<'a>>),
    /// One verdict that is not a pass.
    #[serde(borrow)]
    Finding(Box<FindingLine<'a>>),
    /// Something that was not read.
    #[serde(borrow)]
    Gap(Box<GapLine<'a>>),
    /// What it comes to, last line.
    Summary(Box<SummaryLine>),
}

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

/// How something stands to a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The baseline does not hold it.
    New,
    /// The baseline holds it.
    Same,
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

/// Which record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordLine<'a> {
    /// Helpdesk or format.
    #[serde(borrow)]
    pub system: Cow<'a, str>,
    /// Kind of record.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// The source's id, masked where it holds a datum; `#ordinal` where it has none.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
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

/// A hold, waiver or dismissal that excuses a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuppressionLine<'a> {
    /// `hold`, `waiver` or `dismissal`.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Why, as the file says.
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
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

/// Something that was not read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GapLine<'a> {
    /// `unread`, `encrypted`, `limit`, `fault`, `by-nature`.
    #[serde(borrow)]
    pub class: Cow<'a, str>,
    /// Stable code.
    #[serde(borrow)]
    pub code: Cow<'a, str>,
    /// Walk number.
    #[serde(borrow)]
    pub item: Cow<'a, str>,
    /// Outermost file, masked where it holds a datum.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// Inner names.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub inner: Vec<Cow<'a, str>>,
    /// What happened and what to do.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
    /// First byte, where it is part of the item.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offset: Option<u64>,
    /// How many bytes, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<u64>,
    /// The flag that lifts the bound.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub lift: Option<Cow<'a, str>>,
    /// Accepted by olvido.yaml: who and until when.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub accepted: Option<Cow<'a, str>>,
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

impl<'a> Line<'a> {
    /// Reads a line. `type` must stand first for the fast way; anywhere else works too.
    ///
    /// Errors never quote the line.
    pub fn read(line: &'a str) -> Result<Line<'a>, LineError> {
        let parsed = match LineKind::of(line) {
            // The direct way: a tagged enum would copy every line into a tree first.
            Some(LineKind::Detection) => serde_json::from_str(line).map(Line::Detection),
            Some(LineKind::Finding) => serde_json::from_str(line).map(Line::Finding),
            Some(LineKind::Gap) => serde_json::from_str(line).map(Line::Gap),
            Some(LineKind::Run) => serde_json::from_str(line).map(Line::Run),
            Some(LineKind::Summary) => serde_json::from_str(line).map(Line::Summary),
            None => serde_json::from_str(line),
        };
        parsed.map_err(|error| LineError { column: error.column() })
    }

    /// Which kind of line it is.
    pub fn kind(&self) -> LineKind {
        match self {
            Line::Run(_) => LineKind::Run,
            Line::Detection(_) => LineKind::Detection,
            Line::Finding(_) => LineKind::Finding,
            Line::Gap(_) => LineKind::Gap,
            Line::Summary(_) => LineKind::Summary,
        }
    }

    /// Appends the line with its line end, safe to print into any log (see
    /// [`Target::Json`](super::Target::Json)).
    ///
    /// # Errors
    ///
    /// None that these types can cause; the result is the serializer's own.
    pub fn write(&self, out: &mut String) -> serde_json::Result<()> {
        let text = serde_json::to_string(self)?;
        out.push_str(&super::escape(super::Target::Json, &text));
        out.push('\n');
        Ok(())
    }
}

/// What kind of line one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// `run`
    Run,
    /// `detection`
    Detection,
    /// `finding`
    Finding,
    /// `gap`
    Gap,
    /// `summary`
    Summary,
}

impl LineKind {
    /// The kind of a line whose `type` stands first and is written as this program writes it.
    pub fn of(line: &str) -> Option<LineKind> {
        let (kind, _) = line.strip_prefix(r#"{"type":""#)?.split_once('"')?;
        match kind {
            "run" => Some(Self::Run),
            "detection" => Some(Self::Detection),
            "finding" => Some(Self::Finding),
            "gap" => Some(Self::Gap),
            "summary" => Some(Self::Summary),
            _ => None,
        }
    }
}

/// A line that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Column in bytes where reading stopped, from 1; 0 where the parser does not know.
    pub column: usize,
}

impl std::fmt::Display for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a line of olvido/lines/v1 (column {})", self.column)
    }
}

impl std::error::Error for LineError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_whichever_way_it_is_written() {
        let line = Line::Detection(Box::new(DetectionLine {
            category: "iban".into(),
            path: "a \u{202e}::error::.json".into(),
            confidence: 0.93,
            utf16: [3, 9],
            ..DetectionLine::default()
        }));
        let mut text = String::new();
        line.write(&mut text).unwrap();
        assert!(text.ends_with('\n') && !text.contains("::error") && !text.contains('\u{202e}'));
        assert_eq!(LineKind::of(&text), Some(LineKind::Detection));
        let again = Line::read(text.trim_end()).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&line).unwrap());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        // serde_json's own map sorts the keys: `type` is no longer first.
        let shuffled = value.to_string();
        assert_eq!(LineKind::of(&shuffled), None);
        assert_eq!(Line::read(&shuffled).unwrap().kind(), LineKind::Detection);
    }

    #[test]
    fn errors_quote_nothing() {
        let error = Line::read(r#"{"type":"gap","class":"juan@acme-olvido.es","x"#).unwrap_err();
        assert!(!error.to_string().contains("juan"));
    }
}
