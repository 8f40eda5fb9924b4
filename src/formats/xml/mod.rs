//! XML 1.0: exports made of record elements, and any other document.
//!
//! The elements directly inside the root are records, or those inside an element that only wraps them
//! (`<tickets>`). Paths: `/name` for an element, `/name[2]` for the second of its name, `/name/@attribute`.
//! What stands around the records (a leading comment, the attributes of the root) is the document's own
//! record. No document type is read and no entity but the predefined and numeric ones is expanded. What is
//! not well formed is read as far as it can be made out.

mod cutter;
mod elements;
mod reader;
#[cfg(test)]
mod tests;
mod tokens;
mod wrappers;

use std::sync::Arc;

use super::encoding::charset;
use super::rewrite::Rewrite;
use super::text::took_window;
use super::{Carry, Cutter, Format, Piece, Reading, Vote, Yield, data_uris};
use crate::records::Encoding;

pub(super) use tokens::{Kind, token};

/// Bytes in a row that make base64 of what could be words.
const RUN: usize = 256;

/// The format `xml`.
pub struct Xml;

impl Rewrite for Xml {
    fn members_in_values(&self) -> Option<&dyn Format> {
        Some(self)
    }
}

impl Format for Xml {
    fn name(&self) -> &'static str {
        "xml"
    }

    fn probe(&self, head: &[u8], name: &str) -> Vote {
        let named = name.rsplit('.').next().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"));
        // Most files are told apart by their first sign, without a copy.
        if charset::first_sign(head) != Some(b'<') {
            return if named { Vote::Weak } else { Vote::No };
        }
        let resolved = charset::resolve(head.get(..4096).unwrap_or(head), None);
        let wide = charset::code_unit(resolved.label) > 1;
        let begins: Vec<u8> = head
            .get(resolved.mark..)
            .unwrap_or(&[])
            .iter()
            .copied()
            .filter(|byte| !wide || *byte != 0)
            .skip_while(u8::is_ascii_whitespace)
            .take(512)
            .collect();
        if begins.starts_with(b"<?xml") {
            return Vote::Strong;
        }
        let opens = begins.starts_with(b"<!--")
            || begins.starts_with(b"<!DOCTYPE")
            || (begins.first() == Some(&b'<') && begins.get(1).is_some_and(u8::is_ascii_alphabetic));
        match (opens, named) {
            (true, true) => Vote::Strong,
            // Elements with elements inside, the first of which opens at once; mail writes `<ana@…>`.
            (true, false) if opens_document(&begins) => Vote::Weak,
            (_, true) => Vote::Weak,
            _ => Vote::No,
        }
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        Some(Box::new(cutter::ElementCutter::default()))
    }

    fn is_surveyed(&self, _name: &str) -> bool {
        true
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if took_window(piece, Encoding::HtmlText, self.name(), reading, out) {
            return;
        }
        if piece.carry.charset.is_some() {
            reader::read(piece, reading, self.name(), out);
            return data_uris::members(piece, reading, out);
        }
        let charset = Some(charset_of(piece.bytes).label);
        let carry = Arc::new(Carry { charset, ..(*piece.carry).clone() });
        let piece = Piece { carry, ..piece.clone() };
        reader::read(&piece, reading, self.name(), out);
        data_uris::members(&piece, reading, out);
    }
}

/// Whether the first tag is whole and another follows it at once.
fn opens_document(begins: &[u8]) -> bool {
    let first = token(begins, 0);
    if !matches!(first.kind, Kind::Open(_)) || first.cut {
        return false;
    }
    let rest = begins.get(first.end..).unwrap_or(&[]).trim_ascii_start();
    rest.first() == Some(&b'<') && matches!(token(rest, 0).kind, Kind::Open(_) | Kind::Comment(_))
}

/// The charset of a document by its mark, its bytes or its declaration (XML 1.0 §4.3.3, appendix F).
fn charset_of(bytes: &[u8]) -> charset::Resolved {
    let head = bytes.get(..256).unwrap_or(bytes);
    let declared = head.strip_prefix(b"<?xml").and_then(|rest| {
        let end = memchr::memmem::find(rest, b"?>")?;
        let rest = rest.get(..end)?;
        let at = memchr::memmem::find(rest, b"encoding")?;
        let value = rest.get(at + 8..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let (quote, value) = value.split_first()?;
        let len = memchr::memchr(*quote, value)?;
        std::str::from_utf8(value.get(..len)?).ok()
    });
    charset::resolve(bytes, declared)
}

/// Whether a record holds a piece of a file: a long run of base64.
fn holds_base64(record: &[u8]) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    record.len() >= 2 * RUN && record.chunks_exact(RUN).any(|run| run.iter().all(is_base64))
}
