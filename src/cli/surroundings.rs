//! What around a vault keeps copies that destroying keys does not reach.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Codes of what was found, each once; words for them are in certificates and in [`told`].
pub(super) fn surroundings(vault: &Path) -> Vec<&'static str> {
    let vault = fs::canonicalize(vault).unwrap_or_else(|_| vault.to_path_buf());
    let mut found = Vec::new();
    if vault.ancestors().any(|folder| folder.join(".git").exists()) {
        found.push("git-tree");
    }
    if is_synced(&vault) {
        found.push("synced-folder");
    }
    match hard_links(&vault) {
        Some(false) => {}
        Some(true) => found.push("hard-links"),
        None => found.push(UNKNOWN),
    }
    found.extend(file_system(&vault).filter(|code| !found.contains(code)));
    found
}

/// Something about the place could not be found out: that is not the same as nothing.
const UNKNOWN: &str = "surroundings-unknown";

/// Folders that known programs copy elsewhere, by their names and the marks those programs leave.
fn is_synced(vault: &Path) -> bool {
    const NAMES: [&str; 9] = [
        "dropbox",
        "onedrive",
        "google drive",
        "googledrive",
        "nextcloud",
        "owncloud",
        "icloud drive",
        "syncthing",
        "mega",
    ];
    const MARKS: [&str; 4] = [".stfolder", ".dropbox.cache", ".nextcloudsync.log", ".owncloudsync.log"];
    vault.ancestors().any(|folder| {
        let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        NAMES.iter().any(|known| name == *known || name.starts_with(&format!("{known} ")))
            || name.starts_with("com~apple~clouddocs")
            || MARKS.iter().any(|mark| folder.join(mark).exists())
    })
}

/// The files of a vault or of a holder; none where a folder could not be listed.
#[cfg(unix)]
fn files(vault: &Path) -> Option<Vec<PathBuf>> {
    let mut all = Vec::new();
    for folder in [vault.to_path_buf(), vault.join("archives"), vault.join("certificates")] {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(_) => return None,
        };
        for entry in entries {
            let path = entry.ok()?.path();
            all.extend(path.is_file().then_some(path));
        }
    }
    Some(all)
}

/// Whether a file has another name; none where that could not be found out.
#[cfg(unix)]
fn hard_links(vault: &Path) -> Option<bool> {
    use std::os::unix::fs::MetadataExt;
    let mut linked = false;
    for path in files(vault)? {
        linked |= fs::symlink_metadata(path).ok()?.nlink() > 1;
    }
    Some(linked)
}

#[cfg(not(unix))]
fn hard_links(_vault: &Path) -> Option<bool> {
    None
}

#[cfg(target_os = "linux")]
fn file_system(vault: &Path) -> Option<&'static str> {
    // Magic numbers of statfs(2).
    const COPY_ON_WRITE: [u64; 4] = [0x9123_683E, 0x2FC1_2FC1, 0xCA45_1A4E, 0x3153_464A];
    const NETWORK: [u64; 4] = [0x6969, 0xFF53_4D42, 0xFE53_4D42, 0x517B];
    // A folder that will only be made lies where the nearest one above it does.
    let there = vault.ancestors().find(|folder| folder.exists()).unwrap_or(vault);
    let Some(kind) = rustix::fs::statfs(there).ok().and_then(|stat| u64::try_from(stat.f_type).ok()) else {
        return Some(UNKNOWN);
    };
    match kind {
        kind if COPY_ON_WRITE.contains(&kind) => Some("copy-on-write"),
        kind if NETWORK.contains(&kind) => Some("network-share"),
        _ => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn file_system(_vault: &Path) -> Option<&'static str> {
    Some(UNKNOWN)
}

/// What to do about it.
pub(super) fn told(code: &str) -> &'static str {
    match code {
        "git-tree" => "the vault lies in a version-controlled tree, which keeps old files: move it out",
        "synced-folder" => "the vault lies in a synchronised folder: copies go to other machines",
        "hard-links" => {
            "files of the vault have further hard links: overwriting and removing does not reach them"
        }
        "copy-on-write" => {
            "the file system is copy-on-write: overwritten key files stay in old blocks and snapshots"
        }
        UNKNOWN => "the system did not say what keeps copies around it: look yourself",
        "network-share" => "the vault lies on a network share: its server may keep copies",
        _ => "",
    }
}

/// The same of a folder with a holder's keys.
pub(super) fn told_of_keys(code: &str) -> &'static str {
    match code {
        "git-tree" => "its keys lie in a version-controlled tree, which keeps old files: move them out",
        "synced-folder" => "its keys lie in a synchronised folder: copies go to other machines",
        "hard-links" => "its keys have further names: overwriting and removing does not reach all of them",
        "copy-on-write" => "its keys lie on a copy-on-write file system: destroyed ones stay in old blocks",
        "network-share" => "its keys lie on a network share: its server may keep copies",
        _ => "the system did not say what keeps copies around its keys: look yourself",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_git_tree_a_synced_folder_and_links_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let vault = dir.path().join("Dropbox/vault");
        fs::create_dir_all(vault.join("archives")).unwrap();
        fs::create_dir_all(dir.path().join(".git")).unwrap();
        fs::File::create(vault.join("keys.0")).unwrap();
        fs::hard_link(vault.join("keys.0"), dir.path().join("kept")).unwrap();
        let found = surroundings(&vault);
        for code in ["git-tree", "synced-folder", "hard-links"] {
            assert!(found.contains(&code), "{code}");
            assert!(!told(code).is_empty());
        }
        let plain = tempfile::tempdir().unwrap();
        let found = surroundings(plain.path());
        assert!(!found.contains(&"git-tree") && !found.contains(&"hard-links"));
    }
}
