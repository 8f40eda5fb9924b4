//! IPv4 (RFC 791, dotted decimal as RFC 6943 section 3.1.1 calls strict) and IPv6 (RFC 4291 section 2.2).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Found, Probe};
use crate::records::ValueClass;

pub(super) fn version4(probe: &Probe<'_>) -> Option<Found> {
    // A fifth number makes it a version or an object identifier.
    let dotted =
        |at: Option<u8>, beyond: Option<u8>| at == Some(b'.') && beyond.is_some_and(|b| b.is_ascii_digit());
    let behind = probe.start.checked_sub(2).and_then(|at| probe.byte(at));
    if dotted(probe.before(), behind) || dotted(probe.byte(probe.end), probe.byte(probe.end + 1)) {
        return None;
    }
    let address: Ipv4Addr = std::str::from_utf8(probe.matched()).ok()?.parse().ok()?;
    let octets = address.octets();
    // Small numbers throughout are versions and section numbers more often than addresses.
    let small = octets.iter().all(|octet| *octet < 20);
    let masks = matches!(octets, [255, ..] | [0, ..]);
    // `Chrome/96.0.45.64`: a product's version. `://1.2.3.4` is an address.
    let product = probe.before() == Some(b'/') && behind.is_some_and(|byte| byte.is_ascii_alphanumeric());
    // A zero second number is common in versions, and in addresses where nets of four octets were cut.
    let round = matches!(octets, [a, 0, ..] if !matches!(a, 10 | 127));
    let bits = if small { -6 } else { 0 } + if masks { -3 } else { 0 };
    let bits = bits + if product { -6 } else { 0 } + if round { -2 } else { 0 };
    Some(Found::formed(probe).of_class(class4(address)).step(bits))
}

/// RFC 6890 (special-purpose registries), RFC 5737 (documentation).
fn class4(address: Ipv4Addr) -> ValueClass {
    let [a, b, ..] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmarks = a == 198 && (b == 18 || b == 19);
    if address.is_documentation() {
        ValueClass::Documentation
    } else if address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || matches!(a, 0 | 240..)
        || shared
        || benchmarks
    {
        ValueClass::Reserved
    } else {
        ValueClass::Real
    }
}

/// The longest beginning of the match that RFC 4291 allows.
pub(super) fn version6(probe: &Probe<'_>) -> Option<Found> {
    if matches!(probe.before(), Some(b':' | b'.')) {
        return None;
    }
    let mut matched = std::str::from_utf8(probe.matched()).ok()?;
    let address: Ipv6Addr = loop {
        if let Ok(address) = matched.parse() {
            break address;
        }
        let cut = matched.rfind([':', '.'])?;
        matched = matched.get(..cut)?;
    };
    let end = probe.start + matched.len();
    // `dead::beef::x` and `f32::MAX` are names of programs: more of the same after it makes it none.
    let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'<' | b'{' | b'*');
    let next = probe.byte(end);
    if matched.ends_with(':') && next.is_some_and(goes_on)
        || next == Some(b':') && probe.byte(end + 1).is_some_and(goes_on)
    {
        return None;
    }
    let groups = matched.split([':', '.']).filter(|group| !group.is_empty()).count();
    let digits = matched.bytes().filter(u8::is_ascii_digit).count();
    let bits = match groups {
        0 => -8,
        1 if matched == "::1" => -2,
        1 | 2 if digits == 0 => -9,
        1 => -6,
        2 => -4,
        3.. if digits == 0 => -4,
        _ => 0,
    };
    Some(Found { end, ..Found::formed(probe) }.of_class(class6(address)).step(bits))
}

/// RFC 6890, RFC 3849 and RFC 9637 (documentation), RFC 4193 (unique local).
fn class6(address: Ipv6Addr) -> ValueClass {
    if let Some(inner) = address.to_ipv4_mapped() {
        return class4(inner);
    }
    match address.segments() {
        [0x2001, 0x0db8, ..] => ValueClass::Documentation,
        [0x3fff, second, ..] if second < 0x1000 => ValueClass::Documentation,
        [first, ..] if first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80 || first & 0xff00 == 0xff00 => {
            ValueClass::Reserved
        }
        _ if address.is_loopback() || address.is_unspecified() => ValueClass::Reserved,
        _ => ValueClass::Real,
    }
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;

    #[test]
    fn version_4_and_its_classes() {
        let classes = [
            ("192.0.2.7", ValueClass::Documentation),
            ("198.51.100.255", ValueClass::Documentation),
            ("203.0.113.9", ValueClass::Documentation),
            ("10.1.2.3", ValueClass::Reserved),
            ("172.31.0.1", ValueClass::Reserved),
            ("172.32.0.1", ValueClass::Real),
            ("100.64.0.1", ValueClass::Reserved),
            ("169.254.1.1", ValueClass::Reserved),
            ("127.0.0.1", ValueClass::Reserved),
            ("88.26.241.131", ValueClass::Real),
        ];
        for (text, class) in classes {
            assert_eq!(whole(text, version4).map(|f| f.class), Some(class), "{text}");
        }
        for text in ["256.1.1.1", "1.2.3.04", "1.2.3"] {
            assert!(whole(text, version4).is_none(), "{text}");
        }
        assert!(version4(&Probe { field: b"1.2.3.4.5", start: 0, end: 7 }).is_none());
    }

    #[test]
    fn every_form_of_rfc_4291() {
        let forms = [
            "2001:DB8:0:0:8:800:200C:417A",
            "2001:db8::8:800:200c:417a",
            "FF01::101",
            "::1",
            "::",
            "::13.1.68.3",
            "::FFFF:129.144.52.38",
            "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
            "2001:db8:1::",
            "64:ff9b::192.0.2.33",
        ];
        for text in forms {
            let found = whole(text, version6).unwrap();
            assert_eq!(found.end, text.len(), "{text}");
        }
        assert!(whole("1:2:3:4:5:6:7", version6).is_none());
        assert!(whole("12:30:45", version6).is_none());
    }

    #[test]
    fn names_of_programs_are_none() {
        for text in ["f32::MAX", "DFA::new()", "de::<T>", "a::b::c::d_e"] {
            let end = text.rfind("::").unwrap() + 2;
            let probe = Probe { field: text.as_bytes(), start: 0, end };
            assert!(version6(&probe).is_none(), "{text}");
        }
        assert!(whole("dead::beef", version6).unwrap().bits < -8);
        assert!(whole("2001:db8::", version6).is_some());
    }

    #[test]
    fn what_follows_an_address_is_left_off() {
        let found = whole("fe80::1:ff:fe23:4567.8", version6).unwrap();
        assert_eq!(found.end, "fe80::1:ff:fe23:4567".len());
        assert_eq!(found.class, ValueClass::Reserved);
    }
}
