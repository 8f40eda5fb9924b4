//! One piece of one item while it is scanned: blocks in, lines out.

use std::hash::{Hash, Hasher};

use crate::detectors::{BlockPeople, normalise};
use crate::findings::{
    ClockLine, DatumKey, DetectionLine, EvidenceLine, FindingLine, GapLine, Line, RecordKey, RecordLine,
    SuppressionLine, Verdict, WeightsLine, mask_str,
};
use crate::formats::{Member, Yield};
use crate::policies::exceptions::Asked;
use crate::policies::retention::Schedule;
use crate::policies::{Judgement, Observed, Subject};
use crate::records::{
    Block, CheckOutcome, Confidence, Detection, FactId, FactValue, Field, Gap, GapClass, Ordinal, Position,
    Positions, Record, RecordKind, Role, Stamp, ValueClass, Weights,
};
use crate::sources::Item;

use super::derived::Derived;
use super::exceptions::{excuse_line, hold_line};
use super::pieces::OwnedPiece;
use super::refusal::{Passing, Refusal};
use super::scan::{Bench, Part, Scanner};
use super::sight;
use super::tally::RecordTally;

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

/// One piece of one item while it is scanned.
pub(super) struct ItemScan<'s, 'a, 'p> {
    scanner: &'s Scanner<'a>,
    pub(super) bench: &'p mut Bench<'a>,
    part: &'p mut Part,
    number: String,
    path: String,
    inner: Vec<String>,
    raw_names: Vec<String>,
    in_member: bool,
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
        let path = bench.shown.name(item.origin.path.expose(), &BlockPeople::none(), &mut bench.scratch);
        let mut inner = Vec::with_capacity(item.origin.inner.len());
        for name in item.origin.inner.iter() {
            inner.push(bench.shown.name(name.expose(), &BlockPeople::none(), &mut bench.scratch));
        }
        Self {
            scanner,
            bench,
            part,
            number: item.number.to_string(),
            path,
            inner,
            raw_names,
            in_member: item.number.depth() > 1,
            base: 0,
            positions: Positions::new(bytes, Position::START),
            format: "file",
            whole_texts: true,
            unfinished: false,
            open: Vec::new(),
            members: Vec::new(),
            system: None,
            gaps: 0,
            read_something: false,
            bytes,
            passing: Passing::default(),
        }
    }

    pub(super) fn finish(self, piece: &OwnedPiece) -> Vec<Member> {
        self.part.refuse(self.passing.refused, self.in_member);
        let tally = &mut self.part.tally;
        if piece.item.number.depth() == 1 {
            tally.bytes += piece.bytes.len() as u64;
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
        if self.gaps == 0 && gap.class != GapClass::ByNature {
            self.part.tally.not_read += 1;
        }
        self.gaps += 1;
        let line = Line::Gap(Box::new(GapLine {
            class: gap.class.name().into(),
            code: gap.code.into(),
            item: self.number.as_str().into(),
            path: self.path.as_str().into(),
            inner: self.inner.iter().map(|name| name.as_str().into()).collect(),
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
            self.record(&block, record, here, stays, held);
        }
        block.clear();
        self.bench.block = block;
        self.bench.detections = detections;
    }

    /// What the retention schedule says of each record, as facts.
    fn schedule(&self, block: &mut Block) {
        if let Some(schedule) = self.scanner.rules.schedule() {
            for record in &mut block.records {
                schedule.supply(record.reference.kind, &mut record.facts, self.scanner.now.seconds);
            }
        }
        super::inherited::inherit(block);
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
        for field in block.fields() {
            if self.part.anonymity.look(block, field)
                && refuses
                && let Some(record) = block.records.get(field.record as usize)
            {
                self.passing.refuse(record, self.base, "plain hash");
            }
        }
    }

    /// One record of a block: its detections, and when it ends here its verdicts.
    fn record(
        &mut self,
        block: &Block,
        record: &Record,
        detections: &[Detection],
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
        if self.scanner.rules.judges(RecordKind::Run) {
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

    fn shown_id<'i>(&mut self, record: &Record, shown: &'i mut ShownId) -> &'i str {
        shown.0.get_or_insert_with(|| {
            let id = record.reference.id_or_ordinal();
            self.bench.shown.name(id.expose(), &BlockPeople::none(), &mut self.bench.scratch)
        })
    }

    fn datum(
        &mut self,
        block: &Block,
        record: &Record,
        detection: &Detection,
        shown_id: &mut ShownId,
        ordinal: u64,
        open: &mut OpenRecord,
    ) {
        let Some(field) = block.fields().get(detection.field as usize) else { return };
        let Some(value) = block.text().expose().get(detection.start as usize..detection.end as usize) else {
            return;
        };
        if detection.confidence < Confidence::WRITTEN {
            return;
        }
        let normal = normalise(detection.category, value);
        let category = detection.category;
        let (confidence, class) =
            sight::classed(self.scanner.config, self.scanner.context, detection, value, &normal);
        let told = Told { confidence, class, rule: None, suppressed: None };
        let wanted = self.scanner.detections_wanted;
        let excusable = !self.scanner.exceptions.waivers.is_empty();
        let fingerprint = match wanted || excusable {
            true => self.fingerprint(block, record, (detection, field), shown_id, ordinal, &normal),
            false => String::new(),
        };
        if let Some(suppressed) = self.dismissed(&fingerprint) {
            let told = Told { suppressed: Some(suppressed), ..told };
            self.detection_line(block, record, (detection, field, value), shown_id, fingerprint, told);
            return;
        }
        let hash = hash_of(&normal);
        self.part.tally.datum(&mut open.tally, category, confidence, class, hash);
        open.values = open.values.wrapping_add(hash);
        let observed = Observed { category, confidence, value_class: class };
        open.observed.push(observed);
        let tag = category.card().identifies && self.scanner.derived.is_tag(record, value);
        open.derived.datum(&observed, (detection.detector, field.role, tag), hash);
        self.part.observe(observed);
        if self.scanner.refusal.is_some_and(|refusal| refusal.of_datum(observed)) {
            self.passing.refuse(record, self.base, category.name());
        }
        let rule = self.scanner.rules.inventory(category, confidence, class);
        if let Some(rule) = rule {
            self.part.tally.verdict(rule.0, Verdict::Fail, 1);
        }
        let rule = rule.and_then(|rule| self.scanner.rules.id(rule));
        let suppressed = rule.and_then(|rule| self.waived(rule, &fingerprint));
        let told = Told { rule, suppressed, ..told };
        self.detection_line(block, record, (detection, field, value), shown_id, fingerprint, told);
    }

    /// The dismissal that says a detection is none, if one does.
    fn dismissed(&mut self, fingerprint: &str) -> Option<SuppressionLine<'static>> {
        let exceptions = self.scanner.exceptions;
        let excuse = exceptions.waivers.dismissal(fingerprint, self.scanner.now.seconds)?;
        self.part.matched.count(exceptions.holds.len() + excuse.at);
        Some(excuse_line(&excuse, &mut self.bench.shown))
    }

    /// The waiver that excuses a finding, if one does.
    fn waived(&mut self, rule: &str, fingerprint: &str) -> Option<SuppressionLine<'static>> {
        let exceptions = self.scanner.exceptions;
        if exceptions.waivers.is_empty() {
            return None;
        }
        let path = self.raw_names.first().map_or("", String::as_str);
        let asked = Asked { rule, fingerprint, path };
        let excuse = exceptions.waivers.waiver(&asked, self.scanner.now.seconds)?;
        self.part.matched.count(exceptions.holds.len() + excuse.at);
        Some(excuse_line(&excuse, &mut self.bench.shown))
    }

    fn fingerprint(
        &mut self,
        block: &Block,
        record: &Record,
        (detection, field): (&Detection, &Field),
        shown_id: &mut ShownId,
        ordinal: u64,
        normal: &str,
    ) -> String {
        let shown_id = self.shown_id(record, shown_id);
        let mut path = block.paths.render(field.path).expose().to_owned();
        if !self.is_keyed() {
            path = self.bench.shown.name(&path, &BlockPeople::none(), &mut self.bench.scratch);
        }
        self.scanner.fingerprints.datum(&DatumKey {
            category: detection.category.name(),
            record: self.record_key(record, shown_id, &mut String::new()),
            field: &path,
            value: normal,
            ordinal: ordinal + (field.offset << 16),
        })
    }

    fn detection_line(
        &mut self,
        block: &Block,
        record: &Record,
        (detection, field, value): (&Detection, &Field, &str),
        shown_id: &mut ShownId,
        fingerprint: String,
        told: Told<'_>,
    ) {
        if !self.scanner.detections_wanted {
            return;
        }
        let shown_id = self.shown_id(record, shown_id);
        let place = self.place(block, field, detection);
        let field_path = block.paths.render(field.path);
        let field_shown =
            self.bench.shown.name(field_path.expose(), &BlockPeople::none(), &mut self.bench.scratch);
        let line = Line::Detection(Box::new(DetectionLine {
            category: detection.category.name().into(),
            detector: self.scanner.catalogue.get(detection.detector).map_or("", |row| row.id.as_str()).into(),
            rule: told.rule.map(Into::into),
            confidence: told.confidence.probability(),
            value_class: told.class.name().into(),
            also: detection.also.iter().map(|category| category.name().into()).collect(),
            item: self.number.as_str().into(),
            path: self.path.as_str().into(),
            inner: self.inner.iter().map(|name| name.as_str().into()).collect(),
            record: record_line(record, shown_id),
            field: field_shown.into(),
            start: place.start,
            end: place.end,
            line: place.from.line,
            column: place.from.column,
            end_line: place.to.line,
            utf16: [place.from.column_utf16, place.to.column_utf16],
            masked: mask_str(detection.category, value).into(),
            fingerprint: fingerprint.into(),
            evidence: EvidenceLine {
                check: detection.evidence.check == CheckOutcome::Passed,
                cue: detection.evidence.cue,
                shielded: detection.evidence.shielded,
                known_person: detection.evidence.known_person,
                weights: self.scanner.explain.then(|| self.weights(detection)),
            },
            suppressed: told.suppressed,
            baseline: None,
        }));
        write_line(&line, &mut self.part.lines);
    }

    fn weights(&self, detection: &Detection) -> WeightsLine {
        let Weights { form, cue, role, shield } = detection.evidence.weights;
        let base = self.scanner.catalogue.get(detection.detector).map_or(0.0, |row| row.base);
        WeightsLine { base, form, cue, role, shield }
    }

    fn is_keyed(&self) -> bool {
        self.scanner.fingerprints.key_id().is_some()
    }

    /// What a fingerprint says of the record: the source's id, or the item with the ordinal.
    fn record_key<'k>(&self, record: &'k Record, shown_id: &'k str, buffer: &'k mut String) -> RecordKey<'k> {
        let keyed = self.is_keyed();
        let id = match &record.reference.id {
            Some(id) if keyed => id.expose(),
            Some(_) => shown_id,
            None => {
                let names = if keyed { self.raw_names.join("!") } else { self.shown_names() };
                *buffer = format!("{names}!{}", record.reference.ordinal);
                buffer.as_str()
            }
        };
        RecordKey { system: &record.reference.system, kind: record.reference.kind.name(), id }
    }

    /// The same for a finding. A rule on the data of a record without an id is told again by what they are:
    /// the next export may have another record in its place.
    fn finding_key<'k>(
        &self,
        record: &'k Record,
        shown_id: &'k str,
        judgement: &Judgement,
        open: &OpenRecord,
        buffer: &'k mut String,
    ) -> RecordKey<'k> {
        let on_data = self.scanner.rules.needs(judgement.rule, "findings") && !open.observed.is_empty();
        if record.reference.id.is_some() || !self.is_keyed() || !on_data {
            return self.record_key(record, shown_id, buffer);
        }
        *buffer = format!("{}!values {:016x}", self.raw_names.join("!"), open.values);
        RecordKey {
            system: &record.reference.system,
            kind: record.reference.kind.name(),
            id: buffer.as_str(),
        }
    }

    fn shown_names(&self) -> String {
        let mut names = self.path.clone();
        for name in &self.inner {
            names.push('!');
            names.push_str(name);
        }
        if self.raw_names.first() != Some(&self.path) {
            names.push_str(&format!("!{}", self.number));
        }
        names
    }

    fn place(&mut self, block: &Block, field: &Field, detection: &Detection) -> Placed {
        let from = u64::from(detection.start.saturating_sub(field.start));
        let to = u64::from(detection.end.saturating_sub(field.start));
        let raw = block.layers.to_raw(field.layers, field.raw, from..to);
        let first = raw.first().map_or(self.base, |range| range.start);
        let last = raw.last().map_or(first, |range| range.end);
        let inside = |offset: u64| usize::try_from(offset.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let (first, last) = (inside(first), inside(last));
        Placed {
            start: from + field.offset,
            end: to + field.offset,
            from: self.positions.of(first),
            to: self.positions.of(last),
        }
    }

    /// Judges a record that ended.
    fn judge(&mut self, record: &Record, shown_id: &mut ShownId, open: &OpenRecord) {
        let derived =
            self.scanner.derived.facts(record.reference.kind, &open.derived, self.scanner.catalogue);
        let subject = Subject {
            kind: record.reference.kind,
            facts: &record.facts,
            derived: derived.as_ref().filter(|_| self.whole_texts),
            detections: &open.observed,
            detections_known: self.whole_texts,
        };
        if record.reference.kind == RecordKind::File {
            return; // Rules about files are judged on trees, by the run.
        }
        // The object around settings is none itself.
        if record.reference.kind == RecordKind::Setting && record.facts.iter().next().is_none() {
            return;
        }
        let mut judgements = std::mem::take(&mut self.bench.judgements);
        judgements.clear();
        self.scanner.rules.judge(&subject, &mut judgements);
        for judgement in &judgements {
            self.part.tally.verdict(judgement.rule.0, judgement.verdict, 1);
            let known = judgement.verdict == Verdict::Open
                && self.part.open.counted(record.reference.kind, judgement);
            let told = !known && matches!(judgement.verdict, Verdict::Fail | Verdict::Open | Verdict::Review);
            let excused = told && {
                let shown_id = self.shown_id(record, shown_id);
                self.finding(record, shown_id, judgement, open)
            };
            let refuses = |refusal: Refusal<'_>| refusal.of_verdict(judgement.verdict, judgement.severity);
            if !excused && self.scanner.refusal.is_some_and(refuses) {
                let rule = self.scanner.rules.id(judgement.rule).unwrap_or("");
                self.passing.refuse(record, self.base, rule);
            }
        }
        self.bench.judgements = judgements;
    }

    /// Writes a finding; whether something excuses it.
    fn finding(&mut self, record: &Record, shown_id: &str, judgement: &Judgement, open: &OpenRecord) -> bool {
        let rules = self.scanner.rules;
        let Some(card) = rules.card(judgement.rule) else { return false };
        let message = rules.message(judgement, &record.facts, shown_id);
        let mut buffer = String::new();
        let fingerprint = self
            .scanner
            .fingerprints
            .finding(&card.id, &self.finding_key(record, shown_id, judgement, open, &mut buffer));
        let suppressed = match judgement.verdict {
            Verdict::Fail => self.excused(judgement, &card.id, &fingerprint, open.held),
            _ => None,
        };
        let excused = suppressed.is_some();
        if judgement.verdict == Verdict::Fail && !excused {
            self.part.tally.worst = self.part.tally.worst.max(Some(judgement.severity));
        }
        let clock = rules
            .clock(judgement.rule, &record.facts)
            .map(|(name, at)| ClockLine { name: name.into(), at: at.to_rfc3339().into() });
        let line = record.extent.map(|extent| {
            let inside = usize::try_from(extent.start.saturating_sub(self.base)).unwrap_or(usize::MAX);
            self.positions.line_of(inside)
        });
        let line = FindingLine {
            rule: card.id.as_str().into(),
            verdict: judgement.verdict,
            severity: judgement.severity,
            item: Some(self.number.as_str().into()),
            record: Some(record_line(record, shown_id)),
            path: Some(self.path.as_str().into()),
            inner: self.inner.iter().map(|name| name.as_str().into()).collect(),
            line,
            message: message.into(),
            refs: card.refs.iter().map(|reference| reference.as_str().into()).collect(),
            remedy: card.remedy.as_str().into(),
            count: judgement.count,
            clock,
            missing: judgement.missing.iter().map(|fact| fact.card().name.into()).collect(),
            suppressed,
            policy: card.policy.as_str().into(),
            fingerprint: fingerprint.into(),
            baseline: None,
        };
        if judgement.verdict == Verdict::Open {
            self.part.open.begin(record.reference.kind, judgement, line.into_owned());
        } else {
            write_line(&Line::Finding(Box::new(line)), &mut self.part.lines);
        }
        excused
    }

    /// What excuses a failed rule: a hold that what is past its period is still there, a waiver anything.
    fn excused(
        &mut self,
        judgement: &Judgement,
        rule: &str,
        fingerprint: &str,
        held: Option<usize>,
    ) -> Option<SuppressionLine<'static>> {
        if let Some(hold) = held.filter(|_| self.scanner.rules.has_period(judgement.rule)) {
            return hold_line(self.scanner.exceptions, hold, &mut self.bench.shown);
        }
        self.waived(rule, fingerprint)
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

/// A record's id as outputs show it, made when the first line needs it.
#[derive(Default)]
struct ShownId(Option<String>);

/// What the run makes of a detection.
struct Told<'t> {
    confidence: Confidence,
    class: ValueClass,
    /// The inventory rule it counts under.
    rule: Option<&'t str>,
    suppressed: Option<SuppressionLine<'static>>,
}

/// Where a detection stands, for its line.
struct Placed {
    start: u64,
    end: u64,
    from: Position,
    to: Position,
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

fn record_line<'r>(record: &'r Record, shown_id: &'r str) -> RecordLine<'r> {
    RecordLine {
        system: (&*record.reference.system).into(),
        kind: record.reference.kind.name().into(),
        id: shown_id.into(),
    }
}

fn hash_of(value: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Appends a line. The types cannot fail to serialise; if one ever did, the line would be missing and
/// the counts of the summary would show it.
pub(crate) fn write_line(line: &Line<'_>, out: &mut String) {
    let before = out.len();
    if line.write(out).is_err() {
        out.truncate(before);
    }
}
