//! What the fixtures say is wanted stands in them: texts and wants have not drifted apart.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use olvido::findings::{Severity, Verdict};
use olvido::records::{Category, GapClass, RecordKind, ValueClass};
use serde_json::Value;

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn wants(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder(name).join("want.json")).unwrap()).unwrap()
}

fn rows<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

/// The top-level records of the JSON files of the archive, by file and id.
fn records() -> BTreeMap<(String, String), Value> {
    let archive = folder("helpdesks/zendesk/archive");
    let read = |file: &str| fs::read_to_string(archive.join(file)).unwrap();
    let mut out = BTreeMap::new();
    let mut add = |file: &str, record: Value| {
        out.insert((file.to_owned(), record["id"].to_string()), record);
    };
    for line in read("tickets.json").lines() {
        add("tickets.json", serde_json::from_str(line).unwrap());
    }
    for (file, key) in [
        ("comments-page1.json", "comments"),
        ("articles.json", "articles"),
        ("users.json", "users"),
        ("audit_logs.json", "audit_logs"),
    ] {
        let page: Value = serde_json::from_str(&read(file)).unwrap();
        for record in rows(&page, key) {
            add(file, record.clone());
        }
    }
    out
}

#[test]
fn planted_texts_stand_at_their_pointers() {
    let wants = wants("helpdesks/zendesk");
    let records = records();
    let comments: BTreeMap<String, &Value> = records
        .values()
        .flat_map(|record| {
            record["comments"].as_array().into_iter().flatten().map(move |c| (c["id"].to_string(), record))
        })
        .collect();
    let mut checked = 0;
    for want in rows(&wants, "detections").iter().chain(rows(&wants, "lookalikes")) {
        let (file, field) = (want["file"].as_str().unwrap(), want["field"].as_str().unwrap());
        let id = want["record"]["id"].as_str().unwrap_or("").to_owned();
        // HTML has its own reader; here the pointers of plain strings are checked.
        if !file.ends_with(".json") || field.contains('!') {
            continue;
        }
        let record =
            records.get(&(file.to_owned(), id.clone())).or_else(|| comments.get(&id).copied()).unwrap();
        let text =
            record.pointer(field).and_then(Value::as_str).unwrap_or_else(|| panic!("{file} {id} {field}"));
        let wanted = want["text"].as_str().unwrap();
        let times = (0..text.len())
            .filter(|at| text.is_char_boundary(*at) && text[*at..].starts_with(wanted))
            .count();
        assert!(times as u64 >= want["occurrence"].as_u64().unwrap(), "{file} {id} {field}");
        checked += 1;
    }
    assert!(checked > 300, "{checked}");
}

#[test]
fn wants_speak_the_vocabulary() {
    let wants = wants("helpdesks/zendesk");
    let mut categories = BTreeSet::new();
    for want in rows(&wants, "detections") {
        let category = want["category"].as_str().unwrap();
        assert!(Category::named(category).is_some(), "{category}");
        categories.insert(category.to_owned());
        assert!(RecordKind::named(want["record"]["kind"].as_str().unwrap()).is_some());
        assert!(["judged", "written", "beyond"].contains(&want["confidence"].as_str().unwrap()));
        if let Some(class) = want["value_class"].as_str() {
            assert!(ValueClass::ALL.iter().any(|known| known.name() == class), "{class}");
        }
        assert!(folder("helpdesks/zendesk/archive").join(want["file"].as_str().unwrap()).is_file());
    }
    assert!(categories.len() >= 15, "every category of the spine is planted: {categories:?}");
    for finding in rows(&wants, "findings") {
        let verdict: Verdict = serde_json::from_value(finding["verdict"].clone()).unwrap();
        assert!(matches!(verdict, Verdict::Fail | Verdict::Open));
        assert!(rows(&wants, "judged_rules").contains(&finding["rule"]));
        if !finding["severity"].is_null() {
            serde_json::from_value::<Severity>(finding["severity"].clone()).unwrap();
        }
    }
}

#[test]
fn every_broken_file_has_its_want_and_none_is_wanted_twice() {
    let wants = wants("broken");
    let named: Vec<String> =
        rows(&wants, "files").iter().map(|want| want["file"].as_str().unwrap().to_owned()).collect();
    let there: BTreeSet<String> = fs::read_dir(folder("broken/archive"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(named.len(), there.len());
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), there);
    for want in rows(&wants, "files") {
        for gap in rows(want, "gaps") {
            let class = gap["class"].as_str().unwrap();
            assert!(GapClass::ALL.iter().any(|known| known.name() == class), "{class}");
        }
        let bytes = fs::read(folder("broken/archive").join(want["file"].as_str().unwrap())).unwrap();
        for text in rows(want, "detections") {
            let text = text["text"].as_str().unwrap().as_bytes();
            assert!(bytes.windows(text.len()).any(|window| window == text), "{}", want["file"]);
        }
    }
}
