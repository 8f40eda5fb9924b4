//! Bulgarian ЕГН and ЛНЧ.
//!
//! EGN (Закон за гражданската регистрация art. 11; ГРАО): year, month (+20 for the 1800s, +40 for the 2000s)
//! and day of birth, three digits, one check digit with weights 2 4 8 5 10 9 7 3 6 modulo 11 modulo 10. LNCh,
//! the number of foreigners (Закон за чужденците art. 55): ten digits without meaning, the last with weights
//! 21 19 17 13 11 9 7 3 1 modulo 10.
//!
//! Miss rates: of random ten digits 1 in 100 passes as EGN (three centuries of dates), 1 in 10 as LNCh.

use super::digits::{Digits, is_date, uniform, weighted};
use super::writing::{Parted, parted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// Samples of ГРАО and of textbooks.
const SAMPLES: [[u8; 10]; 2] = [[7, 5, 2, 3, 1, 6, 9, 2, 6, 3], [6, 1, 0, 1, 0, 5, 7, 5, 0, 9]];

/// EGN.
pub(super) fn egn(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let all: [u8; 10] = Digits::of(matched).exactly()?;
    let [y1, y2, m1, m2, d1, d2, .., check] = all;
    let (century, month) = match m1 * 10 + m2 {
        month @ 41.. => (2000, month - 40),
        month @ 21.. => (1800, month - 20),
        month => (1900, month),
    };
    let sum = weighted(&all, &[2, 4, 8, 5, 10, 9, 7, 3, 6]);
    if u32::from(check) != sum % 11 % 10 || !is_date(century + i16::from(y1 * 10 + y2), month, d1 * 10 + d2) {
        return None;
    }
    let class = if SAMPLES.contains(&all) { ValueClass::Test } else { ValueClass::Real };
    let form = if parted(matched) == Parted::Bare { 0 } else { 1 };
    Some(Found::validated(probe).of_class(class).step(form - if century == 1800 { 3 } else { 0 }))
}

/// LNCh.
pub(super) fn lnch(probe: &Probe<'_>) -> Option<Found> {
    let all: [u8; 10] = Digits::of(probe.matched()).exactly()?;
    let sum = weighted(&all, &[21, 19, 17, 13, 11, 9, 7, 3, 1]);
    (u32::from(*all.last()?) == sum % 10 && !uniform(&all)).then(|| Found::validated(probe))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// Weights as powers of two modulo 11, months by a list of what was added.
    fn second_egn(text: &str) -> bool {
        let d: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let (mut weight, mut sum) = (1, 0);
        for digit in &d[..9] {
            weight = weight * 2 % 11;
            sum += weight * digit;
        }
        let (month, day) = (d[2] * 10 + d[3], d[4] * 10 + d[5]);
        let of = [(1900, 0), (1800, 20), (2000, 40)]
            .into_iter()
            .find(|(_, add)| (add + 1..=add + 12).contains(&month));
        let Some((century, add)) = of else { return false };
        let year = century + d[0] * 10 + d[1];
        sum % 11 % 10 == d[9] && seeded::east::is_day(year, month - add, day)
    }

    /// The weights by their last digits, the check digit moved to the sum.
    fn second_lnch(text: &str) -> bool {
        let d: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = d.iter().zip([1, 9, 7, 3, 1, 9, 7, 3, 1, 9]).map(|(d, w)| d * w).sum();
        sum.is_multiple_of(10) && d.iter().any(|digit| *digit != d[0])
    }

    #[test]
    fn egn_agrees_with_a_second_implementation() {
        seeded::agree(egn, second_egn, seeded::east::bg_egn);
    }

    #[test]
    fn lnch_agrees_with_a_second_implementation() {
        seeded::agree(lnch, second_lnch, seeded::east::bg_lnch);
    }

    #[test]
    fn published_values_hold() {
        assert_eq!(whole("7523169263", egn).unwrap().bits, -3, "1875");
        for value in ["8032056031", "7542011030", "6101057509", "752316 926 3"] {
            assert!(whole(value, egn).is_some(), "{value}");
        }
        for value in ["8019010008", "8032056032", "7523169262", "7553300004"] {
            assert!(whole(value, egn).is_none(), "{value}");
        }
        assert!(whole("7111042925", lnch).is_some());
        assert!(whole("7111 042 925", lnch).is_some());
        assert!(whole("7111042922", lnch).is_none());
        assert!(whole("0000000000", lnch).is_none());
    }
}
