//! What law keeps: the day until which it asks for a record stands beside the record's key as a mark, so that a
//! vault can be asked when the original and the schedule it was judged by are long gone.

use std::collections::BTreeSet;

use super::victims::{Lookup, Wanted};
use crate::policies::retention::{Keep, Schedule};
use crate::records::{Record, Stamp};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Days that are looked through: no law asks for more than a hundred years.
const LONGEST: i64 = 36_525;
/// Of a record whose dates or status do not tell whether law keeps it.
const UNDECIDED: &str = "min:undecided";

/// Days since 1970, of which a minimum that ends within a day counts the whole.
fn day_after(seconds: i64) -> i64 {
    -(-seconds).div_euclid(DAY)
}

fn day_mark(day: i64) -> String {
    format!("min:{day}")
}

/// The mark of a record that law keeps at `now`, or may keep.
pub(super) fn minimum_mark(schedule: &Schedule, record: &Record, now: i64) -> Option<String> {
    match schedule.decide(record.reference.kind, &record.facts, None, now).keep {
        Keep::Minimum { until } => {
            let last = now.div_euclid(DAY) + LONGEST;
            Some(day_mark(day_after(until.seconds).min(last)))
        }
        Keep::Undecidable { .. } => Some(UNDECIDED.to_owned()),
        _ => None,
    }
}

/// What law keeps of what is to be forgotten.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct KeptByLaw {
    /// Records and items of which one is within its minimum.
    pub within: u64,
    /// The first moment at which none of them is.
    pub until: Option<Stamp>,
    /// Records and items of which nobody can tell.
    pub undecided: u64,
}

impl KeptByLaw {
    /// Of everything that loses a key or bytes.
    pub(super) fn of(lookup: &Lookup, lost: &dyn Fn(u64) -> bool, now: i64) -> KeptByLaw {
        let marked = |mark: String| lookup.of(&Wanted::Mark(mark)).iter().copied().filter(|slot| lost(*slot));
        let mut within = BTreeSet::new();
        let mut last = None;
        let today = now.div_euclid(DAY);
        for day in today + 1..=today + LONGEST {
            let before = within.len();
            within.extend(marked(day_mark(day)));
            last = if within.len() > before { Some(day) } else { last };
        }
        let undecided: BTreeSet<u64> = marked(UNDECIDED.to_owned()).collect();
        KeptByLaw {
            within: within.len() as u64,
            until: last.and_then(|day| Stamp::from_epoch(day.saturating_mul(DAY))),
            undecided: undecided.difference(&within).count() as u64,
        }
    }

    /// Whether law keeps nothing of it, as far as anybody can tell.
    pub fn is_nothing(&self) -> bool {
        self.within == 0 && self.undecided == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minimum_that_ends_within_a_day_counts_the_whole() {
        assert_eq!((day_after(0), day_after(1), day_after(DAY), day_after(DAY + 1)), (0, 1, 1, 2));
        assert_eq!(day_after(-1), 0);
        assert_eq!(day_mark(20_000), "min:20000");
    }
}
