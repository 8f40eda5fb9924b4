//! What was removed and what took its place, as keyed hashes, and where such values stand in a text.
//!
//! A value is its letters and digits in lower case, whatever stands between them, so that
//! `ES91 2100 …` and `es912100…` are one. Texts are searched for runs of whole words.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::formats::{Format, Piece, Reading};
use crate::records::Category;

/// Longest run of words that is looked up; of longer values only so many are remembered.
const WORDS: usize = 12;
/// From so many bytes on a value is looked for everywhere; a shorter one in its own record.
const LONG: usize = 6;
/// Shorter values are not looked for: every second word would be one.
const SHORTEST: usize = 3;
/// 2^61 - 1, the modulus of the hash.
const PRIME: u64 = (1 << 61) - 1;

/// The key of the hashes: a polynomial over the bytes, modulo 2^61 - 1, at a secret point.
#[derive(Clone, Copy)]
pub(super) struct ValueKey {
    point: u64,
    start: u64,
}

/// A value as it is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Hashed {
    pub(super) hash: u64,
    bytes: usize,
    /// Its first six bytes.
    head: u64,
}

impl Hashed {
    /// Whether it is looked for everywhere.
    pub(super) fn is_long(self) -> bool {
        self.bytes >= LONG
    }
}

impl ValueKey {
    /// From sixteen secret bytes.
    pub(super) fn new(key: [u8; 16]) -> Self {
        let both = u128::from_be_bytes(key);
        let half = |value: u128| u64::try_from(value % u128::from(PRIME - 2)).unwrap_or(0) + 2;
        Self { point: half(both >> 64), start: half(both & u128::from(u64::MAX)) }
    }

    fn step(self, hash: u64, byte: u8) -> u64 {
        let product = u128::from(hash) * u128::from(self.point) + u128::from(byte) + 1;
        // 2^61 is 1 modulo 2^61 - 1: the halves add up. Both are below 2^62.
        let halves = (product & u128::from(PRIME)) + (product >> 61);
        let sum = u64::try_from(halves).unwrap_or(0);
        if sum >= PRIME { sum - PRIME } else { sum }
    }

    /// Goes on with bytes in lower case.
    fn feed(self, mut hashed: Hashed, bytes: &[u8]) -> Hashed {
        for byte in bytes {
            hashed.hash = self.step(hashed.hash, *byte);
            if hashed.bytes < LONG {
                hashed.head = hashed.head << 8 | u64::from(*byte);
            }
            hashed.bytes += 1;
        }
        hashed
    }

    fn empty(self) -> Hashed {
        Hashed { hash: self.start, bytes: 0, head: 0 }
    }

    /// A value; none where it has no letter and no digit.
    pub(super) fn hash(self, value: &str) -> Option<Hashed> {
        let mut words = Words::default();
        words.split(value);
        let end = words.list.get(..WORDS.min(words.list.len()))?.last()?.lower.end;
        Some(self.feed(self.empty(), words.lower.get(..end)?))
    }

    /// The scope of short values: an item and a record in it.
    pub(super) fn scope(self, path: &str, record: u64) -> u64 {
        let hash =
            path.bytes().chain(record.to_be_bytes()).fold(self.start, |hash, byte| self.step(hash, byte));
        hash.rotate_left(3)
    }
}

/// A run of letters and digits.
#[derive(Clone)]
struct Word {
    /// In the text.
    text: Range<usize>,
    /// In the letters and digits of the text, in lower case and without what stands between words.
    lower: Range<usize>,
}

/// The words of a text.
#[derive(Default)]
struct Words {
    list: Vec<Word>,
    lower: Vec<u8>,
}

