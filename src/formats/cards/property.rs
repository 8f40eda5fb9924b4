//! One property: its name, parameters and value, and what they are to people.

use std::collections::BTreeMap;
use std::ops::Range;

use super::lines::Line;
use super::peel;
use crate::formats::encoding::charset;
use crate::formats::layered::Found;
use crate::formats::peeled::Layered;
use crate::records::{Encoding, Role};

/// A file in a value.
pub(super) struct Attached {
    pub(super) name: String,
    pub(super) media_type: Option<String>,
    pub(super) bytes: Vec<u8>,
    /// Where its base64 stands.
    pub(super) range: Range<u64>,
}

/// The components that are open, and how often each property came.
#[derive(Default)]
pub(super) struct Path {
    open: Vec<String>,
    seen: BTreeMap<String, u32>,
}

impl Path {
    /// The path of a property: names of inner components, its own, its number from the second on.
    fn of(&mut self, name: &str) -> String {
        let path: String =
            self.open.iter().skip(1).flat_map(|name| [name.as_str(), "/"]).chain([name]).collect();
        let count = self.seen.entry(path.clone()).or_default();
        *count += 1;
        if *count == 1 { path } else { format!("{path}[{count}]") }
    }
}

/// A content line taken apart. Positions count in its text, which is unfolded.
pub(super) struct Property {
    /// Where the line begins in the space outside.
    base: u64,
    text: String,
    /// The layer that unfolds it, if it is folded.
    fold: Option<Layered>,
    /// Where the value begins; none where there is no colon.
    value: Option<usize>,
}

impl Property {
    /// Takes a line of `source`, which begins at `base` of the space outside.
    pub(super) fn of(source: &str, line: &Line, base: u64) -> Self {
        let raw = line.text(source);
        let base = base + line.start as u64;
        let colon = colon(raw);
        let quoted = colon.is_some_and(|at| {
            raw.get(..at).is_some_and(|head| head.to_ascii_uppercase().contains("QUOTED-PRINTABLE"))
        });
        // Soft line ends of quoted-printable are no folds.
        if quoted || !raw.contains('\n') {
            return Self { base, text: raw.to_owned(), fold: None, value: colon.map(|at| at + 1) };
        }
        let (text, layer) = peel(Encoding::LineFolding, raw.as_bytes(), base);
        let text = String::from_utf8(text).unwrap_or_default();
        let value = self::colon(&text).map(|at| at + 1);
        Self { base, text, fold: Some(layer), value }
    }

