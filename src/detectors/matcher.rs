//! The matcher: both engines, and what makes detections of their matches.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::boundary::cuts_word;
use super::candidates::{self, Candidates, Wanted};
use super::catalogue::{Catalogue, Detector, ShieldedBy};
use super::check::{Check, Found, Probe};
use super::confidence::Odds;
use super::context::{Around, Context, Said, WordStarts};
use super::denied::Denied;
use super::lazy::{Automaton, States};
use super::naive::{Begin, Single};
use super::named::Named;
use super::overlap;
use super::people::{self, BlockPeople, Finders};
use super::phrases::{Heard, Phrases, Starts};
use super::shields::{self, IdRange};
use super::signal::HeardSignal;
use super::start::{LOCAL_MAX, Start, is_local, quoted_local};
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
}

/// An automaton with the rules its rows are.
struct Group {
    automaton: Automaton,
    rules: Vec<u16>,
    /// Where a worker keeps its states, among those of all groups.
    slot: usize,
}

/// Finds every detector's data in blocks. Shared by all workers.
pub struct Matcher {
    /// Tells engines apart, from 1.
    number: u64,
    rules: Vec<Rule>,
    wanted: Wanted,
    /// Walked from candidate starts.
    words: Vec<Group>,
    /// Walked from where a literal may begin.
    literals: Vec<Group>,
    /// Walked from an at sign: the local part before it is a run of bytes found by going back.
    ats: Vec<Group>,
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
    /// Candidate starts from which a group of rows may match, with the group's number.
    promising: Vec<(u32, u32)>,
    /// States of the engine's automata, by slot.
    states: Vec<States>,
    /// Which engine they belong to; 0 for none.
    engine: u64,
}

impl Scratch {
    /// The signals heard in the last block, sorted by field, each once.
    pub fn signals(&self) -> &[HeardSignal] {
        self.heard.signals()
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
                for kind in [Kind::Digit, Kind::Word, Kind::Both, Kind::Literal, Kind::At] {
                    for (at, pattern) in patterned(kind) {
                        singles.push((at, Single::new(&pattern, kind.begin()).map_err(too_large)?));
                    }
                }
                Some(singles)
            }
        };
        let mut slots = 0..;
        let mut built = |kind: Kind| match engine {
            Engine::Fast => groups(patterned(kind), &mut slots).map_err(too_large),
            Engine::Naive => Ok(Vec::new()),
        };
        let mut words = built(Kind::Digit)?;
        words.extend(built(Kind::Word)?);
        words.extend(built(Kind::Both)?);
        let (literals, ats) = (built(Kind::Literal)?, built(Kind::At)?);
        let starts: Vec<Start> = detectors.iter().flat_map(|detector| detector.starts.clone()).collect();
        let beginnings: Vec<String> = detectors
            .iter()
            .filter(|row| row.pattern.is_some())
            .flat_map(|row| row.literals.clone())
            .collect();
        static ENGINES: AtomicU64 = AtomicU64::new(1);
        Ok(Matcher {
            number: ENGINES.fetch_add(1, Ordering::Relaxed),
            rules,
            wanted: Wanted::new(&starts, &beginnings),
            words,
            literals,
            ats,
            singles,
            context: Context::new(&cues(detectors), catalogue.shields()),
            finders: Finders::new(detectors),
            named: Named::new(detectors),
            denied: Denied::new(catalogue),
            phrases: Phrases::new(catalogue, engine == Engine::Naive),
            signals: catalogue.signals().iter().map(|signal| signal.id.as_str().into()).collect(),
        })
    }

    /// The id of a signal heard.
    pub fn signal(&self, heard: HeardSignal) -> Option<&Arc<str>> {
        self.signals.get(usize::from(heard.signal))
    }

    /// Rows and bytes of each of the fast engine's automata.
    pub fn automata(&self) -> Vec<(usize, usize)> {
        let groups = self.words.iter().chain(&self.literals).chain(&self.ats);
        groups.map(|group| (group.rules.len(), group.automaton.memory())).collect()
    }

    /// Bytes the fast engine's automata take.
    pub fn memory(&self) -> usize {
        self.words.iter().chain(&self.literals).chain(&self.ats).map(|group| group.automaton.memory()).sum()
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
                    let none = WordStarts(None);
                    single.each(text, |start, end| self.judge(*rule, (start, end), block, &none, scratch));
                }
            }
        }
        let none = WordStarts(None);
        self.named.each(block, |rule, start, end| self.judge(rule, (start, end), block, &none, scratch));
        self.denied.find(block, &mut scratch.claims);
        self.finders.find(block, people, &mut scratch.people, &mut scratch.claims);
        let starts = match self.singles {
            None => Some(Starts { words: &scratch.candidates.words, numbers: &scratch.candidates.starts }),
            Some(_) => None,
        };
        self.phrases.find(block, starts.as_ref(), &mut scratch.heard, &mut scratch.claims);
        scratch.claims.sort_by_key(|claim| (claim.start, claim.end, claim.detector));
        scratch.claims.dedup();
    }

    fn fast(&self, block: &Block, text: &[u8], scratch: &mut Scratch) {
        let mut candidates = std::mem::take(&mut scratch.candidates);
        let mut ends = std::mem::take(&mut scratch.ends);
        if scratch.engine != self.number {
            scratch.engine = self.number;
            let groups = self.words.iter().chain(&self.literals).chain(&self.ats);
            scratch.states = groups.map(|group| group.automaton.states()).collect();
        }
        candidates::find(text, &self.wanted, &mut candidates);
        let starts = WordStarts(self.wanted.words.then_some(candidates.words.as_slice()));
        let mut promising = std::mem::take(&mut scratch.promising);
        for (groups, places) in [(&self.words, &candidates.starts), (&self.literals, &candidates.literals)] {
            promising.clear();
            for (group, number) in groups.iter().zip(0_u32..) {
                if let Some(states) = scratch.states.get_mut(group.slot) {
                    group.automaton.may_match(states, text, places, |at| promising.push((at, number)));
                }
            }
            // What is known of a place is kept while it is looked at for all groups. Places of each ascend,
            // which a stable sort makes use of.
            promising.sort();
            for (at, group) in &promising {
                if let Some(group) = groups.get(*group as usize) {
                    let at = *at as usize;
                    self.walk(group, (at, at), block, &starts, &mut ends, scratch);
                }
            }
        }
        scratch.promising = promising;
        for at in &candidates.ats {
            let at = *at as usize;
            let before = text.get(at.saturating_sub(LOCAL_MAX)..at).unwrap_or(&[]);
            let local = match before.iter().rev().take_while(|byte| is_local(**byte)).count() {
                0 => quoted_local(before),
                local => local,
            };
            if local > 0 {
                for group in &self.ats {
                    self.walk(group, (at, at - local), block, &starts, &mut ends, scratch);
                }
            }
        }
        scratch.candidates = candidates;
        scratch.ends = ends;
    }

    /// Walks from `at` and judges what matches as beginning at `start`.
    #[inline]
    fn walk(
        &self,
        group: &Group,
        (at, start): (usize, usize),
        block: &Block,
        starts: &WordStarts<'_>,
        ends: &mut Ends,
        scratch: &mut Scratch,
    ) {
        let text = block.text().expose().as_bytes();
        let Some(states) = scratch.states.get_mut(group.slot) else { return };
        group.automaton.walk(states, text, at, ends);
        let mut rows = ends.rows;
        while rows != 0 {
            let row = rows.trailing_zeros() as usize;
            rows &= rows - 1;
            if let (Some(rule), Some(end)) = (group.rules.get(row), ends.ends.get(row)) {
                self.judge(*rule, (start, *end as usize), block, starts, scratch);
            }
        }
    }

    /// Makes a claim of a match, if its check and surroundings leave it likely enough to be written.
    fn judge(
        &self,
        rule: u16,
        (start, end): (usize, usize),
        block: &Block,
        starts: &WordStarts<'_>,
        scratch: &mut Scratch,
    ) {
        let Some(rule) = self.rules.get(usize::from(rule)) else { return };
        let Some(at) = field_at(block, start, &mut scratch.field) else { return };
        let Some(field) = block.fields().get(at) else { return };
        let base = field.start as usize;
        let bytes = block.field_text(field).as_bytes();
        let probe = Probe { field: bytes, start: start - base, end: end - base };
        let found = match rule.check {
            Some(check) => (check.run)(&probe),
            None => Some(Found::formed(&probe)),
        };
        let Some(found) = found else { return };
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

    /// Adds up the evidence.
    fn weigh(
        &self,
        rule: &Rule,
        found: &Found,
        (field, bytes): (&Field, &[u8]),
        block: &Block,
        starts: &WordStarts<'_>,
        scratch: &mut Scratch,
    ) -> (Odds, Evidence) {
        let mut said = Said::default();
        if rule.cued || rule.shielded_by != ShieldedBy::Nothing {
            name_of(block, field, scratch);
            let base = field.start as usize;
            scratch.around.at(base);
            let span = (found.start, found.end);
            said = self.context.said(bytes, span, &scratch.name, rule.index.0, starts, &mut scratch.around);
        }
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
    }
}

