//! Character maps: from the codes of a string to Unicode, and to the numbers of glyphs (ISO 32000-1, 9.7.5
//! and 9.10.3; Adobe Technical Note 5411).

use std::collections::HashMap;

use super::tokens::{Token, Tokens};

/// Codes one range may have.
const RANGE: u32 = 1 << 16;

/// A character map as it is written in a stream.
#[derive(Default)]
pub(super) struct CMap {
    /// Lengths of codes with their first and last: `(bytes, low, high)`.
    spaces: Vec<(usize, u32, u32)>,
    texts: HashMap<u32, String>,
    ranges: Vec<(u32, u32, String)>,
    numbers: Vec<(u32, u32, u32)>,
}

impl CMap {
    /// Reads a map; what is damaged in it is left out.
    pub(super) fn read(bytes: &[u8]) -> CMap {
        let mut map = CMap::default();
        let mut tokens: Vec<Token> = Vec::new();
        for token in Tokens::new(bytes) {
            let Token::Word(word) = &token else {
                tokens.push(token);
                continue;
            };
            match word.as_slice() {
                b"endcodespacerange" => map.spaces(&tokens),
                b"endbfchar" => map.chars(&tokens),
                b"endbfrange" => map.ranges(&tokens),
                b"endcidchar" => map.numbers(&tokens, 2),
                b"endcidrange" => map.numbers(&tokens, 3),
                _ => {}
            }
            tokens.clear();
        }
        map.numbers.sort_unstable();
        map
    }

    fn spaces(&mut self, tokens: &[Token]) {
        for pair in texts(tokens).chunks_exact(2) {
            if let [low, high] = pair {
                self.spaces.push((low.len().clamp(1, 4), value(low), value(high)));
            }
        }
    }

    fn chars(&mut self, tokens: &[Token]) {
        for pair in texts(tokens).chunks_exact(2) {
            if let [code, text] = pair {
                self.texts.insert(value(code), utf16(text));
            }
        }
    }

    fn ranges(&mut self, tokens: &[Token]) {
        for row in tokens.chunks_exact(3) {
            let [Token::Text(low), Token::Text(high), to] = row else { continue };
            let (low, high) = (value(low), value(high));
            match to {
                Token::Text(text) if high >= low && high - low < RANGE => {
                    self.ranges.push((low, high, utf16(text)));
                }
                Token::Array(items) => {
                    for (code, text) in (low..=high).zip(texts(items)) {
                        self.texts.insert(code, utf16(text));
                    }
                }
                _ => {}
            }
        }
    }

    fn numbers(&mut self, tokens: &[Token], each: usize) {
        for row in tokens.chunks_exact(each) {
            let (Some(Token::Text(low)), Some(Token::Number(to))) = (row.first(), row.last()) else {
                continue;
            };
            let high = match row.get(1) {
                Some(Token::Text(high)) if each == 3 => value(high),
                _ => value(low),
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "glyph numbers have 16 bits"
            )]
            self.numbers.push((value(low), high, *to as u32));
        }
    }

    /// Whether it says nothing of Unicode.
    pub(super) fn has_texts(&self) -> bool {
        !self.texts.is_empty() || !self.ranges.is_empty()
    }

    /// How many bytes the next code has.
    pub(super) fn code_len(&self, bytes: &[u8]) -> Option<usize> {
        let fits = |(len, low, high): &&(usize, u32, u32)| {
            let Some(code) = bytes.get(..*len) else { return false };
            let [low, high] = [low, high].map(|bound| bound.to_be_bytes());
            // Each byte lies between those of the bounds.
            let bounds = low.iter().zip(&high).skip(4 - len);
            code.iter().zip(bounds).all(|(byte, (low, high))| (low..=high).contains(&byte))
        };
        self.spaces.iter().find(fits).or(self.spaces.first()).map(|(len, ..)| *len)
    }

    /// The text of a code.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        if let Some(text) = self.texts.get(&code) {
            return Some(text.clone());
        }
        let (low, _, text) = self.ranges.iter().find(|(low, high, _)| (*low..=*high).contains(&code))?;
        // The last character counts up.
        let mut chars: Vec<char> = text.chars().collect();
        let last = chars.pop()?;
        chars.push(char::from_u32(u32::from(last).checked_add(code - low)?)?);
        Some(chars.into_iter().collect())
    }

    /// The number of the glyph of a code.
    pub(super) fn number(&self, code: u32) -> Option<u32> {
        let (low, _, to) = self.numbers.iter().find(|(low, high, _)| (*low..=*high).contains(&code))?;
        to.checked_add(code - low)
    }
}

fn texts(tokens: &[Token]) -> Vec<&[u8]> {
    let mut texts = Vec::new();
    for token in tokens {
        if let Token::Text(text) = token {
            texts.push(text.as_slice());
        }
    }
    texts
}

/// Up to four bytes as a number.
pub(super) fn value(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> String {
    match bytes {
        [one] => char::from(*one).to_string(),
        _ => encoding_rs::UTF_16BE.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_every_form() {
        let map = CMap::read(
            b"1 begincodespacerange <00> <80> <8140> <fefe> endcodespacerange
            2 beginbfchar <0041> <0042> <01> <D83DDE00> endbfchar
            2 beginbfrange <10> <12> <0061> <20> <21> [<0066 0069> <0078>] endbfrange
            1 begincidrange <30> <39> 100 endcidrange 1 begincidchar <40> 7 endcidchar",
        );
        let text = |code| map.text(code);
        assert_eq!(text(0x41).as_deref(), Some("B"));
        assert_eq!(text(1).as_deref(), Some("😀"));
        assert_eq!(text(0x12).as_deref(), Some("c"));
        assert_eq!(text(0x20).as_deref(), Some("fi"));
        assert_eq!(text(0x21).as_deref(), Some("x"));
        assert_eq!(text(0x99), None);
        assert_eq!((map.number(0x35), map.number(0x40), map.number(0x41)), (Some(105), Some(7), None));
        assert_eq!((map.code_len(b"\x41"), map.code_len(b"\x81\x50")), (Some(1), Some(2)));
    }
}
