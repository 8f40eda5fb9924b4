//! What the names of glyphs and the codes of encodings are in Unicode (ISO 32000-1, 9.10.2 and annex D).

use std::collections::HashMap;
use std::sync::LazyLock;

/// Names and their texts.
static NAMES: LazyLock<HashMap<&'static str, String>> = LazyLock::new(|| {
    let rows = include_str!("glyph_names.txt").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let (codes, names) = row.split_once(' ')?;
        let text: Option<String> = codes.split('+').map(code_point).collect();
        let text = text?;
        Some(names.split(' ').map(move |name| (name, text.clone())))
    })
    .flatten()
    .collect()
});

/// Widths of the standard fonts by character.
static WIDTHS: LazyLock<HashMap<&'static str, HashMap<char, f64>>> = LazyLock::new(|| {
    let rows = include_str!("standard_widths.txt").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let (name, widths) = row.split_once(' ')?;
        let of = |part: &'static str| {
            let (width, chars) = part.split_once(':')?;
            let width: f64 = width.parse().ok()?;
            Some(chars.chars().map(move |c| (c, width / 1000.0)))
        };
        let mut widths: HashMap<char, f64> = widths.split(' ').filter_map(of).flatten().collect();
        widths.insert(' ', if name.starts_with("Helvetica") { 0.278 } else { 0.25 });
        Some((name, widths))
    })
    .collect()
});

/// The width of a character in the standard font that looks most like one of this name, in parts of its size.
pub(super) fn standard_width(font: &str, text: &str) -> Option<f64> {
    let name = font.to_lowercase();
    if name.contains("courier") || name.contains("mono") {
        return Some(0.6);
    }
    let (bold, slanted) = (name.contains("bold"), name.contains("italic") || name.contains("oblique"));
    let like = match (name.contains("times") || name.contains("serif"), bold, slanted) {
        (true, true, true) => "Times-BoldItalic",
        (true, true, false) => "Times-Bold",
        (true, false, true) => "Times-Italic",
        (true, false, false) => "Times-Roman",
        (false, true, _) => "Helvetica-Bold",
        (false, false, _) => "Helvetica",
    };
    WIDTHS.get(like)?.get(&text.chars().next()?).copied()
}

/// Where the Standard encoding (annex D.2) is not ASCII.
const STANDARD: [(u8, &str); 56] = [
    (39, "’"),
    (96, "‘"),
    (161, "¡"),
    (162, "¢"),
    (163, "£"),
    (164, "⁄"),
    (165, "¥"),
    (166, "ƒ"),
    (167, "§"),
    (168, "¤"),
    (169, "'"),
    (170, "“"),
    (171, "«"),
    (172, "‹"),
    (173, "›"),
    (174, "fi"),
    (175, "fl"),
    (177, "–"),
    (178, "†"),
    (179, "‡"),
    (180, "·"),
    (182, "¶"),
    (183, "•"),
    (184, "‚"),
    (185, "„"),
    (186, "”"),
    (187, "»"),
    (188, "…"),
    (189, "‰"),
    (191, "¿"),
    (193, "`"),
    (194, "´"),
    (195, "ˆ"),
    (196, "˜"),
    (197, "¯"),
    (198, "˘"),
    (199, "˙"),
    (200, "¨"),
    (202, "˚"),
    (203, "¸"),
    (205, "˝"),
    (206, "˛"),
    (207, "ˇ"),
    (208, "—"),
    (225, "Æ"),
    (227, "ª"),
    (232, "Ł"),
    (233, "Ø"),
    (234, "Œ"),
    (235, "º"),
    (241, "æ"),
    (245, "ı"),
    (248, "ł"),
    (249, "ø"),
    (250, "œ"),
    (251, "ß"),
];

/// The encodings a font may begin from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Standard,
    WinAnsi,
    MacRoman,
}

impl Base {
    /// By its name in a font.
    pub(super) fn named(name: &[u8]) -> Option<Base> {
        match name {
            b"StandardEncoding" => Some(Self::Standard),
            b"WinAnsiEncoding" => Some(Self::WinAnsi),
            b"MacRomanEncoding" => Some(Self::MacRoman),
            _ => None,
        }
    }

    /// The text of a code.
    pub(super) fn text(self, code: u8) -> Option<String> {
        if code < 32 {
            return None;
        }
        let by = |encoding: &'static encoding_rs::Encoding| {
            let bytes = [code];
            let text = encoding.decode_without_bom_handling(&bytes).0;
            text.chars().all(|c| !c.is_control() && c != '\u{fffd}').then(|| text.into_owned())
        };
        match self {
            Self::WinAnsi => by(encoding_rs::WINDOWS_1252),
            Self::MacRoman => by(encoding_rs::MACINTOSH),
            Self::Standard => match (STANDARD.iter().find(|(known, _)| *known == code), code) {
                (Some((_, text)), _) => Some((*text).to_owned()),
                (None, 32..=126) => Some(char::from(code).to_string()),
                _ => None,
            },
        }
    }
}

/// The text of a glyph by its name (Adobe Glyph List Specification, 2).
pub(super) fn text_of(name: &str) -> Option<String> {
    let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
    let parts: Option<String> = stem.split('_').map(component).collect();
    parts.filter(|text| !text.is_empty())
}

fn component(name: &str) -> Option<String> {
    let mut chars = name.chars();
    if let (Some(one), None) = (chars.next(), chars.next()) {
        return Some(one.to_string());
    }
    if let Some(text) = NAMES.get(name) {
        return Some(text.clone());
    }
    let hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(digits) = name.strip_prefix("uni").filter(|digits| hexadecimal(digits) && digits.len() >= 4) {
        let units: Vec<u16> = (0..digits.len() / 4)
            .filter_map(|at| u16::from_str_radix(digits.get(at * 4..at * 4 + 4)?, 16).ok())
            .collect();
        return String::from_utf16(&units).ok();
    }
    let digits =
        name.strip_prefix('u').filter(|digits| hexadecimal(digits) && (4..=6).contains(&digits.len()))?;
    code_point(digits).map(String::from)
}

fn code_point(digits: &str) -> Option<char> {
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_text() {
        for (name, text) in [
            ("A", "A"),
            ("eacute", "é"),
            ("f_i", "fi"),
            ("fi", "fi"),
            ("uni00E9", "é"),
            ("uni0041030A", "A\u{30a}"),
            ("u1F600", "😀"),
            ("afii10017", "А"),
            ("hyphen.case", "-"),
            ("Euro", "€"),
            ("alpha", "α"),
        ] {
            assert_eq!(text_of(name).as_deref(), Some(text), "{name}");
        }
        assert_eq!((text_of("g12"), text_of(".notdef")), (None, None));
        assert_eq!(Base::Standard.text(39).as_deref(), Some("’"));
        assert_eq!(Base::Standard.text(251).as_deref(), Some("ß"));
        assert_eq!(Base::WinAnsi.text(0x80).as_deref(), Some("€"));
        assert_eq!(Base::MacRoman.text(0x8e).as_deref(), Some("é"));
        assert_eq!(Base::WinAnsi.text(9), None);
    }
}
