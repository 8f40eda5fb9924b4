//! The naive engine: every row's regular expression in turn over the whole text. Slow, plain, and the
//! oracle of the fast one.
//!
//! It finds starts with the `regex` crate, unanchored, and shares neither the start classes nor the
//! union automaton: each row's longest end comes from an automaton of that row alone.

use regex::bytes::{Regex, RegexBuilder};

use super::start::{LOCAL_CLASS, LOCAL_MAX};
use super::union::{Ends, Union};

/// One row's regular expressions.
pub(super) struct Single {
    /// Finds where a match begins: one byte later than its own, for rows that need a boundary.
    finder: Regex,
    /// Finds the longest end from there.
    ends: Union,
    at_sign: bool,
}

/// The whole regular expression of a row that starts at an at sign.
fn with_local(pattern: &str) -> String {
    format!("{LOCAL_CLASS}{{1,{LOCAL_MAX}}}(?:{pattern})")
}

impl Single {
    /// The regular expressions of a pattern.
    pub(super) fn new(pattern: &str, at_sign: bool) -> Result<Single, String> {
        let (whole, finder) = if at_sign {
            let whole = with_local(pattern);
            (whole.clone(), whole)
        } else {
            (pattern.to_owned(), format!("[^0-9A-Za-z](?:{pattern})"))
        };
        let finder = RegexBuilder::new(&finder)
            .unicode(false)
            .size_limit(64 << 20)
            .dfa_size_limit(64 << 20)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Single { finder, ends: Union::new(&[whole])?, at_sign })
    }

    /// Gives every match: all starts, and the longest end from each.
    pub(super) fn each(&self, text: &[u8], mut give: impl FnMut(usize, usize)) {
        let mut ends = Ends::default();
        let mut longest = |at: usize| {
            self.ends.walk(text, at, &mut ends);
            ends.ends.first().filter(|_| ends.rows & 1 == 1).map(|end| *end as usize)
        };
        if self.at_sign {
            let mut from = 0;
            while let Some(found) = self.finder.find_at(text, from) {
                if let Some(end) = longest(found.start()) {
                    give(found.start(), end);
                }
                // One match for each at sign: the next begins behind this one's.
                from = match text.get(found.range()).and_then(|matched| memchr::memchr(b'@', matched)) {
                    Some(sign) => found.start() + sign + 1,
                    None => found.end(),
                };
            }
            return;
        }
        if !text.is_empty()
            && let Some(end) = longest(0)
        {
            give(0, end);
        }
        let mut from = 0;
        while let Some(found) = self.finder.find_at(text, from) {
            let start = found.start() + 1;
            if let Some(end) = longest(start) {
                give(start, end);
            }
            from = start;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pattern: &str, at_sign: bool, text: &str) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        Single::new(pattern, at_sign).unwrap().each(text.as_bytes(), |start, end| out.push((start, end)));
        out
    }

    #[test]
    fn every_start_after_a_boundary_counts() {
        assert_eq!(
            all("[0-9]{2}(?: [0-9]{2}){0,1}", false, "12 34 56 x78 90"),
            [(0, 5), (3, 8), (6, 8), (13, 15)]
        );
        assert_eq!(all("[0-9]{2}", false, ""), []);
    }

    #[test]
    fn one_match_for_each_at_sign() {
        let domain = "@[a-z]{1,9}(?:\\.[a-z]{1,9}){1,3}";
        assert_eq!(all(domain, true, "a.b@c.d.e@f.g"), [(0, 9), (4, 13)]);
    }
}
