//! Edits and removals go back into the bytes, and change nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails loudly"
)]

mod reading;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use olvido::formats::mapping::Mappings;
use olvido::formats::rewrite::{Changes, Edit, Planner, Refused, rewrite};
use olvido::formats::{Purpose, Reading, format_named};
use olvido::records::{Limits, Ordinal, Text};
use reading::{Seen, archive, format_of, nth, pieces, planted, read, whole, zendesk};

fn apply(bytes: &[u8], name: &str, mappings: &Mappings, changes: Changes) -> Result<Vec<u8>, Refused> {
    let limits = Limits::default();
    let reading = Reading { mappings, limits: &limits, purpose: Purpose::Scan };
    rewrite(format_of(bytes, name), &whole(bytes, name), &reading, changes)
}

fn edit(record: Ordinal, field: &str, range: std::ops::Range<usize>, replacement: &str) -> Edit {
    Edit {
        record,
        field: Text::new(field),
        range: range.start as u64..range.end as u64,
        replacement: Text::new(replacement),
        raw: None,
    }
}

/// Replaces the first `needle` of every field that has one, and checks that reading again gives just that.
fn replace_everywhere(bytes: &[u8], name: &str, mappings: &Mappings, needle: &str, with: &str) -> Vec<u8> {
    let before = read(bytes, name, mappings).fields();
    let mut edits = Vec::new();
    let mut want = before.clone();
    for seen in &mut want {
        if let Some(range) = nth(&seen.text, needle, 1) {
            edits.push(edit(seen.ordinal, &seen.path, range.clone(), with));
            seen.text.replace_range(range, with);
        }
    }
    assert!(!edits.is_empty(), "{name}: nothing to replace");
    let out = apply(bytes, name, mappings, Changes { edits, ..Changes::default() }).unwrap();
    assert_eq!(read(&out, name, mappings).fields(), want, "{}", String::from_utf8_lossy(&out));
    out
}

fn archive_files() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<String> = planted().into_iter().map(|row| row.file).collect();
    files.push("settings.json".to_owned());
    files.sort();
    files.dedup();
    files.retain(|file| !file.ends_with(".html") && !file.ends_with(".md"));
    files
        .into_iter()
        .map(|file| {
            let bytes = std::fs::read(archive().join("archive").join(&file)).unwrap();
            (file, bytes)
        })
        .collect()
}

#[test]
fn no_change_gives_equal_bytes() {
    let mappings = zendesk();
    for (file, bytes) in archive_files() {
        assert!(apply(&bytes, &file, &mappings, Changes::default()).unwrap() == bytes, "{file}");
    }
}

#[test]
fn every_planted_datum_can_be_replaced_by_shorter_and_longer_text() {
    let mappings = zendesk();
    let planted = planted();
    for (file, bytes) in archive_files() {
        let before = read(&bytes, &file, &mappings).fields();
        for with in ["X", "«a longer text, with \"quotes\"; a \\ and an é»"] {
            let mut wanted: BTreeMap<usize, Vec<std::ops::Range<usize>>> = BTreeMap::new();
            for row in planted.iter().filter(|row| row.file == file) {
                let at = before
                    .iter()
                    .position(|seen| row.is_in(seen) && nth(&seen.text, &row.text, row.occurrence).is_some());
                let at = at.unwrap_or_else(|| panic!("{file} {} {}", row.id, row.field));
                let range = nth(&before[at].text, &row.text, row.occurrence).unwrap();
                let ranges = wanted.entry(at).or_default();
                // A datum inside another goes with it.
                if ranges.iter().all(|known| known.end <= range.start || range.end <= known.start) {
                    ranges.push(range);
                }
            }
            let mut want: Vec<Seen> = before.clone();
            let mut edits = Vec::new();
            for (at, mut ranges) in wanted {
                ranges.sort_by_key(|range| range.start);
                for range in ranges.into_iter().rev() {
                    edits.push(edit(want[at].ordinal, &want[at].path, range.clone(), with));
                    want[at].text.replace_range(range, with);
                }
            }
            let out = apply(&bytes, &file, &mappings, Changes { edits, ..Changes::default() })
                .unwrap_or_else(|refused| panic!("{file}: {refused:?}"));
            let after = read(&out, &file, &mappings);
            assert!(after.gaps.is_empty(), "{file}: {:?}", after.gaps);
            let after = after.fields();
            assert_eq!(after.len(), want.len(), "{file}");
            for (got, want) in after.iter().zip(&want) {
                assert_eq!((&got.path, &got.text), (&want.path, &want.text), "{file}");
            }
        }
    }
}

