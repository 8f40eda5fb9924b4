//! Content streams: what a page, a form or a pattern shows (ISO 32000-1, 7.8, 8 and 9).

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use lopdf::{Dictionary, Object, ObjectId, Stream};

use super::fonts::Font;
use super::lines::{Lines, Place};
use super::objects::{Objects, number};
use super::tokens::{Token, Tokens};

/// Forms that may lie in each other, and operators of one page with its forms.
const DEPTH: usize = 16;
const OPERATORS: u64 = 4_000_000;
/// Pixels of the smallest image in which anything could be read.
const PICTURE: i64 = 64 * 64;

type Matrix = [f64; 6];

const UNIT: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

fn times(a: Matrix, b: Matrix) -> Matrix {
    let [a0, a1, a2, a3, a4, a5] = a;
    let [b0, b1, b2, b3, b4, b5] = b;
    [
        a0 * b0 + a1 * b2,
        a0 * b1 + a1 * b3,
        a2 * b0 + a3 * b2,
        a2 * b1 + a3 * b3,
        a4 * b0 + a5 * b2 + b4,
        a4 * b1 + a5 * b3 + b5,
    ]
}

/// What was seen of one page.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) lines: Lines,
    /// Glyphs shown, and those of which nobody knows the text.
    pub(super) glyphs: u64,
    pub(super) unknown: u64,
    /// Pictures drawn.
    pub(super) images: u64,
    /// Whether the page has more operators than are looked at.
    pub(super) is_cut: bool,
    operators: u64,
}

#[derive(Clone)]
struct State {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    /// Spacing of characters and words, scale, leading and rise (9.3).
    spacing: f64,
    words: f64,
    scale: f64,
    leading: f64,
    rise: f64,
}

/// Reads content with the fonts and forms of a document.
pub(super) struct Reader<'o, 'd> {
    objects: &'o Objects<'d>,
    fonts: HashMap<*const Dictionary, Rc<Font>>,
    /// Forms that some page shows.
    pub(super) forms: HashSet<ObjectId>,
}

impl<'o, 'd> Reader<'o, 'd> {
    pub(super) fn new(objects: &'o Objects<'d>) -> Self {
        Self { objects, fonts: HashMap::new(), forms: HashSet::new() }
    }

