//! The fixture archives give exactly the wanted detections and findings.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use support::{Run, copy_tree, folder, private, project, run};

fn scan(case: &str) -> (Run, Value) {
    let home = folder();
    copy_tree(&project(case).join("archive"), &home.path().join("archive"));
    private(&home.path().join("archive"));
    let want: Value =
        serde_json::from_str(&std::fs::read_to_string(project(case).join("want.json")).unwrap()).unwrap();
    let as_of = want["as_of"].as_str().unwrap().to_owned();
    let run = run(home.path(), &["scan", "archive", "--format", "jsonl", "--as-of", &as_of]);
    (run, want)
}

/// Everything that names a field: file, inner names, record kind and id, field.
fn place(line: &Value, file: &str) -> String {
    let inner: Vec<&str> =
        line["inner"].as_array().map_or(Vec::new(), |i| i.iter().map(|n| n.as_str().unwrap()).collect());
    format!("{file} {inner:?} {} {}", line["record"]["kind"], line["field"])
}

fn same_id(want: &Value, got: &Value) -> bool {
    want["record"]["id"].is_null() || want["record"]["id"] == got["record"]["id"]
}

/// The file below the archive, as the wants name it.
fn file_of(line: &Value) -> String {
    line["path"].as_str().unwrap_or("").trim_start_matches("archive/").to_owned()
}

struct Found<'l> {
    line: &'l Value,
    span: (u64, u64),
}

/// Detections by place.
fn by_place(lines: &[Value]) -> BTreeMap<String, Vec<Found<'_>>> {
    let mut out: BTreeMap<String, Vec<Found<'_>>> = BTreeMap::new();
    for line in lines {
        let span = (line["start"].as_u64().unwrap(), line["end"].as_u64().unwrap());
        out.entry(place(line, &file_of(line))).or_default().push(Found { line, span });
    }
    out
}

fn confidence(line: &Value) -> f64 {
    line["confidence"].as_f64().unwrap()
}

/// Texts are wanted by length and order in their field: masked lines hold no text to compare.
fn byte_len(want: &Value) -> u64 {
    want["text"].as_str().unwrap().len() as u64
}

#[test]
fn the_zendesk_archive_gives_the_wanted_detections() {
    let (run, want) = scan("fixtures/helpdesks/zendesk");
    let lines = run.of_type("detection");
    let found = by_place(&lines);
    let none = Vec::new();
    let mut missing = Vec::new();
    let mut explained: Vec<&Value> = Vec::new();
    for wanted in want["detections"].as_array().unwrap() {
        let key = place(wanted, wanted["file"].as_str().unwrap());
        let here = found.get(&key).unwrap_or(&none);
        let len = byte_len(wanted);
        let hits = here.iter().filter(|f| {
            same_id(wanted, f.line)
                && (f.line["category"] == wanted["category"]
                    || f.line["also"].as_array().is_some_and(|a| a.contains(&wanted["category"])))
                && f.span.1 - f.span.0 == len
        });
        let floor = match wanted["confidence"].as_str().unwrap() {
            "judged" => 0.5,
            "written" => 0.02,
            _ => {
                // Not to be found yet, but no false alarm either where it is.
                explained.extend(here.iter().map(|f| f.line));
                continue;
            }
        };
        let mut hit = false;
        for found in hits {
            explained.push(found.line);
            hit |= confidence(found.line) >= floor && found.line["value_class"] == wanted["value_class"];
        }
        if !hit {
            missing.push(format!(
                "{} {} (wanted {}) {}",
                wanted["category"], key, wanted["confidence"], wanted["value_class"]
            ));
        }
    }
    let extra: Vec<String> = lines
        .iter()
        .filter(|line| confidence(line) >= 0.5 && !explained.iter().any(|known| std::ptr::eq(*known, *line)))
        .filter(|line| !overlaps_explained(line, &explained))
        .map(|line| {
            format!(
                "{} {} {}..{} at {}",
                line["category"],
                place(line, &file_of(line)),
                line["start"],
                line["end"],
                line["confidence"]
            )
        })
        .collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "MISSING\n{}\nFALSE ALARMS\n{}",
        missing.join("\n"),
        extra.join("\n")
    );
}

/// A detection inside or across a wanted one is the same datum seen another way.
fn overlaps_explained(line: &Value, explained: &[&Value]) -> bool {
    explained.iter().any(|known| {
        known["item"] == line["item"]
            && known["record"] == line["record"]
            && known["field"] == line["field"]
            && known["start"].as_u64() < line["end"].as_u64()
            && line["start"].as_u64() < known["end"].as_u64()
    })
}

