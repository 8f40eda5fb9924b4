//! What the second pass adds up to: records of the person, with attachments, holds and minima.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::expiry::{
    Expiry, ListedRecord, Reason, RecordPart, Ruling, Unit, UnitReference, attachment_folder, digest_of,
};
use super::super::survey::RecordHash;
use super::records::Erasing;
use crate::problem::Problem;
use crate::records::{RecordKind, Text};

/// An attachment that stands by itself, until it is known whose comment it belongs to.
pub(super) struct Loose {
    pub(super) id: Option<String>,
    pub(super) comment: Option<RecordHash>,
    pub(super) ticket: Option<RecordHash>,
    pub(super) unit: Option<Unit>,
    pub(super) listed: ListedRecord,
}

/// What one work tells.
#[derive(Default)]
pub(super) struct OwnRows {
    pub(super) expiry: Expiry,
    /// Records of the person, with the tickets they belong to.
    pub(super) units: Vec<(Option<RecordHash>, Unit)>,
    /// Comments that go.
    pub(super) comments: BTreeSet<RecordHash>,
    /// Tickets of the person, by the number their folder has.
    pub(super) tickets: Vec<(String, RecordHash)>,
    /// Tickets in which somebody else wrote.
    pub(super) shared: BTreeSet<RecordHash>,
    /// Tickets that law or their state keep.
    pub(super) kept: BTreeMap<RecordHash, Reason>,
    /// For how long tickets are blocked when they are erased.
    pub(super) blocks: BTreeMap<RecordHash, String>,
    pub(super) held: BTreeMap<RecordHash, usize>,
    pub(super) attachments: Vec<Loose>,
    pub(super) files: Vec<(PathBuf, u32)>,
    pub(super) unread: BTreeSet<PathBuf>,
}

impl OwnRows {
    pub(super) fn add(&mut self, other: OwnRows) {
        self.expiry.add(other.expiry);
        self.units.extend(other.units);
        self.comments.extend(other.comments);
        self.tickets.extend(other.tickets);
        self.shared.extend(other.shared);
        self.kept.extend(other.kept);
        self.blocks.extend(other.blocks);
        for (ticket, hold) in other.held {
            let known = self.held.entry(ticket).or_insert(hold);
            *known = (*known).min(hold);
        }
        self.attachments.extend(other.attachments);
        self.files.extend(other.files);
        self.unread.extend(other.unread);
    }
}

impl OwnRows {
    pub(super) fn finish(mut self, erasing: &Erasing<'_>) -> Result<Expiry, Problem> {
        let mut units = std::mem::take(&mut self.units);
        let mut files: BTreeMap<String, Option<RecordHash>> = BTreeMap::new();
        let gone = |ticket: &Option<RecordHash>| {
            ticket.is_some_and(|ticket| {
                !self.shared.contains(&ticket) && self.tickets.iter().any(|(_, own)| *own == ticket)
            })
        };
        let mut review = Vec::new();
        for one in std::mem::take(&mut self.attachments) {
            let of_comment = one.comment.is_some_and(|comment| self.comments.contains(&comment));
            let own = of_comment || (one.comment.is_none() && gone(&one.ticket));
            let of_their_ticket = self.tickets.iter().any(|(_, own)| Some(*own) == one.ticket);
            if own {
                files.extend(one.id.map(|id| (id, one.ticket)));
                units.extend(one.unit.map(|unit| (one.ticket, unit)));
            } else if of_their_ticket && one.comment.is_none() {
                let why = "attached to their ticket, and nobody says by whom".into();
                review.push(ListedRecord { why, ..one.listed });
            }
        }
        self.expiry.review.extend(review);
        for (id, ticket) in &self.tickets {
            files.entry(id.clone()).or_insert(Some(*ticket).filter(|ticket| gone(&Some(*ticket))));
        }
        for (path, item) in std::mem::take(&mut self.files) {
            self.file(&path, item, &files, &mut units, erasing);
        }
        for (ticket, unit) in &mut units {
            let hold = ticket.and_then(|ticket| self.held.get(&ticket));
            if let Some(hold) = hold {
                unit.kept = Some(Reason::Held);
                let holds = &erasing.reader.audit.exceptions.holds;
                unit.hold = holds.get(*hold).map(|hold| hold.id.as_str().into());
            }
            let kept = ticket.and_then(|ticket| self.kept.get(&ticket).copied());
            if let Some(term) = ticket.and_then(|ticket| self.blocks.get(&ticket)) {
                unit.ruling = Arc::new(Ruling { block: Some(term.clone()), ..(*unit.ruling).clone() });
            }
            let unread = unit.parts.iter().any(|part| self.unread.contains(&part.file.path));
            let unnamed = unit.parts.iter().any(|part| part.file.path.to_str().is_none());
            unit.kept = unit.kept.or(kept).or(unread.then_some(Reason::Unread));
            unit.kept = unit.kept.or(unnamed.then_some(Reason::NotRemovable));
        }
        let mut expiry = self.expiry;
        expiry.identifiers = erasing.persons.identifiers.clone();
        expiry.unread = self.unread.len() as u64;
        for (_, unit) in units {
            // A second copy goes with the first.
            let known = expiry.units.iter_mut().find(|known| known.reference == unit.reference);
            match known {
                Some(known) => {
                    known.kept = known.kept.or(unit.kept);
                    known.hold = known.hold.take().or(unit.hold);
                    known.parts.extend(unit.parts);
                }
                None => expiry.units.push(unit),
            }
        }
        expiry.review.sort();
        Ok(expiry)
    }

    /// A file of attachments: it goes where its folder is a comment's or a ticket's that goes, and is for
    /// somebody to look at where others wrote in the ticket, too.
    fn file(
        &mut self,
        path: &Path,
        item: u32,
        files: &BTreeMap<String, Option<RecordHash>>,
        units: &mut Vec<(Option<RecordHash>, Unit)>,
        erasing: &Erasing<'_>,
    ) {
        let reader = erasing.reader;
        let Some(name) = attachment_folder(path) else { return };
        let Some(claim) = files.get(name) else { return };
        let Some(ticket) = claim else {
            self.expiry.review.push(ListedRecord {
                date: None,
                kind: RecordKind::File.name().into(),
                id: format!("item {item}").into(),
                why: "in the folder of their ticket, in which others wrote".into(),
            });
            return;
        };
        let Ok((len, digest)) = digest_of(path, reader.digests) else {
            self.unread.insert(path.to_path_buf());
            return;
        };
        let reference =
            reader.digests.mac(&[b"record".as_slice(), b"file", path.as_os_str().as_encoded_bytes()]);
        let id = Text::new(format!("item {item}"));
        let unit = Unit::new(
            RecordHash::of(reader.context.hash_key(), "file", RecordKind::File, &id),
            UnitReference::of(&reference),
            RecordKind::File,
            (&id, id.expose().into()),
            Ruling::request("file".into()),
            erasing.at_once(),
            Some(RecordPart::whole(path, item, len, digest)),
        );
        units.push((Some(*ticket), unit));
    }
}
