//! What is no text: recognised by its first bytes and told as a gap, never scanned as garbage.

use super::containers::Anywhere;
use super::encrypted::encrypted;
use super::{Cutter, Format, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Gap, GapClass};

/// The format `binary`: bytes no text reader could make sense of.
pub struct Binary;

impl Format for Binary {
    fn name(&self) -> &'static str {
        "binary"
    }

    fn probe(&self, head: &[u8], _name: &str) -> Vote {
        if encrypted(head).is_some() || kind(head).is_some() { Vote::Strong } else { Vote::No }
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        Some(Box::new(Anywhere))
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if !piece.first || reading.purpose == Purpose::Survey {
            return;
        }
        out.gap(match encrypted(piece.bytes) {
            Some((what, how)) => Gap::encrypted(what, &how),
            None => gap(kind(piece.bytes).unwrap_or(Kind::UNKNOWN)),
        });
    }
}

/// What some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    name: &'static str,
    class: GapClass,
}

impl Kind {
    const UNKNOWN: Kind = Kind { name: "binary data of an unknown kind", class: GapClass::Unread };
}

fn gap(kind: Kind) -> Gap {
    match kind.class {
        GapClass::ByNature => {
            Gap::new(kind.class, "no-text", format!("{}: there is no text of people in it", kind.name))
        }
        class => Gap::new(
            class,
            "no-reader",
            format!("{}: there is no reader for it; convert it to text and scan that", kind.name),
        ),
    }
}

const UNREAD: GapClass = GapClass::Unread;
const NATURE: GapClass = GapClass::ByNature;

/// First bytes, what they are, and whether anything could be read there.
static MAGIC: [(&[u8], &str, GapClass); 33] = [
    (b"%PDF-", "PDF document", UNREAD),
    (b"PK\x03\x04", "ZIP archive or office document", UNREAD),
    (b"PK\x05\x06", "empty ZIP archive", UNREAD),
    (b"PK\x07\x08", "split ZIP archive", UNREAD),
    (b"!BDN", "Outlook mail store", UNREAD),
    (b"\x1F\x8B", "gzip archive", UNREAD),
    (b"BZh", "bzip2 archive", UNREAD),
    (b"\xFD7zXZ\0", "xz archive", UNREAD),
    (b"\x28\xB5\x2F\xFD", "zstd archive", UNREAD),
    (b"\x04\x22\x4D\x18", "LZ4 archive", UNREAD),
    (b"SQLite format 3\0", "SQLite database", UNREAD),
    (b"PGDMP", "PostgreSQL dump", UNREAD),
    (b"Obj\x01", "Avro data", UNREAD),
    (b"PAR1", "Parquet data", UNREAD),
    (b"8BPS", "Photoshop image", UNREAD),
    (b"\0\0\x01\0", "icon", UNREAD),
    (b"ID3", "MP3 audio", UNREAD),
    (b"\xFF\xFB", "MP3 audio", UNREAD),
    (b"OggS", "Ogg audio or video", UNREAD),
    (b"fLaC", "FLAC audio", UNREAD),
    (b"#!AMR", "AMR audio", UNREAD),
    (b"\x1A\x45\xDF\xA3", "Matroska or WebM video", UNREAD),
    (b"FLV\x01", "Flash video", UNREAD),
    (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "Windows media", UNREAD),
    (b"\x7FELF", "executable", NATURE),
    (b"\xCA\xFE\xBA\xBE", "executable or Java class", NATURE),
    (b"\xCF\xFA\xED\xFE", "executable", NATURE),
    (b"\xCE\xFA\xED\xFE", "executable", NATURE),
    (b"\0asm", "WebAssembly module", NATURE),
    (b"wOFF", "font", NATURE),
    (b"wOF2", "font", NATURE),
    (b"OTTO\0", "font", NATURE),
    (b"\0\x01\0\0\0", "font", NATURE),
];

