//! One canonical form for each value, so that two ways of writing it have one fingerprint.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::check::significant;
use super::fold::fold;
use crate::records::Category;

/// The canonical form of a value of a category: numbers without separators, upper case where letters are
/// part of a number, e-mail addresses in lower case, phone numbers as `+` and digits, addresses of
/// networks in their shortest form, names folded with single spaces. Secrets stay as they are.
pub fn normalise(category: Category, value: &str) -> String {
    match category.name() {
        "secret" | "username" | "crypto-wallet" => value.to_owned(),
        "email-address" => value.trim().trim_end_matches('.').to_lowercase(),
        "phone-number" => phone(value),
        "ip-address" => address(value.trim()),
        "mac-address" => {
            value.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase()
        }
        "person-name" | "postal-address" => words(value),
        _ => value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase(),
    }
}

fn phone(value: &str) -> String {
    let trimmed = value.trim();
    let plus = trimmed.starts_with('+');
    let plain = if plus { trimmed.replace("(0)", "") } else { trimmed.to_owned() };
    let digits: Vec<u8> = plain.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
    let text = |digits: &[u8]| digits.iter().map(|digit| char::from(b'0' + digit)).collect::<String>();
    let abroad = if plus { Some(digits.as_slice()) } else { digits.strip_prefix(&[0, 0]) };
    match abroad.map(|bare| (bare, significant(bare))) {
        Some((_, Some((code, national)))) => format!("+{code}{}", text(national)),
        Some((bare, None)) => format!("+{}", text(bare)),
        None => text(&digits),
    }
}

fn address(value: &str) -> String {
    if let Ok(address) = value.parse::<Ipv4Addr>() {
        return address.to_string();
    }
    value.parse::<Ipv6Addr>().map_or_else(|_| value.to_lowercase(), |address| address.to_string())
}

/// Words folded; of `Surname, Forename` the forename first.
fn words(value: &str) -> String {
    let folded = fold(value);
    let parts: Vec<&str> = match folded.split_once(',') {
        Some((last, first)) if !first.contains(',') => vec![first, last],
        _ => vec![&folded],
    };
    let split = |part: &str| {
        part.split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    parts.into_iter().flat_map(split).collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_of_writing_are_one_value() {
        let one = |category: &str, values: &[&str], wanted: &str| {
            for value in values {
                assert_eq!(normalise(Category::named(category).unwrap(), value), wanted, "{value}");
            }
        };
        one(
            "iban",
            &["ES91 2100 0418 4502 0005 1332", "es9121000418450200051332"],
            "ES9121000418450200051332",
        );
        one("payment-card", &["4111-1111 1111 1111"], "4111111111111111");
        one("email-address", &["Ana@Example.COM", "ana@example.com"], "ana@example.com");
        one("phone-number", &["+44 (0)20 7123 4567", "0044 20 7123 4567", "+442071234567"], "+442071234567");
        one("phone-number", &["612 345 678"], "612345678");
        one(
            "person-name",
            &["García, Ana María", "Ana María  García", "ANA MARIA GARCIA"],
            "ana maria garcia",
        );
        one("ip-address", &["2001:0DB8::0001", "2001:db8:0:0:0:0:0:1"], "2001:db8::1");
        one("mac-address", &["00:1A:2B:3C:4D:5E", "001a.2b3c.4d5e"], "001a2b3c4d5e");
        one("es-dni", &["12.345.678-z"], "12345678Z");
        one("secret", &["Hola 1"], "Hola 1");
    }
}
