//! Whose a record is.

use super::super::References;
use super::super::survey::{RecordHash, link_hash, ticket_of};
use super::people::found_in;
use super::records::Erasing;
use crate::policies::exceptions::Reference;
use crate::records::{Block, Detection, RecordKind, Relation};

/// Whose a record is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The person's.
    Own,
    /// The person's, who wrote it at work.
    AtWork,
    /// Somebody else's, or nobody says whose.
    Other,
    /// Of somebody who shares too little with the person to be them.
    Alike,
}

impl Erasing<'_> {
    pub(super) fn whose(&self, block: &Block, at: usize, senders: &[(u32, Reference)]) -> Whose {
        let key = self.reader.context.hash_key();
        let Some(record) = block.records.get(at) else { return Whose::Other };
        let kind = record.reference.kind;
        let of = |id: RecordHash| match (self.persons.ids.contains(&id), self.persons.alike.contains(&id)) {
            (true, _) => Whose::Own,
            (_, true) => Whose::Alike,
            _ => Whose::Other,
        };
        let by = |relation: Relation| {
            let link = record.links.iter().find(|link| link.relation == relation)?;
            Some(link_hash(key, record, link))
        };
        match kind {
            RecordKind::Person => {
                let id = record.reference.id.as_ref();
                id.map_or(Whose::Other, |id| of(RecordHash::of(key, &record.reference.system, kind, id)))
            }
            RecordKind::Ticket => by(Relation::Requester).map_or(Whose::Other, of),
            RecordKind::Comment if &*record.reference.system == "mail" => self.sender(at, senders),
            RecordKind::Comment => match by(Relation::Author) {
                // Who works for the organisation writes for it, unless they asked themselves.
                Some(id) if self.persons.agents.contains(&id) && !self.asked(block, at) => Whose::AtWork,
                author => author.map_or(Whose::Other, of),
            },
            RecordKind::Chat | RecordKind::Call | RecordKind::Survey => {
                by(Relation::Requester).or(by(Relation::Author)).map_or(Whose::Other, of)
            }
            _ => Whose::Other,
        }
    }

    /// Whether the ticket a comment lies in or belongs to is the person's.
    fn asked(&self, block: &Block, at: usize) -> bool {
        let key = self.reader.context.hash_key();
        let Some(record) = block.records.get(at) else { return false };
        let Some(ticket) = ticket_of(key, record, block) else { return false };
        let requester = self.reader.context.requester(ticket);
        requester.is_some_and(|id| self.persons.ids.contains(&id))
    }

    /// Whose a mail is, by whom it says it comes from.
    fn sender(&self, at: usize, senders: &[(u32, Reference)]) -> Whose {
        let of_mail = senders.iter().filter(|(record, _)| *record as usize == at).map(|(_, one)| one);
        let found: Vec<&Reference> = of_mail.filter(|reference| self.subject.has(reference)).collect();
        match (self.subject.identified(found.iter().copied()), found.is_empty()) {
            (true, _) => Whose::Own,
            (_, false) => Whose::Alike,
            _ => Whose::Other,
        }
    }
}

/// References of what stands in the senders of mails, with their record.
pub(super) fn senders(
    references: &References,
    block: &Block,
    detections: &[Detection],
) -> Vec<(u32, Reference)> {
    let sends = |detection: &&Detection| {
        let field = block.fields().get(detection.field as usize);
        field.is_some_and(|field| {
            let path = block.paths.render(field.path);
            path.expose().get(..12).is_some_and(|begin| begin.eq_ignore_ascii_case("header:from["))
        })
    };
    let of_mail = |detection: &&Detection| {
        let field = block.fields().get(detection.field as usize);
        let record = field.and_then(|field| block.records.get(field.record as usize));
        record.is_some_and(|record| &*record.reference.system == "mail")
    };
    let found: Vec<Detection> = detections.iter().filter(of_mail).filter(sends).cloned().collect();
    found_in(references, block, &found).collect()
}
