//! Ed25519 keys as OpenSSH writes them: `id_ed25519.pub` and an unencrypted `id_ed25519` (PROTOCOL.key).

use zeroize::Zeroizing;

use super::secret::Secret;
use super::signature::{PublicKey, Signer};
use crate::problem::Problem;

const ALGORITHM: &[u8] = b"ssh-ed25519";
const MAGIC: &[u8] = b"openssh-key-v1\0";

impl PublicKey {
    /// From 64 hexadecimal digits, or a line `ssh-ed25519 AAAA… comment`.
    pub fn parse_any(text: &str) -> Option<PublicKey> {
        let mut words = text.split_whitespace();
        if words.next() != Some("ssh-ed25519") {
            return PublicKey::parse(text);
        }
        let blob = base64(words.next()?.as_bytes())?;
        let mut fields = Fields(&blob);
        let algorithm = fields.string()?;
        let key: [u8; 32] = fields.string()?.try_into().ok()?;
        (algorithm == ALGORITHM && fields.0.is_empty()).then(|| PublicKey::from_bytes(key))
    }
}

impl Signer {
    /// From the file of a private key: OpenSSH's own format without a passphrase, or 64 hexadecimal digits.
    ///
    /// # Errors
    /// `signing-key` for what is none, and for keys with a passphrase, which are opened by `ssh-keygen -p` on
    /// a copy.
    pub fn from_file(bytes: &[u8]) -> Result<Signer, Problem> {
        let wrong = |what: &str, advice: &str| Problem::new("signing-key", what, advice);
        let none = || wrong("this is no Ed25519 key", "make one with `ssh-keygen -t ed25519`");
        let text = std::str::from_utf8(bytes).map_err(|_| none())?.trim();
        if let Some(seed) = super::signature::from_hex(&text.to_ascii_lowercase()) {
            let seed = Zeroizing::new(seed);
            return Signer::new(&Secret::from_slice(&seed).ok_or_else(none)?);
        }
        let inner = text
            .strip_prefix("-----BEGIN OPENSSH PRIVATE KEY-----")
            .and_then(|rest| rest.strip_suffix("-----END OPENSSH PRIVATE KEY-----"))
            .ok_or_else(none)?;
        let packed: Zeroizing<Vec<u8>> =
            Zeroizing::new(inner.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
        let blob = Zeroizing::new(base64(&packed).ok_or_else(none)?);
        let mut fields = Fields(blob.strip_prefix(MAGIC).ok_or_else(none)?);
        let cipher = fields.string().ok_or_else(none)?;
        if cipher != b"none" {
            let advice = "use a copy without one, `ssh-keygen -p`, from a credential file only you can read";
            return Err(wrong("the key has a passphrase", advice));
        }
        let seed = seed_of(&mut fields).ok_or_else(none)?;
        Signer::new(&seed)
    }
}

/// The seed behind cipher, key derivation and its options.
fn seed_of(fields: &mut Fields<'_>) -> Option<Secret> {
    fields.string()?;
    fields.string()?;
    let one = fields.number()? == 1;
    fields.string()?;
    let mut inner = Fields(fields.string()?);
    let checks = (inner.number()?, inner.number()?);
    let algorithm = inner.string()?;
    let public = inner.string()?;
    let private = inner.string()?;
    let (seed, rest) = private.split_at_checked(32)?;
    (one && checks.0 == checks.1 && algorithm == ALGORITHM && rest == public).then_some(())?;
    Secret::from_slice(seed)
}

/// Length-prefixed fields (RFC 4251, 5).
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn number(&mut self) -> Option<u32> {
        let (now, later) = self.0.split_first_chunk::<4>()?;
        self.0 = later;
        Some(u32::from_be_bytes(*now))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (now, later) = self.0.split_at_checked(len)?;
        self.0 = later;
        Some(now)
    }
}

/// RFC 4648, 4, with or without padding.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0u32);
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |at| at + 1);
    for byte in text.get(..end)? {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    (bits == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `ssh-keygen -t ed25519 -N ''` for this test alone.
    const PRIVATE: &str = include_str!("openssh_test_key");
    const PUBLIC: &str = include_str!("openssh_test_key.pub");

    #[test]
    fn a_pair_of_openssh_belongs_together() {
        let signer = Signer::from_file(PRIVATE.as_bytes()).ok().unwrap();
        let public = PublicKey::parse_any(PUBLIC).unwrap();
        assert!(signer.public() == public);
        assert!(public.signed(b"plan", &signer.sign(b"plan")));
        assert!(PublicKey::parse_any(&public.to_hex()).unwrap() == public);
    }

    #[test]
    fn damaged_and_foreign_keys_are_refused() {
        for text in ["", "ssh-rsa AAAA", "ssh-ed25519 AAAA", "zz"] {
            assert!(PublicKey::parse_any(text).is_none(), "{text}");
            assert!(Signer::from_file(text.as_bytes()).is_err(), "{text}");
        }
        let cut = PRIVATE.replace("AAAAB", "AAAAC");
        assert!(Signer::from_file(cut.as_bytes()).is_err());
    }
}
