//! The fast engine finds what the naive one finds, before and after overlapping claims become one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // A test may fail loudly.

#[path = "../benches/corpus/mod.rs"]
mod corpus;

use olvido::detectors::check::seeded::Seeded;
use olvido::detectors::{BlockPeople, Catalogue, Engine, Matcher, PeopleTable, Scratch};
use olvido::records::{Block, Detection, NewField, Ordinal, PathStore, Record, RecordKind, Role};

fn both(catalogue: &Catalogue) -> (Matcher, Matcher) {
    (Matcher::new(catalogue, Engine::Fast).unwrap(), Matcher::new(catalogue, Engine::Naive).unwrap())
}

fn embedded() -> Catalogue {
    Catalogue::embedded().map_err(|problems| problems[0].to_string()).unwrap()
}

/// Compares both engines on a block and gives what they found.
fn agree(
    engines: &(Matcher, Matcher),
    block: &Block,
    people: &BlockPeople<'_>,
    what: &str,
) -> Vec<Detection> {
    let mut scratch = Scratch::default();
    let (mut fast, mut naive) = (Vec::new(), Vec::new());
    engines.0.detect_unresolved(block, people, &mut scratch, &mut fast);
    engines.1.detect_unresolved(block, people, &mut scratch, &mut naive);
    assert_eq!(fast, naive, "{what}: before overlaps");
    let (mut fast, mut naive) = (Vec::new(), Vec::new());
    engines.0.detect(block, people, &mut scratch, &mut fast);
    engines.1.detect(block, people, &mut scratch, &mut naive);
    assert_eq!(fast, naive, "{what}: after overlaps");
    assert!(fast.windows(2).all(|pair| pair[0].end <= pair[1].start), "{what}: sorted and apart");
    fast
}

fn block_of(fields: &[(&str, Role)]) -> Block {
    let mut block = Block::default();
    let record = block.push_record(Record::new("text".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 }));
    for (text, role) in fields {
        block.push_field(text, NewField::verbatim(record, PathStore::ROOT, *role, 0));
    }
    block
}

#[test]
fn same_findings_on_the_corpus() {
    let engines = both(&embedded());
    let mut found = std::collections::BTreeMap::<String, usize>::new();
    for (seed, text) in [(1, corpus::plain(1, 600_000, 340)), (2, corpus::ndjson_tickets(2, 600_000, 340))] {
        for block in corpus::blocks(seed, &text) {
            for detection in agree(&engines, &block, &BlockPeople::none(), "corpus") {
                *found.entry(detection.category.to_string()).or_default() += 1;
            }
        }
    }
    // Every kind of datum the corpus plants was met, so that the comparison says something.
    for category in [
        "email-address",
        "es-dni",
        "es-nie",
        "fr-nir",
        "de-steuer-id",
        "it-codice-fiscale",
        "nl-bsn",
        "pl-pesel",
        "iban",
        "payment-card",
        "phone-number",
        "ip-address",
        "secret",
    ] {
        assert!(found.get(category).copied().unwrap_or(0) > 10, "{category}: {found:?}");
    }
}

#[test]
fn every_planted_datum_is_found() {
    let engines = both(&embedded());
    let text = corpus::plain(9, 400_000, 340);
    let mut found = 0;
    for block in corpus::blocks(9, &text) {
        let detections = agree(&engines, &block, &BlockPeople::none(), "planted");
        found += detections.iter().filter(|d| d.confidence.thousandths() >= 500).count();
    }
    let planted = text.len() / 340;
    assert!(found.abs_diff(planted) * 100 <= planted, "{found} found at 0.5, about {planted} planted");
}

#[test]
fn same_findings_with_eighty_rows() {
    let rows = corpus::rows(80);
    let files: Vec<(&str, &str)> = rows.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let catalogue = Catalogue::load(&files).map_err(|problems| problems[0].to_string()).unwrap();
    assert_eq!(catalogue.detectors().iter().filter(|detector| detector.pattern.is_some()).count(), 80);
    let engines = both(&catalogue);
    for block in corpus::blocks(4, &corpus::plain(4, 300_000, 340)) {
        agree(&engines, &block, &BlockPeople::none(), "eighty");
    }
}

