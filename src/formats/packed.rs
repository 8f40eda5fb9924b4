//! Files that lie in the texts of values: whole, or in pieces of which each record has one.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::ops::Range;
use std::sync::Arc;

use super::encoding::{self, base64};
use super::mapping::{Chunk, Described, FileNode, Packing};
use super::rewrite::{Refused, Splice};
use super::tree::NodeKind;
use super::{Format, Member, Piece as PieceOfItem, Purpose, Reading, Yield};
use crate::records::{Block, ByteBudget, Encoding, Gap, GapClass, Limits, OffsetMap, SqlEscape};

/// Files of one record, at most; their numbers are its number times this and the file's own.
pub(super) const FILES: u32 = 256;

/// How a file stands in the values of records: the way back.
#[derive(Clone, Default)]
pub struct Written {
    texts: Vec<WrittenText>,
    /// Whether the texts together are compressed.
    gzip: bool,
}

impl Written {
    /// A file that stands in base64 in one text, which is encoded in one way; `len` are its bytes.
    pub(super) fn base64(range: Option<Range<u64>>, encoding: Encoding, len: usize) -> Self {
        let text = WrittenText { range, encoding, len, coding: Coding::Base64 };
        Self { texts: vec![text], gzip: false }
    }
}

/// A value that holds a file or a piece of one.
#[derive(Clone)]
pub(super) struct WrittenText {
    /// Where its text stands in the item; none in a charset that is not written here.
    pub(super) range: Option<Range<u64>>,
    /// How the text is encoded there.
    pub(super) encoding: Encoding,
    /// Bytes of the file in it.
    pub(super) len: usize,
    /// How they stand there.
    pub(super) coding: Coding,
}

/// How the bytes of a file stand in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// As they are.
    Plain,
    /// In base64.
    Base64,
    /// In the base64 of RFC 4648 §5.
    Base64Url {
        /// Whether `=` fills the last four letters.
        padded: bool,
    },
}

impl Coding {
    /// How a file of a packing stands in its text. Four letters each time are what padding leaves; without it
    /// one text in three has them by chance.
    fn of(packing: Packing, text: &[u8]) -> Self {
        match packing {
            Packing::Bytes | Packing::Blob => Coding::Plain,
            Packing::Base64 => Coding::Base64,
            Packing::Base64Url => Coding::Base64Url { padded: text.trim_ascii().len().is_multiple_of(4) },
        }
    }

    fn decoded(self, text: &[u8]) -> Vec<u8> {
        match self {
            Coding::Plain => text.to_vec(),
            Coding::Base64 => unpack(text),
            Coding::Base64Url { .. } => {
                let (mut out, mut map) = (Vec::new(), OffsetMap::new());
                base64::decode_url(text, &mut out, &mut map);
                out
            }
        }
    }

    /// The text of bytes, on one line: lines are for mail, a value has none.
    fn encoded(self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Coding::Plain => out.extend_from_slice(bytes),
            Coding::Base64 => base64::encode_line(bytes, &mut out),
            Coding::Base64Url { padded } => base64::encode_url(bytes, padded, &mut out),
        }
        out
    }
}

/// A piece of a file: its position, its bytes, and how its value is written.
type Piece = (u64, Vec<u8>, WrittenText);

/// A file while its pieces come in.
struct Pieces {
    /// The number of the first record that has one.
    first: u64,
    /// Where that record stands.
    begins: u64,
    pieces: Vec<Piece>,
    /// A piece says no position.
    lost: Option<u64>,
}

/// Files of one run of records.
#[derive(Default)]
pub(super) struct Packed {
    files: BTreeMap<String, Pieces>,
    /// What attachments say of files that come in pieces, by id.
    described: BTreeMap<String, Described>,
}

impl Packed {
    /// A file in the text of one value, decoded so far as the text is.
    pub(super) fn file(
        &self,
        file: &FileNode,
        (text, written): (&[u8], WrittenText),
        (record, number): (u64, u32),
        limits: &Limits,
    ) -> Result<Member, Gap> {
        let coding = Coding::of(file.packing, text);
        let bytes = coding.decoded(text);
        let written =
            Written { texts: vec![WrittenText { coding, len: bytes.len(), ..written }], gzip: false };
        member((record, number), (file.name.clone(), file.media_type.clone()), bytes, written, limits)
    }

    /// Takes what an attachment says of its file.
    pub(super) fn describe(&mut self, described: Described) {
        self.described.insert(described.id.clone(), described);
    }

