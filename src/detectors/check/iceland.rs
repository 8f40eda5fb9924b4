//! Icelandic kennitala of people.
//!
//! Lög nr. 140/2019 um skráningu einstaklinga; Þjóðskrá, "Um kennitölur": day, month and year of birth, a
//! serial number from 20 on, a check digit with weights 3 2 7 6 5 4 3 2 modulo 11 (10 is not given out), a
//! last digit for the century: 8, 9, 0. Numbers of companies, 40 added to the day, are no personal data and
//! left out. System numbers (kerfiskennitala) begin with 8 or 9, have no date and no check digit, and
//! need a cue.
//!
//! Miss rate: of random ten digits 1 in 1,000 passes.

use super::digits::{Digits, is_date, weighted};
use super::writing::{Parted, parted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// The number of every manual.
const SAMPLE: [u8; 10] = [1, 2, 0, 1, 7, 4, 3, 3, 9, 9];

pub(super) fn kennitala(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let ten: [u8; 10] = Digits::of(matched).exactly()?;
    let [d1, d2, m1, m2, y1, y2, serial, _, _, century] = ten;
    let form = match parted(matched) {
        Parted::Bare => 0,
        Parted::Spaced => 1,
        Parted::Signed => 4,
    };
    if d1 >= 8 {
        return Some(Found::formed(probe).step(form.min(1) - 4));
    }
    let year = match century {
        8 => 1800,
        9 => 1900,
        0 => 2000,
        _ => return None,
    } + i16::from(y1 * 10 + y2);
    let sum = weighted(&ten, &[3, 2, 7, 6, 5, 4, 3, 2, 1]);
    if !sum.is_multiple_of(11) || !is_date(year, m1 * 10 + m2, d1 * 10 + d2) {
        return None;
    }
    let class = if ten == SAMPLE { ValueClass::Test } else { ValueClass::Real };
    let rare = if serial < 2 { -2 } else { 0 } + if century == 8 { -3 } else { 0 };
    Some(Found::validated(probe).of_class(class).step(form + rare))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// The check digit as Þjóðskrá computes it: weights 2 to 7 from the right, 11 minus the remainder.
    fn second(text: &str) -> bool {
        let d: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = d[..8].iter().rev().zip([2, 3, 4, 5, 6, 7, 2, 3]).map(|(d, w)| d * w).sum();
        let check = match 11 - sum % 11 {
            11 => 0,
            10 => return false,
            check => check,
        };
        let Some(century) = [(8, 1800), (9, 1900), (0, 2000)].into_iter().find(|(last, _)| *last == d[9])
        else {
            return false;
        };
        let (day, month, year) = (d[0] * 10 + d[1], d[2] * 10 + d[3], century.1 + d[4] * 10 + d[5]);
        check == d[8] && seeded::east::is_day(year, month, day)
    }

    #[test]
    fn kennitala_agrees_with_a_second_implementation() {
        seeded::agree(kennitala, second, seeded::east::is_kennitala);
    }

    #[test]
    fn published_values_hold() {
        assert_eq!(whole("120174-3399", kennitala).unwrap().class, ValueClass::Test);
        assert!(whole("120160-3389", kennitala).unwrap().validated);
        for value in ["530575-0299", "320174-3399", "120174-3389", "120174-3392"] {
            assert!(whole(value, kennitala).is_none(), "{value}");
        }
        assert!(whole("450401-3150", kennitala).is_none(), "a company");
        assert!(!whole("800101-2030", kennitala).unwrap().validated, "a system number has no check digit");
    }
}
