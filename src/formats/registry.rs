//! All formats, and which of them an item is in.

use super::binary::Binary;
use super::cards::{ICALENDAR, VCARD};
use super::child::OutOfProcess;
use super::containers::{BZIP2, Contained, Foreign, GZIP, SEVEN_Z, TAR, XZ, ZIP, ZSTD};
use super::csv::Csv;
use super::html::HtmlFormat;
use super::images::{BMP, GIF, HEIF, JPEG, PNG, TIFF, WEBP};
use super::json::{Json, NdJson};
use super::legacy::{COMPOUND, MailStore, RTF, TNEF};
use super::mail::{MailFormat, MboxFormat};
use super::markdown::MarkdownFormat;
use super::media::{AVI, FLAC, MATROSKA, MP3, MP4, OGG, WAVE};
use super::office::{MADE_TABLE, MADE_TEXT, OfficeFormat, Xlsx};
use super::pdf::PdfFormat;
use super::sql::Sql;
use super::text::Text;
use super::xml::Xml;
use super::{Format, Vote};

/// Every format, those that are surest of themselves first: first bytes, then the first character, then
/// headers, then rows; `text` takes what nobody claims. Mail stands before `csv`, whose sniffing is the
/// weakest evidence but one, and markup and Markdown with it.
static FORMATS: [&dyn Format; 42] = [
    &Xlsx,
    &OfficeFormat,
    &ZIP,
    &GZIP,
    &BZIP2,
    &XZ,
    &ZSTD,
    &TAR,
    &CONFINED_SEVEN_Z,
    &MAIL_STORE,
    &Foreign,
    &COMPOUND,
    &TNEF,
    &RTF,
    &PDF,
    &JPEG,
    &PNG,
    &GIF,
    &WEBP,
    &TIFF,
    &HEIF,
    &BMP,
    &MP3,
    &FLAC,
    &OGG,
    &WAVE,
    &AVI,
    &MP4,
    &MATROSKA,
    &Binary,
    &VCARD,
    &ICALENDAR,
    &NdJson,
    &Json,
    &MboxFormat,
    &MailFormat,
    &HtmlFormat,
    &Xml,
    &Sql,
    &MarkdownFormat,
    &Csv,
    &Text,
];

/// PDF, in a process of its own.
static PDF: OutOfProcess = OutOfProcess::new(&PdfFormat);

/// 7z archives, in a process of their own.
static CONFINED_SEVEN_Z: OutOfProcess = OutOfProcess::new(&SEVEN_Z);

/// Mail stores of Outlook, which have gigabytes: read from the file, a page and a block at a time.
static MAIL_STORE: Contained<MailStore> = Contained(MailStore);

/// The readers that run in a process of their own, as they are there.
static CHILDREN: [&dyn Format; 2] = [&PdfFormat, &SEVEN_Z];

/// The readers that a child may be asked for.
pub fn child_readers() -> &'static [&'static dyn Format] {
    &CHILDREN
}

/// Every format, in the order in which they are asked.
pub fn registry() -> &'static [&'static dyn Format] {
    &FORMATS
}

/// The format of this name.
pub fn format_named(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}

/// The format of an item, by its first 64 KiB, its innermost name and the media type its container
/// declares. Bytes decide; a name or a media type alone only tips the scale between weak votes. What a reader
/// made itself is what it says, whatever people wrote into it.
pub fn probe(head: &[u8], name: &str, media_type: Option<&str>) -> &'static dyn Format {
    if let Some(format) = made(head, name, media_type) {
        return format;
    }
    let mut weak: Option<&'static dyn Format> = None;
    for format in FORMATS {
        match format.probe(head, name) {
            Vote::Strong => return format,
            Vote::Weak if declares(media_type, format.name()) => return format,
            Vote::Weak => weak = weak.or(Some(format)),
            Vote::No => {}
        }
    }
    weak.unwrap_or(&Text)
}

/// The format of what a reader made. A mail may lie and declare the same: what is no text is none.
fn made(head: &[u8], name: &str, media_type: Option<&str>) -> Option<&'static dyn Format> {
    let format: &dyn Format = match media_type? {
        MADE_TABLE if Csv.probe(head, name) != Vote::No => &Csv,
        MADE_TABLE | MADE_TEXT => &Text,
        _ => return None,
    };
    let packed = |format: &&dyn Format| format.is_packed() && format.probe(head, name) == Vote::Strong;
    let is_text = Binary.probe(head, name) == Vote::No && !FORMATS.iter().any(packed);
    is_text.then_some(format)
}

