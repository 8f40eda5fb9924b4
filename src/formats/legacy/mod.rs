//! Documents and mails in binary files: Outlook's messages, Word, Excel and PowerPoint up to 2003, and RTF.
//!
//! Each becomes members: its texts by what they are (body, notes, comments, properties), its attachments and
//! embedded objects as files, nested messages as files of their own. They are read in full, whatever is damaged
//! is told, and encrypted ones are a gap that says how. There is no way back.

mod bytes;
mod code_page;
mod compound;
mod compound_writer;
mod decryption;
mod documents;
mod drawing;
mod excel;
mod extract;
mod macros;
mod outlook;
mod package;
mod properties;
mod residue;
mod rtf;
mod slides;
mod word;

use std::sync::Arc;

use super::{Format, Member, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Gap, GapClass};

use extract::Extract;
pub(super) use outlook::store::MailStore;
use outlook::tnef;
pub(super) use residue::readable;

/// A format whose file is read as a whole into parts.
pub(super) struct Legacy {
    name: &'static str,
    magic: &'static [u8],
    read: fn(&[u8], &mut Extract),
}

/// Compound files: `.msg`, `.doc`, `.xls`, `.ppt`, encrypted packages, objects.
pub(super) static COMPOUND: Legacy =
    Legacy { name: "compound", magic: compound::MAGIC, read: documents::read };
/// `winmail.dat`.
pub(super) static TNEF: Legacy = Legacy { name: "tnef", magic: tnef::MAGIC, read: tnef::read };
/// RTF documents.
pub(super) static RTF: Legacy = Legacy { name: "rtf", magic: rtf::MAGIC, read: rtf::read };

impl Format for Legacy {
    fn name(&self) -> &'static str {
        self.name
    }

    fn probe(&self, head: &[u8], _name: &str) -> Vote {
        if head.starts_with(self.magic) { Vote::Strong } else { Vote::No }
    }

    fn is_packed(&self) -> bool {
        true
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if reading.purpose == Purpose::Survey || piece.bytes.is_empty() {
            return;
        }
        out.block().raw_bytes += piece.bytes.len() as u64;
        if reading.limits.depth == 0 {
            let what = "documents lie inside each other deeper than is read";
            return out.gap(Gap::new(GapClass::Limit, "too-deep", what).lifted_by("--max-depth"));
        }
        let most = reading.limits.expands(piece.bytes.len() as u64);
        let most = most.min(reading.limits.record_bytes.saturating_mul(4));
        let mut extract = Extract::within(usize::try_from(most).unwrap_or(usize::MAX));
        extract.passwords = Arc::clone(&reading.limits.passwords);
        (self.read)(piece.bytes, &mut extract);
        give(extract, reading, out);
    }
}

/// Hands out the parts of a document, and what could not be read of it.
fn give(extract: Extract, reading: &Reading<'_>, out: &mut dyn Yield) {
    if extract.full {
        let what = "the parts of the document take more bytes together than are held at once; save it without what is embedded";
        out.gap(Gap::new(GapClass::Limit, "container-too-large", what));
    }
    if let Some(how) = &extract.encrypted {
        let what = "the document";
        out.gap(match extract.tried {
            _ if extract.is_opened => Gap::opened(what, how),
            Some(tried) => Gap::closed(what, how, tried),
            None => Gap::encrypted(what, how),
        });
    }
    for what in &extract.damage {
        let what = format!("{what}; what could be read was read. Open it and save it anew, or as text");
        out.gap(Gap::new(GapClass::Fault, "malformed-document", what));
    }
    for what in &extract.unread {
        out.gap(Gap::new(GapClass::Unread, "no-reader", *what));
    }
    for (before, part) in (0_u32..).zip(extract.parts) {
        if u64::from(before) >= reading.limits.members {
            return out.gap(super::containers::too_many());
        }
        if !reading.limits.expanded.take(part.bytes.len() as u64) {
            let what = "more bytes come out of containers than are allowed in one run; a part was not read";
            return out.gap(Gap::new(GapClass::Limit, "too-much-expanded", what).lifted_by("--max-expanded"));
        }
        out.member(Member {
            ordinal: before + 1,
            name: part.name,
            bytes: Arc::from(part.bytes),
            media_type: Some(part.media_type).filter(|media_type| !media_type.is_empty()),
            written: Default::default(),
        });
    }
}
