//! German pension insurance number (RVNR) and health insurance number (KVNR).
//!
//! RVNR: area (2), date of birth DDMMYY, first letter of the birth name, serial number (2), check digit.
//! The letter counts as its two-digit place in the alphabet; the twelve digits are multiplied by
//! 2 1 2 5 7 1 2 1 2 1 2 1, the digit sums of the products added: the sum mod 10 (VKVV § 2 and annex). A day
//! or month of 00 stands for a date that was not proved. Miss rate: 1 in 10 of areas and dates that can be,
//! about 1 in 600 of all numbers of this form.
//!
//! KVNR: a letter and nine digits, the unchanging part of the number on the health card; digits of letter
//! and number times 1 2 1 2 …, digit sums added, mod 10 (§ 290 SGB V; GKV-Spitzenverband). Miss rate: 1 in 10.

use super::digits::{Digits, is_date, uniform};
use super::{Found, Probe};
use crate::records::ValueClass;

const SAMPLES: [&[u8; 11]; 2] = [b"65170839003", b"15070649103"];
const RVNR_WEIGHTS: [u8; 12] = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
const KVNR_WEIGHTS: [u8; 10] = [1, 2, 1, 2, 1, 2, 1, 2, 1, 2];

/// The sum of the digit sums of digits times weights, mod 10.
fn cross(digits: impl Iterator<Item = u8>, weights: &[u8]) -> u8 {
    let sum: u32 = digits
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .map(|product| u32::from(product / 10 + product % 10))
        .sum();
    (sum % 10) as u8
}

/// The letter's place in the alphabet as two digits.
fn place(letter: u8) -> Option<[u8; 2]> {
    let place = letter.to_ascii_uppercase().checked_sub(b'A')? + 1;
    (place <= 26).then_some([place / 10, place % 10])
}

/// The check digit of the first eight digits, the letter and the serial number.
pub(super) fn rvnr_check(eight: &[u8], letter: u8, serial: &[u8]) -> Option<u8> {
    let digits = eight.iter().copied().chain(place(letter)?).chain(serial.iter().copied());
    Some(cross(digits, &RVNR_WEIGHTS))
}

/// The check digit of the letter and eight digits.
pub(super) fn kvnr_check(letter: u8, eight: &[u8]) -> Option<u8> {
    Some(cross(place(letter)?.into_iter().chain(eight.iter().copied()), &KVNR_WEIGHTS))
}

/// Areas of the annex of the VKVV: regions, the same plus 40 for the federal institution, and others.
pub(super) fn is_area(area: u8) -> bool {
    let region = |area: u8| matches!(area, 2..=4 | 8..=21 | 23..=26 | 28 | 29);
    region(area) || area.checked_sub(40).is_some_and(region) || matches!(area, 38..=40 | 80..=82 | 89)
}

pub(super) fn rvnr(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let letter = *matched.iter().find(|byte| byte.is_ascii_alphabetic())?;
    let digits = Digits::of(matched);
    let all: [u8; 11] = digits.exactly()?;
    let [a1, a2, d1, d2, m1, m2, y1, y2, s1, s2, check] = all;
    let eight = [a1, a2, d1, d2, m1, m2, y1, y2];
    if !is_area(a1 * 10 + a2) || rvnr_check(&eight, letter, &[s1, s2])? != check {
        return None;
    }
    let (day, month, year) = (d1 * 10 + d2, m1 * 10 + m2, i16::from(y1 * 10 + y2));
    let unproved = day == 0 || month == 0;
    let real = unproved && day <= 31 && month <= 12;
    if !real && !is_date(1900 + year, month, day) && !is_date(2000 + year, month, day) {
        return None;
    }
    let text = all.map(|digit| digit + b'0');
    let class = if SAMPLES.contains(&&text) { ValueClass::Test } else { ValueClass::Real };
    let bits = if unproved { -3 } else { 0 } + if letter.is_ascii_lowercase() { -1 } else { 0 };
    Some(Found::validated(probe).of_class(class).step(bits))
}

pub(super) fn kvnr(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let letter = *matched.first()?;
    let all: [u8; 9] = Digits::of(matched).exactly()?;
    let (eight, check) = all.split_at_checked(8)?;
    if check.first() != Some(&kvnr_check(letter, eight)?) {
        return None;
    }
    let test = uniform(eight) || all == [1, 2, 3, 4, 5, 6, 7, 8, 0];
    let class = if test { ValueClass::Test } else { ValueClass::Real };
    let bits = if letter.is_ascii_lowercase() { -2 } else { 0 };
    Some(Found::validated(probe).of_class(class).step(bits))
}

#[cfg(test)]
mod tests {
    use super::super::seeded::{self, west};
    use super::super::whole;
    use super::*;

    fn letter_digits(letter: &str) -> String {
        format!("{:02}", "ABCDEFGHIJKLMNOPQRSTUVWXYZ".find(letter).unwrap() + 1)
    }

    /// Products written as text and their characters added up.
    fn check_of(digits: &str, weights: &str) -> u32 {
        let products: String = digits
            .chars()
            .zip(weights.chars())
            .map(|(d, w)| (d.to_digit(10).unwrap() * w.to_digit(10).unwrap()).to_string())
            .collect();
        products.chars().map(|c| c.to_digit(10).unwrap()).sum::<u32>() % 10
    }

    fn second_rvnr(text: &str) -> bool {
        let areas = "02 03 04 08 09 10 11 12 13 14 15 16 17 18 19 20 21 23 24 25 26 28 29 38 39 40 42 43 44 48 \
            49 50 51 52 53 54 55 56 57 58 59 60 61 63 64 65 66 68 69 80 81 82 89";
        let (day, month): (u32, u32) = (text[2..4].parse().unwrap(), text[4..6].parse().unwrap());
        let year: u32 = text[6..8].parse().unwrap();
        let february = if year.is_multiple_of(4) { 29 } else { 28 };
        let days = [31, 31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let digits = format!("{}{}{}", &text[..8], letter_digits(&text[8..9]), &text[9..11]);
        areas.split(' ').any(|area| area == &text[..2])
            && month <= 12
            && day <= if day == 0 || month == 0 { 31 } else { days[month as usize] }
            && check_of(&digits, "212571212121") == text[11..].parse::<u32>().unwrap()
    }

    fn second_kvnr(text: &str) -> bool {
        let digits = format!("{}{}", letter_digits(&text[..1]), &text[1..9]);
        check_of(&digits, "1212121212") == text[9..].parse::<u32>().unwrap()
    }

    #[test]
    fn rvnr_agrees_with_a_second_implementation() {
        seeded::agree(rvnr, second_rvnr, west::de_rvnr);
    }

    #[test]
    fn kvnr_agrees_with_a_second_implementation() {
        seeded::agree(kvnr, second_kvnr, west::de_kvnr);
    }

    #[test]
    fn published_values_hold() {
        for value in ["65 170839 J 003", "15070649C103", "65170839j003"] {
            assert_eq!(whole(value, rvnr).map(|found| found.class), Some(ValueClass::Test), "{value}");
        }
        for value in ["65170839J008", "15070649C102", "99070649C103"] {
            assert!(whole(value, rvnr).is_none(), "{value}");
        }
        for value in ["A123456780", "X110411319", "X 110 411 319"] {
            assert!(whole(value, kvnr).is_some(), "{value}");
        }
        assert!(whole("A123456781", kvnr).is_none());
    }
}
