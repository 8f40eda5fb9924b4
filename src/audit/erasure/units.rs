//! One record of a person as a plan takes it.

use std::sync::Arc;

use compact_str::CompactString;

use super::super::expiry::{
    ListedRecord, PartSource, Reason, Ruling, Times, Unit, UnitReference, ticket_around,
};
use super::super::survey::{RecordHash, link_hash};
use super::gathered::Loose;
use super::records::Erasing;
use crate::records::{Block, Record, RecordKind, Relation, Text};

impl Erasing<'_> {
    pub(super) fn loose(
        &self,
        source: &PartSource<'_>,
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
            unit: (!is_inside).then(|| self.unit(source, record, hash, listed.id.clone())),
            listed,
        }
    }

    pub(super) fn unit(
        &self,
        source: &PartSource<'_>,
        record: &Record,
        hash: Option<RecordHash>,
        shown_id: CompactString,
    ) -> Unit {
        let raw_id = record.reference.id_or_ordinal();
        let (system, kind) = (&record.reference.system, record.reference.kind);
        let part = self.reader.part(source, record);
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
        let unnamed = || RecordHash::of(self.reader.context.hash_key(), system, kind, &Text::new(&*name));
        let mut unit = Unit::new(
            hash.unwrap_or_else(unnamed),
            UnitReference::of(&reference),
            kind,
            (&raw_id, shown_id),
            Ruling::request(Arc::clone(system)),
            self.at_once(),
            part,
        );
        unit.kept = kept;
        unit
    }

    /// A request has no period that would have to end.
    pub(super) fn at_once(&self) -> Times {
        Times { clock_at: None, since: self.reader.audit.now, minimum: None }
    }
}
