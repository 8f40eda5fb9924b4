//! The matcher: both engines, and what makes detections of their matches.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::boundary::cuts_word;
use super::candidates::{self, Candidates, Wanted};
use super::catalogue::{Catalogue, Detector, ShieldedBy};
use super::check::{Check, Found, Probe, SHAPES};
use super::confidence::Odds;
use super::context::{Around, Context, CueStarts, Said};
use super::denied::Denied;
use super::groups::{Group, Kind, local_before};
use super::lazy::{Resumed, States};
use super::naive::Single;
use super::named::Named;
use super::overlap;
use super::people::{self, BlockPeople, Finders};
use super::phrases::{Heard, Phrases, Starts};
use super::promising::{Promising, Runs};
use super::shields::{self, IdRange};
use super::signal::HeardSignal;
use super::start::Start;
use super::union::{Ends, ROWS};
use crate::problem::Problem;
use crate::records::{
    Block, Category, CheckOutcome, Confidence, Detection, DetectorIndex, Evidence, Field, PathId, Role,
    Weights,
};

/// Evidence against a number in technical surroundings, in bits.
const SHIELD: i32 = -6;
/// Longest field, in bytes, for which its own name (`"dni"`, a column header) is context.
const NAMED: usize = 96;

/// Which engine finds the matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Candidate starts and one union automaton.
    Fast,
    /// Every row's regular expression in turn.
    Naive,
}

/// What the matcher needs of a detector on the hot path.
struct Rule {
    index: DetectorIndex,
    category: Category,
    check: Option<&'static Check>,
    base: f64,
    shielded_by: ShieldedBy,
    cued: bool,
    /// Whether nothing is written without a cue, as is known before the check, with the most evidence that finds.
    only_cued: Option<i32>,
}

/// Finds every detector's data in blocks. Shared by all workers.
pub struct Matcher {
    /// Tells engines apart, from 1.
    number: u64,
    rules: Vec<Rule>,
    wanted: Wanted,
    /// The fast engine's rows. Where a row starts at an at sign, the local part before it is a run of bytes found by
    /// going back.
    groups: Vec<Group>,
    /// The naive engine's rows, where that is the engine.
    singles: Option<Vec<(u16, Single)>>,
    context: Context,
    finders: Finders,
    named: Named,
    denied: Denied,
    phrases: Phrases,
    /// Ids of the signals.
    signals: Vec<Arc<str>>,
}

/// Memory a worker keeps between blocks.
#[derive(Default)]
pub struct Scratch {
    candidates: Candidates,
    ends: Ends,
    around: Around,
    claims: Vec<Detection>,
    people: people::Lookout,
    name: Vec<u8>,
    named: Option<PathId>,
    field: usize,
    heard: Heard,
    ids: Vec<IdRange>,
    promising: Runs,
    /// States of the engine's automata, by group.
    states: Vec<States>,
    /// Which engine they belong to; 0 for none.
    engine: u64,
}

impl Scratch {
    /// The signals heard in the last block, sorted by field, each once.
    pub fn signals(&self) -> &[HeardSignal] {
        self.heard.signals()
    }

    /// The same to keep: another block that is looked at with this memory has signals of its own.
    pub fn take_signals(&mut self) -> Vec<HeardSignal> {
        self.heard.take_signals()
    }
}