/// What the bytes are, if they are no text.
fn kind(head: &[u8]) -> Option<Kind> {
    let begins = |magic: &[u8]| magic.first() == head.first() && head.starts_with(magic);
    if let Some((_, name, class)) = MAGIC.iter().find(|(magic, ..)| begins(magic)) {
        // Some marks are short enough to begin a text.
        if magic_is_sure(head) {
            return Some(Kind { name, class: *class });
        }
    }
    inside_magic(head).or_else(|| looks_binary(head).then_some(Kind::UNKNOWN))
}

/// Whether a mark made of letters is followed by bytes no text has; marks with control bytes are
/// sure, and so are those of documents that are text themselves.
fn magic_is_sure(head: &[u8]) -> bool {
    if head.starts_with(b"%PDF-") {
        return true;
    }
    let start = head.get(..64).unwrap_or(head);
    start.iter().any(|byte| is_control(*byte))
        || start.iter().filter(|byte| **byte >= 0x80).count() * 4 > start.len()
}

fn inside_magic(head: &[u8]) -> Option<Kind> {
    let found = |name, class| Some(Kind { name, class });
    match (head.get(..4), head.get(4..8), head.get(8..12)) {
        (Some(b"RIFF"), _, Some(b"WAVE")) => found("WAVE audio", UNREAD),
        (Some(b"RIFF"), _, Some(b"AVI ")) => found("AVI video", UNREAD),
        (_, Some(b"ftyp"), _) => found("MP4 video", UNREAD),
        _ if head.starts_with(b"MZ") && looks_binary(head) => found("executable", NATURE),
        _ if head.starts_with(b"BM") && looks_binary(head) => found("BMP image", UNREAD),
        _ if head.get(257..262) == Some(b"ustar") => found("tar archive", UNREAD),
        _ => None,
    }
}

/// Control bytes that text does not have: all but tab, line ends, form feed, backspace, escape and the
/// information separators.
fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=0x07 | 0x0E..=0x1A | 0x7F)
}

/// Whether more than a tenth of the first 8 KiB are control bytes, and it is no UTF-16 or UTF-32.
fn looks_binary(head: &[u8]) -> bool {
    use super::encoding::charset;
    let head = head.get(..8 << 10).unwrap_or(head);
    // Runs short enough for counters of one byte, of which the compiler takes many at once.
    let counted =
        |run: &[u8]| usize::from(run.iter().fold(0u8, |count, byte| count + u8::from(is_control(*byte))));
    let controls: usize = head.chunks(255).map(counted).sum();
    controls > 4 && controls * 10 > head.len() && charset::code_unit(charset::resolve(head, None).label) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_kinds_are_named() {
        assert_eq!(kind(b"%PDF-1.7\n%...").unwrap().name, "PDF document");
        assert_eq!(kind(b"PK\x03\x04\x14\0\0\0").unwrap().class, UNREAD);
        assert_eq!(kind(b"\x7FELF\x02\x01\x01\0\0\0").unwrap().class, NATURE);
        assert_eq!(kind(b"\0\x01\0\0\0\x0F").unwrap().name, "font");
        let pe = [&b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0"[..], &[0; 40]].concat();
        assert_eq!(kind(&pe).unwrap().class, NATURE);
    }

    #[test]
    fn text_is_no_binary() {
        for text in [
            &b"BZh is the mark of bzip2"[..],
            b"MZ, BM and PK are initials of people",
            b"GIF89a is a version of a format, says the manual",
            b"OTTO wrote to ID3",
            b"hola\0mundo, one zero byte in a long enough line of text",
            b"",
            "Grüße\u{1f}aus Köln".as_bytes(),
            b"FLV",
            b"h\0o\0l\0a\0 \0m\0u\0n\0d\0o\0",
        ] {
            assert_eq!(kind(text), None, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn unknown_bytes_are_told_and_not_scanned() {
        let bytes: Vec<u8> = (0..200u8).map(|n| n.wrapping_mul(7) % 32).collect();
        assert_eq!(kind(&bytes), Some(Kind::UNKNOWN));
    }
}
