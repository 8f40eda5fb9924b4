//! What every reader holds to, whatever bytes it is given: it ends without a panic, every text and every record
//! stands inside the item, cutters go on, and an item without a change is written as it was.
//!
//! The mutations of fixtures and the fuzz targets share it.

#![allow(dead_code, reason = "each crate uses its part")]

use std::ops::Range;
use std::sync::Arc;

use olvido::catalogue::PolicyFiles;
use olvido::formats::mapping::Mappings;
use olvido::formats::rewrite::{Changes, Edit, rewrite};
use olvido::formats::{Cut, Format, Member, Piece, Purpose, Reading, Yield, child_readers, probe};
use olvido::records::{Block, ByteBudget, Field, Gap, Limits, Ordinal, Position, Text};

/// What came out of one reading.
#[derive(Default)]
pub struct Read {
    block: Block,
    item: Range<u64>,
    bytes: Vec<u8>,
    /// The format tells where a text begins and no more, since it stands there in a form of its own.
    begins: bool,
    /// Members, with their bytes.
    pub members: Vec<Member>,
    /// Codes of gaps.
    pub gaps: Vec<&'static str>,
    /// Some of the fields: record, path, length of the text and whether the field is whole.
    pub fields: Vec<(Ordinal, Text, String)>,
    /// Bytes of all texts.
    pub text: u64,
}

/// Fields that are kept to be edited, at most.
const KEPT: usize = 64;

impl Yield for Read {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }
    fn boundary(&mut self) {
        if self.block.is_full() {
            self.hand_on();
        }
    }
    fn hand_on(&mut self) {
        let block = std::mem::take(&mut self.block);
        self.look(&block);
    }
    fn member(&mut self, member: Member) {
        self.members.push(member);
    }
    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap.code);
    }
}

impl Read {
    fn look(&mut self, block: &Block) {
        for record in &block.records {
            if let Some(extent) = &record.extent {
                let ascends = self.item.start <= extent.lead
                    && extent.lead <= extent.start
                    && extent.start <= extent.end
                    && extent.end <= self.item.end;
                assert!(ascends, "a record stands at {extent:?} in {:?}", self.item);
            }
            assert!(
                record.parent.is_none_or(|at| (at as usize) < block.records.len()),
                "a parent of its own"
            );
        }
        for field in block.fields() {
            self.look_at_field(block, field);
        }
    }

    fn look_at_field(&mut self, block: &Block, field: &Field) {
        let text = block.field_text(field);
        let len = text.len() as u64;
        let path = block.paths.render(field.path);
        let name = path.expose();
        assert!((field.record as usize) < block.records.len(), "{name}: no record");
        let (from, to) = field.owned;
        assert!(field.start <= from && from <= to && to <= field.end, "{name}: it owns {from}..{to}");
        let mut space = self.item.clone();
        for layer in block.layers.layers(field.layers) {
            let end = layer.base + u64::from(layer.raw_len);
            assert!(
                space.start <= layer.base && end <= space.end,
                "{name}: {layer:?} lies outside {space:?}"
            );
            let mut least = 0;
            for segment in block.layers.segments(layer) {
                assert!(segment.units > 0 && segment.decoded_unit > 0, "{name}: an empty segment");
                assert!(segment.raw >= least, "{name}: segments go back");
                least = segment.raw_end();
            }
            assert!(least <= layer.raw_len, "{name}: a segment ends at {least} of {}", layer.raw_len);
            let decoded = block.layers.segments(layer).last().map_or(0, |segment| segment.decoded_end());
            space = 0..u64::from(decoded);
        }
        if field.layers.is_empty() && self.begins {
            assert!(field.raw >= space.start && field.raw <= space.end, "{name}: outside the item");
            return self.keep(block, field, path);
        }
        if field.layers.is_empty() {
            assert!(field.raw >= space.start && field.raw + len <= space.end, "{name}: outside the item");
            self.verbatim(field, text, name);
        } else {
            assert_eq!(space.end, len, "{name}: its layers decode to another length");
        }
        for range in block.layers.to_raw(field.layers, field.raw, 0..len) {
            let inside =
                self.item.start <= range.start && range.start <= range.end && range.end <= self.item.end;
            assert!(inside, "{name}: its bytes stand at {range:?} in {:?}", self.item);
        }
        self.keep(block, field, path);
    }

    fn keep(&mut self, block: &Block, field: &Field, path: Text) {
        let text = block.field_text(field);
        self.text += text.len() as u64;
        if self.fields.len() < KEPT && !text.is_empty() && field.offset == 0 {
            let record = block.records[field.record as usize].reference.ordinal;
            self.fields.push((record, path, text.to_owned()));
        }
    }

    /// A text without layers is the bytes where it stands, separators of blocks aside.
    fn verbatim(&self, field: &Field, text: &str, name: &str) {
        let at = (field.raw - self.item.start) as usize;
        let raw = &self.bytes[at..at + text.len()];
        let same =
            raw.iter().zip(text.bytes()).all(|(raw, text)| *raw == text || *raw == 0x1F && text == b' ');
        assert!(same, "{name}: its text does not stand where it says");
    }
}