impl Matcher {
    /// Builds the engine's automata.
    ///
    /// # Errors
    /// Where an automaton grows past its bound of 64 MiB: the problem says so.
    pub fn new(catalogue: &Catalogue, engine: Engine) -> Result<Matcher, Problem> {
        let too_large = |reason: String| {
            Problem::new(
                "detector-automaton",
                format!("the detectors' automaton cannot be built: {reason}"),
                "write smaller repeats in the newest rows",
            )
        };
        let detectors = catalogue.detectors();
        let rules: Vec<Rule> = detectors.iter().zip(0..).map(|(detector, at)| rule(detector, at)).collect();
        let patterned = |kind: Kind| -> Vec<(u16, String)> {
            let rows = detectors.iter().zip(0_u16..).filter(|(detector, _)| Kind::of(detector) == kind);
            rows.filter_map(|(detector, at)| detector.pattern.clone().map(|pattern| (at, pattern))).collect()
        };
        let singles = match engine {
            Engine::Fast => None,
            Engine::Naive => {
                let mut singles = Vec::new();
                for kind in Kind::ALL {
                    for (at, pattern) in patterned(kind) {
                        singles.push((at, Single::new(&pattern, kind.begin()).map_err(too_large)?));
                    }
                }
                Some(singles)
            }
        };
        let mut groups = Vec::new();
        if engine == Engine::Fast {
            for kind in Kind::ALL {
                for rows in patterned(kind).chunks(ROWS) {
                    groups.push(Group::new(kind, rows).map_err(too_large)?);
                }
            }
        }
        let starts: Vec<Start> = detectors.iter().flat_map(|detector| detector.starts.clone()).collect();
        let beginnings: Vec<String> = detectors
            .iter()
            .filter(|row| row.pattern.is_some())
            .flat_map(|row| row.literals.clone())
            .collect();
        static ENGINES: AtomicU64 = AtomicU64::new(1);
        let context = Context::new(&cues(detectors), catalogue.shields());
        let phrases = Phrases::new(catalogue, engine == Engine::Naive);
        Ok(Matcher {
            number: ENGINES.fetch_add(1, Ordering::Relaxed),
            rules,
            wanted: Wanted::new(&starts, &beginnings, context.openings(), phrases.openings()),
            groups,
            singles,
            context,
            finders: Finders::new(detectors),
            named: Named::new(detectors),
            denied: Denied::new(catalogue),
            phrases,
            signals: catalogue.signals().iter().map(|signal| signal.id.as_str().into()).collect(),
        })
    }

    /// The id of a signal heard.
    pub fn signal(&self, heard: HeardSignal) -> Option<&Arc<str>> {
        self.signals.get(usize::from(heard.signal))
    }

    /// Rows and bytes of each of the fast engine's automata.
    pub fn automata(&self) -> Vec<(usize, usize)> {
        self.groups.iter().map(|group| (group.rules.len(), group.automaton.memory())).collect()
    }

    /// Bytes the fast engine's automata take.
    pub fn memory(&self) -> usize {
        self.groups.iter().map(|group| group.automaton.memory()).sum()
    }

    /// Finds the personal data of a block: appended to `out`, sorted by start, one detection for each
    /// place. Nothing crosses a field, and only what begins in a field's `owned` range is reported.
    pub fn detect(
        &self,
        block: &Block,
        people: &BlockPeople<'_>,
        scratch: &mut Scratch,
        out: &mut Vec<Detection>,
    ) {
        self.claim(block, people, scratch);
        let mut claims = std::mem::take(&mut scratch.claims);
        overlap::resolve(&mut claims, out);
        scratch.claims = claims;
    }

    /// The same before overlapping claims become one: sorted by start, end and detector.
    pub fn detect_unresolved(
        &self,
        block: &Block,
        people: &BlockPeople<'_>,
        scratch: &mut Scratch,
        out: &mut Vec<Detection>,
    ) {
        self.claim(block, people, scratch);
        out.append(&mut scratch.claims);
    }

    fn claim(&self, block: &Block, people: &BlockPeople<'_>, scratch: &mut Scratch) {
        scratch.claims.clear();
        scratch.ids.clear();
        scratch.ids.extend_from_slice(people.ids());
        scratch.named = None;
        scratch.field = 0;
        scratch.around.clear();
        let text = block.text().expose().as_bytes();
        match &self.singles {
            None => self.fast(block, text, scratch),
            Some(singles) => {
                for (rule, single) in singles {
                    let none = CueStarts(None);
                    single.each(text, |start, end| self.judge(*rule, (start, end), block, &none, scratch));
                }
            }
        }
        let none = CueStarts(None);
        self.named.each(block, |rule, start, end| self.judge(rule, (start, end), block, &none, scratch));
        self.denied.find(block, &mut scratch.claims);
        self.finders.find(block, people, &mut scratch.people, &mut scratch.claims);
        let Candidates { terms, digits, .. } = &mut scratch.candidates;
        let starts = self.singles.is_none().then(|| Starts { terms, numbers: digits.as_slice() });
        self.phrases.find(block, starts, &mut scratch.heard, &mut scratch.claims);
        scratch.claims.sort_by_key(|claim| (claim.start, claim.end, claim.detector));
        scratch.claims.dedup();
    }

