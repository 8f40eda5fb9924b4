//! The table, and the answer for one record.

use super::decision::{ClockReading, Decision, Keep, Then};
use super::edges::{Edges, Ends};
use super::kind::Kind;
use super::start::{Dated, Start, dated};
use super::supply::Supplied;
use crate::records::{FactId, FactValue, Facts, Precision, RecordKind, Stamp};

/// A date may lie this far in the future before it is taken for a mistake: the source's zone may be unknown.
const TOLERANCE: i64 = 86_400;

/// How long each kind of data is kept, as the organisation says.
pub struct Schedule {
    pub(super) kinds: Vec<Kind>,
    pub(super) adopted: bool,
    pub(super) supplied: Supplied,
    pub(super) status: Option<FactId>,
    pub(super) soft_deleted: Option<FactId>,
    pub(super) blocked_at: Option<FactId>,
}

/// One row's ends for one jurisdiction, with what they come from.
struct Candidate<'s> {
    kind: &'s Kind,
    edges: &'s Edges,
    clock: ClockReading,
    ends: Ends,
}

impl Schedule {
    /// Whether somebody has approved it; until then its periods are proposals.
    pub fn is_adopted(&self) -> bool {
        self.adopted
    }

    /// Whether records of the kind have periods: files and the run do not.
    pub fn governs(kind: RecordKind) -> bool {
        matches!(
            kind,
            RecordKind::Ticket
                | RecordKind::Chat
                | RecordKind::Call
                | RecordKind::Survey
                | RecordKind::Person
                | RecordKind::Log
                | RecordKind::ExportManifest
        )
    }

    /// Whether a schedule may name a period for records of the kind: those it governs, and messages that belong
    /// to no ticket (mail), which only a purge asks about.
    pub(super) fn may_name(kind: RecordKind) -> bool {
        Self::governs(kind) || kind == RecordKind::Comment
    }

