//! Numbers of passports, identity cards and driving licences. Few have a check digit; the others are told
//! only by a word beside them, and here by the shapes the issuing states use (PRADO, the Council's register of
//! travel documents).

use super::digits::{Digits, number};
use super::mrz::check_digit;
use super::{Found, Probe};

/// Shapes of passport numbers: `A` a letter, `9` a digit.
#[rustfmt::skip]
const PASSPORTS: &[&[u8]] = &[
    b"AAA999999", b"AAA999999A", b"99AA99999", b"AA9999999", b"AA999999", b"A9999999", b"A999999", b"999999999",
    b"99999999", b"A99999999", b"AAA99999", b"AA99999999", b"9999999A", b"AAA9999999", b"9999999",
];
/// Shapes of identity cards.
#[rustfmt::skip]
const CARDS: &[&[u8]] = &[
    b"AA99999AA", b"AA9999999", b"999999999999", b"AA999999", b"999999AA", b"999999999", b"99999999", b"AAA999999",
    b"9999999A", b"A99999999", b"AA99999999", b"9999999999", b"A999999", b"999999A", b"9999999", b"AAA99999A",
];

/// Letters and digits of the match, capitals, without blanks and dashes; none where cases are mixed.
fn plain(probe: &Probe<'_>) -> Option<([u8; 20], usize)> {
    let mut out = [0; 20];
    let mut len = 0;
    let text = probe.matched();
    let mixed = text.iter().any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase);
    for byte in text.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        *out.get_mut(len)? = byte.to_ascii_uppercase();
        len += 1;
    }
    (!mixed && alone(probe)).then_some((out, len))
}

/// Whether nothing is glued on with a dash, a dot, a slash: not a part of an identifier, an address, a path.
pub(super) fn alone(probe: &Probe<'_>) -> bool {
    let back = |by: usize| probe.start.checked_sub(by).and_then(|at| probe.byte(at));
    let word = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let before = matches!(back(1), Some(b'-' | b'.' | b'/' | b'+' | b'_' | b'@' | b'%')) && word(back(2));
    let after = matches!(probe.byte(probe.end), Some(b'-' | b'.' | b'/' | b'+' | b'_' | b'@' | b'%'))
        && word(probe.byte(probe.end + 1));
    !before && !after
}

fn shape(text: &[u8]) -> ([u8; 20], usize) {
    let mut out = [0; 20];
    for (to, byte) in out.iter_mut().zip(text) {
        *to = if byte.is_ascii_digit() { b'9' } else { b'A' };
    }
    (out, text.len().min(20))
}

