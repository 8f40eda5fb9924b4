//! ID3v2.2, 2.3 and 2.4: frames of texts, comments, addresses, pictures and files.

use std::io::Read;

use super::super::images::metadata::{Metadata, decoded};
use super::super::images::numbers::{len_be, run};
use crate::records::Role;

/// Frames that name people.
const PEOPLE: [&str; 22] = [
    "TPE1", "TPE2", "TPE3", "TPE4", "TCOM", "TEXT", "TOLY", "TOPE", "TOWN", "TENC", "TPRO", "TIPL", "TMCL",
    "IPLS", "TP1", "TP2", "TP3", "TP4", "TCM", "TXT", "TOA", "IPL",
];

/// Whether a tag begins here.
pub(super) fn claims(bytes: &[u8]) -> bool {
    bytes.starts_with(b"ID3")
        && bytes.get(3).is_some_and(|version| (2..=4).contains(version))
        && bytes.get(6..10).is_some_and(|size| size.iter().all(|byte| *byte < 0x80))
}

/// How many bytes the tag takes that begins here.
pub(super) fn len(bytes: &[u8]) -> Option<usize> {
    let size = safe(bytes, 6).filter(|_| claims(bytes))?;
    let footer = if bytes.get(5)? & 0x10 != 0 { 10 } else { 0 };
    Some(10 + size + footer)
}

/// Seven bits of each of four bytes.
fn safe(bytes: &[u8], at: usize) -> Option<usize> {
    let four = run(bytes, at, 4)?;
    four.iter()
        .all(|byte| *byte < 0x80)
        .then(|| four.iter().fold(0, |sum, byte| sum << 7 | usize::from(*byte)))
}

/// Takes the zeros out that stand behind every `0xFF`.
fn synchronised(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut after = false;
    for byte in bytes {
        if !(after && *byte == 0) {
            out.push(*byte);
        }
        after = *byte == 0xFF;
    }
    out
}

/// Reads a tag that begins at `raw` of the file.
pub(super) fn read(tag: &[u8], raw: usize, out: &mut Metadata) {
    let version = tag.get(3).copied().unwrap_or(0);
    let flags = tag.get(5).copied().unwrap_or(0);
    let body = tag.get(10..).unwrap_or_default();
    if version == 2 && flags & 0x40 != 0 {
        return out.damaged("an ID3 tag is compressed in a way that was never written down");
    }
    let plain = if version < 4 && flags & 0x80 != 0 { synchronised(body) } else { body.to_vec() };
    let skip = match (flags & 0x40 != 0, version) {
        (true, 3) => len_be(&plain, 0).map_or(0, |len| len.saturating_add(4)),
        (true, 4) => safe(&plain, 0).unwrap_or(0),
        _ => 0,
    };
    if !frames(plain.get(skip..).unwrap_or_default(), version, raw + 10 + skip.min(plain.len()), 0, out) {
        out.damaged("an ID3 tag ends early");
    }
}

/// Reads frames up to the padding; whether they fill what they stand in. Each has a place of its own, from `raw` on;
/// where zeros were taken out it is that many bytes too far in front.
fn frames(bytes: &[u8], version: u8, raw: usize, depth: u32, out: &mut Metadata) -> bool {
    let (letters, head) = if version == 2 { (3, 6) } else { (4, 10) };
    let mut at = 0;
    while at + head <= bytes.len() {
        let Some(id) = run(bytes, at, letters).filter(|id| id.iter().all(u8::is_ascii_alphanumeric)) else {
            return bytes.get(at) == Some(&0);
        };
        let id = String::from_utf8_lossy(id).into_owned();
        let size = match version {
            2 => run(bytes, at + 3, 3)
                .map(|size| size.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))),
            // Some programs write plain lengths into tags of version 2.4.
            4 => safe(bytes, at + 4).or_else(|| len_be(bytes, at + 4)),
            _ => len_be(bytes, at + 4),
        };
        let Some(content) = size.and_then(|size| run(bytes, at + head, size)) else { return false };
        let flags = if version == 2 { 0 } else { bytes.get(at + 9).copied().unwrap_or(0) };
        match plain(content, version, flags, out) {
            Some(content) => frame(&id, &content, version, raw + at, depth, out),
            None if !out.full => out.damaged("a frame of an ID3 tag is encrypted or damaged"),
            None => {}
        }
        at += head + content.len();
    }
    true
}

/// A frame's content without what its flags say of it; none where it is encrypted.
fn plain(content: &[u8], version: u8, flags: u8, out: &mut Metadata) -> Option<Vec<u8>> {
    let (compressed, encrypted, grouped, counted, unsafe_) = match version {
        3 => (flags & 0x80 != 0, flags & 0x40 != 0, flags & 0x20 != 0, flags & 0x80 != 0, false),
        4 => (flags & 0x08 != 0, flags & 0x04 != 0, flags & 0x40 != 0, flags & 0x01 != 0, flags & 0x02 != 0),
        _ => (false, false, false, false, false),
    };
    if encrypted {
        return None;
    }
    let skip = usize::from(grouped) + if counted { 4 } else { 0 };
    let content = content.get(skip..)?;
    let content = if unsafe_ { synchronised(content) } else { content.to_vec() };
    if !compressed {
        return Some(content);
    }
    let most = out.left();
    let mut unpacked = Vec::new();
    flate2::read::ZlibDecoder::new(content.as_slice())
        .take(most as u64 + 1)
        .read_to_end(&mut unpacked)
        .ok()?;
    out.take(unpacked.len()).then_some(unpacked)
}

