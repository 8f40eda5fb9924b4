//! The encodings of [`Encoding`]: each decodes with an offset map and encodes replaced text again.
//!
//! One file an encoding. [`decode`] gives the decoded bytes of a whole layer, as readers do;
//! [`encode`] is what [`super::rewrite`] calls for the smallest unit an edit touches. For every
//! encoding `decode(encode(x)) = x`.

pub mod base64;
pub mod card;
pub mod charset;
pub mod csv;
pub mod encoded_word;
pub mod extended_parameter;
pub mod folding;
pub mod html;
mod html_entities;
pub mod json_string;
pub mod mbox_from;
pub mod percent;
pub mod quoted_printable;
pub mod sql;
mod units;
pub mod xml;

#[cfg(test)]
pub(crate) use units::assert_map_is_sound;
pub(crate) use units::{compose, offset, push_unit, raw_at};

use crate::records::{Encoding, OffsetMap};

/// How much of a layer must be written anew when some of its text changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Only the units touched.
    Unit,
    /// The whole layer: its text has padding, line lengths or a digest over all of it.
    Layer,
}

/// A replacement that the encoding cannot express (a letter the charset lacks).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unencodable;

/// How much of a layer an edit makes anew.
pub fn grain(encoding: Encoding) -> Grain {
    match encoding {
        Encoding::Base64
        | Encoding::EncodedWords
        | Encoding::HeaderFolding
        | Encoding::CsvPlain { .. }
        | Encoding::JsonNumber
        | Encoding::SqlBare => Grain::Layer,
        Encoding::Charset(label) if charset::is_stateful(label) => Grain::Layer,
        _ => Grain::Unit,
    }
}

/// Decodes the raw bytes of one layer: appends the decoded bytes to `out` and their units to `map`.
///
/// Offsets in `map` count from the first byte of `raw` and from where the map stood. Damaged input is
/// decoded as far as it goes (U+FFFD or the byte itself), never dropped without a unit.
pub fn decode(encoding: Encoding, raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    match encoding {
        Encoding::Verbatim | Encoding::CsvPlain { .. } | Encoding::JsonNumber | Encoding::SqlBare => {
            verbatim(raw, out, map);
        }
        Encoding::Charset(label) => {
            charset::decode(label, raw, out, map);
        }
        Encoding::JsonString => {
            json_string::decode(raw, out, map);
        }
        Encoding::CsvQuoted { quote } => csv::decode_quoted(quote, raw, out, map),
        Encoding::HtmlText => text(raw, out, map, |raw, out, map| {
            html::decode_into(raw, 0, html::Context::Text, out, map);
        }),
        Encoding::Markdown => text(raw, out, map, |raw, out, map| {
            html::decode_into(raw, 0, html::Context::Markdown, out, map);
        }),
        Encoding::HtmlAttribute { .. } => text(raw, out, map, |raw, out, map| {
            html::decode_into(raw, 0, html::Context::Attribute, out, map);
        }),
        Encoding::QuotedPrintable => quoted_printable::decode(raw, out, map),
        Encoding::Base64 => {
            base64::decode(raw, out, map);
        }
        Encoding::HeaderFolding => folding::decode(raw, out, map),
        Encoding::EncodedWords => text(raw, out, map, |raw, out, map| {
            encoded_word::decode(raw, out, map);
        }),
        Encoding::ExtendedParameter => extended_parameter::decode(raw, out, map),
        Encoding::MboxFrom => mbox_from::decode(raw, out, map),
        Encoding::Percent => text(raw, out, map, percent::decode),
        Encoding::XmlText => text(raw, out, map, xml::decode_text),
        Encoding::XmlAttribute { .. } => text(raw, out, map, xml::decode_attribute),
        Encoding::SqlString { escape } => sql::decode_string(escape, raw, out, map),
        Encoding::SqlCopy => sql::decode_copy(raw, out, map),
        Encoding::Hex => sql::decode_hex(raw, out, map),
        Encoding::LineFolding => card::decode_folds(raw, out, map),
        Encoding::CardText => card::decode_text(raw, out, map),
    }
}

