//! Where a row's matches may begin.
//!
//! The fast engine walks its automaton only from candidate starts, which bit arithmetic finds. Each
//! start class is therefore stated twice: as arithmetic in [`super::candidates`], and here as the
//! regular expression every match must have as a beginning. Loading proves that the row's language
//! lies inside it, by walking both automata together.
#![allow(clippy::indexing_slicing)] // Only in a constant, which the compiler evaluates.

use regex_automata::MatchKind;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::util::syntax;

/// One class of candidate starts. At every start the byte before is no ASCII letter or digit, except
/// for [`Start::At`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Start {
    /// A digit.
    Digit,
    /// A letter with a digit at most three bytes later.
    Letter,
    /// Three letters, and a digit seven to nine bytes after the first of them.
    Letters,
    /// A letter that begins a run of at least sixteen letters and digits.
    Run16,
    /// A letter or digit with a colon at most four bytes later.
    Colon,
    /// Two colons.
    DoubleColon,
    /// A letter or digit with dashes two and five bytes later.
    Dash,
    /// A letter or digit with dots four and nine bytes later.
    Dot,
    /// A plus sign.
    Plus,
    /// An at sign: the match begins with the run of local-part bytes before it, 1 to 128.
    At,
    /// One of the row's literals, whatever its ASCII case. A literal that begins with a sign may follow a
    /// letter or digit.
    Literal,
    /// No pattern: whole fields whose own name (a JSON key, a column header) is one of the row's literals.
    NamedField,
    /// No pattern: words of lexicons, at word starts, from which a grammar reads.
    Phrase,
    /// No pattern: names and addresses of people the archive knows.
    KnownPerson,
    /// No pattern: fields that are phone numbers by their role, and numbers of known people.
    KnownPhone,
}

/// How many bytes before an at sign a match may begin: RFC 5321 allows 64 octets for a local part, and
/// what is glued to it (`email=`, a path) is taken off by the row's check.
pub(super) const LOCAL_MAX: usize = 128;

/// The bytes before an at sign that may belong to a local part: `atext` of RFC 5322 section 3.2.3, the
/// dot of dot-atoms, and bytes of UTF-8 (RFC 6531).
pub(super) const LOCAL_CLASS: &str = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\xFF-]";

static LOCAL: [bool; 256] = {
    let mut table = [false; 256];
    let signs = b"!#$%&'*+/=?^_`{|}~.-";
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte >= 0x80 || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < signs.len() {
        table[signs[at] as usize] = true;
        at += 1;
    }
    table
};

/// Whether the byte is in [`LOCAL_CLASS`].
pub(super) fn is_local(byte: u8) -> bool {
    LOCAL.get(usize::from(byte)).copied().unwrap_or(false)
}

/// How long the quoted local part is that ends here (RFC 5321 section 4.1.2), quotes included; 0 for none.
/// Characters that need a backslash are not read.
pub(super) fn quoted_local(before: &[u8]) -> usize {
    let Some((b'"', inside)) = before.split_last() else { return 0 };
    let Some(open) = inside.iter().rposition(|byte| *byte == b'"') else { return 0 };
    let text = inside.get(open + 1..).unwrap_or(&[]);
    let plain = text.iter().all(|byte| (b' '..=b'~').contains(byte) && !matches!(byte, b'\\' | b'<' | b'>'));
    let outside = !inside.get(..open).and_then(<[u8]>::last).is_some_and(|byte| is_local(*byte));
    if plain && outside && (1..=62).contains(&text.len()) { text.len() + 2 } else { 0 }
}

impl Start {
    /// Every class, in the order of the documentation.
    pub const ALL: [Start; 15] = [
        Self::Digit,
        Self::Letter,
        Self::Letters,
        Self::Run16,
        Self::Colon,
        Self::DoubleColon,
        Self::Dash,
        Self::Dot,
        Self::Plus,
        Self::At,
        Self::Literal,
        Self::NamedField,
        Self::Phrase,
        Self::KnownPerson,
        Self::KnownPhone,
    ];

