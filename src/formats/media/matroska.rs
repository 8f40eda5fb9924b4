//! Matroska and WebM: elements of EBML (RFC 8794, RFC 9559).

use std::ops::Range;

use super::super::images::metadata::{Metadata, decoded};
use super::super::images::numbers::run;
use super::{length, made};
use crate::records::Role;

/// First bytes: the head of EBML.
pub(super) const MAGIC: &[u8] = b"\x1A\x45\xDF\xA3";
/// Elements in each other.
const DEPTH: u32 = 16;
/// Seconds from 1970 to 2001, which dates are counted from.
const EPOCH: i64 = 978_307_200;
const UNKNOWN: u64 = u64::MAX;

mod id {
    pub(super) const EBML: u32 = 0x1A45_DFA3;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const CLUSTER: u32 = 0x1F43_B675;
    pub(super) const CUES: u32 = 0x1C53_BB6B;
    pub(super) const SEEK_HEAD: u32 = 0x114D_9B74;
    pub(super) const INFO: u32 = 0x1549_A966;
    pub(super) const TRACKS: u32 = 0x1654_AE6B;
    pub(super) const TAGS: u32 = 0x1254_C367;
    pub(super) const CHAPTERS: u32 = 0x1043_A770;
    pub(super) const ATTACHMENTS: u32 = 0x1941_A469;
    pub(super) const VOID: u32 = 0xEC;
    pub(super) const CRC: u32 = 0xBF;
    pub(super) const TRACK: u32 = 0xAE;
    pub(super) const TRACK_NAME: u32 = 0x536E;
    pub(super) const TITLE: u32 = 0x7BA9;
    pub(super) const DATE: u32 = 0x4461;
    pub(super) const DURATION: u32 = 0x4489;
    pub(super) const SCALE: u32 = 0x2AD7B1;
    pub(super) const FILE_NAME: u32 = 0x466E;
    pub(super) const FILE_DATA: u32 = 0x465C;
    pub(super) const TAG_NAME: u32 = 0x45A3;
    pub(super) const TAG_TEXT: u32 = 0x4487;
    pub(super) const TAG_BYTES: u32 = 0x4485;
}

/// Elements that hold elements and texts of people.
const HOLDERS: [u32; 13] = [
    id::SEGMENT,
    id::INFO,
    id::TRACKS,
    id::TRACK,
    id::TAGS,
    id::CHAPTERS,
    id::ATTACHMENTS,
    0x7373, // Tag
    0x67C8, // SimpleTag
    0x61A7, // AttachedFile
    0x45B9, // EditionEntry
    0xB6,   // ChapterAtom
    0x80,   // ChapterDisplay
];
/// Texts, by what they are called.
const TEXTS: [(u32, &str, Role); 10] = [
    (id::TITLE, "Title", Role::Subject),
    (0x4D80, "MuxingApp", Role::Other),
    (0x5741, "WritingApp", Role::Other),
    (0x7384, "SegmentFilename", Role::FileName),
    (0x3C83AB, "PrevFilename", Role::FileName),
    (0x3E83BB, "NextFilename", Role::FileName),
    (id::TRACK_NAME, "Name", Role::Other),
    (0x467E, "FileDescription", Role::Other),
    (0x85, "ChapString", Role::Other),
    (0x258688, "CodecName", Role::Other),
];

/// An element: its number, where it begins, its content; the length of the last may be unknown.
struct Element {
    id: u32,
    start: usize,
    content: Range<usize>,
}

/// A number whose first byte says how many follow, its mark kept or not.
fn number(bytes: &[u8], at: usize, marked: bool) -> Option<(u64, usize)> {
    let first = *bytes.get(at)?;
    let len = first.leading_zeros() as usize + 1;
    let parts = run(bytes, at, len).filter(|_| len <= 8)?;
    let whole = parts.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    if marked {
        return Some((whole, len));
    }
    let bits = 7 * len as u32;
    let value = whole & (u64::MAX >> (64 - bits));
    Some((if value == u64::MAX >> (64 - bits) { UNKNOWN } else { value }, len))
}

