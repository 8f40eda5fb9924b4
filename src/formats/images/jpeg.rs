//! JPEG: segments behind markers (ITU-T T.81 annex B), application segments by their marks.

use std::collections::BTreeMap;
use std::ops::Range;

use super::metadata::{Metadata, decoded};
use super::numbers::{len_be, run, u16_be};
use super::{exif, photoshop, xmp};
use crate::records::Role;

const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
const COMMENT: u8 = 0xFE;

const EXIF: &[u8] = b"Exif\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const EXTENSION: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";
const PROFILE: &[u8] = b"ICC_PROFILE\0";

/// A segment; of a scan, its head and all it codes.
struct Segment {
    marker: u8,
    /// From its marker on.
    all: Range<usize>,
    /// Behind its length.
    content: Range<usize>,
}

/// Segments from the first marker on; whether the end of the picture was met.
fn segments(bytes: &[u8]) -> (Vec<Segment>, bool) {
    let (mut found, mut at) = (Vec::new(), 2);
    loop {
        // A marker may have fill bytes before it (B.1.1.2).
        let start = at;
        while bytes.get(at) == Some(&0xFF) && bytes.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        let (Some(0xFF), Some(marker)) = (bytes.get(at).copied(), bytes.get(at + 1).copied()) else {
            return (found, false);
        };
        if matches!(marker, END | 0x01 | 0xD0..=0xD8) {
            found.push(Segment { marker, all: start..at + 2, content: at + 2..at + 2 });
            at += 2;
            if marker == END {
                return (found, true);
            }
            continue;
        }
        let Some(len) = u16_be(bytes, at + 2).map(usize::from).filter(|len| *len >= 2) else {
            return (found, false);
        };
        let content = at + 4..at + 2 + len;
        if bytes.get(content.clone()).is_none() {
            return (found, false);
        }
        let end = if marker == SCAN { coded(bytes, content.end) } else { content.end };
        found.push(Segment { marker, all: start..end, content });
        at = end;
    }
}

/// Where the coded bytes of a scan end: at a marker that is none of those inside.
fn coded(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(0xFF, rest)) {
        at += found;
        match bytes.get(at + 1) {
            Some(0x00 | 0xD0..=0xD7) => at += 2,
            Some(0xFF) => at += 1,
            _ => return at,
        }
    }
    bytes.len()
}

/// Reads what stands beside the pixels.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    let (segments, whole) = segments(bytes);
    let (mut resources, mut extensions) = (Vec::new(), BTreeMap::<&[u8], Vec<(usize, &[u8])>>::new());
    for segment in &segments {
        let content = bytes.get(segment.content.clone()).unwrap_or_default();
        let raw = segment.content.start;
        match segment.marker {
            COMMENT => out.text("comment", Role::Body, &decoded(content), raw),
            // Frames but those of tables and arithmetic coding: bits, height, width.
            0xC0..=0xCF if ![0xC4, 0xC8, 0xCC].contains(&segment.marker) => {
                let side = |at| u16_be(content, at).map(u32::from);
                out.size = side(3).zip(side(1)).or(out.size);
            }
            0xE0..=0xEF => application(segment.marker, content, raw, &mut resources, &mut extensions, out),
            _ => {}
        }
    }
    if let Some(first) = resources.first().map(|(raw, _)| *raw) {
        let all: Vec<u8> = resources.iter().flat_map(|(_, part)| part.iter().copied()).collect();
        photoshop::read(&all, first, out);
    }
    for parts in extensions.values_mut() {
        extended(parts, bytes, out);
    }
    if !whole {
        out.damaged("the JPEG picture ends early");
    }
    let end = segments.last().map_or(bytes.len(), |segment| segment.all.end);
    if whole {
        out.file("behind-the-picture", bytes.get(end..).unwrap_or_default());
    } else {
        out.readable("rest", bytes.get(end..).unwrap_or_default(), end);
    }
}

