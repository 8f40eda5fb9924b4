//! Postal addresses: a street's type or a compound, a name, a number; parts of the house; postcode, town.
//!
//! One span for all of it. A street with its number alone is less likely an address, and a postcode with a
//! town is one only behind a cue.

use super::houses::number;
use super::reading::{
    back_blanks, char_at, char_before, head, is_blank, part, rest, skip, skip_blanks, word_at, word_before,
};
use super::{Kind, Phrases, Read, Site};

/// Longest name of a street, in bytes and words.
const LONGEST: usize = 56;
const WORDS: usize = 8;
/// A street without a number, one written in lower case.
const UNNUMBERED: i32 = -4;
const LOWER: i32 = -3;
/// How far before an address its cue may stand, in bytes.
const CUE: usize = 48;

/// A street's name.
struct Street {
    end: usize,
    lower: bool,
}

impl Phrases {
    /// Reads the address at a word; `named` is the weight of a cue in the field's own name.
    pub(super) fn address(&self, site: &Site<'_>, named: Option<i32>, give: &mut impl FnMut(Read)) {
        let found = match site.meaning.kind {
            Kind::Street => self.prefixed(site),
            Kind::StreetLast => self.suffixed(site),
            Kind::StreetEnglish => self.english(site),
            Kind::AddressCue => return self.announced(site, give),
            _ => None,
        };
        if let Some(read) = found {
            let cue =
                self.cue_before(site.meaning.rule, site.text, read.start).max(named.unwrap_or(0).min(3));
            give(Read { bits: read.bits + site.meaning.weight + cue, ..read });
        }
    }

    /// Evidence of a cue shortly before.
    pub(super) fn cue_before(&self, rule: u16, text: &str, at: usize) -> i32 {
        let from = at - head(text, at).chars().rev().take(CUE).map(char::len_utf8).sum::<usize>();
        let mut cue = 0;
        self.near_words(rule, text, (from, at), |kind, _, _, _| {
            if kind == Kind::AddressCue {
                cue = 3;
            }
        });
        cue
    }

    /// `Calle Mayor 5, 3.º B, 28013 Madrid`, `12 bis rue de la Paix, 75002 Paris`.
    fn prefixed(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        let after = site.end + usize::from(char_at(text, site.end) == Some('.'));
        let slashed = head(text, after).ends_with(['/', '.']);
        let at = skip_blanks(text, after);
        if at == after && !slashed {
            return None;
        }
        let (front, numbered) = match number_before(text, site.start) {
            Some(start) => (start, true),
            None => (site.start, false),
        };
        let street = self.street_name(rule, text, at)?;
        let lower = if street.lower { LOWER } else { 0 };
        if numbered {
            let tail = self.tail(rule, text, street.end);
            return Some(Read { start: front, end: tail.end, bits: tail.bits + lower });
        }
        let at = self.before_number(rule, text, street.end);
        let end = match number(text, at) {
            Some(end) if at > street.end => Some(end),
            _ => self.unnumbered(rule, text, at),
        };
        let (tail, bits) = match end {
            Some(end) => (self.tail(rule, text, end), 0),
            None => (self.tail(rule, text, street.end), UNNUMBERED),
        };
        // A street named in passing is no address: it needs its number or a postcode.
        (end.is_some() || tail.bits >= 4).then(|| Read {
            start: front,
            end: tail.end,
            bits: tail.bits + bits + lower,
        })
    }

    /// The end of `s/n`.
    fn unnumbered(&self, rule: u16, text: &str, at: usize) -> Option<usize> {
        let end = skip(text, at, 4, |c| c.is_alphabetic() || c == '/');
        self.is(rule, part(text, at, end), Kind::Unnumbered.bit()).then_some(end)
    }

