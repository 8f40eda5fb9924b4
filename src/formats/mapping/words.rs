//! Vendors' words, and what each says of a fact.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::load::constant;
use crate::records::{FactId, FactValue};

/// The words of one fact: lower case, `null` for nothing, `*` for any other.
pub(super) struct Words {
    /// By word; of values no fact of this type can have, none.
    rows: Vec<(Box<str>, Option<FactValue>)>,
    null: Option<usize>,
    other: Option<usize>,
    /// Bytes of the longest.
    longest: usize,
}

impl Words {
    /// Words of a mapping file.
    pub(super) fn new(fact: FactId, words: &BTreeMap<String, String>) -> Words {
        // A map gives its rows in the order of their keys.
        let rows: Vec<(Box<str>, Option<FactValue>)> =
            words.iter().map(|(word, value)| (word.as_str().into(), constant(fact, value))).collect();
        let at = |wanted: &str| rows.iter().position(|(word, _)| **word == *wanted);
        let longest = rows.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
        Words { null: at("null"), other: at("*"), longest, rows }
    }

    /// What a trimmed value says, in any case; none where it is no word of the list.
    pub(super) fn of(&self, value: &str) -> Option<&Option<FactValue>> {
        // No character is longer than four bytes, and none of its lower case shorter than one.
        if value.len() > self.longest.saturating_mul(4) {
            return None;
        }
        self.exact(value).or_else(|| {
            let plain = value.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase());
            if plain { None } else { self.exact(&lowered(value)) }
        })
    }

    fn exact(&self, word: &str) -> Option<&Option<FactValue>> {
        let at = self.rows.binary_search_by(|(known, _)| (**known).cmp(word)).ok()?;
        self.rows.get(at).map(|(_, value)| value)
    }

    /// What nothing says.
    pub(super) fn null(&self) -> Option<&Option<FactValue>> {
        self.rows.get(self.null?).map(|(_, value)| value)
    }

    /// What any other word says.
    pub(super) fn other(&self) -> Option<&Option<FactValue>> {
        self.rows.get(self.other?).map(|(_, value)| value)
    }

    /// Whether a value that is no word of the list says something, too.
    pub(super) fn has_other(&self) -> bool {
        self.other.is_some()
    }

    /// Bytes of the longest word.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }
}

/// The value in lower case, in which most values are.
pub(super) fn lowered(value: &str) -> CompactString {
    if !value.is_ascii() {
        return CompactString::from_str_to_lowercase(value);
    }
    let mut lower = CompactString::from(value);
    lower.make_ascii_lowercase();
    lower
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let rows = [
            ("open", "open"),
            ("abgeschlossen", "closed"),
            ("ähnlich", "hold"),
            ("k", "pending"),
            ("null", "new"),
        ];
        let rows = rows.map(|(word, value)| (word.to_owned(), value.to_owned()));
        Words::new(FactId::named("status").unwrap(), &BTreeMap::from(rows))
    }

    fn word(value: &str) -> Option<String> {
        match words().of(value)? {
            Some(FactValue::Word(word)) => Some(word.to_string()),
            _ => None,
        }
    }

    #[test]
    fn words_are_found_in_any_case() {
        for (value, wanted) in [
            ("open", Some("open")),
            ("OPEN", Some("open")),
            ("Abgeschlossen", Some("closed")),
            ("ÄHNLICH", Some("hold")),
            // The sign of the unit kelvin is three bytes long, its lower case one.
            ("\u{212A}", Some("pending")),
            ("open.", None),
            ("", None),
        ] {
            assert_eq!(word(value).as_deref(), wanted, "{value}");
        }
        assert_eq!(word(&"open ".repeat(40)), None);
        assert!(words().null().is_some() && words().other().is_none());
    }
}
