//! Values of named settings: `api_key: …`, `"client_secret": "…"`, `SESSION_TOKEN=…`; and what a field of such a name holds.
//!
//! The match is the name; the check reads on to the sign and takes what follows, if it looks drawn by lot.

use super::code::is_code;
use super::password::joint;
use super::{Found, Probe, placeholder};

/// Longest value taken, in bytes.
const LONGEST: usize = 512;
/// What stands before names whose values are no credentials: pages, forms, commits.
const OTHERS: &[&[u8]] = &[
    b"csrf",
    b"xsrf",
    b"page",
    b"continuation",
    b"cancellation",
    b"sync",
    b"next",
    b"anti_forgery",
    b"public",
    b"primary",
    b"foreign",
    b"lock",
];

/// The value of a setting.
pub(super) fn secret(probe: &Probe<'_>) -> Option<Found> {
    if other(probe) {
        return None;
    }
    // `token_stream: TokenStream`: a name that goes on with what is no secret.
    let rest = probe.field.get(probe.end..probe.field.len().min(probe.end + 12)).unwrap_or(&[]);
    if rest.starts_with(b"::")
        || AFTER.iter().any(|end| rest.get(..end.len()).is_some_and(|rest| rest.eq_ignore_ascii_case(end)))
    {
        return None;
    }
    let mark = probe.byte(probe.end) == Some(b'>') && probe.before() == Some(b'<');
    let option = probe.byte(probe.end) == Some(b' ')
        && probe.field.get(..probe.start).is_some_and(|before| before.ends_with(b"--"));
    let at = if mark || option { probe.end + 1 } else { joint(probe.field, probe.end, 2)?.0 };
    let (start, end, quoted) = value(probe.field, at)?;
    let text = probe.field.get(start..end)?;
    let after = probe.field.get(end..).unwrap_or(&[]);
    let code = text.starts_with(b"__") || memchr::memmem::find(text, b"::").is_some() || is_code(text, after);
    let bits = drawn(text).filter(|_| quoted || !code)?;
    let class = placeholder::class(text)?;
    Some(
        Found { start, end, glued: true, ..Found::formed(probe) }
            .of_class(class)
            .step(bits + i32::from(quoted)),
    )
}

/// A whole field under such a name.
pub(super) fn field(probe: &Probe<'_>) -> Option<Found> {
    let text = probe.matched();
    let plain = text.iter().all(|byte| byte.is_ascii_graphic());
    let bits = drawn(text).filter(|_| plain && text.len() <= LONGEST)?;
    Some(Found::formed(probe).of_class(placeholder::class(text)?).step(bits - 3))
}

/// What names of settings go on with that hold no secret.
const AFTER: [&[u8]; 14] = [
    b"_stream",
    b"_start",
    b"_end",
    b"_type",
    b"_count",
    b"_limit",
    b"_len",
    b"_expir",
    b"_ttl",
    b"_ur",
    b"_endpoint",
    b"_factory",
    b"factory",
    b"stream",
];

fn other(probe: &Probe<'_>) -> bool {
    let before =
        probe.field.get(probe.start.saturating_sub(16)..probe.start).unwrap_or(&[]).to_ascii_lowercase();
    let glued = before.last().is_some_and(|byte| matches!(byte, b'_' | b'-' | b' '));
    glued && OTHERS.iter().any(|name| before.get(..before.len() - 1).is_some_and(|b| b.ends_with(name)))
}

/// The value's span and whether it stands in quotes.
fn value(field: &[u8], at: usize) -> Option<(usize, usize, bool)> {
    let rest = field.get(at..field.len().min(at + LONGEST))?;
    let blank =
        rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'*' | b'\\' | b'\r' | b'\n')).count();
    if blank > 8 {
        return None;
    }
    let quote = rest.get(blank).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let start = at + blank + usize::from(quote.is_some());
    let rest = field.get(start..field.len().min(start + LONGEST))?;
    let stop = |byte: &u8| {
        byte.is_ascii_whitespace()
            || matches!(
                byte,
                b'"' | b'\'' | b'`' | b'<' | b'>' | b',' | b';' | b'&' | b'\\' | b')' | b']' | b'}' | b'|'
            )
    };
    let len = rest.iter().position(stop).unwrap_or(rest.len());
    let kept = rest.get(..len)?.iter().rposition(|byte| !matches!(byte, b'.' | b':' | b'!' | b'?'))? + 1;
    Some((start, start + kept, quote.is_some() && rest.get(len) == quote.as_ref()))
}

