//! Values a user listed as data: found wherever they stand whole, in any ASCII case, whatever they look like.
//!
//! A listed value is of a category, and a detection of it carries the first row of that category.

use super::catalogue::Catalogue;
use super::wordlist::WordList;
use crate::records::{
    Block, Category, CheckOutcome, Confidence, Detection, DetectorIndex, Evidence, ValueClass, Weights,
};

/// The values.
pub(super) struct Denied {
    words: WordList,
    /// What each word is.
    values: Vec<(Category, DetectorIndex)>,
}

impl Denied {
    /// The values a catalogue was told of; those of categories without a row are none.
    pub(super) fn new(catalogue: &Catalogue) -> Denied {
        let rows = catalogue.detectors();
        let (mut words, mut values): (Vec<String>, Vec<(Category, DetectorIndex)>) = (Vec::new(), Vec::new());
        for (category, value) in catalogue.denied() {
            let row = rows.iter().zip(0_u16..).find(|(row, _)| row.category == *category);
            let Some((_, row)) = row else { continue };
            for form in forms(value) {
                words.push(form);
                values.push((*category, DetectorIndex(row)));
            }
        }
        Denied { words: WordList::new(&words, |_| false), values }
    }

    /// Adds a claim for every place of a value.
    pub(super) fn find(&self, block: &Block, claims: &mut Vec<Detection>) {
        if self.values.is_empty() {
            return;
        }
        for (field, at) in block.fields().iter().zip(0_u32..) {
            let text = block.field_text(field).as_bytes();
            self.words.within(text, (0, text.len()), |word, from, to| {
                let Some((category, detector)) = self.values.get(word as usize) else { return };
                let (Ok(from), Ok(to)) = (u32::try_from(from), u32::try_from(to)) else { return };
                let (start, end) = (field.start + from, field.start + to);
                if start < field.owned.0 || start >= field.owned.1 {
                    return;
                }
                claims.push(Detection {
                    category: *category,
                    detector: *detector,
                    field: at,
                    start,
                    end,
                    confidence: Confidence::MOST,
                    value_class: ValueClass::Real,
                    evidence: Evidence {
                        check: CheckOutcome::None,
                        cue: false,
                        shielded: false,
                        known_person: false,
                        weights: Weights::default(),
                    },
                    also: Vec::new(),
                    covers: (start, end),
                });
            });
        }
    }
}

/// The forms a value is looked for in: ASCII case is left aside, other letters as written, small and in capitals.
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned(), value.to_lowercase(), value.to_uppercase()];
    forms.iter_mut().for_each(|form| form.make_ascii_lowercase());
    forms.sort();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use super::super::{BlockPeople, Engine, Matcher, Scratch};
    use super::*;
    use crate::records::{NewField, Ordinal, PathStore, Record, RecordKind, Role};

    fn matcher(engine: Engine) -> Matcher {
        let mut catalogue = Catalogue::embedded().ok().unwrap();
        let values = [
            (Category::PERSON_NAME, "Zuñiga-Klein".to_owned()),
            (Category::named("es-dni").unwrap(), "DNI-0001".to_owned()),
            (Category::PERSON_NAME, "@tormenta".to_owned()),
            (Category::PERSON_NAME, "ox".to_owned()),
        ];
        catalogue.deny(values);
        Matcher::new(&catalogue, engine).ok().unwrap()
    }

    fn found(text: &str, matcher: &Matcher) -> Vec<(Category, String)> {
        let mut block = Block::default();
        let ordinal = Ordinal { top: 0, sub: 0 };
        let record = block.push_record(Record::new("text".into(), RecordKind::Text, ordinal));
        block.push_field(text, NewField::verbatim(record, PathStore::ROOT, Role::Body, 0));
        let mut out = Vec::new();
        matcher.detect(&block, &BlockPeople::none(), &mut Scratch::default(), &mut out);
        out.into_iter()
            .map(|hit| (hit.category, text[hit.start as usize..hit.end as usize].to_owned()))
            .collect()
    }

    #[test]
    fn values_are_found_whole_in_any_case_by_both_engines() {
        for engine in [Engine::Fast, Engine::Naive] {
            let matcher = matcher(engine);
            let texts = |text: &str| -> Vec<String> {
                found(text, &matcher).into_iter().map(|(_, value)| value).collect()
            };
            let text = "the file of zuñiga-klein, ZUÑIGA-KLEIN and (Zuñiga-Klein)";
            assert_eq!(texts(text), ["zuñiga-klein", "ZUÑIGA-KLEIN", "Zuñiga-Klein"]);
            assert_eq!(found("as dni-0001 says", &matcher)[0].0.name(), "es-dni");
            assert_eq!(texts("ask @tormenta about it"), ["@tormenta"]);
            assert_eq!(texts("an ox and a fox, oxen, box"), ["ox"]);
            assert!(texts("zuñiga-kleiner, azuñiga-klein, zuñiga klein").is_empty());
        }
    }
}
