//! How often each rule gave each verdict, and which rules never met any evidence.

use super::judge::{Judgement, RuleIndex};
use super::rules::RuleSet;
use crate::findings::{RuleCount, Verdict};

/// Verdicts by rule; workers' tallies are added up in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    rows: Vec<[u64; 5]>,
}

/// Rules of one family that nothing in the run spoke of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The family, such as `authentication`.
    pub family: String,
    /// Ids of its rules without evidence, sorted.
    pub rules: Vec<String>,
    /// Kinds of record they would have been judged on, and facts they need, in the rules' order.
    pub wanted: Vec<String>,
    /// Whether records were met, but never with the facts; else not even records were.
    pub records_met: bool,
}

fn column(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Fail => 0,
        Verdict::Open => 1,
        Verdict::Review => 2,
        Verdict::Pass => 3,
        Verdict::NotApplicable => 4,
    }
}

impl Tally {
    /// Counts one judgement.
    pub fn count(&mut self, judgement: &Judgement) {
        let row = usize::from(judgement.rule.0);
        if self.rows.len() <= row {
            self.rows.resize(row + 1, [0; 5]);
        }
        if let Some(cell) = self.rows.get_mut(row).and_then(|row| row.get_mut(column(judgement.verdict))) {
            *cell += 1;
        }
    }

    /// Adds another worker's tally.
    pub fn add(&mut self, other: &Tally) {
        if self.rows.len() < other.rows.len() {
            self.rows.resize(other.rows.len(), [0; 5]);
        }
        for (row, added) in self.rows.iter_mut().zip(&other.rows) {
            for (cell, more) in row.iter_mut().zip(added) {
                *cell += more;
            }
        }
    }

    /// How often a rule gave a verdict.
    pub fn of(&self, rule: RuleIndex, verdict: Verdict) -> u64 {
        self.rows.get(usize::from(rule.0)).and_then(|row| row.get(column(verdict))).copied().unwrap_or(0)
    }

    /// Counts for the summary line: every active rule, sorted by id.
    pub fn rows(&self, rules: &RuleSet) -> Vec<RuleCount> {
        let row = |(index, rule): (RuleIndex, &str)| RuleCount {
            rule: rule.to_owned(),
            fail: self.of(index, Verdict::Fail),
            open: self.of(index, Verdict::Open),
            review: self.of(index, Verdict::Review),
            pass: self.of(index, Verdict::Pass),
        };
        rules.ids().map(row).collect()
    }

    /// Families none of whose rules on records, files or the run ever met evidence: no record of their
    /// kinds, or only ones that lacked the facts. One line each in a report ("no evidence supplied").
    ///
    /// Rules on detections are left out: no detection is a result, not missing evidence.
    pub fn unmet(&self, rules: &RuleSet) -> Vec<Unmet> {
        let mut families: Vec<(Unmet, bool)> = Vec::new();
        for (index, id) in rules.ids().filter(|(index, _)| rules.is_on_records(*index)) {
            let family = id.split('/').next().unwrap_or(id);
            let spoken = [Verdict::Fail, Verdict::Review, Verdict::Pass, Verdict::NotApplicable]
                .iter()
                .any(|verdict| self.of(index, *verdict) > 0);
            if families.last().is_none_or(|(unmet, _)| unmet.family != family) {
                let unmet = Unmet {
                    family: family.to_owned(),
                    rules: Vec::new(),
                    wanted: Vec::new(),
                    records_met: false,
                };
                families.push((unmet, false));
            }
            let Some((unmet, any)) = families.last_mut() else { continue };
            *any |= spoken;
            unmet.rules.push(id.to_owned());
            unmet.records_met |= self.of(index, Verdict::Open) > 0;
            for wanted in rules.wanted(index) {
                if !unmet.wanted.iter().any(|known| known == wanted) {
                    unmet.wanted.push(wanted.to_owned());
                }
            }
        }
        families.into_iter().filter(|(_, any)| !any).map(|(unmet, _)| unmet).collect()
    }
}
