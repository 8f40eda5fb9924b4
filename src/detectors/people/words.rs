//! Words of a text, folded: runs of letters.
#![allow(clippy::indexing_slicing)] // Offsets come from the same text.

use super::super::fold::fold_char;

/// Longest word looked at, in folded bytes; a longer one is no name.
pub(super) const LONGEST: usize = 48;

/// One word of a text.
pub(super) struct Word {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// Whether it begins with a capital, or is of a script that has none.
    pub(super) capital: bool,
    folded: [u8; LONGEST],
    len: usize,
}

impl Word {
    /// The folded bytes.
    pub(super) fn folded(&self) -> &[u8] {
        &self.folded[..self.len]
    }
}

/// Gives every word of at most [`LONGEST`] folded bytes. Apostrophes and dashes part words, so the two
/// halves of a double name are two words; digits do not belong to words.
pub(super) fn each(text: &str, mut give: impl FnMut(&Word)) {
    let bytes = text.as_bytes();
    let mut word = Word { start: 0, end: 0, capital: false, folded: [0; LONGEST], len: 0 };
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] < 0x80 && !bytes[at].is_ascii_alphabetic() {
            at += 1;
            continue;
        }
        word.start = at;
        word.len = 0;
        let mut fits = true;
        while at < bytes.len() {
            let byte = bytes[at];
            if byte.is_ascii_alphabetic() {
                fits &= word.push(byte | 0x20);
                at += 1;
                continue;
            }
            let Some(c) = (if byte < 0x80 { None } else { text[at..].chars().next() }) else { break };
            let mark = ('\u{300}'..='\u{36F}').contains(&c);
            if !c.is_alphabetic() && !mark {
                break;
            }
            fold_char(c, &mut |folded| {
                for byte in folded.encode_utf8(&mut [0; 4]).bytes() {
                    fits &= word.push(byte);
                }
            });
            at += c.len_utf8();
        }
        if at == word.start {
            // A sign outside ASCII.
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        word.end = at;
        word.capital = text[word.start..].chars().next().is_some_and(|c| !c.is_lowercase());
        if fits {
            give(&word);
        }
    }
}

impl Word {
    fn push(&mut self, byte: u8) -> bool {
        let Some(slot) = self.folded.get_mut(self.len) else { return false };
        *slot = byte;
        self.len += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_runs_of_letters() {
        let mut seen = Vec::new();
        each("¡Hola, María-José O'Brien! x2 «Łódź» 日本", |word| {
            seen.push((String::from_utf8(word.folded().to_vec()).unwrap(), word.capital));
        });
        let folded: Vec<&str> = seen.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(folded, ["hola", "maria", "jose", "o", "brien", "x", "lodz", "日本"]);
        assert!(seen[1].1 && !seen[5].1);
    }

    #[test]
    fn a_word_that_is_too_long_is_none() {
        let mut count = 0;
        each(&format!("{} ok", "a".repeat(49)), |_| count += 1);
        assert_eq!(count, 1);
    }
}
