//! One piece of one item while it is scanned: blocks in, lines out.

mod data;
mod verdicts;

use crate::detectors::{BlockPeople, HeardSignal, normalise};
use crate::findings::{GapLine, Line, RecordLine};
use crate::formats::{Member, Yield};
use crate::policies::retention::Schedule;
use crate::policies::{Observed, RuleSet};
use crate::records::{
    Block, Category, Detection, FactId, FactValue, Field, Gap, GapClass, Ordinal, Position, Positions,
    Record, RecordKind, Role, Stamp, Supplier, was_read,
};
use crate::sources::{Attached, Item};

use super::derived::Derived;
use super::pieces::OwnedPiece;
use super::refusal::Passing;
use super::scan::{Bench, Part, Scanner};
use super::sight;
use super::tally::RecordTally;
use data::ShownId;

/// A record whose texts continue in the next block.
struct OpenRecord {
    ordinal: Ordinal,
    /// The hold that covers it.
    held: Option<usize>,
    observed: Vec<Observed>,
    /// The sum of the hashes of its values: the same in whatever order they stand.
    values: u64,
    derived: Derived,
    tally: RecordTally,
}

/// The names that lead to an item, masked.
struct ShownNames {
    path: String,
    inner: Vec<String>,
}

/// One piece of one item while it is scanned.
pub(super) struct ItemScan<'s, 'a, 'p> {
    scanner: &'s Scanner<'a>,
    /// The rules for the records of the item.
    rules: &'a RuleSet,
    pub(super) bench: &'p mut Bench<'a>,
    part: &'p mut Part,
    number: String,
    /// The path and the member names as outputs show them; none before a line needs them.
    names: Option<ShownNames>,
    raw_names: Vec<String>,
    in_member: bool,
    attached: Attached,
    pub(super) base: u64,
    pub(super) positions: Positions<'p>,
    pub(super) format: &'static str,
    pub(super) whole_texts: bool,
    /// Whether the piece is a part, and not the last, of a record that fills the item: one field of text,
    /// or windows.
    pub(super) unfinished: bool,
    open: Vec<OpenRecord>,
    members: Vec<Member>,
    system: Option<String>,
    gaps: u64,
    /// Whether any of them says that something was not read.
    is_lost: bool,
    read_something: bool,
    bytes: &'p [u8],
    passing: Passing,
}

impl<'s, 'a, 'p> ItemScan<'s, 'a, 'p> {
    pub(super) fn new(
        scanner: &'s Scanner<'a>,
        bench: &'p mut Bench<'a>,
        part: &'p mut Part,
        item: &Item,
        bytes: &'p [u8],
    ) -> Self {
        let mut raw_names = vec![item.origin.path.expose().to_owned()];
        raw_names.extend(item.origin.inner.iter().map(|name| name.expose().to_owned()));
        Self {
            scanner,
            rules: scanner.policies.rules_of(&item.origin),
            bench,
            part,
            number: item.number.to_string(),
            names: None,
            raw_names,
            in_member: item.number.depth() > 1,
            attached: item.attached,
            base: 0,
            positions: Positions::new(bytes, Position::START),
            format: "file",
            whole_texts: true,
            unfinished: false,
            open: Vec::new(),
            members: Vec::new(),
            system: None,
            gaps: 0,
            is_lost: false,
            read_something: false,
            bytes,
            passing: Passing::default(),
        }
    }

    pub(super) fn finish(self, piece: &OwnedPiece) -> Vec<Member> {
        self.part.refuse(self.passing.refused, self.in_member);
        let tally = &mut self.part.tally;
        if piece.item.number.depth() == 1 {
            tally.bytes += piece.bytes.len() as u64 + piece.passed_over;
        }
        if piece.first {
            tally.read += u64::from(self.read_something || self.gaps == 0);
            tally.system_item(self.system.as_deref().unwrap_or(self.format));
        }
        self.members
    }

    /// Writes a gap and counts it.
    pub(super) fn emit_gap(&mut self, gap: Gap) {
        let raw_path = self.raw_names.first().map_or("", String::as_str);
        let accepted = self.scanner.config.accepts(raw_path, &gap, self.scanner.now);
        if self.scanner.refusal.is_some() && accepted.is_none() && gap.class != GapClass::ByNature {
            self.passing.unread(&gap, self.bytes, self.base);
        }
        self.part.tally.gap(&gap, accepted.is_some());
        if !self.is_lost && gap.class != GapClass::ByNature {
            self.part.tally.not_read += 1;
            self.is_lost = true;
        }
        self.gaps += u64::from(!was_read(gap.code));
        let names = shown_names(&mut self.names, &self.raw_names, self.bench);
        let line = Line::Gap(Box::new(GapLine {
            class: gap.class.name().into(),
            code: gap.code.into(),
            item: self.number.as_str().into(),
            path: names.path.as_str().into(),
            inner: names.inner.iter().map(|name| name.as_str().into()).collect(),
            message: gap.message.as_str().into(),
            offset: gap.offset,
            bytes: gap.bytes,
            lift: gap.lift.map(Into::into),
            accepted: accepted.map(Into::into),
        }));
        write_line(&line, &mut self.part.lines);
    }

