//! Telephone numbers as dialled inside the states of the European Economic Area, Great Britain,
//! Switzerland and Turkey, from the national numbering plans filed with the ITU (E.129 presentations).
//!
//! No check digit exists, and some plan allows almost any number of eight to eleven digits: without a word
//! beside it only a grouping that people use for nothing else says anything.

use std::sync::LazyLock;

use super::digits::{Digits, uniform};
use super::{Found, Probe};
use crate::records::ValueClass;

/// First digits as dialled, least and most digits in all; trunk prefixes included.
#[rustfmt::skip]
const PLANS: &[(&str, u8, u8)] = &[
    // Spain, Portugal, Poland, Czechia: nine digits, no trunk prefix.
    ("6", 9, 9), ("7", 9, 9), ("8", 9, 9), ("9", 9, 9), ("2", 9, 9), ("3", 9, 9), ("4", 9, 9), ("5", 9, 9),
    ("12", 9, 9), ("13", 9, 9), ("14", 9, 9), ("15", 9, 9), ("16", 9, 9), ("17", 9, 9), ("18", 9, 9),
    // France, Belgium, Netherlands, Switzerland, Romania, Slovakia, Sweden, Great Britain, Ireland, Bulgaria,
    // Croatia, Finland, Turkey with the trunk prefix 0.
    ("01", 8, 11), ("02", 8, 12), ("03", 8, 12), ("04", 8, 12), ("05", 8, 12), ("06", 8, 12), ("07", 8, 12),
    ("08", 8, 12), ("09", 8, 12),
    // Germany and Austria: area codes of two to five digits; mobiles.
    ("015", 11, 13), ("016", 10, 12), ("017", 10, 12), ("0650", 10, 12), ("0660", 10, 13), ("0664", 10, 13),
    ("0676", 10, 12), ("0699", 10, 12),
    // Italy: the zero belongs to the number; mobiles without.
    ("32", 9, 10), ("33", 9, 10), ("34", 9, 10), ("35", 9, 10), ("36", 9, 10), ("37", 9, 10), ("38", 9, 10),
    ("39", 9, 10), ("31", 10, 10), ("800", 8, 10), ("06", 7, 11), ("02", 7, 11),
    // Hungary: trunk prefix 06.
    ("061", 9, 9), ("0620", 11, 11), ("0630", 11, 11), ("0670", 11, 11), ("062", 10, 10), ("063", 10, 10),
    ("064", 10, 10), ("065", 10, 10), ("066", 10, 10), ("067", 10, 10), ("068", 10, 10), ("069", 10, 10),
    // Greece; Turkish mobiles and area codes written without the zero.
    ("21", 10, 10), ("22", 10, 10), ("23", 10, 10), ("24", 10, 10), ("25", 10, 10), ("26", 10, 10),
    ("27", 10, 10), ("28", 10, 10), ("69", 10, 10), ("50", 10, 10), ("53", 10, 10), ("54", 10, 10),
    ("55", 10, 10), ("212", 10, 10), ("216", 10, 10), ("312", 10, 10),
    // Denmark, Norway, Cyprus, Malta, Latvia, Luxembourg: eight digits, no trunk prefix.
    ("2", 8, 8), ("3", 8, 8), ("4", 8, 8), ("5", 8, 8), ("6", 8, 8), ("7", 8, 8), ("8", 8, 8), ("9", 8, 8),
    // Lithuania: trunk prefix 8 until 2026, then 0.
    ("86", 9, 9), ("83", 9, 9), ("84", 9, 9), ("85", 9, 9),
    // Estonia, Iceland, Liechtenstein: seven digits; Luxembourg's shorter lines.
    ("3", 7, 7), ("4", 7, 7), ("5", 7, 8), ("6", 7, 7), ("7", 7, 7), ("8", 7, 7), ("2", 7, 7), ("9", 7, 7),
];

/// Numbers set aside for fiction: Ofcom, Bundesnetzagentur, ARCEP, ComReg, PTS.
#[rustfmt::skip]
const DRAMA: &[&str] = &[
    "01632960", "02079460", "07700900", "01214960", "01134960", "01174960", "01914980", "01614960", "01314960",
    "01414960", "03069990", "08081570", "09098790", "02890180", "02920180", "03023125", "06990009", "04066969",
    "02214710", "08999998", "017139200", "0199000", "0261910", "0353010", "0465710", "06399",
];

