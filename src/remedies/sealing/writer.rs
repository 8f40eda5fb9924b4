//! Objects of a sealed archive, written in the order of the walk.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::frames::Content;
use super::identity::{Identifier, Person, Register};
use super::marks::Marks;
use super::parts::{Part, Parts, Span};
use crate::audit::{Item, OwnedPiece, PieceBytes, path_of};
use crate::problem::Problem;
use crate::records::Text;
use crate::vault::{Kind, Label, Sealing, SlotKind, Subkey};

/// The path of an item below what was named. A name that is no UTF-8 would not come back as it was.
pub(super) fn below(root: &Path, item: &Item) -> Result<String, Problem> {
    let path = path_of(item).unwrap_or(root);
    let below = match path.strip_prefix(root) {
        Ok(below) if !below.as_os_str().is_empty() => below.to_path_buf(),
        _ => path.file_name().map(Into::into).unwrap_or_default(),
    };
    let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
    let parts = parts.ok_or_else(|| {
        let what = format!("the name of item {} is not in UTF-8", item.number.walk());
        Problem::new("seal-name", what, "rename it; `olvido where` shows which it is")
    })?;
    Ok(parts.join("/"))
}

/// Writes objects in the order of the walk.
pub(super) struct Writer<'v, 'd, 'm> {
    pub(super) sealing: Sealing<'v, 'd>,
    pub(super) marks: &'m Marks,
    /// Marks that are there, by the slot they are of.
    pub(super) marked: HashSet<(u64, [u8; 32])>,
    pub(super) register: Register,
    pub(super) index: Subkey,
    /// Slots of people by their pseudonyms, those of earlier archives included.
    pub(super) known: HashMap<[u8; 32], u64>,
    pub(super) people: HashMap<Person, u64>,
    pub(super) identifiers: BTreeMap<Person, Vec<Identifier>>,
    pub(super) records: HashMap<Text, u64>,
    pub(super) mentioned: BTreeSet<(u64, u64)>,
    /// Numbers of items in the archive, from 1, and what the open one is called in the walk.
    pub(super) item: u32,
    pub(super) walk: Option<u32>,
    pub(super) ordinal: u32,
    pub(super) own: u64,
    pub(super) ticket: Option<Text>,
    pub(super) counts: BTreeMap<&'static str, u64>,
    pub(super) gaps: BTreeMap<&'static str, u64>,
    pub(super) missing: BTreeMap<&'static str, u64>,
    /// Where each item that is a file came from, for the comparison.
    pub(super) sources: BTreeMap<u32, PathBuf>,
}

/// The bytes of a piece that count: a window's neighbours are only there to be seen.
fn owned_bytes(piece: &OwnedPiece) -> (u64, &[u8]) {
    match &piece.window {
        Some(window) => (piece.base + window.start as u64, piece.bytes.get(window.clone()).unwrap_or(&[])),
        None => (piece.base, bytes_of(&piece.bytes)),
    }
}

fn bytes_of(bytes: &PieceBytes) -> &[u8] {
    bytes
}

impl<'v, 'd, 'm> Writer<'v, 'd, 'm> {
    pub(super) fn new(sealing: Sealing<'v, 'd>, register: Register, index: Subkey, marks: &'m Marks) -> Self {
        let known = sealing
            .vault()
            .slots()
            .filter_map(|(number, slot)| match slot.kind {
                SlotKind::Subject => Some((slot.pseudonym, number)),
                SlotKind::Alias => Some((slot.pseudonym, slot.owner)),
                _ => None,
            })
            .collect();
        let marked = sealing
            .vault()
            .slots()
            .filter(|(_, slot)| slot.kind == SlotKind::Mark)
            .map(|(_, slot)| (slot.owner, slot.pseudonym))
            .collect();
        let identifiers = register.people();
        Self {
            sealing,
            marks,
            marked,
            register,
            index,
            known,
            people: HashMap::new(),
            identifiers,
            records: HashMap::new(),
            mentioned: BTreeSet::new(),
            item: 0,
            walk: None,
            ordinal: 0,
            own: 0,
            ticket: None,
            counts: BTreeMap::new(),
            gaps: BTreeMap::new(),
            missing: BTreeMap::new(),
            sources: BTreeMap::new(),
        }
    }

    pub(super) fn object(
        &mut self,
        kind: Kind,
        record: u64,
        subjects: Vec<u64>,
        data: &[&[u8]],
    ) -> Result<(), Problem> {
        let label = Label { kind, record, subjects, item: self.item, ordinal: self.ordinal };
        self.ordinal += 1;
        self.sealing.object(&label, data)
    }