/// The element at a place, no longer than what it stands in.
fn element(bytes: &[u8], at: usize, end: usize) -> Option<(Element, bool)> {
    let (id, long) = number(bytes, at, true)?;
    let (len, more) = number(bytes, at + long, false)?;
    let begin = at + long + more;
    let known = usize::try_from(len).ok().filter(|_| len != UNKNOWN).and_then(|len| begin.checked_add(len));
    let whole = known.is_none_or(|known| known <= end) && begin <= end;
    let content = begin.min(end)..known.unwrap_or(end).min(end);
    Some((Element { id: u32::try_from(id).ok()?, start: at, content }, whole))
}

/// What is known so far.
#[derive(Default)]
struct Known {
    scale: Option<u64>,
    duration: Option<f64>,
    name: String,
    tag: String,
}

/// Reads what stands beside the sound and the pictures.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    let mut known = Known::default();
    within(bytes, 0..bytes.len(), 0, &mut known, out);
    if let Some(duration) = known.duration {
        length(duration * known.scale.unwrap_or(1_000_000) as f64 / 1e9, 0, out);
    }
}

fn within(bytes: &[u8], range: Range<usize>, depth: u32, known: &mut Known, out: &mut Metadata) {
    if depth > DEPTH {
        return out.damaged("elements of the recording lie too deep in each other");
    }
    let mut at = range.start;
    while at < range.end {
        let Some((one, whole)) = element(bytes, at, range.end) else {
            return out.damaged("an element of the recording ends early");
        };
        if !whole {
            out.damaged("an element of the recording ends early");
        }
        at = one.content.end.max(at + 1);
        if HOLDERS.contains(&one.id) {
            within(bytes, one.content, depth + 1, known, out);
        } else if one.id == id::CLUSTER && one.content.end == range.end {
            // A stream says no lengths: whatever follows is found behind the clusters, by its number.
            at = behind_clusters(bytes, one.content);
        } else {
            leaf(&one, bytes, known, out);
        }
    }
}

/// Where the next element that is none of a cluster begins, in a run of clusters without a length.
fn behind_clusters(bytes: &[u8], range: Range<usize>) -> usize {
    let mut at = range.start;
    while at < range.end {
        match element(bytes, at, range.end) {
            Some((one, true)) if one.id > 0xFF_FFFF && one.id != id::CLUSTER => return at,
            // Into the next cluster.
            Some((one, _)) if one.id == id::CLUSTER => at = one.content.start.max(at + 1),
            Some((one, true)) => at = one.content.end.max(at + 1),
            _ => return range.end,
        }
    }
    range.end
}

fn leaf(one: &Element, bytes: &[u8], known: &mut Known, out: &mut Metadata) {
    let content = bytes.get(one.content.clone()).unwrap_or_default();
    let raw = one.content.start;
    let unsigned = || content.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    if let Some((_, name, role)) = TEXTS.iter().find(|(id, ..)| *id == one.id) {
        return out.text(format!("matroska/{name}"), *role, &decoded(content), raw);
    }
    match one.id {
        id::SCALE => known.scale = Some(unsigned()),
        id::DURATION => {
            known.duration = match content.len() {
                4 => Some(f64::from(f32::from_bits(unsigned() as u32))),
                8 => Some(f64::from_bits(unsigned())),
                _ => None,
            };
        }
        // Thousand millionths of a second, which may be before 2001.
        id::DATE if content.len() == 8 => {
            made("matroska/DateUTC", (unsigned() as i64).div_euclid(1_000_000_000) + EPOCH, raw, out);
        }
        id::FILE_NAME => {
            known.name = decoded(content);
            out.text("matroska/FileName", Role::FileName, &known.name, raw);
        }
        id::FILE_DATA => {
            let name = std::mem::take(&mut known.name);
            out.file(if name.is_empty() { "attachment" } else { &name }, content);
        }
        id::TAG_NAME => known.tag = decoded(content).to_uppercase(),
        id::TAG_TEXT => tag(known, &decoded(content), raw, out),
        id::TAG_BYTES => out.readable(&format!("matroska/{}", known.tag), content, raw),
        id::VOID => out.readable("matroska/Void", content, raw),
        _ => {}
    }
}

