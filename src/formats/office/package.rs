//! The ZIP package an office document is (ECMA-376 part 2; ODF 1.3 part 2), its parts read within bounds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::sync::Arc;

use zip::ZipArchive;

use super::traced::Traced;
use super::xlsx::Cells;
use super::{MADE_TABLE, MADE_TEXT};
use crate::formats::{Member, Piece, Yield};
use crate::records::{Gap, GapClass, Limits};

/// What a member was made of.
pub(super) enum Source {
    /// A part as it is.
    Part(String),
    /// The text of a part.
    Text(String, Traced),
    /// The cells of a sheet.
    Table(String, Cells),
}

/// Sources of the members that are to be changed, by their number.
struct Kept {
    wanted: BTreeSet<u32>,
    sources: BTreeMap<u32, Source>,
}

/// A document while its parts are read.
pub(super) struct Package<'p, 'o> {
    archive: ZipArchive<Cursor<&'p [u8]>>,
    limits: &'p Limits,
    /// What the gaps of this format are called.
    code: &'static str,
    /// Bytes that may still come out of the parts together.
    left: u64,
    /// Decoded bytes one part may have.
    most: u64,
    ordinal: u32,
    kept: Option<Kept>,
    pub(super) out: &'o mut dyn Yield,
}

impl<'p, 'o> Package<'p, 'o> {
    /// Opens the package of a piece; none, and a gap, where it is none.
    pub(super) fn open(
        piece: &Piece<'p>,
        limits: &'p Limits,
        code: &'static str,
        out: &'o mut dyn Yield,
    ) -> Option<Self> {
        out.block().raw_bytes += piece.bytes.len() as u64;
        let Ok(archive) = ZipArchive::new(Cursor::new(piece.bytes)) else {
            out.gap(broken(code, "the document is no readable ZIP archive"));
            return None;
        };
        let (most, left) = (limits.expands(piece.bytes.len() as u64), limits.record_bytes.saturating_mul(4));
        let mut package = Self { archive, limits, code, left, most, ordinal: 0, kept: None, out };
        if package.archive.has_overlapping_files().unwrap_or(true) {
            let what = "parts of the document share their bytes: it may be a bomb, and was not opened";
            package.out.gap(Gap::new(GapClass::Limit, "overlapping-members", what));
            return None;
        }
        if package.archive.has_duplicate_names() {
            package.broken("several parts of the document have one name, and only the last was read");
        }
        Some(package)
    }

    /// Tells that something is damaged.
    pub(super) fn broken(&mut self, what: &str) {
        self.out.gap(broken(self.code, what));
    }

    /// Names of all parts.
    pub(super) fn names(&mut self) -> Vec<String> {
        let names: Vec<String> = self.archive.file_names().flatten().map(|name| name.into_owned()).collect();
        if names.len() < self.archive.len() {
            self.broken("a part of the document has no readable name");
        }
        names
    }

    /// The text of a part, UTF-8 or UTF-16 by their marks.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        // UTF-8 or UTF-16 by their marks (ECMA-376 part 2, 6.5.3), the former also without.
        self.bytes(name).map(|bytes| encoding_rs::UTF_8.decode(&bytes).0.into_owned())
    }

    /// The bytes of a part, under the bounds of containers; a part that is over them is a gap.
    pub(super) fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        let at = self.archive.index_for_name(name)?;
        let Ok(part) = self.archive.by_index(at) else {
            self.broken("a part of the document cannot be read");
            return None;
        };
        let mut bytes = Vec::new();
        // What a part declares may be a lie: one byte more than the bound is asked for.
        let most = self.most.min(self.left);
        let read = part.take(most + 1).read_to_end(&mut bytes);
        if bytes.len() as u64 > self.left {
            let what = "the parts of the document take more bytes together than are held at once; save it without what is embedded";
            self.out.gap(Gap::new(GapClass::Limit, "container-too-large", what));
            return None;
        }
        if bytes.len() as u64 > most {
            let what = "a part of the document is far larger than the document: it may be a bomb";
            self.out.gap(Gap::new(GapClass::Limit, "expanded-ratio", what).lifted_by("--max-ratio"));
            return None;
        }
        if read.is_err() {
            self.broken("a part of the document is damaged");
            return None;
        }
        if !self.limits.expanded.take(bytes.len() as u64) {
            let what = "more bytes come out of containers than are allowed in one run; a part was not read";
            self.out.gap(Gap::new(GapClass::Limit, "too-much-expanded", what).lifted_by("--max-expanded"));
            return None;
        }
        self.left -= bytes.len() as u64;
        Some(bytes)
    }

    /// Keeps what these members are made of.
    pub(super) fn keep(&mut self, wanted: BTreeSet<u32>) {
        self.kept = Some(Kept { wanted, sources: BTreeMap::new() });
    }

    /// Whether the way back is wanted for any of the next members.
    pub(super) fn traces(&self, next: u32) -> bool {
        let wanted = |kept: &Kept| kept.wanted.range(self.ordinal + 1..=self.ordinal + next).next().is_some();
        self.kept.as_ref().is_some_and(wanted)
    }

    /// The number of the next member.
    pub(super) fn next(&self) -> u32 {
        self.ordinal + 1
    }

    /// The sources that were kept.
    pub(super) fn sources(&mut self) -> BTreeMap<u32, Source> {
        self.kept.take().map(|kept| kept.sources).unwrap_or_default()
    }

    /// Gives a part to be read in its turn.
    pub(super) fn member(&mut self, name: &str, bytes: Vec<u8>) {
        self.give(name, bytes, None, || Source::Part(name.to_owned()));
    }

    /// Gives the text of a part.
    pub(super) fn text_member(&mut self, name: &str, part: &str, text: Traced) {
        let bytes = text.text.as_bytes().to_vec();
        self.give(name, bytes, Some(MADE_TEXT), || Source::Text(part.to_owned(), text));
    }

    /// Gives the cells of a sheet.
    pub(super) fn table_member(&mut self, name: &str, part: &str, csv: String, cells: Cells) {
        self.give(name, csv.into_bytes(), Some(MADE_TABLE), || Source::Table(part.to_owned(), cells));
    }

    fn give(&mut self, name: &str, bytes: Vec<u8>, media: Option<&str>, source: impl FnOnce() -> Source) {
        self.ordinal += 1;
        if let Some(kept) = &mut self.kept
            && kept.wanted.contains(&self.ordinal)
        {
            kept.sources.insert(self.ordinal, source());
        }
        self.out.member(Member {
            ordinal: self.ordinal,
            name: name.to_owned(),
            bytes: Arc::from(bytes),
            media_type: media.map(str::to_owned),
            written: Default::default(),
        });
    }

    /// What stands beside the parts themselves: their names and comments.
    pub(super) fn each_label(&mut self, look: &mut dyn FnMut(&str)) {
        look(&String::from_utf8_lossy(self.archive.comment()));
        for at in 0..self.archive.len() {
            if let Ok(part) = self.archive.by_index_raw(at) {
                look(&String::from_utf8_lossy(part.name_raw()));
                look(part.comment());
            }
        }
    }
}

/// A gap for a damaged document.
fn broken(code: &'static str, what: &str) -> Gap {
    Gap::new(GapClass::Fault, code, format!("{what}; open it and save it anew, or as text"))
}
