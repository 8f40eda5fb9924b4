//! Which charset bytes are in: mark, declaration, or the best guess.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

use super::{UTF_8, UTF_16BE, UTF_16LE, UTF_32BE, UTF_32LE};

/// How much of a text the guess looks at.
const GUESSED: usize = 256 << 10;
/// How much of a text the search for zero bytes looks at.
const ZEROES: usize = 4 << 10;

/// The charset of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Its label.
    pub label: &'static str,
    /// Bytes of the byte order mark, which are no text.
    pub mark: usize,
}

/// The byte order mark at the start of an item.
pub fn bom(head: &[u8]) -> Option<Resolved> {
    // UTF-32LE begins like UTF-16LE and must be asked first.
    let marks: [(&[u8], &'static str); 5] = [
        (b"\xEF\xBB\xBF", UTF_8),
        (b"\xFF\xFE\0\0", UTF_32LE),
        (b"\0\0\xFE\xFF", UTF_32BE),
        (b"\xFF\xFE", UTF_16LE),
        (b"\xFE\xFF", UTF_16BE),
    ];
    let (mark, label) = marks.into_iter().find(|(mark, _)| head.starts_with(mark))?;
    Some(Resolved { label, mark: mark.len() })
}

/// The first byte behind a mark that is no white space, and no zero byte beside an ASCII character in UTF-16 or
/// UTF-32: in every charset the first sign of a text that begins with ASCII.
pub fn first_sign(head: &[u8]) -> Option<u8> {
    let mark = bom(head).map_or(0, |bom| bom.mark);
    head.get(mark..)?.iter().copied().find(|byte| *byte != 0 && !byte.is_ascii_whitespace())
}

/// The static name of a charset by any label of the Encoding Standard, or of UTF-32.
pub fn known_label(label: &str) -> Option<&'static str> {
    match label.trim().to_ascii_lowercase().as_str() {
        "utf-32le" | "utf-32" => Some(UTF_32LE),
        "utf-32be" => Some(UTF_32BE),
        other => Encoding::for_label_no_replacement(other.as_bytes()).map(Encoding::name),
    }
}

/// The charset of a text: its mark, then zero bytes in step, then UTF-8 if it is that, then what was
/// declared, then a guess.
///
/// UTF-8 is asked before the declaration because text that happens to be valid UTF-8 beyond ASCII is
/// UTF-8, whatever its header says. Bytes that are neither UTF-8 nor plausible in a single-byte charset
/// are damaged UTF-8.
pub fn resolve(bytes: &[u8], declared: Option<&str>) -> Resolved {
    if let Some(resolved) = bom(bytes) {
        return resolved;
    }
    let plain = |label| Resolved { label, mark: 0 };
    if let Some(label) = zeroes_in_step(bytes) {
        return plain(label);
    }
    let declared = declared.and_then(known_label);
    if let Some(label) = declared.filter(|label| super::code_unit(label) > 1 || super::is_stateful(label)) {
        return plain(label);
    }
    if is_utf8_but_for_a_cut_end(bytes) {
        return plain(if is_japanese(bytes) { encoding_rs::ISO_2022_JP.name() } else { UTF_8 });
    }
    match declared {
        Some(label) if label != UTF_8 => plain(label),
        Some(_) => plain(UTF_8),
        None => plain(guess(bytes)),
    }
}

/// The bytes as text where [`resolve`] would find UTF-8 without a mark in them and nothing is declared:
/// most of what is read, looked through once.
pub fn as_utf8(bytes: &[u8]) -> Option<&str> {
    let text = simdutf8::basic::from_utf8(bytes).ok()?;
    let plain = bom(bytes).is_none() && zeroes_in_step(bytes).is_none() && !is_japanese(bytes);
    plain.then_some(text)
}

/// ISO-2022-JP is ASCII with escapes, so it looks like UTF-8.
fn is_japanese(bytes: &[u8]) -> bool {
    let head = bytes.get(..GUESSED).unwrap_or(bytes);
    memchr::memchr(0x1B, head).is_some_and(|from| {
        let rest = head.get(from..).unwrap_or(&[]);
        [&b"\x1B$B"[..], b"\x1B$@"].into_iter().any(|escape| memchr::memmem::find(rest, escape).is_some())
    })
}

/// The last character may be cut where `bytes` is a piece of something longer.
fn is_utf8_but_for_a_cut_end(bytes: &[u8]) -> bool {
    if simdutf8::basic::from_utf8(bytes).is_ok() {
        return true;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    }
}

/// UTF-16 or UTF-32 without a mark: Latin text has its zero bytes always on the same side.
fn zeroes_in_step(bytes: &[u8]) -> Option<&'static str> {
    let head = bytes.get(..ZEROES).unwrap_or(bytes);
    if head.len() < 8 || memchr::memchr(0, head).is_none() {
        return None;
    }
    let mut zeroes = [0usize; 4];
    for (at, _) in head.iter().enumerate().filter(|(_, byte)| **byte == 0) {
        if let Some(count) = zeroes.get_mut(at % 4) {
            *count += 1;
        }
    }
    let quarter = head.len() / 4;
    let [most, few] = [quarter * 7 / 10, quarter / 20];
    let full = zeroes.map(|count| count >= most.max(1));
    let none = zeroes.map(|count| count <= few);
    match (full, none) {
        ([false, true, true, true], [true, ..]) => Some(UTF_32LE),
        ([true, true, true, false], [.., true]) => Some(UTF_32BE),
        ([_, true, _, true], [true, false, true, false]) => Some(UTF_16LE),
        ([true, _, true, _], [false, true, false, true]) => Some(UTF_16BE),
        _ => None,
    }
}

