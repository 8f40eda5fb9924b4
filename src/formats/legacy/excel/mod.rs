//! Excel workbooks up to 2003 ([MS-XLS]): versions 5 to 2003, cells, notes, text boxes, pivot caches, hidden
//! sheets, and strings no cell shows any more.

mod records;
mod sheet;

use super::bytes::{f64_at, len_at, run, u8_at, u16_at, u32_at, utf16};
use super::code_page::{self, WESTERN};
use super::compound::{Compound, ROOT};
use super::documents;
use super::extract::Extract;
use crate::formats::office::cells::{date, is_built_in_date, shows_date};

use records::{Record, Records};
use sheet::Sheet;

/// Streams of workbooks: from Excel 97 on, and before.
const STREAMS: [&str; 2] = ["Workbook", "Book"];
/// Columns a sheet may have.
const COLUMNS: u16 = 256;

/// Whether a compound file is a workbook.
pub(super) fn is_workbook(file: &Compound<'_>) -> bool {
    STREAMS.iter().any(|name| file.child(ROOT, name).is_some())
}

/// Reads a workbook; one may hold both streams, one for older programs.
pub(super) fn read(file: &Compound<'_>, out: &mut Extract) {
    for stream in STREAMS.iter().filter_map(|name| file.child_stream(ROOT, name)) {
        if out.encrypted.is_none() {
            Book::default().read(&stream, out);
        }
    }
    if out.encrypted.is_some() {
        return;
    }
    for child in file.children(ROOT) {
        let name = file.name(*child);
        if name.eq_ignore_ascii_case("_SX_DB_CUR") {
            pivots(file, *child, out);
        } else if file.is_stream(*child) {
            if !STREAMS.contains(&name) && !name.starts_with(['\u{1}', '\u{3}', '\u{5}']) {
                out.file(name, file.stream(*child), "");
            }
        } else if name.starts_with("MBD") || name.starts_with("LNK") {
            out.file(&format!("{name}.ole"), super::compound_writer::storage(file, *child), "");
        } else {
            documents::others(file, *child, &format!("{name}/"), out);
        }
    }
}

/// Copies of what pivot tables are made from, which stay when the cells are gone.
fn pivots(file: &Compound<'_>, storage: usize, out: &mut Extract) {
    for (number, child) in file.children(storage).iter().enumerate() {
        let (stream, mut text) = (file.stream(*child), Sheet::default());
        for record in Records::of(&stream) {
            match record.kind {
                // SXFDB names a column, SXString holds a value.
                0x00CD => text.say(&record.chain(0).long().unwrap_or_default().0),
                0x00C7 => text.say(&record.chain(14).long().unwrap_or_default().0),
                0x00C9 => {
                    text.say(&f64_at(record.bytes(), 0).map(|number| number.to_string()).unwrap_or_default())
                }
                _ => {}
            }
        }
        out.text(&format!("pivot-cache[{}].txt", number + 1), &text.beside);
    }
}

/// A workbook while it is read.
struct Book {
    /// Letters are UTF-16 and strings shared: Excel 97 and later.
    is_97: bool,
    page: u32,
    from_1904: bool,
    strings: Vec<String>,
    shown: Vec<bool>,
    /// Number formats by their numbers, and of each cell format which it is.
    own_formats: Vec<(u16, bool)>,
    cell_formats: Vec<u16>,
    /// Names of sheets and where each begins.
    listed: Vec<(usize, String)>,
    /// Sheets at hand: charts lie inside of them.
    open: Vec<Sheet>,
    /// What belongs to no sheet.
    more: Sheet,
    full: bool,
    lost: bool,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            is_97: true,
            page: WESTERN,
            from_1904: false,
            strings: Vec::new(),
            shown: Vec::new(),
            own_formats: Vec::new(),
            cell_formats: Vec::new(),
            listed: Vec::new(),
            open: Vec::new(),
            more: Sheet::default(),
            full: false,
            lost: false,
        }
    }
}

