//! Workbooks, Office Open XML (ECMA-376 part 1, 18): each sheet becomes a table of its own, a member in CSV
//! whose lines are the sheet's rows, so that a place in it is the place in the sheet. Dates are written in
//! ISO 8601. Comments, properties, drawings and embedded files are members as they are; strings that no
//! cell shows any more are a member too, since deleted cells leave them behind, and so is what stands beside
//! the cells: texts in formulas, hints, headers. There is no way back.

mod beside;
mod parts;
mod sheet;

use std::io::{Cursor, Read};
use std::sync::Arc;

use zip::ZipArchive;

use super::{Format, Member, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Gap, GapClass, Limits};

use parts::{Parts, Sheet};

/// The format `xlsx`.
pub struct Xlsx;

impl Format for Xlsx {
    fn name(&self) -> &'static str {
        "xlsx"
    }

    fn probe(&self, head: &[u8], name: &str) -> Vote {
        if !head.starts_with(b"PK\x03\x04") {
            return Vote::No;
        }
        let name = name.to_ascii_lowercase();
        let named = name.ends_with(".xlsx") || name.ends_with(".xlsm");
        let inside = memchr::memmem::find(head, b"xl/workbook.xml").is_some();
        if named || inside { Vote::Strong } else { Vote::No }
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if reading.purpose == Purpose::Survey {
            return;
        }
        out.block().raw_bytes += piece.bytes.len() as u64;
        let Ok(archive) = ZipArchive::new(Cursor::new(piece.bytes)) else {
            return out.gap(broken("the workbook is no readable ZIP archive"));
        };
        let most = (piece.bytes.len() as u64).saturating_mul(u64::from(reading.limits.ratio));
        let mut book = Book { archive, limits: reading.limits, most, ordinal: 0, out };
        book.read();
    }
}

fn broken(what: &str) -> Gap {
    Gap::new(GapClass::Fault, "malformed-xlsx", format!("{what}; open it and save it anew, or as CSV"))
}

/// Parts that hold no text of people: how cells look, and how the parts hang together.
fn is_scaffold(name: &str) -> bool {
    name.ends_with('/')
        || name == "[Content_Types].xml"
        || ["xl/styles.xml", "xl/sharedStrings.xml", "xl/calcChain.xml"].contains(&name)
        || ["xl/theme/", "xl/printerSettings/"].iter().any(|at| name.starts_with(at))
}

/// Whether a part that mostly names others says something of its own: targets of links out of the workbook,
/// defined names, who shares it.
fn says_more(name: &str, bytes: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
    match name {
        _ if name.ends_with(".rels") => has("External"),
        "xl/workbook.xml" => has("definedName") || has("userName"),
        _ => true,
    }
}

struct Book<'p, 'o> {
    archive: ZipArchive<Cursor<&'p [u8]>>,
    limits: &'p Limits,
    /// Decoded bytes one part may have.
    most: u64,
    ordinal: u32,
    out: &'o mut dyn Yield,
}

impl Book<'_, '_> {
    fn read(&mut self) {
        let Some(workbook) = self.text("xl/workbook.xml") else {
            return self.out.gap(broken("the workbook has no list of sheets"));
        };
        let relations = self.text("xl/_rels/workbook.xml.rels").unwrap_or_default();
        let strings = self.text("xl/sharedStrings.xml").unwrap_or_default();
        let styles = self.text("xl/styles.xml").unwrap_or_default();
        let mut parts = Parts::of(&workbook, &relations, &strings, &styles);
        for part in &parts.damaged {
            self.out.gap(broken(&format!("the workbook's {part} cannot be read to the end")));
        }
        let sheets = std::mem::take(&mut parts.sheets);
        if sheets.is_empty() && parts.damaged.is_empty() {
            self.out.gap(broken("the workbook lists no sheet"));
        }
        for sheet in &sheets {
            self.sheet(sheet, &mut parts);
        }
        let unused = parts.unused_strings();
        if !unused.is_empty() {
            self.member("strings-no-cell-shows.txt", unused.into_bytes(), "text/plain");
        }
        self.others(&sheets);
    }

    fn sheet(&mut self, sheet: &Sheet, parts: &mut Parts) {
        let Some(text) = self.text(&sheet.part) else {
            return self.out.gap(broken("a sheet of the workbook is not there or cannot be read"));
        };
        let table = sheet::table(&text, parts);
        if !table.whole {
            self.out.gap(broken("a sheet of the workbook ends early; what stands before was read"));
        }
        if table.lost > 0 {
            let what = format!("{} cells of a sheet name a string that is not there", table.lost);
            self.out.gap(broken(&what));
        }
        let hidden = if sheet.hidden { " (hidden)" } else { "" };
        self.member(&format!("{}{hidden}.csv", sheet.name), table.csv.into_bytes(), "text/csv");
        if !table.beside.is_empty() {
            let name = format!("{}{hidden}-beside-cells.txt", sheet.name);
            self.member(&name, table.beside.into_bytes(), "text/plain");
        }
    }

    /// Everything else, as it is.
    fn others(&mut self, sheets: &[Sheet]) {
        let names: Vec<String> = self.archive.file_names().flatten().map(|name| name.into_owned()).collect();
        if names.len() < self.archive.len() {
            self.out.gap(broken("a part of the workbook has no readable name"));
        }
        for name in names {
            if is_scaffold(&name) || sheets.iter().any(|sheet| sheet.part == name) {
                continue;
            }
            if let Some(bytes) = self.bytes(&name).filter(|bytes| says_more(&name, bytes)) {
                self.member(&name, bytes, "");
            }
        }
    }

    fn text(&mut self, name: &str) -> Option<String> {
        // UTF-8 or UTF-16 by their marks (ECMA-376 part 2, 6.5.3), the former also without.
        self.bytes(name).map(|bytes| encoding_rs::UTF_8.decode(&bytes).0.into_owned())
    }

    /// The bytes of a part, under the bounds of containers; a part that is over them is a gap.
    fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        let at = self.archive.index_for_name(name)?;
        let Ok(part) = self.archive.by_index(at) else {
            self.out.gap(broken("a part of the workbook cannot be read"));
            return None;
        };
        let mut bytes = Vec::new();
        // What a part declares may be a lie: one byte more than the bound is asked for.
        let read = part.take(self.most + 1).read_to_end(&mut bytes);
        if bytes.len() as u64 > self.most {
            let what = "a part of the workbook is far larger than the workbook: it may be a bomb";
            self.out.gap(Gap::new(GapClass::Limit, "expanded-ratio", what).lifted_by("--max-ratio"));
            return None;
        }
        if read.is_err() {
            self.out.gap(broken("a part of the workbook is damaged"));
            return None;
        }
        if !self.limits.expanded.take(bytes.len() as u64) {
            let what = "more bytes come out of containers than are allowed in one run; a part was not read";
            self.out.gap(Gap::new(GapClass::Limit, "too-much-expanded", what).lifted_by("--max-expanded"));
            return None;
        }
        Some(bytes)
    }

    fn member(&mut self, name: &str, bytes: Vec<u8>, media_type: &str) {
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

#[cfg(test)]
mod tests;
