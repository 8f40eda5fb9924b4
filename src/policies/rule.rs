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
    pub when: Condition,
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
        if self.scope_needs.iter().any(|fact| !evidence.has(*fact)) {
            return self.open(evidence);
        }
        match self.scope.as_ref().map(|scope| scope.holds(evidence)) {
            Some(None) => return self.open(evidence),
            Some(Some(false)) => return self.outcome(Verdict::NotApplicable),
            Some(Some(true)) | None => {}
        }
        if self.needs.iter().any(|fact| !evidence.has(*fact)) {
            return self.open(evidence);
        }
        match self.when.holds(evidence) {
            Some(false) => self.outcome(Verdict::Pass),
            Some(true) => {
                let adjusted = self.severity_when.iter().find(|(when, _)| when.holds(evidence) == Some(true));
                let severity = adjusted.map_or(self.severity, |(_, severity)| *severity);
                let count = self.when.hits(evidence).unwrap_or(1).max(1);
                Outcome { verdict: Verdict::Fail, severity, count, missing: Vec::new() }
            }
            None => self.open(evidence),
        }
    }

    fn outcome(&self, verdict: Verdict) -> Outcome {
        Outcome { verdict, severity: self.severity, count: 1, missing: Vec::new() }
    }

    fn open(&self, evidence: &Evidence<'_>) -> Outcome {
        let missing = self.needs.iter().copied().filter(|fact| !evidence.has(*fact)).collect();
        Outcome { verdict: Verdict::Open, severity: self.severity, count: 1, missing }
    }
}
