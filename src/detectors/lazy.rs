//! One anchored automaton over all rows, walked once from each candidate start and built as it is
//! walked: of the tens of thousands of states that a hundred rows have, text meets a few hundred, and
//! building all of them would take longer than most scans.
//!
//! The rows' machine is shared. Each worker keeps the states it has met in one table of its own: a state
//! is the number of its line in the table, 0 is dead, 1 not known yet, and the top bit says that a match
//! ended before the byte just read.
#![allow(clippy::indexing_slicing)] // States are numbers of lines `1 << shift` long, classes are below that.

use std::collections::{BTreeSet, HashMap};

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Builder, Cache, Config, DFA};
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind, nfa::thompson};

use super::boundary::is_word;
use super::union::Ends;

const DEAD: u16 = 0;
const UNKNOWN: u16 = 1;
const MATCH: u16 = 1 << 15;
/// Bytes the machine of one automaton may take: repeats of repeats grow without bound.
const MACHINE: usize = 16 << 20;
/// How many bytes are looked at of many places at once.
const FIRST: usize = 8;
/// How many places are looked at together.
const TOGETHER: usize = 8;
/// Bytes of met states before they are forgotten and met again.
const STATES: usize = 32 << 20;

/// The machine of the rows.
pub(super) struct Automaton {
    dfa: DFA,
    classes: [u8; 256],
    /// One byte of each class.
    bytes: Vec<u8>,
    shift: u32,
}

/// How a walk goes on behind its first eight bytes, in which nothing matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resumed {
    /// Its state, or [`DEAD`] where it is to begin again.
    line: u16,
    /// When that was known: states that were forgotten since are met again.
    age: u16,
}

impl Resumed {
    /// A walk from its beginning.
    pub(super) const NOT: Resumed = Resumed { line: DEAD, age: 0 };
}

/// What a worker has met of an automaton.
pub(super) struct States {
    cache: Cache,
    table: Vec<u16>,
    /// Which rows match in a state.
    marks: Vec<u128>,
    /// Which rows match when the text ends in a state, where that was asked.
    at_end: Vec<Option<u128>>,
    ids: Vec<LazyStateID>,
    numbers: HashMap<LazyStateID, u16>,
    start: u16,
    /// How often states were forgotten.
    age: u16,
}

impl Automaton {
    /// The machine of these patterns, over bytes; row `n` is pattern `n`.
    pub(super) fn new(patterns: &[String]) -> Result<Automaton, String> {
        let dfa = machine(patterns)?;
        let mut classes = [0; 256];
        let mut bytes: Vec<u8> = Vec::new();
        for (byte, class) in (0..=255).zip(&mut classes) {
            *class = dfa.byte_classes().get(byte);
            if usize::from(*class) == bytes.len() {
                bytes.push(byte);
            }
        }
        let shift = bytes.len().next_power_of_two().trailing_zeros();
        Ok(Automaton { dfa, classes, bytes, shift })
    }

    /// Bytes of memory, met states apart.
    pub(super) fn memory(&self) -> usize {
        self.dfa.memory_usage() + self.dfa.get_nfa().memory_usage()
    }

    /// No state met yet.
    pub(super) fn states(&self) -> States {
        let mut states = States {
            cache: self.dfa.create_cache(),
            table: Vec::new(),
            marks: Vec::new(),
            at_end: Vec::new(),
            ids: Vec::new(),
            numbers: HashMap::default(),
            start: UNKNOWN,
            age: 0,
        };
        self.forget(&mut states);
        states
    }

    /// Forgets the states.
    fn forget(&self, states: &mut States) {
        states.table.clear();
        states.table.resize(1 << self.shift, DEAD);
        states.table.resize(2 << self.shift, UNKNOWN);
        states.marks.clear();
        states.marks.resize(2, 0);
        states.at_end.clear();
        states.at_end.resize(2, Some(0));
        states.ids.clear();
        states.ids.resize(2, LazyStateID::default());
        states.numbers.clear();
        states.start = UNKNOWN;
        states.age = states.age.wrapping_add(1);
    }

