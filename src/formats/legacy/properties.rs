//! Property sets of older documents ([MS-OLEPS]): title, author, company and what users added.

use super::bytes::{at_most, len_at, run, u16_at, u32_at, until_nul, utf16};
use super::code_page::{self, WESTERN};
use super::compound::{Compound, ROOT};
use super::extract::Extract;

/// Most properties that are looked at in one set; documents have dozens.
const MOST: usize = 4096;

/// Adds the properties of a document.
pub(super) fn read(file: &Compound<'_>, out: &mut Extract) {
    for (stream, name) in [
        ("\u{5}SummaryInformation", "summary.txt"),
        ("\u{5}DocumentSummaryInformation", "document-summary.txt"),
    ] {
        if let Some(bytes) = file.child_stream(ROOT, stream) {
            match lines(&bytes) {
                Some(text) => out.text(name, &text),
                None => out.damaged("the document's properties cannot be read"),
            }
        }
    }
}

/// Every text among the properties of a stream, a line each.
fn lines(bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    let sections = u32_at(bytes, 24)?.min(2);
    for section in 0..sections {
        let head = 28 + section as usize * 20;
        let (class, at) = (run(bytes, head, 16)?, len_at(bytes, head + 16)?);
        set(bytes.get(at..)?, class.first() == Some(&0xE0), section > 0, &mut out);
    }
    Some(out)
}

/// One set: `summary` for the first stream's, `custom` for what users name themselves.
fn set(bytes: &[u8], summary: bool, custom: bool, out: &mut String) {
    let count = len_at(bytes, 4).unwrap_or(0).min(MOST);
    let listed = |at: usize| Some((u32_at(bytes, 8 + at * 8)?, len_at(bytes, 12 + at * 8)?));
    let all: Vec<(u32, usize)> = (0..count).map_while(listed).collect();
    let page = all.iter().find(|(id, _)| *id == 1).and_then(|(_, at)| u16_at(bytes, at + 4));
    let page = page.map_or(WESTERN, u32::from);
    let names = all.iter().find(|(id, _)| *id == 0 && custom).map(|(_, at)| dictionary(bytes, *at, page));
    for (id, at) in all.iter().filter(|(id, _)| *id > 1) {
        let mut values = Vec::new();
        value(bytes, *at, page, &mut values);
        let named = names.iter().flatten().find(|(known, _)| known == id).map(|(_, name)| name.as_str());
        let label = named.unwrap_or(if summary {
            label(*id)
        } else if custom {
            ""
        } else {
            document_label(*id)
        });
        for value in values.iter().filter(|value| !value.trim().is_empty()) {
            if !label.is_empty() {
                out.push_str(label);
                out.push_str(": ");
            }
            out.push_str(value.trim_end());
            out.push('\n');
        }
    }
}

fn label(id: u32) -> &'static str {
    match id {
        2 => "Title",
        3 => "Subject",
        4 => "Author",
        5 => "Keywords",
        6 => "Comments",
        7 => "Template",
        8 => "Last saved by",
        18 => "Application",
        _ => "",
    }
}

fn document_label(id: u32) -> &'static str {
    match id {
        2 => "Category",
        14 => "Manager",
        15 => "Company",
        _ => "",
    }
}

/// Names of users' own properties.
fn dictionary(bytes: &[u8], at: usize, page: u32) -> Vec<(u32, String)> {
    let (mut at, mut out) = (at, Vec::new());
    let count = len_at(bytes, at).unwrap_or(0).min(MOST);
    at = at.saturating_add(4);
    for _ in 0..count {
        let (Some(id), Some(len)) = (u32_at(bytes, at), len_at(bytes, at.saturating_add(4))) else { break };
        let wide = page == code_page::UTF16;
        let size = if wide { len.saturating_mul(2) } else { len };
        let Some(raw) = run(bytes, at.saturating_add(8), size) else { break };
        let name = if wide { utf16(raw) } else { code_page::decode(page, raw) };
        out.push((id, until_nul(&name).to_owned()));
        at = at.saturating_add(8 + if wide { size.next_multiple_of(4) } else { size });
    }
    out
}

