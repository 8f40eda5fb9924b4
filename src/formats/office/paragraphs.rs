//! A part of a document as lines of text.

use quick_xml::events::{BytesStart, Event};

use super::traced::Traced;
use super::xml::{Attribute, attributes, each_event, place, take_text};

/// Elements that begin or end a line in prose: paragraphs, rows, notes (ECMA-376 part 1, 17 and 21; ODF 1.3
/// part 3, 5 and 9). All others are inside of one.
const LINES: [&str; 31] = [
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
    "author",
    "pt",
    "v",
    "f",
];

/// Elements that are a column.
const CELLS: [&str; 4] = ["tc", "table-cell", "covered-table-cell", "gridCol"];

/// Attributes that hold words: who wrote and what is shown when nothing else can be.
const WORDS: [&str; 19] = [
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
    "tooltip",
    "label",
    "current-value",
    "formula",
    "condition",
];

/// Elements whose `val` or `value` is words: variables, tags and what forms hold.
const VALUES: [&str; 11] = [
    "docVar",
    "alias",
    "tag",
    "default",
    "result",
    "listItem",
    "listEntry",
    "connectString",
    "query",
    "attr",
    "property",
];

/// Elements that have the name of something people named, or of a person: pictures and shapes, tables of an
/// OpenDocument, which are its sheets, and what is set for them, properties, authors of comments.
const NAMED: [&str; 7] =
    ["cNvPr", "docPr", "table", "user-defined", "cmAuthor", "author", "config-item-map-entry"];

/// How a part holds its texts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// A sentence goes on over elements, paragraphs are lines and cells are parted by tabs.
    Prose,
    /// Each element is a value, and a line.
    Values,
    /// The same, of data that no standard describes: each attribute is a value too.
    Data,
}

/// The style of a part, by its name.
pub(super) fn style(name: &str) -> Style {
    let values = ["docProps/", "meta.xml", "settings.xml", "_rels/", "itemProps"];
    match values.iter().any(|known| name.contains(known)) {
        true => Style::Values,
        false if name.contains("customXml/") => Style::Data,
        false => Style::Prose,
    }
}

/// Attributes that say in another form what an element of an OpenDocument shows (ODF 1.3 part 3, 19.386 and
/// others), and those that name the kind of value.
const TYPED: [&str; 9] = [
    "office:value",
    "office:date-value",
    "office:time-value",
    "office:boolean-value",
    "office:string-value",
    "text:date-value",
    "text:time-value",
    "text:string-value",
    "office:currency",
];
const KINDS: [&str; 2] = ["office:value-type", "calcext:value-type"];

/// Elements whose leading and trailing spaces count only where they say so (ECMA-376 part 1, 17.3.3.31).
const SPACED: [&str; 4] = ["w:t", "w:delText", "w:instrText", "w:delInstrText"];

/// The text of a part, and whether it was read to its end.
pub(super) fn lines(xml: &str, style: Style, trace: bool) -> (Traced, bool) {
    let mut out = Lines {
        xml,
        text: Traced::new(trace),
        prose: style == Style::Prose,
        data: style == Style::Data,
        beside: Traced::new(trace),
        cell: None,
        at_cell: false,
        typed: Vec::new(),
    };
    let whole = each_event(xml, |event| match &event {
        Event::Start(tag) => out.begin(tag),
        Event::Empty(tag) => {
            out.begin(tag);
            out.text.space = None;
            out.end(tag.local_name().as_ref());
        }
        Event::End(tag) => {
            out.text.space = None;
            out.end(tag.local_name().as_ref());
        }
        other => out.push(other),
    });
    out.line();
    out.text.append(&out.beside);
    (out.text, whole)
}

struct Lines<'x> {
    xml: &'x str,
    text: Traced,
    prose: bool,
    data: bool,
    /// Words of attributes, which stand behind the text since they interrupt no sentence.
    beside: Traced,
    /// Where the text of a cell begins, and the value it is said to have.
    cell: Option<(usize, Traced)>,
    /// Nothing of the cell at hand was read: its first paragraph is no new line.
    at_cell: bool,
    /// Of each open element, whether it has its value in attributes too.
    typed: Vec<bool>,
}