/// A text in the encoding its first byte named, and what stands behind its end.
fn text(encoding: u8, bytes: &[u8]) -> (String, &[u8]) {
    let wide = matches!(encoding, 1 | 2);
    let end = match wide {
        true => bytes.as_chunks::<2>().0.iter().position(|unit| *unit == [0, 0]).map(|at| 2 * at),
        false => memchr::memchr(0, bytes),
    };
    let (said, rest) = match end {
        Some(at) => (bytes.get(..at), bytes.get(at + if wide { 2 } else { 1 }..)),
        None => (Some(bytes), None),
    };
    (spoken(encoding, said.unwrap_or_default()), rest.unwrap_or_default())
}

fn spoken(encoding: u8, bytes: &[u8]) -> String {
    match encoding {
        1 if bytes.starts_with(&[0xFE, 0xFF]) => encoding_rs::UTF_16BE.decode(bytes).0.into_owned(),
        1 => encoding_rs::UTF_16LE.decode(bytes).0.into_owned(),
        2 => encoding_rs::UTF_16BE.decode(bytes).0.into_owned(),
        _ => decoded(bytes),
    }
}

/// All texts of a list that zeros part.
fn list(encoding: u8, mut bytes: &[u8]) -> String {
    let mut out = Vec::new();
    while !bytes.is_empty() && out.len() < 1000 {
        let (said, rest) = text(encoding, bytes);
        if !said.is_empty() {
            out.push(said);
        }
        bytes = rest;
    }
    out.join("; ")
}

fn frame(id: &str, content: &[u8], version: u8, raw: usize, depth: u32, out: &mut Metadata) {
    let path = format!("id3/{id}");
    let encoding = content.first().copied().unwrap_or(0);
    let rest = content.get(1..).unwrap_or_default();
    match id {
        "TXXX" | "TXX" => {
            let (described, value) = text(encoding, rest);
            out.text(format!("{path}/description"), Role::Other, &described, raw);
            out.text(path, Role::Other, &list(encoding, value), raw);
        }
        "COMM" | "COM" | "USLT" | "ULT" => {
            let (described, value) = text(encoding, rest.get(3..).unwrap_or_default());
            out.text(format!("{path}/description"), Role::Other, &described, raw);
            out.text(path, Role::Body, &text(encoding, value).0, raw);
        }
        "USER" => out.text(path, Role::Body, &spoken(encoding, rest.get(3..).unwrap_or_default()), raw),
        "WXXX" | "WXX" => {
            let (described, value) = text(encoding, rest);
            out.text(format!("{path}/description"), Role::Other, &described, raw);
            out.text(path, Role::Url, &decoded(value), raw);
        }
        "POPM" | "POP" => out.text(path, Role::EmailAddress, &text(0, content).0, raw),
        "APIC" | "PIC" | "GEOB" | "GEO" => attached(id, content, &path, raw, out),
        "CHAP" | "CTOC" => {
            let (name, rest) = text(0, content);
            out.text(path, Role::Other, &name, raw);
            let skip = if id == "CHAP" {
                16
            } else {
                let count = usize::from(rest.get(1).copied().unwrap_or(0));
                let names = rest.get(2..).unwrap_or_default().split_inclusive(|byte| *byte == 0).take(count);
                2 + names.map(<[u8]>::len).sum::<usize>()
            };
            let inner = rest.get(skip..).unwrap_or_default();
            if depth > 2 || !frames(inner, version, raw, depth + 1, out) {
                out.damaged("a chapter of an ID3 tag ends early");
            }
        }
        id if id.starts_with('T') || id.starts_with("IPL") => {
            let is_date =
                id.starts_with("TD") && id != "TDLY" || matches!(id, "TYER" | "TYE" | "TIME" | "TRDA");
            let role = match id {
                id if PEOPLE.contains(&id) => Role::PersonName,
                "TIT2" | "TT2" => Role::Subject,
                _ if is_date => Role::TimeStamp,
                _ => Role::Other,
            };
            out.text(path, role, &list(encoding, rest), raw);
        }
        id if id.starts_with('W') => out.text(path, Role::Url, &decoded(content), raw),
        _ => out.readable(&path, content, raw),
    }
}

/// A picture or file in a tag.
fn attached(id: &str, content: &[u8], path: &str, raw: usize, out: &mut Metadata) {
    let encoding = content.first().copied().unwrap_or(0);
    let rest = content.get(1..).unwrap_or_default();
    let rest = if id == "PIC" { rest.get(3..).unwrap_or_default() } else { text(0, rest).1 };
    let (name, described, bytes) = match id {
        "APIC" | "PIC" => {
            let (described, bytes) = text(encoding, rest.get(1..).unwrap_or_default());
            ("cover".to_owned(), described, bytes)
        }
        _ => {
            let (name, rest) = text(encoding, rest);
            let (described, bytes) = text(encoding, rest);
            (name, described, bytes)
        }
    };
    out.text(format!("{path}/description"), Role::Other, &described, raw);
    out.file(if name.is_empty() { "file" } else { &name }, bytes);
}