impl Words {
    fn split(&mut self, text: &str) {
        self.list.clear();
        self.lower.clear();
        let mut open: Option<(usize, usize)> = None;
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let (length, inside) = if byte.is_ascii() {
                (1, byte.is_ascii_alphanumeric())
            } else {
                let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
                (c.len_utf8(), c.is_alphanumeric())
            };
            if inside && open.is_none() {
                open = Some((at, self.lower.len()));
            }
            match open {
                Some(_) if inside && length == 1 => self.lower.push(byte.to_ascii_lowercase()),
                Some(_) if inside => self.push_lower(text.get(at..at + length).unwrap_or("")),
                Some(start) => {
                    self.end(start, at);
                    open = None;
                }
                None => {}
            }
            at += length;
        }
        if let Some(start) = open {
            self.end(start, text.len());
        }
    }

    fn push_lower(&mut self, c: &str) {
        let mut buffer = [0; 4];
        for lower in c.chars().flat_map(char::to_lowercase) {
            self.lower.extend_from_slice(lower.encode_utf8(&mut buffer).as_bytes());
        }
    }

    fn end(&mut self, (text, lower): (usize, usize), at: usize) {
        self.list.push(Word { text: text..at, lower: lower..self.lower.len() });
    }

    /// The first six bytes from a word on, across words; none where there are fewer.
    fn head(&self, word: &Word) -> Option<u64> {
        let bytes = self.lower.get(word.lower.start..word.lower.start + LONG)?;
        Some(bytes.iter().fold(0, |head, byte| head << 8 | u64::from(*byte)))
    }
}

/// Which beginnings values have: most places of a text need no more than a look here.
#[derive(Clone)]
struct Heads(Vec<u64>);

impl Heads {
    /// Four million bits: of a hundred thousand values one place in forty is looked at in vain.
    const BITS: u32 = 22;

    fn new() -> Self {
        Self(vec![0; 1 << (Self::BITS - 6)])
    }

    fn slot(head: u64) -> (usize, u64) {
        // A multiplication by an odd number spreads six bytes over the upper bits.
        let bit = head.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - Self::BITS);
        (usize::try_from(bit >> 6).unwrap_or(0), 1 << (bit & 63))
    }

    fn insert(&mut self, head: u64) {
        let (at, bit) = Self::slot(head);
        if let Some(word) = self.0.get_mut(at) {
            *word |= bit;
        }
    }

    fn may_hold(&self, head: u64) -> bool {
        let (at, bit) = Self::slot(head);
        self.0.get(at).is_some_and(|word| word & bit != 0)
    }
}

/// An international number as it may be written at home: without its country's code of one to three
/// digits, with and without a trunk zero. Only forms of eight digits or more, which are no common number.
fn at_home(key: ValueKey, value: &str) -> impl Iterator<Item = Hashed> {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let trimmed = value.trim_start_matches(['(', ' ']);
    let bare = match trimmed.starts_with('+') {
        true => Some(digits.clone()),
        false => digits.strip_prefix("00").map(str::to_owned),
    };
    let forms = (1..=3).filter_map(move |code| {
        let national = bare.as_deref()?.get(code..)?.trim_start_matches('0').to_owned();
        (national.len() >= 8).then_some(national)
    });
    forms.flat_map(move |national| [key.hash(&national), key.hash(&format!("0{national}"))]).flatten()
}

/// What one item adds to the sets.
#[derive(Default)]
pub(super) struct Added {
    removed: Vec<(Hashed, Category)>,
    short: Vec<u64>,
    replaced: Vec<(Hashed, bool)>,
    pseudonyms: Vec<(u64, u64)>,
    /// Values too short to be looked for anywhere.
    pub(super) unsearched: u64,
}

impl Added {
    /// A value went and `replacement` came; `scope` is its record.
    pub(super) fn add(
        &mut self,
        key: ValueKey,
        (spelled, category): (&str, Category),
        (replacement, pseudonym): (&str, bool),
        scope: u64,
    ) {
        let value = key.hash(spelled);
        match value {
            Some(value) if value.is_long() => self.removed.push((value, category)),
            Some(value) if value.bytes >= SHORTEST => self.short.push(value.hash ^ scope),
            _ => self.unsearched += 1,
        }
        if category == Category::PHONE_NUMBER {
            self.removed.extend(at_home(key, spelled).map(|value| (value, category)));
        }
        self.own(key, replacement);
        if let (true, Some(value), Some(own)) = (pseudonym, value, key.hash(replacement)) {
            self.pseudonyms.push((own.hash, value.hash));
        }
    }

    /// Takes what another piece adds.
    pub(super) fn extend(&mut self, other: Added) {
        self.removed.extend(other.removed);
        self.short.extend(other.short);
        self.replaced.extend(other.replaced);
        self.pseudonyms.extend(other.pseudonyms);
        self.unsearched += other.unsearched;
    }