impl<'x> Lines<'x> {
    fn begin(&mut self, tag: &BytesStart<'x>) {
        let local = tag.local_name();
        let name = local.as_ref();
        let attributes = attributes(self.xml, tag);
        self.open_line(name, &attributes);
        self.shows(tag.name().as_ref(), &attributes);
        for one in &attributes {
            let key = one.local();
            let words = WORDS.contains(&key)
                || VALUES.contains(&name) && ["val", "value", "name"].contains(&key)
                || NAMED.contains(&name) && key == "name"
                || self.data && !one.name.starts_with("xmlns");
            if !words && !["Target", "href"].contains(&key) && !one.written.contains(['@', '&']) {
                continue;
            }
            let traced = one.value(self.text.is_traced());
            let value = &traced.text;
            let words = words
                || key == "Target" && value.contains(':')
                || key == "href" && !value.starts_with('#')
                || value.contains('@');
            let kept = value.trim();
            if words && !kept.is_empty() && !kept.starts_with("http://schemas.") {
                let from = value.len() - value.trim_start().len();
                // Names of sheets have no brackets, and formulas say such names.
                self.beside.parenthesised = ["table:name", "table:formula"].contains(&one.name);
                self.beside.copy(&traced, from..from + kept.len(), true, false);
                self.beside.mark("\n");
            }
        }
    }

    fn open_line(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        let valued = |key: &str| attributes.iter().find(|one| one.local() == key);
        match name {
            _ if !self.prose => self.line(),
            "tab" | "ptab" => self.text.mark("\t"),
            "br" | "cr" | "line-break" => self.text.mark("\n"),
            "noBreakHyphen" => self.text.mark("-"),
            "s" => {
                let many = valued("c").and_then(|count| count.written.parse().ok()).unwrap_or(1usize);
                // In ODF it is so many spaces; of a struck run in OOXML it is a space too many at most.
                self.text.mark(&" ".repeat(many.min(64)));
            }
            "softHyphen" | "soft-page-break" => {}
            "tr" | "table-row" => self.line(),
            _ if LINES.contains(&name) && self.at_cell => {}
            _ if LINES.contains(&name) => self.line(),
            _ if CELLS.contains(&name) => {
                self.at_cell = true;
                let trace = self.text.is_traced();
                self.cell = valued("value").map(|one| (self.text.text.len(), one.value(trace)));
            }
            _ => {}
        }
    }

    /// Notes which attributes say what the element shows, and where spaces have to be kept.
    fn shows(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        if !self.text.is_traced() {
            return;
        }
        if name.ends_with(":annotation") {
            self.text.aside(true);
        }
        let typed = name == "w:sdt" || attributes.iter().any(|one| TYPED.contains(&one.name));
        self.typed.push(typed);
        if typed {
            self.text.open_typed();
        }
        for one in attributes {
            match one.name {
                own if TYPED.contains(&own) || own == "w:fullDate" => {
                    self.text.says(one.whole.clone(), false)
                }
                own if typed && KINDS.contains(&own) => self.text.says(one.raw.clone(), true),
                _ => {}
            }
        }
        let kept = attributes.iter().any(|one| one.name == "xml:space");
        let end = place(self.xml, name).end;
        self.text.space = (SPACED.contains(&name) && !kept).then_some(end);
    }

    fn end(&mut self, name: &str) {
        if self.prose && self.at_cell && LINES.contains(&name) {
            // An empty paragraph of an empty cell.
        } else if !self.prose || LINES.contains(&name) {
            self.line();
        } else if CELLS.contains(&name) {
            // A number may be shown rounded, and stand whole in its attribute.
            if let Some((from, value)) = self.cell.take()
                && !self.text.text.get(from..).is_some_and(|shown| shown.contains(&value.text))
            {
                self.text.append(&value);
            }
            self.text.trim_end(&['\n']);
            self.at_cell = false;
            self.text.mark("\t");
        }
        if self.typed.pop() == Some(true) {
            self.text.close_typed();
        }
        if self.text.is_traced() && name == "annotation" {
            self.text.aside(false);
        }
    }

    fn push(&mut self, event: &Event<'_>) {
        // White space between elements is how the part is written, and ends no line.
        let blank = matches!(event, Event::Text(text) if text.trim().is_empty() && text.contains('\n'));
        if !blank && take_text(self.xml, event, &mut self.text) {
            self.at_cell = false;
        }
    }

    fn line(&mut self) {
        self.text.trim_end(&[' ', '\t']);
        if !self.text.text.is_empty() && !self.text.text.ends_with('\n') {
            self.text.mark("\n");
        }
    }
}
