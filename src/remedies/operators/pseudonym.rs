//! Pseudonyms: the same value has the same one under one key and domain, and nobody without the key can
//! say which value it was.
//!
//! Where a standard sets values aside, the pseudonym is one of them: domains of RFC 2606, numbers of
//! ATIS-0300115 (555-0100 to 555-0199 of every North American area), RFC 5737, RFC 3849, RFC 7042. Such
//! ranges are small, so two values may share a pseudonym; everything else is a token of 83 bits.

use std::net::Ipv6Addr;

use crate::records::Category;
use crate::vault::{Digest, Subkey};

/// Makes pseudonyms of one domain.
#[derive(Clone)]
pub struct Pseudonyms {
    key: Subkey,
    domain: String,
}

impl Pseudonyms {
    /// Under a subkey, for a domain: other domains give other pseudonyms, which cannot be joined.
    pub fn new(key: Subkey, domain: &str) -> Self {
        Self { key, domain: domain.to_owned() }
    }

    /// The pseudonym of a value in the normal form of its category.
    pub(super) fn of(&self, category: Category, normal: &str) -> String {
        let digest = self.key.mac(&[self.domain.as_bytes(), category.name().as_bytes(), normal.as_bytes()]);
        let mut draw = Draw::new(&digest);
        match category.name() {
            "email-address" => format!("u{}@example.com", token(&mut draw)),
            "phone-number" => phone(&mut draw),
            "ip-address" if normal.contains(':') => ipv6(&mut draw),
            "ip-address" => format!("192.0.2.{}", draw.below(254) + 1),
            "mac-address" => format!("00:00:5e:00:53:{:02x}", draw.below(256)),
            name => format!("{name}-{}", token(&mut draw)),
        }
    }
}

/// Numbers from a digest, each below a bound. The bias of 64 bits against bounds of at most a few
/// hundred is beyond notice.
struct Draw<'d> {
    bytes: std::slice::Iter<'d, u8>,
    pool: u128,
}

impl<'d> Draw<'d> {
    fn new(digest: &'d Digest) -> Self {
        let mut bytes = digest.0.iter();
        let pool = bytes.by_ref().take(16).fold(0u128, |pool, byte| pool << 8 | u128::from(*byte));
        Self { bytes, pool }
    }

    fn below(&mut self, bound: u32) -> u32 {
        let bound = u128::from(bound.max(1));
        let drawn = self.pool % bound;
        self.pool /= bound;
        // Bounds multiply to less than 2^96: what is left is mixed with bytes not used yet.
        if let Some(byte) = self.bytes.next() {
            self.pool ^= u128::from(*byte) << 64;
        }
        u32::try_from(drawn).unwrap_or(0)
    }
}

/// A digit and a letter in turn, sixteen of them: no number, word or hash looks like it.
fn token(draw: &mut Draw<'_>) -> String {
    let mut out = String::with_capacity(16);
    for at in 0..16 {
        let (first, count) = if at % 2 == 0 { ('0', 10) } else { ('a', 26) };
        let sign = u32::from(first) + draw.below(count);
        out.extend(char::from_u32(sign));
    }
    out
}

/// A number of the North American plan that is set aside for fiction. Areas end in no equal digits, which
/// are service codes, and begin with 2 to 9; the second digit is no 9, which is kept for expansion.
fn phone(draw: &mut Draw<'_>) -> String {
    let (first, second) = (draw.below(8) + 2, draw.below(9));
    let third = match draw.below(9) {
        digit if digit >= second => digit + 1,
        digit => digit,
    };
    format!("+1 {first}{second}{third} 555 01{:02}", draw.below(100))
}

fn ipv6(draw: &mut Draw<'_>) -> String {
    let mut segments = [0x2001, 0x0db8, 0, 0, 0, 0, 0, 0];
    for segment in segments.iter_mut().skip(2) {
        *segment = u16::try_from(draw.below(0xffff) + 1).unwrap_or(1);
    }
    Ipv6Addr::from(segments).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::is_mark;
    use crate::vault::{Key, Purpose};

    fn pseudonyms(byte: &str, domain: &str) -> Pseudonyms {
        let key = Key::parse(byte.repeat(32).as_bytes()).ok().unwrap();
        Pseudonyms::new(key.subkey(Purpose::Pseudonym), domain)
    }

    #[test]
    fn one_key_and_domain_give_one_pseudonym_and_others_another() {
        for category in Category::all() {
            let of = |byte, domain, value| pseudonyms(byte, domain).of(category, value);
            let one = of("0b", "support", "a value");
            assert_eq!(one, of("0b", "support", "a value"));
            let small = ["ip-address", "mac-address", "phone-number"].contains(&category.name());
            if !small {
                assert_ne!(one, of("0b", "support", "another value"), "{category}");
                assert_ne!(one, of("0c", "support", "a value"), "{category}");
                assert_ne!(one, of("0b", "sales", "a value"), "{category}");
            }
        }
    }

    #[test]
    fn reserved_ranges_are_used_where_there_are_any() {
        let names = pseudonyms("0b", "support");
        for at in 0..500 {
            let of = |name: &str, value: String| names.of(Category::named(name).unwrap(), &value);
            assert!(of("email-address", format!("{at}")).ends_with("@example.com"));
            assert!(of("ip-address", format!("10.0.0.{at}")).starts_with("192.0.2."));
            assert!(of("ip-address", format!("fe80::{at}")).starts_with("2001:db8:"));
            assert!(of("mac-address", format!("{at}")).starts_with("00:00:5e:00:53:"));
            let phone = of("phone-number", format!("{at}"));
            let bytes = phone.as_bytes();
            assert!(phone.starts_with("+1 ") && phone.contains(" 555 01") && phone.len() == 15, "{phone}");
            assert!(matches!(bytes[3], b'2'..=b'9') && bytes[4] != b'9' && bytes[4] != bytes[5], "{phone}");
            assert!(is_mark(&of("person-name", format!("{at}"))));
        }
    }

    #[test]
    fn tokens_are_spread() {
        let names = pseudonyms("0b", "support");
        let mut all: Vec<String> =
            (0..3000).map(|at| names.of(Category::PERSON_NAME, &at.to_string())).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 3000);
    }
}
