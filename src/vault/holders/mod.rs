//! Holders of the epoch key: outside the vault's folder, so that a copy of the folder opens nothing.
//!
//! A vault has one random key for each epoch. Every holder wraps it under a key of its own that it made for
//! that epoch alone: any one of them opens the vault, and forgetting takes all of them.

mod key_file;
#[cfg(test)]
pub(super) mod model;
mod passphrase;
mod process;

pub use key_file::KeyFiles;
pub use passphrase::{Passphrase, Passphrases};
pub use process::Outside;

use super::secret::Secret;

/// What a holder says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is there and works.
    Active,
    /// It will be destroyed at a later date; until then it can come back.
    Scheduled,
    /// It is gone for good.
    Destroyed,
    /// The holder does not know it: that is not the same as destroyed.
    Unknown,
}

impl Status {
    /// Its name in the protocol and in certificates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Scheduled => "scheduled",
            Self::Destroyed => "destroyed",
            Self::Unknown => "unknown",
        }
    }

    fn named(name: &str) -> Option<Status> {
        [Self::Active, Self::Scheduled, Self::Destroyed, Self::Unknown]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// Why a holder did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HolderError {
    /// It answered, and will not: the key is destroyed, or the passphrase is wrong.
    Refused(&'static str),
    /// It gave no answer in time, or none at all. Nothing is known of the key.
    NoAnswer(&'static str),
    /// What it answered cannot be right.
    Nonsense(&'static str),
}

impl HolderError {
    /// What happened, in words without any key.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Refused(what) | Self::NoAnswer(what) | Self::Nonsense(what) => what,
        }
    }
}

/// What can be said for sure once a holder has destroyed a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// The key lay where this program cannot say what else there is: a file beside others, a passphrase.
    C,
    /// The key lay on another medium and was overwritten there.
    B,
    /// A holder outside this machine's files reported destruction, and unwrapping was refused.
    A,
}

impl Assurance {
    /// Its letter.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

/// Keeps one key for each epoch. Every call asks anew: nothing of a key is kept between calls.
pub trait Holder {
    /// Its name in the vault.
    fn name(&self) -> &str;

    /// The best that can be said after it has destroyed a key.
    fn assurance(&self) -> Assurance;

    /// What it is, for certificates: `key-file`, `passphrase` or `command`.
    fn kind(&self) -> &'static str;

    /// Makes a key under a name that was never used, and gives its reference.
    ///
    /// # Errors
    /// Why there is no key.
    fn create(&self, name: &str) -> Result<String, HolderError>;

    /// Wraps the epoch key.
    ///
    /// # Errors
    /// Why it did not.
    fn wrap(&self, key_ref: &str, secret: &Secret) -> Result<Vec<u8>, HolderError>;

    /// Unwraps it.
    ///
    /// # Errors
    /// Why it did not.
    fn unwrap(&self, key_ref: &str, wrapped: &[u8]) -> Result<Secret, HolderError>;

    /// What became of a key.
    ///
    /// # Errors
    /// Why that is not known.
    fn status(&self, key_ref: &str) -> Result<Status, HolderError>;

    /// Destroys a key; again and again does no harm.
    ///
    /// # Errors
    /// Why that is not known to be done.
    fn destroy(&self, key_ref: &str) -> Result<Status, HolderError>;
}

/// Names of keys are file names: letters, digits and hyphens.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 120 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
