//! Documents come out of a redaction as documents: nothing that was planted is in any part, another library opens
//! them, and every part that held nothing is as it was, byte for byte as it is compressed.

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
use std::process::Command;

use serde_json::Value;
use support::{Run, folder, private, project, put, run};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

fn wants() -> BTreeMap<String, Vec<String>> {
    serde_json::from_str(&fs::read_to_string(project("fixtures/office/want.json")).unwrap()).unwrap()
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(project("fixtures/office").join(name)).unwrap()
}

/// One entry of a package.
struct Entry {
    name: String,
    stored: bool,
    raw: Vec<u8>,
    bytes: Vec<u8>,
}

fn entries(package: &[u8]) -> Vec<Entry> {
    let mut archive = ZipArchive::new(Cursor::new(package)).unwrap();
    (0..archive.len())
        .map(|at| {
            let (mut raw, mut bytes) = (Vec::new(), Vec::new());
            archive.by_index_raw(at).unwrap().read_to_end(&mut raw).unwrap();
            let mut file = archive.by_index(at).unwrap();
            file.read_to_end(&mut bytes).unwrap();
            let stored = file.compression() == CompressionMethod::Stored;
            Entry { name: file.name().unwrap().into_owned(), stored, raw, bytes }
        })
        .collect()
}

/// The letters and digits of a text, without tags, references undone: what is split over runs is whole there.
fn plain(text: &str) -> String {
    let (mut out, mut in_tag) = (String::new(), false);
    let undone = text.replace("<![CDATA[", "").replace("&#115;", "s").replace("&#64;", "@");
    for c in undone.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            c if !in_tag && c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    out
}

