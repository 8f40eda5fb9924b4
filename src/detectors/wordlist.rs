//! A list of words over bytes, ASCII case left aside: gives those a text begins with.
//!
//! Almost every text is sent away by its first eight bytes, see [`Beginnings`]. What passes is compared with
//! the few words that begin alike, eight bytes at a time, before any is read to its end.
#![allow(clippy::indexing_slicing)] // Hashes are masked, pairs have 16 bits, words lie where the list put them.

use super::boundary::{cuts_word, is_word};

/// Bytes by which a word is long.
const LONG: usize = 4;
/// Bits of a hash.
const BITS: u32 = 16;
/// The bit in which ASCII letters of both cases differ, in each byte: with it set, letters are equal and
/// nothing that was equal is not.
const CASE: u64 = 0x2020_2020_2020_2020;

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
}

/// Words that have a hash in common, one group for each hash.
#[derive(Clone, Debug)]
struct Groups {
    /// Which hashes there are.
    sieve: Vec<u64>,
    /// Where the words of a hash begin, by its upper bits; one more at the end.
    starts: Vec<u32>,
    /// By hash, then shortest first.
    words: Vec<Word>,
}

/// How words begin, in one sieve. A text is looked up in three ways, of which one finds any word:
///
/// - by its first eight bytes, as words that long begin;
/// - by the letters and digits it begins with, up to anything else: what ends them is part of the word, or the
///   word ends there as well;
/// - by its first four bytes, as stems begin, which go on in letters that the word does not have.
///
/// A byte outside ASCII may be a letter or end a word. Words whose first letters end in one are looked up by four
/// bytes as well, or by two where they have no more.
#[derive(Clone, Debug)]
struct Beginnings {
    bits: Vec<u64>,
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
    short: Groups,
    long: Groups,
    letters: Vec<u8>,
}

impl Beginnings {
    const EACH: u64 = 0x0101_0101_0101_0101;

    /// Takes up a word; a stem is followed by letters.
    fn add(&mut self, word: &[u8], stem: bool) {
        let bytes = first_eight(word);
        let (run, foreign) = Beginnings::run(bytes);
        let plain = word.iter().take(8).all(u8::is_ascii);
        if stem {
            self.mark(bytes | CASE, 4);
        } else if word.len() >= 8 && plain {
            self.mark(bytes | CASE, 8);
        } else if foreign {
            self.mark(bytes | CASE, if word.len() < 4 { 2 } else { 4 });
        } else {
            self.mark(bytes | CASE, run);
        }
    }

    /// How many ASCII letters and digits the eight bytes begin with, and whether what ends them is outside
    /// ASCII.
    #[inline(always)]
    fn run(bytes: u64) -> (u32, bool) {
        const EACH: u64 = Beginnings::EACH;
        // The sum of two bytes below 0x80 carries into no other byte.
        let (lower, plain) = ((bytes | CASE) & (EACH * 0x7F), bytes & (EACH * 0x7F));
        let letter = (lower + EACH * (0x80 - 0x61)) & !(lower + EACH * (0x80 - 0x7B));
        let digit = (plain + EACH * (0x80 - 0x30)) & !(plain + EACH * (0x80 - 0x3A));
        let other = !((letter | digit) & !bytes) & (EACH * 0x80);
        (other.trailing_zeros() / 8, bytes & other & other.wrapping_neg() != 0)
    }

    fn mark(&mut self, head: u64, count: u32) {
        let bit = Beginnings::bit(head, count);
        self.bits[bit / 64] |= 1 << (bit % 64);
    }

    #[inline(always)]
    fn holds(&self, head: u64, count: u32) -> bool {
        let bit = Beginnings::bit(head, count);
        self.bits[bit / 64] >> (bit % 64) & 1 == 1
    }

