//! Pieces of JSON to records.

use super::super::emit::Emitter;
use super::super::encoding::json_string;
use super::super::peeled::{Layered, Unpacked, narrow};
use super::super::text::damage_gap;
use super::super::tree::{KeyId, NodeKind, Step, Tree};
use super::super::values::{Root, Top, Values};
use super::super::{Piece, Purpose, Reading, Yield};
use super::tokens::{Failure, parse, skip_blank, skip_value};
use crate::formats::emit::{Spot, root_path};
use crate::records::{Encoding, Extent, Gap, GapClass, OffsetMap, Ordinal, Record, RecordKind, Role};

/// Gaps of one code a piece tells one by one; the rest are counted.
const TOLD: u64 = 20;
/// Objects around record arrays, at most; the cutter's bound.
const WRAPPERS: usize = 4;

/// Where the reader stands.
#[derive(Debug)]
enum Level {
    /// Inside an object around record arrays.
    Object,
    /// Inside an array of records.
    Array {
        /// Its number among the arrays of the item.
        siblings: u64,
        /// Where the element before ends in the item.
        before: Option<u64>,
    },
}

/// What an object around records holds.
struct Inside {
    /// Objects that a mapping knows.
    known: bool,
    /// Arrays of objects.
    arrays: bool,
    /// No values beside them but what pages have.
    scalars: bool,
}

/// Reads one piece.
pub(super) struct Reader<'r, 'o> {
    values: Values<'r, 'o>,
    text: &'r str,
    tree: Tree,
    reading: &'r Reading<'r>,
    system: &'static str,
    last: bool,
    /// The piece is the whole item.
    whole: bool,
    next: u64,
    document: u64,
    levels: Vec<Level>,
    pointer: Vec<String>,
    malformed: u64,
    /// The document's own record is begun and takes members.
    around: bool,
}

/// What happened to one value.
enum Done {
    /// Read; the offset behind it.
    At(usize),
    /// The rest of the piece was read as text.
    Rest,
}

/// Reads a piece of lines or of documents.
pub(super) fn read(
    lines: bool,
    system: &'static str,
    piece: &Piece<'_>,
    reading: &Reading<'_>,
    out: &mut dyn Yield,
) {
    let unpacked = Unpacked::of(piece);
    damage_gap(&unpacked, out);
    out.block().raw_bytes += piece.bytes.len() as u64;
    let values = Values::new(system, None, reading, &unpacked, Emitter::new(out));
    let mut reader = Reader {
        values,
        text: &unpacked.text,
        tree: Tree::default(),
        reading,
        system,
        last: piece.last,
        whole: piece.first && piece.last,
        next: piece.first_ordinal,
        document: piece.carry.document,
        levels: Vec::new(),
        pointer: piece.carry.pointer.clone(),
        malformed: 0,
        around: false,
    };
    reader.levels.extend(reader.pointer.iter().map(|_| Level::Object));
    if let Some(array) = piece.carry.array {
        reader.levels.push(Level::Array { siblings: array + 1, before: piece.carry.element_end });
    }
    if lines {
        reader.lines()
    } else {
        reader.documents()
    }
    reader.finish();
}

impl Reader<'_, '_> {
    fn finish(mut self) {
        self.end_around();
        if self.malformed > TOLD {
            let message =
                format!("{} more values are no valid JSON; they were read as text", self.malformed - TOLD);
            self.values.emitter.out().gap(Gap::new(GapClass::Fault, "malformed-json", message));
        }
        self.values.finish(self.reading.purpose == Purpose::Scan);
        if self.values.damaged {
            self.values.emitter.out().gap(Gap::new(
                GapClass::Fault,
                "malformed-json",
                "some \\u escapes stand for no character; they were read as U+FFFD and the text around them as it is",
            ));
        }
    }

    fn lines(&mut self) {
        let mut start = 0;
        while start < self.text.len() {
            let rest = self.text.as_bytes().get(start..).unwrap_or(&[]);
            let end = memchr::memchr(b'\n', rest).map_or(self.text.len(), |at| start + at + 1);
            let ordinal = self.take_ordinal();
            let at = skip_blank(self.text.as_bytes(), start).min(end);
            if at < end {
                let extent = Extent {
                    lead: self.values.raw(start),
                    start: self.values.raw(start),
                    end: self.values.raw(end),
                    siblings: 0,
                };
                self.line(at, end, ordinal, extent);
            }
            start = end;
        }
    }