/// Whether eight digits are a calendar date.
fn dated(text: &[u8]) -> bool {
    let digits = Digits::of(text);
    let at = |from: usize, to: usize| digits.as_slice().get(from..to).map_or(0, number);
    let fits = |year: u64, month: u64, day: u64| {
        (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
    };
    text.len() == 8
        && text.iter().all(u8::is_ascii_digit)
        && (fits(at(0, 4), at(4, 6), at(6, 8)) || fits(at(4, 8), at(2, 4), at(0, 2)))
}

/// Letters German documents use: no vowels, nothing that looks like a digit.
fn german(byte: &u8) -> bool {
    byte.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(byte)
}

/// A German passport or identity card with its check digit (ICAO 7-3-1 over nine characters), and the `D`
/// of older cards.
pub(super) fn german_document(probe: &Probe<'_>) -> Option<Found> {
    let (text, len) = plain(probe)?;
    let (serial, rest) = text.get(..len)?.split_at_checked(9)?;
    let right =
        rest.first() == Some(&check_digit(serial.iter().copied())) && rest.get(1).is_none_or(|d| *d == b'D');
    let form = serial.iter().all(german) && serial.iter().filter(|byte| byte.is_ascii_digit()).count() >= 2;
    (right && form).then_some(Found::validated(probe))
}

/// A Polish identity card: three letters, a check digit, five digits; weights 7 3 1 and 7 3 1 7 3, the
/// check digit 9, sum divisible by ten.
pub(super) fn polish_card(probe: &Probe<'_>) -> Option<Found> {
    let (text, len) = plain(probe)?;
    let sum: u32 = text
        .get(..len)?
        .iter()
        .zip([7_u32, 3, 1, 9, 7, 3, 1, 7, 3])
        .map(|(byte, weight)| {
            weight * u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' + 10 })
        })
        .sum();
    (len == 9 && sum.is_multiple_of(10)).then_some(Found::validated(probe))
}

/// A Belgian identity card: twelve digits, the last two the first ten modulo 97, 97 for 0.
pub(super) fn belgian_card(probe: &Probe<'_>) -> Option<Found> {
    let digits: [u8; 12] = Digits::of(probe.matched()).exactly()?;
    let (body, check) = digits.split_at(10);
    let wanted = match number(body) % 97 {
        0 => 97,
        rest => rest,
    };
    let right = number(check) == wanted && alone(probe);
    let grouped = Digits::of(probe.matched()).groups == 3;
    right.then_some(Found::validated(probe).step(if grouped { 5 } else { 0 }))
}

/// A passport's number by its shape.
pub(super) fn passport(probe: &Probe<'_>) -> Option<Found> {
    let (text, len) = plain(probe)?;
    let text = text.get(..len)?;
    let (shape, len) = shape(text);
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    let known = PASSPORTS.contains(&shape.get(..len)?);
    // Germany and the Netherlands mix letters and digits.
    let mixed = (9..=10).contains(&len)
        && digits >= 3
        && text.first().is_some_and(u8::is_ascii_uppercase)
        && (text.iter().all(german)
            || text.get(..2)?.iter().all(u8::is_ascii_uppercase)
                && text.last()?.is_ascii_digit()
                && !text.contains(&b'O'));
    if !(known || mixed) || dated(text) || text.iter().all(|byte| Some(byte) == text.first()) {
        return None;
    }
    Some(Found::formed(probe).step(if digits < len { 1 } else { 0 }))
}

/// An identity card's number by its shape.
pub(super) fn identity_card(probe: &Probe<'_>) -> Option<Found> {
    let (text, len) = plain(probe)?;
    let text = text.get(..len)?;
    let (shape, len) = shape(text);
    let known = CARDS.contains(&shape.get(..len)?);
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    let mixed = len == 9
        && digits >= 3
        && text.first().is_some_and(u8::is_ascii_uppercase)
        && (text.iter().all(german) || text.last()?.is_ascii_digit());
    if !(known || mixed) || dated(text) || text.iter().all(|byte| Some(byte) == text.first()) {
        return None;
    }
    Some(Found::formed(probe).step(if digits < len { 1 } else { 0 }))
}

/// A driving licence's number: seven to sixteen letters and digits, most of them digits.
pub(super) fn licence(probe: &Probe<'_>) -> Option<Found> {
    let (text, len) = plain(probe)?;
    let text = text.get(..len)?;
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    if !(7..=16).contains(&len) || digits * 2 < len || dated(text) {
        return None;
    }
    Some(Found::formed(probe).step(if digits < len { 1 } else { 0 }))
}

/// A British driver number (DVLA): five of the surname, decade, month (and 50), day, year, two initials,
/// a figure and two letters.
pub(super) fn british_licence(probe: &Probe<'_>) -> Option<Found> {
    let (text, len) = plain(probe)?;
    let text = text.get(..len).filter(|text| text.len() == 16)?;
    let surname = text.get(..5)?;
    let letters = surname.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let padded = letters > 0 && surname.get(letters..)?.iter().all(|byte| *byte == b'9');
    let digits = Digits::of(text.get(5..11)?);
    let at = |from: usize, to: usize| digits.as_slice().get(from..to).map_or(0, number);
    let (month, day) = (at(1, 3), at(3, 5));
    let born = digits.as_slice().len() == 6 && matches!(month, 1..=12 | 51..=62) && (1..=31).contains(&day);
    let initials = text.get(11..13)?.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'9')
        && text.get(11)?.is_ascii_uppercase();
    let tail = text.get(14..)?.iter().all(u8::is_ascii_uppercase);
    (padded && born && initials && tail).then_some(Found::formed(probe))
}

