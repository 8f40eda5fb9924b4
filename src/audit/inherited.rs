//! Attachments go with their ticket: its clock and what the schedule says of it are theirs.

use crate::records::{Block, FactId, FactValue, RecordKind, Supplier};

/// The facts an attachment has from its ticket.
const OF_TICKET: [&str; 5] =
    ["retention_clock_at", "retention_clock", "retention_state", "retention_due_at", "retention_period"];
/// How deep an attachment may lie in its ticket: parents come before their children, so the walk up ends; the
/// bound is for what a faulty reader might build.
const DEPTH: usize = 64;

/// Gives attachments that lie in a finished ticket of the same block the dates of that ticket.
pub(super) fn inherit(block: &mut Block) {
    let is_attached = |kind: RecordKind| kind == RecordKind::Attachment;
    if !block.records.iter().any(|record| is_attached(record.reference.kind)) {
        return;
    }
    for at in 0..block.records.len() {
        let Some(ticket) = finished_ticket(block, at) else { continue };
        let given: Vec<(FactId, FactValue)> = OF_TICKET
            .iter()
            .filter_map(|name| FactId::named(name))
            .filter_map(|fact| Some((fact, block.records.get(ticket)?.facts.get(fact)?.clone())))
            .collect();
        let Some(record) = block.records.get_mut(at) else { continue };
        for (fact, value) in given {
            record.facts.set(fact, value, Supplier::Join);
        }
    }
}

/// The ticket around an attachment, if it has ended.
fn finished_ticket(block: &Block, at: usize) -> Option<usize> {
    let attachment =
        block.records.get(at).filter(|record| record.reference.kind == RecordKind::Attachment)?;
    let mut above = attachment.parent? as usize;
    for _ in 0..DEPTH {
        let record = block.records.get(above)?;
        if record.reference.kind == RecordKind::Ticket {
            let status = record.facts.get(FactId::named("status")?)?;
            let FactValue::Word(status) = status else { return None };
            let ended = ["solved", "closed", "archived", "merged", "deleted"].contains(&status.as_str());
            return ended.then_some(above);
        }
        above = record.parent? as usize;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Ordinal, Record};

    fn block(status: &str) -> Block {
        let mut block = Block::default();
        let kinds = [RecordKind::Ticket, RecordKind::Comment, RecordKind::Attachment];
        for (at, kind) in (0u32..).zip(kinds) {
            let mut record = Record::new("z".into(), kind, Ordinal { top: 0, sub: at });
            record.parent = at.checked_sub(1);
            if kind == RecordKind::Ticket {
                for (name, word) in [("status", status), ("retention_clock", "closed")] {
                    let fact = FactId::named(name).unwrap();
                    record.facts.set(fact, FactValue::Word(word.into()), Supplier::Export);
                }
            }
            block.push_record(record);
        }
        block
    }

    #[test]
    fn an_attachment_has_the_clock_of_its_finished_ticket() {
        let clock = FactId::named("retention_clock").unwrap();
        for (status, wanted) in [("closed", true), ("open", false)] {
            let mut block = block(status);
            inherit(&mut block);
            assert_eq!(block.records[2].facts.get(clock).is_some(), wanted, "{status}");
            assert!(block.records[1].facts.get(clock).is_none());
        }
    }
}
