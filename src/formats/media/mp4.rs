//! MP4, QuickTime and 3GP: boxes (ISO/IEC 14496-12), user data of QuickTime (File Format Specification, 2),
//! of 3GPP (TS 26.244, 8) and of iTunes.

use super::super::images::heif::{Boxed, XMP_UUID, boxes};
use super::super::images::metadata::{Metadata, decoded};
use super::super::images::numbers::{run, u16_be, u32_be, u64_be};
use super::super::images::xmp;
use super::{length, made, position};
use crate::records::Role;

/// Boxes in each other.
const DEPTH: u32 = 12;
/// Seconds from 1904 to 1970.
const EPOCH: i64 = 2_082_844_800;
/// Boxes that hold boxes.
const HOLDERS: [&[u8]; 10] =
    [b"moov", b"trak", b"mdia", b"minf", b"moof", b"traf", b"edts", b"udta", b"dinf", b"stbl"];
/// Boxes that say how to play: none of them holds a text of people.
const PLAYED: [&[u8]; 38] = [
    b"ftyp", b"mdat", b"mvhd", b"tkhd", b"mdhd", b"vmhd", b"smhd", b"hmhd", b"nmhd", b"sthd", b"gmhd",
    b"elst", b"dref", b"stsd", b"stts", b"ctts", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss",
    b"sgpd", b"sbgp", b"sdtp", b"mvex", b"mfhd", b"tfhd", b"trun", b"tfdt", b"sidx", b"mfra", b"tref",
    b"styp", b"iods", b"cslg", b"wide", b"load",
];
/// Tags that name people, without the sign of copyright that some begin with.
const PEOPLE: [&[u8]; 14] = [
    b"ART", b"aut", b"wrt", b"prf", b"dir", b"prd", b"com", b"own", b"swr", b"nrt", b"aART", b"auth",
    b"perf", b"con",
];

/// Whether the first box is one of MP4 or of old QuickTime.
pub(super) fn claims(head: &[u8]) -> bool {
    match head.get(4..8) {
        Some(b"ftyp") => head.get(8..12).is_some_and(|brand| brand.iter().all(|b| (0x20..0x7F).contains(b))),
        Some(b"moov" | b"wide") => u32_be(head, 0).is_some_and(|len| len == 1 || len >= 8),
        // Sound and pictures first: what follows must be a box as well, or lie beyond what is seen.
        Some(b"mdat") => u32_be(head, 0).is_some_and(|len| len == 1 || len > 16) && head.first() == Some(&0),
        _ => false,
    }
}

/// Reads what stands beside the sound and the pictures.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    let (top, whole) = boxes(bytes, 0);
    if !whole {
        out.damaged("the boxes of the recording end early");
    }
    for one in &top {
        of_box(one, 0, out);
    }
}

fn of_box(one: &Boxed<'_>, depth: u32, out: &mut Metadata) {
    if depth > DEPTH {
        return out.damaged("boxes of the recording lie too deep in each other");
    }
    match one.kind {
        b"udta" => inner(one, 0, out).iter().for_each(|tag| user_data(tag, depth + 1, out)),
        b"meta" => meta(one, depth, out),
        kind if HOLDERS.contains(&kind) => {
            inner(one, 0, out).iter().for_each(|inner| of_box(inner, depth + 1, out));
        }
        b"mvhd" => {
            header(one, out);
        }
        b"hdlr" => out.readable("mp4/hdlr", one.content.get(24..).unwrap_or_default(), one.at),
        b"cmov" => out.damaged("the index of the recording is compressed and was not read"),
        kind if PLAYED.contains(&kind) => {}
        _ => user_data(one, depth, out),
    }
}

/// The boxes inside one. QuickTime ends a list of user data with four zeros.
fn inner<'b>(one: &Boxed<'b>, skip: usize, out: &mut Metadata) -> Vec<Boxed<'b>> {
    let content = one.content.get(skip..).unwrap_or_default();
    let (found, whole) = boxes(content, one.at + skip);
    let end = found.last().map_or(0, |last| last.at + last.content.len() - one.at - skip);
    let ended = one.kind == b"udta" && content.get(end..) == Some(&[0; 4]);
    if !whole && !ended {
        out.damaged("a box of the recording ends early");
    }
    found
}

