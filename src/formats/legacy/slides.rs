//! PowerPoint presentations up to 2003 ([MS-PPT]): all text of slides, notes, masters and comments.
//!
//! A presentation that was saved quickly keeps what it was before in front of what it is now, deleted slides
//! included. The stream is read from its beginning to its end, so both are read.

use std::io::Read;

use super::bytes::{at_most, len_at, u16_at, u32_at, utf16};
use super::code_page::{self, WESTERN};
use super::compound::MAGIC;
use super::compound::{Compound, ROOT};
use super::documents;
use super::extract::Extract;

const DOCUMENT: &str = "PowerPoint Document";
const USER: &str = "Current User";
/// Records inside each other that are kept.
const DEPTH: usize = 64;
/// Data of programs under a name ([MS-PPT] 2.5.21).
const TAGGED: u16 = 0x138B;
/// In the stream of the user: the presentation is encrypted ([MS-PPT] 2.3.2).
const ENCRYPTED: u32 = 0xF3D1_C4DF;

/// Whether a compound file is a presentation.
pub(super) fn is_presentation(file: &Compound<'_>) -> bool {
    file.child(ROOT, DOCUMENT).is_some()
}

/// Reads a presentation.
pub(super) fn read(file: &Compound<'_>, out: &mut Extract) {
    let stream = file.child_stream(ROOT, DOCUMENT).unwrap_or_default();
    let user = file.child_stream(ROOT, USER).unwrap_or_default();
    let summary = file.child(ROOT, "EncryptedSummary").is_some();
    if summary || u32_at(&user, 12) == Some(ENCRYPTED) {
        out.encrypted = Some("with a password: RC4 CryptoAPI".to_owned());
        return;
    }
    let mut reader = Reader::default();
    reader.read(&stream, out);
    reader.finish(out);
    // Behind its head the stream of the user has who saved it last.
    let len = u16_at(&user, 20).map_or(0, usize::from).min(255);
    out.text("last-user.txt", &code_page::decode(WESTERN, at_most(&user, 28, len)));
    if let Some(pictures) = file.child_stream(ROOT, "Pictures") {
        super::drawing::pictures(&pictures, out);
    }
    for child in file.children(ROOT).iter().filter(|child| !file.is_stream(**child)) {
        documents::others(file, *child, &format!("{}/", file.name(*child)), out);
    }
}

/// What a part of the presentation is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Slide,
    Notes,
    Master,
    Handout,
    Document,
}

#[derive(Default)]
struct Reader {
    counts: [usize; 4],
    document: String,
    comments: String,
    objects: usize,
}

/// A record that holds others, while it is read.
struct Open {
    end: usize,
    /// Whether its end is the end of a slide, page of notes or master, and so of its text.
    begins: bool,
    /// Whether it is a comment.
    comment: bool,
}

impl Reader {
    fn read(&mut self, stream: &[u8], out: &mut Extract) {
        let (mut at, mut open): (usize, Vec<Open>) = (0, Vec::new());
        let (mut place, mut text) = (Place::Document, String::new());
        while at < stream.len() {
            while open.last().is_some_and(|last| at >= last.end) {
                if open.pop().is_some_and(|last| last.begins) {
                    self.end(place, &mut text, out);
                    place = Place::Document;
                }
            }
            let head = (u16_at(stream, at), u16_at(stream, at + 2), len_at(stream, at + 4));
            let (Some(version), Some(kind), Some(len)) = head else {
                out.damaged("the presentation ends early");
                break;
            };
            let body = at + 8;
            let content = at_most(stream, body, len);
            if content.len() < len {
                out.damaged("the presentation ends early");
            }
            // Comments and other texts of later versions are records inside of data under a name.
            let holds = version & 0xF == 0xF || kind == TAGGED;
            // Nothing reaches beyond what it lies in.
            let within = open.last().map_or(usize::MAX, |last| last.end);
            let next = body.saturating_add(len).min(within);
            if holds && open.len() < DEPTH {
                let begins = begins(kind).filter(|_| place == Place::Document);
                place = begins.unwrap_or(place);
                open.push(Open {
                    end: body.saturating_add(len),
                    begins: begins.is_some(),
                    comment: kind == 0x2EE0,
                });
                at = body;
                continue;
            }
            let comment = open.iter().any(|record| record.comment);
            let into = match (comment, place) {
                (true, _) => &mut self.comments,
                (false, Place::Document) => &mut self.document,
                _ => &mut text,
            };
            self.objects += usize::from(atom(version >> 4, kind, content, self.objects + 1, into, out));
            at = next.max(body);
        }
        self.end(place, &mut text, out);
    }

    fn end(&mut self, place: Place, text: &mut String, out: &mut Extract) {
        let text = std::mem::take(text);
        let (name, count) = match (place, &mut self.counts) {
            (Place::Slide, [slides, ..]) => ("slide", slides),
            (Place::Notes, [_, notes, ..]) => ("notes", notes),
            (Place::Master, [_, _, masters, _]) => ("master", masters),
            (Place::Handout, [_, _, _, handouts]) => ("handout", handouts),
            _ => return self.document.push_str(&text),
        };
        *count += 1;
        out.text(&format!("{name}[{count}].txt"), &text);
    }

