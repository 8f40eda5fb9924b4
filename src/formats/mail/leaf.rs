//! Parts that hold bytes: texts become fields, everything else members.

use std::ops::Range;
use std::sync::Arc;

use super::back::{Place, Written};
use super::structure::{ContentType, Part};
use super::{Message, Told, tell, uuencode};
use crate::formats::Member;
use crate::formats::encoding::{
    base64, charset, encoded_word, extended_parameter, mbox_from, offset, quoted_printable,
};
use crate::formats::html;
use crate::formats::layered::{Found, RecordWriter, charset_layer};
use crate::formats::peeled::Layered;
use crate::records::{Encoding, Gap, GapClass, Limits, OffsetMap, Role};

/// A transfer encoding, RFC 2045 §6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transfer {
    Identity,
    QuotedPrintable,
    Base64,
    Uuencode,
    Unknown,
}

impl Transfer {
    /// By the body of `Content-Transfer-Encoding`. Words that can only mean the identity, and none at all,
    /// are taken for it.
    fn named(body: Option<Vec<u8>>) -> Transfer {
        let body = String::from_utf8_lossy(&body.unwrap_or_default()).to_ascii_lowercase();
        let word = body.split([';', '(', ',']).next().unwrap_or("");
        let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        match word.as_str() {
            "" | "7bit" | "8bit" | "binary" | "7bits" | "8bits" | "none" | "plain" | "identity" | "text"
            | "utf8" | "ascii" | "usascii" => Transfer::Identity,
            "quotedprintable" | "qp" => Transfer::QuotedPrintable,
            "base64" => Transfer::Base64,
            "xuuencode" | "uuencode" | "xuue" | "uue" => Transfer::Uuencode,
            _ => Transfer::Unknown,
        }
    }
}

/// Bytes under their transfer encoding.
struct Decoded {
    bytes: Vec<u8>,
    layers: Vec<Layered>,
    oddities: base64::Oddities,
}

/// Reads one leaf.
pub(super) fn read(
    message: &Message<'_>,
    part: &Part,
    range: &Range<usize>,
    limits: &Limits,
    writer: &mut RecordWriter<'_>,
    told: &mut Told,
) {
    let raw = message.bytes.get(range.clone()).unwrap_or(&[]);
    if raw.trim_ascii().is_empty() {
        return;
    }
    let base = message.base + range.start as u64;
    let place = |gap: Gap| gap.at(base, Some(raw.len() as u64));
    let transfer = Transfer::named(part.headers.first(message.bytes, "Content-Transfer-Encoding"));
    if transfer == Transfer::Unknown {
        let what = "a part names a transfer encoding nobody knows; it was read as it stands";
        tell(writer, told, place(Gap::new(GapClass::Unread, "unknown-transfer-encoding", what)));
    }
    if let Some(gap) = encryption(&part.content) {
        tell(writer, told, place(gap));
        return;
    }
    let decoded = decode(message, raw, base, transfer);
    if decoded.oddities.truncated {
        let what = "a part in base64 ends inside a group of four characters; what is whole was read";
        tell(writer, told, place(Gap::new(GapClass::Fault, "base64-truncated", what)));
    }
    if decoded.oddities.foreign > 0 {
        // Something else stands in the part, a footer of a mailing list perhaps: it is read as it is.
        let what = "a part in base64 holds characters that are none of base64; it was read both ways";
        tell(writer, told, place(Gap::new(GapClass::Fault, "base64-damaged", what)));
        push_raw(raw, base, &part.path, writer);
    }
    let name = file_name(message, part);
    if is_text(message, part, name.is_some()) {
        read_text(&decoded, part, base, raw.len(), writer, told);
        let identity = matches!(transfer, Transfer::Identity | Transfer::Uuencode | Transfer::Unknown);
        if identity || transfer == Transfer::QuotedPrintable {
            read_uuencoded(message, &decoded.bytes, range, limits, writer, told);
        }
        return;
    }
    let name = name.unwrap_or_else(|| default_name(part));
    let quoted = message.in_mbox && mbox_from::is_quoted(raw);
    let written = match transfer {
        Transfer::Base64 => Written::Base64,
        Transfer::QuotedPrintable if !quoted => Written::QuotedPrintable,
        Transfer::Identity | Transfer::Unknown if message.in_mbox => Written::Quoted,
        Transfer::Identity | Transfer::Unknown => Written::Plain,
        Transfer::Uuencode | Transfer::QuotedPrintable => Written::Unwritable,
    };
    let bytes = match transfer {
        Transfer::Uuencode => {
            uuencode::files(&decoded.bytes).into_iter().next().map_or(decoded.bytes, |file| file.bytes)
        }
        _ => decoded.bytes,
    };
    // The line end behind the last group of base64 is none of the member's.
    let end = if transfer == Transfer::Base64 { range.start + raw.trim_ascii_end().len() } else { range.end };
    let media_type = Some(part.content.media_type.clone());
    let taken = Taken { name, bytes, media_type, range: range.start..end, written };
    push_member(message, taken, limits, writer, told);
}

