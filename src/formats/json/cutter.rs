//! Cuts JSON of any size: lines of NDJSON, documents one after the other, elements of the arrays that
//! hold a document's records.

use std::sync::Arc;

use super::super::encoding::charset;
use super::super::{Carry, Cut, Cutter, HEAD};
use super::tokens::skip_blank;

/// Cuts at line ends.
#[derive(Default)]
pub(super) struct LineCutter {
    charset: Option<Option<&'static str>>,
}

impl Cutter for LineCutter {
    fn cut(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut {
        if bytes.is_empty() || (self.charset.is_none() && bytes.len() < HEAD && !end) {
            return Cut::More;
        }
        let label = *self.charset.get_or_insert_with(|| {
            let label = charset::resolve(bytes, None).label;
            (charset::code_unit(label) > 1).then_some(label)
        });
        let ahead = bytes.get(wanted.saturating_sub(1)..).unwrap_or(&[]);
        let found = match label {
            // Aligned line ends of UTF-16 and UTF-32 are rare enough to go on until the end for.
            Some(_) => None,
            None => memchr::memchr(b'\n', ahead).map(|at| wanted.saturating_sub(1) + at + 1),
        };
        let len = match found {
            Some(len) => len,
            None if end => bytes.len(),
            None => return Cut::More,
        };
        let records = bytes.get(..len).map_or(0, |piece| memchr::memchr_iter(b'\n', piece).count() as u64);
        Cut::Here { len, records, carry: Arc::new(Carry { charset: label, ..Carry::default() }) }
    }
}

/// Where in a document the bytes at hand begin.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Level {
    /// An object around record arrays, with the key whose value comes.
    Object(Option<String>),
    /// An array whose elements are records, by the offset of its bracket.
    Array(u64),
}

/// Objects around a record array, at most: deeper is one record.
const WRAPPERS: usize = 4;

/// Cuts between documents and between elements of record arrays: arrays at the top, and arrays whose
/// first element is an object inside objects alone. Whether an object is a page or a record shows with all of
/// it, so one that ends within as many bytes again as are wanted is not cut.
#[derive(Clone, Default)]
pub(super) struct DocumentCutter {
    /// The first place in the document at hand where a cut may be made, with the state there.
    place: Option<(usize, Box<DocumentCutter>)>,
    /// The document at hand does not end soon.
    long: bool,
    levels: Vec<Level>,
    /// Containers open inside the record or value at hand.
    inside: u64,
    in_string: bool,
    /// Where the string at hand began, for keys.
    string_from: usize,
    /// Bytes already looked at, of those not yet cut.
    seen: usize,
    /// Where the bytes at hand begin in the item.
    base: u64,
    /// Records begun since the last cut, documents included.
    records: u64,
    /// Records before the bytes at hand.
    before: u64,
    document: u64,
    /// Where the last element of the innermost record array ended.
    element_end: Option<u64>,
    /// The last place a cut may be made, with the records before it.
    carry: Carry,
    begun: bool,
    /// A number or word stands at the level of records.
    scalar: bool,
    /// The end of the scalar at hand has been offered for a cut.
    offered: bool,
    /// Nothing is cut in UTF-16 and UTF-32.
    hopeless: bool,
}