#[test]
fn encodings_and_spacing_around_an_edit_stay() {
    let none = Mappings::default();
    let json = "\u{feff}{ \"b\" : 1.50e3,\r\n \"a\":\"x \\u00e9 Ana\\n\\\"y\\\"\" , \"phone\": 600111222 }";
    assert_eq!(
        String::from_utf8(replace_everywhere(json.as_bytes(), "a.json", &none, "Ana", "\"E\n")).unwrap(),
        json.replace("Ana", "\\\"E\\n")
    );
    // A number stays a number only while it is one.
    let out = replace_everywhere(json.as_bytes(), "a.json", &none, "600111222", "[gone]");
    assert_eq!(String::from_utf8(out).unwrap(), json.replace("600111222", "\"[gone]\""));
    let out = replace_everywhere(json.as_bytes(), "a.json", &none, "111", "000");
    assert_eq!(String::from_utf8(out).unwrap(), json.replace("600111222", "600000222"));

    let csv = "id;\"name\"; note\r\n1;\"Ana \"\"A\"\"\";call Ana\r\n2;x;\"Ana\ny\"";
    let out = replace_everywhere(csv.as_bytes(), "a.csv", &none, "Ana", "E;\"F\"");
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "id;\"name\"; note\r\n1;\"E;\"\"F\"\" \"\"A\"\"\";\"call E;\"\"F\"\"\"\r\n2;x;\"E;\"\"F\"\"\ny\""
    );
    let out = replace_everywhere(csv.as_bytes(), "a.csv", &none, "Ana", "");
    assert_eq!(String::from_utf8(out).unwrap(), csv.replace("Ana", ""));
}

