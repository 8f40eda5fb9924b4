//! HTML and Markdown files: what pages show, hide and say in attributes, with exact places, and edits.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

use std::path::Path;
use std::sync::Arc;

use olvido::formats::HtmlFormat;
use olvido::formats::MarkdownFormat;
use olvido::formats::mapping::Mappings;
use olvido::formats::rewrite::{Changes, Edit, rewrite};
use olvido::formats::{Carry, Format, Member, Piece, Purpose, Reading, Vote, Yield};
use olvido::records::{Block, Gap, Limits, Ordinal, Position, Role, Text};

#[derive(Default)]
struct Collected {
    block: Block,
    blocks: Vec<Block>,
    gaps: Vec<Gap>,
}

impl Yield for Collected {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }

    fn boundary(&mut self) {
        if self.block.is_full() {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        self.blocks.push(std::mem::take(&mut self.block));
    }

    fn member(&mut self, _member: Member) {}

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
}

fn piece(bytes: &[u8]) -> Piece<'_> {
    Piece {
        bytes,
        base: 0,
        position: Position::START,
        first_ordinal: 0,
        first: true,
        last: true,
        window: None,
        carry: Arc::new(Carry::default()),
        name: "",
        media_type: None,
    }
}

/// Path, role, text and the raw bytes of a span of it.
struct Seen {
    path: String,
    role: Role,
    text: String,
    raw: Vec<(usize, Vec<std::ops::Range<u64>>)>,
}

fn read(format: &dyn Format, bytes: &[u8]) -> (Vec<Seen>, Vec<&'static str>) {
    let (mut out, limits) = (Collected::default(), Limits::default());
    let mappings = Mappings::default();
    format.read(
        &piece(bytes),
        &Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan },
        &mut out,
    );
    out.hand_on();
    let mut seen = Vec::new();
    for block in &out.blocks {
        for field in block.fields() {
            let text = block.field_text(field).to_owned();
            let raw = text
                .char_indices()
                .map(|(at, c)| {
                    let span = at as u64..(at + c.len_utf8()) as u64;
                    (at, block.layers.to_raw(field.layers, field.raw, span))
                })
                .collect();
            let path = block.paths.render(field.path).expose().to_owned();
            seen.push(Seen { path, role: field.role, text, raw });
        }
    }
    (seen, out.gaps.iter().map(|gap| gap.code).collect())
}

/// The raw bytes of a value in a field: the ranges of its characters, joined.
fn raw(seen: &Seen, bytes: &[u8], value: &str) -> Vec<u8> {
    let start = seen.text.find(value).unwrap();
    let inside = seen.raw.iter().filter(|(at, _)| (start..start + value.len()).contains(at));
    let mut out = Vec::new();
    let mut end = 0;
    for range in inside.flat_map(|(_, ranges)| ranges) {
        assert!(range.start >= end, "places ascend");
        out.extend_from_slice(&bytes[range.start as usize..range.end as usize]);
        end = range.end;
    }
    out
}

fn article() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/html/article.html")).unwrap()
}

/// Path, role, value as it reads, and as it is written (in windows-1252).
const PLANTED: [(&str, Role, &str, &str); 14] = [
    ("title", Role::Subject, "Lucía Ficticia", "Lucía Ficticia"),
    ("text", Role::Body, "Caso de Lucía Ficticia", "Caso de Lucía Ficticia"),
    (
        "text",
        Role::Body,
        "ES91\u{200b}2100 0418\u{a0}4502 0005 1332",
        "ES91&#8203;2100 0418&nbsp;4502\n   0005 1332",
    ),
    ("text", Role::Body, "DNI\n12345678Z", "DNI12345678Z"),
    ("attr:href", Role::Url, "lucia.ficticia@example.com", "lucia%2Eficticia%40example.com"),
    ("attr:href", Role::Url, "Caso&cc=otra@example.net", "Caso&amp;cc=otra@example.net"),
    ("attr:title", Role::Body, "Lucía", "Luc&iacute;a"),
    ("attr:alt", Role::Body, "Firma de Ágata Inventada", "Firma de &#193;gata Inventada"),
    ("attr:data-agent", Role::Other, "inventada@example.org", "inventada@example.org"),
    ("attr:value", Role::Body, "pepe@example.com", "pepe@example.com"),
    ("hidden", Role::Hidden, "4111 1111 1111 1111", "4111 1111 1111 1111"),
    ("comment", Role::Hidden, "+34 600 123 456", "+34 600 123 456"),
    ("script", Role::Hidden, "agente.inventado@example.org", "agente.inventado@example.org"),
    ("text", Role::Body, "juan.ficticio@example.com", "juan.ficticio@example.com"),
];

fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

#[test]
fn every_planted_datum_stands_at_its_place() {
    let bytes = article();
    let (seen, gaps) = read(&HtmlFormat, &bytes);
    assert!(gaps.is_empty(), "{gaps:?}");
    for (path, role, value, written) in PLANTED {
        let field = seen.iter().find(|seen| seen.path == path && seen.text.contains(value));
        let field = field.unwrap_or_else(|| panic!("no {value} at {path}"));
        assert_eq!(field.role, role, "{path}");
        assert_eq!(raw(field, &bytes, value), latin(written), "{path}");
    }
    // A tag that the end of the file cuts off is still read.
    assert!(seen.iter().any(|seen| seen.path == "text" && seen.text.contains("cortado@example.com")));
}

#[test]
fn every_planted_datum_can_be_replaced() {
    let bytes = article();
    let before = read(&HtmlFormat, &bytes).0;
    for (path, _, value, _) in PLANTED {
        for with in ["X", "[un texto más largo & con <marcas>]"] {
            if path == "comment" || path == "script" || path == "attr:href" && with.contains(' ') {
                continue;
            }
            let at = before.iter().position(|seen| seen.path == path && seen.text.contains(value)).unwrap();
            let start = before[at].text.find(value).unwrap() as u64;
            let edit = Edit {
                record: Ordinal { top: 0, sub: 0 },
                field: Text::new(path),
                range: start..start + value.len() as u64,
                replacement: Text::new(with),
                raw: None,
            };
            let limits = Limits::default();
            let mappings = Mappings::default();
            let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
            let changes = Changes { edits: vec![edit], ..Changes::default() };
            let out = rewrite(&HtmlFormat, &piece(&bytes), &reading, changes).unwrap();
            let after = read(&HtmlFormat, &out).0;
            assert_eq!(after.len(), before.len(), "{path} {value}");
            for (index, (old, new)) in before.iter().zip(&after).enumerate() {
                // The line end of a tag inside the value melts with the one behind it.
                let want = if index == at { old.text.replacen(value, with, 1) } else { old.text.clone() };
                assert_eq!(new.text, want, "{path} {value} -> {with}");
            }
        }
    }
}

#[test]
fn charsets_are_found_by_mark_declaration_and_sight() {
    let page = "<html><p>Señor Núñez y Ágata, mañana a las 5 en la plaza";
    let utf16: Vec<u8> =
        [0xFEFFu16].into_iter().chain(page.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xEF\xBB\xBF", page.as_bytes()].concat();
    let declared = [b"<meta charset=iso-8859-1>", latin(page).as_slice()].concat();
    for bytes in [utf16, marked, declared, latin(page), page.as_bytes().to_vec()] {
        let (seen, _) = read(&HtmlFormat, &bytes);
        assert!(seen[0].text.contains("Señor Núñez y Ágata"), "{:?}", bytes.escape_ascii().to_string());
        assert!(raw(&seen[0], &bytes, "Núñez").len() >= 5);
    }
}

#[test]
fn big_pages_go_over_blocks() {
    let page = "<p>fila de <b>Mar&iacute;a</b> Ficticia</p>\n".repeat(40_000);
    let (seen, _) = read(&HtmlFormat, page.as_bytes());
    let pieces: Vec<&Seen> = seen.iter().filter(|seen| seen.path == "text").collect();
    assert!(pieces.len() > 3);
    for piece in pieces {
        assert_eq!(raw(piece, page.as_bytes(), "María Ficticia"), b"Mar&iacute;a Ficticia");
    }
}

#[test]
fn markdown_is_its_source() {
    let source = "---\nauthor: Lucía Ficticia\n---\n# Caso &amp; cosa\njuan\\_ficticio@example.com \
                  [mail](mailto:lucia%40example.com) <b title=\"x\">y</b>\n";
    let (seen, _) = read(&MarkdownFormat, source.as_bytes());
    assert_eq!(seen[0].text, source.replace("&amp;", "&").replace('\\', ""));
    assert_eq!(raw(&seen[0], source.as_bytes(), "juan_ficticio@"), b"juan\\_ficticio@");
    assert_eq!((seen[1].path.as_str(), seen[1].text.as_str()), ("url", "mailto:lucia@example.com"));
    assert_eq!(MarkdownFormat.probe(b"# x", "a.md"), Vote::Weak);
}
