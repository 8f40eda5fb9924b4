//! Tuples and lines to trees.

use std::ops::Range;

use super::literals::{escape_of, has_backslashes, skip, skip_blank, string_end};
use super::state::SqlState;
use super::statements::Row;
use crate::formats::peeled::narrow;
use crate::formats::tree::{KeyId, Node, NodeKind, Step, Tree};
use crate::records::SqlEscape;

impl Row {
    /// Whether it is the `\.` behind the lines of `COPY`.
    pub(super) fn is_end_of_copy(&self, bytes: &[u8], state: &SqlState) -> bool {
        self.last && state.open.as_ref().is_some_and(|open| open.copy) && {
            bytes.get(self.range.clone()).is_some_and(|line| line.starts_with(b"\\."))
        }
    }
}

impl SqlState {
    /// Takes note of the end of a row.
    pub(super) fn row_ended(&mut self, end: u64, last: bool) {
        if last {
            self.open = None;
        } else if let Some(open) = &mut self.open {
            open.before = Some(end);
        }
    }
}

/// A value: what it is, and its bytes inside its quotes.
pub(super) struct Value {
    pub(super) kind: NodeKind,
    pub(super) span: Range<usize>,
}

/// The values of a row of `VALUES`, brackets included in `row`.
pub(super) fn tuple_values(text: &str, row: Range<usize>, escape: SqlEscape) -> Vec<Value> {
    let bytes = text.as_bytes();
    let closed = row.len() > 1 && bytes.get(row.end - 1) == Some(&b')');
    let end = row.end - usize::from(closed);
    let mut values = Vec::new();
    let mut at = row.start + 1;
    while at < end {
        let start = skip_blank(bytes, at);
        let stop = value_end(bytes, start, end, escape);
        values.push(value(text, start..stop, escape));
        at = stop + 1;
    }
    values
}

/// Where the comma behind a value stands, or the end of the row.
fn value_end(bytes: &[u8], mut at: usize, end: usize, escape: SqlEscape) -> usize {
    let mut depth = 0u32;
    while at < end {
        match bytes.get(at) {
            Some(b',') if depth == 0 => return at,
            Some(b'(' | b'[') => {
                depth += 1;
                at += 1;
            }
            Some(b')' | b']') => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            Some(b'\'' | b'"' | b'`') => at = skip(bytes, at, escape).unwrap_or(end),
            Some(_) => at += 1,
            None => return end,
        }
    }
    end
}

/// A value as it is written: `'…'` with or without a prefix, `0x…`, `NULL`, a number, an expression.
fn value(text: &str, range: Range<usize>, escape: SqlEscape) -> Value {
    let bytes = text.as_bytes();
    let written = text.get(range.clone()).unwrap_or("").trim_ascii_end();
    let whole = range.start..range.start + written.len();
    let is = |word: &str| written.eq_ignore_ascii_case(word);
    if is("null") || written.is_empty() {
        return Value { kind: NodeKind::Null, span: whole };
    }
    if is("true") || is("false") {
        return Value { kind: NodeKind::Bool(is("true")), span: whole };
    }
    let hex = written.strip_prefix("0x").or_else(|| written.strip_prefix("0X"));
    if let Some(digits) = hex.filter(|digits| is_hex(digits)) {
        return Value { kind: NodeKind::Hexadecimal, span: whole.end - digits.len()..whole.end };
    }
    let prefix =
        written.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b' ')).count();
    let quote = whole.start + prefix;
    let is_prefix = prefix == 0
        || written.starts_with('_')
        || matches!(written.get(..prefix), Some("E" | "e" | "N" | "n" | "X" | "x" | "B" | "b" | "U" | "u"));
    if !matches!(bytes.get(quote), Some(b'\'' | b'"')) || !is_prefix {
        return Value { kind: NodeKind::Bare, span: whole };
    }
    let close = string_end(bytes, quote, has_backslashes(bytes, quote, escape)).unwrap_or(range.end + 1);
    let span = quote + 1..(close - 1).max(quote + 1).min(range.end.max(quote + 1));
    let inside = text.get(span.clone()).unwrap_or("");
    if matches!(written.get(..prefix), Some("X" | "x")) && is_hex(inside) {
        return Value { kind: NodeKind::Hexadecimal, span };
    }
    if let Some(digits) =
        inside.strip_prefix("\\x").filter(|digits| escape != SqlEscape::MySql && is_hex(digits))
    {
        return Value { kind: NodeKind::Hexadecimal, span: span.end - digits.len()..span.end };
    }
    if inside.is_empty() {
        return Value { kind: NodeKind::Null, span };
    }
    let escape = escape_of(bytes, quote, escape);
    let escaped = inside.contains('\'') || (escape != SqlEscape::Doubled && inside.contains('\\'));
    Value { kind: NodeKind::Literal { escape, escaped }, span }
}

/// The cells of a line of `COPY`.
pub(super) fn line_values(text: &str, row: Range<usize>) -> Vec<Value> {
    let mut values = Vec::new();
    let mut at = row.start;
    let line = text.get(row).unwrap_or("");
    for cell in line.split('\t') {
        let span = at..at + cell.len();
        at = span.end + 1;
        let kind = match cell {
            "\\N" | "" => NodeKind::Null,
            _ => NodeKind::Copied { escaped: cell.contains('\\') },
        };
        match cell.strip_prefix("\\\\x").filter(|digits| is_hex(digits)) {
            Some(digits) => {
                values.push(Value { kind: NodeKind::Hexadecimal, span: span.end - digits.len()..span.end })
            }
            None => values.push(Value { kind, span }),
        }
    }
    values
}

/// Digits of whole bytes, of which there are some.
fn is_hex(digits: &str) -> bool {
    digits.len() >= 2 && digits.len().is_multiple_of(2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Puts a row into a tree: an object with a member for each value.
pub(super) fn plant(
    tree: &mut Tree,
    row: Range<usize>,
    values: &[Value],
    mut key: impl FnMut(usize) -> KeyId,
) {
    tree.nodes.clear();
    let node = |next, step, kind, span: &Range<usize>| Node {
        parent: 0,
        next,
        step,
        kind,
        start: narrow(span.start),
        end: narrow(span.end),
        key: (0, 0),
        nth: 0,
    };
    tree.nodes.push(node(narrow(values.len()) + 1, Step::Root, NodeKind::Object, &row));
    for (column, value) in values.iter().enumerate() {
        tree.nodes.push(node(narrow(column) + 2, Step::Key(key(column)), value.kind, &value.span));
    }
}
