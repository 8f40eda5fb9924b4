//! JSON and NDJSON, RFC 8259: documents, arrays, pages of interfaces, lines, and what is broken.

mod cutter;
mod reader;
mod tokens;

use super::encoding::charset;
use super::keys::Keys;
use super::rewrite::Rewrite;
use super::text::took_window;
use super::tree::Tree;
use super::{Cutter, Format, Piece, Reading, Vote, Yield};
use crate::records::Encoding;

/// Reads one value as a tree; whether it is one.
pub(super) fn tree_of(text: &str, keys: &mut Keys, tree: &mut Tree) -> bool {
    /// Deeper entries are none of a register.
    const NESTING: u32 = 16;
    tokens::parse(text, 0, keys, NESTING, tree).is_ok()
}

/// The format `json`: one document or several, one after the other.
pub struct Json;

/// The format `ndjson`: one document a line.
pub struct NdJson;

impl Rewrite for Json {
    fn members_in_values(&self) -> Option<&dyn Format> {
        Some(self)
    }
}

impl Rewrite for NdJson {
    fn members_in_values(&self) -> Option<&dyn Format> {
        Some(self)
    }
}

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn probe(&self, head: &[u8], name: &str) -> Vote {
        if !may_begin_json(head) {
            return Vote::No;
        }
        let text = text_head(head);
        let first = text.trim_start();
        if opens_json(first) {
            return Vote::Strong;
        }
        let named = name.to_ascii_lowercase().ends_with(".json");
        if named && first.starts_with(['{', '[', '"']) { Vote::Weak } else { Vote::No }
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        Some(Box::new(cutter::DocumentCutter::default()))
    }

    fn is_surveyed(&self, _name: &str) -> bool {
        true
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        read_any(false, self.name(), piece, reading, out);
    }
}

impl Format for NdJson {
    fn name(&self) -> &'static str {
        "ndjson"
    }

    fn passes_by_record(&self) -> bool {
        true
    }

    fn probe(&self, head: &[u8], _name: &str) -> Vote {
        if !may_begin_json(head) {
            return Vote::No;
        }
        let text = text_head(head);
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let (Some(first), second) = (lines.next(), lines.next()) else { return Vote::No };
        // The first line is a whole value and the second begins another.
        let whole = opens_line(first) && tokens::skip_value(first.as_bytes(), 0) == Some(first.len());
        match second {
            Some(second) if whole && opens_line(second) => Vote::Strong,
            _ => Vote::No,
        }
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        Some(Box::new(cutter::LineCutter::default()))
    }

    fn is_surveyed(&self, _name: &str) -> bool {
        true
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        read_any(true, self.name(), piece, reading, out);
    }
}

fn read_any(
    lines: bool,
    system: &'static str,
    piece: &Piece<'_>,
    reading: &Reading<'_>,
    out: &mut dyn Yield,
) {
    if !took_window(piece, Encoding::JsonString, system, reading, out) {
        reader::read(lines, system, piece, reading, out);
    }
}

/// Whether a line begins as an object or an array does: words in brackets are neither.
fn opens_line(line: &str) -> bool {
    let Some(inside) = line.strip_prefix('[').map(str::trim_start) else { return line.starts_with('{') };
    let literal = ["true", "false", "null"].iter().find_map(|word| inside.strip_prefix(word));
    match (literal, inside.bytes().next()) {
        (Some(rest), _) => rest.trim_start().starts_with([',', ']']),
        (None, first) => {
            matches!(first, Some(b'{' | b'[' | b'"' | b']' | b'-' | b'0'..=b'9'))
        }
    }
}

/// Whether the first byte that is not blank can begin JSON in any charset: a bracket, a quote, a byte
/// order mark, or the zero byte of UTF-16BE and UTF-32BE. Most files are told apart here, without a look
/// at their charset.
fn may_begin_json(head: &[u8]) -> bool {
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[' | b'"' | 0 | 0xEF | 0xFE | 0xFF))
}

/// The beginning of an item as text, whatever its charset.
fn text_head(head: &[u8]) -> String {
    let resolved = charset::resolve(head, None);
    let (mut text, mut map) = (Vec::new(), crate::records::OffsetMap::new());
    charset::decode(resolved.label, head.get(resolved.mark..).unwrap_or(&[]), &mut text, &mut map);
    String::from_utf8_lossy(&text).into_owned()
}

/// Whether text begins like an object with a key, or like an array of values: `[draft]` and `{name}`
/// begin like neither.
fn opens_json(text: &str) -> bool {
    let bytes = text.as_bytes();
    let second = bytes.get(tokens::skip_blank(bytes, 1));
    match bytes.first() {
        Some(b'{') => match second {
            Some(b'"') => {
                tokens::string_end(bytes, tokens::skip_blank(bytes, 1) + 1).is_none_or(|(end, _)| {
                    matches!(bytes.get(tokens::skip_blank(bytes, end + 1)), Some(b':') | None)
                })
            }
            Some(b'}') => {
                bytes.len() < 64 && tokens::skip_blank(bytes, tokens::skip_blank(bytes, 1) + 1) >= bytes.len()
            }
            None => text.len() == 1,
            _ => false,
        },
        Some(b'[') => match second {
            Some(b'{' | b'"' | b'[') => true,
            Some(b']') => tokens::skip_blank(bytes, tokens::skip_blank(bytes, 1) + 1) >= bytes.len(),
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => opens_list(bytes),
            _ => false,
        },
        _ => false,
    }
}

/// `[1, 2` is a list, `[2020-01-01 12:00] login` is a log.
fn opens_list(bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| matches!(byte, b',' | b']'));
    let Some(first) = end.and_then(|end| bytes.get(1..end)) else { return false };
    let first = first.trim_ascii();
    super::encoding::json_string::is_number(first) && {
        let behind = end.map_or(0, |end| tokens::skip_blank(bytes, end + 1));
        bytes.get(end.unwrap_or(0)) == Some(&b',') || behind >= bytes.len()
    }
}

#[cfg(test)]
mod tests;
