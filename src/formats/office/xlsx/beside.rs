//! Texts of a sheet that stand in no cell: literals in formulas, hints, headers, targets of links.

use std::ops::Range;

use quick_xml::events::BytesStart;

use super::super::traced::Traced;
use super::super::xml;

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
pub(super) fn line(text: &Traced, range: Range<usize>, out: &mut Traced) {
    let shown = text.text.get(range.clone()).unwrap_or("");
    let from = range.start + shown.len() - shown.trim_start().len();
    let kept = shown.trim().len();
    if kept > 0 {
        out.copy(text, from..from + kept, true, false);
        out.mark("\n");
    }
}

/// The texts between quotes of a formula; two quotes in one are a quote.
pub(super) fn literals(formula: &Traced, out: &mut Traced) {
    let mut at = 0;
    while let Some(open) = formula.text.get(at..).and_then(|rest| rest.find('"')) {
        let mut literal = Traced::new(formula.is_traced());
        at += open + 1;
        loop {
            let rest = formula.text.get(at..).unwrap_or("");
            let len = rest.find('"').unwrap_or(rest.len());
            literal.copy(formula, at..at + len, false, true);
            at += len;
            if !rest.get(len..).is_some_and(|rest| rest.starts_with("\"\"")) {
                at = (at + 1).min(formula.text.len());
                break;
            }
            literal.unit('"', formula, at..at + 2);
            at += 2;
        }
        line(&literal, 0..literal.text.len(), out);
    }
}

/// The attributes of an element that are words, or hold an address.
pub(super) fn attributes<'x>(xml: &'x str, tag: &BytesStart<'x>, out: &mut Traced) {
    for one in xml::attributes(xml, tag) {
        let words = WORDS.contains(&one.local());
        if !words && !one.written.contains(['@', '&']) {
            continue;
        }
        let value = one.value(out.is_traced());
        let len = value.text.len();
        if words || (value.text.contains('@') && !value.text.starts_with("http://schemas.")) {
            line(&value, 0..len, out);
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
            (r#"IF(A1="he said ""no""",1,"b")"#, "he said \"no\"\nb\n"),
            (r#""cut off"#, "cut off\n"),
            (r#""""#, ""),
            (r#"A1&"""""#, "\"\n"),
        ] {
            let (mut text, mut out) = (Traced::new(true), Traced::new(true));
            text.push(formula, 0..formula.len(), crate::formats::office::traced::Within::Text);
            literals(&text, &mut out);
            assert_eq!(out.text, wanted, "{formula}");
        }
    }
}
