//! Payment cards (ISO/IEC 7812-1: issuer ranges and the Luhn digit of annex B).
//!
//! Ranges and lengths are those the schemes publish (Visa, Mastercard, American Express, Discover and
//! Diners, JCB, UnionPay, Maestro, Mir, Dankort, RuPay, Troy).

use super::digits::{Digits, uniform};
use super::{Found, Probe};
use crate::records::ValueClass;

/// First and last issuer number of six digits, and the lengths of cards under it.
const RANGES: [(u32, u32, &[usize]); 29] = [
    (400_000, 499_999, &[13, 16, 19]),                     // Visa
    (510_000, 559_999, &[16]),                             // Mastercard
    (222_100, 272_099, &[16]),                             // Mastercard
    (340_000, 349_999, &[15]),                             // American Express
    (370_000, 379_999, &[15]),                             // American Express
    (601_100, 601_199, &[16, 17, 18, 19]),                 // Discover
    (644_000, 659_999, &[16, 17, 18, 19]),                 // Discover, RuPay, Troy
    (300_000, 305_999, &[14, 16, 17, 18, 19]),             // Diners Club
    (309_500, 309_599, &[14, 16, 17, 18, 19]),             // Diners Club
    (360_000, 369_999, &[14, 15, 16, 17, 18, 19]),         // Diners Club
    (380_000, 399_999, &[14, 16, 17, 18, 19]),             // Diners Club
    (352_800, 358_999, &[16, 17, 18, 19]),                 // JCB
    (620_000, 629_999, &[16, 17, 18, 19]),                 // UnionPay
    (810_000, 817_199, &[16, 17, 18, 19]),                 // UnionPay
    (501_800, 501_899, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (501_900, 501_999, &[16]),                             // Dankort
    (502_000, 502_099, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (503_800, 503_899, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (560_000, 560_299, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (561_000, 561_099, &[16]),                             // Bankcard
    (589_300, 589_399, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (630_400, 630_499, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (639_000, 639_099, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (675_900, 676_399, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (670_000, 675_899, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (677_000, 679_999, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (220_000, 220_499, &[16, 17, 18, 19]),                 // Mir
    (508_000, 508_999, &[16]),                             // RuPay
    (979_200, 979_299, &[16]),                             // Troy
];

/// Numbers the schemes and payment processors publish for tests.
#[rustfmt::skip]
const TEST: [&str; 26] = [
    "4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556", "4222222222222",
    "5555555555554444", "5200828282828210", "5105105105105100", "2223003122003222", "2223000048400011",
    "378282246310005", "371449635398431", "378734493671000", "6011111111111117", "6011000990139424",
    "6011981111111113", "3056930009020004", "30569309025904", "38520000023237", "36227206271667",
    "3566002020360505", "3530111333300000", "6200000000000005", "6205500000000000004", "6759649826438453",
    "5019717010103742",
];

/// Whether an issuer gives out cards of this length under the first six digits.
pub(super) fn issued(values: &[u8]) -> bool {
    let Some(six) = values.get(..6) else { return false };
    let issuer = six.iter().fold(0_u32, |n, d| n * 10 + u32::from(*d));
    RANGES
        .iter()
        .any(|(from, to, lengths)| (*from..=*to).contains(&issuer) && lengths.contains(&values.len()))
}

/// Luhn: from the right every second digit doubled, digits of the products summed, a multiple of 10.
pub(super) fn luhn(values: &[u8]) -> bool {
    let sum: u32 = values
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(*digit);
            if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The longest beginning of the match, ending where a group ends, that is a card.
pub(super) fn card(probe: &Probe<'_>) -> Option<Found> {
    let mut matched = probe.matched();
    loop {
        if let Some(found) = whole_card(matched, probe) {
            return Some(found);
        }
        let cut = matched.iter().rposition(|byte| !byte.is_ascii_digit())?;
        let kept = matched.get(..cut)?;
        let end = kept.iter().rposition(u8::is_ascii_digit)? + 1;
        matched = kept.get(..end)?;
    }
}

fn whole_card(matched: &[u8], probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(matched);
    let values = digits.as_slice();
    if !issued(values) || !luhn(values) || uniform(values) {
        return None;
    }
    let bits = match (digits.groups, values.len()) {
        (1, _) => 0,
        (4, 16) | (3, 14 | 15) | (5, 19) => {
            if by_fours(matched) {
                3
            } else {
                1
            }
        }
        (groups, _) if groups > 6 => -3,
        _ => -1,
    };
    // Twelve and thirteen digits are few for a card and many for an order.
    let short = if values.len() < 14 { -3 } else { 0 };
    // Seventeen and more in one run are what machines number by; cards of that length are rare, and written in
    // groups.
    let long = if values.len() > 16 && digits.groups == 1 { -2 } else { 0 };
    let bits =
        bits + short + long + if dated_or_verified(probe, probe.start + matched.len()) { 3 } else { 0 };
    let test = TEST.iter().any(|test| test.bytes().map(|c| c - b'0').eq(values.iter().copied()));
    let found = Found { end: probe.start + matched.len(), ..Found::validated(probe) };
    Some(found.of_class(if test { ValueClass::Test } else { ValueClass::Real }).step(bits))
}

/// Whether an expiry (`09/27`) or a verification value (`CVV 123`) stands within forty bytes behind.
fn dated_or_verified(probe: &Probe<'_>, end: usize) -> bool {
    let rest = probe.field.get(end..probe.field.len().min(end + 40)).unwrap_or(&[]);
    let digit = |at: usize| rest.get(at).is_some_and(u8::is_ascii_digit);
    let expiry = (0..rest.len()).any(|at| {
        let month = matches!(
            (rest.get(at), rest.get(at + 1)),
            (Some(b'0'), Some(b'1'..=b'9')) | (Some(b'1'), Some(b'0'..=b'2'))
        );
        let apart = at == 0 || !digit(at - 1) && !matches!(rest.get(at - 1), Some(b'/' | b'-' | b'.'));
        let years = (at + 3..rest.len()).take_while(|at| digit(*at)).count();
        month
            && apart
            && matches!(rest.get(at + 2), Some(b'/' | b'-'))
            && matches!(years, 2 | 4)
            && !matches!(rest.get(at + 3 + years), Some(b'/' | b'-' | b'.'))
    });
    let lower = rest.to_ascii_lowercase();
    let words: [&[u8]; 6] = [b"cvv", b"cvc", b"cvn", b"csc", b"cryptogramme", b"pr\xC3\xBCfziffer"];
    let named = words.iter().any(|word| {
        memchr::memmem::find(&lower, word).is_some_and(|at| {
            lower.get(at + word.len()..).is_some_and(|rest| rest.iter().take(6).any(u8::is_ascii_digit))
        })
    });
    expiry || named
}

/// Whether the first group has four digits, as on every card.
fn by_fours(matched: &[u8]) -> bool {
    matched.iter().position(|byte| !byte.is_ascii_digit()) == Some(4)
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// Luhn by table from the left, the issuer ranges by the schemes' prefixes.
    fn second(text: &str) -> bool {
        let odd = text.len() % 2;
        let doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
        let sum: usize = text
            .chars()
            .enumerate()
            .map(|(at, c)| {
                let d = c.to_digit(10).unwrap() as usize;
                if at % 2 == odd { doubled[d] } else { d }
            })
            .sum();
        let n2: u32 = text[..2].parse().unwrap();
        let n4: u32 = text[..4].parse().unwrap();
        let issuer = match text.len() {
            15 => n2 == 34 || n2 == 37 || n2 == 36 || maestro(n4),
            16 => {
                text.starts_with('4')
                    || (51..56).contains(&n2)
                    || (2221..2721).contains(&n4)
                    || n4 == 6011
                    || (6440..6600).contains(&n4)
                    || (3000..3060).contains(&n4)
                    || n4 == 3095
                    || n2 == 36
                    || n2 == 38
                    || n2 == 39
                    || (3528..3590).contains(&n4)
                    || n2 == 62
                    || (8100..8172).contains(&n4)
                    || (2200..2205).contains(&n4)
                    || (5080..5090).contains(&n4)
                    || [5019, 5610, 9792].contains(&n4)
                    || maestro(n4)
                    || (text[..5].parse::<u32>().unwrap() / 10 == 5600)
                    || (5600..5603).contains(&n4)
            }
            _ => false,
        };
        sum.is_multiple_of(10) && issuer
    }

    fn maestro(n4: u32) -> bool {
        [5018, 5020, 5038, 5893, 6304, 6390].contains(&n4)
            || (5600..5603).contains(&n4)
            || (6700..6800).contains(&n4)
    }

    #[test]
    fn cards_agree_with_a_second_implementation() {
        seeded::agree(card, second, seeded::payment_card);
    }

    #[test]
    fn test_numbers_are_cards_of_class_test() {
        for number in TEST {
            assert_eq!(whole(number, card).map(|f| f.class), Some(ValueClass::Test), "{number}");
        }
    }

    #[test]
    fn an_expiry_or_a_verification_value_behind_it_raises() {
        let bits = |text: &str| card(&Probe { field: text.as_bytes(), start: 0, end: 16 }).unwrap().bits;
        for text in ["4111111111111111 09/27", "4111111111111111, CVV: 123", "4111111111111111 exp. 12/2029"]
        {
            assert_eq!(bits(text), 3, "{text}");
        }
        for text in [
            "4111111111111111 09/27/2024",
            "4111111111111111 13/27",
            "4111111111111111 on 2024-05-12",
            "4111111111111111 no cvv",
        ] {
            assert_eq!(bits(text), 0, "{text}");
        }
    }

    #[test]
    fn what_follows_a_card_is_left_off() {
        let found = whole("4111 1111 1111 1111 123", card).unwrap();
        assert_eq!(found.end, 19);
        assert!(whole("4111 1111 1111 1112", card).is_none());
        assert!(whole("1234 5678 9012 3452", card).is_none(), "Luhn holds, nobody issues it");
    }
}
