//! Passwords in addresses and headers: `scheme://user:password@host` (RFC 3986 section 3.2.1), and HTTP
//! `Basic` and `Bearer` (RFC 7617, RFC 6750).

use super::{Found, Probe, base64, placeholder};
use crate::records::ValueClass;

/// Longest address taken, in bytes.
const LONGEST: usize = 512;
/// Passwords and users of manuals.
#[rustfmt::skip]
const MANUAL: &[&[u8]] = &[
    b"password", b"passwd", b"pass", b"pwd", b"pw", b"secret", b"passwort", b"contrasena", b"mot_de_passe",
    b"wachtwoord", b"changeme", b"mypassword",
];

/// The match begins at `://` and ends at the `@`; the datum is the whole address.
pub(super) fn url(probe: &Probe<'_>) -> Option<Found> {
    let before = probe.field.get(probe.start.saturating_sub(24)..probe.start)?;
    let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let scheme = before.iter().rev().take_while(inside).count();
    if scheme < 2 {
        return None;
    }
    let rest = probe.field.get(probe.start + 3..probe.field.len().min(probe.start + LONGEST))?;
    let stop =
        |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'|');
    let text = rest.get(..rest.iter().position(stop).unwrap_or(rest.len()))?;
    let authority =
        text.get(..text.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(text.len()))?;
    let at = authority.iter().rposition(|byte| *byte == b'@')?;
    let colon = authority.iter().position(|byte| *byte == b':').filter(|colon| *colon < at)?;
    let password = authority.get(colon + 1..at)?;
    let host = authority.get(at + 1..).filter(|host| host.iter().any(u8::is_ascii_alphanumeric))?;
    let filled = host.iter().all(|byte| byte.is_ascii_graphic());
    let lower = password.to_ascii_lowercase();
    let named = lower.first().is_some_and(|byte| matches!(byte, b'$' | b'{' | b'%' | b'[' | b'<'))
        && lower.last().is_some_and(|byte| matches!(byte, b'}' | b'%' | b']' | b'>' | b'a'..=b'z'));
    let masked = lower.iter().all(|byte| matches!(byte, b'*' | b'x' | b'.' | b'-'));
    if password.is_empty() || named || masked || !filled {
        return None;
    }
    let manual = MANUAL.contains(&lower.as_slice());
    let kept = text.iter().rposition(|byte| !matches!(byte, b'.' | b',' | b';' | b')' | b']' | b'!'))?;
    let found =
        Found { start: probe.start - scheme, end: probe.start + 3 + kept + 1, ..Found::formed(probe) };
    Some(found.of_class(if manual { ValueClass::Documentation } else { ValueClass::Real }))
}

/// `Basic` and a base64 of `user:password`; the datum is the base64.
pub(super) fn basic(probe: &Probe<'_>) -> Option<Found> {
    let (start, end) = credential(probe, |byte| matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'))?;
    let plain = base64::decode(probe.field.get(start..end)?)?;
    let text = std::str::from_utf8(&plain).ok()?;
    let colon = text.find(':')?;
    let printable = text.chars().all(|c| !c.is_control());
    (printable && colon > 0 && colon + 1 < text.len()).then_some(Found { start, end, ..Found::formed(probe) })
}

/// `Bearer` and a token drawn by lot; the datum is the token.
pub(super) fn bearer(probe: &Probe<'_>) -> Option<Found> {
    let sign = |byte| matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    let (start, end) = credential(probe, sign)?;
    let value = probe.field.get(start..end)?;
    let drawn = value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
    if value.len() < 16 || !drawn {
        return None;
    }
    Some(Found { start, end, ..Found::formed(probe) }.of_class(placeholder::class(value)?))
}

/// The run behind the scheme's blank, of letters, digits and these signs.
fn credential(probe: &Probe<'_>, sign: impl Fn(u8) -> bool) -> Option<(usize, usize)> {
    let start = probe.start + probe.matched().iter().position(|byte| *byte == b' ')? + 1;
    let rest = probe.field.get(start..)?;
    let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || sign(**byte);
    let end = start + rest.iter().take(4096).take_while(inside).count();
    let kept = probe.field.get(start..end)?.iter().rposition(|byte| *byte != b'.')?;
    Some((start, start + kept + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datum(text: &str) -> Option<(String, ValueClass)> {
        let start = text.find("://")?;
        let end = start + text[start..].find('@')? + 1;
        let found = url(&Probe { field: text.as_bytes(), start, end })?;
        Some((text[found.start..found.end].to_owned(), found.class))
    }

    #[test]
    fn the_address_is_the_datum() {
        for (text, wanted) in [
            (
                "DATABASE_URL=postgres://app:s3cr3tPw@db.example.com:5432/prod, ok",
                "postgres://app:s3cr3tPw@db.example.com:5432/prod",
            ),
            ("(mongodb+srv://u:p%40ss@c0.example.net/?w=1).", "mongodb+srv://u:p%40ss@c0.example.net/?w=1"),
            ("redis://:Zk91mQ@10.0.0.5:6379", "redis://:Zk91mQ@10.0.0.5:6379"),
            ("\"https://ana:q7@@h.example/x\"", "https://ana:q7@@h.example/x"),
        ] {
            assert_eq!(datum(text).unwrap(), (wanted.to_owned(), ValueClass::Real), "{text}");
        }
        assert_eq!(datum("mysql://user:password@localhost/db").unwrap().1, ValueClass::Documentation);
    }

    #[test]
    fn what_is_filled_in_later_is_none() {
        for text in [
            "postgres://app:${DB_PASSWORD}@db/x",
            "postgres://app:<password>@db/x",
            "postgres://app:****@db/x",
            "https://host.example/a:b@c",
            "://a:b@c",
        ] {
            assert!(datum(text).is_none(), "{text}");
        }
    }

    #[test]
    fn basic_is_decoded() {
        // ana:Verano24
        let text = "Authorization: Basic YW5hOlZlcmFubzI0";
        let found = basic(&Probe { field: text.as_bytes(), start: 15, end: text.len() }).unwrap();
        assert_eq!(&text[found.start..found.end], "YW5hOlZlcmFubzI0");
        for text in ["Basic information about", "basic authentication"] {
            assert!(basic(&Probe { field: text.as_bytes(), start: 0, end: 14 }).is_none(), "{text}");
        }
    }

    #[test]
    fn bearer_takes_a_token_and_no_words() {
        let text = "Bearer kd82Hq0ZpLm4XwRt71Vb.";
        let found = bearer(&Probe { field: text.as_bytes(), start: 0, end: 20 }).unwrap();
        assert_eq!(found.end, text.len() - 1);
        assert!(bearer(&Probe { field: b"bearer authenticationscheme", start: 0, end: 27 }).is_none());
    }
}