impl Book {
    fn read(mut self, stream: &[u8], out: &mut Extract) {
        let mut records = Records::of(stream);
        let (mut begun, mut drawings) = (false, Vec::new());
        for record in records.by_ref() {
            match record.kind {
                0x0809 => {
                    begun = true;
                    self.begin(&record);
                }
                0x0009 | 0x0209 | 0x0409 if !begun => {
                    return out.not_read(
                        "a workbook of an Excel before 5.0: there is no reader for it; save it as text",
                    );
                }
                0x000A => self.end(out),
                0x002F => {
                    out.encrypted = Some(encryption(record.bytes(), self.is_97));
                    return;
                }
                0x00EB => drawings.extend(record.segments.iter().flat_map(|part| part.iter().copied())),
                _ => self.record(&record, out.left()),
            }
        }
        if !begun || !records.whole || !self.open.is_empty() {
            out.damaged("the workbook ends early");
        }
        while !self.open.is_empty() {
            self.end(out);
        }
        self.finish(out);
        super::drawing::pictures(&drawings, out);
    }

    fn begin(&mut self, record: &Record<'_>) {
        self.is_97 = u16_at(record.bytes(), 0).is_none_or(|version| version >= 0x0600);
        let listed = self.listed.iter().find(|(at, _)| *at == record.at);
        let name = listed.map(|(_, name)| name.clone()).unwrap_or_default();
        self.open.push(Sheet::named(name));
    }

    /// A sheet ends. A chart goes to the sheet it lies in.
    fn end(&mut self, out: &mut Extract) {
        let Some(sheet) = self.open.pop() else { return };
        let (csv, whole) = sheet.csv(out.left());
        self.full |= !whole;
        let inner = sheet.name.is_empty();
        let name = match (inner, self.open.is_empty()) {
            (false, _) => sheet.name.clone(),
            (true, true) => "workbook".to_owned(),
            (true, false) => format!("{}-chart", self.open.last().map_or("", |outer| outer.name.as_str())),
        };
        if !csv.trim().is_empty() {
            out.file(&format!("{name}.csv"), csv.into_bytes(), "text/csv; charset=utf-8");
        }
        out.text(&format!("{name}-beside-cells.txt"), &sheet.beside);
    }

    fn finish(&mut self, out: &mut Extract) {
        let names: Vec<&str> = self.listed.iter().map(|(_, name)| name.as_str()).collect();
        out.text("sheets.txt", &names.join("\n"));
        let unused = self.strings.iter().zip(&self.shown).filter(|(_, shown)| !**shown);
        let unused: Vec<&str> = unused.map(|(text, _)| text.as_str()).collect();
        out.text("strings-no-cell-shows.txt", &unused.join("\n"));
        out.text("more.txt", &self.more.beside);
        if self.lost {
            out.damaged("cells of the workbook name a string that is not there");
        }
        out.full |= self.full;
    }

    fn record(&mut self, record: &Record<'_>, most: usize) {
        let bytes = record.bytes();
        match record.kind {
            0x0042 => self.page = u16_at(bytes, 0).map_or(WESTERN, u32::from),
            0x0022 => self.from_1904 = u16_at(bytes, 0) == Some(1),
            0x0085 => self.sheet_listed(record),
            0x00FC => self.shared_strings(record),
            0x041E | 0x001E => self.format(record),
            0x00E0 => self.cell_formats.push(u16_at(bytes, 2).unwrap_or(0)),
            // Who wrote it last: a text of a fixed size.
            0x005C => {
                let text = self.text(record, 0, true);
                self.more.say(&text);
            }
            // Names, links to other files, users of a shared workbook.
            0x0018 => {
                let text = self.defined_name(record);
                self.more.say(&text);
            }
            0x01AE if bytes.len() > 4 => {
                let text = record.chain(2).long().unwrap_or_default().0;
                self.more.say(&text);
            }
            0x0017 if !self.is_97 => {
                let text = self.text(record, 0, false);
                self.more.say(&text);
            }
            _ => self.cells(record, most),
        }
    }

