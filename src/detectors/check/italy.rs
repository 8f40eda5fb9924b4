//! Italian codice fiscale of natural persons, and the numeric one given provisionally and to firms
//! (D.M. 23 dicembre 1976; DPR 605/1973).
//!
//! Six letters of the names, year, month letter, day (plus 40 for women), Belfiore code of the place,
//! check character. Where two people would share one, digits become letters from the right
//! (omocodia): L M N P Q R S T U V for 0 to 9. Miss rate: 1 in 26 of the codes whose day can be.
//!
//! The numeric code has eleven digits: seven of order, three of the office, the Luhn digit. Miss rate: 1 in 10.

use super::card::luhn;
use super::digits::{Digits, is_date, uniform};
use super::{Found, Probe};
use crate::records::ValueClass;

/// Values of characters in odd places, for 0-9 and then A-Z.
pub(super) const ODD: [u8; 36] = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, // 0-9
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23, // A-Z
];
const OMOCODIA: &[u8; 10] = b"LMNPQRSTUV";
const MONTHS: &[u8; 12] = b"ABCDEHLMPRST";

pub(super) fn codice_fiscale(probe: &Probe<'_>) -> Option<Found> {
    let mut code = [0_u8; 16];
    let mut len = 0;
    for byte in probe.matched().iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        *code.get_mut(len)? = byte.to_ascii_uppercase();
        len += 1;
    }
    if len != 16 || !civil(&code) || code.last() != Some(&check_character(code.get(..15)?)) {
        return None;
    }
    let lower = probe.matched().iter().any(u8::is_ascii_lowercase);
    let class = if code == *b"RSSMRA85T10A562S" || code == *b"RSSMRA80A01H501U" {
        ValueClass::Test
    } else {
        ValueClass::Real
    };
    Some(Found::validated(probe).of_class(class).step(if lower { -1 } else { 0 }))
}

/// Eleven digits, the last of them the Luhn digit.
pub(super) fn numeric(probe: &Probe<'_>) -> Option<Found> {
    let all: [u8; 11] = Digits::of(probe.matched()).exactly()?;
    let (order, office) = all.split_at_checked(7)?;
    if !luhn(&all) || uniform(order) || office.starts_with(&[0, 0, 0]) {
        return None;
    }
    Some(Found::validated(probe))
}

/// The check character of the first fifteen.
pub(super) fn check_character(body: &[u8]) -> u8 {
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(at, c)| {
            let value = if c.is_ascii_digit() { c - b'0' } else { c.wrapping_sub(b'A').wrapping_add(10) };
            if at % 2 == 0 {
                u32::from(ODD.get(usize::from(value)).copied().unwrap_or(0))
            } else if c.is_ascii_digit() {
                u32::from(value)
            } else {
                u32::from(value.wrapping_sub(10))
            }
        })
        .sum();
    b'A' + u8::try_from(sum % 26).unwrap_or(0)
}

/// A character in a place of digits as its digit.
fn digit(c: u8) -> Option<u8> {
    if c.is_ascii_digit() {
        return Some(c - b'0');
    }
    u8::try_from(OMOCODIA.iter().position(|letter| *letter == c)?).ok()
}

/// Whether letters, month, day and place stand where they must.
fn civil(code: &[u8; 16]) -> bool {
    let [n1, n2, n3, n4, n5, n6, y1, y2, month, d1, d2, place, p1, p2, p3, _] = code;
    let letters = [n1, n2, n3, n4, n5, n6, place].into_iter().all(u8::is_ascii_uppercase);
    let digits = [y1, y2, d1, d2, p1, p2, p3].map(|c| digit(*c));
    let [Some(y1), Some(y2), Some(tens), Some(units), Some(_), Some(_), Some(_)] = digits else {
        return false;
    };
    let Some(month) = MONTHS.iter().position(|letter| letter == month) else { return false };
    let day = match tens * 10 + units {
        woman @ 41.. => woman - 40,
        man => man,
    };
    // The century is not told: a 29 February of either is a day, and 2000 was a leap year.
    letters && is_date(2000 + i16::from(y1 * 10 + y2), month as u8 + 1, day)
}

