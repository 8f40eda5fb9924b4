//! A block: what the engine scans at once.

use std::ops::Range;
use std::sync::Arc;

use super::layers::{LayerStore, LayersRef};
use super::record::{Ordinal, Record, RecordKind};
use super::text::{Text, TextBuffer};

/// What a field is to its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Text of people: bodies, descriptions, notes.
    Body,
    /// A subject or title.
    Subject,
    /// A person's name.
    PersonName,
    /// A person's name that stands in another field as well: it is learned, and not reported twice.
    NameElsewhere,
    /// A person's e-mail address.
    EmailAddress,
    /// An address at which the helpdesk itself receives.
    SupportAddress,
    /// A person's phone number.
    PhoneNumber,
    /// An id, reference or key of a record: judged only on a cue or a known person's value.
    Identifier,
    /// A point in time.
    TimeStamp,
    /// A size, count or version.
    Measure,
    /// The name of a file or member.
    FileName,
    /// An address of a resource.
    Url,
    /// A password, its hash, a key or a token: what opens something for whoever reads it.
    Credential,
    /// The key of an object, or the header of a column.
    Key,
    /// The path of the item, `@path`.
    ItemPath,
    /// The id of the record, `@id`.
    RecordId,
    /// Text hidden from the reader: comments of markup, hidden elements.
    Hidden,
    /// Anything no mapping knows.
    Other,
}

/// Position of a field's path in its block's [`PathStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(u32);

/// One decoded text of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// First byte in the block's text.
    pub start: u32,
    /// One past the last byte in the block's text.
    pub end: u32,
    /// Position of its record in the block.
    pub record: u32,
    /// Its path from the record's root.
    pub path: PathId,
    /// What it is to its record.
    pub role: Role,
    /// Where its first decoded byte stands in the whole field, for a field that continues from the
    /// block before.
    pub offset: u64,
    /// The part of `start..end` whose detections are this block's to report: detections that begin
    /// outside it belong to the neighbouring block, which sees them whole.
    pub owned: (u32, u32),
    /// First byte in the item, where there are no layers.
    pub raw: u64,
    /// The encodings it lies under.
    pub layers: LayersRef,
}

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A name in the store.
    Name(u32, u32),
    /// A position, from 0.
    Index(u32),
    /// A name appended without a separator, as it stands (`!text`).
    Suffix(u32, u32),
}

/// The paths of a block's fields as a tree of steps, so that no path is written out before it is
/// asked for. Names in paths may hold personal data: rendering gives [`Text`].
#[derive(Clone, Default)]
pub struct PathStore {
    nodes: Vec<(u32, Step)>,
    names: String,
}

impl PathStore {
    /// The path of a field that is the record itself, rendered as the empty string.
    pub const ROOT: PathId = PathId(u32::MAX);

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.names.clear();
    }

    /// Stores a name once; [`PathStore::child`] takes the result any number of times.
    pub fn name(&mut self, name: &str) -> NameRef {
        let start = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push_str(name);
        NameRef(start, u32::try_from(self.names.len()).unwrap_or(u32::MAX))
    }

    /// The path one name below `parent`, a reference token of RFC 6901.
    pub fn child(&mut self, parent: PathId, name: NameRef) -> PathId {
        self.push(parent, Step::Name(name.0, name.1))
    }

    /// The path of element `index` of `parent`.
    pub fn element(&mut self, parent: PathId, index: u32) -> PathId {
        self.push(parent, Step::Index(index))
    }

    /// `parent` with `suffix` written behind it as it stands; on the root, a whole path of a format
    /// that is no pointer (`header:Subject[1]`).
    pub fn suffix(&mut self, parent: PathId, suffix: &str) -> PathId {
        let NameRef(start, end) = self.name(suffix);
        self.push(parent, Step::Suffix(start, end))
    }

    fn push(&mut self, parent: PathId, step: Step) -> PathId {
        let at = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX - 1);
        self.nodes.push((parent.0, step));
        PathId(at)
    }

    /// The path written out: RFC 6901 for names and positions.
    pub fn render(&self, path: PathId) -> Text {
        let mut steps = Vec::new();
        let mut at = path;
        while let Some((parent, step)) = self.nodes.get(at.0 as usize) {
            steps.push(*step);
            at = PathId(*parent);
        }
        let mut out = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Index(index) => {
                    out.push('/');
                    out.push_str(&index.to_string());
                }
                Step::Name(start, end) => {
                    out.push('/');
                    for c in self.slice(start, end).chars() {
                        match c {
                            '~' => out.push_str("~0"),
                            '/' => out.push_str("~1"),
                            _ => out.push(c),
                        }
                    }
                }
                Step::Suffix(start, end) => out.push_str(self.slice(start, end)),
            }
        }
        Text::new(out)
    }

    /// The last name on the way to a path, positions left out: the key of `/a/b/0` is `b`.
    pub fn last_name(&self, path: PathId) -> &str {
        let mut at = path;
        while let Some((parent, step)) = self.nodes.get(at.0 as usize) {
            match step {
                Step::Name(start, end) | Step::Suffix(start, end) => return self.slice(*start, *end),
                Step::Index(_) => at = PathId(*parent),
            }
        }
        ""
    }

    fn slice(&self, start: u32, end: u32) -> &str {
        self.names.get(start as usize..end as usize).unwrap_or("")
    }
}