    fn cells(&mut self, record: &Record<'_>, most: usize) {
        let bytes = record.bytes();
        let (Some(row), Some(column)) = (u16_at(bytes, 0), u16_at(bytes, 2)) else { return };
        let format = u16_at(bytes, 4).unwrap_or(0);
        match record.kind {
            0x00FD => {
                let text = self.shared(len_at(bytes, 6));
                self.put(row, column, text, most);
            }
            0x0204 | 0x00D6 => {
                let text = self.text(record, 6, true);
                self.put(row, column, text, most);
            }
            0x0203 => {
                let text = f64_at(bytes, 6).map(|number| self.number(number, format));
                self.put(row, column, text.unwrap_or_default(), most);
            }
            0x027E => {
                let text = u32_at(bytes, 6).map(|number| self.number(packed(number), format));
                self.put(row, column, text.unwrap_or_default(), most);
            }
            0x00BD => self.row_of_numbers(row, column, bytes, most),
            0x0205 => {
                let text = if u8_at(bytes, 7) == Some(1) {
                    ""
                } else if u8_at(bytes, 6) == Some(0) {
                    "false"
                } else {
                    "true"
                };
                self.put(row, column, text.to_owned(), most);
            }
            0x0006 | 0x0206 | 0x0406 => self.formula(row, column, bytes, most),
            0x0207 => {
                let text = self.text(record, 0, true);
                if let Some((row, column)) = self.open.last_mut().and_then(|sheet| sheet.waiting.take()) {
                    self.put(row, column, text, most);
                }
            }
            _ => self.beside(record),
        }
    }

    /// What stands beside cells.
    fn beside(&mut self, record: &Record<'_>) {
        let bytes = record.bytes();
        let mut texts = Vec::new();
        match record.kind {
            // A note: who wrote it, and up to Excel 95 what.
            0x001C if self.is_97 => texts.extend(record.chain(8).long().map(|(text, _)| text)),
            0x001C => texts.push(code_page::decode(self.page, bytes.get(6..).unwrap_or_default())),
            // The text of a note or box: its letters are in the records that continue it.
            0x01B6 => texts.extend(letters(record)),
            0x0014 | 0x0015 if !bytes.is_empty() => texts.push(page_text(&self.text(record, 0, self.is_97))),
            // Shapes: what describes a picture.
            0x00EC => texts.push(super::drawing::words(&record.segments.concat())),
            // Texts of charts; the second of a scenario's comment.
            0x100D => texts.push(match self.is_97 {
                true => record.chain(2).short().unwrap_or_default(),
                false => self.text(record, 2, false),
            }),
            0x01B8 => texts.push(link(bytes)),
            0x0800 => texts.push(utf16(bytes.get(10..).unwrap_or_default())),
            // Hints and messages of a validation.
            0x01BE => {
                let mut chain = record.chain(4);
                texts.extend((0..4).map_while(|_| chain.long()).map(|(text, _)| text));
            }
            _ => return,
        }
        let into = self.open.last_mut().unwrap_or(&mut self.more);
        texts.iter().for_each(|text| into.say(text));
    }

    /// A text behind its length: of two bytes where `long`, else of one.
    fn text(&self, record: &Record<'_>, at: usize, long: bool) -> String {
        if self.is_97 {
            let mut chain = record.chain(at);
            let text = if long { chain.long().map(|(text, _)| text) } else { chain.short() };
            return text.unwrap_or_default();
        }
        let bytes = record.bytes();
        // The user's name has a length of one byte there.
        let long = long && record.kind != 0x005C;
        let len = if long { u16_at(bytes, at).map(usize::from) } else { u8_at(bytes, at).map(usize::from) };
        let start = at + if long { 2 } else { 1 };
        code_page::decode(self.page, super::bytes::at_most(bytes, start, len.unwrap_or(0)))
    }

    fn sheet_listed(&mut self, record: &Record<'_>) {
        let bytes = record.bytes();
        let Some(at) = len_at(bytes, 0) else { return };
        let name = match self.is_97 {
            true => record.chain(6).short().unwrap_or_default(),
            false => self.text(record, 6, false),
        };
        let hidden = if u8_at(bytes, 4).is_some_and(|state| state & 3 != 0) { " (hidden)" } else { "" };
        self.listed.push((at, format!("{name}{hidden}")));
    }

    fn shared_strings(&mut self, record: &Record<'_>) {
        let count = len_at(record.bytes(), 4).unwrap_or(0);
        let mut chain = record.chain(8);
        for _ in 0..count {
            let Some((text, spoken)) = chain.long() else {
                self.lost = true;
                break;
            };
            self.more.say(&spoken);
            self.strings.push(text);
        }
        self.shown = vec![false; self.strings.len()];
    }

