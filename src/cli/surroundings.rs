//! What around a vault keeps copies that destroying keys does not reach.

use std::fs;
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
    if hard_links(&vault) > 0 {
        found.push("hard-links");
    }
    found.extend(file_system(&vault));
    found
}

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

fn files(vault: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for folder in [vault.to_path_buf(), vault.join("archives"), vault.join("certificates")] {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        all.extend(entries.map(|entry| entry.path()).filter(|path| path.is_file()));
    }
    all
}

#[cfg(unix)]
fn hard_links(vault: &Path) -> usize {
    use std::os::unix::fs::MetadataExt;
    let linked = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|meta| meta.nlink() > 1);
    files(vault).iter().filter(|path| linked(path)).count()
}

#[cfg(not(unix))]
fn hard_links(vault: &Path) -> usize {
    files(vault).len().min(0)
}

#[cfg(target_os = "linux")]
fn file_system(vault: &Path) -> Option<&'static str> {
    // Magic numbers of statfs(2).
    const COPY_ON_WRITE: [u64; 4] = [0x9123_683E, 0x2FC1_2FC1, 0xCA45_1A4E, 0x3153_464A];
    const NETWORK: [u64; 4] = [0x6969, 0xFF53_4D42, 0xFE53_4D42, 0x517B];
    let kind = u64::try_from(rustix::fs::statfs(vault).ok()?.f_type).ok()?;
    match kind {
        kind if COPY_ON_WRITE.contains(&kind) => Some("copy-on-write"),
        kind if NETWORK.contains(&kind) => Some("network-share"),
        _ => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn file_system(_vault: &Path) -> Option<&'static str> {
    None
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
        "network-share" => "the vault lies on a network share: its server may keep copies",
        _ => "",
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
