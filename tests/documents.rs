//! Documents as a user has them: in folders, mails and archives, under any name.

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

use serde_json::Value;
use support::{Run, folder, private, project, put, run};

/// What is planted in `full.pdf`, each in a place of its own.
const PLANTED: [&str; 16] = [
    "page", "hidden", "split", "spaced", "turned", "author", "title", "outline", "link", "field", "note",
    "reviewer", "form", "xmp", "embedded", "lost",
];

fn pdf(name: &str) -> Vec<u8> {
    fs::read(project("fixtures/documents").join(name)).unwrap()
}

/// Where addresses stand: the names that lead there, and the bytes.
fn addresses(got: &Run) -> BTreeSet<String> {
    let lines = got.of_type("detection").into_iter().filter(|line| line["category"] == "email-address");
    lines.map(|line| format!("{}!{}:{}", line["path"], line["inner"], line["start"])).collect()
}

fn scan(home: &std::path::Path, path: &str) -> Run {
    run(home, &["scan", path, "--format", "jsonl", "--fail-on", "never"])
}

#[test]
fn each_datum_of_a_pdf_is_found_where_it_stands() {
    let home = folder();
    let home = home.path();
    put(home, "in/letter.pdf", pdf("full.pdf"));
    put(home, "odd/letter", pdf("full.pdf"));
    private(home);
    let (named, odd) = (scan(home, "in"), scan(home, "odd"));
    let mails = |got: &Run| {
        got.of_type("detection").into_iter().filter(|line| line["category"] == "email-address").count()
    };
    assert!(mails(&named) >= PLANTED.len(), "{} {}", mails(&named), named.stdout);
    assert_eq!(mails(&named), mails(&odd), "a name says nothing");
    assert_eq!(named.status, 3, "the page of a picture was not read");
    assert!(named.stdout.contains("page-without-text"));
    assert!(addresses(&named).len() >= PLANTED.len(), "every datum has its place");
}

#[test]
fn a_pdf_in_a_mail_in_an_archive_is_read() {
    let home = folder();
    let home = home.path();
    let coded = base64(&pdf("revised.pdf"));
    let mail = format!(
        "From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\nDate: Tue, 5 Mar 2024 10:00:00 +0000\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\nhi\r\n\
         --B\r\nContent-Type: application/octet-stream; name=\"a.bin\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"a.bin\"\r\n\r\n{coded}\r\n--B--\r\n"
    );
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("mail.eml", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(mail.as_bytes()).unwrap();
    put(home, "in/all.zip", zip.finish().unwrap().into_inner());
    private(home);
    let got = scan(home, "in");
    let seen = |part: &str| {
        let items: Vec<Value> = got.of_type("item").into_iter().collect();
        items.iter().any(|item| item.to_string().contains(part)) || got.stdout.contains(part)
    };
    assert!(seen("page 1") && seen("earlier revision"), "{}", got.stdout);
    assert_eq!(got.status, 0, "{}", got.stderr);
    let mails =
        got.of_type("detection").into_iter().filter(|line| line["category"] == "email-address").count();
    assert!(mails >= 4, "both revisions and both ends of the mail: {}", got.stdout);
}

#[test]
fn redaction_withholds_what_it_cannot_write() {
    let home = folder();
    let home = home.path();
    put(home, "in/letter.pdf", pdf("full.pdf"));
    put(home, "in/note.txt", b"Nothing here.\n");
    private(home);
    let got = run(home, &["redact", "in", "--out", "out"]);
    assert!(home.join("out/note.txt").exists(), "{}", got.stderr);
    assert!(!home.join("out/letter.pdf").exists());
    assert!(home.join("out/letter.pdf.withheld.txt").exists());
    assert_eq!(got.status, 3, "{}", got.stdout);
}

#[test]
fn locked_and_broken_documents_are_told() {
    let home = folder();
    let home = home.path();
    let whole = pdf("full.pdf");
    put(home, "in/locked.pdf", pdf("locked.pdf"));
    put(home, "in/cut.pdf", &whole[..whole.len() / 3]);
    private(home);
    let got = scan(home, "in");
    assert_eq!(got.status, 3);
    assert!(got.stdout.contains("encrypted-content") && got.stdout.contains("AES-256"), "{}", got.stdout);
    let gaps: BTreeSet<String> =
        got.of_type("gap").iter().map(|gap| gap["code"].as_str().unwrap_or_default().to_owned()).collect();
    assert!(gaps.len() >= 2, "{gaps:?}");
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let number =
            three.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * at) & 63) as usize] as char;
            out.push(if at <= three.len() { digit } else { '=' });
        }
        if out.len() % 76 < 4 {
            out.push_str("\r\n");
        }
    }
    out
}

/// What was found and not read in each file, by the file's place among the names.
fn told(got: &Run, names: &[String]) -> Vec<BTreeSet<String>> {
    let of = |line: &Value| {
        names.iter().position(|name| line["path"].as_str().unwrap().ends_with(&format!("/{name}")))
    };
    let mut out = vec![BTreeSet::new(); names.len()];
    for line in got.of_type("detection") {
        // A compressed file names what is in it after itself.
        let depth = line["inner"].as_array().map_or(0, Vec::len);
        let said = format!("{} {depth} {} {}", line["category"], line["field"], line["start"]);
        out[of(&line).unwrap()].insert(said);
    }
    for line in got.of_type("gap") {
        out[of(&line).unwrap()].insert(format!("{} {}", line["code"], line["class"]));
    }
    out
}

#[test]
fn removing_the_ending_of_any_fixture_changes_nothing() {
    let home = folder();
    let home = home.path();
    let mut names: Vec<String> = fs::read_dir(project("fixtures/documents"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".py") && name != "want.json")
        .collect();
    names.sort();
    assert!(names.len() >= 14, "{names:?}");
    let bare: Vec<String> = (0..names.len()).map(|at| format!("file-{at:03}")).collect();
    for (name, bare) in names.iter().zip(&bare) {
        put(home, &format!("named/{name}"), pdf(name));
        put(home, &format!("bare/{bare}"), pdf(name));
    }
    private(home);
    let (by_name, by_bytes) = (told(&scan(home, "named"), &names), told(&scan(home, "bare"), &bare));
    for (at, name) in names.iter().enumerate() {
        assert!(!by_name[at].is_empty(), "{name}: nothing was told of it");
        assert_eq!(by_name[at], by_bytes[at], "{name}");
    }
}
