//! Portuguese NIF (NIPC for firms) and document number of the citizen card.
//!
//! NIF: nine digits, the last of them 11 less the sum of the others times 9 to 2, mod 11; 10 and 11 become 0
//! (Decreto-Lei n.º 14/2013; Autoridade Tributária). Given out are 1, 2, 3, 45, 5, 6, 70-72, 74, 75, 77-79,
//! 8, 90, 91, 98, 99; others count less. Miss rate: 1 in 11 (2 in 11 for check digit 0).
//!
//! Citizen card: eight digits of the civil identification number, its check digit, two characters of the
//! version, a check digit: characters as 0-35, every second from the right but one doubled and less 9
//! above 9; the sum is a multiple of 10 (AMA, "Validação de Número de Documento do Cartão de Cidadão").
//! Miss rate: 1 in 10.

use super::digits::{Digits, number, uniform, weighted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// The check digit of eight: for the NIF and for the civil identification number within the card's.
pub(super) fn mod_11(eight: &[u8]) -> u8 {
    match 11 - weighted(eight, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 {
        10 | 11 => 0,
        other => u8::try_from(other).unwrap_or(0),
    }
}

pub(super) fn nif(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let digits = Digits::of(matched);
    let all: [u8; 9] = digits.exactly()?;
    let (body, check) = all.split_at_checked(8)?;
    if all[0] == 0 || uniform(&all) || check.first() != Some(&mod_11(body)) {
        return None;
    }
    let given_out = matches!(
        all,
        [1..=3 | 5 | 6 | 8, ..] | [4, 5, ..] | [7, 0..=2 | 4 | 5 | 7..=9, ..] | [9, 0 | 1 | 8 | 9, ..]
    );
    let prefixed = matched.first().is_some_and(u8::is_ascii_alphabetic);
    let bits = if given_out { 0 } else { -3 } + if prefixed { 4 } else { 0 };
    let class = if number(&all) == 123_456_789 { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class).step(bits))
}

/// The check digit of the first eleven characters of a card's number, in capitals.
pub(super) fn card_check(eleven: &[u8]) -> u8 {
    let sum: u32 = eleven
        .iter()
        .rev()
        .enumerate()
        .map(|(at, c)| {
            let value = u32::from(if c.is_ascii_digit() { c - b'0' } else { c.wrapping_sub(b'A') + 10 });
            match (at % 2, value * 2) {
                (1, _) => value,
                (_, doubled) if doubled > 9 => doubled - 9,
                (_, doubled) => doubled,
            }
        })
        .sum();
    ((10 - sum % 10) % 10) as u8
}

pub(super) fn citizen_card(probe: &Probe<'_>) -> Option<Found> {
    let mut plain = [0_u8; 12];
    let mut len = 0;
    for byte in probe.matched().iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        *plain.get_mut(len)? = byte.to_ascii_uppercase();
        len += 1;
    }
    let (body, check) = plain.split_at_checked(11)?;
    let (nine, version) = body.split_at_checked(9)?;
    let digits = Digits::of(nine);
    let nine: [u8; 9] = digits.exactly()?;
    if len != 12 || check.first() != Some(&(card_check(body) + b'0')) {
        return None;
    }
    // Versions begin at ZZ and go down; without a letter twelve digits say little.
    let version = match version {
        [b'Z', _] => 2,
        _ if version.iter().any(u8::is_ascii_alphabetic) => 0,
        _ => -5,
    };
    let civil = if nine.last() == Some(&mod_11(&nine[..8])) { 1 } else { 0 };
    let parted = probe.matched().len() >= 14;
    let bits = version + civil + if parted { 3 } else { 0 };
    let class = if uniform(&nine) { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class).step(bits))
}

#[cfg(test)]
mod tests {
    use super::super::seeded::{self, west};
    use super::super::whole;
    use super::*;

    /// The sum of running sums, and the check digit found by trying.
    fn second_nif(text: &str) -> bool {
        let d: Vec<u32> = text.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let (mut run, mut total) = (0, 0);
        for digit in &d[..8] {
            run += digit;
            total += run;
        }
        // `total` weighs 8 to 1; one more `run` makes 9 to 2.
        let sum = total + run;
        let closing = (0..11).find(|c| (sum + c) % 11 == 0).unwrap();
        d[0] != 0 && d.iter().any(|x| *x != d[0]) && d[8] == if closing == 10 { 0 } else { closing }
    }

    /// The published routine: from the left, every second of twelve doubled, the check digit among them.
    fn second_card(text: &str) -> bool {
        let mut sum = 0;
        for (at, c) in text.chars().enumerate() {
            let mut value = c.to_digit(36).unwrap();
            if at % 2 == 0 {
                value *= 2;
                if value > 9 {
                    value -= 9;
                }
            }
            sum += value;
        }
        sum % 10 == 0
    }

    #[test]
    fn nif_agrees_with_a_second_implementation() {
        seeded::agree(nif, second_nif, west::pt_nif);
    }

    #[test]
    fn citizen_card_agrees_with_a_second_implementation() {
        seeded::agree(citizen_card, second_card, west::pt_cc);
    }

    #[test]
    fn published_values_hold() {
        for value in ["123456789", "501 442 600", "PT501964843", "245.391.980"] {
            assert_eq!(whole(value, nif).is_some(), second_nif(&digits_of(value)), "{value}");
        }
        assert!(whole("PT501964843", nif).unwrap().bits > 0);
        assert!(whole("501964842", nif).is_none());
        for value in ["00000000 0 ZZ4", "000000000ZZ4", "00000000 0 zz4"] {
            assert!(whole(value, citizen_card).is_some(), "{value}");
        }
        for value in ["00000000 0 ZZ3", "00000000 A ZZ4"] {
            assert!(whole(value, citizen_card).is_none(), "{value}");
        }
    }

    fn digits_of(text: &str) -> String {
        text.chars().filter(char::is_ascii_digit).collect()
    }
}
