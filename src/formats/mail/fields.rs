//! Header fields as decoded texts.

use std::ops::Range;

use super::Message;
use super::address::{Addresses, addresses, holds_addresses, is_name};
use super::header::{Header, Headers};
use crate::formats::encoding::{charset, encoded_word, extended_parameter, folding, offset};
use crate::formats::layered::{Found, charset_layer};
use crate::formats::peeled::Layered;
use crate::records::{Encoding, OffsetMap, Role, Segment};

/// Fields that share layers outside.
type Group = (Vec<Layered>, Vec<Found>);

/// A header body without folding, and without charset where it was not UTF-8.
struct Unfolded {
    text: String,
    layers: Vec<Layered>,
}

fn unfold(message: &Message<'_>, header: &Header) -> Unfolded {
    let raw = message.bytes.get(header.body.clone()).unwrap_or(&[]);
    let (mut bytes, mut map) = (Vec::with_capacity(raw.len()), OffsetMap::new());
    folding::decode(raw, &mut bytes, &mut map);
    let base = message.base + header.body.start as u64;
    let mut layers =
        vec![Layered { encoding: Encoding::HeaderFolding, base, raw_len: offset(raw.len()), map }];
    let label = charset::resolve(&bytes, None).label;
    let (text, layer, _) = charset_layer(label, &bytes, 0);
    layers.extend(layer);
    Unfolded { text, layers }
}

impl Unfolded {
    /// The text with its encoded words decoded, under one more layer.
    fn words(&self) -> (String, Vec<Layered>) {
        let (mut text, mut map) = (String::new(), OffsetMap::new());
        encoded_word::decode(&self.text, &mut text, &mut map);
        let mut layers = self.layers.clone();
        layers.push(Layered {
            encoding: Encoding::EncodedWords,
            base: 0,
            raw_len: offset(self.text.len()),
            map,
        });
        (text, layers)
    }
}

/// Where raw ranges stand in decoded text.
fn decoded(map: &OffsetMap, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    ranges.iter().map(|range| units_before(map, range.start)..units_before(map, range.end)).collect()
}

/// Decoded bytes of the units that begin before a raw byte.
fn units_before(map: &OffsetMap, raw: usize) -> usize {
    let raw = offset(raw);
    let segments = map.segments();
    let at = segments.partition_point(|segment| segment.raw_end() <= raw);
    let units = |segment: &Segment| {
        let units = raw.saturating_sub(segment.raw).div_ceil(u32::from(segment.raw_unit.max(1)));
        segment.decoded + units * u32::from(segment.decoded_unit)
    };
    segments.get(at).map_or(map.decoded_len(), units) as usize
}

/// Names and addresses of a list, in its decoded text.
fn people_in(unfolded: &Unfolded, text: &str, layers: &[Layered]) -> Addresses {
    let raw = addresses(&unfolded.text);
    let Some(words) = layers.last() else { return Addresses::default() };
    let mut found =
        Addresses { names: decoded(&words.map, &raw.names), addresses: decoded(&words.map, &raw.addresses) };
    found.names.retain(|range| text.get(range.clone()).is_some_and(is_name));
    found.addresses.retain(|range| text.get(range.clone()).is_some_and(|text| text.contains('@')));
    found
}

/// All fields of a header, in groups that share their outer layers.
pub(super) fn headers(message: &Message<'_>, headers: &Headers, prefix: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    if let Some(line) = &headers.envelope {
        groups.push(line_field(message, line, format!("{prefix}envelope")));
    }
    for (at, line) in headers.odd.iter().enumerate() {
        groups.push(line_field(message, line, format!("{prefix}line[{}]", at + 1)));
    }
    let mut counts: Vec<(String, u32)> = Vec::new();
    for header in &headers.fields {
        let (name, path) = named(message, header, prefix, &mut counts);
        if !is_plain_name(&name) {
            let raw = message.base + header.name.start as u64;
            let path = format!("{path}@key");
            groups.push((
                Vec::new(),
                vec![Found { path, role: Role::Key, text: name.clone(), inner: Vec::new(), raw }],
            ));
        }
        let unfolded = unfold(message, header);
        if !unfolded.text.is_empty() {
            groups.extend(header_fields(&unfolded, &name, &path));
        }
    }
    groups
}

/// A line as it stands.
fn line_field(message: &Message<'_>, line: &Range<usize>, path: String) -> Group {
    let raw = message.bytes.get(line.clone()).unwrap_or(&[]);
    let base = message.base + line.start as u64;
    let label = charset::resolve(raw, None).label;
    let (text, layer, _) = charset_layer(label, raw, base);
    let outer: Vec<Layered> = layer.into_iter().collect();
    let raw = if outer.is_empty() { base } else { 0 };
    (outer, vec![Found { path, role: Role::Body, text, inner: Vec::new(), raw }])
}

/// Display names and addresses alone: what the survey takes.
pub(super) fn people(message: &Message<'_>, headers: &Headers) -> Vec<Found> {
    let mut fields = Vec::new();
    let mut counts = Vec::new();
    for header in &headers.fields {
        let (name, path) = named(message, header, "", &mut counts);
        if !holds_addresses(&name) {
            continue;
        }
        let unfolded = unfold(message, header);
        let (text, layers) = unfolded.words();
        let found = people_in(&unfolded, &text, &layers);
        for (kind, role, ranges) in
            [("name", Role::PersonName, found.names), ("address", Role::EmailAddress, found.addresses)]
        {
            for (at, range) in ranges.into_iter().enumerate() {
                let path = format!("{path}!{kind}[{}]", at + 1);
                fields.push(slice(&text, &layers, &[range], path, role));
            }
        }
    }
    fields
}

