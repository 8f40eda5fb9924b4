//! Croatian OIB.
//!
//! Zakon o osobnom identifikacijskom broju; Pravilnik, NN 1/2009: ten random digits and the check digit of
//! ISO/IEC 7064 MOD 11,10. Companies have one too. As a VAT number it has `HR` before it.
//!
//! Miss rate: 1 in 10 of random eleven digits.

use super::digits::{Digits, uniform};
use super::germany::mod_11_10;
use super::writing::after_prefix;
use super::{Found, Probe};
use crate::records::ValueClass;

pub(super) fn oib(probe: &Probe<'_>) -> Option<Found> {
    let (written, prefixed) = after_prefix(probe.matched());
    let all: [u8; 11] = Digits::of(written).exactly()?;
    let (check, body) = all.split_last()?;
    if *check != mod_11_10(body) || uniform(body) {
        return None;
    }
    let class = if body == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0] { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class).step(if prefixed { 6 } else { 0 }))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// The recurrence run over all eleven digits: it ends at 1.
    fn second(text: &str) -> bool {
        let d: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let mut p = 10;
        for digit in &d[..10] {
            let s = (p + digit) % 10;
            p = 2 * if s == 0 { 10 } else { s } % 11;
        }
        (p + d[10]) % 10 == 1 && d[..10].iter().any(|digit| *digit != d[0])
    }

    #[test]
    fn oib_agrees_with_a_second_implementation() {
        seeded::agree(oib, second, seeded::east::hr_oib);
        seeded::agree(oib, second, seeded::east::hr_oib_vat);
    }

    #[test]
    fn published_values_hold() {
        for value in ["33392005961", "69435151530", "HR33392005961", "HR 33392005961"] {
            assert!(whole(value, oib).is_some(), "{value}");
        }
        for value in ["33392005962", "12345678901", "00000000001"] {
            assert!(whole(value, oib).is_none(), "{value}");
        }
    }
}
