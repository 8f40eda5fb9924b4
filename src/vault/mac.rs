//! Keyed fingerprints: HMAC-SHA-256 (RFC 2104) under subkeys by label (HKDF, RFC 5869).

use std::io::{self, Read};

use ring::hkdf;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use zeroize::Zeroize;

use super::digest::{Digest, hex};

/// What a subkey is for; values of one purpose say nothing of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Fingerprints of detections.
    Fingerprint,
    /// Pseudonyms that replace values.
    Pseudonym,
    /// Lists of people who were erased.
    Suppression,
    /// References to people in contexts, holds and requests.
    Subject,
    /// Digests of records in plans.
    Plan,
    /// The seed of the key that signs the project's ledger.
    Ledger,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Fingerprint => b"olvido/v1/fingerprint",
            Self::Pseudonym => b"olvido/v1/pseudonym",
            Self::Suppression => b"olvido/v1/suppression",
            Self::Subject => b"olvido/v1/subject",
            Self::Plan => b"olvido/v1/plan",
            Self::Ledger => b"olvido/v1/ledger",
        }
    }
}

/// Why a key file is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// Not 64 hexadecimal digits with at most one line end.
    Malformed,
    /// The system gave no random bytes.
    NoRandomness,
}

impl Drop for Key {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl Drop for Subkey {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

/// A project's key. No `Debug`, no `Display`: it leaves the process only as [`Key::to_file`].
pub struct Key {
    bytes: [u8; 32],
    id: String,
}

impl Key {
    /// Reads a key file: 64 hexadecimal digits and an optional line end.
    pub fn parse(file: &[u8]) -> Result<Key, KeyError> {
        let text = file.strip_suffix(b"\n").unwrap_or(file);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.len() != 64 {
            return Err(KeyError::Malformed);
        }
        let mut bytes = [0u8; 32];
        for (to, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let digits = std::str::from_utf8(pair).map_err(|_| KeyError::Malformed)?;
            *to = u8::from_str_radix(digits, 16).map_err(|_| KeyError::Malformed)?;
        }
        Ok(Key::from_bytes(bytes))
    }

    /// A fresh key from the system's randomness.
    pub fn generate() -> Result<Key, KeyError> {
        let mut bytes = [0u8; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
        Ok(Key::from_bytes(bytes))
    }

    fn from_bytes(bytes: [u8; 32]) -> Key {
        let id = Digest::of(&[b"olvido/v1/key-id".as_slice(), &bytes].concat()).short_hex(4);
        Key { bytes, id }
    }

    /// The key file's contents.
    pub fn to_file(&self) -> String {
        format!("{}\n", hex(&self.bytes))
    }

    /// The key's public name: eight hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The subkey for a purpose.
    pub fn subkey(&self, purpose: Purpose) -> Subkey {
        subkey_of(&self.bytes, purpose)
    }
}

/// The subkey of a key of 32 bytes for a purpose.
pub(super) fn subkey_of(key: &[u8; 32], purpose: Purpose) -> Subkey {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"olvido");
    let secret = salt.extract(key);
    let label = [purpose.label()];
    let mut bytes = [0u8; 32];
    // Expansion fails only for lengths beyond 255 digests; 32 bytes are one.
    if let Ok(material) = secret.expand(&label, hkdf::HKDF_SHA256)
        && material.fill(&mut bytes).is_err()
    {
        bytes = *key;
    }
    Subkey { key: hmac::Key::new(hmac::HMAC_SHA256, &bytes), bytes }
}

/// A key for one purpose.
#[derive(Clone)]
pub struct Subkey {
    key: hmac::Key,
    bytes: [u8; 32],
}

impl Subkey {
    /// The MAC of parts, each with its length, so that no two lists of parts collide.
    pub fn mac(&self, parts: &[&[u8]]) -> Digest {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        Digest(out)
    }

    /// As [`Subkey::mac`], where the last part is read as it comes; `len` is how long it is.
    ///
    /// # Errors
    /// Those of reading; `UnexpectedEof` where it is not as long.
    pub fn mac_read(&self, parts: &[&[u8]], len: u64, last: &mut dyn Read) -> io::Result<Digest> {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.update(&len.to_be_bytes());
        let mut buffer = vec![0; 1 << 16];
        let mut seen = 0;
        loop {
            let read = last.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            seen += read as u64;
            context.update(buffer.get(..read).unwrap_or_default());
        }
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        if seen == len { Ok(Digest(out)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// The bytes as the seed of another key.
    pub fn seed(&self) -> super::Secret {
        super::Secret::new(&self.bytes)
    }

    /// Sixteen bytes for keyed hashing of words in memory (SipHash).
    pub fn hash_key(&self) -> [u8; 16] {
        let mut out = [0; 16];
        for (to, from) in out.iter_mut().zip(&self.bytes) {
            *to = *from;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::parse(format!("{}\n", "0b".repeat(32)).as_bytes()).ok().unwrap()
    }

    #[test]
    fn a_key_file_reads_back() {
        let fresh = Key::generate().ok().unwrap();
        let again = Key::parse(fresh.to_file().as_bytes()).ok().unwrap();
        assert_eq!(fresh.id(), again.id());
        assert_eq!(Key::parse(b"short").err(), Some(KeyError::Malformed));
        assert_eq!(Key::parse("zz".repeat(32).as_bytes()).err(), Some(KeyError::Malformed));
    }

    #[test]
    fn purposes_and_parts_never_collide() {
        let fingerprint = key().subkey(Purpose::Fingerprint);
        let subject = key().subkey(Purpose::Subject);
        assert!(fingerprint.mac(&[b"ab", b"c"]) == fingerprint.mac(&[b"ab", b"c"]));
        assert!(fingerprint.mac(&[b"ab", b"c"]) != fingerprint.mac(&[b"a", b"bc"]));
        assert!(fingerprint.mac(&[b"a"]) != subject.mac(&[b"a"]));
        let read = |len: u64| fingerprint.mac_read(&[b"ab"], len, &mut b"c".as_slice());
        assert!(read(1).unwrap() == fingerprint.mac(&[b"ab", b"c"]));
        assert!(read(2).is_err());
    }
}
