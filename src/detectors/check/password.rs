//! Passwords written out: the value after a phrase such as "mi contraseña es".
//!
//! The match is the word; the check reads on to the first sign or verb, and the datum is what follows. Sentences about passwords
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

/// Verbs that join a password to its word, folded to lower case.
const VERBS: [&str; 22] = [
    "es", "era", "será", "sera", "est", "ist", "lautet", "lautete", "war", "is", "was", "é", "è", "to",
    "jest", "brzmi", "luidt", "sigue", "son", "sind", "are", "wäre",
];
/// How many words may stand between the word and its sign or verb: `contraseña de la cuenta de Ana es`.
const WORDS_BETWEEN: usize = 6;
/// How far the sign or verb may be, in bytes.
const REACH: usize = 80;

pub(super) fn password(probe: &Probe<'_>) -> Option<Found> {
    let (value, assigned) = joint(probe.field, probe.end)?;
    let (start, end, quoted) = span(probe.field, value)?;
    let value = std::str::from_utf8(probe.field.get(start..end)?).ok()?;
    let bits = shape(value, assigned, quoted, probe.field.get(end..).unwrap_or(&[]))?;
    Some(Found { start, end, glued: true, ..Found::formed(probe) }.step(bits))
}

/// Where the value begins, behind the first sign or verb after the word, and whether it was a sign.
fn joint(field: &[u8], from: usize) -> Option<(usize, bool)> {
    let rest = field.get(from..field.len().min(from + REACH))?;
    let mut words = 0;
    let mut at = 0;
    while let Some(byte) = rest.get(at).copied() {
        match byte {
            b':' | b'=' => return Some((after_sign(field, from + at), true)),
            b'-' if rest.get(at + 1) == Some(&b'>') => return Some((from + at + 2, true)),
            b' ' | b'(' | b')' | b'"' | b'\'' | b'`' | b'*' | b'_' | b'-' | b'\t' | 0xA0 | 0xAF => at += 1,
            _ if byte.is_ascii_alphabetic() || byte >= 0x80 => {
                let len =
                    rest.get(at..)?.iter().take_while(|b| b.is_ascii_alphabetic() || **b >= 0x80).count();
                // A no-break space is no letter of the word before it.
                let word = String::from_utf8_lossy(rest.get(at..at + len)?).to_lowercase();
                let word = word.split(['\u{A0}', '\u{202F}']).find(|part| !part.is_empty()).unwrap_or("");
                if VERBS.contains(&word) {
                    return Some(after_verb(field, from + at + len));
                }
                words += 1;
                if words > WORDS_BETWEEN {
                    return None;
                }
                at += len;
            }
            _ => return None,
        }
    }
    None
}

/// Behind `:`, `=`, `:=`, `=>`, `==`.
fn after_sign(field: &[u8], at: usize) -> usize {
    let more = field.get(at + 1).is_some_and(|byte| matches!(byte, b'=' | b'>'));
    at + if more { 2 } else { 1 }
}

/// Behind a verb, or behind the colon that follows it.
fn after_verb(field: &[u8], at: usize) -> (usize, bool) {
    let blank = field.get(at..).unwrap_or(&[]).iter().take_while(|byte| **byte == b' ').count();
    match field.get(at + blank) {
        Some(b':') => (at + blank + 1, true),
        _ => (at, false),
    }
}

/// The value's span and whether it stands in quotes.
fn span(field: &[u8], start: usize) -> Option<(usize, usize, bool)> {
    let rest = text(field.get(start..field.len().min(start + LONGEST + 16))?)?;
    let blank = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '*').len();
    if blank > 8 {
        return None;
    }
    let start = start + blank;
    let (from, close) = match rest.get(blank..)?.chars().next()? {
        quote @ ('"' | '\'' | '`') => (start + 1, u8::try_from(quote).ok()),
        quote @ ('«' | '“' | '„' | '‘' | '‚') => (start + quote.len_utf8(), None),
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
    let token = text(rest.get(..len)?)?;
    let kept = token.trim_end_matches(['.', ',', ';', ':', ')', '"', '\'', '`', '»', '”', ']', '\u{A0}']);
    Some((from, from + kept.len(), false))
}

/// The text up to a last character the bound may have cut.
fn text(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok(),
    }
}

/// How much the value looks like a password, in bits; none where it cannot be one.
fn shape(value: &str, assigned: bool, quoted: bool, after: &[u8]) -> Option<i32> {
    let count = value.chars().count();
    let masked =
        value.chars().all(|c| matches!(c, '*' | '•' | '●' | '.' | '-' | '_' | 'x' | 'X' | '█' | '▇' | '…'));
    let name = value.trim_start_matches(['[', '<', '{', '$', '%']);
    let placeholder = name.len() < value.len()
        && name
            .trim_end_matches([']', '>', '}', '%'])
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '_' | '-'));
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
        (false, false, false) => {
            if assigned && !goes_on {
                -1
            } else {
                -3
            }
        }
    };
    let place = if assigned { 0 } else { -1 } + if quoted { 3 } else { 0 };
    let sentence = if goes_on && !quoted && form < 3 { -3 } else { 0 };
    Some(form + place + sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The datum and its bits after a password word that ends at `|`.
    fn after(text: &str) -> Option<(String, i32)> {
        let end = text.find('|')?;
        let plain = text.replacen('|', "", 1);
        let found = password(&Probe { field: plain.as_bytes(), start: 0, end })?;
        Some((plain[found.start..found.end].to_owned(), found.bits))
    }

    #[test]
    fn the_value_is_the_datum() {
        let pairs = [
            ("contraseña| es Verano2024!, gracias", "Verano2024!"),
            ("contraseña| de mi cuenta es: Verano2024!", "Verano2024!"),
            ("mot de passe| : Soleil75", "Soleil75"),
            ("mot de passe|\u{A0}: Soleil75", "Soleil75"),
            ("Passwort| lautet \"blau und 7 gelb\".", "blau und 7 gelb"),
            ("password|=hunter2", "hunter2"),
            ("password|\": \"hunter2\"", "hunter2"),
            ("password|: «Secreto9»", "Secreto9"),
            ("password| (wifi): Casa-2024", "Casa-2024"),
            ("password|:\n  Casa-2024\nok", "Casa-2024"),
        ];
        for (text, wanted) in pairs {
            let (value, bits) = after(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(value, wanted, "{text}");
            assert!(bits >= 1, "{text}: {bits}");
        }
    }

    #[test]
    fn sentences_and_masks_are_none() {
        for text in [
            "password| is incorrect",
            "password|: ********",
            "password|: [REDACTED]",
            "password|: <your_password>",
            "password|: ${PASSWORD}",
            "contraseña| es muy débil",
            "password|: https://x.example/reset",
            "password| is abc",
            "password|. The key: Casa2024",
            "password| one two three four five six seven: Casa2024",
        ] {
            assert!(after(text).is_none(), "{text}");
        }
        assert!(after("password| is shared between teams").unwrap().1 < -5);
    }
}