/// The longest beginning of the match, ending where a group ends, that some plan allows.
pub(super) fn national(probe: &Probe<'_>) -> Option<Found> {
    // What is glued on in front makes it a part of something: `2024-612345678`, `1.612345678`.
    let back = |by: usize| probe.start.checked_sub(by).and_then(|at| probe.byte(at));
    let glued = matches!(back(1), Some(b'-' | b'.' | b'/' | b'_' | b'#' | b'+'))
        && back(2).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/'));
    let decimal = matches!(back(1), Some(b',')) && back(2).is_some_and(|byte| byte.is_ascii_digit());
    if glued || decimal {
        return None;
    }
    let mut matched = probe.matched();
    loop {
        if let Some(found) = number(matched, probe) {
            return Some(found);
        }
        let last = matched.iter().rposition(u8::is_ascii_digit)?;
        let cut = matched.get(..last)?.iter().rposition(|byte| !byte.is_ascii_digit())?;
        let end = matched.get(..cut)?.iter().rposition(u8::is_ascii_digit)? + 1;
        matched = matched.get(..end)?;
    }
}

fn number(matched: &[u8], probe: &Probe<'_>) -> Option<Found> {
    let end = probe.start + matched.len();
    let next = probe.byte(end);
    let beyond = probe.byte(end + 1);
    // `612345678-2024`, `612345678/3`, `612345678.5`: a part of something longer.
    if matches!(next, Some(b'-' | b'.' | b'/' | b'_' | b',' | b':' | b'%' | b'@'))
        && beyond.is_some_and(|byte| byte.is_ascii_alphanumeric())
        && !matches!((next, beyond), (Some(b',' | b'/' | b':' | b'.'), Some(b)) if b.is_ascii_alphabetic())
    {
        return None;
    }
    let digits = Digits::of(matched);
    let all = digits.as_slice();
    if uniform(all) || !planned(all) || dated(matched) || amount(matched) {
        return None;
    }
    let opened = probe.before() == Some(b'(') && matched.contains(&b')') && !matched.contains(&b'(');
    let start = if opened { probe.start - 1 } else { probe.start };
    let found = Found { start, end, ..Found::formed(probe) }.step(grouping(matched, all));
    Some(if drama(all) { found.of_class(ValueClass::Documentation) } else { found })
}

/// Which lengths some plan allows, a bit for each, by the first four digits.
static LENGTHS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut lengths = vec![0; 10_000];
    for (prefix, least, most) in PLANS {
        let Ok(first) = prefix.parse::<usize>() else { continue };
        let each = 10_usize.pow(4_u32.saturating_sub(prefix.len() as u32));
        for slot in lengths.iter_mut().skip(first * each).take(each) {
            *slot |= (*least..=*most).fold(0, |bits, length| bits | 1 << length);
        }
    }
    lengths
});

/// Whether some plan allows the first digits with this length.
fn planned(digits: &[u8]) -> bool {
    let Some(first) = digits.get(..4) else { return false };
    let first = first.iter().fold(0, |first, digit| first * 10 + usize::from(*digit));
    LENGTHS.get(first).is_some_and(|lengths| digits.len() < 16 && lengths >> digits.len() & 1 == 1)
}

fn drama(digits: &[u8]) -> bool {
    DRAMA
        .iter()
        .any(|start| digits.len() > start.len() && start.bytes().zip(digits).all(|(p, d)| p - b'0' == *d))
}

/// Evidence of how the digits are grouped, in bits.
fn grouping(matched: &[u8], digits: &[u8]) -> i32 {
    let mut lens = [0_usize; 8];
    let mut groups = 0;
    for run in matched.split(|byte| !byte.is_ascii_digit()).filter(|run| !run.is_empty()) {
        if let Some(len) = lens.get_mut(groups) {
            *len = run.len();
        }
        groups += 1;
    }
    let zero = digits.first() == Some(&0);
    let bracket = matched.contains(&b')');
    match (lens.get(..groups.min(8)), zero) {
        // 06 12 34 56 78: France and Belgium.
        (Some([2, 2, 2, 2, 2]), true) => 6,
        (Some([4 | 3, 2, 2, 2] | [3, 3, 2, 2]), true) => 6,
        // 612 34 56 78: Spain.
        (Some([3, 2, 2, 2]), false) => 4,
        (Some([2, 3, 2, 2]), false) => 3,
        // (020) 7946 0018, 030 / 123 45 67.
        (_, true) if bracket => 6,
        (Some([3..=5, _] | [2..=5, 3 | 4, _]), true) => 4,
        (Some([2..=5, ..]), true) if groups < 6 => 3,
        // 612 345 678 is how any number of nine digits may be written.
        (Some([3, 3, 3]), false) => 1,
        (Some([_]), true) => 1,
        (_, _) if groups > 5 => -3,
        _ => 0,
    }
}

