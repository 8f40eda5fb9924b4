//! An archive into the vault, and the proof that every byte of it is there.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::frame::{Hole, head};
use super::identity::{Identifier, Person, Register, rows_of};
use super::marks::Marks;
use super::parts::{Cutter, Part, Parts, Span};
use super::pseudonyms::{mark_pseudonym, person_pseudonym, record_pseudonym};
use super::verified::verified;
use crate::audit::{
    Audit, Context, Desk, Item, OwnedPiece, PieceBytes, Roots, Work, path_of, read_whole, whole,
};
use crate::problem::Problem;
use crate::records::Text;
use crate::vault::{Kind, Label, NOBODY, Sealing, SlotKind, Subkey, Vault};

/// What is to be sealed.
pub struct Sealer<'a> {
    /// Reads and finds.
    pub audit: &'a Audit<'a>,
    /// What the survey learned.
    pub context: &'a Context,
    /// The folder or file.
    pub root: &'a Path,
    /// Whether what the walk cannot read is left out instead of stopping.
    pub allow_gaps: bool,
    /// Makes what holds and purge plans will know the records by.
    pub marks: &'a Marks,
    /// Identity of the detectors: count and digest.
    pub detectors: Value,
}

/// What was sealed.
pub struct Sealed {
    /// The archive's id.
    pub archive: [u8; 16],
    /// The ledger's entry.
    pub entry: u64,
    /// Counts, for people and the ledger: never a name.
    pub counts: BTreeMap<&'static str, u64>,
    /// What could not be read inside and is sealed whole, by code.
    pub gaps: BTreeMap<&'static str, u64>,
    /// What is not in the sealed archive, by code.
    pub missing: BTreeMap<&'static str, u64>,
}

