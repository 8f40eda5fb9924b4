//! Candidate starts: where a match of any row may begin, found 64 bytes at a time.
//!
//! Bytes become bitmaps (bit `n` for byte `n`), and the classes of [`super::start`] become shifts and
//! masks over them, with the next 64 bytes always at hand.
#![allow(clippy::indexing_slicing)] // Windows are cut by length checks stated beside them.

use super::boundary::is_word;
use super::openings::Openings;
use super::positions::Positions;
use super::prefixes::{DEPTH, Prefixes};
use super::start::Start;

/// Bytes classified at once.
pub(super) const STRIDE: usize = 64;
/// Bytes a classifier sees: the stride and what the sieve of literals looks ahead.
pub(super) const WINDOW: usize = STRIDE + DEPTH - 1;

/// Which of 64 bytes are what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bitmaps {
    /// ASCII letters and digits.
    pub(super) word: u64,
    /// ASCII digits.
    pub(super) digit: u64,
    pub(super) colon: u64,
    pub(super) dash: u64,
    pub(super) dot: u64,
    pub(super) plus: u64,
    pub(super) at: u64,
    /// May begin a literal that begins with a sign.
    pub(super) literal: u64,
    /// First bytes of characters outside ASCII.
    pub(super) beyond: u64,
}

/// The start classes the rows of a matcher use.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) digit: bool,
    pub(super) letter: bool,
    pub(super) letters: bool,
    pub(super) run16: bool,
    pub(super) colon: bool,
    pub(super) dash: bool,
    pub(super) dot: bool,
    pub(super) plus: bool,
    pub(super) at: bool,
    pub(super) prefixes: Prefixes,
    /// How literals, cues and words of lexicons begin.
    pub(super) openings: Openings,
}

impl Wanted {
    /// What these classes, literals, cues and words of lexicons need.
    pub(super) fn new(starts: &[Start], literals: &[String], cues: &Openings, terms: &Openings) -> Wanted {
        let prefixes = Prefixes::new(literals);
        let has = |start| starts.contains(&start);
        Wanted {
            // Numbers behind street names are looked at as well.
            digit: has(Start::Digit) || has(Start::Phrase),
            letter: has(Start::Letter),
            letters: has(Start::Letters),
            run16: has(Start::Run16),
            colon: has(Start::Colon) || has(Start::DoubleColon),
            dash: has(Start::Dash),
            dot: has(Start::Dot),
            plus: has(Start::Plus),
            at: has(Start::At),
            openings: Openings::joined([&prefixes.words.openings, cues, terms]),
            prefixes,
        }
    }
}

/// What may begin where in a block's text, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    /// Digits from which automata are to be walked.
    pub(super) digits: Positions,
    /// Other bytes from which automata are to be walked.
    pub(super) others: Positions,
    /// Where a literal may begin that begins with a letter or digit.
    pub(super) literals: Positions,
    /// Where a literal may begin that begins with a sign.
    pub(super) signs: Positions,
    /// At signs.
    pub(super) ats: Positions,
    /// Where a word may begin, behind anything but an ASCII letter or digit: ASCII letters and digits, and
    /// first bytes of other characters.
    pub(super) words: Positions,
    /// Word starts at which a cue or a shield word may begin.
    pub(super) cues: Positions,
    /// Word starts at which a word of a lexicon may begin.
    pub(super) terms: Positions,
}

/// Finds all candidates, with the fastest classifier this machine has.
pub(super) fn find(text: &[u8], wanted: &Wanted, out: &mut Candidates) {
    #[cfg(target_arch = "x86_64")]
    if super::simd::find(text, wanted, out) {
        return wanted.prefixes.words.sift(text, &mut out.literals);
    }
    find_portable(text, wanted, out);
}

/// The same without any instruction of a particular machine: the oracle of the fast classifier.
pub(super) fn find_portable(text: &[u8], wanted: &Wanted, out: &mut Candidates) {
    let words = |words: &mut Positions, from, bits| words.push::<16>(from, bits);
    sweep(text, wanted, |window| classify(window, &wanted.prefixes), words, out);
    let Candidates { words, literals, cues, terms, .. } = out;
    wanted.openings.sift(text, words.as_slice(), [literals, cues, terms]);
    wanted.prefixes.words.sift(text, literals);
}

/// One byte after the other.
pub(super) fn classify(window: &[u8; WINDOW], prefixes: &Prefixes) -> Bitmaps {
    let mut maps = Bitmaps::default();
    for at in 0..STRIDE {
        let (byte, bit) = (window[at], 1_u64 << at);
        let mark = |map: &mut u64, holds: bool| *map |= if holds { bit } else { 0 };
        mark(&mut maps.word, is_word(byte));
        mark(&mut maps.digit, byte.is_ascii_digit());
        mark(&mut maps.colon, byte == b':');
        mark(&mut maps.dash, byte == b'-');
        mark(&mut maps.dot, byte == b'.');
        mark(&mut maps.plus, byte == b'+');
        mark(&mut maps.at, byte == b'@');
        mark(&mut maps.beyond, byte >= 0xC0);
        let head = [window[at], window[at + 1], window[at + 2], window[at + 3]];
        mark(&mut maps.literal, prefixes.may_begin(head));
    }
    maps
}

