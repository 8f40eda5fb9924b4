//! Maltese identity card number.
//!
//! Up to seven digits, the last two the year of registration, and a letter: M, G, L, H for births registered
//! in Malta and Gozo before and after 2000, B and Z before 1900, A for foreigners, P for those born
//! abroad (Identità, "Identity cards: useful information"). Exempt from a check: there is none, so it is
//! found by cue only.

use super::digits::Digits;
use super::{Found, Probe};
use crate::records::ValueClass;

pub(super) fn id(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let letter = *matched.last()?;
    let digits = Digits::of(matched);
    let values = digits.as_slice();
    if values.iter().all(|digit| *digit == 0) {
        return None;
    }
    let bits = if values.len() == 7 { 1 } else { -1 } + if letter.is_ascii_lowercase() { -2 } else { 0 };
    let test = values == [1, 2, 3, 4, 5, 6, 7] || values == [0, 1, 2, 3, 4, 5, 6];
    let class = if test { ValueClass::Test } else { ValueClass::Real };
    Some(Found::formed(probe).of_class(class).step(bits))
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;

    #[test]
    fn what_is_no_number_is_left() {
        assert!(whole("0478197M", id).is_some_and(|found| !found.validated && found.bits == 1));
        assert!(whole("478197M", id).is_some_and(|found| found.bits == -1));
        assert!(whole("0000000M", id).is_none());
        assert_eq!(whole("1234567A", id).map(|found| found.class), Some(ValueClass::Test));
    }
}
