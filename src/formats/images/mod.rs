//! Pictures: JPEG, PNG, GIF, WebP, TIFF, HEIF and AVIF, BMP.
//!
//! What stands beside the pixels is read in full: EXIF with the position (CIPA DC-008), XMP (ISO 16684-1), IPTC-IIM
//! 4.2 in Photoshop's resources, comments, the text chunks of PNG, and whatever lies behind the end of the
//! picture. Each text is a field of the picture's record, by where it stands: `exif/Artist`, `xmp/dc:creator`,
//! `iptc/By-line`. Pixels are read by tesseract where it may be used; else it is told
//! that they are not, unless the picture is too small to show anything.
//!
//! The way back takes everything away that is not needed to show the picture; pixels stay byte for byte.

mod exif;
pub(super) mod fields;
mod gif;
pub(super) mod heif;
mod iptc;
mod jpeg;
mod layout;
pub(super) mod metadata;
pub(super) mod numbers;
mod photoshop;
mod png;
mod recognised;
#[cfg(test)]
mod tests;
mod tiff;
mod webp;
pub(super) mod xmp;

use super::rewrite::{Refused, Rewrite, Splice};
use super::{Format, Piece, Purpose, Reading, Vote, Yield};

use metadata::Metadata;

/// Pictures of at most so many pixels a side show nothing: they count who opened a page, or draw lines.
const TINY: u32 = 16;

/// Makes the same picture without what can be left out; none where that cannot be proved.
type Bare = fn(&[u8]) -> Option<Vec<u8>>;

/// One kind of picture.
pub(super) struct Picture {
    name: &'static str,
    /// What people call it.
    shown: &'static str,
    claims: fn(&[u8]) -> bool,
    read: fn(&[u8], &mut Metadata),
    /// None where nothing of it can be left out.
    bare: Option<Bare>,
}

/// JPEG (ITU-T T.81, JFIF, EXIF).
pub(super) static JPEG: Picture = Picture {
    name: "jpeg",
    shown: "JPEG picture",
    claims: |head| head.starts_with(b"\xFF\xD8\xFF"),
    read: jpeg::read,
    bare: Some(jpeg::bare),
};
/// PNG, third edition.
pub(super) static PNG: Picture = Picture {
    name: "png",
    shown: "PNG picture",
    claims: |head| head.starts_with(png::MAGIC),
    read: png::read,
    bare: Some(png::bare),
};
/// GIF87a and GIF89a.
pub(super) static GIF: Picture = Picture {
    name: "gif",
    shown: "GIF picture",
    claims: gif::claims,
    read: gif::read,
    bare: Some(gif::bare),
};
/// WebP (RFC 9649).
pub(super) static WEBP: Picture = Picture {
    name: "webp",
    shown: "WebP picture",
    claims: |head| head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
    read: webp::read,
    bare: Some(webp::bare),
};
/// TIFF 6.0, BigTIFF and the raw formats of cameras built on it.
pub(super) static TIFF: Picture = Picture {
    name: "tiff",
    shown: "TIFF picture",
    claims: |head| {
        [&b"II*\0"[..], b"MM\0*", b"II+\0\x08\0", b"MM\0+\0\x08"].iter().any(|mark| head.starts_with(mark))
    },
    read: tiff::read,
    bare: Some(tiff::bare),
};
/// HEIF and AVIF (ISO/IEC 23008-12).
pub(super) static HEIF: Picture = Picture {
    name: "heif",
    shown: "HEIF or AVIF picture",
    claims: heif::claims,
    read: heif::read,
    bare: None,
};
/// Windows bitmaps, which hold nothing but pixels.
pub(super) static BMP: Picture = Picture {
    name: "bmp",
    shown: "BMP picture",
    claims: |head| head.starts_with(b"BM") && bitmap(head).is_some(),
    read: |bytes, out| out.size = bitmap(bytes),
    bare: None,
};

/// Width and height of a bitmap, by its header's size and planes.
fn bitmap(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = numbers::u32_le(bytes, 14)?;
    match header {
        12 => {
            let one = numbers::u16_le(bytes, 22)? == 1;
            one.then_some((numbers::u16_le(bytes, 18)?.into(), numbers::u16_le(bytes, 20)?.into()))
        }
        40..=124 if numbers::u16_le(bytes, 26)? == 1 => {
            let side = |at| numbers::u32_le(bytes, at).map(|side| (side as i32).unsigned_abs());
            Some((side(18)?, side(22)?))
        }
        _ => None,
    }
}

impl Format for Picture {
    fn name(&self) -> &'static str {
        self.name
    }

    fn probe(&self, head: &[u8], _name: &str) -> Vote {
        if (self.claims)(head) { Vote::Strong } else { Vote::No }
    }

    fn is_packed(&self) -> bool {
        true
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(self)
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if reading.purpose == Purpose::Survey || piece.bytes.is_empty() {
            return;
        }
        out.block().raw_bytes += piece.bytes.len() as u64;
        let most = reading.limits.expands(piece.bytes.len() as u64).min(reading.limits.record_bytes);
        let mut metadata = Metadata::within(usize::try_from(most).unwrap_or(usize::MAX));
        (self.read)(piece.bytes, &mut metadata);
        let is_tiny = |(width, height)| width <= TINY && height <= TINY;
        if !metadata.size.is_some_and(is_tiny) {
            recognised::take(self.shown, piece.bytes, reading.limits, &mut metadata, out);
        }
        fields::give(metadata, (self.name, "malformed-image"), piece, reading, out, |_, _| {});
    }
}

impl Rewrite for Picture {
    fn without_extras(&self, piece: &Piece<'_>) -> Option<Result<Vec<Splice>, Refused>> {
        let whole = piece.base..piece.base + piece.bytes.len() as u64;
        let bare = self.bare.and_then(|bare| bare(piece.bytes));
        let refused = || {
            let what = "what stands beside the pixels of the picture cannot be taken away for certain; save it anew without it, or remove it";
            Refused::new("metadata-not-removable", what)
        };
        Some(bare.map(|bytes| vec![Splice { range: whole, bytes }]).ok_or_else(refused))
    }
}