#[cfg(test)]
mod tests {
    use super::super::seeded::west;
    use super::super::{seeded, whole};
    use super::*;

    /// The tables of the decree written out as text.
    fn second(text: &str) -> bool {
        let odd = "BAKPLCQDREVOSFTGUHMINJWZYX";
        let even = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let shape = "LLLLLLDDMDDLDDD";
        let omocodia = "LMNPQRSTUV";
        let mut sum = 0;
        for (at, c) in text.chars().take(15).enumerate() {
            let fits = match &shape[at..=at] {
                "L" => c.is_ascii_uppercase(),
                "M" => "ABCDEHLMPRST".contains(c),
                _ => c.is_ascii_digit() || omocodia.contains(c),
            };
            if !fits {
                return false;
            }
            let letter = if let Some(d) = c.to_digit(10) { even.as_bytes()[d as usize] as char } else { c };
            let table = if at % 2 == 0 { odd } else { even };
            sum += table.find(letter).unwrap();
        }
        let as_digit = |c: char| c.to_digit(10).unwrap_or_else(|| omocodia.find(c).unwrap() as u32);
        let day = as_digit(text.chars().nth(9).unwrap()) * 10 + as_digit(text.chars().nth(10).unwrap());
        let nth = |at: usize| as_digit(text.chars().nth(at).unwrap());
        let leap = (nth(6) * 10 + nth(7)) % 4 == 0;
        let longest = match &text[8..9] {
            "B" if leap => 29,
            "B" => 28,
            "D" | "H" | "P" | "S" => 30,
            _ => 31,
        };
        let day_can = (1..=longest).contains(&day) || (41..=40 + longest).contains(&day);
        day_can && text.chars().nth(15) == even.chars().nth(sum % 26)
    }

    #[test]
    fn codice_fiscale_agrees_with_a_second_implementation() {
        seeded::agree(codice_fiscale, second, seeded::it_codice_fiscale);
    }

    /// The steps of the Agenzia delle Entrate: X and Y, the digits above 4, the units of the sum.
    fn second_numeric(text: &str) -> bool {
        let d: Vec<u32> = text.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let x: u32 = [0, 2, 4, 6, 8].iter().map(|at| d[*at]).sum();
        let y: u32 = [1, 3, 5, 7, 9].iter().map(|at| 2 * d[*at]).sum();
        let z = [1, 3, 5, 7, 9].iter().filter(|at| d[**at] > 4).count() as u32;
        let order = d[..7].iter().any(|digit| *digit != d[0]);
        (10 - (x + y + z) % 10) % 10 == d[10] && order && &text[7..10] != "000"
    }

    #[test]
    fn the_numeric_code_agrees_with_a_second_implementation() {
        seeded::agree(numeric, second_numeric, west::it_codice_fiscale_numeric);
    }

    #[test]
    fn days_that_are_not() {
        assert!(whole("00743110157", numeric).is_some());
        assert!(whole("00743110158", numeric).is_none());
        for (body, can) in [
            ("RSSMRA84B69A562", true),
            ("RSSMRA85B29A562", false),
            ("RSSMRA85D31A562", false),
            ("RSSMRA85D70A562", true),
            ("RSSMRA85E71A562", true),
            ("RSSMRA85T40A562", false),
        ] {
            let code = format!("{body}{}", char::from(check_character(body.as_bytes())));
            assert_eq!(whole(&code, codice_fiscale).is_some(), can, "{code}");
        }
    }

    #[test]
    fn published_values_hold() {
        assert!(whole("RSSMRA85T10A562S", codice_fiscale).is_some());
        assert!(whole("RSS MRA 85T10 A562S", codice_fiscale).is_some());
        assert!(whole("rssmra85t10a562s", codice_fiscale).is_some());
        assert!(whole("RSSMRA85T10A562T", codice_fiscale).is_none());
        assert!(whole("RSSMRA85T40A562W", codice_fiscale).is_none());
    }
}
