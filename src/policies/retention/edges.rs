//! Calendar arithmetic of one row: from a date to the ends of its periods.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::Offset;

use super::super::period::Period;

/// From which moment a period counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// From the date itself.
    Exact,
    /// From the end of the calendar year of the date, as limitation does in German law (BGB 199(1)) and the
    /// keeping of books (HGB 257(5)). Years end by the standard time of the country, in whole hours from UTC.
    YearEnd { offset: i8 },
}

/// Periods of one row as they hold in one jurisdiction.
#[derive(Clone, Debug)]
pub(super) struct Edges {
    /// When pseudonyms would do.
    pub soft: Option<Period>,
    /// Not before.
    pub minimum: Option<Period>,
    /// Not longer.
    pub keep: Period,
    pub rounding: Rounding,
    /// How long data are blocked after their period instead of being destroyed; none where they are
    /// destroyed at once.
    pub block: Option<Period>,
}

/// Ends of the periods, in seconds since 1970. An end past year 9999 does not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub soft: Option<i64>,
    pub minimum: Option<i64>,
    pub due: i64,
}

impl Edges {
    /// When the periods end that start with an act at `from`.
    pub(super) fn ends(&self, from: i64) -> Ends {
        let start = self.rounding.start(from);
        let end = |period: &Period| period.end(start).unwrap_or(i64::MAX);
        Ends {
            soft: self.soft.as_ref().map(end),
            minimum: self.minimum.as_ref().map(end),
            due: end(&self.keep),
        }
    }
}

impl Rounding {
    fn start(self, from: i64) -> i64 {
        match self {
            Self::Exact => from,
            Self::YearEnd { offset } => year_end(from, offset).unwrap_or(from),
        }
    }
}

/// The first instant of the year after the one `from` lies in, by a fixed offset from UTC.
fn year_end(from: i64, offset: i8) -> Option<i64> {
    let offset = Offset::from_hours(offset).ok()?;
    let local = offset.to_datetime(Timestamp::from_second(from).ok()?);
    let next = date(local.year().checked_add(1).filter(|year| *year <= 9999)?, 1, 1).at(0, 0, 0, 0);
    offset.to_timestamp(next).ok().map(Timestamp::as_second)
}

/// Hours by which the standard time of a country, which holds when its year ends, is ahead of UTC. The
/// mainland's where a country has several.
pub(super) fn winter_offset(jurisdiction: &str) -> i8 {
    match jurisdiction {
        "gb" | "uk" | "ie" | "pt" | "is" => 0,
        "bg" | "cy" | "ee" | "fi" | "gr" | "lt" | "lv" | "ro" => 2,
        "tr" => 3,
        "us" => -5,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Stamp;

    fn at(text: &str) -> i64 {
        Stamp::parse(text).unwrap().seconds
    }

    fn edges(keep: &str, rounding: Rounding) -> Edges {
        Edges { soft: None, minimum: None, keep: Period::parse(keep).unwrap(), rounding, block: None }
    }

    #[test]
    fn a_german_period_runs_from_the_end_of_the_year() {
        let rounding = Rounding::YearEnd { offset: winter_offset("de") };
        let due = |from: &str| edges("P3Y", rounding).ends(at(from)).due;
        assert_eq!(due("2022-01-01T12:00:00Z"), at("2025-12-31T23:00:00Z"));
        assert_eq!(due("2022-12-31T22:59:59Z"), at("2025-12-31T23:00:00Z"));
        // Already the next year in Berlin.
        assert_eq!(due("2022-12-31T23:00:00Z"), at("2026-12-31T23:00:00Z"));
    }

    #[test]
    fn leap_days_are_clamped_and_the_calendar_ends() {
        assert_eq!(
            edges("P3Y", Rounding::Exact).ends(at("2020-02-29T08:00:00Z")).due,
            at("2023-02-28T08:00:00Z")
        );
        assert_eq!(edges("P9000Y", Rounding::Exact).ends(at("2020-01-01")).due, i64::MAX);
    }
}
