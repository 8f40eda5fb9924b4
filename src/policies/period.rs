//! Calendar periods as laws write them: three years, six months, seventy-two hours.

use std::cmp::Ordering;
use std::fmt;

use jiff::tz::Offset;
use jiff::{Span, Timestamp};

/// An ISO 8601 duration in calendar units, such as `P3Y` or `P1Y6M` or `PT72H`.
///
/// Years and months are added first and clamped to the end of the month (29 February and one year is
/// 28 February), then weeks and days, then the clock units; all in UTC.
#[derive(Clone, Debug)]
pub struct Period {
    text: String,
    span: Span,
}

impl Period {
    /// Reads `PnYnMnWnDTnHnMnS` with whole numbers, in that order and at least one of them not zero.
    /// ISO 8601-1:2019, 5.5.2.4; weeks may stand beside other units as in ISO 8601-2.
    pub fn parse(text: &str) -> Option<Period> {
        // jiff also reads its own friendly format and signs: neither is meant here.
        let shape = text.starts_with('P')
            && text.len() <= 32
            && text.bytes().all(|b| b.is_ascii_digit() || b"PYMWDTHS".contains(&b));
        if !shape {
            return None;
        }
        let span: Span = text.parse().ok()?;
        if !span.is_positive() {
            return None;
        }
        Some(Period { text: text.to_owned(), span })
    }

    /// The ISO 8601 text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `from + self <= now`, both in seconds since the epoch. An end past the calendar
    /// (year 9999) has not come.
    pub fn elapsed(&self, from: i64, now: i64) -> bool {
        self.end(from).is_some_and(|end| end <= now)
    }

    /// When a period that starts at `from` ends, in seconds since the epoch; none past year 9999.
    pub fn end(&self, from: i64) -> Option<i64> {
        let from = Timestamp::from_second(from).ok()?;
        let end = Offset::UTC.to_datetime(from).checked_add(self.span).ok()?;
        Offset::UTC.to_timestamp(end).ok().map(Timestamp::as_second)
    }

    /// Which of two periods is longer when both start on 1 January 2023.
    pub fn compare(&self, other: &Period) -> Ordering {
        const START: i64 = 1_672_531_200;
        // A period without an end is longer than any with one.
        let end = |period: &Period| period.end(START).unwrap_or(i64::MAX);
        end(self).cmp(&end(other))
    }
}

impl PartialEq for Period {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Period {}

impl fmt::Display for Period {
    /// In words: `3 years`, `1 year and 6 months`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            (i64::from(self.span.get_years()), "year"),
            (i64::from(self.span.get_months()), "month"),
            (i64::from(self.span.get_weeks()), "week"),
            (i64::from(self.span.get_days()), "day"),
            (i64::from(self.span.get_hours()), "hour"),
            (self.span.get_minutes(), "minute"),
            (self.span.get_seconds(), "second"),
        ];
        let parts: Vec<String> = units
            .iter()
            .filter(|(count, _)| *count != 0)
            .map(|(count, unit)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" }))
            .collect();
        f.write_str(&parts.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Stamp;

    fn at(text: &str) -> i64 {
        Stamp::parse(text).unwrap().seconds
    }

    #[test]
    fn month_ends_are_clamped() {
        let cases = [
            ("2024-02-29T12:00:00Z", "P1Y", "2025-02-28T12:00:00Z"),
            ("2024-01-31T00:00:00Z", "P1M", "2024-02-29T00:00:00Z"),
            ("2023-01-31T00:00:00Z", "P1M1D", "2023-03-01T00:00:00Z"),
            ("2024-02-29T00:00:00Z", "P4Y", "2028-02-29T00:00:00Z"),
            ("2026-11-01T00:00:00Z", "PT72H", "2026-11-04T00:00:00Z"),
            ("2026-11-01T00:00:00Z", "P2W", "2026-11-15T00:00:00Z"),
        ];
        for (from, period, end) in cases {
            assert_eq!(Period::parse(period).unwrap().end(at(from)), Some(at(end)), "{from} + {period}");
        }
    }

    #[test]
    fn a_period_is_over_at_its_last_second_and_not_before() {
        let period = Period::parse("P3Y").unwrap();
        let from = at("2023-11-22T10:00:00Z");
        assert!(!period.elapsed(from, at("2026-11-22T09:59:59Z")));
        assert!(period.elapsed(from, at("2026-11-22T10:00:00Z")));
        assert!(!period.elapsed(at("9998-01-01T00:00:00Z"), at("2026-11-22T10:00:00Z")));
        assert!(!period.elapsed(i64::MAX, i64::MAX));
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "", "P", "3Y", "P3", "-P3Y", "P-3Y", "3 years", "p3y", "P3y", "PT", "P0D", "P1.5Y", "P3Y ",
            "P1D1Y",
        ] {
            assert!(Period::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn periods_are_told_in_words() {
        for (text, words) in [("P3Y", "3 years"), ("P1Y6M", "1 year and 6 months"), ("PT72H", "72 hours")] {
            assert_eq!(Period::parse(text).unwrap().to_string(), words);
        }
    }

    #[test]
    fn the_longer_period_is_greater() {
        let compare = |a: &str, b: &str| Period::parse(a).unwrap().compare(&Period::parse(b).unwrap());
        assert_eq!(compare("P1Y", "P12M"), Ordering::Equal);
        assert_eq!(compare("P1Y", "P366D"), Ordering::Less);
        assert_eq!(compare("P2M", "P1M"), Ordering::Greater);
    }
}
