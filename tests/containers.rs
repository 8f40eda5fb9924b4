//! Archives and compressed files: what they hold is read as if it lay there, judged, and written again.

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
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Run, folder, private, project, put, run, run_with_stdin};

type Files = BTreeMap<String, Vec<u8>>;

/// Files below a folder by their names.
fn files(dir: &Path) -> Files {
    let mut out = Files::new();
    for entry in walkdir::WalkDir::new(dir) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(dir).unwrap().to_string_lossy().into_owned();
            out.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    out
}

fn zipped(files: &Files) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn unzipped(bytes: &[u8]) -> Files {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = Files::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        out.insert(name, bytes);
    }
    out
}

fn tarred(files: &Files) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        out.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    out.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn gunzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

fn untarred(bytes: &[u8]) -> Files {
    let mut out = Files::new();
    for entry in tar::Archive::new(bytes).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        out.insert(name, bytes);
    }
    out
}

/// What is said of every datum, but for the way to its file.
fn data(scan: &Run, outer: &str) -> Vec<String> {
    let mut out: Vec<String> = scan
        .of_type("detection")
        .iter()
        .map(|d| {
            let inner = d["inner"].as_array().cloned().unwrap_or_default();
            let names: Vec<&str> = inner.iter().map(|name| name.as_str().unwrap()).collect();
            let path = d["path"].as_str().unwrap();
            let way = [&[path][..], &names].concat().join("!");
            let way = way.strip_prefix(outer).unwrap_or(&way).trim_start_matches(['/', '!']).to_owned();
            format!(
                "{way} {} {} {} {} {}..{} {}:{} {} {}",
                d["category"],
                d["detector"],
                d["record"],
                d["field"],
                d["start"],
                d["end"],
                d["line"],
                d["column"],
                d["confidence"],
                d["value_class"]
            )
        })
        .collect();
    out.sort();
    out
}

fn kinds(scan: &Run, system: &str) -> Value {
    let systems = scan.summary()["systems"].as_array().unwrap().clone();
    let found = systems.iter().find(|one| one["system"] == system);
    found.unwrap_or_else(|| panic!("no {system} in {systems:?}"))["kinds"].clone()
}

/// Verdicts on records, which are the same wherever the export lies.
fn verdicts(scan: &Run) -> Vec<String> {
    let rules = scan.summary()["rules"].as_array().unwrap().clone();
    // Trees of files are counted one by one.
    let about_files = ["access-control/file-world-readable", "access-control/file-listed"];
    rules
        .iter()
        .filter(|rule| !about_files.contains(&rule["rule"].as_str().unwrap()))
        .map(ToString::to_string)
        .collect()
}

fn scan(home: &Path, path: &str) -> Run {
    private(&home.join(path));
    run(home, &["scan", path, "--format", "jsonl", "--as-of", "2026-11-22"])
}

#[test]
fn an_export_in_an_archive_is_read_as_if_it_lay_there() {
    let home = folder();
    let home = home.path();
    for (system, kind) in [("zendesk", "zendesk"), ("slack", "slack"), ("jira", "jira")] {
        let export = files(&project(&format!("fixtures/helpdesks/{system}/archive")));
        for (name, bytes) in &export {
            put(home, &format!("{system}/{name}"), bytes);
        }
        let plain = scan(home, system);
        for (name, outer, bytes) in [
            ("x.zip", "x.zip", zipped(&export)),
            ("x.tgz", "x.tgz!x.tar", gzipped(&tarred(&export))),
            // The name says nothing.
            ("x", "x", tarred(&export)),
        ] {
            put(home, name, bytes);
            let packed = scan(home, name);
            let (wanted, got) = (data(&plain, system), data(&packed, outer));
            let differ = wanted.iter().zip(&got).find(|(a, b)| a != b);
            assert_eq!(differ, None, "{system} {name}");
            assert_eq!((wanted.len(), packed.gap_codes().len()), (got.len(), plain.gap_codes().len()));
            assert_eq!(kinds(&packed, kind), kinds(&plain, kind), "{system} {name}");
            assert_eq!(verdicts(&packed), verdicts(&plain), "{system} {name}");
        }
    }
}

