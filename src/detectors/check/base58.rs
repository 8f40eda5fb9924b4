//! Base58 and its checksum (Bitcoin's `base58check`): the first four bytes of SHA-256 twice.

use super::hash;

/// Bitcoin's alphabet.
pub(super) const BITCOIN: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Ripple's (xrpl.org, "Base58 Encodings").
pub(super) const RIPPLE: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
/// Most bytes decoded.
const MAX: usize = 96;

/// The bytes of a text, how many there are; none past [`MAX`] or outside the alphabet.
pub(super) fn decode(text: &[u8], alphabet: &[u8; 58]) -> Option<([u8; MAX], usize)> {
    let mut out = [0_u8; MAX];
    // Big-endian from the end; `len` bytes are used.
    let mut len = 0;
    for byte in text {
        let mut carry = u32::try_from(alphabet.iter().position(|letter| letter == byte)?).ok()?;
        for place in out.iter_mut().rev().take(len) {
            carry += u32::from(*place) * 58;
            *place = (carry & 0xFF) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            len += 1;
            *out.get_mut(MAX.checked_sub(len)?)? = (carry & 0xFF) as u8;
            carry >>= 8;
        }
    }
    // Zero bytes in front are first letters of the alphabet.
    len += text.iter().take_while(|byte| alphabet.first() == Some(byte)).count();
    out.rotate_left(MAX.checked_sub(len)?);
    Some((out, len))
}

/// The payload before a right checksum.
pub(super) fn checked(text: &[u8], alphabet: &[u8; 58]) -> Option<([u8; MAX], usize)> {
    let (bytes, len) = decode(text, alphabet)?;
    let payload = len.checked_sub(4)?;
    let sum = hash::sha256(&hash::sha256(bytes.get(..payload)?));
    (bytes.get(payload..len)? == sum.get(..4)?).then_some((bytes, payload))
}

/// The text of a payload with its checksum, for generators.
pub(super) fn encode_checked(payload: &[u8], alphabet: &[u8; 58]) -> String {
    let sum = hash::sha256(&hash::sha256(payload));
    let bytes: Vec<u8> = payload.iter().chain(sum.iter().take(4)).copied().collect();
    let mut digits: Vec<u8> = Vec::new();
    for byte in &bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    digits.extend(std::iter::repeat_n(0, zeros));
    digits
        .iter()
        .rev()
        .filter_map(|digit| alphabet.get(usize::from(*digit)))
        .copied()
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for payload in [&[0_u8, 0, 7, 200][..], &[5; 21], &[0x80; 34]] {
            let text = encode_checked(payload, BITCOIN);
            let (bytes, len) = checked(text.as_bytes(), BITCOIN).unwrap();
            assert_eq!(&bytes[..len], payload);
            let mut other = text.into_bytes();
            other[2] = if other[2] == b'2' { b'3' } else { b'2' };
            assert!(checked(&other, BITCOIN).is_none());
        }
    }

    #[test]
    fn the_first_address_ever() {
        let (bytes, len) = checked(b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", BITCOIN).unwrap();
        assert_eq!((bytes[0], len), (0, 21));
        let (bytes, len) = checked(b"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", RIPPLE).unwrap();
        assert_eq!((bytes[0], len), (0, 21));
    }
}
