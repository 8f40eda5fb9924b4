//! Dates of birth: a date behind the words that say so, or in a field of that name.

use super::reading::{char_at, head, rest};
use super::{Kind, Phrases, Read, Site};

/// How far the date may stand behind its cue, in bytes: "nacida en Sevilla, provincia de Sevilla, el".
const REACH: usize = 60;

impl Phrases {
    /// Reads the date behind a cue, or the one just before it ("12/03/1980 (fecha de nacimiento)").
    pub(super) fn birth(&self, site: &Site<'_>, give: &mut impl FnMut(Read)) {
        let rule = site.meaning.rule;
        let weight = site.meaning.weight;
        if let Some((start, end)) = self.date_behind(rule, site) {
            give(Read { start, end, bits: weight });
        } else if let Some((start, end)) = self.date_ahead(rule, site) {
            give(Read { start, end, bits: weight - 1 });
        }
    }

    /// A field that is a date and nothing else.
    pub(super) fn birth_field(&self, rule: u16, text: &str, whole: (usize, usize)) -> Option<Read> {
        let end = self.birth_date(rule, text, whole.0)?;
        // Midnight, as databases write a day.
        let tail = rest(text, end).get(..whole.1.checked_sub(end)?)?;
        let midnight = tail.bytes().all(|b| matches!(b, b'0' | b':' | b'.' | b'T' | b' ' | b'Z' | b'+'));
        midnight.then_some(Read { start: whole.0, end, bits: 0 })
    }

    fn date_behind(&self, rule: u16, site: &Site<'_>) -> Option<(usize, usize)> {
        let text = site.text;
        // An abbreviation of two letters is a cue of what stands directly behind it.
        let reach = if site.end - site.start < 4 { 4 } else { REACH };
        let mut lines = 0;
        let mut before = ' ';
        for (at, c) in rest(text, site.end).char_indices().take_while(|(at, _)| *at <= reach) {
            let here = site.end + at;
            let word_start = c.is_alphanumeric() && !before.is_alphanumeric();
            if word_start && let Some(end) = self.birth_date(rule, text, here) {
                return (!self.is_other(rule, text, (site.end, here))).then_some((here, end));
            }
            lines += usize::from(c == '\n');
            let stops = matches!(c, ';' | '!' | '?' | '{' | '}')
                || c == '.' && here > site.end && char_at(text, here + 1).is_some_and(char::is_whitespace);
            if c.is_ascii_digit() || lines > 1 || stops {
                return None;
            }
            before = c;
        }
        None
    }

    /// Whether the words between a cue and a date say that it is another date.
    fn is_other(&self, rule: u16, text: &str, between: (usize, usize)) -> bool {
        let mut other = false;
        self.near_words(rule, text, between, |kind, _, _, _| other |= kind == Kind::OtherDate);
        other
    }

    /// The date that ends just before a cue: only brackets, dashes and blanks between.
    fn date_ahead(&self, rule: u16, site: &Site<'_>) -> Option<(usize, usize)> {
        let before = head(site.text, site.start);
        let end = before.trim_end_matches([' ', '(', '[', '-', '–', '\u{A0}']).len();
        if before.len() - end > 4 || end == before.len() {
            return None;
        }
        let from = (end.saturating_sub(24)..end).find(|at| {
            let starts = char_at(before, *at).is_some_and(char::is_alphanumeric)
                && head(before, *at).chars().next_back().is_none_or(|c| !c.is_alphanumeric());
            starts && self.birth_date(rule, before, *at) == Some(end)
        })?;
        Some((from, end))
    }
}
