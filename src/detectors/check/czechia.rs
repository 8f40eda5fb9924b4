//! Czech and Slovak rodné číslo: one scheme of one former state.
//!
//! Zákon 133/2000 Sb. §§ 13-13a; zákon NR SR 301/1995 Z. z. § 2: year, month (+50 for women; in Czechia since
//! 2004 also +20 and +70) and day of birth, a slash, four digits: the ten are a multiple of 11. Until 1985 some
//! ended in 0 where the first nine leave 10 by 11. Until the end of 1953 there were three digits and no check
//! digit: these nine digits count as not validated.
//!
//! Miss rate: of random ten digits 1 in 120 passes, of random nine digits 1 in 24 has a date of that time.

use super::digits::{Digits, is_date, number};
use super::writing::{Parted, parted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// Samples of forms and manuals.
const SAMPLES: [[u8; 10]; 2] = [[7, 1, 0, 3, 1, 9, 2, 7, 4, 5], [7, 8, 0, 1, 2, 3, 3, 5, 4, 0]];

pub(super) fn rodne_cislo(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let digits = Digits::of(matched);
    let form = match parted(matched) {
        Parted::Bare => 0,
        Parted::Spaced => 1,
        Parted::Signed if matched.contains(&b'/') => 5,
        Parted::Signed => 2,
    };
    match *digits.as_slice() {
        [y1, y2, m1, m2, d1, d2, _, _, _] => {
            let year = match y1 * 10 + y2 {
                year @ 0..=53 => 1900 + i16::from(year),
                year @ 80.. => 1800 + i16::from(year),
                _ => return None,
            };
            let month = month(m1 * 10 + m2, year)?;
            let old = if year < 1900 { -3 } else { 0 };
            is_date(year, month, d1 * 10 + d2).then(|| Found::formed(probe).step(form / 3 + old - 1))
        }
        [y1, y2, m1, m2, d1, d2, _, _, _, last] => {
            let short = i16::from(y1 * 10 + y2);
            let year = if short >= 54 { 1900 + short } else { 2000 + short };
            let nine = number(digits.as_slice().get(..9)?);
            let early = nine % 11 == 10 && last == 0 && (1954..=1985).contains(&year);
            let month = month(m1 * 10 + m2, year)?;
            if nine % 11 != u64::from(last) && !early || !is_date(year, month, d1 * 10 + d2) {
                return None;
            }
            let sample = SAMPLES.iter().any(|sample| sample == digits.as_slice());
            let class = if sample { ValueClass::Test } else { ValueClass::Real };
            Some(Found::validated(probe).of_class(class).step(form))
        }
        _ => None,
    }
}

/// The month without what was added to it.
fn month(written: u8, year: i16) -> Option<u8> {
    match written {
        1..=12 => Some(written),
        51..=62 => Some(written - 50),
        21..=32 if year >= 2004 => Some(written - 20),
        71..=82 if year >= 2004 => Some(written - 70),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// Divisibility by alternating sums, the early exception from the sum of nine.
    fn second(text: &str) -> bool {
        let d: Vec<i32> = text.chars().filter_map(|c| c.to_digit(10)).map(|d| d as i32).collect();
        let alternating =
            |d: &[i32]| d.iter().zip([1, -1].into_iter().cycle()).map(|(d, s)| d * s).sum::<i32>();
        let short = d[0] * 10 + d[1];
        let year = short + if short < 54 { 2000 } else { 1900 };
        let holds = alternating(&d).rem_euclid(11) == 0;
        let early = year <= 1985 && d[9] == 0 && alternating(&d[..9]).rem_euclid(11) == 10;
        let written = d[2] * 10 + d[3];
        let adds: &[i32] = if year >= 2004 { &[0, 20, 50, 70] } else { &[0, 50] };
        let Some(month) = adds.iter().map(|add| written - add).find(|m| (1..=12).contains(m)) else {
            return false;
        };
        let day = d[4] * 10 + d[5];
        (holds || early) && seeded::east::is_day(year, month, day)
    }

    #[test]
    fn rodne_cislo_agrees_with_a_second_implementation() {
        seeded::agree(rodne_cislo, second, seeded::east::cz_rc);
        seeded::agree(rodne_cislo, second, seeded::east::sk_rc);
    }

    #[test]
    fn published_values_hold() {
        for value in ["710319/2745", "7103192745", "710319 / 2745", "710319 2745", "780123/3540"] {
            assert_eq!(
                whole(value, rodne_cislo).map(|f| (f.validated, f.class)),
                Some((true, ValueClass::Test)),
                "{value}"
            );
        }
        for value in ["710319/2746", "1103492745", "590312/123", "712319/2745", "710332/2745"] {
            assert!(whole(value, rodne_cislo).is_none(), "{value}");
        }
    }

    #[test]
    fn nine_digits_are_of_before_1954_and_not_proved() {
        for value in ["470924/117", "525612/345", "991231123"] {
            assert!(!whole(value, rodne_cislo).unwrap().validated, "{value}");
        }
        assert!(whole("540101/117", rodne_cislo).is_none());
        assert!(whole("472924/117", rodne_cislo).is_none(), "no months +20 then");
    }

    #[test]
    fn a_zero_after_a_remainder_of_ten_ended_in_1985() {
        let of = |year: u32| {
            (0..1_000)
                .map(|n| u64::from(year) * 10_000_000 + 101_000 + n)
                .filter(|nine| nine % 11 == 10)
                .any(|nine| whole(&format!("{:09}0", nine), rodne_cislo).is_some())
        };
        assert!(of(80) && of(85));
        assert!(!of(86) && !of(99));
    }
}
