//! Fonts: what the codes of shown strings are in Unicode, and how wide they are (ISO 32000-1, 9.5 to 9.10).

use std::cell::RefCell;
use std::collections::HashMap;

use lopdf::{Dictionary, Object, Stream};

use super::cmap::{CMap, value};
use super::glyphs::{Base, standard_width, text_of};
use super::objects::{Objects, dictionary_of, number};
use super::programs::Program;

/// One shown glyph.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Glyph {
    /// Its text; none where nobody knows it.
    pub(super) text: Option<String>,
    /// How far it moves on, in parts of the font's size.
    pub(super) width: f64,
    /// Whether it is the code 32 of one byte, which word spacing widens.
    pub(super) is_space: bool,
}

/// How the bytes of a string are cut into codes, and what a code without a map to Unicode means.
enum Codes {
    /// One byte each.
    Bytes,
    /// Two bytes, which number glyphs.
    Pairs,
    /// As a map in the document says.
    Mapped(CMap),
    /// Two bytes that are UTF-16.
    Utf16,
    /// An encoding of before Unicode.
    Legacy(&'static encoding_rs::Encoding),
}

/// A font as far as reading needs it.
pub(super) struct Font {
    codes: Codes,
    to_unicode: Option<CMap>,
    /// Of simple fonts: texts by code.
    texts: Vec<Option<String>>,
    /// Of composite ones: how codes number glyphs, and what glyphs are in the font's own program.
    glyph_numbers: Option<Vec<u8>>,
    program: Option<Program>,
    name: String,
    widths: HashMap<u32, f64>,
    default_width: f64,
    known: RefCell<HashMap<(usize, u32), Option<String>>>,
    /// Signs and ornaments, which nobody misses as text.
    pub(super) is_symbolic: bool,
}

impl Font {
    /// Reads a font.
    pub(super) fn new(objects: &Objects<'_>, font: &Dictionary) -> Font {
        let font = Self::read(objects, font);
        font.unwrap_or_else(|| Font::empty(Codes::Bytes))
    }

    fn empty(codes: Codes) -> Font {
        Font {
            codes,
            to_unicode: None,
            texts: Vec::new(),
            glyph_numbers: None,
            program: None,
            name: String::new(),
            widths: HashMap::new(),
            default_width: 0.5,
            known: RefCell::default(),
            is_symbolic: false,
        }
    }

    fn read(objects: &Objects<'_>, font: &Dictionary) -> Option<Font> {
        // What lives as long as the document is looked up in it again.
        let at = |key: &str| {
            font.get(key.as_bytes()).ok().and_then(|object| objects.document.dereference(object).ok())
        };
        let get = |key: &str| at(key).map(|(_, object)| object);
        let to_unicode = get("ToUnicode").and_then(|map| map.as_stream().ok()).and_then(plain);
        let subtype = get("Subtype").and_then(|name| name.as_name().ok()).unwrap_or_default();
        let mut read = match subtype {
            b"Type0" => composite(objects, &get)?,
            _ => simple(objects, &get, subtype),
        };
        read.to_unicode = to_unicode.map(|bytes| CMap::read(&bytes)).filter(CMap::has_texts);
        let name = get("BaseFont").and_then(|name| name.as_name().ok()).unwrap_or_default();
        let name = String::from_utf8_lossy(name).to_lowercase();
        read.is_symbolic = ["symbol", "dingbats", "wingdings", "webdings", "fontawesome", "icon"]
            .iter()
            .any(|known| name.contains(known));
        read.name = name;
        Some(read)
    }

    /// The glyphs of a shown string.
    pub(super) fn glyphs(&self, bytes: &[u8], take: &mut dyn FnMut(Glyph)) {
        let mut rest = bytes;
        while let Some(len) = self.code_len(rest) {
            let (code, after) = rest.split_at(len.min(rest.len()));
            rest = after;
            let number = value(code);
            let text = self
                .known
                .borrow_mut()
                .entry((code.len(), number))
                .or_insert_with(|| self.text(code, number))
                .clone();
            let width = self.widths.get(&self.glyph_number(code, number)).copied();
            // The standard fonts need not say how wide they are.
            let standard = || standard_width(&self.name, text.as_ref().filter(|_| self.widths.is_empty())?);
            let width = width.or_else(standard).unwrap_or(self.default_width);
            take(Glyph { text, width, is_space: code == b" " });
        }
    }

