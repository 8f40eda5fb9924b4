//! XMP packets (ISO 16684-1): RDF in XML. Every text and attribute is a field under its property's name.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::metadata::Metadata;
use crate::formats::office::xml::{each_event, resolved};
use crate::records::Role;

/// Texts longer than this without a space are pictures.
const PICTURE: usize = 4096;

/// Properties that hold a person's name (ISO 16684-1, IPTC Photo Metadata, MWG regions, Microsoft Photo).
const PEOPLE: [&str; 15] = [
    "creator",
    "contributor",
    "Author",
    "Artist",
    "Photographer",
    "OwnerName",
    "CameraOwnerName",
    "CaptionWriter",
    "PersonInImage",
    "PersonDisplayName",
    "CopyrightOwnerName",
    "ImageCreatorName",
    "LicensorName",
    "ImageEditor",
    "LastModifiedBy",
];

/// Reads a packet that begins at `raw` of the file.
pub(in crate::formats) fn read(bytes: &[u8], raw: usize, out: &mut Metadata) {
    let text = decode(bytes);
    let mut packet =
        Packet { raw, open: Vec::new(), latitude: None, longitude: None, words: String::new(), out };
    if each_event(text.trim_matches(['\0', '\u{feff}']), |event| packet.event(event)) {
        return;
    }
    packet.end_text();
    out.damaged("an XMP packet of the picture is no whole XML");
    // Whatever stands behind the damage is searched as it stands.
    out.text("xmp", Role::Other, &text, raw);
}

/// UTF-8, UTF-16 or UTF-32 by their marks or zeros (ISO 16684-1, 7.3.2).
fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0, 0, 0, b'<', ..] => wide(bytes, u32::from_be_bytes),
        [b'<', 0, 0, 0, ..] => wide(bytes, u32::from_le_bytes),
        [0, b'<', ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(bytes).0.into_owned(),
        [b'<', 0, ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(),
        _ => encoding_rs::UTF_8.decode(bytes).0.into_owned(),
    }
}

fn wide(bytes: &[u8], number: fn([u8; 4]) -> u32) -> String {
    let units = bytes.as_chunks().0.iter().map(|four| number(*four));
    units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

struct Packet<'m> {
    raw: usize,
    /// Names of the open elements.
    open: Vec<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    /// The text of the innermost element so far.
    words: String,
    out: &'m mut Metadata,
}

impl Packet<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => {
                self.end_text();
                self.open.push(tag.name().as_ref().to_owned());
                self.attributes(&tag);
            }
            Event::Empty(tag) => {
                self.end_text();
                self.open.push(tag.name().as_ref().to_owned());
                self.attributes(&tag);
                self.open.pop();
            }
            Event::End(_) => {
                self.end_text();
                self.open.pop();
            }
            Event::Text(text) => self.words.push_str(&text),
            Event::CData(text) => self.words.push_str(&text),
            Event::GeneralRef(reference) => self.words.push_str(&resolved(&reference)),
            Event::Comment(text) => self.out.text("xmp/comment", Role::Hidden, &text, self.raw),
            _ => {}
        }
    }

    fn attributes(&mut self, tag: &BytesStart<'_>) {
        for one in tag.attributes().flatten() {
            let name = one.key.as_ref().to_owned();
            if name.starts_with("xmlns") || ["rdf:parseType", "xml:lang", "x:xmptk"].contains(&name.as_str())
            {
                continue;
            }
            if let Ok(value) = one.normalized_value(XmlVersion::Implicit1_0) {
                let name = if name == "rdf:about" || name == "rdf:resource" { self.property() } else { name };
                self.value(&name, &value);
            }
        }
    }

    /// The innermost open property: what stands in a list is the list's.
    fn property(&self) -> String {
        let found = self.open.iter().rev().find(|name| !name.starts_with("rdf:") && *name != "x:xmpmeta");
        found.cloned().unwrap_or_else(|| "about".to_owned())
    }

    fn end_text(&mut self) {
        let words = std::mem::take(&mut self.words);
        if !words.trim().is_empty() {
            let property = self.property();
            self.value(&property, &words);
        }
    }

    fn value(&mut self, name: &str, value: &str) {
        let local = name.rsplit(':').next().unwrap_or(name);
        if value.len() > PICTURE && !value.trim().contains(' ') {
            return;
        }
        let path = format!("xmp/{name}");
        match local {
            "GPSLatitude" => self.latitude = degrees(value),
            "GPSLongitude" => self.longitude = degrees(value),
            "SerialNumber" | "BodySerialNumber" | "LensSerialNumber" | "CameraSerialNumber" => {
                return self.out.serial(path, value, self.raw);
            }
            _ => {}
        }
        if let (Some(latitude), Some(longitude)) = (self.latitude, self.longitude) {
            (self.latitude, self.longitude) = (None, None);
            self.out.position("xmp/GPSPosition", latitude, longitude, self.raw);
        }
        let in_region =
            self.open.iter().any(|name| name.ends_with(":Regions") || name.ends_with(":RegionList"));
        let role = match local {
            _ if PEOPLE.contains(&local) => Role::PersonName,
            "Name" if in_region => Role::PersonName,
            "title" | "Headline" => Role::Subject,
            "description" | "UserComment" | "rights" | "subject" | "Instructions" => Role::Body,
            "DocumentID" | "InstanceID" | "OriginalDocumentID" | "instanceID" | "documentID" => {
                Role::Identifier
            }
            _ if local.ends_with("Date") || local.starts_with("DateTime") || local == "when" => {
                Role::TimeStamp
            }
            _ => Role::Other,
        };
        self.out.text(path, role, value, self.raw);
    }
}

/// A position as XMP has it: `40,25.0068N`, `40,25,0.4N` (ISO 16684-2, GPSCoordinate).
fn degrees(text: &str) -> Option<f64> {
    let text = text.trim();
    let (value, side) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let sign = match side {
        "N" | "n" | "E" | "e" => 1.0,
        "S" | "s" | "W" | "w" => -1.0,
        _ => return None,
    };
    let mut sum = 0.0;
    for (part, unit) in value.split(',').zip([1.0, 60.0, 3600.0]) {
        sum += part.trim().parse::<f64>().ok()? / unit;
    }
    Some(sum * sign)
}
