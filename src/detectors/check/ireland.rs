//! Irish PPS number.
//!
//! Seven digits, a check letter, and for numbers from 2013 on a second letter (A for persons, B to I): the
//! digits times 8 to 2 and the second letter's place times 9, mod 23, is the letter's place, W for 0. The old
//! second letters W, T and X count nothing (Revenue, "PPSN checks"). Miss rate: 1 in 23.

use super::digits::{Digits, number, uniform, weighted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// The check letter of seven digits and a second letter's value.
pub(super) fn letter(seven: &[u8], second: u32) -> u8 {
    let sum = weighted(seven, &[8, 7, 6, 5, 4, 3, 2]) + 9 * second;
    match sum % 23 {
        0 => b'W',
        place => b'A' + u8::try_from(place - 1).unwrap_or(0),
    }
}

pub(super) fn pps(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let digits = Digits::of(matched);
    let seven: [u8; 7] = digits.exactly()?;
    let from = matched.iter().position(u8::is_ascii_alphabetic)?;
    let (check, second) = match *matched.get(from..)? {
        [check] => (check, None),
        [check, second] => (check, Some(second.to_ascii_uppercase())),
        _ => return None,
    };
    let value = match second {
        Some(second @ b'A'..=b'I') => u32::from(second - b'A') + 1,
        Some(b'W' | b'T' | b'X') | None => 0,
        Some(_) => return None,
    };
    if check.to_ascii_uppercase() != letter(&seven, value) {
        return None;
    }
    let mixed = matched.iter().any(u8::is_ascii_lowercase) && matched.iter().any(u8::is_ascii_uppercase);
    let bits = match second {
        Some(b'A' | b'H') => 2,
        Some(b'B' | b'W' | b'T' | b'X') => 1,
        _ => 0,
    } + if check.is_ascii_lowercase() { -2 } else { 0 }
        + if mixed { -2 } else { 0 };
    let class =
        if uniform(&seven) || number(&seven) == 1_234_567 { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class).step(bits))
}

#[cfg(test)]
mod tests {
    use super::super::seeded::{self, west};
    use super::super::whole;
    use super::*;

    /// The letter found by counting up the alphabet that ends in W.
    fn second(text: &str) -> bool {
        let mut sum = 0;
        for (at, c) in text[..7].chars().enumerate() {
            sum += c.to_digit(10).unwrap() * (8 - at as u32);
        }
        if let Some(last) = text[8..].chars().next().filter(|c| ('A'..='I').contains(c)) {
            sum += 9 * ("ABCDEFGHI".find(last).unwrap() as u32 + 1);
        }
        "WABCDEFGHIJKLMNOPQRSTUV".chars().cycle().nth(sum as usize) == text[7..].chars().next()
    }

    #[test]
    fn pps_agrees_with_a_second_implementation() {
        seeded::agree(pps, second, west::ie_pps);
        seeded::agree(pps, second, west::ie_pps_new);
    }

    #[test]
    fn published_values_hold() {
        for value in ["6433435F", "6433435FT", "6433435FW", "6433435OA", "6433435IH", "6433435-f"] {
            assert!(whole(value, pps).is_some(), "{value}");
        }
        for value in ["6433435E", "6433435VH", "6433435FA", "6433435FZ"] {
            assert!(whole(value, pps).is_none(), "{value}");
        }
    }
}
