//! The verdicts on a record that ended, and the findings they are told by.

use crate::findings::{ClockLine, FindingLine, Line, RecordKey, SuppressionLine, Verdict};
use crate::policies::{Judgement, Subject};
use crate::records::{Record, RecordKind};

use super::super::exceptions::hold_line;
use super::super::judged::line_of;
use super::super::refusal::Refusal;
use super::data::ShownId;
use super::{ItemScan, OpenRecord, record_line, shown_names, write_line};

impl ItemScan<'_, '_, '_> {
    /// The same for a finding. A rule on the data of a record without an id is told again by what they are:
    /// the next export may have another record in its place.
    fn finding_key<'k>(
        &mut self,
        record: &'k Record,
        shown_id: &'k str,
        judgement: &Judgement,
        open: &OpenRecord,
        buffer: &'k mut String,
    ) -> RecordKey<'k> {
        let on_data = self.rules.needs(judgement.rule, "findings") && !open.observed.is_empty();
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

    /// Judges a record that ended.
    pub(super) fn judge(&mut self, record: &Record, shown_id: &mut ShownId, open: &OpenRecord) {
        let derived =
            self.scanner.derived.facts(record.reference.kind, &open.derived, self.scanner.catalogue);
        // An entry of a YAML register has facts alone: its words are the text's around it.
        let has_texts = record.extent.as_ref().is_none_or(|extent| extent.start < extent.end);
        let texts_known = self.whole_texts && has_texts;
        let subject = Subject {
            kind: record.reference.kind,
            facts: &record.facts,
            derived: derived.as_deref().filter(|_| texts_known),
            detections: &open.observed,
            detections_known: texts_known,
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
        match self.scanner.refusal {
            // What may not pass is told of each record.
            Some(_) => self.rules.judge(&subject, &mut judgements),
            None => self.bench.followed.judge(self.rules, &subject, &mut judgements),
        }
        for judgement in &judgements {
            self.part.tally.verdict(judgement.rule.0, judgement.verdict, 1);
            let known = judgement.verdict == Verdict::Open
                && self.part.open.counted(record.reference.kind, judgement, 1);
            let told = !known && matches!(judgement.verdict, Verdict::Fail | Verdict::Open | Verdict::Review);
            let excused = told && {
                let shown_id = self.shown_id(record, shown_id);
                self.finding(record, shown_id, judgement, open)
            };
            let refuses = |refusal: Refusal<'_>| refusal.of_verdict(judgement.verdict, judgement.severity);
            if !excused && self.scanner.refusal.is_some_and(refuses) {
                let rule = self.rules.id(judgement.rule).unwrap_or("");
                self.passing.refuse(record, self.base, rule);
            }
        }
        self.bench.judgements = judgements;
    }

    /// Writes a finding; whether something excuses it.
    fn finding(&mut self, record: &Record, shown_id: &str, judgement: &Judgement, open: &OpenRecord) -> bool {
        let rules = self.rules;
        let Some(card) = rules.card(judgement.rule) else { return false };
        let message = rules.message(judgement, &record.facts, shown_id);
        let mut buffer = String::new();
        let fingerprints = self.scanner.fingerprints;
        let key = self.finding_key(record, shown_id, judgement, open, &mut buffer);
        let fingerprint = fingerprints.finding(&card.id, &key);
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
        let names = shown_names(&mut self.names, &self.raw_names, self.bench);
        let line = FindingLine {
            item: Some(self.number.as_str().into()),
            record: Some(record_line(record, shown_id)),
            path: Some(names.path.as_str().into()),
            inner: names.inner.iter().map(|name| name.as_str().into()).collect(),
            line,
            clock,
            suppressed,
            ..line_of(card, judgement, message, fingerprint)
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
        if let Some(hold) = held.filter(|_| self.rules.has_period(judgement.rule)) {
            return hold_line(self.scanner.exceptions, hold, &mut self.bench.shown);
        }
        self.waived(rule, fingerprint)
    }
}
