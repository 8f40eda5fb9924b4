//! Norwegian fødselsnummer, D-nummer and H-nummer.
//!
//! Folkeregisterforskriften § 2-2-1 to § 2-2-3: day, month and year of birth, three digits whose range tells
//! the century, two check digits modulo 11. A D-number has 40 added to its day, a hospital's H-number 40 to
//! its month (KITH HIS 1001), an FH-number begins with 8 or 9 and holds no date. Skatteetaten's synthetic
//! people (Tenor) have 80 added to their month.
//!
//! Left out: the wider first check digit that Skatteetaten announces for numbers given out from 2032 on.
//!
//! Miss rate: of random eleven digits 6 in 10,000 pass as any of the dated forms, and as many again as
//! FH-numbers, which count less.

use super::digits::{Digits, is_date, number, weighted};
use super::writing::{Parted, parted};
use super::{Found, Probe};
use crate::records::ValueClass;

pub(super) fn fodselsnummer(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let all: [u8; 11] = Digits::of(matched).exactly()?;
    let first = weighted(&all, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]);
    let second = weighted(&all, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
    if !first.is_multiple_of(11) || !second.is_multiple_of(11) {
        return None;
    }
    let (class, kind) = kind(&all)?;
    let form = match parted(matched) {
        Parted::Bare => 0,
        Parted::Spaced => 3,
        Parted::Signed => 4,
    };
    Some(Found::validated(probe).of_class(class).step(form + kind))
}

/// Whether it is of a person or synthetic, and how likely the kind is; none where there is no such date.
fn kind(all: &[u8; 11]) -> Option<(ValueClass, i32)> {
    let [d1, d2, m1, m2, y1, y2, individual @ .., _, _] = *all;
    let (day, month) = (d1 * 10 + d2, m1 * 10 + m2);
    if day >= 80 {
        return Some((ValueClass::Real, -2));
    }
    let (day, foreign) = if day > 40 { (day - 40, true) } else { (day, false) };
    let (month, class, hospital) = match month {
        81.. => (month - 80, ValueClass::Test, false),
        41.. => (month - 40, ValueClass::Real, true),
        _ => (month, ValueClass::Real, false),
    };
    let year = i16::from(y1 * 10 + y2);
    let century = match number(&individual) {
        0..=499 => 1900,
        500..=749 if year >= 54 => 1800,
        500..=999 if year < 40 => 2000,
        900..=999 => 1900,
        _ => return None,
    };
    let rare = if hospital { -2 } else { 0 } - if century == 1800 { 2 } else { 0 } - i32::from(foreign);
    is_date(century + year, month, day).then_some((class, rare))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// Check digits as differences to 11, dates by hand.
    fn second(text: &str) -> bool {
        let d: Vec<i32> = text.chars().filter_map(|c| c.to_digit(10)).map(|d| d as i32).collect();
        let digit = |weights: &[i32]| {
            let rest = d.iter().zip(weights).map(|(d, w)| d * w).sum::<i32>() % 11;
            if rest == 0 { 0 } else { 11 - rest }
        };
        if digit(&[3, 7, 6, 1, 8, 9, 4, 5, 2]) != d[9] || digit(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) != d[10] {
            return false;
        }
        if d[0] >= 8 {
            return true;
        }
        let (day, short) = ((d[0] % 4) * 10 + d[1], d[4] * 10 + d[5]);
        let month = d[2] * 10 + d[3];
        let month = [0, 40, 80].into_iter().map(|add| month - add).find(|m| (1..=12).contains(m));
        let series = d[6] * 100 + d[7] * 10 + d[8];
        let year = [
            (0, 499, 1900, 0, 99),
            (500, 749, 1800, 54, 99),
            (500, 999, 2000, 0, 39),
            (900, 999, 1900, 40, 99),
        ]
        .into_iter()
        .find(|(a, b, _, from, to)| (a..=b).contains(&&series) && (from..=to).contains(&&short))
        .map(|(_, _, century, _, _)| century + short);
        let (Some(month), Some(year)) = (month, year) else { return false };
        seeded::east::is_day(year, month, day)
    }

    #[test]
    fn fodselsnummer_agrees_with_a_second_implementation() {
        seeded::agree(fodselsnummer, second, seeded::east::no_fnr);
        seeded::agree(fodselsnummer, second, seeded::east::no_dnr);
        seeded::agree(fodselsnummer, second, seeded::east::no_hnr);
        seeded::agree(fodselsnummer, second, seeded::east::no_fhnr);
    }

    #[test]
    fn published_values_hold() {
        for value in ["15108695088", "151086 95088", "151086-95088", "151086 950 88", "31129956715"] {
            assert!(whole(value, fodselsnummer).is_some(), "{value}");
        }
        for value in ["15108695077", "15108695089", "32108695088", "00000000000"] {
            assert!(whole(value, fodselsnummer).is_none(), "{value}");
        }
    }

    #[test]
    fn synthetic_people_are_told_apart() {
        for seed in 0..50 {
            let class = |text: String| whole(&text, fodselsnummer).unwrap().class;
            assert_eq!(class(seeded::east::no_synthetic(seed)), ValueClass::Test);
            assert_eq!(class(seeded::east::no_dnr(seed)), ValueClass::Real);
        }
    }
}
