//! Workbooks put together here; those of real programs are in `tests/legacy_documents.rs`.

use super::super::compound_writer::tests::file;
use super::*;

fn record(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(content.len() as u16).to_le_bytes(), content].concat()
}

fn text(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [&(text.encode_utf16().count() as u16).to_le_bytes()[..], &[1], &units].concat()
}

fn cell(row: u16, column: u16, rest: &[u8]) -> Vec<u8> {
    [&row.to_le_bytes()[..], &column.to_le_bytes(), rest].concat()
}

fn begin() -> Vec<u8> {
    record(0x0809, &[0, 6, 5, 0, 0, 0, 0, 0])
}

/// A workbook of Excel 97: two sheets, the second hidden.
fn workbook() -> Vec<u8> {
    let strings = [
        &3_u32.to_le_bytes()[..],
        &3_u32.to_le_bytes(),
        &text("Ana Muñoz"),
        &text("gone@example.org"),
        &text("a, \"b\""),
    ]
    .concat();
    let name = |name: &str, state: u8, at: usize| {
        let letters = [&[name.len() as u8, 0][..], name.as_bytes()].concat();
        record(0x0085, &[&(at as u32).to_le_bytes()[..], &[state, 0], &letters].concat())
    };
    let note = [&[0; 10][..], &4_u16.to_le_bytes(), &[0; 6]].concat();
    let first = [
        begin(),
        record(0x00FD, &cell(0, 1, &[0, 0, 0, 0, 0, 0])),
        record(0x00FD, &cell(2, 0, &[0, 0, 2, 0, 0, 0])),
        record(0x0203, &cell(2, 1, &[&[1, 0][..], &45_983_f64.to_le_bytes()].concat())),
        record(0x027E, &cell(2, 2, &[&[0, 0][..], &(600_000_000_u32 << 2 | 2).to_le_bytes()].concat())),
        record(
            0x0006,
            &cell(
                2,
                3,
                &[&[0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF][..], &[0; 6], &[9, 0, 0x17, 6, 0], b"hidden"]
                    .concat(),
            ),
        ),
        record(0x0207, &text("made")),
        record(0x01B6, &note),
        record(0x003C, b"\0why?"),
        record(0x003C, &[0; 16]),
        record(0x001C, &[&[0; 8][..], &text("Carla")].concat()),
        record(0x000A, &[]),
    ]
    .concat();
    let second = [
        begin(),
        record(0x0204, &cell(0, 0, &[&[0, 0][..], &text("x@example.org")].concat())),
        record(0x000A, &[]),
    ]
    .concat();
    let globals = |at: usize, then: usize| {
        [
            begin(),
            record(0x00E0, &[0; 20]),
            record(0x00E0, &[0, 0, 14, 0]),
            name("One", 0, at),
            name("Two", 1, then),
            record(0x00FC, &strings),
            record(0x000A, &[]),
        ]
        .concat()
    };
    let len = globals(0, 0).len();
    let stream = [globals(len, len + first.len()), first, second].concat();
    file(&[("Workbook", &stream)])
}

fn read_all(bytes: &[u8]) -> Extract {
    let mut out = Extract::within(1 << 20);
    if let Some(file) = Compound::open(bytes) {
        read(&file, &mut out);
    }
    out
}

#[test]
fn sheets_are_tables_and_what_stands_beside_them() {
    let bytes = workbook();
    let out = read_all(&bytes);
    assert_eq!(
        out.part("One.csv"),
        ",Ana Muñoz\n\n\"a, \"\"b\"\"\",2025-11-22,600000000,made\n"
            .replace("600000000", &(f64::from((600_000_000_u32 << 2 | 2) as i32 >> 2)).to_string())
    );
    assert_eq!(out.part("One-beside-cells.txt"), "hidden\nwhy?\nCarla\n");
    assert_eq!(out.part("Two (hidden).csv"), "x@example.org\n");
    assert_eq!(out.part("strings-no-cell-shows.txt"), "gone@example.org");
    assert!(out.damage.is_empty(), "{:?}", out.damage);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x41;
        read_all(&changed);
    }
}

#[test]
fn codes_of_headers_are_no_text() {
    assert_eq!(
        page_text("&Cana@example.org&R&\"Arial,Bold\"&12Page &P && more"),
        " ana@example.org Page   & more"
    );
}

#[test]
fn excel_95_has_letters_of_eight_bits() {
    let stream = [
        record(0x0809, &[0, 5, 5, 0, 0, 0, 0, 0]),
        record(0x0042, &1252_u16.to_le_bytes()),
        record(0x0204, &cell(0, 0, b"\0\0\x08\0Ana Mu\xF1o")),
        record(0x001C, &[&[0; 6][..], b"note"].concat()),
        record(0x000A, &[]),
    ]
    .concat();
    let out = read_all(&file(&[("Book", &stream)]));
    assert_eq!(out.part("workbook.csv"), "Ana Muño\n");
    assert_eq!(out.part("workbook-beside-cells.txt"), "note\n");
}

#[test]
fn encrypted_ones_say_how_and_bombs_end() {
    for (how, word) in
        [(&[0, 0, 1, 2][..], "XOR"), (&[1, 0, 1, 0, 1, 0], "40 bits"), (&[1, 0, 4, 0], "CryptoAPI")]
    {
        let stream = [begin(), record(0x002F, how)].concat();
        let out = read_all(&file(&[("Workbook", &stream)]));
        assert!(out.encrypted.unwrap().contains(word));
    }
    // One long string, shown a hundred thousand times.
    let strings = [&1_u32.to_le_bytes()[..], &1_u32.to_le_bytes(), &text(&"x".repeat(4000))].concat();
    let mut stream = [begin(), record(0x00FC, &strings), record(0x000A, &[]), begin()].concat();
    for at in 0..100_000_u32 {
        stream.extend(record(0x00FD, &cell((at / 200) as u16, (at % 200) as u16, &[0; 6])));
    }
    stream.extend(record(0x000A, &[]));
    let out = read_all(&file(&[("Workbook", &stream)]));
    assert!(out.full);
    assert!(out.parts.iter().map(|part| part.bytes.len()).sum::<usize>() <= 1 << 20);
}