/// When it was made and how long it is (ISO/IEC 14496-12, 8.2.2).
fn header(one: &Boxed<'_>, out: &mut Metadata) -> Option<()> {
    let wide = *one.content.first()? == 1;
    let (created, scale, duration) = if wide {
        (u64_be(one.content, 4)?, u32_be(one.content, 20)?, u64_be(one.content, 24)?)
    } else {
        let at = |at| u32_be(one.content, at);
        (at(4)?.into(), at(12)?, at(16)?.into())
    };
    if created > 0 {
        made("mp4/created", i64::try_from(created).ok()?.checked_sub(EPOCH)?, one.at, out);
    }
    if scale > 0 {
        length(duration as f64 / f64::from(scale), one.at, out);
    }
    Some(())
}

/// One tag of QuickTime or 3GPP, or whatever else stands among them.
fn user_data(tag: &Boxed<'_>, depth: u32, out: &mut Metadata) {
    let path = format!("mp4/{}", name(tag.kind));
    match tag.kind {
        b"meta" => meta(tag, depth, out),
        b"XMP_" => xmp::read(tag.content, tag.at, out),
        b"uuid" if tag.content.starts_with(&XMP_UUID) => {
            xmp::read(tag.content.get(16..).unwrap_or_default(), tag.at + 16, out);
        }
        // TS 26.244, 8.3: flags, language, a name, then role, longitude, latitude, altitude.
        b"loci" if location(tag, &path, out).is_some() => {}
        b"titl" | b"auth" | b"perf" | b"gnre" | b"dscp" | b"cprt" | b"albm" => {
            let text = wide(tag.content.get(6..).unwrap_or_default());
            out.text(path, role(tag.kind), &text, tag.at + 6);
        }
        [0xA9, ..] => international(tag, &path, out),
        _ => out.readable(&path, tag.content, tag.at),
    }
}

/// Texts of QuickTime: length, language, text, for each language.
fn international(tag: &Boxed<'_>, path: &str, out: &mut Metadata) {
    let mut at = 0;
    let mut one = || {
        let len = usize::from(u16_be(tag.content, at)?);
        let text = run(tag.content, at + 4, len)?;
        at += 4 + len;
        Some((text, at - len))
    };
    let first = one();
    // iTunes' form in QuickTime's place, and texts without a head.
    let Some(first) = first else {
        return out.readable(path, tag.content, tag.at);
    };
    let mut found = vec![first];
    found.extend(std::iter::from_fn(one).take(64));
    for (text, at) in found {
        let text = wide(text);
        match tag.kind {
            b"\xA9xyz" => position(path, &text, tag.at + at, out),
            kind => out.text(path, role(kind), &text, tag.at + at),
        }
    }
}

fn location(tag: &Boxed<'_>, path: &str, out: &mut Metadata) -> Option<()> {
    let rest = tag.content.get(6..)?;
    let end = memchr::memchr(0, rest)?;
    let degrees = |at| u32_be(rest, at).map(|fixed| f64::from(fixed as i32) / 65_536.0);
    out.position(path, degrees(end + 6)?, degrees(end + 2)?, tag.at);
    out.text(format!("{path}/name"), Role::Other, &decoded(rest.get(..end)?), tag.at + 6);
    out.readable(&format!("{path}/notes"), rest.get(end + 14..).unwrap_or_default(), tag.at);
    Some(())
}

/// Tags of iTunes, and of QuickTime with keys of their own.
fn meta(one: &Boxed<'_>, depth: u32, out: &mut Metadata) {
    if depth > DEPTH {
        return out.damaged("boxes of the recording lie too deep in each other");
    }
    // QuickTime's has no flags before its boxes.
    let skip = if run(one.content, 4, 4) == Some(b"hdlr") { 0 } else { 4 };
    let inside = inner(one, skip, out);
    let mut keys: Vec<String> = Vec::new();
    for part in &inside {
        if part.kind == b"keys" {
            let (list, _) = boxes(part.content.get(8..).unwrap_or_default(), part.at + 8);
            keys = list.iter().map(|key| decoded(key.content)).collect();
        }
    }
    for part in &inside {
        match part.kind {
            b"ilst" => inner(part, 0, out).iter().for_each(|tag| item(tag, &keys, out)),
            b"keys" => {}
            b"hdlr" => out.readable("mp4/hdlr", part.content.get(24..).unwrap_or_default(), part.at),
            _ => user_data(part, depth + 1, out),
        }
    }
}

