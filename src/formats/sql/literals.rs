//! Where quoted things, comments and tuples end.

use crate::records::SqlEscape;

/// One past the closing quote of a string whose opening quote stands at `at`; none where it does not end.
pub(super) fn string_end(bytes: &[u8], at: usize, backslash: bool) -> Option<usize> {
    let quote = *bytes.get(at)?;
    let mut next = at + 1;
    loop {
        let rest = bytes.get(next..)?;
        let found = match backslash {
            true => memchr::memchr2(quote, b'\\', rest)?,
            false => memchr::memchr(quote, rest)?,
        };
        let sign = next + found;
        let escapes = bytes.get(sign) == Some(&b'\\') && quote != b'\\';
        if !escapes && bytes.get(sign + 1) != Some(&quote) {
            return Some(sign + 1);
        }
        next = sign + 2;
    }
}

/// Whether a string that begins at `at` has backslash escapes: by its dialect, or because `E` stands
/// before it.
pub(super) fn has_backslashes(bytes: &[u8], at: usize, escape: SqlEscape) -> bool {
    escape_of(bytes, at, escape) != SqlEscape::Doubled
}

/// The escapes of the string that begins at `at`.
pub(super) fn escape_of(bytes: &[u8], at: usize, escape: SqlEscape) -> SqlEscape {
    let before = |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at)).copied();
    let alone = !before(2).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if escape != SqlEscape::MySql && matches!(before(1), Some(b'E' | b'e')) && alone {
        return SqlEscape::Postgres;
    }
    escape
}

/// One past the end of what begins at `at`, if it is a comment; none inside the option where it does not
/// end. A line comment takes its line end.
pub(super) fn comment_end(bytes: &[u8], at: usize) -> Option<Option<usize>> {
    let rest = bytes.get(at..)?;
    let line = || memchr::memchr(b'\n', rest).map(|len| at + len + 1);
    match rest {
        [b'-', b'-', ..] | [b'#', ..] => Some(line()),
        [b'/', b'*', ..] => Some(memchr::memmem::find(rest, b"*/").map(|len| at + len + 2)),
        _ => None,
    }
}

/// One past the end of the dollar quote that begins at `at`, if one does.
fn dollar_end(bytes: &[u8], at: usize) -> Option<Option<usize>> {
    let rest = bytes.get(at..)?;
    let tag = rest.get(1..)?.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')?;
    if rest.get(tag + 1) != Some(&b'$') {
        return None;
    }
    let quote = rest.get(..tag + 2)?;
    let inside = rest.get(tag + 2..)?;
    Some(memchr::memmem::find(inside, quote).map(|len| at + 2 * (tag + 2) + len))
}

/// Goes over what begins at `at`: a string, an identifier in quotes, a comment, a dollar quote, or one
/// byte. None where it does not end.
pub(super) fn skip(bytes: &[u8], at: usize, escape: SqlEscape) -> Option<usize> {
    match bytes.get(at)? {
        b'\'' | b'"' => string_end(bytes, at, has_backslashes(bytes, at, escape)),
        b'`' => string_end(bytes, at, false),
        b'-' | b'#' | b'/' => comment_end(bytes, at).unwrap_or(Some(at + 1)),
        b'$' if escape != SqlEscape::MySql => dollar_end(bytes, at).unwrap_or(Some(at + 1)),
        _ => Some(at + 1),
    }
}

/// One past the `)` that closes the `(` at `at`; none where it is not closed.
pub(super) fn tuple_end(bytes: &[u8], at: usize, escape: SqlEscape) -> Option<usize> {
    let (mut next, mut depth) = (at + 1, 1u32);
    loop {
        match bytes.get(next)? {
            b'\'' | b'"' | b'`' => next = skip(bytes, next, escape)?,
            b'(' => {
                depth += 1;
                next += 1;
            }
            b')' => {
                depth -= 1;
                next += 1;
                if depth == 0 {
                    return Some(next);
                }
            }
            _ => next += 1,
        }
    }
}

/// One past the `;` that ends the statement that begins at `at`; none where none does.
pub(super) fn statement_end(bytes: &[u8], at: usize, escape: SqlEscape) -> Option<usize> {
    let mut next = at;
    loop {
        if bytes.get(next)? == &b';' {
            return Some(next + 1);
        }
        next = skip(bytes, next, escape)?;
    }
}

/// Offset of the first byte at or behind `at` that is no white space.
pub(super) fn skip_blank(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or(&[]);
    at + rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len())
}