/// The charset of bytes that are not UTF-8 and declare nothing.
fn guess(bytes: &[u8]) -> &'static str {
    let from = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), |_| 0);
    // The bytes that tell charsets apart may come late in the text.
    let start = if from > GUESSED / 2 { from - GUESSED / 4 } else { 0 };
    let rest = bytes.get(start..).unwrap_or(bytes);
    let head = rest.get(..GUESSED).unwrap_or(rest);
    if is_damaged_utf8(head) {
        return UTF_8;
    }
    if has_stray_fill_bytes(head) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, true);
    let guessed = detector.guess(None, Utf8Detection::Deny);
    if guessed.is_single_byte() && !reads_as_text(guessed, head) { UTF_8 } else { guessed.name() }
}

/// Whether most bytes beyond ASCII are whole UTF-8 characters: two such in a row by chance are rare.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0u64, 0u64);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
        broken += u64::from(!chunk.invalid().is_empty());
    }
    whole > 2 * broken
}

/// Whether the few bytes beyond ASCII are all 0xFE and 0xFF, or have them right beside ASCII: no word
/// is like that.
fn has_stray_fill_bytes(bytes: &[u8]) -> bool {
    let beyond = || bytes.iter().filter(|byte| !byte.is_ascii());
    if beyond().count() > 8 {
        return false;
    }
    if beyond().all(|byte| matches!(byte, 0xFE | 0xFF)) {
        return true;
    }
    bytes.windows(2).any(|pair| match pair {
        [0xFE | 0xFF, beside] | [beside, 0xFE | 0xFF] => beside.is_ascii_alphanumeric(),
        _ => false,
    })
}

/// Whether the bytes beyond ASCII look like letters in words or like typographic marks.
fn reads_as_text(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let (mut good, mut bad) = (0u64, 0u64);
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if !c.is_ascii() {
            // A Latin word has letters of ASCII; other scripts stand among themselves.
            let letter =
                |other: char| if c < '\u{250}' { other.is_ascii_alphabetic() } else { other.is_alphabetic() };
            let alone = "àèìòùáéíóúýâêîôûñäëïöüøåÀÈÉÓÚÁÍÖÄÜ".contains(c);
            let beside = letter(before) || characters.peek().is_some_and(|next| letter(*next)) || alone;
            let typographic = "€‚„…†‡‰‹‘’“”•–—™›\u{a0}¡¢£¥§©ª«¬\u{ad}®°±²³´µ¶·¹º»¼½¾¿×№".contains(c);
            if typographic || (c.is_alphabetic() && beside) { good += 1 } else { bad += 1 }
        }
        before = c;
    }
    good > 0 && bad * 4 <= good
}

#[cfg(test)]
mod tests {
    use super::super::encode;
    use super::*;

    fn label(bytes: &[u8]) -> &'static str {
        resolve(bytes, None).label
    }

    #[test]
    fn marks_come_first() {
        assert_eq!(resolve(b"\xEF\xBB\xBFa", Some("windows-1252")), Resolved { label: UTF_8, mark: 3 });
        assert_eq!(resolve(b"\xFF\xFEa\0", None), Resolved { label: UTF_16LE, mark: 2 });
        assert_eq!(resolve(b"\xFF\xFE\0\0a\0\0\0", None), Resolved { label: UTF_32LE, mark: 4 });
        assert_eq!(resolve(b"\0\0\xFE\xFF\0\0\0a", None), Resolved { label: UTF_32BE, mark: 4 });
    }

    #[test]
    fn utf16_and_utf32_without_marks() {
        let text = "Estimada señora, adjunto el número de cuenta.".as_bytes();
        for want in [UTF_16LE, UTF_16BE, UTF_32LE, UTF_32BE] {
            assert_eq!(label(&encode(want, text).unwrap()), want);
        }
        assert_eq!(label(b"a few\0zero\0bytes in a text that is otherwise plain"), UTF_8);
    }

    #[test]
    fn single_byte_text_is_guessed() {
        for (want, text) in [
            ("windows-1252", "La señora Muñoz pidió información; costó 5 €, ¿verdad? Él añadió más años."),
            ("windows-1251", "Здравствуйте, меня зовут Анна, прошу удалить мои данные из системы."),
            ("windows-1252", "ñ"),
            ("windows-1252", "Grüße aus Köln, die Straße ist schön"),
        ] {
            let raw = encode(want, text.as_bytes()).unwrap();
            if text.len() > 4 {
                assert_eq!(label(&raw), want, "{text}");
            }
        }
    }

    #[test]
    fn stray_bytes_are_damage_and_no_charset() {
        assert_eq!(label(b"hola \xff\xfe mundo"), UTF_8);
        assert_eq!(label(b"abc \xc3\x28 def"), UTF_8);
        assert_eq!(label("año señor ñandú \u{e9}t\u{e9}".as_bytes()), UTF_8);
        let mut damaged = "año señor ñandú été".as_bytes().to_vec();
        damaged.push(0xFF);
        damaged.extend_from_slice(b" end");
        assert_eq!(label(&damaged), UTF_8);
    }

    #[test]
    fn a_declaration_is_believed_unless_the_bytes_are_utf8() {
        assert_eq!(resolve(b"a\xf1o", Some("iso-8859-15")).label, "ISO-8859-15");
        assert_eq!(resolve("año".as_bytes(), Some("iso-8859-1")).label, UTF_8);
        assert_eq!(resolve(b"\x1B$B$\"\x1B(B", None).label, "ISO-2022-JP");
    }
}
