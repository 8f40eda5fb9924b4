//! Names of the output that only the proof showed to hold data: what was removed from a text stands in the
//! name of a file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::names::{Names, Place};
use super::operators::Operators;
use super::proof::Named;
use super::values::{Added, ValueKey};
use crate::disk::{Disk, SystemDisk};

/// Files with another name: before and after, below the output.
pub(super) type Renamed = BTreeMap<PathBuf, PathBuf>;

/// Gives files names without data, then folders; those that are empty go.
pub(super) fn rename(
    root: &Path,
    named: &[Named],
    operators: &Operators,
    key: ValueKey,
    added: &mut Added,
) -> io::Result<Renamed> {
    let mut renamed = Renamed::new();
    let mut names = Names::default();
    for (number, one) in (1u32..).zip(named.iter().filter(|one| !one.folder)) {
        let target = free(root, &place(one, operators, key, added), number, &mut names);
        let to = root.join(&target);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        SystemDisk.rename(&root.join(&one.below), &to)?;
        renamed.insert(one.below.clone(), target);
    }
    let mut folders: Vec<&Named> = named.iter().filter(|one| one.folder).collect();
    folders.sort_by_key(|one| std::cmp::Reverse(one.below.components().count()));
    for (number, one) in (1u32..).zip(folders) {
        let from = root.join(&one.below);
        if fs::remove_dir(&from).is_ok() || !from.exists() {
            continue;
        }
        // Only its own name changes: those above it have their turn.
        let own = place(one, operators, key, added);
        let target = free(root, &own, number, &mut names);
        let Some(name) = target.file_name() else { continue };
        let target = one.below.with_file_name(name);
        let to = root.join(&target);
        if to != from && !to.exists() {
            SystemDisk.rename(&from, &to)?;
            for now in renamed.values_mut() {
                if let Ok(rest) = now.strip_prefix(&one.below) {
                    *now = target.join(rest);
                }
            }
        }
    }
    Ok(renamed)
}

fn place(one: &Named, operators: &Operators, key: ValueKey, added: &mut Added) -> Place {
    let shown = one.below.to_string_lossy();
    Place::new(&one.below, &shown, &one.data, operators, &mut |own| added.own(key, own))
}

/// A name nobody has.
fn free(root: &Path, place: &Place, number: u32, names: &mut Names) -> PathBuf {
    let mut target = names.item(place, "", number);
    let mut round = number;
    while root.join(&target).exists() && round < number.saturating_add(10_000) {
        round += 1;
        target = names.item(place, "", round);
    }
    target
}
