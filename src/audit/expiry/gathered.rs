//! What both passes add up to: tickets with all their parts, and why some of them stay.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::context::Context;
use super::super::survey::RecordHash;
use super::super::{Audit, Roots, path_of};
use super::parts::{PartRows, Places};
use super::records::Rows;
use super::unit::{Expiry, NEAR, Reason, RecordPart, Unit};
use crate::problem::Problem;
use crate::sources::Met;
use crate::vault::{Digest, Subkey};

/// Names of folders below which a folder named like a ticket holds its attachments.
const FOLDERS: [&str; 8] =
    ["attachments", "attachment", "files", "uploads", "adjuntos", "anexos", "anhaenge", "pieces-jointes"];

/// Records the schedule keeps: of tickets that the survey knows a bit each, of others the hash. All but a few
/// of an archive are among them.
#[derive(Default)]
pub(super) struct KeptRecords {
    tickets: Vec<u64>,
    others: Vec<RecordHash>,
}

impl KeptRecords {
    fn add(&mut self, record: RecordHash, context: &Context) {
        let Some(number) = context.ticket_number(record) else {
            self.others.push(record);
            return;
        };
        let word = number / 64;
        if self.tickets.len() <= word {
            self.tickets.resize(word + 1, 0);
        }
        if let Some(bits) = self.tickets.get_mut(word) {
            *bits |= 1 << (number % 64);
        }
    }

    fn sort(&mut self) {
        self.others.sort_unstable();
    }

    /// Whether a record is kept; they must have been sorted.
    fn has(&self, record: RecordHash, context: &Context) -> bool {
        match context.ticket_number(record) {
            Some(number) => self.tickets.get(number / 64).is_some_and(|bits| bits >> (number % 64) & 1 == 1),
            None => self.others.binary_search(&record).is_ok(),
        }
    }
}

/// What the first pass adds up to.
#[derive(Default)]
pub(super) struct First {
    pub(super) expiry: Expiry,
    pub(super) units: Vec<Unit>,
    pub(super) kept: KeptRecords,
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
    pub(super) fn add(&mut self, rows: Rows, context: &Context) {
        let Rows { expiry, units, kept, held, held_files, unread, files, attachments, tickets, apart } = rows;
        self.expiry.add(expiry);
        self.units.extend(units);
        kept.into_iter().for_each(|record| self.kept.add(record, context));
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

    /// Leaves one unit of each record: a second copy goes with the first. Gives where they stand.
    pub(super) fn one_each(&mut self) -> Places {
        let mut later: Vec<u32> = Vec::new();
        for copies in Places::of(&self.units).several() {
            let Some(((_, first), rest)) = copies.split_first() else { continue };
            for (_, at) in rest {
                let Some(copy) = self.units.get_mut(*at as usize) else { continue };
                let (parts, kept) = (std::mem::take(&mut copy.parts), copy.kept);
                if let Some(known) = self.units.get_mut(*first as usize) {
                    parts.into_iter().for_each(|part| known.take_part(part));
                    known.kept = known.kept.or(kept);
                }
                later.push(*at);
            }
        }
        later.sort_unstable();
        let mut at = 0..;
        self.units.retain(|_| at.next().is_some_and(|at| later.binary_search(&at).is_err()));
        Places::of(&self.units)
    }

    /// Takes what the second pass found in one work.
    pub(super) fn attach(&mut self, rows: PartRows, places: &Places) {
        for (ticket, part) in rows.parts {
            if let Some(unit) = places.at(ticket).and_then(|at| self.units.get_mut(at)) {
                unit.take_part(part);
            }
        }
        self.stuck.extend(rows.stuck);
    }

    pub(super) fn finish(
        mut self,
        audit: &Audit<'_>,
        context: &Context,
        places: &Places,
        digests: &Subkey,
    ) -> Result<Expiry, Problem> {
        self.kept.sort();
        for (path, item) in &self.files {
            let Some(ticket) = self.ticket_at(path) else { continue };
            let Some(unit) = places.at(ticket).and_then(|at| self.units.get_mut(at)) else { continue };
            match digest_of(path, digests) {
                Ok((len, digest)) => unit.take_part(RecordPart::whole(path, *item, len, digest)),
                Err(_) => {
                    self.stuck.insert(ticket);
                }
            }
        }
        for (path, hold) in std::mem::take(&mut self.held_files) {
            if let Some(ticket) = self.ticket_at(&path) {
                let known = self.held.entry(ticket).or_insert(hold);
                *known = (*known).min(hold);
            }
        }
        self.expiry.unclaimed =
            self.files.iter().filter(|(path, _)| self.claims(path) == Some(Err(()))).count() as u64;
        let mut units = std::mem::take(&mut self.units);
        for unit in &mut units {
            self.judge(unit, audit, context);
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

    /// Says why a unit stays, if it does.
    fn judge(&self, unit: &mut Unit, audit: &Audit<'_>, context: &Context) {
        let holds = &audit.exceptions.holds;
        if let Some(hold) = self.held.get(&unit.key) {
            unit.kept = Some(Reason::Held);
            unit.hold = holds.get(*hold).map(|hold| hold.id.as_str().into());
        } else if self.kept.has(unit.key, context) {
            unit.kept = Some(Reason::Copies);
        } else if self.stuck.contains(&unit.key) {
            unit.kept = Some(Reason::NotRemovable);
        }
        // What a hold of a person may cover must have been read; a record's own file always.
        let unread = unit.parts.iter().any(|part| {
            let reads = part.ordinal.is_some() || holds.names_people();
            reads && self.unread.contains(&part.file.path)
        });
        // What has no name in UTF-8 could not be written down to be brought back.
        let unnamed = unit.parts.iter().any(|part| part.file.path.to_str().is_none());
        unit.kept = unit.kept.or(unread.then_some(Reason::Unread));
        unit.kept = unit.kept.or(unnamed.then_some(Reason::NotRemovable));
        // Bytes that lie inside others go with them.
        dedup(&mut unit.parts);
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
    if parts.len() > 1 {
        let mut seen = BTreeSet::new();
        parts.retain(|part| seen.insert((part.file.path.clone(), part.ordinal, part.extent.start)));
    }
}
