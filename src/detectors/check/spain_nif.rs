//! Spanish NIF of legal entities (once called CIF) and of natural persons without DNI or NIE.
//!
//! A letter for the kind of entity, seven digits, a control character: the Luhn digit of the seven, or the
//! letter of `JABCDEFGHI` in its place (Orden EHA/451/2008; Real Decreto 1065/2007, art. 22). Which kinds
//! carry the letter is told differently by different sources, so both are taken and the unusual one counts
//! less. K (under fourteen), L (abroad) and M (foreigners) always end in a letter; published tools compute it
//! as that of entities or as that of a DNI of the seven digits, so either is taken.
//!
//! Miss rate: 1 in 10 with a digit or a letter A to J; 2 in 23 for K, L, M.

use super::digits::{Digits, number, uniform};
use super::spain::LETTERS;
use super::{Found, Probe};
use crate::records::ValueClass;

/// Letters of control for the Luhn digits 0 to 9.
pub(super) const CONTROLS: &[u8; 10] = b"JABCDEFGHI";

pub(super) fn nif(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let body = match matched {
        [b'E' | b'e', b'S' | b's', rest @ ..] if rest.first().is_some_and(u8::is_ascii_alphabetic) => rest,
        all => all,
    };
    let (kind, last) = (body.first()?.to_ascii_uppercase(), body.last()?.to_ascii_uppercase());
    let digits = Digits::of(body);
    let values = digits.as_slice();
    let (seven, digit) = match values {
        [seven @ .., digit] if seven.len() == 7 && last.is_ascii_digit() => (seven, Some(*digit)),
        seven if seven.len() == 7 && last.is_ascii_uppercase() => (seven, None),
        _ => return None,
    };
    let luhn = luhn(seven);
    let entity = CONTROLS.get(usize::from(luhn)) == Some(&last);
    let person = matches!(kind, b'K' | b'L' | b'M');
    let right = match digit {
        Some(digit) => !person && digit == luhn,
        None => entity || person && LETTERS.get((number(seven) % 23) as usize) == Some(&last),
    };
    if !right {
        return None;
    }
    let unusual = match kind {
        b'A' | b'B' | b'E' | b'H' => digit.is_none(),
        b'N' | b'P' | b'Q' | b'R' | b'S' | b'W' => digit.is_some(),
        _ => false,
    };
    let lower = body.iter().any(u8::is_ascii_lowercase);
    let prefixed = body.len() < matched.len();
    let bits = if unusual { -3 } else { 0 } + if lower { -2 } else { 0 } + if prefixed { 4 } else { 0 };
    let test = uniform(seven) || number(seven) == 1_234_567;
    let class = if test { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class).step(bits))
}

/// The Luhn digit of seven: the first, third, fifth and seventh are doubled.
pub(super) fn luhn(seven: &[u8]) -> u8 {
    let sum: u8 = seven
        .iter()
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (1, _) => *digit,
            (_, doubled) => doubled / 10 + doubled % 10,
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::super::seeded::{self, west};
    use super::super::whole;
    use super::*;

    /// The control by a table of doubled digits and by division of the whole, not digit by digit.
    fn second(text: &str) -> bool {
        let (kind, rest) = text.split_at(1);
        let (body, control) = rest.split_at(7);
        let doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
        let digit = |at: usize| body[at..=at].parse::<usize>().unwrap();
        let sum: usize = [0, 2, 4, 6].map(|at| doubled[digit(at)]).iter().sum::<usize>()
            + [1, 3, 5].map(digit).iter().sum::<usize>();
        let ten = (1..=10).find(|add| (sum + add).is_multiple_of(10)).unwrap() % 10;
        let letters = ["J", "A", "B", "C", "D", "E", "F", "G", "H", "I"];
        let left: u32 = body.parse::<u32>().unwrap() % 23;
        let dni = &"TRWAGMYFPDXBNJZSQVHLCKE"[left as usize..=left as usize];
        match kind {
            "K" | "L" | "M" => control == letters[ten] || control == dni,
            _ => control == ten.to_string() || control == letters[ten],
        }
    }

    #[test]
    fn nif_agrees_with_a_second_implementation() {
        seeded::agree(nif, second, west::es_nif);
        seeded::agree(nif, second, west::es_nif_klm);
    }

    #[test]
    fn published_values_hold() {
        for value in ["J99216582", "A13 585 625", "B-58378431", "ESB64717838", "P4139003J", "q2876031b"] {
            assert!(whole(value, nif).is_some_and(|found| found.validated), "{value}");
        }
        for value in ["J99216583", "B64717839", "K12345678", "M1234567A"] {
            assert!(whole(value, nif).is_none(), "{value}");
        }
        let usual = whole("B58378431", nif).map(|found| found.bits);
        assert!(usual > whole(&format!("B5837843{}", char::from(CONTROLS[1])), nif).map(|found| found.bits));
    }
}