impl Cutter for DocumentCutter {
    fn cut(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut {
        if bytes.is_empty() || (!self.begun && bytes.len() < HEAD && !end) {
            return Cut::More;
        }
        if !self.begun {
            self.begun = true;
            let resolved = charset::resolve(bytes, None);
            self.hopeless = charset::code_unit(resolved.label) > 1;
            self.carry.charset = self.hopeless.then_some(resolved.label);
            self.seen = if self.hopeless { 0 } else { resolved.mark };
        }
        if !self.hopeless {
            while let Some(at) = self.next_end(bytes) {
                let in_object = self.levels.iter().any(|level| matches!(level, Level::Object(_)));
                self.long &= in_object;
                if at < wanted {
                    continue;
                }
                if !in_object || self.long {
                    self.place = None;
                    return self.here(at);
                }
                match self.place.take() {
                    Some((first, state)) if at >= first.saturating_add(wanted) => {
                        *self = DocumentCutter { long: true, ..*state };
                        return self.here(first);
                    }
                    Some(place) => self.place = Some(place),
                    None => self.place = Some((at, Box::new(self.clone()))),
                }
            }
        }
        if !end {
            return Cut::More;
        }
        self.place = None;
        self.here(bytes.len())
    }
}

impl DocumentCutter {
    fn here(&mut self, len: usize) -> Cut {
        let records = std::mem::take(&mut self.records);
        self.base += len as u64;
        self.seen = self.seen.saturating_sub(len);
        self.before += records;
        let next = Carry {
            charset: self.carry.charset,
            pointer: self
                .levels
                .iter()
                .filter_map(|level| match level {
                    Level::Object(key) => Some(key.clone().unwrap_or_default()),
                    Level::Array(_) => None,
                })
                .collect(),
            array: match self.levels.last() {
                Some(Level::Array(at)) => Some(*at),
                _ => None,
            },
            element_end: self.element_end,
            document: self.document,
            ..Carry::default()
        };
        let carry = std::mem::replace(&mut self.carry, next);
        Cut::Here { len, records, carry: Arc::new(carry) }
    }

    /// Goes on to the next place where a cut may be made.
    fn next_end(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(byte) = bytes.get(self.seen) {
            if self.in_string {
                self.string(bytes)?;
                continue;
            }
            let at = self.seen;
            match byte {
                b'"' => {
                    self.in_string = true;
                    self.string_from = at + 1;
                    self.seen += 1;
                    if self.inside == 0 && !matches!(self.levels.last(), Some(Level::Object(None))) {
                        self.begin_value();
                        self.scalar = matches!(self.levels.last(), Some(Level::Array(_)));
                    }
                }
                b'{' | b'[' => {
                    // Whether an array holds records shows with its first element.
                    if *byte == b'[' && self.inside == 0 && bytes.get(skip_blank(bytes, at + 1)).is_none() {
                        return None;
                    }
                    self.open(bytes, at);
                    self.seen = at + 1;
                }
                b'}' | b']' => {
                    self.seen = at + 1;
                    if self.close() {
                        return Some(self.seen);
                    }
                }
                b',' => {
                    if self.inside == 0 && self.scalar && !self.offered {
                        self.offered = true;
                        self.element_end = Some(self.base + at as u64);
                        return Some(at);
                    }
                    (self.scalar, self.offered) = (false, false);
                    self.seen += 1;
                    if self.inside == 0
                        && let Some(Level::Object(key)) = self.levels.last_mut()
                    {
                        *key = None;
                    }
                }
                b'\n' if self.levels.is_empty() && self.inside == 0 => {
                    self.seen += 1;
                    return Some(self.seen);
                }
                b' ' | b'\t' | b'\r' | b'\n' | b':' => self.seen += 1,
                _ => {
                    self.seen += 1;
                    if self.inside == 0 && !self.scalar && matches!(self.levels.last(), Some(Level::Array(_)))
                    {
                        self.begin_value();
                        self.scalar = true;
                    }
                }
            }
        }
        None
    }

    /// Inside a string, goes on behind it; none where it does not end in the bytes at hand.
    fn string(&mut self, bytes: &[u8]) -> Option<()> {
        loop {
            let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(self.seen..)?) else {
                self.seen = bytes.len();
                return None;
            };
            let at = self.seen + found;
            if bytes.get(at) == Some(&b'\\') {
                if at + 1 >= bytes.len() {
                    self.seen = at;
                    return None;
                }
                self.seen = at + 2;
                continue;
            }
            self.in_string = false;
            self.seen = at + 1;
            if self.inside == 0
                && let Some(Level::Object(key @ None)) = self.levels.last_mut()
            {
                let raw = bytes.get(self.string_from..at).unwrap_or(&[]);
                let (mut name, mut map) = (Vec::new(), crate::records::OffsetMap::new());
                super::super::encoding::json_string::decode(raw, &mut name, &mut map);
                *key = Some(String::from_utf8_lossy(&name).into_owned());
            }
            return Some(());
        }
    }

