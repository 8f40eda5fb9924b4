//! Hungarian TAJ-szám and adóazonosító jel.
//!
//! Act XX of 1996 (1996. évi XX. törvény), annexes 1 and 2. TAJ: eight digits and a check digit, those in odd
//! places times 3, those in even places times 7, modulo 10. Adóazonosító jel: 8, five digits that count the
//! days from 1 January 1867 to the birth, three of a sequence, a check digit: the sum of the digits times
//! their places modulo 11, where 10 is not given out.
//!
//! Miss rates: 1 in 10 of random nine digits; 1 in 110 of random ten digits.

use super::digits::{Digits, number, uniform, weighted};
use super::writing::{Parted, parted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// Days from 1867 to 1 January 1900 and to 1 January 2040.
const PLAUSIBLE: std::ops::Range<u64> = 12_053..63_187;

/// TAJ.
pub(super) fn taj(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let all: [u8; 9] = Digits::of(matched).exactly()?;
    let sum = weighted(&all, &[3, 7, 3, 7, 3, 7, 3, 7]);
    if u32::from(*all.last()?) != sum % 10 || uniform(&all) {
        return None;
    }
    let class = if all == [1, 2, 3, 4, 5, 6, 7, 8, 8] { ValueClass::Test } else { ValueClass::Real };
    let form = match parted(matched) {
        Parted::Bare => 0,
        Parted::Spaced | Parted::Signed => 1,
    };
    Some(Found::validated(probe).of_class(class).step(form))
}

/// Adóazonosító jel.
pub(super) fn tax_id(probe: &Probe<'_>) -> Option<Found> {
    let all: [u8; 10] = Digits::of(probe.matched()).exactly()?;
    let [8, d1, d2, d3, d4, d5, _, _, _, check] = all else { return None };
    if weighted(&all, &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 != u32::from(check) {
        return None;
    }
    let days = number(&[d1, d2, d3, d4, d5]);
    Some(Found::validated(probe).step(if PLAUSIBLE.contains(&days) { 0 } else { -3 }))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// Odd and even places summed apart.
    fn second_taj(text: &str) -> bool {
        let d: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let odd = d[0] + d[2] + d[4] + d[6];
        let even = d[1] + d[3] + d[5] + d[7];
        (odd * 3 + even * 7 + 9 * d[8]).is_multiple_of(10) && d.iter().any(|digit| *digit != d[0])
    }

    /// Sums of suffixes: each digit is added as often as its place says.
    fn second_tax_id(text: &str) -> bool {
        let d: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let (mut run, mut total) = (0, 0);
        for digit in d[..9].iter().rev() {
            run += digit;
            total += run;
        }
        d[0] == 8 && total % 11 == d[9]
    }

    #[test]
    fn taj_agrees_with_a_second_implementation() {
        seeded::agree(taj, second_taj, seeded::east::hu_taj);
    }

    #[test]
    fn tax_id_agrees_with_a_second_implementation() {
        seeded::agree(tax_id, second_tax_id, seeded::east::hu_tax_id);
    }

    #[test]
    fn published_values_hold() {
        for value in ["123456788", "123 456 788", "123-456-788", "111111110"] {
            assert!(whole(value, taj).is_some(), "{value}");
        }
        for value in ["123456789", "000000000", "123456778"] {
            assert!(whole(value, taj).is_none(), "{value}");
        }
        for value in ["8365670003", "8365 670 003"] {
            assert_eq!(whole(value, tax_id).map(|f| f.bits), Some(0), "{value}");
        }
        for value in ["8365670004", "7365670004"] {
            assert!(whole(value, tax_id).is_none(), "{value}");
        }
    }

    #[test]
    fn a_birth_before_1900_is_hardly_one() {
        let old = (0..10).find_map(|last| whole(&format!("801000000{last}"), tax_id)).unwrap();
        assert_eq!(old.bits, -3);
    }
}
