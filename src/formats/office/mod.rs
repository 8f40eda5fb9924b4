//! Office documents: Office Open XML (ECMA-376) and OpenDocument (ODF 1.3), and whatever else is such a
//! package of XML parts.
//!
//! A sentence lies in many elements there, so each part becomes a text in which paragraphs are lines: body,
//! headers, footers, notes, comments, deleted text, text boxes, properties. Everything else in the package
//! (pictures, embedded documents) is a member as it is.
//!
//! The way back takes the changes of those texts to the parts they were made of, and leaves every other part as
//! it is compressed. Previews and signatures go with the first change.

mod back;
pub(super) mod cells;
mod package;
mod page_styles;
mod paragraphs;
mod residue;
mod stale;
mod stand_in;
mod traced;
mod xlsx;
pub(super) mod xml;

pub(super) use xlsx::Xlsx;

use super::rewrite::{Changes, Refused, Rewrite, Splice};
use super::{Format, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Gap, GapClass};

use package::Package;

/// The media types of texts and tables that were made of parts: they are what they say.
pub(super) const MADE_TEXT: &str = "text/plain; charset=utf-8; made=document";
pub(super) const MADE_TABLE: &str = "text/csv; charset=utf-8; made=sheet";

/// The format `office`.
pub(super) struct OfficeFormat;

impl Format for OfficeFormat {
    fn name(&self) -> &'static str {
        "office"
    }

    fn probe(&self, head: &[u8], _name: &str) -> Vote {
        if is_document(head) { Vote::Strong } else { Vote::No }
    }

    fn is_packed(&self) -> bool {
        true
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if reading.purpose == Purpose::Survey {
            return;
        }
        if let Some(mut package) = Package::open(piece, reading.limits, "malformed-document", out) {
            parts(&mut package);
        }
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn residue(&self, piece: &Piece<'_>, reading: &Reading<'_>, look: &mut dyn FnMut(&str)) {
        residue::look(piece, reading, is_scaffold, look);
    }
}

impl Rewrite for OfficeFormat {
    fn goes_stale(&self, name: &str) -> bool {
        stale::is_stale(name)
    }

    fn names_members(&self) -> bool {
        true
    }

    fn change_members(
        &self,
        piece: &Piece<'_>,
        reading: &Reading<'_>,
        changes: &Changes,
    ) -> Result<Vec<Splice>, Refused> {
        if !changes.names.is_empty() {
            return Err(back::named());
        }
        let mut unread = back::Unread::default();
        let Some(mut package) = Package::open(piece, reading.limits, "malformed-document", &mut unread)
        else {
            return Err(back::damaged());
        };
        package.keep(back::wanted(changes));
        parts(&mut package);
        let mut back = back::Back::default();
        for (ordinal, source) in package.sources() {
            back.take(&mut package, ordinal, source, changes)?;
        }
        page_styles::rename(&mut package, &mut back);
        let splices = back.written(&mut package, piece)?;
        unread.refuses()?;
        Ok(splices)
    }
}

/// Gives each part of a package.
fn parts(package: &mut Package<'_, '_>) {
    let manifest = package.text("META-INF/manifest.xml").unwrap_or_default();
    if manifest.contains("encryption-data") {
        let what = "the document is encrypted: open it with its password and scan what is saved without one";
        return package.out.gap(Gap::new(GapClass::Encrypted, "encrypted-content", what));
    }
    for name in package.names() {
        if !is_scaffold(&name) {
            part(package, &name);
        }
    }
}

/// One part: text where it is XML, and itself where not.
fn part(package: &mut Package<'_, '_>, name: &str) {
    if !is_xml(name) {
        if let Some(bytes) = package.bytes(name) {
            package.member(name, bytes);
        }
        return;
    }
    let Some(text) = package.text(name) else { return };
    let (lines, whole) = paragraphs::lines(&text, paragraphs::style(name), package.traces(1));
    if !whole {
        package.broken("a part of the document cannot be read to its end; what stands before was read");
    }
    if !lines.text.is_empty() {
        package.text_member(name, name, lines);
    }
}

/// Whether a part is XML, by its name.
fn is_xml(name: &str) -> bool {
    [".xml", ".rels", ".rdf", ".vml"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending))
}

/// Parts that hold no text of people: how things look.
fn is_scaffold(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    name.ends_with('/')
        || ["[Content_Types].xml", "mimetype", "META-INF/manifest.xml"].contains(&name)
        || ["fontTable.xml", "webSettings.xml", "theme1.xml", "stylesWithEffects.xml"].contains(&last)
        || ["/theme/", "/printerSettings/"].iter().any(|folder| name.contains(folder))
        || [".odttf", ".fntdata"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending))
}

/// Whether the first members of a ZIP archive say that it is such a package (ECMA-376 part 2, 10; ODF 1.3
/// part 2, 3.3).
pub(super) fn is_document(head: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    let first = head.get(30..).unwrap_or_default();
    head.starts_with(b"PK\x03\x04")
        && (first.starts_with(b"mimetypeapplication/vnd.oasis.opendocument")
            || first.starts_with(b"mimetype") && has(b"content.xml")
            || has(b"[Content_Types].xml")
                && [&b"word/"[..], b"ppt/", b"xl/", b"_rels/.rels"].iter().any(|word| has(word)))
}

#[cfg(test)]
mod tests;