    /// Adds its fields and files.
    pub(super) fn read(&self, path: &mut Path, fields: &mut Vec<Found>, files: &mut Vec<Attached>) {
        let Some(begin) = self.value else {
            return self.field("text".to_owned(), Role::Other, 0..self.text.len(), fields);
        };
        let head = self.text.get(..begin.saturating_sub(1)).unwrap_or_default();
        let mut parts = parameters(head);
        let name = parts.next().map(|part| self.text.get(part).unwrap_or_default()).unwrap_or_default();
        let name = name.rsplit('.').next().unwrap_or(name).trim().to_ascii_uppercase();
        let value = begin..self.text.len();
        match name.as_str() {
            "BEGIN" => {
                return path.open.push(self.text.get(value).unwrap_or_default().trim().to_ascii_uppercase());
            }
            "END" => {
                path.open.pop();
                return;
            }
            _ => {}
        }
        let here = path.of(&name);
        let mut said = Said::default();
        for part in parts {
            self.parameter(part, &here, &mut said, fields);
        }
        let text = self.text.get(value.clone()).unwrap_or_default();
        let data = text.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case("data:"));
        match said.encoding.as_str() {
            "B" | "BASE64" => self.file(&name, said.media_type, value, files),
            _ if data && text.contains(";base64,") => {
                let comma = text.find(',').map_or(0, |at| at + 1);
                let media = text.get(5..).and_then(|rest| rest.split(';').next()).map(str::to_owned);
                self.file(&name, media, begin + comma..self.text.len(), files);
            }
            "QUOTED-PRINTABLE" => self.quoted(&name, &here, said.charset.as_deref(), value, fields),
            _ => self.values(&name, &here, value, fields),
        }
    }

    /// A parameter: what it says of the value, or a text of its own.
    fn parameter(&self, part: Range<usize>, here: &str, said: &mut Said, fields: &mut Vec<Found>) {
        let text = self.text.get(part.clone()).unwrap_or_default();
        let (name, value) = text.split_once('=').unwrap_or(("", text));
        let upper = value.trim_matches('"').to_ascii_uppercase();
        match name.to_ascii_uppercase().as_str() {
            "ENCODING" => said.encoding = upper,
            // vCard 2.1 writes values without names.
            "" if ["QUOTED-PRINTABLE", "BASE64"].contains(&upper.as_str()) => said.encoding = upper,
            "" => {}
            "CHARSET" => said.charset = Some(value.trim_matches('"').to_owned()),
            "FMTTYPE" | "MEDIATYPE" => said.media_type = Some(value.trim_matches('"').to_ascii_lowercase()),
            "TYPE" => {
                let image = ["JPEG", "PNG", "GIF"].contains(&upper.as_str());
                said.media_type = image.then(|| format!("image/{}", upper.to_ascii_lowercase()));
            }
            "VALUE" | "LANGUAGE" | "PREF" | "PID" | "ALTID" | "CUTYPE" | "ROLE" | "PARTSTAT" | "RSVP"
            | "RELTYPE" | "RELATED" | "FBTYPE" | "RANGE" | "CALSCALE" | "INDEX" | "LEVEL" => {}
            upper => {
                let role = if upper == "CN" { Role::PersonName } else { Role::Other };
                let quote = usize::from(value.len() >= 2 && value.starts_with('"') && value.ends_with('"'));
                let (from, to) = (part.end - value.len() + quote, part.end - quote);
                self.field(format!("{here};{upper}"), role, from..to, fields);
            }
        }
    }

    /// A value as text: structured names in their parts.
    fn values(&self, name: &str, here: &str, value: Range<usize>, fields: &mut Vec<Found>) {
        const NAME: [&str; 5] = ["family", "given", "additional", "prefix", "suffix"];
        if name != "N" {
            return self.field(here.to_owned(), role(name), value, fields);
        }
        for (at, part) in split(&self.text, value, b';').into_iter().enumerate() {
            let role = if at < 3 { Role::PersonName } else { Role::Other };
            let of = NAME.get(at).copied().unwrap_or("more");
            self.field(format!("{here}/{of}"), role, part, fields);
        }
    }

    fn field(&self, path: String, role: Role, range: Range<usize>, fields: &mut Vec<Found>) {
        let Some(text) = self.text.get(range.clone()).filter(|text| !text.trim().is_empty()) else { return };
        let mut inner: Vec<Layered> = self.fold.iter().cloned().collect();
        let start = if inner.is_empty() { self.base + range.start as u64 } else { range.start as u64 };
        if text.contains('\\') {
            let (decoded, layer) = peel(Encoding::CardText, text.as_bytes(), start);
            inner.push(layer);
            let text = String::from_utf8(decoded).unwrap_or_default();
            return fields.push(Found { path, role, text, inner, raw: 0 });
        }
        let text = text.to_owned();
        if !inner.is_empty() {
            inner.push(Layered::identity(Encoding::Verbatim, start, text.len()));
            return fields.push(Found { path, role, text, inner, raw: 0 });
        }
        fields.push(Found { path, role, text, inner, raw: start });
    }

    /// A quoted-printable value, in the charset its parameters name.
    fn quoted(
        &self,
        name: &str,
        here: &str,
        label: Option<&str>,
        value: Range<usize>,
        fields: &mut Vec<Found>,
    ) {
        let raw = self.text.get(value.clone()).unwrap_or_default();
        let (bytes, layer) = peel(Encoding::QuotedPrintable, raw.as_bytes(), self.base + value.start as u64);
        let resolved = charset::resolve(&bytes, label);
        let (decoded, letters) = peel(Encoding::Charset(resolved.label), &bytes, 0);
        let text = String::from_utf8(decoded).unwrap_or_default();
        let parts = if name == "N" {
            split(&text, 0..text.len(), b';')
        } else {
            std::iter::once(0..text.len()).collect()
        };
        for (at, part) in parts.into_iter().enumerate() {
            let Some(own) = text.get(part.clone()).filter(|own| !own.trim().is_empty()) else { continue };
            let identity = Layered::identity(Encoding::Verbatim, part.start as u64, own.len());
            let inner = vec![layer.clone(), letters.clone(), identity];
            let role = if name == "N" && at >= 3 { Role::Other } else { role(name) };
            let path = if name == "N" { format!("{here}/{at}") } else { here.to_owned() };
            fields.push(Found { path, role, text: own.to_owned(), inner, raw: 0 });
        }
    }

    fn file(&self, name: &str, media_type: Option<String>, value: Range<usize>, files: &mut Vec<Attached>) {
        let (bytes, _) =
            peel(Encoding::Base64, self.text.get(value.clone()).unwrap_or_default().as_bytes(), 0);
        let raw = |at: usize| match &self.fold {
            None => self.base + at as u64,
            Some(layer) => {
                let before = crate::formats::encoding::raw_at(&layer.map, at.saturating_sub(1));
                layer.base + before.map_or(0, |at| at as u64 + 1)
            }
        };
        files.push(Attached {
            name: name.to_ascii_lowercase(),
            media_type,
            bytes,
            range: raw(value.start)..raw(value.end),
        });
    }
}