    fn shared(&mut self, at: Option<usize>) -> String {
        let at = at.unwrap_or(usize::MAX);
        if let Some(shown) = self.shown.get_mut(at) {
            *shown = true;
        }
        let text = self.strings.get(at).cloned();
        self.lost |= text.is_none();
        text.unwrap_or_default()
    }

    fn format(&mut self, record: &Record<'_>) {
        let Some(id) = u16_at(record.bytes(), 0) else { return };
        let code = self.text(record, 2, self.is_97);
        self.own_formats.push((id, shows_date(&code)));
    }

    fn number(&self, number: f64, format: u16) -> String {
        let format = self.cell_formats.get(usize::from(format)).copied().unwrap_or(0);
        let own = self.own_formats.iter().find(|(id, _)| *id == format);
        let is_date = own.map_or_else(|| is_built_in_date(u32::from(format)), |(_, is_date)| *is_date);
        let plain = number.to_string();
        if is_date { date(&plain, self.from_1904).unwrap_or(plain) } else { plain }
    }

    fn row_of_numbers(&mut self, row: u16, first: u16, bytes: &[u8], most: usize) {
        let count = bytes.len().saturating_sub(6) / 6;
        for (at, column) in (0..count).zip(first..) {
            let (Some(format), Some(number)) = (u16_at(bytes, 4 + at * 6), u32_at(bytes, 6 + at * 6)) else {
                return;
            };
            let text = self.number(packed(number), format);
            self.put(row, column, text, most);
        }
    }

    /// What a formula came to; its text follows in a record of its own.
    fn formula(&mut self, row: u16, column: u16, bytes: &[u8], most: usize) {
        let format = u16_at(bytes, 4).unwrap_or(0);
        match (run(bytes, 12, 2), u8_at(bytes, 6)) {
            (Some([0xFF, 0xFF]), Some(0)) => {
                if let Some(sheet) = self.open.last_mut() {
                    sheet.waiting = Some((row, column));
                }
            }
            (Some([0xFF, 0xFF]), Some(1)) => {
                let text = if u8_at(bytes, 8) == Some(0) { "false" } else { "true" };
                self.put(row, column, text.to_owned(), most);
            }
            (Some([0xFF, 0xFF]), _) => {}
            _ => {
                let text = f64_at(bytes, 6).map(|number| self.number(number, format));
                self.put(row, column, text.unwrap_or_default(), most);
            }
        }
        // Texts stand in formulas as tokens: those of Excel 97 behind 0x17, a length and flags.
        let literals = literals(bytes.get(22..).unwrap_or_default(), self.is_97);
        if let Some(sheet) = self.open.last_mut() {
            literals.iter().for_each(|text| sheet.say(text));
        }
    }

    fn put(&mut self, row: u16, column: u16, text: String, most: usize) {
        if column >= COLUMNS {
            self.lost = true;
        } else if let Some(sheet) = self.open.last_mut()
            && !sheet.put(row, column, text, most)
        {
            self.full = true;
        }
    }

    /// What a defined name is called, and the texts it stands for.
    fn defined_name(&self, record: &Record<'_>) -> String {
        let bytes = record.bytes();
        let len = u8_at(bytes, 3).map_or(0, usize::from);
        let name = match self.is_97 {
            true => record.chain(14).text(len).unwrap_or_default().0,
            false => code_page::decode(self.page, super::bytes::at_most(bytes, 14, len)),
        };
        let texts = literals(bytes.get(14 + len..).unwrap_or_default(), self.is_97);
        [vec![name], texts].concat().join(" ")
    }
}

/// The text of a header or footer without its codes ([MS-XLS] 2.4.124): `&L`, `&C` and `&R` begin a part,
/// `&"` a font, digits a size; other letters stand for page numbers and dates.
fn page_text(coded: &str) -> String {
    let (mut out, mut letters) = (String::new(), coded.chars().peekable());
    while let Some(letter) = letters.next() {
        if letter != '&' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('&') => out.push('&'),
            Some('"') => while letters.next().is_some_and(|letter| letter != '"') {},
            Some('0'..='9') => while letters.next_if(char::is_ascii_digit).is_some() {},
            Some('K') => {
                let mut digits = 0;
                while digits < 6 && letters.next_if(char::is_ascii_hexdigit).is_some() {
                    digits += 1;
                }
            }
            _ => out.push(' '),
        }
    }
    out
}

