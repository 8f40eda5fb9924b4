//! Polish PESEL (ustawa o ewidencji ludności, art. 15) and NIP (ustawa o zasadach ewidencji, Dz.U. 2004 nr 269).
//!
//! PESEL: year, month and day of birth in six digits, the century added to the month (1800 +80, 1900 +0, 2000
//! +20, 2100 +40, 2200 +60), four digits of order and sex, one check digit with weights 1 3 7 9. Miss rate: 1 in
//! 10 of the dates that can be, about 1 in 55 of all eleven digits.
//!
//! NIP: ten digits, the first three the tax office (not 000), the last the sum of the others times 6 5 7 2 3 4 5 6 7,
//! mod 11; 10 is not given out. Miss rate: 1 in 11.

use super::digits::{Digits, is_date, uniform, weighted};
use super::{Found, Probe};
use crate::records::ValueClass;

const SAMPLES: [[u8; 11]; 3] =
    [[4, 4, 0, 5, 1, 4, 0, 1, 3, 5, 9], [4, 4, 0, 5, 1, 4, 0, 1, 4, 5, 8], [0, 2, 0, 7, 0, 8, 0, 3, 6, 2, 8]];

pub(super) fn pesel(probe: &Probe<'_>) -> Option<Found> {
    let all: [u8; 11] = Digits::of(probe.matched()).exactly()?;
    let [y1, y2, m1, m2, d1, d2, ..] = all;
    let (body, check) = all.split_at_checked(10)?;
    let sum = weighted(body, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    let month = m1 * 10 + m2;
    let century: i16 = match month / 20 {
        4 => 1800,
        0 => 1900,
        1 => 2000,
        2 => 2100,
        _ => 2200,
    };
    let year = century + i16::from(y1 * 10 + y2);
    if u32::from(*check.first()?) != (10 - sum % 10) % 10 || !is_date(year, month % 20, d1 * 10 + d2) {
        return None;
    }
    // Nobody alive is born before 1900 or after 2099: such a number is hardly a PESEL.
    let bits = if matches!(century, 1900 | 2000) { 0 } else { -3 };
    let class = if SAMPLES.contains(&all) { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class).step(bits))
}

/// The check value of the first nine digits of a NIP, 10 where none is given out.
pub(super) fn nip_check(nine: &[u8]) -> u32 {
    weighted(nine, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11
}

pub(super) fn nip(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let digits = Digits::of(matched);
    let all: [u8; 10] = digits.exactly()?;
    let (nine, check) = all.split_at_checked(9)?;
    if all.starts_with(&[0, 0, 0]) || uniform(&all) || nip_check(nine) != u32::from(*check.first()?) {
        return None;
    }
    let prefixed = matched.first().is_some_and(u8::is_ascii_alphabetic);
    let bits = if all[0] == 0 { -3 } else { 0 }
        + if prefixed { 4 } else { 0 }
        + if digits.groups == 4 { 2 } else { 0 };
    let class = if nine == [1, 2, 3, 4, 5, 6, 3, 2, 1] { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class).step(bits))
}

#[cfg(test)]
mod tests {
    use super::super::seeded::west;
    use super::super::{seeded, whole};
    use super::*;

    /// The other published formula, 9 7 3 1, and the calendar by hand.
    fn second(text: &str) -> bool {
        let d: Vec<u32> = text.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let sum: u32 = d.iter().zip([9, 7, 3, 1, 9, 7, 3, 1, 9, 7]).map(|(d, w)| d * w).sum();
        let (mut month, mut year) = (d[2] * 10 + d[3], d[0] * 10 + d[1] + 1900);
        for (from, add) in [(81, 1800), (61, 2200), (41, 2100), (21, 2000)] {
            if month >= from {
                month -= from - 1;
                year = d[0] * 10 + d[1] + add;
                break;
            }
        }
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let days = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let day = d[4] * 10 + d[5];
        sum % 10 == d[10] && (1..=12).contains(&month) && day >= 1 && day <= days[month as usize - 1]
    }

    #[test]
    fn pesel_agrees_with_a_second_implementation() {
        seeded::agree(pesel, second, seeded::pl_pesel);
    }

    /// The weighted sum less the check digit is a multiple of 11.
    fn second_nip(text: &str) -> bool {
        let d: Vec<i32> = text.chars().map(|c| c.to_digit(10).unwrap() as i32).collect();
        let sum: i32 = d.iter().zip([6, 5, 7, 2, 3, 4, 5, 6, 7, -1]).map(|(d, w)| d * w).sum();
        sum % 11 == 0 && d[..3].iter().any(|x| *x > 0) && d.iter().any(|x| *x != d[0])
    }

    #[test]
    fn nip_agrees_with_a_second_implementation() {
        seeded::agree(nip, second_nip, west::pl_nip);
    }

    #[test]
    fn published_nips_hold() {
        for value in ["123-456-32-18", "PL8567346215", "856-734-62-15", "106-00-00-062", "5260250274"] {
            assert!(whole(value, nip).is_some(), "{value}");
        }
        for value in ["1234563219", "0000000000", "856-734-62-16"] {
            assert!(whole(value, nip).is_none(), "{value}");
        }
    }

    #[test]
    fn published_values_hold() {
        assert!(whole("44051401359", pesel).is_some());
        assert!(whole("44051401358", pesel).is_none());
        assert!(whole("44053201354", pesel).is_none());
    }
}
