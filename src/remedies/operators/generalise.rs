//! Less exact instead of nothing: a year, an area, a network.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::records::Category;

/// The value made less exact; none where its category has no such form or the value is not in one that
/// is understood.
pub(super) fn generalise(category: Category, value: &str) -> Option<String> {
    match category.name() {
        "date-of-birth" => year(value),
        "postal-address" => area(value),
        "ip-address" => network(value.trim()),
        _ => None,
    }
}

/// The one year with four digits.
fn year(value: &str) -> Option<String> {
    let mut years =
        numbers(value).filter(|run| run.len() == 4 && (run.starts_with("19") || run.starts_with("20")));
    let year = years.next()?;
    years.next().is_none().then(|| year.to_owned())
}

/// The area of a postcode: its first two digits, what comes after as `x`. Of several numbers that could
/// be one, none is taken.
fn area(value: &str) -> Option<String> {
    let mut codes = numbers(value).filter(|run| run.len() == 5);
    let code = codes.next()?;
    if codes.next().is_some() {
        return None;
    }
    Some(format!("{}xxx", code.get(..2)?))
}

/// The first 24 bits of an IPv4 address, the first 48 of an IPv6 one, written so that it is no address.
fn network(value: &str) -> Option<String> {
    if let Ok(address) = value.parse::<Ipv4Addr>() {
        let [a, b, c, _] = address.octets();
        return Some(format!("{a}.{b}.{c}.x/24"));
    }
    let [a, b, c, ..] = value.parse::<Ipv6Addr>().ok()?.segments();
    Some(format!("{a:x}:{b:x}:{c:x}:x/48"))
}

fn numbers(value: &str) -> impl Iterator<Item = &str> {
    value.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lose_what_names_a_person() {
        let of = |name: &str, value: &str| generalise(Category::named(name).unwrap(), value);
        assert_eq!(of("date-of-birth", "12/05/1983").as_deref(), Some("1983"));
        assert_eq!(of("date-of-birth", "1983-05-12").as_deref(), Some("1983"));
        assert_eq!(of("date-of-birth", "12.05.83"), None);
        assert_eq!(of("postal-address", "C/ Inventada 3, 28013 Madrid").as_deref(), Some("28xxx"));
        assert_eq!(of("postal-address", "Calle Inventada 3"), None);
        assert_eq!(of("ip-address", "83.45.12.9").as_deref(), Some("83.45.12.x/24"));
        assert_eq!(of("ip-address", "2a02:9130:84::1").as_deref(), Some("2a02:9130:84:x/48"));
        assert_eq!(of("iban", "ES9121000418450200051332"), None);
    }
}
