//! EXIF: directories of tagged values as TIFF has them (CIPA DC-008-2023, TIFF 6.0).

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Entry, Layout};
use super::metadata::{Metadata, decoded};
use super::{iptc, photoshop, xmp};
use crate::records::Role;

/// Directories of one file at most, and entries of one directory.
const DIRECTORIES: usize = 256;
const ENTRIES: u64 = 4096;

/// Tags that lead to other directories.
const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
const INTEROPERABILITY: u16 = 0xA005;
pub(super) const SUB_DIRECTORIES: u16 = 0x014A;
const MAKER_NOTE: u16 = 0x927C;
const USER_COMMENT: u16 = 0x9286;
pub(super) const ORIENTATION: u16 = 0x0112;
const WIDTH: u16 = 0x0100;
const HEIGHT: u16 = 0x0101;

/// Which directory a tag stands in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Image,
    Gps,
}

/// What is known of a tag with words.
#[derive(Clone, Copy, PartialEq)]
enum Sense {
    Text(Role),
    Serial,
}

/// Names of tags with words and what those are to people.
const TAGS: [(u16, &str, Sense); 38] = [
    (0x010D, "DocumentName", Sense::Text(Role::FileName)),
    (0x010E, "ImageDescription", Sense::Text(Role::Body)),
    (0x010F, "Make", Sense::Text(Role::Other)),
    (0x0110, "Model", Sense::Text(Role::Other)),
    (0x011D, "PageName", Sense::Text(Role::Other)),
    (0x0131, "Software", Sense::Text(Role::Other)),
    (0x0132, "DateTime", Sense::Text(Role::TimeStamp)),
    (0x013B, "Artist", Sense::Text(Role::PersonName)),
    (0x013C, "HostComputer", Sense::Text(Role::Other)),
    (0x8298, "Copyright", Sense::Text(Role::Body)),
    (0x9003, "DateTimeOriginal", Sense::Text(Role::TimeStamp)),
    (0x9004, "DateTimeDigitized", Sense::Text(Role::TimeStamp)),
    (0x9010, "OffsetTime", Sense::Text(Role::Measure)),
    (0x9011, "OffsetTimeOriginal", Sense::Text(Role::Measure)),
    (0x9012, "OffsetTimeDigitized", Sense::Text(Role::Measure)),
    (0x9286, "UserComment", Sense::Text(Role::Body)),
    (0x9290, "SubSecTime", Sense::Text(Role::Measure)),
    (0x9291, "SubSecTimeOriginal", Sense::Text(Role::Measure)),
    (0x9292, "SubSecTimeDigitized", Sense::Text(Role::Measure)),
    (0x9C9B, "XPTitle", Sense::Text(Role::Subject)),
    (0x9C9C, "XPComment", Sense::Text(Role::Body)),
    (0x9C9D, "XPAuthor", Sense::Text(Role::PersonName)),
    (0x9C9E, "XPKeywords", Sense::Text(Role::Body)),
    (0x9C9F, "XPSubject", Sense::Text(Role::Subject)),
    (0xA004, "RelatedSoundFile", Sense::Text(Role::FileName)),
    (0xA420, "ImageUniqueID", Sense::Text(Role::Identifier)),
    (0xA430, "CameraOwnerName", Sense::Text(Role::PersonName)),
    (0xA431, "BodySerialNumber", Sense::Serial),
    (0xA433, "LensMake", Sense::Text(Role::Other)),
    (0xA434, "LensModel", Sense::Text(Role::Other)),
    (0xA435, "LensSerialNumber", Sense::Serial),
    (0xA436, "ImageTitle", Sense::Text(Role::Subject)),
    (0xA437, "Photographer", Sense::Text(Role::PersonName)),
    (0xA438, "ImageEditor", Sense::Text(Role::PersonName)),
    (0xA439, "CameraFirmware", Sense::Text(Role::Other)),
    (0xC614, "UniqueCameraModel", Sense::Text(Role::Other)),
    (0xC62F, "CameraSerialNumber", Sense::Serial),
    (0xC68B, "OriginalRawFileName", Sense::Text(Role::FileName)),
];

