//! One-time codes, PINs and recovery codes: the value beside a phrase such as "código de verificación".

use super::password::joint;
use super::{Found, Probe};

/// Words that say what the number in `123456 is your … code` is, in eight languages, lower case.
#[rustfmt::skip]
const NAMES: &[&[u8]] = &[
    b"code", b"codice", "código".as_bytes(), b"codigo", b"kod", b"otp", b"passcode", b"pincode", b"clave",
    b"pin", b"tan", b"einmalpasswort", b"contrase", "CÓDIGO".as_bytes(),
];

/// The match is the phrase; the datum is the code behind it.
pub(super) fn code(probe: &Probe<'_>) -> Option<Found> {
    let name = probe.matched();
    let short = name.len() < 5;
    // `PIN 4821`: the code right behind its word.
    let direct = blanks(probe.field, probe.end);
    let near = direct > 0 && probe.byte(probe.end + direct).is_some_and(|byte| byte.is_ascii_digit());
    let (at, signed) = if near {
        (probe.end + direct, false)
    } else {
        (joint(probe.field, probe.end, if short { 0 } else { 4 })?.0, true)
    };
    let start = at + opening(probe.field.get(at..)?);
    let end = start + length(probe.field.get(start..probe.field.len().min(start + 16))?)?;
    let bits = if signed { 0 } else { -2 };
    Some(Found { start, end, ..Found::formed(probe) }.step(bits))
}

/// The match begins with the number: `482913 is your verification code`.
pub(super) fn code_first(probe: &Probe<'_>) -> Option<Found> {
    let rest = probe.field.get(probe.end..probe.field.len().min(probe.end + 48))?;
    let rest = rest.get(..rest.iter().position(|byte| matches!(byte, b'.' | b'\n')).unwrap_or(rest.len()))?;
    let lower = rest.to_ascii_lowercase();
    NAMES.iter().find(|name| memchr::memmem::find(&lower, name).is_some())?;
    let digits = length(probe.matched())?;
    Some(Found { end: probe.start + digits, ..Found::formed(probe) })
}

/// The match is the phrase; the datum is all codes behind it, however parted.
pub(super) fn recovery(probe: &Probe<'_>) -> Option<Found> {
    let at = joint(probe.field, probe.end, 4)?.0;
    let rest = probe.field.get(at..probe.field.len().min(at + 512))?;
    let mut first = None;
    let mut end = 0;
    let mut from = 0;
    for token in
        rest.split(|byte| byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'"' | b'[' | b']'))
    {
        let start = from;
        from += token.len() + 1;
        // `1.` and `-` begin lines of a list.
        if token.len() < 4 {
            if token.iter().any(u8::is_ascii_alphabetic) { break } else { continue }
        }
        let token = token.strip_suffix(b".").unwrap_or(token);
        let parts = token
            .split(|byte| *byte == b'-')
            .all(|part| (3..=12).contains(&part.len()) && part.iter().all(u8::is_ascii_alphanumeric));
        if !parts || !token.iter().any(u8::is_ascii_digit) {
            break;
        }
        first = first.or(Some(start));
        end = start + token.len();
    }
    Some(Found { start: at + first?, end: at + end, glued: true, ..Found::formed(probe) })
}

fn blanks(field: &[u8], at: usize) -> usize {
    field.get(at..).unwrap_or(&[]).iter().take(3).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Blanks, quotes and marks before a code.
fn opening(rest: &[u8]) -> usize {
    let mark = |byte: &&u8| {
        byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'*' | b'`' | b'<' | b'[' | b'(')
    };
    let len = rest.iter().take(6).take_while(mark).count();
    // Google writes `G-482913`.
    if rest.get(len..).is_some_and(|rest| rest.starts_with(b"G-")) { len + 2 } else { len }
}

/// How long the code is: four to eight digits, in one run or two halves, or six to eight capitals with a
/// digit.
fn length(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let ends = |at: usize| {
        let sign = |byte: &u8| matches!(byte, b'.' | b',' | b'-' | b'/' | b':');
        let goes_on = text.get(at).is_some_and(sign) && text.get(at + 1).is_some_and(u8::is_ascii_digit);
        !(goes_on || text.get(at).is_some_and(u8::is_ascii_alphanumeric))
    };
    if matches!(digits, 3 | 4) && text.get(digits).is_some_and(|byte| matches!(byte, b' ' | b'-')) {
        let more = text.get(digits + 1..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if more == digits && ends(digits * 2 + 1) {
            return Some(digits * 2 + 1);
        }
    }
    if (4..=8).contains(&digits) && ends(digits) {
        return Some(digits);
    }
    let capital = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let run = text.iter().take_while(capital).count();
    let mixed = text.get(..run)?.iter().any(u8::is_ascii_digit) && digits < run;
    ((6..=8).contains(&run) && mixed && ends(run)).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str, run: fn(&Probe<'_>) -> Option<Found>) -> Option<String> {
        let end = text.find('|')?;
        let plain = text.replacen('|', "", 1);
        let found = run(&Probe { field: plain.as_bytes(), start: 0, end })?;
        Some(plain[found.start..found.end].to_owned())
    }

    #[test]
    fn the_code_behind_its_phrase() {
        for (text, wanted) in [
            ("código de verificación| es 482913.", "482913"),
            ("verification code|: 482 913", "482 913"),
            ("Ihr Bestätigungscode| lautet: 482913", "482913"),
            ("OTP| 482913", "482913"),
            ("verification code|: G-482913", "482913"),
            ("code de sécurité| : *AB12CD*", "AB12CD"),
            ("PIN|: 4821", "4821"),
        ] {
            assert_eq!(after(text, code).as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "verification code| sent",
            "PIN|: 12",
            "PIN|: 12.05.2024",
            "TAN|-4821-x",
            "OTP|: 4829138273",
            "PIN| code expired",
        ] {
            assert_eq!(after(text, code), None, "{text}");
        }
    }

    #[test]
    fn the_code_before_its_phrase() {
        assert_eq!(after("482913 is your| verification code", code_first).as_deref(), Some("482913"));
        assert_eq!(after("482913 es tu| código de acceso", code_first).as_deref(), Some("482913"));
        assert_eq!(after("482913 is your| order number", code_first), None);
    }

    #[test]
    fn recovery_codes_are_taken_together() {
        let text = "recovery codes|:\n1. 8f3k-2m9q\n2. 77ab-x1zz\nKeep them safe";
        assert_eq!(after(text, recovery).as_deref(), Some("8f3k-2m9q\n2. 77ab-x1zz"));
        assert_eq!(after("backup code|: see manual", recovery), None);
    }
}
