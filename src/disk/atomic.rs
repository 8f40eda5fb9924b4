//! A file is replaced whole or not at all.

use std::io;
use std::path::{Path, PathBuf};

use super::{Disk, DiskFile};

/// Replaces the contents of `path` with `bytes`; after a crash the file is the old or the new one.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(disk, path, &mut |file| file.append(bytes))
}

/// Replaces the contents of `path` with what `write` appends. A temporary file beside it is written
/// and synced, renamed over it, and the folder synced. When `write` fails nothing changes.
pub fn replace_with(
    disk: &dyn Disk,
    path: &Path,
    write: &mut dyn FnMut(&mut dyn DiskFile) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = beside(path);
    // A file of that name can only be what a killed run left. It is gone on the medium before another takes
    // its name: else a crash could leave the old one under the new name.
    match disk.unlink(&temporary) {
        Ok(()) => disk.sync_folder(folder_of(path))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut file = disk.create(&temporary)?;
    let written = write(file.as_mut()).and_then(|()| file.sync());
    drop(file);
    let done = written.and_then(|()| disk.rename(&temporary, path));
    if let Err(error) = done {
        // The first error is the one to tell; what is left is removed by the next run.
        let _ = disk.unlink(&temporary);
        return Err(error);
    }
    disk.sync_folder(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".olvido-partial");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::super::model::ModelDisk;
    use super::*;

    #[test]
    fn every_crash_leaves_the_old_or_the_new_file() {
        let path = Path::new("/data/report");
        let disk = ModelDisk::with_file(path, b"old");
        replace(&disk, path, b"new contents").unwrap();
        let mut seen = [false, false];
        for state in disk.crash_states() {
            match state.get(path).map(Vec::as_slice) {
                Some(b"old") => seen[0] = true,
                Some(b"new contents") => seen[1] = true,
                other => panic!("neither old nor new: {other:?}"),
            }
        }
        assert_eq!(seen, [true, true]);
        assert_eq!(disk.crash_states().last().unwrap().get(path).unwrap(), b"new contents");
    }

    #[test]
    fn after_success_every_crash_shows_the_new_file() {
        let path = Path::new("/data/report");
        let disk = ModelDisk::with_file(path, b"old");
        replace(&disk, path, b"new").unwrap();
        for state in disk.crash_states_now() {
            assert_eq!(state.get(path).map(Vec::as_slice), Some(b"new".as_slice()));
        }
    }

    #[test]
    fn what_a_killed_run_left_never_gets_the_name() {
        let path = Path::new("/data/report");
        let state = [(path.to_path_buf(), b"old".to_vec()), (beside(path), b"ha".to_vec())];
        let disk = ModelDisk::with_files(state.into());
        replace(&disk, path, b"new").unwrap();
        for state in disk.crash_states() {
            let contents = state.get(path).map(Vec::as_slice);
            assert!(contents == Some(b"old".as_slice()) || contents == Some(b"new".as_slice()));
        }
    }

    #[test]
    fn a_failed_write_changes_nothing() {
        let path = Path::new("/data/report");
        let disk = ModelDisk::with_file(path, b"old");
        let failed = replace_with(&disk, path, &mut |file| {
            file.append(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(failed.is_err());
        for state in disk.crash_states() {
            assert_eq!(state.get(path).map(Vec::as_slice), Some(b"old".as_slice()));
        }
    }
}
