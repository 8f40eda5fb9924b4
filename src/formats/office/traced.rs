//! A text made of a part's XML, with the way back to it: which bytes of the part each run of the text comes from.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::formats::rewrite::{Plan, Refused, Splice};

/// Where a run stands in the part, which says how it is escaped there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Within {
    /// Between tags.
    Text,
    /// In a `CDATA` section.
    Section,
    /// In an attribute's value, inside these quotes.
    Quotes(u8),
}

/// A run of the text that comes from a run of the part.
#[derive(Clone, Debug)]
struct Run {
    text: Range<usize>,
    /// As long as the text where each byte stands for itself; a reference is one unit.
    raw: Range<usize>,
    within: Within,
    /// Where `xml:space="preserve"` can be put into the tag around it, where that is needed and missing.
    space: Option<usize>,
    /// Whether it stands between quotes of a formula, where a quote is doubled.
    literal: bool,
    /// Whether brackets cannot stand there.
    parenthesised: bool,
}

/// Values of an element in its attributes, which say in another form what its text shows.
#[derive(Clone, Debug, Default)]
struct Typed {
    /// Runs of the text the element shows.
    shows: Vec<Range<usize>>,
    /// Where the run at hand begins, while the element is open.
    open: Option<usize>,
    /// Attributes that go with the text.
    attributes: Vec<Range<usize>>,
    /// Values of attributes that become `string`.
    types: Vec<Range<usize>>,
}

/// What is to change in a part.
#[derive(Default)]
pub(super) struct PartEdits {
    /// New bytes for ranges of the part's text.
    pub(super) splices: Vec<Splice>,
    /// Ranges that go.
    pub(super) gone: Vec<Range<u64>>,
    /// Tags that get `xml:space="preserve"`, by where it can stand.
    spaces: BTreeSet<usize>,
    /// Values of attributes that become `string`.
    types: BTreeSet<(usize, usize)>,
}

impl PartEdits {
    /// Whether nothing changes.
    pub(super) fn is_empty(&self) -> bool {
        self.splices.is_empty() && self.gone.is_empty()
    }

    /// The part's text with all of it.
    pub(super) fn applied(mut self, text: &str) -> Result<Vec<u8>, Refused> {
        for at in self.spaces {
            let bytes = b" xml:space=\"preserve\"".to_vec();
            self.splices.push(Splice { range: at as u64..at as u64, bytes });
        }
        for (from, to) in self.types {
            self.splices.push(Splice { range: from as u64..to as u64, bytes: b"string".to_vec() });
        }
        Ok(Plan::new(self.splices, self.gone)?.apply_to(text.as_bytes()))
    }
}

/// A text and the way back. Without a trace it is only the text.
#[derive(Clone, Debug, Default)]
pub(in crate::formats) struct Traced {
    pub(in crate::formats) text: String,
    trace: bool,
    runs: Vec<Run>,
    typed: Vec<Typed>,
    /// Where in the tag at hand `xml:space` could stand.
    pub(super) space: Option<usize>,
    /// Whether what comes is a name in which brackets cannot stand, or says such names.
    pub(super) parenthesised: bool,
}

impl Traced {
    pub(super) fn new(trace: bool) -> Self {
        Self { trace, ..Self::default() }
    }

    /// Whether it keeps the way back.
    pub(super) fn is_traced(&self) -> bool {
        self.trace
    }