    fn line(&mut self, at: usize, end: usize, ordinal: u64, extent: Extent) {
        let line = self.text.get(..end).unwrap_or(self.text);
        let outcome = parse(line, at, &mut self.values.keys, self.reading.limits.nesting, &mut self.tree);
        match outcome {
            Ok(behind) if skip_blank(line.as_bytes(), behind) >= end => match self.is_page_alone() {
                true => self.page(at, end, ordinal),
                false => self.emit(0, ordinal, Some(extent), None),
            },
            outcome => {
                let failure = outcome.err().unwrap_or(Failure::Malformed);
                self.as_text(at, end, ordinal, Some(extent), failure);
            }
        }
    }

    /// A line that is a page around records of a helpdesk, as answers of an interface are kept one a line. Its
    /// records have numbers that no line has.
    fn page(&mut self, at: usize, end: usize, line: u64) {
        let bytes = self.text.as_bytes();
        let next = std::mem::replace(&mut self.next, (line + 1) << 32);
        self.document = line;
        self.levels.push(Level::Object);
        let mut at = at + 1;
        while !self.levels.is_empty() {
            at = skip_blank(bytes, at);
            let done = match self.levels.last() {
                _ if at >= end => break,
                Some(Level::Array { .. }) => self.in_array(at),
                Some(Level::Object) => self.in_object(at),
                None => break,
            };
            match done {
                Done::At(behind) => at = behind.max(at + 1),
                Done::Rest => break,
            }
        }
        self.end_around();
        self.levels.clear();
        self.pointer.clear();
        self.next = next;
    }

    fn documents(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        loop {
            at = skip_blank(bytes, at);
            if at >= bytes.len() {
                break;
            }
            let done = match self.levels.last() {
                None => self.document(at),
                Some(Level::Array { .. }) => self.in_array(at),
                Some(Level::Object) => self.in_object(at),
            };
            match done {
                Done::At(behind) => at = behind.max(at + 1),
                Done::Rest => return,
            }
        }
        if self.last && !self.levels.is_empty() {
            self.malformed += 1;
            let gap = Gap::new(GapClass::Fault, "malformed-json", "the document ends before it is closed")
                .at(self.values.raw(bytes.len()), None);
            self.values.emitter.out().gap(gap);
        }
    }

    /// A value at the top of the item.
    fn document(&mut self, at: usize) -> Done {
        let bytes = self.text.as_bytes();
        if bytes.get(at) == Some(&b'[') {
            self.levels.push(Level::Array { siblings: self.values.raw(at) + 1, before: None });
            return Done::At(at + 1);
        }
        self.document = self.take_ordinal();
        let nesting = self.reading.limits.nesting;
        match parse(self.text, at, &mut self.values.keys, nesting, &mut self.tree) {
            Ok(_) if self.is_page() => {}
            Ok(end) => {
                // A document that is all of its item goes when the item goes.
                self.emit(0, self.document, self.own_extent(at, end), None);
                return Done::At(end);
            }
            Err(_) if bytes.get(at) == Some(&b'{') && self.opens_page(at) => {}
            Err(Failure::Malformed) => return self.rest_as_text(at, self.document, Failure::Malformed),
            Err(failure) => return self.skip_as_text(at, self.document, None, failure),
        }
        self.levels.push(Level::Object);
        Done::At(at + 1)
    }

    /// One of several documents may be removed, the only one not.
    fn own_extent(&self, at: usize, end: usize) -> Option<Extent> {
        let bytes = self.text.as_bytes();
        let alone = bytes.get(..at).unwrap_or(&[]).iter().all(u8::is_ascii_whitespace)
            && skip_blank(bytes, end) >= bytes.len()
            && self.whole;
        let (start, end) = (self.values.raw(at), self.values.raw(end));
        (!alone).then_some(Extent { lead: start, start, end, siblings: 0 })
    }

