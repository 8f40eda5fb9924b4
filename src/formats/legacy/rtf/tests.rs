//! Documents written out.

use super::super::package::tests::embedded;
use super::*;

fn read_all(rtf: &[u8]) -> Extract {
    let mut out = Extract::within(16 << 20);
    read(rtf, &mut out);
    out
}

#[test]
fn letters_in_every_way() {
    let out = read_all(
        b"{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset204 Arial;}{\\f2\\fcharset128 MS Gothic;}}\
          Mu\\'f1oz \\u241?\\u-10179\\'3f\\u-8704?{\\uc2\\u8364 EU}! {\\f1 \\'c8\\'e2\\'e0\\'ed} {\\f2\\'8eR\\'93c}\\~a\\_b\\-c\\{\\}\\\\\\par next\\tab x\\emdash}",
    );
    assert_eq!(out.part("body.txt"), "Muñoz ñ\u{1f600}€! Иван 山田\u{a0}a-bc{}\\\nnext\tx—");
    assert!(out.damage.is_empty(), "{:?}", out.damage);
}

#[test]
fn every_destination_is_read() {
    let object: String = embedded("card.txt", "C:\\Users\\ana\\card.txt", b"inside")
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let rtf = format!(
        "{{\\rtf1\\ansi{{\\colortbl;\\red0;}}{{\\stylesheet{{Normal;}}}}{{\\info{{\\title T}}{{\\author Ana Muestra}}{{\\creatim\\yr2026}}{{\\*\\company C}}}}\
         {{\\*\\userprops{{\\propname Client}}\\proptype30{{\\staticval Berta}}}}{{\\*\\revtbl{{Unknown;}}{{Carla Muestra;}}}}\
         {{\\header head}}{{\\footerf foot}}body{{\\footnote note}} {{\\v hidden}} {{\\deleted old}} {{\\*\\atnid CM}}{{\\*\\atnauthor Carla}}{{\\*\\annotation why}}\
         {{\\field{{\\*\\fldinst HYPERLINK \"mailto:a@example.org\"}}{{\\fldrslt here}}}}\
         {{\\shp{{\\*\\shpinst{{\\sp{{\\sn posrelh}}{{\\sv 20232107}}}}{{\\sp{{\\sn wzDescription}}{{\\sv a picture of Ana}}}}{{\\shptxt boxed\\par}}}}}}\
         {{\\object{{\\*\\objclass Package}}{{\\*\\objdata\n{object}}}{{\\result shown}}}}\
         {{\\pict\\pngblip 8950\n4e47}}{{\\*\\mystery unknown text}}\\upr{{ansi}}{{\\*\\ud unicode}}\\par}}"
    );
    let out = read_all(rtf.as_bytes());
    assert_eq!(out.part("properties.txt"), "T\nAna Muestra\nC\nClient\nBerta\nUnknown;\nCarla Muestra;\n");
    assert_eq!(out.part("headers-and-footers.txt"), "head\nfoot\n");
    assert_eq!(out.part("notes.txt"), "note\n");
    assert_eq!(out.part("comments.txt"), "CM\nCarla\nwhy\n");
    assert!(out.part("fields.txt").contains("mailto:a@example.org"));
    assert_eq!(out.part("text-boxes.txt"), "boxed\n");
    assert_eq!(out.part("shapes.txt"), "a picture of Ana\n");
    assert!(out.part("other.txt").contains("unknown text"));
    for word in ["body", "hidden", "old", "here", "shown", "unicode"] {
        assert!(out.part("body.txt").contains(word), "{word}");
    }
    assert_eq!(out.part("card.txt"), "inside");
    assert!(out.part("object[1]-paths.txt").contains("ana"));
    assert!(out.has("picture[1].png"));
    assert!(!out.part("body.txt").contains("Normal"));
}

#[test]
fn html_comes_out_of_rtf() {
    let out = read_all(
        b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl{\\f0 Arial;}}\
          {\\*\\htmltag19 <html>}{\\*\\htmltag84 <p title=\"Mu\\'f1oz\">}\\htmlrtf {\\htmlrtf0 Ana \\'e9 {\\*\\htmltag84 &nbsp;}\\htmlrtf \\'a0\\htmlrtf0 x\
          \\htmlrtf\\par}\\htmlrtf0\r\n{\\*\\htmltag92 </p>}\\par{\\*\\mhtmltag1 no}{\\*\\htmltag27 </html>}}",
    );
    assert_eq!(out.part("body.html"), "<html><p title=\"Mu\u{f1}oz\">Ana \u{e9} &nbsp;x</p>\n</html>");
    assert!(!out.has("body.txt"));
}

#[test]
fn damage_is_told_and_ends() {
    let whole: &[u8] =
        b"{\\rtf1\\ansi{\\fonttbl{\\f0 A;}}Ana{\\*\\annotation why}\\bin4 abcd\\'f1\\u241?\\par}";
    for len in 0..whole.len() {
        let out = read_all(&whole[..len]);
        assert!(len == 0 || !out.damage.is_empty(), "{len}");
    }
    for at in 0..whole.len() {
        for mask in [0x55, 0x04, 0x80] {
            let mut changed = whole.to_vec();
            changed[at] ^= mask;
            read_all(&changed);
        }
    }
    let deep = [b"{\\rtf1 ".as_slice(), &b"{".repeat(100_000), b"a", &b"}".repeat(100_001)].concat();
    assert_eq!(read_all(&deep).damage.len(), 1);
    assert!(read_all(b"{\\rtf1 a}}}}").damage.len() == 1);
}