/// Lines of tickets, `bytes` long at least.
fn tickets(bytes: usize) -> String {
    let mut out = String::new();
    for at in 0.. {
        if out.len() >= bytes {
            return out;
        }
        let mail = format!("ana{at}@acme-olvido.es");
        out.push_str(&format!(
            "{{\"id\":{at},\"subject\":\"printer {at}\",\"description\":\"write to {mail}, order {at}{at}\",\"n\":{}}}\n",
            (at * 7919) % 10_007
        ));
    }
    out
}

#[test]
fn large_members_go_through_in_pieces_at_any_number_of_threads() {
    let home = folder();
    let home = home.path();
    let text = tickets(3_500_000);
    put(home, "plain/t.ndjson", &text);
    let plain = data(&scan(home, "plain"), "plain");
    assert!(plain.len() > 20_000);
    let files =
        Files::from([("a.txt".to_owned(), b"x".to_vec()), ("t.ndjson".to_owned(), text.into_bytes())]);
    let inner = zipped(&files);
    let nested = Files::from([("in.zip".to_owned(), inner.clone())]);
    for (name, outer, bytes) in [
        ("x.zip", "x.zip", inner),
        ("x.tar.gz", "x.tar.gz!x.tar", gzipped(&tarred(&files))),
        ("y.zip", "y.zip!in.zip", zipped(&nested)),
    ] {
        let path = put(home, name, &bytes);
        let packed = scan(home, name);
        assert!(plain == data(&packed, outer), "{name}");
        assert!(packed.gap_codes().is_empty());
        assert_eq!(packed.summary()["bytes"], fs::metadata(&path).unwrap().len(), "{name}");
        let one = run(home, &["scan", name, "--format", "jsonl", "--as-of", "2026-11-22", "--threads", "1"]);
        assert!(one.stdout == packed.stdout, "{name}");
        let piped = run_with_stdin(home, &["scan", "-", "--format", "jsonl"], &bytes);
        assert_eq!(piped.of_type("detection").len(), plain.len(), "{name} from standard input");
    }
}

#[test]
fn a_datum_is_found_through_every_wrapping_with_its_way() {
    let home = folder();
    let home = home.path();
    let mail = "From: desk@acme-olvido.es\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nSUJBTiBFUzkxIDIxMDAgMDQxOCA0NTAyIDAwMDUgMTMzMg==\r\n--b--\r\n";
    let inner = zipped(&Files::from([("mail".to_owned(), mail.as_bytes().to_vec())]));
    let tar = tarred(&Files::from([("in/inner".to_owned(), inner)]));
    put(home, "x", gzipped(&gzipped(&tar)));
    let got = scan(home, "x");
    let ibans: Vec<Value> =
        got.of_type("detection").into_iter().filter(|line| line["category"] == "iban").collect();
    assert_eq!(ibans.len(), 1, "{}", got.stdout);
    let inner = ibans[0]["inner"].as_array().unwrap();
    assert_eq!(inner[..4], ["content", "content", "in/inner", "mail"].map(Value::from));
    assert_eq!(got.gap_codes(), Vec::<String>::new());
    let shallow = run(home, &["scan", "x", "--format", "jsonl", "--max-depth", "3"]);
    assert_eq!((shallow.status, shallow.gap_codes()), (3, vec!["too-deep".to_owned()]));
}

