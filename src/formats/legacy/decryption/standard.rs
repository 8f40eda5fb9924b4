//! Standard encryption ([MS-OFFCRYPTO] 2.3.4.5 to 2.3.4.9): AES without chaining, SHA-1.

use zeroize::Zeroizing;

use super::{Hash, Key, Locked, ecb, sized, sized_package};
use crate::formats::legacy::bytes::u32_at;

/// Rounds of a key (2.3.4.7).
const ROUNDS: u32 = 50_000;

/// How a package is encrypted.
pub(super) struct Standard {
    key_bytes: usize,
    salt: Vec<u8>,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
}

impl Standard {
    pub(super) fn read(info: &[u8]) -> Option<Self> {
        let head = u32_at(info, 8)? as usize;
        // Identifiers of AES with keys of 128, 192 and 256 bits.
        let key_bytes = match u32_at(info, 20)? {
            0x660E => 16,
            0x660F => 24,
            0x6610 => 32,
            _ => return None,
        };
        let verifier = info.get(12_usize.checked_add(head)?..)?;
        let of = |from: usize, len: usize| verifier.get(from..from + len).map(<[u8]>::to_vec);
        Some(Self { key_bytes, salt: of(4, 16)?, verifier: of(20, 16)?, verifier_hash: of(40, 32)? })
    }
}

impl Locked for Standard {
    fn rounds(&self) -> u64 {
        ROUNDS.into()
    }

    fn key(&self, password: &str) -> Option<Key> {
        let spun = Hash::Sha1.spun(&self.salt, password, ROUNDS);
        let last = Hash::Sha1.of(&[&spun, &0_u32.to_le_bytes()]);
        let half = |fill: u8| {
            let mut block = Zeroizing::new([fill; 64]);
            block.iter_mut().zip(last.iter()).for_each(|(byte, other)| *byte ^= other);
            Hash::Sha1.of(&[block.as_slice()])
        };
        let key = sized(&[half(0x36).as_slice(), half(0x5C).as_slice()].concat(), self.key_bytes);
        let (mut verifier, mut said) = (self.verifier.clone(), self.verifier_hash.clone());
        ecb(&key, &mut verifier)?;
        ecb(&key, &mut said)?;
        let digest = Hash::Sha1.of(&[&verifier]);
        (said.get(..digest.len())? == digest.as_slice()).then_some(key)
    }

    fn package(&self, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        let (len, mut content) = sized_package(bytes)?;
        ecb(key, &mut content)?;
        content.truncate(len);
        Some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_early_is_not_tried() {
        assert!(Standard::read(&[4, 0, 2, 0, 0, 0, 0, 0, 255, 255, 255, 255]).is_none());
    }
}
