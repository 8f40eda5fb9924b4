//! Special categories, offences, minors: a term counts only where it is said of a person.
//!
//! A term alone is the subject of an article; "virus" in a helpdesk is no illness. So a term needs, in its
//! sentence, a person: words such as `mi hijo` or `I suffer from` (kind `person`), or a name found there.
//! The nearer, the likelier. Technical words in the sentence (kind `unlike`, signs of code) speak against.

use super::reading::{char_at, part, sentence};
use super::{Kind, Phrases, Read, Site};

/// Evidence of a person's name in the sentence.
const NAMED: i32 = 7;
/// Evidence against in a sentence with technical words, and with signs of code.
const TECHNICAL: i32 = -7;
const CODE: i32 = -4;

/// What a sentence says about the person of a term.
#[derive(Clone, Copy, Default)]
struct Said {
    person: Option<i32>,
    unlike: bool,
    stopped: bool,
}

impl Phrases {
    /// Judges a term in its sentence; `people` are spans of names in this block, the field at `base`.
    pub(super) fn term(
        &self,
        site: &Site<'_>,
        base: usize,
        people: &[(u32, u32)],
        give: &mut impl FnMut(Read),
    ) {
        if is_token(site.text, site.start, site.end) {
            return;
        }
        let (from, upto) = sentence(site.text, site.start, site.end);
        let said = self.said_of(site, (from, upto));
        if said.stopped {
            return;
        }
        let named = people.iter().filter_map(|(start, end)| {
            let (start, end) = ((*start as usize).checked_sub(base)?, (*end as usize).checked_sub(base)?);
            (start >= from && end <= upto)
                .then(|| NAMED - distance(site.text, (start, end), (site.start, site.end)))
        });
        let Some(person) = named.chain(said.person).max().or_else(|| statement(site)) else { return };
        let code = part(site.text, from, upto).contains(['_', '=', '{', '}', '\\', '|', '`', '<', '$']);
        let against = if said.unlike { TECHNICAL } else { 0 } + if code { CODE } else { 0 };
        give(Read { start: site.start, end: site.end, bits: site.meaning.weight + person + against });
    }

    fn said_of(&self, site: &Site<'_>, span: (usize, usize)) -> Said {
        let mut said = Said::default();
        let rule = site.meaning.rule;
        self.near_words(rule, site.text, span, |kind, start, end, weight| {
            let overlaps = start < site.end && site.start < end;
            match kind {
                Kind::Stop if overlaps => said.stopped = true,
                Kind::Unlike => said.unlike = true,
                Kind::Person if !overlaps => {
                    let near = weight - distance(site.text, (start, end), (site.start, site.end));
                    said.person = said.person.max(Some(near));
                }
                _ => {}
            }
        });
        said
    }
}

/// A statement names its person itself.
fn statement(site: &Site<'_>) -> Option<i32> {
    (site.meaning.kind == Kind::Statement).then_some(0)
}

/// What the words between a person and a term take away, in bits.
fn distance(text: &str, person: (usize, usize), term: (usize, usize)) -> i32 {
    let (from, to, behind) = if person.1 <= term.0 { (person.1, term.0, 0) } else { (term.1, person.0, 1) };
    let words = part(text, from, to).split_whitespace().count();
    behind
        + match words {
            0..=3 => 0,
            4..=6 => 1,
            7..=10 => 2,
            _ => 4,
        }
}

/// Whether the term is a piece of a name of something technical: `depression.rs`, `--hiv`, `/gay`, `#asma`.
fn is_token(text: &str, start: usize, end: usize) -> bool {
    let glue = |c: char| matches!(c, '_' | '/' | '\\' | '@' | '#' | '=' | '$' | '-' | '.' | '&');
    let before = text.get(..start).unwrap_or("").chars().next_back();
    let mut after = text.get(end..).unwrap_or("").chars();
    let hard = |c: char| matches!(c, '_' | '\\' | '@' | '=' | '$' | '(');
    before.is_some_and(glue)
        || after.next().is_some_and(|c| {
            hard(c)
                || matches!(c, '.' | ':' | '/')
                    && after.next().is_some_and(|c| c.is_alphanumeric() || c == ':')
        })
        || char_at(text, end).is_some_and(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_tokens_are_no_terms() {
        for text in
            ["my_|asma|", "asma/|asma|", "|asma|_x", "|asma|.rs", "|asma|::x", "--|asma|", "|asma|(x)"]
        {
            let start = text.find('|').unwrap();
            let plain = text.replace('|', "");
            assert!(is_token(&plain, start, start + 4), "{text}");
        }
        assert!(!is_token("tengo asma.", 6, 10) && !is_token("(asma)", 1, 5) && !is_token("asma: sí", 0, 4));
    }

    #[test]
    fn words_between_take_away() {
        let text = "mi hijo tiene asma y muchas otras cosas que no digo aquí ella";
        assert_eq!(distance(text, (0, 7), (14, 18)), 0);
        assert_eq!(distance(text, (text.len() - 4, text.len()), (14, 18)), 3);
    }
}
