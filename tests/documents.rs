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
use std::io::{Cursor, Read, Write};

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

/// Fixtures of a folder by name, but for the scripts that make them and what is wanted of them.
fn fixtures(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut out: Vec<(String, Vec<u8>)> = fs::read_dir(project(folder))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| !name.ends_with(".py") && name != "want.json")
        .collect();
    out.sort();
    out
}

#[test]
fn removing_or_changing_the_ending_of_any_fixture_changes_nothing() {
    let home = folder();
    let home = home.path();
    let all: Vec<(String, Vec<u8>)> = ["fixtures/documents", "fixtures/office", "fixtures/containers"]
        .into_iter()
        .flat_map(fixtures)
        .collect();
    assert!(all.len() >= 30, "{}", all.len());
    let names: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
    let bare: Vec<String> = (0..all.len()).map(|at| format!("file-{at:03}")).collect();
    // An ending of something else, each time another.
    let endings = ["txt", "pdf", "jpg", "csv", "eml", "docx", "json"];
    let wrong: Vec<String> = (0..all.len())
        .map(|at| {
            let own = names[at].rsplit('.').next().unwrap();
            let other = endings.iter().cycle().skip(at).find(|ending| **ending != own).unwrap();
            format!("file-{at:03}.{other}")
        })
        .collect();
    for (at, (name, bytes)) in all.iter().enumerate() {
        put(home, &format!("named/{name}"), bytes);
        put(home, &format!("bare/{}", bare[at]), bytes);
        put(home, &format!("wrong/{}", wrong[at]), bytes);
    }
    private(home);
    let by_name = told(&scan(home, "named"), &names);
    let by_bytes = told(&scan(home, "bare"), &bare);
    let in_spite = told(&scan(home, "wrong"), &wrong);
    for (at, name) in names.iter().enumerate() {
        assert!(!by_name[at].is_empty(), "{name}: nothing was told of it");
        assert_eq!(by_name[at], by_bytes[at], "{name} without its ending");
        assert_eq!(by_name[at], in_spite[at], "{name} as {}", wrong[at]);
    }
}

/// A document of the fixtures as one with macros: its type says so, and a project lies beside its parts.
fn with_macros(name: &str, kind: &str, of: &str) -> Vec<u8> {
    let old = fs::read(project("fixtures/office").join(name)).unwrap();
    let project = fs::read(project("fixtures/office/vbaProject.bin")).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(old)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).unwrap();
        let (name, mut bytes) = (part.name().unwrap().into_owned(), Vec::new());
        part.read_to_end(&mut bytes).unwrap();
        if name == "[Content_Types].xml" {
            let text = String::from_utf8(bytes).unwrap();
            let plain = format!("application/vnd.openxmlformats-officedocument.{kind}.main+xml");
            assert!(text.contains(&plain), "{text}");
            let text = text.replace(&plain, &format!("application/vnd.ms-{of}.macroEnabled.main+xml"));
            let ending = "<Default Extension=\"bin\" ContentType=\"application/vnd.ms-office.vbaProject\"/>";
            bytes = text.replace("</Types>", &format!("{ending}</Types>")).into_bytes();
        }
        out.start_file(name, options).unwrap();
        out.write_all(&bytes).unwrap();
    }
    let folder = match &kind[..1] {
        "w" => "word",
        "s" => "xl",
        _ => "ppt",
    };
    out.start_file(format!("{folder}/vbaProject.bin"), options).unwrap();
    out.write_all(&project).unwrap();
    out.finish().unwrap().into_inner()
}

const WITH_MACROS: [(&str, &str, &str, &str); 3] = [
    ("letter.docx", "wordprocessingml.document", "word.document", "letter.docm"),
    ("clients.xlsx", "spreadsheetml.sheet", "excel.sheet", "clients.xlsm"),
    ("talk.pptx", "presentationml.presentation", "powerpoint.presentation", "talk.pptm"),
];

#[test]
fn documents_with_macros_are_read_as_those_without_and_the_macros_too() {
    let home = folder();
    let home = home.path();
    for (plain, kind, of, name) in WITH_MACROS {
        put(home, &format!("plain/{plain}"), fs::read(project("fixtures/office").join(plain)).unwrap());
        put(home, &format!("macros/{name}"), with_macros(plain, kind, of));
    }
    private(home);
    let [plain, macros] = ["plain", "macros"].map(|dir| scan(home, dir));
    for (old, _, _, new) in WITH_MACROS {
        let of = |got: &Run, name: &str, in_macros: bool| -> BTreeSet<String> {
            let lines = got.of_type("detection").into_iter().filter(|line| {
                let inside = line["inner"].to_string().contains("vbaProject.bin");
                line["path"].as_str().unwrap().ends_with(name) && inside == in_macros
            });
            let place = |line: Value| {
                format!("{} {} {} {}", line["category"], line["inner"], line["field"], line["start"])
            };
            lines.map(place).collect()
        };
        let without = of(&plain, old, false);
        assert!(without.len() > 3, "{old}: {}", without.len());
        assert_eq!(without, of(&macros, new, false), "{new}");
        let said = of(&macros, new, true);
        assert_eq!(said.len(), 2, "{new}: {said:?}");
        assert!(said.iter().all(|place| place.contains("Module1.bas")), "{said:?}");
        let mut gaps = macros.of_type("gap").into_iter();
        assert!(!gaps.any(|gap| gap["inner"].to_string().contains("vbaProject.bin")), "{new}");
    }
    assert_eq!(macros.status, 3, "the pictures were not looked at");
}

#[test]
fn redaction_withholds_macros_and_keeps_their_document() {
    let home = folder();
    let home = home.path();
    for (plain, kind, of, name) in WITH_MACROS {
        put(home, &format!("in/{name}"), with_macros(plain, kind, of));
    }
    private(home);
    let got = run(home, &["redact", "in", "--out", "out", "--lang", "en"]);
    assert_eq!(got.status, 3, "something was withheld: {}{}", got.stdout, got.stderr);
    assert!(got.stdout.contains("no-way-back") || got.stdout.contains("no-reader"), "{}", got.stdout);
    let project = fs::read(project("fixtures/office/vbaProject.bin")).unwrap();
    for (.., name) in WITH_MACROS {
        let new = fs::read(home.join("out").join(name)).unwrap_or_else(|_| panic!("{name}: {}", got.stdout));
        let mut archive = zip::ZipArchive::new(Cursor::new(new)).unwrap();
        let part = archive
            .file_names()
            .flatten()
            .find(|part| part.ends_with("vbaProject.bin"))
            .unwrap()
            .into_owned();
        let mut left = Vec::new();
        archive.by_name(&part).unwrap().read_to_end(&mut left).unwrap();
        assert!(left != project && left.starts_with(b"olvido withheld"), "{name}");
    }
    let left = scan(home, "out");
    let mails =
        left.of_type("detection").into_iter().filter(|line| line["category"] == "email-address").count();
    assert_eq!(mails, 0, "{}", left.stdout);
}
