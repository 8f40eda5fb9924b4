//! What a vault is made of: written once, never changed, and bound by the first entry of the ledger.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::canonical::canonical;
use super::digest::{Digest, hex};
use super::secret::random;
use super::signature::{PublicKey, from_hex};
use crate::problem::Problem;

/// The format of everything in a vault's folder.
pub const FORMAT: &str = "olvido/vault/v1";

/// A holder as it was declared.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum HolderSettings {
    /// Key files in a folder.
    KeyFile {
        /// Its name in the vault.
        name: String,
        /// Where they lie.
        folder: PathBuf,
        /// Whether that was declared to be another medium, without copies.
        elsewhere: bool,
    },
    /// A passphrase, and a folder for what it opens.
    Passphrase {
        /// Its name in the vault.
        name: String,
        /// Where that lies.
        folder: PathBuf,
    },
    /// A program.
    Command {
        /// Its name in the vault.
        name: String,
        /// The program and its arguments.
        command: Vec<String>,
        /// Seconds an answer may take.
        seconds: u64,
    },
}

impl HolderSettings {
    /// Its name in the vault.
    pub fn name(&self) -> &str {
        match self {
            Self::KeyFile { name, .. } | Self::Passphrase { name, .. } | Self::Command { name, .. } => name,
        }
    }

    /// How long a program may take.
    pub fn patience(seconds: u64) -> Duration {
        Duration::from_secs(seconds.clamp(1, 600))
    }
}

/// Somebody who may approve.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// The name that stands in certificates.
    pub name: String,
    /// The public key, hexadecimal.
    pub key: String,
}

/// `vault.json`.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How many approvals a shred needs.
    pub approvals: u64,
    /// Who may give them.
    pub approvers: Vec<Approver>,
    /// Who decides about the data.
    pub controller: String,
    /// Days between the making of a plan and the first moment it may be carried out.
    pub cooling_off_days: u64,
    /// When the vault was made.
    pub created: String,
    format: String,
    /// Who keeps the epoch key.
    pub holders: Vec<HolderSettings>,
    /// The vault's id, 32 hexadecimal digits.
    pub id: String,
    /// The vault's public signing key, hexadecimal; filled when the vault is made.
    pub public_key: String,
}

/// What the user decides when a vault is made.
pub struct Wishes {
    /// Who keeps the epoch key.
    pub holders: Vec<HolderSettings>,
    /// Who may approve.
    pub approvers: Vec<Approver>,
    /// How many must.
    pub approvals: u64,
    /// Days of cooling-off.
    pub cooling_off_days: u64,
    /// Who decides about the data.
    pub controller: String,
}

impl Settings {
    /// Settings with a fresh id.
    ///
    /// # Errors
    /// A [`Problem`] where they cannot be right.
    pub fn new(wishes: Wishes, now: &str) -> Result<Settings, Problem> {
        let mut id = [0; 16];
        random(&mut id)?;
        let settings = Settings {
            approvals: wishes.approvals,
            approvers: wishes.approvers,
            controller: wishes.controller,
            cooling_off_days: wishes.cooling_off_days,
            created: now.to_owned(),
            format: FORMAT.to_owned(),
            holders: wishes.holders,
            id: hex(&id),
            public_key: String::new(),
        };
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), Problem> {
        let wrong = |what: &str, advice: &str| Err(Problem::new("vault-settings", what, advice));
        if self.holders.is_empty() {
            return wrong("the vault has no holder for its key", "name one with --holder, better two");
        }
        let mut names: Vec<&str> = self.holders.iter().map(HolderSettings::name).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() != self.holders.len() {
            return wrong("two holders have one name", "give each its own");
        }
        if self.approvers.iter().any(|approver| PublicKey::parse(&approver.key).is_none()) {
            return wrong(
                "an approver's key is no public key",
                "write the 64 digits `vault approver` printed",
            );
        }
        let mut keys: Vec<&str> = self.approvers.iter().map(|approver| approver.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() != self.approvers.len() {
            return wrong("two approvers have one key", "four eyes are two people");
        }
        if self.approvals > self.approvers.len() as u64 {
            return wrong("more approvals are asked for than there are approvers", "name more approvers");
        }
        if self.cooling_off_days > 3660 {
            return wrong("the cooling-off is longer than ten years", "write days");
        }
        Ok(())
    }

    /// Reads `vault.json`.
    ///
    /// # Errors
    /// `vault-settings` for a file this version does not know.
    pub fn read(bytes: &[u8]) -> Result<Settings, Problem> {
        let wrong =
            |what: &str| Problem::new("vault-settings", what, "name a folder `olvido vault init` made");
        let settings: Settings = serde_json::from_slice(bytes)
            .map_err(|_| wrong("vault.json is damaged or of a later version"))?;
        if settings.format != FORMAT {
            return Err(wrong("the vault has a format this version does not know"));
        }
        settings.check()?;
        Ok(settings)
    }

    /// As bytes.
    pub(super) fn to_file(&self) -> Result<String, Problem> {
        let value = serde_json::to_value(self).unwrap_or(Value::Null);
        Ok(canonical(&value)? + "\n")
    }

    /// What the ledger's first entry binds.
    pub(super) fn digest(&self) -> Result<String, Problem> {
        Ok(Digest::of(self.to_file()?.as_bytes()).to_string())
    }

    /// The vault's id as bytes.
    pub(super) fn id_bytes(&self) -> Result<[u8; 16], Problem> {
        from_hex(&self.id).and_then(|id| id.try_into().ok()).ok_or_else(|| {
            Problem::new("vault-settings", "the vault's id is damaged", "put back a copy of vault.json")
        })
    }

    /// The public key.
    pub fn public_key(&self) -> Result<PublicKey, Problem> {
        PublicKey::parse(&self.public_key).ok_or_else(|| {
            Problem::new(
                "vault-settings",
                "the vault's public key is damaged",
                "put back a copy of vault.json",
            )
        })
    }
}
