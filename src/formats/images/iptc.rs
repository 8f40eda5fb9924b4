//! IPTC-IIM 4.2: numbered texts of news agencies, which most picture programs still write.

use super::metadata::{Metadata, decoded};
use super::numbers::{run, u16_be};
use crate::records::Role;

/// Names of the data sets of the application record and what they are to people (IIM 4.2, chapter 6).
const SETS: [(u8, &str, Role); 29] = [
    (5, "ObjectName", Role::Subject),
    (7, "EditStatus", Role::Other),
    (15, "Category", Role::Other),
    (20, "SupplementalCategory", Role::Other),
    (22, "FixtureIdentifier", Role::Other),
    (25, "Keywords", Role::Body),
    (26, "ContentLocationCode", Role::Other),
    (27, "ContentLocationName", Role::Body),
    (30, "ReleaseDate", Role::TimeStamp),
    (40, "SpecialInstructions", Role::Body),
    (55, "DateCreated", Role::TimeStamp),
    (60, "TimeCreated", Role::TimeStamp),
    (62, "DigitalCreationDate", Role::TimeStamp),
    (63, "DigitalCreationTime", Role::TimeStamp),
    (65, "OriginatingProgram", Role::Other),
    (80, "By-line", Role::PersonName),
    (85, "By-lineTitle", Role::Other),
    (90, "City", Role::Body),
    (92, "Sublocation", Role::Body),
    (95, "Province", Role::Body),
    (100, "CountryCode", Role::Other),
    (101, "Country", Role::Other),
    (103, "OriginalTransmissionReference", Role::Identifier),
    (105, "Headline", Role::Subject),
    (110, "Credit", Role::Body),
    (115, "Source", Role::Body),
    (116, "CopyrightNotice", Role::Body),
    (118, "Contact", Role::Body),
    (120, "Caption", Role::Body),
];

/// Reads the data sets, which begin at `base` of the file.
pub(super) fn read(bytes: &[u8], base: usize, out: &mut Metadata) {
    let (mut at, mut utf8) = (0, false);
    while bytes.get(at) == Some(&0x1C) {
        let (Some(record), Some(set), Some(len)) =
            (bytes.get(at + 1), bytes.get(at + 2), u16_be(bytes, at + 3))
        else {
            return ends_early(out);
        };
        let (start, len) = match usize::from(len) {
            // An extended data set: so many bytes hold the length (1.6).
            long if long & 0x8000 != 0 => {
                let size = long & 0x7FFF;
                let Some(digits) = run(bytes, at + 5, size).filter(|_| size <= 4) else {
                    return ends_early(out);
                };
                (at + 5 + size, digits.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
            }
            len => (at + 5, len),
        };
        let Some(value) = run(bytes, start, len) else { return ends_early(out) };
        match (record, set) {
            (1, 90) => utf8 = value == b"\x1B%G",
            // Numbers and a picture of the text.
            (2, 0 | 10 | 125 | 131 | 150..=154 | 200..=202) => {}
            (2, set) => text(*set, value, utf8, base + start, out),
            // The envelope: who sent it to whom, in letters.
            (1, 5 | 30 | 50 | 100) => {
                out.text(format!("iptc/1:{set}"), Role::Other, &decoded(value), base + start)
            }
            _ => {}
        }
        at = start + len;
    }
}

fn text(set: u8, value: &[u8], utf8: bool, raw: usize, out: &mut Metadata) {
    let text = if utf8 { String::from_utf8_lossy(value).into_owned() } else { decoded(value) };
    match SETS.iter().find(|(number, ..)| *number == set) {
        Some((_, name, role)) => out.text(format!("iptc/{name}"), *role, &text, raw),
        None if set == 122 => out.text("iptc/Writer", Role::PersonName, &text, raw),
        None => out.text(format!("iptc/2:{set}"), Role::Other, &text, raw),
    }
}

fn ends_early(out: &mut Metadata) {
    out.damaged("the picture's IPTC data end early");
}
