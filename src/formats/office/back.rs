//! Changes of the members of a document on their way to its parts.

use std::collections::{BTreeMap, BTreeSet};

use super::package::{Package, Source};
use super::stale;
use super::stand_in;
use super::traced::PartEdits;
use crate::formats::containers::{Entry, repacked};
use crate::formats::rewrite::{Changes, Fate, Refused, Splice};
use crate::formats::{Member, Piece, Yield};
use crate::records::{Block, Gap};

/// Takes what a reader yields when only what it keeps is wanted.
#[derive(Default)]
pub(super) struct Unread {
    block: Block,
    gaps: u64,
}

impl Unread {
    /// A document that cannot be read to its end is not written.
    pub(super) fn refuses(&self) -> Result<(), Refused> {
        if self.gaps == 0 { Ok(()) } else { Err(damaged()) }
    }
}

impl Yield for Unread {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }

    fn boundary(&mut self) {
        self.block.clear();
    }

    fn hand_on(&mut self) {
        self.block.clear();
    }

    fn member(&mut self, _member: Member) {}

    fn gap(&mut self, _gap: Gap) {
        self.gaps += 1;
    }
}

/// The members whose sources are needed.
pub(super) fn wanted(changes: &Changes) -> BTreeSet<u32> {
    changes.members.iter().map(|(ordinal, _)| *ordinal).collect()
}

/// What became of a member.
fn fate(changes: &Changes, ordinal: u32) -> Option<&Fate> {
    changes.fates.iter().find(|(known, _)| *known == ordinal).map(|(_, fate)| fate)
}

/// The changes of a member's bytes.
pub(super) fn edits(changes: &Changes, ordinal: u32) -> Result<&[Splice], Refused> {
    match fate(changes, ordinal) {
        Some(Fate::Edited(splices)) => Ok(splices),
        Some(Fate::Stale) => Ok(&[]),
        _ => Err(Refused::new(
            "document-not-writable",
            "a text of the document cannot be edited exactly; save it as text and try again",
        )),
    }
}

/// New parts of a document.
#[derive(Default)]
pub(super) struct Back {
    /// Changes of parts that are XML.
    edits: BTreeMap<String, PartEdits>,
    /// Parts with other bytes.
    replaced: BTreeMap<String, Vec<u8>>,
}

impl Back {
    /// Takes what changed in one member to its part.
    pub(super) fn take(
        &mut self,
        package: &mut Package<'_, '_>,
        ordinal: u32,
        source: Source,
        changes: &Changes,
    ) -> Result<(), Refused> {
        match source {
            Source::Text(part, text) => text.take_back(edits(changes, ordinal)?, self.part(&part)),
            Source::Table(..) => Err(damaged()),
            Source::Part(part) => {
                let new = changes.members.iter().find(|(known, _)| *known == ordinal);
                let mut new = new.map(|(_, bytes)| bytes.to_vec()).unwrap_or_default();
                if matches!(fate(changes, ordinal), Some(Fate::Withheld)) {
                    let old = package.bytes(&part).unwrap_or_default();
                    new = stand_in::for_picture(&old).map_or(new, <[u8]>::to_vec);
                }
                self.replaced.insert(part, new);
                Ok(())
            }
        }
    }

    /// Changes of a part.
    pub(super) fn part(&mut self, name: &str) -> &mut PartEdits {
        self.edits.entry(name.to_owned()).or_default()
    }

    /// The text of a part as it will be without the edits taken since: what was replaced, or what it was.
    pub(super) fn text(&self, package: &mut Package<'_, '_>, part: &str) -> Option<String> {
        match self.replaced.get(part) {
            Some(bytes) => Some(encoding_rs::UTF_8.decode(bytes).0.into_owned()),
            None => package.text(part),
        }
    }

    /// The whole document anew.
    pub(super) fn written(
        mut self,
        package: &mut Package<'_, '_>,
        piece: &Piece<'_>,
    ) -> Result<Vec<Splice>, Refused> {
        let gone: BTreeSet<String> =
            package.names().into_iter().filter(|name| stale::is_stale(name)).collect();
        self.forget(package, &gone);
        for (name, edits) in std::mem::take(&mut self.edits) {
            if gone.contains(&name) || edits.is_empty() {
                continue;
            }
            let old = match self.replaced.remove(&name) {
                Some(bytes) => bytes,
                None => package.bytes(&name).ok_or_else(damaged)?,
            };
            let new = edited(&old, edits)?;
            self.replaced.insert(name, new);
        }
        let entry = |name: &str| match self.replaced.get(name) {
            _ if gone.contains(name) => Entry::Goes,
            Some(bytes) => Entry::Has(bytes),
            None => Entry::Stays,
        };
        let bytes = repacked(piece.bytes, entry).map_err(|_| damaged())?;
        Ok(vec![Splice { range: piece.base..piece.base + piece.bytes.len() as u64, bytes }])
    }

    /// Takes away what names parts that go.
    fn forget(&mut self, package: &mut Package<'_, '_>, gone: &BTreeSet<String>) {
        if gone.is_empty() {
            return;
        }
        for part in package.names().into_iter().filter(|part| stale::names_others(part)) {
            if let Some(text) = self.text(package, &part) {
                let naming = stale::naming(&part, &text, gone);
                self.part(&part).gone.extend(naming);
            }
        }
    }
}

/// A part with its text edited, in the encoding it had: UTF-8, or UTF-16 by its mark (ECMA-376 part 2, 6.5.3).
fn edited(old: &[u8], edits: PartEdits) -> Result<Vec<u8>, Refused> {
    let (text, encoding, errors) = encoding_rs::UTF_8.decode(old);
    let other = encoding == encoding_rs::UTF_8 && declares_another(&text);
    if errors || other {
        return Err(damaged());
    }
    let new = String::from_utf8(edits.applied(&text)?).map_err(|_| damaged())?;
    let mark = old.starts_with(b"\xEF\xBB\xBF");
    Ok(match encoding {
        e if e == encoding_rs::UTF_16LE => {
            "\u{feff}".encode_utf16().chain(new.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        }
        e if e == encoding_rs::UTF_16BE => {
            "\u{feff}".encode_utf16().chain(new.encode_utf16()).flat_map(u16::to_be_bytes).collect()
        }
        _ if mark => [b"\xEF\xBB\xBF", new.as_bytes()].concat(),
        _ => new.into_bytes(),
    })
}

/// Whether a part says that it is in an encoding it cannot be in.
fn declares_another(text: &str) -> bool {
    let head = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")).map_or("", |(head, _)| head);
    let Some((_, said)) = head.split_once("encoding") else { return false };
    let said = said.trim_start_matches([' ', '=', '"', '\'']).to_ascii_lowercase();
    !(said.starts_with("utf-8") || said.starts_with("utf8") || said.starts_with("us-ascii"))
}

/// A document that is damaged is not written.
pub(super) fn damaged() -> Refused {
    Refused::new("document-not-writable", "the document is damaged; open it, save it anew and try again")
}

/// A part whose name holds a datum keeps it.
pub(super) fn named() -> Refused {
    Refused::new(
        "document-part-name",
        "the name of a part inside the document holds personal data; give the part another name, or remove it",
    )
}
