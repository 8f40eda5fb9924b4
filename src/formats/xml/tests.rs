//! Documents in, records and fields out; and back.

use super::Xml;
use crate::formats::collect::{piece, read, read_cut, read_with};
use crate::formats::mapping::Mappings;
use crate::formats::rewrite::{Changes, Edit, rewrite};
use crate::formats::{Format, Purpose, Reading, Vote, probe};
use crate::records::{Encoding, Limits, Ordinal, Role, Text};

const EXPORT: &str = "<?xml version=\"1.0\"?>\n<!--\nExported by Ana\n-->\n<entity-engine-xml>\n  <Issue id=\"1\" summary=\"Cambio &amp; baja\">\n    <description><![CDATA[Línea 1 <b>\nDNI]]></description>\n  </Issue>\n  <Action id=\"2\" body=\"hola\"/>\n  <Label>x</Label>\n</entity-engine-xml>\n";

#[test]
fn attributes_children_and_sections_are_fields() {
    let got = read(&Xml, EXPORT.as_bytes());
    assert_eq!(
        got.texts(),
        [
            ("#0", "text", "xml version=\"1.0\""),
            ("#0", "comment", "\nExported by Ana\n"),
            ("#1", "/@id", "1"),
            ("#1", "/@summary", "Cambio & baja"),
            ("#1", "/description", "Línea 1 <b>\nDNI"),
            ("#2", "/@id", "2"),
            ("#2", "/@body", "hola"),
            ("#3", "", "x"),
        ]
    );
    assert!(got.gaps.is_empty());
    for field in &got.fields {
        for (character, raw) in field.text.char_indices() {
            let _ = (character, raw);
        }
        let raw: String =
            field.raw.iter().map(|range| &EXPORT[range.start as usize..range.end as usize]).collect();
        assert!(raw == field.text || raw == "Cambio &amp; baja", "{raw}");
    }
}

#[test]
fn repeated_and_mixed_elements_have_paths_and_places_of_their_own() {
    let text = "<r><t a='1'>uno<b>dos</b>tres &lt;x<b>cuatro</b></t><t><c k=\"v\">valor</c></t></r>";
    let got = read(&Xml, text.as_bytes());
    assert_eq!(
        got.texts(),
        [
            ("#1", "/@a", "1"),
            ("#1", "/b", "dos"),
            ("#1", "/b[2]", "cuatro"),
            ("#1", "", "unotres <x"),
            ("#2", "/c/@k", "v"),
            ("#2", "/c", "valor"),
        ]
    );
}

#[test]
fn pieces_give_what_the_whole_gives() {
    let mut text =
        String::from("<?xml version='1.0' encoding='UTF-8'?><export a='1'><!-- c --><users type='array'>");
    for at in 0..40 {
        text.push_str(&format!(
            "<user><id>{at}</id><name n='{at}'>Ana &amp; {at}</name><x><y/></x></user>\n"
        ));
    }
    text.push_str("</users>fin<tickets>");
    for at in 0..40 {
        text.push_str(&format!("<ticket><p><q>{at}</q></p><![CDATA[t{at}]]></ticket>"));
    }
    text.push_str("</tickets></export><!-- end -->");
    let whole = read(&Xml, text.as_bytes());
    assert_eq!(whole.records.iter().filter(|r| r.reference.ordinal.top > 0).count(), 80);
    for wanted in [1, 64, 700, 1 << 20] {
        let (cut, pieces) = read_cut(&Xml, text.as_bytes(), &Mappings::default(), wanted);
        assert_eq!(cut.texts(), whole.texts(), "{wanted}");
        assert_eq!(cut.fields, whole.fields, "{wanted}");
        assert!(cut.gaps.is_empty() && (wanted > 700 || pieces > 1));
    }
}

