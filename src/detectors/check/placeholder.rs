//! What stands where a secret would: a real value, an example of somebody's documentation, or only the
//! name of a value to be filled in.

use crate::records::ValueClass;

/// Parts of names of values to be filled in, lower case.
#[rustfmt::skip]
const FILL_IN: &[&[u8]] = &[
    b"your", b"xxxx", b"****", b"....", b"{{", b"}}", b"${", b"<", b"change_me", b"changeme", b"change-me",
    b"changeit", b"placeholder", b"redacted", b"insert", b"replace", b"dummy", b"_here", b"-here", b"todo",
    b"votre", b"\xE2\x80\xA2\xE2\x80\xA2",
];
/// Parts of values vendors print in their manuals, lower case; and runs nobody draws by lot.
#[rustfmt::skip]
const PRINTED: &[&[u8]] = &[
    b"example", b"sample", b"0123456789", b"1234567890", b"123456789a", b"abcdefghij", b"fake",
    // Stripe's and Google's documented keys.
    b"4ec39hqlyjwdarjtt1zdp7dc", b"aizasyabcdefg",
];

/// The class of a value of at least sixteen bytes that is no word; none for a placeholder.
pub(super) fn class(value: &[u8]) -> Option<ValueClass> {
    let mut lower = [0_u8; 256];
    let len = value.len().min(lower.len());
    for (to, from) in lower.iter_mut().zip(value) {
        *to = from.to_ascii_lowercase();
    }
    let lower = lower.get(..len)?;
    let has = |part: &[u8]| memchr::memmem::find(lower, part).is_some();
    if FILL_IN.iter().any(|part| has(part)) || distinct(lower) < 5.min(len / 2) {
        return None;
    }
    Some(if PRINTED.iter().any(|part| has(part)) { ValueClass::Documentation } else { ValueClass::Real })
}

/// How many different bytes there are.
pub(super) fn distinct(value: &[u8]) -> usize {
    let mut seen = [0_u64; 4];
    for byte in value {
        if let Some(word) = seen.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }
    seen.iter().map(|word| word.count_ones() as usize).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_examples_and_values() {
        for text in [
            "ghp_xxxxxxxxxxxxxxxxxxxx",
            "sk_live_your_key_goes_here",
            "{{ api_key }}aaaa",
            "0000000000000000",
        ] {
            assert_eq!(class(text.as_bytes()), None, "{text}");
        }
        for text in ["AKIAIOSFODNN7EXAMPLE", "sk_live_1234567890abcdef"] {
            assert_eq!(class(text.as_bytes()), Some(ValueClass::Documentation), "{text}");
        }
        assert_eq!(class(b"tZ81kQp0WmR7vB3xLd9s"), Some(ValueClass::Real));
        assert_eq!(distinct(b"abca"), 3);
    }
}