#[test]
fn charsets_are_written_back() {
    let none = Mappings::default();
    let text = "La señora Muñoz pidió 5 € más.\r\nAdiós, señora.";
    let latin = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let out = replace_everywhere(&latin, "a.txt", &none, "Muñoz", "Ibáñez y Peña");
    assert_eq!(out, encoding_rs::WINDOWS_1252.encode(&text.replace("Muñoz", "Ibáñez y Peña")).0.into_owned());
    for big in [false, true] {
        let wide = |text: &str| -> Vec<u8> {
            format!("\u{feff}{text}")
                .encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        assert_eq!(
            replace_everywhere(&wide(text), "a.txt", &none, "Muñoz", "😀"),
            wide(&text.replace("Muñoz", "😀"))
        );
        let json = format!("[{{\"a\":\"{}\"}}]", text.replace("\r\n", "\\n"));
        assert_eq!(
            replace_everywhere(&wide(&json), "a.json", &none, "señora", "\"x\""),
            wide(&json.replacen("señora", "\\\"x\\\"", 1))
        );
    }
    let seen = read(&latin, "a.txt", &none).fields().remove(0);
    let range = nth(&seen.text, "Muñoz", 1).unwrap();
    let changes = Changes { edits: vec![edit(seen.ordinal, "", range, "Łukasz")], ..Changes::default() };
    assert_eq!(apply(&latin, "a.txt", &none, changes).unwrap_err().code, "unencodable");
}

#[test]
fn what_cannot_be_done_is_refused() {
    let none = Mappings::default();
    let json = br#"[{"a":"Ana","b":"x"},{"c":"y","c":"z"}]"#;
    let first = Ordinal { top: 0, sub: 0 };
    let second = Ordinal { top: 1, sub: 0 };
    let code = |edits: Vec<Edit>, removals: Vec<Ordinal>| {
        apply(json, "a.json", &none, Changes { edits, removals, ..Changes::default() })
            .map(|_| ())
            .unwrap_err()
            .code
    };
    assert_eq!(code(vec![edit(first, "/nope", 0..1, "")], vec![]), "field-not-found");
    assert_eq!(code(vec![edit(first, "/a", 0..9, "")], vec![]), "range-outside-field");
    assert_eq!(
        code(vec![edit(first, "/a", 0..2, ""), edit(first, "/a", 1..3, "")], vec![]),
        "overlapping-edits"
    );
    assert_eq!(code(vec![edit(second, "/c", 0..1, "")], vec![]), "ambiguous-field");
    assert_eq!(code(vec![], vec![Ordinal { top: 7, sub: 0 }]), "record-not-found");
    let said = Edit { raw: Some(35), ..edit(second, "/c", 0..1, "w") };
    let out = apply(json, "a.json", &none, Changes { edits: vec![said], ..Changes::default() }).unwrap();
    assert_eq!(out, br#"[{"a":"Ana","b":"x"},{"c":"y","c":"w"}]"#);
    let only =
        apply(b"{\"a\":\"x\"}", "a.json", &none, Changes { removals: vec![first], ..Changes::default() });
    assert_eq!(only.unwrap_err().code, "record-not-removable");
}

#[test]
fn long_fields_are_edited_across_their_blocks() {
    let none = Mappings::default();
    let body = "número \\\"doce\\\" y más\\n".repeat(30_000);
    let json = format!("[{{\"a\":\"{body}\"}}]");
    let text: String = serde_json::from_str(&format!("\"{body}\"")).unwrap();
    let record = Ordinal { top: 0, sub: 0 };
    let ranges = [0..8, 262_000..262_300, 300_000..540_000, text.len() - 3..text.len()]
        .map(|r: std::ops::Range<usize>| text.floor_char_boundary(r.start)..text.floor_char_boundary(r.end));
    let edits = ranges.iter().map(|range| edit(record, "/a", range.clone(), "[x]")).collect();
    let out = apply(json.as_bytes(), "a.json", &none, Changes { edits, ..Changes::default() }).unwrap();
    let mut want = text;
    for range in ranges.into_iter().rev() {
        want.replace_range(range, "[x]");
    }
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert!(value[0]["a"].as_str().unwrap() == want);
}

#[test]
fn pieces_are_rewritten_like_the_whole() {
    let none = Mappings::default();
    let limits = Limits::default();
    let reading = Reading { mappings: &none, limits: &limits, purpose: Purpose::Scan };
    let rows: Vec<String> = (0..40).map(|n| format!("{{\"id\":{n},\"t\":\"Ana\\u00e9 {n}\"}}")).collect();
    let table = (0..40).map(|n| format!("{n},\"Ana \"\"{n}\"\"\",u\n")).collect::<String>();
    for (format, text) in [
        ("json", format!("[{}]", rows.join(", "))),
        ("json", format!("{{\"rows\":[{}],\"next\":null}}", rows.join(","))),
        ("ndjson", rows.join("\n")),
        ("csv", format!("id,t,u\n{table}")),
    ] {
        let format = format_named(format).unwrap();
        let fields = read(text.as_bytes(), "", &none).fields();
        let changes = || Changes {
            edits: fields
                .iter()
                .filter_map(|seen| Some(edit(seen.ordinal, &seen.path, nth(&seen.text, "Ana", 1)?, "\"X\"")))
                .collect(),
            removals: [3, 4, 17, 39].map(|top| Ordinal { top, sub: 0 }).to_vec(),
            ..Changes::default()
        };
        let want = rewrite(format, &whole(text.as_bytes(), ""), &reading, changes()).unwrap();
        for wanted in [1, 100, 700] {
            let mut planner = Planner::new(changes());
            for piece in pieces(format, text.as_bytes(), "", wanted) {
                planner.piece(format, &piece, &reading).unwrap();
            }
            let plan = planner.finish().unwrap_or_else(|r| panic!("{} in {wanted}: {r:?}", format.name()));
            let out = plan.apply_to(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&want), "{}", format.name());
        }
    }
}

/// Python's parsers over many files at once: the lines say which could not be read.
const ORACLE: &str = r#"
import csv, io, json, sys
for line in sys.stdin:
    kind, text = json.loads(line)
    try:
        if kind == "json":
            json.loads(text.lstrip("\ufeff"))
        elif kind == "ndjson":
            [json.loads(row) for row in text.split("\n") if row.strip()]
        else:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=kind, strict=True))
            assert len({len(row) for row in rows if row}) <= 1, "ragged"
        print("ok")
    except Exception as error:
        print("bad", kind, repr(error))