#[test]
fn what_cannot_be_read_in_a_container_is_a_gap_and_the_rest_is_read() {
    let home = folder();
    let home = home.path();
    let archive = zipped(&Files::from([
        ("a.txt".to_owned(), b"IBAN ES91 2100 0418 4502 0005 1332".to_vec()),
        ("juan.perez@acme-olvido.es.txt".to_owned(), b"hello".to_vec()),
    ]));
    put(home, "cut.zip", &archive[..archive.len() - 30]);
    let cut = scan(home, "cut.zip");
    assert_eq!((cut.status, cut.gap_codes()), (3, vec!["damaged-container".to_owned()]));
    assert!(cut.of_type("detection").iter().any(|line| line["category"] == "iban"), "{}", cut.stdout);
    let mut locked = archive.clone();
    let list = locked.windows(4).position(|mark| mark == b"PK\x01\x02").unwrap();
    let second = list + 4 + locked[list + 4..].windows(4).position(|mark| mark == b"PK\x01\x02").unwrap();
    let header = locked.windows(4).rposition(|mark| mark == b"PK\x03\x04").unwrap();
    locked[second + 8] |= 1;
    locked[header + 6] |= 1;
    put(home, "locked.zip", &locked);
    let got = scan(home, "locked.zip");
    // Its cipher is broken, which a rule says as well.
    assert_eq!((got.status, got.gap_codes()), (1, vec!["weakly-encrypted".to_owned()]));
    assert!(!got.stdout.contains("juan.perez"), "names are masked");
    let found: Vec<Value> = got.of_type("detection").iter().map(|line| line["category"].clone()).collect();
    assert!(found.contains(&Value::from("email-address")), "the name of what is locked is read");
    // The same where the walk opens it: nothing is told twice.
    let noise: Vec<u8> = (0..400_000u64).map(|n| (n.wrapping_mul(n ^ 0x9E37) >> 7) as u8).collect();
    let mut large =
        zipped(&Files::from([("a.txt".to_owned(), b"hello".to_vec()), ("b.txt".to_owned(), noise)]));
    assert!(large.len() > 256 << 10);
    let list = large.windows(4).position(|mark| mark == b"PK\x01\x02").unwrap();
    large[6] |= 1;
    large[list + 8] |= 1;
    put(home, "large.zip", &large);
    let codes = scan(home, "large.zip").gap_codes();
    assert_eq!(codes.iter().filter(|code| *code == "weakly-encrypted").count(), 1, "{codes:?}");
    assert!(!codes.contains(&"container-too-large".to_owned()), "{codes:?}");
    let bomb = zipped(&Files::from([("zeros".to_owned(), vec![b'0'; 300 << 20])]));
    assert!(bomb.len() > 256 << 10, "the walk opens it");
    put(home, "bomb.zip", &bomb);
    let got = scan(home, "bomb.zip");
    assert_eq!((got.status, got.gap_codes()), (3, vec!["expanded-ratio".to_owned()]));
}

/// What Python's zipfile and tarfile say of a file: names and contents, or what is wrong.
fn python(path: &Path) -> Option<Value> {
    let script = r#"
import io, json, sys, tarfile, zipfile
path = sys.stdin.read()
if path.endswith(".zip"):
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    out = {name: archive.read(name).decode("latin-1") for name in archive.namelist()}
else:
    archive = tarfile.open(path)
    out = {one.name: archive.extractfile(one).read().decode("latin-1") for one in archive.getmembers()}
print(json.dumps(out))
"#;
    let child =
        Command::new("python3").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("SKIPPED: there is no python3 to ask");
        return None;
    };
    child.stdin.take().unwrap().write_all(path.to_str().unwrap().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Some(serde_json::from_slice(&output.stdout).expect("Python reads it"))
}

fn left(scan: &Run) -> usize {
    let real = |line: &&Value| {
        line["confidence"].as_f64().unwrap() >= 0.1
            && !["reserved", "documentation"].contains(&line["value_class"].as_str().unwrap())
    };
    scan.of_type("detection").iter().filter(real).count()
}