fn tag(known: &Known, value: &str, raw: usize, out: &mut Metadata) {
    let name = known.tag.as_str();
    let path = format!("matroska/{name}");
    let people = [
        "ARTIST",
        "PERFORMER",
        "COMPOSER",
        "DIRECTOR",
        "WRITTEN_BY",
        "PRODUCER",
        "ENCODED_BY",
        "ACTOR",
        "AUTHOR",
    ];
    match name {
        "TITLE" => out.text(path, Role::Subject, value, raw),
        "COMMENT" | "DESCRIPTION" | "LYRICS" => out.text(path, Role::Body, value, raw),
        name if name.starts_with("DATE") => out.text(path, Role::TimeStamp, value, raw),
        "RECORDING_LOCATION" | "LOCATION" => super::position(&path, value, raw, out),
        name if people.contains(&name) => out.text(path, Role::PersonName, value, raw),
        _ => out.text(path, Role::Other, value, raw),
    }
}

/// The same file with empty space in the place of tags, chapters, attached files, titles, names and dates: nothing
/// moves. Checksums of what changed go with it.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.to_vec();
    blank(bytes, 0..bytes.len(), 0, &mut out)?;
    Some(out)
}

fn blank(bytes: &[u8], range: Range<usize>, depth: u32, out: &mut [u8]) -> Option<()> {
    let mut at = range.start;
    while at < range.end {
        let (one, whole) = element(bytes, at, range.end)?;
        if !whole || depth > DEPTH {
            return None;
        }
        at = one.content.end.max(at + 1);
        let texts = TEXTS.iter().any(|(id, ..)| *id == one.id);
        match one.id {
            id::SEGMENT | id::INFO | id::TRACKS | id::TRACK => blank(bytes, one.content, depth + 1, out)?,
            id::TAGS | id::CHAPTERS | id::ATTACHMENTS | id::CRC | id::DATE | id::VOID => void(&one, out)?,
            _ if texts => void(&one, out)?,
            // Without lengths the end of the clusters cannot be told for certain.
            id::CLUSTER if one.content.end == range.end && number_is_unknown(bytes, one.start)? => {
                return None;
            }
            id::EBML | id::CLUSTER | id::CUES | id::SEEK_HEAD => {}
            _ if depth > 1 => {}
            _ => return None,
        }
    }
    Some(())
}

fn number_is_unknown(bytes: &[u8], start: usize) -> Option<bool> {
    let (_, long) = number(bytes, start, true)?;
    Some(number(bytes, start + long, false)?.0 == UNKNOWN)
}

/// Puts an empty element of the same length in the place of one (RFC 8794, 11.3.2).
fn void(one: &Element, out: &mut [u8]) -> Option<()> {
    let all = out.get_mut(one.start..one.content.end)?;
    // One byte says what it is; the shortest length that leaves the rest exact follows.
    let len = (1..=8).find(|len| {
        let content = all.len().checked_sub(1 + len);
        content.is_some_and(|content| (content as u64) < (1 << (7 * len)) - 1)
    })?;
    let content = (all.len() - 1 - len) as u64;
    let marked = (content | 1 << (7 * len)).to_be_bytes();
    all.fill(0);
    *all.first_mut()? = id::VOID as u8;
    all.get_mut(1..=len)?.copy_from_slice(marked.get(8 - len..)?);
    Some(())
}
