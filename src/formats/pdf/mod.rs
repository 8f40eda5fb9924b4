//! PDF (ISO 32000-1 and -2): the text of every page, and what stands beside the pages.
//!
//! `lopdf` reads the objects; text is put together here. Pages become texts of lines; so do properties, notes,
//! fields, bookmarks and links together, forms that no page shows, and what only earlier revisions of the file
//! say. Metadata and embedded files are members as they are. A page that shows pictures or glyphs and gives no
//! text is told. There is no way back: redaction withholds the document.

mod cmap;
mod content;
mod fonts;
mod glyphs;
mod lines;
mod objects;
mod programs;
mod strings;
mod tokens;

use std::collections::BTreeSet;
use std::sync::Arc;

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};

use super::{Format, Member, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Gap, GapClass, Limits, Trial, Tries};

use content::{Reader, Shown};
use objects::{Objects, dictionary_of};

/// Where the mark of a PDF may stand (ISO 32000-1 annex H, 3.4.1).
const MARK_WITHIN: usize = 1024;
/// Revisions that are looked at, the newest first.
const REVISIONS: usize = 8;

/// The format `pdf`.
pub(super) struct PdfFormat;

impl Format for PdfFormat {
    fn name(&self) -> &'static str {
        "pdf"
    }

    fn probe(&self, head: &[u8], _name: &str) -> Vote {
        let begin = head.get(..head.len().min(MARK_WITHIN)).unwrap_or_default();
        // Before the mark there may be what a printer's language puts there, and no text of a letter.
        match memchr::memmem::find(begin, b"%PDF-") {
            Some(0) => Vote::Strong,
            Some(at) if begin.get(..at).is_some_and(|before| !before.iter().any(u8::is_ascii_lowercase)) => {
                Vote::Strong
            }
            _ => Vote::No,
        }
    }

    fn is_packed(&self) -> bool {
        true
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if reading.purpose == Purpose::Survey {
            return;
        }
        out.block().raw_bytes += piece.bytes.len() as u64;
        let limits = reading.limits;
        let most = limits.expands(piece.bytes.len() as u64).min(limits.expanded.left());
        let unreadable = || damaged("the PDF document cannot be read: its list of objects is damaged");
        let Ok(mut document) = load(piece.bytes, most, false, None) else { return out.gap(unreadable()) };
        let mut password = None;
        if is_locked(&document) {
            let how = encryption(&document);
            let mut tries = Tries::new(&limits.passwords);
            match tries.find(HASHES, |word| document.authenticate_password(word).is_ok()) {
                Trial::Closed(tried) => return out.gap(Gap::closed(WHAT, &how, tried)),
                Trial::Opened(word) => password = Some(word),
            }
            match load(piece.bytes, most, false, password) {
                Ok(opened) if !is_locked(&opened) => document = opened,
                _ => return out.gap(unreadable()),
            }
            out.gap(Gap::opened(WHAT, &how));
        }
        if !has_end(piece.bytes) {
            out.gap(damaged("the PDF document ends early, or bytes stand behind its end"));
        }
        let mut told = Told { ordinal: 0, said: BTreeSet::new(), limits, out };
        told.document(&document, most);
        told.revisions(piece.bytes, most, password);
    }
}

/// Whether the mark of the end stands where it must (ISO 32000-1 annex H, 3.4.4). A list of objects is found
/// without it, and what is missing behind would be missed by nobody.
fn has_end(bytes: &[u8]) -> bool {
    let end = bytes.get(bytes.len().saturating_sub(MARK_WITHIN)..).unwrap_or_default();
    memchr::memmem::find(end, b"%%EOF").is_some()
}

/// Digests that trying a password takes at most (ISO 32000-2, 7.6.4.3.4): 64 rounds and some of up to 64 copies of
/// what is digested, for the user's and the owner's.
const HASHES: u64 = 1 << 15;
const WHAT: &str = "the PDF document";

/// Whether the document is encrypted, and not with the empty password.
fn is_locked(document: &Document) -> bool {
    document.is_encrypted() && !document.was_encrypted()
}

fn load(bytes: &[u8], most: u64, strict: bool, password: Option<&str>) -> lopdf::Result<Document> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let password = password.map(str::to_owned);
    let options =
        LoadOptions { password, strict, max_decompressed_size: Some(most), ..LoadOptions::default() };
    Document::load_mem_with_options(bytes, options)
}

fn damaged(what: &str) -> Gap {
    Gap::new(GapClass::Fault, "malformed-document", format!("{what}; open it and save it anew, or as text"))
}