fn item(tag: &Boxed<'_>, keys: &[String], out: &mut Metadata) {
    let number = tag.kind.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    let key = number.checked_sub(1).and_then(|at| keys.get(at));
    let parts = inner(tag, 0, out);
    let own = parts
        .iter()
        .find(|part| part.kind == b"name")
        .map(|part| decoded(part.content.get(4..).unwrap_or_default()));
    let called = key.cloned().or(own).unwrap_or_else(|| name(tag.kind));
    let path = format!("mp4/{called}");
    for part in parts.iter().filter(|part| part.kind == b"data") {
        let value = part.content.get(8..).unwrap_or_default();
        let raw = part.at + 8;
        match u32_be(part.content, 0).unwrap_or(0) {
            13 | 14 | 27 => out.file("cover", value),
            2 => out.text(&path, role_of(tag.kind, &called), &encoding_rs::UTF_16BE.decode(value).0, raw),
            1 if called.to_lowercase().contains("location.iso6709") || tag.kind == b"\xA9xyz" => {
                position(&path, &decoded(value), raw, out);
            }
            1 => out.text(&path, role_of(tag.kind, &called), &decoded(value), raw),
            // Numbers.
            21..=24 | 65..=79 => {}
            _ => out.readable(&path, value, raw),
        }
    }
}

/// UTF-16 by its mark, else UTF-8 or Western European.
fn wide(bytes: &[u8]) -> String {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        bytes => decoded(bytes),
    }
}

/// A box's type as people write it: the sign of copyright is one byte of Mac Roman and of Latin-1.
fn name(kind: &[u8]) -> String {
    kind.iter().map(|byte| char::from(*byte)).collect()
}

fn role_of(kind: &[u8], called: &str) -> Role {
    let called = called.to_lowercase();
    let ends = |words: &[&str]| words.iter().any(|word| called.ends_with(word));
    match role(kind) {
        Role::Other if ends(&["author", "artist", "director", "producer", "performer", "writer"]) => {
            Role::PersonName
        }
        Role::Other if ends(&["creationdate"]) => Role::TimeStamp,
        known => known,
    }
}

fn role(kind: &[u8]) -> Role {
    match kind.strip_prefix(b"\xA9").unwrap_or(kind) {
        b"nam" | b"titl" => Role::Subject,
        b"cmt" | b"des" | b"dscp" | b"desc" | b"ldes" | b"lyr" => Role::Body,
        b"day" => Role::TimeStamp,
        kind if PEOPLE.contains(&kind) => Role::PersonName,
        _ => Role::Other,
    }
}

/// The same file with empty space in the place of every box that is not needed to play it, and without its dates:
/// nothing moves.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.to_vec();
    blank(bytes, 0, 0, &mut out)?;
    Some(out)
}

fn blank(bytes: &[u8], base: usize, depth: u32, out: &mut [u8]) -> Option<()> {
    let (found, whole) = boxes(bytes, base);
    if !whole || depth > DEPTH {
        return None;
    }
    for one in found {
        let content = one.at..one.at + one.content.len();
        match one.kind {
            b"mvhd" | b"tkhd" | b"mdhd" => {
                let dates = if *one.content.first()? == 1 { 16 } else { 8 };
                out.get_mut(one.at + 4..one.at + 4 + dates)?.fill(0);
            }
            // The name behind the kind of track.
            b"hdlr" => out.get_mut(content)?.get_mut(20..)?.fill(0),
            kind if PLAYED.contains(&kind) => {}
            kind if HOLDERS.contains(&kind) && kind != b"udta" => blank(one.content, one.at, depth + 1, out)?,
            _ => {
                let head = one.at.checked_sub(8)?;
                // A long box has its type eight bytes further in front.
                let kind = [head + 4, head.checked_sub(4).unwrap_or(head)]
                    .into_iter()
                    .find(|at| run(out, *at, 4) == Some(one.kind))?;
                out.get_mut(kind..kind + 4)?.copy_from_slice(b"free");
                out.get_mut(content)?.fill(0);
            }
        }
    }
    Some(())
}
