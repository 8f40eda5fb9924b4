//! Comments as Vorbis has them (Vorbis I, 5; RFC 7845, 5.2; RFC 9639, 8.6): lists of `NAME=value`.

use super::super::encoding::base64;
use super::super::images::metadata::{Metadata, decoded};
use super::super::images::numbers::{len_le, run};
use super::{flac, position};
use crate::records::{OffsetMap, Role};

/// Names of comments that name people.
const PEOPLE: [&str; 11] = [
    "ARTIST",
    "ALBUMARTIST",
    "PERFORMER",
    "COMPOSER",
    "AUTHOR",
    "LYRICIST",
    "CONDUCTOR",
    "ARRANGER",
    "CONTACT",
    "ENCODED-BY",
    "SPEAKER",
];

/// Reads a list that begins at `raw` of the file.
pub(super) fn comments(bytes: &[u8], raw: usize, out: &mut Metadata) {
    if list(bytes, raw, out).is_none() {
        out.damaged("the list of comments of the recording ends early");
    }
}

fn list(bytes: &[u8], raw: usize, out: &mut Metadata) -> Option<()> {
    let vendor = run(bytes, 4, len_le(bytes, 0)?)?;
    out.text("vorbis/vendor", Role::Other, &decoded(vendor), raw + 4);
    let mut at = 4 + vendor.len();
    let count = len_le(bytes, at)?;
    at += 4;
    for _ in 0..count {
        let comment = run(bytes, at + 4, len_le(bytes, at)?)?;
        one(comment, raw + at + 4, out);
        at += 4 + comment.len();
        if out.full {
            break;
        }
    }
    // Opus may have more behind the list, for programs to keep (RFC 7845, 5.2).
    out.readable("vorbis/rest", bytes.get(at..).unwrap_or_default(), raw + at);
    Some(())
}

fn one(comment: &[u8], raw: usize, out: &mut Metadata) {
    let comment = decoded(comment);
    let (name, value) = comment.split_once('=').unwrap_or(("", &comment));
    let name = name.to_ascii_uppercase();
    let path = format!("vorbis/{name}");
    let raw = raw + name.len();
    match name.as_str() {
        "METADATA_BLOCK_PICTURE" => {
            let block = unpacked(value);
            if flac::picture(&block, raw, out).is_none() {
                out.damaged("a picture in the recording ends early");
            }
        }
        "COVERART" => out.file("cover", &unpacked(value)),
        "LOCATION" | "GEO_LOCATION" => position(&path, value, raw, out),
        "DATE" | "CREATION_TIME" | "YEAR" => out.text(path, Role::TimeStamp, value, raw),
        "TITLE" => out.text(path, Role::Subject, value, raw),
        name if PEOPLE.contains(&name) => out.text(path, Role::PersonName, value, raw),
        _ => out.text(path, Role::Other, value, raw),
    }
}

fn unpacked(value: &str) -> Vec<u8> {
    let (mut bytes, mut map) = (Vec::new(), OffsetMap::new());
    base64::decode(value.as_bytes(), &mut bytes, &mut map);
    bytes
}
