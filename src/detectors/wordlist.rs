//! A list of words over bytes, ASCII case left aside: gives those a text begins with.
//!
//! Almost every text is sent away by its first eight bytes, see [`Beginnings`]. What passes is compared with
//! the few words that begin alike, eight bytes at a time, before any is read to its end.
#![allow(clippy::indexing_slicing)] // Hashes are masked, pairs have 16 bits, words lie where the list put them.

use super::beginnings::{Beginnings, CASE, first_eight};
use super::boundary::{cuts_word, is_word};
use super::openings::Openings;
use super::positions::Positions;

/// How many of a hash's bits choose a group.
const GROUPED: u32 = 13;

/// A word and how it begins.
#[derive(Clone, Debug)]
struct Word {
    /// The first eight bytes, the first one lowest, with [`CASE`].
    key: u64,
    /// Which of them the word has.
    mask: u64,
    /// Where its bytes lie.
    from: u32,
    len: u32,
    /// Its position in the list it was made from.
    number: u32,
    /// How many bytes of a text it is found by.
    count: u32,
}

/// The words.
#[derive(Clone, Debug)]
pub(super) struct WordList {
    /// Which bytes a word begins with.
    first: [bool; 256],
    /// Whether a sign begins any word, so that words do not only begin where letters, digits and characters outside
    /// ASCII do.
    pub(super) has_signs: bool,
    beginnings: Beginnings,
    /// Where the words of a group begin; one more at the end.
    groups: Vec<u32>,
    /// By group, then shortest first.
    words: Vec<Word>,
    letters: Vec<u8>,
}

impl WordList {
    /// The list of these words; empty ones are passed over. A word that is no stem is given for certain only
    /// where no ASCII letter or digit follows its last one.
    pub(super) fn new(words: &[String], is_stem: impl Fn(usize) -> bool) -> WordList {
        let mut letters = Vec::new();
        let mut first = [false; 256];
        let mut beginnings = Beginnings::new();
        let mut listed: Vec<(usize, Word)> = Vec::new();
        for (word, number) in words.iter().zip(0_u32..).filter(|(word, _)| !word.is_empty()) {
            let bytes = word.as_bytes();
            for byte in bytes.iter().take(1) {
                first[usize::from(byte.to_ascii_lowercase())] = true;
                first[usize::from(byte.to_ascii_uppercase())] = true;
            }
            let mask = u64::MAX >> (64 - 8 * bytes.len().min(8));
            let word = Word {
                key: (first_eight(bytes) | CASE) & mask,
                mask,
                from: letters.len() as u32,
                len: bytes.len() as u32,
                number,
                count: 0,
            };
            let found_by = beginnings.add(bytes, is_stem(number as usize)).into_iter();
            listed
                .extend(found_by.map(|one| (one.group(GROUPED), Word { count: one.count, ..word.clone() })));
            letters.extend(bytes.iter().map(u8::to_ascii_lowercase));
        }
        let begins_words = |byte: u8| is_word(byte) || byte >= 0xC0;
        let has_signs = first.iter().zip(0..=255_u8).any(|(first, byte)| *first && !begins_words(byte));
        listed.sort_by_key(|(group, word)| (*group, word.len, word.number));
        // What is found by several hashes of one group is in it once.
        listed.dedup_by_key(|(group, word)| (*group, word.number, word.count));
        let before = |group: usize| listed.partition_point(|(of, _)| *of < group) as u32;
        let groups = (0..=1 << GROUPED).map(before).collect();
        let words = listed.into_iter().map(|(_, word)| word).collect();
        WordList { first, has_signs, beginnings, groups, words, letters }
    }

    /// How the words begin.
    pub(super) fn openings(&self) -> &Openings {
        &self.beginnings.openings
    }

    /// Leaves out positions at which no word may begin, of those whose openings are known.
    pub(super) fn sift(&self, text: &[u8], likely: &mut Positions) {
        self.beginnings.sift(text, likely);
    }

    /// The same as [`WordList::each`] where a word may begin.
    #[inline(always)]
    pub(super) fn each_likely(&self, text: &[u8], give: impl FnMut(u32, usize)) {
        self.read(text, first_eight(text), give);
    }

    /// Gives every word the text begins with, and its length, shortest first.
    #[inline(always)]
    pub(super) fn each(&self, text: &[u8], give: impl FnMut(u32, usize)) {
        let bytes = first_eight(text);
        if self.beginnings.may_begin(bytes) {
            self.read(text, bytes, give);
        }
    }

    /// Gives every word that stands whole between `from` and `to`, with its span.
    pub(super) fn within(
        &self,
        text: &[u8],
        (from, to): (usize, usize),
        mut give: impl FnMut(u32, usize, usize),
    ) {
        let mut word_before = from > 0 && is_word(text[from - 1]);
        for (at, byte) in text[..to].iter().enumerate().skip(from) {
            let inside = std::mem::replace(&mut word_before, is_word(*byte));
            if !inside && self.first[usize::from(*byte)] {
                self.whole_at(text, at, to, &mut give);
            }
        }
    }

