//! Sound and video as a user has them: what stands beside them is found with its way, whatever the file is called;
//! what is said and shown is a gap; redaction takes the tags away, or withholds.

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

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use support::{Run, folder, private, project, put, run};

type Wants = BTreeMap<String, BTreeMap<String, String>>;

fn wants() -> Wants {
    serde_json::from_str(&fs::read_to_string(project("fixtures/media/want.json")).unwrap()).unwrap()
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(project("fixtures/media").join(name)).unwrap()
}

fn scan(home: &std::path::Path, path: &str) -> Run {
    run(home, &["scan", path, "--format", "jsonl", "--lang", "en", "--fail-on", "never"])
}

/// Fields, with the names that lead there, in which data were found in each file.
fn found(scan: &Run) -> BTreeMap<String, BTreeSet<String>> {
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in scan.of_type("detection") {
        let inner = line["inner"].as_array().into_iter().flatten();
        let names: String = inner.map(|name| format!("{}!", name.as_str().unwrap())).collect();
        let file = line["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        out.entry(file).or_default().insert(format!("{names}{}", line["field"].as_str().unwrap()));
    }
    out
}

#[test]
fn every_datum_beside_the_sound_is_found_whatever_the_name() {
    let home = folder();
    let wants = wants();
    for (number, name) in wants.keys().enumerate() {
        put(home.path(), &format!("named/{name}"), fixture(name));
        put(home.path(), &format!("bare/{number}"), fixture(name));
    }
    let (named, bare) = (scan(home.path(), "named"), scan(home.path(), "bare"));
    let (by_name, by_bytes) = (found(&named), found(&bare));
    for (number, (name, places)) in wants.iter().enumerate() {
        let got = &by_name[name];
        for (place, value) in places {
            if value.contains('@') || value.starts_with("latitude") {
                assert!(got.contains(place), "{name}: {place} is not among {got:?}");
            }
        }
        assert_eq!(by_bytes.get(&number.to_string()), Some(got), "{name} without its ending");
    }
    assert_eq!(named.status, 3, "{}", named.stderr);
    assert_eq!(named.gap_codes(), vec!["recording-not-read".to_owned(); wants.len()]);
}

#[test]
fn redaction_withholds_recordings_until_their_content_is_allowed_and_then_lets_no_tag_out() {
    let home = folder();
    let wants = wants();
    for name in wants.keys() {
        put(home.path(), &format!("in/{name}"), fixture(name));
    }
    private(home.path());
    run(home.path(), &["redact", "in", "--out", "out", "--lang", "en"]);
    for name in wants.keys() {
        assert!(home.path().join(format!("out/{name}.withheld.txt")).exists(), "{name}");
    }
    let args = ["redact", "in", "--out", "let", "--lang", "en", "--allow-gaps", "recording-not-read"];
    let second = run(home.path(), &args);
    for (name, places) in &wants {
        let withheld = home.path().join(format!("let/{name}.withheld.txt"));
        if ["call.ogg", "voice.opus", "live.webm"].contains(&name.as_str()) {
            assert!(fs::read_to_string(&withheld).unwrap().contains("metadata-not-removable"), "{name}");
            continue;
        }
        let bytes = fs::read(home.path().join("let").join(name))
            .unwrap_or_else(|_| panic!("{name}: {}{}", second.stdout, second.stderr));
        for value in places.values().filter(|value| value.contains('@')) {
            assert!(!bytes.windows(value.len()).any(|run| run == value.as_bytes()), "{name}: {value}");
        }
        let sound = b"the sound itself";
        assert!(bytes.windows(sound.len()).any(|run| run == sound), "{name} lost its sound");
    }
    assert!(found(&scan(home.path(), "let")).is_empty());
}
