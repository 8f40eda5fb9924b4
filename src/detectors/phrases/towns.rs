//! Postcodes of the countries a street grammar is for, and towns.

use super::reading::{char_at, is_blank, part, rest, skip, skip_blanks, word_at};
use super::{Kind, Phrases};

/// Most words of a town, particles left aside: "Palma de Mallorca", "Frankfurt am Main".
const WORDS: usize = 4;
/// How far a British postcode may stand behind the street: district, town, county.
const BRITISH: usize = 70;

/// What stands behind a street and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// One past the last byte of the address.
    pub(super) end: usize,
    /// Evidence in bits.
    pub(super) bits: i32,
}

/// Evidence of postcode and town, of a postcode alone, of a part of a house.
const TOWN: i32 = 8;
const POSTCODE: i32 = 5;
const UNIT: i32 = 2;

impl Phrases {
    /// Reads on behind a house number: parts of the house, postcode, town, country.
    pub(super) fn tail(&self, rule: u16, text: &str, at: usize) -> Tail {
        let (mut end, worded) = self.units(rule, text, at);
        let mut bits = if worded { UNIT } else { 0 };
        let plain = end;
        let from = skip_to_town(text, end);
        let placed = self.place(rule, text, from).or_else(|| self.behind_piece(rule, text, plain));
        if let Some((upto, town)) = placed {
            end = upto;
            bits += if town { TOWN } else { POSTCODE };
        } else if let Some(upto) = self.british(rule, text, plain) {
            end = upto;
            bits += TOWN;
        } else if !worded {
            // One letter alone was no door after all.
            end = at;
        }
        Tail { end, bits }
    }

    /// A postcode and town one piece later: `Via Roma 10, Scala B interno 4, 00184 Roma`, or a line of its
    /// own between (`c/o`, a quarter).
    fn behind_piece(&self, rule: u16, text: &str, at: usize) -> Option<(usize, bool)> {
        let sign = skip(text, at, 3, |c| is_blank(c) || matches!(c, ',' | '\n' | '\r' | '-'));
        let piece =
            skip(text, sign, 30, |c| c.is_alphanumeric() || matches!(c, ' ' | '.' | 'º' | 'ª' | '\'' | '-'));
        let next = skip_to_town(text, piece);
        if sign == at
            || next == piece
            || !part(text, sign, piece).chars().next().is_some_and(char::is_uppercase)
        {
            return None;
        }
        // The town must be there: a number one line later may be anything.
        self.place(rule, text, next).filter(|(_, town)| *town)
    }

    /// A postcode and the town behind it: the end, and whether there is a town.
    pub(super) fn place(&self, rule: u16, text: &str, at: usize) -> Option<(usize, bool)> {
        let code = postcode(text, at)?;
        let gap = skip(text, code, 3, |c| is_blank(c) || matches!(c, ',' | '-' | '–'));
        let gap = if gap == code { skip(text, code, 2, |c| matches!(c, '\n' | '\r')) } else { gap };
        match self.town(rule, text, gap).filter(|_| gap > code) {
            Some(end) => Some((self.country(rule, text, end), true)),
            None => Some((code, false)),
        }
    }

    /// The end of a town's name.
    pub(super) fn town(&self, rule: u16, text: &str, at: usize) -> Option<usize> {
        let (mut here, mut end, mut words, mut particles) = (at, at, 0, 0);
        while words < WORDS {
            // `'s-Hertogenbosch`
            let from = skip(text, here, 1, |c| matches!(c, '\'' | '’'));
            let Some(word) = word_at(text, from) else { break };
            let raw = part(text, word.start, word.end);
            if self.is(rule, raw, Kind::Nobody.bit()) {
                break;
            }
            let capital =
                raw.chars().find(|c| c.is_alphabetic() && *c != 's').is_some_and(char::is_uppercase)
                    || raw.split(['\'', '’']).nth(1).is_some_and(|rest| rest.starts_with(char::is_uppercase));
            if capital {
                words += 1;
                particles = 0;
                end = word.end;
            } else if words > 0 && particles < 3 && self.is(rule, raw, Kind::Particle.bit()) {
                particles += 1;
            } else {
                break;
            }
            let dot = usize::from(char_at(text, word.end) == Some('.') && raw.chars().count() <= 3);
            let gap = skip(text, word.end + dot, 1, is_blank);
            if gap == word.end + dot {
                break;
            }
            here = gap;
        }
        (words > 0).then_some(end).map(|end| cedex(text, end))
    }