    /// Text that stands on no byte of the part.
    pub(super) fn mark(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Text of the part: byte for byte where both are as long, else as one unit.
    pub(super) fn push(&mut self, text: &str, raw: Range<usize>, within: Within) {
        let from = self.text.len();
        self.text.push_str(text);
        if self.trace && !text.is_empty() {
            let space = self.space.filter(|_| within == Within::Text);
            let parenthesised = self.parenthesised;
            self.runs.push(Run {
                text: from..self.text.len(),
                raw,
                within,
                space,
                literal: false,
                parenthesised,
            });
        }
    }

    /// A part of another text of the same part. A line end is a space where `flat` says so; as long.
    pub(super) fn copy(&mut self, from: &Traced, range: Range<usize>, flat: bool, literal: bool) {
        let base = self.text.len();
        let text = from.text.get(range.clone()).unwrap_or("");
        match flat {
            true => self.text.extend(text.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c })),
            false => self.text.push_str(text),
        }
        if !self.trace {
            return;
        }
        let first = from.runs.partition_point(|run| run.text.end <= range.start);
        for run in from.runs.get(first..).unwrap_or(&[]).iter().take_while(|run| run.text.start < range.end) {
            let text = run.text.start.max(range.start)..run.text.end.min(range.end);
            let raw = run.part(&text);
            let text = base + text.start - range.start..base + text.end - range.start;
            let parenthesised = run.parenthesised || self.parenthesised;
            self.runs.push(Run { text, raw, literal: run.literal || literal, parenthesised, ..run.clone() });
        }
    }

    /// One character for a run of another text of the same part: a quote that is doubled there.
    pub(super) fn unit(&mut self, c: char, from: &Traced, range: Range<usize>) {
        let base = self.text.len();
        self.text.push(c);
        let mut runs =
            from.runs.iter().filter(|run| run.text.start < range.end && range.start < run.text.end);
        if self.trace
            && let Some(first) = runs.next()
        {
            let start = first.part(&(range.start.max(first.text.start)..first.text.end.min(range.end))).start;
            let end = runs.next_back().unwrap_or(first);
            let end = end.part(&(range.start.max(end.text.start)..end.text.end.min(range.end))).end;
            self.runs.push(Run {
                text: base..self.text.len(),
                raw: start..end,
                literal: true,
                ..first.clone()
            });
        }
    }

    /// Takes away what stands at the end.
    pub(super) fn trim_end(&mut self, of: &[char]) {
        let len = self.text.trim_end_matches(of).len();
        self.text.truncate(len);
        while let Some(last) = self.runs.last_mut() {
            if last.text.end <= len {
                break;
            }
            if last.text.start >= len {
                self.runs.pop();
                continue;
            }
            last.raw = last.part(&(last.text.start..len));
            last.text.end = len;
        }
    }

    /// Another text of the same part behind this one.
    pub(super) fn append(&mut self, other: &Traced) {
        self.copy(other, 0..other.text.len(), false, false);
    }

    /// An element with values in its attributes begins.
    pub(super) fn open_typed(&mut self) {
        self.typed.push(Typed { open: Some(self.text.len()), ..Typed::default() });
    }

    /// An attribute that says in another form what the innermost such element shows: it goes with that, or
    /// becomes `string` where it names the kind of value.
    pub(super) fn says(&mut self, attribute: Range<usize>, kind: bool) {
        if let Some(typed) = self.typed.iter_mut().rev().find(|typed| typed.open.is_some()) {
            match kind {
                true => typed.types.push(attribute),
                false => typed.attributes.push(attribute),
            }
        }
    }

    /// What comes is beside the text of all elements that are open, or is text of them again.
    pub(super) fn aside(&mut self, begins: bool) {
        let len = self.text.len();
        for typed in self.typed.iter_mut().filter(|typed| typed.open.is_some()) {
            match begins {
                true => typed.shows.push(typed.open.replace(usize::MAX).unwrap_or(len)..len),
                false => typed.open = Some(len),
            }
        }
    }

    /// The innermost element with values in its attributes ends.
    pub(super) fn close_typed(&mut self) {
        let len = self.text.len();
        if let Some(typed) = self.typed.iter_mut().rev().find(|typed| typed.open.is_some()) {
            typed.shows.extend(typed.open.take().map(|from| from.min(len)..len));
        }
    }

    /// Takes changes of the text back to the part. What an edit covers of several runs goes, and its new bytes
    /// stand in the first.
    pub(super) fn take_back(&self, changes: &[Splice], out: &mut PartEdits) -> Result<(), Refused> {
        for change in changes {
            let range = narrow(change.range.start)..narrow(change.range.end);
            let new = std::str::from_utf8(&change.bytes).map_err(|_| unwritable())?;
            let new: String = new.chars().filter(|c| is_xml(*c)).collect();
            self.one(&range, &new, out)?;
        }
        // Changes are in order.
        let changed = |shown: &Range<usize>| {
            let first = changes.partition_point(|change| change.range.end <= shown.start as u64);
            changes.get(first).is_some_and(|change| change.range.start < shown.end as u64)
        };
        for typed in self.typed.iter().filter(|typed| typed.shows.iter().any(changed)) {
            out.gone.extend(typed.attributes.iter().map(|at| at.start as u64..at.end as u64));
            out.types.extend(typed.types.iter().map(|at| (at.start, at.end)));
        }
        Ok(())
    }

    fn one(&self, range: &Range<usize>, new: &str, out: &mut PartEdits) -> Result<(), Refused> {
        let first = self.runs.partition_point(|run| run.text.end <= range.start);
        let touched = self.runs.get(first..).unwrap_or(&[]).iter();
        let mut new = Some(new).filter(|new| !new.is_empty());
        let mut any = false;
        for run in touched.take_while(|run| run.text.start < range.end) {
            let raw = run.part(&(run.text.start.max(range.start)..run.text.end.min(range.end)));
            let bytes = new.take().map(|new| run.escaped(new)).unwrap_or_default();
            any = true;
            out.splices.push(Splice { range: raw.start as u64..raw.end as u64, bytes });
            out.spaces.extend(run.space);
        }
        if !any && new.is_some_and(|new| !new.trim().is_empty()) {
            return Err(unwritable());
        }
        Ok(())
    }
}

impl Run {
    /// The bytes of the part behind a range of its text.
    fn part(&self, text: &Range<usize>) -> Range<usize> {
        if self.raw.len() != self.text.len() {
            return self.raw.clone();
        }
        let base = self.raw.start;
        base + text.start - self.text.start..base + text.end - self.text.start
    }

    fn escaped(&self, text: &str) -> Vec<u8> {
        let mut text = if self.literal { text.replace('"', "\"\"") } else { text.to_owned() };
        if self.parenthesised {
            text = text.replace('[', "(").replace(']', ")");
        }
        escaped(&text, self.within)
    }
}

/// A text as it is written in its place.
pub(super) fn escaped(text: &str, within: Within) -> Vec<u8> {
    use crate::formats::encoding::xml;
    let mut out = Vec::new();
    match within {
        Within::Text => xml::encode_text(b"", 0, text, &mut out),
        Within::Section => xml::encode_text(b"<![CDATA[ ]]>", 9, text, &mut out),
        Within::Quotes(quote) => xml::encode_attribute(text, quote, &mut out),
    }
    out
}

/// Whether a part may hold the character (XML 1.0, 2.2).
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn narrow(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

fn unwritable() -> Refused {
    Refused::new(
        "document-not-writable",
        "a datum stands in the document where nothing can be written; save it anew, or as text",
    )
}