#[test]
fn the_zendesk_archive_gives_the_wanted_findings() {
    let (run, want) = scan("fixtures/helpdesks/zendesk");
    let rules: Vec<&str> =
        want["judged_rules"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
    let describe = |line: &Value| {
        let clock = &line["clock"];
        format!(
            "{} {} {} {} {}",
            line["rule"].as_str().unwrap(),
            line["verdict"].as_str().unwrap(),
            line["record"]["kind"].as_str().unwrap_or("-"),
            line["record"]["id"].as_str().unwrap_or("-"),
            if clock.is_null() { String::new() } else { format!("{} {}", clock["name"], clock["at"]) }
        )
    };
    let findings = run.of_type("finding");
    let mut got: Vec<(String, &Value)> = findings
        .iter()
        .filter(|f| rules.contains(&f["rule"].as_str().unwrap()))
        .map(|f| (describe(f), f))
        .collect();
    let mut missing = Vec::new();
    for wanted in want["findings"].as_array().unwrap() {
        let text = describe(wanted);
        let at = got.iter().position(|(described, line)| {
            let same = if wanted["record"]["id"].is_null() {
                line["rule"] == wanted["rule"]
                    && line["verdict"] == wanted["verdict"]
                    && wanted["file"].as_str() == Some(&file_of(line))
            } else {
                *described == text
            };
            same && (wanted["severity"].is_null() || wanted["severity"] == line["severity"])
                && (wanted["missing"].is_null() || wanted["missing"] == line["missing"])
        });
        match at {
            Some(at) => {
                got.remove(at);
            }
            None => missing.push(format!("{text} {}", wanted["severity"])),
        }
    }
    let extra: Vec<&String> = got.iter().map(|(text, _)| text).collect();
    assert!(missing.is_empty() && extra.is_empty(), "MISSING\n{}\nEXTRA {extra:#?}", missing.join("\n"));
}

#[test]
fn the_text_at_every_place_is_the_planted_datum() {
    // Independent of our readers: JSON fields by serde_json and the pointer of the line.
    let (run, want) = scan("fixtures/helpdesks/zendesk");
    let tickets =
        std::fs::read_to_string(project("fixtures/helpdesks/zendesk/archive/tickets.json")).unwrap();
    let records: Vec<Value> = tickets.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let planted: Vec<&str> =
        want["detections"].as_array().unwrap().iter().map(|d| d["text"].as_str().unwrap()).collect();
    let mut checked = 0;
    for line in run.of_type("detection") {
        let field = line["field"].as_str().unwrap();
        if file_of(&line) != "tickets.json"
            || field.contains('!')
            || field.contains('@')
            || confidence(&line) < 0.5
        {
            continue;
        }
        let row = usize::try_from(line["line"].as_u64().unwrap()).unwrap() - 1;
        let Some(Value::String(text)) = records[row].pointer(field) else { continue };
        let (start, end) = (line["start"].as_u64().unwrap() as usize, line["end"].as_u64().unwrap() as usize);
        let slice = &text[start..end];
        assert!(
            planted.iter().any(|p| p == &slice || p.contains(slice) || slice.contains(p)),
            "{field} {start}..{end} is no planted datum"
        );
        checked += 1;
    }
    assert!(checked > 100, "only {checked} places were checked");
}

#[test]
fn look_alikes_stay_below_a_half() {
    let (run, want) = scan("fixtures/helpdesks/zendesk");
    let lines = run.of_type("detection");
    let found = by_place(&lines);
    let mut alarms = Vec::new();
    for fake in want["lookalikes"].as_array().unwrap() {
        let key = place(fake, fake["file"].as_str().unwrap());
        for hit in found.get(&key).into_iter().flatten() {
            if same_id(fake, hit.line)
                && hit.span.1 - hit.span.0 == byte_len(fake)
                && confidence(hit.line) >= 0.5
            {
                let wanted_too = want["detections"].as_array().unwrap().iter().any(|d| {
                    place(d, d["file"].as_str().unwrap()) == key
                        && d["category"] == hit.line["category"]
                        && byte_len(d) == byte_len(fake)
                });
                if !wanted_too {
                    alarms.push(format!("{} {key} {}", hit.line["category"], hit.line["confidence"]));
                }
            }
        }
    }
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}

#[test]
fn broken_files_give_the_wanted_gaps_and_are_still_searched() {
    let home = folder();
    copy_tree(&project("fixtures/broken/archive"), &home.path().join("broken"));
    private(&home.path().join("broken"));
    let want: Value =
        serde_json::from_str(&std::fs::read_to_string(project("fixtures/broken/want.json")).unwrap())
            .unwrap();
    for case in want["files"].as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let path = Path::new("broken").join(file);
        let run = run(home.path(), &["scan", path.to_str().unwrap(), "--format", "jsonl"]);
        let gaps = run.of_type("gap");
        let wanted = case["gaps"].as_array().unwrap();
        assert_eq!(gaps.len(), wanted.len(), "{file}: {:?}", run.gap_codes());
        for (gap, wanted) in gaps.iter().zip(wanted) {
            assert_eq!(gap["class"], wanted["class"], "{file}");
            assert!(wanted["code"].is_null() || gap["code"] == wanted["code"], "{file}: {}", gap["code"]);
        }
        for datum in case["detections"].as_array().unwrap() {
            let len = byte_len(datum);
            let found = run.of_type("detection").into_iter().any(|d| {
                d["category"] == datum["category"]
                    && confidence(&d) >= 0.5
                    && d["end"].as_u64().unwrap() - d["start"].as_u64().unwrap() == len
            });
            assert!(found, "{file}: {}", datum["category"]);
        }
        let complete = wanted.iter().all(|gap| gap["class"] == "by-nature");
        assert!(complete || matches!(run.status, 1 | 3), "{file}: {}", run.status);
    }
}
