//! One record of a person as a plan takes it.

use std::sync::Arc;

use super::super::OwnedPiece;
use super::super::expiry::{ListedRecord, Reason, Unit, ticket_around};
use super::super::survey::{RecordHash, link_hash};
use super::gathered::Loose;
use super::records::Erasing;
use crate::records::{Block, Record, RecordKind, Relation, Text};

impl Erasing<'_> {
    pub(super) fn loose(
        &self,
        piece: &OwnedPiece,
        record: &Record,
        block: &Block,
        listed: ListedRecord,
    ) -> Loose {
        let key = self.reader.context.hash_key();
        let linked = record.links.iter().find(|link| link.relation == Relation::Comment);
        let parent = record.parent.and_then(|at| block.records.get(at as usize));
        let parent = parent.filter(|above| above.reference.kind == RecordKind::Comment);
        let inside = parent.and_then(|above| {
            let id = above.reference.id.as_ref()?;
            Some(RecordHash::of(key, &above.reference.system, RecordKind::Comment, id))
        });
        let is_inside = parent.is_some()
            || record
                .parent
                .and_then(|at| block.records.get(at as usize))
                .is_some_and(|above| above.reference.kind == RecordKind::Ticket);
        let id = record.reference.id.as_ref();
        let hash = id.map(|id| RecordHash::of(key, &record.reference.system, RecordKind::Attachment, id));
        Loose {
            id: id.map(|id| id.expose().to_owned()),
            comment: linked.map(|link| link_hash(key, record, link)).or(inside),
            ticket: ticket_around(key, record, block),
            unit: (!is_inside).then(|| self.unit(piece, record, hash, listed.id.clone())),
            listed,
        }
    }

    pub(super) fn unit(
        &self,
        piece: &OwnedPiece,
        record: &Record,
        hash: Option<RecordHash>,
        shown_id: String,
    ) -> Unit {
        let raw_id = record.reference.id_or_ordinal();
        let (system, kind) = (&record.reference.system, record.reference.kind);
        let part = self.reader.part(piece, record);
        let kept = match (hash, &part) {
            (None, _) if kind != RecordKind::Comment && kind != RecordKind::Attachment => Some(Reason::NoId),
            (_, None) => Some(Reason::NotRemovable),
            _ => None,
        };
        let name = match (hash, &part) {
            // Without an id it is known by its bytes: others cannot take its place.
            (None, Some(part)) => part.digest.to_string(),
            _ => raw_id.expose().to_owned(),
        };
        let reference =
            self.reader.digests.mac(&[b"record", system.as_bytes(), kind.name().as_bytes(), name.as_bytes()]);
        Unit {
            reference: reference.short_hex(16),
            kind,
            system: Arc::clone(system),
            id: shown_id,
            raw_id: Text::new(raw_id.expose()),
            ruling: Arc::clone(&self.request),
            clock_at: None,
            since: self.reader.audit.now,
            minimum: None,
            block: None,
            parts: part.into_iter().collect(),
            kept,
            hold: None,
        }
    }
}
