//! Verdicts on records that miss evidence, counted instead of written one by one: where a million
//! records lack the same facts, that is one thing to know and to mend.

use crate::findings::{FindingLine, Line};
use crate::policies::{Judgement, RuleIndex};
use crate::records::{FactSet, RecordKind};

use super::item_scan::write_line;

/// What is alike: one rule, one kind of record, the same missing facts.
struct Alike {
    kind: RecordKind,
    missing: FactSet,
    count: u64,
    /// The line of the first record.
    first: FindingLine<'static>,
}

/// Open verdicts on records, by rule. Parts add up in the order of the walk.
#[derive(Default)]
pub(crate) struct OpenVerdicts(Vec<Vec<Alike>>);

impl OpenVerdicts {
    /// Counts more of what is known; false where its like was not seen yet.
    pub(super) fn counted(&mut self, kind: RecordKind, judgement: &Judgement, more: u64) -> bool {
        match self.alike(judgement.rule, kind, judgement.missing) {
            Some(known) => {
                known.count += more;
                true
            }
            None => false,
        }
    }

    /// Keeps the line of the first record of its like.
    pub(super) fn begin(&mut self, kind: RecordKind, judgement: &Judgement, first: FindingLine<'static>) {
        let one = Alike { kind, missing: judgement.missing, count: 1, first };
        self.keep(judgement.rule, one);
    }

    /// Adds a part that comes later in the walk.
    pub(super) fn add(&mut self, part: OpenVerdicts) {
        for (rule, list) in (0u16..).map(RuleIndex).zip(part.0) {
            for one in list {
                match self.alike(rule, one.kind, one.missing) {
                    Some(known) => known.count += one.count,
                    None => self.keep(rule, one),
                }
            }
        }
    }

    /// Writes one line for each: by rule, then in the order in which they were first met.
    pub(super) fn write(self, out: &mut String) {
        for one in self.0.into_iter().flatten() {
            let mut line = FindingLine { count: one.count, ..one.first };
            if one.count > 1 {
                let message = format!("{} ({} records like this one)", line.message, one.count);
                line.message = message.into();
            }
            write_line(&Line::Finding(Box::new(line)), out);
        }
    }

    fn alike(&mut self, rule: RuleIndex, kind: RecordKind, missing: FactSet) -> Option<&mut Alike> {
        let list = self.0.get_mut(usize::from(rule.0))?;
        list.iter_mut().find(|one| one.kind == kind && one.missing == missing)
    }

    fn keep(&mut self, rule: RuleIndex, one: Alike) {
        let at = usize::from(rule.0);
        if self.0.len() <= at {
            self.0.resize_with(at + 1, Vec::new);
        }
        if let Some(list) = self.0.get_mut(at) {
            list.push(one);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{Severity, Verdict};
    use crate::records::FactId;

    fn judgement(rule: u16, missing: &[&str]) -> Judgement {
        let missing = missing.iter().map(|name| FactId::named(name).unwrap()).collect();
        Judgement {
            rule: RuleIndex(rule),
            verdict: Verdict::Open,
            severity: Severity::Error,
            count: 1,
            missing,
        }
    }

    fn line(message: &'static str) -> FindingLine<'static> {
        FindingLine {
            rule: "a/b".into(),
            verdict: Verdict::Open,
            severity: Severity::Error,
            item: None,
            record: None,
            path: None,
            inner: vec![],
            line: None,
            message: message.into(),
            refs: vec![],
            remedy: "".into(),
            count: 1,
            clock: None,
            missing: vec![],
            suppressed: None,
            policy: "".into(),
            fingerprint: "".into(),
            baseline: None,
        }
    }

    fn seen(open: &mut OpenVerdicts, kind: RecordKind, judgement: &Judgement, message: &'static str) {
        if !open.counted(kind, judgement, 1) {
            open.begin(kind, judgement, line(message));
        }
    }

    #[test]
    fn alike_is_one_line_with_its_first_record_and_the_count() {
        let mut parts = Vec::new();
        for message in ["first", "second"] {
            let mut part = OpenVerdicts::default();
            for _ in 0..3 {
                seen(&mut part, RecordKind::Ticket, &judgement(4, &["status"]), message);
            }
            seen(&mut part, RecordKind::Comment, &judgement(4, &["status"]), message);
            seen(&mut part, RecordKind::Ticket, &judgement(4, &["status", "closed_at"]), message);
            seen(&mut part, RecordKind::Ticket, &judgement(1, &["status"]), message);
            parts.push(part);
        }
        let mut run = OpenVerdicts::default();
        parts.into_iter().for_each(|part| run.add(part));
        let mut out = String::new();
        run.write(&mut out);
        let lines: Vec<serde_json::Value> =
            out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let counts: Vec<u64> = lines.iter().map(|line| line["count"].as_u64().unwrap()).collect();
        assert_eq!(counts, [2, 6, 2, 2]);
        assert_eq!(lines[1]["message"], "first (6 records like this one)");
    }
}
