//! A trie of words over bytes, ASCII case left aside: one table, walked from a word start until no word
//! goes on, which for most words of a text is after two or three bytes.
#![allow(clippy::indexing_slicing)] // States are positions of lines `width` long; classes are below `width`.

/// The trie.
pub(super) struct Trie {
    /// Column of each byte; 0 for bytes in no word.
    classes: [u8; 256],
    width: usize,
    /// Next state by state and column; 0 for none, since the root follows nothing.
    next: Vec<u32>,
    /// The word that ends in a state, from 1; 0 for none.
    ends: Vec<u32>,
    /// Whether a word begins with two bytes of these columns: most words of a text end here, before the
    /// large table is touched.
    pairs: Vec<bool>,
}

impl Trie {
    /// The trie of these words; word `n` is the position in the list.
    pub(super) fn new(words: &[String]) -> Trie {
        let mut classes = [0_u8; 256];
        let mut width = 1;
        for byte in words.iter().flat_map(|word| word.bytes()) {
            let lower = usize::from(byte.to_ascii_lowercase());
            if classes[lower] == 0 && width < 256 {
                classes[lower] = width as u8;
                classes[usize::from(byte.to_ascii_uppercase())] = width as u8;
                width += 1;
            }
        }
        let mut trie =
            Trie { classes, width, next: vec![0; width], ends: vec![0], pairs: vec![false; width * width] };
        for (word, number) in words.iter().zip(1..) {
            let mut state = 0;
            for byte in word.bytes() {
                let at = state * width + usize::from(trie.classes[usize::from(byte)]);
                if trie.next[at] == 0 {
                    trie.next[at] = trie.ends.len() as u32;
                    trie.ends.push(0);
                    trie.next.resize(trie.next.len() + width, 0);
                }
                state = trie.next[at] as usize;
            }
            if state != 0 {
                trie.ends[state] = number;
            }
            let column =
                |at: usize| word.as_bytes().get(at).map(|byte| usize::from(trie.classes[usize::from(*byte)]));
            if let Some(first) = column(0) {
                match column(1) {
                    Some(second) => trie.pairs[first * width + second] = true,
                    None => (0..width).for_each(|second| trie.pairs[first * width + second] = true),
                }
            }
        }
        trie
    }

    /// Whether a word may begin with the two bytes.
    #[inline]
    pub(super) fn begins(&self, first: u8, second: u8) -> bool {
        let (first, second) = (self.classes[usize::from(first)], self.classes[usize::from(second)]);
        self.pairs[usize::from(first) * self.width + usize::from(second)]
    }

    /// Gives every word the text begins with, and its length, shortest first.
    #[inline]
    pub(super) fn walk(&self, text: &[u8], mut give: impl FnMut(u32, usize)) {
        let mut state = 0;
        for (at, byte) in text.iter().enumerate() {
            let class = self.classes[usize::from(*byte)];
            state = self.next[state * self.width + usize::from(class)] as usize;
            if state == 0 || class == 0 {
                return;
            }
            if self.ends[state] != 0 {
                give(self.ends[state] - 1, at + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_at_the_beginning_is_given() {
        let words = ["id", "id card", "dni", "número", "n.º"].map(String::from);
        let trie = Trie::new(&words);
        let walk = |text: &str| {
            let mut out = Vec::new();
            trie.walk(text.as_bytes(), |word, len| out.push((word, len)));
            out
        };
        assert_eq!(walk("ID Card no"), [(0, 2), (1, 7)]);
        assert_eq!(walk("dnx"), []);
        assert!(trie.begins(b'N', b'.') && trie.begins(b'd', b'n') && !trie.begins(b'n', b'd'));
        assert!(Trie::new(&["a".to_owned()]).begins(b'a', b' '));
        assert_eq!(walk("número 1"), [(3, 7)]);
        assert_eq!(walk("ñ"), []);
        assert_eq!(walk(""), []);
        assert_eq!(Trie::new(&[]).next, [0]);
    }
}
