//! Valid values of things from a seed: tokens, wallets, cards, devices.

use super::seeded::Seeded;
use super::{base58, bech32, card, hash, mrz, provider_key};

const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn drawn(seeded: &mut Seeded, len: usize) -> String {
    (0..len).map(|_| char::from(seeded.byte(ALPHANUMERIC))).collect()
}

/// A personal access token of GitHub.
pub fn github_token(seed: u64) -> String {
    provider_key::with_checksum("ghp_", &drawn(&mut Seeded::new(seed), 30))
}

/// An access token of npm.
pub fn npm_token(seed: u64) -> String {
    provider_key::with_checksum("npm_", &drawn(&mut Seeded::new(seed), 30))
}

/// A Bitcoin address of the first kind.
pub fn bitcoin_address(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let payload: Vec<u8> = std::iter::once(0).chain((0..20).map(|_| (seeded.bits() & 0xFF) as u8)).collect();
    base58::encode_checked(&payload, base58::BITCOIN)
}

/// A Bitcoin address in bech32, witness version 0 with 20 bytes.
pub fn segwit_address(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let values: Vec<u8> = std::iter::once(0).chain((0..32).map(|_| (seeded.bits() & 31) as u8)).collect();
    bech32::encode("bc", &values, bech32::Kind::Bech32)
}

/// An Ethereum address with the capitals of EIP-55.
pub fn ethereum_address(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let plain: Vec<u8> = (0..40).map(|_| seeded.byte(b"0123456789abcdef")).collect();
    let digest = hash::keccak256(&plain);
    let capital = |at: usize| {
        digest.get(at / 2).copied().unwrap_or(0) >> (if at.is_multiple_of(2) { 4 } else { 0 }) & 15 > 7
    };
    let hex: String = plain
        .iter()
        .zip(0_usize..)
        .map(|(byte, at)| char::from(if capital(at) { byte.to_ascii_uppercase() } else { *byte }))
        .collect();
    format!("0x{hex}")
}

/// An IMEI of the reporting body 35.
pub fn imei(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let body = format!("35{}", seeded.digits(12));
    with_luhn(body)
}

fn with_luhn(body: String) -> String {
    let mut values: Vec<u8> = body.bytes().map(|byte| byte - b'0').collect();
    values.push(0);
    for check in 0..10 {
        if let Some(last) = values.last_mut() {
            *last = check;
        }
        if card::luhn(&values) {
            return format!("{body}{check}");
        }
    }
    body
}

/// A Belgian identity card.
pub fn be_identity_card(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let body = 5_900_000_000 + seeded.below(99_999_999);
    let check = match body % 97 {
        0 => 97,
        rest => rest,
    };
    format!("{body}{check:02}")
}

/// A Polish identity card.
pub fn pl_identity_card(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let letters: Vec<u8> = (0..3).map(|_| seeded.byte(b"ABCDEFGHIJKLMNPRSTUVWXYZ")).collect();
    let digits: Vec<u8> = (0..5).map(|_| seeded.digit()).collect();
    let head: u32 =
        letters.iter().zip([7, 3, 1]).map(|(byte, weight)| u32::from(byte - b'A' + 10) * weight).sum();
    let tail: u32 =
        digits.iter().zip([7, 3, 1, 7, 3]).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    let text = |bytes: &[u8], zero: u8| bytes.iter().map(|byte| char::from(byte + zero)).collect::<String>();
    format!("{}{}{}", text(&letters, 0), (head + tail) % 10, text(&digits, b'0'))
}

/// A German identity card with its check digit.
pub fn de_identity_card(seed: u64) -> String {
    let mut seeded = Seeded::new(seed);
    let mut serial = vec![seeded.byte(b"LMNPRTVWXY")];
    serial.extend((0..3).map(|_| seeded.byte(b"0123456789CFGHJKLMNPRTVWXYZ")));
    serial.extend((0..5).map(|_| seeded.byte(b"0123456789")));
    serial.push(mrz::check_digit(serial.iter().copied()));
    serial.into_iter().map(char::from).collect()
}
