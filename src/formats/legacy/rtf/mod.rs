//! RTF documents (Rich Text Format 1.9.1), and the HTML of mails inside RTF ([MS-OXRTFEX]).
//!
//! Groups are kept on a list, each with what its text belongs to; the text of all destinations that may name
//! people is read, hidden and deleted text like any other.

mod destinations;
mod hexadecimal;
mod tokens;

use super::code_page::{self, WESTERN};
use super::extract::Extract;
use super::package;

use destinations::{Destination, TEXTS};
use hexadecimal::Hexadecimal;
use tokens::{Token, Tokens};

/// The first bytes.
pub(super) const MAGIC: &[u8] = b"{\\rtf";
/// Groups inside each other that are kept; writers need a few dozen.
const DEPTH: usize = 4096;

/// Reads a document.
pub(super) fn read(bytes: &[u8], out: &mut Extract) {
    let mut reader = Reader::new(out);
    for token in Tokens::of(bytes) {
        reader.token(token);
    }
    reader.finish();
}

/// What holds inside a group.
#[derive(Clone, Copy)]
struct Group {
    destination: Destination,
    /// Code page of the font at hand; none for the document's.
    page: Option<u32>,
    /// Characters that stand in for one of `\u`.
    stand_ins: usize,
    /// What repeats HTML for readers of RTF.
    is_repeat: bool,
}

struct Reader<'o> {
    out: &'o mut Extract,
    group: Group,
    groups: Vec<Group>,
    /// Groups deeper than are kept.
    deeper: usize,
    texts: [String; TEXTS.len()],
    html: String,
    /// Whether the document is HTML in RTF.
    is_html: bool,
    page: u32,
    /// Code pages of fonts, by their numbers.
    fonts: Vec<(i32, u32)>,
    font: i32,
    default_font: i32,
    /// Bytes of text not yet decoded.
    pending: Vec<u8>,
    /// The first half of a surrogate pair.
    half: Option<u16>,
    /// Characters still to be passed over.
    skip: usize,
    /// The next word begins a destination that may be ignored.
    starred: bool,
    hex: Hexadecimal,
    pictures: usize,
    objects: usize,
    /// How pictures end by what is said of them.
    picture: &'static str,
}