    /// Gives every word that begins at `at`, ends at `to` at the latest and stands whole, with its span.
    #[inline(always)]
    pub(super) fn whole_at(
        &self,
        text: &[u8],
        at: usize,
        to: usize,
        give: &mut impl FnMut(u32, usize, usize),
    ) {
        let mut boundary = None;
        self.each(&text[at..to], |word, len| {
            if *boundary.get_or_insert_with(|| !cuts_word(text, at)) && !cuts_word(text, at + len) {
                give(word, at, at + len);
            }
        });
    }

    fn read(&self, text: &[u8], bytes: u64, mut give: impl FnMut(u32, usize)) {
        let head = bytes | CASE;
        self.beginnings.each(bytes, |one, lens| {
            let group = one.group(GROUPED);
            let words = &self.words[self.groups[group] as usize..self.groups[group + 1] as usize];
            let alike = |word: &&Word| (head ^ word.key) & word.mask == 0 && word.count == one.count;
            for word in words.iter().filter(alike).filter(|word| lens.contains(&word.len)) {
                let (from, len) = (word.from as usize, word.len as usize);
                let letters = &self.letters[from..from + len];
                if text.get(..len).is_some_and(|text| text.eq_ignore_ascii_case(letters)) {
                    give(word.number, len);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::seeded::Seeded;
    use super::*;

    fn each(list: &WordList, text: &str) -> Vec<(u32, usize)> {
        let mut out = Vec::new();
        list.each(text.as_bytes(), |word, len| out.push((word, len)));
        out
    }

    #[test]
    fn every_word_at_the_beginning_is_given() {
        let words = ["id", "id card", "dni", "número", "n.º", "a", "card holder"].map(String::from);
        let list = WordList::new(&words, |_| false);
        assert_eq!(each(&list, "ID Card no"), [(0, 2), (1, 7)]);
        assert_eq!(each(&list, "id"), [(0, 2)]);
        assert_eq!(each(&list, "id\0"), [(0, 2)]);
        assert_eq!(each(&list, "dnx"), []);
        assert_eq!(each(&list, "número 1"), [(3, 7)]);
        assert_eq!(each(&list, "n.º"), [(4, 4)]);
        assert_eq!(each(&list, "a/"), [(5, 1)]);
        assert_eq!(each(&list, "idx"), [], "a letter follows a short word");
        assert_eq!(each(&list, "a"), [(5, 1)]);
        let stems = WordList::new(&["asth".to_owned()], |_| true);
        assert_eq!(each(&stems, "Asthmatique"), [(0, 4)]);
        assert_eq!(each(&list, "Card Holders"), [(6, 11)]);
        assert_eq!(each(&list, "card hold"), []);
        assert_eq!(each(&list, "id\rcard"), [(0, 2)], "a sign that differs from a space in one bit");
        assert_eq!(each(&list, "ñ"), []);
        assert_eq!(each(&list, ""), []);
        assert!(each(&WordList::new(&[], |_| false), "id").is_empty());
    }

    #[test]
    fn the_words_are_those_that_a_look_at_each_finds() {
        let mut seeded = Seeded::new(5);
        let letters = ["a", "b", "e", " ", "é", "-", "A", "\r"];
        let mut word =
            |most: u64| -> String { (0..1 + seeded.below(most)).map(|_| seeded.of(&letters)).collect() };
        let mut words: Vec<String> = (0..400).map(|_| word(10).to_ascii_lowercase()).collect();
        words.sort();
        words.dedup();
        let stem = |number: usize| number.is_multiple_of(5) && words[number].len() >= 4;
        let list = WordList::new(&words, stem);
        let byte = |text: &str, at: usize| text.as_bytes().get(at).is_some_and(|byte| is_word(*byte));
        let (mut met, mut stems) = (0, 0);
        for round in 0..20_000 {
            // Every other text begins with a word of the list.
            let begun = if round % 2 == 0 { words[round % words.len()].as_str() } else { "" };
            let text = format!("{begun}{}", word(14));
            let given = each(&list, &text);
            assert!(given.is_sorted_by_key(|(_, len)| *len), "{text:?}");
            for (number, word) in words.iter().enumerate() {
                let (len, bytes) = (word.len(), text.as_bytes());
                let begins = bytes.get(..len).is_some_and(|t| t.eq_ignore_ascii_case(word.as_bytes()));
                let parted = !byte(word, len - 1) || !byte(&text, len);
                let is_given = given.contains(&(number as u32, len));
                assert!(begins || !is_given, "{word:?} in {text:?}");
                assert!(is_given || !begins || !(parted || stem(number)), "{word:?} in {text:?}");
                met += usize::from(begins && parted);
                stems += usize::from(begins && !parted && stem(number));
            }
        }
        assert!(met > 10_000 && stems > 100, "{met} {stems}");
    }
}