/// A member and where it stands.
struct Taken {
    name: String,
    bytes: Vec<u8>,
    media_type: Option<String>,
    range: Range<usize>,
    written: Written,
}

/// Undoes the quoting of an mbox and the transfer encoding.
fn decode(message: &Message<'_>, raw: &[u8], base: u64, transfer: Transfer) -> Decoded {
    let mut decoded =
        Decoded { bytes: raw.to_vec(), layers: Vec::new(), oddities: base64::Oddities::default() };
    if message.in_mbox && transfer != Transfer::Base64 && mbox_from::is_quoted(raw) {
        decoded.peel(Encoding::MboxFrom, base, mbox_from::decode);
    }
    let base = if decoded.layers.is_empty() { base } else { 0 };
    match transfer {
        Transfer::QuotedPrintable => decoded.peel(Encoding::QuotedPrintable, base, quoted_printable::decode),
        Transfer::Base64 => {
            let mut oddities = base64::Oddities::default();
            // The line end behind the last group is no part of what is written anew.
            let trimmed = decoded.bytes.trim_ascii_end().len();
            decoded.bytes.truncate(trimmed);
            decoded.peel(Encoding::Base64, base, |raw, out, map| oddities = base64::decode(raw, out, map));
            decoded.oddities = oddities;
        }
        _ => {}
    }
    decoded
}

impl Decoded {
    fn peel(
        &mut self,
        encoding: Encoding,
        base: u64,
        decode: impl FnOnce(&[u8], &mut Vec<u8>, &mut OffsetMap),
    ) {
        let (mut bytes, mut map) = (Vec::with_capacity(self.bytes.len()), OffsetMap::new());
        decode(&self.bytes, &mut bytes, &mut map);
        self.layers.push(Layered { encoding, base, raw_len: offset(self.bytes.len()), map });
        self.bytes = bytes;
    }
}

/// Whether a part is a text of the message and no file that goes with it.
fn is_text(message: &Message<'_>, part: &Part, has_name: bool) -> bool {
    let content = &part.content;
    let disposition = part.headers.first(message.bytes, "Content-Disposition").unwrap_or_default();
    let attached = disposition.trim_ascii().to_ascii_lowercase().starts_with(b"attachment");
    match content.media_type.as_str() {
        "text/plain" | "text/html" | "text/enriched" | "text/richtext" => !attached,
        "message/delivery-status"
        | "message/disposition-notification"
        | "message/feedback-report"
        | "message/external-body"
        | "message/partial"
        | "text/rfc822-headers" => true,
        "message/rfc822" | "message/global" => false,
        _ if content.is("text") => !attached && !has_name,
        _ if content.is("multipart") => true,
        _ => false,
    }
}

fn read_text(
    decoded: &Decoded,
    part: &Part,
    base: u64,
    raw_len: usize,
    writer: &mut RecordWriter<'_>,
    told: &mut Told,
) {
    let declared = part.content.charset.as_deref();
    if declared.is_some_and(|label| charset::known_label(label).is_none()) && !decoded.bytes.is_ascii() {
        let what = "a text names a charset nobody knows; its characters were guessed";
        let gap = Gap::new(GapClass::Fault, "unknown-charset", what);
        tell(writer, told, gap.at(base, Some(raw_len as u64)));
    }
    let resolved = charset::resolve(&decoded.bytes, declared);
    let bytes = decoded.bytes.get(resolved.mark..).unwrap_or(&[]);
    let inside = !decoded.layers.is_empty();
    let start = if inside { 0 } else { base } + resolved.mark as u64;
    let (text, layer, damage) = charset_layer(resolved.label, bytes, start);
    if damage.first.is_some() {
        tell(writer, told, html::invalid_bytes(base, damage.sequences));
    }
    if text.contains("-----BEGIN PGP MESSAGE-----") {
        tell(writer, told, encrypted("PGP").at(base, Some(raw_len as u64)));
    }
    let mut outer = decoded.layers.clone();
    let raw = if layer.is_some() { 0 } else { start };
    outer.extend(layer);
    let path = format!("part:{}", part.path);
    if part.content.media_type == "text/html" {
        let (found, embedded) = html::found_in(&text, raw, Role::Body, &format!("{path}!"));
        told.embedded = told.embedded.and(embedded);
        writer.push_all(&outer, &found);
    } else {
        writer.push_all(&outer, &[Found { path, role: Role::Body, text, inner: Vec::new(), raw }]);
    }
}

