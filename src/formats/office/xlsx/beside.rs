//! Texts of a sheet that stand in no cell: literals in formulas, hints, headers, targets of links.

use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;

/// Attributes that hold words for people (ECMA-376 part 1, 18.3.1: data validations, links, protected ranges,
/// scenarios, smart tags).
const WORDS: [&str; 12] = [
    "prompt",
    "promptTitle",
    "error",
    "errorTitle",
    "tooltip",
    "display",
    "location",
    "comment",
    "user",
    "title",
    "descr",
    "altText",
];

/// A text on a line of its own, where it says anything.
pub(super) fn line(text: &str, out: &mut String) {
    let text = text.trim();
    if !text.is_empty() {
        out.push_str(&text.replace(['\n', '\r'], " "));
        out.push('\n');
    }
}

/// The texts between quotes of a formula; two quotes in one are a quote.
pub(super) fn literals(formula: &str, out: &mut String) {
    // Every second piece lies between quotes; an empty piece outside is a doubled quote inside.
    let mut open = String::new();
    for (at, piece) in formula.split('"').enumerate() {
        match at % 2 == 1 {
            true => open.push_str(piece),
            false if piece.is_empty() && at > 0 => open.push('"'),
            false => line(open.trim_end_matches('"'), &mut *out),
        }
        if at % 2 == 0 && !piece.is_empty() {
            open.clear();
        }
    }
    line(open.trim_end_matches('"'), out);
}

/// The attributes of an element that are words, or hold an address.
pub(super) fn attributes(tag: &BytesStart<'_>, out: &mut String) {
    for one in tag.attributes().flatten() {
        let Ok(value) = one.normalized_value(XmlVersion::Implicit1_0) else { continue };
        let words = WORDS.contains(&one.key.local_name().as_ref());
        if words || (value.contains('@') && !value.starts_with("http://schemas.")) {
            line(&value, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_what_stands_between_quotes() {
        for (formula, wanted) in [
            ("SUM(A1:A4)", ""),
            (r#"HYPERLINK("mailto:a@example.org","Ana")"#, "mailto:a@example.org\nAna\n"),
            (r#"IF(A1="he said ""no""",1,"b")"#, "he said \"no\nb\n"),
            (r#""cut off"#, "cut off\n"),
            (r#""""#, ""),
        ] {
            let mut out = String::new();
            literals(formula, &mut out);
            assert_eq!(out, wanted, "{formula}");
        }
    }
}
