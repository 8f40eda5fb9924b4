//! Dates as spreadsheets and grids write them: days, months and years in the order of a country.

use jiff::civil::Date;

use super::stamp::{Precision, Stamp};

/// In which order day and month stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayMonth {
    /// `31/12/2021`
    DayFirst,
    /// `12/31/2021`
    MonthFirst,
}

impl DayMonth {
    /// The order in which the dates of one column are written, if any of them tells: a number above 12 is
    /// no month. None where none tells or they contradict each other: then no date of the column is read
    /// that could be two.
    pub fn of_column<'a>(values: impl Iterator<Item = &'a str>) -> Option<DayMonth> {
        let (mut day_first, mut month_first) = (false, false);
        for value in values {
            let Some((first, second)) = two_numbers(value) else { continue };
            day_first |= first > 12 && second <= 12;
            month_first |= second > 12 && first <= 12;
        }
        match (day_first, month_first) {
            (true, false) => Some(Self::DayFirst),
            (false, true) => Some(Self::MonthFirst),
            _ => None,
        }
    }
}

/// The two numbers a date with slashes or dashes begins with.
fn two_numbers(value: &str) -> Option<(i8, i8)> {
    let mut parts = value.trim().splitn(3, ['/', '-']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let short = |part: &str| (1..=2).contains(&part.len());
    (short(first) && short(second) && year.bytes().next()?.is_ascii_digit())
        .then(|| Some((first.parse().ok()?, second.parse().ok()?)))?
}

impl Stamp {
    /// Reads `31.12.2021 14:05`, `03/Feb/21 4:05 PM`, `12/31/2021`, `2021/12/31`, `20211231140500` and their
    /// like. Dots stand between day, month and year in this order only. A date that could be two is read
    /// with `order` and not without. No zone is written in any of them.
    pub fn parse_local(text: &str, order: Option<DayMonth>) -> Option<Stamp> {
        let text = text.trim();
        if !text.is_ascii() && text.len() > 40 {
            return None;
        }
        if let Some(stamp) = digits_alone(text) {
            return Some(stamp);
        }
        let (day, clock) = match text.split_once([' ', 'T', ',']) {
            Some((day, clock)) => (day, clock.trim_matches([' ', ','])),
            None => (text, ""),
        };
        let date = date(day, order)?;
        if clock.is_empty() {
            return stamp(date, None);
        }
        stamp(date, Some(time(clock)?))
    }
}

fn stamp(date: Date, clock: Option<(i8, i8, i8)>) -> Option<Stamp> {
    let (hour, minute, second) = clock.unwrap_or((0, 0, 0));
    let at = date.at(hour, minute, second, 0).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    let precision = if clock.is_some() { Precision::Instant } else { Precision::Day };
    Some(Stamp { seconds: at.timestamp().as_second(), precision, zone_known: false })
}

/// `20211231140500`, as MediaWiki's tables and LDAP write it.
fn digits_alone(text: &str) -> Option<Stamp> {
    let digits = text.strip_suffix('Z').unwrap_or(text);
    if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize| digits.get(from..from + 2)?.parse::<i8>().ok();
    let year = digits.get(..4)?.parse().ok().filter(|year| (1970..2100).contains(year))?;
    let date = Date::new(year, number(4)?, number(6)?).ok()?;
    let clock = (number(8)?, number(10)?, number(12)?.min(59));
    (clock.0 < 24 && clock.1 < 60).then(|| stamp(date, Some(clock)))?
}

fn date(text: &str, order: Option<DayMonth>) -> Option<Date> {
    let separator = text.bytes().find(|byte| matches!(byte, b'/' | b'.' | b'-'))?;
    let mut parts = text.split(char::from(separator));
    let (one, two, three) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    if one.len() == 4 {
        return Date::new(one.parse().ok()?, two.parse().ok()?, three.parse().ok()?).ok();
    }
    let year = year(three)?;
    if let Some(month) = month_named(two) {
        return Date::new(year, month, one.parse().ok()?).ok();
    }
    if let Some(month) = month_named(one) {
        return Date::new(year, month, two.parse().ok()?).ok();
    }
    let (first, second): (i8, i8) = (one.parse().ok()?, two.parse().ok()?);
    let day_first = match (separator, order) {
        (b'.', _) | (_, Some(DayMonth::DayFirst)) => true,
        (_, Some(DayMonth::MonthFirst)) => false,
        (_, None) if first > 12 => true,
        (_, None) if second > 12 => false,
        (_, None) if first == second => true,
        (_, None) => return None,
    };
    let (day, month) = if day_first { (first, second) } else { (second, first) };
    Date::new(year, month, day).ok()
}

/// Two digits are a year from 1970 to 2069 (POSIX `%y` begins at 1969).
fn year(text: &str) -> Option<i16> {
    let number: i16 = text.parse().ok()?;
    match text.len() {
        4 => Some(number),
        2 => Some(if number < 70 { 2000 + number } else { 1900 + number }),
        _ => None,
    }
}

/// The month of its name or the first three letters of it, in English, Spanish, French and German.
fn month_named(text: &str) -> Option<i8> {
    const NAMES: [&[&str]; 12] = [
        &["jan", "ene"],
        &["feb", "fév", "fev"],
        &["mar", "mär", "mrz"],
        &["apr", "abr", "avr"],
        &["may", "mai"],
        &["jun", "juin"],
        &["jul", "juil"],
        &["aug", "ago", "aoû", "aou"],
        &["sep"],
        &["oct", "okt"],
        &["nov"],
        &["dec", "dic", "déc", "dez"],
    ];
    let lower = text.to_lowercase();
    let letters = lower.trim_end_matches('.');
    if letters.chars().count() < 3 || !letters.chars().all(char::is_alphabetic) {
        return None;
    }
    // July and June begin alike in French.
    let french = [("juin", 6), ("juil", 7)].into_iter().find(|(name, _)| letters.starts_with(name));
    if let Some((_, month)) = french {
        return Some(month);
    }
    let at = NAMES.iter().position(|names| names.iter().any(|name| letters.starts_with(name)))?;
    i8::try_from(at + 1).ok()
}

/// `14:05`, `14:05:31`, `4:05 PM`, `16:05:31.2`.
fn time(text: &str) -> Option<(i8, i8, i8)> {
    let upper = text.to_ascii_uppercase();
    let half = ["AM", "PM", "A.M.", "P.M."].into_iter().find(|half| upper.ends_with(half));
    let clock = upper.strip_suffix(half.unwrap_or("")).unwrap_or(&upper).trim();
    let (clock, _) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        Some(second) => second?.min(59),
        None => 0,
    };
    let hour = match half {
        Some(half) if !(1..=12).contains(&hour) || half.is_empty() => return None,
        Some(half) => hour % 12 + if half.starts_with('P') { 12 } else { 0 },
        None => hour,
    };
    (parts.next().is_none() && (0..24).contains(&hour) && (0..60).contains(&minute))
        .then_some((hour, minute, second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, order: Option<DayMonth>) -> Option<String> {
        Stamp::parse_local(text, order).map(|stamp| {
            assert!(!stamp.zone_known);
            stamp.to_rfc3339()
        })
    }

    #[test]
    fn dates_of_grids_are_read() {
        for (text, want) in [
            ("31.12.2021 14:05", "2021-12-31T14:05:00Z"),
            ("1.2.2021", "2021-02-01"),
            ("03/Feb/21 4:05 PM", "2021-02-03T16:05:00Z"),
            ("12/Ene/2021 12:05 AM", "2021-01-12T00:05:00Z"),
            ("3-mars-2021", "2021-03-03"),
            ("12/31/2021", "2021-12-31"),
            ("31/12/2021 08:00:59", "2021-12-31T08:00:59Z"),
            ("2021/12/31 08:00", "2021-12-31T08:00:00Z"),
            ("20211231140500", "2021-12-31T14:05:00Z"),
        ] {
            assert_eq!(read(text, None).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn what_could_be_two_dates_is_read_by_its_column_or_not_at_all() {
        assert_eq!(read("03/04/2021", None), None);
        assert_eq!(read("03/04/2021", Some(DayMonth::DayFirst)).as_deref(), Some("2021-04-03"));
        assert_eq!(read("03/04/2021", Some(DayMonth::MonthFirst)).as_deref(), Some("2021-03-04"));
        let of = |values: &[&str]| DayMonth::of_column(values.iter().copied());
        assert_eq!(of(&["03/04/2021", "", "25/04/2021"]), Some(DayMonth::DayFirst));
        assert_eq!(of(&["03/04/2021 10:00", "04/25/2021"]), Some(DayMonth::MonthFirst));
        assert_eq!(of(&["25/04/2021", "04/25/2021"]), None);
        assert_eq!(of(&["03/04/2021", "2021-04-25", "x/y"]), None);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "1/2", "32/12/2021", "31/13/2021", "12/31/2021 25:00", "0/Feb/21", "1.2.3.4", "13:00 PM"]
        {
            assert_eq!(read(text, Some(DayMonth::DayFirst)), None, "{text}");
        }
        assert_eq!(read("1/Feb/21 13:00 PM", None), None);
    }
}