/// Goes over the text with a classifier and does the arithmetic. Words are most of what is found, and taken up in
/// the machine's own way.
#[inline(always)]
pub(super) fn sweep(
    text: &[u8],
    wanted: &Wanted,
    mut classify: impl FnMut(&[u8; WINDOW]) -> Bitmaps,
    mut take_up_words: impl FnMut(&mut Positions, usize, u64),
    out: &mut Candidates,
) {
    let Candidates { digits, others, literals, signs, ats, words, cues, terms } = &mut *out;
    [digits, others, literals, signs, ats, words, cues, terms].into_iter().for_each(Positions::clear);
    let mut padded = [0_u8; WINDOW];
    let mut window_at = |from: usize| -> Bitmaps {
        if from >= text.len() {
            return Bitmaps::default();
        }
        match text[from..].first_chunk::<WINDOW>() {
            Some(window) => classify(window),
            None => {
                let rest = &text[from..];
                padded = [0; WINDOW];
                padded[..rest.len()].copy_from_slice(rest);
                classify(&padded)
            }
        }
    };
    let mut word_before = 0_u64;
    let mut here = window_at(0);
    let mut from = 0;
    while from < text.len() {
        let next = window_at(from + STRIDE);
        let free = !(here.word << 1 | word_before);
        word_before = here.word >> 63;
        let starts = free & starts(&here, &next, wanted);
        out.digits.push::<2>(from, starts & here.digit);
        out.others.push::<2>(from, starts & !here.digit);
        // A literal that begins with a sign cuts no word.
        out.signs.push::<0>(from, !here.word & here.literal);
        take_up_words(&mut out.words, from, free & (here.word | here.beyond));
        if wanted.at {
            out.ats.push::<0>(from, here.at);
        }
        here = next;
        from += STRIDE;
    }
}

