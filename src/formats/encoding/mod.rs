//! The encodings of [`Encoding`]: each decodes with an offset map and encodes replaced text again.
//!
//! One file an encoding. `decode` is what readers call; `encode` is what [`super::rewrite`] calls for
//! the smallest unit an edit touches.

use crate::records::Encoding;

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
        Encoding::Base64 | Encoding::EncodedWordB | Encoding::EncodedWordQ | Encoding::CsvPlain { .. } => {
            Grain::Layer
        }
        _ => Grain::Unit,
    }
}
