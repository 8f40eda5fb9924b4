//! Surroundings in which a number is technical: UUIDs, hashes, base64, URLs, versions, fractions,
//! references glued together with dashes.
#![allow(clippy::indexing_slicing)] // Ranges come from scans of the same slice.

/// How far a token is followed in each direction, in bytes.
const REACH: usize = 160;

/// Numbers of so many digits that the export's own records have as ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IdRange {
    /// How many digits.
    pub digits: u8,
    /// The least id met.
    pub least: u64,
    /// The greatest id met.
    pub most: u64,
}

/// Whether the span is a bare number as the export's own records have it for id.
pub(super) fn is_id(field: &[u8], (start, end): (usize, usize), ids: &[IdRange]) -> bool {
    if ids.is_empty() {
        return false;
    }
    let Some(number) = field.get(start..end).filter(|number| number.iter().all(u8::is_ascii_digit)) else {
        return false;
    };
    let value = number.iter().fold(0_u64, |sum, digit| sum.wrapping_mul(10) + u64::from(digit - b'0'));
    ids.iter()
        .any(|range| usize::from(range.digits) == number.len() && (range.least..=range.most).contains(&value))
}

/// Whether the span lies in something technical.
pub(super) fn shielded(field: &[u8], start: usize, end: usize) -> bool {
    glued_before(field, start)
        || glued_after(field, end)
        || in_url(field, start)
        || in_blob(field, start, end)
}

/// Whether a word is glued on in front: `REF-`, `1.`, `/items/`, `id=`.
fn glued_before(field: &[u8], start: usize) -> bool {
    let byte = |back: usize| start.checked_sub(back).map(|at| field[at]);
    match byte(1) {
        Some(b'-' | b'_' | b'/' | b'#' | b'%' | b'&' | b'=' | b'\\') => {
            byte(2).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'='))
        }
        Some(b'.' | b',' | b':') => byte(2).is_some_and(|b| b.is_ascii_digit()),
        Some(b'@' | b'$') => true,
        _ => false,
    }
}

/// Whether a word is glued on behind.
fn glued_after(field: &[u8], end: usize) -> bool {
    let byte = |ahead: usize| field.get(end + ahead).copied();
    match byte(0) {
        Some(b'-' | b'_' | b'/' | b'%' | b'&' | b'=' | b'\\') => {
            byte(1).is_some_and(|b| b.is_ascii_alphanumeric())
        }
        Some(b'.' | b',' | b':') => byte(1).is_some_and(|b| b.is_ascii_digit()),
        Some(b'@') => true,
        _ => false,
    }
}

/// Whether the token begins as a URL.
fn in_url(field: &[u8], start: usize) -> bool {
    let from = start.saturating_sub(REACH);
    let window = &field[from..start];
    let token = match window
        .iter()
        .rposition(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'<' | b'>' | 0x1F))
    {
        Some(at) => &window[at + 1..],
        None => window,
    };
    memchr::memmem::find(token, b"://").is_some() || token.starts_with(b"www.")
}

/// Whether it is part of a run as hashes, UUIDs and base64 have: long, unbroken, letters and digits mixed.
fn in_blob(field: &[u8], start: usize, end: usize) -> bool {
    let is_run = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_');
    let before = field[start.saturating_sub(REACH)..start].iter().rev().take_while(|b| is_run(b)).count();
    let after = field[end..field.len().min(end + REACH)].iter().take_while(|b| is_run(b)).count();
    let run = &field[start - before..end + after];
    before + after >= 10 && run.iter().any(u8::is_ascii_alphabetic) && run.iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str, value: &str) -> bool {
        let start = text.find(value).unwrap();
        shielded(text.as_bytes(), start, start + value.len())
    }

    #[test]
    fn technical_surroundings() {
        for (text, value) in [
            ("id 123e4567-e89b-12d3-a456-426614174000", "426614174000"),
            ("https://x.example/orders/123456782", "123456782"),
            ("https://x.example/?id=123456782&a=b", "123456782"),
            ("REF-123456782", "123456782"),
            ("0.123456782", "123456782"),
            ("v1.123456782", "123456782"),
            ("10:23:123456782", "123456782"),
            ("123456782-b", "123456782"),
            ("aGVsbG8+123456782/d29ybGQ=", "123456782"),
        ] {
            assert!(is(text, value), "{text}");
        }
    }

    #[test]
    fn plain_surroundings() {
        for text in
            ["es 123456782.", "(123456782)", "123456782, y", "n.º 123456782", "\"123456782\"", "- 123456782"]
        {
            assert!(!is(text, "123456782"), "{text}");
        }
    }

    #[test]
    fn a_bare_number_in_the_range_of_ids_is_one() {
        let ids = [IdRange { digits: 9, least: 123_000_000, most: 123_999_999 }];
        let is = |text: &str| is_id(text.as_bytes(), (0, text.len()), &ids);
        assert!(is("123456789"));
        assert!(!is("124456789") && !is("12345678") && !is("1234567890") && !is("123-456-789"));
    }
}
