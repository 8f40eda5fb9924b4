//! WAVE and AVI: chunks of RIFF, lists of chunks, and what Broadcast Wave adds.

use std::ops::Range;

use super::super::images::metadata::{Metadata, decoded};
use super::super::images::numbers::{len_le, run, u32_le};
use super::super::images::xmp;
use super::{id3, length};
use crate::records::Role;

/// Lists in each other.
const DEPTH: u32 = 8;
/// Texts of `INFO` lists that name people (Microsoft Multimedia Programming Interface 1.0, 2-13).
const PEOPLE: [&[u8]; 8] = [b"IART", b"ICMS", b"IENG", b"ITCH", b"IWRI", b"IMUS", b"ISTR", b"IPRO"];
/// Texts of Broadcast Wave with their lengths (EBU Tech 3285, 2.3).
const BROADCAST: [(&str, Role, usize, usize); 6] = [
    ("description", Role::Body, 0, 256),
    ("originator", Role::PersonName, 256, 32),
    ("originator-reference", Role::Identifier, 288, 32),
    ("date", Role::TimeStamp, 320, 10),
    ("time", Role::TimeStamp, 330, 8),
    ("history", Role::Other, 602, usize::MAX),
];

/// Whether a file is RIFF of this form.
pub(super) fn is(head: &[u8], form: &[u8]) -> bool {
    let riff = [&b"RIFF"[..], b"RF64", b"BW64"].iter().any(|mark| head.starts_with(mark));
    // A length in letters is the beginning of a sentence.
    let worded = head.get(4..8).is_some_and(|len| len.iter().all(|byte| (0x20..0x7F).contains(byte)));
    riff && !worded && head.get(8..12) == Some(form)
}

/// A chunk: its name, where its content stands.
struct Chunk {
    name: [u8; 4],
    content: Range<usize>,
}

/// The chunks of a range; whether they fill it.
fn chunks(bytes: &[u8], range: Range<usize>) -> (Vec<Chunk>, bool) {
    let (mut found, mut at) = (Vec::new(), range.start);
    while at + 8 <= range.end {
        let head = run(bytes, at, 4).and_then(|name| Some((name.try_into().ok()?, len_le(bytes, at + 4)?)));
        let Some((name, len)): Option<([u8; 4], usize)> = head else { return (found, false) };
        let end = match len {
            // RF64 says elsewhere how long the sound is: it ends the file, or nearly.
            0xFFFF_FFFF if name == *b"data" => range.end,
            len => at + 8 + len,
        };
        found.push(Chunk { name, content: at + 8..end.min(range.end) });
        if end > range.end {
            return (found, false);
        }
        at = end + len % 2;
    }
    (found, true)
}

/// Reads what stands beside the sound and the pictures.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    let mut sound = Sound::default();
    within(bytes, 12..bytes.len(), 0, &mut sound, out);
    if let Some((bytes, rate)) = sound.bytes.zip(sound.rate.filter(|rate| *rate > 0)) {
        length(bytes as f64 / f64::from(rate), 0, out);
    }
}

/// What the length is reckoned from.
#[derive(Default)]
struct Sound {
    rate: Option<u32>,
    bytes: Option<usize>,
}

fn within(bytes: &[u8], range: Range<usize>, depth: u32, sound: &mut Sound, out: &mut Metadata) {
    if depth > DEPTH {
        return out.damaged("lists of the recording lie too deep in each other");
    }
    let (chunks, whole) = chunks(bytes, range);
    if !whole {
        out.damaged("a chunk of the recording ends early");
    }
    for Chunk { name, content } in chunks {
        let part = bytes.get(content.clone()).unwrap_or_default();
        let raw = content.start;
        match &name {
            b"LIST" if part.starts_with(b"movi") => {}
            b"LIST" if part.starts_with(b"INFO") => info(bytes, content, out),
            b"LIST" | b"RIFF" => within(bytes, raw + 4..content.end, depth + 1, sound, out),
            b"fmt " => sound.rate = u32_le(part, 8),
            b"data" => sound.bytes = Some(part.len()),
            b"avih" => {
                if let Some((each, frames)) = u32_le(part, 0).zip(u32_le(part, 16)) {
                    length(f64::from(each) * f64::from(frames) / 1e6, raw, out);
                }
            }
            b"bext" => broadcast(part, raw, out),
            b"_PMX" => xmp::read(part, raw, out),
            b"id3 " | b"ID3 " if id3::claims(part) => id3::read(part, raw, out),
            b"IDIT" => out.text("riff/IDIT", Role::TimeStamp, &decoded(part), raw),
            b"strh" | b"strf" | b"idx1" | b"indx" | b"fact" | b"JUNK" | b"PAD " | b"ds64" => {}
            name => out.readable(&format!("riff/{}", decoded(name).trim()), part, raw),
        }
    }
}

/// A list of texts.
fn info(bytes: &[u8], range: Range<usize>, out: &mut Metadata) {
    let (chunks, whole) = chunks(bytes, range.start + 4..range.end);
    if !whole {
        out.damaged("a list of texts of the recording ends early");
    }
    for Chunk { name, content } in chunks {
        let role = match &name {
            b"INAM" => Role::Subject,
            b"ICMT" => Role::Body,
            b"ICRD" => Role::TimeStamp,
            name if PEOPLE.contains(&name.as_slice()) => Role::PersonName,
            _ => Role::Other,
        };
        let text = decoded(bytes.get(content.clone()).unwrap_or_default());
        out.text(format!("riff/{}", decoded(&name).trim()), role, &text, content.start);
    }
}

fn broadcast(part: &[u8], raw: usize, out: &mut Metadata) {
    for (name, role, at, len) in BROADCAST {
        let text = part.get(at..at.saturating_add(len).min(part.len())).unwrap_or_default();
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        out.text(format!("bext/{name}"), role, &decoded(text), raw + at);
    }
}

/// The same file with padding in the place of every chunk that is not needed to play it: nothing moves.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.to_vec();
    blank(bytes, 12..bytes.len(), 0, &mut out)?;
    Some(out)
}

fn blank(bytes: &[u8], range: Range<usize>, depth: u32, out: &mut [u8]) -> Option<()> {
    let (chunks, whole) = chunks(bytes, range.clone());
    let filled = chunks.last().map_or(range.start, |last| last.content.end + last.content.len() % 2);
    if !whole
        || depth > DEPTH
        || bytes.get(filled..range.end).is_some_and(|rest| rest.iter().any(|b| *b != 0))
    {
        return None;
    }
    for Chunk { name, content } in chunks {
        let part = bytes.get(content.clone())?;
        let played = [
            b"fmt ", b"data", b"fact", b"avih", b"strh", b"strf", b"idx1", b"indx", b"ds64", b"dmlh", b"vprp",
        ];
        let list = matches!(&name, b"LIST" | b"RIFF");
        if played.contains(&&name) || list && part.starts_with(b"movi") {
            continue;
        }
        if list && [&b"hdrl"[..], b"strl", b"odml", b"AVI ", b"AVIX"].iter().any(|of| part.starts_with(of)) {
            blank(bytes, content.start + 4..content.end, depth + 1, out)?;
            continue;
        }
        out.get_mut(content.start - 8..content.start - 4)?.copy_from_slice(b"JUNK");
        out.get_mut(content)?.fill(0);
    }
    Some(())
}