    #[inline(always)]
    fn bit(head: u64, count: u32) -> usize {
        let kept = if count == 8 { head } else { head & ((1 << (8 * count)) - 1) };
        // How many bytes were kept tells beginnings apart that differ in that alone.
        ((kept ^ u64::from(count)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize
    }

    #[inline(always)]
    fn may_begin(&self, bytes: u64) -> bool {
        let (run, foreign) = Beginnings::run(bytes);
        let head = bytes | CASE;
        self.holds(head, 8) | self.holds(head, run) | self.holds(head, 4) | (foreign && self.holds(head, 2))
    }
}

/// How many of a hash's bits choose a group.
const GROUPED: u32 = 13;

impl Groups {
    fn new(mut words: Vec<Word>, hash: impl Fn(&Word) -> Vec<usize>) -> Groups {
        let mut sieve = vec![0_u64; (1 << BITS) / 64];
        let mut listed: Vec<(usize, Word)> = Vec::new();
        for word in words.drain(..) {
            let mut groups: Vec<usize> = Vec::new();
            for bit in hash(&word) {
                sieve[bit / 64] |= 1 << (bit % 64);
                groups.push(bit >> (BITS - GROUPED));
            }
            groups.sort_unstable();
            groups.dedup();
            listed.extend(groups.into_iter().map(|group| (group, word.clone())));
        }
        listed.sort_by_key(|(group, word)| (*group, word.len, word.number));
        let mut starts = Vec::with_capacity((1 << GROUPED) + 1);
        for group in 0..=1 << GROUPED {
            starts.push(listed.partition_point(|(of, _)| *of < group) as u32);
        }
        Groups { sieve, starts, words: listed.into_iter().map(|(_, word)| word).collect() }
    }

    #[inline(always)]
    fn holds(&self, hash: usize) -> bool {
        self.sieve[hash / 64] >> (hash % 64) & 1 == 1
    }

    #[inline(always)]
    fn of(&self, hash: usize) -> &[Word] {
        let group = hash >> (BITS - GROUPED);
        &self.words[self.starts[group] as usize..self.starts[group + 1] as usize]
    }
}

impl WordList {
    /// The list of these words; empty ones are passed over. A word that is no stem is given for certain only
    /// where no ASCII letter or digit follows its last one.
    pub(super) fn new(words: &[String], is_stem: impl Fn(usize) -> bool) -> WordList {
        let mut letters = Vec::new();
        let mut first = [false; 256];
        let mut beginnings = Beginnings { bits: vec![0; (1 << BITS) / 64] };
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for (word, number) in words.iter().zip(0_u32..).filter(|(word, _)| !word.is_empty()) {
            let bytes = word.as_bytes();
            beginnings.add(bytes, is_stem(number as usize));
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
            };
            letters.extend(bytes.iter().map(u8::to_ascii_lowercase));
            if bytes.len() < LONG { short.push(word) } else { long.push(word) }
        }
        let pairs = |word: &Word| match word.len {
            // Whatever follows a single byte.
            1 => (0..256).map(|second| pair(word.key | second << 8 | CASE)).collect(),
            _ => vec![pair(word.key)],
        };
        let begins_words = |byte: u8| is_word(byte) || byte >= 0xC0;
        let has_signs = first.iter().zip(0..=255_u8).any(|(first, byte)| *first && !begins_words(byte));
        WordList {
            first,
            has_signs,
            beginnings,
            short: Groups::new(short, pairs),
            long: Groups::new(long, |word| vec![four(word.key)]),
            letters,
        }
    }

    /// Gives every word the text begins with, and its length, shortest first.
    #[inline(always)]
    pub(super) fn each(&self, text: &[u8], give: impl FnMut(u32, usize)) {
        let bytes = first_eight(text);
        if self.beginnings.may_begin(bytes) {
            self.read(text, bytes | CASE, give);
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

    fn read(&self, text: &[u8], head: u64, mut give: impl FnMut(u32, usize)) {
        let mut compare = |words: &[Word]| {
            for word in words.iter().filter(|word| (head ^ word.key) & word.mask == 0) {
                let (from, len) = (word.from as usize, word.len as usize);
                let letters = &self.letters[from..from + len];
                if text.get(..len).is_some_and(|text| text.eq_ignore_ascii_case(letters)) {
                    give(word.number, len);
                }
            }
        };
        if self.short.holds(pair(head)) {
            compare(self.short.of(pair(head)));
        }
        if self.long.holds(four(head)) {
            compare(self.long.of(four(head)));
        }
    }
}

/// The first eight bytes of a text, the first one lowest; what lies beyond it is 0.
#[inline(always)]
fn first_eight(text: &[u8]) -> u64 {
    let bytes = match text.first_chunk::<8>() {
        Some(bytes) => *bytes,
        None => {
            let mut bytes = [0; 8];
            bytes[..text.len()].copy_from_slice(text);
            bytes
        }
    };
    u64::from_le_bytes(bytes)
}

/// The hash of the first two bytes: themselves.
#[inline(always)]
fn pair(head: u64) -> usize {
    (head & 0xFFFF) as usize
}

/// The hash of the first four bytes.
#[inline(always)]
fn four(head: u64) -> usize {
    ((head as u32).wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
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
