//! German Steuer-Identifikationsnummer (§ 139b AO).
//!
//! Eleven digits, the first not 0. Of the first ten exactly one digit stands twice or three times and
//! all others at most once; three equal digits never stand side by side. The eleventh is the check
//! digit of ISO/IEC 7064 MOD 11,10 (BZSt, "Informationen zur Berechnung gültiger Prüfziffern", 2016).

use super::digits::Digits;
use super::{Found, Probe};
use crate::records::ValueClass;

/// Published samples of the BZSt and of form instructions.
const SAMPLES: [[u8; 11]; 3] =
    [[8, 6, 0, 9, 5, 7, 4, 2, 7, 1, 9], [4, 7, 0, 3, 6, 8, 9, 2, 8, 1, 6], [6, 5, 9, 2, 9, 9, 7, 0, 4, 8, 9]];

pub(super) fn steuer_id(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let all: [u8; 11] = digits.exactly()?;
    let (body, check) = all.split_at_checked(10)?;
    if body.first() == Some(&0) || !repeats(body) || check.first() != Some(&mod_11_10(body)) {
        return None;
    }
    let class = if SAMPLES.contains(&all) { ValueClass::Test } else { ValueClass::Real };
    let grouped = if digits.groups == 4 { 2 } else { 0 };
    Some(Found::validated(probe).of_class(class).step(grouped))
}

/// The rule of repeated digits in the first ten.
fn repeats(body: &[u8]) -> bool {
    let count = |digit: u8| body.iter().filter(|d| **d == digit).count();
    let repeated = (0..10).filter(|digit| count(*digit) > 1).count();
    let most = (0..10).map(count).max().unwrap_or(0);
    let side_by_side = body.windows(3).any(|three| matches!(three, [a, b, c] if a == b && b == c));
    repeated == 1 && most <= 3 && !side_by_side
}

/// The check digit of ISO/IEC 7064 MOD 11,10.
pub(super) fn mod_11_10(body: &[u8]) -> u8 {
    let product = body.iter().fold(10_u8, |product, digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// The recurrence of the standard run to the end: the last product plus check digit is 1 mod 10.
    fn second(text: &str) -> bool {
        let digits: Vec<u32> = text.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let mut p = 10;
        for digit in &digits[..10] {
            let mut s = (p % 11 + digit) % 10;
            if s == 0 {
                s = 10;
            }
            p = 2 * s;
        }
        let closes = (p % 11 + digits[10]) % 10 == 1;
        let mut sorted = digits[..10].to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let triple = text.as_bytes()[..10].windows(3).any(|w| w[0] == w[1] && w[1] == w[2]);
        // Nine different digits: one twice. Eight: one three times, or two twice (not allowed).
        let three = (0..10).any(|d| digits[..10].iter().filter(|x| **x == d).count() == 3);
        closes && digits[0] != 0 && !triple && (sorted.len() == 9 || (sorted.len() == 8 && three))
    }

    #[test]
    fn steuer_id_agrees_with_a_second_implementation() {
        seeded::agree(steuer_id, second, seeded::de_steuer_id);
    }

    #[test]
    fn published_values_hold() {
        for value in ["86095742719", "47036892816", "65929970489", "86 095 742 719"] {
            assert_eq!(whole(value, steuer_id).map(|f| f.class), Some(ValueClass::Test), "{value}");
        }
        for value in ["01234567899", "12345678901", "11111111111", "86095742718"] {
            assert!(whole(value, steuer_id).is_none(), "{value}");
        }
    }
}