    pub(super) fn begin(
        &mut self,
        walk: u32,
        path: &str,
        named: &BTreeSet<Identifier>,
        head: &Value,
    ) -> Result<(), Problem> {
        self.item += 1;
        (self.ordinal, self.walk) = (0, Some(walk));
        self.ticket = self.register.ticket_at(path);
        let name = match &self.ticket {
            Some(ticket) => ticket.clone(),
            None => Text::new(format!("item\u{1f}{}", self.item)),
        };
        self.own = self.record(name, &[])?;
        let owner = self.owner(self.own);
        let subjects = self.subjects(named, owner)?;
        let head = crate::vault::canonical(head)?;
        self.object(Kind::Item, self.own, subjects, &[head.as_bytes()])
    }

    pub(super) fn folder(
        &mut self,
        walk: u32,
        path: &str,
        mode: Option<u32>,
        named: BTreeSet<Identifier>,
    ) -> Result<(), Problem> {
        self.count("folders", 1);
        self.begin(walk, path, &named, &json!({"folder": true, "mode": mode, "path": path}))
    }

    pub(super) fn piece(&mut self, piece: &OwnedPiece, parts: Parts, root: &Path) -> Result<(), Problem> {
        if self.walk != Some(piece.item.number.walk()) {
            let path = below(root, &piece.item)?;
            let mode = piece.item.file.and_then(|facts| facts.mode);
            let head = json!({"folder": false, "mode": mode, "path": path});
            self.begin(piece.item.number.walk(), &path, &parts.named, &head)?;
            self.count("items", 1);
            let path = path_of(&piece.item).unwrap_or(root).to_path_buf();
            self.sources.insert(self.item, path);
        }
        for (code, count) in parts.gaps {
            *self.gaps.entry(code).or_default() += count;
        }
        let (base, bytes) = owned_bytes(piece);
        self.count("bytes", bytes.len() as u64);
        let end = base + bytes.len() as u64;
        let window = piece.window.is_some();
        let records: Vec<Part> = if window { Vec::new() } else { parts.records };
        let slots = self.slots_of(&records)?;
        let own = self.own;
        for mark in &parts.marks {
            self.mark(own, mark)?;
        }
        for (record, slot) in records.iter().zip(&slots) {
            record.marks.iter().try_for_each(|mark| self.mark(*slot, mark))?;
        }
        let outside: Vec<&Span> = parts
            .spans
            .iter()
            .filter(|span| !records.iter().any(|record| contains(&record.range, &span.range)))
            .collect();
        let mut holes: Vec<(Range<u64>, Content<'_>)> =
            outside.into_iter().map(|span| (span.range.clone(), Content::Span(span))).collect();
        for (record, slot) in records.iter().zip(&slots) {
            holes.push((record.range.clone(), Content::Record(record, *slot)));
        }
        holes.sort_by_key(|(range, _)| (range.start, range.end));
        self.frame(own, (base, end), bytes, base, holes, &parts.spans)?;
        let at = |place: u64| records.iter().position(|record| record.range.contains(&place));
        for (place, who) in &parts.mentions {
            let record = at(*place).and_then(|at| slots.get(at)).copied().unwrap_or(own);
            self.mention(record, who)?;
        }
        Ok(())
    }

    pub(super) fn slots_of(&mut self, records: &[Part]) -> Result<Vec<u64>, Problem> {
        let mut slots = Vec::with_capacity(records.len());
        for (at, record) in records.iter().enumerate() {
            let name = record.name.clone().or_else(|| self.ticket.clone());
            let name = name.unwrap_or_else(|| {
                Text::new(format!("part\u{1f}{}\u{1f}{}\u{1f}{at}", self.item, self.ordinal))
            });
            slots.push(self.record(name, &record.about)?);
        }
        Ok(slots)
    }

    /// People in a record that stay with it whatever becomes of their own keys.
    pub(super) fn mention(&mut self, record: u64, who: &Identifier) -> Result<(), Problem> {
        let owner = self.owner(record);
        let Some(person) = self.subject(who)?.filter(|person| *person != owner) else { return Ok(()) };
        if self.mentioned.insert((record, person)) {
            let pseudonym = self.sealing.pseudonym(record);
            self.sealing.slot(SlotKind::Mention, pseudonym, person)?;
            self.count("mentions", 1);
        }
        Ok(())
    }
}

fn contains(outer: &Range<u64>, inner: &Range<u64>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