/// The raw text of a part whose encoding is damaged.
fn push_raw(raw: &[u8], base: u64, path: &str, writer: &mut RecordWriter<'_>) {
    let label = charset::resolve(raw, None).label;
    let (text, layer, _) = charset_layer(label, raw, base);
    let outer: Vec<Layered> = layer.into_iter().collect();
    let raw = if outer.is_empty() { base } else { 0 };
    writer.push_all(
        &outer,
        &[Found { path: format!("part:{path}!raw"), role: Role::Other, text, inner: Vec::new(), raw }],
    );
}

fn read_uuencoded(
    message: &Message<'_>,
    bytes: &[u8],
    range: &Range<usize>,
    limits: &Limits,
    writer: &mut RecordWriter<'_>,
    told: &mut Told,
) {
    for file in uuencode::files(bytes) {
        if !file.whole {
            let what = "a file in uuencode form is cut off; what is there was read";
            let gap = Gap::new(GapClass::Fault, "uuencode-truncated", what);
            tell(writer, told, gap.at(message.base + range.start as u64, Some(range.len() as u64)));
        }
        let taken = Taken {
            name: file.name,
            bytes: file.bytes,
            media_type: None,
            range: range.clone(),
            written: Written::Unwritable,
        };
        push_member(message, taken, limits, writer, told);
    }
}

fn push_member(
    message: &Message<'_>,
    taken: Taken,
    limits: &Limits,
    writer: &mut RecordWriter<'_>,
    told: &mut Told,
) {
    if taken.bytes.is_empty() {
        return;
    }
    let place = |gap: Gap| gap.at(message.base + taken.range.start as u64, Some(taken.range.len() as u64));
    let Some(ordinal) = told.member(message.top, limits) else {
        let what = "the message has more members than are taken out; the rest was not read";
        let gap = Gap::new(GapClass::Limit, "too-many-members", what).lifted_by("--max-members");
        tell(writer, told, place(gap));
        return;
    };
    if !limits.expanded.take(taken.bytes.len() as u64) {
        let what = "more bytes come out of containers than are allowed in one run; the member was not read";
        let gap = Gap::new(GapClass::Limit, "too-much-expanded", what).lifted_by("--max-expanded");
        tell(writer, told, place(gap));
        return;
    }
    told.places.push(Place { ordinal, range: taken.range, written: taken.written });
    let media_type = taken.media_type.filter(|media_type| media_type != "application/octet-stream");
    let (name, bytes, written) = (taken.name, Arc::from(taken.bytes), Default::default());
    writer.out().member(Member { ordinal, name, bytes, media_type, written });
}

/// The name the header of a part gives its file.
fn file_name(message: &Message<'_>, part: &Part) -> Option<String> {
    [("Content-Disposition", "filename"), ("Content-Type", "name")].into_iter().find_map(
        |(header, parameter)| {
            let body = part.headers.first(message.bytes, header)?;
            let found = extended_parameter::parameters(&body).into_iter().find(|p| p.name == parameter)?;
            let label = charset::resolve(&found.value, found.charset.as_deref()).label;
            let (text, _, _) = charset_layer(label, &found.value, 0);
            if found.extended {
                return Some(text).filter(|name| !name.trim().is_empty());
            }
            let mut decoded = String::new();
            encoded_word::decode(&text, &mut decoded, &mut OffsetMap::new());
            Some(decoded.trim().to_owned()).filter(|name| !name.is_empty())
        },
    )
}

/// A name for a part that has none, by its type.
fn default_name(part: &Part) -> String {
    let extension = match part.content.media_type.as_str() {
        "message/rfc822" | "message/global" => ".eml",
        "text/plain" => ".txt",
        "text/html" => ".html",
        "text/csv" => ".csv",
        "text/calendar" => ".ics",
        "application/json" => ".json",
        "application/pdf" => ".pdf",
        _ => "",
    };
    format!("part[{}]{extension}", part.path)
}

/// The gap of a part that is encrypted, if it is.
fn encryption(content: &ContentType) -> Option<Gap> {
    match content.media_type.as_str() {
        "application/pgp-encrypted" => Some(encrypted("PGP/MIME")),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => match content.smime_type.as_deref() {
            Some("signed-data" | "certs-only" | "compressed-data") => Some(Gap::new(
                GapClass::Unread,
                "smime-opaque",
                "a part is wrapped in S/MIME without being encrypted; the wrapping cannot be undone yet",
            )),
            _ => Some(encrypted("S/MIME")),
        },
        _ => None,
    }
}

/// The gap of something encrypted.
pub(super) fn encrypted(how: &str) -> Gap {
    let message = format!("a part is encrypted ({how}); decrypt it with the recipient's key to have it read");
    Gap::new(GapClass::Encrypted, "mail-encrypted", message)
}
