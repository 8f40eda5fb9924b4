//! HEIF and AVIF: boxes (ISO/IEC 14496-12), items of a `meta` box (ISO/IEC 23008-12).

use std::collections::BTreeMap;

use super::metadata::{Metadata, decoded};
use super::numbers::{len_be, run, u16_be, u32_be, u64_be};
use super::{exif, xmp};
use crate::records::Role;

/// Brands of pictures.
const BRANDS: [&[u8]; 14] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1", b"avif", b"avis",
    b"avci", b"j2ki", b"miaf",
];
/// Boxes in each other, items of one file and runs of their bytes at most.
const DEPTH: u32 = 8;
const ITEMS: usize = 65_536;

/// Whether the major brand is a picture's.
pub(super) fn claims(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"ftyp") && head.get(8..12).is_some_and(|brand| BRANDS.contains(&brand))
}

/// One item.
#[derive(Default)]
struct Item {
    kind: Vec<u8>,
    name: String,
    content_type: String,
    /// In `idat`, not in the file.
    inside: bool,
    /// Where its bytes stand, and how many.
    extents: Vec<(u64, u64)>,
}

#[derive(Default)]
struct Items<'b> {
    items: BTreeMap<u32, Item>,
    /// The bytes of the `idat` box.
    data: &'b [u8],
}

/// A box: its type, where its content begins, the content.
pub(in crate::formats) struct Boxed<'b> {
    pub(in crate::formats) kind: &'b [u8],
    pub(in crate::formats) at: usize,
    pub(in crate::formats) content: &'b [u8],
}

/// The boxes of a run that begins at `base` of the file; whether they fill it.
pub(in crate::formats) fn boxes(bytes: &[u8], base: usize) -> (Vec<Boxed<'_>>, bool) {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let one = len_be(bytes, at).and_then(|len| {
            let kind = run(bytes, at + 4, 4)?;
            let (head, len) = match len {
                0 => (8, bytes.len() - at),
                1 => (16, usize::try_from(u64_be(bytes, at + 8)?).ok()?),
                len => (8, len),
            };
            let content = run(bytes, at + head, len.checked_sub(head)?)?;
            Some((Boxed { kind, at: base + at + head, content }, len))
        });
        let Some((one, len)) = one else { return (found, false) };
        found.push(one);
        at += len;
    }
    (found, true)
}

/// Reads what stands beside the pixels.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    let mut items = Items::default();
    let (top, whole) = boxes(bytes, 0);
    if !whole {
        out.damaged("the boxes of the picture end early");
    }
    for one in top {
        of_box(&one, 0, &mut items, out);
    }
    for item in items.items.values() {
        of_item(item, &items, bytes, out);
    }
}

fn of_box<'b>(one: &Boxed<'b>, depth: u32, items: &mut Items<'b>, out: &mut Metadata) {
    if depth > DEPTH {
        return out.damaged("boxes of the picture lie too deep in each other");
    }
    let nested = match one.kind {
        b"meta" | b"iinf" => Some(match (one.kind, one.content.first()) {
            (b"iinf", Some(0)) => 6,
            (b"iinf", _) => 8,
            _ => 4,
        }),
        b"iprp" | b"ipco" | b"moov" | b"trak" | b"udta" => Some(0),
        _ => None,
    };
    if let Some(skip) = nested {
        let (inner, whole) = boxes(one.content.get(skip..).unwrap_or_default(), one.at + skip);
        if !whole {
            out.damaged("a box of the picture ends early");
        }
        return inner.iter().for_each(|inner| of_box(inner, depth + 1, items, out));
    }
    match one.kind {
        b"infe" => {
            info(one.content, items);
        }
        b"iloc" if locations(one.content, items).is_none() => {
            out.damaged("the list of the picture's parts ends early");
        }
        b"idat" => items.data = one.content,
        b"ispe" => {
            if let Some((width, height)) = u32_be(one.content, 4).zip(u32_be(one.content, 8)) {
                let (w, h) = out.size.unwrap_or_default();
                out.size = Some((w.max(width), h.max(height)));
            }
        }
        b"uuid" if one.content.starts_with(&XMP_UUID) => {
            xmp::read(one.content.get(16..).unwrap_or_default(), one.at + 16, out);
        }
        b"udes" | b"uuid" | b"free" | b"skip" => {
            out.readable(&format!("box/{}", decoded(one.kind)), one.content, one.at);
        }
        _ => {}
    }
}

