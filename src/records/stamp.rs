//! Points in time as exports write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

/// How exactly a point in time is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// A calendar day.
    Day,
    /// An instant.
    Instant,
}

/// A point in time of a record. Without a zone in the source it is read as UTC and says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Day or instant.
    pub precision: Precision,
    /// Whether the source named the zone.
    pub zone_known: bool,
}

impl Stamp {
    /// Reads the ISO 8601 family as helpdesks write it: `2019-06-03T02:23:47Z`, offsets with and
    /// without colon, a space for the `T`, fractions, no zone, or a bare day. Epoch numbers are not
    /// guessed here: a mapping says where they stand.
    pub fn parse(text: &str) -> Option<Stamp> {
        if let Some(stamp) = in_utc(text.as_bytes()) {
            return Some(stamp);
        }
        let text = text.trim();
        if let Some(stamp) = written(text) {
            return Some(stamp);
        }
        let bytes = text.as_bytes();
        if bytes.len() < 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return None;
        }
        let day: Date = text.get(..10)?.parse().ok()?;
        if bytes.len() == 10 {
            return Stamp::at(day.at(0, 0, 0, 0), Offset::UTC, Precision::Day, false);
        }
        if !matches!(bytes.get(10), Some(b'T' | b't' | b' ')) {
            return None;
        }
        let rest = text.get(11..)?;
        let (clock, zone) = split_zone(rest);
        let (time, _fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
        let mut parts = time.split(':').map(|part| part.parse::<i8>().ok());
        let (hour, minute) = (parts.next()??, parts.next()??);
        let second = match parts.next() {
            Some(second) => second?.min(59),
            None => 0,
        };
        let clock = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
        let at = DateTime::from_parts(day, clock);
        let (offset, known) = match zone {
            Some(zone) => (zone?, true),
            None => (Offset::UTC, false),
        };
        Stamp::at(at, offset, Precision::Instant, known)
    }

    /// From seconds since the epoch, in UTC.
    pub fn from_epoch(seconds: i64) -> Option<Stamp> {
        Timestamp::from_second(seconds).ok()?;
        Some(Stamp { seconds, precision: Precision::Instant, zone_known: true })
    }

    fn at(at: DateTime, offset: Offset, precision: Precision, zone_known: bool) -> Option<Stamp> {
        let zoned = at.to_zoned(TimeZone::fixed(offset)).ok()?;
        Some(Stamp { seconds: zoned.timestamp().as_second(), precision, zone_known })
    }

    /// RFC 3339 in UTC; a bare day for day precision.
    pub fn to_rfc3339(self) -> String {
        match Timestamp::from_second(self.seconds) {
            Ok(at) if self.precision == Precision::Day => at.to_zoned(TimeZone::UTC).date().to_string(),
            Ok(at) => at.to_string(),
            Err(_) => String::from("out of range"),
        }
    }
}

/// Dates as programs write them for people, where no part can be taken for another: an English month by
/// name (`Tuesday, 3 March 2026, 10:05 AM`, `March 3, 2026`), or the year first (`2026/03/03 10:05:00 PM`).
/// `03/04/2026` is nobody's date: it is two. A zone (`GMT+1`) is read where it stands last.
fn written(text: &str) -> Option<Stamp> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    // Whole, or as its first three letters: `martes` is no March.
    let named = |word: &str, name: &str| word == name || Some(word) == name.get(..3);
    if !text.is_ascii() || text.len() > 48 || !text.bytes().any(|b| b == b'/' || b.is_ascii_alphabetic()) {
        return None;
    }
    let (mut numbers, mut month, mut clock, mut half, mut offset) = (Vec::new(), None, None, None, None);
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let lower = word.to_ascii_lowercase();
        if let Some(parts) = word.split_once('/').map(|_| word.split('/')) {
            let parts: Vec<i16> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
            let [year, of_year, day] = parts.as_slice() else { return None };
            month = Some(i8::try_from(*of_year).ok().filter(|_| *year > 31)?);
            numbers.extend([*year, *day]);
        } else if word.contains(':') {
            let parts: Vec<i8> = word.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
            clock = Some((*parts.first()?, *parts.get(1)?, parts.get(2).copied().unwrap_or(0)));
        } else if lower == "am" || lower == "pm" {
            half = Some(lower == "pm");
        } else if let Some(zone) = lower.strip_prefix("gmt").or(lower.strip_prefix("utc")) {
            offset = Some(if zone.is_empty() { 0 } else { 60 * zone.parse::<i32>().ok()? });
        } else if lower.len() == 5 && lower.starts_with(['+', '-']) {
            // RFC 5322: hours and minutes.
            let zone: i32 = lower.parse().ok()?;
            offset = Some(zone / 100 * 60 + zone % 100);
        } else if let Ok(number) = word.parse::<i16>() {
            numbers.push(number);
        } else if let Some(at) = MONTHS.iter().position(|name| named(&lower, name)) {
            month = Some(i8::try_from(at).ok()? + 1);
        } else if !DAYS.iter().any(|name| named(&lower, name)) {
            return None;
        }
    }
    let [one, other] = numbers.as_slice() else { return None };
    let (year, day) = if *one > 31 { (*one, *other) } else { (*other, *one) };
    if !(1900..=2399).contains(&year) {
        return None;
    }
    let day = Date::new(year, month?, i8::try_from(day).ok()?).ok()?;
    let Some((hour, minute, second)) = clock else {
        return Stamp::at(day.at(0, 0, 0, 0), Offset::UTC, Precision::Day, false);
    };
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(true) => hour % 12 + 12,
        Some(false) => hour % 12,
        None => hour,
    };
    let time = jiff::civil::Time::new(hour, minute, second.min(59), 0).ok()?;
    let zone = Offset::from_seconds(60 * offset.unwrap_or(0)).ok()?;
    Stamp::at(DateTime::from_parts(day, time), zone, Precision::Instant, offset.is_some())
}