/// What a worker gives the writer.
enum Portion {
    Folder(Item, BTreeSet<Identifier>),
    Piece(Box<(OwnedPiece, Parts)>),
    Unread(&'static str),
}

/// The path of an item below what was named. A name that is no UTF-8 would not come back as it was.
fn below(root: &Path, item: &Item) -> Result<String, Problem> {
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

impl Sealer<'_> {
    /// Seals and verifies.
    ///
    /// # Errors
    /// A [`Problem`]: nothing was sealed then, and the original is as it was.
    pub fn seal(&self, vault: &mut Vault<'_>) -> Result<Sealed, Problem> {
        let sight = self.audit.sight(self.context);
        let roots = Roots::new(vec![self.root.to_path_buf()]);
        let mut register = Register::default();
        let limits = &self.audit.limits;
        let surveyed: Result<(), Problem> = self.audit.each(
            &roots,
            true,
            |work| rows_of(work, &sight, limits),
            |rows| {
                register.take(rows);
                Ok(())
            },
        )?;
        surveyed?;
        let index = vault.index()?;
        // Where the original lies is for the certificate, and sealed: a path may name somebody.
        let source = std::path::absolute(self.root).ok().and_then(|path| path.to_str().map(str::to_owned));
        let sealing = vault.begin_seal(json!({"format": "olvido/sealed/v1", "source": source}))?;
        let mut writer = Writer::new(sealing, register, index, self.marks);
        let cutter = Cutter { sight, limits, marks: self.marks };
        let desks: Mutex<Vec<Desk>> = Mutex::default();
        self.audit.each(
            &roots,
            true,
            |work| {
                let mut desk = desks.lock().ok().and_then(|mut desks| desks.pop()).unwrap_or_default();
                let portions = portions(work, &cutter, &mut desk);
                if let Ok(mut desks) = desks.lock() {
                    desks.push(desk);
                }
                portions
            },
            |portions| portions.into_iter().try_for_each(|portion| self.take(portion, &mut writer)),
        )??;
        if self.audit.control.is_interrupted() {
            return Err(Problem::new(
                "interrupted",
                "sealing was interrupted",
                "the next vault command undoes it",
            ));
        }
        self.finish(writer)
    }

    fn take(&self, portion: Portion, writer: &mut Writer<'_, '_, '_>) -> Result<(), Problem> {
        match portion {
            Portion::Unread(code) => {
                *writer.missing.entry(code).or_default() += 1;
                match self.allow_gaps {
                    true => Ok(()),
                    false => Err(Problem::new(
                        "seal-unread",
                        format!("something in the archive cannot be read ({code}) and would be missing"),
                        "scan it to see where; with --allow-gaps the rest is sealed without it",
                    )),
                }
            }
            Portion::Folder(item, named) => {
                let path = below(self.root, &item)?;
                if path_of(&item) == Some(self.root) {
                    return Ok(());
                }
                let mode = item.file.and_then(|facts| facts.mode);
                let number = item.number.walk();
                writer.folder(number, &path, mode, named)
            }
            Portion::Piece(piece) => {
                let (piece, parts) = *piece;
                if let Some(gap) = piece.gaps.iter().find(|gap| gap.code != "record-too-large") {
                    let what = format!("a file of the archive could not be read to its end ({})", gap.code);
                    return Err(Problem::new(
                        "seal-unread",
                        what,
                        "seal again when nothing writes to the archive",
                    ));
                }
                writer.piece(&piece, parts, self.root)
            }
        }
    }

    /// Everything is read again, from the sealed archive and from the source, and compared.
    fn finish(&self, writer: Writer<'_, '_, '_>) -> Result<Sealed, Problem> {
        let Writer { sealing, counts, gaps, missing, sources, item, register, .. } = writer;
        let archive = sealing.archive();
        let about = json!({
            "counts": counts, "detectors": self.detectors, "gaps": gaps, "missing": missing,
            "references": self.marks.key_id(), "systems": register.systems(),
        });
        let entry = sealing.finish(about, &mut |opening| verified(opening, &sources, item))?;
        Ok(Sealed { archive, entry, counts, gaps, missing })
    }
}

fn portions(work: Work, cutter: &Cutter<'_>, desk: &mut Desk) -> Vec<Portion> {
    let piece = |piece: OwnedPiece, desk: &mut Desk| {
        let parts = cutter.parts(&piece, desk);
        Portion::Piece(Box::new((piece, parts)))
    };
    match work {
        // What a scan leaves out as configured is sealed: the walk is told to leave out nothing.
        Work::Excluded => vec![Portion::Unread("excluded")],
        Work::Gap(_, gap) => vec![Portion::Unread(gap.code)],
        Work::Folder(item) => {
            let named = cutter.named(&item, desk);
            vec![Portion::Folder(*item, named)]
        }
        Work::Piece(owned) => vec![piece(*owned, desk)],
        Work::Items(items) => items
            .into_iter()
            .map(|item| match read_whole(&item) {
                Ok((bytes, gap)) => piece(whole(item, bytes, gap.into_iter().collect()), desk),
                Err(gap) => Portion::Unread(gap.code),
            })
            .collect(),
    }
}

/// Writes objects in the order of the walk.
struct Writer<'v, 'd, 'm> {
    sealing: Sealing<'v, 'd>,
    marks: &'m Marks,
    /// Marks that are there, by the slot they are of.
    marked: HashSet<(u64, [u8; 32])>,
    register: Register,
    index: Subkey,
    /// Slots of people by their pseudonyms, those of earlier archives included.
    known: HashMap<[u8; 32], u64>,
    people: HashMap<Person, u64>,
    identifiers: BTreeMap<Person, Vec<Identifier>>,
    records: HashMap<Text, u64>,
    mentioned: BTreeSet<(u64, u64)>,
    /// Numbers of items in the archive, from 1, and what the open one is called in the walk.
    item: u32,
    walk: Option<u32>,
    ordinal: u32,
    own: u64,
    ticket: Option<Text>,
    counts: BTreeMap<&'static str, u64>,
    gaps: BTreeMap<&'static str, u64>,
    missing: BTreeMap<&'static str, u64>,
    /// Where each item that is a file came from, for the comparison.
    sources: BTreeMap<u32, PathBuf>,
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
    fn new(sealing: Sealing<'v, 'd>, register: Register, index: Subkey, marks: &'m Marks) -> Self {
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

    fn count(&mut self, what: &'static str, by: u64) {
        *self.counts.entry(what).or_default() += by;
    }

    /// The slot of a person, made when it is first needed.
    fn subject(&mut self, identifier: &Identifier) -> Result<Option<u64>, Problem> {
        let Some(person) = self.register.person_or_new(identifier) else { return Ok(None) };
        if let Some(slot) = self.people.get(&person) {
            return Ok(Some(*slot));
        }
        let all = self.identifiers.get(&person).cloned().unwrap_or_else(|| vec![identifier.clone()]);
        let pseudonyms: Vec<[u8; 32]> = all.iter().map(|one| person_pseudonym(&self.index, one)).collect();
        // A name alone never makes two archives' people one.
        let strong = all.iter().zip(&pseudonyms).filter(|(one, _)| one.kind != "name");
        let known = strong.filter_map(|(_, pseudonym)| self.known.get(pseudonym).copied()).next();
        let mut rest = pseudonyms.into_iter();
        let slot = match known {
            Some(slot) => slot,
            None => {
                self.count("people", 1);
                let first = rest.next().unwrap_or([0; 32]);
                let slot = self.sealing.slot(SlotKind::Subject, first, NOBODY)?;
                self.known.insert(first, slot);
                slot
            }
        };
        for pseudonym in rest {
            if self.known.get(&pseudonym) != Some(&slot) {
                self.sealing.slot(SlotKind::Alias, pseudonym, slot)?;
                self.known.entry(pseudonym).or_insert(slot);
            }
        }
        for one in &all {
            if let Some(mark) = self.marks.of_person(one.kind, &one.value) {
                self.mark(slot, &mark)?;
            }
        }
        self.people.insert(person, slot);
        Ok(Some(slot))
    }

    /// Keeps what holds and purge plans know a record or a person by.
    fn mark(&mut self, slot: u64, mark: &str) -> Result<(), Problem> {
        let pseudonym = mark_pseudonym(&self.index, mark);
        if self.marked.insert((slot, pseudonym)) {
            self.sealing.slot(SlotKind::Mark, pseudonym, slot)?;
        }
        Ok(())
    }

    fn subjects<'i>(
        &mut self,
        people: impl IntoIterator<Item = &'i Identifier>,
        except: u64,
    ) -> Result<Vec<u64>, Problem> {
        let mut slots = BTreeSet::new();
        for one in people {
            slots.extend(self.subject(one)?.filter(|slot| *slot != except));
        }
        Ok(slots.into_iter().collect())
    }