    /// Takes a piece of a file.
    pub(super) fn chunk(
        &mut self,
        chunk: Chunk,
        (text, written): (&[u8], WrittenText),
        (record, at): (u64, u64),
    ) {
        let file = self.files.entry(chunk.of).or_insert_with(|| Pieces {
            first: record,
            begins: at,
            pieces: Vec::new(),
            lost: None,
        });
        let bytes = unpack(text);
        let written = WrittenText { coding: Coding::Base64, len: bytes.len(), ..written };
        match chunk.position {
            Some(position) => file.pieces.push((position, bytes, written)),
            None => file.lost = Some(at),
        }
    }

    /// The files whose pieces are all there, and a gap for each other.
    pub(super) fn put_together(&mut self, limits: &Limits) -> Vec<Result<Member, Gap>> {
        let files = std::mem::take(&mut self.files);
        let mut described = std::mem::take(&mut self.described);
        let put = |(id, file): (String, Pieces)| {
            let (name, media_type) = match described.remove(&id) {
                Some(known) => (known.name, known.media_type),
                None => (id, None),
            };
            put_together(file, (name, media_type), limits)
        };
        files.into_iter().map(put).collect()
    }
}

/// How a file stands in a value whose packing depends on the database the dump is of: MySQL has a type for bytes,
/// in the texts of PostgreSQL programs that serve both write base64.
pub(super) fn resolved(packing: Packing, kind: NodeKind, bytes: &[u8]) -> Packing {
    let is_text = match kind {
        NodeKind::Copied { .. } => true,
        NodeKind::Literal { escape, .. } => escape != SqlEscape::MySql,
        _ => false,
    };
    match packing {
        Packing::Blob if is_text && is_base64(bytes) => Packing::Base64,
        Packing::Blob => Packing::Bytes,
        known => known,
    }
}

/// Whether bytes are whole base64, in lines or in one.
fn is_base64(bytes: &[u8]) -> bool {
    let signs = || bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n'));
    let padding = signs().rev().take_while(|byte| *byte == b'=').count();
    let count = signs().count();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    count > 0 && count.is_multiple_of(4) && padding <= 2 && signs().take(count - padding).all(plain)
}

/// One file from its pieces. Each was encoded by itself; the whole is compressed with gzip, or is not.
fn put_together(
    mut file: Pieces,
    (name, media_type): (String, Option<String>),
    limits: &Limits,
) -> Result<Member, Gap> {
    file.pieces.sort_by_key(|(position, ..)| *position);
    file.pieces.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1);
    let begins = file.begins;
    let in_order = (0u64..).zip(&file.pieces).all(|(want, (position, ..))| want == *position);
    let incomplete =
        |message: &str, at: u64| Gap::new(GapClass::Unread, "attachment-incomplete", message).at(at, None);
    if let Some(at) = file.lost.or_else(|| (!in_order).then_some(begins)) {
        let message = "pieces of a file in the export are missing, double or without a position; export the record again with its attachments";
        return Err(incomplete(message, at));
    }
    let joined: Vec<u8> = file.pieces.iter().flat_map(|(_, bytes, _)| bytes.iter().copied()).collect();
    let gzip = joined.starts_with(&[0x1F, 0x8B]);
    let bytes = match gzip {
        false => joined,
        true => gunzip(&joined, limits).ok_or_else(|| {
            let message = "a file in pieces does not unpack: its last pieces are missing, or it is larger than the limit of expansion";
            incomplete(message, begins)
        })?,
    };
    let written = Written { texts: file.pieces.into_iter().map(|(.., written)| written).collect(), gzip };
    member((file.first, 1), (name, media_type), bytes, written, limits)
}

/// Unpacks gzip as far as the ratio allows; none where it is damaged or goes beyond.
fn gunzip(bytes: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let most = (bytes.len() as u64).saturating_mul(u64::from(limits.ratio)).saturating_add(1 << 16);
    let mut out = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(bytes).take(most + 1);
    decoder.read_to_end(&mut out).ok()?;
    (out.len() as u64 <= most).then_some(out)
}

