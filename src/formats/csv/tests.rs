//! The reader and the cutter together, on whole tables.

use std::sync::Arc;

use proptest::prelude::*;

use super::Csv;
use super::cutter::CsvCutter;
use crate::formats::encoding::charset;
use crate::formats::mapping::Mappings;
use crate::formats::{Carry, Cut, Cutter, Format, Member, Piece, Purpose, Reading, Yield};
use crate::records::{Block, Gap, Limits, Position};

/// A field as tests see it: ordinal and id of its record, path, text, raw bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    record: String,
    path: String,
    text: String,
    raw: Vec<u8>,
}

#[derive(Default)]
struct Collected {
    block: Block,
    item: Vec<u8>,
    seen: Vec<Seen>,
    extents: Vec<Vec<u8>>,
    gaps: Vec<(&'static str, Option<u64>)>,
}

impl Collected {
    fn take(&mut self) {
        for field in self.block.fields() {
            let text = self.block.field_text(field);
            let ranges = self.block.layers.to_raw(field.layers, field.raw, 0..text.len() as u64);
            let raw =
                ranges.iter().flat_map(|r| &self.item[r.start as usize..r.end as usize]).copied().collect();
            let record = &self.block.records[field.record as usize].reference;
            self.seen.push(Seen {
                record: record.id_or_ordinal().expose().to_owned(),
                path: self.block.paths.render(field.path).expose().to_owned(),
                text: text.to_owned(),
                raw,
            });
        }
        for record in &self.block.records {
            if let Some(extent) = record.extent.filter(|_| !record.continues) {
                assert_eq!(extent.lead, extent.start);
                self.extents.push(self.item[extent.start as usize..extent.end as usize].to_vec());
            }
        }
        self.block.clear();
    }
}

impl Yield for Collected {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }
    fn boundary(&mut self) {
        if self.block.is_full() {
            self.take();
        }
    }
    fn hand_on(&mut self) {
        self.take();
    }
    fn member(&mut self, _: Member) {}
    fn gap(&mut self, gap: Gap) {
        self.gaps.push((gap.code, gap.offset));
    }
}

fn read_piece(out: &mut Collected, at: usize, len: usize, ordinal: u64, carry: Arc<Carry>, purpose: Purpose) {
    let item = out.item.clone();
    let piece = Piece {
        bytes: &item[at..at + len],
        base: at as u64,
        position: Position::START.after(&item[..at]),
        first_ordinal: ordinal,
        first: at == 0,
        last: at + len == item.len(),
        window: None,
        carry,
        name: "t.csv",
        media_type: None,
    };
    let (mappings, limits) = (Mappings::default(), Limits::default());
    Csv.read(&piece, &Reading { mappings: &mappings, limits: &limits, purpose }, out);
    out.take();
}

fn whole(item: &[u8]) -> Collected {
    let mut out = Collected { item: item.to_vec(), ..Collected::default() };
    read_piece(&mut out, 0, item.len(), 0, Arc::default(), Purpose::Scan);
    out
}

/// Cut in pieces of at least `wanted` bytes, which come `step` at a time.
fn cut(item: &[u8], wanted: usize, step: usize) -> Collected {
    cut_by(Csv.cutter().unwrap(), item, wanted, step)
}

fn cut_by(mut cutter: Box<dyn Cutter>, item: &[u8], wanted: usize, step: usize) -> Collected {
    let mut out = Collected { item: item.to_vec(), ..Collected::default() };
    let (mut from, mut to, mut ordinal) = (0, 0, 0);
    while from < item.len() {
        match cutter.cut(&item[from..to], wanted, to == item.len()) {
            Cut::More => {
                assert!(to < item.len() || from == to, "more is asked for at the end");
                to = (to + step).min(item.len());
            }
            Cut::Here { len, records, carry } => {
                assert!(len > 0 && from + len <= to);
                read_piece(&mut out, from, len, ordinal, carry, Purpose::Scan);
                from += len;
                ordinal += records;
            }
        }
    }
    out
}

