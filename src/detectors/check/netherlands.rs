//! Dutch burgerservicenummer (Wet algemene bepalingen burgerservicenummer; Regeling BSN).
//!
//! Nine digits; 9·d1 + 8·d2 + … + 2·d8 − d9 is a multiple of 11 and not all digits are 0. Eight digits
//! where the leading zero is left out.

use super::digits::{Digits, uniform, weighted};
use super::{Found, Probe};
use crate::records::ValueClass;

const SAMPLES: [[u8; 9]; 4] = [
    [1, 1, 1, 2, 2, 2, 3, 3, 3],
    [1, 2, 3, 4, 5, 6, 7, 8, 2],
    [9, 9, 9, 9, 9, 9, 9, 9, 0],
    [9, 9, 9, 9, 9, 0, 0, 1, 9],
];

pub(super) fn bsn(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let short = digits.as_slice().len() == 8;
    let mut all = [0_u8; 9];
    match digits.as_slice() {
        eight if short => all.get_mut(1..)?.copy_from_slice(eight),
        nine if nine.len() == 9 => all.copy_from_slice(nine),
        _ => return None,
    }
    let [body @ .., last] = all;
    let sum = weighted(&body, &[9, 8, 7, 6, 5, 4, 3, 2]);
    if uniform(&all) || !(sum + 11 - u32::from(last)).is_multiple_of(11) {
        return None;
    }
    let class = if SAMPLES.contains(&all) { ValueClass::Test } else { ValueClass::Real };
    let bits = if short { -2 } else { 0 } + if digits.groups == 3 { 1 } else { 0 };
    Some(Found::validated(probe).of_class(class).step(bits))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// Sums of suffixes: adding a running sum weighs the first digit most.
    fn second(text: &str) -> bool {
        let digits: Vec<i64> = text.chars().map(|c| i64::from(c.to_digit(10).unwrap())).collect();
        let (mut run, mut total) = (0, 0);
        for digit in &digits[..8] {
            run += digit;
            total += run;
        }
        // `total` weighs 8..=1; one more `run` makes 9..=2.
        (total + run - digits[8]) % 11 == 0 && digits.iter().any(|d| *d != digits[0])
    }

    #[test]
    fn bsn_agrees_with_a_second_implementation() {
        seeded::agree(bsn, second, seeded::nl_bsn);
    }

    #[test]
    fn published_values_hold() {
        assert!(whole("111222333", bsn).is_some());
        assert!(whole("1112.22.333", bsn).is_some());
        assert!(whole("123456789", bsn).is_none());
        assert!(whole("000000000", bsn).is_none());
    }
}