    /// Behind a province in brackets and a country.
    fn country(&self, rule: u16, text: &str, at: usize) -> usize {
        let mut end = at;
        let open = skip_blanks(text, end);
        if char_at(text, open) == Some('(') {
            let close = skip(text, open + 1, 24, |c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\''));
            if char_at(text, close) == Some(')') && close > open + 1 {
                end = close + 1;
            }
        }
        let from = skip(text, end, 4, |c| is_blank(c) || matches!(c, ',' | '-' | '\n' | '\r'));
        let mut upto = from;
        for _ in 0..2 {
            let Some(word) = word_at(text, upto) else { break };
            if self.is(rule, part(text, from, word.end), Kind::Country.bit()) {
                return word.end;
            }
            upto = skip(text, word.end, 1, is_blank);
        }
        end
    }

    /// The end of a British postcode behind at most four pieces that are towns or counties.
    fn british(&self, rule: u16, text: &str, at: usize) -> Option<usize> {
        let mut here = at;
        for _ in 0..5 {
            let from = skip(text, here, 3, |c| is_blank(c) || matches!(c, ',' | '\n' | '\r' | '.'));
            if let Some(end) = british_code(text, from) {
                return (from > here).then(|| self.country(rule, text, end));
            }
            if from == here || from - at > BRITISH {
                return None;
            }
            let mut end = from;
            while let Some(word) = word_at(text, end) {
                let raw = part(text, word.start, word.end);
                let capital = raw.chars().next().is_some_and(char::is_uppercase);
                let ok = capital || self.is(rule, raw, Kind::Particle.bit());
                if !ok || british_code(text, word.start).is_some() || self.is(rule, raw, Kind::Nobody.bit()) {
                    break;
                }
                here = word.end;
                end = skip(text, word.end, 1, is_blank);
                if end == word.end {
                    break;
                }
            }
            if here <= from {
                return None;
            }
        }
        None
    }
}

/// Behind what parts a street from its postcode.
fn skip_to_town(text: &str, at: usize) -> usize {
    let end = skip(text, at, 6, |c| {
        is_blank(c) || matches!(c, ',' | ';' | '-' | '–' | '·' | '\n' | '\r' | '.' | '|')
    });
    let lines = part(text, at, end).matches('\n').count();
    // `C.P. 28013`, `CP 28013`
    let word = skip(text, end, 5, |c| matches!(c, 'C' | 'P' | '.' | ':' | ' '));
    let code = if part(text, end, word).contains("CP") || part(text, end, word).contains("C.P") {
        word
    } else {
        end
    };
    if lines > 1 { at } else { code }
}

/// `CEDEX 08` behind a French town; a district's number behind any (`Paris 12`, `Praha 1`) is left.
fn cedex(text: &str, at: usize) -> usize {
    let digits = |from: usize| {
        let end = skip(text, from, 3, |c| c.is_ascii_digit());
        if end > from && end - from <= 2 && !char_at(text, end).is_some_and(char::is_alphanumeric) {
            end
        } else {
            at
        }
    };
    if part(text, at.saturating_sub(5), at).eq_ignore_ascii_case("cedex") {
        return digits(skip_blanks(text, at));
    }
    at
}