#[test]
fn what_is_not_well_formed_is_told_and_read() {
    for (text, want) in [
        ("<r><a>uno<b>dos</a><c>tres</c></r>", vec!["dos", "uno", "tres"]),
        ("<r><a>uno</a></x><b>dos</b></r>", vec!["uno", "dos"]),
        ("<r><a>uno<b>dos", vec!["dos", "uno"]),
        ("<r><a>uno</r>", vec!["uno"]),
        ("<r><a k=\"uno>dos</a></r>", vec!["uno", "dos"]),
        ("<r><a><![CDATA[uno</a></r>", vec!["uno</a></r>"]),
        ("<r><a>uno \u{1c} dos</b></a></r>", vec!["uno \u{1c} dos"]),
    ] {
        let got = read(&Xml, text.as_bytes());
        let texts: Vec<&str> = got.texts().iter().map(|(.., text)| *text).collect();
        assert_eq!(texts, want, "{text}");
        assert_eq!(got.codes(), ["malformed-xml"], "{text}");
        let (cut, _) = read_cut(&Xml, text.as_bytes(), &Mappings::default(), 1);
        assert_eq!(cut.texts(), got.texts(), "{text}");
    }
    // A control character alone is read as it stands.
    let got = read(&Xml, "<r><a>uno \u{1c} dos</a></r>".as_bytes());
    assert_eq!((got.texts()[0].2, got.gaps.len()), ("uno \u{1c} dos", 0));
}

#[test]
fn nothing_is_expanded() {
    let text = "<!DOCTYPE r [<!ENTITY a \"AAAA\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]><r><t>&a;&b;&#65;</t></r>";
    let got = read(&Xml, text.as_bytes());
    assert_eq!(got.text("#1", ""), "&a;&b;A");
}

#[test]
fn charsets_are_read_as_declared() {
    let mut latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><r><t n='Jos\xe9'>Mu\xf1oz</t></r>".to_vec();
    assert_eq!(read(&Xml, &latin).text("#1", "/@n"), "José");
    assert_eq!(read(&Xml, &latin).text("#1", ""), "Muñoz");
    latin.drain(..43);
    let wide: Vec<u8> = "\u{feff}<r><t>Muñoz</t></r>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let got = read(&Xml, &wide);
    assert_eq!(got.text("#1", ""), "Muñoz");
    // Bytes that are no text are told, and what stands around them is read.
    let got = read(&Xml, b"<?xml version='1.0'?><r><t>a\xffb</t><t>\xc3\xb1</t></r>");
    assert_eq!((got.text("#1", ""), got.codes()), ("a\u{fffd}b", vec!["invalid-bytes"]));
}

#[test]
fn deep_and_strange_input_ends() {
    let deep = format!("<r>{}x{}</r>", "<a>".repeat(3000), "</a>".repeat(3000));
    let got = read(&Xml, deep.as_bytes());
    assert_eq!(got.codes(), ["nesting-too-deep"]);
    assert!(got.texts().iter().any(|(.., text)| text.contains("<a>x</a>")));
    for text in
        ["", "<", "<r", "<r>", "<r/>", "</r>", "<!", "<![CDATA[", "<r></r></r><r/>", "<r><a/></r><b>x</b>"]
    {
        let got = read(&Xml, text.as_bytes());
        let (cut, _) = read_cut(&Xml, text.as_bytes(), &Mappings::default(), 1);
        assert_eq!(cut.texts(), got.texts(), "{text}");
    }
}

fn edited(text: &str, record: u64, path: &str, what: &str, with: &str) -> String {
    let got = read(&Xml, text.as_bytes());
    let at = got.text(&format!("#{record}"), path).find(what).unwrap() as u64;
    let edit = Edit {
        record: Ordinal { top: record, sub: 0 },
        field: Text::new(path),
        range: at..at + what.len() as u64,
        replacement: Text::new(with),
        raw: None,
    };
    apply(text, Changes { edits: vec![edit], ..Changes::default() })
}

