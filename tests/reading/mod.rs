//! Reads bytes as the pipeline does and keeps every block.

#![allow(dead_code, reason = "each test uses its part")]

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use olvido::formats::mapping::Mappings;
use olvido::formats::{Cut, Format, Member, Piece, Purpose, Reading, Yield, probe};
use olvido::records::{Block, Extent, Gap, Limits, Ordinal, Position};

#[derive(Default)]
pub(crate) struct Blocks {
    block: Block,
    pub(crate) blocks: Vec<Block>,
    pub(crate) gaps: Vec<Gap>,
}

impl Yield for Blocks {
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

/// A field as tests look at it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) ordinal: Ordinal,
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Blocks {
    pub(crate) fn fields(&self) -> Vec<Seen> {
        self.walk(|_, _, seen| seen)
    }

    /// Every field with the raw ranges of a range of its text.
    pub(crate) fn walk<T>(&self, mut each: impl FnMut(&Block, &olvido::records::Field, Seen) -> T) -> Vec<T> {
        let mut out = Vec::new();
        for block in &self.blocks {
            for field in block.fields() {
                let record = &block.records[field.record as usize];
                let seen = Seen {
                    kind: record.reference.kind.name(),
                    id: record.reference.id_or_ordinal().expose().to_owned(),
                    ordinal: record.reference.ordinal,
                    path: block.paths.render(field.path).expose().to_owned(),
                    text: block.field_text(field).to_owned(),
                };
                out.push(each(block, field, seen));
            }
        }
        out
    }

    pub(crate) fn raw(block: &Block, field: &olvido::records::Field, range: Range<usize>) -> Vec<Range<u64>> {
        block.layers.to_raw(field.layers, field.raw, range.start as u64..range.end as u64)
    }

    pub(crate) fn extents(&self) -> Vec<(Ordinal, Option<Extent>)> {
        self.blocks.iter().flat_map(|b| b.records.iter().map(|r| (r.reference.ordinal, r.extent))).collect()
    }
}

pub(crate) fn zendesk() -> Mappings {
    let text = include_str!("../../policies/mappings/zendesk.yaml");
    match Mappings::load(&[("policies/mappings/zendesk.yaml", text)]) {
        Ok(mappings) => mappings,
        Err(problems) => panic!("{}", problems[0]),
    }
}

pub(crate) fn whole<'a>(bytes: &'a [u8], name: &'a str) -> Piece<'a> {
    Piece {
        bytes,
        base: 0,
        position: Position::START,
        first_ordinal: 0,
        first: true,
        last: true,
        window: None,
        carry: Arc::default(),
        name,
        media_type: None,
    }
}

pub(crate) fn format_of(bytes: &[u8], name: &str) -> &'static dyn Format {
    probe(&bytes[..bytes.len().min(64 << 10)], name, None)
}

pub(crate) fn read(bytes: &[u8], name: &str, mappings: &Mappings) -> Blocks {
    let mut out = Blocks::default();
    let limits = Limits::default();
    let reading = Reading { mappings, limits: &limits, purpose: Purpose::Scan };
    format_of(bytes, name).read(&whole(bytes, name), &reading, &mut out);
    out.hand_on();
    out
}

/// The pieces a format's cutter makes: (start, length, first ordinal, piece with the carry).
pub(crate) fn pieces<'a>(
    format: &dyn Format,
    bytes: &'a [u8],
    name: &'a str,
    wanted: usize,
) -> Vec<Piece<'a>> {
    let mut cutter = format.cutter().expect("a cutter");
    let (mut from, mut shown, mut ordinal, mut out) = (0, 0, 0, Vec::new());
    while from < bytes.len() {
        shown = (shown + wanted).min(bytes.len());
        match cutter.cut(&bytes[from..shown], wanted, shown == bytes.len()) {
            Cut::More => {}
            Cut::Here { len, records, carry } => {
                out.push(Piece {
                    base: from as u64,
                    position: Position::START.after(&bytes[..from]),
                    first_ordinal: ordinal,
                    first: from == 0,
                    last: from + len == bytes.len(),
                    carry,
                    ..whole(&bytes[from..from + len], name)
                });
                from += len;
                ordinal += records;
            }
        }
    }
    out
}

pub(crate) fn archive() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/helpdesks/zendesk")
}

/// A datum of the fixture archive.
pub(crate) struct Planted {
    pub(crate) file: String,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) field: String,
    pub(crate) text: String,
    pub(crate) occurrence: usize,
}

impl Planted {
    /// Whether a field may be the datum's; records of attachments have no id to name them by.
    pub(crate) fn is_in(&self, seen: &Seen) -> bool {
        seen.kind == self.kind
            && (self.id.is_empty() || seen.id == self.id)
            && seen.path == self.field
            && nth(&seen.text, &self.text, self.occurrence).is_some()
    }
}

/// Every datum planted in files that are no mail, by the archive's own list.
pub(crate) fn planted() -> Vec<Planted> {
    let want: serde_json::Value =
        serde_json::from_slice(&std::fs::read(archive().join("want.json")).unwrap()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
    want["detections"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["inner"].as_array().is_none_or(Vec::is_empty))
        .map(|row| Planted {
            file: text(&row["file"]),
            kind: text(&row["record"]["kind"]),
            id: text(&row["record"]["id"]),
            field: text(&row["field"]),
            text: text(&row["text"]),
            occurrence: usize::try_from(row["occurrence"].as_u64().unwrap_or(1)).unwrap(),
        })
        // Mail and markup have tests of their own.
        .filter(|row| ![".eml", ".md"].iter().any(|end| row.file.ends_with(end)))
        .collect()
}

/// The `occurrence`-th place of a text, from 1.
pub(crate) fn nth(haystack: &str, needle: &str, occurrence: usize) -> Option<Range<usize>> {
    let (at, found) = haystack.match_indices(needle).nth(occurrence - 1)?;
    Some(at..at + found.len())
}
