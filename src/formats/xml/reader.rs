//! Pieces of XML to records.

use super::elements::{Failure, Setting, parse};
use super::tokens::{Kind, Open, token};
use super::wrappers::{Holds, holds_records};
use crate::formats::emit::{Emitter, Spot};
use crate::formats::encoding;
use crate::formats::peeled::{Layered, Unpacked, narrow};
use crate::formats::text::damage_gap;
use crate::formats::tree::Tree;
use crate::formats::values::{Root, Top, Values};
use crate::formats::{Piece, Purpose, Reading, Yield};
use crate::records::{
    Encoding, Extent, Gap, GapClass, OffsetMap, Ordinal, PathStore, Record, RecordKind, Role,
};

/// Gaps of one code a piece tells one by one; the rest are counted.
const TOLD: u64 = 20;

struct Reader<'r, 'o> {
    values: Values<'r, 'o>,
    text: &'r str,
    tree: Tree,
    reading: &'r Reading<'r>,
    system: &'static str,
    last: bool,
    next: u64,
    around: Open,
    /// The document's own record is begun and takes what stands around the others.
    document: bool,
    malformed: u64,
}

/// Reads a piece.
pub(super) fn read(piece: &Piece<'_>, reading: &Reading<'_>, system: &'static str, out: &mut dyn Yield) {
    let unpacked = Unpacked::of(piece);
    if reading.purpose == Purpose::Scan {
        damage_gap(&unpacked, out);
    }
    out.block().raw_bytes += piece.bytes.len() as u64;
    let mut around = Open::default();
    piece.carry.pointer.iter().for_each(|name| around.push(name.as_bytes()));
    let values = Values::new(system, None, reading, &unpacked, Emitter::new(out)).with_schema_keys();
    let mut reader = Reader {
        values,
        text: &unpacked.text,
        tree: Tree::default(),
        reading,
        system,
        last: piece.last,
        // The document is the record before the first.
        next: piece.first_ordinal + u64::from(piece.first),
        around,
        document: false,
        malformed: 0,
    };
    reader.all();
    reader.finish();
}