    fn code_len(&self, rest: &[u8]) -> Option<usize> {
        let first = *rest.first()?;
        Some(match &self.codes {
            Codes::Bytes => 1,
            Codes::Pairs => 2,
            Codes::Mapped(map) => map.code_len(rest).unwrap_or(2),
            Codes::Utf16 => match rest.first_chunk::<2>() {
                Some([0xd8..=0xdb, _]) => 4,
                _ => 2,
            },
            Codes::Legacy(encoding) => {
                let half = *encoding == encoding_rs::SHIFT_JIS && (0xa1..=0xdf).contains(&first);
                if first < 0x80 || half { 1 } else { 2 }
            }
        })
    }

    /// The number by which widths and the font's program know a code.
    fn glyph_number(&self, code: &[u8], number: u32) -> u32 {
        match &self.codes {
            Codes::Mapped(map) => map.number(number).unwrap_or(number),
            _ => value(code),
        }
    }

    fn text(&self, code: &[u8], number: u32) -> Option<String> {
        let readable = |text: &String| {
            !text.is_empty()
                && !text
                    .chars()
                    .all(|c| c == '\0' || c == '\u{fffd}' || ('\u{e000}'..='\u{f8ff}').contains(&c))
        };
        if let Some(text) = self.to_unicode.as_ref().and_then(|map| map.text(number)).filter(readable) {
            return Some(text);
        }
        let by_codes = match &self.codes {
            Codes::Bytes => self.texts.get(number as usize).cloned().flatten(),
            Codes::Utf16 => {
                let text = encoding_rs::UTF_16BE.decode_without_bom_handling(code).0;
                Some(text.into_owned())
            }
            Codes::Legacy(encoding) => Some(encoding.decode_without_bom_handling(code).0.into_owned()),
            Codes::Pairs | Codes::Mapped(_) => None,
        };
        if let Some(text) = by_codes.filter(readable) {
            return Some(text);
        }
        let glyph = self.glyph_number(code, number);
        let glyph = match &self.glyph_numbers {
            Some(numbers) => {
                let at = glyph as usize * 2;
                numbers.get(at..at + 2).map_or(glyph, value)
            }
            None => glyph,
        };
        let program = self.program.as_ref().filter(|_| !matches!(self.codes, Codes::Bytes))?;
        program.text_of(glyph).filter(readable)
    }
}

/// The bytes of a small stream of a font.
fn plain(stream: &Stream) -> Option<Vec<u8>> {
    stream.get_plain_content_with_limit(32 << 20).ok()
}

/// How a member of a font's dictionary is had, references followed.
type Get<'g, 'd> = dyn Fn(&str) -> Option<&'d Object> + 'g;

fn program_of(objects: &Objects<'_>, descriptor: &Dictionary) -> Option<Program> {
    ["FontFile", "FontFile2", "FontFile3"].iter().find_map(|key| {
        let object = descriptor.get(key.as_bytes()).ok()?;
        let stream = objects.document.dereference(object).ok()?.1.as_stream().ok()?;
        Program::read(plain(stream)?)
    })
}

fn simple(objects: &Objects<'_>, get: &Get<'_, '_>, subtype: &[u8]) -> Font {
    let descriptor = get("FontDescriptor").and_then(dictionary_of);
    let flags = descriptor.and_then(|descriptor| descriptor.get(b"Flags").ok()?.as_i64().ok()).unwrap_or(0);
    let program = descriptor.and_then(|descriptor| program_of(objects, descriptor));
    let encoding = get("Encoding");
    let named = match encoding {
        Some(Object::Name(name)) => Base::named(name),
        Some(Object::Dictionary(encoding)) => {
            encoding.get(b"BaseEncoding").ok().and_then(|name| Base::named(name.as_name().ok()?))
        }
        _ => None,
    };
    let is_symbolic = flags & 4 != 0;
    let usual = if subtype == b"TrueType" { Base::WinAnsi } else { Base::Standard };
    let own = |code: u8| program.as_ref().and_then(|program| program.text_of_code(code));
    let mut texts: Vec<Option<String>> = (0..=255)
        .map(|code| match named {
            Some(base) if !is_symbolic => base.text(code).or_else(|| own(code)),
            Some(base) => own(code).or_else(|| base.text(code)),
            None => own(code).or_else(|| usual.text(code)),
        })
        .collect();
    if let Some(Object::Dictionary(encoding)) = encoding
        && let Ok(differences) = encoding.get(b"Differences")
        && let Ok((_, Object::Array(differences))) = objects.document.dereference(differences)
    {
        let mut code = 0usize;
        for one in differences {
            match one {
                Object::Integer(at) => code = usize::try_from(*at).unwrap_or(256),
                Object::Name(name) => {
                    if let Some(slot) = texts.get_mut(code) {
                        let text = std::str::from_utf8(name).ok().and_then(text_of);
                        // A name that says nothing leaves what the font's own program knows.
                        *slot = text.or_else(|| u8::try_from(code).ok().and_then(own));
                    }
                    code += 1;
                }
                _ => {}
            }
        }
    }
    let mut font = Font { texts, ..Font::empty(Codes::Bytes) };
    let scale = match (subtype, get("FontMatrix").and_then(|matrix| matrix.as_array().ok())) {
        (b"Type3", Some(matrix)) => matrix.first().and_then(number).unwrap_or(0.001).abs(),
        _ => 0.001,
    };
    let first =
        get("FirstChar").and_then(|code| code.as_i64().ok()).and_then(|code| u32::try_from(code).ok());
    if let Some(Object::Array(widths)) = get("Widths") {
        for (code, width) in (first.unwrap_or(0)..=255).zip(widths) {
            let width = objects.document.dereference(width).ok().and_then(|(_, width)| number(width));
            font.widths.extend(width.map(|width| (code, width * scale)));
        }
    }
    let missing = descriptor.and_then(|descriptor| number(descriptor.get(b"MissingWidth").ok()?));
    font.default_width = missing.filter(|width| *width > 0.0).map_or(0.5, |width| width * scale);
    font
}

fn composite(objects: &Objects<'_>, get: &Get<'_, '_>) -> Option<Font> {
    let descendants = get("DescendantFonts")?.as_array().ok()?;
    let (_, descendant) = objects.document.dereference(descendants.first()?).ok()?;
    let descendant = descendant.as_dict().ok()?;
    let of = |key: &str| {
        descendant
            .get(key.as_bytes())
            .ok()
            .and_then(|object| objects.document.dereference(object).ok())
            .map(|(_, object)| object)
    };
    let codes = match get("Encoding") {
        Some(Object::Stream(map)) => Codes::Mapped(CMap::read(&plain(map)?)),
        Some(Object::Name(name)) => predefined(&String::from_utf8_lossy(name)),
        _ => Codes::Pairs,
    };
    let mut font = Font::empty(codes);
    font.program =
        of("FontDescriptor").and_then(dictionary_of).and_then(|descriptor| program_of(objects, descriptor));
    font.glyph_numbers = of("CIDToGIDMap").and_then(|map| plain(map.as_stream().ok()?));
    font.default_width = of("DW").and_then(number).unwrap_or(1000.0) / 1000.0;
    if let Some(Object::Array(widths)) = of("W") {
        spread(objects, widths, &mut font.widths);
    }
    Some(font)
}

/// Widths of a composite font: `c [w1 w2 …]` and `first last w` (9.7.4.3).
fn spread(objects: &Objects<'_>, rows: &[Object], widths: &mut HashMap<u32, f64>) {
    let mut rows =
        rows.iter().filter_map(|object| objects.document.dereference(object).ok()).map(|(_, object)| object);
    while let Some(first) = rows.next().and_then(|code| code.as_i64().ok()) {
        let Ok(first) = u32::try_from(first) else { return };
        match rows.next() {
            Some(Object::Array(each)) => {
                let each = each.iter().map(|width| number(width).unwrap_or(0.0) / 1000.0);
                widths.extend((first..).zip(each));
            }
            Some(last) => {
                let last = last.as_i64().ok().and_then(|last| u32::try_from(last).ok());
                let width = rows.next().and_then(number);
                if let (Some(last), Some(width)) = (last, width) {
                    widths.extend(
                        (first..=last.min(first.saturating_add(0xffff))).map(|code| (code, width / 1000.0)),
                    );
                }
            }
            None => return,
        }
    }
}

/// What the predefined maps (9.7.5.2) cut strings into.
fn predefined(name: &str) -> Codes {
    let legacy = [
        ("RKSJ", encoding_rs::SHIFT_JIS),
        ("EUC-H", encoding_rs::EUC_JP),
        ("EUC-V", encoding_rs::EUC_JP),
        ("GBK", encoding_rs::GBK),
        ("GB-EUC", encoding_rs::GBK),
        ("GBpc-EUC", encoding_rs::GBK),
        ("B5", encoding_rs::BIG5),
        ("HKscs", encoding_rs::BIG5),
        ("KSC", encoding_rs::EUC_KR),
    ];
    if name.contains("UCS2") || name.contains("UTF16") {
        return Codes::Utf16;
    }
    // `GB-EUC-H` is Chinese, though it ends like the Japanese one.
    let chinese = legacy.iter().skip(3).find(|(part, _)| name.contains(part));
    match chinese.or_else(|| legacy.iter().find(|(part, _)| name.contains(part))) {
        Some((_, encoding)) => Codes::Legacy(encoding),
        None => Codes::Pairs,
    }
}
