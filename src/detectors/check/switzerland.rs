//! Swiss AHV (AVS) number, of 2008 and before.
//!
//! Now: 756, nine digits, the check digit of EAN-13 (ZAS, "NAVS13"). Miss rate: 1 in 10 of those with 756.
//!
//! Until 2008: name (3), year (2), a digit of sex and quarter (1-4 men, 5-8 women), day in the quarter of months of
//! 31 days (2), order (2), check digit: 11 less the sum of the ten others times 5 4 3 2 7 6 5 4 3 2, mod 11;
//! 11 becomes 0, 10 is not given out (AHV-Merkblatt 1.01, before 2008). Miss rate: 1 in 11 of those that
//! can be a day, about 1 in 17 of all eleven digits.

use super::digits::{Digits, weighted};
use super::{Found, Probe};
use crate::records::ValueClass;

const SAMPLES: [[u8; 13]; 3] = [
    [7, 5, 6, 9, 2, 1, 7, 0, 7, 6, 9, 8, 5],
    [7, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8, 9, 7],
    [7, 5, 6, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1],
];

/// The check digit of EAN-13 for the first twelve.
pub(super) fn ean(twelve: &[u8]) -> u8 {
    let sum = weighted(twelve, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
    ((10 - sum % 10) % 10) as u8
}

/// The check value of the first ten of the old number; 10 where none is given out.
pub(super) fn old_check(ten: &[u8]) -> u32 {
    (11 - weighted(ten, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11
}

pub(super) fn ahv(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let values = digits.as_slice();
    let (body, check) = values.split_at_checked(values.len().checked_sub(1)?)?;
    let check = *check.first()?;
    match body.len() {
        12 => {
            if !body.starts_with(&[7, 5, 6]) || ean(body) != check {
                return None;
            }
            let class = if SAMPLES.iter().any(|s| s == values) { ValueClass::Test } else { ValueClass::Real };
            let dressed = if digits.groups == 4 { 4 } else { 0 };
            Some(Found::validated(probe).of_class(class).step(dressed))
        }
        10 => {
            let [n, _, _, _, _, quarter, d1, d2, ..] = *body else { return None };
            let can = n > 0 && matches!(quarter, 1..=8) && matches!(d1 * 10 + d2, 1..=93);
            let right = can && old_check(body) == u32::from(check);
            // Dotted it may be an IPv4 address, bare any eleven digits.
            let dressed = if digits.groups == 4 { -3 } else { -6 };
            right.then(|| Found::validated(probe).step(dressed))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::seeded::{self, west};
    use super::super::whole;
    use super::*;

    /// EAN-13 the other way round: thrice the even places and the odd ones make a multiple of 10.
    fn second(text: &str) -> bool {
        let sum: u32 = text
            .chars()
            .rev()
            .enumerate()
            .map(|(at, c)| c.to_digit(10).unwrap() * if at % 2 == 1 { 3 } else { 1 })
            .sum();
        text.starts_with("756") && sum.is_multiple_of(10)
    }

    fn second_old(text: &str) -> bool {
        let d: Vec<u32> = text.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let sum: u32 = d.iter().zip([5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).map(|(d, w)| d * w).sum();
        let day = d[6] * 10 + d[7];
        d[0] > 0 && (1..9).contains(&d[5]) && day > 0 && day < 94 && sum.is_multiple_of(11)
    }

    #[test]
    fn ahv_agrees_with_a_second_implementation() {
        seeded::agree(ahv, second, west::ch_ahv);
        seeded::agree(ahv, second_old, west::ch_ahv_old);
    }

    #[test]
    fn published_values_hold() {
        for value in ["756.9217.0769.85", "7561234567897", "756 1234 5678 97"] {
            assert_eq!(whole(value, ahv).map(|found| found.class), Some(ValueClass::Test), "{value}");
        }
        assert!(whole("123.45.678.113", ahv).is_some(), "the old leaflet's example");
        for value in ["756.9217.0769.84", "7609217076981", "123.45.678.114", "123.45.978.113"] {
            assert!(whole(value, ahv).is_none(), "{value}");
        }
    }
}