/// A name in a [`PathStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameRef(u32, u32);

/// Decoded texts of many fields of many records, one after the other, parted by [`Block::SEPARATOR`].
///
/// The engine scans [`Block::text`] once; a hit finds its field by binary search. A separator in the
/// data becomes a space, so no detection crosses a field.
#[derive(Clone, Default)]
pub struct Block {
    text: TextBuffer,
    fields: Vec<Field>,
    /// The records of the fields, in the order of the item.
    pub records: Vec<Record>,
    /// The encodings of the fields.
    pub layers: LayerStore,
    /// The paths of the fields.
    pub paths: PathStore,
    /// Raw bytes of the item this block stands for, for the account of what was read.
    pub raw_bytes: u64,
    /// Records of blocks before, whose memory new ones take.
    spare: Vec<Record>,
}

impl Block {
    /// Parts fields; U+001F, "information separator one".
    pub const SEPARATOR: u8 = 0x1F;
    /// A block this long goes to the engine.
    pub const TARGET: usize = 256 << 10;
    /// Forgotten records kept for their memory, at most.
    const SPARE: usize = 4096;
    /// What a field shows of the block before when it continues.
    pub const OVERLAP: usize = 8 << 10;

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.text.expose_mut().clear();
        self.fields.clear();
        self.spare.append(&mut self.records);
        self.spare.truncate(Self::SPARE);
        self.layers.clear();
        self.paths.clear();
        self.raw_bytes = 0;
    }

    /// Whether it is time to hand the block on.
    pub fn is_full(&self) -> bool {
        self.text.len() >= Self::TARGET
    }

    /// Whether nothing at all has been put in.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.records.is_empty()
    }

    /// The decoded texts.
    pub fn text(&self) -> &TextBuffer {
        &self.text
    }

    /// The fields in the order of the text.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field's own text.
    pub fn field_text(&self, field: &Field) -> &str {
        self.text.expose().get(field.start as usize..field.end as usize).unwrap_or("")
    }

    /// The position of the field that holds the byte of the block's text.
    pub fn field_at(&self, byte: u32) -> Option<usize> {
        let at = self.fields.partition_point(|field| field.end <= byte);
        let field = self.fields.get(at)?;
        (field.start <= byte).then_some(at)
    }

    /// A record with nothing known but what it is, in the memory of one that was forgotten.
    pub fn new_record(&mut self, system: Arc<str>, kind: RecordKind, ordinal: Ordinal) -> Record {
        match self.spare.pop() {
            Some(mut record) => {
                record.reset(system, kind, ordinal);
                record
            }
            None => Record::new(system, kind, ordinal),
        }
    }

    /// Adds a record and gives its position.
    pub fn push_record(&mut self, record: Record) -> u32 {
        let at = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        self.records.push(record);
        at
    }

    /// Begins a field: the caller writes its text into the buffer it gets and then calls
    /// [`Block::end_field`]. Dropping the field again needs no call: the next `begin_field` cuts off
    /// what was not ended.
    pub fn begin_field(&mut self) -> &mut String {
        let end = self.fields.last().map_or(0, |field| field.end as usize + 1);
        let text = self.text.expose_mut();
        text.truncate(end);
        if end > 0 && text.len() < end {
            text.push(char::from(Self::SEPARATOR));
        }
        text
    }

    /// Ends the field begun last. Separators inside become spaces, which changes no offset.
    pub fn end_field(&mut self, field: NewField) {
        let start = self.fields.last().map_or(0, |field| field.end as usize + 1);
        let text = self.text.expose_mut();
        let mut from = start;
        while let Some(found) =
            text.as_bytes().get(from..).and_then(|rest| memchr::memchr(Self::SEPARATOR, rest))
        {
            let at = from + found;
            text.replace_range(at..at + 1, " ");
            from = at + 1;
        }
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(text.len())) else { return };
        let owned = match field.owned {
            _ if field.role == Role::NameElsewhere => (start, start),
            Some(range) => (start + range.start, start + range.end),
            None => (start, end),
        };
        self.fields.push(Field {
            start,
            end,
            record: field.record,
            path: field.path,
            role: field.role,
            offset: field.offset,
            owned,
            raw: field.raw,
            layers: field.layers,
        });
    }

    /// Adds a field whose text is already decoded.
    pub fn push_field(&mut self, text: &str, field: NewField) {
        self.begin_field().push_str(text);
        self.end_field(field);
    }
}

