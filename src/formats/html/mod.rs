//! HTML: what a page shows, what it hides, and what its attributes say.
//!
//! Inline tags insert nothing, so `<b>ES91</b>21…` is one text; block elements and `<br>` insert a line
//! end that stands on no raw byte. Paths: `text` for the visible text, `title`, `hidden`, `comment`,
//! `script`, `style`, `attr:NAME`, each with `[n]` from the second on.

mod elements;
mod fields;
mod tokens;
mod visibility;

use std::sync::Arc;

use super::encoding::charset;
use super::layered::{Found, RecordWriter, charset_layer};
use super::peeled::Layered;
use super::text::read_window;
use super::{Format, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Encoding, Extent, Gap, GapClass, Ordinal, Record, RecordKind, Role};

/// What was in markup and is not in its fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Embedded {
    /// How many `data:` addresses hold something that is no text.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Embedded {
    /// The gap to report once an item, if there is anything to report.
    pub fn gap(self) -> Option<Gap> {
        (self.count > 0).then(|| {
            let message = format!(
                "{} files embedded in markup as data: addresses were not decoded; save them as files to have them read",
                self.count
            );
            let mut gap = Gap::new(GapClass::Unread, "embedded-data", message);
            gap.bytes = Some(self.bytes);
            gap
        })
    }

    /// Both together.
    pub fn and(self, other: Embedded) -> Embedded {
        Embedded { count: self.count + other.count, bytes: self.bytes + other.bytes }
    }
}

/// The fields of decoded markup whose paths begin with `prefix`.
pub(super) fn found_in(html: &str, base: u64, role: Role, prefix: &str) -> (Vec<Found>, Embedded) {
    let document = fields::read(html, base, role, prefix);
    let embedded = Embedded { count: document.embedded.0, bytes: document.embedded.1 };
    (document.fields, embedded)
}

/// Whether a text is markup: a tag of HTML that is known stands near its beginning.
pub fn looks_like_html(text: &str) -> bool {
    let mut end = text.len().min(4096);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or("");
    tokens::Tokens::new(head).any(|token| match token {
        tokens::Token::Open(tag) | tokens::Token::Close(tag) => {
            let name = head.get(tag.name).unwrap_or("").to_ascii_lowercase();
            elements::is_markup(&name) && !name.contains(['-', ':'])
        }
        tokens::Token::Doctype(_) => true,
        _ => false,
    })
}

/// Reader of HTML files.
pub struct HtmlFormat;

impl Format for HtmlFormat {
    fn name(&self) -> &'static str {
        "html"
    }

    fn probe(&self, head: &[u8], name: &str) -> Vote {
        let mark = charset::bom(head).map_or(0, |bom| bom.mark);
        let wide = charset::bom(head).is_some_and(|bom| charset::code_unit(bom.label) > 1);
        let named = ["html", "htm", "xhtml"];
        let extension = name.rsplit('.').next().unwrap_or("");
        let weak = || match named.iter().any(|known| extension.eq_ignore_ascii_case(known)) {
            true => Vote::Weak,
            false => Vote::No,
        };
        // Most files are told apart by their first sign, without a copy.
        if charset::first_sign(head) != Some(b'<') {
            return weak();
        }
        let text: Vec<u8> =
            head.get(mark..).unwrap_or(&[]).iter().copied().filter(|b| !wide || *b != 0).take(1024).collect();
        let begins = text.trim_ascii_start().to_ascii_lowercase();
        let markup = ["<!doctype html", "<html", "<head", "<body"];
        if markup.iter().any(|mark| begins.starts_with(mark.as_bytes())) {
            return Vote::Strong;
        }
        let marked = begins.starts_with(b"<!--") || begins.starts_with(b"<?xml");
        if marked && memchr::memmem::find(&begins, b"<html").is_some() {
            return Vote::Strong;
        }
        weak()
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if piece.window.is_some() {
            read_window(piece, Encoding::HtmlText, self.name(), out);
            return;
        }
        let declared = piece.carry.charset.map(String::from).or_else(|| meta_charset(piece.bytes));
        let resolved = charset::resolve(piece.bytes, declared.as_deref());
        let bytes = piece.bytes.get(resolved.mark..).unwrap_or(&[]);
        let base = piece.base + resolved.mark as u64;
        let (html, layer, damage) = charset_layer(resolved.label, bytes, base);
        if let Some(first) = damage.first {
            out.gap(invalid_bytes(base + first as u64, damage.sequences));
        }
        let mut record = Record::new(
            Arc::from(self.name()),
            RecordKind::Text,
            Ordinal { top: piece.first_ordinal, sub: 0 },
        );
        let end = piece.base + piece.bytes.len() as u64;
        record.extent = Some(Extent { lead: piece.base, start: piece.base, end, siblings: 0 });
        out.block().raw_bytes += piece.bytes.len() as u64;
        let mut writer = RecordWriter::new(out, record);
        if reading.purpose == Purpose::Scan {
            let outer: Vec<Layered> = layer.into_iter().collect();
            let inner_base = if outer.is_empty() { base } else { 0 };
            let (found, embedded) = found_in(&html, inner_base, Role::Body, "");
            writer.push_all(&outer, &found);
            if let Some(gap) = embedded.gap() {
                writer.out().gap(gap);
            }
        }
        writer.finish();
    }
}

/// Bytes that are no text in the charset.
pub(super) fn invalid_bytes(offset: u64, sequences: u64) -> Gap {
    let message =
        format!("{sequences} runs of bytes are no text in the charset of the file and stand as U+FFFD");
    Gap::new(GapClass::Fault, "invalid-bytes", message).at(offset, None)
}