/// The corpus with bytes changed, cut and doubled, and pieces of data and multibyte text thrown in.
fn mutated(seed: u64) -> String {
    let mut random = Seeded::new(seed);
    let mut bytes = corpus::plain(seed, 4_000, 120).into_bytes();
    let pieces = [
        "@",
        "+34",
        "::",
        "ñ",
        "«",
        "汉字",
        "\u{a0}",
        "\u{202f}",
        "-----BEGIN",
        "contraseña: ",
        "00:1a:",
        "2001:db8::",
        "1.2.3.",
        "ES91 2100 ",
        "X1234567L",
        "12345678Z",
        "é",
        "\u{1f}",
        "x",
        "0",
        "=",
        "\u{301}",
        "🙂",
        "a@b.c@d.ef",
        "Hola Marta, ",
        "Calle Mayor 5, 28013 Madrid",
        "Musterstraße 12a ",
        "née le 12/3/80 ",
        "mi hijo tiene asma",
        "Époux ",
        "ma 9 lat",
    ];
    for _ in 0..120 {
        let at = random.below(bytes.len() as u64) as usize;
        match random.below(4) {
            0 => bytes[at] = random.byte(b"0123456789abcXYZ@.+-: \n_/=()"),
            1 => {
                let upto = (at + random.below(9) as usize).min(bytes.len());
                bytes.drain(at..upto);
            }
            2 => {
                let piece = random.of(&pieces).as_bytes().to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let upto = (at + random.below(30) as usize).min(bytes.len());
                let copy = bytes[at..upto].to_vec();
                bytes.splice(at..at, copy);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn same_findings_on_mutated_text() {
    let engines = both(&embedded());
    let roles =
        [Role::Body, Role::Identifier, Role::PhoneNumber, Role::PersonName, Role::Url, Role::EmailAddress];
    for seed in 0..300 {
        let text = mutated(seed);
        let mut random = Seeded::new(seed);
        let mut fields = Vec::new();
        let mut from = 0;
        while from < text.len() {
            let mut end = (from + random.below(400) as usize).min(text.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            fields.push((&text[from..end], roles[random.below(6) as usize]));
            from = end.max(from + 1);
            while !text.is_char_boundary(from) {
                from += 1;
            }
        }
        agree(&engines, &block_of(&fields), &BlockPeople::none(), &format!("seed {seed}"));
    }
}

#[test]
fn same_findings_on_bytes_of_any_kind() {
    let engines = both(&embedded());
    for seed in 0..200 {
        let mut random = Seeded::new(seed);
        let text: String = (0..random.below(600))
            .map(|_| match random.below(8) {
                0 => char::from_u32(random.below(0x11_0000) as u32).unwrap_or('\u{fffd}'),
                1..=3 => char::from(random.byte(b"0123456789")),
                _ => char::from(random.byte(b" .:-@+/abcdefESXYZ\t\n()_=\"")),
            })
            .collect();
        agree(&engines, &block_of(&[(&text, Role::Body)]), &BlockPeople::none(), &format!("seed {seed}"));
    }
}

fn values<'a>(block: &'a Block, found: &[Detection]) -> Vec<(&'a str, String)> {
    found
        .iter()
        .map(|d| (&block.text().expose()[d.start as usize..d.end as usize], d.category.to_string()))
        .collect()
}

#[test]
fn nothing_crosses_a_field() {
    let engines = both(&embedded());
    let block = block_of(&[
        ("ES91 2100 0418 4502", Role::Body),
        ("0005 1332", Role::Body),
        ("ana@", Role::Body),
        ("example.com", Role::Body),
    ]);
    let found = agree(&engines, &block, &BlockPeople::none(), "parted");
    // What lies in one field alone may look like something; the two halves together are nothing.
    assert!(
        !values(&block, &found).iter().any(|(_, name)| ["iban", "email-address"].contains(&name.as_str()))
    );
}

#[test]
fn only_what_begins_in_the_owned_part_is_reported() {
    let engines = both(&embedded());
    let mut block = Block::default();
    let record = block.push_record(Record::new("text".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 }));
    let text = "ana@example.com luis@example.com eva@example.com";
    let field =
        NewField { owned: Some(16..33), ..NewField::verbatim(record, PathStore::ROOT, Role::Body, 0) };
    block.push_field(text, field);
    let found = agree(&engines, &block, &BlockPeople::none(), "owned");
    assert_eq!(values(&block, &found), [("luis@example.com", "email-address".to_owned())]);
}

#[test]
fn known_people_are_found_where_their_record_speaks() {
    let engines = both(&embedded());
    let mut table = PeopleTable::new([9; 16]);
    let known = [table.add(Some("María José Núñez Ávila"), &["mj.nunez@example.org"], &["+34 612 345 678"])];
    let texts = [
        "Soy NUÑEZ AVILA, Maria José, móvil 612 34 56 78 y mj.nunez@example.org",
        "Era Núñez Ávila, María José",
    ];
    let mut block = Block::default();
    for (text, top) in texts.iter().zip(0..) {
        let record = block.push_record(Record::new("text".into(), RecordKind::Text, Ordinal { top, sub: 0 }));
        block.push_field(text, NewField::verbatim(record, PathStore::ROOT, Role::Body, 0));
    }
    let mut people = BlockPeople::new(&table);
    people.push(&known);
    people.push(&[]);
    let found = agree(&engines, &block, &people, "people");
    assert!(found.iter().all(|d| d.evidence.known_person && d.confidence.thousandths() >= 900), "{found:?}");
    let wanted = [
        ("NUÑEZ AVILA, Maria José", "person-name".to_owned()),
        ("612 34 56 78", "phone-number".to_owned()),
        ("mj.nunez@example.org", "email-address".to_owned()),
    ];
    assert_eq!(values(&block, &found), wanted);
}

#[test]
fn identifiers_are_judged_on_a_cue_only() {
    let engines = both(&embedded());
    let block = block_of(&[("12345678Z", Role::Identifier), ("DNI 12345678Z", Role::Identifier)]);
    let found = agree(&engines, &block, &BlockPeople::none(), "identifiers");
    let likely: Vec<bool> = found.iter().map(|d| d.confidence.thousandths() >= 500).collect();
    assert_eq!(likely, [false, true]);
}

#[test]
fn the_name_of_a_column_is_a_cue() {
    let engines = both(&embedded());
    let mut block = Block::default();
    let record = block.push_record(Record::new("csv".into(), RecordKind::Other, Ordinal { top: 0, sub: 0 }));
    for name in ["bsn", "order_id", "note"] {
        let name = block.paths.name(name);
        let path = block.paths.child(PathStore::ROOT, name);
        block.push_field("111222333", NewField::verbatim(record, path, Role::Other, 0));
    }
    let found = agree(&engines, &block, &BlockPeople::none(), "columns");
    let confidences: Vec<u16> = found.iter().map(|d| d.confidence.thousandths()).collect();
    assert_eq!(confidences.len(), 2, "the order's number falls below what is written: {confidences:?}");
    assert!(confidences[0] >= 500 && confidences[1] < 60, "{confidences:?}");
}
