//! The corpus as attachments: the same made-up text in every container and document that has a writer here.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::corpus;

/// One datum in so many bytes of text.
const DATUM_EVERY: usize = 1000;

/// A folder of files of one format.
pub struct Sample {
    pub format: &'static str,
    pub dir: PathBuf,
    /// What stands in them: bytes of text, where that is known.
    pub text: Option<usize>,
}

/// Makes every sample in a folder; what has no writer on this machine is told and left out.
pub fn samples(home: &Path, megabytes: usize) -> Vec<Sample> {
    let bytes = megabytes * 1_000_000;
    let text = corpus::plain(11, bytes, DATUM_EVERY);
    let mut out = Vec::new();
    let mut add = |format: &'static str, files: Vec<(String, Vec<u8>)>, text: Option<usize>| {
        let dir = home.join(format);
        fs::create_dir(&dir).unwrap();
        for (name, bytes) in files {
            fs::write(dir.join(name), bytes).unwrap();
        }
        out.push(Sample { format, dir, text });
    };
    let one = |name: &str, bytes: Vec<u8>| vec![(name.to_owned(), bytes)];
    let len = Some(text.len());
    add("txt", one("notes.txt", text.clone().into_bytes()), len);
    add("zip", one("notes.zip", zipped(&texts(&text))), len);
    let tar = tarred(&texts(&text));
    add("gzip", one("notes.txt.gz", gzipped(text.as_bytes())), len);
    add("bzip2", one("notes.txt.bz2", bzipped(text.as_bytes())), len);
    add("xz", one("notes.txt.xz", xzipped(text.as_bytes())), len);
    add("tar", one("notes.tar", tar), len);
    add("mail", mails(&text), len);
    add("mbox", one("inbox", mbox(&text)), len);
    add("docx", one("letter.docx", docx(&text)), len);
    add("xlsx", one("clients.xlsx", xlsx(&text)), len);
    add("pptx", one("talk.pptx", pptx(&text)), len);
    add("odt", one("letter.odt", odt(&text)), len);
    add("pdf", one("letter.pdf", pdf(&text)), len);
    add("rtf", one("letter.rtf", rtf(&text)), len);
    for (format, fixture) in
        [("msg", "message.msg"), ("pst", "mailstore.pst"), ("doc", "text.doc"), ("xls", "sheet.xls")]
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/documents").join(fixture);
        let bytes = fs::read(path).unwrap();
        let ending = fixture.rsplit('.').next().unwrap();
        let copy = |at| (format!("{at:04}.{ending}"), bytes.clone());
        add(format, (0..megabytes * 40).map(copy).collect(), None);
    }
    for (format, name, program, args) in
        [("7z", "notes.7z", "7z", &["a", "-bd", "-y"][..]), ("zstd", "notes.txt.zst", "zstd", &["-q", "-o"])]
    {
        let dir = home.join(format);
        fs::create_dir(&dir).unwrap();
        let mut command = Command::new(program);
        command.args(args).arg(dir.join(name)).arg(home.join("txt/notes.txt"));
        let made = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if made.is_ok_and(|status| status.success()) {
            out.push(Sample { format, dir, text: len });
        } else {
            println!("{format}: no corpus, since {program} is not installed | NOT SHOWN");
        }
    }
    out
}

/// The text in eight files, cut at line ends or spaces.
fn texts(text: &str) -> Vec<(String, &[u8])> {
    let parts = runs(text, text.len() / 8 + 1);
    parts.into_iter().enumerate().map(|(at, part)| (format!("notes/{at}.txt"), part.as_bytes())).collect()
}

/// Runs of about so many bytes, whole words each.
fn runs(text: &str, bytes: usize) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while rest.len() > bytes {
        let mut at = bytes;
        while !rest.is_char_boundary(at) {
            at += 1;
        }
        let at = rest[at..].find(' ').map_or(rest.len(), |space| at + space);
        let (run, behind) = rest.split_at(at);
        out.push(run);
        rest = behind;
    }
    out.push(rest);
    out
}

