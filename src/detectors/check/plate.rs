//! Vehicle registration plates: Spain (Real Decreto 2822/1998, 1234 BCD without vowels), France and Italy
//! (AB 123 CD without I, O, U), Great Britain (AB12 CDE), and any other form by cue.

use super::password::joint;
use super::{Found, Probe, document};

/// Three consonants after a number that are units, currencies, zones and file kinds.
#[rustfmt::skip]
const UNITS: &[&[u8]] = &[
    b"RPM", b"BPM", b"PPM", b"PTS", b"PCS", b"LTD", b"SQL", b"HRS", b"MHZ", b"KHZ", b"GHZ", b"GMT", b"PST", b"CST",
    b"MST", b"BST", b"GBP", b"PLN", b"CZK", b"SKK", b"DKK", b"RSD", b"HKD", b"CHF", b"CSV", b"PNG", b"JPG", b"KBS",
    b"MBS", b"SMS", b"PHP", b"XML", b"PDF", b"FPS", b"DPS", b"KWH", b"MWH", b"LBS", b"MTS", b"KMS",
];

/// A Spanish plate.
pub(super) fn spanish(probe: &Probe<'_>) -> Option<Found> {
    let text = probe.matched();
    let letters = text.get(text.len().checked_sub(3)?..)?;
    let zeros = text.starts_with(b"0000");
    if UNITS.contains(&letters) || zeros || !document::alone(probe) {
        return None;
    }
    let year = matches!(text.get(..2), Some(b"19" | b"20")) && text.len() > 7;
    Some(Found::formed(probe).step(if year { -2 } else { 0 }))
}

/// A plate in the form of France and Italy.
pub(super) fn two_three_two(probe: &Probe<'_>) -> Option<Found> {
    let text = probe.matched();
    let bad = matches!(text.get(..2), Some(b"SS" | b"WW"))
        || text.ends_with(b"SS")
        || text.iter().filter(|b| **b == b'0').count() == 3;
    if bad || !document::alone(probe) {
        return None;
    }
    let bits = match text.get(2) {
        Some(b'-') => 0,
        Some(b' ') => -2,
        _ => -4,
    };
    Some(Found::formed(probe).step(bits))
}

/// A British plate: the age identifier is 02 to 29 or 51 to 79.
pub(super) fn british(probe: &Probe<'_>) -> Option<Found> {
    let age: u8 = std::str::from_utf8(probe.matched().get(2..4)?).ok()?.parse().ok()?;
    let spaced = probe.matched().contains(&b' ');
    let aged = matches!(age, 2..=29 | 51..=79) && document::alone(probe);
    aged.then_some(Found::formed(probe).step(if spaced { 1 } else { 0 }))
}

/// The match is a word such as "matrícula"; the datum is the plate behind its sign or verb.
pub(super) fn phrase(probe: &Probe<'_>) -> Option<Found> {
    let rest = probe.field.get(probe.end..probe.field.len().min(probe.end + 24))?;
    let direct = rest.iter().take(3).take_while(|byte| matches!(byte, b' ' | b'"' | b'(')).count();
    let near = direct > 0 && plate(rest.get(direct..)?).is_some();
    let at = if near { probe.end } else { joint(probe.field, probe.end, 3)?.0 };
    let rest = probe.field.get(at..probe.field.len().min(at + 24))?;
    let blank = rest
        .iter()
        .take(4)
        .take_while(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'*' | b'(' | b'\t'))
        .count();
    let len = plate(rest.get(blank..)?)?;
    Some(Found { start: at + blank, end: at + blank + len, ..Found::formed(probe) })
}

/// A whole field under such a name.
pub(super) fn field(probe: &Probe<'_>) -> Option<Found> {
    (plate(probe.matched())? == probe.matched().len()).then_some(Found::formed(probe))
}

/// How long the plate is that begins here: groups of capitals and digits, four to nine of them, some of
/// both; umlauts of German districts.
fn plate(text: &[u8]) -> Option<usize> {
    let mut end = 0;
    let (mut letters, mut digits, mut groups, mut at) = (0, 0, 0, 0);
    while let Some(byte) = text.get(at) {
        let umlaut = *byte == 0xC3 && matches!(text.get(at + 1), Some(0x84 | 0x96 | 0x9C));
        let step = if umlaut { 2 } else { 1 };
        match byte {
            b'0'..=b'9' => digits += 1,
            b'A'..=b'Z' => letters += 1,
            _ if umlaut => letters += 1,
            b' ' | b'-' | b':' if at > 0 && groups < 3 && end == at => {
                groups += 1;
                at += 1;
                continue;
            }
            _ => break,
        }
        at += step;
        // A capital that begins a word belongs to the sentence.
        if text.get(at).is_some_and(u8::is_ascii_lowercase) {
            return None;
        }
        end = at;
    }
    let count = letters + digits;
    ((4..=9).contains(&count) && letters > 0 && digits > 0 && letters <= 6 && digits <= 6).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;

    #[test]
    fn plates_by_form() {
        assert!(whole("1234 BCD", spanish).is_some());
        for text in ["1500 GBP", "3000 RPM", "0000 BCD"] {
            assert!(whole(text, spanish).is_none(), "{text}");
        }
        assert!(
            whole("AB-123-CD", two_three_two).unwrap().bits > whole("AB123CD", two_three_two).unwrap().bits
        );
        assert!(whole("WW-123-CD", two_three_two).is_none());
        assert!(whole("AB12 CDE", british).is_some());
        assert!(whole("AB00 CDE", british).is_none());
    }

    #[test]
    fn plates_behind_a_word() {
        for (text, wanted) in [
            ("Kennzeichen|: M-AB 1234, rot", "M-AB 1234"),
            ("Kennzeichen| TÜ-X 77", "TÜ-X 77"),
            ("la matrícula| es 1234 BCD y", "1234 BCD"),
            ("kenteken|: 12-ABC-3", "12-ABC-3"),
            ("rejestracyjny|: WA 12345", "WA 12345"),
        ] {
            let end = text.find('|').unwrap();
            let plain = text.replacen('|', "", 1);
            let found =
                phrase(&Probe { field: plain.as_bytes(), start: 0, end }).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(&plain[found.start..found.end], wanted);
        }
        for text in ["Kennzeichen|: unbekannt", "plate| is missing", "matrícula|: 2024", "plate|: ABCD"] {
            let end = text.find('|').unwrap();
            let plain = text.replacen('|', "", 1);
            assert!(phrase(&Probe { field: plain.as_bytes(), start: 0, end }).is_none(), "{text}");
        }
    }
}
