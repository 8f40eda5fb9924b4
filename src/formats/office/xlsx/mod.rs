//! Workbooks, Office Open XML (ECMA-376 part 1, 18): each sheet becomes a table of its own, a member in CSV
//! whose lines are the sheet's rows, so that a place in it is the place in the sheet. Dates are written in
//! ISO 8601. Comments, properties, drawings and embedded files are members as they are; strings that no
//! cell shows any more are a member too, since deleted cells leave them behind, and so is what stands beside
//! the cells: texts in formulas, hints, headers. There is no way back.

mod beside;
mod parts;
mod sheet;

use super::package::Package;
use crate::formats::{Format, Piece, Purpose, Reading, Vote, Yield};

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

    fn is_packed(&self) -> bool {
        true
    }

    fn holds_tables(&self) -> bool {
        true
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if let Some(package) = Package::open(piece, reading.limits, "malformed-xlsx", out) {
            Book(package).read(reading.purpose);
        }
    }
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

/// The parts of a workbook.
struct Book<'p, 'o>(Package<'p, 'o>);

impl Book<'_, '_> {
    fn read(&mut self, purpose: Purpose) {
        let Some(workbook) = self.0.text("xl/workbook.xml") else {
            return self.0.broken("the workbook has no list of sheets");
        };
        let relations = self.0.text("xl/_rels/workbook.xml.rels").unwrap_or_default();
        let strings = self.0.text("xl/sharedStrings.xml").unwrap_or_default();
        let styles = self.0.text("xl/styles.xml").unwrap_or_default();
        let mut parts = Parts::of(&workbook, &relations, &strings, &styles);
        for part in &parts.damaged {
            self.0.broken(&format!("the workbook's {part} cannot be read to the end"));
        }
        let sheets = std::mem::take(&mut parts.sheets);
        if sheets.is_empty() && parts.damaged.is_empty() {
            self.0.broken("the workbook lists no sheet");
        }
        for sheet in &sheets {
            self.sheet(sheet, &mut parts);
        }
        if purpose == Purpose::Survey {
            return;
        }
        let unused = parts.unused_strings();
        if !unused.is_empty() {
            self.0.member("strings-no-cell-shows.txt", unused.into_bytes(), "text/plain");
        }
        self.others(&sheets);
    }

    fn sheet(&mut self, sheet: &Sheet, parts: &mut Parts) {
        let Some(text) = self.0.text(&sheet.part) else {
            return self.0.broken("a sheet of the workbook is not there or cannot be read");
        };
        let table = sheet::table(&text, parts);
        if !table.whole {
            self.0.broken("a sheet of the workbook ends early; what stands before was read");
        }
        if table.lost > 0 {
            let what = format!("{} cells of a sheet name a string that is not there", table.lost);
            self.0.broken(&what);
        }
        let hidden = if sheet.hidden { " (hidden)" } else { "" };
        self.0.member(&format!("{}{hidden}.csv", sheet.name), table.csv.into_bytes(), "text/csv");
        if !table.beside.is_empty() {
            let name = format!("{}{hidden}-beside-cells.txt", sheet.name);
            self.0.member(&name, table.beside.into_bytes(), "text/plain");
        }
    }

    /// Everything else, as it is.
    fn others(&mut self, sheets: &[Sheet]) {
        for name in self.0.names() {
            if is_scaffold(&name) || sheets.iter().any(|sheet| sheet.part == name) {
                continue;
            }
            if let Some(bytes) = self.0.bytes(&name).filter(|bytes| says_more(&name, bytes)) {
                self.0.member(&name, bytes, "");
            }
        }
    }
}

#[cfg(test)]
mod tests;