/// What parameters say of a value.
#[derive(Default)]
struct Said {
    encoding: String,
    charset: Option<String>,
    media_type: Option<String>,
}

/// Where the colon before the value stands: the first outside of quotes.
fn colon(line: &str) -> Option<usize> {
    let mut quoted = false;
    line.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b':' && !quoted
    })
}

/// The name and the parameters: parted by semicolons outside of quotes.
fn parameters(head: &str) -> impl Iterator<Item = Range<usize>> {
    let (mut quoted, mut from, mut parts) = (false, 0, Vec::new());
    for (at, byte) in head.bytes().enumerate() {
        quoted ^= byte == b'"';
        if byte == b';' && !quoted {
            parts.push(from..at);
            from = at + 1;
        }
    }
    parts.push(from..head.len());
    parts.into_iter()
}

/// Parts of a value between signs that no backslash stands before.
fn split(text: &str, value: Range<usize>, sign: u8) -> Vec<Range<usize>> {
    let (mut parts, mut from, mut escaped) = (Vec::new(), value.start, false);
    for (at, byte) in text.bytes().enumerate().take(value.end).skip(value.start) {
        if byte == sign && !escaped {
            parts.push(from..at);
            from = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    parts.push(from..value.end);
    parts
}

/// What a property is to people (RFC 6350, 6; RFC 5545, 3.8).
fn role(name: &str) -> Role {
    match name {
        "FN" | "N" | "NICKNAME" | "SORT-STRING" | "X-PHONETIC-FIRST-NAME" | "X-PHONETIC-LAST-NAME" => {
            Role::PersonName
        }
        "EMAIL" => Role::EmailAddress,
        "TEL" => Role::PhoneNumber,
        "SUMMARY" => Role::Subject,
        "UID" | "SEQUENCE" | "TZID" | "RECURRENCE-ID" => Role::Identifier,
        "URL" | "SOURCE" | "FBURL" | "CALURI" | "TZURL" => Role::Url,
        "REV" | "DTSTART" | "DTEND" | "DTSTAMP" | "DUE" | "CREATED" | "LAST-MODIFIED" | "COMPLETED"
        | "EXDATE" | "RDATE" | "RRULE" | "TRIGGER" | "DURATION" | "FREEBUSY" => Role::TimeStamp,
        "VERSION" | "PRODID" | "CALSCALE" | "METHOD" | "PRIORITY" | "TRANSP" | "CLASS" | "STATUS"
        | "PERCENT-COMPLETE" => Role::Measure,
        "NOTE" | "DESCRIPTION" | "COMMENT" | "ADR" | "LABEL" | "LOCATION" => Role::Body,
        _ => Role::Other,
    }
}
