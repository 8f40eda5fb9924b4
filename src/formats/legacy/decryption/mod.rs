//! Packages of Office Open XML under a password ([MS-OFFCRYPTO] 2.3.4): standard and agile encryption, with AES.

mod agile;
mod standard;

use aes::cipher::consts::U16;
use aes::cipher::{Array, BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::bytes::u16_at;
use super::extract::Extract;
use crate::records::{Trial, Tries};

use agile::Agile;
use standard::Standard;

/// Bytes that are encrypted together (2.3.4.15).
const SEGMENT: usize = 4096;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_shorter_than_it_says_is_none() {
        assert!(sized_package(&[17, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]).is_none());
        assert_eq!(sized_package(&[0; 24]), Some((0, vec![0; 16])));
    }

    #[test]
    fn digests_that_are_not_known_are_not_tried() {
        assert!(Hash::named("MD5").is_none() && Hash::named("SHA512").is_some());
    }
}
