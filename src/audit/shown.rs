//! Names as outputs may show them: paths, member names, ids and keys with their detections masked.

use std::collections::HashMap;

use crate::detectors::{BlockPeople, Matcher, Scratch};
use crate::findings::mask_str;
use crate::records::{Block, Confidence, Detection, NewField, PathStore, Record, RecordKind, Role};

/// Names remembered; one more and all are forgotten.
const REMEMBERED: usize = 4096;

/// Masks names, and remembers what came of them.
pub(crate) struct Shown<'a> {
    matcher: &'a Matcher,
    block: Block,
    detections: Vec<Detection>,
    remembered: HashMap<String, String>,
}

impl<'a> Shown<'a> {
    pub(crate) fn new(matcher: &'a Matcher) -> Self {
        Self { matcher, block: Block::default(), detections: Vec::new(), remembered: HashMap::new() }
    }

    /// The name with every datum at 0.1 or more replaced by its mask.
    pub(crate) fn name(&mut self, name: &str, people: &BlockPeople<'_>, scratch: &mut Scratch) -> String {
        // Nothing a detector knows is made of so few letters alone.
        if is_plain(name) {
            return name.to_owned();
        }
        if let Some(known) = self.remembered.get(name) {
            return known.clone();
        }
        let shown = self.masked(name, people, scratch);
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(name.to_owned(), shown.clone());
        shown
    }

    fn masked(&mut self, name: &str, people: &BlockPeople<'_>, scratch: &mut Scratch) -> String {
        self.block.clear();
        let record = Record::new("file".into(), RecordKind::File, crate::records::Ordinal { top: 0, sub: 0 });
        let at = self.block.push_record(record);
        self.block.push_field(name, NewField::verbatim(at, PathStore::ROOT, Role::ItemPath, 0));
        self.detections.clear();
        self.matcher.detect(&self.block, people, scratch, &mut self.detections);
        let mut out = String::with_capacity(name.len());
        let mut from = 0usize;
        for detection in self.detections.iter().filter(|d| d.confidence >= Confidence::REDACTED) {
            let (start, end) = (detection.start as usize, detection.end as usize);
            let (Some(before), Some(value)) = (name.get(from..start), name.get(start..end)) else { continue };
            out.push_str(before);
            out.push_str(&mask_str(detection.category, value));
            from = end;
        }
        out.push_str(name.get(from..).unwrap_or(""));
        out
    }
}

/// Letters, `_`, `-`, `/`, dots between letters and short numbers: too little for any datum a row can
/// find. Names of people are not looked for in such.
fn is_plain(name: &str) -> bool {
    let mut digits = 0;
    name.len() <= 64
        && name.bytes().all(|byte| match byte {
            b'0'..=b'9' => {
                digits += 1;
                digits <= 6
            }
            b'a'..=b'z' | b'_' | b'-' | b'/' | b'.' | b'#' => true,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn only_what_no_row_can_match_is_plain() {
        assert!(is_plain("/comments/0/plain_body"));
        assert!(is_plain("archive/tickets.json"));
        for name in ["ana@example.org", "12345678z", "Ana", "4111 1111", "a+b", "es9121000418", "dni 1", "é"]
        {
            assert!(!is_plain(name), "{name}");
        }
    }
}
