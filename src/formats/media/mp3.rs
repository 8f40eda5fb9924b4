//! MPEG audio: frames (ISO/IEC 11172-3, 2.4.1.3) between tags: ID3v2 before; ID3v1, APE and Lyrics3 behind.

use std::ops::Range;

use super::super::images::metadata::{Metadata, decoded};
use super::super::images::numbers::{len_le, run, u32_be};
use super::{flac, id3, length};
use crate::records::Role;

/// Kilobits a second by index: MPEG 1 layers I, II, III, then MPEG 2 and 2.5 layer I, layers II and III.
const RATES: [[u32; 15]; 5] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// A frame's header.
struct Frame {
    bytes: usize,
    samples: u32,
    rate: u32,
    bits: u32,
}

fn frame(bytes: &[u8], at: usize) -> Option<Frame> {
    let head = u32_be(bytes, at)?;
    let (version, layer) = (head >> 19 & 3, head >> 17 & 3);
    if head >> 21 != 0x7FF || version == 1 || layer == 0 {
        return None;
    }
    let row = match (version == 3, layer) {
        (true, 3) => 0,
        (true, 2) => 1,
        (true, _) => 2,
        (false, 3) => 3,
        (false, _) => 4,
    };
    let bits = RATES.get(row)?.get((head >> 12 & 15) as usize).copied().filter(|rate| *rate > 0)? * 1000;
    let full = *[44_100, 48_000, 32_000].get((head >> 10 & 3) as usize)?;
    let rate = match version {
        3 => full,
        2 => full / 2,
        _ => full / 4,
    };
    let samples = match (layer, version) {
        (3, _) => 384,
        (1, 0 | 2) => 576,
        _ => 1152,
    };
    let padding = head >> 9 & 1;
    let bytes = match layer {
        3 => (12 * bits / rate + padding) * 4,
        _ => samples / 8 * bits / rate + padding,
    };
    Some(Frame { bytes: bytes as usize, samples, rate, bits })
}

/// Whether a file begins with a tag or with two frames.
pub(super) fn claims(head: &[u8]) -> bool {
    id3::claims(head)
        || frame(head, 0).is_some_and(|first| {
            let second = frame(head, first.bytes);
            second.is_some_and(|second| second.rate == first.rate)
        })
}

/// Where the sound lies between the tags.
fn sound(bytes: &[u8]) -> Range<usize> {
    let mut start = 0;
    while let Some(len) = bytes.get(start..).and_then(id3::len) {
        start = (start + len).min(bytes.len());
    }
    let mut end = bytes.len();
    while let Some(from) = tag_before(bytes, end).filter(|from| *from >= start && *from < end) {
        end = from;
    }
    start..end.max(start)
}

/// Where a tag that ends at `end` begins.
fn tag_before(bytes: &[u8], end: usize) -> Option<usize> {
    let back = |len: usize| end.checked_sub(len);
    if back(128).is_some_and(|at| run(bytes, at, 3) == Some(b"TAG")) {
        let extended = back(355).filter(|at| run(bytes, *at, 4) == Some(b"TAG+"));
        return extended.or_else(|| back(128));
    }
    if let Some(at) = back(32).filter(|at| run(bytes, *at, 8) == Some(b"APETAGEX")) {
        let header = if bytes.get(at + 23).is_some_and(|flags| flags & 0x80 != 0) { 32 } else { 0 };
        return end.checked_sub(len_le(bytes, at + 12)?.checked_add(header)?);
    }
    let at = back(15).filter(|at| run(bytes, *at + 6, 9) == Some(b"LYRICS200"))?;
    let size: usize = std::str::from_utf8(run(bytes, at, 6)?).ok()?.parse().ok()?;
    end.checked_sub(size.checked_add(15)?)
}