    /// What becomes of one record at `now`, in seconds since 1970. `hold` is the id of a hold that covers it.
    ///
    /// A record is of every kind whose selection it meets; kinds that select by something speak before those
    /// that take every record. Of several kinds, and of several jurisdictions, the longest minimum, the
    /// shortest maximum and the earliest soft step hold.
    pub fn decide<'s>(
        &'s self,
        on: RecordKind,
        facts: &Facts,
        hold: Option<&'s str>,
        now: i64,
    ) -> Decision<'s> {
        let kinds = self.kinds_of(on, facts);
        let (keep, deciding, block) = match self.candidates(on, facts, &kinds, now) {
            Err(keep) => (keep, None, None),
            Ok(candidates) => {
                let (keep, deciding) = self.weigh(&candidates, facts, now);
                (keep, deciding, blocking(&candidates).map(|term| term.as_str()))
            }
        };
        let mut decision = Decision {
            keep: hold.map_or(keep, |hold| Keep::Held { hold }),
            kinds: kinds.iter().map(|kind| kind.id.as_str()).collect(),
            clock: None,
            period: None,
            source: None,
            due: None,
            minimum: None,
            block,
            conflict: false,
        };
        if let Some(deciding) = deciding {
            decision.clock = Some(deciding.clock);
            decision.period = Some(deciding.period);
            decision.source = Some(deciding.source);
            decision.due = stamp(deciding.due);
            decision.minimum = deciding.minimum.and_then(stamp);
            decision.conflict = deciding.conflict;
        }
        decision
    }

    fn kinds_of(&self, on: RecordKind, facts: &Facts) -> Vec<&Kind> {
        let all: Vec<&Kind> = self.kinds.iter().filter(|kind| kind.takes(on, facts)).collect();
        if all.iter().any(|kind| kind.is_specific()) {
            return all.into_iter().filter(|kind| kind.is_specific()).collect();
        }
        all
    }

    fn candidates<'s>(
        &self,
        on: RecordKind,
        facts: &Facts,
        kinds: &[&'s Kind],
        now: i64,
    ) -> Result<Vec<Candidate<'s>>, Keep<'s>> {
        if kinds.is_empty() {
            return Err(Keep::Unclassified);
        }
        if on == RecordKind::Ticket {
            self.ended(facts)?;
        }
        let mut candidates = Vec::new();
        for kind in kinds {
            let clock = clock(kind, facts, now)?;
            candidates.extend(kind.edges.iter().map(|edges| Candidate {
                kind,
                edges,
                clock,
                ends: edges.ends(clock.at.seconds),
            }));
        }
        Ok(candidates)
    }

    /// Whether a request has ended; what the vendor marks deleted has, whatever its status.
    fn ended<'s>(&self, facts: &Facts) -> Result<(), Keep<'s>> {
        if let Some(FactValue::Bool(true)) = self.soft_deleted.and_then(|fact| facts.get(fact)) {
            return Ok(());
        }
        match self.status.and_then(|fact| facts.get(fact)) {
            Some(FactValue::Word(word)) => match word.as_str() {
                "solved" | "closed" | "archived" | "merged" | "deleted" | "spam" => Ok(()),
                "new" | "open" | "pending" | "hold" => Err(Keep::Active),
                _ => Err(Keep::Undecidable { missing: "status" }),
            },
            _ => Err(Keep::Undecidable { missing: "status" }),
        }
    }

    /// Longest minimum, shortest maximum, earliest soft step; then what holds now.
    fn weigh<'s>(
        &self,
        candidates: &[Candidate<'s>],
        facts: &Facts,
        now: i64,
    ) -> (Keep<'s>, Option<Deciding<'s>>) {
        let shortest = candidates.iter().min_by_key(|candidate| candidate.ends.due);
        let Some(shortest) = shortest else { return (Keep::Unclassified, None) };
        let due = shortest.ends.due;
        let longest = candidates.iter().max_by_key(|candidate| candidate.ends.minimum);
        let minimum = longest.and_then(|candidate| Some((candidate, candidate.ends.minimum?)));
        let conflict = minimum.is_some_and(|(_, until)| until > due);
        let decided = |candidate: &Candidate<'s>, period| Deciding {
            clock: candidate.clock,
            period,
            source: candidate.kind.source.as_str(),
            due,
            minimum: minimum.map(|(_, until)| until),
            conflict,
        };
        let keep = |candidate: &Candidate<'s>| decided(candidate, candidate.edges.keep.as_str());
        if let Some((candidate, until)) = minimum.filter(|(_, until)| now < *until) {
            let period = candidate.edges.minimum.as_ref().map_or("", |period| period.as_str());
            let keep = stamp(until).map_or(Keep::Within { until: None }, |until| Keep::Minimum { until });
            return (keep, Some(decided(candidate, period)));
        }
        if let Some(found) = self.blocked(candidates, facts, now) {
            return (found, Some(keep(shortest)));
        }
        if let Some(since) = stamp(due).filter(|_| due <= now) {
            let then = blocking(candidates).map_or(Then::Destroy, |term| Then::Block { term: term.as_str() });
            return (Keep::Expired { since, then }, Some(keep(shortest)));
        }
        let soft = candidates.iter().filter_map(|one| Some((one.ends.soft?, one))).min_by_key(|(at, _)| *at);
        match soft.filter(|(at, _)| *at <= now) {
            Some((at, one)) => {
                let period = one.edges.soft.as_ref().map_or("", |period| period.as_str());
                let since = stamp(at).unwrap_or(one.clock.at);
                (Keep::PastSoft { since, until: stamp(due) }, Some(decided(one, period)))
            }
            None => (Keep::Within { until: stamp(due) }, Some(keep(shortest))),
        }
    }

    /// What is blocked stays so for the longest term, and is destroyed after.
    fn blocked<'s>(&self, candidates: &[Candidate<'s>], facts: &Facts, now: i64) -> Option<Keep<'s>> {
        let since = match dated(facts, self.blocked_at?) {
            Dated::Absent => return None,
            Dated::Unreadable => return Some(Keep::Undecidable { missing: "blocked_at" }),
            Dated::At(since) => since,
        };
        let term = blocking(candidates)?;
        let until = term.end(since.seconds).and_then(stamp)?;
        Some(match until.seconds <= now {
            true => Keep::Expired { since: until, then: Then::Destroy },
            false => Keep::Blocked { until },
        })
    }
}

struct Deciding<'s> {
    clock: ClockReading,
    period: &'s str,
    source: &'s str,
    due: i64,
    minimum: Option<i64>,
    conflict: bool,
}

/// The longest term of blocking any of the rows asks for.
fn blocking<'s>(candidates: &[Candidate<'s>]) -> Option<&'s super::super::period::Period> {
    candidates.iter().filter_map(|candidate| candidate.edges.block.as_ref()).max_by(|a, b| a.compare(b))
}

/// The first of a row's dates that is known. One that is there and cannot be read may be later than those
/// behind it: too early a date deletes too early.
fn clock<'s>(kind: &Kind, facts: &Facts, now: i64) -> Result<ClockReading, Keep<'s>> {
    let of = |start: Start| start.fact(kind.on).map(|fact| (start, fact));
    let missing = kind.clock.first().copied().and_then(of).map_or("status", |(_, fact)| fact.card().name);
    for (start, fact) in kind.clock.iter().filter_map(|start| of(*start)) {
        match dated(facts, fact) {
            Dated::Absent => {}
            Dated::Unreadable => return Err(Keep::Undecidable { missing: fact.card().name }),
            Dated::At(at) if at.seconds > now.saturating_add(TOLERANCE) => {
                return Err(Keep::Undecidable { missing: fact.card().name });
            }
            Dated::At(at) => return Ok(ClockReading { start, at }),
        }
    }
    Err(Keep::Undecidable { missing })
}

/// An instant as a date of day precision where it is midnight, as periods from days end.
fn stamp(seconds: i64) -> Option<Stamp> {
    let stamp = Stamp::from_epoch(seconds).filter(|_| seconds != i64::MAX)?;
    let day = seconds.rem_euclid(86_400) == 0;
    Some(if day { Stamp { precision: Precision::Day, ..stamp } } else { stamp })
}