/// The end of a postcode: ES FR DE IT five digits, BE AT CH four, NL `1017 GA`, PL `00-238`, PT `1100-053`,
/// GB `SW1A 2AA`; with a country's letters before it (`D-10115`, `CH-8001`).
pub(super) fn postcode(text: &str, at: usize) -> Option<usize> {
    if let Some(end) = british_code(text, at) {
        return Some(end);
    }
    let letters = skip(text, at, 3, |c| c.is_ascii_uppercase());
    let at = match (letters - at, char_at(text, letters)) {
        (0, _) => at,
        (1 | 2, Some('-')) => letters + 1,
        _ => return None,
    };
    let first = skip(text, at, 6, |c| c.is_ascii_digit());
    let dashed = |count: usize| {
        let from = first + 1;
        let end = skip(text, from, 5, |c| c.is_ascii_digit());
        (char_at(text, first) == Some('-') && end - from == count).then_some(end)
    };
    let end = match first - at {
        2 => dashed(3),
        4 => dashed(3).or_else(|| dutch(text, first)).or(Some(first)),
        5 => Some(first),
        _ => None,
    }?;
    let mut after = rest(text, end).chars();
    let goes_on = match after.next() {
        Some('.' | ':' | '/' | '-') => after.next().is_some_and(|c| c.is_ascii_digit()),
        Some('_' | '=' | '€' | '%') => true,
        Some(c) => c.is_alphanumeric(),
        None => false,
    };
    (!goes_on).then_some(end)
}

/// The two letters of a Dutch postcode.
fn dutch(text: &str, at: usize) -> Option<usize> {
    let from = skip(text, at, 1, is_blank);
    let end = skip(text, from, 3, |c| c.is_ascii_uppercase());
    (end - from == 2 && !char_at(text, end).is_some_and(char::is_alphanumeric)).then_some(end)
}

/// `A9 9AA`, `A99 9AA`, `AA9 9AA`, `AA99 9AA`, `A9A 9AA`, `AA9A 9AA`.
fn british_code(text: &str, at: usize) -> Option<usize> {
    let area = skip(text, at, 3, |c| c.is_ascii_uppercase());
    let district = skip(text, area, 2, |c| c.is_ascii_digit());
    if !(1..=2).contains(&(area - at)) || district == area {
        return None;
    }
    let district =
        if district - area == 1 { skip(text, district, 1, |c| c.is_ascii_uppercase()) } else { district };
    let inward = skip(text, district, 1, is_blank);
    let digit = skip(text, inward, 1, |c| c.is_ascii_digit());
    let end = skip(text, digit, 3, |c| c.is_ascii_uppercase());
    let stands = !char_at(text, end).is_some_and(|c| c.is_alphanumeric() || c == '-');
    (inward > district && digit > inward && end - digit == 2 && stands).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::super::tests::phrases;
    use super::*;

    #[test]
    fn postcodes_of_every_country_and_no_longer_number() {
        for text in [
            "28013", "D-10115", "1017 GA", "1017GA", "00-238", "1100-053", "SW1A 2AA", "M1 1AE", "CH-8001",
            "1010", "B-1000", "EC1A 1BB",
        ] {
            assert_eq!(postcode(text, 0), Some(text.len()), "{text}");
        }
        for text in
            ["280131", "28013.5", "12", "123", "1017.2", "ABC-123", "12-34", "A-1", "28013-5", "2024-03-01"]
        {
            assert_eq!(postcode(text, 0), None, "{text}");
        }
        assert_eq!(postcode("1017 GAX", 0), Some(4));
    }

    #[test]
    fn towns_are_read_whole() {
        let phrases = phrases();
        let rule = phrases.rule_named("postal-address");
        for (text, wanted) in [
            ("Madrid, x", "Madrid"),
            ("Palma de Mallorca.", "Palma de Mallorca"),
            ("Frankfurt am Main\n", "Frankfurt am Main"),
            ("L'Hospitalet de Llobregat", "L'Hospitalet de Llobregat"),
            ("Saint-Denis Cedex 08", "Saint-Denis Cedex 08"),
            ("'s-Hertogenbosch", "'s-Hertogenbosch"),
            ("Reggio nell'Emilia", "Reggio nell'Emilia"),
        ] {
            assert_eq!(phrases.town(rule, text, 0).map(|end| &text[..end]), Some(wanted), "{text}");
        }
        assert_eq!(phrases.town(rule, "para enviar", 0), None);
    }
}