/// Texts among the tokens of a formula ([MS-XLS] 2.5.198.89). Tokens are not told apart here, so what looks
/// like a text of letters is taken for one.
fn literals(tokens: &[u8], is_97: bool) -> Vec<String> {
    let (mut at, mut out) = (0, Vec::new());
    while at + 2 < tokens.len() {
        let len = u8_at(tokens, at + 1).map_or(0, usize::from);
        let text =
            (u8_at(tokens, at) == Some(0x17) && len > 2).then(|| match (is_97, u8_at(tokens, at + 2)) {
                (true, Some(0)) => run(tokens, at + 3, len).map(|raw| code_page::decode(WESTERN, raw)),
                (true, Some(1)) => run(tokens, at + 3, len * 2).map(utf16),
                (false, _) => run(tokens, at + 2, len).map(|raw| code_page::decode(WESTERN, raw)),
                _ => None,
            });
        match text.flatten().filter(|text| !text.chars().any(char::is_control)) {
            Some(text) => {
                at += 2 + text.len().min(len);
                out.push(text);
            }
            None => at += 1,
        }
    }
    out
}

/// A number in 30 bits ([MS-XLS] 2.5.217).
fn packed(number: u32) -> f64 {
    let value = match number & 2 {
        0 => f64::from_bits(u64::from(number & !3) << 32),
        _ => f64::from(number as i32 >> 2),
    };
    if number & 1 == 1 { value / 100.0 } else { value }
}

/// The letters of a note or box: the first record that continues it, in letters of one byte or two.
fn letters(record: &Record<'_>) -> Option<String> {
    let len = usize::from(u16_at(record.bytes(), 10)?);
    let head = Record { at: 0, kind: 0, segments: record.segments.get(1..)?.to_vec() };
    if len == 0 {
        return None;
    }
    Some(head.chain(0).text_without_runs(len))
}

/// Every text of a link: where it leads to and what it shows ([MS-OSHARED] 2.3.7.1). Its parts are found as runs
/// of UTF-16, since monikers of programs have any shape.
fn link(bytes: &[u8]) -> String {
    let mut out = String::new();
    for start in [0, 1] {
        let mut word = String::new();
        for pair in bytes.get(start..).unwrap_or_default().chunks_exact(2) {
            let letter = u16_at(pair, 0).and_then(|unit| char::from_u32(u32::from(unit)));
            match letter
                .filter(|c| !c.is_control() && (c.is_ascii_graphic() || *c == ' ' || c.is_alphabetic()))
            {
                Some(letter) if letter.is_ascii() || !word.is_empty() => word.push(letter),
                _ => end_word(&mut word, &mut out),
            }
        }
        end_word(&mut word, &mut out);
    }
    // Paths of files are written in 8-bit letters.
    let mut word = String::new();
    for byte in bytes {
        match byte {
            0x20..=0x7E => word.push(char::from(*byte)),
            _ => end_word(&mut word, &mut out),
        }
    }
    end_word(&mut word, &mut out);
    out
}

fn end_word(word: &mut String, out: &mut String) {
    if word.chars().count() > 3 {
        out.push_str(word);
        out.push(' ');
    }
    word.clear();
}

/// How a workbook is encrypted ([MS-XLS] 2.4.117).
fn encryption(bytes: &[u8], is_97: bool) -> String {
    match (u16_at(bytes, 0), u16_at(bytes, 2)) {
        _ if !is_97 => "with a password: XOR obfuscation, which is no protection".to_owned(),
        (Some(0), _) => "with a password: XOR obfuscation, which is no protection".to_owned(),
        (Some(1), Some(1)) => "with a password: RC4 with 40 bits".to_owned(),
        (Some(1), Some(2..=4)) => {
            let bits = u32_at(bytes, 2 + 12 + 16).unwrap_or(0);
            format!("with a password: RC4 CryptoAPI with {bits} bits")
        }
        _ => "with a password, in a way that is not known".to_owned(),
    }
}

#[cfg(test)]
mod tests;
