//! PNG: chunks (PNG third edition, 5 and 11).

use std::io::Read;
use std::ops::Range;

use super::metadata::{Metadata, decoded};
use super::numbers::{len_be, run, u32_be};
use super::{exif, iptc, photoshop, xmp};
use crate::records::Role;

pub(super) const MAGIC: &[u8] = b"\x89PNG\r\n\x1A\n";

/// Chunks without words that a picture needs to look as it does; those whose names begin with a capital besides.
const NEEDED: [&[u8]; 17] = [
    b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD", b"hIST", b"tRNS",
    b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT", b"oFFs",
];

struct Chunk<'b> {
    kind: &'b [u8],
    content: &'b [u8],
    all: Range<usize>,
}

/// Chunks; whether the last one was met.
fn chunks(bytes: &[u8]) -> (Vec<Chunk<'_>>, bool) {
    let (mut found, mut at) = (Vec::new(), MAGIC.len());
    loop {
        let chunk = len_be(bytes, at).and_then(|len| {
            let (kind, content) = (run(bytes, at + 4, 4)?, run(bytes, at + 8, len)?);
            run(bytes, at + 8 + len, 4)?;
            kind.iter().all(u8::is_ascii_alphabetic).then_some(Chunk {
                kind,
                content,
                all: at..at + 12 + len,
            })
        });
        let Some(chunk) = chunk else { return (found, false) };
        at = chunk.all.end;
        let last = chunk.kind == b"IEND";
        found.push(chunk);
        if last {
            return (found, true);
        }
    }
}

/// Reads what stands beside the pixels.
pub(super) fn read(bytes: &[u8], out: &mut Metadata) {
    let (chunks, whole) = chunks(bytes);
    for chunk in &chunks {
        let (content, raw) = (chunk.content, chunk.all.start + 8);
        match chunk.kind {
            b"IHDR" => out.size = u32_be(content, 0).zip(u32_be(content, 4)),
            b"tEXt" => {
                let (keyword, text) = split(content);
                keyed(keyword, &latin(text), raw, out);
            }
            b"zTXt" => {
                let (keyword, text) = split(content);
                match inflated(text.get(1..).unwrap_or_default(), out) {
                    Some(text) => keyed(keyword, &latin(&text), raw, out),
                    None => out.damaged("a packed text of the PNG picture cannot be unpacked"),
                }
            }
            b"iTXt" => international(content, raw, out),
            b"eXIf" | b"zxIf" => {
                exif::read(content.strip_prefix(b"Exif\0\0").unwrap_or(content), raw, out);
            }
            b"tIME" => {}
            kind if is_needed(kind) => {}
            _ => out.readable(&format!("png/{}", decoded(chunk.kind)), content, raw),
        }
    }
    let end = chunks.last().map_or(MAGIC.len(), |chunk| chunk.all.end);
    let rest = bytes.get(end..).unwrap_or_default();
    if whole {
        out.file("behind-the-picture", rest);
    } else {
        out.damaged("the PNG picture ends early");
        out.readable("rest", rest, end);
    }
}

fn is_needed(kind: &[u8]) -> bool {
    kind.first().is_some_and(u8::is_ascii_uppercase) || NEEDED.contains(&kind)
}

/// A keyword and what stands behind the NUL that ends it.
fn split(content: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(0, content) {
        Some(at) => (content.get(..at).unwrap_or_default(), content.get(at + 1..).unwrap_or_default()),
        None => (content, &[]),
    }
}

fn latin(bytes: &[u8]) -> Vec<u8> {
    decoded(bytes).into_bytes()
}

/// A text in UTF-8 with its language, packed or not (11.3.3.4).
fn international(content: &[u8], raw: usize, out: &mut Metadata) {
    let (keyword, rest) = split(content);
    let packed = rest.first() == Some(&1);
    let (language, rest) = split(rest.get(2..).unwrap_or_default());
    let (translated, text) = split(rest);
    let _ = language;
    let unpacked = if packed { inflated(text, out) } else { Some(text.to_vec()) };
    let Some(text) = unpacked else {
        return out.damaged("a packed text of the PNG picture cannot be unpacked");
    };
    out.text("png/keyword", Role::Other, &String::from_utf8_lossy(translated), raw);
    keyed(keyword, &text, raw, out);
}