    /// Whether the object just read is a page around records and no record itself.
    fn is_page(&mut self) -> bool {
        let Inside { known, arrays, scalars } = self.inside();
        known || (arrays && scalars)
    }

    /// The same of a line, which is a record of its own unless it has records of a helpdesk and nothing beside
    /// them but what pages have.
    fn is_page_alone(&mut self) -> bool {
        let Inside { known, scalars, .. } = self.inside();
        known && scalars
    }

    /// What the object just read holds; nothing where it is a record itself.
    fn inside(&mut self) -> Inside {
        if self.values.recognise(&self.tree, 0, (None, None)).is_some() {
            return Inside { known: false, arrays: false, scalars: false };
        }
        let mut holders = vec![(0u32, 0usize)];
        let (mut arrays, mut known, mut scalars) = (false, false, true);
        while let Some((holder, depth)) = holders.pop() {
            for (at, node) in self.tree.children(holder) {
                let Step::Key(key) = node.step else { continue };
                match node.kind {
                    NodeKind::Object if depth + 1 < WRAPPERS => {
                        known |= self.values.recognise(&self.tree, at, (Some(key), None)).is_some();
                        holders.push((at, depth + 1));
                    }
                    NodeKind::Array => {
                        let first = self.tree.children(at).next();
                        if let Some((first, NodeKind::Object)) = first.map(|(at, node)| (at, node.kind)) {
                            arrays = true;
                            known |= self.values.recognise(&self.tree, first, (Some(key), None)).is_some();
                        }
                    }
                    NodeKind::Object => {}
                    _ => scalars &= depth > 0 || self.values.keys.name(key).is_some_and(is_paging),
                }
            }
        }
        Inside { known, arrays, scalars }
    }

    /// Whether an object that does not end in this piece, or not at all, opens like a page.
    fn opens_page(&self, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        let mut at = skip_blank(bytes, at + 1);
        for _ in 0..64 {
            let Some(end) = skip_key(bytes, at) else { return false };
            match bytes.get(end) {
                Some(b'[') if bytes.get(skip_blank(bytes, end + 1)) == Some(&b'{') => return true,
                Some(b'{') => {
                    at = skip_blank(bytes, end + 1);
                    continue;
                }
                Some(_) => {}
                None => return false,
            }
            let Some(behind) = skip_scalar(bytes, end) else { return false };
            at = skip_blank(bytes, behind);
            while let Some(b',' | b'}') = bytes.get(at) {
                at = skip_blank(bytes, at + 1);
            }
        }
        false
    }

    fn in_array(&mut self, at: usize) -> Done {
        let bytes = self.text.as_bytes();
        match bytes.get(at) {
            Some(b']') => {
                self.levels.pop();
                if matches!(self.levels.last(), Some(Level::Object)) {
                    self.pointer.pop();
                }
                return Done::At(at + 1);
            }
            Some(b',') => return Done::At(at + 1),
            _ => {}
        }
        let ordinal = self.take_ordinal();
        let nesting = self.reading.limits.nesting;
        match parse(self.text, at, &mut self.values.keys, nesting, &mut self.tree) {
            Ok(end) => {
                let extent = self.element_extent(at, end);
                let under = self.pointer.last().map(|name| self.values.keys.id(name));
                self.emit(0, ordinal, extent, under);
                Done::At(end)
            }
            Err(Failure::Malformed) => self.rest_as_text(at, ordinal, Failure::Malformed),
            Err(failure) => match skip_value(bytes, at) {
                Some(end) => {
                    let extent = self.element_extent(at, end);
                    self.skip_as_text(at, ordinal, extent, failure)
                }
                None => self.rest_as_text(at, ordinal, failure),
            },
        }
    }

    fn element_extent(&mut self, at: usize, end: usize) -> Option<Extent> {
        let (start, end) = (self.values.raw(at), self.values.raw(end));
        let Some(Level::Array { siblings, before }) = self.levels.last_mut() else { return None };
        let lead = before.replace(end).unwrap_or(start);
        Some(Extent { lead, start, end, siblings: *siblings })
    }