    /// The slot of a record by its name in the archive, made when it is first met.
    fn record(&mut self, name: Text, about: &[Identifier]) -> Result<u64, Problem> {
        if let Some(slot) = self.records.get(&name) {
            return Ok(*slot);
        }
        let about: Vec<Identifier> = match self.register.requester(&name) {
            Some(requester) => vec![requester.clone()],
            None => about.to_vec(),
        };
        let mut owner = NOBODY;
        for one in &about {
            if owner == NOBODY {
                owner = self.subject(one)?.unwrap_or(NOBODY);
            }
        }
        let pseudonym = record_pseudonym(&self.index, name.expose());
        let slot = self.sealing.slot(SlotKind::Record, pseudonym, owner)?;
        self.count("records", 1);
        self.records.insert(name, slot);
        Ok(slot)
    }

    fn owner(&self, slot: u64) -> u64 {
        self.sealing.owner(slot)
    }

    fn object(&mut self, kind: Kind, record: u64, subjects: Vec<u64>, data: &[&[u8]]) -> Result<(), Problem> {
        let label = Label { kind, record, subjects, item: self.item, ordinal: self.ordinal };
        self.ordinal += 1;
        self.sealing.object(&label, data)
    }

    fn begin(
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

    fn folder(
        &mut self,
        walk: u32,
        path: &str,
        mode: Option<u32>,
        named: BTreeSet<Identifier>,
    ) -> Result<(), Problem> {
        self.count("folders", 1);
        self.begin(walk, path, &named, &json!({"folder": true, "mode": mode, "path": path}))
    }

    fn piece(&mut self, piece: &OwnedPiece, parts: Parts, root: &Path) -> Result<(), Problem> {
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

    fn slots_of(&mut self, records: &[Part]) -> Result<Vec<u64>, Problem> {
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
    fn mention(&mut self, record: u64, who: &Identifier) -> Result<(), Problem> {
        let owner = self.owner(record);
        let Some(person) = self.subject(who)?.filter(|person| *person != owner) else { return Ok(()) };
        if self.mentioned.insert((record, person)) {
            let pseudonym = self.sealing.pseudonym(record);
            self.sealing.slot(SlotKind::Mention, pseudonym, person)?;
            self.count("mentions", 1);
        }
        Ok(())
    }

    /// Seals a run of bytes: the frame first, then what stands in its holes.
    fn frame(
        &mut self,
        slot: u64,
        (start, end): (u64, u64),
        bytes: &[u8],
        base: u64,
        holes: Vec<(Range<u64>, Content<'_>)>,
        spans: &[Span],
    ) -> Result<(), Problem> {
        let slice = |from: u64, to: u64| {
            let at = |place: u64| usize::try_from(place.saturating_sub(base)).unwrap_or(usize::MAX);
            bytes.get(at(from)..at(to)).unwrap_or(&[])
        };
        let owner = self.owner(slot);
        let mut cut = Vec::new();
        let mut literal: Vec<&[u8]> = Vec::new();
        let (mut at, mut written) = (start, 0u64);
        let mut contents = Vec::new();
        for (range, content) in holes {
            let subjects = match &content {
                Content::Span(span) => self.subjects(&span.people, owner)?,
                Content::Record(..) => Vec::new(),
            };
            // What belongs to the person the record is about needs no key of its own.
            if matches!(content, Content::Span(_)) && subjects.is_empty() {
                continue;
            }
            let before = slice(at, range.start);
            literal.push(before);
            written += before.len() as u64;
            let replacement = match &content {
                Content::Span(span) => span.replacement.clone(),
                Content::Record(record, _) => record.replacement.to_vec(),
            };
            cut.push(Hole { at: written, replacement });
            at = range.end;
            contents.push((range, content, subjects));
        }
        literal.push(slice(at, end));
        let head = head(&cut);
        let data: Vec<&[u8]> = std::iter::once(head.as_slice()).chain(literal).collect();
        self.object(Kind::Frame, slot, Vec::new(), &data)?;
        for (range, content, subjects) in contents {
            match content {
                Content::Span(_) => {
                    self.count("spans", 1);
                    self.object(Kind::Span, slot, subjects, &[slice(range.start, range.end)])?;
                }
                Content::Record(_, inner) => {
                    let from = spans.partition_point(|span| span.range.start < range.start);
                    let inside = spans
                        .iter()
                        .skip(from)
                        .take_while(|span| span.range.end <= range.end)
                        .map(|span| (span.range.clone(), Content::Span(span)))
                        .collect();
                    self.frame(inner, (range.start, range.end), bytes, base, inside, &[])?;
                }
            }
        }
        Ok(())
    }
}

/// What stands in a hole.
enum Content<'p> {
    Span(&'p Span),
    Record(&'p Part, u64),
}

fn contains(outer: &Range<u64>, inner: &Range<u64>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
