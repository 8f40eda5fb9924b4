//! Keyed digests of items and of lists of edits: small files and short lists could be guessed from plain
//! ones.

use crate::problem::Problem;
use crate::vault::{Digest, Key, Purpose, Sha256, Subkey};

/// Makes digests under the project's key, or under a fresh one that a plan carries.
pub(super) struct Digests {
    key: Subkey,
    /// The project's key, by its public name.
    pub(super) key_id: Option<String>,
    /// The fresh key, for a plan.
    pub(super) salt: Option<String>,
}

impl Digests {
    /// Under the project's key if there is one.
    pub(super) fn new(key: Option<&Key>) -> Result<Self, Problem> {
        match key {
            Some(key) => Ok(Self {
                key: key.subkey(Purpose::Fingerprint),
                key_id: Some(key.id().to_owned()),
                salt: None,
            }),
            None => {
                let fresh = Key::generate().map_err(|_| {
                    let what = "the system gave no random bytes";
                    Problem::new("no-randomness", what, "try again on a healthy system")
                })?;
                Ok(Self::salted(&fresh))
            }
        }
    }

    fn salted(key: &Key) -> Self {
        let salt = key.to_file().trim_end().to_owned();
        Self { key: key.subkey(Purpose::Fingerprint), key_id: None, salt: Some(salt) }
    }

    /// The digests of a plan, to be compared with it.
    pub(super) fn of_plan(
        key: Option<&Key>,
        key_id: Option<&str>,
        salt: Option<&str>,
    ) -> Result<Self, Problem> {
        let other =
            |what: &str| Problem::new("plan-other-key", what, "name the key with which the plan was made");
        match (key_id, salt, key) {
            (Some(id), _, Some(key)) if key.id() == id => Self::new(Some(key)),
            (Some(_), ..) => Err(other("the plan was made with another key")),
            (None, Some(salt), _) => {
                let key = Key::parse(salt.as_bytes())
                    .map_err(|_| other("the plan's digests cannot be compared"))?;
                Ok(Self::salted(&key))
            }
            (None, None, _) => Err(other("the plan's digests cannot be compared")),
        }
    }

    /// Sixteen bytes for hashes in memory.
    pub(super) fn hash_key(&self) -> [u8; 16] {
        let digest: Digest = self.key.mac(&[b"values in memory"]);
        let mut out = [0; 16];
        for (to, from) in out.iter_mut().zip(&digest.0) {
            *to = *from;
        }
        out
    }

    /// Of bytes.
    pub(super) fn content(&self, bytes: &[u8]) -> String {
        self.keyed(&[b"content", &Digest::of(bytes).0])
    }

    /// Of the digests of the pieces of an item, in order, or of its edits.
    pub(super) fn list(&self, what: &str, digest: Sha256) -> String {
        self.keyed(&[what.as_bytes(), &digest.finish().0])
    }

    fn keyed(&self, parts: &[&[u8]]) -> String {
        self.key.mac(parts).short_hex(16)
    }
}