    fn fast(&self, block: &Block, text: &[u8], scratch: &mut Scratch) {
        let mut candidates = std::mem::take(&mut scratch.candidates);
        let mut ends = std::mem::take(&mut scratch.ends);
        if scratch.engine != self.number {
            scratch.engine = self.number;
            scratch.states = self.groups.iter().map(|group| group.automaton.states()).collect();
        }
        candidates::find(text, &self.wanted, &mut candidates);
        self.context.sift(text, &mut candidates.cues);
        let mut promising = std::mem::take(&mut scratch.promising);
        promising.clear();
        for ((group, number), states) in self.groups.iter().zip(0_u32..).zip(&mut scratch.states) {
            for places in group.kind.places(&candidates) {
                let run = promising.run();
                group.automaton.may_match(states, text, places.as_slice(), |at, resumed| {
                    run.push(Promising { start: at, at, group: number, resumed });
                });
            }
            if group.kind == Kind::At {
                let ats = candidates.ats.as_slice().iter();
                promising.run().extend(ats.filter_map(|at| {
                    let start = at - local_before(text, *at as usize)?;
                    Some(Promising { start, at: *at, group: number, resumed: Resumed::NOT })
                }));
            }
        }
        let starts = CueStarts(Some(candidates.cues.as_slice()));
        promising.each(|one| self.walk(one, block, &starts, &mut ends, scratch));
        scratch.promising = promising;
        scratch.candidates = candidates;
        scratch.ends = ends;
    }

    /// Walks from a start and judges what matches.
    #[inline]
    fn walk(
        &self,
        from: &Promising,
        block: &Block,
        starts: &CueStarts<'_>,
        ends: &mut Ends,
        scratch: &mut Scratch,
    ) {
        let text = block.text().expose().as_bytes();
        let number = from.group as usize;
        let (Some(group), Some(states)) = (self.groups.get(number), scratch.states.get_mut(number)) else {
            return;
        };
        group.automaton.walk(states, text, from.at as usize, from.resumed, ends);
        let mut rows = ends.rows;
        while rows != 0 {
            let row = rows.trailing_zeros() as usize;
            rows &= rows - 1;
            if let (Some(rule), Some(end)) = (group.rules.get(row), ends.ends.get(row)) {
                self.judge(*rule, (from.start as usize, *end as usize), block, starts, scratch);
            }
        }
    }

    /// Makes a claim of a match, if its check and surroundings leave it likely enough to be written.
    fn judge(
        &self,
        rule: u16,
        (start, end): (usize, usize),
        block: &Block,
        starts: &CueStarts<'_>,
        scratch: &mut Scratch,
    ) {
        let Some(rule) = self.rules.get(usize::from(rule)) else { return };
        let Some(at) = field_at(block, start, &mut scratch.field) else { return };
        let Some(field) = block.fields().get(at) else { return };
        let base = field.start as usize;
        let bytes = block.field_text(field).as_bytes();
        let probe = Probe { field: bytes, start: start - base, end: end - base };
        if rule.only_cued.is_some() {
            let span = (probe.start, probe.end);
            if self.said(rule, span, (field, bytes), block, starts, scratch).cue == 0 {
                return;
            }
        }
        let found = match rule.check {
            Some(check) => (check.run)(&probe),
            None => Some(Found::formed(&probe)),
        };
        let Some(found) = found else { return };
        debug_assert!(
            rule.only_cued.is_none_or(|most| {
                !found.validated && found.bits <= most && (found.start, found.end) == (probe.start, probe.end)
            }),
            "a check of shapes finds no more than is said of it"
        );
        if !found.glued && (cuts_word(bytes, found.start) || cuts_word(bytes, found.end)) {
            return;
        }
        let span = (found.start + base, found.end + base);
        if found.start >= found.end || !owns(field, span.0) {
            return;
        }
        let (odds, evidence) = self.weigh(rule, &found, (field, bytes), block, starts, scratch);
        // What passes its check digits in plain surroundings is always written, however common the check.
        let floor = found.validated && !evidence.shielded;
        let confidence =
            odds.confidence().max(if floor { Confidence::WRITTEN } else { Confidence::new(0.0) });
        if confidence < Confidence::WRITTEN {
            return;
        }
        let (Ok(start), Ok(end), Ok(at)) = (u32::try_from(span.0), u32::try_from(span.1), u32::try_from(at))
        else {
            return;
        };
        scratch.claims.push(Detection {
            category: rule.category,
            detector: rule.index,
            field: at,
            start,
            end,
            confidence,
            value_class: found.class,
            evidence,
            also: Vec::new(),
            covers: (start, end),
        });
    }

    /// What the words around a span of a field say.
    fn said(
        &self,
        rule: &Rule,
        span: (usize, usize),
        (field, bytes): (&Field, &[u8]),
        block: &Block,
        starts: &CueStarts<'_>,
        scratch: &mut Scratch,
    ) -> Said {
        if !rule.cued && rule.shielded_by == ShieldedBy::Nothing {
            return Said::default();
        }
        name_of(block, field, scratch);
        scratch.around.at(field.start as usize);
        self.context.said(bytes, span, &scratch.name, rule.index.0, starts, &mut scratch.around)
    }

