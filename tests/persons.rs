//! People write about themselves in eight languages: what must be found, and what only looks like it.
//!
//! Cases are data: one file a language in `tests/persons`, lines of `category | value | text`, and
//! look-alikes with a dash before them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

use olvido::detectors::{BlockPeople, Catalogue, Engine, Matcher, Scratch};
use olvido::records::{Block, Detection, NewField, Ordinal, PathStore, Record, RecordKind, Role};

const LANGUAGES: [&str; 8] = ["es", "fr", "de", "en", "it", "nl", "pt", "pl"];

/// The categories this wing answers for.
const CATEGORIES: [&str; 13] = [
    "person-name",
    "postal-address",
    "date-of-birth",
    "health",
    "religion-belief",
    "political-opinion",
    "trade-union",
    "ethnic-origin",
    "sex-life",
    "biometric",
    "genetic",
    "criminal-offence",
    "minor",
];

/// The catalogue as it stands in the folders, which a word added there reaches without a build.
fn catalogue() -> Catalogue {
    let mut files = Vec::new();
    for folder in ["detectors", "lexicons"] {
        let path = format!("{}/policies/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            files.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Catalogue::load(&files).map_err(|problems| problems[0].to_string()).unwrap()
}

fn matcher(engine: Engine) -> Matcher {
    Matcher::new(&catalogue(), engine).unwrap()
}

#[test]
fn rows_are_right_by_their_own_examples() {
    let wrong: Vec<String> = catalogue().check().iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn cases(language: &str) -> Vec<String> {
    let path = format!("{}/tests/persons/{language}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect()
}

fn field(name: Option<&str>, text: &str) -> Block {
    let mut block = Block::default();
    let record = block.push_record(Record::new("text".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 }));
    let path = match name {
        Some(name) => {
            let name = block.paths.name(name);
            block.paths.child(PathStore::ROOT, name)
        }
        None => PathStore::ROOT,
    };
    let role = if name.is_some() { Role::Other } else { Role::Body };
    block.push_field(text, NewField::verbatim(record, path, role, 0));
    block
}

fn detect(matcher: &Matcher, block: &Block) -> Vec<Detection> {
    let mut out = Vec::new();
    matcher.detect(block, &BlockPeople::none(), &mut Scratch::default(), &mut out);
    out
}

/// What was found of this wing, as `category "value" confidence`.
fn shown(block: &Block, found: &[Detection]) -> Vec<(String, String, f64)> {
    let text = block.text().expose();
    found
        .iter()
        .filter(|d| CATEGORIES.contains(&d.category.name()))
        .map(|d| {
            let value = text[d.start as usize..d.end as usize].to_owned();
            (d.category.to_string(), value, d.confidence.probability())
        })
        .collect()
}

#[test]
fn what_people_write_is_found_and_look_alikes_are_not() {
    let matcher = matcher(Engine::Fast);
    let mut wrong = Vec::new();
    for language in LANGUAGES {
        let (mut planted, mut alike) = (0, 0);
        for case in cases(language) {
            if let Some(text) = case.strip_prefix("- ") {
                alike += 1;
                let block = field(None, &text.replace("\\n", "\n"));
                let found = shown(&block, &detect(&matcher, &block));
                wrong.extend(
                    found
                        .iter()
                        .filter(|(_, _, p)| *p >= 0.5)
                        .map(|hit| format!("{language} - {text}: {hit:?}")),
                );
                continue;
            }
            planted += 1;
            let parts: Vec<&str> = case.splitn(3, " | ").collect();
            let (value, text) = (parts[1].replace("\\n", "\n"), parts[2].replace("\\n", "\n"));
            let block = field(None, &text);
            let found = shown(&block, &detect(&matcher, &block));
            let hit =
                found.iter().any(|(category, span, p)| category == parts[0] && *span == value && *p >= 0.5);
            if !hit {
                wrong.push(format!("{language} + {case}: {found:?}"));
            }
        }
        assert!(planted >= 25 && alike >= 25, "{language}: {planted} and {alike}");
    }
    assert!(wrong.is_empty(), "{}\n{} wrong", wrong.join("\n"), wrong.len());
}

#[test]
fn both_engines_find_the_same() {
    let (fast, naive) = (matcher(Engine::Fast), matcher(Engine::Naive));
    let people = BlockPeople::none();
    let mut scratch = Scratch::default();
    let mut total = 0;
    for language in LANGUAGES {
        let text = cases(language).join("\n").replace("\\n", "\n").replace(" | ", "\n\n");
        for text in [text.clone(), text.to_uppercase(), text.replace(' ', "\u{a0}")] {
            let block = field(None, &text);
            let (mut a, mut b) = (Vec::new(), Vec::new());
            fast.detect_unresolved(&block, &people, &mut scratch, &mut a);
            naive.detect_unresolved(&block, &people, &mut scratch, &mut b);
            assert_eq!(a, b, "{language}");
            total += a.len();
        }
    }
    assert!(total > 300, "{total}");
}

#[test]
fn the_name_of_a_column_says_what_its_values_are() {
    let matcher = matcher(Engine::Fast);
    let found = |name: &str, text: &str| {
        let block = field(Some(name), text);
        shown(&block, &detect(&matcher, &block)).into_iter().filter(|hit| hit.2 >= 0.5).collect::<Vec<_>>()
    };
    for (name, text, category) in [
        ("birthday", "1980-03-12", "date-of-birth"),
        ("birthDate", "12/03/1980", "date-of-birth"),
        ("date_of_birth", "1980-03-12T00:00:00Z", "date-of-birth"),
        ("fecha_nacimiento", "12/03/1980", "date-of-birth"),
        ("Geburtsdatum", "12.03.1980", "date-of-birth"),
        ("first_name", "Marta", "person-name"),
        ("lastName", "ruiz", "person-name"),
        ("Apellidos", "García López", "person-name"),
        ("Vorname", "Heike", "person-name"),
        ("shipping_address", "Calle Mayor 5", "postal-address"),
    ] {
        let hits = found(name, text);
        assert!(hits.iter().any(|hit| hit.0 == category), "{name}: {text}: {hits:?}");
    }
    for (name, text) in [
        ("created_at", "1980-03-12"),
        ("updated", "1980-03-12T00:00:00Z"),
        ("birthday", "2024-13-12"),
        ("status", "Open"),
        ("filename", "Report"),
        ("hostname", "Marta"),
        ("product_name", "Marta"),
        ("title", "Ana Ruiz"),
    ] {
        assert!(found(name, text).is_empty(), "{name}: {text}");
    }
}

#[test]
fn what_lost_to_a_name_is_still_covered() {
    let matcher = matcher(Engine::Fast);
    let block = field(None, "Vivo en la Calle Sra. Ana Torres 5, 28013 Madrid");
    let found = detect(&matcher, &block);
    let text = block.text().expose();
    for detection in &found {
        assert!(detection.covers.0 <= detection.start && detection.end <= detection.covers.1);
    }
    let covered: Vec<&str> = found.iter().map(|d| &text[d.covers.0 as usize..d.covers.1 as usize]).collect();
    assert!(covered.iter().any(|part| part.contains("28013 Madrid")), "{covered:?}");
}
