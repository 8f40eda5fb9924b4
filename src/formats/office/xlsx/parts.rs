//! What the parts around the sheets say: names, shared strings, which numbers are dates.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::super::cells::{is_built_in_date, shows_date};
use super::super::xml::{attribute, each_event, each_start, resolved};

/// A sheet of the workbook.
pub(super) struct Sheet {
    /// Its name, as the tab shows it.
    pub(super) name: String,
    /// The part its cells are in.
    pub(super) part: String,
    /// Whether the workbook does not show it.
    pub(super) hidden: bool,
}

/// What sheets refer to.
pub(super) struct Parts {
    pub(super) sheets: Vec<Sheet>,
    /// Days count from 1904 and not from 1900.
    pub(super) from_1904: bool,
    strings: Vec<String>,
    shown: Vec<bool>,
    /// Of each cell format, whether it shows a date.
    dates: Vec<bool>,
    /// Parts that are no well-formed XML: what stands before the damage was read.
    pub(super) damaged: Vec<&'static str>,
}

impl Parts {
    pub(super) fn of(workbook: &str, relations: &str, strings: &str, styles: &str) -> Parts {
        let (targets, relations_whole) = targets(relations);
        let (sheets, from_1904, workbook_whole) = sheets(workbook, &targets);
        let (strings, strings_whole) = shared(strings);
        let (dates, styles_whole) = date_formats(styles);
        let shown = vec![false; strings.len()];
        let whole = [
            ("list of sheets", workbook_whole),
            ("relations", relations_whole),
            ("strings", strings_whole),
            ("styles", styles_whole),
        ];
        let damaged = whole.into_iter().filter(|(_, whole)| !whole).map(|(part, _)| part).collect();
        Parts { sheets, from_1904, strings, shown, dates, damaged }
    }

    /// A shared string, which is now known to be shown; none where there is no such string.
    pub(super) fn string(&mut self, at: usize) -> Option<&str> {
        *self.shown.get_mut(at)? = true;
        self.strings.get(at).map(String::as_str)
    }

    /// Whether cells of a format show dates.
    pub(super) fn is_date(&self, format: usize) -> bool {
        self.dates.get(format).copied().unwrap_or(false)
    }

    /// Strings no cell shows, one a line.
    pub(super) fn unused_strings(&self) -> String {
        let unused = self.strings.iter().zip(&self.shown).filter(|(_, shown)| !**shown);
        unused.map(|(text, _)| format!("{text}\n")).collect()
    }
}

/// Relations of the workbook: parts by id.
fn targets(xml: &str) -> (HashMap<String, String>, bool) {
    let mut targets = HashMap::new();
    let whole = each_start(xml, |tag| {
        if tag.local_name().as_ref() == "Relationship"
            && let (Some(id), Some(target)) = (attribute(tag, "Id"), attribute(tag, "Target"))
        {
            let part = match target.strip_prefix('/') {
                Some(whole) => whole.to_owned(),
                None => format!("xl/{target}"),
            };
            targets.insert(id, part);
        }
    });
    (targets, whole)
}

/// The sheets, whether days count from 1904, and whether the part was read to its end.
fn sheets(xml: &str, targets: &HashMap<String, String>) -> (Vec<Sheet>, bool, bool) {
    let (mut sheets, mut from_1904) = (Vec::new(), false);
    let whole = each_start(xml, |tag| match tag.local_name().as_ref() {
        "sheet" => {
            let part = attribute(tag, "id").and_then(|id| targets.get(&id).cloned());
            let name = attribute(tag, "name").unwrap_or_default();
            let hidden = attribute(tag, "state").is_some_and(|state| state != "visible");
            let at = sheets.len() + 1;
            let part = part.unwrap_or_else(|| format!("xl/worksheets/sheet{at}.xml"));
            sheets.push(Sheet { name, part, hidden });
        }
        "workbookPr" => {
            from_1904 = attribute(tag, "date1904").is_some_and(|value| value == "1" || value == "true");
        }
        _ => {}
    });
    (sheets, from_1904, whole)
}

/// The shared strings: the text of each `si`, runs put together, phonetic hints left in. One that is cut off
/// is the last.
fn shared(xml: &str) -> (Vec<String>, bool) {
    let (mut strings, mut open, mut in_text) = (Vec::new(), None::<String>, false);
    let whole = each_event(xml, |event| {
        let taken = match &event {
            Event::Text(text) => text.to_string(),
            Event::CData(text) => text.to_string(),
            Event::GeneralRef(reference) => resolved(reference),
            _ => String::new(),
        };
        match event {
            Event::Start(tag) if tag.local_name().as_ref() == "si" => open = Some(String::new()),
            Event::Empty(tag) if tag.local_name().as_ref() == "si" => strings.push(String::new()),
            Event::Start(tag) if tag.local_name().as_ref() == "t" => in_text = true,
            Event::End(tag) if tag.local_name().as_ref() == "t" => in_text = false,
            Event::End(tag) if tag.local_name().as_ref() == "si" => strings.extend(open.take()),
            _ => {}
        }
        if in_text && let Some(open) = &mut open {
            open.push_str(&taken);
        }
    });
    strings.extend(open);
    (strings, whole)
}

/// Of each `xf` of `cellXfs`, whether its number format shows a date (ECMA-376 part 1, 18.8.30).
fn date_formats(xml: &str) -> (Vec<bool>, bool) {
    let mut own: HashMap<u32, bool> = HashMap::new();
    let (mut formats, mut inside) = (Vec::new(), false);
    let whole = each_event(xml, |event| match event {
        Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
            "numFmt" => {
                let id = attribute(&tag, "numFmtId").and_then(|id| id.parse().ok());
                let code = attribute(&tag, "formatCode").unwrap_or_default();
                own.extend(id.map(|id| (id, shows_date(&code))));
            }
            "cellXfs" => inside = true,
            "xf" if inside => {
                let id: u32 = attribute(&tag, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                let built_in = is_built_in_date(id);
                formats.push(own.get(&id).copied().unwrap_or(built_in));
            }
            _ => {}
        },
        Event::End(tag) if tag.local_name().as_ref() == "cellXfs" => inside = false,
        _ => {}
    });
    (formats, whole)
}
