//! GIF87a and GIF89a: blocks, comments and applications' blocks among the pictures.

use std::ops::Range;

use super::metadata::{Metadata, decoded};
use super::numbers::u16_le;
use super::xmp;
use crate::records::Role;

/// Whether it is a picture and no text about one.
pub(super) fn claims(head: &[u8]) -> bool {
    let marked = head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a");
    // Behind the sizes and the colours' byte stands the number of a colour, and the shape of a pixel.
    let begins = marked && head.len() >= 13;
    begins
        && (head.get(13..).is_none_or(<[u8]>::is_empty)
            || head.get(6..64.min(head.len())).is_some_and(|rest| rest.iter().any(|byte| *byte < 9)))
}

enum Kind {
    /// What the picture needs.
    Picture,
    Comment,
    /// Text that is drawn over the picture.
    PlainText,
    Application,
}

struct Part {
    kind: Kind,
    all: Range<usize>,
    /// The sub-blocks, from the length of the first on.
    blocks: Range<usize>,
}

/// Everything behind the head; whether the end was met.
fn parts(bytes: &[u8]) -> Option<(usize, Vec<Part>, bool)> {
    let flags = *bytes.get(10)?;
    let table = |flags: u8| if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 };
    let head = 13 + table(flags);
    let (mut found, mut at) = (Vec::new(), head);
    loop {
        let start = at;
        let (kind, blocks) = match (bytes.get(at), bytes.get(at + 1)) {
            (Some(0x3B), _) => return Some((head, found, true)),
            (Some(0x2C), _) => match bytes.get(at + 9) {
                Some(flags) => (Kind::Picture, at + 10 + table(*flags) + 1),
                None => return Some((head, found, false)),
            },
            (Some(0x21), Some(0xFE)) => (Kind::Comment, at + 2),
            (Some(0x21), Some(0xFF)) => (Kind::Application, at + 2),
            (Some(0x21), Some(0x01)) => (Kind::PlainText, at + 2),
            (Some(0x21), Some(_)) => (Kind::Picture, at + 2),
            _ => return Some((head, found, false)),
        };
        let Some(end) = ends(bytes, blocks) else { return Some((head, found, false)) };
        found.push(Part { kind, all: start..end, blocks: blocks..end });
        at = end;
    }
}

/// Where a row of sub-blocks ends.
fn ends(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let len = usize::from(*bytes.get(at)?);
        at += 1 + len;
        if len == 0 {
            return Some(at);
        }
    }
}

/// What sub-blocks hold together.
fn joined(bytes: &[u8], blocks: Range<usize>) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), blocks.start);
    while let Some(len) = bytes.get(at).map(|len| usize::from(*len)).filter(|len| *len > 0) {
        out.extend(bytes.get(at + 1..at + 1 + len).unwrap_or_default());
        at += 1 + len;
    }
    out
}

/// Reads what stands beside the pixels.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    out.size = u16_le(bytes, 6).zip(u16_le(bytes, 8)).map(|(width, height)| (width.into(), height.into()));
    let Some((head, parts, whole)) = parts(bytes) else {
        return out.damaged("the GIF picture ends early");
    };
    for part in &parts {
        let raw = part.all.start;
        let all = || joined(bytes, part.blocks.clone());
        match part.kind {
            Kind::Picture => {}
            Kind::Comment => out.text("comment", Role::Body, &decoded(&all()), raw),
            // Twelve bytes say where and in which colours.
            Kind::PlainText => {
                out.text("text", Role::Body, &decoded(all().get(12..).unwrap_or_default()), raw);
            }
            Kind::Application => application(bytes, part, out),
        }
    }
    let end = parts.last().map_or(head, |part| part.all.end);
    if whole {
        out.file("behind-the-picture", bytes.get(end + 1..).unwrap_or_default());
    } else {
        out.damaged("the GIF picture ends early");
        out.readable("rest", bytes.get(end..).unwrap_or_default(), end);
    }
}

/// The block of a program: XMP stands there as it is, behind it 258 bytes that lead readers of sub-blocks to
/// its end (XMP part 3, 1.1.2).
fn application(bytes: &[u8], part: &Part, out: &mut Metadata) {
    let named = bytes.get(part.blocks.start + 1..part.blocks.start + 12).unwrap_or_default();
    let from = part.blocks.start + 12;
    if named == b"XMP DataXMP" {
        let to = part.all.end.saturating_sub(258);
        return xmp::read(bytes.get(from..to).unwrap_or_default(), from, out);
    }
    if !is_needed(named) {
        out.readable("application", &joined(bytes, part.blocks.clone()), from);
    }
}

/// Blocks that say how often the pictures are shown, and colour profiles.
fn is_needed(named: &[u8]) -> bool {
    [&b"NETSCAPE2.0"[..], b"ANIMEXTS1.0", b"ICCRGBG1012"].contains(&named)
}

/// The picture with what is needed to show it, and nothing behind its end. Text that is drawn over it goes.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, parts, whole) = parts(bytes)?;
    if !whole {
        return None;
    }
    let mut out = bytes.get(..head)?.to_vec();
    for part in &parts {
        let named = || bytes.get(part.blocks.start + 1..part.blocks.start + 12).unwrap_or_default();
        let stays = match part.kind {
            Kind::Picture => true,
            Kind::Application => is_needed(named()),
            Kind::Comment | Kind::PlainText => false,
        };
        if stays {
            out.extend(bytes.get(part.all.clone())?);
        }
    }
    out.push(0x3B);
    Some(out)
}
