//! What stands in a document beside its pages: properties, notes, fields of forms, bookmarks, links, scripts.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Object};

use super::objects::{Objects, dictionary_of};

/// Keys whose words may stand in a stream: values of fields, rich text, scripts (ISO 32000-1, 12.6 and 12.7).
const STREAMS: [&[u8]; 4] = [b"V", b"DV", b"RC", b"JS"];

/// Keys whose strings are no words: ids, dates, digests, ways of drawing.
const NOT_WORDS: [&[u8]; 16] = [
    b"ID",
    b"M",
    b"CreationDate",
    b"ModDate",
    b"O",
    b"U",
    b"OE",
    b"UE",
    b"Perms",
    b"DA",
    b"DS",
    b"Ordering",
    b"Registry",
    b"Lang",
    b"CheckSum",
    b"Cert",
];

/// A text string: UTF-16 or UTF-8 by their marks, else PDFDocEncoding (7.9.2.2), whose letters are Latin-1's.
pub(super) fn decoded(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|byte| upper(*byte)).collect(),
    }
}

/// PDFDocEncoding where it is neither ASCII nor Latin-1 (annex D.3).
fn upper(byte: u8) -> char {
    const FROM_128: &str = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž";
    match byte {
        0x80..=0x9e => FROM_128.chars().nth(usize::from(byte - 0x80)).unwrap_or(' '),
        0xa0 => '€',
        _ => char::from(byte),
    }
}

/// All words beside the pages, a line each; a field stands with its name.
pub(super) fn lines(objects: &Objects<'_>) -> String {
    let mut seen = BTreeSet::new();
    let mut out = String::new();
    let trailer = objects.document.trailer.get(b"Info").ok().and_then(|info| info.as_dict().ok());
    let all = objects.document.objects.values().filter_map(dictionary_of);
    for dictionary in all.chain(trailer) {
        of_dictionary(objects, dictionary, 0, &mut |line| {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            if !line.is_empty() && seen.insert(line.clone()) {
                out.push_str(&line);
                out.push('\n');
            }
        });
    }
    out
}

fn of_dictionary(objects: &Objects<'_>, dictionary: &Dictionary, depth: usize, take: &mut dyn FnMut(&str)) {
    // Signatures hold bytes in `Contents`; the words beside them count.
    let is_signature = dictionary.has(b"ByteRange");
    let label = ["TU", "T"]
        .iter()
        .find_map(|key| behind(objects, key.as_bytes(), dictionary.get(key.as_bytes()).ok()?));
    for (key, value) in dictionary {
        if NOT_WORDS.contains(&key.as_slice()) || is_signature && key == b"Contents" {
            continue;
        }
        let is_value = matches!(key.as_slice(), b"V" | b"DV" | b"Opt");
        let mut tell = |text: &str| match &label {
            Some(label) if is_value => take(&format!("{label}: {text}")),
            _ => take(text),
        };
        match value {
            Object::String(bytes, _) => tell(&decoded(bytes)),
            Object::Array(items) => each_string(items, depth, &mut tell),
            // Values of fields and scripts may be objects of their own, and rich text a stream.
            Object::Reference(_) => {
                if let Some(text) = behind(objects, key, value) {
                    tell(&text);
                }
            }
            Object::Dictionary(inside) if depth < 16 => of_dictionary(objects, inside, depth + 1, take),
            _ => {}
        }
    }
}

fn each_string(items: &[Object], depth: usize, tell: &mut dyn FnMut(&str)) {
    for item in items {
        match item {
            Object::String(bytes, _) => tell(&decoded(bytes)),
            Object::Array(inside) if depth < 16 => each_string(inside, depth + 1, tell),
            _ => {}
        }
    }
}

/// A string behind a reference; a stream only under the keys whose words may stand in one.
fn behind(objects: &Objects<'_>, key: &[u8], object: &Object) -> Option<String> {
    match objects.document.dereference(object).ok()?.1 {
        Object::String(bytes, _) => Some(decoded(bytes)),
        Object::Stream(stream) if STREAMS.contains(&key) => {
            let bytes = stream.get_plain_content_with_limit(4 << 20).ok()?;
            Some(decoded(&bytes)).filter(|text| !text.contains('\0'))
        }
        _ => None,
    }
}