    /// The name of a street, up to its number, a comma, a line's end or a word that is none of it.
    fn street_name(&self, rule: u16, text: &str, at: usize) -> Option<Street> {
        let (mut here, mut end) = (at, at);
        let (mut words, mut capitals, mut lowers) = (0, 0, 0);
        while words < WORDS && here - at < LONGEST {
            // `Straße des 17. Juni`, `1º de Mayo`, `al. 3 Maja`, `rue du 8 Mai 1945`
            let digits = skip(text, here, 3, |c| c.is_ascii_digit());
            let dated = digits > here && (digits - here) <= 2 && self.dated(rule, text, digits);
            if dated {
                here = skip(text, digits, 4, |c| matches!(c, '.' | 'º' | 'ª' | ' '));
            }
            let Some(word) = word_at(text, here) else { break };
            let raw = part(text, word.start, word.end);
            let first = raw.chars().next()?;
            let particle = self.is(rule, raw, Kind::Particle.bit());
            if self.is(rule, raw, Kind::Nobody.bit() | Kind::NumberSign.bit() | Kind::Unnumbered.bit())
                && !dated
            {
                break;
            }
            if first.is_uppercase() || raw.contains(['\'', '’']) {
                capitals += 1;
            } else if !particle {
                lowers += 1;
                // In lower case at most two words are taken: "calle mayor 5", "calle gran vía 5".
                if capitals > 0 || lowers > 2 {
                    break;
                }
            }
            words += 1;
            if !particle {
                end = word.end;
            }
            let dot = usize::from(char_at(text, word.end) == Some('.') && raw.chars().count() <= 4);
            let gap = skip(text, word.end + dot, 2, is_blank);
            if gap == word.end {
                break;
            }
            here = gap;
        }
        let lower = capitals == 0;
        (end > at && (capitals > 0 || lowers > 0)).then_some(Street { end, lower })
    }

    /// Whether a number in a street's name is the day of a date.
    fn dated(&self, rule: u16, text: &str, at: usize) -> bool {
        let at = skip(text, at, 3, |c| matches!(c, '.' | 'º' | 'ª' | ' '));
        let at = if rest(text, at).starts_with("de ") { at + 3 } else { at };
        word_at(text, at).is_some_and(|word| self.month_of(rule, part(text, word.start, word.end)).is_some())
    }

    /// `Berliner Straße 5`, `Nowy Świat 5` stands for itself; the type is the last word.
    fn suffixed(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        let after = site.end + usize::from(char_at(text, site.end) == Some('.'));
        let at = self.before_number(rule, text, after);
        let end = number(text, at).filter(|_| at > site.end)?;
        let start = self.words_before(rule, text, site.start, false)?;
        let tail = self.tail(rule, text, end);
        Some(Read { start, end: tail.end, bits: tail.bits })
    }

