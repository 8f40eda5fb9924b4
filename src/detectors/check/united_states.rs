//! US social security number.
//!
//! SSA, "Social Security Number Randomization" and POMS RM 10201: three digits of area (not 000, 666, 900 to
//! 999), two of group (not 00), four of serial (not 0000). There is no check digit: it is exempt from the
//! comparison with a second implementation, and bare digits need a cue. 987-65-4320 to 987-65-4329 are set
//! aside for advertising; some numbers were printed on so many sample cards that nobody has them.
//!
//! Miss rate: 9 in 10 of random nine digits have the form.

use super::digits::{Digits, number, uniform};
use super::writing::{Parted, parted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// Sample cards (POMS RM 10201.060) and what everybody types.
const SAMPLES: [u64; 4] = [78_051_120, 219_099_999, 457_555_462, 123_456_789];
/// Set aside for advertising.
const ADVERTISING: std::ops::RangeInclusive<u64> = 987_654_320..=987_654_329;

pub(super) fn ssn(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let all: [u8; 9] = Digits::of(matched).exactly()?;
    let value = number(&all);
    let (area, group, serial) = (value / 1_000_000, value / 10_000 % 100, value % 10_000);
    let set_aside = ADVERTISING.contains(&value);
    if matches!(area, 0 | 666 | 900..) && !set_aside || group == 0 || serial == 0 {
        return None;
    }
    let class = if set_aside || SAMPLES.contains(&value) || uniform(&all) {
        ValueClass::Test
    } else {
        ValueClass::Real
    };
    let form = match parted(matched) {
        Parted::Signed => 0,
        Parted::Spaced => -5,
        Parted::Bare => -7,
    };
    Some(Found::formed(probe).of_class(class).step(form))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    #[test]
    fn areas_groups_and_serials_that_do_not_exist_are_refused() {
        for value in
            ["000-12-3456", "666-12-3456", "900-12-3456", "999-99-9999", "123-00-4567", "123-45-0000"]
        {
            assert!(whole(value, ssn).is_none(), "{value}");
        }
        for value in ["536-90-4399", "899-12-3456", "665-12-3456", "536 90 4399", "536904399"] {
            let found = whole(value, ssn).unwrap();
            assert!(!found.validated && found.class == ValueClass::Real, "{value}");
        }
    }

    #[test]
    fn numbers_of_nobody_are_test_values() {
        for value in ["078-05-1120", "219-09-9999", "457-55-5462", "987-65-4321", "123-45-6789"] {
            assert_eq!(whole(value, ssn).map(|f| f.class), Some(ValueClass::Test), "{value}");
        }
        assert!(whole("987-65-4330", ssn).is_none());
    }

    #[test]
    fn dashes_say_more_than_spaces_and_spaces_more_than_nothing() {
        let bits = |text: &str| whole(text, ssn).unwrap().bits;
        assert!(bits("536-90-4399") > bits("536 90 4399"));
        assert!(bits("536 90 4399") > bits("536904399"));
        for seed in 0..200 {
            assert!(whole(&seeded::east::us_ssn(seed), ssn).is_some());
        }
    }
}
