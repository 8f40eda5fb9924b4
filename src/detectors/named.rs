//! Rows without a pattern that take a whole field by its own name: a JSON key or column header `password`.

use super::catalogue::Detector;
use super::start::Start;
use crate::records::{Block, Field};

/// Longest field taken, in bytes.
const LONGEST: usize = 512;
/// A name this long or longer also counts at the end of a longer one: `smtp_password`.
const ENDING: usize = 6;

/// The names, folded, and the rows that want them.
pub(super) struct Named {
    names: Vec<(String, u16)>,
}

impl Named {
    /// The rows among these that start at named fields.
    pub(super) fn new(detectors: &[Detector]) -> Named {
        let rows = detectors.iter().zip(0_u16..).filter(|(row, _)| row.starts.contains(&Start::NamedField));
        let names =
            rows.flat_map(|(row, at)| row.literals.iter().map(move |name| (folded(name), at))).collect();
        Named { names }
    }

    /// Gives every field whose name a row wants: the row, and the field's text without blanks around it.
    pub(super) fn each(&self, block: &Block, mut give: impl FnMut(u16, usize, usize)) {
        if self.names.is_empty() {
            return;
        }
        for field in block.fields() {
            let len = field.end.saturating_sub(field.start) as usize;
            if len == 0 || len > LONGEST || field.offset > 0 {
                continue;
            }
            let name = block.paths.last_name(field.path);
            // Names of almost all fields are ruled out by their length and last letter.
            if name.len() < 3 || name.len() > 64 {
                continue;
            }
            self.field(block, field, name, &mut give);
        }
    }

    fn field(&self, block: &Block, field: &Field, name: &str, give: &mut impl FnMut(u16, usize, usize)) {
        let name = folded(name);
        let text = block.field_text(field);
        let value = text.trim();
        let start = field.start as usize + (text.len() - text.trim_start().len());
        let mut last = None;
        for (wanted, row) in &self.names {
            let equal = name == *wanted || wanted.len() >= ENDING && name.ends_with(wanted.as_str());
            if equal && last != Some(*row) && !value.is_empty() {
                last = Some(*row);
                give(*row, start, start + value.len());
            }
        }
    }
}

/// Letters and digits in lower case.
fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::super::people::BlockPeople;
    use super::super::{Catalogue, Engine, Matcher, Scratch};
    use super::*;
    use crate::records::{NewField, Ordinal, PathStore, Record, RecordKind, Role};

    #[test]
    fn fields_are_taken_by_their_name_in_both_engines() {
        let mut block = Block::default();
        let record =
            block.push_record(Record::new("text".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 }));
        for (name, value) in [
            ("smtpPassword", " girasoles "),
            ("password_changed_at", "2024-05-01"),
            ("note", "girasoles"),
            ("password", "true"),
        ] {
            let name = block.paths.name(name);
            let path = block.paths.child(PathStore::ROOT, name);
            block.push_field(value, NewField::verbatim(record, path, Role::Other, 0));
        }
        for engine in [Engine::Fast, Engine::Naive] {
            let matcher = Matcher::new(&Catalogue::embedded().unwrap(), engine).unwrap();
            let mut out = Vec::new();
            matcher.detect(&block, &BlockPeople::none(), &mut Scratch::default(), &mut out);
            let texts: Vec<&str> = out
                .iter()
                .filter(|hit| hit.confidence.probability() >= 0.5)
                .map(|hit| &block.text().expose()[hit.start as usize..hit.end as usize])
                .collect();
            assert_eq!(texts, ["girasoles"], "{engine:?}");
        }
    }
}
