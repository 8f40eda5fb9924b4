//! German Steuernummer: the number of a tax office for a person or firm.
//!
//! On letters it has ten or eleven digits, in a form of each state (`FF/BBB/UUUUP`, `FFF/BBB/UUUUP`,
//! `FFF/BBBB/UUUP`, `FFBBB/UUUUP`): there the state is not told, and one of its sixteen procedures fits almost
//! any number, so these forms are exempt from a check and found by cue only.
//!
//! For ELSTER it has thirteen: office (4, the first one or two its state), 0, district and number (7), check
//! digit by the state's procedure (Bayerisches Landesamt für Steuern, "Prüfung der Steuer- und
//! Steueridentifikationsnummer", ch. 3 to 6). A wrong check digit there leaves the number to its cue: not all
//! software computes it. Miss rate: 1 in 10 or 11; 2 in 11 for Berlin, whose two weights depend on lists
//! of districts that change, so either is taken.

use super::digits::{Digits, weighted};
use super::{Found, Probe};
use crate::records::ValueClass;

/// How a state computes the check digit of the first twelve.
enum Procedure {
    /// Eleven less the weighted sum mod 11, 11 becoming 0; 10 is not given out. Either list fits.
    Eleven(&'static [[u8; 12]]),
    /// The weighted sum mod 11 itself; 10 is not given out.
    Remainder([u8; 12]),
    /// Digits plus summands times powers of two, reduced to one digit each, ten less the sum mod 10.
    Two,
    /// Digits times 1 and 2, digit sums added, ten less the sum mod 10.
    Cross,
}

const SUMMANDS: [u8; 12] = [0, 0, 9, 8, 0, 7, 6, 5, 4, 3, 2, 1];
const POWERS: [u16; 12] = [0, 0, 512, 256, 0, 128, 64, 32, 16, 8, 4, 2];
const CROSS: [u8; 12] = [0, 0, 1, 2, 0, 1, 2, 1, 2, 1, 2, 1];
const BERLIN_A: [u8; 12] = [0, 0, 0, 0, 0, 7, 6, 5, 8, 4, 3, 2];
const LOWER_SAXONY: [u8; 12] = [0, 0, 2, 9, 0, 8, 7, 6, 5, 4, 3, 2];

fn procedure(twelve: &[u8; 12]) -> Option<Procedure> {
    let one = Procedure::Eleven(&[[0, 5, 4, 3, 0, 2, 7, 6, 5, 4, 3, 2]]);
    let two = Procedure::Eleven(&[[0, 0, 4, 3, 0, 2, 7, 6, 5, 4, 3, 2]]);
    Some(match twelve {
        [3, 0..=2, ..] | [4, 0 | 1, ..] | [9, ..] => one,
        [1, 0, ..] | [2, 2 | 4, ..] => two,
        [1, 1, ..] => Procedure::Eleven(&[BERLIN_A, LOWER_SAXONY]),
        [2, 1 | 6 | 8, ..] => Procedure::Two,
        [2, 3, ..] => Procedure::Eleven(&[LOWER_SAXONY]),
        [2, 7, ..] => Procedure::Cross,
        [5, ..] => Procedure::Remainder([0, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1]),
        _ => return None,
    })
}

/// Whether the state's procedure gives the check digit; none where the number is no state's.
pub(super) fn is_right(twelve: &[u8; 12], check: u8) -> Option<bool> {
    if twelve[4] != 0 {
        return None;
    }
    let check = u32::from(check);
    let ten = |sum: u32| (10 - sum % 10) % 10 == check;
    Some(match procedure(twelve)? {
        Procedure::Eleven(weights) => {
            weights.iter().any(|weights| (11 - weighted(twelve, weights) % 11) % 11 == check)
        }
        Procedure::Remainder(weights) => weighted(twelve, &weights) % 11 == check,
        Procedure::Two => ten(twelve
            .iter()
            .zip(SUMMANDS)
            .zip(POWERS)
            .map(|((digit, summand), power)| u32::from(u16::from((digit + summand) % 10) * power))
            // A digit sum taken until one digit is left is the remainder by 9, with 9 for its multiples.
            .map(|product| if product == 0 { 0 } else { (product - 1) % 9 + 1 })
            .sum()),
        Procedure::Cross => ten(twelve
            .iter()
            .zip(CROSS)
            .map(|(digit, weight)| u32::from(digit * weight))
            .map(|product| product / 10 + product % 10)
            .sum()),
    })
}

pub(super) fn steuernummer(probe: &Probe<'_>) -> Option<Found> {
    let digits = Digits::of(probe.matched());
    let values = digits.as_slice();
    if values.len() == 13 {
        let (body, check) = values.split_at_checked(12)?;
        let right = is_right(body.try_into().ok()?, *check.first()?)?;
        return Some(if right { Found::validated(probe).step(3) } else { Found::formed(probe).step(-1) });
    }
    if !matches!(values.len(), 10 | 11) || values.iter().all(|digit| *digit == 0) {
        return None;
    }
    let sample = values.windows(7).any(|seven| seven == [8, 1, 5, 0, 8, 1, 5]);
    let class = if sample { ValueClass::Test } else { ValueClass::Real };
    let slashed = probe.matched().contains(&b'/');
    Some(Found::formed(probe).of_class(class).step(if slashed { 2 } else { 0 }))
}

#[cfg(test)]
mod tests {
    use super::super::seeded::{self, west};
    use super::super::whole;
    use super::*;

