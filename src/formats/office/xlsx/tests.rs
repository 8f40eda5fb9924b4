//! A workbook made here, part by part.

use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use std::io::Cursor;

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
        ("Users.csv", "user_id,,last_login_at,\n\n\n7,\"left & gone, \"\"1\"\"\",2025-11-22,true\n"),
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

/// A workbook of one sheet, with parts replaced or added.
fn with(changes: &[(&str, &str)]) -> Collected {
    let one = WORKBOOK.replace(r#"<sheet name="Old" sheetId="2" state="hidden" r:id="rId2"/>"#, "");
    let mut parts = vec![
        ("xl/workbook.xml", one.as_str()),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/styles.xml", STYLES),
        ("xl/worksheets/sheet1.xml", FIRST),
    ];
    for change in changes {
        parts.retain(|(name, _)| name != &change.0);
        parts.push(*change);
    }
    members(&workbook(&parts))
}

fn text_of<'c>(got: &'c Collected, name: &str) -> Option<&'c str> {
    let member = got.members.iter().find(|member| member.name == name)?;
    std::str::from_utf8(&member.bytes).ok()
}

#[test]
fn strings_that_cannot_be_read_are_gaps_and_not_empty_cells() {
    assert!(with(&[]).gaps.is_empty());
    let cut = STRINGS.split_once("<si><t>left").unwrap().0.to_owned() + "<si><t>half@example.org</x>";
    let workbook_cut = WORKBOOK.replace("</sheets></workbook>", "</x>");
    for (part, text) in [
        ("xl/sharedStrings.xml", cut.as_str()),
        ("xl/sharedStrings.xml", "<sst><si><t>one</t></si></sst>"),
        ("xl/worksheets/sheet1.xml", &FIRST.replace("<v>2</v>", "<v>two</v>")),
        ("xl/styles.xml", "<styleSheet><cellXfs><xf></x>"),
        ("xl/_rels/workbook.xml.rels", "<Relationships><x></y>"),
        ("xl/workbook.xml", &workbook_cut),
        ("xl/workbook.xml", "<workbook/>"),
    ] {
        let got = with(&[(part, text)]);
        assert!(got.gaps.iter().any(|gap| gap.code == "malformed-xlsx"), "{part}: {text}");
    }
    let got = with(&[("xl/sharedStrings.xml", &cut)]);
    let left = text_of(&got, "strings-no-cell-shows.txt").is_some_and(|text| text.contains("half@"));
    let shown = text_of(&got, "Users.csv").is_some_and(|text| text.contains("half@"));
    assert!(left || shown, "what stands before the damage is read");
}

#[test]
fn what_stands_beside_cells_is_read() {
    let sheet = FIRST.replace(
        "</sheetData>",
        r#"<row r="5"><c r="A5"><f>HYPERLINK("mailto:formula@example.org","A")</f><v>A</v></c><c r="B5"><f>SUM(A1:A4)</f><v>7</v></c></row></sheetData><dataValidations><dataValidation prompt="ask prompt@example.org"><formula1>"list@example.org,x"</formula1></dataValidation></dataValidations><hyperlinks><hyperlink ref="A1" tooltip="tip@example.org"/></hyperlinks><headerFooter><oddHeader>head@example.org</oddHeader></headerFooter>"#,
    );
    let links = r#"<Relationships><Relationship Id="rId9" Target="mailto:link@example.org" TargetMode="External"/></Relationships>"#;
    let named =
        WORKBOOK.replace(r#"<sheet name="Old" sheetId="2" state="hidden" r:id="rId2"/>"#, "").replace(
            "</sheets>",
            "</sheets><definedNames><definedName>\"n@example.org\"</definedName></definedNames>",
        );
    let got = with(&[
        ("xl/worksheets/sheet1.xml", &sheet),
        ("xl/worksheets/_rels/sheet1.xml.rels", links),
        ("xl/worksheets/sheet7.xml", "<worksheet><c><v>orphan@example.org</v></c></worksheet>"),
        ("xl/workbook.xml", &named),
    ]);
    let beside = text_of(&got, "Users-beside-cells.txt").unwrap();
    for datum in ["formula@", "prompt@", "list@", "tip@", "head@"] {
        assert!(beside.contains(datum), "{datum}: {beside}");
    }
    assert!(!beside.contains("SUM"), "{beside}");
    for (name, datum) in [
        ("xl/worksheets/_rels/sheet1.xml.rels", "link@"),
        ("xl/worksheets/sheet7.xml", "orphan@"),
        ("xl/workbook.xml", "n@"),
    ] {
        assert!(text_of(&got, name).is_some_and(|text| text.contains(datum)), "{name}");
    }
    assert!(got.gaps.is_empty());
}

