//! Reading text around a word: letters, words, lines, sentences. Every position is a character boundary of
//! the text, and positions outside it read as its end.

use super::super::boundary::is_alphabetic;

/// How far a sentence is followed in each direction, in bytes.
const SENTENCE: usize = 180;

/// A run of letters, with apostrophes and dashes between letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
}

/// The text from a position on.
pub(super) fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or("")
}

/// The text before a position.
pub(super) fn head(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or("")
}

/// A part of the text.
pub(super) fn part(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or("")
}

/// The character at a position.
pub(super) fn char_at(text: &str, at: usize) -> Option<char> {
    rest(text, at).chars().next()
}

/// The character that ends at a position.
pub(super) fn char_before(text: &str, at: usize) -> Option<char> {
    head(text, at).chars().next_back()
}

/// Whether the character parts words without ending a line.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{A0}' | '\u{202F}' | '\u{2007}' | '\u{2009}')
}

/// Behind the characters a condition allows, at most `most` of them.
pub(super) fn skip(text: &str, at: usize, most: usize, mut allowed: impl FnMut(char) -> bool) -> usize {
    let mut end = at;
    for c in rest(text, at).chars().take(most) {
        if !allowed(c) {
            break;
        }
        end += c.len_utf8();
    }
    end
}

/// Behind blanks.
pub(super) fn skip_blanks(text: &str, at: usize) -> usize {
    skip(text, at, 16, is_blank)
}

/// Before the blanks that end at a position.
pub(super) fn back_blanks(text: &str, at: usize) -> usize {
    at - head(text, at).chars().rev().take(16).take_while(|c| is_blank(*c)).map(char::len_utf8).sum::<usize>()
}

fn joins(c: char) -> bool {
    matches!(c, '\'' | '’' | '-' | '‑' | '·')
}

fn is_letter(c: char) -> bool {
    is_alphabetic(c) || ('\u{300}'..='\u{36F}').contains(&c)
}

/// The word that begins at a position.
pub(super) fn word_at(text: &str, at: usize) -> Option<Word> {
    // Most words are plain letters, and what is behind them ends them.
    let bytes = rest(text, at).as_bytes();
    let plain = bytes.iter().take(64).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if plain < 64 && bytes.get(plain).is_none_or(|byte| byte.is_ascii() && *byte != b'-' && *byte != b'\'') {
        return (plain > 0).then_some(Word { start: at, end: at + plain });
    }
    let mut end = at;
    let mut letters = rest(text, at).chars().take(64).peekable();
    while let Some(c) = letters.next() {
        let inside = joins(c) && end > at && letters.peek().is_some_and(|next| is_letter(*next));
        if !is_letter(c) && !inside {
            break;
        }
        end += c.len_utf8();
    }
    (end > at).then_some(Word { start: at, end })
}

/// The word that ends at a position.
pub(super) fn word_before(text: &str, at: usize) -> Option<Word> {
    let mut start = at;
    let mut letters = head(text, at).chars().rev().take(64).peekable();
    while let Some(c) = letters.next() {
        let inside = joins(c) && start < at && letters.peek().is_some_and(|next| is_letter(*next));
        if !is_letter(c) && !inside {
            break;
        }
        start -= c.len_utf8();
    }
    (start < at).then_some(Word { start, end: at })
}

/// Whether only blanks and signs of quotes stand between the line's beginning and a position.
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    let before = head(text, at).trim_end_matches(|c: char| {
        is_blank(c) || matches!(c, '>' | '|' | '*' | '_' | '-' | '–' | '"' | '¡' | '«')
    });
    before.is_empty() || before.ends_with('\n')
}

/// The sentence around a span: up to a full stop, question or exclamation mark, a semicolon or an empty
/// line, and [`SENTENCE`] bytes at most in each direction.
pub(super) fn sentence(text: &str, start: usize, end: usize) -> (usize, usize) {
    let before = head(text, start);
    let mut from = start;
    let mut later: [Option<char>; 2] = [None, None];
    for c in before.chars().rev() {
        if start - from > SENTENCE || ends_sentence(c, later) {
            break;
        }
        from -= c.len_utf8();
        later = [Some(c), later[0]];
    }
    let mut upto = end;
    let mut letters = rest(text, end).chars().peekable();
    while let Some(c) = letters.next() {
        let next = letters.peek().copied();
        if upto - end > SENTENCE || ends_sentence(c, [next, next]) {
            break;
        }
        upto += c.len_utf8();
    }
    (from, upto)
}

/// Whether a sentence ends with a character, by the two that follow it.
fn ends_sentence(c: char, later: [Option<char>; 2]) -> bool {
    match c {
        '!' | '?' | ';' | '…' | '\u{1F}' | '{' | '}' => true,
        '.' => later[0].is_none_or(char::is_whitespace),
        '\n' => matches!(later[0], Some('\n' | '\r' | '-' | '*' | '•' | '>')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_apostrophes_and_dashes_between_letters() {
        let word = |text: &'static str| word_at(text, 0).map(|word| &text[word.start..word.end]);
        assert_eq!(word("O'Brien, x"), Some("O'Brien"));
        assert_eq!(word("Jean-Luc "), Some("Jean-Luc"));
        assert_eq!(word("Ana- x"), Some("Ana"));
        assert_eq!(word("Łódź9"), Some("Łódź"));
        assert_eq!(word("9a"), None);
        let before = |text: &'static str| word_before(text, text.len()).map(|w| &text[w.start..w.end]);
        assert_eq!(before("de D’Amico"), Some("D’Amico"));
        assert_eq!(before("x -Ana"), Some("Ana"));
        assert_eq!(before("x "), None);
    }

    #[test]
    fn sentences_end_with_marks_and_empty_lines_but_not_inside_numbers() {
        let text = "Uno. Mi hijo tiene\n1.5 de asma hoy! Dos";
        let at = text.find("asma").unwrap();
        let (from, upto) = sentence(text, at, at + 4);
        assert_eq!(&text[from..upto], " Mi hijo tiene\n1.5 de asma hoy");
        assert_eq!(sentence("a\n\nbc", 3, 4), (2, 5));
        let long = "é".repeat(400);
        let (from, upto) = sentence(&long, 400, 402);
        assert!(long.is_char_boundary(from) && long.is_char_boundary(upto) && upto - from < 400);
    }
}
