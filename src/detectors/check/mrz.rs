//! Machine-readable zones (ICAO Doc 9303 parts 4 to 6): TD3 of passports, TD2 and TD1 of cards.
//!
//! The match is the line with the dates; names stand in the line before (TD3, TD2) or after (TD1), which
//! belong to the datum where they are there. Check digits of document number, birth, expiry and of all together
//! must be right; an optional field's may be a filler.

use super::{Found, Probe};

/// Weights 7, 3, 1; digits their value, letters from 10, fillers 0 (part 3 section 4.9).
pub(super) fn check_digit(text: impl Iterator<Item = u8>) -> u8 {
    let sum: u32 = text
        .zip([7_u32, 3, 1].into_iter().cycle())
        .map(|(byte, weight)| weight * u32::from(value(byte)))
        .sum();
    b'0' + (sum % 10) as u8
}

fn value(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'Z' => byte - b'A' + 10,
        _ => 0,
    }
}

/// Whether the digit behind `from..to` is the one of that part; a filler counts for a part of fillers.
fn right(line: &[u8], from: usize, to: usize) -> bool {
    let (Some(part), Some(digit)) = (line.get(from..to), line.get(to)) else { return false };
    *digit == check_digit(part.iter().copied()) || *digit == b'<' && part.iter().all(|byte| *byte == b'<')
}

fn dates(line: &[u8], birth: usize, expiry: usize) -> bool {
    let month = |at: usize| {
        let two = line.get(at + 2..at + 4).and_then(|two| std::str::from_utf8(two).ok());
        two.is_some_and(|two| two.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month)) || two == "<<")
    };
    month(birth) && month(expiry)
}

/// The second line of a passport or visa, 44 characters.
pub(super) fn passport(probe: &Probe<'_>) -> Option<Found> {
    let line = probe.matched();
    let visa = starts(probe, 44, b'V').is_some();
    let all = line.iter().take(10).chain(line.iter().take(20).skip(13)).chain(line.iter().take(43).skip(21));
    let composite = line.get(43) == Some(&check_digit(all.copied()));
    let number = right(line, 0, 9) && right(line, 13, 19) && right(line, 21, 27) && dates(line, 13, 21);
    // A visa has no check digit over all.
    let complete = visa || composite && right(line, 28, 42);
    if !(number && complete) {
        return None;
    }
    let start = starts(probe, 44, b'P').or_else(|| starts(probe, 44, b'V')).unwrap_or(probe.start);
    Some(Found { start, ..Found::validated(probe) })
}

/// The second line of a card in two lines, 36 characters.
pub(super) fn card2(probe: &Probe<'_>) -> Option<Found> {
    let line = probe.matched();
    let all = line.iter().take(10).chain(line.iter().take(20).skip(13)).chain(line.iter().take(35).skip(21));
    let composite = line.get(35) == Some(&check_digit(all.copied()));
    let parts = right(line, 0, 9) && right(line, 13, 19) && right(line, 21, 27) && dates(line, 13, 21);
    if !(parts && composite) {
        return None;
    }
    let start = [b'I', b'A', b'C', b'P'].iter().find_map(|kind| starts(probe, 36, *kind));
    Some(Found { start: start.unwrap_or(probe.start), ..Found::validated(probe) })
}

/// The second line of a card in three lines, 30 characters; the check over all needs the first.
pub(super) fn card1(probe: &Probe<'_>) -> Option<Found> {
    let line = probe.matched();
    if !(right(line, 0, 6) && right(line, 8, 14) && dates(line, 0, 8)) {
        return None;
    }
    let start = [b'I', b'A', b'C'].iter().find_map(|kind| starts(probe, 30, *kind))?;
    let first = probe.field.get(start..start + 30)?;
    let all = first
        .iter()
        .skip(5)
        .chain(line.iter().take(7))
        .chain(line.iter().take(15).skip(8))
        .chain(line.iter().take(29).skip(18));
    // Long document numbers go on behind a filler in place of their check digit.
    let number = right(first, 5, 14) || first.get(14) == Some(&b'<');
    if !number || line.get(29) != Some(&check_digit(all.copied())) {
        return None;
    }
    let rest = probe.field.get(probe.end..).unwrap_or(&[]);
    let gap = rest.iter().take(2).take_while(|byte| matches!(byte, b'\n' | b'\r' | b' ')).count();
    let third =
        rest.get(gap..gap + 30).filter(|third| third.iter().all(|b| b.is_ascii_uppercase() || *b == b'<'));
    let end = if third.is_some() { probe.end + gap + 30 } else { probe.end };
    Some(Found { start, end, glued: true, ..Found::validated(probe) })
}

/// Where the line before begins, if it is one of this length and kind.
fn starts(probe: &Probe<'_>, len: usize, kind: u8) -> Option<usize> {
    let before = probe.field.get(..probe.start)?;
    let gap = before.iter().rev().take(2).take_while(|byte| matches!(byte, b'\n' | b'\r' | b' ')).count();
    let start = probe.start.checked_sub(gap + len)?;
    let line = probe.field.get(start..start + len)?;
    let plain = line.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'<');
    (plain && line.first() == Some(&kind)).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(
        text: &str,
        from: usize,
        len: usize,
        run: fn(&Probe<'_>) -> Option<Found>,
    ) -> Option<(usize, usize)> {
        run(&Probe { field: text.as_bytes(), start: from, end: from + len }).map(|f| (f.start, f.end))
    }

    // The specimens of Doc 9303 parts 4 (appendix A), 6 and 5.
    const TD3: &str =
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    const TD2: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6";
    const TD1: &str =
        "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";

    #[test]
    fn the_specimens_are_taken_with_all_their_lines() {
        assert_eq!(found(TD3, 45, 44, passport), Some((0, TD3.len())));
        assert_eq!(found(TD2, 37, 36, card2), Some((0, TD2.len())));
        assert_eq!(found(TD1, 31, 30, card1), Some((0, TD1.len())));
        let glued = TD3.replace('\n', "");
        assert_eq!(found(&glued, 44, 44, passport), Some((0, 88)));
    }

    #[test]
    fn one_digit_wrong_makes_each_none() {
        for (text, from, len, run) in [
            (TD3, 45, 44, passport as fn(&Probe<'_>) -> Option<Found>),
            (TD2, 37, 36, card2),
            (TD1, 31, 30, card1),
        ] {
            for at in [from + 2, from + len - 1] {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
                let other = String::from_utf8(bytes).unwrap();
                assert_eq!(found(&other, from, len, run), None, "{other}");
            }
        }
    }
}
