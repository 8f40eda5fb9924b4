//! Changes of tables on their way to cells and shared strings.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::back::{Back, edits};
use super::super::cells::read_cell;
use super::super::package::{Package, Source};
use super::super::traced::{Traced, Within, escaped};
use super::parts::{Parts, each_string};
use super::sheet::Stands;
use super::{Label, renaming};
use crate::formats::Piece;
use crate::formats::rewrite::{Changes, Plan, Refused, Splice};

const STRINGS: &str = "xl/sharedStrings.xml";

/// The cells of a table with where they stand.
pub(in crate::formats::office) struct Cells {
    csv: String,
    stands: Vec<Stands>,
}

impl Cells {
    /// Keeps the table if its way back is wanted.
    pub(super) fn new(csv: &str, stands: Vec<Stands>, wanted: bool) -> Self {
        Self { csv: if wanted { csv.to_owned() } else { String::new() }, stands }
    }

    /// Cells with their new texts.
    fn changed(self, changes: &[Splice]) -> Result<Vec<(Stands, String)>, Refused> {
        let mut by_cell: BTreeMap<usize, Vec<Splice>> = BTreeMap::new();
        for change in changes {
            let range = narrow(change.range.start)..narrow(change.range.end);
            let at = self.stands.partition_point(|cell| cell.csv.end < range.end);
            let cell = self.stands.get(at).ok_or_else(outside)?;
            if range.start < cell.csv.start {
                return Err(outside());
            }
            let base = cell.csv.start as u64;
            let local = change.range.start - base..change.range.end - base;
            by_cell.entry(at).or_default().push(Splice { range: local, bytes: change.bytes.clone() });
        }
        let mut out = Vec::new();
        for (at, splices) in by_cell {
            let Some(cell) = self.stands.get(at) else { continue };
            let old = self.csv.get(cell.csv.clone()).unwrap_or("");
            let new = Plan::new(splices, Vec::new())?.apply_to(old.as_bytes());
            let new = String::from_utf8(new).map_err(|_| outside())?;
            out.push((cell.clone(), read_cell(&new)));
        }
        Ok(out)
    }
}

fn narrow(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// A change that is none of one cell.
fn outside() -> Refused {
    Refused::new(
        "document-not-writable",
        "a datum goes over the border of a cell of the workbook; save it as CSV and try again",
    )
}

/// Edited cells of one shared string.
#[derive(Default)]
struct Shared {
    cells: Vec<(String, Stands, String)>,
}

/// The workbook with all changes.
pub(super) fn changed(
    package: &mut Package<'_, '_>,
    parts: &Parts,
    labels: &[Label],
    changes: &Changes,
    piece: &Piece<'_>,
) -> Result<Vec<Splice>, Refused> {
    let mut back = Back::default();
    let mut shared: BTreeMap<usize, Shared> = BTreeMap::new();
    for (ordinal, source) in package.sources() {
        let Source::Table(part, cells) = source else {
            back.take(package, ordinal, source, changes)?;
            continue;
        };
        for (cell, new) in cells.changed(edits(changes, ordinal)?)? {
            match cell.shared {
                Some(at) => shared.entry(at).or_default().cells.push((part.clone(), cell, new)),
                None => write(&cell, &new, &mut back, &part),
            }
        }
    }
    strings(package, parts, shared, &mut back)?;
    renaming::rename(package, parts, labels, changes, &mut back)?;
    back.written(package, piece)
}

/// A string all cells of which change alike is changed itself; of others, the changed cells get a text of their
/// own, and a string that no cell shows any more is emptied.
fn strings(
    package: &mut Package<'_, '_>,
    parts: &Parts,
    shared: BTreeMap<usize, Shared>,
    back: &mut Back,
) -> Result<(), Refused> {
    let mut new: BTreeMap<usize, String> = BTreeMap::new();
    for (at, Shared { cells }) in shared {
        let all = parts.shown(at) == cells.len();
        let text = cells.first().map(|(_, _, text)| text.clone()).unwrap_or_default();
        if all && cells.iter().all(|(_, _, other)| *other == text) {
            new.insert(at, text);
            continue;
        }
        if all {
            new.insert(at, String::new());
        }
        for (part, cell, text) in cells {
            write(&cell, &text, back, &part);
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let xml = package.text(STRINGS).unwrap_or_default();
    let (mut at, mut done) = (0, Ok(()));
    each_string(&xml, true, &mut |old: Traced| {
        if let Some(text) = new.get(&at) {
            // A line end is a space in the table, and stays one where nothing around it changes.
            let (range, bytes) = difference(&old.text.replace(['\n', '\r'], " "), text);
            let splice = Splice { range: range.start as u64..range.end as u64, bytes };
            let taken = old.take_back(&[splice], back.part(STRINGS));
            done = std::mem::replace(&mut done, Ok(())).and(taken);
        }
        at += 1;
    });
    done
}

/// What of an old text is to be replaced by what, so that the new one comes out: all but what both begin and end
/// with.
fn difference(old: &str, new: &str) -> (Range<usize>, Vec<u8>) {
    let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b);
    let head: usize = same.map(|(c, _)| c.len_utf8()).sum();
    let (old_rest, new_rest) = (old.get(head..).unwrap_or(""), new.get(head..).unwrap_or(""));
    let same = old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(|(a, b)| a == b);
    let tail: usize = same.map(|(c, _)| c.len_utf8()).sum();
    let tail = if head + tail == old.len() { 0 } else { tail };
    let bytes = new_rest.get(..new_rest.len() - tail).unwrap_or("").as_bytes().to_vec();
    (head..old.len() - tail, bytes)
}

/// Writes a cell anew: its formula stays, its text is its own (ECMA-376 part 1, 18.18.11).
fn write(cell: &Stands, text: &str, back: &mut Back, part: &str) {
    let prefix = &cell.prefix;
    let shown = String::from_utf8(escaped(text, Within::Text)).unwrap_or_default();
    let kind = if cell.formula.is_some() { "str" } else { "inlineStr" };
    let out = &mut back.part(part).splices;
    let mut splice = |range: Range<usize>, bytes: String| {
        out.push(Splice { range: range.start as u64..range.end as u64, bytes: bytes.into_bytes() });
    };
    match &cell.kind {
        Some(old) => splice(old.clone(), kind.to_owned()),
        None => splice(cell.name_end..cell.name_end, format!(" t=\"{kind}\"")),
    }
    match &cell.formula {
        Some(formula) => {
            splice(cell.tag.end..formula.start, String::new());
            splice(formula.end..cell.end, format!("<{prefix}v>{shown}</{prefix}v>"));
        }
        None => {
            let text =
                format!("<{prefix}is><{prefix}t xml:space=\"preserve\">{shown}</{prefix}t></{prefix}is>");
            splice(cell.tag.end..cell.end, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_replaced() {
        for (old, new, range, wanted) in [
            ("call ana@example.org now", "call [e-mail address] now", 5..20, "[e-mail address]"),
            ("abc", "", 0..3, ""),
            ("aa", "aaa", 0..2, "aaa"),
            ("é x", "è x", 0..2, "è"),
        ] {
            let (got, bytes) = difference(old, new);
            let whole = [&old.as_bytes()[..got.start], &bytes, &old.as_bytes()[got.end..]].concat();
            assert_eq!(String::from_utf8(whole).unwrap(), new);
            if old != "aa" {
                assert_eq!((got, bytes.as_slice()), (range, wanted.as_bytes()));
            }
        }
    }
}
