//! The one place where the clock is read.

use crate::problem::Problem;
use crate::records::{Precision, Stamp};

/// The instant of `--as-of`, or now.
pub(super) fn as_of(argument: Option<&str>) -> Result<Stamp, Problem> {
    match argument {
        Some(text) => Stamp::parse(text).ok_or_else(|| {
            Problem::new(
                "as-of-no-date",
                "--as-of is no date",
                "write a day such as 2026-11-22, or an instant such as 2026-11-22T08:00:00Z",
            )
        }),
        None => Ok(now()),
    }
}

/// The system's clock, in whole seconds.
pub(super) fn now() -> Stamp {
    Stamp { seconds: jiff::Timestamp::now().as_second(), precision: Precision::Instant, zone_known: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_an_instant_are_read_and_nonsense_is_not() {
        assert_eq!(as_of(Some("2026-11-22")).ok().unwrap().to_rfc3339(), "2026-11-22");
        assert_eq!(as_of(Some("2026-11-22T08:00:00Z")).ok().unwrap().to_rfc3339(), "2026-11-22T08:00:00Z");
        assert_eq!(as_of(Some("soon")).err().unwrap().code, "as-of-no-date");
    }
}
