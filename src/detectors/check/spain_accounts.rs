//! Spanish bank account code (CCC) and social security number (NUSS, NAF).
//!
//! CCC: bank (4), branch (4), two check digits, account (10). Each check digit is 11 less the weighted sum
//! mod 11 of ten digits (bank and branch after two zeros; account), weights 1 2 4 8 5 10 9 7 3 6; 10 becomes
//! 1, 11 becomes 0 (Consejo Superior Bancario, Código Cuenta Cliente). Miss rate: 1 in 100.
//!
//! NUSS: province (2), number (8; 7 in old ones), control (2): province and number mod 97, where a number
//! below ten million counts as seven digits (Tesorería General de la Seguridad Social). Miss rate: 1 in 97,
//! less by the provinces.

use super::digits::{Digits, number, uniform, weighted};
use super::{Found, Probe};
use crate::records::ValueClass;

const WEIGHTS: &[u8; 10] = &[1, 2, 4, 8, 5, 10, 9, 7, 3, 6];

/// The check digit of ten digits.
pub(super) fn control(ten: &[u8]) -> u8 {
    match 11 - weighted(ten, WEIGHTS) % 11 {
        10 => 1,
        11 => 0,
        other => u8::try_from(other).unwrap_or(0),
    }
}

pub(super) fn ccc(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let all: [u8; 20] = digits.exactly()?;
    let (bank, rest) = all.split_at_checked(8)?;
    let (checks, account) = rest.split_at_checked(2)?;
    let mut first = [0_u8; 10];
    first.get_mut(2..)?.copy_from_slice(bank);
    if checks != [control(&first), control(account)] || uniform(&all) || in_iban(probe) {
        return None;
    }
    // Spanish banks are numbered below 4000.
    let bits = if all[0] > 3 { -3 } else { 0 } + if digits.groups > 1 { 4 } else { 0 };
    let class = if uniform(account) || number(account) == 1_234_567_890 {
        ValueClass::Test
    } else {
        ValueClass::Real
    };
    Some(Found::validated(probe).of_class(class).step(bits))
}

/// Whether the number is the rest of an IBAN: country and check digits stand before it.
fn in_iban(probe: &Probe<'_>) -> bool {
    let before = probe.field.get(..probe.start).unwrap_or(&[]);
    let before = before.strip_suffix(b" ").or_else(|| before.strip_suffix(b"-")).unwrap_or(before);
    matches!(before, [.., a, b, c, d] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic()
        && c.is_ascii_digit() && d.is_ascii_digit())
}

pub(super) fn nuss(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let values = digits.as_slice();
    let (province, rest) = values.split_at_checked(2)?;
    let (order, check) = rest.split_at_checked(rest.len().checked_sub(2)?)?;
    let province = number(province);
    if !matches!(order.len(), 7 | 8) || !matches!(province, 1..=53 | 66..=99) || number(order) == 0 {
        return None;
    }
    if number(check) != nuss_control(province, number(order)) {
        return None;
    }
    let old = if order.len() == 7 { -1 } else { 0 };
    let slashed = probe.matched().iter().filter(|byte| **byte == b'/').count() == 2;
    let grouped = if slashed { 5 } else { i32::from(digits.groups == 3) * 2 };
    let class =
        if uniform(order) || number(order) == 12_345_678 { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class).step(old + grouped))
}

/// The control of a province and an order number.
pub(super) fn nuss_control(province: u64, order: u64) -> u64 {
    let shift = if order < 10_000_000 { 10_000_000 } else { 100_000_000 };
    (province * shift + order) % 97
}

#[cfg(test)]
mod tests {
    use super::super::seeded::{self, west};
    use super::super::whole;
    use super::*;

    /// The sum with powers of two modulo 11: the weights are 2^0 to 2^9.
    fn second_ccc(text: &str) -> bool {
        let check = |ten: &str| {
            let mut factor = 1_u32;
            let mut sum = 0;
            for c in ten.chars() {
                sum += c.to_digit(10).unwrap() * factor;
                factor = factor * 2 % 11;
            }
            let left = (11 - sum % 11) % 11;
            if left == 10 { 1 } else { left }
        };
        let expected = format!("{}{}", check(&format!("00{}", &text[..8])), check(&text[10..]));
        text[8..10] == expected
    }

    /// The remainder by long division of the digits written one after the other.
    fn second_nuss(text: &str) -> bool {
        let province: u32 = text[..2].parse().unwrap();
        let order = &text[2..text.len() - 2];
        let order = if order.len() == 8 { order.strip_prefix('0').unwrap_or(order) } else { order };
        let order = if order.len() < 7 { format!("{order:0>7}") } else { order.to_owned() };
        let mut left = 0;
        for c in text[..2].chars().chain(order.chars()) {
            left = (left * 10 + c.to_digit(10).unwrap()) % 97;
        }
        let can = (1..54).contains(&province) || province > 65;
        can && order.contains(|c| c != '0') && text[text.len() - 2..] == format!("{left:02}")
    }

    #[test]
    fn ccc_agrees_with_a_second_implementation() {
        seeded::agree(ccc, second_ccc, west::es_ccc);
    }

    #[test]
    fn nuss_agrees_with_a_second_implementation() {
        seeded::agree(nuss, second_nuss, west::es_nuss);
        seeded::agree(nuss, second_nuss, west::es_nuss_old);
    }

    #[test]
    fn published_values_hold() {
        for value in ["2100-0418-45-0200051332", "2077 0024 00 3102575766", "20850103920300731702"] {
            assert!(whole(value, ccc).is_some(), "{value}");
        }
        assert!(whole("2100-0418-55-0200051332", ccc).is_none());
        assert!(whole("00000000000000000000", ccc).is_none());
        for value in ["28/12345678/40", "281234567840", "28 1234567 40"] {
            assert_eq!(whole(value, nuss).is_some(), value != "28 1234567 40", "{value}");
        }
        // 42 is the control of 28 and the seven digits; a leading zero changes nothing.
        assert!(whole("28/1234567/42", nuss).is_some());
        assert!(whole("28/01234567/42", nuss).is_some());
        assert!(whole("60/12345678/40", nuss).is_none(), "no province 60");
    }

    #[test]
    fn the_rest_of_an_iban_is_left_to_it() {
        let text = "ES91 2100 0418 4502 0005 1332";
        let probe = Probe { field: text.as_bytes(), start: 5, end: text.len() };
        assert!(ccc(&probe).is_none());
        assert!(whole(&text[5..], ccc).is_some());
    }
}