    /// Stable name in row files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Digit => "digit",
            Self::Letter => "letter",
            Self::Letters => "letters",
            Self::Run16 => "run-16",
            Self::Colon => "colon",
            Self::DoubleColon => "double-colon",
            Self::Dash => "dash",
            Self::Dot => "dot",
            Self::Plus => "plus",
            Self::At => "at",
            Self::Literal => "literal",
            Self::NamedField => "named-field",
            Self::Phrase => "phrase",
            Self::KnownPerson => "known-person",
            Self::KnownPhone => "known-phone",
        }
    }

    /// The class of this name.
    pub fn named(name: &str) -> Option<Start> {
        Self::ALL.into_iter().find(|start| start.name() == name)
    }

    /// Whether rows of this class have no pattern.
    pub fn is_without_pattern(self) -> bool {
        matches!(self, Self::NamedField | Self::Phrase | Self::KnownPerson | Self::KnownPhone)
    }

    /// What every match must begin with, as a regular expression over bytes; none for literals, which
    /// the row lists, and for classes without a pattern.
    pub fn condition(self) -> Option<&'static str> {
        match self {
            Self::Digit => Some(r"[0-9]"),
            Self::Letter => Some(r"[A-Za-z](?s:.){0,2}[0-9]"),
            Self::Letters => Some(r"[A-Za-z]{3}(?s:.){4,6}[0-9]"),
            Self::Run16 => Some(r"[A-Za-z][0-9A-Za-z]{15}"),
            Self::Colon => Some(r"[0-9A-Za-z](?s:.){0,3}:"),
            Self::DoubleColon => Some(r"::"),
            Self::Dash => Some(r"[0-9A-Za-z](?s:.)-(?s:.){2}-"),
            Self::Dot => Some(r"[0-9A-Za-z](?s:.){3}\.(?s:.){4}\."),
            Self::Plus => Some(r"\+"),
            Self::At => Some(r"@"),
            Self::Literal | Self::NamedField | Self::Phrase | Self::KnownPerson | Self::KnownPhone => None,
        }
    }
}

/// The condition of a set of classes and literals as one regular expression; empty for none.
pub(super) fn condition(starts: &[Start], literals: &[String]) -> String {
    let mut parts: Vec<String> =
        starts.iter().filter_map(|start| start.condition()).map(str::to_owned).collect();
    parts.extend(literals.iter().map(|literal| caseless(literal)));
    parts.join("|")
}

/// A literal that matches in any ASCII case; other characters as they are.
fn caseless(literal: &str) -> String {
    let mut out = String::new();
    for c in literal.chars() {
        if c.is_ascii_alphabetic() {
            out.push_str(&format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase()));
        } else {
            out.push_str(&regex_syntax::escape(c.encode_utf8(&mut [0; 4])));
        }
    }
    out
}

/// Builds an anchored automaton that knows every match end. Patterns are over bytes.
pub(super) fn anchored(patterns: &[String]) -> Result<dense::DFA<Vec<u32>>, String> {
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .match_kind(MatchKind::All)
                .start_kind(StartKind::Anchored)
                .accelerate(false)
                .dfa_size_limit(Some(64 << 20))
                .determinize_size_limit(Some(256 << 20)),
        )
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(regex_automata::nfa::thompson::Config::new().utf8(false))
        .build_many(patterns)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use regex_automata::Anchored;
    use regex_automata::dfa::Automaton;

    use super::super::lazy::stray;
    use super::*;

    #[test]
    fn a_pattern_inside_its_class_is_let_through() {
        let digit = condition(&[Start::Digit], &[]);
        assert_eq!(stray("[0-9]{8}[A-Za-z]", &digit).unwrap(), None);
        let iban = condition(&[Start::Letter], &[]);
        assert_eq!(stray("[A-Za-z]{2}[0-9]{2}( ?[A-Za-z0-9]){11,30}", &iban).unwrap(), None);
        let word = condition(&[Start::Literal], &["clave".to_owned()]);
        assert_eq!(stray("(?i:clave)s? es", &word).unwrap(), None);
    }

    #[test]
    fn a_pattern_that_begins_elsewhere_is_shown() {
        let digit = condition(&[Start::Digit], &[]);
        assert_eq!(stray("[0-9a]{2}", &digit).unwrap().map(|s| s.starts_with('a')), Some(true));
        let letter = condition(&[Start::Letter], &[]);
        assert!(stray("[A-Z]{4}[0-9]", &letter).unwrap().is_some());
        assert!(stray("[A-Z]{3}[0-9]", &letter).unwrap().is_none());
        assert!(stray("[0-9]{3}|", &digit).unwrap().is_some(), "the empty match");
    }

    #[test]
    fn the_local_class_is_stated_the_same_twice() {
        let dfa = anchored(&[LOCAL_CLASS.to_owned()]).unwrap();
        let start = dfa.universal_start_state(Anchored::Yes).unwrap();
        for byte in 0..=255 {
            assert_eq!(!dfa.is_dead_state(dfa.next_state(start, byte)), is_local(byte), "{byte}");
        }
    }
}