    /// Gives the places from which a walk may match, by their first eight bytes, and how the walk goes on.
    ///
    /// One step of a walk waits for the step before it. Those of eight walks wait together, and no branch is
    /// guessed wrong: a dead walk stays dead.
    pub(super) fn may_match(
        &self,
        states: &mut States,
        text: &[u8],
        places: &[u32],
        mut give: impl FnMut(u32, Resumed),
    ) {
        let start = self.start(states);
        for places in places.chunks(TOGETHER) {
            let heads: [Option<&[u8; FIRST]>; TOGETHER] = std::array::from_fn(|at| {
                places.get(at).and_then(|place| text.get(*place as usize..)?.first_chunk())
            });
            let heads = heads.map(|head| head.unwrap_or(&[0; FIRST]));
            let (mut lines, mut met) = ([start; TOGETHER], [0_u16; TOGETHER]);
            for step in 0..FIRST {
                for (head, (line, met)) in heads.iter().zip(lines.iter_mut().zip(&mut met)) {
                    let class = usize::from(self.classes[usize::from(head[step])]);
                    let entry = states.table[usize::from(*line) << self.shift | class];
                    *met |= entry;
                    *line = entry & !MATCH;
                }
            }
            for (place, (line, met)) in places.iter().zip(lines.into_iter().zip(met)) {
                let near_the_end = *place as usize + FIRST > text.len();
                if line != DEAD || met & MATCH != 0 || near_the_end {
                    let known = line > UNKNOWN && met & MATCH == 0 && !near_the_end;
                    give(*place, Resumed { line: if known { line } else { DEAD }, age: states.age });
                }
            }
        }
    }

    /// Walks from `at` and notes for each row the longest match whose end cuts no ASCII word.
    #[inline]
    pub(super) fn walk(
        &self,
        states: &mut States,
        text: &[u8],
        at: usize,
        resumed: Resumed,
        ends: &mut Ends,
    ) {
        ends.rows = 0;
        let (mut line, mut here) = match resumed {
            Resumed { line, age } if line != DEAD && age == states.age => (line, at + FIRST),
            _ => (self.start(states), at),
        };
        for byte in &text[here..] {
            let class = usize::from(self.classes[usize::from(*byte)]);
            let mut entry = states.table[usize::from(line) << self.shift | class];
            if entry <= UNKNOWN {
                if entry == UNKNOWN {
                    entry = self.meet(states, line, class);
                }
                if entry == DEAD {
                    return;
                }
            }
            line = entry & !MATCH;
            if entry & MATCH != 0 && !(is_word(*byte) && is_word(text[here - 1])) {
                ends.note(states.marks[usize::from(line)], here);
            }
            here += 1;
        }
        let mask = self.ended(states, line);
        ends.note(mask, here);
    }

    #[inline]
    fn start(&self, states: &mut States) -> u16 {
        if states.start == UNKNOWN { self.begin(states) } else { states.start }
    }

    #[cold]
    fn begin(&self, states: &mut States) -> u16 {
        let anchored = start::Config::new().anchored(Anchored::Yes);
        let before = states.cache.clear_count();
        // Without look-around every place to start is the same, and the cache is never given up.
        let Ok(id) = self.dfa.start_state(&mut states.cache, &anchored) else { return DEAD };
        if states.cache.clear_count() != before {
            self.forget(states);
        }
        let (start, _) = self.number(states, id);
        states.start = start;
        start
    }

    /// The entry behind a line and a class, met for the first time.
    #[cold]
    fn meet(&self, states: &mut States, line: u16, class: usize) -> u16 {
        let before = states.cache.clear_count();
        let id = states.ids[usize::from(line)];
        // An error would be a cache that is given up, which the configuration forbids.
        let Ok(next) = self.dfa.next_state(&mut states.cache, id, self.bytes[class]) else { return DEAD };
        let mut kept = states.cache.clear_count() == before;
        if !kept {
            self.forget(states);
        }
        let entry = if next.is_dead() {
            DEAD
        } else {
            let (number, room) = self.number(states, next);
            kept &= room;
            number | if next.is_match() { MATCH } else { 0 }
        };
        if kept {
            states.table[usize::from(line) << self.shift | class] = entry;
        }
        entry
    }

