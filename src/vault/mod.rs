//! Keys, digests and keyed fingerprints. The only module that imports `ring`.

mod digest;
mod mac;

pub use digest::{Digest, Sha256};
pub use mac::{Key, KeyError, Purpose, Subkey};