impl<'o> Reader<'o> {
    fn new(out: &'o mut Extract) -> Self {
        Self {
            out,
            group: Group { destination: Destination::Body, page: None, stand_ins: 1, is_repeat: false },
            groups: Vec::new(),
            deeper: 0,
            texts: Default::default(),
            html: String::new(),
            is_html: false,
            page: WESTERN,
            fonts: Vec::new(),
            font: 0,
            default_font: 0,
            pending: Vec::new(),
            half: None,
            skip: 0,
            starred: false,
            hex: Hexadecimal::default(),
            pictures: 0,
            objects: 0,
            picture: "",
        }
    }

    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Text(text) => self.literal(text),
            Token::Byte(_) if self.skip > 0 => self.skip -= 1,
            Token::Byte(byte) => {
                self.starred = false;
                self.pending.push(byte);
            }
            Token::Open => {
                self.flush();
                self.skip = 0;
                self.open();
            }
            Token::Close => {
                self.flush();
                self.skip = 0;
                self.close();
            }
            _ if self.skip > 0 => self.skip -= 1,
            Token::Binary(bytes) => {
                self.flush();
                self.hex.bytes(bytes);
            }
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Word(word, number) => {
                self.flush();
                let starred = std::mem::take(&mut self.starred);
                self.word(word, number, starred);
            }
        }
    }

    fn literal(&mut self, text: &[u8]) {
        let skipped = self.skip.min(text.len());
        self.skip -= skipped;
        self.starred = false;
        let text = text.get(skipped..).unwrap_or_default();
        match self.group.destination {
            Destination::Picture | Destination::Object => self.hex.digits(text),
            _ => self.pending.extend_from_slice(text),
        }
    }

    fn open(&mut self) {
        if self.groups.len() >= DEPTH {
            self.deeper += 1;
            return self.out.damaged("groups of the document lie inside each other deeper than are kept");
        }
        self.groups.push(self.group);
        self.starred = false;
    }

    fn close(&mut self) {
        if let Some(deeper) = self.deeper.checked_sub(1) {
            self.deeper = deeper;
            return;
        }
        let Some(outer) = self.groups.pop() else {
            return self.out.damaged("the document has text behind its end");
        };
        let inner = std::mem::replace(&mut self.group, outer);
        // Properties are groups in a group, each a value.
        if inner.destination != outer.destination || inner.destination == Destination::Properties {
            self.ended(inner.destination);
        }
    }

    /// A destination ends: its file is whole, or its text a line.
    fn ended(&mut self, destination: Destination) {
        match destination {
            Destination::Picture => self.end_picture(),
            Destination::Shapes => self.shape(),
            Destination::Object => self.end_object(),
            Destination::Body => {}
            _ => self.line(destination),
        }
    }

    /// Values of shapes that are numbers and points say how it looks.
    fn shape(&mut self) {
        self.line(Destination::Shapes);
        let at = TEXTS.iter().position(|(known, _)| *known == Destination::Shapes);
        let Some(text) = at.and_then(|at| self.texts.get_mut(at)) else { return };
        let line = text.strip_suffix('\n').unwrap_or(text);
        let start = line.rfind('\n').map_or(0, |at| at + 1);
        if !line.get(start..).unwrap_or_default().contains(char::is_alphabetic) {
            text.truncate(start);
        }
    }

    fn end_picture(&mut self) {
        let bytes = self.hex.take();
        if !bytes.is_empty() {
            self.pictures += 1;
            let name = format!("picture[{}]{}", self.pictures, self.picture);
            self.out.file(&name, bytes, "");
        }
        self.picture = "";
    }

    fn end_object(&mut self) {
        let bytes = self.hex.take();
        if !bytes.is_empty() {
            self.objects += 1;
            package::object(&bytes, &format!("object[{}]", self.objects), self.out);
        }
    }

    fn line(&mut self, destination: Destination) {
        let at = TEXTS.iter().position(|(known, _)| *known == destination);
        if let Some(text) = at.and_then(|at| self.texts.get_mut(at))
            && !text.is_empty()
            && !text.ends_with('\n')
        {
            text.push('\n');
        }
    }

    /// Puts text where it belongs.
    fn push(&mut self, text: &str) {
        let destination = self.group.destination;
        if destination == Destination::HtmlTag {
            return self.html.push_str(text);
        }
        if self.is_html && destination == Destination::Body {
            if !self.group.is_repeat {
                self.html.push_str(text);
            }
            return;
        }
        let at = TEXTS.iter().position(|(known, _)| *known == destination);
        if let Some(held) = at.and_then(|at| self.texts.get_mut(at)) {
            held.push_str(text);
        }
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        self.half = None;
        let bytes = std::mem::take(&mut self.pending);
        let text = code_page::decode(self.group.page.unwrap_or(self.page), &bytes);
        match self.group.destination {
            Destination::Fonts | Destination::Nothing | Destination::Picture | Destination::Object => {}
            _ => self.push(&text),
        }
        // The memory is used again.
        self.pending = bytes;
        self.pending.clear();
    }

    fn symbol(&mut self, symbol: u8) {
        if matches!(symbol, b'{' | b'}' | b'\\') {
            return self.pending.push(symbol);
        }
        self.flush();
        match symbol {
            b'*' => self.starred = true,
            b'~' => self.push("\u{a0}"),
            b'_' => self.push("-"),
            b'\r' | b'\n' => self.push("\n"),
            b'\t' => self.push("\t"),
            // An optional hyphen, marks of index entries and formulas.
            _ => {}
        }
    }

    fn word(&mut self, word: &[u8], number: Option<i32>, starred: bool) {
        if self.deeper > 0 {
            return;
        }
        if let Some(text) = spelled(word) {
            return self.push(text);
        }
        match (word, number) {
            (b"u", Some(unit)) => self.unit(unit),
            (b"uc", count) => {
                self.group.stand_ins = usize::try_from(count.unwrap_or(1)).unwrap_or(1).min(64);
            }
            (b"ansi", _) => self.page = WESTERN,
            (b"mac", _) => self.page = 10_000,
            (b"pc", _) => self.page = 437,
            (b"pca", _) => self.page = 850,
            (b"ansicpg", Some(page)) => self.page = u32::try_from(page).unwrap_or(WESTERN),
            (b"deff", Some(font)) => self.default_font = font,
            (b"f" | b"af", Some(font)) if self.group.destination == Destination::Fonts => self.font = font,
            (b"f", Some(font)) => self.group.page = self.page_of(font),
            (b"plain", _) => self.group.page = self.page_of(self.default_font),
            (b"fcharset", Some(charset)) => self.font_page(code_page::of_font(charset)),
            (b"cpg", Some(page)) => self.font_page(u32::try_from(page).ok()),
            (b"fromhtml", Some(1)) => self.is_html = true,
            (b"htmlrtf", flag) => self.group.is_repeat = flag != Some(0),
            (b"pngblip", _) => self.picture = ".png",
            (b"jpegblip", _) => self.picture = ".jpg",
            (b"emfblip", _) => self.picture = ".emf",
            (b"wmetafile", _) => self.picture = ".wmf",
            _ => self.destination(word, starred),
        }
    }

    fn destination(&mut self, word: &[u8], starred: bool) {
        // What lies in nothing is nothing, but for what documents say of themselves.
        let known = destinations::of(word);
        match (self.group.destination, known) {
            (Destination::Nothing, Some(Destination::Properties)) => {
                self.group.destination = Destination::Properties;
            }
            (Destination::Nothing | Destination::Fonts, _) => {}
            // In the HTML of a mail only HTML counts.
            (Destination::HtmlTag, _) => {}
            (outer, Some(Destination::Body))
                if outer != Destination::Other && outer != Destination::Fields => {}
            (outer, Some(known)) => {
                if outer == known {
                    self.line(known);
                }
                self.group.destination = known;
                if matches!(known, Destination::Picture | Destination::Object) {
                    self.hex.take();
                }
            }
            (_, None) if starred => self.group.destination = Destination::Other,
            _ => {}
        }
    }

    fn page_of(&self, font: i32) -> Option<u32> {
        self.fonts.iter().rev().find(|(known, _)| *known == font).map(|(_, page)| *page)
    }

    fn font_page(&mut self, page: Option<u32>) {
        if self.group.destination == Destination::Fonts
            && let Some(page) = page
            && self.fonts.len() < 10_000
        {
            self.fonts.push((self.font, page));
        }
    }

    /// A unit of UTF-16, negative above 32767.
    fn unit(&mut self, unit: i32) {
        self.skip = self.group.stand_ins;
        let unit = unit as u16;
        let units: Vec<u16> = match (self.half.take(), unit) {
            (None, 0xD800..=0xDBFF) => {
                self.half = Some(unit);
                return;
            }
            (Some(half), _) => vec![half, unit],
            (None, _) => vec![unit],
        };
        let text: String =
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        let quiet = [Destination::Fonts, Destination::Nothing, Destination::Picture, Destination::Object];
        if !quiet.contains(&self.group.destination) {
            self.push(&text);
        }
    }

    fn finish(mut self) {
        self.flush();
        if !self.groups.is_empty() {
            self.out.damaged("the document ends early");
            self.end_picture();
        }
        let charset = "text/html; charset=utf-8";
        if !self.html.is_empty() {
            self.out.file("body.html", std::mem::take(&mut self.html).into_bytes(), charset);
        }
        for ((_, name), text) in TEXTS.iter().zip(&self.texts) {
            self.out.text(name, text);
        }
    }
}

/// Words that are characters.
fn spelled(word: &[u8]) -> Option<&'static str> {
    Some(match word {
        b"par" | b"line" | b"sect" | b"page" | b"row" | b"column" | b"nestrow" | b"softline"
        | b"softpage" => "\n",
        b"tab" | b"cell" | b"nestcell" => "\t",
        b"emdash" => "—",
        b"endash" => "–",
        b"lquote" => "‘",
        b"rquote" => "’",
        b"ldblquote" => "“",
        b"rdblquote" => "”",
        b"bullet" => "•",
        b"emspace" | b"enspace" | b"qmspace" => " ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
