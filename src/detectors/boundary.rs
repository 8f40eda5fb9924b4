//! Where words end, in bytes and in characters.
#![allow(clippy::indexing_slicing)] // Every index is compared with the length first.

/// Whether the byte is an ASCII letter or digit: what a candidate start may not follow.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// The character that ends at `at`, for bytes that are UTF-8.
pub(super) fn char_before(text: &[u8], at: usize) -> Option<char> {
    let from = at.saturating_sub(4);
    let bytes = text.get(from..at)?;
    (1..=bytes.len()).find_map(|n| {
        let tail = &bytes[bytes.len() - n..];
        std::str::from_utf8(tail).ok().and_then(|tail| tail.chars().next())
    })
}

/// The character that begins at `at`.
pub(super) fn char_after(text: &[u8], at: usize) -> Option<char> {
    let bytes = text.get(at..(at + 4).min(text.len()))?;
    (1..=bytes.len()).find_map(|n| std::str::from_utf8(&bytes[..n]).ok().and_then(|s| s.chars().next()))
}

/// Whether a character glues to a number: letters and digits of scripts that part words with spaces.
/// From U+2E80 on (CJK, kana, hangul) words stand without spaces and numbers follow them directly.
pub(super) fn glues(c: char) -> bool {
    c < '\u{2E80}' && c.is_alphanumeric()
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
    fn letters_of_any_alphabet_glue_and_quotes_do_not() {
        let text = "ñ1 «1 汉1 _1 é".as_bytes();
        let ones: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'1').collect();
        let cut: Vec<bool> = ones.iter().map(|at| cuts_word(text, *at)).collect();
        assert_eq!(cut, [true, false, false, false]);
        assert!(!cuts_word(text, 0));
        assert!(!cuts_word(text, text.len()));
    }
}
