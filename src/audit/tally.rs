//! Counts of a run, merged in the order of the walk.

use std::collections::BTreeMap;

use super::hashed::Hashes;
use crate::findings::{CategoryCount, GapCount, RuleCount, Severity, SummaryLine, SystemCount, Verdict};
use crate::records::{
    Category, Confidence, Gap, GapClass, OPENED, OPENED_WEAKLY, RecordKind, Stamp, ValueClass,
    WEAKLY_ENCRYPTED,
};

/// Different values that are told apart; beyond, counts are lower bounds and say so.
const DISTINCT_BOUND: usize = 1_000_000;

/// Counts of one category.
#[derive(Clone, Copy, Default)]
struct CategoryTally {
    records: u64,
    data: u64,
    in_attachments: u64,
    possible: u64,
    own: u64,
}

/// Counts of one helpdesk or format.
#[derive(Clone, Default)]
struct SystemTally {
    items: u64,
    kinds: BTreeMap<RecordKind, u64>,
    last_act: Option<Stamp>,
}

/// Counts of a part of a run; parts add up.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) items: u64,
    pub(crate) read: u64,
    pub(crate) bytes: u64,
    pub(crate) excluded: u64,
    pub(crate) not_read: u64,
    categories: BTreeMap<Category, CategoryTally>,
    systems: BTreeMap<String, SystemTally>,
    rules: BTreeMap<u16, [u64; 5]>,
    gaps: BTreeMap<(GapClass, &'static str), (u64, u64)>,
    /// Values seen, as 64-bit hashes with their category; only in parts.
    values: Vec<(Category, u64, bool)>,
    distinct: Hashes<u64>,
    /// Different values, and how many of them may belong to a person.
    distinct_of: BTreeMap<Category, (u64, u64)>,
    bounded: bool,
    /// The worst severity of a fail so far.
    pub(crate) worst: Option<Severity>,
    /// The same of rules that only say again what was not read, or that there is no manifest.
    pub(crate) worst_formal: Option<Severity>,
    /// Whether a record of a helpdesk said anything.
    pub(crate) has_content: bool,
    /// A stream was ended because of what stood in it.
    pub(crate) refused: bool,
}

/// What one record holds of each category, to count it once.
#[derive(Default)]
pub(crate) struct RecordTally {
    judged: u128,
    possible: u128,
    in_member: bool,
}

impl RecordTally {
    /// A record of an item; `in_member` where it counts as attachment.
    pub(crate) fn new(in_member: bool) -> Self {
        Self { in_member, ..Self::default() }
    }
}

