//! Identities of mobile devices (3GPP TS 23.003 section 6, GSMA TS.06): fourteen digits and a Luhn digit;
//! sixteen with the software version, which has no check digit.

use super::card::{issued, luhn};
use super::digits::{Digits, uniform};
use super::{Found, Probe, document};
use crate::records::ValueClass;

/// Reporting bodies that allocate type codes (GSMA TS.06 annex).
const BODIES: [u8; 17] = [1, 10, 30, 33, 35, 44, 45, 49, 50, 51, 52, 53, 54, 86, 91, 98, 99];

pub(super) fn imei(probe: &Probe<'_>) -> Option<Found> {
    let mut digits = Digits::of(probe.matched());
    let mut end = probe.end;
    // `352099001761481/01`: the version behind the number.
    if digits.as_slice().len() == 17 {
        end = probe.start + probe.matched().iter().rposition(|byte| !byte.is_ascii_digit())?;
        digits = Digits::of(probe.field.get(probe.start..end)?);
    }
    let values = digits.as_slice();
    let body = values.first()? * 10 + values.get(1)?;
    let test = body == 0;
    if !(BODIES.contains(&body) || test) || uniform(values) || !document::alone(probe) {
        return None;
    }
    let class = if test { ValueClass::Test } else { ValueClass::Real };
    let found = Found { end, ..Found::formed(probe) }.of_class(class);
    match values.len() {
        15 if luhn(values) => {
            let bits = if issued(values) { -2 } else { 0 };
            Some(Found { validated: true, ..found }.step(bits))
        }
        // No check digit: only a word beside it says anything.
        16 if !(issued(values) && luhn(values)) => Some(found.step(-4)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, seeded_things, whole};
    use super::*;

    /// Luhn by doubling from the left and casting out nines.
    fn second(text: &str) -> bool {
        let sum: u32 = text
            .chars()
            .enumerate()
            .map(|(at, c)| {
                let d = c.to_digit(10).unwrap();
                if at % 2 == 0 {
                    d
                } else if d == 9 {
                    9
                } else {
                    d * 2 % 9
                }
            })
            .sum();
        let body: u8 = text[..2].parse().unwrap();
        sum.is_multiple_of(10) && (BODIES.contains(&body) || body == 0)
    }

    #[test]
    fn numbers_agree_with_a_second_implementation() {
        seeded::agree(imei, second, seeded_things::imei);
    }

    #[test]
    fn forms_and_what_is_none() {
        for text in ["490154203237518", "49-015420-323751-8", "49 015420 323751 8"] {
            assert!(whole(text, imei).unwrap().validated, "{text}");
        }
        assert_eq!(whole("490154203237518/01", imei).unwrap().end, 15);
        assert!(!whole("4901542032375101", imei).unwrap().validated);
        for text in ["490154203237519", "201545820323751", "000000000000000"] {
            assert!(whole(text, imei).is_none(), "{text}");
        }
    }
}
