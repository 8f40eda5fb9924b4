//! Luxembourg's national identification number (matricule).
//!
//! Thirteen digits since 2014: date of birth YYYYMMDD, order (3), the Luhn digit of the eleven, the Verhoeff
//! digit of the same eleven (règlement grand-ducal du 28 novembre 2013). Miss rate: 1 in 100 of the dates that
//! can be.
//!
//! Eleven digits before: date (month and day 00 where not known), order (2), a check digit: the ten times 5 4 3 2 7 6
//! 5 4 3 2, mod 11, subtracted from 11, when the orders of a day ran out from 12, then from 13 (règlement
//! grand-ducal du 7 juin 1979). Three digits of eleven pass: miss rate 3 in 11 of the dates that can be.

use super::card::luhn;
use super::digits::{Digits, is_date, number, weighted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// Verhoeff's permutation of the digits (Verhoeff 1969, *Error Detecting Decimal Codes*).
const PERMUTATION: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/// The product in the dihedral group of order ten: rotations are 0-4, reflections 5-9.
fn dihedral(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b) % 5,
        (false, true) => 5 + (a + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// The Verhoeff digit of a number.
pub(super) fn verhoeff(digits: &[u8]) -> u8 {
    let permuted = |digit: u8, times: usize| {
        (0..times).fold(digit, |at, _| PERMUTATION.get(usize::from(at)).copied().unwrap_or(0))
    };
    let product =
        digits.iter().rev().enumerate().fold(0, |c, (at, digit)| dihedral(c, permuted(*digit, (at + 1) % 8)));
    if product < 5 { (5 - product) % 5 } else { product }
}

pub(super) fn nin(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let values = digits.as_slice();
    let part = |from: usize, to: usize| values.get(from..to).map_or(0, number);
    let year = i16::try_from(part(0, 4)).ok().filter(|year| (1850..=2099).contains(year))?;
    let (month, day) = (u8::try_from(part(4, 6)).ok()?, u8::try_from(part(6, 8)).ok()?);
    let known = is_date(year, month, day);
    let spaced = if digits.groups > 1 { 2 } else { 0 };
    match values.len() {
        13 => {
            let last = *values.last()?;
            if !known || !luhn(values.get(..12)?) || last != verhoeff(values.get(..11)?) {
                return None;
            }
            let class = if part(0, 13) == 1_893_120_105_732 { ValueClass::Test } else { ValueClass::Real };
            Some(Found::validated(probe).of_class(class).step(spaced))
        }
        11 => {
            let unknown = (month == 0 || day == 0) && month <= 12 && day <= 31;
            let right = (known || unknown) && is_old_check(values.get(..10)?, part(10, 11));
            right.then(|| Found::validated(probe).step(spaced - 5))
        }
        _ => None,
    }
}

/// Whether the digit is one of the three check digits of ten; 10 and 11 in the first are not given out.
fn is_old_check(ten: &[u8], check: u64) -> bool {
    let left = u64::from(weighted(ten, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11);
    (0..3).any(|series| (11 - left + series) % 11 == check)
}

#[cfg(test)]
mod tests {
    use super::super::seeded::{self, west};
    use super::super::whole;
    use super::*;

    const D: [&str; 10] = [
        "0123456789",
        "1234067895",
        "2340178956",
        "3401289567",
        "4012395678",
        "5987604321",
        "6598710432",
        "7659821043",
        "8765932104",
        "9876543210",
    ];
    const P: [&str; 8] = [
        "0123456789",
        "1576283094",
        "5803796142",
        "8916043527",
        "9453126870",
        "4286573901",
        "2793806415",
        "7046913258",
    ];

    fn cell(table: &[&str], row: usize, column: usize) -> usize {
        table[row][column..=column].parse().unwrap()
    }

    /// Verhoeff's printed tables, the check digit checked in place; Luhn with the check digit in place.
    fn second(text: &str) -> bool {
        let d: Vec<usize> = text.chars().map(|c| c.to_digit(10).unwrap() as usize).collect();
        let mut verhoeff_digits = d[..11].to_vec();
        verhoeff_digits.push(d[12]);
        let close = verhoeff_digits
            .iter()
            .rev()
            .enumerate()
            .fold(0, |c, (at, digit)| cell(&D, c, cell(&P, at % 8, *digit)));
        let sum: usize = d[..12]
            .iter()
            .rev()
            .enumerate()
            .map(|(at, digit)| if at % 2 == 1 { [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][*digit] } else { *digit })
            .sum();
        close == 0 && sum.is_multiple_of(10) && is_day(text)
    }

    fn is_day(text: &str) -> bool {
        let part = |from: usize, to: usize| text[from..to].parse::<usize>().unwrap();
        let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = [0, 31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        (1850..2100).contains(&year) && (1..13).contains(&month) && day > 0 && day <= days[month]
    }

    #[test]
    fn nin_agrees_with_a_second_implementation() {
        seeded::agree(nin, second, west::lu_nin);
    }

    #[test]
    fn published_values_hold() {
        for value in ["1893120105732", "1893 12 01 057 32"] {
            assert_eq!(whole(value, nin).map(|found| found.class), Some(ValueClass::Test), "{value}");
        }
        // One digit wrong in each place of a check, and a day that is not.
        for value in ["1893120105733", "1893120105742", "1893130105732", "0893120105732"] {
            assert!(whole(value, nin).is_none(), "{value}");
        }
    }

    #[test]
    fn the_old_number_has_three_check_digits() {
        let passing: Vec<u32> =
            (0..10).filter(|check| whole(&format!("1965031401{check}"), nin).is_some()).collect();
        // 1·5 + 9·4 + 6·3 + 5·2 + 0 + 3·6 + 1·5 + 4·4 + 0 + 1·2 = 110, a multiple of 11: 0, 1, 2.
        assert_eq!(passing, [0, 1, 2]);
        assert!(whole("19651314010", nin).is_none());
        // 5 + 36 + 18 + 10 + 2 = 71, 5 above a multiple of 11: 6, 7, 8.
        assert!(whole("19650000016", nin).is_some(), "month and day are not known");
        assert!(whole("19650000015", nin).is_none());
    }
}