    /// The states' tables written as text, the sums with signed numbers.
    fn second(text: &str) -> bool {
        let d: Vec<i64> = text.chars().map(|c| i64::from(c.to_digit(10).unwrap())).collect();
        let sum = |weights: &str| -> i64 {
            d.iter().zip(weights.chars()).map(|(d, w)| d * i64::from(w.to_digit(10).unwrap())).sum()
        };
        let closes = |weights: &str| (sum(weights) + d[12]) % 11 == 0;
        let folded = |mut n: i64| {
            while n > 9 {
                n = n.to_string().chars().map(|c| i64::from(c.to_digit(10).unwrap())).sum();
            }
            n
        };
        if d[4] != 0 {
            return false;
        }
        match &text[..2] {
            "30" | "31" | "32" | "40" | "41" => closes("054302765432"),
            "10" | "22" | "24" => closes("004302765432"),
            "11" => closes("000007658432") || closes("002908765432"),
            "23" => closes("002908765432"),
            "21" | "26" | "28" => {
                let places = [(2, 9), (3, 8), (5, 7), (6, 6), (7, 5), (8, 4), (9, 3), (10, 2), (11, 1)];
                let all: i64 = places.iter().map(|(at, add)| folded((d[*at] + add) % 10 * (1 << add))).sum();
                (all + d[12]) % 10 == 0
            }
            "27" => {
                let weights = [0, 0, 1, 2, 0, 1, 2, 1, 2, 1, 2, 1];
                let all: i64 = (0..12).map(|at| folded(d[at] * weights[at])).sum();
                (all + d[12]) % 10 == 0
            }
            _ if d[0] == 9 => closes("054302765432"),
            _ if d[0] == 5 => sum("032107654321") % 11 == d[12],
            _ => false,
        }
    }

    #[test]
    fn thirteen_digits_agree_with_a_second_implementation() {
        seeded::agree(steuernummer, second, west::de_steuernummer_13);
    }

    #[test]
    fn the_states_own_examples_hold() {
        for value in [
            "2893081508152",
            "9181081508155",
            "1121081508150",
            "3048081508155",
            "2475081508152",
            "2202081508156",
            "2613081508153",
            "4079081508151",
            "2324081508151",
            "5133081508159",
            "2722081508154",
            "1010081508182",
            "3201012312340",
            "3101081508154",
            "2129081508158",
            "4151081508156",
            "2866089638150",
            "2799081508152",
        ] {
            assert!(whole(value, steuernummer).is_some_and(|found| found.validated), "{value}");
        }
        assert!(!whole("9181081508154", steuernummer).unwrap().validated);
        assert!(whole("9181181508155", steuernummer).is_none(), "the fifth digit is 0");
        assert!(whole("3301081508154", steuernummer).is_none(), "no state 33");
        for value in ["181/815/08155", "93815/08152", "133/8150/8159", "22/815/0815/4", "2181508150"] {
            assert!(!whole(value, steuernummer).unwrap().validated, "{value}");
        }
    }
}
