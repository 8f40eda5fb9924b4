//! Markdown: the source as text.
//!
//! Character references and backslash escapes (CommonMark 0.31 §2.4, §2.5) are decoded everywhere, in
//! code too, where they would stand for themselves: that changes no datum. Tags stay in the text as they
//! are written, so that what is in their attributes is read with it. Addresses that are percent-encoded
//! are fields of their own, `url` and `url[n]`; the text is `text`.

use std::sync::Arc;

use super::encoding::html::{Context, decode_into};
use super::encoding::{charset, offset, percent};
use super::html::invalid_bytes;
use super::layered::{Found, RecordWriter, charset_layer};
use super::peeled::Layered;
use super::registers;
use super::text::read_window;
use super::{Format, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Encoding, Extent, OffsetMap, Ordinal, Record, RecordKind, Role};

/// Reader of Markdown files.
pub struct MarkdownFormat;

impl Format for MarkdownFormat {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn probe(&self, _head: &[u8], name: &str) -> Vote {
        let extension = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        let named = ["md", "markdown", "mkd", "mdown", "mdx", "rmd"];
        if named.contains(&extension.as_str()) { Vote::Weak } else { Vote::No }
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if piece.window.is_some() {
            read_window(piece, Encoding::Markdown, self.name(), out);
            return;
        }
        let resolved = charset::resolve(piece.bytes, piece.carry.charset);
        let bytes = piece.bytes.get(resolved.mark..).unwrap_or(&[]);
        let base = piece.base + resolved.mark as u64;
        let (source, layer, damage) = charset_layer(resolved.label, bytes, base);
        if let Some(first) = damage.first {
            out.gap(invalid_bytes(base + first as u64, damage.sequences));
        }
        let ordinal = Ordinal { top: piece.first_ordinal, sub: 0 };
        let mut record = Record::new(Arc::from(self.name()), RecordKind::Text, ordinal);
        let end = piece.base + piece.bytes.len() as u64;
        record.extent = Some(Extent { lead: piece.base, start: piece.base, end, siblings: 0 });
        out.block().raw_bytes += piece.bytes.len() as u64;
        let mut writer = RecordWriter::new(out, record);
        if reading.purpose == Purpose::Scan {
            let outer: Vec<Layered> = layer.into_iter().collect();
            let inner_base = if outer.is_empty() { base } else { 0 };
            writer.push_all(&outer, &fields(&source, inner_base));
        }
        writer.finish();
        if let Some((begin, own)) =
            registers::front_matter(&source).filter(|_| reading.purpose == Purpose::Scan)
        {
            registers::read(piece, reading, own, base + begin as u64, out);
        }
    }
}

fn fields(source: &str, base: u64) -> Vec<Found> {
    let (mut text, mut map) = (String::with_capacity(source.len()), OffsetMap::new());
    decode_into(source, 0, Context::Markdown, &mut text, &mut map);
    let layer = Layered { encoding: Encoding::Markdown, base, raw_len: offset(source.len()), map };
    let mut fields =
        vec![Found { path: String::from("text"), role: Role::Body, text, inner: vec![layer], raw: 0 }];
    for (start, target) in encoded_addresses(source) {
        let (mut text, mut map) = (String::new(), OffsetMap::new());
        percent::decode(target, &mut text, &mut map);
        if text == target {
            continue;
        }
        let path = match fields.len() {
            1 => String::from("url"),
            count => format!("url[{count}]"),
        };
        let base = base + start as u64;
        let layer = Layered { encoding: Encoding::Percent, base, raw_len: offset(target.len()), map };
        fields.push(Found { path, role: Role::Url, text, inner: vec![layer], raw: 0 });
    }
    fields
}

/// Words with a `:` or `/` and a `%` in them: link targets, autolinks and reference definitions.
fn encoded_addresses(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let parts =
        source.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '"'));
    let mut at = 0;
    parts.filter_map(move |part| {
        let start = at;
        at += part.len();
        let word =
            part.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '"'));
        (word.contains('%') && word.contains([':', '/'])).then_some((start, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_the_text() {
        let source = "---\ntitle: Juan\n---\n# Hola &amp; adi\\_os\n[mail](mailto:juan%40example.com) <b title=\"x\">y</b>\n";
        let fields = fields(source, 7);
        assert_eq!(
            fields[0].text,
            "---\ntitle: Juan\n---\n# Hola & adi_os\n[mail](mailto:juan%40example.com) <b title=\"x\">y</b>\n"
        );
        assert_eq!((fields[1].path.as_str(), fields[1].text.as_str()), ("url", "mailto:juan@example.com"));
        assert_eq!(fields[1].inner[0].base, 7 + source.find("mailto").unwrap() as u64);
        assert_eq!(fields.len(), 2);
    }
}
