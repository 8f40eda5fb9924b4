//! Documents made here, part by part.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::formats::collect::{Collected, read};
use crate::formats::probe;

const WORD: &str = r#"<?xml version="1.0"?><w:document xmlns:w="w"><w:body>
  <w:p><w:r><w:t>Write to ana</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>@example</w:t></w:r><w:ins w:author="Berta Muestra"><w:r><w:t>.org &amp; wait</w:t></w:r></w:ins></w:p>
  <w:p><w:r><w:delText>was old@example.org</w:delText></w:r><w:r><w:tab/><w:t xml:space="preserve">x </w:t><w:br/><w:t>y</w:t></w:r></w:p>
  <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Name</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Ana</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
  <w:p><w:r><mc:AlternateContent xmlns:mc="m"><wps:txbx xmlns:wps="s"><w:txbxContent><w:p><w:r><w:t>box@example.org</w:t></w:r></w:p></w:txbxContent></wps:txbx></mc:AlternateContent><wp:docPr xmlns:wp="d" id="1" name="P" descr="picture of Ana"/></w:r></w:p>
  <w:p><w:r><w:instrText>HYPERLINK "mailto:field@example.org"</w:instrText></w:r></w:p>
</w:body></w:document>"#;

const CORE: &str = "<cp:coreProperties><dc:creator>Ana Muestra</dc:creator><cp:lastModifiedBy>Berta</cp:lastModifiedBy></cp:coreProperties>";

fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        out.start_file(*name, SimpleFileOptions::default()).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn word(more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", b"<Relationships/>"),
        ("word/document.xml", WORD.as_bytes()),
        ("docProps/core.xml", CORE.as_bytes()),
    ];
    parts.extend_from_slice(more);
    package(&parts)
}

fn text_of<'c>(got: &'c Collected, name: &str) -> &'c str {
    let found = got.members.iter().find(|member| member.name == name);
    let found = found.unwrap_or_else(|| panic!("no {name}"));
    std::str::from_utf8(&found.bytes).unwrap()
}

#[test]
fn paragraphs_of_word_are_lines_whatever_their_runs() {
    let bytes = word(&[]);
    assert_eq!(probe(&bytes, "x", None).name(), "office");
    let got = read(&OfficeFormat, &bytes);
    assert_eq!(
        text_of(&got, "word/document.xml"),
        "Write to ana@example.org & wait\nwas old@example.org\tx \ny\nName\tAna\nbox@example.org\n\
         HYPERLINK \"mailto:field@example.org\"\nBerta Muestra\nP\npicture of Ana\n"
    );
    assert_eq!(text_of(&got, "docProps/core.xml"), "Ana Muestra\nBerta\n");
    assert!(got.gaps.is_empty(), "{:?}", got.codes());
}

