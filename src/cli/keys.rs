//! Keys: where they lie, how they are read and made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, SystemDisk};
use crate::problem::Problem;
use crate::vault::Key;

/// What the environment says of keys; read once, here.
pub(super) struct KeyPlaces {
    named: Option<PathBuf>,
    default: Option<PathBuf>,
}

impl KeyPlaces {
    /// `OLVIDO_KEY_FILE`, and `olvido/keys/default.key` below `XDG_CONFIG_HOME` or `~/.config`.
    #[expect(clippy::disallowed_methods, reason = "the environment is read in cli only")]
    pub(super) fn from_environment() -> Self {
        let named = std::env::var_os("OLVIDO_KEY_FILE").filter(|v| !v.is_empty()).map(PathBuf::from);
        let config = std::env::var_os("XDG_CONFIG_HOME")
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")));
        Self { named, default: config.map(|dir| dir.join("olvido/keys/default.key")) }
    }

    /// The key of a run: the one named on the command line, in the environment, or the default one if
    /// it is there. A named file that is no key is a problem; without any there is none.
    pub(super) fn find(&self, argument: Option<&Path>) -> Result<Option<Key>, Problem> {
        match argument.or(self.named.as_deref()) {
            Some(path) => read(path).map(Some),
            None => match &self.default {
                Some(path) if path.exists() => read(path).map(Some),
                _ => Ok(None),
            },
        }
    }

    /// Where a fresh key goes when no file is named.
    pub(super) fn default_path(&self) -> Option<&Path> {
        self.default.as_deref()
    }
}

fn read(path: &Path) -> Result<Key, Problem> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| {
        Problem::new(
            "key-unreadable",
            format!("the key file {shown} could not be read: {}", error.kind()),
            "name a file that `olvido key create` wrote",
        )
    })?;
    Key::parse(&bytes).map_err(|_| {
        Problem::new(
            "key-malformed",
            format!("{shown} is no key file"),
            "a key file holds 64 hexadecimal digits; make one with `olvido key create`",
        )
    })
}

/// Writes a fresh key to a file that is not there yet.
pub(super) fn create(path: &Path) -> Result<Key, Problem> {
    let shown = path.display();
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Problem::new(
            "key-exists",
            format!("{shown} is already there"),
            "a key is never overwritten, since everything keyed with it would be lost; choose another file",
        ),
        kind => Problem::new(
            "key-not-written",
            format!("{shown} could not be written: {kind}"),
            "choose a folder you may write to",
        ),
    };
    let key = Key::generate().map_err(|_| {
        Problem::new("no-randomness", "the system gave no random bytes", "try again on a healthy system")
    })?;
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(refused)?;
    }
    let mut file = SystemDisk.create(path).map_err(refused)?;
    file.append(key.to_file().as_bytes()).and_then(|()| file.sync()).map_err(refused)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys/default.key");
        let key = create(&path).ok().unwrap();
        assert_eq!(create(&path).err().unwrap().code, "key-exists");
        let places = KeyPlaces { named: None, default: Some(path) };
        assert_eq!(places.find(None).ok().unwrap().unwrap().id(), key.id());
    }

    #[test]
    fn a_named_file_that_is_no_key_is_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        let places = KeyPlaces { named: None, default: Some(dir.path().join("none")) };
        assert!(places.find(None).ok().unwrap().is_none());
        assert_eq!(places.find(Some(&dir.path().join("none"))).err().unwrap().code, "key-unreadable");
        let path = dir.path().join("bad");
        std::fs::File::create(&path).unwrap();
        assert_eq!(places.find(Some(&path)).err().unwrap().code, "key-malformed");
    }
}