fn fields(out: &Collected) -> Vec<(&str, &str, &str)> {
    out.seen.iter().map(|seen| (seen.record.as_str(), seen.path.as_str(), seen.text.as_str())).collect()
}

fn encoded(label: &str, text: &str) -> Vec<u8> {
    charset::encode(label, text.as_bytes()).unwrap()
}

#[test]
fn rows_are_records_and_cells_are_fields() {
    let out = whole(b"id;nombre y apellido;note;note\r\n1;Ana;\"a;\r\nb\";\"say \"\"hi\"\"\"\r\n\r\n2;;x;");
    assert_eq!(
        fields(&out),
        [
            ("header", "/nombre y apellido@key", "nombre y apellido"),
            ("#0", "/id", "1"),
            ("#0", "/nombre y apellido", "Ana"),
            ("#0", "/note", "a;\r\nb"),
            ("#0", "/note[2]", "say \"hi\""),
            ("#1", "/id", "2"),
            ("#1", "/note", "x"),
        ]
    );
    assert_eq!(out.seen[4].raw, b"say \"\"hi\"\"");
    assert_eq!(out.extents, [&b"1;Ana;\"a;\r\nb\";\"say \"\"hi\"\"\"\r\n"[..], b"2;;x;"]);
    assert_eq!(out.gaps, []);
}

#[test]
fn small_tables() {
    assert_eq!(fields(&whole(b"")), []);
    assert_eq!(fields(&whole(b"\xEF\xBB\xBF")), []);
    assert_eq!(fields(&whole(b"id,name")), []);
    assert_eq!(fields(&whole(b"e-mail of Ana,name\n")), [("header", "/e-mail of Ana@key", "e-mail of Ana")]);
    assert_eq!(fields(&whole(b"name\nAna\n\nEva")), [("#0", "/name", "Ana"), ("#1", "/name", "Eva")]);
    assert_eq!(fields(&whole(b"sep=;\na;b\n1,5;2\n")), [("#0", "/a", "1,5"), ("#0", "/b", "2")]);
    assert_eq!(fields(&whole(b"\n\na,b\n1,2\n"))[0], ("#0", "/a", "1"));
}

#[test]
fn a_first_row_that_is_data_is_scanned_whole() {
    let out = whole(b"Ana,ana@example.org\nEva,eva@example.org\n");
    assert_eq!(fields(&out)[0], ("header", "/Ana@key", "Ana"));
}

#[test]
fn rows_of_the_wrong_length_are_read_and_told_once() {
    let out = whole(b"a,b\n1,2\n3\n4,5,6\n");
    assert_eq!(
        fields(&out)[2..],
        [("#1", "/a", "3"), ("#2", "/a", "4"), ("#2", "/b", "5"), ("#2", "/#3", "6")]
    );
    assert_eq!(out.gaps, [("ragged-row", Some(8))]);
}

#[test]
fn a_quote_that_is_never_closed_is_told_and_the_rest_is_read() {
    let out = whole(b"a,b\n1,\"open\n3,ana@example.org\n");
    assert_eq!(
        fields(&out),
        [("#0", "/a", "1"), ("#0", "/b", "\"open"), ("#1", "/a", "3"), ("#1", "/b", "ana@example.org")]
    );
    assert_eq!(out.gaps, [("malformed-csv", Some(6))]);
}

