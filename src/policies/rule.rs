//! One rule, ready to judge.

use super::condition::{Condition, Evidence};
use super::message::Message;
use crate::findings::{RuleCard, Severity, Verdict};
use crate::records::{FactId, FactSet, RecordKind};

/// A rule that has passed every check.
pub(super) struct Rule {
    pub kinds: Vec<RecordKind>,
    pub severity: Severity,
    pub severity_when: Vec<(Condition, Severity)>,
    /// In the order of the file.
    pub needs: Vec<FactId>,
    pub reads: Reads,
    pub scope: Option<Condition>,
    /// Without one it always holds.
    pub when: Option<Condition>,
    /// A person must answer where it holds.
    pub asks: bool,
    pub clock: Option<FactId>,
    pub message: Message,
    pub card: RuleCard,
}

/// Which facts are read where.
#[derive(Clone, Copy, Default)]
pub(super) struct Reads {
    pub needs: FactSet,
    /// Needed facts that the scope reads.
    pub scope_needs: FactSet,
    /// Optional facts that scope and condition read.
    pub optional: FactSet,
    /// Every fact the scope reads.
    pub scope: FactSet,
    /// Every fact the condition reads.
    pub when: FactSet,
}

/// Verdict of one rule on one piece of evidence.
pub(super) struct Outcome {
    pub verdict: Verdict,
    pub severity: Severity,
    pub count: u64,
    pub missing: FactSet,
}

impl Rule {
    /// Scope first, then the evidence, then the condition.
    pub(crate) fn judge(&self, evidence: &Evidence<'_>) -> Outcome {
        let unreadable = |facts: FactSet| !evidence.unreadable(facts).is_empty();
        if !evidence.lacks(self.reads.scope_needs).is_empty() || unreadable(self.reads.scope) {
            return self.open(evidence);
        }
        match self.scope.as_ref().map(|scope| scope.holds(evidence)) {
            Some(None) => return self.open(evidence),
            Some(Some(false)) => return self.outcome(Verdict::NotApplicable),
            Some(Some(true)) | None => {}
        }
        if !evidence.lacks(self.reads.needs).is_empty() || unreadable(self.reads.when) {
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
                Outcome { verdict, severity, count, missing: FactSet::default() }
            }
            None => self.open(evidence),
        }
    }

    /// Whether an outcome holds for every record with the same evidence, whatever the values of `varying`
    /// facts are. What is told of a record by itself (a fail, a question) never is.
    pub(crate) fn is_settled(&self, outcome: &Outcome, evidence: &Evidence<'_>, varying: FactSet) -> bool {
        let missing = |needs: FactSet, read: FactSet| {
            !evidence.lacks(needs).is_empty() || !evidence.unreadable(read).is_empty()
        };
        let same = |read: FactSet| read.and(varying).is_empty();
        let Reads { needs, scope_needs, scope, when, .. } = self.reads;
        match outcome.verdict {
            Verdict::Fail | Verdict::Review => false,
            _ if missing(scope_needs, scope) => true,
            Verdict::NotApplicable => same(scope),
            Verdict::Pass | Verdict::Open => same(scope) && (missing(needs, when) || same(when)),
        }
    }

    /// Every fact whose presence or value an outcome depends on.
    pub(crate) fn reads(&self) -> FactSet {
        let adjusted = self.severity_when.iter().flat_map(|(condition, _)| condition.uses()).copied();
        let Reads { needs, optional, scope, when, .. } = self.reads;
        needs.or(optional).or(scope).or(when).or(adjusted.collect())
    }

    fn outcome(&self, verdict: Verdict) -> Outcome {
        Outcome { verdict, severity: self.severity, count: 1, missing: FactSet::default() }
    }

    fn open(&self, evidence: &Evidence<'_>) -> Outcome {
        let missing = evidence.lacks(self.reads.needs).or(evidence.unreadable(self.reads.optional));
        Outcome { verdict: Verdict::Open, severity: self.severity, count: 1, missing }
    }
}