#[test]
fn every_other_part_is_read_too() {
    let part = |text: &str| format!("<w:x><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:x>").into_bytes();
    let relations = br#"<Relationships><Relationship Id="r1" Type="http://schemas.x/link" Target="mailto:link@example.org" TargetMode="External"/><Relationship Id="r2" Target="media/a.png"/></Relationships>"#;
    let settings = br#"<w:settings><w:docVars><w:docVar w:name="Client" w:val="Juan Muestra"/></w:docVars><w:zoom w:percent="100"/></w:settings>"#;
    let got = read(
        &OfficeFormat,
        &word(&[
            ("word/header1.xml", &part("header@example.org")),
            ("word/footnotes.xml", &part("note@example.org")),
            ("word/comments.xml", br#"<w:comments><w:comment w:author="Carla" w:initials="C"><w:p><w:r><w:t>why?</w:t></w:r></w:p></w:comment></w:comments>"#),
            ("word/_rels/document.xml.rels", relations),
            ("word/settings.xml", settings),
            ("customXml/item1.xml", b"<root><client>custom@example.org</client><n>1</n></root>"),
            ("word/media/a.png", b"\x89PNG\r\n\x1A\n"),
            ("word/embeddings/b.bin", b"embedded"),
            ("word/theme/theme1.xml", b"<a:theme/>"),
        ]),
    );
    for (name, text) in [
        ("word/header1.xml", "header@example.org\n"),
        ("word/footnotes.xml", "note@example.org\n"),
        ("word/comments.xml", "why?\nCarla\nC\n"),
        ("word/_rels/document.xml.rels", "mailto:link@example.org\n"),
        ("word/settings.xml", "Client\nJuan Muestra\n"),
        ("customXml/item1.xml", "custom@example.org\n1\n"),
        ("word/embeddings/b.bin", "embedded"),
    ] {
        assert_eq!(text_of(&got, name), text, "{name}");
    }
    assert!(got.members.iter().any(|member| member.name == "word/media/a.png"));
    assert!(!got.members.iter().any(|member| member.name.contains("theme")));
}

#[test]
fn slides_and_notes() {
    let slide = "<p:sld><p:sp><p:txBody><a:p><a:r><a:t>IBAN </a:t></a:r><a:r><a:t>of Ana</a:t></a:r></a:p><a:p><a:fld><a:t>2</a:t></a:fld></a:p></p:txBody></p:sp></p:sld>";
    let bytes = package(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("ppt/slides/slide1.xml", slide.as_bytes()),
        ("ppt/notesSlides/notesSlide1.xml", slide.replace("Ana", "Berta").as_bytes()),
    ]);
    let got = read(probe(&bytes, "x", None), &bytes);
    assert_eq!(text_of(&got, "ppt/slides/slide1.xml"), "IBAN of Ana\n2\n");
    assert_eq!(text_of(&got, "ppt/notesSlides/notesSlide1.xml"), "IBAN of Berta\n2\n");
}

fn open_document(content: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut parts: Vec<(&str, &[u8])> =
        vec![("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", content.as_bytes())];
    parts.extend_from_slice(more);
    package(&parts)
}

#[test]
fn open_document_texts_and_tables() {
    let content = r#"<office:document-content><office:body><office:text>
        <text:p>call <text:span>600<text:s text:c="2"/>123</text:span><text:tab/>x<text:line-break/>y</text:p>
        <text:p>a<office:annotation><dc:creator>Ana</dc:creator><dc:date>2026-01-02</dc:date><text:p>remark</text:p></office:annotation>b</text:p>
        <table:table><table:table-row><table:table-cell office:value="123456789.12"><text:p>1.2E8</text:p></table:table-cell><table:table-cell><text:p>z</text:p></table:table-cell></table:table-row></table:table>
        <text:p><text:a xlink:href="mailto:link@example.org">here</text:a></text:p>
        </office:text></office:body></office:document-content>"#;
    let bytes =
        open_document(content, &[("meta.xml", b"<m><meta:initial-creator>Berta</meta:initial-creator></m>")]);
    let got = read(probe(&bytes, "x", None), &bytes);
    assert_eq!(
        text_of(&got, "content.xml"),
        "call 600  123\tx\ny\na\nAna\n2026-01-02\nremark\nb\n1.2E8\n123456789.12\tz\nhere\nmailto:link@example.org\n"
    );
    assert_eq!(text_of(&got, "meta.xml"), "Berta\n");
    let manifest = b"<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
    let locked = open_document(content, &[("META-INF/manifest.xml", manifest)]);
    assert_eq!(read(&OfficeFormat, &locked).codes(), ["encrypted-content"]);
}

#[test]
fn damage_is_told_and_what_stands_before_it_is_read() {
    let cut = &WORD[..WORD.find("<w:tbl>").unwrap()];
    let bytes = package(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", cut.as_bytes())]);
    let got = read(&OfficeFormat, &bytes);
    assert_eq!(got.codes(), ["malformed-document"]);
    assert!(text_of(&got, "word/document.xml").contains("ana@example.org & wait"));
    let whole = word(&[]);
    for len in 0..whole.len() {
        let got = read(&OfficeFormat, &whole[..len]);
        assert!(!got.gaps.is_empty(), "{len}");
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        read(&OfficeFormat, &changed);
    }
}

#[test]
fn utf16_parts_are_read() {
    let text: Vec<u8> =
        "\u{feff}<w:p><w:t>ana@example.org</w:t></w:p>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let got = read(&OfficeFormat, &word(&[("word/header1.xml", &text)]));
    assert_eq!(text_of(&got, "word/header1.xml"), "ana@example.org\n");
}
