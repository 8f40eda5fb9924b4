//! How the words of a list begin: a sieve, ASCII case left aside, through which almost no text passes that
//! begins with none of them.
#![allow(clippy::indexing_slicing)] // Hashes have as many bits as their tables.

use std::ops::RangeInclusive;

use super::openings::{self, Openings, first, followers};
use super::positions::Positions;

/// Bits of a hash, so that one text in fifty or so passes by chance.
pub(super) const BITS: u32 = 18;
/// The bit in which ASCII letters of both cases differ, in each of eight bytes.
pub(super) const CASE: u64 = (openings::CASE as u64) << 32 | openings::CASE as u64;

/// Which hashes there are.
pub(super) type Table = Box<[u64; (1 << BITS) / 64]>;

/// The sieve. Behind that of [`Openings`] a text is looked up in three ways, of which one finds any word: by its first
/// eight bytes, as long words begin; by the letters and digits it begins with, up to anything else, as shorter words
/// are; and by its first four bytes, as all others begin: stems, which go on in letters that the word does not have,
/// and words with a sign or a space among their first eight bytes.
#[derive(Clone, Debug)]
pub(super) struct Beginnings {
    pub(super) openings: Openings,
    heads: Table,
}

impl Beginnings {
    pub(super) fn new() -> Beginnings {
        Beginnings { openings: Openings::new(), heads: Box::new([0; (1 << BITS) / 64]) }
    }

    /// Takes up a word, and says by which beginnings it is found. A stem, of four bytes at least, is followed by
    /// letters; no other word that ends with an ASCII letter or digit is followed by one.
    pub(super) fn add(&mut self, word: &[u8], stem: bool) -> Vec<Beginning> {
        let bytes = first_eight(word);
        let (head, end) = (bytes | CASE, Beginnings::run(bytes));
        let run = count(end);
        self.openings.add(word, stem);
        let found = match word.len() {
            8.. => vec![Beginning::of(head, EIGHT)],
            len if len == run as usize && !stem => vec![Beginning::of(head, end)],
            4.. => vec![Beginning::of(head, FOUR)],
            3 => {
                let mut with: Vec<u64> = followers(word, stem)
                    .map(|next| (bytes & 0xFF_FFFF | u64::from(next) << 24) | CASE)
                    .collect();
                with.sort_unstable();
                with.dedup();
                with.into_iter().map(|head| Beginning::of(head, FOUR)).collect()
            }
            _ => vec![Beginning::of(head, end)],
        };
        for one in &found {
            self.heads[one.bit / 64] |= 1 << (one.bit % 64);
        }
        found
    }

    /// Leaves out positions at which no word may begin, of those whose openings are known.
    pub(super) fn sift(&self, text: &[u8], likely: &mut Positions) {
        #[cfg(target_arch = "x86_64")]
        let done = super::simd::narrow(text, &self.heads, likely);
        #[cfg(not(target_arch = "x86_64"))]
        let done = (0, 0);
        likely.retain(done, |at| self.heads_hold(first_eight(&text[at..])));
    }

    /// Whether a word may begin as a text does, by its first eight bytes.
    #[inline(always)]
    pub(super) fn may_begin(&self, bytes: u64) -> bool {
        self.openings.of(bytes as u32) != 0 && self.heads_hold(bytes)
    }

    #[inline(always)]
    fn heads_hold(&self, bytes: u64) -> bool {
        let head = bytes | CASE;
        self.hold(Beginning::of(head, EIGHT))
            | self.hold(Beginning::of(head, Beginnings::run(bytes)))
            | self.hold(Beginning::of(head, FOUR))
    }

    /// Gives the beginnings of a text by which a word may be found, with the lengths of the words looked for: shortest
    /// first.
    #[inline(always)]
    pub(super) fn each(&self, bytes: u64, mut give: impl FnMut(Beginning, RangeInclusive<u32>)) {
        let (head, end) = (bytes | CASE, Beginnings::run(bytes));
        let run = count(end);
        let [four, plain, eight] = [FOUR, end, EIGHT].map(|end| Beginning::of(head, end));
        // Words found by their first four bytes may be shorter than the letters the text begins with, or longer.
        let by_four = self.hold(four);
        if by_four {
            give(four, 0..=run);
        }
        if run != 4 && run != 8 && self.hold(plain) {
            give(plain, 0..=7);
        }
        if by_four && run < 7 {
            give(four, run + 1..=7);
        }
        if self.hold(eight) {
            give(eight, 8..=u32::MAX);
        }
    }

    #[inline(always)]
    fn hold(&self, one: Beginning) -> bool {
        self.heads[one.bit / 64] >> (one.bit % 64) & 1 == 1
    }

