//! The ZIP package an office document is (ECMA-376 part 2; ODF 1.3 part 2), its parts read within bounds.

use std::io::{Cursor, Read};
use std::sync::Arc;

use zip::ZipArchive;

use crate::formats::{Member, Piece, Yield};
use crate::records::{Gap, GapClass, Limits};

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
        let mut package = Self { archive, limits, code, left, most, ordinal: 0, out };
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

    /// Gives a part, or what was made of it, to be read in its turn.
    pub(super) fn member(&mut self, name: &str, bytes: Vec<u8>, media_type: &str) {
        self.ordinal += 1;
        self.out.member(Member {
            ordinal: self.ordinal,
            name: name.to_owned(),
            bytes: Arc::from(bytes),
            media_type: Some(media_type.to_owned()).filter(|media_type| !media_type.is_empty()),
            written: Default::default(),
        });
    }
}

/// A gap for a damaged document.
fn broken(code: &'static str, what: &str) -> Gap {
    Gap::new(GapClass::Fault, code, format!("{what}; open it and save it anew, or as text"))
}