/// The hash of a value as one of a category: there are up to a million of them, so the category takes no bytes
/// of its own.
fn of_category(category: Category, value: u64) -> u64 {
    // The golden ratio's digits: no two categories differ by what two hashes are likely to differ by.
    value ^ (category.index() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Tally {
    /// Counts one datum of a record. `value` is a hash of its normalised value.
    pub(crate) fn datum(
        &mut self,
        record: &mut RecordTally,
        category: Category,
        confidence: Confidence,
        class: ValueClass,
        value: u64,
    ) {
        let tally = self.categories.entry(category).or_default();
        let bit = 1u128 << category.index().min(127);
        if class == ValueClass::Own {
            tally.own += 1;
        } else if confidence >= Confidence::JUDGED {
            tally.data += 1;
            record.judged |= bit;
            self.values.push((category, value, class == ValueClass::Real));
        } else if confidence >= Confidence::REDACTED {
            record.possible |= bit;
        }
    }

    /// Ends a record: each category in it counts once.
    pub(crate) fn record(
        &mut self,
        system: &str,
        kind: RecordKind,
        last_act: Option<Stamp>,
        record: &RecordTally,
    ) {
        let entry = match self.systems.get_mut(system) {
            Some(entry) => entry,
            None => self.systems.entry(system.to_owned()).or_default(),
        };
        *entry.kinds.entry(kind).or_default() += 1;
        entry.last_act = entry.last_act.max(last_act);
        self.part_of_record(record);
    }

    /// Counts what a part of a record holds. A category in several parts counts once for each: nobody
    /// holds such a record whole.
    pub(crate) fn part_of_record(&mut self, record: &RecordTally) {
        if record.judged | record.possible == 0 {
            return;
        }
        for (category, tally) in &mut self.categories {
            let bit = 1u128 << category.index().min(127);
            if record.judged & bit != 0 {
                tally.records += 1;
                tally.in_attachments += u64::from(record.in_member);
            } else if record.possible & bit != 0 {
                tally.possible += 1;
            }
        }
    }

    /// Counts an item of a system.
    pub(crate) fn system_item(&mut self, system: &str) {
        match self.systems.get_mut(system) {
            Some(entry) => entry.items += 1,
            None => self.systems.entry(system.to_owned()).or_default().items += 1,
        }
    }

    /// Counts verdicts of a rule.
    pub(crate) fn verdict(&mut self, rule: u16, verdict: Verdict, count: u64) {
        let slot = match verdict {
            Verdict::Fail => 0,
            Verdict::Open => 1,
            Verdict::Review => 2,
            Verdict::Pass => 3,
            Verdict::NotApplicable => 4,
        };
        if let Some(of) = self.rules.entry(rule).or_default().get_mut(slot) {
            *of += count;
        }
    }

    /// Counts a gap.
    pub(crate) fn gap(&mut self, gap: &Gap, accepted: bool) {
        let entry = self.gaps.entry((gap.class, gap.code)).or_default();
        entry.0 += 1;
        entry.1 += u64::from(accepted);
    }

    /// What is encrypted, read or not, and how much of it by a cipher that is broken.
    pub(crate) fn encrypted(&self) -> (u64, u64) {
        let counted = self.gaps.iter().filter(|((class, code), _)| {
            *class == GapClass::Encrypted || [OPENED, OPENED_WEAKLY].contains(code)
        });
        counted.fold((0, 0), |(all, weakly), ((_, code), (count, _))| {
            let weak = [WEAKLY_ENCRYPTED, OPENED_WEAKLY].contains(code);
            (all + count, weakly + if weak { *count } else { 0 })
        })
    }

    /// Gaps that make a run incomplete.
    pub(crate) fn open_gaps(&self) -> u64 {
        let counts = self.gaps.iter().filter(|((class, _), _)| *class != GapClass::ByNature);
        counts.map(|(_, (count, accepted))| count - accepted).sum()
    }

    /// How often a rule could not be shown to hold.
    pub(crate) fn opens(&self) -> u64 {
        self.rules.values().map(|[_, open, ..]| open).sum()
    }

    /// The kinds of record met, by helpdesk or format.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&str, Vec<RecordKind>)> {
        self.systems.iter().map(|(name, system)| (name.as_str(), system.kinds.keys().copied().collect()))
    }

    /// Names of the categories of which a value that may be somebody's was found.
    pub(crate) fn real_categories(&self) -> Vec<&'static str> {
        let real = self.distinct_of.iter().filter(|(_, counts)| counts.1 > 0);
        real.map(|(category, _)| category.name()).collect()
    }

    /// How often a rule gave a verdict: fail, open, review, pass, not applicable.
    pub(crate) fn rule(&self, rule: u16) -> [u64; 5] {
        self.rules.get(&rule).copied().unwrap_or_default()
    }

    /// Adds a part. Values are told apart here, up to the bound.
    pub(crate) fn add(&mut self, part: Tally) {
        self.items += part.items;
        self.read += part.read;
        self.bytes += part.bytes;
        self.excluded += part.excluded;
        self.not_read += part.not_read;
        self.worst = self.worst.max(part.worst);
        self.has_content |= part.has_content;
        for (category, counts) in part.categories {
            let tally = self.categories.entry(category).or_default();
            tally.records += counts.records;
            tally.data += counts.data;
            tally.in_attachments += counts.in_attachments;
            tally.possible += counts.possible;
            tally.own += counts.own;
        }
        for (name, counts) in part.systems {
            let system = self.systems.entry(name).or_default();
            system.items += counts.items;
            system.last_act = system.last_act.max(counts.last_act);
            for (kind, count) in counts.kinds {
                *system.kinds.entry(kind).or_default() += count;
            }
        }
        for (rule, counts) in part.rules {
            let of = self.rules.entry(rule).or_default();
            for (to, from) in of.iter_mut().zip(counts) {
                *to += from;
            }
        }
        for (key, (count, accepted)) in part.gaps {
            let entry = self.gaps.entry(key).or_default();
            entry.0 += count;
            entry.1 += accepted;
        }
        for (category, value, real) in part.values {
            if self.distinct.len() >= DISTINCT_BOUND {
                self.bounded |= !self.distinct.contains(&of_category(category, value));
            } else if self.distinct.insert(of_category(category, value)) {
                let counts = self.distinct_of.entry(category).or_default();
                counts.0 += 1;
                counts.1 += u64::from(real);
            }
        }
    }

    /// The summary line; the caller adds people, own values and status.
    pub(crate) fn summary(&self, rule_ids: &[String]) -> SummaryLine {
        let mut categories: Vec<CategoryCount> = self
            .categories
            .iter()
            .map(|(category, tally)| CategoryCount {
                category: category.name().to_owned(),
                records: tally.records,
                data: tally.data,
                distinct: self.distinct_of.get(category).map_or(0, |counts| counts.0),
                distinct_bounded: self.bounded,
                in_attachments: tally.in_attachments,
                possible: tally.possible,
                own: tally.own,
            })
            .collect();
        categories.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.category.cmp(&b.category)));
        let systems = self.systems.iter().map(|(name, tally)| {
            let mut kinds: Vec<(String, u64)> =
                tally.kinds.iter().map(|(k, n)| (k.name().to_owned(), *n)).collect();
            kinds.sort();
            SystemCount {
                system: name.clone(),
                items: tally.items,
                kinds,
                last_act: tally.last_act.map(Stamp::to_rfc3339),
            }
        });
        let rules = rule_ids.iter().zip(0u16..).map(|(id, at)| {
            let [fail, open, review, pass, _] = self.rule(at);
            RuleCount { rule: id.clone(), fail, open, review, pass }
        });
        let gaps = self.gaps.iter().map(|((class, code), (count, accepted))| GapCount {
            class: class.name().to_owned(),
            code: (*code).to_owned(),
            count: *count,
            accepted: *accepted,
        });
        SummaryLine {
            items: self.items,
            read: self.read,
            bytes: self.bytes,
            excluded: self.excluded,
            not_read: self.not_read,
            people_at_least: self.people_at_least(),
            systems: systems.collect(),
            categories,
            rules: rules.collect(),
            gaps: gaps.collect(),
            ..SummaryLine::default()
        }
    }

    /// How many people the data speak of at least: the largest number of different values of one
    /// category that names one person each. Values that can belong to nobody do not count. Categories are not added up, since one person has
    /// several.
    pub(crate) fn people_at_least(&self) -> u64 {
        let identifying = self.distinct_of.iter().filter(|(category, _)| category.card().identifies);
        identifying.map(|(_, counts)| counts.1).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_once_a_category_and_values_once_a_run() {
        let mut run = Tally::default();
        for _ in 0..2 {
            let mut part = Tally::default();
            let mut record = RecordTally::new(true);
            for value in [1, 2, 2] {
                part.datum(
                    &mut record,
                    Category::EMAIL_ADDRESS,
                    Confidence::new(0.9),
                    ValueClass::Real,
                    value,
                );
            }
            part.datum(&mut record, Category::PHONE_NUMBER, Confidence::new(0.2), ValueClass::Real, 3);
            part.record("zendesk", RecordKind::Ticket, None, &record);
            run.add(part);
        }
        let summary = run.summary(&[]);
        let mail = summary.categories.iter().find(|c| c.category == "email-address").unwrap();
        assert_eq!((mail.records, mail.data, mail.distinct, mail.in_attachments), (2, 6, 2, 2));
        let phone = summary.categories.iter().find(|c| c.category == "phone-number").unwrap();
        assert_eq!((phone.records, phone.possible), (0, 2));
        assert_eq!(summary.people_at_least, 2);
    }

    #[test]
    fn own_values_count_apart() {
        let mut tally = Tally::default();
        let mut record = RecordTally::default();
        tally.datum(&mut record, Category::EMAIL_ADDRESS, Confidence::new(0.9), ValueClass::Own, 1);
        tally.record("mail", RecordKind::Comment, None, &record);
        let summary = tally.summary(&[]);
        assert_eq!((summary.categories[0].records, summary.categories[0].own), (0, 1));
    }

    #[test]
    fn gaps_by_nature_and_accepted_gaps_leave_a_run_complete() {
        let mut tally = Tally::default();
        tally.gap(&Gap::new(GapClass::ByNature, "executable", ""), false);
        tally.gap(&Gap::new(GapClass::Fault, "x", ""), true);
        assert_eq!(tally.open_gaps(), 0);
        tally.gap(&Gap::new(GapClass::Fault, "x", ""), false);
        assert_eq!(tally.open_gaps(), 1);
    }
}
