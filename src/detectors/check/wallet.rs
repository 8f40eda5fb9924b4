//! Addresses of crypto-currencies with a checksum: base58check (Bitcoin, Litecoin, Dogecoin, Tron, Ripple,
//! Dash), bech32 (BIP 173, BIP 350, CIP 19), EIP-55, Monero's Keccak.

use super::{Found, Probe, base58, bech32, hash};
use crate::records::ValueClass;

/// Version byte of a 21-byte payload, and whether its chain is for tests (Bitcoin Core `chainparams.cpp`;
/// SLIP-0132 for the others).
const VERSIONS: [(u8, bool); 8] = [
    (0x00, false), // Bitcoin
    (0x05, false), // Bitcoin, scripts; Litecoin before 2017
    (0x30, false), // Litecoin
    (0x32, false), // Litecoin, scripts
    (0x1e, false), // Dogecoin
    (0x41, false), // Tron
    (0x6f, true),
    (0xc4, true),
];
/// Prefixes of bech32 addresses, and whether they are for tests.
const PREFIXES: [(&[u8], bool); 9] = [
    (b"bc", false),
    (b"ltc", false),
    (b"addr", false),
    (b"stake", false),
    (b"cosmos", false),
    (b"tb", true),
    (b"bcrt", true),
    (b"addr_test", true),
    (b"tltc", true),
];

/// An address in base58 with a checksum.
pub(super) fn base58check(probe: &Probe<'_>) -> Option<Found> {
    let text = probe.matched();
    let ripple = text.first() == Some(&b'r');
    let (bytes, len) = base58::checked(text, if ripple { base58::RIPPLE } else { base58::BITCOIN })?;
    let version = *bytes.first()?;
    let test = if ripple {
        (version == 0).then_some(false)
    } else {
        VERSIONS.iter().find(|(known, _)| *known == version).map(|(_, test)| *test)
    };
    let test = test.filter(|_| len == 21)?;
    let nobody = bytes.get(1..21).is_some_and(|hash| hash.iter().all(|byte| *byte == 0));
    let class = if test || nobody { ValueClass::Test } else { ValueClass::Real };
    Some(Found::validated(probe).of_class(class))
}

/// A private key in wallet import format: version 0x80, 32 bytes, and 0x01 for compressed keys.
pub(super) fn private_key(probe: &Probe<'_>) -> Option<Found> {
    let (bytes, len) = base58::checked(probe.matched(), base58::BITCOIN)?;
    let form = len == 33 || len == 34 && bytes.get(33) == Some(&1);
    (form && bytes.first() == Some(&0x80)).then_some(Found::validated(probe))
}

/// An extended private key (BIP 32 `xprv`, SLIP-0132).
pub(super) fn extended_key(probe: &Probe<'_>) -> Option<Found> {
    base58::checked(probe.matched(), base58::BITCOIN).filter(|(_, len)| *len == 78)?;
    Some(Found::validated(probe))
}

/// An address in bech32.
pub(super) fn segwit(probe: &Probe<'_>) -> Option<Found> {
    let text = probe.matched();
    let (split, _) = bech32::sum(text)?;
    let prefix = text.get(..split)?;
    let (_, test) = PREFIXES.iter().find(|(known, _)| prefix.eq_ignore_ascii_case(known))?;
    Some(Found::validated(probe).of_class(if *test { ValueClass::Test } else { ValueClass::Real }))
}

/// An Ethereum address: capitals as EIP-55 puts them, or one case throughout, which proves nothing.
pub(super) fn ethereum(probe: &Probe<'_>) -> Option<Found> {
    let hex = probe.matched().get(2..).filter(|hex| hex.len() == 40)?;
    if hex.iter().all(|byte| Some(byte) == hex.first()) {
        return None;
    }
    let upper = hex.iter().any(u8::is_ascii_uppercase);
    let lower = hex.iter().any(u8::is_ascii_lowercase);
    let mut plain = [0_u8; 40];
    for (to, from) in plain.iter_mut().zip(hex) {
        *to = from.to_ascii_lowercase();
    }
    let digest = hash::keccak256(&plain);
    let right = hex.iter().zip(0_usize..).filter(|(byte, _)| byte.is_ascii_alphabetic()).all(|(byte, at)| {
        let nibble = digest.get(at / 2).copied().unwrap_or(0) >> (if at % 2 == 0 { 4 } else { 0 }) & 15;
        byte.is_ascii_uppercase() == (nibble > 7)
    });
    match (right, upper && lower) {
        (true, _) => Some(Found::validated(probe)),
        // One case throughout is how software prints an address without EIP-55.
        (false, false) => Some(Found::formed(probe).step(-7)),
        (false, true) => None,
    }
}

