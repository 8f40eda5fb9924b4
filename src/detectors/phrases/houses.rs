//! House numbers, parts of houses, and compounds such as `Musterstraße` before a number.

use super::reading::{
    char_at, char_before, head, is_blank, part, rest, skip, skip_blanks, word_at, word_before,
};
use super::{Kind, Phrases, Read, Rule, fold, key};

/// Most pieces of a house: stair, floor, door.
const PIECES: usize = 6;
/// A compound has at least this many letters before its ending.
const STEM: usize = 3;

/// Whether a number at this byte may stand behind a street's name: a digit behind a word and one blank.
pub(super) fn may_be(text: &[u8], at: usize) -> bool {
    let byte = |back: usize| at.checked_sub(back).and_then(|at| text.get(at)).copied();
    text.get(at).is_some_and(u8::is_ascii_digit)
        && byte(1) == Some(b' ')
        && byte(2).is_some_and(|b| b.is_ascii_alphabetic() || b == b'.' || b == b',' || b >= 0x80)
}

/// The end of the house number at a position: `5`, `12a`, `5-7`, `5/7`, `12 bis`, `34 B`.
pub(super) fn number(text: &str, at: usize) -> Option<usize> {
    let digits = skip(text, at, 6, |c| c.is_ascii_digit());
    if digits == at || digits - at > 5 || digits - at == 5 || rest(text, at).starts_with('0') {
        return None;
    }
    let mut end = digits;
    let more = |text: &str, at: usize| {
        let upto = skip(text, at, 5, |c| c.is_ascii_digit());
        (upto > at && upto - at <= 4).then(|| letter(text, upto).unwrap_or(upto))
    };
    end = letter(text, end).unwrap_or(end);
    for _ in 0..2 {
        let sign = rest(text, end).starts_with(['-', '/', '–']);
        let after = end + char_at(text, end).map_or(0, char::len_utf8);
        match more(text, after).filter(|_| sign) {
            Some(upto) => end = upto,
            None => break,
        }
    }
    let blank = skip_blanks(text, end);
    if let Some(word) = word_at(text, blank).filter(|_| blank > end) {
        let raw = part(text, word.start, word.end);
        let single = raw.len() == 1 && raw.bytes().all(|b| b.is_ascii_uppercase());
        let stands = !char_at(text, word.end).is_some_and(|c| c.is_alphanumeric() || c == '.');
        if matches!(key(raw).as_str(), "bis" | "ter" | "quater") || single && stands {
            end = word.end;
        }
    }
    let mut after = rest(text, end).chars();
    let goes_on = match after.next() {
        Some('.' | ',' | ':' | '/' | '-') => after.next().is_some_and(|c| c.is_ascii_digit()),
        Some('%' | '€' | '$' | '£' | '_' | '=' | '°' | '\'') => true,
        Some(c) => c.is_alphanumeric(),
        None => false,
    };
    (!goes_on).then_some(end)
}

/// Behind one letter that belongs to a number: `12a`.
fn letter(text: &str, at: usize) -> Option<usize> {
    let c = char_at(text, at).filter(char::is_ascii_alphabetic)?;
    let end = at + c.len_utf8();
    (!char_at(text, end).is_some_and(char::is_alphanumeric)).then_some(end)
}

impl Phrases {
    /// Behind what may stand before a house number: a comma, `n.º`, `no.`, `núm.`.
    pub(super) fn before_number(&self, rule: u16, text: &str, at: usize) -> usize {
        let at = skip(text, at, 3, |c| is_blank(c) || c == ',');
        let sign = skip(text, at, 8, |c| c.is_alphabetic() || matches!(c, '.' | 'º' | '°' | '#'));
        let word: String = part(text, at, sign).chars().filter(|c| !matches!(c, '.' | '°' | '#')).collect();
        if sign > at && (word.is_empty() || self.is(rule, &word, Kind::NumberSign.bit())) {
            skip_blanks(text, sign)
        } else {
            at
        }
    }

    /// The end of the parts of a house behind its number (`, 3.º B`, `, piso 2, puerta 4`, `Apt. 4`,
    /// `/7`), and whether there are any.
    pub(super) fn units(&self, rule: u16, text: &str, at: usize) -> (usize, bool) {
        let mut end = at;
        let mut worded = false;
        for _ in 0..PIECES {
            let from = skip(text, end, 4, |c| is_blank(c) || matches!(c, ',' | '-' | '–' | '·' | '/' | '('));
            let Some((upto, word)) = self.unit(rule, text, from) else { break };
            worded |= word;
            end = upto;
        }
        (end, worded)
    }

