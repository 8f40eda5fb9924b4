//! Spanish DNI and NIE.
//!
//! The control letter is the remainder of the number by 23 in a fixed table (Real Decreto 1553/2005,
//! Ministerio del Interior, "Cálculo del dígito de control del NIF/NIE"). For a NIE the leading X, Y, Z
//! stand for 0, 1, 2 (Orden INT/2058/2008). Miss rate: 1 in 23.

use super::digits::{Digits, number, uniform};
use super::{Found, Probe};
use crate::records::ValueClass;

/// The letter for each remainder.
pub(super) const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// Numbers that authorities and test suites publish as samples.
const SAMPLES: [u64; 8] = [12_345_678, 0, 99_999_999, 87_654_321, 1, 14, 11_111_111, 1_234_567];

fn letter_is(number: u64, letter: u8) -> bool {
    let at = usize::try_from(number % 23).unwrap_or(0);
    LETTERS.get(at) == Some(&letter.to_ascii_uppercase())
}

fn sample(number: u64, digits: &[u8]) -> ValueClass {
    let test = SAMPLES.contains(&number) || uniform(digits);
    if test { ValueClass::Test } else { ValueClass::Real }
}

/// Eight digits and their letter; seven where the leading zero is left out.
pub(super) fn dni(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let letter = *matched.last()?;
    let digits = Digits::of(matched);
    let values = digits.as_slice();
    // The digits stand together or in three groups; seven after a sign are rather the rest of a NIE or NIF.
    let rest = values.len() == 7 && matches!(probe.before(), Some(b'-' | b'.' | b'/'));
    if !matches!(values.len(), 7 | 8) || digits.groups == 2 || rest {
        return None;
    }
    let value = number(values);
    if !letter_is(value, letter) {
        return None;
    }
    // A lower-case letter or a missing zero is rarer in a DNI than in a code that looks like one; a small
    // letter after a space is mostly the next word: `12 345 678 a`.
    let spaced = matched.len().checked_sub(2).and_then(|at| matched.get(at)) == Some(&b' ');
    let lower = match (letter.is_ascii_lowercase(), spaced) {
        (true, true) => -5,
        (true, false) => -1,
        _ => 0,
    };
    let bits = lower + if values.len() == 7 { -5 } else { 0 };
    Some(Found::validated(probe).of_class(sample(value, values)).step(bits))
}

/// X, Y or Z, seven digits and their letter; old cards have eight digits, the first of them 0.
pub(super) fn nie(probe: &Probe<'_>) -> Option<Found> {
    let matched = match probe.matched() {
        [b'E' | b'e', b'S' | b's', rest @ ..] => rest,
        all => all,
    };
    let (first, letter) = (matched.first()?.to_ascii_uppercase(), *matched.last()?);
    let prefix = u64::from(first.checked_sub(b'X')?);
    let digits = Digits::of(matched);
    let values = match digits.as_slice() {
        [0, rest @ ..] if rest.len() == 7 => rest,
        all if all.len() == 7 => all,
        _ => return None,
    };
    if prefix > 2 || !letter_is(prefix * 10_000_000 + number(values), letter) {
        return None;
    }
    Some(Found::validated(probe).of_class(sample(number(values), values)))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded, whole};
    use super::*;

    /// The letter found by subtracting, not by dividing.
    fn second(text: &str) -> bool {
        let body = text.replace('X', "0").replace('Y', "1").replace('Z', "2");
        let body = if text.starts_with(['X', 'Y', 'Z']) {
            format!("{}{}", &body[..body.len() - 1], &text[text.len() - 1..])
        } else {
            text.to_owned()
        };
        let mut left: i64 = body[..8].parse().unwrap();
        while left >= 23_000_000 {
            left -= 23_000_000;
        }
        while left >= 23 {
            left -= 23;
        }
        "TRWAGMYFPDXBNJZSQVHLCKE".chars().nth(left as usize) == body.chars().nth(8)
    }

    #[test]
    fn dni_agrees_with_a_second_implementation() {
        seeded::agree(dni, second, seeded::es_dni);
    }

    #[test]
    fn nie_agrees_with_a_second_implementation() {
        seeded::agree(nie, second, seeded::es_nie);
    }

    #[test]
    fn published_values_hold() {
        assert_eq!(whole("12345678Z", dni).unwrap().class, ValueClass::Test);
        assert!(whole("12.345.678-z", dni).is_some());
        assert!(whole("12345678A", dni).is_none());
        assert!(whole("12 345 678 Z", dni).is_some());
        assert!(whole("12 345678 Z", dni).is_none(), "part of other numbers");
        let rest = Probe { field: b"X-1234567-L", start: 2, end: 11 };
        assert!(dni(&rest).is_none(), "the rest of a NIE");
        assert!(whole("X0000000T", nie).is_some());
        assert!(whole("X-1234567-L", nie).is_some());
        assert!(whole("Z1234567L", nie).is_none());
    }
}