    /// The line of a state, and whether the lines known before still stand.
    fn number(&self, states: &mut States, id: LazyStateID) -> (u16, bool) {
        if let Some(line) = states.numbers.get(&id) {
            return (*line, true);
        }
        let mut kept = true;
        if states.ids.len() >= usize::from(MATCH) {
            self.forget(states);
            kept = false;
        }
        let line = states.ids.len() as u16;
        let mask = self.mask(states, id);
        states.table.resize(states.table.len() + (1 << self.shift), UNKNOWN);
        states.ids.push(id);
        states.marks.push(mask);
        states.at_end.push(None);
        states.numbers.insert(id, line);
        (line, kept)
    }

    fn mask(&self, states: &States, id: LazyStateID) -> u128 {
        if !id.is_match() {
            return 0;
        }
        let count = self.dfa.match_len(&states.cache, id);
        (0..count).fold(0, |mask, at| {
            mask | 1 << (self.dfa.match_pattern(&states.cache, id, at).as_usize() % super::union::ROWS)
        })
    }

    /// Which rows match when the text ends in a state.
    fn ended(&self, states: &mut States, line: u16) -> u128 {
        if let Some(mask) = states.at_end[usize::from(line)] {
            return mask;
        }
        let before = states.cache.clear_count();
        let id = states.ids[usize::from(line)];
        let Ok(end) = self.dfa.next_eoi_state(&mut states.cache, id) else { return 0 };
        let mask = self.mask(states, end);
        if states.cache.clear_count() == before {
            states.at_end[usize::from(line)] = Some(mask);
        } else {
            self.forget(states);
        }
        mask
    }
}

/// A machine that knows every match end.
fn machine(patterns: &[String]) -> Result<DFA, String> {
    let dfa = Builder::new()
        .configure(
            Config::new()
                .match_kind(MatchKind::All)
                .cache_capacity(STATES)
                .skip_cache_capacity_check(true)
                .minimum_cache_clear_count(None),
        )
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(thompson::Config::new().utf8(false).nfa_size_limit(Some(MACHINE)))
        .build_many(patterns)
        .map_err(|error| error.to_string())?;
    if dfa.get_nfa().look_set_any().is_empty() { Ok(dfa) } else { Err("a pattern looks around".to_owned()) }
}

/// One machine while it is walked alone, without a table.
struct Walker {
    dfa: DFA,
    cache: Cache,
}

impl Walker {
    fn new(pattern: &str) -> Result<Walker, String> {
        let dfa = machine(&[pattern.to_owned()])?;
        let cache = dfa.create_cache();
        Ok(Walker { dfa, cache })
    }

    fn start(&mut self) -> Result<LazyStateID, String> {
        let anchored = start::Config::new().anchored(Anchored::Yes);
        self.dfa.start_state(&mut self.cache, &anchored).map_err(|error| error.to_string())
    }

    fn next(&mut self, at: LazyStateID, byte: u8) -> Result<LazyStateID, String> {
        self.dfa.next_state(&mut self.cache, at, byte).map_err(|error| error.to_string())
    }

    /// Whether the text may end here: the machine tells of a match one byte late.
    fn ends(&mut self, at: LazyStateID) -> Result<bool, String> {
        let end = self.dfa.next_eoi_state(&mut self.cache, at).map_err(|error| error.to_string())?;
        Ok(end.is_match())
    }
}

