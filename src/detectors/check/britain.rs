//! British NHS number, National Insurance number and Unique Taxpayer Reference.
//!
//! NHS number (and CHI, H&C number): ten digits, the last 11 less the sum of the others times 10 to 2, mod 11;
//! 11 becomes 0, 10 is not given out (NHS Data Dictionary). Numbers from 999 are set aside for tests. Miss
//! rate: 1 in 11.
//!
//! NINO: two letters, six digits, a letter A to D; exempt from a check, there is none. D F I Q U V stand in
//! neither place, O not in the second; BG GB KN NK NT TN ZZ are not used (HMRC, NIM39110). QQ is the example.
//!
//! UTR: the first of ten digits checks the others: times 6 7 8 9 10 5 4 3 2, mod 11, looked up in 2 1 9 8 7 6 5 4 3
//! 2 1 (HMRC, modulus 11 check of SA and CT references). Miss rate: 1 in 9 of those that do not begin with 0.

use super::digits::{Digits, uniform, weighted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// The check value of nine; 10 where none is given out.
pub(super) fn nhs_check(nine: &[u8]) -> u32 {
    (11 - weighted(nine, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11
}

pub(super) fn nhs(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let all: [u8; 10] = digits.exactly()?;
    let (nine, check) = all.split_at_checked(9)?;
    if uniform(&all) || u32::from(*check.first()?) != nhs_check(nine) {
        return None;
    }
    let class = match all {
        [9, 9, 9, ..] | [9, 4, 3, 4, 7, 6, 5, 9, 1, 9] => ValueClass::Test,
        _ => ValueClass::Real,
    };
    // England and Wales have 4 and 6 to 7, Northern Ireland 3, Scotland dates of birth.
    let bits = if matches!(all[0], 0..=4 | 6 | 7 | 9) { 0 } else { -2 } + i32::from(digits.groups == 3);
    Some(Found::validated(probe).of_class(class).step(bits))
}

pub(super) fn nino(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let [first, second, ..] = *matched else { return None };
    let prefix = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
    let example = prefix == *b"QQ";
    let unused = |letter: &u8| matches!(letter, b'D' | b'F' | b'I' | b'Q' | b'U' | b'V');
    let not_used = matches!(&prefix, b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ");
    if !example && (prefix.iter().any(unused) || prefix[1] == b'O' || not_used) {
        return None;
    }
    let all: [u8; 6] = Digits::of(matched).exactly()?;
    let mut found = Found::formed(probe);
    let suffix = matched.last().filter(|byte| byte.is_ascii_alphabetic());
    let spaced = matched.len().checked_sub(2).and_then(|at| matched.get(at)) == Some(&b' ');
    // `AB123456 a ticket`: a small letter after a space is a word of the sentence.
    let suffix = match suffix {
        Some(letter) if spaced && letter.is_ascii_lowercase() && first.is_ascii_uppercase() => {
            found.end -= 2;
            None
        }
        other => other,
    };
    let pairs = matched.iter().filter(|byte| !byte.is_ascii_alphanumeric()).count() >= 3;
    let bits = if suffix.is_some() { 0 } else { -6 }
        + if pairs { 4 } else { 0 }
        + if first.is_ascii_lowercase() { -3 } else { 0 };
    let test = example || uniform(&all) || all == [1, 2, 3, 4, 5, 6];
    let class = if test { ValueClass::Test } else { ValueClass::Real };
    Some(found.of_class(class).step(bits))
}

/// The check digit of the last nine.
pub(super) fn utr_check(nine: &[u8]) -> u8 {
    let at = weighted(nine, &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
    [2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1].get(at as usize).copied().unwrap_or(0)
}

pub(super) fn utr(probe: &Probe<'_>) -> Option<Found> {
    let all: [u8; 10] = Digits::of(probe.matched()).exactly()?;
    let (check, nine) = all.split_first()?;
    if *check != utr_check(nine) || uniform(&all) {
        return None;
    }
    let class = if nine == [1, 2, 3, 4, 5, 6, 7, 8, 9] { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class))
}

#[cfg(test)]
mod tests {
    use super::super::seeded::{self, west};
    use super::super::whole;
    use super::*;

    /// All ten with the check digit's weight 1 make a multiple of 11.
    fn second_nhs(text: &str) -> bool {
        let (mut run, mut total) = (0, 0);
        for c in text.chars() {
            run += c.to_digit(10).unwrap();
            total += run;
        }
        total % 11 == 0 && text.chars().any(|c| !text.starts_with(c))
    }

    /// The published steps: 11 less the remainder, and 9 less where that has two digits.
    fn second_utr(text: &str) -> bool {
        let d: Vec<u32> = text.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let weights = [6, 7, 8, 9, 10, 5, 4, 3, 2];
        let sum: u32 = (0..9).map(|at| weights[at] * d[at + 1]).sum();
        let less = 11 - sum % 11;
        d[0] == if less > 9 { less - 9 } else { less } && d.iter().any(|x| *x != d[0])
    }

    #[test]
    fn nhs_agrees_with_a_second_implementation() {
        seeded::agree(nhs, second_nhs, west::gb_nhs);
    }

    #[test]
    fn utr_agrees_with_a_second_implementation() {
        seeded::agree(utr, second_utr, west::gb_utr);
    }

    #[test]
    fn published_values_hold() {
        assert_eq!(whole("943 476 5919", nhs).map(|found| found.class), Some(ValueClass::Test));
        assert!(whole("9434765918", nhs).is_none());
        assert!(whole("4000000000", nhs).is_none());
        for value in ["1955839661", "19558 39661", "2234567890K", "1123456789"] {
            assert!(whole(value, utr).is_some(), "{value}");
        }
        assert!(whole("2955839661", utr).is_none());
    }

    #[test]
    fn prefixes_of_ninos() {
        for value in ["AB123457C", "AB 12 34 57 C", "OA123457A", "jk-12-34-57-d"] {
            assert!(whole(value, nino).is_some_and(|found| !found.validated), "{value}");
        }
        for prefix in ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ", "DA", "AV", "QA", "AO"] {
            assert!(whole(&format!("{prefix}123457C"), nino).is_none(), "{prefix}");
        }
        assert_eq!(whole("QQ 12 34 56 C", nino).map(|found| found.class), Some(ValueClass::Test));
        let cut = whole("AB123457 a", nino).unwrap();
        assert_eq!((cut.end, cut.bits), (8, -6));
    }
}
