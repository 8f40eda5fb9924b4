//! Words of lexicons, compiled: found at word starts in any case, with or without their marks.
#![allow(clippy::indexing_slicing)] // Word numbers are positions in `meanings`.

use std::collections::{BTreeMap, HashMap};

use super::super::boundary::{char_after, cuts_word, glues};
use super::super::fold::fold;
use super::super::openings::Openings;
use super::super::positions::Positions;
use super::super::wordlist::WordList;
use super::file::Entry;
use super::kind::Kind;

/// Longest ending that may follow a stem, in bytes.
pub(in super::super) const ENDING: usize = 12;
/// Longest form of a word, in bytes: where the plain search stops.
const LONGEST: usize = 64;

/// What a word says to one row.
#[derive(Clone, Debug)]
pub(in super::super) struct Meaning {
    /// Position of the row among those that read words.
    pub(in super::super) rule: u16,
    /// What it says.
    pub(in super::super) kind: Kind,
    /// Evidence in bits.
    pub(in super::super) weight: i32,
    stem: bool,
    exact: Option<Box<str>>,
}

/// A word found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Hit {
    /// First byte.
    pub(in super::super) start: usize,
    /// One past the last byte, endings of stems included.
    pub(in super::super) end: usize,
    /// The row it speaks to.
    pub(in super::super) rule: u16,
    /// Which of the meanings.
    meaning: u32,
}

/// The words.
pub(in super::super) struct Vocabulary {
    words: WordList,
    /// By word.
    meanings: Vec<Meaning>,
    /// Where the meanings of a word begin; one more at the end.
    from: Vec<u32>,
    /// The same words for the plain search that is the oracle of the fast one.
    plain: Option<HashMap<String, u32>>,
}

impl Vocabulary {
    /// The vocabulary of these words, each with the rule it speaks to.
    pub(in super::super) fn new(entries: &[(u16, &Entry)], plain: bool) -> Vocabulary {
        let mut table: BTreeMap<String, Vec<Meaning>> = BTreeMap::new();
        for (rule, entry) in entries {
            for form in forms(entry) {
                table.entry(form).or_default().push(Meaning {
                    rule: *rule,
                    kind: entry.kind,
                    weight: entry.weight,
                    stem: entry.stem,
                    exact: entry.exact.then(|| entry.word.clone().into_boxed_str()),
                });
            }
        }
        let (words, each): (Vec<String>, Vec<Vec<Meaning>>) = table.into_iter().unzip();
        let plain = plain.then(|| words.iter().cloned().zip(0..).collect());
        let stem = |word: usize| each[word].iter().any(|meaning| meaning.stem);
        let words = WordList::new(&words, stem);
        let mut from = vec![0];
        let mut meanings = Vec::new();
        for of_word in each {
            meanings.extend(of_word);
            from.push(meanings.len() as u32);
        }
        Vocabulary { words, meanings, from, plain }
    }

    /// What a hit says.
    pub(in super::super) fn meaning(&self, hit: &Hit) -> &Meaning {
        &self.meanings[hit.meaning as usize]
    }

    /// How the words begin.
    pub(in super::super) fn openings(&self) -> &Openings {
        self.words.openings()
    }

    /// Gives every word that begins at one of these bytes and stands whole. Bytes at which none may begin are left
    /// out of those given, of which the openings are known.
    pub(in super::super) fn at_starts(&self, text: &[u8], starts: &mut Positions, mut give: impl FnMut(Hit)) {
        self.words.sift(text, starts);
        for at in starts.as_slice() {
            let (at, mut boundary) = (*at as usize, None);
            self.words.each_likely(&text[at..], |word, len| {
                if *boundary.get_or_insert_with(|| !cuts_word(text, at)) {
                    self.give(text, at, len, word, &mut give);
                }
            });
        }
    }

    /// Gives every word in a part of a text.
    pub(in super::super) fn within(&self, text: &[u8], from: usize, to: usize, mut give: impl FnMut(Hit)) {
        for at in from..to.min(text.len()) {
            let begins = text[at].is_ascii_alphabetic() || text[at] >= 0xC0;
            if begins && (at == 0 || !text[at - 1].is_ascii_alphanumeric()) {
                self.at(text, at, |hit| {
                    if hit.end <= to {
                        give(hit);
                    }
                });
            }
        }
    }

    /// The same words by looking every beginning up whole: slow, plain, and the fast search's oracle.
    pub(in super::super) fn plainly(&self, text: &str, mut give: impl FnMut(Hit)) {
        let Some(plain) = &self.plain else { return };
        for (at, c) in text.char_indices() {
            if !c.is_alphabetic() || cuts_word(text.as_bytes(), at) {
                continue;
            }
            let rest = &text[at..];
            let ends = rest.char_indices().map(|(end, _)| end).skip(1).chain([rest.len()]);
            for end in ends.take_while(|end| *end <= LONGEST) {
                if let Some(word) = plain.get(&rest[..end].to_ascii_lowercase()) {
                    self.give(text.as_bytes(), at, end, *word, &mut give);
                }
            }
        }
    }