/// The texts of a typed value; vectors hold several, and vectors of variants each say their type.
fn value(bytes: &[u8], at: usize, page: u32, out: &mut Vec<String>) {
    let (Some(kind), mut at) = (u32_at(bytes, at), at.saturating_add(4)) else { return };
    let (vector, kind) = (kind & 0x1000 != 0, kind & 0xFFF);
    let mut count = 1;
    if vector {
        count = len_at(bytes, at).unwrap_or(0).min(MOST);
        at = at.saturating_add(4);
    }
    for _ in 0..count {
        let mut of = kind;
        if kind == 0x0C {
            let Some(own) = u32_at(bytes, at) else { return };
            (of, at) = (own & 0xFFF, at.saturating_add(4));
        }
        let Some(next) = one(bytes, at, of, page, vector, out) else { return };
        at = next;
    }
}

/// One value; where the next stands.
fn one(bytes: &[u8], at: usize, kind: u32, page: u32, vector: bool, out: &mut Vec<String>) -> Option<usize> {
    match kind {
        // VT_BSTR and VT_LPSTR: bytes in the set's code page.
        0x08 | 0x1E => {
            let len = len_at(bytes, at)?;
            let raw = at_most(bytes, at + 4, len);
            let text = if page == code_page::UTF16 { utf16(raw) } else { code_page::decode(page, raw) };
            out.push(until_nul(&text).to_owned());
            let end = at.checked_add(4)?.checked_add(len)?;
            // In a vector of variants each value begins at a multiple of four.
            Some(if vector && kind == 0x08 { end.next_multiple_of(4) } else { end })
        }
        // VT_LPWSTR: so many UTF-16 units.
        0x1F => {
            let len = len_at(bytes, at)?.checked_mul(2)?;
            out.push(until_nul(&utf16(at_most(bytes, at + 4, len))).to_owned());
            Some(at.checked_add(4)?.checked_add(len)?.next_multiple_of(4))
        }
        0x02 | 0x03 | 0x0B | 0x13 => Some(at + 4),
        0x05 | 0x40 => Some(at + 8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(properties: &[(u32, Vec<u8>)]) -> Vec<u8> {
        let mut out = vec![0xFE, 0xFF, 0, 0];
        out.resize(24, 0);
        out.extend(1_u32.to_le_bytes());
        out.push(0xE0);
        out.resize(28 + 16, 0);
        out.extend(48_u32.to_le_bytes());
        let (mut list, mut values) = (Vec::new(), Vec::<u8>::new());
        for (id, value) in properties {
            list.extend(id.to_le_bytes());
            list.extend(((8 + properties.len() * 8 + values.len()) as u32).to_le_bytes());
            values.extend(value);
        }
        out.extend(((8 + list.len() + values.len()) as u32).to_le_bytes());
        out.extend((properties.len() as u32).to_le_bytes());
        out.extend(list);
        out.extend(values);
        out
    }

    #[test]
    fn texts_of_a_set_have_their_names() {
        let text = |text: &[u8]| {
            [&0x1E_u32.to_le_bytes()[..], &(text.len() as u32 + 1).to_le_bytes(), text, b"\0"].concat()
        };
        let page = [2_u32.to_le_bytes(), 1252_u32.to_le_bytes()].concat();
        let bytes = stream(&[(1, page), (4, text(b"Ana Mu\xF1oz")), (8, text(b"Berta")), (2, text(b""))]);
        assert_eq!(lines(&bytes).unwrap(), "Author: Ana Muñoz\nLast saved by: Berta\n");
        for len in 0..bytes.len() {
            let _ = lines(&bytes[..len]);
        }
    }
}