    /// `10 Downing Street, London SW1A 2AA`, `Flat 2, 5 High St`.
    fn english(&self, site: &Site<'_>) -> Option<Read> {
        let (text, rule) = (site.text, site.meaning.rule);
        if !part(text, site.start, site.end).starts_with(char::is_uppercase) {
            return None;
        }
        let name = self.words_before(rule, text, site.start, true)?;
        let mut start = number_before(text, name)?;
        // `version 2 Main Street Theme`
        let led = word_before(text, back_blanks(text, start));
        if led.is_some_and(|word| self.is(rule, part(text, word.start, word.end), Kind::Nobody.bit())) {
            return None;
        }
        let end = site.end + usize::from(char_at(text, site.end) == Some('.') && site.end - site.start <= 4);
        // `Flat 2, `
        let before = head(text, start).trim_end_matches([' ', ',']);
        let digits = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).trim_end();
        if let Some(word) = word_before(text, digits.len())
            && digits.len() < before.len()
            && before.len() - digits.len() <= 5
            && self.is(rule, part(text, word.start, word.end), Kind::Unit.bit())
        {
            start = word.start;
        }
        let tail = self.tail(rule, text, end);
        Some(Read { start, end: if tail.bits > 0 { tail.end } else { site.end }, bits: tail.bits })
    }

    /// Where one to three capitalised words begin that stand before a position.
    fn words_before(&self, rule: u16, text: &str, at: usize, english: bool) -> Option<usize> {
        let mut start = at;
        for _ in 0..3 {
            let gap = back_blanks(text, start);
            let Some(word) = word_before(text, gap).filter(|_| gap < start && start - gap == 1) else {
                break;
            };
            let raw = part(text, word.start, word.end);
            let capital = raw.chars().next().is_some_and(char::is_uppercase);
            // The letter of `221B` is no word.
            let glued = char_before(text, word.start).is_some_and(char::is_alphanumeric);
            if !capital || glued || self.is(rule, raw, Kind::Nobody.bit()) {
                break;
            }
            start = word.start;
            // In other languages the word that begins a sentence is left out where another follows.
            if !english && char_before(text, back_blanks(text, start)).is_none_or(|c| c == '\n') {
                break;
            }
        }
        (start < at).then_some(start)
    }

    /// `vivo en 28013 Madrid`: a postcode and town behind a cue.
    fn announced(&self, site: &Site<'_>, give: &mut impl FnMut(Read)) {
        let (text, rule) = (site.text, site.meaning.rule);
        let mut lines = 0;
        let mut before = ' ';
        for (at, c) in rest(text, site.end).char_indices().take_while(|(at, _)| *at <= CUE) {
            let here = site.end + at;
            lines += usize::from(c == '\n');
            if lines > 1 || matches!(c, ';' | '!' | '?' | '=' | '{') {
                return;
            }
            let starts =
                c.is_alphanumeric() && !before.is_alphanumeric() && !matches!(before, '-' | '/' | '.');
            before = c;
            // Postcodes begin with a digit or a capital.
            if !starts || !c.is_ascii_digit() && !c.is_ascii_uppercase() {
                continue;
            }
            if let Some((end, true)) = self.place(rule, text, here) {
                return give(Read { start: here, end, bits: site.meaning.weight });
            }
            if let Some(end) = super::towns::postcode(text, here).filter(|end| end - here >= 6) {
                return give(Read { start: here, end, bits: site.meaning.weight - 1 });
            }
            if c.is_ascii_digit() && number(text, here).is_none() {
                return;
            }
        }
    }
}

/// Where the house number begins that stands before a street: `12, rue`, `12 bis rue`, `10 Downing Street`.
fn number_before(text: &str, at: usize) -> Option<usize> {
    let gap = head(text, at).trim_end_matches([' ', ',', '\u{A0}']).len();
    if at - gap > 3 || gap == at {
        return None;
    }
    let from = gap - head(text, gap).chars().rev().take(14).map(char::len_utf8).sum::<usize>();
    let near = part(text, from, gap).char_indices().filter(|(_, c)| c.is_ascii_digit());
    let mut starts = near.map(|(at, c)| (from + at, c));
    let start = starts.find_map(|(start, _)| {
        let free = char_before(text, start)
            .is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | ',' | '-' | '/' | '#' | ':' | '_'));
        (free && number(text, start) == Some(gap)).then_some(start)
    })?;
    Some(start)
}

#[cfg(test)]
mod tests {
    use super::super::tests::phrases;
    use super::super::towns::Tail;
    use super::*;

    #[test]
    fn numbers_before_a_street_are_found_whole() {
        for (text, wanted) in [("12 bis ", 0), ("en 5, ", 3), ("x 12a ", 2), ("5-7 ", 0)] {
            assert_eq!(number_before(text, text.len()), Some(wanted), "{text}");
        }
        for text in ["12", "v1.12 ", "12:30 ", "28013 ", "a ", ""] {
            assert_eq!(number_before(text, text.len()), None, "{text}");
        }
    }

    #[test]
    fn a_letter_alone_behind_a_number_is_no_door() {
        let phrases = phrases();
        let rule = phrases.rule_named("postal-address");
        assert_eq!(phrases.tail(rule, "5, A dog", 1), Tail { end: 1, bits: 0 });
        assert_eq!(phrases.tail(rule, "5, 3.º B.", 1).end, "5, 3.º B".len());
    }
}
