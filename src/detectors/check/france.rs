//! French NIR (numéro d'inscription au répertoire, "numéro de sécurité sociale") and tax number (NIF, SPI).
//!
//! NIR: thirteen characters: sex, year, month, department (2A and 2B for Corsica, 20 before 1976), commune, order;
//! then a key of two digits, 97 less the remainder of the number by 97, with 2A counted as 19 and 2B as 18
//! (INSEE; décret n° 82-103). Months 20 and 30-42, 50-99 stand for unknown or incomplete civil status. Miss rate:
//! 1 in 97 of what civil status allows, about 1 in 230 of all fifteen digits.
//!
//! NIF: thirteen digits, the first 0 to 3, the last three the first ten mod 511 (DGFiP; European Commission, TIN
//! by country: France). Miss rate: 1 in 1,000.

use super::digits::{Digits, number, uniform};
use super::{Found, Probe};
use crate::records::ValueClass;

pub(super) fn nir(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let corsica = matched.iter().find(|byte| byte.is_ascii_alphabetic());
    let mut plain = [0_u8; 48];
    let mut len = 0;
    for byte in matched {
        let digit = match byte.to_ascii_uppercase() {
            b'A' => b'9',
            b'B' => b'8',
            other => other,
        };
        *plain.get_mut(len)? = digit;
        len += 1;
    }
    // 2A is 19 and 2B is 18: the letter became the second digit, the 2 before it becomes a 1.
    if let Some(at) = matched.iter().position(|byte| byte.is_ascii_alphabetic()) {
        let before = plain.get_mut(at.checked_sub(1)?)?;
        if *before != b'2' {
            return None;
        }
        *before = b'1';
    }
    let digits = Digits::of(plain.get(..len)?);
    let values = digits.as_slice();
    let (body, key) = values.split_at_checked(13)?;
    if !civil(body, corsica.is_some()) {
        return None;
    }
    // Sexes 3, 4, 7 and 8 are provisional numbers: fifteen digits that begin so are rather an IMEI or a card.
    let provisional = if values.first().is_some_and(|sex| *sex > 2) && digits.groups < 5 { -4 } else { 0 };
    let grouped = if digits.groups >= 5 { 3 } else { provisional };
    let class = if uniform(body.get(1..)?) { ValueClass::Test } else { ValueClass::Real };
    match key {
        [] => Some(Found::formed(probe).step(if grouped > 0 { -2 } else { grouped - 5 })),
        [tens, units] => {
            let key = u64::from(*tens) * 10 + u64::from(*units);
            (key == 97 - number(body) % 97).then(|| Found::validated(probe).of_class(class).step(grouped))
        }
        _ => None,
    }
}

/// Whether sex, month, department and commune can be; `corsica` where 2A or 2B was written.
fn civil(body: &[u8], corsica: bool) -> bool {
    let at = |from: usize, to: usize| body.get(from..to).map_or(0, number);
    let sex = matches!(at(0, 1), 1..=4 | 7 | 8);
    let month = matches!(at(3, 5), 1..=12 | 20 | 30..=42 | 50..=99);
    let department = corsica || matches!(at(5, 7), 1..=99);
    // Overseas departments have three digits and communes of two; abroad (99) a country of three.
    let commune = match at(5, 7) {
        97 | 98 => at(7, 8) > 0 || at(8, 10) > 0,
        _ => at(7, 10) > 0,
    };
    sex && month && department && commune && at(10, 13) > 0
}

pub(super) fn nif(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let all: [u8; 13] = digits.exactly()?;
    let (body, check) = all.split_at_checked(10)?;
    if all[0] > 3 || number(body) == 0 || number(check) != number(body) % 511 {
        return None;
    }
    let class = if number(body) == 3_023_217_600 { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class).step(if digits.groups == 5 { 3 } else { 0 }))
}

#[cfg(test)]
mod tests {
    use super::super::seeded::west;
    use super::super::{seeded, whole};
    use super::*;

    /// Key by long division, digit by digit, and the structure by text.
    fn second(text: &str) -> bool {
        let (body, key) = text.split_at(13);
        let month: u32 = body[3..5].parse().unwrap();
        let month_can = (1..13).contains(&month) || month == 20 || (30..43).contains(&month) || month > 49;
        let digits = body.replace("2A", "19").replace("2B", "18");
        let department = &body[5..7];
        if !"123478".contains(&body[..1]) || !month_can || department == "00" {
            return false;
        }
        if &body[7..10] == "000" || &body[10..] == "000" {
            return false;
        }
        let mut left = 0_u32;
        for c in digits.chars() {
            left = (left * 10 + c.to_digit(10).unwrap()) % 97;
        }
        97 - left == key.parse::<u32>().unwrap()
    }

    #[test]
    fn nir_agrees_with_a_second_implementation() {
        seeded::agree(nir, second, seeded::fr_nir);
    }

    /// The remainder by 511 in binary: 511 is 2^9 - 1, so groups of nine bits are added up.
    fn second_nif(text: &str) -> bool {
        let mut left: u64 = text[..10].parse().unwrap();
        while left > 511 {
            left = left / 512 + left % 512;
        }
        let key: u64 = text[10..].parse().unwrap();
        "0123".contains(&text[..1])
            && &text[..10] != "0000000000"
            && key == if left == 511 { 0 } else { left }
    }

    #[test]
    fn nif_agrees_with_a_second_implementation() {
        seeded::agree(nif, second_nif, west::fr_nif);
    }

    #[test]
    fn published_nifs_hold() {
        assert!(whole("30 23 217 600 053", nif).is_some_and(|found| found.bits == 3));
        assert!(whole("3023217600053", nif).is_some());
        assert!(whole("3023217600054", nif).is_none());
        assert!(whole("4023217600053", nif).is_none());
    }

    #[test]
    fn foreign_births_overseas_and_old_corsica() {
        let keyed = |body: &str| format!("{body}{:02}", 97 - body.parse::<u64>().unwrap() % 97);
        for body in ["1850599109123", "2770697101045", "1550220033012", "7850578006084", "2853078006084"] {
            assert!(whole(&keyed(body), nir).is_some_and(|found| found.validated), "{body}");
        }
        assert!(whole(&keyed("1851978006084"), nir).is_none(), "no month 19");
        let provisional = whole(&keyed("3850578006084"), nir).map(|found| found.bits);
        assert_eq!(provisional, Some(-4));
    }

    #[test]
    fn corsica_and_the_short_form() {
        assert!(whole("2 69 05 49 588 157 80", nir).unwrap().validated);
        assert!(!whole("2690549588157", nir).unwrap().validated);
        assert!(whole("2 69 05 49 588 157 81", nir).is_none());
        let corsican = seeded::fr_nir_corsica(7);
        assert!(whole(&corsican, nir).unwrap().validated, "{corsican}");
    }
}
