//! Styles of pages that are called after sheets: LibreOffice names the style of a sheet `PageStyle_` and the
//! sheet's name. Where that name is edited, the style gets another one wherever it is said.

use quick_xml::events::Event;

use super::back::Back;
use super::package::Package;
use super::xml::{attributes, each_event};
use crate::formats::rewrite::Splice;

const CONTENT: &str = "content.xml";

/// Renames the styles of the sheets whose names were edited.
pub(super) fn rename(package: &mut Package<'_, '_>, back: &mut Back) {
    let content = package.text(CONTENT).unwrap_or_default();
    let sheets = edited_sheets(&content, &back.part(CONTENT).splices);
    if sheets.is_empty() {
        return;
    }
    for part in [CONTENT, "styles.xml"] {
        let xml = package.text(part).unwrap_or_default();
        let edits = &mut back.part(part).splices;
        let mut new = Vec::new();
        each_event(&xml, |event| {
            let (Event::Start(tag) | Event::Empty(tag)) = &event else { return };
            for one in attributes(&xml, tag).iter().filter(|one| one.written.starts_with("PageStyle_")) {
                let value = one.value(false).text;
                let range = one.raw.start as u64..one.raw.end as u64;
                let taken =
                    edits.iter().any(|known| known.range.start < range.end && range.start < known.range.end);
                let style = sheets.iter().zip(1..).find_map(|(sheet, number)| styled(&value, sheet, number));
                if let Some(style) = style.filter(|_| !taken) {
                    new.push(Splice { range, bytes: style.into_bytes() });
                }
            }
        });
        edits.extend(new);
    }
}

/// The old names of the sheets whose names are edited.
fn edited_sheets(xml: &str, edits: &[Splice]) -> Vec<String> {
    let mut sheets = Vec::new();
    each_event(xml, |event| {
        let (Event::Start(tag) | Event::Empty(tag)) = &event else { return };
        if tag.name().as_ref() != "table:table" {
            return;
        }
        for one in attributes(xml, tag).iter().filter(|one| one.name == "table:name") {
            let (from, to) = (one.raw.start as u64, one.raw.end as u64);
            if edits.iter().any(|edit| edit.range.start < to && from < edit.range.end) {
                sheets.push(one.value(false).text);
            }
        }
    });
    sheets
}

/// The new name of a style that is called after a sheet, as it is shown or as it is coded.
fn styled(value: &str, sheet: &str, number: u32) -> Option<String> {
    match value.strip_prefix("PageStyle_")? {
        shown if shown == sheet => Some(format!("PageStyle_renamed{number}")),
        code if code.strip_prefix("5f_")? == coded(sheet) => Some(format!("PageStyle_5f_renamed{number}")),
        _ => None,
    }
}

/// A name as one of XML without colons: other characters are their numbers between underscores.
fn coded(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            c if c.is_alphanumeric() || matches!(c, '.' | '-') => out.push(c),
            c => out.push_str(&format!("_{:x}_", u32::from(c))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_of_a_sheet_are_told_in_both_forms() {
        let new = |value| styled(value, "Ana Muestra", 2);
        assert_eq!(new("PageStyle_Ana Muestra").as_deref(), Some("PageStyle_renamed2"));
        assert_eq!(new("PageStyle_5f_Ana_20_Muestra").as_deref(), Some("PageStyle_5f_renamed2"));
        assert_eq!(new("PageStyle_5f_Ana"), None);
        assert_eq!(new("Default"), None);
    }
}
