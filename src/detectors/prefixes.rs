//! Sieves for literals: which positions may begin one, by the first four bytes.
//!
//! Literals that begin with a sign may stand anywhere and are sieved 64 positions at a time (the Teddy
//! algorithm of Hyperscan, "nibble" variant with eight buckets). All others begin where words do: there are
//! far more of them than eight buckets tell apart and far fewer places, which are looked up one by one.
#![allow(clippy::indexing_slicing)] // Indices are nibbles (< 16), positions (< 4), buckets (< 8), masked hashes.

use super::boundary::is_word;
use super::openings::{CASE, Openings, first};
use super::positions::Positions;

/// How many bytes the sieve looks at.
pub(super) const DEPTH: usize = 4;

/// Bits of the sieve of words.
const WORDS: usize = 1 << 14;

/// For each of four positions, which buckets allow a low and a high nibble.
#[derive(Clone, Debug)]
pub(super) struct Prefixes {
    pub(super) low: [[u8; 16]; DEPTH],
    pub(super) high: [[u8; 16]; DEPTH],
    /// Whether any literal begins with a sign.
    pub(super) any: bool,
    pub(super) words: WordPrefixes,
}

/// How the literals that begin with an ASCII letter or digit begin.
#[derive(Clone, Debug)]
pub(super) struct WordPrefixes {
    pub(super) openings: Openings,
    /// Which beginnings there are, hashed.
    bits: Vec<u64>,
    /// How long they are: whether any is of one, two, three and four bytes.
    lengths: [bool; DEPTH],
}

impl WordPrefixes {
    fn new<'a>(literals: impl Iterator<Item = &'a str>) -> WordPrefixes {
        let mut out =
            WordPrefixes { openings: Openings::new(), bits: vec![0; WORDS / 64], lengths: [false; DEPTH] };
        for literal in literals {
            let head = head(literal.as_bytes());
            let length = literal.len().min(DEPTH);
            let bit = WordPrefixes::bit(head, length);
            out.bits[bit / 64] |= 1 << (bit % 64);
            out.lengths[length - 1] = true;
            out.openings.add(literal.as_bytes(), true);
        }
        out
    }

    /// Leaves out positions at which no literal may begin, of those whose openings are known.
    pub(super) fn sift(&self, text: &[u8], literals: &mut Positions) {
        literals.retain((0, 0), |at| self.may_begin(head(&text[at..])));
    }

    /// Whether a text may begin a literal, by its [`head`].
    fn may_begin(&self, head: u32) -> bool {
        (1..=DEPTH).any(|length| {
            let bit = WordPrefixes::bit(head, length);
            self.lengths[length - 1] && self.bits[bit / 64] >> (bit % 64) & 1 == 1
        })
    }

    #[inline(always)]
    fn bit(head: u32, length: usize) -> usize {
        let kept = head & (u32::MAX >> (8 * (DEPTH - length)));
        (kept.wrapping_mul(0x9E37_79B1) >> 18) as usize & (WORDS - 1)
    }
}

/// The first four bytes of a text, the first one lowest; what lies beyond it is 0. ASCII case is left aside,
/// and so are some other differences.
#[inline(always)]
fn head(text: &[u8]) -> u32 {
    u32::from_le_bytes(first::<DEPTH>(text)) | CASE
}

impl Prefixes {
    /// The sieve of these literals, in any ASCII case. Literals with equal beginnings share a bucket,
    /// so that eight buckets cut as sharply as they can.
    pub(super) fn new(literals: &[String]) -> Prefixes {
        let (words, signs): (Vec<&String>, Vec<&String>) =
            literals.iter().partition(|literal| literal.bytes().next().is_some_and(is_word));
        let words = WordPrefixes::new(words.into_iter().map(String::as_str));
        let mut out =
            Prefixes { low: [[0; 16]; DEPTH], high: [[0; 16]; DEPTH], any: !signs.is_empty(), words };
        let mut sorted: Vec<String> = signs.iter().map(|literal| literal.to_ascii_lowercase()).collect();
        sorted.sort();
        // Shorter literals are their own beginning.
        let head = |text: &String| text.bytes().take(DEPTH).collect::<Vec<u8>>();
        sorted.dedup_by(|later, first| head(later) == head(first));
        let count = sorted.len().max(1);
        for (at, literal) in sorted.iter().enumerate() {
            let bucket = 1_u8 << (at * 8 / count);
            for position in 0..DEPTH {
                match literal.as_bytes().get(position) {
                    Some(byte) => {
                        out.allow(position, byte.to_ascii_lowercase(), bucket);
                        out.allow(position, byte.to_ascii_uppercase(), bucket);
                    }
                    None => (0..=255).for_each(|byte| out.allow(position, byte, bucket)),
                }
            }
        }
        out
    }

    fn allow(&mut self, position: usize, byte: u8, bucket: u8) {
        self.low[position][usize::from(byte & 15)] |= bucket;
        self.high[position][usize::from(byte >> 4)] |= bucket;
    }

    /// Whether the bytes may begin a literal that begins with a sign; what lies beyond the text is 0.
    pub(super) fn may_begin(&self, bytes: [u8; DEPTH]) -> bool {
        let mut buckets = 0xFF;
        for (position, byte) in bytes.iter().enumerate() {
            buckets &=
                self.low[position][usize::from(byte & 15)] & self.high[position][usize::from(byte >> 4)];
        }
        buckets != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_literal_is_sieved_out() {
        let literals: Vec<String> =
            ["pwd", "contrase", "mot de passe", "-----BEGIN", "hasło", "$1$", "$6$", "2fa", "://"]
                .map(String::from)
                .to_vec();
        let prefixes = Prefixes::new(&literals);
        for literal in &literals {
            for cased in [literal.clone(), literal.to_ascii_uppercase()] {
                let mut bytes = [b'!'; DEPTH];
                for (to, from) in bytes.iter_mut().zip(cased.bytes()) {
                    *to = from;
                }
                let word = is_word(bytes[0]) && prefixes.words.may_begin(head(&bytes));
                assert!(word || prefixes.may_begin(bytes), "{cased}");
                assert_eq!(word, is_word(literal.as_bytes()[0]), "{cased}");
            }
        }
        assert!(!prefixes.may_begin(*b"hola") && !prefixes.words.may_begin(head(b"hola")));
        assert!(prefixes.words.may_begin(head(b"PWD")) && prefixes.words.may_begin(head(b"pwd\xFF")));
        assert!(!prefixes.words.may_begin(head(b"pw")));
        let none = Prefixes::new(&[]);
        assert!(!none.may_begin(*b"pass") && !none.words.may_begin(head(b"pass")));
    }
}
