//! What the parts around the sheets say: names, shared strings, which numbers are dates.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::super::cells::{is_built_in_date, shows_date};
use super::super::traced::Traced;
use super::super::xml::{attribute, each_event, each_start, place, take_text};

/// A sheet of the workbook.
#[derive(Clone)]
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
    /// How many cells show each.
    shown: Vec<u32>,
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
        let shown = vec![0; strings.len()];
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
        *self.shown.get_mut(at)? += 1;
        self.strings.get(at).map(String::as_str)
    }

    /// Whether cells of a format show dates.
    pub(super) fn is_date(&self, format: usize) -> bool {
        self.dates.get(format).copied().unwrap_or(false)
    }

    /// How many cells show a string.
    pub(super) fn shown(&self, at: usize) -> usize {
        self.shown.get(at).map_or(0, |count| *count as usize)
    }

    /// Strings no cell shows, one a line. `xml` is the part they are in, for the way back.
    pub(super) fn unused_strings(&self, xml: &str, trace: bool) -> Traced {
        let mut unused = Traced::new(trace);
        if !self.shown.contains(&0) {
            return unused;
        }
        let mut shown = self.shown.iter();
        each_string(xml, trace, &mut |text| {
            if shown.next() == Some(&0) {
                unused.append(&text);
                unused.mark("\n");
            }
        });
        unused
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

/// The shared strings, and whether the part was read to its end.
fn shared(xml: &str) -> (Vec<String>, bool) {
    let mut strings = Vec::new();
    let whole = each_string(xml, false, &mut |text| strings.push(text.text));
    (strings, whole)
}

/// Visits the text of each `si`, runs put together, phonetic hints left in. One that is cut off is the last.
pub(super) fn each_string(xml: &str, trace: bool, visit: &mut dyn FnMut(Traced)) -> bool {
    let (mut open, mut in_text) = (None::<Traced>, false);
    let whole = each_event(xml, |event| match &event {
        Event::Start(tag) if tag.local_name().as_ref() == "si" => open = Some(Traced::new(trace)),
        Event::Empty(tag) if tag.local_name().as_ref() == "si" => visit(Traced::new(trace)),
        Event::Start(tag) if tag.local_name().as_ref() == "t" => {
            in_text = true;
            if let Some(open) = &mut open {
                let kept = attribute(tag, "space").is_some();
                open.space = (!kept).then(|| place(xml, tag.name().as_ref()).end);
            }
        }
        Event::End(tag) if tag.local_name().as_ref() == "t" => in_text = false,
        Event::End(tag) if tag.local_name().as_ref() == "si" => open.take().into_iter().for_each(&mut *visit),
        other => {
            if in_text && let Some(open) = &mut open {
                take_text(xml, other, open);
            }
        }
    });
    open.into_iter().for_each(visit);
    whole
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