    /// The end of the ASCII letters and digits the eight bytes begin with.
    #[inline(always)]
    fn run(bytes: u64) -> u64 {
        const EACH: u64 = 0x0101_0101_0101_0101;
        // The sum of two bytes below 0x80 carries into no other byte.
        let (lower, plain) = ((bytes | CASE) & (EACH * 0x7F), bytes & (EACH * 0x7F));
        let letter = (lower + EACH * (0x80 - 0x61)) & !(lower + EACH * (0x80 - 0x7B));
        let digit = (plain + EACH * (0x80 - 0x30)) & !(plain + EACH * (0x80 - 0x3A));
        let other = !((letter | digit) & !bytes) & (EACH * 0x80);
        // The highest bit of the first other byte, as its lowest.
        (other & other.wrapping_neg()) >> 7
    }
}

/// The end of a beginning of four bytes among eight: the lowest bit of the byte behind it.
pub(super) const FOUR: u64 = 1 << 32;
/// That of all eight.
pub(super) const EIGHT: u64 = 0;
/// What a hash multiplies by: the golden ratio's share of 64 bits.
pub(super) const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// How many bytes are before an end.
#[inline(always)]
fn count(end: u64) -> u32 {
    end.trailing_zeros() / 8
}

/// So many of the first eight bytes of a text, as a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    bit: usize,
    /// How many bytes.
    pub(super) count: u32,
}

impl Beginning {
    #[inline(always)]
    fn of(head: u64, end: u64) -> Beginning {
        // The end is kept as well: it tells beginnings apart that differ in their length alone.
        let kept = head & end.wrapping_sub(1) | end;
        let bit = (kept.wrapping_mul(FACTOR) >> (64 - BITS)) as usize;
        Beginning { bit, count: count(end) }
    }

    /// So many bits of the hash.
    #[inline(always)]
    pub(super) fn group(self, bits: u32) -> usize {
        self.bit >> (BITS - bits)
    }
}

/// The first eight bytes of a text, the first one lowest; what lies beyond it is 0.
#[inline(always)]
pub(super) fn first_eight(text: &[u8]) -> u64 {
    u64::from_le_bytes(first(text))
}

#[cfg(test)]
mod tests {
    use super::super::check::seeded::Seeded;
    use super::*;

    fn passes(words: &[(&str, bool)], text: &str) -> bool {
        let mut beginnings = Beginnings::new();
        for (word, stem) in words {
            beginnings.add(word.as_bytes(), *stem);
        }
        beginnings.may_begin(first_eight(text.as_bytes()))
    }

    #[test]
    fn words_pass_whatever_may_follow_them() {
        for word in
            ["a", "é", "ab", "a:", "año", "abc", "y/o", "von:", "abcd", "ab cd", "número de", "abcdefg hi"]
        {
            for follower in ["", " ", ".", "\u{a0}", "’", "é", "\0", "\u{11}", "\u{15}x"] {
                assert!(passes(&[(word, false)], &format!("{word}{follower}")), "{word:?} {follower:?}");
                let (upper, parted) =
                    (word.to_ascii_uppercase(), if follower.is_empty() { " " } else { follower });
                assert!(passes(&[(word, false)], &format!("{upper}{parted}xyz")), "{word:?} {follower:?}");
            }
            for follower in ["x", "é", "1", " "].into_iter().filter(|_| word.len() > 3) {
                assert!(passes(&[(word, true)], &format!("{word}{follower}")), "{word:?} {follower:?}");
            }
        }
    }

    #[test]
    fn the_sieve_is_the_same_for_one_and_for_many() {
        let mut beginnings = Beginnings::new();
        for word in ["de", "abcdefgh", "año", "von:", "m'", "a la", "x", "dedede"] {
            beginnings.add(word.as_bytes(), false);
        }
        let mut seeded = Seeded::new(9);
        let pieces = ["de", "a", "la", " ", "'", "ñ", "o", "von:", "m", "abcdefgh", "X", "\n", "9"];
        for len in (0..40).chain([300, 301, 302, 303, 304, 305, 306, 307]) {
            let text: String = (0..len).map(|_| seeded.of(&pieces)).collect();
            let text = text.as_bytes();
            let mut likely = Positions::of(&(0..text.len() as u32).collect::<Vec<_>>());
            let wanted: Vec<u32> = (0..text.len())
                .filter(|at| beginnings.heads_hold(first_eight(&text[*at..])))
                .map(|at| at as u32)
                .collect();
            beginnings.sift(text, &mut likely);
            assert_eq!(likely.as_slice(), wanted, "{len}");
            assert!(len < 100 || wanted.len() > 10 && wanted.len() < text.len() / 2);
        }
    }

    #[test]
    fn texts_that_begin_otherwise_do_not_pass() {
        let words = ["von:", "de la parte de", "am alten", "dni", "an:", "año", "muchas gracias"];
        let words = words.map(|word| (word, false));
        for text in ["von selbst", "de la red", "am Portal", "dnix", "an mich", "a la", "muchos", "", "x"] {
            assert!(!passes(&words, text), "{text:?}");
        }
        assert!(!passes(&[("asth", true)], "asta la") && passes(&[("asth", true)], "Asthmatique"));
    }
}