/// How a document is encrypted (ISO 32000-2, 7.6).
fn encryption(document: &Document) -> String {
    let number = |key: &[u8]| {
        let of = document.get_encrypted().ok().and_then(|encrypt| encrypt.get(key).ok()?.as_i64().ok());
        of.unwrap_or(0)
    };
    match (number(b"V"), number(b"R")) {
        (1, _) => "with RC4 of 40 bits".to_owned(),
        (2 | 3, _) => format!("with RC4 of {} bits", number(b"Length").max(40)),
        (4, _) => format!("with {}, revision 4", filter(document)),
        (5, revision) => format!("with AES-256, revision {revision}"),
        _ => "by a handler of its own".to_owned(),
    }
}

/// The cipher of the crypt filter for streams (7.6.6, table 25).
fn filter(document: &Document) -> &'static str {
    let found = || {
        let encrypt = document.get_encrypted().ok()?;
        let name = encrypt.get(b"StmF").ok()?.as_name().ok()?;
        let filters = encrypt.get(b"CF").ok()?.as_dict().ok()?;
        filters.get(name).ok()?.as_dict().ok()?.get(b"CFM").ok()?.as_name().ok()
    };
    match found() {
        Some(b"V2") => "RC4 of 128 bits",
        Some(b"AESV2") => "AES-128",
        Some(b"AESV3") => "AES-256",
        _ => "a filter that is not known",
    }
}

/// What is told of a document.
struct Told<'t> {
    ordinal: u32,
    /// Lines that were given: earlier revisions repeat most of them.
    said: BTreeSet<String>,
    limits: &'t Limits,
    out: &'t mut dyn Yield,
}