    /// A member of an object around record arrays.
    fn in_object(&mut self, at: usize) -> Done {
        let bytes = self.text.as_bytes();
        match bytes.get(at) {
            Some(b'}') => {
                self.levels.pop();
                if matches!(self.levels.last(), Some(Level::Object)) {
                    self.pointer.pop();
                }
                return Done::At(at + 1);
            }
            Some(b',') => return Done::At(at + 1),
            Some(b'"') => {}
            _ => return self.rest_as_text(at, self.document, Failure::Malformed),
        }
        let Some(value) = skip_key(bytes, at) else {
            return self.rest_as_text(at, self.document, Failure::Malformed);
        };
        let key = self.key_at(at);
        let nesting = self.reading.limits.nesting;
        let array = bytes.get(value) == Some(&b'[') && bytes.get(skip_blank(bytes, value + 1)) == Some(&b'{');
        if array && self.levels.iter().all(|level| matches!(level, Level::Object)) {
            self.levels.push(Level::Array { siblings: self.values.raw(value) + 1, before: None });
            self.pointer.push(key);
            return Done::At(value + 1);
        }
        let deeper = bytes.get(value) == Some(&b'{') && self.levels.len() < WRAPPERS;
        match parse(self.text, value, &mut self.values.keys, nesting, &mut self.tree) {
            Ok(end) => {
                let under = self.values.keys.id(&key);
                if deeper && self.values.recognise(&self.tree, 0, (Some(under), None)).is_some() {
                    let ordinal = self.take_ordinal();
                    self.emit(0, ordinal, None, Some(under));
                    return Done::At(end);
                }
                if !(deeper && self.holds_array()) {
                    self.around(key);
                    return Done::At(end);
                }
            }
            Err(_) if deeper && self.opens_page(value) => {}
            Err(Failure::Malformed) => return self.rest_as_text(value, self.document, Failure::Malformed),
            Err(failure) => return self.skip_as_text(value, self.document, None, failure),
        }
        self.levels.push(Level::Object);
        self.pointer.push(key);
        Done::At(value + 1)
    }

    /// Whether the object just read has an array of objects among its members.
    fn holds_array(&self) -> bool {
        self.tree.children(0).any(|(at, node)| {
            node.kind == NodeKind::Array
                && self.tree.children(at).next().is_some_and(|(_, first)| first.kind == NodeKind::Object)
        })
    }

    /// A member that stands around the records is a field of the document's own record.
    fn around(&mut self, key: String) {
        let mut tokens = self.pointer.clone();
        tokens.push(key);
        let ordinal = Ordinal { top: self.document, sub: 0 };
        if self.reading.purpose == Purpose::Survey {
            return;
        }
        if !self.around {
            self.around = true;
            self.values.emitter.begin(vec![Record::new(self.system.into(), RecordKind::Other, ordinal)]);
        }
        let top =
            Top { node: 0, ordinal, extent: None, under: None, root: Root::Under(&tokens), within: None };
        self.values.members(&self.tree, &top);
    }

    /// Ends the document's own record before another begins.
    fn end_around(&mut self) {
        if std::mem::take(&mut self.around) {
            self.values.emitter.end();
        }
    }

    fn key_at(&self, at: usize) -> String {
        let bytes = self.text.as_bytes();
        let Some((end, _)) = super::tokens::string_end(bytes, at + 1) else { return String::new() };
        let (mut name, mut map) = (Vec::new(), OffsetMap::new());
        json_string::decode(bytes.get(at + 1..end).unwrap_or(&[]), &mut name, &mut map);
        String::from_utf8_lossy(&name).into_owned()
    }

    fn take_ordinal(&mut self) -> u64 {
        let ordinal = self.next;
        self.next += 1;
        ordinal
    }

    fn emit(&mut self, node: u32, ordinal: u64, extent: Option<Extent>, under: Option<KeyId>) {
        self.end_around();
        let ordinal = Ordinal { top: ordinal, sub: 0 };
        self.values
            .element(&self.tree, &Top { node, ordinal, extent, under, root: Root::Record, within: None });
    }

    /// A value whose end is known and whose inside is not.
    fn skip_as_text(&mut self, at: usize, ordinal: u64, extent: Option<Extent>, failure: Failure) -> Done {
        match skip_value(self.text.as_bytes(), at) {
            Some(end) => {
                self.as_text(at, end, ordinal, extent, failure);
                Done::At(end)
            }
            None => self.rest_as_text(at, ordinal, failure),
        }
    }

