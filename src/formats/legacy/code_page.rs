//! Windows code pages as texts ([MS-UCODEREF] 2.2.1, MAPI's `PidTagInternetCodepage`, RTF's `\ansicpg`).

use encoding_rs::Encoding;

/// The upper half of code page 437, which the encodings of the Web lack.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
/// The upper half of code page 850.
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// Western European, what Windows takes where nothing is said.
pub(super) const WESTERN: u32 = 1252;
/// UTF-16, little-endian.
pub(super) const UTF16: u32 = 1200;
/// UTF-8.
pub(super) const UTF8: u32 = 65001;

/// The encoding of a code page; none where there is no decoder for it.
pub(super) fn encoding(page: u32) -> Option<&'static Encoding> {
    let label = match page {
        874 | 1250..=1258 => format!("windows-{page}"),
        866 => "ibm866".to_owned(),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 | 51949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        1200 => "utf-16le".to_owned(),
        1201 => "utf-16be".to_owned(),
        10000 => "macintosh".to_owned(),
        10007 => "x-mac-cyrillic".to_owned(),
        20127 => "us-ascii".to_owned(),
        20866 => "koi8-r".to_owned(),
        21866 => "koi8-u".to_owned(),
        28591..=28605 => format!("iso-8859-{}", page - 28590),
        50220..=50222 => "iso-2022-jp".to_owned(),
        51932 => "euc-jp".to_owned(),
        54936 => "gb18030".to_owned(),
        65001 => "utf-8".to_owned(),
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}

/// Bytes as text in a code page; one that is not known is read as Western European, since the letters of
/// names and the digits of numbers are the same in nearly all.
pub(super) fn decode(page: u32, bytes: &[u8]) -> String {
    let half = match page {
        437 => CP437,
        850 | 858 => CP850,
        _ => {
            let encoding = encoding(page).unwrap_or(encoding_rs::WINDOWS_1252);
            return encoding.decode_without_bom_handling(bytes).0.into_owned();
        }
    };
    let letter = |byte: &u8| match byte.checked_sub(0x80) {
        None => char::from(*byte),
        Some(at) => half.chars().nth(usize::from(at)).unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    bytes.iter().map(letter).collect()
}

/// The code page of a font's charset (RTF 1.9.1, `\fcharset`); none for symbols and the default.
pub(super) fn of_font(charset: i32) -> Option<u32> {
    Some(match charset {
        0 => 1252,
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_old_and_new_pages() {
        assert_eq!(decode(437, b"Mu\xA4oz"), "Muñoz");
        assert_eq!(decode(850, b"Mu\xA4oz \xB5\xFF"), "Muñoz Á\u{a0}");
        assert_eq!(decode(1252, b"\x80 Mu\xF1oz"), "€ Muñoz");
        assert_eq!(decode(1251, b"\xC8\xE2\xE0\xED"), "Иван");
        assert_eq!(decode(932, b"\x8E\x52\x93\x63"), "山田");
        assert_eq!(decode(99_999, b"Mu\xF1oz"), "Muñoz");
        assert_eq!((CP437.chars().count(), CP850.chars().count()), (128, 128));
    }
}