impl Told<'_> {
    fn document(&mut self, document: &Document, most: u64) {
        let objects = Objects::new(document, most);
        let mut reader = Reader::new(&objects);
        let mut silent: Vec<String> = Vec::new();
        let (mut images, mut cut) = (0, false);
        for (name, page) in pages(document) {
            let shown = reader.page(page);
            if is_silent(&shown) {
                silent.push(name.clone());
            } else {
                images += shown.images;
            }
            cut |= shown.is_cut;
            self.text(&name, shown.lines.text);
        }
        let hidden: String = forms(document)
            .filter(|(id, _)| !reader.forms.contains(id))
            .map(|(_, form)| form)
            .collect::<Vec<_>>()
            .into_iter()
            .map(|form| reader.form(form).lines.text)
            .collect();
        self.text("forms", hidden);
        self.text("properties", strings::lines(&objects));
        self.members(&objects);
        self.gaps(&silent, images, cut);
        if objects.over.get() {
            let what = "the streams of the PDF document are far larger than the document: it may be a bomb, and not all was read";
            self.out.gap(Gap::new(GapClass::Limit, "expanded-ratio", what).lifted_by("--max-ratio"));
        }
        if objects.damaged.get() {
            self.out
                .gap(damaged("a part of the PDF document is damaged, or packed in a way that is not known"));
        }
    }

    fn gaps(&mut self, silent: &[String], images: u64, cut: bool) {
        if let Some(first) = silent.first() {
            let what = format!(
                "{} of the PDF document ({first} is the first) show pictures or signs and give no text: recognise their text and scan that",
                counted(silent.len() as u64, "page")
            );
            self.out.gap(Gap::new(GapClass::Unread, "page-without-text", what));
        }
        if images > 0 {
            let what = format!(
                "{} of the PDF document stand beside its text and were not read",
                counted(images, "picture")
            );
            self.out.gap(Gap::new(GapClass::Unread, "image-not-read", what));
        }
        if cut {
            let what = "a page of the PDF document asks for more drawing than is followed: what comes after was not read";
            self.out.gap(Gap::new(GapClass::Limit, "page-too-long", what));
        }
    }

    /// What earlier revisions say and the last one does not (ISO 32000-1, 7.5.6): it is in the file all the same.
    fn revisions(&mut self, bytes: &[u8], most: u64, password: Option<&str>) {
        let ends: Vec<usize> = memchr::memmem::find_iter(bytes, b"%%EOF").map(|at| at + 5).collect();
        let earlier = ends.iter().rev().skip(1).take(REVISIONS);
        for end in earlier {
            let earlier = bytes.get(..*end).unwrap_or_default();
            let Ok(document) = load(earlier, most, true, password) else { continue };
            if is_locked(&document) {
                continue;
            }
            let objects = Objects::new(&document, most);
            let mut reader = Reader::new(&objects);
            let mut text: String = pages(&document).map(|(_, page)| reader.page(page).lines.text).collect();
            text.push_str(&strings::lines(&objects));
            let new: String = text
                .lines()
                .filter(|line| !self.said.contains(*line))
                .flat_map(|line| [line, "\n"])
                .collect();
            self.text("earlier revision", new);
        }
    }

    /// Metadata and embedded files.
    fn members(&mut self, objects: &Objects<'_>) {
        let named = embedded(objects);
        for (id, object) in &objects.document.objects {
            let Object::Stream(stream) = object else { continue };
            let (name, media) = match objects.name(&stream.dict, "Type") {
                Some(b"Metadata") => ("metadata".to_owned(), "application/rdf+xml"),
                Some(b"EmbeddedFile") => (file_name(&named, *id), ""),
                _ if named.iter().any(|(file, _)| file == id) => (file_name(&named, *id), ""),
                _ => continue,
            };
            if let Some(bytes) = objects.bytes(stream) {
                self.member(&name, bytes, media);
            }
        }
    }

    fn text(&mut self, name: &str, text: String) {
        self.said.extend(text.lines().map(str::to_owned));
        if !text.trim().is_empty() {
            self.member(name, text.into_bytes(), "text/plain");
        }
    }

    fn member(&mut self, name: &str, bytes: Vec<u8>, media_type: &str) {
        if u64::from(self.ordinal) >= self.limits.members || !self.limits.expanded.take(bytes.len() as u64) {
            let what =
                "the PDF document holds more than is allowed to come out of one: the rest was not read";
            return self
                .out
                .gap(Gap::new(GapClass::Limit, "too-much-expanded", what).lifted_by("--max-expanded"));
        }
        self.ordinal += 1;
        self.out.member(Member {
            ordinal: self.ordinal,
            name: name.to_owned(),
            bytes: Arc::from(bytes),
            media_type: Some(media_type.to_owned()).filter(|media_type| !media_type.is_empty()),
            written: Default::default(),
        });
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Whether a page shows something and no text comes of it, or of less than half of its glyphs.
fn is_silent(shown: &Shown) -> bool {
    let blank = shown.lines.text.trim().is_empty();
    blank && (shown.images > 0 || shown.glyphs > 0) || shown.unknown * 2 > shown.glyphs
}

/// Pages in their order, then those that no list of pages leads to.
fn pages(document: &Document) -> impl Iterator<Item = (String, &Dictionary)> {
    let listed = document.get_pages();
    let known: BTreeSet<ObjectId> = listed.values().copied().collect();
    let of = |id: ObjectId| document.get_object(id).ok().and_then(dictionary_of);
    let listed = listed.into_iter().filter_map(move |(number, id)| Some((format!("page {number}"), of(id)?)));
    let lost = document.objects.iter().filter(move |(id, _)| !known.contains(id));
    let lost = lost.filter_map(|(id, object)| {
        let page = dictionary_of(object)?;
        let is_page = page.get(b"Type").and_then(Object::as_name).is_ok_and(|name| name == b"Page");
        is_page.then(|| (format!("page of object {}", id.0), page))
    });
    listed.chain(lost)
}

/// Forms of the document: annotations look like them, and a page may show them.
fn forms(document: &Document) -> impl Iterator<Item = (ObjectId, &lopdf::Stream)> {
    document.objects.iter().filter_map(|(id, object)| {
        let stream = object.as_stream().ok()?;
        let is_form = stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form");
        is_form.then_some((*id, stream))
    })
}

/// Embedded files by their objects, with the names that file specifications give them (7.11.3).
fn embedded(objects: &Objects<'_>) -> Vec<(ObjectId, String)> {
    let mut named = Vec::new();
    for specification in objects.document.objects.values().filter_map(dictionary_of) {
        let Some(files) = objects.dictionary(specification, "EF") else { continue };
        let name = ["UF", "F"].iter().find_map(|key| objects.get(specification, key)?.as_str().ok());
        let name = strings::decoded(name.unwrap_or_default());
        let ids = files.iter().filter_map(|(_, file)| file.as_reference().ok());
        named.extend(ids.map(|id| (id, name.clone())));
    }
    named
}

fn file_name(named: &[(ObjectId, String)], id: ObjectId) -> String {
    let known = named.iter().find(|(file, name)| *file == id && !name.is_empty());
    known.map_or_else(|| format!("file {}", id.0), |(_, name)| name.clone())
}

#[cfg(test)]
mod tests;
