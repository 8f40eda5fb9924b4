//! Where words end, in bytes and in characters.
#![allow(clippy::indexing_slicing)] // Every index is compared with the length first.

/// Whether the byte is an ASCII letter or digit: what a candidate start may not follow.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// The character that ends at `at`, for bytes that are UTF-8.
pub(super) fn char_before(text: &[u8], at: usize) -> Option<char> {
    let last = text.get(at.saturating_sub(4)..at)?;
    let length = last.iter().rev().position(|byte| byte & 0xC0 != 0x80)? + 1;
    char_after(&text[..at], at - length).filter(|c| c.len_utf8() == length)
}

/// The character that begins at `at`.
pub(super) fn char_after(text: &[u8], at: usize) -> Option<char> {
    let length = match *text.get(at)? {
        byte @ 0..0x80 => return Some(char::from(byte)),
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    std::str::from_utf8(text.get(at..at + length)?).ok()?.chars().next()
}

/// Whether the character is a letter; that most of them outside ASCII are is known without looking them up.
pub(super) fn is_alphabetic(c: char) -> bool {
    match c {
        '\u{C0}'..='\u{24F}' => !matches!(c, '×' | '÷'),
        _ => c.is_alphabetic(),
    }
}

/// Whether a character glues to a number: letters and digits of scripts that part words with spaces.
/// From U+2E80 on (CJK, kana, hangul) words stand without spaces and numbers follow them directly.
pub(super) fn glues(c: char) -> bool {
    c < '\u{2E80}' && (is_alphabetic(c) || c.is_numeric())
}

/// Whether a token of word characters is cut at `at`.
pub(super) fn cuts_word(text: &[u8], at: usize) -> bool {
    let ascii = |at: Option<usize>| at.and_then(|at| text.get(at)).copied().filter(u8::is_ascii);
    // Almost always both are ASCII, and either being no word character is enough.
    match (ascii(at.checked_sub(1)), ascii(Some(at))) {
        (Some(before), Some(after)) => return is_word(before) && is_word(after),
        (Some(byte), None) | (None, Some(byte)) if !is_word(byte) => return false,
        _ => {}
    }
    let (Some(before), Some(after)) = (char_before(text, at), char_after(text, at)) else { return false };
    glues(before) && glues(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_unicode() {
        assert!(('\0'..=char::MAX).all(|c| is_alphabetic(c) == c.is_alphabetic()));
        assert!(('\0'..'\u{2E80}').all(|c| glues(c) == c.is_alphanumeric()));
    }

    #[test]
    fn characters_are_whole_ones() {
        let text = "aé€😀".as_bytes();
        let ends = [(1, 'a'), (3, 'é'), (6, '€'), (10, '😀')];
        for at in 0..=text.len() + 1 {
            let before = ends.iter().find(|(end, _)| *end == at).map(|(_, c)| *c);
            assert_eq!(char_before(text, at), before, "{at}");
            let after = ends.iter().find(|(end, c)| *end == at + c.len_utf8()).map(|(_, c)| *c);
            assert_eq!(char_after(text, at), after, "{at}");
        }
        assert_eq!((char_before(b"\xC3", 1), char_after(b"a\xE2\x82", 1)), (None, None));
        assert_eq!((char_before(b"\x80\x80", 2), char_after(b"\xFF", 0)), (None, None));
    }

    #[test]
    fn letters_of_any_alphabet_glue_and_quotes_do_not() {
        let text = "ñ1 «1 汉1 _1 é".as_bytes();
        let ones: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'1').collect();
        let cut: Vec<bool> = ones.iter().map(|at| cuts_word(text, *at)).collect();
        assert_eq!(cut, [true, false, false, false]);
        assert!(!cuts_word(text, 0));
        assert!(!cuts_word(text, text.len()));
    }
}