fn zipped<B: AsRef<[u8]>>(members: &[(String, B)]) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let plain = name == "mimetype";
        let method = if plain { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        out.start_file(name.as_str(), SimpleFileOptions::default().compression_method(method)).unwrap();
        out.write_all(bytes.as_ref()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn tarred(members: &[(String, &[u8])]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        out.append_data(&mut header, name, *bytes).unwrap();
    }
    out.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn bzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn xzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(6)).unwrap();
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// A mail of text and an attachment in base64.
fn mail(number: usize, body: &str, attached: &str) -> String {
    format!(
        "From: Ana Prueba <ana.prueba@example.org>\nTo: soporte@example.org\nSubject: Ticket {number}\n\
         Date: Tue, 5 Mar 2024 10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n\
         --B\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n\
         --B\nContent-Type: text/plain; charset=utf-8; name=notes.txt\nContent-Transfer-Encoding: base64\n\
         Content-Disposition: attachment; filename=notes.txt\n\n{}\n--B--\n",
        base64(attached.as_bytes())
    )
}

fn pairs(text: &str) -> Vec<String> {
    let parts = runs(text, 4_000);
    let mail = |(at, two): (usize, &[&str])| mail(at, two[0], two.get(1).copied().unwrap_or(""));
    parts.chunks(2).enumerate().map(mail).collect()
}

fn mails(text: &str) -> Vec<(String, Vec<u8>)> {
    let name = |(at, mail): (usize, String)| (format!("{at:05}.eml"), mail.into_bytes());
    pairs(text).into_iter().enumerate().map(name).collect()
}

fn mbox(text: &str) -> Vec<u8> {
    let message = |mail: String| format!("From ana.prueba@example.org Tue Mar  5 10:00:00 2024\n{mail}\n");
    pairs(text).into_iter().map(message).collect::<String>().into_bytes()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (at, three) in bytes.chunks(3).enumerate() {
        if at > 0 && at % 19 == 0 {
            out.push('\n');
        }
        let number =
            three.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= three.len() { digit as char } else { '=' });
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPES: &str = "application/vnd.openxmlformats-officedocument";

/// A package of Office Open XML: its types, its one root, and its parts.
fn package(root: &str, kind: &str, parts: Vec<(String, String)>) -> Vec<u8> {
    let package = "http://schemas.openxmlformats.org/package/2006";
    let types = format!(
        "{HEAD}<Types xmlns=\"{package}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/{root}\" ContentType=\"{TYPES}.{kind}.main+xml\"/></Types>"
    );
    let relations = format!(
        "{HEAD}<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"{root}\"/></Relationships>"
    );
    let first = [("[Content_Types].xml".to_owned(), types), ("_rels/.rels".to_owned(), relations)];
    zipped(&first.into_iter().chain(parts).collect::<Vec<_>>())
}

fn docx(text: &str) -> Vec<u8> {
    let paragraph =
        |run: &str| format!("<w:p><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escaped(run));
    let body: String = runs(text, 400).into_iter().map(paragraph).collect();
    let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let document = format!("{HEAD}<w:document xmlns:w=\"{space}\"><w:body>{body}</w:body></w:document>");
    package(
        "word/document.xml",
        "wordprocessingml.document",
        vec![("word/document.xml".to_owned(), document)],
    )
}

fn xlsx(text: &str) -> Vec<u8> {
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let cells = runs(text, 200);
    let strings: String = cells
        .iter()
        .map(|cell| format!("<si><t xml:space=\"preserve\">{}</t></si>", escaped(cell)))
        .collect();
    let row = |(at, row): (usize, &[&str])| {
        let cell = |(column, letter): (usize, char)| {
            format!("<c r=\"{letter}{}\" t=\"s\"><v>{}</v></c>", at + 1, at * 4 + column)
        };
        let cells: String = "ABCD".chars().take(row.len()).enumerate().map(cell).collect();
        format!("<row r=\"{}\">{cells}</row>", at + 1)
    };
    let rows: String = cells.chunks(4).enumerate().map(row).collect();
    let relations = format!(
        "{HEAD}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"{OFFICE}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let book = format!(
        "{HEAD}<workbook xmlns=\"{space}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"Clients\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let parts = [
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", relations),
        ("xl/sharedStrings.xml", format!("{HEAD}<sst xmlns=\"{space}\">{strings}</sst>")),
        (
            "xl/worksheets/sheet1.xml",
            format!("{HEAD}<worksheet xmlns=\"{space}\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ];
    package(
        "xl/workbook.xml",
        "spreadsheetml.sheet",
        parts.map(|(name, text)| (name.to_owned(), text)).into(),
    )
}

fn pptx(text: &str) -> Vec<u8> {
    let spaces = "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\"";
    let mut parts = vec![("ppt/presentation.xml".to_owned(), format!("{HEAD}<p:presentation {spaces}/>"))];
    for (at, slide) in runs(text, 8_000).into_iter().enumerate() {
        let line = |run: &str| format!("<a:p><a:r><a:t>{}</a:t></a:r></a:p>", escaped(run));
        let lines: String = runs(slide, 200).into_iter().map(line).collect();
        let slide = format!(
            "{HEAD}<p:sld {spaces}><p:cSld><p:spTree><p:sp><p:txBody>{lines}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
        );
        parts.push((format!("ppt/slides/slide{}.xml", at + 1), slide));
    }
    package("ppt/presentation.xml", "presentationml.presentation", parts)
}

fn odt(text: &str) -> Vec<u8> {
    let body: String =
        runs(text, 400).into_iter().map(|run| format!("<text:p>{}</text:p>", escaped(run))).collect();
    let kind = "application/vnd.oasis.opendocument.text";
    let content = format!(
        "{HEAD}<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    );
    let manifest = format!(
        "{HEAD}<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{kind}\"/><manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>"
    );
    let parts =
        [("mimetype", kind.to_owned()), ("content.xml", content), ("META-INF/manifest.xml", manifest)];
    zipped(&parts.map(|(name, text)| (name.to_owned(), text)))
}

/// Letters as Windows writes them, others left out.
fn western(text: &str, escape: &[char]) -> Vec<u8> {
    let mut out = Vec::new();
    for letter in text.chars() {
        if escape.contains(&letter) {
            out.push(b'\\');
        }
        out.extend(u8::try_from(u32::from(letter)).ok().filter(|byte| !(0x80..0xA0).contains(byte)));
    }
    out
}

/// Pages of forty lines in Helvetica, each compressed.
fn pdf(text: &str) -> Vec<u8> {
    let lines = runs(text, 90);
    let pages: Vec<&[&str]> = lines.chunks(40).collect();
    let kids: String = (0..pages.len()).map(|at| format!("{} 0 R ", 4 + 2 * at)).collect();
    let mut objects: Vec<Vec<u8>> = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/Count {}/Kids[{kids}]>>", pages.len()).into_bytes(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
    ];
    for (at, page) in pages.into_iter().enumerate() {
        objects.push(format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {} 0 R/Resources<</Font<</F1 3 0 R>>>>>>", 5 + 2 * at).into_bytes());
        let mut content = b"BT /F1 9 Tf 14 TL 40 800 Td\n".to_vec();
        for line in page {
            content.push(b'(');
            content.extend(western(line.trim(), &['(', ')', '\\']));
            content.extend(b") Tj T*\n");
        }
        content.extend(b"ET");
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&content).unwrap();
        let packed = packed.finish().unwrap();
        let head = format!("<</Length {}/Filter/FlateDecode>>stream\n", packed.len());
        objects.push([head.as_bytes(), &packed, b"\nendstream"].concat());
    }
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (at, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", out.len());
        out.extend(format!("{} 0 obj", at + 1).bytes());
        out.extend(object);
        out.extend(b"endobj\n");
    }
    let end = format!("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{}\n%%EOF\n", objects.len() + 1, out.len());
    out.extend(table.bytes().chain(end.bytes()));
    out
}

fn rtf(text: &str) -> Vec<u8> {
    let mut out = b"{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Arial;}}\n".to_vec();
    for run in runs(text, 400) {
        out.extend(western(run, &['{', '}', '\\']));
        out.extend(b"\\par\n");
    }
    out.push(b'}');
    out
}
