//! Keys, digests, keyed fingerprints, and the vault: sealing records so that forgetting a key forgets them
//! everywhere. The only module that imports `ring` and `argon2`.

mod archive;
mod blocked;
mod canonical;
pub mod certificate;
mod change;
mod digest;
pub mod holders;
mod keyfile;
mod ledger;
mod mac;
mod merkle;
mod object;
mod openssh;
mod secret;
mod settings;
mod signature;
mod store;
#[cfg(test)]
mod tests;

pub use archive::{Object, Opening, Sealing, path_of};
pub use blocked::{Blocking, Unblocked, Unblocking};
pub use canonical::canonical;
pub use change::{Change, NoQuestion, Permission};
pub use digest::{Digest, Sha256};
pub use keyfile::{NOBODY, Slot, SlotKind, Wrap};
pub use ledger::{Entry, Head, Ledger, is_proved};
pub use mac::{Key, KeyError, Purpose, Subkey};
pub use object::{Kind, Label, Opened, Unopened};
pub use secret::Secret;
pub use settings::{Approver, HolderSettings, Settings, Wishes};
pub use signature::{PublicKey, Signer, from_hex};
pub use store::{Recovered, Vault};