/// Reads the tags and the length.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    let mut at = 0;
    while let Some(len) = bytes.get(at..).and_then(id3::len) {
        let end = (at + len).min(bytes.len());
        id3::read(bytes.get(at..end).unwrap_or_default(), at, out);
        at = end;
    }
    if bytes.get(at..).is_some_and(|rest| rest.starts_with(flac::MAGIC)) {
        return flac::read_at(bytes, at, out);
    }
    let sound = sound(bytes);
    if let Some(seconds) = seconds(bytes, &sound) {
        length(seconds, sound.start, out);
    }
    let mut end = bytes.len();
    while let Some(from) = tag_before(bytes, end).filter(|from| *from >= sound.start && *from < end) {
        behind(bytes, from..end, out);
        end = from;
    }
}

/// A tag behind the sound.
fn behind(bytes: &[u8], range: Range<usize>, out: &mut Metadata) {
    let tag = bytes.get(range.clone()).unwrap_or_default();
    if run(tag, tag.len().saturating_sub(128), 3) == Some(b"TAG") {
        let old = tag.len().saturating_sub(128);
        for (name, role, at, len) in [
            ("title", Role::Subject, 3, 30),
            ("artist", Role::PersonName, 33, 30),
            ("album", Role::Other, 63, 30),
            ("year", Role::TimeStamp, 93, 4),
            ("comment", Role::Body, 97, 30),
        ] {
            let text = run(tag, old + at, len).unwrap_or_default();
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            out.text(format!("id3v1/{name}"), role, &decoded(text), range.start + old + at);
        }
        return out.readable("id3v1/extended", tag.get(4..old).unwrap_or_default(), range.start);
    }
    if ape(tag, range.start, out).is_none() {
        out.readable("tag", tag, range.start);
    }
}

/// APE tags: a list of lengths, flags, keys and values.
fn ape(tag: &[u8], raw: usize, out: &mut Metadata) -> Option<()> {
    let mut at = if tag.starts_with(b"APETAGEX") && tag.len() > 64 { 32 } else { 0 };
    let end = tag.len().checked_sub(32).filter(|at| run(tag, *at, 8) == Some(b"APETAGEX"))?;
    while at + 8 < end {
        let (len, binary) = (len_le(tag, at)?, tag.get(at + 4)? & 6 == 2);
        let key = tag.get(at + 8..end)?.split(|byte| *byte == 0).next()?;
        let value = at + 9 + key.len();
        let content = run(tag, value, len)?;
        let key = decoded(key);
        if binary {
            // A cover has its name before it.
            let name = content.split(|byte| *byte == 0).next().unwrap_or_default();
            out.file(&key, content.get(name.len() + 1..).unwrap_or(content));
        } else {
            let people = ["artist", "composer", "conductor", "performer"];
            let is_person = people.iter().any(|word| key.to_lowercase().contains(word));
            let role = if is_person { Role::PersonName } else { Role::Other };
            out.text(format!("ape/{key}"), role, &decoded(content).replace('\0', "; "), raw + value);
        }
        at = value + len;
    }
    Some(())
}

/// How long the sound is: by the count of frames in the first, or by its rate.
fn seconds(bytes: &[u8], sound: &Range<usize>) -> Option<f64> {
    let first = frame(bytes, sound.start)?;
    let head = run(bytes, sound.start, first.bytes.min(192)).unwrap_or_default();
    let mark = ["Xing", "Info"].iter().find_map(|mark| memchr::memmem::find(head, mark.as_bytes()));
    let counted = mark.filter(|at| head.get(at + 7).is_some_and(|flags| flags & 1 == 1));
    if let Some(frames) = counted.and_then(|at| u32_be(head, at + 8)) {
        return Some(f64::from(frames) * f64::from(first.samples) / f64::from(first.rate));
    }
    Some(sound.len() as f64 * 8.0 / f64::from(first.bits))
}

/// The sound alone, where all of it is frames.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let sound = sound(bytes);
    let mut at = sound.start;
    while at < sound.end {
        at += frame(bytes, at)?.bytes;
    }
    // The last frame may be cut; a tag that stands between frames is none of them.
    bytes.get(sound).filter(|sound| !sound.is_empty()).map(<[u8]>::to_vec)
}