/// The same of the directory of positions.
const GPS_TAGS: [(u16, &str); 8] = [
    (0x08, "GPSSatellites"),
    (0x09, "GPSStatus"),
    (0x0A, "GPSMeasureMode"),
    (0x12, "GPSMapDatum"),
    (0x1B, "GPSProcessingMethod"),
    (0x1C, "GPSAreaInformation"),
    (0x1D, "GPSDateStamp"),
    (0x17, "GPSDestBearingRef"),
];

/// Reads the directories of `bytes`, which begin at `base` of the file. Gives the orientation.
pub(super) fn read(bytes: &[u8], base: usize, out: &mut Metadata) -> Option<u16> {
    out.nested(|out| directories(bytes, base, out))
}

fn directories(bytes: &[u8], base: usize, out: &mut Metadata) -> Option<u16> {
    let Some(layout) = Layout::of(bytes) else {
        out.damaged("the EXIF data of the picture do not begin as they must");
        return None;
    };
    let mut open = vec![(layout.first(), Kind::Image)];
    let mut seen = BTreeSet::new();
    let mut orientation = None;
    while let Some((at, kind)) = open.pop() {
        if at == 0 || !seen.insert(at) {
            continue;
        }
        if seen.len() > DIRECTORIES {
            out.damaged("the picture has more directories of EXIF data than are read");
            break;
        }
        let Some(directory) = layout.directory(at, ENTRIES) else {
            out.damaged("a directory of the picture's EXIF data is not where it should be");
            continue;
        };
        if !directory.whole {
            out.damaged("a directory of the picture's EXIF data ends early");
        }
        for entry in &directory.entries {
            match entry.tag {
                EXIF | INTEROPERABILITY | SUB_DIRECTORIES if kind == Kind::Image => {
                    open.extend(layout.offsets(entry).map(|at| (at, Kind::Image)));
                }
                GPS if kind == Kind::Image => open.extend(layout.offsets(entry).map(|at| (at, Kind::Gps))),
                ORIENTATION if kind == Kind::Image && orientation.is_none() => {
                    orientation = layout.number(entry).and_then(|number| u16::try_from(number).ok());
                }
                _ if kind == Kind::Image => value(&layout, entry, base, out),
                _ => {}
            }
        }
        if kind == Kind::Gps {
            position(&layout, &directory.entries, base, out);
        }
        size(&layout, &directory.entries, out);
        open.push((directory.next, kind));
    }
    orientation
}

/// Width and height of the largest picture.
fn size(layout: &Layout<'_>, entries: &[Entry], out: &mut Metadata) {
    let side = |tag| {
        let entry = entries.iter().find(|entry| entry.tag == tag)?;
        u32::try_from(layout.number(entry)?).ok()
    };
    if let (Some(width), Some(height)) = (side(WIDTH), side(HEIGHT)) {
        let (w, h) = out.size.unwrap_or_default();
        out.size = Some((w.max(width), h.max(height)));
    }
}

/// One value of a directory that is not of positions.
fn value(layout: &Layout<'_>, entry: &Entry, base: usize, out: &mut Metadata) {
    let Some((at, bytes)) = layout.bytes(entry) else {
        return out.damaged("a value of the picture's EXIF data lies outside of it");
    };
    let raw = base + at;
    let has_words = matches!(entry.kind, 2 | 129)
        || [MAKER_NOTE, USER_COMMENT, 0x02BC, 0x83BB, 0x8649, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F]
            .contains(&entry.tag);
    // Many entries may lead to one value.
    if !has_words || !out.take(bytes.len()) {
        return;
    }
    match entry.tag {
        MAKER_NOTE => return out.readable("exif/MakerNote", bytes, raw),
        0x02BC => return xmp::read(bytes, raw, out),
        0x83BB => return iptc::read(bytes, raw, out),
        0x8649 => return photoshop::read(bytes, raw, out),
        _ => {}
    }
    let known = TAGS.iter().find(|(tag, ..)| *tag == entry.tag);
    let Some(text) = words(layout, entry, bytes) else { return };
    let (name, sense) = match known {
        Some((_, name, sense)) => ((*name).to_owned(), *sense),
        None => (format!("tag {:#06x}", entry.tag), Sense::Text(Role::Other)),
    };
    match sense {
        Sense::Serial => out.serial(format!("exif/{name}"), &text, raw),
        Sense::Text(Role::PersonName) => {
            // Several names stand in one value.
            for one in text.split([';', '\n']) {
                out.text(format!("exif/{name}"), Role::PersonName, one, raw);
            }
        }
        Sense::Text(role) => out.text(format!("exif/{name}"), role, &text, raw),
    }
}

