//! The data of a record: each counted, judged by the inventory rules and written as its line.

use std::hash::{Hash, Hasher};

use crate::detectors::{BlockPeople, normalise};
use crate::findings::{
    DatumKey, DetectionLine, EvidenceLine, Line, RecordKey, SuppressionLine, Verdict, WeightsLine, mask_str,
};
use crate::policies::Observed;
use crate::policies::exceptions::Asked;
use crate::records::{
    Block, CheckOutcome, Confidence, Detection, Field, Position, Record, Text, ValueClass, Weights,
};

use super::super::exceptions::excuse_line;
use super::super::sight;
use super::{ItemScan, OpenRecord, record_line, shown_names, write_line};

/// A record's id as outputs show it, made when the first line needs it.
#[derive(Default)]
pub(super) struct ShownId(Option<String>);

/// The path of a field, and as outputs show it.
struct FieldPath {
    path: Text,
    shown: String,
}

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

impl ItemScan<'_, '_, '_> {
    pub(super) fn shown_id<'i>(&mut self, record: &Record, shown: &'i mut ShownId) -> &'i str {
        shown.0.get_or_insert_with(|| {
            let id = record.reference.id_or_ordinal();
            self.bench.shown.name(id.expose(), &BlockPeople::none(), &mut self.bench.scratch)
        })
    }

    pub(super) fn datum(
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
        let path = (wanted || excusable).then(|| self.field_path(block, field));
        let fingerprint = match &path {
            Some(path) => self.fingerprint(path, record, (detection, field), shown_id, ordinal, &normal),
            None => String::new(),
        };
        if let Some(suppressed) = self.dismissed(&fingerprint) {
            let told = Told { suppressed: Some(suppressed), ..told };
            self.detection_line(
                block,
                record,
                (detection, field, value),
                shown_id,
                (path, fingerprint),
                told,
            );
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
        let rule = self.rules.inventory(category, confidence, class);
        if let Some(rule) = rule {
            self.part.tally.verdict(rule.0, Verdict::Fail, 1);
        }
        let rule = rule.and_then(|rule| self.rules.id(rule));
        let suppressed = rule.and_then(|rule| self.waived(rule, &fingerprint));
        let told = Told { rule, suppressed, ..told };
        self.detection_line(block, record, (detection, field, value), shown_id, (path, fingerprint), told);
    }

    /// The dismissal that says a detection is none, if one does.
    fn dismissed(&mut self, fingerprint: &str) -> Option<SuppressionLine<'static>> {
        let exceptions = self.scanner.exceptions;
        let excuse = exceptions.waivers.dismissal(fingerprint, self.scanner.now.seconds)?;
        self.part.matched.count(exceptions.holds.len() + excuse.at);
        Some(excuse_line(&excuse, &mut self.bench.shown))
    }

    /// The waiver that excuses a finding, if one does.
    pub(super) fn waived(&mut self, rule: &str, fingerprint: &str) -> Option<SuppressionLine<'static>> {
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

    fn field_path(&mut self, block: &Block, field: &Field) -> FieldPath {
        let path = block.paths.render(field.path);
        let shown = self.bench.shown.name(path.expose(), &BlockPeople::none(), &mut self.bench.scratch);
        FieldPath { path, shown }
    }

    fn fingerprint(
        &mut self,
        path: &FieldPath,
        record: &Record,
        (detection, field): (&Detection, &Field),
        shown_id: &mut ShownId,
        ordinal: u64,
        normal: &str,
    ) -> String {
        let shown_id = self.shown_id(record, shown_id);
        let fingerprints = self.scanner.fingerprints;
        fingerprints.datum(&DatumKey {
            category: detection.category.name(),
            record: self.record_key(record, shown_id, &mut String::new()),
            field: if self.is_keyed() { path.path.expose() } else { &path.shown },
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
        (path, fingerprint): (Option<FieldPath>, String),
        told: Told<'_>,
    ) {
        let Some(path) = path.filter(|_| self.scanner.detections_wanted) else { return };
        let shown_id = self.shown_id(record, shown_id);
        let place = self.place(block, field, detection);
        let weights = self.scanner.explain.then(|| self.weights(detection));
        let names = shown_names(&mut self.names, &self.raw_names, self.bench);
        let line = Line::Detection(Box::new(DetectionLine {
            category: detection.category.name().into(),
            detector: self.scanner.catalogue.get(detection.detector).map_or("", |row| row.id.as_str()).into(),
            rule: told.rule.map(Into::into),
            confidence: told.confidence.probability(),
            value_class: told.class.name().into(),
            also: detection.also.iter().map(|category| category.name().into()).collect(),
            item: self.number.as_str().into(),
            path: names.path.as_str().into(),
            inner: names.inner.iter().map(|name| name.as_str().into()).collect(),
            record: record_line(record, shown_id),
            field: path.shown.into(),
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
                weights,
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

    pub(super) fn is_keyed(&self) -> bool {
        self.scanner.fingerprints.key_id().is_some()
    }

    /// What a fingerprint says of the record: the source's id, or the item with the ordinal.
    pub(super) fn record_key<'k>(
        &mut self,
        record: &'k Record,
        shown_id: &'k str,
        buffer: &'k mut String,
    ) -> RecordKey<'k> {
        let keyed = self.is_keyed();
        let id = match &record.reference.id {
            Some(id) if keyed => id.expose(),
            Some(_) => shown_id,
            None => {
                let names = if keyed { self.raw_names.join("!") } else { self.joined_names() };
                *buffer = format!("{names}!{}", record.reference.ordinal);
                buffer.as_str()
            }
        };
        RecordKey { system: &record.reference.system, kind: record.reference.kind.name(), id }
    }

    fn joined_names(&mut self) -> String {
        let shown = shown_names(&mut self.names, &self.raw_names, self.bench);
        let mut names = shown.path.clone();
        for name in &shown.inner {
            names.push('!');
            names.push_str(name);
        }
        if self.raw_names.first() != Some(&shown.path) {
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
}

fn hash_of(value: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
