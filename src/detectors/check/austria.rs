//! Austrian social insurance number and tax number (Abgabenkontonummer).
//!
//! Social insurance: serial number (3, not beginning with 0), check digit, date of birth DDMMYY; the nine
//! others times 3 7 9 5 8 4 2 1 6, mod 11; 10 is not given out. Where the serial numbers of a day ran out
//! the month is 13 to 15 (Dachverband der Sozialversicherungsträger, Aufbau der Versicherungsnummer).
//! Miss rate: 1 in 11 of dates that can be, about 1 in 250 of all ten digits.
//!
//! Tax number: tax office (2), six digits, check digit: digits times 1 2 1 2 …, digit sums added, ten less the
//! sum mod 10 (European Commission, TIN by country: Austria). Miss rate: 1 in 10.

use super::card::luhn;
use super::digits::{Digits, is_date, uniform, weighted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// The check value of the serial number and the date, 10 where none is given out.
pub(super) fn vnr_check(serial: &[u8], date: &[u8]) -> u32 {
    (weighted(serial, &[3, 7, 9]) + weighted(date, &[5, 8, 4, 2, 1, 6])) % 11
}

pub(super) fn vnr(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let all: [u8; 10] = digits.exactly()?;
    let [first, _, _, check, d1, d2, m1, m2, y1, y2] = all;
    let (day, month, year) = (d1 * 10 + d2, m1 * 10 + m2, i16::from(y1 * 10 + y2));
    let substitute = matches!(month, 13..=15) && matches!(day, 1..=31);
    let date = substitute || is_date(1900 + year, month, day) || is_date(2000 + year, month, day);
    if first == 0 || !date || u32::from(check) != vnr_check(all.get(..3)?, all.get(4..)?) {
        return None;
    }
    let class = if all == [1, 2, 3, 7, 0, 1, 0, 1, 8, 0] { ValueClass::Test } else { ValueClass::Real };
    let bits = if substitute { -2 } else { 0 } + if digits.groups == 2 { 2 } else { 0 };
    Some(Found::validated(probe).of_class(class).step(bits))
}

pub(super) fn tin(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let all: [u8; 9] = digits.exactly()?;
    // Nine digits from the right, the last a check digit: the second, fourth … are those Luhn doubles.
    if !luhn(&all) || all[0] == 0 && all[1] == 0 || uniform(&all) {
        return None;
    }
    let dressed = match (digits.groups, probe.matched().contains(&b'/')) {
        (3, true) => 5,
        (2, true) => 3,
        _ => 0,
    };
    Some(Found::validated(probe).step(dressed))
}

#[cfg(test)]
mod tests {
    use super::super::seeded::{self, west};
    use super::super::whole;
    use super::*;

    /// With the check digit as the tenth weight, -1: the whole sum is a multiple of 11.
    fn second_vnr(text: &str) -> bool {
        let d: Vec<i32> = text.chars().map(|c| c.to_digit(10).unwrap() as i32).collect();
        let sum: i32 = d.iter().zip([3, 7, 9, -1, 5, 8, 4, 2, 1, 6]).map(|(d, w)| d * w).sum();
        let (day, month, year) = (d[4] * 10 + d[5], d[6] * 10 + d[7], d[8] * 10 + d[9]);
        let february = if year % 4 == 0 { 29 } else { 28 };
        let days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 31, 31];
        let can = (1..=15).contains(&month) && day >= 1 && day <= days[month as usize - 1];
        d[0] > 0 && can && sum % 11 == 0
    }

    /// The table of digit sums of doubled digits, from the left.
    fn second_tin(text: &str) -> bool {
        let table = "0246813579";
        let sum: u32 = text
            .char_indices()
            .map(|(at, c)| {
                let digit = c.to_digit(10).unwrap() as usize;
                let shown = if at % 2 == 1 && at < 8 { &table[digit..=digit] } else { &text[at..=at] };
                shown.parse::<u32>().unwrap()
            })
            .sum();
        sum.is_multiple_of(10) && &text[..2] != "00" && text.chars().any(|c| !text.starts_with(c))
    }

    #[test]
    fn vnr_agrees_with_a_second_implementation() {
        seeded::agree(vnr, second_vnr, west::at_vnr);
    }

    #[test]
    fn tin_agrees_with_a_second_implementation() {
        seeded::agree(tin, second_tin, west::at_tin);
    }

    #[test]
    fn published_values_hold() {
        assert_eq!(whole("1237 010180", vnr).map(|found| found.class), Some(ValueClass::Test));
        for value in ["2237 010180", "1237 320180", "1237011680"] {
            assert!(whole(value, vnr).is_none(), "{value}");
        }
        assert!(whole("59-119/9013", tin).is_some_and(|found| found.bits == 5));
        assert!(whole("591199013", tin).is_some());
        assert!(whole("59-119/9014", tin).is_none());
    }
}