    /// Something of olvido's own stands in the output.
    pub(super) fn own(&mut self, key: ValueKey, text: &str) {
        if let Some(hashed) = key.hash(text) {
            self.replaced.push((hashed, text.starts_with('[')));
        }
    }
}

/// All values of a run.
#[derive(Clone)]
pub(super) struct ValueSets {
    key: ValueKey,
    removed: HashMap<u64, Category>,
    short: HashSet<u64>,
    replaced: HashMap<u64, bool>,
    pseudonyms: HashMap<u64, u64>,
    heads: Heads,
    longest: usize,
    /// Pairs of values that share a pseudonym.
    pub(super) shared: u64,
    pub(super) unsearched: u64,
}

/// What stands in a text.
#[derive(Default)]
pub(super) struct Standing {
    words: Words,
    /// What olvido put there.
    pub(super) marks: Vec<Range<usize>>,
    /// What was removed elsewhere.
    pub(super) left: Vec<(Range<usize>, Category)>,
}

impl ValueSets {
    pub(super) fn new(key: ValueKey) -> Self {
        Self {
            key,
            removed: HashMap::new(),
            short: HashSet::new(),
            replaced: HashMap::new(),
            pseudonyms: HashMap::new(),
            heads: Heads::new(),
            longest: 0,
            shared: 0,
            unsearched: 0,
        }
    }

    pub(super) fn take(&mut self, added: Added) {
        for (value, category) in added.removed {
            self.longest = self.longest.max(value.bytes);
            self.heads.insert(value.head);
            self.removed.entry(value.hash).or_insert(category);
        }
        self.short.extend(added.short);
        for (own, bracketed) in added.replaced {
            self.heads.insert(own.head);
            *self.replaced.entry(own.hash).or_insert(bracketed) &= bracketed;
        }
        for (own, value) in added.pseudonyms {
            self.shared += u64::from(*self.pseudonyms.entry(own).or_insert(value) != value);
        }
        self.unsearched += added.unsearched;
    }

    /// How many different values are looked for.
    pub(super) fn len(&self) -> usize {
        self.removed.len() + self.short.len()
    }

    /// Looks through what no scan of a piece reads ([`Format::residue`]) for
    /// long values that were removed; `each` gets their categories.
    pub(super) fn look_beside(
        &self,
        format: &dyn Format,
        piece: &Piece<'_>,
        reading: &Reading<'_>,
        each: &mut dyn FnMut(Category),
    ) {
        let mut standing = Standing::default();
        format.residue(piece, reading, &mut |text| {
            if text.len() >= LONG {
                // No record has this scope: short values are not looked for.
                self.look(text, u64::MAX, &mut standing);
                standing.left.iter().for_each(|(_, category)| each(*category));
            }
        });
    }

    /// Looks a text through.
    pub(super) fn look(&self, text: &str, scope: u64, out: &mut Standing) {
        out.marks.clear();
        out.left.clear();
        out.words.split(text);
        // Own replacements may be longer than any value that was removed.
        let longest = self.longest.max(96);
        let Words { list, lower } = &out.words;
        for (at, first) in list.iter().enumerate() {
            let known = out.words.head(first).is_some_and(|head| self.heads.may_hold(head));
            let longest = if known { longest } else { LONG - 1 };
            let mut hashed = self.key.empty();
            for word in list.iter().skip(at).take(WORDS) {
                if hashed.bytes + word.lower.len() > longest {
                    break;
                }
                hashed = self.key.feed(hashed, lower.get(word.lower.clone()).unwrap_or(&[]));
                let range = first.text.start..word.text.end;
                if let Some(bracketed) = self.replaced.get(&hashed.hash)
                    && (!bracketed || is_bracketed(text, &range))
                {
                    out.marks.push(range.clone());
                }
                if let Some(category) = self.removed.get(&hashed.hash) {
                    out.left.push((range, *category));
                } else if (SHORTEST..LONG).contains(&hashed.bytes)
                    && self.short.contains(&(hashed.hash ^ scope))
                {
                    out.left.push((range, Category::PERSON_NAME));
                }
            }
        }
        out.marks.sort_by_key(|mark| (mark.start, mark.end));
        let (marks, left) = (&out.marks, &mut out.left);
        left.retain(|(range, _)| !covered(text, range, marks));
    }
}

