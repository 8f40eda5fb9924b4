//! How the groups of a number are parted: part of what makes it likely.

/// What stands between the groups of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parted {
    /// Nothing.
    Bare,
    /// Spaces of any width.
    Spaced,
    /// A dash, a slash, a dot or a plus sign.
    Signed,
}

/// How the digits of a match are parted. Patterns let through ASCII signs, U+00A0, U+202F, and the
/// dashes U+2010 to U+2013 that word processors put in.
pub(super) fn parted(matched: &[u8]) -> Parted {
    let sign = |byte: &u8| matches!(byte, b'-' | b'+' | b'/' | b'.') || (0x90..=0x93).contains(byte);
    match matched.iter().position(|byte| !byte.is_ascii_digit()) {
        None => Parted::Bare,
        Some(_) if matched.iter().any(sign) => Parted::Signed,
        Some(_) => Parted::Spaced,
    }
}

/// The digits after a country prefix of two letters, and whether there was one.
pub(super) fn after_prefix(matched: &[u8]) -> (&[u8], bool) {
    match matched {
        [a, b, rest @ ..] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => (rest, true),
        _ => (matched, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_spaces_of_word_processors_are_known() {
        assert_eq!(parted(b"8112289874"), Parted::Bare);
        assert_eq!(parted("811228\u{a0}9874".as_bytes()), Parted::Spaced);
        assert_eq!(parted("811228\u{202f}9874".as_bytes()), Parted::Spaced);
        assert_eq!(parted("811228\u{2013}9874".as_bytes()), Parted::Signed);
        assert_eq!(parted(b"811228 - 9874"), Parted::Signed);
    }

    #[test]
    fn prefixes_are_two_letters() {
        assert_eq!(after_prefix(b"EL 1"), (b" 1".as_slice(), true));
        assert_eq!(after_prefix(b"1"), (b"1".as_slice(), false));
    }
}
