//! WebP: chunks of RIFF (RFC 9649).

use std::ops::Range;

use super::metadata::{Metadata, decoded};
use super::numbers::{len_le, run, u16_le, u24_le, u32_le};
use super::{exif, xmp};

const NEEDED: [&[u8]; 7] = [b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
/// Bits of `VP8X` that say what else there is.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

struct Chunk<'b> {
    kind: &'b [u8],
    content: &'b [u8],
    all: Range<usize>,
}

/// Chunks; whether they fill the file as far as it says.
fn chunks(bytes: &[u8]) -> (Vec<Chunk<'_>>, bool) {
    let end = len_le(bytes, 4).and_then(|len| len.checked_add(8)).unwrap_or(usize::MAX);
    let (mut found, mut at) = (Vec::new(), 12);
    while at + 8 <= end.min(bytes.len()) {
        let chunk = len_le(bytes, at + 4).and_then(|len| {
            Some(Chunk {
                kind: run(bytes, at, 4)?,
                content: run(bytes, at + 8, len)?,
                all: at..at + 8 + len + len % 2,
            })
        });
        let Some(chunk) = chunk else { return (found, false) };
        at = chunk.all.end;
        found.push(chunk);
    }
    (found, at >= end)
}

/// Reads what stands beside the pixels.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    let (chunks, whole) = chunks(bytes);
    for chunk in &chunks {
        let raw = chunk.all.start + 8;
        match chunk.kind {
            b"EXIF" => {
                exif::read(chunk.content.strip_prefix(b"Exif\0\0").unwrap_or(chunk.content), raw, out);
            }
            b"XMP " => xmp::read(chunk.content, raw, out),
            kind if NEEDED.contains(&kind) => out.size = out.size.or_else(|| size(kind, chunk.content)),
            kind => out.readable(&format!("webp/{}", decoded(kind).trim()), chunk.content, raw),
        }
    }
    let end = chunks.last().map_or(12, |chunk| chunk.all.end);
    let rest = bytes.get(end..).unwrap_or_default();
    if whole {
        out.file("behind-the-picture", rest);
    } else {
        out.damaged("the WebP picture ends early");
        out.readable("rest", rest, end);
    }
}

fn size(kind: &[u8], content: &[u8]) -> Option<(u32, u32)> {
    Some(match kind {
        b"VP8X" => (u24_le(content, 4)? + 1, u24_le(content, 7)? + 1),
        b"VP8 " => (u32::from(u16_le(content, 6)?) & 0x3FFF, u32::from(u16_le(content, 8)?) & 0x3FFF),
        b"VP8L" => {
            let bits = u32_le(content, 1)?;
            ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        }
        _ => return None,
    })
}

/// The picture with what is needed to show it, and nothing behind its end.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let (chunks, whole) = chunks(bytes);
    if !whole {
        return None;
    }
    let of_exif = |content: &[u8]| exif::turned(content.strip_prefix(b"Exif\0\0").unwrap_or(content));
    let turned = chunks.iter().filter(|chunk| chunk.kind == b"EXIF").find_map(|chunk| of_exif(chunk.content));
    let mut body = Vec::new();
    for chunk in chunks.iter().filter(|chunk| NEEDED.contains(&chunk.kind)) {
        // Frames hold chunks of their own: one with others than pictures is not taken apart.
        if chunk.kind == b"ANMF" && !is_plain_frame(chunk.content) {
            return None;
        }
        let from = body.len();
        body.extend(bytes.get(chunk.all.clone())?);
        if chunk.kind == b"VP8X"
            && let Some(flags) = body.get_mut(from + 8)
        {
            *flags &= !(HAS_EXIF | HAS_XMP);
            *flags |= if turned.is_some() { HAS_EXIF } else { 0 };
        }
    }
    if let Some(orientation) = turned {
        let data = exif::orientation_only(orientation);
        body.extend(b"EXIF");
        body.extend(u32::try_from(data.len()).ok()?.to_le_bytes());
        body.extend(data);
    }
    let mut out = b"RIFF".to_vec();
    out.extend(u32::try_from(body.len() + 4).ok()?.to_le_bytes());
    out.extend(b"WEBP");
    out.extend(body);
    Some(out)
}

fn is_plain_frame(frame: &[u8]) -> bool {
    let mut at = 16;
    while let (Some(kind), Some(len)) = (run(frame, at, 4), len_le(frame, at + 4)) {
        if ![&b"ALPH"[..], b"VP8 ", b"VP8L"].contains(&kind) {
            return false;
        }
        at = (at + 8).saturating_add(len).saturating_add(len % 2);
    }
    at >= frame.len()
}
