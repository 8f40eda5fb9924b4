//! The encodings of [`Encoding`]: each decodes with an offset map and encodes replaced text again.
//!
//! One file an encoding. [`decode`] gives the decoded bytes of a whole layer, as readers do;
//! [`encode`] is what [`super::rewrite`] calls for the smallest unit an edit touches. For every
//! encoding `decode(encode(x)) = x`.

pub mod charset;
pub mod csv;
pub mod json_string;

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
        | Encoding::EncodedWordB
        | Encoding::EncodedWordQ
        | Encoding::CsvPlain { .. }
        | Encoding::JsonNumber => Grain::Layer,
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
        Encoding::Verbatim | Encoding::CsvPlain { .. } | Encoding::JsonNumber => verbatim(raw, out, map),
        Encoding::Charset(label) => {
            charset::decode(label, raw, out, map);
        }
        Encoding::JsonString => {
            json_string::decode(raw, out, map);
        }
        Encoding::CsvQuoted { quote } => csv::decode_quoted(quote, raw, out, map),
        // The codecs of mail, markup and URIs join here one by one.
        Encoding::HtmlText
        | Encoding::HtmlAttribute { .. }
        | Encoding::QuotedPrintable
        | Encoding::Base64
        | Encoding::HeaderFolding
        | Encoding::EncodedWordB
        | Encoding::EncodedWordQ
        | Encoding::ExtendedParameter
        | Encoding::MboxFrom
        | Encoding::Percent => verbatim(raw, out, map),
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
        // The codecs of mail, markup and URIs join here one by one; until then nothing is written.
        Encoding::HtmlText
        | Encoding::HtmlAttribute { .. }
        | Encoding::QuotedPrintable
        | Encoding::Base64
        | Encoding::HeaderFolding
        | Encoding::EncodedWordB
        | Encoding::EncodedWordQ
        | Encoding::ExtendedParameter
        | Encoding::MboxFrom
        | Encoding::Percent => Err(Unencodable),
    }
}

fn verbatim(raw: &[u8], out: &mut Vec<u8>, map: &mut OffsetMap) {
    out.extend_from_slice(raw);
    map.push_verbatim(0, u32::try_from(raw.len()).unwrap_or(u32::MAX));
}
