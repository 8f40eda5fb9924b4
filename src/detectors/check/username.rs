//! User names by cue: what stands behind `usuario:`, `Benutzername lautet`.

use super::code::is_code;
use super::password::joint;
use super::{Found, Probe};
use crate::records::is_mark;

/// What is said of a user name, and what forms write beside one.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "is", "not", "the", "and", "or", "password", "required", "invalid", "incorrect", "unknown", "missing", "email",
    "e-mail", "name", "null", "none", "undefined", "failed", "error", "page", "here", "your", "my", "please",
    "enter", "agent", "agents", "end-user", "admin", "administrator", "root", "system", "guest", "anonymous",
    "user", "login", "test", "true", "false", "string", "locked", "disabled", "expired", "support", "contraseña",
    "correo", "incorrecto", "obligatorio", "desconocido", "no", "el", "la", "tu", "su", "mi", "y", "o", "final",
    "mot", "adresse", "invalide", "inconnu", "ou", "et", "le", "votre", "passwort", "und", "oder", "unbekannt",
    "falsch", "ungültig", "ist", "nicht", "wachtwoord", "en", "of", "onbekend", "onjuist", "password.", "errato",
    "e", "senha", "ou", "inválido", "hasło", "lub", "nieznany", "błędny", "with", "who", "has", "can", "was", "will", "que",
];

/// The match is the word; the datum is the name behind its sign or verb.
pub(super) fn username(probe: &Probe<'_>) -> Option<Found> {
    let (at, signed) = joint(probe.field, probe.end, 1)?;
    let rest = probe.field.get(at..probe.field.len().min(at + 80))?;
    let mark = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'*' | b'`' | b'[' | b'(');
    let blank = rest.iter().take(6).take_while(mark).count();
    let start = at + blank;
    let value = run(rest.get(blank..)?)?;
    let bits = name(value)?;
    if is_code(value, rest.get(blank + value.len()..).unwrap_or(&[])) {
        return None;
    }
    // `USERNAME: Regex = …` declares a type.
    let declared = rest
        .get(blank + value.len()..)
        .is_some_and(|rest| rest.starts_with(b" =") || rest.starts_with(b"::"));
    // `login: [c_char; 8]` is an array.
    let array =
        rest.get(blank.wrapping_sub(1)) == Some(&b'[') && rest.get(blank + value.len()) == Some(&b';');
    if declared || array || stands_in_mark(rest, blank) {
        return None;
    }
    // Behind a verb a plain word goes on a sentence.
    let plain = bits <= 0;
    if !signed && plain {
        return None;
    }
    Some(Found { start, end: start + value.len(), ..Found::formed(probe) }.step(bits))
}

/// Whether what begins here stands in brackets as a remedy leaves it: `[nombre de usuario]`.
fn stands_in_mark(rest: &[u8], at: usize) -> bool {
    let Some(open) = at.checked_sub(1).filter(|open| rest.get(*open) == Some(&b'[')) else { return false };
    let close = rest.iter().position(|byte| *byte == b']');
    let inside = close.and_then(|close| rest.get(open..=close));
    inside.and_then(|text| std::str::from_utf8(text).ok()).is_some_and(is_mark)
}

/// A whole field under such a name.
pub(super) fn field(probe: &Probe<'_>) -> Option<Found> {
    let value = probe.matched();
    if run(value)?.len() != value.len() || value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(Found::formed(probe).step(name(value)?))
}

/// The run of bytes a user name may have, without the signs of the sentence.
fn run(text: &[u8]) -> Option<&[u8]> {
    let inside =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'\\' | b'+');
    let len = text.iter().take(64).take_while(inside).count();
    // Addresses are e-mail's; `user:password@` and paths are others'.
    let address = text.get(len..).is_some_and(|rest| rest.starts_with(b"://"));
    if address || matches!(text.get(len), Some(b'@' | b'/' | b'(' | b'=')) {
        return None;
    }
    let kept = text.get(..len)?.iter().rposition(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')? + 1;
    text.get(..kept)
}

fn name(value: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(value).ok()?;
    let lower = text.to_lowercase();
    let first = value.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let version = value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if value.len() < 3 || !first || WORDS.contains(&lower.as_str()) || version {
        return None;
    }
    let digit = value.iter().any(u8::is_ascii_digit);
    let sign = value.iter().any(|byte| matches!(byte, b'.' | b'_' | b'-' | b'\\'));
    Some(match (digit, sign) {
        (true, true) | (true, false) if value.iter().any(u8::is_ascii_alphabetic) => 3,
        (_, true) => 2,
        (true, false) => -1,
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Option<String> {
        let end = text.find('|')?;
        let plain = text.replacen('|', "", 1);
        let found = username(&Probe { field: plain.as_bytes(), start: 0, end })?;
        Some(plain[found.start..found.end].to_owned())
    }

    #[test]
    fn the_name_behind_its_word() {
        for (text, wanted) in [
            ("usuario|: ana.lopez77, gracias", "ana.lopez77"),
            ("Benutzername| lautet m_huber3.", "m_huber3"),
            ("username|=\"jdoe\"", "jdoe"),
            ("login|: CORP\\ana", "CORP\\ana"),
        ] {
            assert_eq!(after(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn sentences_and_addresses_are_none() {
        for text in [
            "username| is wrong",
            "usuario|: ana@example.com",
            "login|: failed",
            "user name| is required",
            "login| page",
            "USERNAME|: Regex = x",
            "usuario|: https://x",
        ] {
            assert_eq!(after(text), None, "{text}");
        }
    }
}
