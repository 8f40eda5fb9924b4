//! What holds, waivers and dismissals excuse, and what is wrong with them.

use super::Audit;
use super::judged::Written;
use super::shown::Shown;
use super::tally::Tally;
use crate::detectors::BlockPeople;
use crate::findings::{FindingLine, RecordKey, RecordLine, SuppressionLine};
use crate::policies::Subject;
use crate::policies::exceptions::{EntryKind, Exceptions, Excuse};
use crate::records::{RecordKind, Stamp};

/// How often each exception covered something: holds first, as [`Exceptions::entries`] has them.
#[derive(Clone, Default)]
pub(super) struct Matched(Vec<u64>);

impl Matched {
    /// Counts one more.
    pub(super) fn count(&mut self, at: usize) {
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        if let Some(count) = self.0.get_mut(at) {
            *count += 1;
        }
    }

    /// Adds what another worker counted.
    pub(super) fn add(&mut self, other: Matched) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (to, from) in self.0.iter_mut().zip(other.0) {
            *to += from;
        }
    }
}

/// A hold as a line tells it. Reasons are people's words: what looks like a datum in them is masked.
pub(super) fn hold_line(
    exceptions: &Exceptions,
    at: usize,
    shown: &mut Shown<'_>,
) -> Option<SuppressionLine<'static>> {
    let hold = exceptions.holds.get(at)?;
    Some(line(EntryKind::Hold, (&hold.id, &hold.reason), Some(hold.until), shown))
}

/// A waiver or dismissal as a line tells it.
pub(super) fn excuse_line(excuse: &Excuse<'_>, shown: &mut Shown<'_>) -> SuppressionLine<'static> {
    line(excuse.kind, (excuse.id, excuse.reason), excuse.until, shown)
}

fn line(
    kind: EntryKind,
    (id, reason): (&str, &str),
    until: Option<Stamp>,
    shown: &mut Shown<'_>,
) -> SuppressionLine<'static> {
    let reason = shown.name(reason, &BlockPeople::none(), &mut Default::default());
    let until = until.map(|day| day.to_rfc3339().into());
    SuppressionLine { kind: kind.name().into(), id: id.to_owned().into(), reason: reason.into(), until }
}

impl Audit<'_> {
    /// Findings about the exceptions themselves, in the order of their files.
    pub(super) fn judge_exceptions(&self, matched: &Matched, tally: &mut Tally, lines: &mut String) {
        for entry in self.exceptions.entries(&matched.0) {
            let facts = entry.facts();
            let subject = Subject {
                kind: RecordKind::Exception,
                facts: &facts,
                derived: None,
                detections: &[],
                detections_known: true,
            };
            let key = RecordKey { system: "exceptions", kind: "exception", id: entry.id };
            self.judge_apart(&subject, &key, &mut Written { tally, lines }, &|_, line| FindingLine {
                record: Some(RecordLine {
                    system: key.system.into(),
                    kind: key.kind.into(),
                    id: entry.id.to_owned().into(),
                }),
                path: Some(entry.file.to_owned().into()),
                line: Some(entry.line),
                ..line
            });
        }
    }
}
