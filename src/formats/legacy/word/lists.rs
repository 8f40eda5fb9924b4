//! Lists of texts beside the document's own ([MS-DOC] 2.9.273 and others): who wrote comments and changes, who
//! saved it last and where, names of bookmarks, variables.

use super::super::bytes::{run, u8_at, u16_at, utf16};
use super::super::code_page::{self, WESTERN};
use super::table_of;

/// Most texts of one list.
const MOST: usize = 65_535;

/// All texts of all lists, a line each.
pub(super) fn read(stream: &[u8], table: &[u8]) -> String {
    let mut out = String::new();
    // Authors of comments: texts one behind the other ([MS-DOC] 2.9.298).
    let mut owners = table_of(stream, table, 36).unwrap_or_default();
    while let Some(len) = u16_at(owners, 0).map(usize::from) {
        let Some(name) = run(owners, 2, len * 2) else { break };
        line(&utf16(name), &mut out);
        owners = owners.get(2 + len * 2..).unwrap_or_default();
    }
    // Bookmarks, properties, authors of changes, variables, who saved it and where.
    for number in [21, 32, 51, 60, 71] {
        for text in table_of(stream, table, number).map(texts).unwrap_or_default() {
            line(&text, &mut out);
        }
    }
    // Initials stand in front of where each comment begins: 30 bytes for each ([MS-DOC] 2.9.8).
    let references = table_of(stream, table, 4).unwrap_or_default();
    let count = references.len().saturating_sub(4) / 34;
    for number in 0..count {
        let at = (count + 1) * 4 + number * 30;
        let len = u16_at(references, at).map_or(0, usize::from).min(9);
        line(&utf16(run(references, at + 2, len * 2).unwrap_or_default()), &mut out);
    }
    out
}

fn line(text: &str, out: &mut String) {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    // Word's own names of bookmarks say nothing of people.
    if !text.is_empty() && !text.starts_with("_Toc") && !text.starts_with("_Hlk") {
        out.push_str(text);
        out.push('\n');
    }
}

/// The texts of a list, in UTF-16 or 8-bit letters.
fn texts(list: &[u8]) -> Vec<String> {
    let (wide, start) = if u16_at(list, 0) == Some(0xFFFF) { (true, 2) } else { (false, 0) };
    let (Some(count), Some(extra)) = (u16_at(list, start), u16_at(list, start + 2)) else {
        return Vec::new();
    };
    let (mut at, mut out) = (start + 4, Vec::new());
    for _ in 0..usize::from(count).min(MOST) {
        let (len, size) = match wide {
            true => (u16_at(list, at).map(usize::from), 2),
            false => (u8_at(list, at).map(usize::from), 1),
        };
        let Some(len) = len else { break };
        let Some(raw) = run(list, at + size, len * size) else { break };
        out.push(if wide { utf16(raw) } else { code_page::decode(WESTERN, raw) });
        at += size + len * size + usize::from(extra);
    }
    // The values of variables stand behind their names, each with its length.
    while wide && let Some(len) = u16_at(list, at).map(usize::from) {
        let Some(raw) = run(list, at + 2, len * 2).filter(|_| len > 0) else { break };
        out.push(utf16(raw));
        at += 2 + len * 2;
    }
    out
}
