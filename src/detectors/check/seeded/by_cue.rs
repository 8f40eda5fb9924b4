//! Generated numbers in the whole engine: found by their cues, wrong ones not, order numbers low.

use super::Seeded;
use super::west::GENERATORS;
use crate::detectors::{BlockPeople, Catalogue, Engine, Matcher, Scratch};
use crate::records::{Block, Category, Detection, NewField, Ordinal, PathStore, Record, RecordKind, Role};

type Maker = fn(&mut Seeded) -> String;

fn matcher() -> Matcher {
    let catalogue = Catalogue::embedded().map_err(|problems| problems[0].to_string()).unwrap();
    Matcher::new(&catalogue, Engine::Fast).unwrap()
}

/// What is found in each of the texts, by their place.
fn found(matcher: &Matcher, texts: &[String]) -> Vec<Vec<Detection>> {
    let mut block = Block::default();
    let record = Record::new("text".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 });
    let record = block.push_record(record);
    for text in texts {
        block.push_field(text, NewField::verbatim(record, PathStore::ROOT, Role::Body, 0));
    }
    let mut out = Vec::new();
    matcher.detect(&block, &BlockPeople::none(), &mut Scratch::default(), &mut out);
    let mut by_text = vec![Vec::new(); texts.len()];
    for mut detection in out {
        let start = block.fields()[detection.field as usize].start;
        (detection.start, detection.end) = (detection.start - start, detection.end - start);
        by_text[detection.field as usize].push(detection);
    }
    by_text
}

#[test]
fn every_number_is_found_whole_by_its_cue() {
    let matcher = matcher();
    let mut weak = Vec::new();
    for generator in GENERATORS {
        let category = Category::named(generator.category).unwrap();
        let values: Vec<String> = (0..200).map(generator.make).collect();
        let texts: Vec<String> =
            values.iter().map(|value| format!("Hallo, {}: {value}, merci", generator.cue)).collect();
        let hits = found(&matcher, &texts);
        let missed: Vec<usize> = (0..texts.len())
            .filter(|at| {
                !hits[*at].iter().any(|hit| {
                    let span = &texts[*at][hit.start as usize..hit.end as usize];
                    hit.category == category && hit.confidence.probability() >= 0.5 && span == values[*at]
                })
            })
            .collect();
        if missed.len() > 2 {
            let seen: Vec<String> = hits[missed[0]]
                .iter()
                .map(|hit| format!("{} {}", hit.category, hit.confidence.probability()))
                .collect();
            let (count, text) = (missed.len(), &texts[missed[0]]);
            weak.push(format!("{}: {count} of 200 missed, first `{text}`: {seen:?}", generator.category));
        }
    }
    assert!(weak.is_empty(), "{}", weak.join("\n"));
}

/// How many of the texts hold a datum of the category at 0.5.
fn judged(matcher: &Matcher, texts: &[String], category: Category) -> usize {
    let is = |hit: &Detection| hit.category == category && hit.confidence.probability() >= 0.5;
    found(matcher, texts).iter().filter(|hits| hits.iter().any(is)).count()
}

#[test]
fn every_strong_cue_is_enough() {
    let catalogue = Catalogue::embedded().map_err(|problems| problems[0].to_string()).unwrap();
    let matcher = Matcher::new(&catalogue, Engine::Fast).unwrap();
    let mut weak = Vec::new();
    for generator in GENERATORS {
        let category = Category::named(generator.category).unwrap();
        let rows = catalogue.detectors().iter().filter(|row| row.category == category);
        for cue in rows.flat_map(|row| &row.cues).filter(|cue| cue.weight >= 7) {
            for word in &cue.words {
                let texts: Vec<String> =
                    (0..5).map(|seed| format!("the {word}: {}.", (generator.make)(seed))).collect();
                if judged(&matcher, &texts, category) < texts.len() {
                    weak.push(format!("{}: `{}`", category, texts[0]));
                }
            }
        }
    }
    assert!(weak.is_empty(), "{}", weak.join("\n"));
}

#[test]
fn a_wrong_digit_is_not_found_by_a_cue() {
    let matcher = matcher();
    // These have no check digit, or one that is not told apart by their written form.
    let exempt = ["de-steuernummer", "gb-nino", "mt-id"];
    for generator in GENERATORS.iter().filter(|generator| !exempt.contains(&generator.category)) {
        let texts: Vec<String> = (0..200)
            .map(|seed| {
                let mut value = (generator.make)(seed).into_bytes();
                let mut seeded = Seeded::new(seed + 5);
                let digits: Vec<usize> = (0..value.len()).filter(|at| value[*at].is_ascii_digit()).collect();
                let at = digits[seeded.below(digits.len() as u64) as usize];
                value[at] = b'0' + (value[at] - b'0' + 1 + seeded.below(9) as u8) % 10;
                format!("Hallo, {}: {}, merci", generator.cue, String::from_utf8(value).unwrap())
            })
            .collect();
        let wrong = judged(&matcher, &texts, Category::named(generator.category).unwrap());
        assert!(wrong <= 12, "{}: {wrong} of 200, as `{}`", generator.category, texts[0]);
    }
}

#[test]
fn bare_order_numbers_and_time_stamps_stay_low() {
    let matcher = matcher();
    let makers: [(&str, Maker); 6] = [
        ("nine digits", |seeded| seeded.digits(9)),
        ("ten digits", |seeded| seeded.digits(10)),
        ("eleven digits", |seeded| seeded.digits(11)),
        ("seconds", |seeded| (1_500_000_000 + seeded.below(300_000_000)).to_string()),
        ("milliseconds", |seeded| (1_500_000_000_000 + seeded.below(300_000_000_000)).to_string()),
        ("minutes", |seeded| {
            let (year, month, day) = (2010 + seeded.below(17), 1 + seeded.below(12), 1 + seeded.below(28));
            format!("{year}{month:02}{day:02}{:02}{:02}", seeded.below(24), seeded.below(60))
        }),
    ];
    for (what, make) in makers {
        let mut seeded = Seeded::new(7);
        let texts: Vec<String> =
            (0..3_000).map(|_| format!("we got {} back from you", make(&mut seeded))).collect();
        let high: Vec<String> = found(&matcher, &texts)
            .iter()
            .flatten()
            .filter(|hit| hit.confidence.probability() >= 0.1)
            .map(|hit| hit.category.to_string())
            .collect();
        assert!(high.len() <= 30, "{what}: {} of 3000 reach 0.1, {:?}", high.len(), &high[..5]);
    }
}
