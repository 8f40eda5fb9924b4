//! Several claims on one place become one detection.

use crate::records::{CheckOutcome, Confidence, Detection, ValueClass};

/// Whether `a` goes before `b` where they overlap: first those that rules act on, among them those whose
/// check digits are right, then those of people the archive knows; then confidence, length, category name.
///
/// Validation alone does not win: one in eleven 9-digit numbers is a Dutch BSN by its digits, and a phone
/// number that holds one stays a phone number.
fn before(a: &Detection, b: &Detection) -> std::cmp::Ordering {
    let rank = |d: &Detection| {
        let judged = d.confidence >= Confidence::JUDGED;
        let known = judged && d.evidence.known_person;
        (judged, judged && d.evidence.check == CheckOutcome::Passed, known, d.confidence, d.end - d.start)
    };
    rank(b)
        .cmp(&rank(a))
        .then_with(|| a.category.name().cmp(b.category.name()))
        .then_with(|| (a.start, a.detector).cmp(&(b.start, b.detector)))
}

/// Leaves one detection for each place, sorted by start. `claims` are sorted by start.
///
/// A claim that loses to one with the same span and at most twice its confidence is named in `also`. The
/// span of the winner is reported; what a loser that redaction would act on has beyond it goes into the
/// winner's `covers`, so that nothing found is left standing.
pub(super) fn resolve(claims: &mut Vec<Detection>, out: &mut Vec<Detection>) {
    let mut cluster: Vec<Detection> = Vec::new();
    let mut reach = 0;
    let mut rest = claims.drain(..).peekable();
    while let Some(claim) = rest.next() {
        if claim.start >= reach && !cluster.is_empty() {
            settle(&mut cluster, out);
        }
        // Most claims touch no other.
        if cluster.is_empty() && rest.peek().is_none_or(|next| next.start >= claim.end) {
            out.push(claim);
            continue;
        }
        reach = if cluster.is_empty() { claim.end } else { reach.max(claim.end) };
        cluster.push(claim);
    }
    settle(&mut cluster, out);
}

/// Settles claims that touch each other, directly or through others.
fn settle(cluster: &mut Vec<Detection>, out: &mut Vec<Detection>) {
    if cluster.len() < 2 {
        out.append(cluster);
        return;
    }
    cluster.sort_by(before);
    let first = out.len();
    for claim in cluster.drain(..) {
        let Some(kept) =
            out.iter_mut().skip(first).find(|kept| kept.start < claim.end && claim.start < kept.end)
        else {
            out.push(claim);
            continue;
        };
        if claim.confidence >= Confidence::REDACTED {
            kept.covers = (kept.covers.0.min(claim.start), kept.covers.1.max(claim.end));
        }
        let same = (kept.start, kept.end) == (claim.start, claim.end);
        let close = claim.confidence.thousandths() * 2 >= kept.confidence.thousandths();
        if same && kept.category == claim.category {
            kept.evidence.known_person |= claim.evidence.known_person;
            kept.evidence.cue |= claim.evidence.cue;
            kept.confidence = kept.confidence.max(claim.confidence);
            // The row that reads the value knows whether it can belong to anybody.
            if kept.value_class == ValueClass::Real {
                kept.value_class = claim.value_class;
            }
        } else if same && close && !kept.also.contains(&claim.category) {
            kept.also.push(claim.category);
        }
    }
    if let Some(kept) = out.get_mut(first..) {
        kept.sort_by_key(|kept| kept.start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Category, DetectorIndex, Evidence, ValueClass, Weights};

    fn claim(start: u32, end: u32, name: &str, confidence: f64, check: bool) -> Detection {
        Detection {
            category: Category::named(name).unwrap(),
            detector: DetectorIndex(0),
            field: 0,
            start,
            end,
            confidence: Confidence::new(confidence),
            value_class: ValueClass::Real,
            evidence: Evidence {
                check: if check { CheckOutcome::Passed } else { CheckOutcome::None },
                cue: false,
                shielded: false,
                known_person: false,
                weights: Weights::default(),
            },
            also: Vec::new(),
            covers: (start, end),
        }
    }

    fn resolved(mut claims: Vec<Detection>) -> Vec<(u32, u32, String, Vec<String>)> {
        let mut out = Vec::new();
        resolve(&mut claims, &mut out);
        out.into_iter()
            .map(|d| {
                (d.start, d.end, d.category.to_string(), d.also.iter().map(ToString::to_string).collect())
            })
            .collect()
    }

    #[test]
    fn the_likelier_wins_and_close_ones_are_named() {
        let got = resolved(vec![
            claim(0, 9, "nl-bsn", 0.6, true),
            claim(0, 9, "pt-nif", 0.4, true),
            claim(0, 9, "pl-pesel", 0.1, true),
        ]);
        assert_eq!(got, [(0, 9, "nl-bsn".into(), vec!["pt-nif".to_owned()])]);
    }

    #[test]
    fn a_weak_check_does_not_beat_a_likely_phone() {
        let got =
            resolved(vec![claim(0, 12, "phone-number", 0.9, false), claim(3, 12, "nl-bsn", 0.03, true)]);
        assert_eq!(got, [(0, 12, "phone-number".into(), vec![])]);
    }

    #[test]
    fn among_likely_ones_the_validated_wins() {
        let got =
            resolved(vec![claim(0, 12, "phone-number", 0.9, false), claim(0, 12, "payment-card", 0.6, true)]);
        assert_eq!(got, [(0, 12, "payment-card".into(), vec!["phone-number".to_owned()])]);
    }

    #[test]
    fn what_a_loser_has_beyond_the_winner_is_covered() {
        let covers = |mut claims: Vec<Detection>| {
            let mut out = Vec::new();
            resolve(&mut claims, &mut out);
            out.iter().map(|d| (d.start, d.end, d.covers)).collect::<Vec<_>>()
        };
        let address = || claim(0, 30, "postal-address", 0.6, false);
        let name = || claim(7, 20, "person-name", 0.9, false);
        assert_eq!(covers(vec![address(), name()]), [(7, 20, (0, 30))]);
        // What nobody would redact on its own is not redacted with something else.
        let weak = claim(0, 30, "postal-address", 0.09, false);
        assert_eq!(covers(vec![weak, name()]), [(7, 20, (7, 20))]);
        // A claim that touches two winners is covered whole by the first it lost to.
        let bridge = claim(15, 40, "phone-number", 0.3, false);
        let last = claim(35, 50, "iban", 0.8, false);
        assert_eq!(covers(vec![name(), bridge, last]), [(7, 20, (7, 40)), (35, 50, (35, 50))]);
        assert_eq!(covers(vec![name()]), [(7, 20, (7, 20))]);
    }

    #[test]
    fn neighbours_stay_and_come_out_sorted() {
        let got = resolved(vec![
            claim(0, 5, "iban", 0.3, false),
            claim(4, 9, "secret", 0.9, false),
            claim(8, 12, "imei", 0.5, false),
            claim(12, 14, "iban", 0.5, false),
        ]);
        let spans: Vec<(u32, u32)> = got.iter().map(|d| (d.0, d.1)).collect();
        assert_eq!(spans, [(4, 9), (12, 14)]);
        let chained = resolved(vec![
            claim(0, 5, "iban", 0.8, false),
            claim(4, 9, "secret", 0.6, false),
            claim(8, 12, "imei", 0.7, false),
        ]);
        assert_eq!(chained.iter().map(|d| d.0).collect::<Vec<_>>(), [0, 8]);
    }
}