/// The charset a `meta` element near the beginning declares (WHATWG HTML §13.2.3.2). UTF-16 there means
/// UTF-8, since the declaration could not be read otherwise.
fn meta_charset(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..4096).unwrap_or(bytes));
    let label = fields::read(&head, 0, Role::Body, "").charset?;
    if label.to_ascii_lowercase().starts_with("utf-16") { Some(String::from("utf-8")) } else { Some(label) }
}

#[cfg(test)]
mod tests {
    use super::super::layered::push_shared;
    use super::*;
    use crate::records::{Block, LayerStore, PathStore};

    /// Pushes markup that begins at 100 in its item and gives path, text and the block.
    fn fields(html: &str) -> (Vec<(String, Role, String)>, Block) {
        let mut block = Block::default();
        let record =
            block.push_record(Record::new(Arc::from("html"), RecordKind::Text, Ordinal { top: 0, sub: 0 }));
        for found in found_in(html, 100, Role::Body, "!").0 {
            let path = block.paths.suffix(PathStore::ROOT, &found.path);
            push_shared(&mut block, record, path, &found, &[]);
        }
        let all = block
            .fields()
            .iter()
            .map(|f| (block.paths.render(f.path).expose().to_owned(), f.role, block.field_text(f).to_owned()))
            .collect();
        (all, block)
    }

    fn text_of(html: &str, path: &str) -> String {
        let (all, _) = fields(html);
        all.into_iter().find(|(p, ..)| p == path).map_or(String::new(), |(.., text)| text)
    }

    /// The raw bytes behind a text of a field.
    fn raw_of(html: &str, path: &str, wanted: &str) -> Vec<String> {
        let (_, block) = fields(html);
        let field = block.fields().iter().find(|f| block.paths.render(f.path).expose() == path).unwrap();
        let start = block.field_text(field).find(wanted).unwrap() as u64;
        let store: &LayerStore = &block.layers;
        store
            .to_raw(field.layers, field.raw, start..start + wanted.len() as u64)
            .into_iter()
            .map(|range| html[range.start as usize - 100..range.end as usize - 100].to_owned())
            .collect()
    }

    #[test]
    fn inline_tags_insert_nothing_and_blocks_a_line_end() {
        let html = "<p>IBAN <b>ES91</b>21000418<span>4502</span></p><div>Juan<br>P&eacute;rez</div>";
        assert_eq!(text_of(html, "!text"), "IBAN ES91210004184502\nJuan\nPérez\n");
        assert_eq!(raw_of(html, "!text", "ES91210004184502"), ["ES91", "21000418", "4502"]);
        assert_eq!(raw_of(html, "!text", "Juan\nPérez"), ["Juan", "P&eacute;rez"]);
    }

    #[test]
    fn white_space_runs_are_one_space() {
        assert_eq!(text_of("<p>\n  ES91\n   2100  0418\t4502 </p>", "!text"), "ES91 2100 0418 4502 \n");
        assert_eq!(text_of("<pre>a\n  b</pre>", "!text"), "a\n  b\n");
    }

    #[test]
    fn attributes_are_fields_of_their_own() {
        let html = "<a href='mailto:juan%40example.com?x=1&amp;y' title=\"Se&ntilde;or P\">x</a><a href=b>";
        let (all, _) = fields(html);
        assert!(all.contains(&("!attr:href".into(), Role::Url, "mailto:juan@example.com?x=1&y".into())));
        assert!(all.contains(&("!attr:title".into(), Role::Body, "Señor P".into())));
        assert!(all.contains(&("!attr:href[2]".into(), Role::Url, "b".into())));
        assert_eq!(raw_of(html, "!attr:href", "juan@example.com"), ["juan%40example.com"]);
    }

    #[test]
    fn hidden_text_is_told_apart_and_read() {
        let html = "<p>a<span style='display:none'>secreto <b>uno</b></span>b<p hidden>dos<p>c\
                    <font color=#fff>tres</font><!-- cuatro --><script>cinco</script><template>seis</template>";
        let (all, _) = fields(html);
        let hidden: Vec<&str> =
            all.iter().filter(|(_, role, _)| *role == Role::Hidden).map(|(.., text)| text.as_str()).collect();
        assert_eq!(
            hidden.iter().map(|t| t.trim()).collect::<Vec<_>>(),
            ["secreto uno", "dos", "tres", "cuatro", "cinco", "seis"]
        );
        assert_eq!(text_of(html, "!text").replace('\n', ""), "abc");
    }

    #[test]
    fn text_in_angle_brackets_is_text() {
        assert_eq!(
            text_of("Juan <juan@example.com> y <Ana López>", "!text"),
            "Juan <juan@example.com> y <Ana López>"
        );
    }

    #[test]
    fn titles_and_embedded_files() {
        let html = "<title>Ticket de Juan</title><img src='data:image/png;base64,AAAA'>";
        let (_, embedded) = found_in(html, 0, Role::Body, "!");
        assert_eq!(embedded, Embedded { count: 1, bytes: 26 });
        assert_eq!(text_of(html, "!title"), "Ticket de Juan");
    }

    #[test]
    fn markup_is_told_from_text() {
        assert!(looks_like_html("Hola<br>Juan"));
        assert!(looks_like_html("<div class=x>"));
        assert!(!looks_like_html("a < b and c > d <juan@example.com>"));
    }
}
