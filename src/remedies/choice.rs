//! Which bytes of a block have to go, and what stays although something was seen.

use std::collections::BTreeMap;
use std::ops::Range;

use super::values::{Standing, ValueSets, covered};
use crate::records::{Block, Category, Confidence, Detection, Field, Role, ValueClass};

/// Why something stays.
pub(super) const KEY_OR_TIME: &str = "identifier, key, time stamp, size or version without a cue";
/// Why a number stays that was removed elsewhere.
pub(super) const SAME_DIGITS: &str =
    "identifier, key, time stamp, size or version with digits removed elsewhere";

/// Bytes of a field that go.
pub(super) struct Chosen {
    /// Position of the field in the block.
    pub(super) field: u32,
    /// In the text of the field as it stands in the block.
    pub(super) range: Range<usize>,
    /// What the likeliest of the data there is.
    pub(super) category: Category,
    pub(super) confidence: Confidence,
}

impl Chosen {
    /// Whether the value is looked for in other records as well: a single name that only its own record
    /// makes likely says nothing elsewhere.
    pub(super) fn is_certain(&self) -> bool {
        self.confidence >= Confidence::REDACTED
    }
}

/// What stays, by category and reason.
pub(super) type Left = BTreeMap<(Category, &'static str), u64>;

/// What is known of the output so far, from the second reading on.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) sets: &'a ValueSets,
    /// The scope of the record at hand, by its number among the item's.
    pub(super) scope: &'a dyn Fn(u64) -> u64,
}

/// The bytes of the block's text that go with a detection: its own and those of claims it won over.
fn bytes_of(detection: &Detection) -> Range<usize> {
    detection.covers.0 as usize..detection.covers.1 as usize
}

/// What becomes of a detection.
enum Fate {
    Goes,
    Stays,
    Nothing,
}

fn fate(detection: &Detection, role: Role) -> Fate {
    let bound = is_bound(role);
    match detection.confidence {
        low if low < Confidence::WRITTEN => Fate::Nothing,
        // Who belongs to the record is removed from it, however weak the sign.
        _ if detection.evidence.known_person => Fate::Goes,
        low if low < Confidence::REDACTED => Fate::Nothing,
        low if bound && low < Confidence::JUDGED && !detection.evidence.cue => Fate::Stays,
        _ => Fate::Goes,
    }
}

/// Fields on which joins, clocks and sizes rest: bare numbers there are rarely what they look like.
fn is_bound(role: Role) -> bool {
    matches!(role, Role::Identifier | Role::TimeStamp | Role::Measure | Role::RecordId)
}

/// Chooses, in the order of the text, each place once. `known` is none on the first reading.
pub(super) fn choose(
    block: &Block,
    detections: &[Detection],
    known: Option<Known<'_>>,
    left: &mut Left,
) -> Vec<Chosen> {
    let mut chosen: Vec<Chosen> = Vec::new();
    let mut standing = Standing::default();
    let mut looked = u32::MAX;
    for detection in detections {
        let Some(field) = block.fields().get(detection.field as usize) else { continue };
        match fate(detection, field.role) {
            Fate::Nothing => continue,
            Fate::Stays => {
                *left.entry((detection.category, KEY_OR_TIME)).or_default() += 1;
                continue;
            }
            Fate::Goes => {}
        }
        let bytes = bytes_of(detection);
        let base = field.start as usize;
        let range = bytes.start.saturating_sub(base)..bytes.end.saturating_sub(base);
        if let Some(known) = known {
            // Values set aside by standards belong to nobody, and ours are among them.
            if matches!(detection.value_class, ValueClass::Reserved | ValueClass::Documentation) {
                continue;
            }
            let text = block.field_text(field);
            if looked != detection.field {
                known.sets.look(text, (known.scope)(top(block, field)), &mut standing);
                looked = detection.field;
            }
            if covered(text, &range, &standing.marks) {
                continue;
            }
        }
        let (category, confidence) = (detection.category, detection.confidence);
        chosen.push(Chosen { field: detection.field, range, category, confidence });
    }
    if let Some(known) = known {
        tokens(block, known, &mut standing, &mut chosen, left);
    }
    chosen.sort_by_key(|one| (one.field, one.range.start, one.range.end));
    united(chosen)
}

/// Values removed elsewhere that stand in this block.
fn tokens(
    block: &Block,
    known: Known<'_>,
    standing: &mut Standing,
    chosen: &mut Vec<Chosen>,
    left: &mut Left,
) {
    for (at, field) in (0u32..).zip(block.fields()) {
        let text = block.field_text(field);
        known.sets.look(text, (known.scope)(top(block, field)), standing);
        for (range, category) in standing.left.drain(..) {
            let start = field.start as usize + range.start;
            if start < field.owned.0 as usize || start >= field.owned.1 as usize {
                continue;
            }
            let digits = text.get(range.clone()).is_some_and(|t| !t.contains(char::is_alphabetic));
            if is_bound(field.role) && digits {
                *left.entry((category, SAME_DIGITS)).or_default() += 1;
                continue;
            }
            chosen.push(Chosen { field: at, range, category, confidence: Confidence::REDACTED });
        }
    }
}

fn top(block: &Block, field: &Field) -> u64 {
    block.records.get(field.record as usize).map_or(0, |record| record.reference.ordinal.top)
}

/// Places that overlap become their union, named after the likeliest.
fn united(chosen: Vec<Chosen>) -> Vec<Chosen> {
    let mut out: Vec<Chosen> = Vec::with_capacity(chosen.len());
    for one in chosen {
        match out.last_mut() {
            Some(last) if last.field == one.field && one.range.start < last.range.end => {
                last.range.end = last.range.end.max(one.range.end);
                if one.confidence > last.confidence {
                    (last.category, last.confidence) = (one.category, one.confidence);
                }
            }
            _ => out.push(one),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(field: u32, range: Range<usize>, name: &str, confidence: f64) -> Chosen {
        let category = Category::named(name).unwrap();
        Chosen { field, range, category, confidence: Confidence::new(confidence) }
    }

    #[test]
    fn overlapping_places_become_their_union() {
        let all = united(vec![
            chosen(0, 0..5, "iban", 0.3),
            chosen(0, 3..9, "phone-number", 0.6),
            chosen(0, 9..12, "iban", 0.5),
            chosen(1, 9..12, "iban", 0.5),
        ]);
        let got: Vec<(u32, Range<usize>, &str)> =
            all.iter().map(|one| (one.field, one.range.clone(), one.category.name())).collect();
        assert_eq!(got, [(0, 0..9, "phone-number"), (0, 9..12, "iban"), (1, 9..12, "iban")]);
    }
}