impl Reader<'_, '_> {
    fn all(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let token = token(bytes, at);
            match &token.kind {
                Kind::Open(tag) => {
                    let name = bytes.get(tag.name.clone()).unwrap_or(&[]);
                    if self.around.depth() > 0 && self.holds(at) == Holds::Values {
                        at = self.element(at, name);
                        continue;
                    }
                    // The document element, or one around records: its attributes are the document's.
                    self.around_field(tag.attributes.clone(), "@");
                    if self.around.depth() > 0 || !tag.empty {
                        self.around.push(name);
                    }
                }
                Kind::Close(name) => {
                    let name = bytes.get(name.clone()).unwrap_or(&[]);
                    let count = self.around.closed_by(name);
                    if count == 0 {
                        self.fault(at);
                    }
                    self.around.pop(count.min(self.around.depth().saturating_sub(1)));
                }
                Kind::Text => self.around_field(at..token.end, "text"),
                Kind::Comment(inside) => self.around_field(inside.clone(), "comment"),
                Kind::Verbatim(inside) | Kind::Instruction(inside) => {
                    self.around_field(inside.clone(), "text");
                }
                Kind::Doctype => self.around_field(at..token.end, "doctype"),
            }
            if token.cut && token.end >= bytes.len() && !matches!(token.kind, Kind::Text) {
                self.fault(at);
            }
            at = token.end.max(at + 1);
        }
    }

    /// What the element at `at` holds. One that goes on behind the piece holds records: a cutter parts
    /// nothing else.
    fn holds(&self, at: usize) -> Holds {
        let rest = self.text.as_bytes().get(at..).unwrap_or(&[]);
        match holds_records(rest, &self.around, self.last) {
            Holds::Unknown => Holds::Records,
            known => known,
        }
    }

    fn element(&mut self, at: usize, name: &[u8]) -> usize {
        self.end_document();
        let ordinal = Ordinal { top: self.next, sub: 0 };
        self.next += 1;
        let root = String::from_utf8_lossy(self.around.name(0)).into_owned();
        let named_by = self.reading.mappings.named_by(&root);
        let setting = Setting { around: &self.around, named_by, nesting: self.reading.limits.nesting };
        let read = parse(self.text, at, &mut self.values.keys, &setting, &mut self.tree);
        let end = match &read {
            Ok(read) => read.end,
            Err(_) => self.end_of(at),
        };
        let (start, after) = (self.values.raw(at), self.values.raw(end));
        let extent = Some(Extent { lead: start, start, end: after, siblings: 0 });
        match read {
            Ok(read) => {
                if let Some(fault) = read.fault {
                    self.fault(fault);
                }
                let under = Some(self.values.keys.id(&String::from_utf8_lossy(name)));
                let within = Some(self.values.keys.id(&root));
                let top = Top { node: 0, ordinal, extent, under, root: Root::Record, within };
                self.values.element(&self.tree, &top);
            }
            Err(failure) => self.as_text(at, end, ordinal, extent, failure),
        }
        end.max(at + 1)
    }

    /// Where an element that is not read as a tree ends.
    fn end_of(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let (mut at, mut open) = (from, Open::default());
        while at < bytes.len() {
            let token = token(bytes, at);
            match &token.kind {
                Kind::Open(tag) if !tag.empty => open.push(bytes.get(tag.name.clone()).unwrap_or(&[])),
                Kind::Close(name) => {
                    let name = bytes.get(name.clone()).unwrap_or(&[]);
                    let count = open.closed_by(name);
                    if count == 0 && self.around.closed_by(name) > 0 {
                        return at;
                    }
                    open.pop(count);
                }
                _ => {}
            }
            at = token.end.max(at + 1);
            if open.depth() == 0 {
                return at;
            }
        }
        bytes.len()
    }

    /// An element too deep or too large for a tree: its text with its tags.
    fn as_text(&mut self, at: usize, end: usize, ordinal: Ordinal, extent: Option<Extent>, failure: Failure) {
        let gap = match failure {
            Failure::TooDeep => Gap::new(
                GapClass::Limit,
                "nesting-too-deep",
                "elements are nested deeper than the limit; they were read as text, without fields",
            ),
            Failure::TooMany => Gap::new(
                GapClass::Limit,
                "record-too-large",
                "one record has more values than are held at once; it was read as text, without fields",
            ),
        };
        let (from, to) = (self.values.raw(at), self.values.raw(end));
        self.values.emitter.out().gap(gap.at(from, Some(to - from)));
        if self.reading.purpose == Purpose::Survey {
            return;
        }
        let mut record = Record::new(self.system.into(), RecordKind::Other, ordinal);
        record.extent = extent;
        self.values.emitter.begin(vec![record]);
        self.push(at..end, Encoding::HtmlText, Role::Other, "text");
        self.values.emitter.end();
    }

    /// What stands around the records is a field of the document.
    fn around_field(&mut self, range: std::ops::Range<usize>, path: &'static str) {
        let raw = self.text.get(range.clone()).unwrap_or("");
        if self.reading.purpose == Purpose::Survey || raw.trim_ascii().is_empty() {
            return;
        }
        if !self.document {
            self.document = true;
            let ordinal = Ordinal { top: 0, sub: 0 };
            self.values.emitter.begin(vec![Record::new(self.system.into(), RecordKind::Other, ordinal)]);
        }
        let (encoding, role) = match path {
            "comment" => (Encoding::Verbatim, Role::Hidden),
            "text" => (Encoding::XmlText, Role::Other),
            "@" => (Encoding::XmlAttribute { quote: b'"' }, Role::Other),
            _ => (Encoding::Verbatim, Role::Other),
        };
        self.push(range, encoding, role, path);
    }

    fn push(&mut self, range: std::ops::Range<usize>, encoding: Encoding, role: Role, path: &'static str) {
        let raw = self.text.get(range.clone()).unwrap_or("");
        let (mut decoded, mut map) = (Vec::new(), OffsetMap::new());
        encoding::decode(encoding, raw.as_bytes(), &mut decoded, &mut map);
        let text = String::from_utf8_lossy(&decoded).into_owned();
        let outer = self.values.outer(range.clone());
        let base = outer.as_ref().map_or_else(|| self.values.raw(range.start), |(_, shift)| *shift);
        let mut layers: Vec<Layered> = outer.map(|(layer, _)| layer).into_iter().collect();
        layers.push(Layered { encoding, base, raw_len: narrow(raw.len()), map });
        let spot = Spot::under(&layers);
        self.values
            .emitter
            .text(0, role, &text, &spot, &mut |block, _| block.paths.suffix(PathStore::ROOT, path));
    }

    fn end_document(&mut self) {
        if std::mem::take(&mut self.document) {
            self.values.emitter.end();
        }
    }

    /// Tells that something is not well formed; what stands there was read all the same.
    fn fault(&mut self, at: usize) {
        self.malformed += 1;
        if self.malformed > TOLD || self.reading.purpose == Purpose::Survey {
            return;
        }
        let message = "the markup is not well formed here; elements were closed where they had to end, and all text was read";
        let gap = Gap::new(GapClass::Fault, "malformed-xml", message).at(self.values.raw(at), None);
        self.values.emitter.out().gap(gap);
    }

    fn finish(mut self) {
        self.end_document();
        let scan = self.reading.purpose == Purpose::Scan;
        if self.malformed > TOLD && scan {
            let message = format!("{} more places are not well formed", self.malformed - TOLD);
            self.values.emitter.out().gap(Gap::new(GapClass::Fault, "malformed-xml", message));
        }
        self.values.finish(scan);
    }
}
