//! How the words of several lists begin, in one table: a word of a text is looked up once for all of them.
#![allow(clippy::indexing_slicing)] // Hashes have as many bits as the table; nobody counts past what was given.

use super::boundary::is_word;
use super::positions::Positions;

/// Bits of a hash.
pub(super) const BITS: u32 = 16;
/// Room for them, and for four bytes to be read at the last.
pub(super) const SLOTS: usize = (1 << BITS) + 3;
/// How many lists a table joins.
pub(super) const LISTS: usize = 3;
/// What a hash multiplies by: the golden ratio's share of 32 bits.
pub(super) const FACTOR: u32 = 0x9E37_79B1;
/// The bit in which ASCII letters of both cases differ, in each byte: with it set, letters are equal and
/// nothing that was equal is not.
pub(super) const CASE: u32 = 0x2020_2020;

/// Which lists have a word that begins with the same three or four bytes, by their hash: bit `n` for list `n`.
/// Shorter words are in it with whatever may follow them.
#[derive(Clone, Debug)]
pub(super) struct Openings {
    lists: Box<[u8; SLOTS]>,
}

impl Openings {
    pub(super) fn new() -> Openings {
        Openings { lists: Box::new([0; SLOTS]) }
    }

    /// Takes up a word as one of the first list; a stem is followed by letters.
    pub(super) fn add(&mut self, word: &[u8], stem: bool) {
        let bytes = u32::from_le_bytes(first(word));
        match word.len() {
            0 => {}
            1 => followers(word, stem).for_each(|next| self.lists[three(bytes | u32::from(next) << 8)] |= 1),
            2 => followers(word, stem).for_each(|next| self.lists[three(bytes | u32::from(next) << 16)] |= 1),
            3 => self.lists[three(bytes)] |= 1,
            _ => self.lists[hash(bytes | CASE)] |= 1,
        }
    }

    /// One table for the first lists of several.
    pub(super) fn joined(of: [&Openings; LISTS]) -> Openings {
        let mut out = Openings::new();
        for (list, of) in of.into_iter().enumerate() {
            for (lists, of) in out.lists.iter_mut().zip(of.lists.iter()) {
                *lists |= (of & 1) << list;
            }
        }
        out
    }

    /// The table.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn slots(&self) -> &[u8; SLOTS] {
        &self.lists
    }

    /// The lists a word of which may begin as a text does, by its first four bytes.
    #[inline(always)]
    pub(super) fn of(&self, bytes: u32) -> u8 {
        self.lists[hash(bytes | CASE)] | self.lists[three(bytes)]
    }

    /// Gives each list the positions among word starts at which one of its words may begin: the oracle of the fast
    /// one.
    #[inline(always)]
    pub(super) fn sift(&self, text: &[u8], starts: &[u32], out: [&mut Positions; LISTS]) {
        Positions::sift(starts, out, |at| self.of(u32::from_le_bytes(first(&text[at..]))));
    }
}

/// What may follow a word: no letter or digit where it ends with one, unless it is a stem.
pub(super) fn followers(word: &[u8], stem: bool) -> impl Iterator<Item = u8> {
    let ends = !stem && word.last().is_some_and(|last| is_word(*last));
    (0..=255_u8).filter(move |next| !ends || !is_word(*next))
}

/// The hash of the first byte, and of the letters and digits it begins with among three: whatever else is behind a
/// short word, its hash is the same.
#[inline(always)]
fn three(bytes: u32) -> usize {
    let [first, second, third] = [0, 8, 16].map(|by| PLAIN[(bytes >> by & 0xFF) as usize]);
    let second = if first == 0 { 0 } else { second };
    let third = if second == 0 { 0 } else { third };
    hash((bytes | CASE) & 0xFF | u32::from(second) << 8 | u32::from(third) << 16)
}

/// ASCII letters in lower case, digits, and 0 for all other bytes.
const PLAIN: [u8; 256] = {
    let mut plain = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_alphanumeric() {
            plain[byte] = byte as u8 | 0x20;
        }
        byte += 1;
    }
    plain
};

#[inline(always)]
fn hash(head: u32) -> usize {
    (head.wrapping_mul(FACTOR) >> (32 - BITS)) as usize
}

/// The first bytes of a text; what lies beyond it is 0.
#[inline(always)]
pub(super) fn first<const N: usize>(text: &[u8]) -> [u8; N] {
    match text.first_chunk() {
        Some(bytes) => *bytes,
        None => short(text),
    }
}

#[cold]
fn short<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().zip(text) {
        *to = *from;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_gets_the_words_it_may_have() {
        let table = |words: &[(&str, bool)]| {
            let mut openings = Openings::new();
            words.iter().for_each(|(word, stem)| openings.add(word.as_bytes(), *stem));
            openings
        };
        let text = "DNI de la rúa, von ab: x é dnix abx :a9";
        let starts: Vec<u32> = ["DNI", "de la", "rúa", "von", "ab:", "x é", "é", "dnix", "abx", ":a9"]
            .map(|word| text.find(word).unwrap() as u32)
            .to_vec();
        let openings = Openings::joined([
            &table(&[("dni", false), ("rúa mayor", false), ("x", false), (":", false)]),
            &table(&[("de la parte", false), ("ab", false)]),
            &table(&[("von:", false), ("ab", true)]),
        ]);
        let mut out: [Positions; LISTS] = Default::default();
        let [a, b, c] = &mut out;
        openings.sift(text.as_bytes(), &starts, [a, b, c]);
        let found =
            out.map(|list| list.as_slice().iter().map(|at| &text[*at as usize..]).collect::<Vec<_>>());
        // Words of three bytes are looked up without what follows them.
        let first = [
            "DNI de la rúa, von ab: x é dnix abx :a9",
            "rúa, von ab: x é dnix abx :a9",
            "x é dnix abx :a9",
            "dnix abx :a9",
            ":a9",
        ];
        assert_eq!(found[0], first);
        assert_eq!(found[1], ["de la rúa, von ab: x é dnix abx :a9", "ab: x é dnix abx :a9"]);
        assert_eq!(found[2], ["ab: x é dnix abx :a9", "abx :a9"]);
    }
}