/// Whether a media type names a format.
fn declares(media_type: Option<&str>, format: &str) -> bool {
    let essence =
        media_type.and_then(|media| media.split(';').next()).unwrap_or("").trim().to_ascii_lowercase();
    let formats: &[(&str, &str)] = &[
        ("application/json", "json"),
        ("application/x-ndjson", "ndjson"),
        ("application/jsonl", "ndjson"),
        ("text/csv", "csv"),
        ("text/tab-separated-values", "csv"),
        ("text/html", "html"),
        ("application/xhtml+xml", "html"),
        ("application/xml", "xml"),
        ("text/xml", "xml"),
        ("application/sql", "sql"),
        ("text/vcard", "vcard"),
        ("text/x-vcard", "vcard"),
        ("text/calendar", "icalendar"),
        ("text/markdown", "markdown"),
        ("message/rfc822", "mail"),
        ("application/mbox", "mbox"),
    ];
    formats.contains(&(essence.as_str(), format))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(head: &[u8], name: &str) -> &'static str {
        probe(head, name, None).name()
    }

    #[test]
    fn bytes_decide_and_names_only_tip() {
        assert_eq!(name(b"{\"a\": 1}", "x.txt"), "json");
        assert_eq!(name(b"\xEF\xBB\xBF [ {\"a\": 1} ]", ""), "json");
        assert_eq!(name(b"{\"a\": 1}\n{\"a\": 2}\n", "tickets.json"), "ndjson");
        assert_eq!(name(b"{\n \"a\": 1\n}\n{\"a\": 2}\n", "x"), "json");
        assert_eq!(name(b"id,name,email\n1,Ana,ana@example.org\n", "export"), "csv");
        assert_eq!(name(b"id;name\n1;Ana\n", "export.csv"), "csv");
        assert_eq!(name(b"hello", "x.json"), "text");
        assert_eq!(name(b"{name} is missing", "x.json"), "json");
        assert_eq!(name(b"{name} is missing", "x.txt"), "text");
        assert_eq!(name(b"[e-mail address]\n[e-mail address]\n", "list.txt"), "text");
        assert_eq!(name(b"[null]\n[true, 1]\n", "x"), "ndjson");
        assert_eq!(name(b"[nulla]\n[telephone]\n", "x"), "text");
        assert_eq!(name(b"[draft] Dear Ana,\nthank you\n", "mail.txt"), "text");
        assert_eq!(name(b"[2020-01-01 12:00] login\n[2020-01-01 12:01] logout\n", "a.log"), "text");
        assert_eq!(name(b"%PDF-1.4", "x.txt"), "pdf");
        assert_eq!(name(b"", "empty"), "text");
        assert_eq!(name(b"{\"a\": [1, 2", "cut"), "json");
        assert_eq!(
            name(b"From: a@example.org\nTo: b@example.org\n\nhello\n", "1700000000.M1.host:2,S"),
            "mail"
        );
        assert_eq!(
            name(b"From a@example.org Tue Mar  5 10:22:33 2024\nTo: b@example.org\n\nhello\n", "inbox"),
            "mbox"
        );
        assert_eq!(name(b"<!DOCTYPE html><p>x", "article"), "html");
        assert_eq!(name(b"# Title\n\n- a, b\n- c, d\n", "readme.md"), "markdown");
        assert_eq!(name(b"Subject: nothing more\nhello\n", "note.txt"), "text");
    }

    #[test]
    fn what_a_reader_made_is_what_it_says_unless_it_is_no_text() {
        let named = |media| if media == MADE_TABLE { "Users.csv" } else { "word/document.xml" };
        let of = |head: &[u8], media| probe(head, named(media), Some(media)).name();
        assert_eq!(of(b"<number> of\n", MADE_TEXT), "text");
        assert_eq!(of(b"From: a@example.org\nTo: b@example.org\n\nhello\n", MADE_TEXT), "text");
        assert_eq!(of(b"id,mail\n1,a@example.org\n2,b@example.org\n", MADE_TABLE), "csv");
        assert_ne!(of(b"<b>id</b>,mail\n1,a@example.org\n", MADE_TABLE), "xml");
        assert_eq!(of(b"PK\x03\x04\0\0", MADE_TEXT), "zip");
        assert_eq!(of(b"<number> of\n", "text/plain"), "xml");
    }

    #[test]
    fn utf16_is_seen_through() {
        let json: Vec<u8> = "{\"name\": \"Ana\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(name(&json, "x"), "json");
    }
}
