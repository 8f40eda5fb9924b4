//! Parts of office documents as events.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

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

/// Visits each element of a part where it begins; whether the part was read to its end.
pub(super) fn each_start(xml: &str, mut visit: impl FnMut(&BytesStart<'_>)) -> bool {
    each_event(xml, |event| {
        if let Event::Start(tag) | Event::Empty(tag) = event {
            visit(&tag);
        }
    })
}
