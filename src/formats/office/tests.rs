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
            ("customXml/item1.xml", b"<root xmlns='urn:x'><client phone='600'>custom@example.org</client><n>1</n></root>"),
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
        ("customXml/item1.xml", "custom@example.org\n1\n600\n"),
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

mod back {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::formats::collect::piece;
    use crate::formats::mapping::Mappings;
    use crate::formats::rewrite::{Changes, Fate, Refused, Splice, rewrite};
    use crate::records::Limits;

    /// The document with `old` replaced by `new` wherever it stands in a text of it.
    fn replaced(format: &dyn Format, bytes: &[u8], old: &str, new: &str) -> Result<Vec<u8>, Refused> {
        let mut changes = Changes::default();
        for member in read(format, bytes).members {
            let text = String::from_utf8_lossy(&member.bytes).into_owned();
            let splices: Vec<Splice> = text
                .match_indices(old)
                .map(|(at, _)| Splice {
                    range: at as u64..(at + old.len()) as u64,
                    bytes: new.as_bytes().to_vec(),
                })
                .collect();
            if !splices.is_empty() {
                changes.members.push((member.ordinal, Arc::from(text.replace(old, new).into_bytes())));
                changes.fates.push((member.ordinal, Fate::Edited(splices)));
            }
        }
        let (mappings, limits) = (Mappings::default(), Limits::default());
        let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
        rewrite(format, &piece(bytes), &reading, changes)
    }

    /// All texts of a document.
    fn texts(format: &dyn Format, bytes: &[u8]) -> Vec<(String, String)> {
        let got = read(format, bytes);
        assert!(got.gaps.is_empty(), "{:?}", got.codes());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        got.members.iter().map(|member| (member.name.clone(), text(&member.bytes))).collect()
    }

    #[test]
    fn longer_and_shorter_texts_with_signs_of_markup_are_read_again() {
        for new in
            ["x", "", "a much longer text than there was, <b>&amp;\"quoted\" 'too' ]]> ñ €", "  spaced  "]
        {
            let bytes = word(&[(
                "word/header1.xml",
                b"<w:p><w:r w:author='ana@example.org'><w:t><![CDATA[to ana@example.org,]]> ana&#64;exam</w:t></w:r><w:r><w:t>ple.org</w:t></w:r></w:p>",
            )]);
            let out = replaced(&OfficeFormat, &bytes, "ana@example.org", new).unwrap();
            let wanted: Vec<(String, String)> = texts(&OfficeFormat, &bytes)
                .into_iter()
                .map(|(name, text)| (name, text.replace("ana@example.org", new)))
                .collect();
            let tidy = |texts: &[(String, String)]| -> Vec<String> {
                // Spaces at the end of a line and empty lines are none of the text.
                texts
                    .iter()
                    .flat_map(|(_, text)| text.lines().map(|line| line.trim().to_owned()))
                    .filter(|line| !line.is_empty())
                    .collect()
            };
            assert_eq!(tidy(&texts(&OfficeFormat, &out)), tidy(&wanted), "{new}");
        }
    }

    #[test]
    fn spaces_at_the_border_of_a_run_are_kept_by_what_shows_it() {
        let bytes = package(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("word/document.xml", b"<w:p><w:r><w:t>of Jo</w:t></w:r><w:r><w:t>hn who</w:t></w:r></w:p>"),
        ]);
        let out = replaced(&OfficeFormat, &bytes, "John", "[x]").unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(out)).unwrap();
        let xml = std::io::read_to_string(archive.by_name("word/document.xml").unwrap()).unwrap();
        let kept = "<w:p><w:r><w:t xml:space=\"preserve\">of [x]</w:t></w:r><w:r><w:t xml:space=\"preserve\"> who</w:t></w:r></w:p>";
        assert_eq!(xml, kept);
    }

    #[test]
    fn values_in_attributes_go_with_what_shows_them_and_others_stay() {
        let content = r#"<t><table:table-cell office:value-type="date" office:date-value="1968-09-17" calcext:value-type="date"><text:p>17/09/68</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="7"><office:annotation><text:p>17/09/68</text:p></office:annotation><text:p>7</text:p></table:table-cell></t>"#;
        let out = replaced(&OfficeFormat, &open_document(content, &[]), "17/09/68", "[x]").unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(out)).unwrap();
        let xml = std::io::read_to_string(archive.by_name("content.xml").unwrap()).unwrap();
        let wanted = r#"<t><table:table-cell office:value-type="string" calcext:value-type="string"><text:p>[x]</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="7"><office:annotation><text:p>[x]</text:p></office:annotation><text:p>7</text:p></table:table-cell></t>"#;
        assert_eq!(xml, wanted);
    }

    #[test]
    fn a_text_that_was_not_edited_but_withheld_is_not_written() {
        let bytes = word(&[]);
        let member = &read(&OfficeFormat, &bytes).members[0];
        let changes = Changes {
            members: vec![(member.ordinal, Arc::from(&b"notice"[..]))],
            fates: vec![(member.ordinal, Fate::Withheld)],
            ..Changes::default()
        };
        let (mappings, limits) = (Mappings::default(), Limits::default());
        let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
        let refused = rewrite(&OfficeFormat, &piece(&bytes), &reading, changes).unwrap_err();
        assert_eq!(refused.code, "document-not-writable");
    }

    #[test]
    fn changed_bytes_make_no_writer_panic() {
        let whole = word(&[("docProps/thumbnail.png", b"x")]);
        let (mappings, limits) = (Mappings::default(), Limits::default());
        let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
        for at in (0..whole.len()).step_by(7) {
            let mut changed = whole.clone();
            changed[at] ^= 0x55;
            let _ = replaced(&OfficeFormat, &changed, "ana", "x");
            OfficeFormat.residue(&piece(&changed), &reading, &mut |_| {});
        }
    }

    proptest! {
        #[test]
        fn a_datum_goes_from_wherever_its_runs_are_cut(
            cuts in proptest::collection::vec(1usize..40, 0..6),
            coded in proptest::collection::vec(any::<bool>(), 40),
            new in "[a-z<>&\"' ñ\\[\\]]{0,12}",
        ) {
            let text = "Write to ana@example.org now & then & so";
            let mut xml = String::from("<w:p><w:r><w:t>");
            for (at, c) in text.char_indices() {
                if cuts.contains(&at) {
                    xml.push_str("</w:t></w:r><w:proofErr/><w:r><w:t>");
                }
                match c {
                    '&' => xml.push_str("&amp;"),
                    c if coded[at] => xml.push_str(&format!("&#{};", c as u32)),
                    c => xml.push(c),
                }
            }
            xml.push_str("</w:t></w:r></w:p>");
            let bytes = package(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", xml.as_bytes())]);
            let out = replaced(&OfficeFormat, &bytes, "ana@example.org", &new).unwrap();
            let wanted = format!("{}\n", text.replace("ana@example.org", &new));
            prop_assert_eq!(&texts(&OfficeFormat, &out)[0].1, &wanted);
        }
    }
}