    #[inline]
    fn at(&self, text: &[u8], at: usize, mut give: impl FnMut(Hit)) {
        let mut boundary = None;
        self.words.each(&text[at..], |word, len| {
            if *boundary.get_or_insert_with(|| !cuts_word(text, at)) {
                self.give(text, at, len, word, &mut give);
            }
        });
    }

    fn give(&self, text: &[u8], at: usize, len: usize, word: u32, give: &mut impl FnMut(Hit)) {
        let whole = !cuts_word(text, at + len);
        let (from, to) = (self.from[word as usize], self.from[word as usize + 1]);
        for (meaning, number) in self.meanings[from as usize..to as usize].iter().zip(from..) {
            let end = match (whole, meaning.stem) {
                (true, _) => at + len,
                (false, true) => match ending(text, at + len) {
                    Some(end) => end,
                    None => continue,
                },
                (false, false) => continue,
            };
            if meaning.exact.as_ref().is_some_and(|exact| exact.as_bytes() != &text[at..at + len]) {
                continue;
            }
            give(Hit { start: at, end, rule: meaning.rule, meaning: number });
        }
    }
}

/// The end of the word that goes on at `at`, if it is near.
fn ending(text: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    while let Some(c) = char_after(text, end).filter(|c| glues(*c)) {
        end += c.len_utf8();
        if end - at > ENDING || !c.is_alphabetic() {
            return None;
        }
    }
    Some(end)
}

/// The forms a word is looked for in: as written, in capitals and with a capital where ASCII case does not
/// say it, without its marks, and with `ae oe ue` for umlauts.
fn forms(entry: &Entry) -> Vec<String> {
    if entry.exact || entry.word.is_ascii() {
        return vec![entry.word.to_ascii_lowercase()];
    }
    let lower = entry.word.to_lowercase();
    let mut letters = lower.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let spelled = lower.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
    let mut out = vec![
        lower.to_uppercase(),
        format!("{first}{}", letters.as_str()),
        fold(&lower),
        fold(&spelled),
        lower,
    ];
    // The list leaves ASCII case aside: forms that differ in it alone are one.
    out.iter_mut().for_each(|form| form.make_ascii_lowercase());
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(word: &str, stem: bool, exact: bool) -> Entry {
        let word = word.to_owned();
        Entry { lexicon: "x".into(), kind: Kind::Term, word, stem, exact, weight: 0, month: 0 }
    }

    fn all(text: &str) -> Vec<String> {
        let entries = [
            entry("asma", false, false),
            entry("diabétic", true, false),
            entry("époux", false, false),
            entry("née", false, true),
            entry("C/", false, true),
            entry("straße", false, false),
            entry("Männer", false, false),
            entry("el", false, false),
            entry("el niño", false, false),
        ];
        let listed: Vec<(u16, &Entry)> = entries.iter().map(|entry| (0, entry)).collect();
        let vocabulary = Vocabulary::new(&listed, true);
        let mut fast = Vec::new();
        let starts: Vec<u32> = (0..text.len())
            .filter(|at| {
                let byte = text.as_bytes()[*at];
                let free = *at == 0 || !text.as_bytes()[at - 1].is_ascii_alphanumeric();
                free && (byte.is_ascii_alphabetic() || byte >= 0xC0)
            })
            .map(|at| at as u32)
            .collect();
        vocabulary.at_starts(text.as_bytes(), &mut Positions::of(&starts), |hit| fast.push(hit));
        let (mut within, mut plain) = (Vec::new(), Vec::new());
        vocabulary.within(text.as_bytes(), 0, text.len(), |hit| within.push(hit));
        vocabulary.plainly(text, |hit| plain.push(hit));
        assert_eq!(fast, within, "{text}");
        assert_eq!(fast, plain, "{text}");
        fast.iter().map(|hit| text[hit.start..hit.end].to_owned()).collect()
    }

    #[test]
    fn words_stand_whole_in_any_case_with_or_without_marks() {
        assert_eq!(all("Asma, ASMA; plasma asmas"), ["Asma", "ASMA"]);
        assert_eq!(all("soy diabética y DIABÉTICOS, diabetico"), ["diabética", "DIABÉTICOS", "diabetico"]);
        assert_eq!(all("mon «Époux» ÉPOUX epoux dépoux"), ["Époux", "ÉPOUX", "epoux"]);
        assert_eq!(all("née Née nee"), ["née"]);
        assert_eq!(all("C/ Mayor, c/ x"), ["C/"]);
        assert_eq!(all("Straße STRASSE strasse Maenner"), ["Straße", "STRASSE", "strasse", "Maenner"]);
        assert_eq!(all("el\u{a0}x El niño elx él"), ["el", "El", "El niño"]);
        assert_eq!(all("el"), ["el"]);
        assert_eq!(all("diabéticabcdefghijklmnop diabétic9"), Vec::<String>::new());
    }
}
