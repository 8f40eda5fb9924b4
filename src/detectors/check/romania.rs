//! Romanian CNP.
//!
//! OUG 97/2005 art. 6; HG 295/2021: sex and century in one digit, year, month and day of birth, two digits
//! for the county, three of a sequence, one check digit with weights 2 7 9 1 4 6 3 5 8 2 7 9 modulo 11, where
//! 10 is written 1. Counties are 01 to 46, 47 and 48 (two former sectors of Bucharest), 51, 52, and 70 for
//! whoever is registered in the national system. 7 and 8 are resident, 9 other foreigners: their century is
//! not said.
//!
//! Miss rate: of random thirteen digits 1.6 in 1,000 pass.

use super::digits::{Digits, is_date, weighted};
use super::writing::{Parted, parted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// Samples of textbooks.
const SAMPLES: [[u8; 13]; 2] =
    [[1, 6, 3, 0, 6, 1, 5, 1, 2, 3, 4, 5, 7], [1, 8, 0, 0, 1, 0, 1, 2, 2, 1, 1, 4, 4]];

pub(super) fn cnp(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let all: [u8; 13] = Digits::of(matched).exactly()?;
    let [sex, y1, y2, m1, m2, d1, d2, j1, j2, n1, n2, n3, check] = all;
    let (century, rare) = match sex {
        1 | 2 => (1900, 0),
        3 | 4 => (1800, -3),
        5 | 6 => (2000, 0),
        7 | 8 => (2000, 0),
        9 => (2000, -2),
        _ => return None,
    };
    let sum = weighted(&all, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    let wanted = if sum == 10 { 1 } else { sum };
    if u32::from(check) != wanted
        || n1 + n2 + n3 == 0
        || !matches!(j1 * 10 + j2, 1..=48 | 51 | 52 | 70)
        || !is_date(century + i16::from(y1 * 10 + y2), m1 * 10 + m2, d1 * 10 + d2)
    {
        return None;
    }
    let class = if SAMPLES.contains(&all) { ValueClass::Test } else { ValueClass::Real };
    let form = if parted(matched) == Parted::Bare { 0 } else { 2 };
    Some(Found::validated(probe).of_class(class).step(form + rare))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// Weights read from the published constant 279146358279, the calendar by hand.
    fn second(text: &str) -> bool {
        let d: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let constant = 279_146_358_279_u64.to_string();
        let sum: u32 = constant.chars().zip(&d).map(|(w, d)| w.to_digit(10).unwrap() * d).sum();
        let check = "01234567891".chars().nth((sum % 11) as usize).and_then(|c| c.to_digit(10));
        let year = d[1] * 10 + d[2] + [0, 19, 19, 18, 18, 20, 20, 20, 20, 20][d[0] as usize] * 100;
        let (month, day, county) = (d[3] * 10 + d[4], d[5] * 10 + d[6], d[7] * 10 + d[8]);
        check == Some(d[12])
            && d[0] > 0
            && seeded::east::is_day(year, month, day)
            && ((1..49).contains(&county) || [51, 52, 70].contains(&county))
            && d[9..12] != [0, 0, 0]
    }

    #[test]
    fn cnp_agrees_with_a_second_implementation() {
        seeded::agree(cnp, second, seeded::east::ro_cnp);
    }

    #[test]
    fn published_values_hold() {
        for value in ["1630615123457", "1800101221144", "1 63 06 15 12 345 7", "1-630615-123457"] {
            assert_eq!(whole(value, cnp).map(|f| f.class), Some(ValueClass::Test), "{value}");
        }
        for value in ["0800101221142", "1632215123457", "1630615123458", "1630615993457", "1630230123457"] {
            assert!(whole(value, cnp).is_none(), "{value}");
        }
    }

    #[test]
    fn counties_are_those_of_the_law() {
        let of =
            |county: u32| (0..10).any(|check| whole(&format!("2850101{county:02}001{check}"), cnp).is_some());
        let all: Vec<u32> = (0..100).filter(|county| of(*county)).collect();
        let wanted: Vec<u32> = (1..=48).chain([51, 52, 70]).collect();
        assert_eq!(all, wanted);
    }
}
