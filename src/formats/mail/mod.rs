//! Messages: RFC 5322 headers, MIME parts, members.
//!
//! A message is one record of kind comment. Paths: `header:NAME[n]` (n from 1), with `!name[k]` for the
//! display names of address lists and `!PARAMETER` for parameters written in the RFC 2231 way;
//! `part:1.2` for the text of a part, `part:1.2!text`, `part:1.2!attr:href` … for an HTML part,
//! `part:1.2!header:NAME[n]` for the header of a part, `preamble` and `epilogue` for text around parts,
//! `envelope` for the line an mbox puts before a message, `line[n]` for lines of a header that are no
//! fields. Attachments and nested messages are members.

mod address;
mod back;
mod date;
mod fields;
mod flags;
mod header;
mod leaf;
mod mbox;
mod structure;
mod thread;
mod uuencode;

use std::ops::Range;
use std::sync::Arc;

use super::encoding::charset;
use super::html::Embedded;
use super::layered::{Found, RecordWriter, charset_layer};
use super::peeled::Layered;
use super::rewrite::Rewrite;
use super::text::read_window;
use super::{Format, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{
    Encoding, Extent, FactId, FactValue, Gap, GapClass, Limits, Ordinal, Record, RecordKind, Role, Supplier,
    Text,
};
use header::{Headers, TELLING};
use structure::{Body, Fault, Part};

pub use mbox::MboxFormat;

/// Reader of single messages: `.eml` files, the files of a Maildir.
pub struct MailFormat;

impl Format for MailFormat {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn probe(&self, head: &[u8], name: &str) -> Vote {
        let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
        let headers = header::headers(head, 0..head.len());
        let (telling, named) = (telling(head, &headers), is_named_as_mail(name));
        if telling >= 3 || (telling >= 2 && named) {
            return Vote::Strong;
        }
        let told = telling >= 2 && headers.fields.len() > 1 && ends_in_blank_line(head, &headers);
        if told || (named && !headers.fields.is_empty()) {
            return Vote::Strong;
        }
        if named { Vote::Weak } else { Vote::No }
    }

    fn is_surveyed(&self, _name: &str) -> bool {
        true
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(&back::MailBack { in_mbox: false })
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if piece.window.is_some() {
            read_window(piece, Encoding::Verbatim, self.name(), out);
            return;
        }
        for message in messages(piece, false) {
            read_message(&message, reading, out, &mut Told::default());
        }
    }
}

/// The messages of a piece: the piece itself, or those of a mailbox.
fn messages<'a>(piece: &Piece<'a>, in_mbox: bool) -> Vec<Message<'a>> {
    let len = piece.bytes.len();
    let mut found = Vec::new();
    let mut at = 0;
    while at < len {
        let end = if in_mbox { mbox::next_message(piece.bytes, at).unwrap_or(len) } else { len };
        let top = piece.first_ordinal + found.len() as u64;
        found.push(Message {
            bytes: piece.bytes,
            range: at..end,
            base: piece.base,
            top,
            in_mbox,
            name: piece.name,
        });
        at = end;
    }
    found
}

/// How many kinds of telling headers there are.
fn telling(bytes: &[u8], headers: &Headers) -> usize {
    TELLING.iter().filter(|name| headers.first(bytes, name).is_some()).count()
}

fn ends_in_blank_line(bytes: &[u8], headers: &Headers) -> bool {
    headers.body >= bytes.len()
        || bytes.get(..headers.body).is_some_and(|head| head.ends_with(b"\n\n") || head.ends_with(b"\n\r\n"))
}

/// `.eml`, or a name in a Maildir (`…:2,S`; `!2,` and `;2,` where colons cannot be).
fn is_named_as_mail(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let extension = lower.ends_with(".eml")
        || lower.ends_with(".mail")
        || lower.ends_with(".email")
        || lower.ends_with(".mht");
    let maildir = [":2,", "!2,", ";2,"].iter().any(|mark| {
        lower
            .rsplit_once(mark)
            .is_some_and(|(_, flags)| flags.len() <= 8 && flags.bytes().all(|b| b.is_ascii_alphabetic()))
    });
    let folder = lower.rsplit('/').nth(1).is_some_and(|folder| matches!(folder, "cur" | "new"));
    extension || maildir || folder
}

/// A message in the bytes of a piece.
struct Message<'a> {
    bytes: &'a [u8],
    range: Range<usize>,
    /// Where the bytes begin in the item.
    base: u64,
    top: u64,
    /// Whether lines that begin with `From ` are quoted.
    in_mbox: bool,
    /// Name of the file, whose end may hold flags.
    name: &'a str,
}

/// What the parts of a message told while they were read.
#[derive(Default)]
struct Told {
    members: u32,
    embedded: Embedded,
    /// Codes of gaps already told, each once a message.
    gaps: Vec<&'static str>,
    /// Where the members stand.
    places: Vec<back::Place>,
}

/// Members of one message that have numbers of their own.
const MEMBERS: u32 = 1024;