    /// A value begins at the level of records.
    fn begin_value(&mut self) {
        match self.levels.last() {
            None => {
                self.document = self.before + self.records;
                self.records += 1;
            }
            Some(Level::Array(_)) => self.records += 1,
            Some(Level::Object(_)) => {}
        }
    }

    fn open(&mut self, bytes: &[u8], at: usize) {
        if self.inside > 0 {
            self.inside += 1;
            return;
        }
        let object = bytes.get(at) == Some(&b'{');
        let objects = self.levels.iter().all(|level| matches!(level, Level::Object(_)));
        let first = bytes.get(skip_blank(bytes, at + 1));
        self.begin_value();
        if objects && object && self.levels.len() < WRAPPERS {
            self.levels.push(Level::Object(None));
        } else if objects && !object && (self.levels.is_empty() || first == Some(&b'{')) {
            // The elements of an array at the top are the records; the array itself is none.
            self.records = self.records.saturating_sub(u64::from(self.levels.is_empty()));
            self.levels.push(Level::Array(self.base + at as u64));
            self.element_end = None;
        } else {
            self.inside = 1;
        }
    }

    /// Closes a container; says whether a cut may be made behind it.
    fn close(&mut self) -> bool {
        if self.inside > 0 {
            self.inside -= 1;
            let ended = self.inside == 0 && matches!(self.levels.last(), Some(Level::Array(_)));
            if ended {
                self.element_end = Some(self.base + self.seen as u64);
            }
            return ended;
        }
        (self.scalar, self.offered) = (false, false);
        self.levels.pop();
        self.levels.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cuts `text`, shown to the cutter `step` bytes at a time.
    fn cuts(text: &str, wanted: usize, step: usize) -> Vec<(String, u64, Carry)> {
        let mut cutter = DocumentCutter::default();
        let bytes = text.as_bytes();
        let (mut from, mut to, mut out) = (0, 0, Vec::new());
        while from < bytes.len() {
            match cutter.cut(&bytes[from..to], wanted, to == bytes.len()) {
                Cut::More => to = (to + step).min(bytes.len()),
                Cut::Here { len, records, carry } => {
                    out.push((text[from..from + len].to_owned(), records, (*carry).clone()));
                    from += len;
                }
            }
        }
        out
    }

    #[test]
    fn pages_are_cut_at_elements_whatever_the_chunks() {
        let text =
            r#"{"count":2,"tickets":[{"a":"]}\""},{"b":[{}]}, {"c":1}],"users":[{"d":2}],"next":null}"#;
        for step in [1, 3, 1000] {
            let pieces = cuts(text, 1, step);
            let texts: Vec<&str> = pieces.iter().map(|(text, ..)| text.as_str()).collect();
            assert_eq!(
                texts,
                [
                    r#"{"count":2,"tickets":[{"a":"]}\""}"#,
                    r#",{"b":[{}]}"#,
                    r#", {"c":1}"#,
                    r#"],"users":[{"d":2}"#,
                    r#"],"next":null}"#
                ]
            );
            let records: Vec<u64> = pieces.iter().map(|(_, records, _)| *records).collect();
            assert_eq!(records, [2, 1, 1, 1, 0]);
            assert_eq!(pieces[1].2.pointer, ["tickets"]);
            assert_eq!(pieces[1].2.array, Some(21));
            assert_eq!(pieces[1].2.element_end, Some(34));
            assert_eq!(pieces[4].2.pointer, ["users"]);
        }
    }

    #[test]
    fn arrays_and_documents_are_cut() {
        let texts =
            |text| cuts(text, 1, 2).into_iter().map(|(text, records, _)| (text, records)).collect::<Vec<_>>();
        let own = |list: &[(&str, u64)]| list.iter().map(|(t, n)| ((*t).to_owned(), *n)).collect::<Vec<_>>();
        assert_eq!(texts("[{},[1]]"), own(&[("[{}", 1), (",[1]", 1), ("]", 0)]));
        assert_eq!(texts("{\"a\":1}\n{\"b\":{}}"), own(&[("{\"a\":1}", 1), ("\n", 0), ("{\"b\":{}}", 1)]));
    }
}
