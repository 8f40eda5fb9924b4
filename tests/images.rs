//! Pictures as a user has them: what stands beside the pixels is found with its way, whatever the file is
//! called, and redaction takes it away.

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
use std::path::Path;

use support::{Run, folder, project, put, run};

type Wants = BTreeMap<String, BTreeMap<String, String>>;

fn wants() -> Wants {
    serde_json::from_str(&fs::read_to_string(project("fixtures/images/want.json")).unwrap()).unwrap()
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(project("fixtures/images").join(name)).unwrap()
}

fn scan(home: &Path, path: &str) -> Run {
    run(home, &["scan", path, "--format", "jsonl", "--lang", "en", "--fail-on", "never"])
}

/// Where data were found in each file: the category, the names inside and the field.
fn found(scan: &Run) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut out: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for line in scan.of_type("detection") {
        let inner = line["inner"].as_array().into_iter().flatten();
        let names: String = inner.map(|name| format!("{}!", name.as_str().unwrap())).collect();
        let file = line["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let place = format!("{names}{}", line["field"].as_str().unwrap());
        out.entry(file).or_default().insert((line["category"].as_str().unwrap().to_owned(), place));
    }
    out
}

fn category(value: &str) -> &'static str {
    match value {
        value if value.starts_with("latitude") => "gps-coordinate",
        value if value.contains('@') => "email-address",
        _ => "person-name",
    }
}

#[test]
fn every_datum_is_found_where_it_stands_whatever_the_name() {
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
            let wanted = (category(value).to_owned(), place.clone());
            assert!(got.contains(&wanted), "{name}: {wanted:?} is not among {got:?}");
        }
        assert_eq!(by_bytes.get(&number.to_string()), Some(got), "{name} without its ending");
    }
    assert_eq!(named.status, 3, "{}", named.stderr);
    assert_eq!(named.gap_codes(), vec!["image-not-read".to_owned(); wants.len()]);
}

#[test]
fn a_picture_that_says_where_it_was_taken_is_a_finding() {
    let home = folder();
    put(home.path(), "in/photo.jpg", fixture("photo.jpg"));
    put(home.path(), "in/pixel.gif", fixture("pixel.gif"));
    let got = scan(home.path(), "in");
    let findings = got.of_type("finding");
    let told: Vec<&str> = findings
        .iter()
        .filter(|line| line["rule"] == "attachments/metadata")
        .map(|line| line["path"].as_str().unwrap())
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("photo.jpg"));
}

#[test]
fn redaction_withholds_pictures_until_their_pixels_are_allowed_and_then_lets_only_pixels_out() {
    let home = folder();
    let wants = wants();
    for name in wants.keys() {
        put(home.path(), &format!("in/{name}"), fixture(name));
    }
    let first = run(home.path(), &["redact", "in", "--out", "out", "--lang", "en"]);
    assert_eq!(first.status, 3, "{}{}", first.stdout, first.stderr);
    for name in wants.keys() {
        assert!(home.path().join(format!("out/{name}.withheld.txt")).exists(), "{name}");
    }
    let args = ["redact", "in", "--out", "let", "--lang", "en", "--allow-gaps", "image-not-read"];
    let second = run(home.path(), &args);
    assert_eq!(second.status, 3, "{}{}", second.stdout, second.stderr);
    for (name, places) in &wants {
        let new = home.path().join("let").join(name);
        if ["phone.heic", "new.avif"].contains(&name.as_str()) {
            let notice = fs::read_to_string(home.path().join(format!("let/{name}.withheld.txt"))).unwrap();
            assert!(notice.contains("metadata-not-removable"), "{notice}");
            continue;
        }
        let bytes = fs::read(&new).unwrap_or_else(|_| panic!("{name}: {}{}", second.stdout, second.stderr));
        for value in places.values() {
            assert!(!bytes.windows(value.len()).any(|run| run == value.as_bytes()), "{name}: {value}");
        }
        assert_ne!(bytes, fixture(name), "{name}");
    }
    let again = scan(home.path(), "let");
    assert!(again.of_type("detection").is_empty(), "{}", again.stdout);
    pixels_are_the_same(home.path(), &wants);
}

/// Another library sees the same pixels, turned the same way.
fn pixels_are_the_same(home: &Path, wants: &Wants) {
    if !support::has_python("PIL") {
        return support::skipped("Pillow is not installed");
    }
    let script = "import sys\nfrom PIL import Image, ImageOps\na, b = (ImageOps.exif_transpose(Image.open(path)) for path in sys.argv[1:])\nassert a.size == b.size and a.tobytes() == b.tobytes(), sys.argv\n";
    for name in wants.keys().filter(|name| !name.ends_with("heic") && !name.ends_with("avif")) {
        let (old, new) = (project("fixtures/images").join(name), home.join("let").join(name));
        let status =
            std::process::Command::new("python3").args(["-c", script]).arg(old).arg(new).status().unwrap();
        assert!(status.success(), "{name}");
    }
}

#[test]
fn a_picture_in_a_drawing_is_read() {
    let home = folder();
    put(home.path(), "in/drawing.svg", fixture("drawing.svg"));
    put(home.path(), "bare/drawing", fixture("drawing.svg"));
    for path in ["in", "bare"] {
        let got = scan(home.path(), path);
        let masked: Vec<(u64, u64)> = got
            .of_type("detection")
            .iter()
            .filter(|line| line["category"] == "email-address")
            .map(|line| (line["start"].as_u64().unwrap(), line["end"].as_u64().unwrap()))
            .collect();
        // Title, metadata, comment, text.
        for len in ["svg-title", "svg-metadata", "svg-comment", "svg-text"].map(|word| word.len() as u64 + 12)
        {
            assert!(masked.iter().any(|(start, end)| end - start == len), "{path}: {len} {}", got.stdout);
        }
        // The picture inside.
        let inner =
            found(&got).into_values().flatten().any(|(_, place)| place == "embedded!exif/HostComputer");
        assert!(inner, "{path}: {}", got.stdout);
    }
}
