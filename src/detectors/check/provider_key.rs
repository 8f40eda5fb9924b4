//! Keys and tokens whose issuer gives them a form of their own.
//!
//! GitHub and npm end a token with the CRC-32 (ISO-HDLC) of its thirty random characters, six digits of
//! base 62 (github.blog, "Behind GitHub's new authentication token formats"). A wrong one passes at lower odds: it
//! may be mistyped, and older tokens have none.

use super::{Found, Probe, bech32, placeholder};
use crate::records::ValueClass;

/// Longest open-ended token, in bytes.
const LONGEST: usize = 2048;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token of fixed form: the match, unless it is a placeholder.
pub(super) fn key(probe: &Probe<'_>) -> Option<Found> {
    judged(Found::formed(probe), probe.matched())
}

/// A token without a fixed length: the match is its prefix or most of it, what follows of its alphabet belongs
/// to it. Sixteen characters are the least any issuer draws.
pub(super) fn open(probe: &Probe<'_>) -> Option<Found> {
    let rest = probe.field.get(probe.end..)?;
    let more = rest
        .iter()
        .take(LONGEST)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'=' | b'/'))
        .count();
    let end = probe.end + more;
    let value = probe.field.get(probe.start..end)?;
    let matched = probe.matched();
    let prefix = matched.len() < 40 && !matched.last().is_some_and(u8::is_ascii_alphanumeric);
    let drawn = if prefix { value.get(matched.len()..)? } else { value };
    if value.len() < 20 || prefix && more < 16 || !drawn.iter().any(u8::is_ascii_digit) {
        return None;
    }
    judged(Found { end, glued: true, ..Found::formed(probe) }, value)
}

/// A token that ends with the CRC-32 of what stands between its prefix and it.
pub(super) fn crc32(probe: &Probe<'_>) -> Option<Found> {
    let value = probe.matched();
    let body = value.get(value.iter().position(|byte| *byte == b'_')? + 1..)?;
    let (random, sum) = body.split_at_checked(body.len().checked_sub(6)?)?;
    if checksum(random) == sum {
        return judged(Found::validated(probe).step(3), value);
    }
    judged(Found::formed(probe).step(-2), value)
}

/// An age identity (C2SP age.md): bech32 with the prefix `age-secret-key-`.
pub(super) fn age(probe: &Probe<'_>) -> Option<Found> {
    bech32::sum(probe.matched())
        .is_some_and(|(_, kind)| kind == bech32::Kind::Bech32)
        .then(|| Found::validated(probe))
}

/// Forty letters and digits as some vendors' tokens, which no hash in hexadecimal is.
pub(super) fn mixed(probe: &Probe<'_>) -> Option<Found> {
    let value = probe.matched();
    let has = |test: fn(&u8) -> bool| value.iter().any(test);
    let drawn = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    // What goes on in base64 is a part of something longer.
    let cut = |at: Option<u8>| matches!(at, Some(b'/' | b'+' | b'-' | b'_'));
    if !drawn || cut(probe.before()) || cut(probe.byte(probe.end)) {
        return None;
    }
    judged(Found::formed(probe), value)
}

fn judged(found: Found, value: &[u8]) -> Option<Found> {
    let class = placeholder::class(value)?;
    let test = memchr::memmem::find(value, b"_test_").is_some();
    Some(found.of_class(if test { ValueClass::Test } else { class }))
}

fn checksum(text: &[u8]) -> [u8; 6] {
    let mut sum = !0_u32;
    for byte in text {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    let mut number = !sum;
    let mut out = [b'0'; 6];
    for place in out.iter_mut().rev() {
        *place = BASE62.get((number % 62) as usize).copied().unwrap_or(b'0');
        number /= 62;
    }
    out
}

/// A token of GitHub or npm with this prefix, for generators.
pub(super) fn with_checksum(prefix: &str, random: &str) -> String {
    let sum: String = checksum(random.as_bytes()).iter().copied().map(char::from).collect();
    format!("{prefix}{random}{sum}")
}

#[cfg(test)]
mod tests {
    use super::super::{seeded_things, whole};
    use super::*;

    #[test]
    fn the_sum_is_that_of_a_revoked_token_its_owner_published() {
        let found = whole("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", crc32).unwrap();
        assert!(found.validated && found.bits > 0);
        let found = whole("ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18", crc32).unwrap();
        assert!(!found.validated && found.bits < 0);
    }

    #[test]
    fn generated_tokens_pass_and_mutated_ones_do_not() {
        for seed in 0..200 {
            let token = seeded_things::github_token(seed);
            assert!(whole(&token, crc32).unwrap().validated, "{token}");
            let mut other = token.clone().into_bytes();
            other[10] = if other[10] == b'a' { b'b' } else { b'a' };
            assert!(!whole(std::str::from_utf8(&other).unwrap(), crc32).is_some_and(|f| f.validated));
        }
    }

    #[test]
    fn test_keys_are_of_class_test_and_placeholders_are_none() {
        assert_eq!(whole("sk_test_k2Vd81nQz7PmXc0RwLtY53Bh", key).unwrap().class, ValueClass::Test);
        assert!(whole("sk_live_xxxxxxxxxxxxxxxxxxxxxxxx", key).is_none());
    }

    #[test]
    fn an_open_token_is_taken_to_its_end() {
        let text = b"hvs.CAESIJ8dk2lQpW0Zr6TnVbX1cMe4 next";
        let found = open(&Probe { field: text, start: 0, end: 20 }).unwrap();
        assert_eq!(found.end, text.len() - 5);
    }
}
