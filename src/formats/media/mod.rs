//! Sound and video: MP3, FLAC, Ogg, WAVE, AVI, MP4 and its kin, Matroska and WebM.
//!
//! What stands beside the sound and the pictures is read in full: titles, authors, comments, lyrics, dates,
//! positions, covers and attached files. Each text is a field of the recording's record, by where it stands:
//! `id3/TPE1`, `mp4/©cmt`, `vorbis/ARTIST`. What is said and shown is not read, and that is told.
//!
//! The way back takes the tags away where the rest can stay byte for byte; else the recording is withheld.

mod flac;
mod id3;
mod matroska;
mod mp3;
mod mp4;
mod ogg;
mod riff;
#[cfg(test)]
mod tests;
mod vorbis;

use super::images::fields;
use super::images::metadata::Metadata;
use super::rewrite::{Refused, Rewrite, Splice};
use super::{Format, Piece, Purpose, Reading, Vote, Yield};
use crate::records::{Gap, GapClass, Role, Stamp};

/// Makes the same recording without what can be left out; none where that cannot be proved.
type Bare = fn(&[u8]) -> Option<Vec<u8>>;

/// One kind of recording.
pub(super) struct Recording {
    name: &'static str,
    /// What people call it.
    shown: &'static str,
    claims: fn(&[u8]) -> bool,
    read: fn(&[u8], &mut Metadata),
    /// None where nothing of it can be left out.
    bare: Option<Bare>,
}

/// MPEG audio (ISO/IEC 11172-3, 13818-3) with ID3 and APE tags.
pub(super) static MP3: Recording = Recording {
    name: "mp3",
    shown: "MP3 audio",
    claims: mp3::claims,
    read: mp3::read,
    bare: Some(mp3::bare),
};
/// FLAC (RFC 9639).
pub(super) static FLAC: Recording = Recording {
    name: "flac",
    shown: "FLAC audio",
    claims: |head| head.starts_with(flac::MAGIC),
    read: flac::read,
    bare: Some(flac::bare),
};
/// Ogg (RFC 3533) with Vorbis, Opus (RFC 7845), Theora, Speex or FLAC inside.
pub(super) static OGG: Recording = Recording {
    name: "ogg",
    shown: "Ogg audio or video",
    claims: |head| head.starts_with(ogg::MAGIC) && head.get(4) == Some(&0),
    read: ogg::read,
    bare: None,
};
/// WAVE, Broadcast Wave (EBU Tech 3285) and RF64 (EBU Tech 3306).
pub(super) static WAVE: Recording = Recording {
    name: "wave",
    shown: "WAVE audio",
    claims: |head| riff::is(head, b"WAVE"),
    read: riff::read,
    bare: Some(riff::bare),
};
/// AVI.
pub(super) static AVI: Recording = Recording {
    name: "avi",
    shown: "AVI video",
    claims: |head| riff::is(head, b"AVI "),
    read: riff::read,
    bare: Some(riff::bare),
};
/// MP4 (ISO/IEC 14496-12, -14), QuickTime, 3GP, M4A.
pub(super) static MP4: Recording = Recording {
    name: "mp4",
    shown: "MP4 or QuickTime audio or video",
    claims: mp4::claims,
    read: mp4::read,
    bare: Some(mp4::bare),
};
/// Matroska and WebM (RFC 9559).
pub(super) static MATROSKA: Recording = Recording {
    name: "matroska",
    shown: "Matroska or WebM audio or video",
    claims: |head| head.starts_with(matroska::MAGIC),
    read: matroska::read,
    bare: Some(matroska::bare),
};

impl Format for Recording {
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
        fields::give(metadata, (self.name, "malformed-recording"), piece, reading, out, |out, _| {
            let what = format!(
                "{}: what is said and shown in it was not read, what stands beside it was; have it written down and scan that",
                self.shown
            );
            out.gap(Gap::new(GapClass::Unread, "recording-not-read", what));
        });
    }
}

impl Rewrite for Recording {
    fn without_extras(&self, piece: &Piece<'_>) -> Option<Result<Vec<Splice>, Refused>> {
        let whole = piece.base..piece.base + piece.bytes.len() as u64;
        let bare = self.bare.and_then(|bare| bare(piece.bytes));
        let refused = || {
            let what = "what stands beside the sound and pictures of the recording cannot be taken away for certain; save it anew without its tags, or remove it";
            Refused::new("metadata-not-removable", what)
        };
        Some(bare.map(|bytes| vec![Splice { range: whole, bytes }]).ok_or_else(refused))
    }
}

/// Says how long a recording is.
fn length(seconds: f64, raw: usize, out: &mut Metadata) {
    if seconds.is_finite() && (0.0..1e9).contains(&seconds) {
        out.text("length", Role::Measure, &format!("{seconds:.1} s"), raw);
    }
}

/// Says when a recording was made, in seconds since 1970; nothing stands for 0 of its own epoch.
fn made(path: &str, seconds: i64, raw: usize, out: &mut Metadata) {
    if let Some(stamp) = Stamp::from_epoch(seconds) {
        out.text(path, Role::TimeStamp, &stamp.to_rfc3339(), raw);
    }
}

/// Reads a position as ISO 6709 annex H writes it: `+40.4168-003.7038+667.000/`.
fn position(path: &str, text: &str, raw: usize, out: &mut Metadata) {
    let signs: Vec<usize> =
        text.char_indices().filter(|(_, c)| matches!(c, '+' | '-')).map(|(at, _)| at).take(3).collect();
    let end = signs.get(2).copied().or_else(|| text.find(['/', 'C'])).unwrap_or(text.len());
    let parts = signs.first().zip(signs.get(1)).and_then(|(latitude, longitude)| {
        Some((text.get(*latitude..*longitude)?, text.get(*longitude..end)?))
    });
    let degrees = parts.and_then(|(latitude, longitude)| {
        Some((in_degrees(latitude.trim(), 2)?, in_degrees(longitude.trim(), 3)?))
    });
    match degrees {
        Some((latitude, longitude)) => out.position(path, latitude, longitude, raw),
        None => out.text(path, Role::Other, text, raw),
    }
}

/// Degrees, with so many digits before minutes, and seconds behind those.
fn in_degrees(text: &str, digits: usize) -> Option<f64> {
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let bare = text.get(1..)?;
    let whole = bare.split('.').next()?.len();
    let number: f64 = bare.parse().ok()?;
    let (degrees, minutes, seconds) = match whole.checked_sub(digits)? {
        0 => (number, 0.0, 0.0),
        2 => ((number / 100.0).trunc(), number % 100.0, 0.0),
        4 => ((number / 10_000.0).trunc(), (number % 10_000.0 / 100.0).trunc(), number % 100.0),
        _ => return None,
    };
    Some(sign * (degrees + minutes / 60.0 + seconds / 3600.0))
}
