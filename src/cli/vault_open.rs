//! Opening a vault from the command line: settings, holders, recovery.

use std::fs;
use std::path::{Path, PathBuf};

use crate::disk::SystemDisk;
use crate::problem::Problem;
use crate::vault::holders::{Holder, KeyFiles, Outside, Passphrases};
use crate::vault::{HolderSettings, Recovered, Settings, Vault};

use super::clock;
use super::output::{say, tell};
use super::passphrase::passphrase;
use super::shred_certificate::owed;
use super::surroundings::surroundings;
use super::vault_args::{InitArgs, VaultPlace};

/// The disk of all vault commands.
pub(super) static DISK: SystemDisk = SystemDisk;

/// The settings of a vault.
pub(super) fn settings(folder: &Path) -> Result<Settings, Problem> {
    let bytes = fs::read(folder.join("vault.json")).map_err(|error| {
        let what = format!("{} is no vault: {}", folder.display(), error.kind());
        Problem::new("vault-not-found", what, "name a folder `olvido vault init` made")
    })?;
    Settings::read(&bytes)
}

/// Now, as vaults write it.
pub(super) fn now() -> String {
    clock::now().to_rfc3339()
}

/// The holders that are at hand. A passphrase that nobody gives is no problem where another holder opens.
pub(super) fn holders(
    settings: &[HolderSettings],
    file: Option<&Path>,
    fresh: bool,
) -> Result<Vec<Box<dyn Holder>>, Problem> {
    let mut out: Vec<Box<dyn Holder>> = Vec::new();
    for one in settings {
        match one {
            HolderSettings::KeyFile { name, folder, elsewhere } => {
                // Where something keeps copies, "no copy is known" is not true.
                let alone = *elsewhere && surroundings(folder).is_empty();
                out.push(Box::new(KeyFiles::new(&DISK, name, folder, alone)));
            }
            HolderSettings::Passphrase { name, folder } => {
                if let Some(words) = passphrase(file, fresh)? {
                    out.push(Box::new(Passphrases::new(&DISK, name, folder, words)));
                } else if fresh {
                    let what = "the vault is to have a passphrase, and none was given";
                    return Err(Problem::new(
                        "passphrase-missing",
                        what,
                        "name a file with --passphrase-file",
                    ));
                }
            }
            HolderSettings::Command { name, command, seconds } => {
                let patience = HolderSettings::patience(*seconds);
                out.push(Box::new(Outside::new(name, command.clone(), patience)));
            }
        }
    }
    Ok(out)
}

/// Opens a vault and says what a stopped run left.
pub(super) fn open(place: &VaultPlace) -> Result<(Vault<'static>, Recovered), Problem> {
    let settings = settings(&place.vault)?;
    let holders = holders(&settings.holders, place.passphrase_file.as_deref(), false)?;
    let (vault, recovered) = Vault::open(&DISK, &place.vault, settings, holders, &now())?;
    match &recovered {
        Recovered::Nothing => {}
        Recovered::Undone => say("olvido: a run that was stopped was undone; nothing was destroyed"),
        Recovered::Finished(entry) => say(&format!(
            "olvido: a change of keys that was stopped was brought to its end; its receipt is entry {entry} of the ledger"
        )),
        Recovered::Destroying(why) => say(&format!("olvido: an old key is not known to be destroyed: {why}")),
    }
    // What cannot be written now is owed still: the next command tries again.
    if let Err(problem) = owed(&vault) {
        tell(&problem);
    }
    Ok((vault, recovered))
}

/// The holders that `init` was given.
pub(super) fn declared(args: &InitArgs) -> Result<Vec<HolderSettings>, Problem> {
    let wrong = |what: &str| {
        let advice =
            "write command:PROGRAM ARGUMENTS…, elsewhere:FOLDER, key-file:FOLDER or passphrase:FOLDER";
        Problem::new("holder-malformed", what, advice)
    };
    let mut out: Vec<HolderSettings> = Vec::new();
    for (number, said) in (1..).zip(&args.holder) {
        let (kind, rest) = said.split_once(':').ok_or_else(|| wrong("a holder has no kind"))?;
        if rest.trim().is_empty() {
            return Err(wrong("a holder has no place"));
        }
        let name = format!("{kind}-{number}");
        out.push(match kind {
            "command" => {
                let command = rest.split_whitespace().map(str::to_owned).collect();
                HolderSettings::Command { name, command, seconds: args.patience }
            }
            "elsewhere" | "key-file" => {
                let folder = absolute(Path::new(rest))?;
                HolderSettings::KeyFile { name, folder, elsewhere: kind == "elsewhere" }
            }
            "passphrase" => HolderSettings::Passphrase { name, folder: absolute(Path::new(rest))? },
            _ => return Err(wrong("a holder is of no kind there is")),
        });
    }
    outside(&args.place.vault, &out)?;
    Ok(out)
}

/// Keys beside the vault would be copied with it, and a medium that is the vault's own is no other one.
fn outside(vault: &Path, holders: &[HolderSettings]) -> Result<(), Problem> {
    let vault = absolute(vault)?;
    for holder in holders {
        let (HolderSettings::KeyFile { folder, .. } | HolderSettings::Passphrase { folder, .. }) = holder
        else {
            continue;
        };
        if folder.starts_with(&vault) {
            let what = "a holder's folder lies inside the vault";
            return Err(Problem::new(
                "holder-inside",
                what,
                "keep it apart: whoever copies one must not have both",
            ));
        }
        if let HolderSettings::KeyFile { elsewhere: true, .. } = holder
            && same_medium(&vault, folder)
        {
            let what = "a holder declared to lie elsewhere lies on the vault's own medium";
            return Err(Problem::new(
                "holder-same-medium",
                what,
                "name another medium, or declare it key-file:FOLDER",
            ));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn same_medium(one: &Path, two: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device =
        |path: &Path| path.ancestors().find_map(|path| fs::metadata(path).ok()).map(|meta| meta.dev());
    device(one) == device(two)
}

#[cfg(not(unix))]
fn same_medium(_one: &Path, _two: &Path) -> bool {
    // What cannot be known is not claimed.
    true
}

/// A path that stands wherever the command is run from, also for what is not there yet.
fn absolute(path: &Path) -> Result<PathBuf, Problem> {
    std::path::absolute(path).map_err(|error| {
        let what = format!("a path cannot be made absolute: {}", error.kind());
        Problem::new("path-not-found", what, "name a folder that exists or whose parent does")
    })
}
