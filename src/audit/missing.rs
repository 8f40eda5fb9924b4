//! Pieces of an export that are not in the archive, and what they would answer.

use super::Audit;
use super::shown::Shown;
use super::tally::Tally;
use crate::detectors::BlockPeople;
use crate::findings::MissingPiece;
use crate::records::RecordKind;

/// Kinds of record an export can have, and what rules cannot answer without them.
const ANSWERS: [(RecordKind, &str); 6] = [
    (RecordKind::Ticket, "whose the data are, and how long they may be kept"),
    (RecordKind::Comment, "what was written, by whom and for whom, and when the data subject last acted"),
    (RecordKind::Person, "who people are by name and address, their roles, second factors and last sign-ins"),
    (RecordKind::Attachment, "which files were sent along"),
    (RecordKind::AuditEntry, "what was changed, exported or deleted, by whom, and when a ticket was closed"),
    (RecordKind::Setting, "passwords, sessions, encryption of mail and deletion as the helpdesk is set up"),
];
/// What files of attachments would answer.
const FILES: &str = "what stands in files that records name and the archive lacks";

impl Audit<'_> {
    /// Of every helpdesk that was recognised: kinds of record its exports have and this one lacks, and files
    /// that its records name and nobody put here.
    pub(super) fn missing(&self, tally: &Tally) -> Vec<MissingPiece> {
        let mappings = &self.policies.mappings;
        let mut missing = Vec::new();
        for (system, seen) in tally.kinds() {
            let possible = mappings.kinds_of(system);
            // Registers are kept by hand: what one does not have, nobody knows to be missing.
            if possible.is_empty() || seen.iter().all(|kind| kind.is_evidence()) {
                continue;
            }
            for (kind, answers) in ANSWERS {
                if possible.contains(&kind.name()) && !seen.contains(&kind) {
                    missing.push(MissingPiece {
                        system: system.to_owned(),
                        piece: kind.name().to_owned(),
                        answers: answers.to_owned(),
                        ..MissingPiece::default()
                    });
                }
            }
        }
        let Some(attachments) = self.attachments.get() else { return missing };
        let mut shown = Shown::new(self.matcher);
        let mut scratch = Default::default();
        for (system, absent) in attachments.absent() {
            let ids = absent.ids.iter().map(|id| shown.name(id.expose(), &BlockPeople::none(), &mut scratch));
            missing.push(MissingPiece {
                system: system.clone(),
                piece: "attachment-file".to_owned(),
                answers: FILES.to_owned(),
                count: absent.count,
                ids: ids.collect(),
            });
        }
        missing.sort_by(|a, b| (&a.system, &a.piece).cmp(&(&b.system, &b.piece)));
        missing
    }
}
