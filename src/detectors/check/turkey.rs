//! Turkish T.C. kimlik numarası.
//!
//! Nüfus Hizmetleri Kanunu 5490 art. 46; NVİ: eleven digits, the first not 0; the tenth is seven times the odd
//! places less the even places modulo 10, the eleventh the sum of the ten modulo 10. Foreigners' numbers begin
//! with 99 and follow the same rule.
//!
//! Miss rate: 9 in 1,000 of random eleven digits.

use super::digits::{Digits, uniform};
use super::{Found, Probe};
use crate::records::ValueClass;

/// Numbers that forms and the office's service print as samples.
const SAMPLES: [[u8; 11]; 2] = [[1, 0, 0, 0, 0, 0, 0, 0, 1, 4, 6], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]];

pub(super) fn kimlik(probe: &Probe<'_>) -> Option<Found> {
    let all: [u8; 11] = Digits::of(probe.matched()).exactly()?;
    let [nine @ .., tenth, eleventh] = all;
    let odd: u32 = nine.iter().step_by(2).map(|digit| u32::from(*digit)).sum();
    let even: u32 = nine.iter().skip(1).step_by(2).map(|digit| u32::from(*digit)).sum();
    // Nine times the even places is minus once, modulo 10.
    let right = (odd * 7 + even * 9) % 10 == u32::from(tenth)
        && (odd + even + u32::from(tenth)) % 10 == u32::from(eleventh);
    if !right || nine.first() == Some(&0) {
        return None;
    }
    let test = SAMPLES.contains(&all) || uniform(&nine);
    Some(Found::validated(probe).of_class(if test { ValueClass::Test } else { ValueClass::Real }))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// Both digits as differences: 10 less the sum with weights 3 and 1; eight times the odd places.
    fn second(text: &str) -> bool {
        let d: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = d[..9].iter().zip([3, 1].into_iter().cycle()).map(|(d, w)| d * w).sum();
        let odd: u32 = [0, 2, 4, 6, 8].iter().map(|at| d[*at]).sum();
        (10 - sum % 10) % 10 == d[9] && odd * 8 % 10 == d[10] && d[0] != 0
    }

    #[test]
    fn kimlik_agrees_with_a_second_implementation() {
        seeded::agree(kimlik, second, seeded::east::tr_tckimlik);
    }

    #[test]
    fn published_values_hold() {
        assert_eq!(whole("10000000146", kimlik).unwrap().class, ValueClass::Test);
        assert_eq!(whole("17291716060", kimlik).unwrap().class, ValueClass::Real);
        assert!(whole("172 917 160 60", kimlik).is_some());
        for value in ["17291716050", "17291716061", "07291716092", "00000000000"] {
            assert!(whole(value, kimlik).is_none(), "{value}");
        }
    }
}