#[test]
fn cells_keep_their_places_and_are_never_joined() {
    let sheet = "<worksheet><row><c t='str'><v>a</v></c><c/><c t='str'><v>c</v></c></row>\
                 <row><c r='A2'><v>1</v></c><c r='A2'><v>2</v></c></row></worksheet>";
    let got = with(&[("xl/worksheets/sheet1.xml", sheet)]);
    assert_eq!(text_of(&got, "Users.csv"), Some("a,,c\n1,2,\n"));
}

#[test]
fn only_workbooks_are_claimed() {
    assert_eq!(Xlsx.probe(b"PK\x03\x04rest", "a.xlsx"), Vote::Strong);
    assert_eq!(Xlsx.probe(b"PK\x03\x04..xl/workbook.xml", "a"), Vote::Strong);
    assert_eq!(Xlsx.probe(b"PK\x03\x04rest", "a.zip"), Vote::No);
    assert_eq!(Xlsx.probe(b"text", "a.xlsx"), Vote::No);
}

mod back {
    use std::sync::Arc;

    use super::*;
    use crate::formats::collect::piece;
    use crate::formats::mapping::Mappings;
    use crate::formats::rewrite::{Fate, rewrite};
    use crate::records::{Limits, Text};

    const SHEET: &str = r#"<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>1</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row><row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3"><f>SUM(B1:B2)</f><v>600123</v></c></row><row r="4"><c r="A4" t="s" s="2"><v>2</v></c><c r="B4" t="b"/></row></sheetData></worksheet>"#;
    const SHARED: &str = "<sst><si><t>name</t></si><si><t>twice</t></si><si><t>one\nline, and</t><r><t> more</t></r></si></sst>";

    fn book(name: &str) -> Vec<u8> {
        let sheets = format!(
            r#"<workbook xmlns:r="r"><sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>"#
        );
        workbook(&[
            ("[Content_Types].xml", "<Types/>"),
            ("xl/workbook.xml", &sheets),
            ("xl/_rels/workbook.xml.rels", RELATIONS),
            ("xl/sharedStrings.xml", SHARED),
            ("xl/worksheets/sheet1.xml", SHEET),
        ])
    }

    /// The workbook with ranges of its first table replaced, by what stands there and how often before.
    fn changed(bytes: &[u8], changes: &[(&str, usize, &str)]) -> Vec<u8> {
        let got = members(bytes);
        let csv = String::from_utf8(got.members[0].bytes.to_vec()).unwrap();
        let mut splices: Vec<Splice> = changes
            .iter()
            .map(|(old, nth, new)| {
                let (at, _) = csv.match_indices(old).nth(*nth).unwrap_or_else(|| panic!("no {old} in {csv}"));
                Splice { range: at as u64..(at + old.len()) as u64, bytes: new.as_bytes().to_vec() }
            })
            .collect();
        splices.sort_by_key(|splice| splice.range.start);
        let changes = Changes {
            members: vec![(1, Arc::from(&b"new"[..]))],
            fates: vec![(1, Fate::Edited(splices))],
            ..Changes::default()
        };
        written(bytes, changes).unwrap()
    }

    fn written(bytes: &[u8], changes: Changes) -> Result<Vec<u8>, Refused> {
        let (mappings, limits) = (Mappings::default(), Limits::default());
        let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
        rewrite(&Xlsx, &piece(bytes), &reading, changes)
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
    }

    fn csv(bytes: &[u8]) -> String {
        let got = members(bytes);
        assert!(got.gaps.is_empty(), "{:?}", got.codes());
        String::from_utf8(got.members[0].bytes.to_vec()).unwrap()
    }

