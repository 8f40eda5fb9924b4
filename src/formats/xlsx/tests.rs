//! A workbook made here, part by part.

use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::formats::collect::{Collected, read};

const WORKBOOK: &str = r#"<workbook xmlns:r="r"><sheets><sheet name="Users" sheetId="1" r:id="rId1"/><sheet name="Old" sheetId="2" state="hidden" r:id="rId2"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>"#;
const STRINGS: &str = r#"<sst><si><t>user_id</t></si><si><r><t>la</t></r><r><t>st_login_at</t></r></si><si><t>left &amp; gone, "1"</t></si><si><t>deleted@example.org</t></si></sst>"#;
const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>"#;
const FIRST: &str = r#"<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row><row r="4"><c r="A4"><v>7</v></c><c r="B4" t="s"><v>2</v></c><c r="C4" s="1"><v>45983</v></c><c r="D4" t="b"><v>1</v></c></row></sheetData></worksheet>"#;
const SECOND: &str = r#"<worksheet><sheetData><row r="1"><c t="inlineStr"><is><t>hidden@example.org</t></is></c></row></sheetData></worksheet>"#;

fn workbook(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn whole() -> Vec<u8> {
    workbook(&[
        ("[Content_Types].xml", "<Types/>"),
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/styles.xml", STYLES),
        ("xl/worksheets/sheet1.xml", FIRST),
        ("xl/worksheets/sheet2.xml", SECOND),
        ("docProps/core.xml", "<coreProperties><creator>Ana</creator></coreProperties>"),
    ])
}

fn members(bytes: &[u8]) -> Collected {
    read(&Xlsx, bytes)
}

#[test]
fn sheets_are_tables_and_nothing_is_left_out() {
    let got = members(&whole());
    let named: Vec<(&str, String)> = got
        .members
        .iter()
        .map(|member| (member.name.as_str(), String::from_utf8_lossy(&member.bytes).into_owned()))
        .collect();
    let wanted = [
        ("Users.csv", "user_id,,last_login_at\n\n\n7,\"left & gone, \"\"1\"\"\",2025-11-22,true\n"),
        ("Old (hidden).csv", "hidden@example.org\n"),
        ("strings-no-cell-shows.txt", "deleted@example.org\n"),
        ("docProps/core.xml", "<coreProperties><creator>Ana</creator></coreProperties>"),
    ];
    let wanted: Vec<(&str, String)> = wanted.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    assert_eq!(named, wanted);
    assert!(got.gaps.is_empty());
}

#[test]
fn damage_and_bombs_are_gaps() {
    let bytes = whole();
    let cut = members(&bytes[..bytes.len() / 2]);
    assert_eq!(cut.gaps[0].code, "malformed-xlsx");
    let none = members(&workbook(&[("xl/other.xml", "<x/>")]));
    assert_eq!(none.gaps[0].code, "malformed-xlsx");
    let bomb = "a".repeat(4 << 20);
    let large = members(&workbook(&[("xl/workbook.xml", WORKBOOK), ("docProps/core.xml", &bomb)]));
    assert!(large.gaps.iter().any(|gap| gap.code == "expanded-ratio"));
    let broken = whole();
    let open = FIRST.replace("</sheetData></worksheet>", "<row r='5'><c><v>1</x>");
    let early = members(&workbook(&[
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/worksheets/sheet1.xml", &open),
        ("xl/worksheets/sheet2.xml", SECOND),
    ]));
    assert!(early.gaps.iter().any(|gap| gap.code == "malformed-xlsx"), "{}", broken.len());
}

#[test]
fn only_workbooks_are_claimed() {
    assert_eq!(Xlsx.probe(b"PK\x03\x04rest", "a.xlsx"), Vote::Strong);
    assert_eq!(Xlsx.probe(b"PK\x03\x04..xl/workbook.xml", "a"), Vote::Strong);
    assert_eq!(Xlsx.probe(b"PK\x03\x04rest", "a.zip"), Vote::No);
    assert_eq!(Xlsx.probe(b"text", "a.xlsx"), Vote::No);
}
