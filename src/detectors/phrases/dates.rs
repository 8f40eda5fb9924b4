//! Dates as people write them: by number in any usual order, and with the month's name.

use super::Phrases;
use super::reading::{char_at, part, rest, skip, skip_blanks, word_at};

/// Years a living person can be born in. The first keeps the `1900-01-01` and `0001-01-01` of programs
/// company with nobody older than 125; the last is a constant because the library reads no clock: a birth
/// year later than this is taken for another date, and moving it is a change of one number.
const YEARS: std::ops::RangeInclusive<u16> = 1900..=2026;

/// The number of one to four digits at a position, and its end.
fn number(text: &str, at: usize) -> Option<(u16, usize)> {
    let end = skip(text, at, 5, |c| c.is_ascii_digit());
    if end == at || end - at > 4 {
        return None;
    }
    part(text, at, end).parse().ok().map(|value| (value, end))
}

/// Whether the day exists.
fn exists(year: u16, month: u16, day: u16) -> bool {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// The year of `digits` digits as it may be meant: two digits may mean either century.
fn is_birth(year: u16, digits: usize, month: u16, day: u16) -> bool {
    match digits {
        4 => YEARS.contains(&year) && exists(year, month, day),
        2 => [1900 + year, 2000 + year].into_iter().any(|y| YEARS.contains(&y) && exists(y, month, day)),
        _ => false,
    }
}

/// Whether something goes on behind a date: a longer number, a word.
fn goes_on(text: &str, end: usize) -> bool {
    let mut after = rest(text, end).chars();
    match after.next() {
        // `1980-03-12T00:00:00Z`
        Some('T') => !after.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) if c.is_alphanumeric() || c == '_' => true,
        Some('/' | '-' | '.' | ',' | ':') => after.next().is_some_and(|c| c.is_ascii_digit()),
        _ => false,
    }
}

impl Phrases {
    /// The end of the date that begins at a position and can be one of birth.
    pub(super) fn birth_date(&self, rule: u16, text: &str, at: usize) -> Option<usize> {
        let first = char_at(text, at)?;
        let end = if first.is_ascii_digit() {
            numeric(text, at).or_else(|| self.day_first(rule, text, at)).or_else(|| compact(text, at))
        } else {
            self.month_first(rule, text, at)
        }?;
        (!goes_on(text, end)).then_some(end)
    }

    /// `12 de marzo de 1980`, `12. März 1980`, `1er mars 1980`, `12-Mar-80`, `12th of March, 1980`.
    fn day_first(&self, rule: u16, text: &str, at: usize) -> Option<usize> {
        let (day, mut here) = number(text, at)?;
        if let Some(word) = word_at(text, here) {
            // `1er`, `2nd`, `1º`
            if word.end - word.start > 3 {
                return None;
            }
            here = word.end;
        }
        here = skip(text, here, 4, |c| is_gap(c) || c == '°');
        here = joined(text, here, &["de", "of", "d'", "di"]);
        let (month, here) = self.month(rule, text, here)?;
        let here = joined(text, skip(text, here, 4, is_gap), &["de", "del", "of"]);
        let from = skip(text, here, 2, |c| is_gap(c) || c == '\'');
        let (year, end) = number(text, from)?;
        is_birth(year, end - from, month, day).then_some(end)
    }

    /// `March 12, 1980`, `mar 12 1980`.
    fn month_first(&self, rule: u16, text: &str, at: usize) -> Option<usize> {
        let (month, here) = self.month(rule, text, at)?;
        let (day, mut here) = number(text, skip(text, here, 3, is_gap))?;
        if let Some(word) = word_at(text, here).filter(|word| word.end - word.start <= 2) {
            here = word.end;
        }
        let from = skip(text, here, 3, is_gap);
        let (year, end) = number(text, from)?;
        (from > here && is_birth(year, end - from, month, day)).then_some(end)
    }

    /// The month named at a position, and the end of its name.
    fn month(&self, rule: u16, text: &str, at: usize) -> Option<(u16, usize)> {
        let word = word_at(text, at)?;
        let month = self.month_of(rule, part(text, word.start, word.end))?;
        Some((u16::from(month), word.end))
    }
}

fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\u{A0}' | '\u{202F}' | '.' | ',' | '-' | '/' | '\n')
}

/// Behind one of these words and the blanks around it, where one stands.
fn joined(text: &str, at: usize, words: &[&str]) -> usize {
    let at = skip_blanks(text, at);
    let here = rest(text, at);
    for word in words {
        if here.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)) {
            let end = at + word.len();
            if word.ends_with('\'') || char_at(text, end).is_some_and(|c| !c.is_alphanumeric()) {
                return skip_blanks(text, end);
            }
        }
    }
    at
}

/// `1980-03-12`, `12/3/1980`, `12.03.80`, `12. 3. 1980`, `3/12/1980`.
fn numeric(text: &str, at: usize) -> Option<usize> {
    let (first, here) = number(text, at)?;
    let year_first = here - at == 4;
    let sign = char_at(text, here).filter(|c| matches!(c, '-' | '/' | '.' | ' '))?;
    let step = |here: usize| {
        let after = here + 1;
        // Only dots have blanks behind them.
        (char_at(text, here) == Some(sign))
            .then(|| if sign == '.' { skip_blanks(text, after) } else { after })
    };
    let from = step(here)?;
    let (second, here) = number(text, from)?;
    let from = step(here)?;
    let (third, end) = number(text, from)?;
    let width = end - from;
    let ok = if year_first {
        width <= 2 && is_birth(first, 4, second, third)
    } else {
        let either = is_birth(third, width, second, first) || is_birth(third, width, first, second);
        // Blanks alone part dates only where the year is written whole: `12 03 1980`.
        either && (sign != ' ' || width == 4)
    };
    ok.then_some(end)
}

/// `19800312`, which only a cue makes a date.
fn compact(text: &str, at: usize) -> Option<usize> {
    let end = skip(text, at, 9, |c| c.is_ascii_digit());
    if end - at != 8 {
        return None;
    }
    let value = |from: usize, to: usize| part(text, at + from, at + to).parse::<u16>().ok();
    let year_first = is_birth(value(0, 4)?, 4, value(4, 6)?, value(6, 8)?);
    let year_last = is_birth(value(4, 8)?, 4, value(2, 4)?, value(0, 2)?);
    (year_first || year_last).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::super::tests::phrases;

    #[test]
    fn dates_in_all_usual_writings() {
        let phrases = phrases();
        let rule = phrases.rule_named("date-of-birth");
        for text in [
            "1980-03-12",
            "1980/3/12",
            "12/03/1980",
            "3/12/80",
            "12.03.1980",
            "12. 3. 1980",
            "12-3-80",
            "12 de marzo de 1980",
            "12 marzo 1980",
            "12. März 1980",
            "12 mars 1980",
            "1er mars 1980",
            "March 12, 1980",
            "Mar 12 1980",
            "12th of March 1980",
            "12-Mar-1980",
            "12 marca 1980 r.",
            "12 maart 1980",
            "12 de março de 1980",
            "29/02/1984",
            "19800312",
            "1980-03-12T00:00:00Z",
            "1 stycznia 2001",
            "1º de mayo de 1975",
            "7 agosto 1969",
            "12 MARZO 1980",
            "2 févr. 1991",
        ] {
            assert!(phrases.birth_date(rule, text, 0).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_or_no_birth_year_is_none() {
        let phrases = phrases();
        let rule = phrases.rule_named("date-of-birth");
        for text in [
            "31/02/1980",
            "29/02/1983",
            "13/13/1980",
            "12/03/1880",
            "12/03/2031",
            "1980-13-01",
            "12/03/198",
            "12.03.1980.4",
            "12:03:1980",
            "1.2.3",
            "120319801",
            "31 de febrero de 1980",
            "March 32, 1980",
            "12/03/19801",
            "12 de enero",
            "1980",
            "12 foo 1980",
            "0/0/1980",
            "12/03-1980",
        ] {
            assert!(phrases.birth_date(rule, text, 0).is_none(), "{text}");
        }
    }
}
