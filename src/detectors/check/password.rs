//! Passwords written out: the value after a phrase such as "mi contraseña es".
//!
//! The match is the phrase with its separator; the datum is what follows. Sentences about passwords
//! ("the password is wrong") are told from values by the form of the word after the phrase.

use super::{Found, Probe};

/// Longest password taken, in bytes.
const LONGEST: usize = 128;

/// Words after "password is" or "password:" that are no password, in eight languages.
#[rustfmt::skip]
const WORDS: [&str; 132] = [
    "incorrect", "wrong", "invalid", "expired", "required", "correct", "valid", "needed", "missing",
    "reset", "changed", "not", "the", "a", "an", "no", "none", "null", "nil", "true", "false", "empty",
    "undefined", "still", "being", "too", "very", "now", "required.", "please", "see", "below", "above",
    "attached", "same", "your", "my", "our", "here", "sent", "redacted", "removed", "hidden", "unknown",
    "working", "secure", "weak", "strong", "policy", "protected", "must", "should", "will", "optional",
    "string", "forgotten", "locked", "incorrecta", "incorrecto", "errónea", "válida", "inválida",
    "necesaria", "obligatoria", "caducada", "segura", "correcta", "la", "el", "una", "un", "muy", "que",
    "para", "demasiado", "personal", "débil", "fuerte", "nueva", "incorrect.", "erroné", "erronée",
    "oublié", "expiré", "invalide", "requis", "obligatoire", "faible", "le", "trop", "pas", "toujours",
    "bien", "correct.", "sécurisé", "falsch", "abgelaufen", "ungültig", "richtig", "erforderlich", "nicht",
    "zu", "das", "der", "die", "ein", "noch", "sicher", "unbekannt", "vergessen", "onjuist", "verlopen",
    "vereist", "niet", "verkeerd", "errada", "inválida.", "expirada", "obrigatória", "não", "muito",
    "sbagliata", "errata", "scaduta", "obbligatoria", "non", "molto", "nieprawidłowe", "błędne", "wygasło",
    "wymagane", "jest",
];

pub(super) fn password(probe: &Probe<'_>) -> Option<Found> {
    let rest = probe.field.get(probe.end..)?;
    // After a colon or sign the value stands alone; after a verb the sentence may go on.
    let sign = probe.matched().iter().rev().find(|byte| !byte.is_ascii_whitespace()).copied();
    let assigned = matches!(sign, Some(b':' | b'=' | b'"' | b'\'' | b'`' | b'>'));
    let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let start = probe.end + blank;
    if blank > 4 {
        return None;
    }
    let (start, end, quoted) = span(probe.field, start, probe.matched().last().copied())?;
    let value = std::str::from_utf8(probe.field.get(start..end)?).ok()?;
    let bits = shape(value, assigned, quoted, probe.field.get(end..).unwrap_or(&[]))?;
    Some(Found { start, end, glued: true, ..Found::formed(probe) }.step(bits))
}

/// The value's span and whether it stands in quotes.
fn span(field: &[u8], start: usize, before: Option<u8>) -> Option<(usize, usize, bool)> {
    let opened = field.get(start).copied();
    let inside = before.filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let (from, close) = match (opened, inside) {
        (_, Some(quote)) => (start, Some(quote)),
        (Some(quote @ (b'"' | b'\'' | b'`')), None) => (start + 1, Some(quote)),
        (Some(0xC2), None) if field.get(start + 1) == Some(&0xAB) => (start + 2, None),
        (Some(0xE2), None) if field.get(start + 1) == Some(&0x80) => (start + 3, None),
        _ => (start, None),
    };
    let rest = field.get(from..field.len().min(from + LONGEST))?;
    if let Some(quote) = close
        && let Some(len) = rest.iter().position(|byte| *byte == quote || *byte == b'\n')
        && rest.get(len) == Some(&quote)
        && len > 0
    {
        return Some((from, from + len, true));
    }
    let len = rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'<').unwrap_or(rest.len());
    // Room for the last character of a bounded token.
    let token = match std::str::from_utf8(rest.get(..len)?) {
        Ok(token) => token,
        Err(error) => std::str::from_utf8(rest.get(..error.valid_up_to())?).ok()?,
    };
    let kept = token.trim_end_matches(['.', ',', ';', ':', ')', '"', '\'', '`', '»', '”', ']', '\u{A0}']);
    Some((from, from + kept.len(), false))
}

/// How much the value looks like a password, in bits; none where it cannot be one.
fn shape(value: &str, assigned: bool, quoted: bool, after: &[u8]) -> Option<i32> {
    let count = value.chars().count();
    let masked =
        value.chars().all(|c| matches!(c, '*' | '•' | '●' | '.' | '-' | '_' | 'x' | 'X' | '█' | '▇' | '…'));
    let placeholder =
        (value.starts_with(['[', '<', '{']) && value.ends_with([']', '>', '}'])) || value.starts_with("${");
    if count < 4 || masked || placeholder {
        return None;
    }
    let lower = value.to_lowercase();
    if WORDS.contains(&lower.as_str()) || lower.starts_with("http://") || lower.starts_with("https://") {
        return None;
    }
    let digit = value.chars().any(|c| c.is_ascii_digit());
    let sign = value.chars().any(|c| !c.is_alphanumeric());
    let upper = value.chars().skip(1).any(char::is_uppercase);
    let mixed = upper && value.chars().any(char::is_lowercase);
    // What stands after a value is the end of a line or sentence; a sentence goes on with a word.
    let goes_on = after.first() == Some(&b' ') && after.get(1).is_some_and(u8::is_ascii_lowercase);
    let form = match (digit, sign, mixed) {
        (true, _, _) | (_, true, true) => 3,
        (false, true, false) => 0,
        (false, false, true) => 2,
        (false, false, false) => -3,
    };
    let place = if assigned { 0 } else { -1 } + if quoted { 3 } else { 0 };
    let sentence = if goes_on && !quoted && form < 3 { -3 } else { 0 };
    Some(form + place + sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The datum and its bits after a phrase that ends at `|`.
    fn after(text: &str) -> Option<(String, i32)> {
        let end = text.find('|')?;
        let plain = text.replacen('|', "", 1);
        let found = password(&Probe { field: plain.as_bytes(), start: 0, end })?;
        Some((plain[found.start..found.end].to_owned(), found.bits))
    }

    #[test]
    fn the_value_is_the_datum() {
        let pairs = [
            ("mi contraseña es| Verano2024!, gracias", "Verano2024!"),
            ("mot de passe :| Soleil75", "Soleil75"),
            ("Passwort lautet| \"blau und 7 gelb\".", "blau und 7 gelb"),
            ("password=|hunter2", "hunter2"),
            ("password: |«Secreto9»", "Secreto9"),
        ];
        for (text, wanted) in pairs {
            let (value, bits) = after(text).unwrap();
            assert_eq!(value, wanted, "{text}");
            assert!(bits >= 1, "{text}: {bits}");
        }
    }

    #[test]
    fn sentences_and_masks_are_none() {
        for text in [
            "password is| incorrect",
            "password:| ********",
            "password:| [REDACTED]",
            "contraseña es| muy débil",
            "password:| https://x.example/reset",
            "password is| abc",
        ] {
            assert!(after(text).is_none(), "{text}");
        }
        assert!(after("password is| shared between teams").unwrap().1 < -5);
    }
}