/// A European Health Insurance Card (Decision S2 of the Administrative Commission, EN 1867): 80, the state by ISO 3166-1
/// number, and fifteen digits.
pub(super) fn health_card(probe: &Probe<'_>) -> Option<Found> {
    #[rustfmt::skip]
    const STATES: &[u64] = &[
        40, 56, 100, 191, 196, 203, 208, 233, 246, 250, 276, 300, 348, 352, 372, 380, 428, 438, 440, 442, 470, 528, 578,
        616, 620, 642, 703, 705, 724, 752, 756, 826, 807,
    ];
    let digits: [u8; 20] = Digits::of(probe.matched()).exactly()?;
    let state = digits.get(2..5).map_or(0, number);
    (digits.starts_with(&[8, 0]) && STATES.contains(&state) && alone(probe)).then_some(Found::formed(probe))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, seeded_things, whole};
    use super::*;

    #[test]
    fn the_specimens_of_the_issuers() {
        for text in ["T220001293", "C01X00T478", "T220001293D"] {
            assert!(whole(text, german_document).is_some(), "{text}");
        }
        for text in ["T220001294", "C01X00T479", "T220001293X", "AEIOU00008"] {
            assert!(whole(text, german_document).is_none(), "{text}");
        }
        assert!(whole("ABA300000", polish_card).is_some());
        assert!(whole("ABA300001", polish_card).is_none());
        assert!(whole("MORGA657054SM9IJ", british_licence).is_some());
        for text in ["MORGA697054SM9IJ", "MORGA657994SM9IJ", "MORGA657054SM91J", "99999657054SM9IJ"] {
            assert!(whole(text, british_licence).is_none(), "{text}");
        }
    }

    /// By remainder of the whole instead of digit by digit.
    fn second_belgian(text: &str) -> bool {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let (body, check): (u64, u64) = (digits[..10].parse().unwrap(), digits[10..].parse().unwrap());
        check > 0 && check <= 97 && (body + 97 - check).is_multiple_of(97)
    }

    /// The weights written out over character codes.
    fn second_polish(text: &str) -> bool {
        let v: Vec<u32> = text.chars().map(|c| c.to_digit(36).unwrap()).collect();
        let rest = 7 * v[0] + 3 * v[1] + v[2] + 7 * v[4] + 3 * v[5] + v[6] + 7 * v[7] + 3 * v[8];
        rest % 10 == v[3]
    }

    #[test]
    fn cards_agree_with_a_second_implementation() {
        seeded::agree(belgian_card, second_belgian, seeded_things::be_identity_card);
        seeded::agree(polish_card, second_polish, seeded_things::pl_identity_card);
    }

    #[test]
    fn shapes_and_what_is_none() {
        for text in ["AAA123456", "12AB34567", "C01X00T47", "XN4501234", "NP23A56B4"] {
            assert!(whole(text, passport).is_some(), "{text}");
        }
        for text in ["20240512", "12052024", "111111111", "Abc123456", "ABCDEFGHI"] {
            assert!(whole(text, passport).is_none(), "{text}");
        }
        assert!(passport(&Probe { field: b"123e4567-e89b", start: 0, end: 8 }).is_none());
        assert!(whole("CA12345AB", identity_card).is_some());
        assert!(whole("80 724 000012345678901".replace(' ', "").as_str(), health_card).is_some());
        assert!(whole("80999000012345678901", health_card).is_none());
    }
}
