//! MAC addresses (IEEE 802: EUI-48), with colons, dashes or in three groups with dots.

use super::{Found, Probe};
use crate::records::ValueClass;

pub(super) fn mac(probe: &Probe<'_>) -> Option<Found> {
    let separator = probe.matched().iter().copied().find(|byte| !byte.is_ascii_hexdigit())?;
    // A longer chain of groups is an EUI-64, a fingerprint of a key or an address of something else.
    let chained = |at: Option<u8>, beyond: Option<u8>| {
        at == Some(separator) && beyond.is_some_and(|byte| byte.is_ascii_hexdigit())
    };
    let behind = probe.start.checked_sub(2).and_then(|at| probe.byte(at));
    if chained(probe.before(), behind) || chained(probe.byte(probe.end), probe.byte(probe.end + 1)) {
        return None;
    }
    let mut plain = [0_u8; 12];
    let hex = probe.matched().iter().filter(|byte| byte.is_ascii_hexdigit());
    for (to, from) in plain.iter_mut().zip(hex) {
        *to = from.to_ascii_lowercase();
    }
    let class = match &plain {
        b"000000000000" | b"ffffffffffff" => ValueClass::Reserved,
        // RFC 7042 section 2.1.2: set aside for documentation.
        [b'0', b'0', b'0', b'0', b'5', b'e', b'0', b'0', b'5', b'3', ..] => ValueClass::Documentation,
        _ => ValueClass::Real,
    };
    let digits = plain.iter().filter(|byte| byte.is_ascii_digit()).count();
    // Twelve decimal digits in three groups may be any number; dashes without a letter as well.
    let bits = match (separator, digits) {
        (b'.', 12) => -6,
        (b'-', 12) => -3,
        _ => 0,
    };
    Some(Found::formed(probe).of_class(class).step(bits))
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;

    #[test]
    fn the_three_forms() {
        for text in ["00:1A:2b:3c:4D:5e", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e"] {
            assert_eq!(whole(text, mac).map(|f| f.class), Some(ValueClass::Real), "{text}");
        }
        assert_eq!(whole("00:00:5E:00:53:AF", mac).unwrap().class, ValueClass::Documentation);
        assert_eq!(whole("ff:ff:ff:ff:ff:ff", mac).unwrap().class, ValueClass::Reserved);
    }

    #[test]
    fn a_longer_chain_is_none() {
        let text = b"00:11:22:33:44:55:66:77";
        assert!(mac(&Probe { field: text, start: 0, end: 17 }).is_none());
        assert!(mac(&Probe { field: text, start: 6, end: 23 }).is_none());
    }
}