    /// The path and the member names are scanned like any text.
    pub(super) fn scan_names(&mut self) {
        let [path, inner @ ..] = self.raw_names.as_slice() else { return };
        sight::push_name(&mut self.bench.block, path, inner.last().map(String::as_str));
        let system = self.system.take();
        self.flush(true);
        self.system = system;
        self.read_something = false;
    }

    /// Scans the block and writes its lines. `ended` says that no record continues.
    pub(super) fn flush(&mut self, ended: bool) {
        if self.bench.block.is_empty() {
            return;
        }
        self.read_something = true;
        let mut block = std::mem::take(&mut self.bench.block);
        let mut detections = std::mem::take(&mut self.bench.detections);
        let (context, matcher) = (self.scanner.context, self.scanner.matcher);
        sight::detect(context, matcher, &mut block, &mut self.bench.scratch, &mut detections);
        // Names are masked while the records are written, with the same memory.
        let signals = self.bench.scratch.take_signals();
        self.schedule(&mut block);
        let held = self.scanner.held_by.of_block(context, &block, &detections);
        self.look_at_fields(&block);
        let last_top = block.records.last().map(|record| record.reference.ordinal.top);
        let mut left = detections.as_slice();
        for (at, record) in (0u32..).zip(&block.records) {
            let of = left
                .partition_point(|d| block.fields().get(d.field as usize).is_some_and(|f| f.record <= at));
            let (here, rest) = left.split_at(of);
            left = rest;
            let stays = !ended && Some(record.reference.ordinal.top) == last_top;
            let held = held.get(at as usize).copied().flatten();
            let heard = self.listen(&block, at, &signals);
            self.record(&block, record, (here, heard), stays, held);
        }
        block.clear();
        self.bench.block = block;
        self.bench.detections = detections;
    }

    /// What the retention schedule says of each record, as facts.
    fn schedule(&self, block: &mut Block) {
        if let Some(schedule) = self.rules.schedule() {
            for record in &mut block.records {
                schedule.supply(record.reference.kind, &mut record.facts, self.scanner.now.seconds);
            }
        }
        super::inherited::inherit(block);
        self.attach(block);
        for record in block.records.iter_mut().filter(|record| record.reference.kind == RecordKind::Erasure) {
            super::certificates::supply(self.bytes, &mut record.facts);
        }
    }

    /// Whether each text and attachment was sent along with a record, and when.
    fn attach(&self, block: &mut Block) {
        let known = &self.scanner.facts;
        for record in &mut block.records {
            let sent = match record.reference.kind {
                RecordKind::Attachment => Attached::At(None),
                RecordKind::Text => self.attached,
                _ => continue,
            };
            if let Some(fact) = known.attached {
                record.facts.set(fact, FactValue::Bool(sent != Attached::No), Supplier::Join);
            }
            if let (Some(fact), Attached::At(Some(at))) = (known.created_at, sent) {
                record.facts.set(fact, FactValue::Stamp(at), Supplier::Join);
            }
        }
    }

    /// Whether there is anything in them, and what passes for anonymous; of a stream, a record with a plain
    /// hash is refused.
    fn look_at_fields(&mut self, block: &Block) {
        self.part.tally.has_content |= block.fields().iter().any(|field| is_content(block, field));
        let refuses = self.scanner.refusal.is_some();
        if refuses {
            block.records.iter().for_each(|record| self.passing.met(record));
        }
        if !self.scanner.watches_anonymity {
            return;
        }
        let context = self.scanner.context;
        let own = |address: &str| {
            let normal = normalise(Category::EMAIL_ADDRESS, address);
            context.is_own(Category::EMAIL_ADDRESS, &normal)
        };
        for field in block.fields() {
            if self.part.anonymity.look(block, field, &own)
                && refuses
                && let Some(record) = block.records.get(field.record as usize)
            {
                self.passing.refuse(record, self.base, "plain hash");
            }
        }
    }

    /// The signals heard in a record of the block, and whether a register names its ticket.
    fn listen(&self, block: &Block, record: u32, signals: &[HeardSignal]) -> Derived {
        let mut heard = Derived::default();
        let known = block.records.get(record as usize);
        if !known.is_some_and(|known| self.scanner.derived.listens_to(known)) {
            return heard;
        }
        let of = |field: u32| block.fields().get(field as usize).map_or(0, |field| field.record);
        let from = signals.partition_point(|signal| of(signal.field) < record);
        for signal in signals.iter().skip(from).take_while(|signal| of(signal.field) == record) {
            if heard.is_silent() {
                let is = |entries| self.scanner.context.is_registered(entries, block, record);
                heard.register([is(RecordKind::RightsRequest), is(RecordKind::Breach)]);
            }
            heard.signal(signal.signal);
        }
        heard
    }

