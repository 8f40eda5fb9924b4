//! What both passes add up to: tickets with all their parts, and why some of them stay.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::survey::RecordHash;
use super::super::{Audit, Roots, path_of};
use super::records::Rows;
use super::unit::{Expiry, NEAR, Reason, RecordPart, Unit};
use crate::problem::Problem;
use crate::records::RecordKind;
use crate::sources::Met;
use crate::vault::{Digest, Subkey};

/// Names of folders below which a folder named like a ticket holds its attachments.
const FOLDERS: [&str; 8] =
    ["attachments", "attachment", "files", "uploads", "adjuntos", "anexos", "anhaenge", "pieces-jointes"];

/// What the first pass adds up to.
#[derive(Default)]
pub(super) struct First {
    pub(super) expiry: Expiry,
    pub(super) units: Vec<(RecordHash, Unit)>,
    pub(super) kept: Vec<RecordHash>,
    pub(super) held: BTreeMap<RecordHash, usize>,
    pub(super) held_files: BTreeMap<PathBuf, usize>,
    pub(super) unread: BTreeSet<PathBuf>,
    pub(super) files: Vec<(PathBuf, u32)>,
    pub(super) attachments: BTreeMap<String, Option<RecordHash>>,
    pub(super) tickets: BTreeMap<String, Option<RecordHash>>,
    pub(super) stuck: BTreeSet<RecordHash>,
    pub(super) apart: bool,
}

impl First {
    pub(super) fn add(&mut self, rows: Rows) {
        let Rows { expiry, units, kept, held, held_files, unread, files, attachments, tickets, apart } = rows;
        self.expiry.add(expiry);
        self.units.extend(units);
        self.kept.extend(kept);
        for (ticket, hold) in held {
            let known = self.held.entry(ticket).or_insert(hold);
            *known = (*known).min(hold);
        }
        for (path, hold) in held_files {
            let known = self.held_files.entry(path).or_insert(hold);
            *known = (*known).min(hold);
        }
        self.unread.extend(unread);
        self.files.extend(files);
        for (names, found) in [(&mut self.attachments, attachments), (&mut self.tickets, tickets)] {
            for (name, ticket) in found {
                let known = names.entry(name).or_insert(Some(ticket));
                if *known != Some(ticket) {
                    // Two helpdesks share a number: the folder of that name is nobody's.
                    *known = None;
                }
            }
        }
        self.apart |= apart;
    }

    /// The ticket whose attachments lie in a file's folder, below one for attachments: the folder is named like
    /// the ticket, or like the attachment. A folder of a year elsewhere is no ticket.
    fn ticket_at(&self, path: &Path) -> Option<RecordHash> {
        self.claims(path).and_then(Result::ok)
    }

    /// Whose a file is; an error where two records could claim it.
    fn claims(&self, path: &Path) -> Option<Result<RecordHash, ()>> {
        let name = attachment_folder(path)?;
        let attachment = self.attachments.get(name);
        let beside = path.parent()?.parent().is_some_and(is_for_attachments);
        let ticket = self.tickets.get(name).filter(|_| beside);
        let claims = attachment.into_iter().chain(ticket);
        claims.map(|claim| claim.ok_or(())).reduce(|one, other| if one == other { one } else { Err(()) })
    }