/// Encodes decoded bytes so that they can stand in a layer: a run of units for [`Grain::Unit`], the
/// whole layer for [`Grain::Layer`].
///
/// # Errors
/// [`Unencodable`] where the encoding has no way to write the bytes.
pub fn encode(encoding: Encoding, decoded: &[u8]) -> Result<Vec<u8>, Unencodable> {
    match encoding {
        Encoding::Verbatim => Ok(decoded.to_vec()),
        Encoding::Charset(label) => charset::encode(label, decoded),
        Encoding::JsonString => Ok(json_string::encode(decoded)),
        Encoding::JsonNumber => Ok(json_string::encode_number(decoded)),
        Encoding::CsvQuoted { quote } => Ok(csv::encode_quoted(quote, decoded)),
        Encoding::CsvPlain { separator, quote } => Ok(csv::encode_plain(separator, quote, decoded)),
        Encoding::HtmlText => written(decoded, html::encode_text),
        Encoding::Markdown => written(decoded, html::encode_markdown),
        Encoding::HtmlAttribute { quote } => {
            written(decoded, |text, out| html::encode_attribute(text, quote, out))
        }
        Encoding::QuotedPrintable => Ok(bytes(decoded, quoted_printable::encode)),
        Encoding::Base64 => Ok(bytes(decoded, base64::encode)),
        Encoding::HeaderFolding => Ok(bytes(decoded, folding::encode)),
        Encoding::EncodedWords => written(decoded, encoded_word::encode),
        Encoding::ExtendedParameter => Ok(bytes(decoded, extended_parameter::encode)),
        Encoding::MboxFrom => Ok(bytes(decoded, mbox_from::encode)),
        Encoding::Percent => written(decoded, percent::encode),
        Encoding::XmlText => written(decoded, |text, out| xml::encode_text(&[], 0, text, out)),
        Encoding::XmlAttribute { quote } => {
            written(decoded, |text, out| xml::encode_attribute(text, quote, out))
        }
        Encoding::SqlString { escape } => Ok(sql::encode_string(escape, decoded)),
        Encoding::SqlBare => Ok(sql::encode_bare(decoded)),
        Encoding::SqlCopy => Ok(sql::encode_copy(decoded)),
        Encoding::Hex => Ok(sql::encode_hex(decoded)),
        Encoding::LineFolding => Ok(card::encode_folds(decoded)),
        Encoding::CardText => Ok(card::encode_text(decoded)),
    }
}

/// As [`encode`] for a whole layer ([`Grain::Layer`]) whose bytes were `old`: what the change does not
/// touch stays as it is written where the encoding allows (other encoded words, folds, the length and
/// ends of base64 lines).
///
/// # Errors
/// As for [`encode`].
pub fn encode_over(encoding: Encoding, old: &[u8], decoded: &[u8]) -> Result<Vec<u8>, Unencodable> {
    match encoding {
        Encoding::EncodedWords => {
            let old = simdutf8::basic::from_utf8(old).map_err(|_| Unencodable)?;
            written(decoded, |text, out| encoded_word::encode_over(old, text, out))
        }
        Encoding::HeaderFolding => Ok(bytes(decoded, |new, out| folding::encode_over(old, new, out))),
        Encoding::Base64 => Ok(bytes(decoded, |new, out| base64::encode_over(old, new, out))),
        _ => encode(encoding, decoded),
    }
}

/// As [`encode`] for units ([`Grain::Unit`]) that take the place of the bytes `range` of the layer's
/// `raw`: encodings with lines look at what stands around them.
///
/// # Errors
/// As for [`encode`].
pub fn encode_into(
    encoding: Encoding,
    raw: &[u8],
    range: std::ops::Range<usize>,
    decoded: &[u8],
) -> Result<Vec<u8>, Unencodable> {
    let before = raw.get(..range.start).unwrap_or(&[]);
    let behind = raw.get(range.end..).unwrap_or(&[]);
    match encoding {
        Encoding::QuotedPrintable => {
            Ok(bytes(decoded, |new, out| quoted_printable::encode_between(before, new, behind, out)))
        }
        Encoding::XmlText => written(decoded, |text, out| xml::encode_text(raw, range.start, text, out)),
        Encoding::MboxFrom => {
            let at_line_start = before.is_empty() || before.ends_with(b"\n");
            Ok(bytes(decoded, |new, out| mbox_from::encode_from(new, at_line_start, out)))
        }
        _ => encode(encoding, decoded),
    }
}

fn verbatim(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    out.extend_from_slice(raw);
    map.push_verbatim(0, u32::try_from(raw.len()).unwrap_or(u32::MAX));
}

/// A decoder of text: raw bytes that are no UTF-8 (the charset is a layer of its own, outside) stand
/// for themselves.
fn text(
    raw: &[u8],
    out: &mut Vec<u8>,
    map: &mut OffsetMap,
    decode: impl Fn(&str, &mut String, &mut OffsetMap),
) {
    match simdutf8::basic::from_utf8(raw) {
        Ok(raw) => {
            let mut decoded = String::new();
            decode(raw, &mut decoded, map);
            out.extend_from_slice(decoded.as_bytes());
        }
        Err(_) => verbatim(raw, out, map),
    }
}

fn written(decoded: &[u8], encode: impl Fn(&str, &mut Vec<u8>)) -> Result<Vec<u8>, Unencodable> {
    let text = simdutf8::basic::from_utf8(decoded).map_err(|_| Unencodable)?;
    let mut out = Vec::with_capacity(text.len());
    encode(text, &mut out);
    Ok(out)
}

fn bytes(decoded: &[u8], encode: impl Fn(&[u8], &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(decoded.len());
    encode(decoded, &mut out);
    out
}
