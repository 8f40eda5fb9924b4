//! `--passwords`: what a listed password opens is read, what none opens says how many were tried, and no password
//! comes out anywhere.

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

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use support::{Run, folder, olvido, private, project, put, run};
use zip::write::SimpleFileOptions;

/// The passwords of the fixtures.
const WORDS: [&str; 4] = ["geheim", "segreto", "secret", "made-up password"];

/// Fixtures that are encrypted, with a datum that only a password shows, how many letters it has, and the names
/// that lead to it.
const LOCKED: [(&str, usize, &[&str]); 7] = [
    ("containers/locked.zip", 15, &["aes.txt"]),
    ("containers/locked.zip", 17, &["other.txt"]),
    ("containers/locked.7z", 18, &["secret.txt"]),
    ("containers/hidden.7z", 18, &["secret.txt"]),
    ("documents/locked.pdf", 22, &["page 1"]),
    ("documents/encrypted.docx", 19, &["document", "word/comments.xml"]),
    ("documents/standard.docx", 20, &["document", "word/document.xml"]),
];

fn plant(home: &Path) {
    for (name, ..) in LOCKED {
        put(home, &format!("in/{name}"), fs::read(project("fixtures").join(name)).unwrap());
    }
    put(home, "words.txt", WORDS.join("\n"));
    private(home);
}

fn scan(home: &Path, words: &[&str]) -> Run {
    put(home, "words", words.join("\r\n"));
    run(home, &["scan", "in", "--format", "jsonl", "--fail-on", "never", "--passwords", "words"])
}

/// The addresses that were found: path, inner names, and length.
fn found(got: &Run) -> BTreeSet<(String, Vec<String>, u64)> {
    let mails = got.of_type("detection").into_iter().filter(|line| line["category"] == "email-address");
    mails
        .map(|line| {
            let inner = line["inner"].as_array().into_iter().flatten();
            let inner = inner.map(|name| name.as_str().unwrap().to_owned()).collect();
            let path = line["path"].as_str().unwrap().to_owned();
            (path, inner, line["end"].as_u64().unwrap() - line["start"].as_u64().unwrap())
        })
        .collect()
}

#[test]
fn what_a_listed_password_opens_is_read_as_anything_else() {
    let home = folder();
    plant(home.path());
    let got = scan(home.path(), &WORDS);
    let all = found(&got);
    for (path, len, inner) in LOCKED {
        let wanted = |(at, names, long): &(String, Vec<String>, u64)| {
            at.ends_with(path) && names == inner && *long == len as u64
        };
        assert!(all.iter().any(wanted), "{path} {inner:?} {len}: {all:?}");
    }
    let codes: BTreeSet<String> = got.gap_codes().into_iter().collect();
    assert!(!codes.contains("encrypted-content") && !codes.contains("weakly-encrypted"), "{codes:?}");
    let opened = got.of_type("gap").into_iter().filter(|gap| gap["code"] == "opened-with-password").count();
    assert!(opened >= 7 && codes.contains("opened-weakly-encrypted"), "{opened} {codes:?}");
    let closed = run(home.path(), &["scan", "in", "--format", "jsonl", "--fail-on", "never"]);
    let shown = found(&closed);
    assert!(
        LOCKED
            .iter()
            .all(|(path, _, inner)| !shown.iter().any(|(at, names, _)| at.ends_with(path) && names == inner))
    );
}

#[test]
fn rules_still_see_that_it_is_encrypted_and_how() {
    let home = folder();
    plant(home.path());
    put(home.path(), "words", "geheim");
    let rule = |more: &[&str]| {
        let args = ["scan", "in/containers/locked.zip", "--format", "jsonl", "--fail-on", "never"];
        let got = run(home.path(), &[args.as_slice(), more].concat());
        let findings = got.of_type("finding");
        let found = findings.iter().find(|line| line["message"].as_str().unwrap().contains("broken cipher"));
        found.unwrap_or_else(|| panic!("{}", got.stdout))["message"].as_str().unwrap().to_owned()
    };
    let (with, without) = (rule(&["--passwords", "words"]), rule(&[]));
    assert_eq!(with, without, "one opens two of three, and all three are encrypted");
    assert!(with.starts_with("1 of 3"), "{with}");
}

