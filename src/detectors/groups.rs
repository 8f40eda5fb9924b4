//! Rows that are walked together: one automaton for all that begin alike.

use super::candidates::Candidates;
use super::catalogue::Detector;
use super::lazy::Automaton;
use super::naive::Begin;
use super::positions::Positions;
use super::start::{LOCAL_MAX, Start, is_local, quoted_local};

/// An automaton with the rules its rows are.
pub(super) struct Group {
    pub(super) automaton: Automaton,
    pub(super) rules: Vec<u16>,
    /// Which starts it is walked from.
    pub(super) kind: Kind,
}

/// Which candidates a row's automaton is walked from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Begins with a digit.
    Digit,
    /// Begins with no digit.
    Other,
    /// Begins with a digit or otherwise: apart, since automata of few shapes have far fewer states.
    Both,
    Literal,
    At,
}

impl Kind {
    pub(super) const ALL: [Kind; 5] = [Kind::Digit, Kind::Other, Kind::Both, Kind::Literal, Kind::At];

    pub(super) fn of(detector: &Detector) -> Kind {
        let starts = &detector.starts;
        let no_digit =
            |start: &Start| matches!(start, Start::Letter | Start::Letters | Start::Run16 | Start::Plus);
        if starts.contains(&Start::At) {
            Kind::At
        } else if starts.contains(&Start::Literal) {
            Kind::Literal
        } else if *starts == [Start::Digit] {
            Kind::Digit
        } else if starts.iter().all(no_digit) {
            Kind::Other
        } else {
            Kind::Both
        }
    }

    /// Where such a row's matches may begin, but for at signs.
    pub(super) fn places(self, candidates: &Candidates) -> impl Iterator<Item = &Positions> {
        let Candidates { digits, others, literals, signs, .. } = candidates;
        let (first, second) = match self {
            Kind::Digit => (Some(digits), None),
            Kind::Other => (Some(others), None),
            Kind::Both => (Some(digits), Some(others)),
            Kind::Literal => (Some(literals), Some(signs)),
            Kind::At => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// What stands before such a row's matches.
    pub(super) fn begin(self) -> Begin {
        match self {
            Kind::Digit | Kind::Other | Kind::Both => Begin::Word,
            Kind::Literal => Begin::Literal,
            Kind::At => Begin::AtSign,
        }
    }
}

impl Group {
    /// The automaton of at most [`ROWS`](super::union::ROWS) rows.
    pub(super) fn new(kind: Kind, rows: &[(u16, String)]) -> Result<Group, String> {
        let (rules, patterns): (Vec<u16>, Vec<String>) = rows.iter().cloned().unzip();
        Ok(Group { automaton: Automaton::new(&patterns)?, rules, kind })
    }
}

/// Bytes of the local part before an at sign, if there is one.
pub(super) fn local_before(text: &[u8], at: usize) -> Option<u32> {
    let before = text.get(at.saturating_sub(LOCAL_MAX)..at)?;
    let local = match before.iter().rev().take_while(|byte| is_local(**byte)).count() {
        0 => quoted_local(before),
        local => local,
    };
    u32::try_from(local).ok().filter(|local| *local > 0)
}