    pub(super) fn finish(
        mut self,
        audit: &Audit<'_>,
        mut parts: BTreeMap<RecordHash, Vec<RecordPart>>,
        digests: &Subkey,
    ) -> Result<Expiry, Problem> {
        let wanted: BTreeSet<RecordHash> = self.units.iter().map(|(key, _)| *key).collect();
        self.kept.sort_unstable();
        for (path, item) in &self.files {
            let Some(ticket) = self.ticket_at(path).filter(|ticket| wanted.contains(ticket)) else {
                continue;
            };
            let Ok((len, digest)) = digest_of(path, digests) else {
                self.stuck.insert(ticket);
                continue;
            };
            let part = RecordPart {
                path: path.clone(),
                item: *item,
                ordinal: None,
                extent: 0..len,
                kind: RecordKind::File,
                digest,
            };
            parts.entry(ticket).or_default().push(part);
        }
        for (path, hold) in std::mem::take(&mut self.held_files) {
            if let Some(ticket) = self.ticket_at(&path) {
                let known = self.held.entry(ticket).or_insert(hold);
                *known = (*known).min(hold);
            }
        }
        self.expiry.unclaimed =
            self.files.iter().filter(|(path, _)| self.claims(path) == Some(Err(()))).count() as u64;
        let mut units: Vec<Unit> = Vec::new();
        let mut places: BTreeMap<RecordHash, usize> = BTreeMap::new();
        for (key, unit) in std::mem::take(&mut self.units) {
            // A second copy goes with the first.
            if let Some(known) = places.get(&key).and_then(|at| units.get_mut(*at)) {
                known.parts.extend(unit.parts);
                known.kept = known.kept.or(unit.kept);
                continue;
            }
            places.insert(key, units.len());
            units.push(self.judged(key, unit, audit));
        }
        for (key, more) in parts {
            if let Some(unit) = places.get(&key).and_then(|at| units.get_mut(*at)) {
                unit.parts.extend(more);
            }
        }
        for unit in &mut units {
            // What a hold of a person may cover must have been read; a record's own file always.
            let unread = unit.parts.iter().any(|part| {
                let reads = part.ordinal.is_some() || audit.exceptions.holds.names_people();
                reads && self.unread.contains(&part.path)
            });
            // What has no name in UTF-8 could not be written down to be brought back.
            let unnamed = unit.parts.iter().any(|part| part.path.to_str().is_none());
            unit.kept = unit.kept.or(unread.then_some(Reason::Unread));
            unit.kept = unit.kept.or(unnamed.then_some(Reason::NotRemovable));
            // Bytes that lie inside others go with them.
            dedup(&mut unit.parts);
        }
        let unread = self.unread.iter().filter(|path| self.ticket_at(path).is_none()).count() as u64;
        let mut expiry = self.expiry;
        expiry.unread = unread;
        expiry.units = units;
        expiry.unclassified.sort();
        expiry.undecidable.sort();
        expiry.near.sort();
        expiry.near.truncate(NEAR);
        Ok(expiry)
    }

    fn judged(&self, key: RecordHash, mut unit: Unit, audit: &Audit<'_>) -> Unit {
        if let Some(hold) = self.held.get(&key) {
            unit.kept = Some(Reason::Held);
            unit.hold = audit.exceptions.holds.get(*hold).map(|hold| hold.id.clone());
        } else if self.kept.binary_search(&key).is_ok() {
            unit.kept = Some(Reason::Copies);
        } else if self.stuck.contains(&key) {
            unit.kept = Some(Reason::NotRemovable);
        }
        unit
    }
}

fn is_for_attachments(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).map(str::to_lowercase);
    name.is_some_and(|name| FOLDERS.contains(&name.as_str()))
}

/// Names of folders in which attachments may lie, below `roots`: numbers of tickets and attachments that no
/// folder has need not be remembered.
pub(super) fn attachment_folders(roots: &Roots) -> BTreeSet<String> {
    let name = |met: Met| match met {
        Met::Item(item) => Some(attachment_folder(path_of(&item)?)?.to_owned()),
        Met::Gap(..) | Met::Folder(_) => None,
    };
    roots.walk().filter_map(name).collect()
}

/// The name of a file's folder, where that lies below a folder for attachments.
pub(crate) fn attachment_folder(path: &Path) -> Option<&str> {
    let folder = path.parent()?;
    let below = folder.ancestors().skip(1).any(is_for_attachments);
    folder.file_name()?.to_str().filter(|_| below)
}

/// Length and digest of a file, whatever its size.
pub(crate) fn digest_of(path: &Path, digests: &Subkey) -> std::io::Result<(u64, Digest)> {
    let mut file = std::fs::File::open(path)?;
    let len = file.metadata()?.len();
    Ok((len, digests.mac_read(&[b"part"], len, &mut file)?))
}

fn dedup(parts: &mut Vec<RecordPart>) {
    let mut seen = BTreeSet::new();
    parts.retain(|part| seen.insert((part.path.clone(), part.ordinal, part.extent.start)));
}