    #[test]
    fn a_shared_string_changes_where_all_its_cells_do_and_else_the_cell_has_its_own() {
        let old = book("Users");
        assert_eq!(csv(&old), "name,1\ntwice,\ntwice,600123\n\"one line, and more\",\n");
        let both = changed(&old, &[("twice", 0, "<x>"), ("twice", 1, "<x>")]);
        assert_eq!(csv(&both), "name,1\n<x>,\n<x>,600123\n\"one line, and more\",\n");
        assert_eq!(part(&both, "xl/worksheets/sheet1.xml"), SHEET);
        assert!(part(&both, "xl/sharedStrings.xml").contains("&lt;x&gt;"));
        let one = changed(&old, &[("twice", 1, "x")]);
        assert_eq!(csv(&one), "name,1\ntwice,\nx,600123\n\"one line, and more\",\n");
        assert_eq!(part(&one, "xl/sharedStrings.xml"), SHARED);
        let apart = changed(&old, &[("twice", 0, "x"), ("twice", 1, "y")]);
        assert_eq!(csv(&apart), "name,1\nx,\ny,600123\n\"one line, and more\",\n");
        assert!(!part(&apart, "xl/sharedStrings.xml").contains("twice"), "nothing shows it any more");
    }

    #[test]
    fn numbers_become_texts_formulas_stay_and_signs_of_csv_are_undone() {
        let new = changed(&book("Users"), &[("600123", 0, "\"a, \"\"b\"\" & c\""), ("and", 0, "&")]);
        let sheet = part(&new, "xl/worksheets/sheet1.xml");
        let cell = r#"<c t="str" r="B3"><f>SUM(B1:B2)</f><v>a, "b" &amp; c</v></c>"#;
        assert!(sheet.contains(cell), "{sheet}");
        let strings = part(&new, "xl/sharedStrings.xml");
        assert!(strings.contains("one\nline, &amp;</t><r><t> more"), "the line end stays: {strings}");
    }

    #[test]
    fn a_change_over_the_border_of_a_cell_is_refused() {
        let changes = Changes {
            members: vec![(1, Arc::from(&b"new"[..]))],
            fates: vec![(1, Fate::Edited(vec![Splice { range: 2..6, bytes: b"x".to_vec() }]))],
            ..Changes::default()
        };
        assert_eq!(written(&book("Users"), changes).unwrap_err().code, "document-not-writable");
    }

    #[test]
    fn changed_bytes_make_no_writer_panic() {
        let whole = book("Users");
        let (mappings, limits) = (Mappings::default(), Limits::default());
        let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
        for at in (0..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            let fates = vec![(1, Fate::Edited(vec![Splice { range: 0..3, bytes: b"x".to_vec() }]))];
            let members = vec![(1, Arc::from(&b"new"[..]))];
            let names = vec![(1, Text::new("[x].csv"))];
            let _ = written(&bytes, Changes { members, fates, names, ..Changes::default() });
            Xlsx.residue(&piece(&bytes), &reading, &mut |_| {});
        }
    }

    #[test]
    fn only_members_called_after_sheets_get_other_names() {
        let named =
            |ordinal, name: &str| Changes { names: vec![(ordinal, Text::new(name))], ..Changes::default() };
        let new = written(&book("Ana"), named(1, "[person name].csv")).unwrap();
        assert!(part(&new, "xl/workbook.xml").contains("name=\"(person name)\""));
        for changes in [named(1, "[person name]"), named(9, "x.csv")] {
            assert_eq!(written(&book("Ana"), changes).unwrap_err().code, "document-part-name");
        }
    }

    #[test]
    fn one_cell_far_to_the_right_does_not_make_a_table_far_larger() {
        let mut rows: String =
            (2..2000).map(|row| format!("<row r=\"{row}\"><c><v>1</v></c></row>")).collect();
        rows.insert_str(0, "<row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row>");
        let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
        let got = with(&[("xl/worksheets/sheet1.xml", &sheet)]);
        assert!(text_of(&got, "Users.csv").unwrap().len() < 2 << 20);
    }
}
