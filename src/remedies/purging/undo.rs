//! What was removed, sealed, and the way back to the original bytes.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::disk::{Disk, replace};
use crate::problem::Problem;
use crate::vault::{Opened, Secret, Sha256, Unblocked, Unblocking, from_hex};

/// What is sealed of each file before its bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileHead {
    /// Its path below the archive; empty for an archive of one file.
    pub(super) path: PathBuf,
    /// Digest and length of the original.
    pub(super) old: String,
    pub(super) old_len: u64,
    /// Digest and length of what took its place.
    pub(super) new: String,
    pub(super) new_len: u64,
    /// Whether the file went as a whole.
    pub(super) whole: bool,
    /// Permission bits of the original.
    pub(super) mode: Option<u32>,
}

/// Writes a fresh key to its file, which is not there yet.
pub(super) fn make_key(disk: &dyn Disk, path: &Path) -> Result<Secret, Problem> {
    let failed = |error: io::Error| {
        let what = format!("the key of what is removed could not be kept: {}", error.kind());
        Problem::new("undo-key", what, "nothing was removed; name a folder for such keys with --undo-keys")
    };
    let key = Secret::random()?;
    if let Some(folder) = path.parent() {
        disk.create_folder(folder).map_err(failed)?;
    }
    let digits: String = key.expose().iter().map(|byte| format!("{byte:02x}")).collect();
    replace(disk, path, zeroize::Zeroizing::new(digits).as_bytes()).map_err(failed)?;
    Ok(key)
}

/// Reads a key from its file.
pub(super) fn read_key(disk: &dyn Disk, path: &Path) -> Result<Secret, Problem> {
    let bytes = disk.read(path).map(zeroize::Zeroizing::new);
    let digits = bytes.ok().and_then(|bytes| from_hex(std::str::from_utf8(&bytes).ok()?));
    digits.and_then(|key| Secret::from_slice(&zeroize::Zeroizing::new(key))).ok_or_else(|| {
        let what = "the key of what was removed is not there: it cannot be brought back";
        Problem::new("undo-key", what, "name the folder it lies in with --undo-keys")
    })
}

/// Overwrites and removes a key; tells whether it was there. Copies elsewhere, and flash that keeps old blocks,
/// are out of reach.
pub(super) fn forget_key(disk: &dyn Disk, path: &Path) -> io::Result<bool> {
    match disk.overwrite(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    }
    disk.unlink(path)?;
    disk.sync_folder(path.parent().unwrap_or(Path::new(".")))?;
    Ok(true)
}

/// Takes files as they are brought back.
pub(super) trait Back {
    /// The next file; gives where its kept bytes come from, none to leave the file out.
    fn begin(&mut self, head: &FileHead) -> Result<Option<Box<dyn Read>>, Problem>;
    /// Bytes of the original, in order.
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Problem>;
    /// The file is complete up to its old length.
    fn end(&mut self, head: &FileHead, digest: String, rest: &mut dyn Read) -> Result<(), Problem>;
}

fn damaged() -> Problem {
    let what = "what was removed and what is left do not make the original";
    Problem::new("undo-differs", what, "nothing was changed; look after the disk")
}

/// A file on its way back.
struct Open {
    head: FileHead,
    kept: Option<Box<dyn Read>>,
    at: u64,
    digest: Sha256,
    buffer: Vec<u8>,
}

/// Puts what was removed and what is left together, file after file.
pub(super) fn join(
    disk: &dyn Disk,
    path: &Path,
    plan: [u8; 16],
    key: Secret,
    back: &mut dyn Back,
) -> Result<u64, Problem> {
    let mut sealed = Unblocking::open(disk, path, plan, key)?;
    let mut open: Option<Open> = None;
    let mut files = 0;
    while let Some(one) = sealed.unseal_next()? {
        match one {
            Unblocked::Head(data) => {
                close(open.take(), back)?;
                let head: FileHead = serde_json::from_slice(data.data()).map_err(|_| damaged())?;
                let kept = back.begin(&head)?;
                files += 1;
                open = Some(Open { head, kept, at: 0, digest: Sha256::new(), buffer: vec![0; 1 << 20] });
            }
            Unblocked::Bytes(data) => {
                let open = open.as_mut().ok_or_else(damaged)?;
                removed(open, &data, back)?;
            }
        }
    }
    close(open.take(), back)?;
    Ok(files)
}

fn removed(open: &mut Open, data: &Opened, back: &mut dyn Back) -> Result<(), Problem> {
    let (at, bytes) = data.data().split_first_chunk::<8>().ok_or_else(damaged)?;
    copy_kept(open, u64::from_be_bytes(*at), back)?;
    if open.kept.is_some() {
        open.digest.update(bytes);
        back.bytes(bytes)?;
    }
    open.at += bytes.len() as u64;
    Ok(())
}

/// Copies what is left up to a place of the original.
fn copy_kept(open: &mut Open, until: u64, back: &mut dyn Back) -> Result<(), Problem> {
    let mut left = until.checked_sub(open.at).ok_or_else(damaged)?;
    open.at = until;
    let Some(kept) = open.kept.as_mut() else { return Ok(()) };
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(open.buffer.len());
        let read = kept.read(open.buffer.get_mut(..most).unwrap_or_default()).map_err(|_| damaged())?;
        let bytes = open.buffer.get(..read).filter(|bytes| !bytes.is_empty()).ok_or_else(damaged)?;
        open.digest.update(bytes);
        back.bytes(bytes)?;
        left -= read as u64;
    }
    Ok(())
}

fn close(open: Option<Open>, back: &mut dyn Back) -> Result<(), Problem> {
    let Some(mut open) = open else { return Ok(()) };
    let until = open.head.old_len;
    copy_kept(&mut open, until, back)?;
    let Some(mut rest) = open.kept else { return Ok(()) };
    let digest = open.digest.finish().to_string();
    if digest != open.head.old {
        return Err(damaged());
    }
    back.end(&open.head, digest, rest.as_mut())
}