impl Told {
    /// The number of the next member: the item's messages have [`MEMBERS`] numbers each, so that numbers
    /// do not depend on how the item was cut.
    fn member(&mut self, top: u64, limits: &Limits) -> Option<u32> {
        self.members += 1;
        let first = u32::try_from(top).ok()?.checked_mul(MEMBERS)?;
        (self.members < MEMBERS && u64::from(self.members) <= limits.members).then(|| first + self.members)
    }
}

fn read_message(message: &Message<'_>, reading: &Reading<'_>, out: &mut dyn Yield, told: &mut Told) {
    let (parts, faults) = structure::parts(message.bytes, message.range.clone());
    out.block().raw_bytes += message.range.len() as u64;
    let Some(root) = parts.first() else { return };
    let mut writer = RecordWriter::new(out, record(message, &root.headers));
    for (at, part) in parts.iter().enumerate() {
        let prefix = if at == 0 { String::new() } else { format!("part:{}!", part.path) };
        if reading.purpose == Purpose::Survey {
            if at == 0 {
                for (outer, found) in fields::people(message, &part.headers) {
                    writer.push_all(&outer, &found);
                }
            }
            continue;
        }
        for (outer, found) in fields::headers(message, &part.headers, &prefix) {
            writer.push_all(&outer, &found);
        }
        read_part(message, part, &prefix, reading, &mut writer, told);
    }
    if reading.purpose == Purpose::Scan {
        for gap in faults.iter().map(|fault| fault_gap(*fault)) {
            tell(&mut writer, told, gap.at(message.base + message.range.start as u64, None));
        }
        if let Some(gap) = told.embedded.gap() {
            writer.out().gap(gap);
        }
    }
    writer.finish();
}

/// One gap a code and message.
fn tell(writer: &mut RecordWriter<'_>, told: &mut Told, gap: Gap) {
    if !told.gaps.contains(&gap.code) {
        told.gaps.push(gap.code);
        writer.out().gap(gap);
    }
}

fn fault_gap(fault: Fault) -> Gap {
    match fault {
        Fault::NoBoundary => Gap::new(
            GapClass::Fault,
            "mail-boundary-missing",
            "a part of several parts cannot be taken apart, because its boundary is missing; it was read as text",
        ),
        Fault::Unclosed => Gap::new(
            GapClass::Fault,
            "mail-truncated",
            "the message ends before the last boundary of its parts; what is there was read",
        ),
        Fault::TooDeep => Gap::new(
            GapClass::Limit,
            "too-deep",
            "parts lie in parts deeper than 64 levels, or there are more than 10000; the rest was read as text",
        ),
    }
}

fn record(message: &Message<'_>, headers: &Headers) -> Record {
    let mut record =
        Record::new(Arc::from("mail"), RecordKind::Comment, Ordinal { top: message.top, sub: 0 });
    let start = message.base + message.range.start as u64;
    let end = message.base + message.range.end as u64;
    record.extent = Some(Extent { lead: start, start, end, siblings: 0 });
    record.links = thread::links(message, headers);
    let text = |name: &str| {
        headers.first(message.bytes, name).map(|body| String::from_utf8_lossy(&body).trim().to_owned())
    };
    let mut set = |name: &str, value: FactValue| {
        if let Some(id) = FactId::named(name) {
            record.facts.set(id, value, Supplier::Export);
        }
    };
    set("soft_deleted", FactValue::Bool(flags::is_deleted(message, headers)));
    if let Some(id) = text("Message-ID").filter(|id| !id.is_empty()) {
        let id = Text::new(id.trim_matches(['<', '>', ' ']));
        set("id", FactValue::Text(id.clone()));
        set("channel", FactValue::Word("email".into()));
        record.reference.id = Some(id);
    } else {
        set("channel", FactValue::Word("email".into()));
    }
    if let Some(stamp) = text("Date").and_then(|date| date::stamp(&date))
        && let Some(id) = FactId::named("created_at")
    {
        record.facts.set(id, FactValue::Stamp(stamp), Supplier::Export);
    }
    record
}

fn read_part(
    message: &Message<'_>,
    part: &Part,
    prefix: &str,
    reading: &Reading<'_>,
    writer: &mut RecordWriter<'_>,
    told: &mut Told,
) {
    match &part.body {
        Body::Leaf(range) => leaf::read(message, part, range, reading.limits, writer, told),
        Body::Multipart { preamble, epilogue } => {
            if part.content.media_type == "multipart/encrypted" {
                tell(writer, told, leaf::encrypted("multipart/encrypted"));
            }
            for (name, range) in [("preamble", preamble), ("epilogue", epilogue)] {
                let raw = message.bytes.get(range.clone()).unwrap_or(&[]);
                if raw.trim_ascii().is_empty() {
                    continue;
                }
                let label = charset::resolve(raw, None).label;
                let base = message.base + range.start as u64;
                let (text, layer, _) = charset_layer(label, raw, base);
                let outer: Vec<Layered> = layer.into_iter().collect();
                let raw = if outer.is_empty() { base } else { 0 };
                let path = format!("{prefix}{name}");
                writer.push_all(&outer, &[Found { path, role: Role::Hidden, text, inner: Vec::new(), raw }]);
            }
        }
    }
}