/// The candidate starts among 64 bytes, but for the boundary before them.
#[inline(always)]
fn starts(here: &Bitmaps, next: &Bitmaps, wanted: &Wanted) -> u64 {
    // Bit `n` of the result is byte `n + by`.
    let ahead = |map: u64, beyond: u64, by: u32| map >> by | beyond << (64 - by);
    let letter = here.word & !here.digit;
    let mut found = 0;
    if wanted.digit {
        found |= here.digit;
    }
    if wanted.letter {
        let near = (1..=3).fold(0, |near, by| near | ahead(here.digit, next.digit, by));
        found |= letter & near;
    }
    if wanted.letters {
        let next_letter = next.word & !next.digit;
        let three = letter & ahead(letter, next_letter, 1) & ahead(letter, next_letter, 2);
        let near = (7..=9).fold(0, |near, by| near | ahead(here.digit, next.digit, by));
        found |= three & near;
    }
    if wanted.run16 {
        let words = u128::from(here.word) | u128::from(next.word) << 64;
        let two = words & words >> 1;
        let four = two & two >> 2;
        let eight = four & four >> 4;
        found |= letter & (eight & eight >> 8) as u64;
    }
    if wanted.colon && here.colon | next.colon != 0 {
        let near = (1..=4).fold(0, |near, by| near | ahead(here.colon, next.colon, by));
        found |= here.word & near | here.colon & ahead(here.colon, next.colon, 1);
    }
    if wanted.dash {
        found |= here.word & ahead(here.dash, next.dash, 2) & ahead(here.dash, next.dash, 5);
    }
    if wanted.dot {
        found |= here.word & ahead(here.dot, next.dot, 4) & ahead(here.dot, next.dot, 9);
    }
    if wanted.plus {
        found |= here.plus;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::check::seeded::Seeded;
    use super::super::start::{anchored, condition};
    use super::*;
    use regex_automata::Anchored;
    use regex_automata::dfa::Automaton;

    const CLASSES: [Start; 11] = [
        Start::Digit,
        Start::Letter,
        Start::Letters,
        Start::Run16,
        Start::Colon,
        Start::DoubleColon,
        Start::Dash,
        Start::Dot,
        Start::Plus,
        Start::At,
        Start::Literal,
    ];

    fn literals() -> Vec<String> {
        ["contrase", "pwd", "mot de passe", "-----BEGIN"].map(String::from).to_vec()
    }

    fn wanted_of(starts: &[Start], literals: &[String]) -> Wanted {
        let mut openings = Openings::new();
        ["de", "abc", "contra", "a", "é", "pw", "42-"]
            .iter()
            .for_each(|word| openings.add(word.as_bytes(), false));
        Wanted::new(starts, literals, &openings, &openings)
    }

    /// Random text, dense in what the classes look at.
    fn text(seed: u64, len: usize) -> Vec<u8> {
        let mut seeded = Seeded::new(seed);
        let pieces = [
            "a",
            "Z",
            "7",
            "42",
            ":",
            "-",
            ".",
            "+",
            "@",
            " ",
            "é",
            "pwd",
            "CONTRASE",
            "mot de",
            "-----BEGIN",
            "abcdefghijklmnopq",
            "abcdef 1",
            "abc def 12",
            "\u{1f}",
            "00:1a",
            "de-ad-be",
            "dead.beef.",
            "::",
            "\n",
        ];
        let mut out = Vec::new();
        while out.len() < len {
            if seeded.below(4) == 0 {
                out.push(seeded.bits() as u8);
            } else {
                out.extend(seeded.of(&pieces).bytes());
            }
        }
        out.truncate(len);
        out
    }

    /// Every position at which the class's regular expression matches, by the regular expression.
    fn by_condition(text: &[u8], start: Start) -> Vec<u32> {
        let literals = if start == Start::Literal { literals() } else { Vec::new() };
        let dfa = anchored(&[condition(&[start], &literals)]).unwrap();
        let begin = dfa.universal_start_state(Anchored::Yes).unwrap();
        let matches = |at: usize| {
            let mut state = begin;
            for byte in &text[at..] {
                state = dfa.next_state(state, *byte);
                if dfa.is_match_state(state) {
                    return true;
                }
            }
            dfa.is_match_state(dfa.next_eoi_state(state))
        };
        let free = |at: usize| at == 0 || !is_word(text[at - 1]);
        (0..text.len())
            .filter(|at| (start == Start::At || free(*at)) && matches(*at))
            .map(|at| at as u32)
            .collect()
    }

    #[test]
    fn the_arithmetic_finds_what_each_condition_says() {
        for (seed, len) in [(1, 700), (2, 63), (3, 64), (4, 65), (5, 131), (6, 1_999)] {
            let text = text(seed, len);
            for start in CLASSES {
                let literals = if start == Start::Literal { literals() } else { Vec::new() };
                let mut out = Candidates::default();
                find_portable(&text, &wanted_of(&[start], &literals), &mut out);
                let mut found = match start {
                    Start::At => out.ats.as_slice().to_vec(),
                    Start::Literal => [out.literals.as_slice(), out.signs.as_slice()].concat(),
                    _ => [out.digits.as_slice(), out.others.as_slice()].concat(),
                };
                found.sort_unstable();
                let wanted = by_condition(&text, start);
                // A sieve may let through more than the literals, and `colon` serves two classes.
                let missing: Vec<_> = wanted.iter().filter(|at| !found.contains(at)).collect();
                assert!(missing.is_empty(), "{start:?} seed {seed}: {missing:?}");
                if !matches!(start, Start::Literal | Start::Colon | Start::DoubleColon) {
                    assert_eq!(found, wanted, "{start:?} seed {seed}");
                }
            }
        }
    }

    #[test]
    fn every_word_start_is_a_candidate() {
        for (seed, len) in [(1, 700), (2, 64), (3, 65), (4, 129), (5, 1_999)] {
            let text = text(seed, len);
            let mut out = Candidates::default();
            find_portable(&text, &wanted_of(&[Start::Phrase], &[]), &mut out);
            let wanted: Vec<u32> = (0..text.len())
                .filter(|at| {
                    let before = at.checked_sub(1).map_or(b' ', |before| text[before]);
                    !is_word(before) && (is_word(text[*at]) || text[*at] >= 0xC0)
                })
                .map(|at| at as u32)
                .collect();
            assert_eq!(out.words.as_slice(), wanted, "seed {seed}");
        }
    }

    #[test]
    fn the_fast_classifier_equals_the_portable_one() {
        let wanted = wanted_of(&[CLASSES.as_slice(), &[Start::Phrase]].concat(), &literals());
        for len in (0..200).chain([1_000, 4_095, 4_096, 4_097]) {
            let text = text(len as u64, len);
            let mut portable = Candidates::default();
            find_portable(&text, &wanted, &mut portable);
            #[cfg(target_arch = "x86_64")]
            for mut fast in super::super::simd::find_each(&text, &wanted) {
                wanted.prefixes.words.sift(&text, &mut fast.literals);
                let lists = |of: &Candidates| {
                    [&of.digits, &of.others, &of.literals, &of.signs, &of.ats, &of.words, &of.cues, &of.terms]
                        .map(|list| list.as_slice().to_vec())
                };
                assert_eq!(lists(&fast), lists(&portable), "{len}");
            }
        }
    }
}