/// Which candidates a row's automaton is walked from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Begins with a digit.
    Digit,
    /// Begins otherwise.
    Word,
    /// Begins with a digit or otherwise: apart, since automata of few shapes have far fewer states.
    Both,
    Literal,
    At,
}

impl Kind {
    fn of(detector: &Detector) -> Kind {
        if detector.starts.contains(&Start::At) {
            Kind::At
        } else if detector.starts.contains(&Start::Literal) {
            Kind::Literal
        } else if detector.starts == [Start::Digit] {
            Kind::Digit
        } else if detector.starts.contains(&Start::Digit) {
            Kind::Both
        } else {
            Kind::Word
        }
    }
}

impl Kind {
    /// What stands before such a row's matches.
    fn begin(self) -> Begin {
        match self {
            Kind::Digit | Kind::Word | Kind::Both => Begin::Word,
            Kind::Literal => Begin::Literal,
            Kind::At => Begin::AtSign,
        }
    }
}

/// Automata of at most [`ROWS`] rows that hold all.
fn groups(
    patterns: Vec<(u16, String)>,
    slots: &mut impl Iterator<Item = usize>,
) -> Result<Vec<Group>, String> {
    let group = |chunk: &[(u16, String)]| {
        let (rules, patterns): (Vec<u16>, Vec<String>) = chunk.iter().cloned().unzip();
        let slot = slots.next().unwrap_or(usize::MAX);
        Automaton::new(&patterns).map(|automaton| Group { automaton, rules, slot })
    };
    patterns.chunks(ROWS).map(group).collect()
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

/// The field that holds the byte; starts mostly ascend, so the last answer and the next are tried first.
fn field_at(block: &Block, byte: usize, last: &mut usize) -> Option<usize> {
    let byte = u32::try_from(byte).ok()?;
    let holds =
        |at: usize| block.fields().get(at).is_some_and(|field| field.start <= byte && byte < field.end);
    if !holds(*last) {
        *last = if holds(*last + 1) { *last + 1 } else { block.field_at(byte)? };
    }
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
