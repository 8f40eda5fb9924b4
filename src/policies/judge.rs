//! What rules are judged on, and what comes of it.

use crate::findings::{Severity, Verdict};
use crate::records::{Category, Confidence, FactSet, Facts, RecordKind, ValueClass};

/// Position of a rule among the active ones, which are sorted by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u16);

/// What a condition may read of one detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// What it is.
    pub category: Category,
    /// How likely it is that.
    pub confidence: Confidence,
    /// Real, reserved, test, documentation or own.
    pub value_class: ValueClass,
}

/// One record, file or run that rules are judged on.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// What it is.
    pub kind: RecordKind,
    /// What is known of it.
    pub facts: &'a Facts,
    /// Facts that follow from what was found in it; none where not all its texts were read.
    pub derived: Option<&'a Facts>,
    /// The detections in it.
    pub detections: &'a [Observed],
    /// Whether all its texts were read: if not, `findings` is missing evidence.
    pub detections_known: bool,
}

/// What one rule says of one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Which rule.
    pub rule: RuleIndex,
    /// What it says.
    pub verdict: Verdict,
    /// Of a fail; of any other verdict the severity a fail would have had.
    pub severity: Severity,
    /// How many detections a fail stands for; 1 where the rule counts none.
    pub count: u64,
    /// Facts that were missing, for an open verdict.
    pub missing: FactSet,
}