    /// What a page shows.
    pub(super) fn page(&mut self, page: &'d Dictionary) -> Shown {
        let mut shown = Shown::default();
        let mut bytes = Vec::new();
        let streams = match self.objects.get(page, "Contents") {
            Some(Object::Array(streams)) => {
                streams.iter().filter_map(|one| self.objects.behind(one)).collect()
            }
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for stream in streams.into_iter().filter_map(|one| one.as_stream().ok()) {
            bytes.extend(self.objects.bytes(stream).unwrap_or_default());
            bytes.push(b'\n');
        }
        let resources = self.inherited(page);
        self.run(&bytes, resources, UNIT, 0, &mut shown);
        shown.lines.end_line();
        shown
    }

    /// What a form shows by itself.
    pub(super) fn form(&mut self, form: &'d Stream) -> Shown {
        let mut shown = Shown::default();
        self.stream(form, None, UNIT, 0, &mut shown);
        shown.lines.end_line();
        shown
    }

    /// Resources of a page or of a node above it (7.7.3.4).
    fn inherited(&self, page: &'d Dictionary) -> Option<&'d Dictionary> {
        let mut node = Some(page);
        for _ in 0..64 {
            let now = node?;
            if let Some(resources) = self.objects.dictionary(now, "Resources") {
                return Some(resources);
            }
            node = self.objects.dictionary(now, "Parent");
        }
        None
    }

    fn stream(
        &mut self,
        form: &'d Stream,
        resources: Option<&'d Dictionary>,
        ctm: Matrix,
        depth: usize,
        shown: &mut Shown,
    ) {
        let Some(bytes) = self.objects.bytes(form) else { return };
        let own = self.objects.dictionary(&form.dict, "Resources");
        let matrix = self.objects.get(&form.dict, "Matrix").and_then(|matrix| matrix.as_array().ok());
        let matrix = matrix.and_then(|items| {
            let numbers: Vec<f64> = items.iter().filter_map(number).collect();
            <Matrix>::try_from(numbers).ok()
        });
        self.run(&bytes, own.or(resources), times(matrix.unwrap_or(UNIT), ctm), depth + 1, shown);
    }

    fn run(
        &mut self,
        bytes: &[u8],
        resources: Option<&'d Dictionary>,
        ctm: Matrix,
        depth: usize,
        shown: &mut Shown,
    ) {
        let state = State {
            ctm,
            font: None,
            size: 0.0,
            spacing: 0.0,
            words: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        let mut run = Run { resources, state, saved: Vec::new(), text: UNIT, line: UNIT, depth };
        let mut operands: Vec<Token> = Vec::new();
        let mut tokens = Tokens::new(bytes);
        while let Some(token) = tokens.next() {
            let Token::Word(word) = token else {
                operands.push(token);
                continue;
            };
            shown.operators += 1;
            if shown.operators > OPERATORS {
                shown.is_cut = true;
                return;
            }
            match word.as_slice() {
                b"ID" => {
                    tokens.image();
                    shown.images += 1;
                }
                b"true" | b"false" | b"null" => continue,
                word => run.operator(self, word, &operands, shown),
            }
            operands.clear();
        }
    }

    fn font(&mut self, resources: Option<&'d Dictionary>, name: &[u8]) -> Option<Rc<Font>> {
        let fonts = self.objects.dictionary(resources?, "Font")?;
        let font = self.objects.dictionary(fonts, std::str::from_utf8(name).ok()?)?;
        let read = || Rc::new(Font::new(self.objects, font));
        Some(Rc::clone(self.fonts.entry(std::ptr::from_ref(font)).or_insert_with(read)))
    }
}

/// One content stream while it is run.
struct Run<'d> {
    resources: Option<&'d Dictionary>,
    state: State,
    saved: Vec<State>,
    text: Matrix,
    line: Matrix,
    depth: usize,
}

fn numbers(operands: &[Token]) -> Vec<f64> {
    operands.iter().filter_map(Token::number).collect()
}

impl<'d> Run<'d> {
    fn operator(&mut self, reader: &mut Reader<'_, 'd>, word: &[u8], operands: &[Token], shown: &mut Shown) {
        let all = numbers(operands);
        let first = all.first().copied().unwrap_or(0.0);
        match word {
            b"q" if self.saved.len() < 256 => self.saved.push(self.state.clone()),
            b"Q" => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            b"cm" => {
                if let Ok(matrix) = Matrix::try_from(all) {
                    self.state.ctm = times(matrix, self.state.ctm);
                }
            }
            b"BT" => (self.text, self.line) = (UNIT, UNIT),
            b"Tc" => self.state.spacing = first,
            b"Tw" => self.state.words = first,
            b"Tz" => self.state.scale = first / 100.0,
            b"TL" => self.state.leading = first,
            b"Ts" => self.state.rise = first,
            b"Tf" => {
                self.state.size = first;
                let name = operands.first().and_then(Token::name).unwrap_or_default();
                self.state.font = reader.font(self.resources, name);
            }
            b"Td" => self.move_by(&all),
            b"TD" => {
                self.state.leading = -all.get(1).copied().unwrap_or(0.0);
                self.move_by(&all);
            }
            b"Tm" => {
                if let Ok(matrix) = Matrix::try_from(all) {
                    (self.text, self.line) = (matrix, matrix);
                }
            }
            b"T*" => self.next_line(),
            b"Tj" => self.show(operands, shown),
            b"TJ" => {
                if let Some(Token::Array(items)) = operands.first() {
                    self.show(items, shown);
                }
            }
            b"'" => {
                self.next_line();
                self.show(operands, shown);
            }
            b"\"" => {
                self.state.words = first;
                self.state.spacing = all.get(1).copied().unwrap_or(0.0);
                self.next_line();
                self.show(operands.get(2..).unwrap_or_default(), shown);
            }
            b"Do" => self.object(reader, operands, shown),
            b"BDC" => actual_text(reader, self.resources, operands, shown),
            _ => {}
        }
    }

    fn move_by(&mut self, by: &[f64]) {
        if let [x, y] = by {
            self.line = times([1.0, 0.0, 0.0, 1.0, *x, *y], self.line);
            self.text = self.line;
        }
    }

    fn next_line(&mut self) {
        self.move_by(&[0.0, -self.state.leading]);
    }

    /// A picture, or a form, which is run in its turn.
    fn object(&mut self, reader: &mut Reader<'_, 'd>, operands: &[Token], shown: &mut Shown) {
        let name = operands.first().and_then(Token::name).and_then(|name| std::str::from_utf8(name).ok());
        let Some((name, resources)) = name.zip(self.resources) else { return };
        let Some(objects) = reader.objects.dictionary(resources, "XObject") else { return };
        let id = objects.get(name.as_bytes()).and_then(Object::as_reference).ok();
        let Some(stream) = reader.objects.get(objects, name).and_then(|object| object.as_stream().ok())
        else {
            return;
        };
        match reader.objects.name(&stream.dict, "Subtype") {
            Some(b"Image") => shown.images += u64::from(is_picture(reader.objects, &stream.dict)),
            _ if self.depth < DEPTH => {
                reader.forms.extend(id);
                reader.stream(stream, self.resources, self.state.ctm, self.depth, shown);
            }
            _ => shown.is_cut = true,
        }
    }

    /// Shows strings; numbers between them move on (9.4.3).
    fn show(&mut self, items: &[Token], shown: &mut Shown) {
        let Some(font) = self.state.font.clone() else {
            let bytes = items.iter().filter(|item| matches!(item, Token::Text(text) if !text.is_empty()));
            let count = bytes.count() as u64;
            (shown.glyphs, shown.unknown) = (shown.glyphs + count, shown.unknown + count);
            return;
        };
        for item in items {
            match item {
                Token::Text(bytes) => font.glyphs(bytes, &mut |glyph| {
                    let State { ctm, size, spacing, words, scale, rise, .. } = self.state;
                    let [a, b, _, d, x, y] =
                        times(times([size * scale, 0.0, 0.0, size, 0.0, rise], self.text), ctm);
                    let long = a.hypot(b);
                    let along = if long > 0.0 { (a / long, b / long) } else { (1.0, 0.0) };
                    let place = Place {
                        at: (x, y),
                        along,
                        size: long.max(d.abs().min(long * 3.0)),
                        width: glyph.width * long,
                    };
                    shown.glyphs += 1;
                    match &glyph.text {
                        Some(text) => shown.lines.glyph(text, place),
                        None => {
                            shown.unknown += u64::from(!font.is_symbolic);
                            shown.lines.glyph(" ", place);
                        }
                    }
                    let word = if glyph.is_space { words } else { 0.0 };
                    self.text = times(
                        [1.0, 0.0, 0.0, 1.0, (glyph.width * size + spacing + word) * scale, 0.0],
                        self.text,
                    );
                }),
                Token::Number(back) => {
                    let by = -back / 1000.0 * self.state.size * self.state.scale;
                    self.text = times([1.0, 0.0, 0.0, 1.0, by, 0.0], self.text);
                }
                _ => {}
            }
        }
    }
}

/// Whether an image is large enough to hold something that can be read: no rule, dot or shade.
fn is_picture(objects: &Objects<'_>, image: &Dictionary) -> bool {
    let side = |key: &str| {
        let side = image.get(key.as_bytes()).ok().and_then(|side| objects.document.dereference(side).ok());
        side.and_then(|(_, side)| side.as_i64().ok()).unwrap_or(0)
    };
    side("Width").saturating_mul(side("Height")) >= PICTURE
}

/// Text that stands for what is shown (14.9.4), in the stream or among the resources.
fn actual_text<'d>(
    reader: &Reader<'_, 'd>,
    resources: Option<&'d Dictionary>,
    operands: &[Token],
    shown: &mut Shown,
) {
    let keys = ["ActualText", "Alt", "E"];
    match operands.get(1) {
        Some(Token::Dictionary(members)) => {
            for (key, value) in members {
                if let Token::Text(bytes) = value
                    && keys.iter().any(|known| known.as_bytes() == key)
                {
                    shown.lines.line(&super::strings::decoded(bytes));
                }
            }
        }
        Some(Token::Name(name)) => {
            let list = resources.and_then(|resources| reader.objects.dictionary(resources, "Properties"));
            let list = list.zip(std::str::from_utf8(name).ok());
            let Some(list) = list.and_then(|(list, name)| reader.objects.dictionary(list, name)) else {
                return;
            };
            for text in keys.iter().filter_map(|key| reader.objects.get(list, key)?.as_str().ok()) {
                shown.lines.line(&super::strings::decoded(text));
            }
        }
        _ => {}
    }
}
