//! Ed25519 signatures (RFC 8032) of vaults and approvers.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::digest::hex;
use super::secret::Secret;
use crate::problem::Problem;

/// The public half of a signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    pub(super) fn from_bytes(bytes: [u8; 32]) -> PublicKey {
        PublicKey(bytes)
    }

    /// From 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<PublicKey> {
        from_hex(&text.trim().to_ascii_lowercase()).and_then(|bytes| bytes.try_into().ok()).map(PublicKey)
    }

    /// As 64 hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// Whether a signature, in hexadecimal digits, is this key's over these bytes.
    pub fn signed(&self, bytes: &[u8], signature: &str) -> bool {
        from_hex(signature).is_some_and(|signature| {
            UnparsedPublicKey::new(&ED25519, self.0).verify(bytes, &signature).is_ok()
        })
    }
}

/// A signing key. No `Debug`.
pub struct Signer {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl Signer {
    /// From its seed.
    ///
    /// # Errors
    /// `key-not-derived`, which cannot happen for 32 bytes.
    pub fn new(seed: &Secret) -> Result<Signer, Problem> {
        let broken = || Problem::new("key-not-derived", "a key could not be derived", "please report this");
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|_| broken())?;
        let public = pair.public_key().as_ref().try_into().map(PublicKey).map_err(|_| broken())?;
        Ok(Signer { pair, public })
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs bytes: 128 hexadecimal digits.
    pub fn sign(&self, bytes: &[u8]) -> String {
        hex(self.pair.sign(bytes).as_ref())
    }
}

/// Bytes from lower-case hexadecimal digits, the one form that is written: another would be a change nobody sees.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            match pair {
                [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
                _ => None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_vector_of_rfc_8032() {
        let seed = from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let signer = Signer::new(&Secret::from_slice(&seed).unwrap()).ok().unwrap();
        assert_eq!(
            signer.public().to_hex(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        let signature = signer.sign(b"");
        assert!(signature.starts_with("e5564300c360ac729086e2cc806e828a"));
        assert!(signer.public().signed(b"", &signature));
        assert!(!signer.public().signed(b"x", &signature));
        assert!(!signer.public().signed(b"", "zz"));
    }
}