/// Whether the groups are a date, with or without a time: `12.05.2024`, `2024-05-12 10`, `20240512`.
fn dated(matched: &[u8]) -> bool {
    let mut runs = matched.split(|byte| !byte.is_ascii_digit()).filter(|run| !run.is_empty());
    let value = |run: Option<&[u8]>| {
        run.map_or((0, 0), |run| {
            (run.len(), run.iter().fold(0_u32, |n, d| n.wrapping_mul(10) + u32::from(*d - b'0')))
        })
    };
    let (first, second, third) = (value(runs.next()), value(runs.next()), value(runs.next()));
    let year = |(len, n): (usize, u32)| len == 4 && (1900..2100).contains(&n);
    let short = |(len, n): (usize, u32), most: u32| (1..=2).contains(&len) && (1..=most).contains(&n);
    let sign = matched.iter().any(|byte| matches!(byte, b'.' | b'-' | b'/'));
    let compact = first.0 >= 8 && {
        let head = |from: usize, to: usize| value(matched.get(from..to)).1;
        (1950..2100).contains(&head(0, 4)) && (1..=12).contains(&head(4, 6)) && (1..=31).contains(&head(6, 8))
    };
    year(first) && short(second, 12) && short(third, 31)
        || sign && short(first, 31) && short(second, 31) && year(third)
        || compact && second.0 == 0 && matches!(first.0, 8 | 12 | 14)
        || year(first) && year(second)
}

/// Whether the groups are an amount or a version: `1.234.567`, `12.345,67`.
fn amount(matched: &[u8]) -> bool {
    let dots = matched.iter().filter(|byte| **byte == b'.').count();
    let mut runs = matched.split(|byte| *byte == b'.');
    let first = runs.next().map_or(0, <[u8]>::len);
    let thousands = dots > 0
        && (1..=3).contains(&first)
        && runs.all(|run| run.len() == 3 && run.iter().all(u8::is_ascii_digit));
    thousands && matched.first() != Some(&b'0') && first < 3 || dots == 1 && Digits::of(matched).groups == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(String, i32)> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
        let found = national(&Probe { field: text.as_bytes(), start, end })?;
        Some((text[found.start..found.end].to_owned(), found.bits))
    }

    #[test]
    fn numbers_as_people_dial_them() {
        for text in [
            "612 34 56 78",
            "612345678",
            "912 345 678",
            "06 12 34 56 78",
            "0612345678",
            "030 1234567",
            "0171/1234567",
            "(020) 7946 0018",
            "020 7123 4567",
            "07911 123456",
            "06 698 12345",
            "347 123 4567",
            "010-1234567",
            "06-12345678",
            "0470 12 34 56",
            "22 123 45 67",
            "501 234 567",
            "079 123 45 67",
            "0664 1234567",
            "08-123 456 78",
            "070-123 45 67",
            "040 1234567",
            "20 12 34 56",
            "412 34 567",
            "01 234 5678",
            "087 123 4567",
            "210 1234567",
            "6912345678",
            "06 20 123 4567",
            "0721 123 456",
            "0905 123 456",
            "601 123 456",
            "091 123 4567",
            "031 123 456",
            "0532 123 45 67",
            "5123 4567",
            "99 123456",
        ] {
            assert!(of(text).is_some(), "{text}");
        }
        assert_eq!(of("(020) 7946 0018").unwrap().0, "(020) 7946 0018");
        assert!(of("06 12 34 56 78").unwrap().1 > of("612345678").unwrap().1);
    }

    #[test]
    fn dates_amounts_and_parts_are_none() {
        for text in [
            "12.05.2024",
            "2024-05-12 10",
            "20240512",
            "20240512103000",
            "1.234.567",
            "2024-612345678x",
            "111111111",
            "192.168.1.10",
            "REF-612345678",
            "612345678-22",
            "12345",
            "612345.678",
        ] {
            let text = text.trim_end_matches('x');
            assert!(of(text).is_none(), "{text}: {:?}", of(text));
        }
    }

    #[test]
    fn what_follows_is_left_off() {
        assert_eq!(of("612 345 678 12").unwrap().0, "612 345 678");
    }
}