/// Unpacks, as far as there is room.
fn inflated(bytes: &[u8], out: &mut Metadata) -> Option<Vec<u8>> {
    let (mut text, most) = (Vec::new(), out.left());
    flate2::read::ZlibDecoder::new(bytes).take(most as u64 + 1).read_to_end(&mut text).ok()?;
    if text.len() > most {
        out.full = true;
        text.clear();
    }
    Some(text)
}

/// A text under its keyword (11.3.3.1).
fn keyed(keyword: &[u8], text: &[u8], raw: usize, out: &mut Metadata) {
    let keyword = decoded(keyword);
    if keyword == "XML:com.adobe.xmp" {
        return xmp::read(text, raw, out);
    }
    if let Some(kind) = keyword.strip_prefix("Raw profile type ") {
        return profile(kind, text, raw, out);
    }
    let role = match keyword.as_str() {
        "Author" | "Artist" | "Creator" => Role::PersonName,
        "Title" => Role::Subject,
        "Creation Time" | "date:create" | "date:modify" | "date:timestamp" => Role::TimeStamp,
        "Description" | "Comment" | "Copyright" | "Disclaimer" | "Warning" => Role::Body,
        _ => Role::Other,
    };
    out.text(format!("png/{keyword}"), role, &String::from_utf8_lossy(text), raw);
}

/// A profile in hexadecimal digits, as ImageMagick writes it: a name, a length, the digits.
fn profile(kind: &str, text: &[u8], raw: usize, out: &mut Metadata) {
    let words = String::from_utf8_lossy(text);
    let mut lines = words.trim_start().lines().skip(1);
    let _length = lines.next();
    let digits: Vec<u8> = lines.flat_map(str::bytes).filter(u8::is_ascii_hexdigit).collect();
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    let bytes: Vec<u8> =
        digits.as_chunks().0.iter().map(|[high, low]: &[u8; 2]| digit(*high) << 4 | digit(*low)).collect();
    if !out.take(bytes.len()) {
        return;
    }
    match kind {
        "exif" | "APP1" | "app1" if bytes.starts_with(b"http://ns.adobe.com/xap/1.0/\0") => {
            xmp::read(bytes.get(29..).unwrap_or_default(), raw, out);
        }
        "exif" | "APP1" | "app1" => {
            exif::read(bytes.strip_prefix(b"Exif\0\0").unwrap_or(&bytes), raw, out);
        }
        "xmp" => xmp::read(&bytes, raw, out),
        "iptc" | "8bim" | "8BIM" if bytes.starts_with(b"8BIM") => photoshop::read(&bytes, raw, out),
        "iptc" => iptc::read(&bytes, raw, out),
        "icc" | "icm" => {}
        _ => out.readable(&format!("png/profile {kind}"), &bytes, raw),
    }
}

/// The picture with what is needed to show it, and nothing behind its end.
pub(super) fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    let (chunks, whole) = chunks(bytes);
    if !whole {
        return None;
    }
    let turned =
        chunks.iter().filter(|chunk| chunk.kind == b"eXIf").find_map(|chunk| exif::turned(chunk.content));
    let mut out = MAGIC.to_vec();
    for chunk in chunks.iter().filter(|chunk| is_needed(chunk.kind)) {
        out.extend(bytes.get(chunk.all.clone())?);
        if let (b"IHDR", Some(orientation)) = (chunk.kind, turned) {
            let data = exif::orientation_only(orientation);
            let mut sum = flate2::Crc::new();
            sum.update(b"eXIf");
            sum.update(&data);
            out.extend(u32::try_from(data.len()).ok()?.to_be_bytes());
            out.extend(b"eXIf");
            out.extend(data);
            out.extend(sum.sum().to_be_bytes());
        }
    }
    Some(out)
}
