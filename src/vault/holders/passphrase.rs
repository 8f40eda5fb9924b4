//! A holder whose key is wrapped under a passphrase: a person's memory, and a file that is no secret.

use std::io;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::super::digest::hex;
use super::super::secret::{Secret, random};
use super::super::signature::from_hex;
use super::key_file::{unwrap_under, wrap_under};
use super::{Assurance, Holder, HolderError, Status, is_name};
use crate::disk::Disk;

/// A passphrase. No `Debug`; wiped when dropped.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Shortest passphrase that is taken, in characters.
    pub const SHORTEST: usize = 12;

    /// From what a file or the terminal gave, without its line end.
    pub fn new(text: Zeroizing<String>) -> Option<Passphrase> {
        let len = text.trim_end_matches(['\r', '\n']).len();
        let mut text = text;
        text.truncate(len);
        (text.chars().count() >= Self::SHORTEST).then_some(Passphrase(text))
    }
}

/// RFC 9106 §4, the second recommended option: 64 MiB, three passes, four lanes.
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// A key as it lies in the folder.
#[derive(Serialize, Deserialize)]
struct Lock {
    format: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    wrapped: String,
}

const FORMAT: &str = "olvido/passphrase/v1";

/// Random keys wrapped under Argon2id (RFC 9106) of a passphrase, in a folder: `NAME.lock`.
pub struct Passphrases<'d> {
    disk: &'d dyn Disk,
    name: String,
    folder: PathBuf,
    passphrase: Passphrase,
    memory_kib: u32,
}

impl<'d> Passphrases<'d> {
    /// Keys in this folder under this passphrase.
    pub fn new(disk: &'d dyn Disk, name: &str, folder: &Path, passphrase: Passphrase) -> Self {
        Self { disk, name: name.to_owned(), folder: folder.to_path_buf(), passphrase, memory_kib: MEMORY_KIB }
    }

    fn path(&self, key_ref: &str, suffix: &str) -> Result<PathBuf, HolderError> {
        match is_name(key_ref) {
            true => Ok(self.folder.join(format!("{key_ref}{suffix}"))),
            false => Err(HolderError::Refused("the name of the key is no name of a file")),
        }
    }

    fn stretched(&self, lock: &Lock) -> Result<Secret, HolderError> {
        let wrong = HolderError::Nonsense("the passphrase's lock is damaged");
        // Bounds, so that a changed file cannot take the machine's memory.
        if lock.memory_kib > (4 << 20) || lock.passes > 64 || lock.lanes > 64 {
            return Err(wrong);
        }
        let params = Params::new(lock.memory_kib, lock.passes, lock.lanes, Some(32));
        let params = params.map_err(|_| wrong.clone())?;
        let salt = from_hex(&lock.salt).ok_or_else(|| wrong.clone())?;
        let mut out = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(self.passphrase.0.as_bytes(), &salt, out.as_mut())
            .map_err(|_| wrong)?;
        Ok(Secret::new(&out))
    }

    fn key(&self, key_ref: &str) -> Result<Secret, HolderError> {
        let bytes = match self.disk.read(&self.path(key_ref, ".lock")?) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(match self.is_destroyed(key_ref)? {
                    true => HolderError::Refused("the key was destroyed"),
                    false => HolderError::NoAnswer("the passphrase's lock is not there"),
                });
            }
            Err(_) => return Err(HolderError::NoAnswer("the passphrase's lock could not be read")),
        };
        if self.is_destroyed(key_ref)? {
            return Err(HolderError::Refused("the key was destroyed"));
        }
        let lock: Lock = serde_json::from_slice(&bytes)
            .map_err(|_| HolderError::Nonsense("the passphrase's lock is damaged"))?;
        let wrapped = from_hex(&lock.wrapped).unwrap_or_default();
        unwrap_under(&self.stretched(&lock)?, key_ref, &wrapped)
            .ok_or(HolderError::Refused("the passphrase is wrong"))
    }

    fn is_destroyed(&self, key_ref: &str) -> Result<bool, HolderError> {
        match self.disk.open(&self.path(key_ref, ".destroyed")?) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(_) => Err(HolderError::NoAnswer("the folder of the passphrase could not be read")),
        }
    }
}

