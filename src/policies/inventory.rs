//! Which inventory rule a detection counts under, worked out once for every detection there can be.

use super::condition::Evidence;
use super::judge::{Observed, RuleIndex};
use super::rule::Rule;
use crate::findings::Verdict;
use crate::records::{Category, Confidence, Facts, RecordKind, ValueClass};

/// For each category and value class the rule by confidence: from the first thousandths on, up to the
/// next entry's.
#[derive(Default)]
pub(super) struct Inventory {
    rows: Vec<Vec<(u16, Option<RuleIndex>)>>,
}

impl Inventory {
    /// Runs every rule on detections at, just below and just above each threshold it names. Between
    /// thresholds nothing can change, since such rules only compare.
    pub(crate) fn new(rules: &[Rule]) -> Inventory {
        let chosen: Vec<(RuleIndex, &Rule)> = (0..=u16::MAX)
            .map(RuleIndex)
            .zip(rules)
            .filter(|(_, rule)| rule.kinds.contains(&RecordKind::Detection))
            .collect();
        let levels = levels(&chosen);
        let facts = Facts::default();
        let mut rows = Vec::with_capacity(Category::count() * ValueClass::ALL.len());
        for category in Category::all() {
            for value_class in ValueClass::ALL {
                let mut row: Vec<(u16, Option<RuleIndex>)> = Vec::new();
                for level in &levels {
                    let confidence = Confidence::new(f64::from(*level) / 1000.0);
                    let own = Observed { category, confidence, value_class };
                    let evidence = Evidence::of_record(&facts, None, 0).with_own(Some(own));
                    let rule = strongest(&chosen, &evidence);
                    if row.last().is_none_or(|(_, last)| *last != rule) {
                        row.push((*level, rule));
                    }
                }
                rows.push(row);
            }
        }
        Inventory { rows }
    }

    /// The rule of a detection.
    pub(crate) fn rule(&self, of: Observed) -> Option<RuleIndex> {
        let class = ValueClass::ALL.iter().position(|class| *class == of.value_class)?;
        let row = self.rows.get(of.category.index() * ValueClass::ALL.len() + class)?;
        let reached = row.iter().take_while(|(from, _)| *from <= of.confidence.thousandths());
        reached.last().and_then(|(_, rule)| *rule)
    }
}

/// The most severe of the rules that fail; of equal ones the first by id.
fn strongest(rules: &[(RuleIndex, &Rule)], evidence: &Evidence<'_>) -> Option<RuleIndex> {
    let mut best = None;
    for (index, rule) in rules {
        let outcome = rule.judge(evidence);
        if outcome.verdict == Verdict::Fail && best.is_none_or(|(severity, _)| outcome.severity > severity) {
            best = Some((outcome.severity, *index));
        }
    }
    best.map(|(_, index)| index)
}

/// Thousandths at which some rule may change its answer, from the least confidence there is.
fn levels(rules: &[(RuleIndex, &Rule)]) -> Vec<u16> {
    let mut thresholds = Vec::new();
    for (_, rule) in rules {
        let adjusted = rule.severity_when.iter().map(|(condition, _)| condition);
        for condition in rule.scope.iter().chain(&rule.when).chain(adjusted) {
            condition.thresholds(&mut thresholds);
        }
    }
    let mut levels = vec![1];
    for threshold in thresholds {
        // Clamped: casts cannot wrap.
        let at = (threshold * 1000.0).floor().clamp(0.0, 999.0) as u16;
        levels.extend([at, at + 1, at + 2]);
    }
    levels.retain(|level| (1..=999).contains(level));
    levels.sort_unstable();
    levels.dedup();
    levels
}
