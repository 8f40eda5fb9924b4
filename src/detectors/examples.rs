//! The examples rows and signals bring with them, run through the whole matcher.

use super::catalogue::Catalogue;
use super::matcher::{Engine, Matcher, Scratch};
use super::people::{self, BlockPeople};
use crate::problem::Problem;
use crate::records::{
    Block, Detection, DetectorIndex, NewField, Ordinal, PathStore, Record, RecordKind, Role,
};

/// Runs the examples of the signals.
fn check_signals(catalogue: &Catalogue, matcher: &Matcher, engine: Engine) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut scratch = Scratch::default();
    for (signal, index) in catalogue.signals().iter().zip(0_u16..) {
        let examples = signal.accept.iter().map(|text| (text, true));
        for (text, wanted) in examples.chain(signal.reject.iter().map(|text| (text, false))) {
            let mut block = Block::default();
            let ordinal = Ordinal { top: 0, sub: 0 };
            let record = block.push_record(Record::new("text".into(), RecordKind::Text, ordinal));
            block.push_field(text, NewField::verbatim(record, PathStore::ROOT, Role::Body, 0));
            matcher.detect(&block, &BlockPeople::none(), &mut scratch, &mut Vec::new());
            if scratch.signals().iter().any(|heard| heard.signal == index) != wanted {
                let is = if wanted { "is not heard in" } else { "is heard in" };
                let what = format!("{} ({}) {is} `{text}`, {engine:?} engine", signal.id, signal.file);
                problems.push(Problem::new("signal-example", what, "mend the words or the example"));
            }
        }
    }
    problems
}

/// Runs the rows' own examples and those of the signals, in both engines.
pub(super) fn check_examples(catalogue: &Catalogue) -> Vec<Problem> {
    let mut problems = Vec::new();
    for engine in [Engine::Fast, Engine::Naive] {
        let matcher = match Matcher::new(catalogue, engine) {
            Ok(matcher) => matcher,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        problems.extend(check_signals(catalogue, &matcher, engine));
        for (detector, index) in catalogue.detectors().iter().zip(0_u16..) {
            let found = |text: &str, person: Option<&String>, phone: Option<&String>| {
                people::example(
                    &matcher,
                    detector,
                    text,
                    person.map(String::as_str),
                    phone.map(String::as_str),
                )
                .into_iter()
                .filter(|detection| detection.detector == DetectorIndex(index))
                .collect::<Vec<Detection>>()
            };
            let mut refuse = |what: String| {
                problems.push(Problem::new(
                    "detector-example",
                    format!("{} ({}): {what}, {engine:?} engine", detector.id, detector.file),
                    "mend the row or the example",
                ));
            };
            for (accept, number) in detector.accept.iter().zip(1..) {
                let value = accept.value.as_deref().unwrap_or(&accept.text);
                let hit = found(&accept.text, accept.person.as_ref(), accept.phone.as_ref())
                    .into_iter()
                    .find(|hit| accept.text.get(hit.start as usize..hit.end as usize) == Some(value));
                match hit {
                    None => refuse(format!("accept {number} is not found")),
                    Some(hit) if accept.least.is_some_and(|least| hit.confidence.probability() < least) => {
                        refuse(format!("accept {number} is found at {} only", hit.confidence.probability()));
                    }
                    Some(_) => {}
                }
            }
            for (reject, number) in detector.reject.iter().zip(1..) {
                for hit in found(&reject.text, reject.person.as_ref(), reject.phone.as_ref()) {
                    if reject.most.is_none_or(|most| hit.confidence.probability() > most) {
                        refuse(format!("reject {number} is found at {}", hit.confidence.probability()));
                    }
                }
            }
        }
    }
    problems
}