#[test]
fn charsets_are_seen_through() {
    let text = "id;señor\r\n1;\"Muñoz \"\"Ñ\"\"; año\r\n€\"\r\n2;José García\r\n";
    let plain = whole(text.as_bytes());
    for (label, mark) in [
        ("windows-1252", &b""[..]),
        ("UTF-16LE", b"\xFF\xFE"),
        ("UTF-16BE", b"\xFE\xFF"),
        ("UTF-16LE", b""),
        ("UTF-32LE", b"\xFF\xFE\0\0"),
        ("UTF-8", b"\xEF\xBB\xBF"),
    ] {
        let item = [mark, &encoded(label, text)].concat();
        for out in [whole(&item), cut(&item, 1, 7), cut(&item, 40, 1000)] {
            assert_eq!(fields(&out), fields(&plain), "{label}");
            for seen in &out.seen {
                let back = encoded(label, &seen.text.replace('"', "\"\""));
                assert_eq!(seen.raw, back, "{label}");
            }
            let rows: Vec<u8> = out.extents.concat();
            assert!(item.ends_with(&rows) && rows.len() > item.len() / 2, "{label}");
        }
    }
}

#[test]
fn ordinals_and_gaps_are_the_items_own_in_every_piece() {
    let rows: String =
        (0..4000).map(|n| if n % 1000 == 7 { format!("{n}\n") } else { format!("{n},\"x\n\"\n") }).collect();
    let item = format!("id,note\n{rows}");
    let (plain, pieces) = (whole(item.as_bytes()), cut(item.as_bytes(), 3000, 1 << 20));
    assert_eq!(pieces.seen, plain.seen);
    assert_eq!(pieces.gaps, plain.gaps);
    assert_eq!(plain.gaps.len(), 1);
}

#[test]
fn a_quote_left_open_does_not_hold_up_the_rows_before_it() {
    let rows = "1,2\n".repeat(100_000);
    let item = format!("a,b\n{rows}1,\"{}", "x,y\n".repeat(100_000));
    let mut cutter = Csv.cutter().unwrap();
    let (mut from, mut records) = (0, 0);
    while let Cut::Here { len, records: more, .. } = cutter.cut(&item.as_bytes()[from..], 64 << 10, false) {
        from += len;
        records += more;
    }
    assert_eq!(records, 100_000);
    assert!(item[from..].starts_with("1,\"x"));
}

#[test]
fn a_survey_takes_nothing_without_a_mapping() {
    let item = b"email of,b\nana@example.org,2\n3\n";
    let mut out = Collected { item: item.to_vec(), ..Collected::default() };
    read_piece(&mut out, 0, item.len(), 0, Arc::default(), Purpose::Survey);
    assert_eq!((out.seen.len(), out.gaps.len()), (0, 0));
}

proptest! {
    #[test]
    fn cutting_changes_nothing(
        body in "([a-cñ]|,|\"|\"\"|\n|\r\n|\r|\"a\n,b\"){0,60}",
        wanted in 1usize..60,
        label in prop::sample::select(vec!["UTF-8", "UTF-16LE", "UTF-16BE"]),
    ) {
        let mark: &[u8] = match label {
            "UTF-16LE" => b"\xFF\xFE",
            "UTF-16BE" => b"\xFE\xFF",
            _ => b"\xEF\xBB\xBF",
        };
        let item = [mark, &encoded(label, &format!("x y,b\n{body}"))].concat();
        let plain = whole(&item);
        // One that waits for much, and one that tries with every byte that comes once it
        // has seen the mark.
        for pieces in [cut(&item, wanted, 3), cut_by(Box::new(CsvCutter::after(8)), &item, wanted, 1)] {
            prop_assert_eq!(&pieces.seen, &plain.seen);
            prop_assert_eq!(&pieces.extents, &plain.extents);
            prop_assert_eq!(&pieces.gaps, &plain.gaps);
        }
        for seen in &plain.seen {
            let one = encoded(label, &seen.text);
            let two = encoded(label, &seen.text.replace('"', "\"\""));
            prop_assert!(seen.raw == one || seen.raw == two);
        }
    }

    #[test]
    fn any_bytes_are_read(item in prop::collection::vec(any::<u8>(), 0..200), wanted in 1usize..50) {
        let plain = whole(&item);
        prop_assert!(plain.extents.iter().all(|extent| !extent.is_empty()));
        cut(&item, wanted, 9);
    }
}