pub(super) fn member(
    (record, number): (u64, u32),
    (name, media_type): (String, Option<String>),
    bytes: Vec<u8>,
    written: Written,
    limits: &Limits,
) -> Result<Member, Gap> {
    let ordinal = u32::try_from(record).ok().and_then(|record| record.checked_mul(FILES));
    let Some(ordinal) = ordinal.and_then(|first| first.checked_add(number)).filter(|_| number < FILES) else {
        let message = "a record has more files inside, or comes after more records, than are read";
        return Err(Gap::new(GapClass::Limit, "too-many-members", message).lifted_by("--max-members"));
    };
    if !limits.expanded.take(bytes.len() as u64) {
        let message = "the files that lie in records take more bytes than are expanded in one run";
        return Err(Gap::new(GapClass::Limit, "too-much-expanded", message).lifted_by("--max-expanded"));
    }
    let name = if name.is_empty() { format!("file{number}") } else { name };
    Ok(Member { ordinal, name, bytes: bytes.into(), media_type, written })
}

/// The byte ranges that put new bytes in the place of files in the values of a piece's records. Pieces keep
/// their number and positions; what other records say of a file's size and digest stays as it was.
///
/// # Errors
/// A [`Refused`] where a file stands in a charset whose bytes are not those of its text.
pub(super) fn replaced(
    format: &dyn Format,
    piece: &PieceOfItem<'_>,
    reading: &Reading<'_>,
    members: &[(u32, Arc<[u8]>)],
) -> Result<Vec<Splice>, Refused> {
    // What comes out of values counted when it was scanned, and is not counted again.
    let limits = Limits { expanded: ByteBudget::new(u64::MAX), ..reading.limits.clone() };
    let reading = Reading { mappings: reading.mappings, limits: &limits, purpose: Purpose::Scan };
    let mut found = Found::default();
    format.read(piece, &reading, &mut found);
    let mut splices = Vec::new();
    for member in found.members {
        if let Some((_, bytes)) = members.iter().find(|(ordinal, _)| *ordinal == member.ordinal) {
            member.written.replace(bytes, &mut splices)?;
        }
    }
    Ok(splices)
}

impl Written {
    fn replace(&self, bytes: &[u8], splices: &mut Vec<Splice>) -> Result<(), Refused> {
        let refused = || {
            Refused::new(
                "member-not-writable",
                "a file stands in a record in a form that is not written; remove the record instead",
            )
        };
        let packed = if self.gzip { gzip(bytes).ok_or_else(refused)? } else { bytes.to_vec() };
        let mut rest = packed.as_slice();
        for (at, text) in self.texts.iter().enumerate() {
            let last = at + 1 == self.texts.len();
            let len = if last { rest.len() } else { text.len.min(rest.len()) };
            let (now, behind) = rest.split_at(len);
            rest = behind;
            let decoded = text.coding.encoded(now);
            let bytes = encoding::encode(text.encoding, &decoded).map_err(|_| refused())?;
            splices.push(Splice { range: text.range.clone().ok_or_else(refused)?, bytes });
        }
        Ok(())
    }
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// Keeps members and nothing else.
#[derive(Default)]
struct Found {
    block: Block,
    members: Vec<Member>,
}

impl Yield for Found {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }

    fn boundary(&mut self) {
        self.block.clear();
    }

    fn hand_on(&mut self) {
        self.block.clear();
    }

    fn member(&mut self, member: Member) {
        self.members.push(member);
    }

    fn gap(&mut self, _gap: Gap) {}
}

fn unpack(text: &[u8]) -> Vec<u8> {
    let (mut out, mut map) = (Vec::new(), OffsetMap::new());
    base64::decode(text, &mut out, &mut map);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_base64_where_the_database_has_no_bytes() {
        let copied = NodeKind::Copied { escaped: false };
        let literal = |escape| NodeKind::Literal { escape, escaped: false };
        for (kind, text, wanted) in [
            (copied, "aG9s\nYQ==\n", Packing::Base64),
            (literal(SqlEscape::Doubled), "aG9sYQ==", Packing::Base64),
            (literal(SqlEscape::MySql), "aG9sYQ==", Packing::Bytes),
            (NodeKind::Hexadecimal, "aG9sYQ==", Packing::Bytes),
            (copied, "hola, Ana", Packing::Bytes),
            (copied, "aG9sY===", Packing::Bytes),
            (copied, "", Packing::Bytes),
        ] {
            assert_eq!(resolved(Packing::Blob, kind, text.as_bytes()), wanted, "{text}");
        }
        assert_eq!(resolved(Packing::Bytes, copied, b"aG9sYQ=="), Packing::Bytes);
    }
}