/// The identifier of XMP (ISO 16684-3).
pub(in crate::formats) const XMP_UUID: [u8; 16] =
    [0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC];

/// What an item is (ISO/IEC 14496-12, 8.11.6).
fn info(content: &[u8], items: &mut Items<'_>) -> Option<()> {
    let version = *content.first()?;
    let (id, at) = match version {
        2 => (u32::from(u16_be(content, 4)?), 8),
        3 => (u32_be(content, 4)?, 10),
        _ => return None,
    };
    let mut words = content.get(at + 4..)?.split(|byte| *byte == 0).map(decoded);
    let item = item(items, id)?;
    item.kind = run(content, at, 4)?.to_vec();
    item.name = words.next().unwrap_or_default();
    if item.kind == b"mime" {
        item.content_type = words.next().unwrap_or_default();
    }
    Some(())
}

fn item<'i>(items: &'i mut Items<'_>, id: u32) -> Option<&'i mut Item> {
    let room = items.items.len() < ITEMS || items.items.contains_key(&id);
    room.then(|| items.items.entry(id).or_default())
}

/// Where items stand (8.11.3).
fn locations(content: &[u8], items: &mut Items<'_>) -> Option<()> {
    let version = *content.first()?;
    let sizes = [content.get(4)? >> 4, content.get(4)? & 15, content.get(5)? >> 4, content.get(5)? & 15];
    let [offset, length, base, index] = sizes.map(usize::from);
    let index = if version == 0 { 0 } else { index };
    let mut at = 6;
    let mut number = |len: usize| {
        let bytes = run(content, at, len)?;
        at += len;
        Some(bytes.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    let wide = if version < 2 { 2 } else { 4 };
    let (count, mut runs) = (number(wide)?, 0_u64);
    for _ in 0..count.min(ITEMS as u64) {
        let id = u32::try_from(number(wide)?).ok()?;
        let method = if version == 0 { 0 } else { number(2)? & 15 };
        number(2)?;
        let start = number(base)?;
        let extents = number(2)?;
        runs += extents;
        if runs > ITEMS as u64 {
            return None;
        }
        for _ in 0..extents {
            number(index)?;
            let (from, len) = (number(offset)?, number(length)?);
            // Method 2 names other items: none holds texts that way.
            if let Some(item) = item(items, id).filter(|_| method < 2) {
                item.inside = method == 1;
                item.extents.push((start.checked_add(from)?, len));
            }
        }
    }
    Some(())
}

fn of_item(item: &Item, items: &Items<'_>, bytes: &[u8], out: &mut Metadata) {
    out.text("item/name", Role::Other, &item.name, 0);
    if !["Exif", "mime", "uri "].iter().any(|kind| item.kind == kind.as_bytes()) {
        return;
    }
    let source = if item.inside { items.data } else { bytes };
    let mut content = Vec::new();
    // Where the first part that is there begins.
    let mut begins = None;
    for (from, len) in &item.extents {
        let range = usize::try_from(*from).ok().zip(usize::try_from(*len).ok());
        // A length of 0 is all that follows.
        let part =
            range.and_then(|(from, len)| if len == 0 { source.get(from..) } else { run(source, from, len) });
        match part.filter(|part| out.take(part.len())) {
            Some(part) => {
                begins = begins.or(range.map(|(from, _)| from));
                content.extend_from_slice(part);
            }
            None if out.full => return,
            None => out.damaged("a part of the picture is not where its list says"),
        }
    }
    let raw = begins.filter(|_| !item.inside).unwrap_or(0);
    match item.kind.as_slice() {
        // So many bytes stand before the data (ISO/IEC 23008-12 annex A.2.1).
        b"Exif" => {
            let skip = len_be(&content, 0).unwrap_or(0).saturating_add(4);
            exif::read(content.get(skip..).unwrap_or_default(), raw + skip.min(content.len()), out);
        }
        b"mime" if item.content_type.contains("rdf+xml") => xmp::read(&content, raw, out),
        _ => out.file(if item.name.is_empty() { "item" } else { &item.name }, &content),
    }
}