fn apply(text: &str, changes: Changes) -> String {
    let (mappings, limits) = (Mappings::default(), Limits::default());
    let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
    let bytes = rewrite(&Xml, &piece(text.as_bytes()), &reading, changes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn edits_are_written_in_the_form_of_their_place() {
    let out = edited(EXPORT, 1, "/@summary", "& baja", "\"<x>\"");
    assert!(out.contains("summary=\"Cambio &quot;&lt;x&gt;&quot;\""), "{out}");
    let out = edited(EXPORT, 1, "/description", "<b>\nDNI", "[x & ]]>]");
    assert!(out.contains("<![CDATA[Línea 1 [x & ]]]]><![CDATA[>]]]>"), "{out}");
    assert_eq!(read(&Xml, out.as_bytes()).text("#1", "/description"), "Línea 1 [x & ]]>]");
    let mixed = "<r><t>uno<b>dos</b>tres &lt;x</t></r>";
    let out = edited(mixed, 1, "", "notres <x", "N");
    assert_eq!(out, "<r><t>uN<b>dos</b></t></r>");
}

#[test]
fn records_and_elements_inside_go_whole() {
    let text = "<r>\n<a>1</a>\n<b>2</b>\n</r>";
    let out = apply(text, Changes { removals: vec![Ordinal { top: 1, sub: 0 }], ..Changes::default() });
    assert_eq!(read(&Xml, out.as_bytes()).texts(), [("#1", "", "2")]);
}

const MAPPING: &str = "schema: olvido/mapping/v1\nsystem: x\ntitle: X\ndocuments: {hibernate: {named_by: name}}\nrecords:\n  page:\n    kind: article\n    id: id\n    recognise: [{under: object, within: hibernate, where: {class: [Page]}}]\n    fields: {id: {role: identifier}, title: {role: subject}, creator: {of: user}, bodies: {of: body}}\n  body:\n    kind: comment\n    fields: {text: {role: body}}\nparts:\n  user: {fields: {key: {links: [{relation: author, to: person}]}}}\n";

#[test]
fn elements_named_by_an_attribute_are_known_to_mappings() {
    let text = "<hibernate><object class=\"Page\"><id name=\"id\">7</id><property name=\"title\"><![CDATA[T]]></property><property name=\"creator\" class=\"U\"><id name=\"key\">k1</id></property><bodies><text>cuerpo</text></bodies></object><object class=\"Space\"><id name=\"id\">8</id></object></hibernate>";
    let mappings = Mappings::load(&[("m.yaml", MAPPING)]).ok().unwrap();
    let got = read_with(&Xml, text.as_bytes(), &mappings, Purpose::Scan, &Limits::default());
    let page = &got.records[0];
    assert_eq!((page.reference.kind.name(), page.reference.id.as_ref().unwrap().expose()), ("article", "7"));
    assert_eq!(page.links[0].id.expose(), "k1");
    assert_eq!(got.records[1].reference.kind.name(), "comment");
    assert!(got.records[1].extent.is_some());
    assert_eq!(got.records[2].reference.kind.name(), "other");
    let title = got.fields.iter().find(|field| field.path == "/title").unwrap();
    assert_eq!((title.role, title.text.as_str()), (Role::Subject, "T"));
    // Another root, another class: not this system's.
    let other = text.replace("hibernate", "other");
    let got = read_with(&Xml, other.as_bytes(), &mappings, Purpose::Scan, &Limits::default());
    assert!(got.records.iter().all(|record| &*record.reference.system == "xml"));
}

#[test]
fn documents_are_told_from_mail_and_markup() {
    assert_eq!(probe(EXPORT.as_bytes(), "entities", None).name(), "xml");
    assert_eq!(probe(b"<tickets><ticket><id>1</id></ticket></tickets>", "t", None).name(), "xml");
    assert_eq!(probe(b"<!DOCTYPE html><p>x", "x.xml", None).name(), "html");
    assert_eq!(probe(b"<ana@example.org> wrote:\nhello\n", "x.txt", None).name(), "text");
    assert_eq!(Xml.probe(b"plain", "x.txt"), Vote::No);
}

const PIECES: &str = "schema: olvido/mapping/v1\nsystem: x\ntitle: X\nrecords:\n  file:\n    kind: attachment\n    id: sys_id\n    recognise: [{under: file, all: [sys_id, name]}]\n    fields: {sys_id: {role: identifier}, name: {role: file-name}}\n  piece:\n    kind: other\n    chunk: {of: of, position: position, data: data}\n    recognise: [{under: piece, all: [of, position, data]}]\n    fields: {of: {role: identifier}}\n";

/// A compressed file in three pieces, the last first.
fn in_pieces(text: &[u8]) -> String {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    let packed = encoder.finish().unwrap();
    let third = packed.len() / 3;
    let cuts = [&packed[..third], &packed[third..2 * third], &packed[2 * third..]];
    let mut out = String::from("<r><file><sys_id>f1</sys_id><name>a.txt</name></file>");
    for (position, bytes) in cuts.iter().enumerate().rev() {
        let mut data = Vec::new();
        crate::formats::encoding::base64::encode(bytes, &mut data);
        data.retain(|byte| !byte.is_ascii_whitespace());
        let data = String::from_utf8(data).unwrap();
        out.push_str(&format!(
            "<piece><of>f1</of><position>{position}</position><data>{data}</data></piece>"
        ));
    }
    out.push_str("</r>");
    out
}

#[test]
fn files_in_pieces_are_put_together_and_written_back() {
    let mappings = Mappings::load(&[("m.yaml", PIECES)]).ok().unwrap();
    let limits = Limits::default();
    let document = in_pieces(b"Mi DNI es 12345678Z y vivo aqu\xc3\xad.");
    let got = read_with(&Xml, document.as_bytes(), &mappings, Purpose::Scan, &limits);
    let member = &got.members[0];
    assert_eq!((member.name.as_str(), &member.bytes[..10]), ("a.txt", b"Mi DNI es ".as_slice()));
    let new: std::sync::Arc<[u8]> = b"Mi DNI es [DNI]".as_slice().into();
    let changes = Changes { members: vec![(member.ordinal, new)], ..Changes::default() };
    let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
    let bytes = rewrite(&Xml, &piece(document.as_bytes()), &reading, changes).unwrap();
    let again = read_with(&Xml, &bytes, &mappings, Purpose::Scan, &limits);
    assert_eq!(&*again.members[0].bytes, b"Mi DNI es [DNI]");
    // A piece that is missing is told, and nothing of the file is taken for the whole.
    let cut = document.replacen("<position>1</position>", "<position>7</position>", 1);
    let got = read_with(&Xml, cut.as_bytes(), &mappings, Purpose::Scan, &limits);
    assert_eq!((got.members.len(), got.codes()), (0, vec!["attachment-incomplete"]));
}

#[test]
fn files_in_addresses_are_found_and_written_back_in_every_charset() {
    let content = b"write to address@example.org ".repeat(4);
    let mut data = Vec::new();
    crate::formats::encoding::base64::encode(&content, &mut data);
    data.retain(|byte| !byte.is_ascii_whitespace());
    let data = String::from_utf8(data).unwrap();
    for (label, mark) in [
        ("UTF-8", ""),
        ("UTF-16LE", "\u{feff}"),
        ("UTF-16BE", "\u{feff}"),
        ("UTF-32LE", "\u{feff}"),
        ("UTF-32BE", "\u{feff}"),
    ] {
        let text = format!(
            "{mark}<?xml version=\"1.0\"?><svg><text>señal</text><image href=\"data:text/plain;base64,{data}\"/></svg>"
        );
        let bytes = crate::formats::encoding::encode(Encoding::Charset(label), text.as_bytes()).unwrap();
        let got = read(&Xml, &bytes);
        assert_eq!(got.members.len(), 1, "{label}");
        let member = &got.members[0];
        assert!(*member.bytes == *content, "{label}");
        let (mappings, limits) = (Mappings::default(), Limits::default());
        let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
        let new: std::sync::Arc<[u8]> = vec![b'x'; 90].into();
        let changes = Changes { members: vec![(member.ordinal, new.clone())], ..Changes::default() };
        let bytes = rewrite(&Xml, &piece(&bytes), &reading, changes).unwrap();
        let again = read(&Xml, &bytes);
        assert_eq!(again.members[0].bytes, new, "{label}");
        assert!(again.texts().iter().any(|(_, _, text)| *text == "señal"), "{label}: {:?}", again.texts());
    }
}