/// What a reader says of a field when it ends it.
#[derive(Clone, Debug)]
pub struct NewField {
    /// Position of its record in the block.
    pub record: u32,
    /// Its path.
    pub path: PathId,
    /// What it is to its record.
    pub role: Role,
    /// First byte in the item, where there are no layers.
    pub raw: u64,
    /// The encodings it lies under.
    pub layers: LayersRef,
    /// Where it begins in the whole field; 0 unless it continues.
    pub offset: u64,
    /// The bytes of this text whose detections are this block's to report; none for all.
    pub owned: Option<Range<u32>>,
}

impl NewField {
    /// A whole field whose text stands in the item as it is.
    pub fn verbatim(record: u32, path: PathId, role: Role, raw: u64) -> Self {
        Self { record, path, role, raw, layers: LayersRef::default(), offset: 0, owned: None }
    }

    /// A whole field under layers.
    pub fn layered(record: u32, path: PathId, role: Role, layers: LayersRef) -> Self {
        Self { record, path, role, raw: 0, layers, offset: 0, owned: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_bytes() {
        let mut block = Block::default();
        for text in ["uno", "", "tres"] {
            block.push_field(text, NewField::verbatim(0, PathStore::ROOT, Role::Body, 0));
        }
        assert_eq!(block.text().expose(), "uno\u{1f}\u{1f}tres");
        assert_eq!(block.field_at(2), Some(0));
        assert_eq!(block.field_at(3), None);
        assert_eq!(block.field_at(5), Some(2));
        assert_eq!(
            block.fields().iter().map(|f| block.field_text(f)).collect::<Vec<_>>(),
            ["uno", "", "tres"]
        );
    }

    #[test]
    fn a_separator_in_the_data_becomes_a_space() {
        let mut block = Block::default();
        block.push_field("a\u{1f}b", NewField::verbatim(0, PathStore::ROOT, Role::Body, 0));
        assert_eq!(block.text().expose(), "a b");
    }

    #[test]
    fn a_field_begun_and_not_ended_leaves_nothing() {
        let mut block = Block::default();
        block.push_field("a", NewField::verbatim(0, PathStore::ROOT, Role::Body, 0));
        block.begin_field().push_str("lost");
        block.push_field("b", NewField::verbatim(0, PathStore::ROOT, Role::Body, 0));
        assert_eq!(block.text().expose(), "a\u{1f}b");
    }

    #[test]
    fn paths_are_json_pointers() {
        let mut paths = PathStore::default();
        let comments = paths.name("a/b~c");
        let list = paths.child(PathStore::ROOT, comments);
        let first = paths.element(list, 3);
        let html = paths.suffix(first, "!text");
        assert_eq!(paths.render(html).expose(), "/a~1b~0c/3!text");
        assert_eq!(paths.render(PathStore::ROOT).expose(), "");
    }
}