fn application<'b>(
    marker: u8,
    content: &'b [u8],
    raw: usize,
    resources: &mut Vec<(usize, &'b [u8])>,
    extensions: &mut BTreeMap<&'b [u8], Vec<(usize, &'b [u8])>>,
    out: &mut Metadata,
) {
    if let Some(data) = content.strip_prefix(EXIF) {
        exif::read(data.get(1..).unwrap_or_default(), raw + EXIF.len() + 1, out);
    } else if let Some(packet) = content.strip_prefix(XMP) {
        xmp::read(packet, raw + XMP.len(), out);
    } else if let Some(part) = content.strip_prefix(EXTENSION) {
        // The digest of the whole, its length, where this part stands in it (XMP part 3, 1.1.3.1).
        if let (Some(digest), Some(at)) = (part.get(..32), len_be(part, 36)) {
            extensions.entry(digest).or_default().push((at, part.get(40..).unwrap_or_default()));
        }
    } else if let Some(data) = content.strip_prefix(PHOTOSHOP) {
        resources.push((raw + PHOTOSHOP.len(), data));
    } else if !is_needed(marker, content) {
        out.readable(&format!("app{}", marker & 0x0F), content, raw);
    }
}

/// Puts the parts of an extended XMP packet together.
fn extended(parts: &mut [(usize, &[u8])], bytes: &[u8], out: &mut Metadata) {
    parts.sort_by_key(|(at, _)| *at);
    let (mut whole, mut gaps) = (Vec::new(), false);
    for (at, part) in parts.iter() {
        gaps |= *at != whole.len();
        whole.extend_from_slice(part);
    }
    if gaps {
        out.damaged("parts of an extended XMP packet of the picture are missing or double");
    }
    let raw = parts.first().map_or(0, |(_, part)| part.as_ptr() as usize - bytes.as_ptr() as usize);
    xmp::read(&whole, raw, out);
}

/// Whether a picture looks the same only with this segment: JFIF, the profile of its colours, Adobe's transform.
fn is_needed(marker: u8, content: &[u8]) -> bool {
    match marker {
        0xE0 => content.starts_with(b"JFIF\0") || content.starts_with(b"JFXX\0"),
        0xE2 => content.starts_with(PROFILE),
        0xEE => content.starts_with(b"Adobe"),
        _ => false,
    }
}

/// The picture with what is needed to show it, and nothing behind its end.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let (segments, whole) = segments(bytes);
    if !whole || !segments.iter().any(|segment| segment.marker == SCAN) {
        return None;
    }
    let turned = segments.iter().find_map(|segment| {
        let content =
            bytes.get(segment.content.clone())?.strip_prefix(EXIF).filter(|_| segment.marker == 0xE1)?;
        exif::turned(content.get(1..)?)
    });
    let mut out = bytes.get(..2)?.to_vec();
    let mut pending = turned.map(turn);
    for segment in &segments {
        let content = bytes.get(segment.content.clone())?;
        let is_application = (0xE0..=0xEF).contains(&segment.marker);
        if segment.marker == COMMENT || is_application && !is_needed(segment.marker, content) {
            continue;
        }
        // JFIF stands first.
        if segment.marker != 0xE0 {
            out.extend(pending.take().unwrap_or_default());
        }
        // A thumbnail shows what the picture did before it was cut.
        match content.strip_prefix(b"JFIF\0") {
            Some(_) if segment.marker == 0xE0 => out.extend(without_thumbnail(content)?),
            None if segment.marker == 0xE0 => {}
            _ => out.extend(bytes.get(segment.all.clone())?),
        }
    }
    Some(out)
}

fn without_thumbnail(jfif: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0xFF, 0xE0, 0, 16];
    out.extend(run(jfif, 0, 12)?);
    out.extend([0, 0]);
    Some(out)
}

fn turn(orientation: u16) -> Vec<u8> {
    let data = exif::orientation_only(orientation);
    let mut out = vec![0xFF, 0xE1, 0, u8::try_from(2 + 6 + data.len()).unwrap_or(u8::MAX)];
    out.extend(b"Exif\0\0");
    out.extend(data);
    out
}