/// The words of a value, where it has any.
fn words(layout: &Layout<'_>, entry: &Entry, bytes: &[u8]) -> Option<String> {
    const ASCII: u16 = 2;
    const UTF8: u16 = 129;
    match (entry.tag, entry.kind) {
        (0x9C9B..=0x9C9F, _) => Some(encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()),
        (USER_COMMENT, _) => Some(comment(layout, bytes)),
        // The rights of the photographer and of the editor stand in one value, a NUL between them.
        (_, ASCII | UTF8) => Some(decoded(bytes).replace('\0', "\n")),
        _ => None,
    }
}

/// A text behind the name of its charset (CIPA DC-008 4.6.5, UserComment).
fn comment(layout: &Layout<'_>, bytes: &[u8]) -> String {
    let (charset, text) = bytes.split_at(bytes.len().min(8));
    match charset {
        b"UNICODE\0" => match text {
            [0xFE, 0xFF, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
            [0xFF, 0xFE, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
            _ if std::str::from_utf8(text).is_ok() && !text.contains(&0) => decoded(text),
            _ => layout.utf16(text),
        },
        b"JIS\0\0\0\0\0" => encoding_rs::ISO_2022_JP.decode_without_bom_handling(text).0.into_owned(),
        b"ASCII\0\0\0" | b"\0\0\0\0\0\0\0\0" => decoded(text),
        _ => decoded(bytes),
    }
}

/// The positions of a directory: where the picture was taken, and what it shows.
fn position(layout: &Layout<'_>, entries: &[Entry], base: usize, out: &mut Metadata) {
    let by_tag: BTreeMap<u16, &Entry> = entries.iter().map(|entry| (entry.tag, entry)).collect();
    for (tags, path) in
        [([1, 2, 3, 4], "exif/GPSPosition"), ([0x13, 0x14, 0x15, 0x16], "exif/GPSDestPosition")]
    {
        let [lat_ref, lat, lon_ref, lon] = tags;
        let degrees = |reference: u16, tag: u16, negative: &[u8]| {
            let entry = by_tag.get(&tag)?;
            let value = layout.degrees(entry)?;
            let sign = by_tag
                .get(&reference)
                .and_then(|entry| layout.bytes(entry))
                .and_then(|(_, sign)| sign.first().copied());
            Some(if sign.is_some_and(|sign| negative.contains(&sign)) { -value } else { value })
        };
        if let (Some(latitude), Some(longitude)) =
            (degrees(lat_ref, lat, b"Ss"), degrees(lon_ref, lon, b"Ww"))
        {
            let raw = by_tag.get(&lat).and_then(|entry| layout.bytes(entry)).map_or(0, |(at, _)| at);
            out.position(path, latitude, longitude, base + raw);
        }
    }
    for (tag, name) in GPS_TAGS {
        let Some((entry, (at, bytes))) =
            by_tag.get(&tag).and_then(|entry| Some((entry, layout.bytes(entry)?)))
        else {
            continue;
        };
        let text = if entry.kind == 7 { comment(layout, bytes) } else { decoded(bytes) };
        let role = if tag == 0x1D { Role::TimeStamp } else { Role::Other };
        out.text(format!("exif/{name}"), role, &text, base + at);
    }
}

/// EXIF data that say how the picture is to be turned, and nothing else.
pub(super) fn orientation_only(orientation: u16) -> Vec<u8> {
    let mut out = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    out.extend(orientation.to_be_bytes());
    out.extend([0; 6]);
    out
}

/// The orientation of EXIF data, where it is another than the usual.
pub(super) fn turned(bytes: &[u8]) -> Option<u16> {
    let mut none = Metadata::within(0);
    read(bytes, 0, &mut none).filter(|orientation| (2..=8).contains(orientation))
}