    /// One record of a block: its detections, and when it ends here its verdicts.
    fn record(
        &mut self,
        block: &Block,
        record: &Record,
        (detections, heard): (&[Detection], Derived),
        stays: bool,
        held: Option<usize>,
    ) {
        let ordinal = record.reference.ordinal;
        let known = self.open.iter().position(|open| open.ordinal == ordinal).filter(|_| record.continues);
        let mut open = match known {
            Some(at) => self.open.swap_remove(at),
            None => OpenRecord {
                ordinal,
                held,
                observed: Vec::new(),
                values: 0,
                derived: Derived::default(),
                tally: RecordTally::new(self.is_attached(record)),
            },
        };
        open.held = open.held.or(held);
        open.derived.hear(heard);
        let kind = record.reference.kind;
        // A mapping's name says more than the format's, which what stands around the records has.
        let more = self.system.as_deref().is_none_or(|known| known == self.format);
        if more && kind != RecordKind::File && self.system.as_deref() != Some(&*record.reference.system) {
            self.system = Some(record.reference.system.to_string());
        }
        let mut shown_id = ShownId::default();
        let mut ordinal_in_field = (u32::MAX, 0u64);
        for detection in detections {
            ordinal_in_field = match ordinal_in_field {
                (field, count) if field == detection.field => (field, count + 1),
                _ => (detection.field, 0),
            };
            self.datum(block, record, detection, &mut shown_id, ordinal_in_field.1, &mut open);
        }
        if stays {
            self.open.push(open);
            return;
        }
        if self.unfinished && kind != RecordKind::File {
            // What was found is judged here; that nothing was found, with the last part.
            if !open.observed.is_empty() && self.whole_texts {
                self.judge(record, &mut shown_id, &open);
            }
            self.part.tally.part_of_record(&open.tally);
            return;
        }
        self.judge(record, &mut shown_id, &open);
        if self.rules.judges(RecordKind::Run) {
            let id = record.reference.id.as_ref().map(|id| id.expose());
            self.part.gathered.record(kind, id, &record.facts);
        }
        if let Some(hold) = open.held.filter(|_| kind == RecordKind::Ticket || Schedule::governs(kind)) {
            self.part.matched.count(hold);
        }
        let last_act = self.last_act(record);
        self.part.tally.record(&record.reference.system, kind, last_act, &open.tally);
    }

    fn is_attached(&self, record: &Record) -> bool {
        self.in_member || record.reference.kind == RecordKind::Attachment
    }

    fn last_act(&self, record: &Record) -> Option<Stamp> {
        let facts = &self.scanner.facts;
        let stamp = |id: Option<FactId>| match record.facts.get(id?) {
            Some(FactValue::Stamp(stamp)) => Some(*stamp),
            _ => None,
        };
        // A date still to come is a mistake of the source, not an act.
        let past = |at: Option<Stamp>| at.filter(|at| at.seconds <= self.scanner.now.seconds);
        past(stamp(facts.created_at)).max(past(stamp(facts.updated_at)))
    }
}

/// Whether a field says anything of a helpdesk: no name of a file, no key, count or date, and nothing of a
/// register. An answer of an API that holds no record has only those.
fn is_content(block: &Block, field: &Field) -> bool {
    let kind = block.records.get(field.record as usize).map(|record| record.reference.kind);
    kind.is_some_and(|kind| kind != RecordKind::File && !kind.is_evidence())
        && !matches!(field.role, Role::Key | Role::ItemPath | Role::Measure | Role::TimeStamp | Role::Url)
        && !block.field_text(field).trim().is_empty()
}

impl Yield for ItemScan<'_, '_, '_> {
    fn block(&mut self) -> &mut Block {
        &mut self.bench.block
    }

    fn boundary(&mut self) {
        if self.bench.block.is_full() {
            self.flush(true);
        }
    }

    fn hand_on(&mut self) {
        self.flush(false);
    }

    fn member(&mut self, member: Member) {
        self.members.push(member);
    }

    fn gap(&mut self, gap: Gap) {
        self.emit_gap(gap);
    }
}

/// The names as outputs show them, masked when the first line needs them.
fn shown_names<'n>(
    shown: &'n mut Option<ShownNames>,
    raw: &[String],
    bench: &mut Bench<'_>,
) -> &'n ShownNames {
    shown.get_or_insert_with(|| {
        let mut masked =
            raw.iter().map(|name| bench.shown.name(name, &BlockPeople::none(), &mut bench.scratch));
        ShownNames { path: masked.next().unwrap_or_default(), inner: masked.collect() }
    })
}

fn record_line<'r>(record: &'r Record, shown_id: &'r str) -> RecordLine<'r> {
    RecordLine {
        system: (&*record.reference.system).into(),
        kind: record.reference.kind.name().into(),
        id: shown_id.into(),
    }
}

/// Appends a line. The types cannot fail to serialise; if one ever did, the line would be missing and
/// the counts of the summary would show it.
pub(crate) fn write_line(line: &Line<'_>, out: &mut String) {
    let before = out.len();
    if line.write(out).is_err() {
        out.truncate(before);
    }
}
