//! Keys in memory: random, wiped when dropped, never printed.
//!
//! ring keeps expanded keys in its own types, which are not wiped; they live as long as one object is
//! sealed or opened, and pages of this process are not written to core dumps of children. That is the
//! limit of what a process can promise of its memory.

use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::{Zeroize, Zeroizing};

use crate::problem::Problem;

/// Thirty-two secret bytes. No `Debug`, no `Clone`, no `PartialEq`; wiped when dropped.
pub struct Secret([u8; 32]);

impl Secret {
    /// From the system's randomness.
    ///
    /// # Errors
    /// `no-randomness` where the system gave none.
    pub fn random() -> Result<Secret, Problem> {
        let mut bytes = [0; 32];
        random(&mut bytes)?;
        Ok(Secret(bytes))
    }

    /// From bytes, which the caller wipes.
    pub fn new(bytes: &[u8; 32]) -> Secret {
        Secret(*bytes)
    }

    /// From a slice of exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Secret> {
        bytes.try_into().ok().map(Secret)
    }

    /// The bytes, for wrapping.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether two secrets are one, in time that does not depend on where they differ.
    pub fn is(&self, other: &Secret) -> bool {
        self.0.iter().zip(&other.0).fold(0u8, |all, (a, b)| all | (a ^ b)) == 0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Fills bytes from the system's randomness.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), Problem> {
    SystemRandom::new().fill(bytes).map_err(|_| {
        Problem::new("no-randomness", "the system gave no random bytes", "try again on a healthy system")
    })
}

/// Random bytes asked for in large portions: one system call for many salts and nonces.
pub(super) struct Randomness {
    buffer: Zeroizing<Vec<u8>>,
    used: usize,
}

impl Randomness {
    pub(super) fn new() -> Self {
        Self { buffer: Zeroizing::new(vec![0; 16 << 10]), used: 16 << 10 }
    }

    /// The next `N` random bytes; `N` is small.
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        if self.used + N > self.buffer.len() {
            random(&mut self.buffer)?;
            self.used = 0;
        }
        let mut out = [0; N];
        let from = self.buffer.get_mut(self.used..self.used + N).unwrap_or_default();
        for (to, from) in out.iter_mut().zip(from) {
            *to = std::mem::take(from);
        }
        self.used += N;
        Ok(out)
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// A key for one use and the public value that commits to it: both halves of one HKDF-SHA-256 output
/// (RFC 5869), so that a ciphertext opens under exactly one key (AES-GCM alone does not promise that).
pub(super) struct Derived {
    pub(super) key: LessSafeKey,
    pub(super) commitment: [u8; 32],
}

/// Derives from secrets, in order. `salt` is fresh for each object, `label` and `context` say what for.
pub(super) fn derive(
    secrets: &[&Secret],
    salt: &[u8],
    label: &[u8],
    context: &[u8],
) -> Result<Derived, Problem> {
    let mut material = Zeroizing::new(Vec::with_capacity(32 * secrets.len()));
    for secret in secrets {
        material.extend_from_slice(secret.expose());
    }
    let mut out = Zeroizing::new([0u8; 64]);
    let prk = Salt::new(HKDF_SHA256, salt).extract(&material);
    let info = [label, context];
    let filled = prk.expand(&info, Length(64)).and_then(|okm| okm.fill(out.as_mut()));
    let (key, commitment) = out.split_at(32);
    let key = UnboundKey::new(&AES_256_GCM, key);
    match (filled, key, commitment.try_into()) {
        (Ok(()), Ok(key), Ok(commitment)) => Ok(Derived { key: LessSafeKey::new(key), commitment }),
        // HKDF of two digests and a key of 32 bytes are always possible.
        _ => Err(Problem::new("key-not-derived", "a key could not be derived", "please report this")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn randomness_never_gives_the_same_twice() {
        let mut random = Randomness::new();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..2000 {
            assert!(seen.insert(random.take::<32>().unwrap()));
        }
    }

    #[test]
    fn every_part_of_a_derivation_matters() {
        let (a, b) = (Secret::new(&[1; 32]), Secret::new(&[2; 32]));
        let of = |secrets: &[&Secret], salt: &[u8], label: &[u8], context: &[u8]| {
            derive(secrets, salt, label, context).ok().unwrap().commitment
        };
        let all = [
            of(&[&a], b"s", b"l", b"c"),
            of(&[&b], b"s", b"l", b"c"),
            of(&[&a, &b], b"s", b"l", b"c"),
            of(&[&b, &a], b"s", b"l", b"c"),
            of(&[&a], b"t", b"l", b"c"),
            of(&[&a], b"s", b"m", b"c"),
            of(&[&a], b"s", b"l", b"d"),
        ];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