impl Holder for Passphrases<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    /// A passphrase cannot be destroyed, only the file it opens; whoever has a copy of that still can.
    fn assurance(&self) -> Assurance {
        Assurance::C
    }

    fn kind(&self) -> &'static str {
        "passphrase"
    }

    fn create(&self, name: &str) -> Result<String, HolderError> {
        let failed = |_| HolderError::NoAnswer("the passphrase's lock could not be written");
        let none = |_| HolderError::NoAnswer("the system gave no random bytes");
        let mut salt = [0; 16];
        random(&mut salt).map_err(none)?;
        let mut lock = Lock {
            format: FORMAT.to_owned(),
            memory_kib: self.memory_kib,
            passes: PASSES,
            lanes: LANES,
            salt: hex(&salt),
            wrapped: String::new(),
        };
        let key = Secret::random().map_err(none)?;
        lock.wrapped = hex(&wrap_under(&self.stretched(&lock)?, name, &key)?);
        let text = serde_json::to_string(&lock).unwrap_or_default();
        let path = self.path(name, ".lock")?;
        self.disk.create_folder(&self.folder).map_err(failed)?;
        let mut file = self.disk.create(&path).map_err(failed)?;
        file.append(text.as_bytes()).and_then(|()| file.sync()).map_err(failed)?;
        self.disk.sync_folder(&self.folder).map_err(failed)?;
        Ok(name.to_owned())
    }

    fn wrap(&self, key_ref: &str, secret: &Secret) -> Result<Vec<u8>, HolderError> {
        wrap_under(&self.key(key_ref)?, key_ref, secret)
    }

    fn unwrap(&self, key_ref: &str, wrapped: &[u8]) -> Result<Secret, HolderError> {
        let key = self.key(key_ref)?;
        unwrap_under(&key, key_ref, wrapped).ok_or(HolderError::Refused("the passphrase wrapped another key"))
    }

    fn status(&self, key_ref: &str) -> Result<Status, HolderError> {
        if self.is_destroyed(key_ref)? {
            return Ok(Status::Destroyed);
        }
        match self.disk.open(&self.path(key_ref, ".lock")?) {
            Ok(_) => Ok(Status::Active),
            Err(_) => Ok(Status::Unknown),
        }
    }

    fn destroy(&self, key_ref: &str) -> Result<Status, HolderError> {
        let failed = |_| HolderError::NoAnswer("the passphrase's lock could not be overwritten");
        let (lock, note) = (self.path(key_ref, ".lock")?, self.path(key_ref, ".destroyed")?);
        let there = match self.disk.open(&lock) {
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(failed(error)),
        };
        if !self.is_destroyed(key_ref)? {
            if !there {
                return Ok(Status::Unknown);
            }
            self.disk.create(&note).and_then(|mut file| file.sync()).map_err(failed)?;
            self.disk.sync_folder(&self.folder).map_err(failed)?;
        }
        if there {
            self.disk.overwrite(&lock).map_err(failed)?;
            self.disk.unlink(&lock).map_err(failed)?;
            self.disk.sync_folder(&self.folder).map_err(failed)?;
        }
        Ok(Status::Destroyed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::model::ModelDisk;

    fn holder<'d>(disk: &'d ModelDisk, words: &str) -> Passphrases<'d> {
        let passphrase = Passphrase::new(Zeroizing::new(words.to_owned())).unwrap();
        Passphrases { memory_kib: 64, ..Passphrases::new(disk, "words", Path::new("/p"), passphrase) }
    }

    #[test]
    fn the_right_words_open_and_the_wrong_ones_do_not() {
        let disk = ModelDisk::with_files(Default::default());
        let right = holder(&disk, "correct horse battery staple\n");
        let secret = Secret::new(&[4; 32]);
        let key = right.create("a").unwrap();
        let wrapped = right.wrap(&key, &secret).unwrap();
        assert!(right.unwrap(&key, &wrapped).ok().unwrap().is(&secret));
        let wrong = holder(&disk, "correct horse battery stable");
        assert_eq!(wrong.unwrap(&key, &wrapped).err(), Some(HolderError::Refused("the passphrase is wrong")));
        assert_eq!(right.destroy(&key), Ok(Status::Destroyed));
        assert_eq!(right.status(&key), Ok(Status::Destroyed));
        assert!(matches!(right.unwrap(&key, &wrapped), Err(HolderError::Refused(_))));
    }

    #[test]
    fn short_passphrases_are_not_taken() {
        assert!(Passphrase::new(Zeroizing::new("short".to_owned())).is_none());
        assert!(Passphrase::new(Zeroizing::new("elevenchars\n".to_owned())).is_none());
    }
}
