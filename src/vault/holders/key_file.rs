//! A holder that keeps its keys in files, best on a medium of their own that can be taken away.

use std::io;
use std::path::{Path, PathBuf};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::super::digest::hex;
use super::super::secret::{Secret, random};
use super::super::signature::from_hex;
use super::{Assurance, Holder, HolderError, Status, is_name};
use crate::disk::Disk;

/// What stands where a key was.
const DESTROYED: &[u8] = b"destroyed\n";

/// Keys in a folder: `NAME.key`, 64 hexadecimal digits, mode 0600; `NAME.destroyed` afterwards.
pub struct KeyFiles<'d> {
    disk: &'d dyn Disk,
    name: String,
    folder: PathBuf,
    /// Whether the folder was declared to lie on another medium than the vault.
    elsewhere: bool,
}

impl<'d> KeyFiles<'d> {
    /// Keys in this folder.
    pub fn new(disk: &'d dyn Disk, name: &str, folder: &Path, elsewhere: bool) -> Self {
        Self { disk, name: name.to_owned(), folder: folder.to_path_buf(), elsewhere }
    }

    fn path(&self, key_ref: &str, suffix: &str) -> Result<PathBuf, HolderError> {
        match is_name(key_ref) {
            true => Ok(self.folder.join(format!("{key_ref}{suffix}"))),
            false => Err(HolderError::Refused("the name of the key is no name of a file")),
        }
    }

    fn key(&self, key_ref: &str) -> Result<Secret, HolderError> {
        let bytes = match self.disk.read(&self.path(key_ref, ".key")?) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(match self.is_destroyed(key_ref)? {
                    true => HolderError::Refused("the key was destroyed"),
                    false => HolderError::NoAnswer("the key file is not there"),
                });
            }
            Err(_) => return Err(HolderError::NoAnswer("the key file could not be read")),
        };
        let text = std::str::from_utf8(&bytes).unwrap_or_default().trim_end();
        let bytes = Zeroizing::new(from_hex(text).unwrap_or_default());
        match Secret::from_slice(&bytes) {
            Some(secret) => Ok(secret),
            None if self.is_destroyed(key_ref)? => Err(HolderError::Refused("the key was destroyed")),
            None => Err(HolderError::Nonsense("the key file holds no key")),
        }
    }

    fn is_destroyed(&self, key_ref: &str) -> Result<bool, HolderError> {
        match self.disk.read(&self.path(key_ref, ".destroyed")?) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(_) => Err(HolderError::NoAnswer("the folder of key files could not be read")),
        }
    }
}

/// Wraps 32 bytes under a key that wraps little: a random nonce goes in front.
pub(super) fn wrap_under(key: &Secret, label: &str, secret: &Secret) -> Result<Vec<u8>, HolderError> {
    let failed = |_| HolderError::NoAnswer("the key could not be wrapped");
    let mut nonce = [0; 12];
    random(&mut nonce).map_err(|_| HolderError::NoAnswer("the system gave no random bytes"))?;
    let cipher = UnboundKey::new(&AES_256_GCM, key.expose()).map(LessSafeKey::new).map_err(failed)?;
    let mut sealed = secret.expose().to_vec();
    cipher
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(label.as_bytes()),
            &mut sealed,
        )
        .map_err(failed)?;
    Ok([&nonce[..], &sealed].concat())
}

/// The way back.
pub(super) fn unwrap_under(key: &Secret, label: &str, wrapped: &[u8]) -> Option<Secret> {
    let (nonce, sealed) = wrapped.split_first_chunk::<12>()?;
    let cipher = UnboundKey::new(&AES_256_GCM, key.expose()).map(LessSafeKey::new).ok()?;
    let mut sealed = Zeroizing::new(sealed.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plain = cipher.open_in_place(nonce, Aad::from(label.as_bytes()), sealed.as_mut_slice()).ok()?;
    Secret::from_slice(plain)
}

impl Holder for KeyFiles<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn assurance(&self) -> Assurance {
        if self.elsewhere { Assurance::B } else { Assurance::C }
    }

    fn kind(&self) -> &'static str {
        "key-file"
    }

    fn create(&self, name: &str) -> Result<String, HolderError> {
        let failed = |_| HolderError::NoAnswer("the key file could not be written");
        let secret =
            Secret::random().map_err(|_| HolderError::NoAnswer("the system gave no random bytes"))?;
        let path = self.path(name, ".key")?;
        self.disk.create_folder(&self.folder).map_err(failed)?;
        let text = Zeroizing::new(format!("{}\n", hex(secret.expose())));
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
        unwrap_under(&key, key_ref, wrapped)
            .ok_or(HolderError::Refused("the key file is not the one that wrapped"))
    }

    fn status(&self, key_ref: &str) -> Result<Status, HolderError> {
        match self.key(key_ref) {
            Ok(_) => Ok(Status::Active),
            Err(HolderError::Refused(_)) => Ok(Status::Destroyed),
            Err(_) => Ok(Status::Unknown),
        }
    }

    /// Says first that the key is destroyed, so that a crash in between is finished by the next call; then
    /// overwrites it where it stands and removes its name.
    fn destroy(&self, key_ref: &str) -> Result<Status, HolderError> {
        let failed = |_| HolderError::NoAnswer("the key file could not be overwritten");
        let (key, note) = (self.path(key_ref, ".key")?, self.path(key_ref, ".destroyed")?);
        let there = match self.disk.open(&key) {
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(failed(error)),
        };
        if !self.is_destroyed(key_ref)? {
            if !there {
                return Ok(Status::Unknown);
            }
            let mut file = self.disk.create(&note).map_err(failed)?;
            file.append(DESTROYED).and_then(|()| file.sync()).map_err(failed)?;
            self.disk.sync_folder(&self.folder).map_err(failed)?;
        }
        if there {
            self.disk.overwrite(&key).map_err(failed)?;
            self.disk.unlink(&key).map_err(failed)?;
            self.disk.sync_folder(&self.folder).map_err(failed)?;
        }
        Ok(Status::Destroyed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::model::ModelDisk;

    #[test]
    fn a_key_is_made_used_and_destroyed() {
        let disk = ModelDisk::with_files(Default::default());
        let holder = KeyFiles::new(&disk, "usb", Path::new("/usb"), true);
        let secret = Secret::new(&[4; 32]);
        let key = holder.create("olvido-1").unwrap();
        let wrapped = holder.wrap(&key, &secret).unwrap();
        assert!(holder.unwrap(&key, &wrapped).ok().unwrap().is(&secret));
        assert_eq!(holder.status(&key), Ok(Status::Active));
        assert_eq!(holder.status("olvido-2"), Ok(Status::Unknown));
        assert_eq!(holder.destroy("olvido-2"), Ok(Status::Unknown));
        assert_eq!(
            (holder.destroy(&key), holder.destroy(&key)),
            (Ok(Status::Destroyed), Ok(Status::Destroyed))
        );
        assert_eq!(holder.status(&key), Ok(Status::Destroyed));
        assert!(matches!(holder.unwrap(&key, &wrapped), Err(HolderError::Refused(_))));
        assert!(holder.create("../out").is_err());
    }

    #[test]
    fn a_key_made_twice_is_refused_and_a_damaged_one_is_not_destroyed() {
        let disk = ModelDisk::with_files(Default::default());
        let holder = KeyFiles::new(&disk, "usb", Path::new("/usb"), true);
        holder.create("a").unwrap();
        assert!(holder.create("a").is_err());
        disk.truncate(Path::new("/usb/a.key"), 10).unwrap();
        assert_eq!(holder.status("a"), Ok(Status::Unknown));
    }
}