/// A match of the pattern that does not begin as the condition says; none where the row is right.
///
/// Both machines are walked together from their starts; a pair in which the condition has been met is
/// not followed further, so the walk is as deep as the longest condition.
pub(super) fn stray(pattern: &str, condition: &str) -> Result<Option<String>, String> {
    let (mut row, mut wanted) = (Walker::new(pattern)?, Walker::new(condition)?);
    // One byte of each pair of classes stands for all of them.
    let mut seen_classes = BTreeSet::new();
    let classes = |byte: &u8| (row.dfa.byte_classes().get(*byte), wanted.dfa.byte_classes().get(*byte));
    let bytes: Vec<u8> = (0..=255_u8).filter(|byte| seen_classes.insert(classes(byte))).collect();
    let mut seen = BTreeSet::new();
    let mut work = vec![(row.start()?, wanted.start()?, Vec::new())];
    while let Some((at, met, shown)) = work.pop() {
        if !seen.insert((at, met)) || wanted.ends(met)? {
            continue;
        }
        if row.ends(at)? {
            return Ok(Some(shown.escape_ascii().to_string()));
        }
        for byte in &bytes {
            let next = row.next(at, *byte)?;
            if !next.is_dead() {
                let shown = [shown.as_slice(), &[*byte]].concat();
                work.push((next, wanted.next(met, *byte)?, shown));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_rule_out_no_match() {
        let automaton = Automaton::new(&["ab?", "[0-9]{2}-", "c[d]{9}e"].map(String::from)).unwrap();
        let mut states = automaton.states();
        let text = b"a ab a- 12- 1-2 xa -a cd cddddddddde cdddddddddd 12 cdddd";
        let places: Vec<u32> = (0..text.len() as u32).collect();
        let (mut ends, mut went_on) = (Ends::default(), 0);
        // The second time all states are known.
        for round in 0..2 {
            let mut given = Vec::new();
            automaton.may_match(&mut states, text, &places, |at, resumed| given.push((at, resumed)));
            assert!(given.is_sorted_by_key(|(at, _)| *at));
            for at in 0..text.len() {
                automaton.walk(&mut states, text, at, Resumed::NOT, &mut ends);
                assert!(ends.rows == 0 || given.iter().any(|(of, _)| *of == at as u32), "{at}");
            }
            for (at, resumed) in &given {
                let (mut whole, mut rest, at) = (Ends::default(), Ends::default(), *at as usize);
                automaton.walk(&mut states, text, at, Resumed::NOT, &mut whole);
                automaton.walk(&mut states, text, at, *resumed, &mut rest);
                assert_eq!((rest.rows, rest.ends), (whole.rows, whole.ends), "{at}");
                went_on += usize::from(*resumed != Resumed::NOT && resumed.line != DEAD);
            }
            // A dead walk is known as one, where eight bytes are left.
            assert!(round == 0 || given.iter().all(|(at, _)| ![1, 12].contains(at)), "{given:?}");
        }
        assert!(went_on > 0, "a walk went on behind its first bytes");
        automaton.forget(&mut states);
        let mut given = Vec::new();
        automaton.may_match(&mut states, text, &places, |at, resumed| given.push((at, resumed)));
        assert!(given.iter().any(|(at, _)| *at == 0), "what is not known yet may match");
    }

    #[test]
    fn patterns_that_look_around_are_refused() {
        assert!(Automaton::new(&[r"ab\b".to_owned()]).is_err());
        assert!(Automaton::new(&["a{1000}{1000}".to_owned()]).is_err(), "too large");
    }

    #[test]
    fn states_that_were_forgotten_are_met_again() {
        let patterns = ["[ab]{2,9}c[0-9]{3}", "(?:a[ab]{0,12}){2}c"].map(String::from);
        let automaton = Automaton::new(&patterns).unwrap();
        let text = b"abbababac123 aabbaac12 abac999";
        let mut kept = automaton.states();
        for at in (0..text.len()).cycle().take(200) {
            let (mut ends, mut again) = (Ends::default(), Ends::default());
            let mut fresh = automaton.states();
            automaton.walk(&mut fresh, text, at, Resumed::NOT, &mut ends);
            automaton.walk(&mut kept, text, at, Resumed::NOT, &mut again);
            assert_eq!((ends.rows, ends.ends), (again.rows, again.ends), "{at}");
            if at % 7 == 0 {
                automaton.forget(&mut kept);
            }
        }
    }
}
