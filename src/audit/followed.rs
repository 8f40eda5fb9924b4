//! Verdicts of records that follow a precedent: those of the first one in a part are taken one by one, those of
//! the others are counted and taken together when the part ends.

use super::scan::Part;
use crate::findings::Verdict;
use crate::policies::{Judgement, Precedents, RuleSet, Subject};

/// The precedents of a worker, and how many records of the part at hand follow each.
#[derive(Default)]
pub(super) struct Followed<'r> {
    precedents: Precedents<'r>,
    /// By the number of the precedent.
    counts: Vec<u64>,
    /// Numbers of those that are followed in the part.
    touched: Vec<usize>,
}

impl<'r> Followed<'r> {
    /// Judges a record. Verdicts that others of the part had before it are only counted.
    pub(super) fn judge(&mut self, rules: &'r RuleSet, subject: &Subject<'_>, out: &mut Vec<Judgement>) {
        let found = self.precedents.find(rules, subject);
        let Some((number, precedent)) = found.and_then(|at| Some((at, self.precedents.get(at)?))) else {
            return rules.judge(subject, out);
        };
        precedent.judge_rest(rules, subject, out);
        if self.counts.len() <= number {
            self.counts.resize(number + 1, 0);
        }
        let Some(count) = self.counts.get_mut(number) else { return };
        if *count == 0 {
            self.touched.push(number);
            out.extend_from_slice(&precedent.settled);
        }
        *count += 1;
    }

    /// Adds what was only counted to the part it was counted in.
    pub(super) fn end(&mut self, part: &mut Part) {
        for number in self.touched.drain(..) {
            let count = self.counts.get_mut(number).map(std::mem::take).unwrap_or(0);
            let Some(precedent) = self.precedents.get(number) else { continue };
            let more = count.saturating_sub(1);
            for judgement in precedent.settled.iter().filter(|_| more > 0) {
                part.tally.verdict(judgement.rule.0, judgement.verdict, more);
                if judgement.verdict == Verdict::Open {
                    // The first of the part began the count.
                    part.open.counted(precedent.kind, judgement, more);
                }
            }
        }
    }
}
