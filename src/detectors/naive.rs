//! The naive engine: every row's regular expression in turn over the whole text. Slow, plain, and the
//! oracle of the fast one.
//!
//! It finds starts with the `regex` crate, unanchored, and shares neither the start classes nor the
//! union automaton: each row's longest end comes from an automaton of that row alone.

use regex::bytes::{Regex, RegexBuilder};

use super::start::{LOCAL_CLASS, LOCAL_MAX, quoted_local};
use super::union::{Ends, Union};

/// What stands before a row's matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// No letter or digit.
    Word,
    /// No letter or digit, unless the match begins with a sign.
    Literal,
    /// A local part, which belongs to the match.
    AtSign,
}

/// One row's regular expressions.
pub(super) struct Single {
    /// Finds where a match begins: one byte later than its own, for rows that need a boundary.
    finder: Regex,
    /// Finds the longest end from there.
    ends: Union,
    /// The same from an at sign behind a quoted local part.
    behind: Option<Union>,
    begin: Begin,
}

/// The whole regular expression of a row that starts at an at sign.
fn with_local(pattern: &str) -> String {
    format!("{LOCAL_CLASS}{{1,{LOCAL_MAX}}}(?:{pattern})")
}

impl Single {
    /// The regular expressions of a pattern.
    pub(super) fn new(pattern: &str, begin: Begin) -> Result<Single, String> {
        let (whole, finder) = match begin {
            Begin::AtSign => (with_local(pattern), with_local(pattern)),
            Begin::Literal => (pattern.to_owned(), format!("(?s:.)(?:{pattern})")),
            Begin::Word => (pattern.to_owned(), format!("[^0-9A-Za-z](?:{pattern})")),
        };
        let finder = RegexBuilder::new(&finder)
            .unicode(false)
            .size_limit(64 << 20)
            .dfa_size_limit(64 << 20)
            .build()
            .map_err(|error| error.to_string())?;
        let behind = (begin == Begin::AtSign).then(|| Union::new(&[pattern.to_owned()])).transpose()?;
        Ok(Single { finder, ends: Union::new(&[whole])?, behind, begin })
    }

    /// Gives every match: all starts, and the longest end from each.
    pub(super) fn each(&self, text: &[u8], mut give: impl FnMut(usize, usize)) {
        let mut ends = Ends::default();
        if let Some(behind) = &self.behind {
            self.each_at_sign(text, behind, &mut ends, give);
            return;
        }
        if !text.is_empty()
            && let Some(end) = longest(&self.ends, text, 0, &mut ends)
        {
            give(0, end);
        }
        let mut from = 0;
        while let Some(found) = self.finder.find_at(text, from) {
            let start = found.start() + 1;
            let word =
                |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
            let cuts = self.begin == Begin::Literal && word(start.checked_sub(1)) && word(Some(start));
            if !cuts && let Some(end) = longest(&self.ends, text, start, &mut ends) {
                give(start, end);
            }
            from = start;
        }
    }

    fn each_at_sign(&self, text: &[u8], behind: &Union, ends: &mut Ends, mut give: impl FnMut(usize, usize)) {
        let mut from = 0;
        while let Some(found) = self.finder.find_at(text, from) {
            if let Some(end) = longest(&self.ends, text, found.start(), ends) {
                give(found.start(), end);
            }
            // One match for each at sign: the next begins behind this one's.
            from = match text.get(found.range()).and_then(|matched| memchr::memchr(b'@', matched)) {
                Some(sign) => found.start() + sign + 1,
                None => found.end(),
            };
        }
        for at in memchr::memmem::find_iter(text, b"\"@").map(|quote| quote + 1) {
            let local = quoted_local(text.get(at.saturating_sub(LOCAL_MAX)..at).unwrap_or(&[]));
            if local > 0
                && let Some(end) = longest(behind, text, at, ends)
            {
                give(at - local, end);
            }
        }
    }
}

/// The longest match from here.
fn longest(union: &Union, text: &[u8], at: usize, ends: &mut Ends) -> Option<usize> {
    union.walk(text, at, ends);
    ends.ends.first().filter(|_| ends.rows & 1 == 1).map(|end| *end as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pattern: &str, begin: Begin, text: &str) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        Single::new(pattern, begin).unwrap().each(text.as_bytes(), |start, end| out.push((start, end)));
        out
    }

    #[test]
    fn every_start_after_a_boundary_counts() {
        assert_eq!(
            all("[0-9]{2}(?: [0-9]{2}){0,1}", Begin::Word, "12 34 56 x78 90"),
            [(0, 5), (3, 8), (6, 8), (13, 15)]
        );
        assert_eq!(all("[0-9]{2}", Begin::Word, ""), []);
    }

    #[test]
    fn a_sign_may_follow_a_letter() {
        assert_eq!(all("://[a-z]|[a-z]://", Begin::Literal, "a://b a ://c"), [(0, 4), (1, 5), (8, 12)]);
        assert_eq!(all("\\+[0-9]", Begin::Word, "a+1 +2"), [(4, 6)]);
    }

    #[test]
    fn a_quoted_local_part_is_taken_whole() {
        assert_eq!(all("@[a-z]{1,9}", Begin::AtSign, "to \"a b\"@c and x\"q\"@d"), [(3, 10)]);
    }

    #[test]
    fn one_match_for_each_at_sign() {
        let domain = "@[a-z]{1,9}(?:\\.[a-z]{1,9}){1,3}";
        assert_eq!(all(domain, Begin::AtSign, "a.b@c.d.e@f.g"), [(0, 9), (4, 13)]);
    }
}