#[test]
fn what_stays_closed_is_counted_beside_what_was_opened() {
    let home = folder();
    put(home.path(), "in/a", fs::read(project("fixtures/containers/locked.zip")).unwrap());
    private(home.path());
    for (words, not_read, status) in [(&["geheim"][..], 1, 3), (&WORDS, 0, 0)] {
        let got = scan(home.path(), words);
        let summary = got.summary();
        assert_eq!((&summary["not_read"], got.status), (&not_read.into(), status), "{summary}");
        assert_eq!(summary["read"] == summary["items"], not_read == 0, "{summary}");
    }
}

#[test]
fn what_none_opens_says_how_many_were_tried() {
    let home = folder();
    plant(home.path());
    let got = scan(home.path(), &["wrong", "", "  ", "falsch"]);
    assert_eq!(got.status, 3);
    let gaps: Vec<_> = got.of_type("gap").into_iter().filter(|gap| gap["class"] == "encrypted").collect();
    assert!(gaps.len() >= 8, "{}", got.stdout);
    for gap in gaps {
        let message = gap["message"].as_str().unwrap();
        assert!(message.contains("none of the 2 listed passwords opens it"), "{message}");
    }
}

#[test]
fn the_bound_on_tries_is_told() {
    let home = folder();
    let bytes = fs::read(project("fixtures/documents/encrypted.docx")).unwrap();
    // The number of rounds is the file's own word. Two digits more take the place of an attribute nobody reads.
    let at = memchr::memmem::find(&bytes, b"spinCount=\"100000\" salt").expect("the count stands in clear");
    let mut slow = bytes.clone();
    slow[at..at + 20].copy_from_slice(b"spinCount=\"99999999\"");
    put(home.path(), "in/slow", &slow);
    private(home.path());
    let words: Vec<String> = (0..9).map(|n| format!("wrong {n}")).collect();
    let got = scan(home.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
    let message = got.of_type("gap")[0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("0 of the 9 listed passwords were tried"), "{message}");
}

#[test]
fn no_password_comes_out_anywhere() {
    let home = folder();
    for name in ["containers/locked.zip", "containers/hidden.7z", "documents/locked.pdf"] {
        put(home.path(), &format!("in/{name}"), fs::read(project("fixtures").join(name)).unwrap());
    }
    put(home.path(), "in/not.pdf", "write to ana@example.org");
    let dumb = ["Zx9-corr3ct-horse", "geheim", "segreto", "secret", "made-up password"];
    put(home.path(), "words.txt", dumb.join("\n"));
    assert_eq!(run(home.path(), &["key", "create", "k.hex"]).status, 0);
    // `secret` is the name of a category and of a fixture's member.
    let clean = |what: &str, text: &str| {
        for word in ["Zx9-corr3ct-horse", "geheim", "segreto", "made-up password"] {
            assert!(!text.contains(word), "{what} holds {word}");
        }
    };
    let given = ["--passwords", "words.txt"];
    for format in ["human", "jsonl", "sarif", "csv", "junit", "markdown", "github", "gitlab"] {
        let got =
            run(home.path(), &[["scan", "in", "--format", format, "--explain"].as_slice(), &given].concat());
        clean(format, &got.stdout);
        clean(format, &got.stderr);
    }
    for args in [
        vec!["gate", "in", "--propose-manifest", "manifest.json"],
        vec!["survey", "in", "--key", "k.hex", "-o", "people.olvido"],
        vec!["redact", "in", "--plan", "plan.json"],
        vec!["redact", "in", "--out", "out"],
    ] {
        let got = run(home.path(), &[args.as_slice(), &given].concat());
        assert_ne!(got.status, 2, "{args:?} {}", got.stderr);
        clean(&format!("{args:?}"), &(got.stdout + &got.stderr));
    }
    for entry in walkdir::WalkDir::new(home.path()) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() && entry.file_name() != "words.txt" {
            let name = entry.path().display().to_string();
            clean(&name, &String::from_utf8_lossy(&fs::read(entry.path()).unwrap()));
        }
    }
}

