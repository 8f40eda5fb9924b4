//! A part of a document as lines of text.

use quick_xml::events::{BytesStart, Event};

use super::xml::{attribute, each_event, resolved};

/// Elements that begin or end a line in prose: paragraphs, rows, notes (ECMA-376 part 1, 17 and 21; ODF 1.3
/// part 3, 5 and 9). All others are inside of one.
const LINES: [&str; 27] = [
    "p",
    "h",
    "tbl",
    "tr",
    "txbxContent",
    "comment",
    "footnote",
    "endnote",
    "body",
    "sectPr",
    "hdr",
    "ftr",
    "table",
    "table-row",
    "list",
    "list-item",
    "note",
    "annotation",
    "creator",
    "date",
    "text-box",
    "title",
    "desc",
    "Author",
    "cm",
    "page",
    "notes",
];

/// Elements that are a column.
const CELLS: [&str; 4] = ["tc", "table-cell", "covered-table-cell", "gridCol"];

/// Attributes that hold words: who wrote and what is shown when nothing else can be.
const WORDS: [&str; 14] = [
    "author",
    "initials",
    "descr",
    "title",
    "alt",
    "string",
    "instr",
    "displayText",
    "userId",
    "userName",
    "lastModifiedBy",
    "providerId",
    "email",
    "string-value",
];

/// Elements whose `val` or `value` is words: variables, tags and what forms hold.
const VALUES: [&str; 9] =
    ["docVar", "alias", "tag", "default", "result", "listItem", "listEntry", "connectString", "query"];

/// Whether a part is prose, in which a sentence goes on over elements; in others each element is a value.
pub(super) fn is_prose(name: &str) -> bool {
    let values = ["docProps/", "customXml/", "meta.xml", "settings.xml", "_rels/"];
    !values.iter().any(|known| name.contains(known))
}

/// The text of a part, and whether it was read to its end. In prose paragraphs are lines and cells are parted
/// by tabs; otherwise each value is a line.
pub(super) fn lines(xml: &str, prose: bool) -> (String, bool) {
    let mut out = Lines { text: String::new(), prose, beside: String::new(), cell: None, at_cell: false };
    let whole = each_event(xml, |event| match event {
        Event::Start(tag) => out.begin(&tag),
        Event::Empty(tag) => {
            out.begin(&tag);
            out.end(tag.local_name().as_ref());
        }
        Event::End(tag) => out.end(tag.local_name().as_ref()),
        Event::Text(text) => out.push(&text),
        Event::CData(text) => out.push(&text),
        Event::GeneralRef(reference) => out.push(&resolved(&reference)),
        _ => {}
    });
    out.line();
    out.text.push_str(&out.beside);
    (out.text, whole)
}

struct Lines {
    text: String,
    prose: bool,
    /// Words of attributes, which stand behind the text since they interrupt no sentence.
    beside: String,
    /// Where the text of a cell begins, and the value it is said to have.
    cell: Option<(usize, String)>,
    /// Nothing of the cell at hand was read: its first paragraph is no new line.
    at_cell: bool,
}

impl Lines {
    fn begin(&mut self, tag: &BytesStart<'_>) {
        let name = tag.local_name();
        let name = name.as_ref();
        match name {
            _ if !self.prose => self.line(),
            "tab" | "ptab" => self.text.push('\t'),
            "br" | "cr" | "line-break" => self.text.push('\n'),
            "noBreakHyphen" => self.text.push('-'),
            "s" => {
                let many = attribute(tag, "c").and_then(|count| count.parse().ok()).unwrap_or(1usize);
                // In ODF it is so many spaces; of a struck run in OOXML it is a space too many at most.
                self.text.extend(std::iter::repeat_n(' ', many.min(64)));
            }
            "softHyphen" | "soft-page-break" => {}
            "tr" | "table-row" => self.line(),
            _ if LINES.contains(&name) && self.at_cell => {}
            _ if LINES.contains(&name) => self.line(),
            _ if CELLS.contains(&name) => {
                self.at_cell = true;
                self.cell = attribute(tag, "value").map(|value| (self.text.len(), value));
            }
            _ => {}
        }
        for one in tag.attributes().flatten() {
            let Ok(value) = one.normalized_value(quick_xml::XmlVersion::Implicit1_0) else { continue };
            let key = one.key.local_name();
            let key = key.as_ref();
            let words = WORDS.contains(&key)
                || VALUES.contains(&name) && ["val", "value", "name"].contains(&key)
                || key == "Target" && value.contains(':')
                || key == "href" && !value.starts_with('#')
                || value.contains('@');
            let value = value.trim();
            if words && !value.is_empty() && !value.starts_with("http://schemas.") {
                self.beside.push_str(&value.replace(['\n', '\r'], " "));
                self.beside.push('\n');
            }
        }
    }

    fn end(&mut self, name: &str) {
        if self.prose && self.at_cell && LINES.contains(&name) {
            // An empty paragraph of an empty cell.
        } else if !self.prose || LINES.contains(&name) {
            self.line();
        } else if CELLS.contains(&name) {
            // A number may be shown rounded, and stand whole in its attribute.
            if let Some((from, value)) = self.cell.take()
                && !self.text.get(from..).is_some_and(|shown| shown.contains(&value))
            {
                self.text.push_str(&value);
            }
            while self.text.ends_with('\n') {
                self.text.pop();
            }
            self.at_cell = false;
            self.text.push('\t');
        }
    }

    fn push(&mut self, text: &str) {
        // White space between elements is how the part is written, and ends no line.
        let blank = text.trim().is_empty() && text.contains('\n');
        if !blank {
            self.at_cell = false;
            self.text.push_str(text);
        }
    }

    fn line(&mut self) {
        while self.text.ends_with([' ', '\t']) {
            self.text.pop();
        }
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}
