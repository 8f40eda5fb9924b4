//! The naive engine's anchored automaton: built whole before it is walked, apart from the fast engine's.
//!
//! Flattened from a dense DFA into one table of our own, half as large: a state is the number of its line
//! in the table, 0 is dead, and the top bit says that a match ended before the byte just read.
#![allow(clippy::indexing_slicing)] // States are numbers of lines `1 << shift` long, classes are below that.

use std::collections::{BTreeMap, VecDeque};

use regex_automata::Anchored;
use regex_automata::dfa::Automaton;
use regex_automata::util::primitives::StateID;

use super::boundary::is_word;
use super::start::anchored;

/// How many rows one automaton can hold: a bit for each.
pub(super) const ROWS: usize = 128;
const MATCH: u16 = 1 << 15;

/// The automaton.
#[derive(Clone)]
pub(super) struct Union {
    classes: [u8; 256],
    shift: u32,
    table: Vec<u16>,
    /// Which rows match in a state, by state number.
    marks: Vec<u128>,
    /// Which rows match when the text ends in a state.
    at_end: Vec<u128>,
    start: u16,
}

/// The longest end of each row that matched.
pub(super) struct Ends {
    /// Which rows matched.
    pub(super) rows: u128,
    /// One past the last byte, by row.
    pub(super) ends: [u32; ROWS],
}

impl Default for Ends {
    fn default() -> Self {
        Ends { rows: 0, ends: [0; ROWS] }
    }
}

impl Union {
    /// The automaton of these patterns; row `n` is pattern `n`.
    pub(super) fn new(patterns: &[String]) -> Result<Union, String> {
        let dfa = anchored(patterns)?;
        let start = dfa.universal_start_state(Anchored::Yes).ok_or("a pattern looks around")?;
        let byte_classes = dfa.byte_classes();
        let mut classes = [0; 256];
        // One byte stands for its class.
        let mut bytes: Vec<u8> = Vec::new();
        for (byte, class) in (0..=255).zip(&mut classes) {
            *class = byte_classes.get(byte);
            if usize::from(*class) == bytes.len() {
                bytes.push(byte);
            }
        }
        let shift = bytes.len().next_power_of_two().trailing_zeros();
        let mut union =
            Union { classes, shift, table: vec![0; 1 << shift], marks: vec![0], at_end: vec![0], start: 0 };
        let mut numbers: BTreeMap<StateID, u16> = BTreeMap::new();
        let mut work = VecDeque::new();
        union.start = union.number(&dfa, start, &mut numbers, &mut work)?;
        // Breadth first: states near the start, which most walks never leave, lie together.
        while let Some(state) = work.pop_front() {
            let line = numbers.get(&state).copied().unwrap_or(0);
            for (class, byte) in bytes.iter().enumerate() {
                let next = dfa.next_state(state, *byte);
                if dfa.is_dead_state(next) {
                    continue;
                }
                let flag = if dfa.is_match_state(next) { MATCH } else { 0 };
                let next = union.number(&dfa, next, &mut numbers, &mut work)?;
                union.table[usize::from(line) << shift | class] = next | flag;
            }
        }
        Ok(union)
    }

    /// The line of a state, a new one where it was not met before.
    fn number(
        &mut self,
        dfa: &impl Automaton,
        state: StateID,
        numbers: &mut BTreeMap<StateID, u16>,
        work: &mut VecDeque<StateID>,
    ) -> Result<u16, String> {
        if let Some(line) = numbers.get(&state) {
            return Ok(*line);
        }
        let line = u16::try_from(self.marks.len()).ok().filter(|line| line & MATCH == 0);
        let line = line.ok_or("more than 32,767 states")?;
        self.table.resize(self.table.len() + (1 << self.shift), 0);
        self.marks.push(mask(dfa, state));
        self.at_end.push(mask(dfa, dfa.next_eoi_state(state)));
        numbers.insert(state, line);
        work.push_back(state);
        Ok(line)
    }

    /// Walks from `at` and notes for each row the longest match whose end cuts no ASCII word.
    #[inline]
    pub(super) fn walk(&self, text: &[u8], at: usize, ends: &mut Ends) {
        ends.rows = 0;
        let mut line = self.start;
        let mut here = at;
        for byte in &text[at..] {
            let class = usize::from(self.classes[usize::from(*byte)]);
            let entry = self.table[usize::from(line) << self.shift | class];
            line = entry & !MATCH;
            if entry & MATCH != 0 && !(is_word(*byte) && is_word(text[here - 1])) {
                ends.note(self.marks[usize::from(line)], here);
            }
            if line == 0 {
                return;
            }
            here += 1;
        }
        ends.note(self.at_end[usize::from(line)], here);
    }
}

impl Ends {
    #[inline]
    pub(super) fn note(&mut self, mask: u128, end: usize) {
        self.rows |= mask;
        let mut left = mask;
        while left != 0 {
            self.ends[left.trailing_zeros() as usize] = end as u32;
            left &= left - 1;
        }
    }
}

fn mask(dfa: &impl Automaton, state: StateID) -> u128 {
    if !dfa.is_match_state(state) {
        return 0;
    }
    (0..dfa.match_len(state)).fold(0, |mask, at| mask | 1 << (dfa.match_pattern(state, at).as_usize() % ROWS))
}

#[cfg(test)]
mod tests {
    use super::super::lazy::{Automaton, Resumed};
    use super::*;

    /// What the automaton built whole finds, and the one built as it is walked, which must be the same.
    fn walk(patterns: &[&str], text: &str) -> Vec<(usize, u32)> {
        let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
        let (whole, lazy) = (Union::new(&patterns).unwrap(), Automaton::new(&patterns).unwrap());
        let (mut ends, mut again) = (Ends::default(), Ends::default());
        whole.walk(text.as_bytes(), 0, &mut ends);
        let mut states = lazy.states();
        // The second walk meets nothing new.
        for _ in 0..2 {
            lazy.walk(&mut states, text.as_bytes(), 0, Resumed::NOT, &mut again);
        }
        assert_eq!((ends.rows, ends.ends), (again.rows, again.ends), "{text}");
        (0..patterns.len()).filter(|row| ends.rows >> row & 1 == 1).map(|row| (row, ends.ends[row])).collect()
    }

    #[test]
    fn each_row_has_its_longest_end() {
        let patterns = ["[0-9]{2,4}", "[0-9]{3}-[0-9]", "[0-9]{1,2}(?: ?[0-9]){2,6}"];
        assert_eq!(walk(&patterns, "123-4 5"), [(0, 3), (1, 5), (2, 3)]);
        assert_eq!(walk(&patterns, "12 34 56x"), [(0, 2), (2, 5)]);
    }

    #[test]
    fn no_end_lies_inside_a_word() {
        assert_eq!(walk(&["[0-9]{8}"], "123456789"), []);
        assert_eq!(walk(&["[0-9]{8}"], "12345678a"), []);
        assert_eq!(walk(&["[0-9]{8}"], "12345678"), [(0, 8)]);
        assert_eq!(walk(&["[0-9]{8}"], "12345678ñ"), [(0, 8)], "characters are judged later");
    }

    #[test]
    fn the_end_of_the_text_is_an_end() {
        assert_eq!(walk(&["ab", "abc"], "abc"), [(1, 3)]);
        assert_eq!(walk(&["ab."], "ab."), [(0, 3)]);
    }
}
