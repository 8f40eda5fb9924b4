//! The programs of embedded fonts, as far as they tell which glyph is which character.

use std::collections::HashMap;

use ttf_parser::{Face, GlyphId, cff};

use super::glyphs::{Base, text_of};

/// What an embedded font says of its glyphs.
#[derive(Default)]
pub(super) struct Program {
    /// By the number of the glyph, or of the character of a CID-keyed font.
    by_number: HashMap<u32, String>,
    /// By code, where the font has an encoding of its own.
    by_code: HashMap<u8, String>,
}

impl Program {
    /// Reads a font of any kind: Type 1, TrueType, OpenType, bare CFF.
    pub(super) fn read(bytes: Vec<u8>) -> Option<Program> {
        if bytes.starts_with(b"%!") || bytes.starts_with(b"\x80\x01") {
            return Some(Self::type1(&bytes));
        }
        if let Ok(face) = Face::parse(&bytes, 0) {
            return Some(Self::opentype(&face));
        }
        cff::Table::parse(&bytes).map(|table| Self::compact(&table))
    }

    /// The text of a glyph.
    pub(super) fn text_of(&self, number: u32) -> Option<String> {
        self.by_number.get(&number).cloned()
    }

    /// The text of a code.
    pub(super) fn text_of_code(&self, code: u8) -> Option<String> {
        self.by_code.get(&code).cloned()
    }

    /// The clear part of a Type 1 font: `dup 65 /A put` (Adobe Type 1 Font Format, 2.2).
    fn type1(bytes: &[u8]) -> Program {
        let mut program = Program::default();
        let clear = memchr::memmem::find(bytes, b"eexec").unwrap_or(bytes.len());
        let text = String::from_utf8_lossy(bytes.get(..clear).unwrap_or_default());
        let Some((_, encoding)) = text.split_once("/Encoding") else { return program };
        if encoding.trim_start().starts_with("StandardEncoding") {
            program.by_code = (0..=255).filter_map(|code| Some((code, Base::Standard.text(code)?))).collect();
            return program;
        }
        let mut words = encoding.split_ascii_whitespace();
        while let Some(word) = words.next() {
            match word {
                "dup" => {
                    let code = words.next().and_then(|code| code.parse().ok());
                    let name = words.next().and_then(|name| name.strip_prefix('/')).and_then(text_of);
                    program.by_code.extend(code.zip(name));
                }
                "def" | "readonly" => break,
                _ => {}
            }
        }
        program
    }

    fn opentype(face: &Face<'_>) -> Program {
        let mut program = Program::default();
        for subtable in face.tables().cmap.into_iter().flat_map(|cmap| cmap.subtables) {
            let unicode = subtable.is_unicode();
            subtable.codepoints(|code| {
                let Some(GlyphId(glyph)) = subtable.glyph_index(code) else { return };
                let text = char::from_u32(code).filter(|c| unicode && !c.is_control());
                if let Some(c) = text.filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c)) {
                    program.by_number.entry(u32::from(glyph)).or_insert_with(|| c.to_string());
                }
            });
        }
        for glyph in 0..face.number_of_glyphs() {
            if let Some(text) = face.glyph_name(GlyphId(glyph)).and_then(text_of) {
                program.by_number.entry(u32::from(glyph)).or_insert(text);
            }
        }
        program.codes(face);
        program
    }

    /// Codes of symbolic fonts: (1, 0) as they are, (3, 0) from F000 on (ISO 32000-1, 9.6.6.4).
    fn codes(&mut self, face: &Face<'_>) {
        for subtable in face.tables().cmap.into_iter().flat_map(|cmap| cmap.subtables) {
            for code in 0..=255u8 {
                let glyph = [u32::from(code), 0xf000 + u32::from(code)]
                    .iter()
                    .find_map(|at| subtable.glyph_index(*at))
                    .filter(|_| !subtable.is_unicode() || subtable.encoding_id == 0);
                let text = glyph.and_then(|GlyphId(glyph)| self.text_of(u32::from(glyph)));
                if let Some(text) = text {
                    self.by_code.entry(code).or_insert(text);
                }
            }
        }
    }

    fn compact(table: &cff::Table<'_>) -> Program {
        let mut program = Program::default();
        for glyph in 0..table.number_of_glyphs() {
            let number = table.glyph_cid(GlyphId(glyph)).unwrap_or(glyph);
            if let Some(text) = table.glyph_name(GlyphId(glyph)).and_then(text_of) {
                program.by_number.insert(u32::from(number), text);
            }
        }
        for code in 0..=255u8 {
            let text = table.glyph_index(code).and_then(|GlyphId(glyph)| program.text_of(u32::from(glyph)));
            program.by_code.extend(text.map(|text| (code, text)));
        }
        program
    }
}