"#;

/// What Python says of documents; none where there is no Python.
fn ask_python(documents: &[(String, String)]) -> Option<Vec<String>> {
    let child =
        Command::new("python3").args(["-c", ORACLE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("SKIPPED: there is no python3 to ask");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = documents.iter().map(|row| serde_json::to_string(row).unwrap() + "\n").collect();
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    Some(String::from_utf8(output.stdout).unwrap().lines().map(String::from).collect())
}

#[test]
fn removing_any_one_record_leaves_a_readable_document() {
    let mappings = zendesk();
    let mut documents: Vec<(String, String)> = Vec::new();
    let mut given: Vec<(String, Vec<u8>)> = archive_files();
    given.push(("one.json".into(), b"[\n  {\"a\": 1}\n]".to_vec()));
    given.push((
        "two.json".into(),
        b"{\"tickets\":[{\"a\":1}, {\"b\":2}],\n\"users\":[{\"c\":3}],\"next_page\":null}".to_vec(),
    ));
    // Comments beside something that is none cannot go one by one.
    let comment = r#"{"id":1,"author_id":2,"public":true,"body":"b","attachments":[]}"#;
    let ticket = |comments: &str| {
        format!(
            r#"[{{"id":7,"subject":"s","requester_id":1,"submitter_id":1,"via":{{}},"url":"u","comments":[{comments}]}},1]"#
        )
    };
    given.push(("five.json".into(), ticket(&format!("{comment}, null,\n{comment}")).into_bytes()));
    given.push(("six.json".into(), ticket(&format!(" {comment} ,\n{comment} , {comment}")).into_bytes()));
    given.push(("three.json".into(), b"[1, \"x\",\n[2] , {}]".to_vec()));
    given.push(("four.csv".into(), b"a,b,c\r\n1,\"x\r\ny\",3\r\n4,5,6".to_vec()));
    for (file, bytes) in given {
        if file.ends_with(".txt") {
            continue;
        }
        let format = format_of(&bytes, &file).name();
        let separator = if bytes.contains(&b';') && file.ends_with("organizations.csv") { ";" } else { "," };
        let kind = if format == "csv" { separator } else { format };
        let got = read(&bytes, &file, &mappings);
        let fields = got.fields();
        let extents = got.extents();
        assert!(extents.iter().any(|(_, extent)| extent.is_some()), "{file}");
        for (ordinal, extent) in extents {
            let changes = Changes { removals: vec![ordinal], ..Changes::default() };
            let outcome = apply(&bytes, &file, &mappings, changes);
            if extent.is_none() {
                assert_eq!(outcome.unwrap_err().code, "record-not-removable", "{file} {ordinal}");
                continue;
            }
            let out = outcome.unwrap();
            let after = read(&out, &file, &mappings);
            assert!(after.gaps.is_empty(), "{file} {ordinal}: {:?}", after.gaps);
            let texts = |fields: &[Seen]| fields.iter().map(|seen| seen.text.clone()).collect::<Vec<_>>();
            let left: Vec<String> = texts(&after.fields());
            // What lay inside it is gone, all else is there in order.
            let others: Vec<Seen> = fields
                .iter()
                .filter(|seen| {
                    !(seen.ordinal.top == ordinal.top && (ordinal.sub == 0 || seen.ordinal == ordinal))
                })
                .cloned()
                .collect();
            if ordinal.sub == 0 {
                assert_eq!(left, texts(&others), "{file} {ordinal}");
            } else {
                assert!(left.len() <= others.len(), "{file} {ordinal}");
            }
            documents.push((kind.to_owned(), String::from_utf8(out).unwrap()));
        }
    }
    assert!(documents.len() > 100);
    let Some(verdicts) = ask_python(&documents) else { return };
    assert_eq!(verdicts.len(), documents.len());
    for (verdict, (_, text)) in verdicts.iter().zip(&documents) {
        assert_eq!(verdict, "ok", "{}", &text[..text.len().min(300)]);
    }
}
