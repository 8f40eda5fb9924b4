//! For tests: reads bytes and keeps everything a reader yields.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::mapping::Mappings;
use super::{Carry, Cut, Format, Member, Piece, Purpose, Reading, Yield};
use crate::records::{Block, Gap, Limits, Position, Record, Role};

/// One field as a block showed it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Got {
    pub(super) record: String,
    pub(super) kind: &'static str,
    pub(super) id: Option<String>,
    pub(super) path: String,
    pub(super) role: Role,
    pub(super) text: String,
    pub(super) offset: u64,
    pub(super) owned: (usize, usize),
    /// Raw ranges of every character.
    pub(super) raw: Vec<std::ops::Range<u64>>,
}

/// Everything a reader yielded.
#[derive(Default)]
pub(super) struct Collected {
    block: Block,
    pub(super) fields: Vec<Got>,
    pub(super) records: Vec<Record>,
    pub(super) gaps: Vec<Gap>,
    pub(super) members: Vec<Member>,
    pub(super) blocks: usize,
}

impl Collected {
    pub(super) fn flush(&mut self) {
        let block = std::mem::take(&mut self.block);
        if block.is_empty() {
            return;
        }
        self.blocks += 1;
        for field in block.fields() {
            let record = &block.records[field.record as usize];
            let text = block.field_text(field).to_owned();
            let raw = block.layers.to_raw(field.layers, field.raw, 0..text.len() as u64);
            self.fields.push(Got {
                record: record.reference.ordinal.to_string(),
                kind: record.reference.kind.name(),
                id: record.reference.id.as_ref().map(|id| id.expose().to_owned()),
                path: block.paths.render(field.path).expose().to_owned(),
                role: field.role,
                offset: field.offset,
                owned: ((field.owned.0 - field.start) as usize, (field.owned.1 - field.start) as usize),
                raw,
                text,
            });
        }
        self.records.extend(block.records);
    }

    /// (record, path, text) of every field.
    pub(super) fn texts(&self) -> Vec<(&str, &str, &str)> {
        self.fields.iter().map(|got| (got.record.as_str(), got.path.as_str(), got.text.as_str())).collect()
    }

    pub(super) fn text(&self, record: &str, path: &str) -> &str {
        let found = self.fields.iter().find(|got| got.record == record && got.path == path);
        &found.unwrap_or_else(|| panic!("no field {path} in {record}: {:?}", self.texts())).text
    }

    pub(super) fn codes(&self) -> Vec<&'static str> {
        self.gaps.iter().map(|gap| gap.code).collect()
    }

    /// The owned parts of fields put together again.
    pub(super) fn whole(&self) -> BTreeMap<(String, String), String> {
        let mut out: BTreeMap<(String, String), String> = BTreeMap::new();
        for got in &self.fields {
            let text = out.entry((got.record.clone(), got.path.clone())).or_default();
            text.push_str(&got.text[got.owned.0..got.owned.1]);
        }
        out
    }

    pub(super) fn fact(&self, record: &str, fact: &str) -> Option<crate::records::FactValue> {
        let record = self.records.iter().find(|known| known.reference.ordinal.to_string() == record)?;
        record.facts.get(crate::records::FactId::named(fact).unwrap()).cloned()
    }
}

impl Yield for Collected {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }
    fn boundary(&mut self) {
        if self.block.is_full() {
            self.flush();
        }
    }
    fn hand_on(&mut self) {
        self.flush();
    }
    fn member(&mut self, member: Member) {
        self.members.push(member);
    }
    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
}

pub(super) fn piece(bytes: &[u8]) -> Piece<'_> {
    Piece {
        bytes,
        base: 0,
        position: Position::START,
        first_ordinal: 0,
        first: true,
        last: true,
        window: None,
        carry: Arc::default(),
        name: "",
        media_type: None,
    }
}

pub(super) fn read_with(
    format: &dyn Format,
    bytes: &[u8],
    mappings: &Mappings,
    purpose: Purpose,
    limits: &Limits,
) -> Collected {
    let mut out = Collected::default();
    format.read(&piece(bytes), &Reading { mappings, limits, purpose }, &mut out);
    out.flush();
    out
}

pub(super) fn read(format: &dyn Format, bytes: &[u8]) -> Collected {
    read_with(format, bytes, &Mappings::default(), Purpose::Scan, &Limits::default())
}

/// Reads bytes in the pieces the format's cutter makes of them.
pub(super) fn read_cut(
    format: &dyn Format,
    bytes: &[u8],
    mappings: &Mappings,
    wanted: usize,
) -> (Collected, usize) {
    let mut cutter = format.cutter().unwrap();
    let mut out = Collected::default();
    let limits = Limits::default();
    let (mut base, mut shown, mut ordinal, mut pieces) = (0, 0, 0, 0);
    while base < bytes.len() {
        shown = (shown + wanted).min(bytes.len()).max(base);
        let Cut::Here { len, records, carry } = cutter.cut(&bytes[base..shown], wanted, shown == bytes.len())
        else {
            continue;
        };
        let carry: Arc<Carry> = carry;
        let cut = Piece {
            base: base as u64,
            position: Position::START.after(&bytes[..base]),
            first_ordinal: ordinal,
            first: base == 0,
            last: base + len == bytes.len(),
            carry,
            ..piece(&bytes[base..base + len])
        };
        format.read(&cut, &Reading { mappings, limits: &limits, purpose: Purpose::Scan }, &mut out);
        base += len;
        ordinal += records;
        pieces += 1;
    }
    out.flush();
    (out, pieces)
}

pub(super) fn zendesk() -> Mappings {
    let file = ("zendesk.yaml", include_str!("../../policies/mappings/zendesk.yaml"));
    Mappings::load(&[file]).unwrap_or_else(|problems| panic!("{}", problems[0]))
}
