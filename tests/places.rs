//! The text at every place is the datum that was planted there, and the raw bytes of the place are the
//! datum by a decoding that is not ours.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails loudly"
)]

mod reading;

use std::ops::Range;

use reading::{Blocks, archive, nth, planted, read, zendesk};

/// Decodes raw bytes by other means than the library's: serde_json, encoding_rs, plain replacement.
fn decode(file: &str, raw: &[u8]) -> String {
    if file.ends_with("utf16.txt") {
        return encoding_rs::UTF_16LE.decode_without_bom_handling(raw).0.into_owned();
    }
    if file.ends_with("cp1252.txt") {
        return encoding_rs::WINDOWS_1252.decode_without_bom_handling(raw).0.into_owned();
    }
    let text = String::from_utf8(raw.to_vec()).unwrap();
    let text =
        if file.ends_with(".json") { serde_json::from_str(&format!("\"{text}\"")).unwrap() } else { text };
    let text = if file.ends_with(".csv") { text.replace("\"\"", "\"") } else { text };
    entities(&text)
}

/// The references the fixtures have, by a table of the test's own.
fn entities(text: &str) -> String {
    let named = [
        ("nbsp", '\u{a0}'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("commat", '@'),
        ("amp", '&'),
        ("ntilde", 'ñ'),
        ("aacute", 'á'),
        ("eacute", 'é'),
        ("iacute", 'í'),
        ("oacute", 'ó'),
        ("uacute", 'ú'),
        ("uuml", 'ü'),
        ("ouml", 'ö'),
        ("auml", 'ä'),
        ("szlig", 'ß'),
        ("ccedil", 'ç'),
        ("egrave", 'è'),
        ("agrave", 'à'),
        ("ecirc", 'ê'),
        ("euro", '€'),
    ];
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let name = rest[at + 1..].split(';').next().unwrap();
        let character = match name.strip_prefix('#') {
            Some(number) => {
                number.strip_prefix('x').map_or(number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())
            }
            None => named.iter().find(|(known, _)| *known == name).map(|(_, c)| u32::from(*c)),
        };
        match character.and_then(char::from_u32) {
            Some(character) => {
                out.push(character);
                rest = &rest[at + name.len() + 2..];
            }
            None => {
                out.push('&');
                rest = &rest[at + 1..];
            }
        }
    }
    out + rest
}

fn joined(bytes: &[u8], ranges: &[Range<u64>]) -> Vec<u8> {
    ranges.iter().flat_map(|r| &bytes[r.start as usize..r.end as usize]).copied().collect()
}

#[test]
fn every_planted_datum_stands_at_its_place() {
    let mappings = zendesk();
    let planted = planted();
    assert!(planted.len() > 300);
    let mut files: Vec<&str> = planted.iter().map(|row| row.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    let mut missing = Vec::new();
    for file in files {
        let bytes = std::fs::read(archive().join("archive").join(file)).unwrap();
        let got = read(&bytes, file, &mappings);
        let fields = got.walk(|block, field, seen| (block.clone(), *field, seen));
        for row in planted.iter().filter(|row| row.file == file) {
            let found = fields.iter().find_map(|(block, field, seen)| {
                row.is_in(seen)
                    .then(|| nth(&seen.text, &row.text, row.occurrence))
                    .flatten()
                    .map(|range| (block, field, range))
            });
            let Some((block, field, range)) = found else {
                missing.push(format!("{file} {} {} {} #{}", row.kind, row.id, row.field, row.occurrence));
                continue;
            };
            let raw = Blocks::raw(block, field, range);
            let mut text = decode(file, &joined(&bytes, &raw));
            if row.field.contains("attr:href") {
                text = text.replace("%40", "@");
            }
            assert_eq!(text, row.text, "{file} {}", row.field);
        }
    }
    assert!(missing.is_empty(), "{} places:\n{}", missing.len(), missing.join("\n"));
}