/// The mappings in the binary.
pub fn mappings() -> Mappings {
    let files = PolicyFiles::builtin().mappings;
    let named: Vec<(&str, &str)> =
        files.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect();
    match Mappings::load(&named) {
        Ok(mappings) => mappings,
        Err(problems) => panic!("{}", problems[0]),
    }
}

/// Bounds under which a single small input ends soon.
pub fn small_limits() -> Limits {
    Limits {
        depth: 3,
        members: 64,
        expanded: ByteBudget::new(4 << 20),
        ratio: 50,
        record_bytes: 1 << 20,
        nesting: 64,
        ..Limits::default()
    }
}

/// The reader itself, where the registry gives the one that runs it in a process of its own.
pub fn in_process(format: &'static dyn Format) -> &'static dyn Format {
    child_readers().iter().copied().find(|inner| inner.name() == format.name()).unwrap_or(format)
}

/// The format of bytes, to be read in this process.
pub fn format_of(bytes: &[u8], name: &str) -> &'static dyn Format {
    in_process(probe(&bytes[..bytes.len().min(64 << 10)], name, None))
}

/// Reads, writes and cuts bytes as one format, and does the same with what lies in them.
///
/// # Panics
/// Where a reader does, or does not hold to what it must.
pub fn exercise(format: &'static dyn Format, bytes: &[u8], name: &str, mappings: &Mappings, limits: &Limits) {
    let mut read = read(format, &whole(bytes, name), mappings, limits, Purpose::Scan);
    self::read(format, &whole(bytes, name), mappings, limits, Purpose::Survey);
    written(format, bytes, name, mappings, limits, &read);
    cut(format, bytes, name, mappings, limits);
    let Some(inside) = limits.inside() else { return };
    for member in std::mem::take(&mut read.members) {
        exercise(format_of(&member.bytes, &member.name), &member.bytes, &member.name, mappings, &inside);
    }
}

fn read(
    format: &dyn Format,
    piece: &Piece<'_>,
    mappings: &Mappings,
    limits: &Limits,
    purpose: Purpose,
) -> Read {
    let item = piece.base..piece.base + piece.bytes.len() as u64;
    let mut out = Read { item, bytes: piece.bytes.to_vec(), begins: format.is_packed(), ..Read::default() };
    format.read(piece, &Reading { mappings, limits, purpose }, &mut out);
    out.hand_on();
    out
}

/// The bytes with other ones in the place of one text and of one member, read again; and with nothing changed.
fn written(format: &dyn Format, bytes: &[u8], name: &str, mappings: &Mappings, limits: &Limits, read: &Read) {
    let reading = Reading { mappings, limits, purpose: Purpose::Scan };
    let piece = whole(bytes, name);
    if let Ok(same) = rewrite(format, &piece, &reading, Changes::default()) {
        assert!(same == bytes, "no change changes the bytes");
    }
    let turn =
        bytes.iter().fold(bytes.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let mut changes = Vec::new();
    if let Some((record, field, text)) = read.fields.get(turn % read.fields.len().max(1)) {
        let edit = Edit {
            record: *record,
            field: field.clone(),
            range: 0..text.len() as u64,
            replacement: Text::new("<\"[é, 1]\"&"),
            raw: None,
        };
        changes.push(Changes { edits: vec![edit], ..Changes::default() });
        changes.push(Changes { removals: vec![*record], ..Changes::default() });
    }
    if let Some(member) = read.members.get(turn % read.members.len().max(1)) {
        let members = vec![(member.ordinal, Arc::from(&b"other"[..]))];
        changes.push(Changes { members, ..Changes::default() });
        let names = vec![(member.ordinal, Text::new("other"))];
        changes.push(Changes { names, ..Changes::default() });
    }
    for change in changes {
        if let Ok(other) = rewrite(format, &piece, &reading, change) {
            self::read(format, &whole(&other, name), mappings, limits, Purpose::Scan);
        }
    }
}

/// Bytes in the pieces that the format's cutter makes of them, where it has one.
fn cut(format: &dyn Format, bytes: &[u8], name: &str, mappings: &Mappings, limits: &Limits) {
    let Some(mut cutter) = format.cutter() else { return };
    let wanted = bytes.len() / 3 + 1;
    let (mut from, mut shown, mut ordinal) = (0, 0, 0);
    while from < bytes.len() {
        shown = (shown + wanted).min(bytes.len());
        match cutter.cut(&bytes[from..shown], wanted, shown == bytes.len()) {
            Cut::More => assert!(shown < bytes.len(), "a cutter asks for more than there is"),
            Cut::Here { len, records, carry } => {
                assert!(len > 0 && from + len <= shown, "a cut of {len} bytes in {}", shown - from);
                let piece = Piece {
                    base: from as u64,
                    position: Position::START.after(&bytes[..from]),
                    first_ordinal: ordinal,
                    first: from == 0,
                    last: from + len == bytes.len(),
                    carry,
                    ..whole(&bytes[from..from + len], name)
                };
                read(format, &piece, mappings, limits, Purpose::Scan);
                from += len;
                ordinal += records;
            }
        }
    }
}

fn whole<'a>(bytes: &'a [u8], name: &'a str) -> Piece<'a> {
    Piece {
        bytes,
        base: 0,
        position: Position::START,
        first_ordinal: 0,
        first: true,
        last: true,
        window: None,
        carry: Arc::default(),
        name,
        media_type: None,
    }
}