    /// Adds up the evidence.
    fn weigh(
        &self,
        rule: &Rule,
        found: &Found,
        (field, bytes): (&Field, &[u8]),
        block: &Block,
        starts: &CueStarts<'_>,
        scratch: &mut Scratch,
    ) -> (Odds, Evidence) {
        let span = (found.start, found.end);
        let said = self.said(rule, span, (field, bytes), block, starts, scratch);
        let technical = rule.shielded_by == ShieldedBy::All
            && (matches!(field.role, Role::Identifier | Role::TimeStamp | Role::Measure | Role::RecordId)
                || shields::shielded(bytes, found.start, found.end)
                || said.cue == 0 && shields::is_id(bytes, (found.start, found.end), &scratch.ids));
        let worded = rule.shielded_by != ShieldedBy::Nothing && said.shield;
        // A check digit beside a cue stands against any surroundings, but not against a nearer shield word.
        let shielded = worded || technical && !(found.validated && said.cue > 0);
        let role = match (field.role, rule.category) {
            (Role::EmailAddress | Role::SupportAddress, Category::EMAIL_ADDRESS) => 3,
            (Role::PhoneNumber, Category::PHONE_NUMBER) => 4,
            // A number in a field of phone numbers is one, whatever other check it passes.
            (Role::PhoneNumber, _) if rule.shielded_by == ShieldedBy::All => SHIELD,
            _ => 0,
        };
        let shield = if shielded { SHIELD } else { 0 };
        let odds = Odds::of_rate(rule.base).step(found.bits + said.cue + role + shield);
        let evidence = Evidence {
            check: if found.validated { CheckOutcome::Passed } else { CheckOutcome::None },
            cue: said.cue > 0,
            shielded,
            known_person: false,
            weights: Weights { form: found.bits, cue: said.cue, role, shield },
        };
        (odds, evidence)
    }
}

fn rule(detector: &Detector, at: u16) -> Rule {
    Rule {
        index: DetectorIndex(at),
        category: detector.category,
        check: detector.check,
        base: detector.base,
        shielded_by: detector.shielded_by,
        cued: !detector.cues.is_empty(),
        only_cued: only_cued(detector),
    }
}

/// The most evidence a row's check finds, where that writes nothing without a cue.
fn only_cued(detector: &Detector) -> Option<i32> {
    let check = detector.check?;
    let (_, most) = SHAPES.iter().find(|(name, _)| *name == check.name)?;
    let without = Odds::of_rate(detector.base).step(*most).confidence();
    (without < Confidence::WRITTEN && !detector.cues.is_empty()).then_some(*most)
}

fn cues(detectors: &[Detector]) -> Vec<(u16, String, i32)> {
    let mut out = Vec::new();
    for (detector, row) in detectors.iter().zip(0_u16..) {
        for cue in &detector.cues {
            out.extend(cue.words.iter().map(|word| (row, word.clone(), cue.weight)));
        }
    }
    out
}

/// The field that holds the byte; starts mostly ascend, so the last answer and a few behind it are tried first.
fn field_at(block: &Block, byte: usize, last: &mut usize) -> Option<usize> {
    const NEAR: usize = 12;
    let byte = u32::try_from(byte).ok()?;
    let near = block.fields().iter().skip(*last).take(NEAR);
    let ahead = near.take_while(|field| field.end <= byte).count();
    let at = *last + ahead;
    let holds = block.fields().get(at).is_some_and(|field| field.start <= byte && byte < field.end);
    *last = if holds { at } else { block.field_at(byte)? };
    Some(*last)
}

/// Whether detections that begin at this byte of the block are this field's to report.
fn owns(field: &Field, start: usize) -> bool {
    (field.owned.0 as usize..field.owned.1 as usize).contains(&start)
}

/// The field's own name, for short fields: the last 48 bytes of its path.
fn name_of(block: &Block, field: &Field, scratch: &mut Scratch) {
    if field.end - field.start > NAMED as u32 {
        scratch.named = None;
        scratch.name.clear();
        return;
    }
    if scratch.named == Some(field.path) {
        return;
    }
    scratch.named = Some(field.path);
    let path = block.paths.render(field.path);
    let bytes = path.expose().as_bytes();
    scratch.name.clear();
    scratch.name.extend_from_slice(bytes.get(bytes.len().saturating_sub(48)..).unwrap_or(&[]));
}