/// The name and the path of a header; repeated names are counted whatever their case.
fn named(
    message: &Message<'_>,
    header: &Header,
    prefix: &str,
    counts: &mut Vec<(String, u32)>,
) -> (String, String) {
    let name = String::from_utf8_lossy(message.bytes.get(header.name.clone()).unwrap_or(&[])).into_owned();
    let lower = name.to_ascii_lowercase();
    let count = match counts.iter_mut().find(|(known, _)| *known == lower) {
        Some((_, count)) => {
            *count += 1;
            *count
        }
        None => {
            counts.push((lower, 1));
            1
        }
    };
    let path = format!("{prefix}header:{name}[{count}]");
    (name, path)
}

fn is_plain_name(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'_')
        || name.len() <= 64
            && name.bytes().filter(u8::is_ascii_digit).count() < 5
            && !name.contains(['@', '.'])
}

fn header_fields(unfolded: &Unfolded, name: &str, path: &str) -> Vec<Group> {
    let lower = name.to_ascii_lowercase();
    let mut groups = Vec::new();
    let mut taken: Vec<Range<usize>> = Vec::new();
    if lower.starts_with("content-") {
        for parameter in extended_parameter::parameters(unfolded.text.as_bytes()) {
            if parameter.extended && parameter.is_ordered() && !parameter.value.is_empty() {
                taken.extend(parameter.pieces.iter().cloned());
                groups.push(parameter_field(unfolded, parameter, path));
            }
        }
    }
    if !taken.is_empty() {
        // Encoded words have no place in such a body (RFC 2047 §5 (3)).
        let kept = complement(&taken, unfolded.text.len());
        let field = slice(&unfolded.text, &unfolded.layers, &kept, path.to_owned(), role_of(&lower));
        groups.push((Vec::new(), vec![field]));
        return groups;
    }
    let (text, layers) = unfolded.words();
    if holds_addresses(&lower) {
        let names = people_in(unfolded, &text, &layers).names;
        if !names.is_empty() {
            let mut fields =
                vec![slice(&text, &[], std::slice::from_ref(&(0..text.len())), path.to_owned(), Role::Body)];
            for (at, range) in names.into_iter().enumerate() {
                let path = format!("{path}!name[{}]", at + 1);
                fields.push(slice(&text, &[], &[range], path, Role::NameElsewhere));
            }
            groups.push((layers, fields));
            return groups;
        }
    }
    let mut inner = layers;
    let words = inner.pop();
    let field = Found {
        path: path.to_owned(),
        role: role_of(&lower),
        text,
        inner: words.into_iter().collect(),
        raw: 0,
    };
    groups.push((inner, vec![field]));
    groups
}

/// A parameter in the RFC 2231 way, as a text of its own.
fn parameter_field(unfolded: &Unfolded, parameter: extended_parameter::Parameter, path: &str) -> Group {
    let mut outer = unfolded.layers.clone();
    outer.push(Layered {
        encoding: Encoding::ExtendedParameter,
        base: 0,
        raw_len: offset(unfolded.text.len()),
        map: parameter.map,
    });
    let label = charset::resolve(&parameter.value, parameter.charset.as_deref()).label;
    let (text, layer, _) = charset_layer(label, &parameter.value, 0);
    let role =
        if matches!(parameter.name.as_str(), "name" | "filename") { Role::FileName } else { Role::Other };
    let path = format!("{path}!{}", parameter.name);
    (outer, vec![Found { path, role, text, inner: layer.into_iter().collect(), raw: 0 }])
}

/// Runs of a text as one text: what lies between decodes to nothing.
fn slice(text: &str, layers: &[Layered], runs: &[Range<usize>], path: String, role: Role) -> Found {
    let (mut out, mut map) = (String::new(), OffsetMap::new());
    for run in runs {
        if let Some(part) = text.get(run.clone()) {
            out.push_str(part);
            map.push_verbatim(offset(run.start), offset(part.len()));
        }
    }
    let mut inner = layers.to_vec();
    inner.push(Layered { encoding: Encoding::Verbatim, base: 0, raw_len: offset(text.len()), map });
    Found { path, role, text: out, inner, raw: 0 }
}

/// What lies between the ranges.
fn complement(taken: &[Range<usize>], len: usize) -> Vec<Range<usize>> {
    let mut sorted = taken.to_vec();
    sorted.sort_by_key(|range| range.start);
    let mut kept = Vec::new();
    let mut at = 0;
    for range in sorted {
        if range.start > at {
            kept.push(at..range.start);
        }
        at = at.max(range.end);
    }
    if at < len {
        kept.push(at..len);
    }
    kept
}

fn role_of(lower: &str) -> Role {
    match lower {
        "subject" | "thread-topic" => Role::Subject,
        "comments" | "keywords" => Role::Body,
        "date" | "resent-date" | "delivery-date" | "expires" => Role::TimeStamp,
        "message-id" | "resent-message-id" | "in-reply-to" | "references" | "content-id" | "thread-index" => {
            Role::Identifier
        }
        "list-unsubscribe" | "list-archive" | "content-location" | "content-base" => Role::Url,
        "lines" | "content-length" => Role::Measure,
        name if holds_addresses(name) => Role::Body,
        _ => Role::Other,
    }
}