    /// One part of a house, and whether a word or an ordinal says so.
    fn unit(&self, rule: u16, text: &str, at: usize) -> Option<(usize, bool)> {
        if let Some(word) = word_at(text, at) {
            let raw = part(text, word.start, word.end);
            let dotted = word.end + usize::from(char_at(text, word.end) == Some('.'));
            if self.is(rule, raw, Kind::Unit.bit()) {
                // `piso 2`, `puerta B`, `bus 3`; `izq.`, `bajo` stand alone.
                let value = skip_blanks(text, dotted);
                let short = skip(text, value, 4, char::is_alphanumeric);
                let stands = short > value
                    && short - value <= 3
                    && !char_at(text, short).is_some_and(char::is_alphanumeric)
                    && part(text, value, short).chars().any(|c| c.is_ascii_digit() || c.is_uppercase());
                return Some((if stands { short } else { word.end }, true));
            }
            // A door: one capital letter.
            let single = raw.chars().count() == 1 && raw.chars().all(char::is_uppercase);
            // A letter with a full stop is an initial, but at the end of a line.
            let ends = char_at(text, dotted).is_none_or(|c| matches!(c, '\n' | '\r' | ','));
            return (single && (dotted == word.end || ends)).then_some((word.end, false));
        }
        // `3.º B`, `2ª`, `1er étage`, `3rd floor`, `2º dcha`
        let digits = skip(text, at, 3, |c| c.is_ascii_digit());
        if digits == at || digits - at > 2 {
            return None;
        }
        let sign = skip(text, digits, 3, |c| matches!(c, '.' | 'º' | 'ª' | '°' | 'o' | 'a' | 'e'));
        let ordinal = part(text, digits, sign);
        let stands = !char_at(text, sign).is_some_and(char::is_alphanumeric);
        if stands && ordinal.contains(['º', 'ª', '°']) {
            return Some((sign, true));
        }
        // `1. OG`, `1er étage`, `3rd floor`
        let word_start =
            skip_blanks(text, skip(text, digits, 4, |c| c.is_alphabetic() || matches!(c, '.' | 'º' | 'ª')));
        let word = word_at(text, word_start)?;
        self.is(rule, part(text, word.start, word.end), Kind::Unit.bit()).then_some((word.end, true))
    }

    /// A compound that is a street, with the number at `at` behind it.
    pub(super) fn compound(&self, number_of: u16, rule: &Rule, text: &str, at: usize) -> Option<Read> {
        let before = super::reading::back_blanks(text, at);
        let before = head(text, before).trim_end_matches([',', ' ']).len();
        let abbreviated = char_before(text, before) == Some('.');
        let word = word_before(text, before - usize::from(abbreviated))?;
        let raw = part(text, word.start, word.end);
        if !raw.chars().next().is_some_and(char::is_uppercase) || char_before(text, word.start) == Some('.') {
            return None;
        }
        let folded = fold(raw);
        let ending = |(ending, _): &&(String, i32)| {
            folded
                .strip_suffix(ending.as_str())
                .is_some_and(|stem| stem.chars().filter(|c| c.is_alphabetic()).count() >= STEM)
        };
        let (ending, weight) = rule.endings.iter().filter(ending).max_by_key(|(ending, _)| ending.len())?;
        // `Musterstr. 5`: only an abbreviation has a full stop.
        if abbreviated && !matches!(ending.as_str(), "str" | "pl" | "weg")
            || self.is(number_of, raw, Kind::Nobody.bit())
        {
            return None;
        }
        let end = number(text, at)?;
        let mut start = word.start;
        // `Jan van Galenstraat`, `Prins Hendrikkade`, `Obere Bahnhofstraße`
        let mut at = start;
        for _ in 0..4 {
            let gap = super::reading::back_blanks(text, at);
            let Some(word) = word_before(text, gap).filter(|_| at - gap == 1) else { break };
            let raw = part(text, word.start, word.end);
            let capital = raw.chars().next().is_some_and(char::is_uppercase);
            at = word.start;
            if !capital && self.is(number_of, raw, Kind::Particle.bit()) {
                continue;
            }
            let glued = char_before(text, at).is_some_and(char::is_alphanumeric);
            let first = begins_sentence(text, at) && raw.chars().count() <= 3;
            if !capital || glued || first || self.is(number_of, raw, Kind::Nobody.bit()) {
                break;
            }
            start = at;
        }
        let tail = self.tail(number_of, text, end);
        let bits = weight + tail.bits + self.cue_before(number_of, text, start);
        Some(Read { start, end: tail.end, bits })
    }
}

/// Whether a word stands where any word has a capital.
fn begins_sentence(text: &str, at: usize) -> bool {
    char_before(text, super::reading::back_blanks(text, at))
        .is_some_and(|c| matches!(c, '.' | '!' | '?' | ':') || c == '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn house_numbers_end_where_they_end() {
        for (text, wanted) in [
            ("5, x", "5"),
            ("12a, 10115", "12a"),
            ("5-7", "5-7"),
            ("5/7 m", "5/7"),
            ("12 bis rue", "12 bis"),
            ("34 B, x", "34 B"),
            ("5-2, 1017", "5-2"),
            ("100", "100"),
            ("12 Bitte", "12"),
            ("7.", "7"),
        ] {
            assert_eq!(number(text, 0).map(|end| &text[..end]), Some(wanted), "{text}");
        }
        for text in ["28013 M", "5.3", "12:30", "5%", "0x1", "123456", "12ab", "5€", "a"] {
            assert_eq!(number(text, 0), None, "{text}");
        }
    }

    #[test]
    fn numbers_behind_words_are_candidates() {
        let text = "Weg 5 é 6 -7 x8 , 9 (1";
        let found: Vec<usize> = (0..text.len()).filter(|at| may_be(text.as_bytes(), *at)).collect();
        assert_eq!(found, ["Weg ".len(), "Weg 5 é ".len(), text.find('9').unwrap()]);
    }
}
