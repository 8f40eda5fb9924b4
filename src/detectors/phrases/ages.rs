//! Ages of children: a number under eighteen before a unit of age, said of a child or of somebody.

use super::reading::{back_blanks, char_before, head, part, sentence};
use super::{Kind, Phrases, Read, Site};

/// Oldest age of a minor, in years.
const YEARS: u16 = 17;
/// Oldest age told in months. In all eight languages the word for month begins with an M and no word for
/// year does.
const MONTHS: u16 = 36;
/// How far a word for a child may stand from its age, in bytes.
const NEAR: usize = 60;

/// How near a word must stand that says a number of years is no age, in bytes.
const THING: usize = 24;

impl Phrases {
    /// Reads the number before a unit of age.
    pub(super) fn age(&self, site: &Site<'_>, give: &mut impl FnMut(Read)) {
        let text = site.text;
        let mut end = back_blanks(text, site.start);
        if head(text, end).ends_with(['-', '‑']) {
            end -= head(text, end).chars().next_back().map_or(0, char::len_utf8);
            end = back_blanks(text, end);
        }
        let digits = head(text, end).bytes().rev().take(3).take_while(u8::is_ascii_digit).count();
        let start = end - digits;
        let Ok(number) = part(text, start, end).parse::<u16>() else { return };
        let months = part(text, site.start, site.end).starts_with(['m', 'M']);
        if number > if months { MONTHS } else { YEARS } {
            return;
        }
        if char_before(text, start).is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | ',' | '-' | '/'))
        {
            return;
        }
        if let Some(bits) = self.said_of_child(site, start) {
            give(Read { start, end: site.end, bits });
        }
    }

    fn said_of_child(&self, site: &Site<'_>, number: usize) -> Option<i32> {
        let text = site.text;
        let (from, upto) = sentence(text, number, site.end);
        let mut unlike = false;
        let mut best: Option<i32> = None;
        self.near_words(site.meaning.rule, text, (from, upto), |kind, start, end, weight| {
            let near = start.saturating_sub(site.end).max(number.saturating_sub(end)) <= NEAR;
            match kind {
                Kind::Unlike if start <= site.end + THING && number <= end + THING => unlike = true,
                Kind::Child if near => best = best.max(Some(weight)),
                // The verb stands directly before the number: "tiene 9 años", "is only 14 years old".
                Kind::AgeVerb if end <= number && number - end <= 12 => best = best.max(Some(weight)),
                _ => {}
            }
        });
        best.filter(|_| !unlike).map(|weight| weight + site.meaning.weight)
    }
}