/// A Monero address: blocks of eleven letters of base58 for eight bytes, and four bytes of Keccak.
pub(super) fn monero(probe: &Probe<'_>) -> Option<Found> {
    let mut bytes = [0_u8; 80];
    let mut len = 0;
    for block in probe.matched().chunks(11) {
        let wanted = match block.len() {
            11 => 8,
            7 => 5,
            _ => return None,
        };
        let mut number = 0_u128;
        for byte in block {
            let digit = base58::BITCOIN.iter().position(|letter| letter == byte)?;
            number = number * 58 + u128::try_from(digit).ok()?;
        }
        let full = number.to_be_bytes();
        if number >> (wanted * 8) != 0 {
            return None;
        }
        bytes.get_mut(len..len + wanted)?.copy_from_slice(full.get(16 - wanted..)?);
        len += wanted;
    }
    let payload = len.checked_sub(4)?;
    let known = matches!(bytes.first(), Some(18 | 19 | 42));
    let sum = hash::keccak256(bytes.get(..payload)?);
    (known && bytes.get(payload..len)? == sum.get(..4)?).then_some(Found::validated(probe))
}

/// A Solana address: base58 of 32 bytes, without any checksum.
pub(super) fn solana(probe: &Probe<'_>) -> Option<Found> {
    let text = probe.matched();
    let has = |test: fn(&u8) -> bool| text.iter().any(test);
    let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let (_, len) = base58::decode(text, base58::BITCOIN).filter(|_| mixed)?;
    (len == 32).then_some(Found::formed(probe))
}

#[cfg(test)]
mod tests {
    use super::super::{seeded_things, whole};
    use super::*;

    #[test]
    fn addresses_their_specifications_print() {
        for text in [
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        ] {
            assert_eq!(whole(text, base58check).map(|f| f.class), Some(ValueClass::Real), "{text}");
        }
        assert_eq!(whole("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", base58check).unwrap().class, ValueClass::Test);
        assert!(whole("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", segwit).is_some());
        assert_eq!(
            whole("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", segwit).unwrap().class,
            ValueClass::Test
        );
        assert!(whole("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", ethereum).unwrap().validated);
        assert!(whole("0x52908400098527886E0F7030069857D2E4169EE7", ethereum).unwrap().validated);
        assert!(whole("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", ethereum).is_none());
        assert!(!whole("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", ethereum).unwrap().validated);
        assert!(whole("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", private_key).is_some());
    }

    #[test]
    fn moneros_donation_address_and_one_letter_less_right() {
        let text =
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A";
        assert!(whole(text, monero).is_some());
        assert!(whole(&text.replace("3A", "3B"), monero).is_none());
    }

    #[test]
    fn generated_addresses_pass_and_mutated_ones_do_not() {
        type Run = for<'a> fn(&Probe<'a>) -> Option<Found>;
        type Generate = fn(u64) -> String;
        let pairs: [(Generate, Run); 3] = [
            (seeded_things::bitcoin_address, base58check),
            (seeded_things::segwit_address, segwit),
            (seeded_things::ethereum_address, ethereum),
        ];
        for (generate, run) in pairs {
            for seed in 0..100 {
                let text = generate(seed);
                assert!(whole(&text, run).unwrap().validated, "{text}");
                let mut other = text.into_bytes();
                other[12] = if other[12] == b'7' { b'8' } else { b'7' };
                assert!(!whole(std::str::from_utf8(&other).unwrap(), run).is_some_and(|f| f.validated));
            }
        }
    }
}
