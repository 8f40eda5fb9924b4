//! One rule, ready to judge.

use super::condition::{Condition, Evidence};
use super::message::Message;
use crate::findings::{RuleCard, Severity, Verdict};
use crate::records::{FactId, RecordKind};

/// A rule that has passed every check.
pub(super) struct Rule {
    pub kinds: Vec<RecordKind>,
    pub severity: Severity,
    pub severity_when: Vec<(Condition, Severity)>,
    pub needs: Vec<FactId>,
    /// Needed facts that the scope reads.
    pub scope_needs: Vec<FactId>,
    pub scope: Option<Condition>,
    /// Without one it always holds.
    pub when: Option<Condition>,
    /// A person must answer where it holds.
    pub asks: bool,
    /// Optional facts that scope and condition read.
    pub optional: Vec<FactId>,
    pub clock: Option<FactId>,
    pub message: Message,
    pub card: RuleCard,
}

/// Verdict of one rule on one piece of evidence.
pub(super) struct Outcome {
    pub verdict: Verdict,
    pub severity: Severity,
    pub count: u64,
    pub missing: Vec<FactId>,
}

impl Rule {
    /// Scope first, then the evidence, then the condition.
    pub(crate) fn judge(&self, evidence: &Evidence<'_>) -> Outcome {
        let unreadable = |condition: &Option<Condition>| {
            let used = condition.as_ref().map_or(&[][..], Condition::uses);
            used.iter().any(|fact| evidence.unreadable(*fact))
        };
        if self.scope_needs.iter().any(|fact| !evidence.has(*fact)) || unreadable(&self.scope) {
            return self.open(evidence);
        }
        match self.scope.as_ref().map(|scope| scope.holds(evidence)) {
            Some(None) => return self.open(evidence),
            Some(Some(false)) => return self.outcome(Verdict::NotApplicable),
            Some(Some(true)) | None => {}
        }
        if self.needs.iter().any(|fact| !evidence.has(*fact)) || unreadable(&self.when) {
            return self.open(evidence);
        }
        match self.when.as_ref().map_or(Some(true), |when| when.holds(evidence)) {
            Some(false) => self.outcome(Verdict::Pass),
            Some(true) => {
                let adjusted = self.severity_when.iter().find(|(when, _)| when.holds(evidence) == Some(true));
                let severity = adjusted.map_or(self.severity, |(_, severity)| *severity);
                let hits = self.when.as_ref().and_then(|when| when.hits(evidence));
                let count = hits.unwrap_or(1).max(1);
                let verdict = if self.asks { Verdict::Review } else { Verdict::Fail };
                Outcome { verdict, severity, count, missing: Vec::new() }
            }
            None => self.open(evidence),
        }
    }

    fn outcome(&self, verdict: Verdict) -> Outcome {
        Outcome { verdict, severity: self.severity, count: 1, missing: Vec::new() }
    }

    fn open(&self, evidence: &Evidence<'_>) -> Outcome {
        let absent = self.needs.iter().filter(|fact| !evidence.has(**fact));
        let unreadable = self.optional.iter().filter(|fact| evidence.unreadable(**fact));
        let missing = absent.chain(unreadable).copied().collect();
        Outcome { verdict: Verdict::Open, severity: self.severity, count: 1, missing }
    }
}