/// How much a value looks drawn by lot, in bits; none where it is a word, a number, a path or code.
fn drawn(text: &[u8]) -> Option<i32> {
    let count = |test: fn(&u8) -> bool| text.iter().filter(|byte| test(byte)).count();
    let (digits, upper, lower) =
        (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let code = text.iter().any(|byte| matches!(byte, b'(' | b'{' | b'[' | b'$' | b'<' | b'@'))
        || matches!(text.first(), Some(b'/' | b'.' | b'%' | b'#'))
        || memchr::memmem::find(text, b"://").is_some();
    let ascii = text.is_ascii();
    if text.len() < 8 || code || !ascii || digits == text.len() || upper + lower == 0 {
        return None;
    }
    let distinct = placeholder::distinct(text);
    // Words joined by dots, dashes and underscores are names of things.
    if digits == 0 && !(upper >= 3 && lower >= 3 && text.len() >= 16 && distinct >= 10) {
        return None;
    }
    let worded = digits <= 2
        && text.len() >= 12
        && memchr::memchr3(b'-', b'_', b'.', text).is_some()
        && (upper == 0 || lower == 0);
    Some(match (text.len(), distinct) {
        _ if worded => -2,
        (24.., 12..) => 5,
        (16.., 9..) => 4,
        (12.., 7..) => 2,
        (8.., 6..) => 1,
        _ => -2,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::ValueClass;

    /// The datum of a setting whose name ends at `|`.
    fn after(text: &str) -> Option<(String, Found)> {
        let end = text.find('|')?;
        let plain = text.replacen('|', "", 1);
        let start = plain[..end].rfind([' ', '<', '"', '_', '-']).map_or(0, |at| at + 1);
        let found = secret(&Probe { field: plain.as_bytes(), start, end })?;
        Some((plain[found.start..found.end].to_owned(), found))
    }

    #[test]
    fn the_value_is_the_datum() {
        for (text, wanted) in [
            ("api_key|: kD82hq0ZpLm4Xw", "kD82hq0ZpLm4Xw"),
            ("\"client_secret|\": \"9fQ2-xLpW8vTnR41kd\",", "9fQ2-xLpW8vTnR41kd"),
            ("export APP_TOKEN|=77aabbccddee00112233\nnext", "77aabbccddee00112233"),
            ("<secret|>kD82hq0ZpLm4Xw9Z</secret>", "kD82hq0ZpLm4Xw9Z"),
            ("el token| es kD82hq0ZpLm4Xw9Z.", "kD82hq0ZpLm4Xw9Z"),
            ("tool --token| kD82hq0ZpLm4Xw9Z", "kD82hq0ZpLm4Xw9Z"),
            (
                "AWS_SECRET_ACCESS_KEY|=wJa2rXUtnFEMIxK7MDENGxbPxRfiCYzzKEYq1w2e",
                "wJa2rXUtnFEMIxK7MDENGxbPxRfiCYzzKEYq1w2e",
            ),
        ] {
            let (value, found) = after(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(value, wanted, "{text}");
            assert!(found.bits >= 1, "{text}");
        }
    }

    #[test]
    fn words_names_and_placeholders_are_none() {
        for text in [
            "token|: expired",
            "token|: 123456789012",
            "secret|: https://x.example/a1b2c3d4",
            "api_key|: <your_api_key_1>",
            "api_key|=${API_KEY_2}",
            "token|: process.env.TOKEN1(x)",
            "csrf_token|: kD82hq0ZpLm4Xw9Z",
            "page_token|=kD82hq0ZpLm4Xw9Z",
            "api_key|: xxxxxxxxxxxxxxxx1",
            "the token| was not accepted by server42",
        ] {
            assert!(after(text).is_none(), "{text}");
        }
        assert_eq!(
            after("secret|: wJalrXUtnFEMI7K7MDENG1bPxRfiCYEXAMPLEKEY").unwrap().1.class,
            ValueClass::Documentation
        );
    }
}