#[test]
fn archives_are_written_again_without_their_data() {
    let home = folder();
    let home = home.path();
    let name = "mail of juan.perez@acme-olvido.es.txt";
    let held = Files::from([
        ("a/t.json".to_owned(), br#"[{"id": 1, "text": "IBAN ES91 2100 0418 4502 0005 1332"}]"#.to_vec()),
        ("keep.txt".to_owned(), b"nothing to see here\n".repeat(400)),
        (name.to_owned(), b"hello".to_vec()),
    ]);
    put(home, "in/x.zip", zipped(&held));
    put(home, "in/y.tar.gz", gzipped(&tarred(&held)));
    put(home, "in/z.zip", zipped(&Files::from([("y.tgz".to_owned(), gzipped(&tarred(&held)))])));
    let redacted = run(home, &["redact", "in", "--out", "out"]);
    assert_eq!(redacted.status, 0, "{}{}", redacted.stdout, redacted.stderr);
    let out = home.join("out");
    let read = |name: &str| fs::read(out.join(name)).unwrap();
    let inner = unzipped(&read("z.zip"));
    for got in [
        unzipped(&read("x.zip")),
        untarred(&gunzipped(&read("y.tar.gz"))),
        untarred(&gunzipped(&inner["y.tgz"])),
    ] {
        assert_eq!(got["keep.txt"], held["keep.txt"]);
        assert_eq!(got["a/t.json"], br#"[{"id": 1, "text": "IBAN [IBAN]"}]"#);
        assert_eq!(got["mail of [e-mail address].txt"], b"hello");
        assert_eq!(got.len(), 3);
    }
    let compressed = |bytes: &[u8]| {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
        let mut file = archive.by_name("keep.txt").unwrap();
        (file.compressed_size(), file.crc32(), std::io::copy(&mut file, &mut std::io::sink()).unwrap())
    };
    assert_eq!(compressed(&read("x.zip")), compressed(&zipped(&held)), "what stays is copied as it was");
    assert_eq!(left(&scan(home, "out")), 0);
    for name in ["x.zip", "y.tar.gz"] {
        if let Some(said) = python(&out.join(name)) {
            assert_eq!(said["mail of [e-mail address].txt"], "hello", "{name}");
            assert_eq!(said.as_object().unwrap().len(), 3);
        }
    }
}

#[test]
fn a_container_that_cannot_be_written_is_withheld() {
    let home = folder();
    let home = home.path();
    let archive = zipped(&Files::from([("a.txt".to_owned(), b"ana@acme-olvido.es".to_vec())]));
    put(home, "in/cut.zip", &archive[..archive.len() - 10]);
    let redacted = run(home, &["redact", "in", "--out", "out"]);
    assert_eq!(redacted.status, 3, "{}{}", redacted.stdout, redacted.stderr);
    let written: Vec<String> = files(&home.join("out")).into_keys().collect();
    assert!(!written.contains(&"cut.zip".to_owned()), "{written:?}");
    let all: Vec<u8> = files(&home.join("out")).into_values().flatten().collect();
    assert!(!all.windows(12).any(|window| window == b"acme-olvido."));
}

#[test]
fn a_document_in_an_archive_gives_what_its_runs_say_together() {
    let home = folder();
    let home = home.path();
    let body = "<w:document><w:body><w:p><w:r><w:t>IBAN ES91 2100</w:t></w:r><w:r><w:t> 0418 4502 0005 1332</w:t></w:r></w:p></w:body></w:document>";
    let document = zipped(&Files::from([
        ("[Content_Types].xml".to_owned(), b"<Types/>".to_vec()),
        ("word/document.xml".to_owned(), body.as_bytes().to_vec()),
    ]));
    put(home, "x.zip", zipped(&Files::from([("contract".to_owned(), document.clone())])));
    let got = scan(home, "x.zip");
    let found: Vec<Value> =
        got.of_type("detection").into_iter().filter(|line| line["category"] == "iban").collect();
    assert_eq!(found.len(), 1, "{}", got.stdout);
    assert_eq!(found[0]["inner"], serde_json::json!(["contract", "word/document.xml"]));
    assert_eq!(got.gap_codes(), Vec::<String>::new());
    put(home, "in/contract.docx", document);
    let redacted = run(home, &["redact", "in", "--out", "out"]);
    assert_eq!(redacted.status, 0, "{}", redacted.stdout);
    assert!(scan(home, "out").of_type("detection").is_empty());
}

#[test]
fn a_document_too_large_to_be_held_is_told_and_not_scanned_as_noise() {
    let home = folder();
    let home = home.path();
    let mut noise = vec![0u8; 66 << 20];
    let mut state = 1u64;
    for byte in &mut noise {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *byte = (state >> 33) as u8;
    }
    let document = zipped(&Files::from([
        ("[Content_Types].xml".to_owned(), b"<Types/>".to_vec()),
        ("word/media/a.bin".to_owned(), noise),
    ]));
    assert!(document.len() > 64 << 20);
    put(home, "x.docx", document);
    let got = scan(home, "x.docx");
    assert_eq!((got.status, got.gap_codes()), (3, vec!["container-too-large".to_owned()]));
    assert!(got.of_type("detection").is_empty(), "{}", got.stdout);
}

/// A tar with a record before each member, as Python and others write it.
fn with_records(key: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let path = (!name.is_ascii()).then_some(("path", name.as_bytes()));
        let times = [("mtime", &b"1700000000.5"[..]), (key, &b"x"[..])];
        out.append_pax_extensions(times.into_iter().chain(path)).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        let plain: String = name.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
        header.set_path(plain).unwrap();
        header.set_cksum();
        out.append(&header, text.as_bytes()).unwrap();
    }
    out.into_inner().unwrap()
}

#[test]
fn names_in_records_before_a_member_are_written() {
    let home = folder();
    let home = home.path();
    let long = format!("{}/of juan.perez@acme-olvido.es.txt", "folder".repeat(30));
    let records = with_records(
        "comment",
        &[
            ("plain juan.perez@acme-olvido.es.txt", "hello"),
            ("señor juan.perez@acme-olvido.es.txt", "IBAN ES91 2100 0418 4502 0005 1332"),
            ("keep.txt", "kept"),
        ],
    );
    put(home, "in/records.tar", &records);
    put(home, "in/long.tar", tarred(&Files::from([(long.clone(), b"hello".to_vec())])));
    let redacted = run(home, &["redact", "in", "--out", "out"]);
    assert_eq!(redacted.status, 0, "{}{}", redacted.stdout, redacted.stderr);
    let got = untarred(&fs::read(home.join("out/records.tar")).unwrap());
    assert_eq!(got["plain [e-mail address].txt"], b"hello");
    assert_eq!(got["señor [e-mail address].txt"], b"IBAN [IBAN]");
    assert_eq!((got["keep.txt"].as_slice(), got.len()), (&b"kept"[..], 3));
    let got = untarred(&fs::read(home.join("out/long.tar")).unwrap());
    assert_eq!(got[&long.replace("juan.perez@acme-olvido.es", "[e-mail address]")], b"hello");
    for name in ["records.tar", "long.tar"] {
        let bytes = fs::read(home.join("out").join(name)).unwrap();
        assert!(!bytes.windows(10).any(|window| window == b"juan.perez"), "{name}");
        python(&home.join("out").join(name));
    }
    assert_eq!(left(&scan(home, "out")), 0);
}

#[test]
fn what_a_later_reading_withholds_is_told() {
    let home = folder();
    let home = home.path();
    // Only the second reading knows the name, and an archive with such a record is not written.
    put(home, "in/odd.tar", with_records("GNU.sparse.none", &[("of ana.lopez.txt", "hello")]));
    put(home, "in/t.txt", "please reset\nusername: ana.lopez\n");
    let redacted = run(home, &["redact", "in", "--out", "out"]);
    assert_eq!(redacted.status, 3, "{}{}", redacted.stdout, redacted.stderr);
    assert!(redacted.stdout.contains("1 withheld"), "{}", redacted.stdout);
    let manifest: Value =
        serde_json::from_slice(&fs::read(home.join("out/olvido-manifest.json")).unwrap()).unwrap();
    assert_eq!(
        (&manifest["withheld"], &manifest["withheld_by_code"]["member-not-writable"]),
        (&1.into(), &1.into())
    );
    let written: Vec<String> = files(&home.join("out")).into_keys().collect();
    assert_eq!(written, ["odd.tar.withheld.txt", "olvido-manifest.json", "t.txt"]);
    let kept = run(home, &["redact", "in", "--in-place", "--keep-original", "originals"]);
    assert_eq!(kept.status, 3, "{}{}", kept.stdout, kept.stderr);
    assert!(home.join("in/odd.tar.withheld.txt").exists() && home.join("originals/odd.tar").exists());
}

#[test]
fn base64_in_mail_in_zip_in_7z_is_found_without_any_ending() {
    let home = folder();
    put(home.path(), "in/archive", fs::read(project("fixtures/containers/nested.7z")).unwrap());
    let got = run(home.path(), &["scan", "in", "--format", "jsonl", "--lang", "en", "--fail-on", "never"]);
    assert_eq!(got.status, 0, "{}{}", got.stderr, got.stdout);
    let len = "deep-in-everything@example.org".len() as u64;
    let found = got.of_type("detection").into_iter().find(|line| {
        line["category"] == "email-address"
            && line["end"].as_u64().unwrap() - line["start"].as_u64().unwrap() == len
    });
    let inner = found.unwrap_or_else(|| panic!("{}", got.stdout))["inner"].clone();
    assert_eq!(inner, serde_json::json!(["zip", "mail", "list"]));
}
