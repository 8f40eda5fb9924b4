//! Parts of office documents as events.

use std::ops::Range;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::traced::{Traced, Within};
use crate::formats::encoding::xml::reference;

/// The value of an attribute by its local name.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|one| one.key.local_name().as_ref() == name)?;
    Some(found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}

/// What a reference stands for: `&amp;`, `&#10;`.
pub(in crate::formats) fn resolved(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(found)) = reference.resolve_char_ref() {
        return found.to_string();
    }
    let known = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")];
    let found = known.iter().find(|(name, _)| *name == &**reference);
    found.map_or_else(|| format!("&{};", &**reference), |(_, text)| (*text).to_owned())
}

/// Visits each event of a part; whether it was read to its end, with every element closed.
pub(in crate::formats) fn each_event<'x>(xml: &'x str, mut visit: impl FnMut(Event<'x>)) -> bool {
    let mut reader = Reader::from_str(xml);
    let mut depth = 0u64;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return depth == 0,
            Err(_) => return false,
            Ok(event) => {
                match &event {
                    Event::Start(_) => depth += 1,
                    Event::End(_) => depth = depth.saturating_sub(1),
                    _ => {}
                }
                visit(event);
            }
        }
    }
}

/// Where a run of the part stands in it; at its end where it is none of it.
pub(super) fn place(xml: &str, run: &str) -> Range<usize> {
    let from = (run.as_ptr() as usize).wrapping_sub(xml.as_ptr() as usize);
    match from.checked_add(run.len()).filter(|end| *end <= xml.len()) {
        Some(end) => from..end,
        None => xml.len()..xml.len(),
    }
}

/// Where a tag stands in the part, with its brackets.
pub(super) fn tag_place(xml: &str, inside: &str) -> Range<usize> {
    let inside = place(xml, inside);
    let open = xml.get(..inside.start).and_then(|before| before.rfind('<'));
    let close = xml.get(inside.end..).and_then(|rest| rest.find('>'));
    open.unwrap_or(inside.start)..close.map_or(inside.end, |found| inside.end + found + 1)
}

/// One attribute of a tag.
pub(super) struct Attribute<'x> {
    /// Its name as it is written.
    pub(super) name: &'x str,
    /// Its value as it is written.
    pub(super) written: &'x str,
    /// Where that stands in the part, inside the quotes.
    pub(super) raw: Range<usize>,
    quote: u8,
    /// Where it stands with the white space before it.
    pub(super) whole: Range<usize>,
}

impl<'x> Attribute<'x> {
    /// Its name without the prefix.
    pub(super) fn local(&self) -> &'x str {
        self.name.rsplit(':').next().unwrap_or(self.name)
    }

    /// Its value, references undone.
    pub(super) fn value(&self, trace: bool) -> Traced {
        let mut value = Traced::new(trace);
        written(self.written, self.raw.start, Within::Quotes(self.quote), &mut value);
        value
    }
}

/// The attributes of a tag.
pub(super) fn attributes<'x>(xml: &'x str, tag: &BytesStart<'x>) -> Vec<Attribute<'x>> {
    let mut out = Vec::new();
    for one in tag.attributes().flatten() {
        let (key, raw) = (place(xml, one.key.as_ref()), place(xml, &one.value));
        let quote = raw.start.checked_sub(1).and_then(|at| xml.as_bytes().get(at)).copied().unwrap_or(b'"');
        let before = xml.get(..key.start).unwrap_or("").trim_end().len();
        let whole = before..(raw.end + 1).min(xml.len());
        let [name, written] = [key, raw.clone()].map(|at| xml.get(at).unwrap_or(""));
        out.push(Attribute { name, written, raw, quote, whole });
    }
    out
}

/// Text as it is written, its references undone.
pub(super) fn written(raw: &str, base: usize, within: Within, out: &mut Traced) {
    let (mut from, mut next) = (0, 0);
    while let Some(found) = raw.get(next..).and_then(|rest| rest.find('&')) {
        let at = next + found;
        let Some((len, c)) = raw.as_bytes().get(at..).and_then(reference) else {
            next = at + 1;
            continue;
        };
        out.push(raw.get(from..at).unwrap_or(""), base + from..base + at, within);
        out.push(c.encode_utf8(&mut [0; 4]), base + at..base + at + len, within);
        (from, next) = (at + len, at + len);
    }
    out.push(raw.get(from..).unwrap_or(""), base + from..base + raw.len(), within);
}

/// Puts character data of a part behind a text; whether the event was any.
pub(super) fn take_text(xml: &str, event: &Event<'_>, out: &mut Traced) -> bool {
    match event {
        Event::Text(text) => out.push(text, place(xml, text), Within::Text),
        Event::CData(text) => out.push(text, place(xml, text), Within::Section),
        Event::GeneralRef(name) => {
            let inside = place(xml, name);
            out.push(&resolved(name), inside.start.saturating_sub(1)..inside.end + 1, Within::Text);
        }
        _ => return false,
    }
    true
}

/// Visits each element of a part where it begins; whether the part was read to its end.
pub(super) fn each_start(xml: &str, mut visit: impl FnMut(&BytesStart<'_>)) -> bool {
    each_event(xml, |event| {
        if let Event::Start(tag) | Event::Empty(tag) = event {
            visit(&tag);
        }
    })
}
