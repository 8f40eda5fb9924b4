//! Workbooks, Office Open XML (ECMA-376 part 1, 18): each sheet becomes a table of its own, a member in CSV
//! whose lines are the sheet's rows, so that a place in it is the place in the sheet. Dates are written in
//! ISO 8601. Comments, properties, drawings and embedded files are members as they are; strings that no
//! cell shows any more are a member too, since deleted cells leave them behind, and so is what stands beside
//! the cells: texts in formulas, hints, headers. The way back writes a changed cell anew where it stands, or the
//! shared string where all its cells change alike; a sheet whose name holds data gets another name, and so do
//! the formulas that say it.

mod back;
mod beside;
mod parts;
mod renaming;
mod sheet;

use std::collections::BTreeSet;

use super::back::Unread;
use super::package::Package;
use super::{is_xml, paragraphs, residue, stale};
use crate::formats::rewrite::{Changes, Refused, Rewrite, Splice};
use crate::formats::{Format, Piece, Purpose, Reading, Vote, Yield};

pub(super) use back::Cells;
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
        if let Some(mut package) = Package::open(piece, reading.limits, "malformed-xlsx", out) {
            Book::new(&mut package).read(reading.purpose);
        }
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn residue(&self, piece: &Piece<'_>, reading: &Reading<'_>, look: &mut dyn FnMut(&str)) {
        residue::look(piece, reading, is_scaffold, look);
    }
}

impl Rewrite for Xlsx {
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
        let mut unread = Unread::default();
        let Some(mut package) = Package::open(piece, reading.limits, "malformed-xlsx", &mut unread) else {
            return Err(super::back::damaged());
        };
        let wanted: BTreeSet<u32> = super::back::wanted(changes);
        package.keep(wanted);
        let mut book = Book::new(&mut package);
        let Some(parts) = book.read(Purpose::Scan) else { return Err(super::back::damaged()) };
        let labels = std::mem::take(&mut book.labels);
        let splices = back::changed(&mut package, &parts, &labels, changes, piece)?;
        unread.refuses()?;
        Ok(splices)
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

/// Parts with text that is written in runs: comments, drawings, charts.
fn has_runs(name: &str) -> bool {
    let drawn = ["xl/comments", "xl/drawings/", "xl/charts/", "xl/diagrams/"];
    is_xml(name) && !name.ends_with(".rels") && drawn.iter().any(|at| name.starts_with(at))
}

/// A member that is called after a sheet.
struct Label {
    /// Its number.
    ordinal: u32,
    /// Position of the sheet in the workbook.
    sheet: usize,
    /// What stands behind the sheet's name.
    suffix: String,
}

/// The parts of a workbook.
struct Book<'k, 'p, 'o> {
    package: &'k mut Package<'p, 'o>,
    labels: Vec<Label>,
}

impl<'k, 'p, 'o> Book<'k, 'p, 'o> {
    fn new(package: &'k mut Package<'p, 'o>) -> Self {
        Self { package, labels: Vec::new() }
    }

    /// Gives all members; none where there is no workbook.
    fn read(&mut self, purpose: Purpose) -> Option<Parts> {
        let Some(workbook) = self.package.text("xl/workbook.xml") else {
            self.package.broken("the workbook has no list of sheets");
            return None;
        };
        let relations = self.package.text("xl/_rels/workbook.xml.rels").unwrap_or_default();
        let strings = self.package.text("xl/sharedStrings.xml").unwrap_or_default();
        let styles = self.package.text("xl/styles.xml").unwrap_or_default();
        let mut parts = Parts::of(&workbook, &relations, &strings, &styles);
        for part in &parts.damaged {
            self.package.broken(&format!("the workbook's {part} cannot be read to the end"));
        }
        if parts.sheets.is_empty() && parts.damaged.is_empty() {
            self.package.broken("the workbook lists no sheet");
        }
        for at in 0..parts.sheets.len() {
            self.sheet(at, &mut parts);
        }
        if purpose == Purpose::Survey {
            return Some(parts);
        }
        let unused = parts.unused_strings(&strings, self.package.traces(1));
        if !unused.text.is_empty() {
            self.package.text_member("strings-no-cell-shows.txt", "xl/sharedStrings.xml", unused);
        }
        self.others(&parts.sheets);
        Some(parts)
    }

    fn sheet(&mut self, at: usize, parts: &mut Parts) {
        let Some(Sheet { name, part, hidden }) = parts.sheets.get(at).cloned() else { return };
        let Some(text) = self.package.text(&part) else {
            return self.package.broken("a sheet of the workbook is not there or cannot be read");
        };
        let table = sheet::table(&text, parts, self.package.traces(2));
        if !table.whole {
            self.package.broken("a sheet of the workbook ends early; what stands before was read");
        }
        if table.lost > 0 {
            let what = format!("{} cells of a sheet name a string that is not there", table.lost);
            self.package.broken(&what);
        }
        let hidden = if hidden { " (hidden)" } else { "" };
        let csv = self.label(at, format!("{hidden}.csv"), &name);
        let cells = Cells::new(&table.csv, table.cells, self.package.traces(1));
        self.package.table_member(&csv, &part, table.csv, cells);
        if !table.beside.text.is_empty() {
            let beside = self.label(at, format!("{hidden}-beside-cells.txt"), &name);
            self.package.text_member(&beside, &part, table.beside);
        }
    }

    /// The name of the next member, which is called after a sheet.
    fn label(&mut self, sheet: usize, suffix: String, name: &str) -> String {
        let label = format!("{name}{suffix}");
        self.labels.push(Label { ordinal: self.package.next(), sheet, suffix });
        label
    }

    /// Everything else, as it is.
    fn others(&mut self, sheets: &[Sheet]) {
        for name in self.package.names() {
            if is_scaffold(&name) || sheets.iter().any(|sheet| sheet.part == name) {
                continue;
            }
            if has_runs(&name) {
                self.runs(&name);
                continue;
            }
            if let Some(bytes) = self.package.bytes(&name).filter(|bytes| says_more(&name, bytes)) {
                self.package.member(&name, bytes);
            }
        }
    }

    fn runs(&mut self, name: &str) {
        let Some(text) = self.package.text(name) else { return };
        let (lines, whole) = paragraphs::lines(&text, paragraphs::Style::Prose, self.package.traces(1));
        if !whole {
            self.package
                .broken("a part of the workbook cannot be read to its end; what stands before was read");
        }
        if !lines.text.is_empty() {
            self.package.text_member(name, name, lines);
        }
    }
}

#[cfg(test)]
mod tests;
