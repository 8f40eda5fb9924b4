//! Bech32 and bech32m (BIP 173, BIP 350).

const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Which of the two sums is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bech32,
    Bech32m,
}

fn polymod(sum: u32, value: u8) -> u32 {
    let top = sum >> 25;
    let mut sum = (sum & 0x1ff_ffff) << 5 ^ u32::from(value);
    for (at, generator) in
        [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3].iter().enumerate()
    {
        if top >> at & 1 == 1 {
            sum ^= generator;
        }
    }
    sum
}

fn prefix_sum(prefix: &[u8]) -> u32 {
    let lower = || prefix.iter().map(u8::to_ascii_lowercase);
    let sum = lower().fold(1, |sum, byte| polymod(sum, byte >> 5));
    lower().fold(polymod(sum, 0), |sum, byte| polymod(sum, byte & 31))
}

/// Where the prefix of a right value ends, and which sum it has. Mixed case is wrong; the length of 90
/// of BIP 173 is not asked, since Cardano's addresses are longer (CIP 19).
pub(super) fn sum(text: &[u8]) -> Option<(usize, Kind)> {
    let mixed = text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase);
    let split = text.iter().rposition(|byte| *byte == b'1').filter(|at| *at > 0 && !mixed)?;
    let mut sum = prefix_sum(text.get(..split)?);
    let data = text.get(split + 1..).filter(|data| data.len() > 6)?;
    for byte in data {
        let value = ALPHABET.iter().position(|letter| *letter == byte.to_ascii_lowercase())?;
        sum = polymod(sum, u8::try_from(value).ok()?);
    }
    match sum {
        1 => Some((split, Kind::Bech32)),
        0x2bc8_30a3 => Some((split, Kind::Bech32m)),
        _ => None,
    }
}

/// The text of these five-bit values, for generators.
pub(super) fn encode(prefix: &str, values: &[u8], kind: Kind) -> String {
    let target = if kind == Kind::Bech32 { 1 } else { 0x2bc8_30a3 };
    let mut sum = values.iter().fold(prefix_sum(prefix.as_bytes()), |sum, value| polymod(sum, *value));
    sum = (0..6).fold(sum, |sum, _| polymod(sum, 0)) ^ target;
    let checks = (0..6).map(|at| (sum >> (5 * (5 - at)) & 31) as u8);
    let letters = values.iter().copied().chain(checks);
    let data: String =
        letters.filter_map(|value| ALPHABET.get(usize::from(value)).copied()).map(char::from).collect();
    format!("{prefix}1{data}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specifications() {
        for text in [
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
        ] {
            assert_eq!(sum(text.as_bytes()).map(|(_, kind)| kind), Some(Kind::Bech32), "{text}");
        }
        let text = b"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0";
        assert_eq!(sum(text), Some((2, Kind::Bech32m)));
        for text in
            ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"]
        {
            assert_eq!(sum(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_encoded_has_its_sum() {
        let values: Vec<u8> = (0..32).collect();
        for kind in [Kind::Bech32, Kind::Bech32m] {
            assert_eq!(sum(encode("bc", &values, kind).as_bytes()), Some((2, kind)));
        }
    }
}