    fn finish(self, out: &mut Extract) {
        out.text("document.txt", &self.document);
        out.text("comments.txt", &self.comments);
    }
}

fn begins(kind: u16) -> Option<Place> {
    Some(match kind {
        0x03EE => Place::Slide,
        0x03F0 => Place::Notes,
        0x03F8 => Place::Master,
        0x0FC9 => Place::Handout,
        _ => return None,
    })
}

/// A record that holds no others. Whether it was an embedded object.
fn atom(
    instance: u16,
    kind: u16,
    content: &[u8],
    number: usize,
    into: &mut String,
    out: &mut Extract,
) -> bool {
    match kind {
        // Text in UTF-16, or the lower bytes of it; names, links, headers, footers.
        0x0FA0 | 0x0FBA => line(&utf16(content), into),
        0x0FA8 => {
            let text: String = content.iter().map(|byte| char::from(*byte)).collect();
            line(&text, into);
        }
        0x1011 => {
            object(instance, content, number, out);
            return true;
        }
        // Properties of shapes hold what describes a picture.
        0xF00B | 0xF122 | 0xF121 => super::drawing::properties(content, instance, into),
        _ => {}
    }
    false
}

/// Lines end with 13 in texts, and with 11 inside of a paragraph.
fn line(text: &str, into: &mut String) {
    let text = text.trim_end_matches('\0').replace(['\r', '\u{b}'], "\n");
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    // The stand-ins of masters for numbers, dates and footers.
    if !text.is_empty() && text != "*" {
        into.extend(text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')));
        into.push('\n');
    }
}

/// An embedded object: a compound file, in instance 1 compressed behind its length.
fn object(instance: u16, content: &[u8], number: usize, out: &mut Extract) {
    let name = format!("object[{number}].ole");
    if instance != 1 {
        return out.file(&name, content.to_vec(), "");
    }
    let (mut bytes, most) = (Vec::new(), out.left());
    let packed = flate2::read::ZlibDecoder::new(content.get(4..).unwrap_or_default());
    let read = packed.take(most as u64 + 1).read_to_end(&mut bytes);
    if read.is_err() || !bytes.starts_with(MAGIC) {
        out.damaged("an embedded object is damaged");
    }
    if !bytes.is_empty() {
        out.file(&name, bytes, "");
    }
}

#[cfg(test)]
mod tests {
    use super::super::compound_writer::tests::file;
    use super::*;

    fn record(version: u16, kind: u16, content: &[u8]) -> Vec<u8> {
        [&version.to_le_bytes()[..], &kind.to_le_bytes(), &(content.len() as u32).to_le_bytes(), content]
            .concat()
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn presentation() -> Vec<u8> {
        let slide = |text: &str| record(0xF, 0x03EE, &record(0xF, 0xF00C, &record(0, 0x0FA0, &wide(text))));
        let comment = record(
            0xF,
            0x2EE0,
            &[record(0, 0x0FBA, &wide("Carla")), record(0x10, 0x0FBA, &wide("why"))].concat(),
        );
        let stream = [
            record(0xF, 0x03E8, &record(0, 0x0FBA, &wide("a link"))),
            slide("old Ana"),
            record(0xF, 0x03F0, &record(0, 0x0FA8, b"Mu\xF1oz\rnote")),
            slide("new"),
            comment,
        ]
        .concat();
        let mut user = vec![0; 28];
        user[20] = 5;
        user.extend(b"Berta");
        file(&[(DOCUMENT, &stream), (USER, &user)])
    }

    fn read_all(bytes: &[u8]) -> Extract {
        let mut out = Extract::within(1 << 20);
        if let Some(file) = Compound::open(bytes) {
            read(&file, &mut out);
        }
        out
    }

    #[test]
    fn slides_old_and_new_are_read() {
        let bytes = presentation();
        let out = read_all(&bytes);
        assert_eq!(out.part("slide[1].txt"), "old Ana\n");
        assert_eq!(out.part("slide[2].txt"), "new\n");
        assert_eq!(out.part("notes[1].txt"), "Muñoz\nnote\n");
        assert_eq!(out.part("document.txt"), "a link\n");
        assert_eq!(out.part("comments.txt"), "Carla\nwhy\n");
        assert_eq!(out.part("last-user.txt"), "Berta");
        assert!(out.damage.is_empty());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x41;
            read_all(&changed);
        }
    }

    #[test]
    fn encrypted_ones_are_told() {
        let mut user = vec![0; 28];
        user.splice(12..16, ENCRYPTED.to_le_bytes());
        let out = read_all(&file(&[(DOCUMENT, b"x"), (USER, &user)]));
        assert!(out.encrypted.is_some() && out.parts.is_empty());
    }
}
