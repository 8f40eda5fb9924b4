//! Cypriot tax identification number.
//!
//! Tax Department of Cyprus, EU TIN specification: eight digits and a check letter: digits in odd places go
//! through a table (1 0 5 7 9 13 15 17 19 21), those in even places count as they are, the sum modulo 26 is the
//! letter. Numbers of people begin with 0 or 9, all new ones since March 2023 with 6; the others are
//! companies', and none begins with 12. As a VAT number it has `CY` before it.
//!
//! Miss rate: 1 in 26 of eight digits with a letter; Spanish DNI numbers have this form too.

use super::digits::Digits;
use super::writing::{Parted, after_prefix, parted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// What a digit in an odd place counts.
pub(super) const ODD: [u8; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];

pub(super) fn tin(probe: &Probe<'_>) -> Option<Found> {
    let (written, prefixed) = after_prefix(probe.matched());
    let (letter, body) = written.split_last()?;
    let all: [u8; 8] = Digits::of(body).exactly()?;
    if all.starts_with(&[1, 2]) || letter.to_ascii_uppercase() != check_letter(&all) {
        return None;
    }
    let class = if all == [0, 0, 5, 3, 2, 4, 4, 5] { ValueClass::Test } else { ValueClass::Real };
    let form = if prefixed { 5 } else { 0 } - if letter.is_ascii_lowercase() { 2 } else { 0 };
    let person = if matches!(all.first(), Some(0 | 6 | 9)) { 0 } else { -3 };
    let spaced = if !prefixed && parted(body) == Parted::Spaced { -2 } else { 0 };
    Some(Found::validated(probe).of_class(class).step(form + person + spaced))
}

pub(super) fn check_letter(all: &[u8; 8]) -> u8 {
    let odd: u8 = all.iter().step_by(2).map(|digit| ODD.get(usize::from(*digit)).copied().unwrap_or(0)).sum();
    let even: u8 = all.iter().skip(1).step_by(2).sum();
    b'A' + (odd + even) % 26
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// The table as arithmetic: twice the digit and 1, save for what breaks the row.
    fn second(text: &str) -> bool {
        let text = text.strip_prefix("CY").unwrap_or(text);
        let d: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let mut sum = 0;
        for (at, digit) in d.iter().enumerate() {
            sum += match (at % 2, digit) {
                (1, digit) => *digit,
                (_, 0) => 1,
                (_, 1) => 0,
                (_, digit @ 2..=4) => digit * 2 + 1,
                (_, digit) => digit * 2 + 3,
            };
        }
        char::from_u32(65 + sum % 26) == text.chars().last() && !(d[0] == 1 && d[1] == 2)
    }

    #[test]
    fn tin_agrees_with_a_second_implementation() {
        seeded::agree(tin, second, seeded::east::cy_tin);
        seeded::agree(tin, second, seeded::east::cy_tin_vat);
    }

    #[test]
    fn published_values_hold() {
        for value in ["10259033P", "CY10259033P", "CY-10259033P", "10259033p", "00532445O"] {
            assert!(whole(value, tin).is_some(), "{value}");
        }
        for value in ["10259033Z", "12259033P", "00532445P"] {
            assert!(whole(value, tin).is_none(), "{value}");
        }
    }

    #[test]
    fn people_and_prefixes_are_likelier_than_companies() {
        let bits = |text: &str| whole(text, tin).unwrap().bits;
        assert!(bits("00532445O") > bits("10259033P"));
        assert!(bits("CY10259033P") > bits("10259033P"));
    }
}