fn letters(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a value stands anywhere in bytes: as it is, in UTF-16, without tags, or in a package inside.
fn holds(bytes: &[u8], value: &str) -> bool {
    if bytes.starts_with(b"PK\x03\x04") {
        return entries(bytes).iter().any(|one| holds(&one.bytes, value) || one.name.contains(value));
    }
    let wide: Vec<u16> = bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
    let texts = [String::from_utf8_lossy(bytes).into_owned(), String::from_utf16_lossy(&wide)];
    texts.iter().any(|text| text.contains(value) || plain(text).contains(&letters(value)))
}

fn redact(home: &Path, from: &str, to: &str, more: &[&str]) -> Run {
    let mut args = vec!["redact", from, "--out", to, "--lang", "en"];
    args.extend(more);
    run(home, &args)
}

const ALLOWED: [&str; 2] = ["--allow-gaps", "image-not-read"];

fn detections(home: &Path, path: &str) -> Vec<Value> {
    run(home, &["scan", path, "--format", "jsonl", "--lang", "en", "--fail-on", "never"]).of_type("detection")
}

fn all(home: &Path) {
    for name in wants().keys() {
        put(home, &format!("in/{name}"), fixture(name));
    }
    private(home);
}

#[test]
fn nothing_planted_is_in_any_part_and_a_scan_finds_nothing() {
    let home = folder();
    let home = home.path();
    all(home);
    let got = redact(home, "in", "out", &ALLOWED);
    assert_eq!(got.status, 0, "{}{}", got.stdout, got.stderr);
    assert!(got.stdout.contains("previews and signatures"), "{}", got.stdout);
    for (name, values) in wants() {
        let new = fs::read(home.join("out").join(&name)).unwrap();
        for value in values {
            assert!(holds(&fixture(&name), &value), "{name} has no {value} to begin with");
            let left: Vec<String> = entries(&new)
                .into_iter()
                .filter(|one| holds(&one.bytes, &value))
                .map(|one| one.name)
                .collect();
            assert!(left.is_empty(), "{name}: {value} is left in {left:?}");
        }
    }
    let left = detections(home, "out");
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_held_nothing_is_as_it_was_and_nothing_to_do_changes_nothing() {
    let home = folder();
    let home = home.path();
    all(home);
    redact(home, "in", "out", &ALLOWED);
    for (name, values) in wants() {
        let (old, new) =
            (entries(&fixture(&name)), entries(&fs::read(home.join("out").join(&name)).unwrap()));
        let stale = |name: &str| name.to_lowercase().contains("thumbnail") || name.contains("signatures");
        let kept: Vec<&Entry> = old.iter().filter(|one| !stale(&one.name)).collect();
        assert!(
            new.iter().map(|one| &one.name).eq(kept.iter().map(|one| &one.name)),
            "{name}: other entries"
        );
        let mut same = 0;
        for (old, new) in kept.iter().zip(&new) {
            let names_parts = ["_rels/.rels", "[Content_Types].xml", "META-INF/manifest.xml"];
            let planted = values.iter().any(|value| holds(&old.bytes, value));
            if !planted && !names_parts.contains(&old.name.as_str()) {
                assert_eq!(old.raw, new.raw, "{name}: {}", old.name);
                same += 1;
            }
            assert_eq!(old.stored, new.stored, "{name}: {}", old.name);
            let text = String::from_utf8_lossy(&new.bytes).to_lowercase();
            assert!(
                !names_parts.contains(&new.name.as_str())
                    || !text.contains("thumbnail") && !text.contains("sig1"),
                "{text}"
            );
        }
        assert!(same > 0 || name.ends_with("odp"), "{name}: nothing to compare");
    }
    let sheet = entries(&fs::read(home.join("out/clients.ods")).unwrap());
    let sheet = sheet.iter().find(|one| one.name == "content.xml").unwrap();
    assert!(
        String::from_utf8_lossy(&sheet.bytes).contains("table:name=\"(e-mail address)\""),
        "a name a sheet can have"
    );
    let coded =
        |dir: &str| holds(&fs::read(home.join(dir).join("clients.ods")).unwrap(), "sheet-name_40_example");
    assert!(coded("in") && !coded("out"), "the style of the sheet says its name");
    let again = redact(home, "out", "twice", &ALLOWED);
    assert_eq!(again.status, 0, "{}{}", again.stdout, again.stderr);
    for name in wants().keys() {
        let [once, twice] = ["out", "twice"].map(|dir| fs::read(home.join(dir).join(name)).unwrap());
        assert!(once == twice, "{name}");
    }
}

const OPENED: &str = r#"
import json, sys, warnings
warnings.simplefilter("ignore")
path, kind = sys.argv[1:]
if kind == "docx":
    import docx
    d = docx.Document(path)
    out = [p.text for p in d.paragraphs] + [c.text for t in d.tables for r in t.rows for c in r.cells]
    out += [p.text for s in d.sections for part in (s.header, s.footer) for p in part.paragraphs] + [d.core_properties.author]
elif kind == "openpyxl":
    import openpyxl
    b = openpyxl.load_workbook(path)
    out = list(b.sheetnames) + [str(c.value) for s in b for row in s for c in row] + [str(n.attr_text) for n in b.defined_names.values()]
    out += [c.comment.text for s in b for row in s for c in row if c.comment]
elif kind == "pptx":
    import pptx
    out = []
    for slide in pptx.Presentation(path).slides:
        out += [s.text_frame.text for s in slide.shapes if s.has_text_frame]
        out += [c.text for s in slide.shapes if s.has_table for row in s.table.rows for c in row.cells]
        if slide.has_notes_slide:
            out += [s.text_frame.text for s in slide.notes_slide.shapes if s.has_text_frame]
else:
    from odf import opendocument, teletype, text, table
    d = opendocument.load(path)
    out = [teletype.extractText(e) for e in d.getElementsByType(text.P)]
    out += [c.getAttribute("valuetype") for c in d.getElementsByType(table.TableCell)]
print(json.dumps(out))
"#;

/// What another library reads; none where it is not installed, which is said.
fn opened(path: &Path, module: &str) -> Option<Vec<String>> {
    if !support::has_python(module) {
        return None;
    }
    let output = Command::new("python3").args(["-c", OPENED]).arg(path).arg(module).output().unwrap();
    assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn other_libraries_open_what_comes_out_and_read_the_labels_in_their_places() {
    let home = folder();
    let home = home.path();
    all(home);
    redact(home, "in", "out", &ALLOWED);
    for (name, module, wanted) in [
        (
            "letter.docx",
            "docx",
            &["Write to [e-mail address] now & then", "coded [e-mail address] <here>", "[e-mail address]"][..],
        ),
        (
            "clients.xlsx",
            "openpyxl",
            &[
                "Clients",
                "(e-mail address)",
                "[e-mail address], urgent",
                "say \"hi\" to [e-mail address]; <soon> & often",
                "kept as it is",
                "=SUM('(e-mail address)'!A1:A2)",
                "'(e-mail address)'!$A$1",
                "7",
                "=HYPERLINK(\"mailto:[e-mail address]\",\"say \"\"hi\"\"\")",
            ],
        ),
        ("talk.pptx", "pptx", &["ask [e-mail address] today", "plain", "[e-mail address]"]),
        ("letter.odt", "odf", &["Write to [e-mail address] now & then"]),
        ("clients.ods", "odf", &["[e-mail address]", "7", "float", "string"]),
        ("talk.odp", "odf", &["ask [e-mail address]"]),
    ] {
        let Some(texts) = opened(&home.join("out").join(name), module) else { continue };
        for text in wanted {
            assert!(texts.iter().any(|got| got == text), "{name}: no {text} in {texts:?}");
        }
    }
}

#[test]
fn pictures_nobody_looked_at_are_replaced_by_a_dot_and_the_document_still_opens() {
    let home = folder();
    let home = home.path();
    put(home, "in/letter.docx", fixture("letter.docx"));
    private(home);
    let got = redact(home, "in", "out", &[]);
    assert_eq!(got.status, 3, "{}{}", got.stdout, got.stderr);
    assert!(
        got.stdout.contains("image-not-read (1)"),
        "the preview is not withheld, it goes: {}",
        got.stdout
    );
    let new = entries(&fs::read(home.join("out/letter.docx")).unwrap());
    let picture = new.iter().find(|one| one.name == "word/media/image1.png").unwrap();
    assert!(picture.bytes.starts_with(b"\x89PNG") && picture.bytes.len() < 100);
}

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        out.start_file(*name, SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn word(body: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let document = format!(
        "<w:document xmlns:w=\"w\"><w:body><w:p><w:r><w:t>{body}</w:t></w:r></w:p></w:body></w:document>"
    );
    let mut parts = vec![
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", "<R/>"),
        ("word/document.xml", document.as_str()),
    ];
    parts.extend_from_slice(more);
    package(&parts)
}

#[test]
fn a_value_left_where_nothing_can_be_edited_withholds_the_document() {
    let home = folder();
    let home = home.path();
    let styles =
        r#"<w:styles xmlns:w="w"><w:style><w:name w:val="as 020 7946 0333 has it"/></w:style></w:styles>"#;
    put(home, "in/style.docx", word("Phone: 020 7946 0333", &[("word/styles.xml", styles)]));
    // Removed in one file, beside the text of another, of which nothing else goes.
    put(
        home,
        "in/theme.docx",
        word("nothing here", &[("word/theme/theme1.xml", "<a:t name=\"020 7946 0222\"/>")]),
    );
    put(home, "in/note.txt", "Phone: 020 7946 0222\n");
    put(home, "in/plain.docx", word("nothing here", &[("word/styles.xml", "<w:styles xmlns:w=\"w\"/>")]));
    private(home);
    let got = redact(home, "in", "out", &[]);
    assert_eq!(got.status, 3, "{}{}", got.stdout, got.stderr);
    for name in ["style.docx", "theme.docx"] {
        let notice = fs::read_to_string(home.join(format!("out/{name}.withheld.txt")))
            .unwrap_or_else(|_| panic!("{name}: {}", got.stdout));
        assert!(notice.contains("value-beside-text"), "{notice}");
        assert!(!home.join("out").join(name).exists());
    }
    let [old, new] = ["in", "out"].map(|dir| fs::read(home.join(dir).join("plain.docx")).unwrap());
    assert!(old == new, "nothing went, nothing changed");
}

#[test]
fn locked_damaged_and_badly_named_documents_stay_withheld() {
    let home = folder();
    let home = home.path();
    let whole = word("Write to ana@example.org", &[]);
    let locked = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>";
    put(
        home,
        "in/locked.odt",
        package(&[
            ("mimetype", "application/vnd.oasis.opendocument.text"),
            ("content.xml", "x"),
            ("META-INF/manifest.xml", locked),
        ]),
    );
    put(home, "in/cut.docx", &whole[..whole.len() - 30]);
    put(home, "in/open.docx", word("ana@example.org", &[("word/header1.xml", "<w:hdr><w:p>")]));
    put(home, "in/named.docx", word("x", &[("word/media/ana@example.org.xml", "<a>y</a>")]));
    put(
        home,
        "in/latin.docx",
        word(
            "x",
            &[(
                "word/header1.xml",
                "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><w:p>ana@example.org</w:p>",
            )],
        ),
    );
    private(home);
    let got = redact(home, "in", "out", &[]);
    assert_eq!(got.status, 3, "{}{}", got.stdout, got.stderr);
    for (name, code) in [
        ("locked.odt", "encrypted-content"),
        ("cut.docx", "damaged-container"),
        ("open.docx", "malformed-document"),
        ("named.docx", "document-part-name"),
        ("latin.docx", "document-not-writable"),
    ] {
        let notice = fs::read_to_string(home.join(format!("out/{name}.withheld.txt")))
            .unwrap_or_else(|_| panic!("{name}: {}{}", got.stdout, got.stderr));
        assert!(notice.contains(code) || code == "damaged-container", "{name}: {notice}");
    }
}

#[test]
fn a_document_in_an_archive_is_written_through_it() {
    let home = folder();
    let home = home.path();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("a/clients.xlsx", SimpleFileOptions::default()).unwrap();
    zip.write_all(&fixture("clients.xlsx")).unwrap();
    put(home, "in/all.zip", zip.finish().unwrap().into_inner());
    private(home);
    let got = redact(home, "in", "out", &[]);
    assert_eq!(got.status, 0, "{}{}", got.stdout, got.stderr);
    let new = fs::read(home.join("out/all.zip")).unwrap();
    for value in &wants()["clients.xlsx"] {
        assert!(!holds(&new, value), "{value}");
    }
    assert_eq!(entries(&new)[0].name, "a/clients.xlsx");
}

#[test]
fn a_book_is_written_as_the_archive_it_is_with_its_type_first() {
    let home = folder();
    let home = home.path();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("mimetype", stored).unwrap();
    zip.write_all(b"application/epub+zip").unwrap();
    for (name, text) in [
        (
            "META-INF/container.xml",
            "<container><rootfiles><rootfile full-path=\"book.opf\"/></rootfiles></container>",
        ),
        ("book.opf", "<package><metadata><creator>author@example.org</creator></metadata></package>"),
        ("one.xhtml", "<html><body><p>chapter@example.org</p></body></html>"),
        ("two.xhtml", "<html><body><p>nothing</p></body></html>"),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let old = zip.finish().unwrap().into_inner();
    put(home, "in/book.epub", &old);
    private(home);
    let got = redact(home, "in", "out", &[]);
    assert_eq!(got.status, 0, "{}{}", got.stdout, got.stderr);
    let (old, new) = (entries(&old), entries(&fs::read(home.join("out/book.epub")).unwrap()));
    assert!(new[0].name == "mimetype" && new[0].stored && new[0].raw == old[0].raw);
    for (old, new) in old.iter().zip(&new) {
        assert!(!holds(&new.bytes, "author@example.org") && !holds(&new.bytes, "chapter@example.org"));
        assert!(old.raw == new.raw || holds(&old.bytes, "@example.org"), "{}", old.name);
    }
}

#[test]
fn a_sheet_called_after_a_person_is_renamed_everywhere() {
    let home = folder();
    let home = home.path();
    let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = |a: &str, b: &str| format!("<row>{}{}</row>", cell(a), cell(b));
    let first = format!(
        "<worksheet><sheetData>{}{}</sheetData></worksheet>",
        row("name", "email"),
        row("Dolores Inventada", "dolores.inventada@correo.es")
    );
    let second = "<worksheet><sheetData><row><c><f>COUNTA('Dolores Inventada'!A1:A9)</f><v>2</v></c></row></sheetData></worksheet>";
    let book = "<workbook xmlns:r=\"r\"><sheets><sheet name=\"Dolores Inventada\" sheetId=\"1\" r:id=\"r1\"/><sheet name=\"Sum\" sheetId=\"2\" r:id=\"r2\"/></sheets></workbook>";
    let relations = "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Target=\"worksheets/sheet2.xml\"/></Relationships>";
    let parts = [
        ("[Content_Types].xml", "<Types/>"),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", relations),
        ("xl/worksheets/sheet1.xml", &first),
        ("xl/worksheets/sheet2.xml", second),
    ];
    put(home, "in/people.xlsx", package(&parts));
    // Who she is stands in another file.
    let mail = "From: Dolores Inventada <dolores.inventada@correo.es>\r\nTo: help@example.org\r\nSubject: x\r\nDate: Tue, 5 Mar 2024 10:00:00 +0000\r\n\r\nhello\r\n";
    put(home, "in/mail.eml", mail);
    private(home);
    let got = redact(home, "in", "out", &[]);
    assert_eq!(got.status, 0, "{}{}", got.stdout, got.stderr);
    let new = fs::read(home.join("out/people.xlsx")).unwrap();
    assert!(!holds(&new, "Dolores") && !holds(&new, "dolores.inventada"));
    let sum = entries(&new).into_iter().find(|one| one.name == "xl/worksheets/sheet2.xml").unwrap();
    assert!(String::from_utf8_lossy(&sum.bytes).contains("COUNTA('(person name)'!A1:A9)"));
}

#[test]
fn a_text_that_looks_like_markup_or_mail_is_the_text_of_the_document() {
    let home = folder();
    let home = home.path();
    put(home, "in/markup.docx", word("&lt;number&gt; of ana@example.org &lt;/x&gt; &lt;y", &[]));
    let lines = "From: ana@example.org</w:t></w:r></w:p><w:p><w:r><w:t>To: b@example.org</w:t></w:r></w:p><w:p><w:r><w:t>Subject: señor ana@example.org";
    put(home, "in/mail.docx", word(lines, &[]));
    private(home);
    let got = redact(home, "in", "out", &[]);
    assert_eq!(got.status, 0, "{}{}", got.stdout, got.stderr);
    let text = |name: &str| {
        let new = fs::read(home.join("out").join(name)).unwrap();
        let part = entries(&new).into_iter().find(|one| one.name == "word/document.xml").unwrap();
        String::from_utf8(part.bytes).unwrap()
    };
    assert!(text("markup.docx").contains("&lt;number&gt; of [e-mail address] &lt;/x&gt; &lt;y"));
    assert!(text("mail.docx").contains(">Subject: señor [e-mail address]<"), "{}", text("mail.docx"));
}
