//! Word documents up to 2003 ([MS-DOC]): text in pieces, in parts one behind the other.
//!
//! Documents saved quickly have their text in many pieces in any order; the piece table leads to all of them.
//! Word 6 and 95 ([MS-DOC] does not describe them) keep it in one run of 8-bit letters.

mod lists;
mod pieces;

use super::bytes::{len_at, run, u16_at, u32_at};
use super::compound::{Compound, ROOT};
use super::documents;
use super::extract::Extract;

/// The stream of the text.
const TEXT: &str = "WordDocument";
/// The first number of the information block.
const MARK: u16 = 0xA5EC;
/// The same of Word 6 and 95.
const MARK_95: u16 = 0xA5DC;
/// The block's number from Word 97 on.
const WORD_97: u16 = 0xC1;
/// Where positions of tables stand in the block.
const POSITIONS: usize = 0x9A;
/// Number of the piece table among them.
const PIECES: usize = 33;
/// Number of the drawings among them.
const DRAWINGS: usize = 50;

/// Whether a compound file is a Word document.
pub(super) fn is_document(file: &Compound<'_>) -> bool {
    file.child(ROOT, TEXT).is_some()
}

/// Reads a document.
pub(super) fn read(file: &Compound<'_>, out: &mut Extract) {
    let stream = file.child_stream(ROOT, TEXT).unwrap_or_default();
    let (Some(mark), Some(version), Some(flags)) =
        (u16_at(&stream, 0), u16_at(&stream, 2), u16_at(&stream, 0x0A))
    else {
        return out.damaged("the document has no head");
    };
    if ![MARK, MARK_95].contains(&mark) && version < WORD_97 {
        return out.not_read("a document of a Word before 6.0: there is no reader for it; save it as text");
    }
    let table = if flags & 0x0200 == 0 { "0Table" } else { "1Table" };
    let table = file.child_stream(ROOT, table);
    if flags & 0x0100 != 0 {
        out.encrypted = Some(encryption(&stream, flags, table.as_deref()));
        return;
    }
    match table {
        Some(table) if version >= WORD_97 => document(&stream, &table, out),
        None if version < WORD_97 => old(&stream, flags, out),
        _ => out.damaged("the document's tables are missing"),
    }
    embedded(file, out);
}

/// How a document is encrypted ([MS-DOC] 2.2.6).
fn encryption(stream: &[u8], flags: u16, table: Option<&[u8]>) -> String {
    let version = table.and_then(|table| Some((u16_at(table, 0)?, u16_at(table, 2)?)));
    if flags & 0x8000 != 0 || u16_at(stream, 2).is_some_and(|version| version < WORD_97) {
        return "with a password: XOR obfuscation, which is no protection".to_owned();
    }
    match version {
        Some((1, 1)) => "with a password: RC4 with 40 bits".to_owned(),
        Some((2..=4, 2)) => {
            let bits = table.and_then(|table| u32_at(table, 12 + 16)).unwrap_or(0);
            format!("with a password: RC4 CryptoAPI with {bits} bits")
        }
        _ => "with a password, in a way that is not known".to_owned(),
    }
}

/// The bytes of a table, by its number in the list of positions.
fn table_of<'t>(stream: &[u8], table: &'t [u8], number: usize) -> Option<&'t [u8]> {
    let at = POSITIONS + number * 8;
    run(table, len_at(stream, at)?, len_at(stream, at + 4)?)
}

fn document(stream: &[u8], table: &[u8], out: &mut Extract) {
    let pieces = table_of(stream, table, PIECES).and_then(|clx| pieces::read(stream, clx));
    let Some(pieces) = pieces else {
        return out.damaged("the document's list of pieces cannot be read");
    };
    if !pieces.whole {
        out.damaged("pieces of the document's text are missing");
    }
    // Parts of the text and their lengths ([MS-DOC] 2.4.1, 2.5.4), in the order in which they stand.
    let parts = [
        (0x4C, "body"),
        (0x50, "footnotes"),
        (0x54, "headers-and-footers"),
        (0x58, "macros"),
        (0x5C, "comments"),
        (0x60, "endnotes"),
        (0x64, "text-boxes"),
        (0x68, "header-text-boxes"),
    ];
    let (mut units, mut fields) = (pieces.text.as_slice(), String::new());
    for (at, name) in parts {
        let len = len_at(stream, at).unwrap_or(0).min(units.len());
        let (part, rest) = units.split_at_checked(len).unwrap_or((units, &[]));
        out.text(&format!("{name}.txt"), &shown(part, &mut fields));
        units = rest;
    }
    out.text("more.txt", &shown(units, &mut fields));
    out.text("fields.txt", &fields);
    out.text("text-of-no-piece.txt", &super::residue::readable(&pieces.left_over(stream)));
    let drawings = table_of(stream, table, DRAWINGS).unwrap_or_default();
    out.text("shapes.txt", &super::drawing::words(drawings));
    out.text("names.txt", &lists::read(stream, table));
}

/// Text as it is read: marks of paragraphs and cells as lines and tabs, what fields are made of apart.
fn shown(units: &[u16], fields: &mut String) -> String {
    let mut out = String::new();
    // Fields lie in each other: whether their instructions are at hand, innermost last.
    let mut open: Vec<bool> = Vec::new();
    for unit in char::decode_utf16(units.iter().copied()) {
        let letter = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
        let into = if open.contains(&true) { &mut *fields } else { &mut out };
        match letter {
            '\u{13}' if open.len() < 64 => open.push(true),
            '\u{14}' => {
                if let Some(last) = open.last_mut() {
                    *last = false;
                    fields.push('\n');
                }
            }
            '\u{15}' => {
                if open.pop() == Some(true) {
                    fields.push('\n');
                }
            }
            '\r' | '\u{b}' | '\u{c}' | '\u{e}' => into.push('\n'),
            '\u{7}' => into.push('\t'),
            '\u{1e}' => into.push('-'),
            '\t' | '\n' => into.push(letter),
            _ if letter.is_control() => {}
            _ => into.push(letter),
        }
    }
    out
}

/// The text of Word 6 and 95, which stands between two positions; in a quickly saved one in pieces.
fn old(stream: &[u8], flags: u16, out: &mut Extract) {
    let (Some(from), Some(to)) = (len_at(stream, 0x18), len_at(stream, 0x1C)) else {
        return out.damaged("the document has no head");
    };
    if flags & 0x0004 != 0 {
        out.not_read("a quickly saved document of Word 6 or 95: its text may lie in any order, and parts that were deleted are read as if they were there");
    }
    let Some(bytes) = stream.get(from..to.min(stream.len())) else {
        return out.damaged("the document's text is missing");
    };
    let text = super::code_page::decode(super::code_page::WESTERN, bytes);
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut fields = String::new();
    out.text("body.txt", &shown(&units, &mut fields));
    out.text("fields.txt", &fields);
}

/// Objects and whatever other streams the document holds; pictures lie in the stream `Data`.
fn embedded(file: &Compound<'_>, out: &mut Extract) {
    if let Some(pool) = file.child(ROOT, "ObjectPool") {
        documents::others(file, pool, "object", out);
    }
    if let Some(data) = file.child_stream(ROOT, "Data") {
        super::drawing::pictures(&data, out);
    }
    for child in file.children(ROOT) {
        let name = file.name(*child);
        let known = [TEXT, "0Table", "1Table", "Data", "ObjectPool"];
        if !file.is_stream(*child) && !known.contains(&name) {
            documents::others(file, *child, &format!("{name}/"), out);
        }
    }
}

#[cfg(test)]
mod tests;
