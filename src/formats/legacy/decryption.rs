//! Packages of Office Open XML under a password ([MS-OFFCRYPTO] 2.3.4): standard and agile encryption, with AES.

use aes::cipher::consts::U16;
use aes::cipher::{Array, BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::bytes::{u16_at, u32_at};
use super::extract::Extract;
use crate::formats::encoding::base64;
use crate::records::{OffsetMap, Trial, Tries};

/// Bytes that are encrypted together (2.3.4.15).
const SEGMENT: usize = 4096;
/// Rounds of a key of standard encryption (2.3.4.7).
const STANDARD: u64 = 50_000;

/// Tries the listed passwords on a package by its two streams, and gives it where one opens it.
pub(super) fn open(info: &[u8], package: &[u8], out: &mut Extract) {
    let locked: Box<dyn Locked> = match (u16_at(info, 0), u16_at(info, 2)) {
        (Some(4), Some(4)) => match Agile::read(info) {
            Some(agile) => Box::new(agile),
            None => return,
        },
        (Some(2..=4), Some(2)) => match Standard::read(info) {
            Some(standard) => Box::new(standard),
            None => return,
        },
        _ => return,
    };
    let (mut key, passwords) = (None, std::sync::Arc::clone(&out.passwords));
    let trial = Tries::new(&passwords).find(locked.rounds(), |password| {
        key = locked.key(password);
        key.is_some()
    });
    match (trial, key) {
        (Trial::Closed(tried), _) => out.tried = Some(tried),
        (_, None) => {}
        (_, Some(key)) => match locked.package(&key, package) {
            None => out.damaged("the encrypted package ends early"),
            Some(bytes) => {
                out.is_opened = true;
                out.file("document", bytes, "");
            }
        },
    }
}

type Key = Zeroizing<Vec<u8>>;

/// A way in which packages are encrypted.
trait Locked {
    /// Digests a try takes.
    fn rounds(&self) -> u64;
    /// The key of the package, where the password is right.
    fn key(&self, password: &str) -> Option<Key>;
    /// The package in clear; none where it is shorter than it says.
    fn package(&self, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>>;
}

/// The digests that agile encryption names (2.3.4.10).
#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "SHA1" | "SHA-1" => Self::Sha1,
            "SHA256" | "SHA-256" => Self::Sha256,
            "SHA384" | "SHA-384" => Self::Sha384,
            "SHA512" | "SHA-512" => Self::Sha512,
            _ => return None,
        })
    }

    fn of(self, parts: &[&[u8]]) -> Key {
        fn digest<D: Digest>(parts: &[&[u8]]) -> Key {
            let mut digest = D::new();
            parts.iter().for_each(|part| digest.update(part));
            Zeroizing::new(digest.finalize().to_vec())
        }
        match self {
            Self::Sha1 => digest::<Sha1>(parts),
            Self::Sha256 => digest::<Sha256>(parts),
            Self::Sha384 => digest::<Sha384>(parts),
            Self::Sha512 => digest::<Sha512>(parts),
        }
    }

    /// The digest of salt and password, digested again and again with the number of the round.
    fn spun(self, salt: &[u8], password: &str, rounds: u32) -> Key {
        let wide: Zeroizing<Vec<u8>> =
            Zeroizing::new(password.encode_utf16().flat_map(u16::to_le_bytes).collect());
        let first = self.of(&[salt, &wide]);
        (0..rounds).fold(first, |digest, round| self.of(&[&round.to_le_bytes(), &digest]))
    }
}

/// Agile encryption (2.3.4.10 to 2.3.4.15).
struct Agile {
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
    fn read(info: &[u8]) -> Option<Self> {
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

/// Standard encryption (2.3.4.5 to 2.3.4.9): AES without chaining, SHA-1.
struct Standard {
    key_bytes: usize,
    salt: Vec<u8>,
    verifier: Vec<u8>,
    verifier_hash: Vec<u8>,
}

impl Standard {
    fn read(info: &[u8]) -> Option<Self> {
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
        STANDARD
    }

    fn key(&self, password: &str) -> Option<Key> {
        let spun = Hash::Sha1.spun(&self.salt, password, STANDARD as u32);
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

/// The length a package says it has in clear, and its blocks.
fn sized_package(bytes: &[u8]) -> Option<(usize, Vec<u8>)> {
    let (len, content) = bytes.split_first_chunk::<8>()?;
    let len = usize::try_from(u64::from_le_bytes(*len)).ok()?;
    let whole = content.len() / 16 * 16;
    (len <= whole).then(|| (len, content.get(..whole).unwrap_or_default().to_vec()))
}

/// Bytes cut or filled up to a length (2.3.4.11, 2.3.4.12).
fn sized(bytes: &[u8], len: usize) -> Key {
    let mut out = Zeroizing::new(bytes.get(..len).unwrap_or(bytes).to_vec());
    out.resize(len, 0x36);
    out
}

/// Deciphers whole blocks that are chained.
fn cbc(key: &[u8], iv: &[u8], bytes: &mut [u8]) -> Option<()> {
    fn run<D: BlockModeDecrypt<BlockSize = U16>>(mut cipher: D, bytes: &mut [u8]) {
        blocks(bytes, |block| cipher.decrypt_block(block));
    }
    match key.len() {
        16 => run(cbc::Decryptor::<Aes128>::new_from_slices(key, iv).ok()?, bytes),
        24 => run(cbc::Decryptor::<Aes192>::new_from_slices(key, iv).ok()?, bytes),
        _ => run(cbc::Decryptor::<Aes256>::new_from_slices(key, iv).ok()?, bytes),
    }
    Some(())
}

/// Deciphers whole blocks, each by itself.
fn ecb(key: &[u8], bytes: &mut [u8]) -> Option<()> {
    fn run<C: BlockCipherDecrypt<BlockSize = U16>>(cipher: &C, bytes: &mut [u8]) {
        blocks(bytes, |block| cipher.decrypt_block(block));
    }
    match key.len() {
        16 => run(&Aes128::new_from_slice(key).ok()?, bytes),
        24 => run(&Aes192::new_from_slice(key).ok()?, bytes),
        _ => run(&Aes256::new_from_slice(key).ok()?, bytes),
    }
    Some(())
}

fn blocks(bytes: &mut [u8], mut each: impl FnMut(&mut Array<u8, U16>)) {
    for block in bytes.chunks_exact_mut(16) {
        if let Ok(block) = block.try_into() {
            each(block);
        }
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
    fn digests_that_are_not_known_are_not_tried() {
        assert!(Hash::named("MD5").is_none() && Hash::named("SHA512").is_some());
        assert!(Agile::read(b"\x04\0\x04\0\x40\0\0\0<keyData blockSize=\"16\"/>").is_none());
        assert!(Standard::read(&[4, 0, 2, 0, 0, 0, 0, 0, 255, 255, 255, 255]).is_none());
    }

    #[test]
    fn a_package_shorter_than_it_says_is_none() {
        assert!(sized_package(&[17, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]).is_none());
        assert_eq!(sized_package(&[0; 24]), Some((0, vec![0; 16])));
    }

    #[test]
    fn elements_are_found_whatever_their_prefix() {
        let xml = "<e><keyData a=\"1\"/><p:encryptedKey b=\"2\" c=\"3\"/></e>";
        assert_eq!(element(xml, "encryptedKey").and_then(|tag| attribute(tag, "c")), Some("3"));
        assert!(element(xml, "Key").is_none() && attribute("x ab=\"1\"", "b").is_none());
    }
}
