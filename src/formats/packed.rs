//! Files that lie in the texts of values: whole, or in pieces of which each record has one.

use std::collections::BTreeMap;
use std::io::Read;

use super::Member;
use super::encoding::base64;
use super::mapping::{Chunk, FileNode, Packing};
use crate::records::{Gap, GapClass, Limits, OffsetMap};

/// Files of one record, at most; their numbers are its number times this and the file's own.
const FILES: u32 = 256;

/// A piece of a file: its position, its bytes, and where its record stands.
type Piece = (u64, Vec<u8>, u64);

/// A file while its pieces come in.
struct Pieces {
    /// The number of the first record that has one.
    first: u64,
    pieces: Vec<Piece>,
    /// A piece says no position.
    lost: Option<u64>,
}

/// Files of one run of records.
#[derive(Default)]
pub(super) struct Packed {
    files: BTreeMap<String, Pieces>,
}

impl Packed {
    /// A file in the text of one value, decoded so far as the text is.
    pub(super) fn file(
        &self,
        file: &FileNode,
        text: &[u8],
        (record, number): (u64, u32),
        limits: &Limits,
    ) -> Result<Member, Gap> {
        let bytes = match file.packing {
            Packing::Bytes => text.to_vec(),
            Packing::Base64 => unpack(text),
        };
        member(record, number, file.name.clone(), file.media_type.clone(), bytes, limits)
    }

    /// Takes a piece of a file.
    pub(super) fn chunk(&mut self, chunk: Chunk, text: &[u8], (record, at): (u64, u64)) {
        let file = self
            .files
            .entry(chunk.of)
            .or_insert_with(|| Pieces { first: record, pieces: Vec::new(), lost: None });
        match chunk.position {
            Some(position) => file.pieces.push((position, unpack(text), at)),
            None => file.lost = Some(at),
        }
    }

    /// The files whose pieces are all there, and a gap for each other.
    pub(super) fn put_together(&mut self, limits: &Limits) -> Vec<Result<Member, Gap>> {
        let files = std::mem::take(&mut self.files);
        files.into_iter().map(|(id, file)| put_together(id, file, limits)).collect()
    }
}

/// One file from its pieces. Each was encoded by itself; the whole is compressed with gzip, or is not.
fn put_together(id: String, mut file: Pieces, limits: &Limits) -> Result<Member, Gap> {
    file.pieces.sort_by_key(|(position, ..)| *position);
    file.pieces.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1);
    let begins = file.pieces.first().map_or(0, |(.., at)| *at);
    let in_order = (0u64..).zip(&file.pieces).all(|(want, (position, ..))| want == *position);
    let incomplete = |message: &str, at: u64| {
        Gap::new(GapClass::Unread, "attachment-incomplete", message).at(at, None)
    };
    if let Some(at) = file.lost.or_else(|| (!in_order).then_some(begins)) {
        let message = "pieces of a file in the export are missing, double or without a position; export the record again with its attachments";
        return Err(incomplete(message, at));
    }
    let joined: Vec<u8> = file.pieces.iter().flat_map(|(_, bytes, _)| bytes.iter().copied()).collect();
    let bytes = match joined.starts_with(&[0x1F, 0x8B]) {
        false => joined,
        true => gunzip(&joined, limits).ok_or_else(|| {
            let message = "a file in pieces does not unpack: its last pieces are missing, or it is larger than the limit of expansion";
            incomplete(message, begins)
        })?,
    };
    member(file.first, 1, id, None, bytes, limits)
}

/// Unpacks gzip as far as the ratio allows; none where it is damaged or goes beyond.
fn gunzip(bytes: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let most = (bytes.len() as u64).saturating_mul(u64::from(limits.ratio)).saturating_add(1 << 16);
    let mut out = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(bytes).take(most + 1);
    decoder.read_to_end(&mut out).ok()?;
    (out.len() as u64 <= most).then_some(out)
}

fn member(
    record: u64,
    number: u32,
    name: String,
    media_type: Option<String>,
    bytes: Vec<u8>,
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
    Ok(Member { ordinal, name, bytes: bytes.into(), media_type })
}

fn unpack(text: &[u8]) -> Vec<u8> {
    let (mut out, mut map) = (Vec::new(), OffsetMap::new());
    base64::decode(text, &mut out, &mut map);
    out
}