/// What may be seen of the children while they try: their command lines and environments.
#[cfg(target_os = "linux")]
#[test]
fn children_are_told_no_password_where_others_can_read_it() {
    let home = folder();
    put(home.path(), "in/a.7z", fs::read(project("fixtures/containers/locked.7z")).unwrap());
    let words: Vec<String> = (0..100).map(|n| format!("Zx9-corr3ct-{n}")).collect();
    put(home.path(), "words", words.join("\n"));
    let mut run = olvido(home.path())
        .args(["scan", "in", "--passwords", "words", "--threads", "1"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let parent = format!("PPid:\t{}", run.id());
    let mut seen = 0;
    while run.try_wait().unwrap().is_none() {
        for process in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            let read = |name: &str| fs::read(process.path().join(name)).unwrap_or_default();
            if !String::from_utf8_lossy(&read("status")).lines().any(|line| line == parent) {
                continue;
            }
            let (line, environment) = (read("cmdline"), read("environ"));
            seen += usize::from(memchr::memmem::find(&line, b"child-reader").is_some());
            for bytes in [line, environment] {
                assert!(memchr::memmem::find(&bytes, b"Zx9-corr3ct").is_none());
            }
        }
    }
    assert!(seen > 0, "the child was never looked at");
}

#[test]
fn a_file_that_will_not_do_stops_before_anything_is_read() {
    let home = folder();
    put(home.path(), "in/a.txt", "ana@example.org");
    fs::write(home.path().join("latin1"), b"first\ngehe\xEFm\n").unwrap();
    put(home.path(), "long", format!("first\n{}\n", "Zx9".repeat(400)));
    put(home.path(), "many", "Zx9-corr3ct\n".repeat(1001));
    for (file, line) in [("latin1", "line 2"), ("long", "line 2"), ("many", "line 1001"), ("nowhere", "")] {
        for command in ["scan", "gate", "redact", "survey"] {
            let mut args = vec![command, "in", "--passwords", file];
            args.extend(match command {
                "redact" => ["--out", "out"].as_slice(),
                "survey" => ["-o", "people"].as_slice(),
                _ => &[],
            });
            let got = run(home.path(), &args);
            assert_eq!(got.status, 2, "{args:?} {}", got.stderr);
            assert!(
                got.stdout.is_empty() && got.stderr.contains(file) && got.stderr.contains(line),
                "{}",
                got.stderr
            );
            assert!(!got.stderr.contains("gehe") && !got.stderr.contains("Zx9"), "{}", got.stderr);
        }
    }
    assert!(!home.path().join("out").exists());
}

/// An archive with a member in clear and one under a password.
fn archive(clear: &str, locked: &str) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    out.start_file("clear.txt", SimpleFileOptions::default()).unwrap();
    out.write_all(clear.as_bytes()).unwrap();
    let options = SimpleFileOptions::default().with_aes_encryption(zip::AesMode::Aes256, "geheim");
    out.start_file("locked.txt", options).unwrap();
    out.write_all(locked.as_bytes()).unwrap();
    out.finish().unwrap().into_inner()
}

fn redact(home: &Path, more: &[&str]) -> Run {
    let args = ["redact", "in", "--out", "out", "--lang", "en", "--passwords", "words.txt"];
    run(home, &[args.as_slice(), more].concat())
}

#[test]
fn what_was_opened_is_withheld_from_redaction_and_never_written_in_clear() {
    let home = folder();
    plant(home.path());
    put(home.path(), "in/a.zip", archive("nothing", "ana@example.org"));
    let done = redact(home.path(), &[]);
    assert_eq!(done.status, 3, "{}{}", done.stdout, done.stderr);
    for name in ["a.zip", "containers/locked.zip", "containers/locked.7z", "documents/locked.pdf"] {
        assert!(!home.path().join("out").join(name).exists(), "{name}");
    }
    // With the gap allowed, what lies in it cannot be edited all the same.
    let home = folder();
    put(home.path(), "words.txt", "geheim");
    put(home.path(), "in/a.zip", archive("nothing", "ana@example.org"));
    let done = redact(home.path(), &["--allow-gaps", "opened-with-password"]);
    assert_eq!(done.status, 3, "{}{}", done.stdout, done.stderr);
    assert!(!home.path().join("out/a.zip").exists());
}

#[test]
fn members_that_stay_are_copied_encrypted() {
    let home = folder();
    put(home.path(), "words.txt", "geheim");
    put(home.path(), "in/a.zip", archive("write to ana@example.org", "nothing"));
    let done = redact(home.path(), &["--allow-gaps", "opened-with-password"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let bytes = fs::read(home.path().join("out/a.zip")).unwrap();
    let mut made = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert!(!std::io::read_to_string(made.by_name("clear.txt").unwrap()).unwrap().contains("ana@"));
    assert!(made.by_name("locked.txt").is_err(), "it is still encrypted");
    let at = made.index_for_name("locked.txt").unwrap();
    assert_eq!(std::io::read_to_string(made.by_index_decrypt(at, b"geheim").unwrap()).unwrap(), "nothing");
}