    fn rest_as_text(&mut self, at: usize, ordinal: u64, failure: Failure) -> Done {
        self.as_text(at, self.text.len(), ordinal, None, failure);
        self.levels.clear();
        Done::Rest
    }

    /// Scans bytes that could not be read as a tree: as text, with escapes of strings undone.
    fn as_text(&mut self, at: usize, end: usize, ordinal: u64, extent: Option<Extent>, failure: Failure) {
        self.end_around();
        let (raw_start, raw_end) = (self.values.raw(at), self.values.raw(end));
        self.tell(failure, raw_start, raw_end - raw_start);
        if self.reading.purpose == Purpose::Survey {
            return;
        }
        let raw = self.text.get(at..end).unwrap_or("");
        let (mut decoded, mut map) = (Vec::with_capacity(raw.len()), OffsetMap::new());
        json_string::decode(raw.as_bytes(), &mut decoded, &mut map);
        let text = String::from_utf8(decoded).unwrap_or_default();
        let outer = self.values.outer(at..end);
        let base = outer.as_ref().map_or(raw_start, |(_, shift)| *shift);
        let mut layers: Vec<Layered> = outer.map(|(layer, _)| layer).into_iter().collect();
        layers.push(Layered { encoding: Encoding::JsonString, base, raw_len: narrow(raw.len()), map });
        let ordinal = Ordinal { top: ordinal, sub: 0 };
        let mut record = Record::new(self.system.into(), RecordKind::Other, ordinal);
        record.extent = extent;
        self.values.emitter.begin(vec![record]);
        self.values.emitter.text(0, Role::Other, &text, &Spot::under(&layers), &mut root_path);
        self.values.emitter.end();
    }

    fn tell(&mut self, failure: Failure, at: u64, bytes: u64) {
        let gap = match failure {
            Failure::Malformed => {
                self.malformed += 1;
                if self.malformed > TOLD {
                    return;
                }
                Gap::new(
                    GapClass::Fault,
                    "malformed-json",
                    "no valid JSON; it was read as text, without fields",
                )
            }
            Failure::TooDeep => Gap::new(
                GapClass::Limit,
                "too-deep",
                "values are nested deeper than the limit; they were read as text, without fields",
            ),
            Failure::TooMany => Gap::new(
                GapClass::Limit,
                "record-too-large",
                "one record has more values than are held at once; it was read as text, without fields",
            ),
        };
        self.values.emitter.out().gap(gap.at(at, Some(bytes)));
    }
}

/// The value's offset behind the key that begins at `at`.
fn skip_key(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let (end, _) = super::tokens::string_end(bytes, at + 1)?;
    let colon = skip_blank(bytes, end + 1);
    (bytes.get(colon) == Some(&b':')).then(|| skip_blank(bytes, colon + 1))
}

/// The offset behind a value that is no object; none where it does not end.
fn skip_scalar(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => Some(super::tokens::string_end(bytes, at + 1)?.0 + 1),
        b'[' => skip_value(bytes, at),
        _ => Some(at + bytes.get(at..)?.iter().position(|byte| b",}] \n\r\t".contains(byte))?),
    }
}

/// Keys of pages around records, across the interfaces of helpdesks.
fn is_paging(key: &str) -> bool {
    const PAGING: [&str; 42] = [
        "next_page",
        "previous_page",
        "prev_page",
        "count",
        "page",
        "pages",
        "per_page",
        "page_size",
        "page_count",
        "total",
        "total_count",
        "total_pages",
        "totalcount",
        "has_more",
        "hasmore",
        "next",
        "previous",
        "prev",
        "first",
        "last",
        "after_cursor",
        "before_cursor",
        "after_url",
        "before_url",
        "end_of_stream",
        "end_time",
        "start_time",
        "startat",
        "maxresults",
        "islast",
        "limit",
        "offset",
        "cursor",
        "expand",
        "status",
        "success",
        "ok",
        "error",
        "next_cursor",
        "results_count",
        "sort_by",
        "sort_order",
    ];
    PAGING.iter().any(|word| key.eq_ignore_ascii_case(word))
}