/// `2019-06-03T02:23:47Z`, which most exports write, by the days of the proleptic Gregorian calendar
/// (ISO 8601); anything else, days a month does not have among it, is left to the calendar library.
fn in_utc(bytes: &[u8]) -> Option<Stamp> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = bytes
    else {
        return None;
    };
    let two = |tens: &u8, ones: &u8| {
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
    };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    let plain = (1970..=2399).contains(&year)
        && (1..=12).contains(&month)
        && (1..=28).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !plain {
        return None;
    }
    // Years that begin in March put the leap day last.
    let year = if month < 3 { year - 1 } else { year };
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Some(Stamp { seconds, precision: Precision::Instant, zone_known: true })
}

/// Splits `17:27:19.211-0800` into the clock and its zone; the inner option is `None` where a zone
/// stands but cannot be read.
fn split_zone(text: &str) -> (&str, Option<Option<Offset>>) {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return (clock, Some(Some(Offset::UTC)));
    }
    if let Some(clock) = text.strip_suffix(" UTC") {
        return (clock, Some(Some(Offset::UTC)));
    }
    let Some(at) = text.rfind(['+', '-']) else { return (text, None) };
    let (clock, zone) = text.split_at(at);
    (clock.trim_end(), Some(offset(zone)))
}

fn offset(zone: &str) -> Option<Offset> {
    let negative = zone.starts_with('-');
    let digits: String = zone.chars().skip(1).filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..).filter(|m| !m.is_empty()).map_or(Some(0), |m| m.parse().ok())?;
    let seconds = hours * 3600 + minutes * 60;
    Offset::from_seconds(if negative { -seconds } else { seconds }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_of_the_exports() {
        let zulu = Stamp::parse("2019-06-03T02:23:47Z").unwrap();
        assert_eq!(zulu.to_rfc3339(), "2019-06-03T02:23:47Z");
        assert!(zulu.zone_known);
        let jira = Stamp::parse("2019-02-15T19:01:52.971-0800").unwrap();
        assert_eq!(jira.to_rfc3339(), "2019-02-16T03:01:52Z");
        let table = Stamp::parse("2020-10-30 17:27:19.211").unwrap();
        assert!(!table.zone_known);
        let day = Stamp::parse("2021-02-28").unwrap();
        assert_eq!(day.precision, Precision::Day);
        assert_eq!(day.to_rfc3339(), "2021-02-28");
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "2021-02-30",
            "yesterday",
            "2021-13-01T00:00:00Z",
            "2021-02-03X00:00:00",
            "2021-02-03T25:00:00Z",
        ] {
            assert!(Stamp::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_short_way_gives_what_the_calendar_gives() {
        for days in (0..157_000).step_by(13) {
            let seconds = days * 86_400 + (days * 7_919) % 86_400;
            let text = Timestamp::from_second(seconds).unwrap().to_string();
            if let Some(stamp) = in_utc(text.as_bytes()) {
                assert_eq!(stamp.seconds, seconds, "{text}");
            }
            assert_eq!(Stamp::parse(&text).unwrap().seconds, seconds, "{text}");
        }
        for odd in
            ["2019-02-30T00:00:00Z", "2019-13-01T00:00:00Z", "2019-01-01T24:00:00Z", "2019-01-0aT00:00:00Z"]
        {
            assert!(in_utc(odd.as_bytes()).is_none() && Stamp::parse(odd).is_none(), "{odd}");
        }
        assert!(in_utc(b"2019-06-03T02:23:47Z").is_some());
    }

    #[test]
    fn dates_written_for_people_are_read_where_they_are_clear() {
        for (text, wanted) in [
            ("Tuesday, 3 March 2026, 10:05 AM", "2026-03-03T10:05:00Z"),
            ("3 Mar 2026, 12:05 am", "2026-03-03T00:05:00Z"),
            ("March 3, 2026", "2026-03-03"),
            ("2026/03/03 11:05:07 PM GMT+1", "2026-03-03T22:05:07Z"),
            ("2026/3/3", "2026-03-03"),
        ] {
            assert_eq!(Stamp::parse(text).map(Stamp::to_rfc3339).as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "03/04/2026",
            "3 March",
            "31 February 2026",
            "yesterday",
            "13:00 PM 3 March 2026",
            "last spring",
            "3 March 2026 Ana",
            "2026/13/01",
            "3/2026",
            "martes 3 marzo 2026",
        ] {
            assert!(Stamp::parse(text).is_none(), "{text}");
        }
    }
}
