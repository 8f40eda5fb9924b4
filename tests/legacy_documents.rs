//! Documents and mails in binary files, made by other programs: what was planted in each hiding place is found
//! there, whatever the file is called; what is encrypted or damaged is told; what cannot be written is withheld.

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

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use olvido::formats::mapping::Mappings;
use olvido::formats::{Carry, Member, Piece, Purpose, Reading, Yield, probe};
use olvido::records::{Block, Gap, Limits, Position};
use serde_json::Value;
use support::{Run, folder, project, put, run};

type Wants = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn wants() -> Wants {
    serde_json::from_str(&fs::read_to_string(project("fixtures/documents/want.json")).unwrap()).unwrap()
}

fn fixture(name: &str) -> Vec<u8> {
    let path = project("fixtures/documents");
    match fs::read(path.join(name)) {
        Ok(bytes) => bytes,
        Err(_) => {
            let packed = fs::read(path.join(format!("{name}.gz"))).unwrap();
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
            bytes
        }
    }
}

fn scan(home: &Path, path: &str) -> Run {
    run(home, &["scan", path, "--format", "jsonl", "--lang", "en"])
}

/// Where addresses were found inside of files: the chain of names, and the lengths of those in it.
fn found(scan: &Run) -> BTreeMap<String, BTreeMap<String, BTreeSet<u64>>> {
    let mut out: BTreeMap<String, BTreeMap<String, BTreeSet<u64>>> = BTreeMap::new();
    for line in scan.of_type("detection").iter().filter(|line| line["category"] == "email-address") {
        let inner: Vec<&str> =
            line["inner"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let len = line["end"].as_u64().unwrap() - line["start"].as_u64().unwrap();
        let file = line["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        out.entry(file).or_default().entry(inner.join("!")).or_default().insert(len);
    }
    out
}

fn lengths(wants: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, BTreeSet<u64>> {
    wants
        .iter()
        .map(|(at, values)| (at.clone(), values.iter().map(|value| value.len() as u64).collect()))
        .collect()
}

#[test]
fn every_hiding_place_is_found_with_its_way_whatever_the_name() {
    let home = folder();
    let wants = wants();
    for (number, name) in wants.keys().enumerate() {
        put(home.path(), &format!("named/{name}"), fixture(name));
        put(home.path(), &format!("bare/{number}"), fixture(name));
    }
    let named = found(&scan(home.path(), "named"));
    let bare = found(&scan(home.path(), "bare"));
    for (number, (name, places)) in wants.iter().enumerate() {
        let got = named.get(name).unwrap_or_else(|| panic!("nothing in {name}"));
        assert_eq!(got, &lengths(places), "{name}");
        assert_eq!(bare.get(&number.to_string()), Some(got), "{name} without its ending");
    }
}

#[test]
fn encrypted_documents_say_how() {
    let home = folder();
    put(home.path(), "x", fixture("encrypted.docx"));
    let got = scan(home.path(), "x");
    assert_eq!((got.status, got.gap_codes()), (3, vec!["encrypted-content".to_owned()]));
    let message = got.of_type("gap")[0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("agile encryption, AES of 256 bits"), "{message}");
}

/// A store of Outlook is larger than any bound on what is held: it is read where it lies.
#[test]
fn a_mail_store_of_any_size_is_read() {
    let home = folder();
    put(home.path(), "in/archive.bin", fixture("mailstore.pst"));
    put(home.path(), "small/archive.bin", fixture("mailstore.pst"));
    let file = fs::OpenOptions::new().write(true).open(home.path().join("in/archive.bin")).unwrap();
    file.set_len(200 << 20).unwrap();
    drop(file);
    let [large, small] = ["in", "small"].map(|dir| scan(home.path(), dir));
    assert!(large.gap_codes().is_empty(), "{:?}", large.gap_codes());
    assert_eq!(found(&large), found(&small));
    assert_eq!(found(&large)["archive.bin"], lengths(&wants()["mailstore.pst"]));
}

#[test]
fn what_has_no_way_back_is_withheld() {
    let home = folder();
    for name in wants().keys() {
        put(home.path(), &format!("in/{name}"), fixture(name));
    }
    put(home.path(), "in/kept.txt", "nothing of people");
    let done = run(home.path(), &["redact", "in", "--out", "out", "--lang", "en"]);
    assert_eq!(done.status, 3, "{}{}", done.stdout, done.stderr);
    for (name, places) in wants() {
        assert!(!home.path().join("out").join(&name).exists(), "{name}");
        let notice = fs::read_to_string(home.path().join(format!("out/{name}.withheld.txt"))).unwrap();
        for value in places.values().flatten() {
            assert!(!notice.contains(value.as_str()), "{name}");
        }
    }
    assert!(home.path().join("out/kept.txt").exists());
}

/// An attribute of TNEF.
fn attribute(level: u8, id: u32, content: &[u8]) -> Vec<u8> {
    let sum = content.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    let len = (content.len() as u32).to_le_bytes();
    [&[level][..], &id.to_le_bytes(), &len, content, &sum.to_le_bytes()].concat()
}

#[test]
fn messages_inside_messages_end_at_the_bound() {
    let magic = [0x78, 0x9F, 0x3E, 0x22, 1, 0];
    let mut inner = [&magic[..], &attribute(1, 0x0002_800C, b"deep\0")].concat();
    for _ in 0..12 {
        let nested = [&[7, 3, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46][..], &inner].concat();
        let mut object = [1_u32.to_le_bytes(), 0x3701_000D_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat();
        object.extend((nested.len() as u32).to_le_bytes());
        object.extend(&nested);
        object.resize(object.len().next_multiple_of(4), 0);
        inner =
            [&magic[..], &attribute(2, 0x0006_9002, &[0; 14]), &attribute(2, 0x0006_9005, &object)].concat();
    }
    let home = folder();
    put(home.path(), "x", inner);
    let got = scan(home.path(), "x");
    assert_eq!((got.status, got.gap_codes()), (3, vec!["too-deep".to_owned()]), "{}", got.stdout);
}

#[test]
fn damaged_files_are_told_and_what_is_left_is_read() {
    let home = folder();
    for name in wants().keys() {
        let bytes = fixture(name);
        put(home.path(), &format!("in/{name}"), &bytes[..bytes.len() * 3 / 4]);
    }
    let got = scan(home.path(), "in");
    for name in wants().keys() {
        let path = |line: &Value| line["path"].as_str().is_some_and(|path| path.ends_with(name.as_str()));
        assert!(
            got.of_type("gap").iter().any(path),
            "{name} is cut and nothing is said: {:?}",
            got.of_type("gap")
        );
    }
    for name in ["text.rtf", "winmail.dat"] {
        assert!(found(&got).contains_key(name), "{name}");
    }
}

/// What a reader gave, without a look at it.
#[derive(Default)]
struct Taken {
    block: Block,
    members: Vec<Member>,
    gaps: u64,
}

impl Yield for Taken {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }
    fn boundary(&mut self) {
        self.block = Block::default();
    }
    fn hand_on(&mut self) {
        self.block = Block::default();
    }
    fn member(&mut self, member: Member) {
        self.members.push(member);
    }
    fn gap(&mut self, _gap: Gap) {
        self.gaps += 1;
    }
}

/// Reads bytes, and as deep as `depth` what lies inside of those formats; how many bytes came out.
fn read(bytes: &[u8], depth: u32) -> u64 {
    let format = probe(&bytes[..bytes.len().min(64 << 10)], "", None);
    if !["compound", "rtf", "tnef"].contains(&format.name()) {
        return 0;
    }
    let limits = Limits { depth, ..Limits::default() };
    let mappings = Mappings::default();
    let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
    let piece = Piece {
        bytes,
        base: 0,
        position: Position::START,
        first_ordinal: 0,
        first: true,
        last: true,
        window: None,
        carry: Arc::new(Carry::default()),
        name: "",
        media_type: None,
    };
    let mut out = Taken::default();
    format.read(&piece, &reading, &mut out);
    let held: u64 = out.members.iter().map(|member| member.bytes.len() as u64).sum();
    let inner: u64 =
        if depth == 0 { 0 } else { out.members.iter().map(|member| read(&member.bytes, depth - 1)).sum() };
    held + inner
}

#[test]
fn a_thousand_mutations_of_each_neither_panic_nor_hang_nor_grow() {
    for (name, _) in wants() {
        let whole = fixture(&name);
        // Most of a presentation is padding: what is changed lies where the structure is, too.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ whole.len() as u64;
        let mut dice = |bound: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % bound.max(1) as u64) as usize
        };
        let (begun, plain) = (Instant::now(), read(&whole, 4));
        for round in 0..1000 {
            let mut changed = whole.clone();
            for _ in 0..=dice(8) {
                let bound = if dice(2) == 0 { changed.len() } else { changed.len().min(4096) };
                let at = dice(bound);
                match dice(5) {
                    0 => changed[at] ^= 1 << dice(8),
                    1 => changed[at] = [0, 0xFF, 0x7F, 0x80, 1][dice(5)],
                    2 if changed.len() > 64 => {
                        changed.truncate(at.max(64));
                    }
                    3 => {
                        let end = (at + 4).min(changed.len());
                        let number = [0, 1, u32::MAX, 0x7FFF_FFFF, at as u32][dice(5)].to_le_bytes();
                        changed.splice(at..end, number[..end - at].iter().copied());
                    }
                    _ => {
                        let (from, len) = (dice(changed.len()), dice(600));
                        let part = changed[from..(from + len).min(changed.len())].to_vec();
                        changed.splice(at..at, part);
                    }
                }
            }
            let got = read(&changed, 4);
            assert!(
                got < 40 * plain.max(whole.len() as u64) + (1 << 20),
                "{name} in round {round}: {got} bytes"
            );
        }
        assert!(begun.elapsed() < Duration::from_secs(240), "{name}: {:?}", begun.elapsed());
    }
}