fn is_bracketed(text: &str, range: &Range<usize>) -> bool {
    text.get(..range.start).is_some_and(|before| before.ends_with('['))
        && text.get(range.end..).is_some_and(|after| after.starts_with(']'))
}

/// Whether every letter and digit of a range stands in a mark.
pub(super) fn covered(text: &str, range: &Range<usize>, marks: &[Range<usize>]) -> bool {
    let inside = |at: usize| marks.iter().any(|mark| mark.start <= at && at < mark.end);
    let touched = marks.iter().any(|mark| mark.start < range.end && range.start < mark.end);
    touched
        && text.get(range.clone()).is_some_and(|value| {
            value.char_indices().all(|(at, c)| !c.is_alphanumeric() || inside(range.start + at))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 16] = *b"sixteen bytes in";

    fn left(removed: &[&str], own: &[&str], text: &str) -> Vec<String> {
        let key = ValueKey::new(KEY);
        let mut added = Added::default();
        for value in removed {
            added.add(key, (value, Category::PERSON_NAME), ("", false), key.scope("a", 1));
        }
        own.iter().for_each(|own| added.own(key, own));
        let mut sets = ValueSets::new(key);
        sets.take(added);
        let mut out = Standing::default();
        sets.look(text, key.scope("a", 1), &mut out);
        out.left.iter().map(|(range, _)| text[range.clone()].to_owned()).collect()
    }

    #[test]
    fn a_value_is_found_however_it_is_spaced_and_cased() {
        assert_eq!(left(&["ES91 2100 0418"], &[], "x es912100.0418, y"), ["es912100.0418"]);
        assert_eq!(left(&["es9121000418"], &[], "(ES91-2100-0418)"), ["ES91-2100-0418"]);
        assert_eq!(left(&["Ñusta Ibáñez"], &[], "ñusta\nIBÁÑEZ"), ["ñusta\nIBÁÑEZ"]);
        assert!(left(&["ES91 2100 0418"], &[], "ES91 2100 04180 XES91 2100 0418x").is_empty());
    }

    #[test]
    fn a_number_is_found_as_it_is_written_at_home() {
        let key = ValueKey::new(KEY);
        let mut added = Added::default();
        for number in ["+34 655 123 987", "0044 20 7946 0123"] {
            added.add(key, (number, Category::PHONE_NUMBER), ("", false), 0);
        }
        let mut sets = ValueSets::new(key);
        sets.take(added);
        let mut out = Standing::default();
        for text in ["655123987", "655 12 39 87", "34655123987", "020 7946 0123", "2079460123"] {
            sets.look(text, 0, &mut out);
            assert!(!out.left.is_empty(), "{text}");
        }
        sets.look("123 987, 655 123 986", 0, &mut out);
        assert!(out.left.is_empty());
    }

    #[test]
    fn short_values_are_looked_for_in_their_own_record() {
        let key = ValueKey::new(KEY);
        let mut sets = ValueSets::new(key);
        let mut added = Added::default();
        added.add(key, ("Ana", Category::PERSON_NAME), ("[x]", false), key.scope("a", 1));
        sets.take(added);
        let mut out = Standing::default();
        sets.look("Ana", key.scope("a", 1), &mut out);
        assert_eq!(out.left.len(), 1);
        sets.look("Ana", key.scope("a", 2), &mut out);
        assert!(out.left.is_empty());
    }

    #[test]
    fn what_olvido_wrote_is_no_value() {
        assert!(left(&["person name"], &["[person name]"], "[person name] wrote").is_empty());
        assert_eq!(left(&["person name"], &["[person name]"], "person name"), ["person name"]);
        assert!(left(&["iban x"], &["u1a2b@example.com"], "u1a2b@example.com").is_empty());
    }

    #[test]
    fn two_values_under_one_pseudonym_are_counted() {
        let key = ValueKey::new(KEY);
        let mut added = Added::default();
        for value in ["192.168.100.1", "192.168.100.2", "192.168.100.1"] {
            added.add(key, (value, Category::PERSON_NAME), ("192.0.2.7", true), 0);
        }
        let mut sets = ValueSets::new(key);
        sets.take(added);
        assert_eq!((sets.shared, sets.len()), (1, 2));
        assert!(key.step(PRIME - 1, 255) < PRIME && key.step(0, 0) == 1);
    }
}
