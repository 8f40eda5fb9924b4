//! Agile encryption ([MS-OFFCRYPTO] 2.3.4.10 to 2.3.4.15): what it is by stands in XML.

use zeroize::Zeroizing;

use super::{Hash, Key, Locked, SEGMENT, cbc, sized, sized_package};
use crate::formats::encoding::base64;
use crate::records::OffsetMap;

/// How a package is encrypted.
pub(super) struct Agile {
    /// Of the package.
    data: Cipher,
    /// Of the key, by the password.
    lock: Cipher,
    rounds: u32,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
    key: Vec<u8>,
}

struct Cipher {
    hash: Hash,
    salt: Vec<u8>,
    key_bytes: usize,
}

impl Cipher {
    fn read(element: &str) -> Option<Self> {
        let of = |name| attribute(element, name);
        let is_known = of("cipherAlgorithm")? == "AES"
            && of("cipherChaining")? == "ChainingModeCBC"
            && of("blockSize")? == "16";
        let bits: usize = of("keyBits")?.parse().ok()?;
        let hash = Hash::named(of("hashAlgorithm")?)?;
        let salt = unpacked(of("saltValue")?);
        (is_known && [128, 192, 256].contains(&bits)).then_some(Self { hash, salt, key_bytes: bits / 8 })
    }
}

impl Agile {
    pub(super) fn read(info: &[u8]) -> Option<Self> {
        let xml = std::str::from_utf8(info.get(8..)?).ok()?;
        let (data, lock) = (element(xml, "keyData")?, element(xml, "encryptedKey")?);
        let of = |name| attribute(lock, name).map(unpacked);
        Some(Self {
            data: Cipher::read(data)?,
            lock: Cipher::read(lock)?,
            rounds: attribute(lock, "spinCount")?.parse().ok()?,
            verifier: of("encryptedVerifierHashInput")?,
            verifier_hash: of("encryptedVerifierHashValue")?,
            key: of("encryptedKeyValue")?,
        })
    }
}

impl Locked for Agile {
    fn rounds(&self) -> u64 {
        self.rounds.into()
    }

    fn key(&self, password: &str) -> Option<Key> {
        const VERIFIER: [u8; 8] = [0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79];
        const VERIFIER_HASH: [u8; 8] = [0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E];
        const KEY: [u8; 8] = [0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6];
        let Cipher { hash, salt, key_bytes } = &self.lock;
        let spun = hash.spun(salt, password, self.rounds);
        let clear = |purpose: &[u8], bytes: &[u8]| {
            let key = sized(&hash.of(&[&spun, purpose]), *key_bytes);
            let mut bytes = Zeroizing::new(bytes.to_vec());
            cbc(&key, &sized(salt, 16), &mut bytes).map(|()| bytes)
        };
        let said = clear(&VERIFIER_HASH, &self.verifier_hash)?;
        let verifier = clear(&VERIFIER, &self.verifier)?;
        let digest = hash.of(&[verifier.get(..salt.len()).unwrap_or(&verifier)]);
        if said.get(..digest.len())? != digest.as_slice() {
            return None;
        }
        let key = clear(&KEY, &self.key)?;
        Some(Zeroizing::new(key.get(..self.data.key_bytes)?.to_vec()))
    }

    fn package(&self, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        let (len, mut content) = sized_package(bytes)?;
        for (number, segment) in (0_u32..).zip(content.chunks_mut(SEGMENT)) {
            let iv = self.data.hash.of(&[&self.data.salt, &number.to_le_bytes()]);
            cbc(key, &sized(&iv, 16), segment)?;
        }
        content.truncate(len);
        Some(content)
    }
}

/// The tag of an element, whatever its prefix.
fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let tags = xml.split('<').skip(1).filter_map(|tag| tag.split('>').next());
    let mut tags = tags.filter(|tag| {
        let called = tag.split([' ', '\r', '\n', '\t']).next().unwrap_or_default();
        called.rsplit(':').next() == Some(name)
    });
    tags.next()
}

fn attribute<'x>(tag: &'x str, name: &str) -> Option<&'x str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

fn unpacked(text: &str) -> Vec<u8> {
    let (mut out, mut map) = (Vec::new(), OffsetMap::new());
    base64::decode(text.as_bytes(), &mut out, &mut map);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_whatever_their_prefix() {
        let xml = "<e><keyData a=\"1\"/><p:encryptedKey b=\"2\" c=\"3\"/></e>";
        assert_eq!(element(xml, "encryptedKey").and_then(|tag| attribute(tag, "c")), Some("3"));
        assert!(element(xml, "Key").is_none() && attribute("x ab=\"1\"", "b").is_none());
    }

    #[test]
    fn what_does_not_say_how_is_not_tried() {
        assert!(Agile::read(b"\x04\0\x04\0\x40\0\0\0<keyData blockSize=\"16\"/>").is_none());
    }
}
