//! Documents put together here; those of real programs are in `tests/legacy_documents.rs`.

use super::super::compound_writer::tests::file;
use super::*;

/// A document with the text in two pieces, the second before the first and in UTF-16.
fn streams(flags: u16) -> (Vec<u8>, Vec<u8>) {
    let mut stream = vec![0_u8; 0x400];
    let mut put = |at: usize, bytes: &[u8]| {
        stream.splice(at..at + bytes.len(), bytes.iter().copied());
    };
    let second: Vec<u8> = "oz\u{13}LINK \"mailto:b@example.org\"\u{14}here\u{15}\rcell\u{7}note\r"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let first = b"Ana Mu\xF1";
    put(0, &MARK.to_le_bytes());
    put(2, &WORD_97.to_le_bytes());
    put(0x0A, &flags.to_le_bytes());
    put(0x300, &second);
    put(0x3F0, first);
    let units = second.len() / 2 + first.len();
    put(0x4C, &(units as u32 - 5).to_le_bytes());
    put(0x50, &5_u32.to_le_bytes());
    let mut table = vec![1, 2, 0, 9, 9, 2];
    table.extend(28_u32.to_le_bytes());
    for position in [0, first.len() as u32, units as u32] {
        table.extend(position.to_le_bytes());
    }
    for place in [(0x3F0 * 2) | 0x4000_0000, 0x300_u32] {
        table.extend([0, 0]);
        table.extend(place.to_le_bytes());
        table.extend([0, 0]);
    }
    let clx = table.len() as u32;
    put(POSITIONS + PIECES * 8 + 4, &clx.to_le_bytes());
    let name: Vec<u8> = "Carla".encode_utf16().flat_map(u16::to_le_bytes).collect();
    put(POSITIONS + 36 * 8, &clx.to_le_bytes());
    put(POSITIONS + 36 * 8 + 4, &(2 + name.len() as u32).to_le_bytes());
    table.extend([5, 0]);
    table.extend(name);
    (stream, table)
}

fn read_all(bytes: &[u8]) -> Extract {
    let mut out = Extract::within(1 << 20);
    if let Some(file) = Compound::open(bytes) {
        read(&file, &mut out);
    }
    out
}

#[test]
fn pieces_are_put_in_order_and_parts_told_apart() {
    let (stream, table) = streams(0);
    let stream = [&stream[..], b"\0\x01deleted@example.org\0"].concat();
    let bytes = file(&[("WordDocument", &stream), ("0Table", &table)]);
    let out = read_all(&bytes);
    assert_eq!(out.part("text-of-no-piece.txt"), "deleted@example.org");
    assert_eq!(out.part("body.txt"), "Ana Muñozhere\ncell\t");
    assert_eq!(out.part("footnotes.txt"), "note\n");
    assert_eq!(out.part("fields.txt"), "LINK \"mailto:b@example.org\"\n");
    assert_eq!(out.part("names.txt"), "Carla\n");
    assert!(out.damage.is_empty());
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x41;
        read_all(&changed);
    }
}

#[test]
fn encrypted_ones_say_how() {
    let (stream, mut table) = streams(0x0100);
    table.splice(0..4, [1, 0, 1, 0]);
    let out = read_all(&file(&[("WordDocument", &stream), ("0Table", &table)]));
    assert_eq!(out.encrypted.unwrap(), "with a password: RC4 with 40 bits");
    let (stream, table) = streams(0x8100);
    let out = read_all(&file(&[("WordDocument", &stream), ("0Table", &table)]));
    assert!(out.encrypted.unwrap().contains("XOR"));
    assert!(out.parts.is_empty());
}

#[test]
fn a_piece_that_is_missing_is_told() {
    let (stream, table) = streams(0);
    let out = read_all(&file(&[("WordDocument", &stream[..0x3F3]), ("0Table", &table)]));
    assert_eq!(out.damage, ["pieces of the document's text are missing"]);
}

#[test]
fn word_95_keeps_its_text_in_one_run() {
    let mut stream = vec![0_u8; 0x300];
    stream.splice(0..4, [0xDC, 0xA5, 0x68, 0]);
    stream.splice(0x18..0x20, [0x00, 0x03, 0, 0, 0x09, 0x03, 0, 0]);
    stream.extend(b"Mu\xF1oz\rx\x07y and what is left");
    let out = read_all(&file(&[("WordDocument", &stream)]));
    assert_eq!(out.part("body.txt"), "Muñoz\nx\ty");
    stream[0x0A] = 4;
    let out = read_all(&file(&[("WordDocument", &stream)]));
    assert_eq!((out.part("body.txt"), out.unread.len()), ("Muñoz\nx\ty", 1));
}
