//! Messages and mailboxes: every planted datum is found at its place, and the raw bytes of that place are
//! the datum by a decoding of their own.

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

use std::path::Path;
use std::process::{Command, Stdio};

use olvido::formats::mapping::Mappings;
use olvido::formats::rewrite::{Changes, Edit, Refused, rewrite};
use olvido::formats::{Carry, Cut, Format, Member, Piece, Purpose, Reading, Vote, Yield};
use olvido::formats::{MailFormat, MboxFormat};
use olvido::records::{
    Block, Extent, FactId, FactValue, Field, Gap, Limits, Ordinal, Position, Record, Role, Text,
};

/// Everything a reader gives.
#[derive(Default)]
struct Collected {
    block: Block,
    blocks: Vec<Block>,
    members: Vec<Member>,
    gaps: Vec<Gap>,
}

impl Yield for Collected {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }

    fn boundary(&mut self) {
        if self.block.is_full() {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        self.blocks.push(std::mem::take(&mut self.block));
    }

    fn member(&mut self, member: Member) {
        self.members.push(member);
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
}

impl Collected {
    fn fields(&self) -> impl Iterator<Item = (&Block, &Field, String)> {
        self.blocks.iter().flat_map(|block| {
            block.fields().iter().map(move |f| (block, f, block.paths.render(f.path).expose().to_owned()))
        })
    }

    fn records(&self) -> Vec<&Record> {
        self.blocks.iter().flat_map(|block| &block.records).collect()
    }

    fn text(&self, path: &str) -> String {
        self.fields().filter(|(.., p)| p == path).map(|(block, field, _)| block.field_text(field)).collect()
    }

    /// Length of a whole field that may go over blocks.
    fn text_len(&self, path: &str) -> usize {
        let pieces = self.fields().filter(|(.., p)| p == path);
        pieces.map(|(_, field, _)| field.offset as usize + (field.end - field.start) as usize).max().unwrap()
    }

    fn codes(&self) -> Vec<&'static str> {
        self.gaps.iter().map(|gap| gap.code).collect()
    }
}

fn piece(bytes: &[u8]) -> Piece<'_> {
    Piece {
        bytes,
        base: 0,
        position: Position::START,
        first_ordinal: 0,
        first: true,
        last: true,
        window: None,
        carry: std::sync::Arc::new(Carry::default()),
        name: "x.eml",
        media_type: None,
    }
}

fn read_with(format: &dyn Format, bytes: &[u8], purpose: Purpose, limits: &Limits) -> Collected {
    let mut out = Collected::default();
    let piece = piece(bytes);
    format.read(&piece, &Reading { mappings: &Mappings::default(), limits, purpose }, &mut out);
    out.hand_on();
    out
}

fn read(format: &dyn Format, bytes: &[u8]) -> Collected {
    read_with(format, bytes, Purpose::Scan, &Limits::default())
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/mail").join(name)).unwrap()
}

fn raw_slices<'a>(bytes: &'a [u8], block: &Block, field: &Field, value: &str) -> Vec<&'a [u8]> {
    let start = block.field_text(field).find(value).unwrap() as u64;
    let ranges = block.layers.to_raw(field.layers, field.raw, start..start + value.len() as u64);
    for pair in ranges.windows(2) {
        assert!(pair[0].end <= pair[1].start, "ranges stand in order and apart");
    }
    ranges.into_iter().map(|r| &bytes[r.start as usize..r.end as usize]).collect()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// Base64 by the table, independent of the library.
fn plain_base64(raw: &[u8]) -> Vec<u8> {
    let table = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = raw
        .iter()
        .filter_map(|byte| table.iter().position(|letter| letter == byte))
        .flat_map(|value| (0..6).rev().map(move |bit| (value >> bit & 1) as u8))
        .collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |value, bit| value << 1 | bit)).collect()
}

/// Quoted-printable without soft breaks, independent of the library.
fn plain_quoted_printable(raw: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(raw.to_vec()).unwrap().replace("=\r\n", "");
    let mut parts = text.split('=');
    let mut out = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        out.extend(hex(&part[..2]));
        out.extend(part[2..].bytes());
    }
    out
}

fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

#[test]
fn every_planted_datum_stands_at_its_place() {
    let mut checked = 0;
    for name in ["everything.eml", "headerless.eml", "undeclared.eml", "truncated.eml"] {
        let bytes = fixture(name);
        let found = read(&MailFormat, &bytes);
        let wanted = String::from_utf8(fixture(&format!("{name}.wanted"))).unwrap();
        for line in wanted.lines() {
            let [path, value, how, want] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let (block, field, _) = found
                .fields()
                .find(|(block, field, p)| p == path && block.field_text(field).contains(value))
                .unwrap_or_else(|| panic!("{name}: no {value} at {path}"));
            let slices = raw_slices(&bytes, block, field, value);
            let joined = slices.concat();
            match how {
                "raw" => {
                    let want: Vec<&[u8]> = want.split('|').map(str::as_bytes).collect();
                    assert_eq!(slices, want, "{name} {path} {value}");
                }
                "hex" => assert_eq!(joined, hex(want), "{name} {path} {value}"),
                "qp" => assert_eq!(plain_quoted_printable(&joined), hex(want), "{name} {path} {value}"),
                _ => {
                    let plain = plain_base64(&joined);
                    for want in want.split(',') {
                        assert!(contains(&plain, &hex(want)), "{name} {path} {value}: {plain:?}");
                        assert!(plain.len() <= hex(want).len() + 70, "{name} {path}: the place is too wide");
                    }
                }
            }
            checked += 1;
        }
    }
    assert!(checked >= 25);
}

/// Every character of every field leads to raw bytes inside the item and back to itself.
#[test]
fn every_field_leads_to_its_bytes_and_back() {
    for name in ["everything.eml", "headerless.eml", "undeclared.eml", "truncated.eml", "three.mbox"] {
        let bytes = fixture(name);
        let format: &dyn Format = if name.ends_with("mbox") { &MboxFormat } else { &MailFormat };
        let found = read(format, &bytes);
        for (block, field, path) in found.fields() {
            let text = block.field_text(field);
            for (at, c) in text.char_indices() {
                let span = at as u64..(at + c.len_utf8()) as u64;
                let raw = block.layers.to_raw(field.layers, field.raw, span.clone());
                assert!(raw.iter().all(|range| range.end <= bytes.len() as u64), "{name} {path}");
                if let (Some(first), Some(last)) = (raw.first(), raw.last()) {
                    let back =
                        block.layers.to_decoded(field.layers, field.raw, first.start..last.end).unwrap();
                    assert!(back.start <= span.start && back.end >= span.end, "{name} {path} {at}");
                }
            }
        }
    }
}

#[test]
fn a_comma_in_an_encoded_word_parts_no_names() {
    let found = read(&MailFormat, b"From: =?utf-8?Q?P=C3=A9rez=2C_Juan?= <juan@example.com>,\n =?utf-8?B?w5E=?= x <n@example.com>\nTo: a@example.com\n\nx");
    let names: Vec<String> = found
        .fields()
        .filter(|(.., path)| path.contains("!name["))
        .map(|(b, f, _)| b.field_text(f).to_owned())
        .collect();
    assert_eq!(names, ["Pérez, Juan", "Ñ x"]);
    assert_eq!(found.text("header:From[1]"), "Pérez, Juan <juan@example.com>, Ñ x <n@example.com>");
}

#[test]
fn members_and_facts() {
    let found = read(&MailFormat, &fixture("everything.eml"));
    let members: Vec<(u32, &str, Option<&str>)> =
        found.members.iter().map(|m| (m.ordinal, m.name.as_str(), m.media_type.as_deref())).collect();
    assert_eq!(
        members,
        [(1, "DNI Lucía Ficticia.pdf", Some("application/pdf")), (2, "part[5].eml", Some("message/rfc822"))]
    );
    assert_eq!(&found.members[0].bytes[..], b"%PDF-1.4 not really");
    assert_eq!(
        &found.members[1].bytes[..],
        b"From: otra@example.net\r\nSubject: dentro\r\n\r\nel mensaje de dentro"
    );
    let record = found.records()[0];
    assert_eq!(record.reference.id.as_ref().unwrap().expose(), "abc.123@example.com");
    let created = record.facts.get(FactId::named("created_at").unwrap());
    assert!(matches!(created, Some(FactValue::Stamp(stamp)) if stamp.to_rfc3339() == "2024-03-05T09:22:33Z"));
    assert!(found.gaps.is_empty(), "{:?}", found.codes());
    let roles: Vec<Role> =
        found.fields().filter(|(.., path)| path.contains("!name[")).map(|(_, field, _)| field.role).collect();
    assert_eq!(roles, [Role::NameElsewhere; 3]);
}

#[test]
fn damaged_messages_are_read_and_say_so() {
    let found = read(&MailFormat, &fixture("truncated.eml"));
    assert_eq!(found.codes(), ["base64-truncated", "unknown-charset", "mail-truncated"]);
    let undeclared = read(&MailFormat, &fixture("undeclared.eml"));
    assert!(undeclared.records()[0].facts.get(FactId::named("created_at").unwrap()).is_none());
    assert!(undeclared.text("part:1").contains("Ñuñez, teléfono"));
}

#[test]
fn the_survey_takes_people_alone() {
    let found = read_with(&MailFormat, &fixture("everything.eml"), Purpose::Survey, &Limits::default());
    let people: Vec<(String, Role, String)> = found
        .fields()
        .map(|(block, field, path)| (path, field.role, block.field_text(field).to_owned()))
        .filter(|(path, ..)| path.starts_with("header:To"))
        .collect();
    assert_eq!(
        people,
        [
            ("header:To[1]!name[1]".into(), Role::PersonName, "Soporte, Equipo".into()),
            ("header:To[1]!name[2]".into(), Role::PersonName, "Íñigo Muñoz".into()),
            ("header:To[1]!address[1]".into(), Role::EmailAddress, "soporte@example.org".into()),
            ("header:To[1]!address[2]".into(), Role::EmailAddress, "inigo@example.net".into()),
        ]
    );
    assert!(found.members.is_empty() && found.gaps.is_empty());
}

#[test]
fn encrypted_parts_are_gaps_and_signed_ones_are_not() {
    let message = |content: &str, body: &str| {
        format!("From: a@example.com\nTo: b@example.com\nContent-Type: {content}\n\n{body}\n")
    };
    for (content, body) in [
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "AAAA"),
        ("application/x-pkcs7-mime", "AAAA"),
        (
            "multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x",
            "--x\n\nVersion: 1\n--x--",
        ),
        ("text/plain", "-----BEGIN PGP MESSAGE-----\n\nhQ\n-----END PGP MESSAGE-----"),
    ] {
        let found = read(&MailFormat, message(content, body).as_bytes());
        assert_eq!(found.codes(), ["mail-encrypted"], "{content}");
    }
    let opaque =
        read(&MailFormat, message("application/pkcs7-mime; smime-type=signed-data", "AAAA").as_bytes());
    assert_eq!(opaque.codes(), ["smime-opaque"]);
}

#[test]
fn members_are_bounded() {
    let mut text =
        String::from("From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed; boundary=x\n");
    for _ in 0..5 {
        text.push_str("\n--x\nContent-Type: application/zip\n\nPK\n");
    }
    text.push_str("--x--\n");
    let limits = Limits { members: 3, ..Limits::default() };
    let found = read_with(&MailFormat, text.as_bytes(), Purpose::Scan, &limits);
    assert_eq!((found.members.len(), found.codes()), (3, vec!["too-many-members"]));
    let limits = Limits { expanded: olvido::records::ByteBudget::new(5), ..Limits::default() };
    let found = read_with(&MailFormat, text.as_bytes(), Purpose::Scan, &limits);
    assert_eq!((found.members.len(), found.codes()), (2, vec!["too-much-expanded"]));
}

#[test]
fn a_mailbox_is_one_record_a_message() {
    let bytes = fixture("three.mbox");
    let found = read(&MboxFormat, &bytes);
    let ids: Vec<&str> = found.records().iter().map(|r| r.reference.id.as_ref().unwrap().expose()).collect();
    assert_eq!(ids, ["1@example.com", "2@example.com", "3@example.com"]);
    let extents: Vec<Extent> = found.records().iter().map(|r| r.extent.unwrap()).collect();
    assert_eq!(extents[0].start, 0);
    assert!(extents.windows(2).all(|pair| pair[0].end == pair[1].start));
    assert_eq!(extents[2].end, bytes.len() as u64);
    assert!(found.text("part:1").contains("\nbody uno"));
    assert!(found.text("part:1").starts_with("From the desk of Ana"));
    assert_eq!(found.members[0].ordinal, 2 * 1024 + 1);
    assert_eq!(&found.members[0].bytes[..], [0, 1, 2]);
}

#[test]
fn a_mailbox_cut_in_pieces_gives_the_same_records() {
    let bytes = fixture("three.mbox").repeat(3);
    let whole = read(&MboxFormat, &bytes);
    let mut out = Collected::default();
    let mut cutter = MboxFormat.cutter().unwrap();
    let (mut at, mut ordinal) = (0, 0);
    while at < bytes.len() {
        let Cut::Here { len, records, carry } = cutter.cut(&bytes[at..], 100, true) else { panic!() };
        let piece = Piece {
            bytes: &bytes[at..at + len],
            base: at as u64,
            position: Position::START,
            first_ordinal: ordinal,
            first: at == 0,
            last: at + len == bytes.len(),
            window: None,
            carry,
            name: "x.mbox",
            media_type: None,
        };
        let limits = Limits::default();
        MboxFormat.read(
            &piece,
            &Reading { mappings: &Mappings::default(), limits: &limits, purpose: Purpose::Scan },
            &mut out,
        );
        at += len;
        ordinal += records;
    }
    out.hand_on();
    let shape = |found: &Collected| -> Vec<(u64, Extent)> {
        found.records().iter().map(|r| (r.reference.ordinal.top, r.extent.unwrap())).collect()
    };
    assert_eq!(shape(&out), shape(&whole));
    let numbers = |found: &Collected| found.members.iter().map(|m| m.ordinal).collect::<Vec<_>>();
    assert_eq!(numbers(&out), numbers(&whole));
}

#[test]
fn long_bodies_go_over_blocks_with_exact_places() {
    let mut text = String::from(
        "From: a@example.com\r\nSubject: largo\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    );
    let mut html = String::from("<html><body>");
    for at in 0..30_000 {
        html.push_str(&format!("<p>fila {at} de Mar&iacute;a <b>m{at}</b>@example.com</p>\n"));
    }
    let mut column = 0;
    for chunk in html.as_bytes().chunks(57) {
        let table = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for three in chunk.chunks(3) {
            let bits = three.iter().fold(0u32, |b, x| b << 8 | u32::from(*x)) << (8 * (3 - three.len()));
            for place in 0..4 {
                let letter =
                    if place > three.len() { b'=' } else { table[(bits >> (18 - 6 * place) & 63) as usize] };
                text.push(char::from(letter));
            }
        }
        text.push_str("\r\n");
        column += 1;
    }
    assert!(column > 20_000);
    let found = read(&MailFormat, text.as_bytes());
    assert!(found.blocks.len() > 3);
    assert!(found.records()[1..].iter().all(|record| record.continues) && !found.records()[0].continues);
    let mut owned = 0;
    let mut seen = 0;
    for (block, field, path) in found.fields().filter(|(.., path)| path == "part:1!text") {
        assert_eq!(u64::from(field.owned.0 - field.start) + field.offset, owned, "{path}");
        owned = u64::from(field.owned.1 - field.start) + field.offset;
        let shown = block.field_text(field);
        let middle = (shown.len() / 2..shown.len()).find(|at| shown.is_char_boundary(*at)).unwrap();
        let start = middle + shown[middle..].find("fila ").unwrap();
        let value = shown[start..].split(" de ").next().unwrap();
        let span = start as u64..(start + value.len()) as u64;
        let raw: Vec<u8> = block
            .layers
            .to_raw(field.layers, field.raw, span)
            .into_iter()
            .flat_map(|r| text.as_bytes()[r.start as usize..r.end as usize].to_vec())
            .collect();
        assert!(contains(&plain_base64(&raw), value.as_bytes()), "{value}");
        seen += 1;
    }
    assert_eq!(owned as usize, found.text_len("part:1!text"));
    assert!(seen >= 3, "{seen}");
}

#[test]
fn formats_know_their_own() {
    let head = fixture("everything.eml");
    assert_eq!(MailFormat.probe(&head, "everything.eml"), Vote::Strong);
    assert_eq!(MailFormat.probe(&head, "1709629353.M1P2.host:2,S"), Vote::Strong);
    assert_eq!(MailFormat.probe(b"Name: Juan\nTelefono: 600\n", "x.txt"), Vote::No);
    assert_eq!(MailFormat.probe(b"{\"from\": 1}", "x.json"), Vote::No);
    assert_eq!(MboxFormat.probe(&fixture("three.mbox"), "inbox"), Vote::Strong);
    assert_eq!(MboxFormat.probe(b"From here to there\n", "x.txt"), Vote::No);
}

/// Python's `email` package reads the same texts, subjects and file names.
#[test]
fn python_reads_the_same() {
    let script = r#"
import sys, json, email, email.policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
out = {"subject": str(m["subject"] or ""), "texts": [], "files": []}
def walk(part, path):
    if part.get_content_maintype() == "multipart":
        for i, p in enumerate(part.iter_parts() if hasattr(part, "iter_parts") else part.get_payload(), 1):
            walk(p, path + [i])
    elif part.get_content_type() == "message/rfc822" or part.get_filename():
        out["files"].append(part.get_filename() or "")
    elif part.get_content_type() == "text/plain":
        out["texts"].append([".".join(map(str, path)) or "1", part.get_content()])
walk(m, [])
json.dump(out, sys.stdout)
"#;
    for name in ["everything.eml", "headerless.eml"] {
        let bytes = fixture(name);
        let child =
            Command::new("python3").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut child) = child else {
            println!("python3 is not here: the comparison was left out");
            return;
        };
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), &bytes).unwrap();
        let output = child.wait_with_output().unwrap();
        let python: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = read(&MailFormat, &bytes);
        assert_eq!(found.text("header:Subject[1]"), python["subject"].as_str().unwrap(), "{name}");
        for text in python["texts"].as_array().unwrap() {
            let path = format!("part:{}", text[0].as_str().unwrap());
            let normal = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
            assert_eq!(normal(&found.text(&path)), normal(text[1].as_str().unwrap()), "{name} {path}");
        }
        let files: Vec<&str> = python["files"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|f| f.as_str())
            .filter(|f| !f.is_empty())
            .collect();
        assert!(files.iter().all(|file| found.members.iter().any(|m| m.name == *file)), "{files:?}");
    }
}

/// Messages of a folder given by `OLVIDO_MAIL_SAMPLES`: none panics, every field maps into the message.
#[test]
fn samples_of_others_are_read() {
    #[expect(clippy::disallowed_methods, reason = "names a folder outside the project")]
    let Ok(folder) = std::env::var("OLVIDO_MAIL_SAMPLES") else {
        println!("OLVIDO_MAIL_SAMPLES names no folder: samples were left out");
        return;
    };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let found = read(&MailFormat, &bytes);
        let vote = MailFormat.probe(&bytes, &path.file_name().unwrap().to_string_lossy());
        println!(
            "{:60} {vote:?} fields {} members {:?} {:?}",
            path.file_name().unwrap().to_string_lossy(),
            found.fields().count(),
            found.members.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(),
            found.codes()
        );
        for (block, field, _) in found.fields() {
            let raw = block.layers.to_raw(field.layers, field.raw, 0..block.field_text(field).len() as u64);
            assert!(raw.iter().all(|range| range.end <= bytes.len() as u64));
        }
        count += 1;
    }
    assert!(count > 0);
}

/// A field as reading shows it: record, path, text.
type Seen = (u64, String, String);

fn seen(format: &dyn Format, bytes: &[u8]) -> Vec<Seen> {
    let found = read(format, bytes);
    found
        .fields()
        .map(|(block, field, path)| {
            let record = &block.records[field.record as usize];
            (record.reference.ordinal.top, path, block.field_text(field).to_owned())
        })
        .collect()
}

fn change(format: &dyn Format, bytes: &[u8], changes: Changes) -> Result<Vec<u8>, Refused> {
    let limits = Limits::default();
    let reading = Reading { mappings: &Mappings::default(), limits: &limits, purpose: Purpose::Scan };
    rewrite(format, &piece(bytes), &reading, changes)
}

fn edit(record: u64, path: &str, text: &str, value: &str, with: &str) -> Edit {
    let start = text.find(value).unwrap() as u64;
    Edit {
        record: Ordinal { top: record, sub: 0 },
        field: Text::new(path),
        range: start..start + value.len() as u64,
        replacement: Text::new(with),
        raw: None,
    }
}

/// Replaces one value and checks that reading again gives the replacement there and all else unchanged.
fn replace(format: &dyn Format, bytes: &[u8], path: &str, value: &str, with: &str) -> Vec<u8> {
    // Names of address lists stand in the header's own field, too, and are edited there.
    let path = path.split("!name[").next().unwrap();
    let without_names = |seen: Vec<Seen>| -> Vec<Seen> {
        seen.into_iter().filter(|(_, path, _)| !path.contains("!name[")).collect()
    };
    let mut wanted = without_names(seen(format, bytes));
    let field = wanted.iter_mut().find(|(_, p, text)| p == path && text.contains(value)).unwrap();
    let edit = edit(field.0, path, &field.2, value, with);
    field.2 = field.2.replacen(value, with, 1);
    let out = change(format, bytes, Changes { edits: vec![edit], ..Changes::default() })
        .unwrap_or_else(|refused| panic!("{path} {value}: {refused:?}"));
    let found = without_names(seen(format, &out));
    for (want, have) in wanted.iter().zip(&found) {
        assert_eq!(want, have, "{path} {value} -> {with}:\n{}", out.escape_ascii());
    }
    assert_eq!(wanted.len(), found.len(), "{path} {value}");
    out
}

#[test]
fn no_change_gives_equal_bytes() {
    for name in ["everything.eml", "headerless.eml", "undeclared.eml", "truncated.eml", "three.mbox"] {
        let bytes = fixture(name);
        let format: &dyn Format = if name.ends_with("mbox") { &MboxFormat } else { &MailFormat };
        assert!(change(format, &bytes, Changes::default()).unwrap() == bytes, "{name}");
    }
}

#[test]
fn every_planted_datum_can_be_replaced() {
    let mut checked = 0;
    for name in ["everything.eml", "headerless.eml", "undeclared.eml", "truncated.eml"] {
        let bytes = fixture(name);
        let wanted = String::from_utf8(fixture(&format!("{name}.wanted"))).unwrap();
        for line in wanted.lines() {
            let [path, value, ..] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            if name == "truncated.eml" {
                // What was cut off is written anew, whole: its text stays, and one gap goes.
                continue;
            }
            for with in
                ["X", "[a longer text that takes the place of what was there, and then some more of it]"]
            {
                replace(&MailFormat, &bytes, path, value, with);
                checked += 1;
            }
        }
    }
    assert!(checked >= 46);
}

#[test]
fn replacements_are_written_in_the_charset_of_the_text() {
    let bytes = fixture("everything.eml");
    let with = "«Ñandú & <b>» \"x\" = y\\z";
    for (path, value) in [
        ("header:Subject[1]", "12345678Z"),
        ("header:Subject[1]", "Иван Петров"),
        ("header:X-Phone[1]", "+34 600 123 456"),
        ("part:1.1", "5 €"),
        ("part:1.2!text", "ES91210004184502"),
        ("part:1.2!attr:href", "lucia.ficticia@example.com"),
        ("part:2", "Ágata Inventada"),
        ("part:4!header:Content-Disposition[1]!filename", "Lucía Ficticia"),
    ] {
        replace(&MailFormat, &bytes, path, value, with);
    }
    let text = read(&MailFormat, &bytes).text("part:3");
    let edits = vec![edit(0, "part:3", &text, "ivan@example.com", with)];
    let refused = change(&MailFormat, &bytes, Changes { edits, ..Changes::default() }).unwrap_err();
    assert_eq!(refused.code, "unencodable");
}

#[test]
fn all_data_can_go_at_once_and_python_reads_the_rest() {
    let bytes = fixture("everything.eml");
    let fields = seen(&MailFormat, &bytes);
    let wanted = String::from_utf8(fixture("everything.eml.wanted")).unwrap();
    let mut edits: Vec<Edit> = Vec::new();
    for line in wanted.lines() {
        let [path, value, ..] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let _field = fields.iter().find(|(_, p, text)| p == path && text.contains(value)).unwrap();
        let with = if value == "lucia.ficticia@example.com" && path.starts_with("header") {
            "gone@example.invalid"
        } else {
            "[gone]"
        };
        let path = path.split("!name[").next().unwrap();
        let field = fields.iter().find(|(_, p, text)| p == path && text.contains(value)).unwrap();
        let edit = edit(0, path, &field.2, value, with);
        let overlaps = |other: &Edit| {
            other.field == edit.field
                && other.range.start < edit.range.end
                && edit.range.start < other.range.end
        };
        if !edits.iter().any(overlaps) {
            edits.push(edit);
        }
    }
    let out = change(&MailFormat, &bytes, Changes { edits, ..Changes::default() }).unwrap();
    let found = seen(&MailFormat, &out);
    assert_eq!(found.len(), fields.len());
    for line in wanted.lines() {
        let [path, value, ..] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(!found.iter().any(|(_, p, text)| p == path && text.contains(value)), "{path} {value}");
    }
    let lines = out.split(|byte| *byte == b'\n').map(<[u8]>::len);
    assert!(lines.max() <= Some(998));
    let script = "import sys, email, email.policy\n\
                  m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)\n\
                  p = m.get_payload()\n\
                  print(m['from'].addresses[0].display_name, '|', m['to'].addresses[1].display_name, '|', len(p), '|', p[0].get_payload()[0].get_content().count('[gone]'), '|', p[3].get_filename())";
    match python(script, &out) {
        Some(text) => assert_eq!(text.trim(), "[gone] | [gone] | 5 | 3 | [gone]"),
        None => println!("python3 is not here: the comparison was left out"),
    }
}

/// Runs a script over bytes on its standard input; none where there is no Python.
fn python(script: &str, input: &[u8]) -> Option<String> {
    let mut child = Command::new("python3")
        .args(["-c", script])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    std::io::Write::write_all(&mut child.stdin.take()?, input).ok()?;
    let output = child.wait_with_output().ok()?;
    assert!(output.status.success(), "python3 refused it");
    String::from_utf8(output.stdout).ok()
}

#[test]
fn any_message_of_a_mailbox_can_be_removed() {
    let bytes = fixture("three.mbox");
    let all = seen(&MboxFormat, &bytes);
    let script = "import sys, mailbox, tempfile\n\
                  f = tempfile.NamedTemporaryFile(); f.write(sys.stdin.buffer.read()); f.flush()\n\
                  print(','.join(m['subject'] for m in mailbox.mbox(f.name)))";
    for gone in 0..3u64 {
        let removals = vec![Ordinal { top: gone, sub: 0 }];
        let out = change(&MboxFormat, &bytes, Changes { removals, ..Changes::default() }).unwrap();
        let left = |record: u64| if record > gone { record - 1 } else { record };
        let wanted: Vec<Seen> = all
            .iter()
            .filter(|(record, ..)| *record != gone)
            .map(|(record, path, text)| (left(*record), path.clone(), text.clone()))
            .collect();
        assert_eq!(seen(&MboxFormat, &out), wanted);
        let subjects: Vec<&str> = ["uno", "dos", "tres"]
            .into_iter()
            .enumerate()
            .filter(|(at, _)| *at as u64 != gone)
            .map(|(_, s)| s)
            .collect();
        match python(script, &out) {
            Some(text) => assert_eq!(text.trim(), subjects.join(",")),
            None => println!("python3 is not here: the comparison was left out"),
        }
    }
}

#[test]
fn texts_behind_quoted_lines_of_a_mailbox_are_edited_in_place() {
    let bytes = fixture("three.mbox");
    let out = replace(&MboxFormat, &bytes, "part:1", "600 111 222", "[phone]");
    assert!(contains(&out, b">From the desk of Ana\nbody uno [phone]\n"));
    // A line that would begin a message is quoted.
    let out = replace(&MboxFormat, &bytes, "part:1", "body uno", "x\nFrom y z");
    assert!(contains(&out, b"\n>From y z 600"));
}

#[test]
fn members_take_new_bytes() {
    let bytes = fixture("everything.eml");
    let inner = b"From: x@example.net\r\nSubject: changed\r\n\r\nnothing here".to_vec();
    let pdf: Vec<u8> = (0..200u8).collect();
    let members = vec![(1, pdf.clone().into()), (2, inner.clone().into())];
    let out = change(&MailFormat, &bytes, Changes { members, ..Changes::default() }).unwrap();
    let found = read(&MailFormat, &out);
    assert_eq!(found.members.iter().map(|m| m.bytes.to_vec()).collect::<Vec<_>>(), [pdf, inner]);
    assert_eq!(seen(&MailFormat, &out), seen(&MailFormat, &bytes));
    assert!(out.split(|b| *b == b'\n').all(|line| line.len() < 200));
    let bad: Vec<u8> = b"a\r\n--=_outer\r\nb".to_vec();
    let refused =
        change(&MailFormat, &bytes, Changes { members: vec![(2, bad.into())], ..Changes::default() });
    assert_eq!(refused.map(|_| ()).unwrap_err().code, "member-not-writable");
    let mailbox = fixture("three.mbox");
    let members = vec![(2 * 1024 + 1, b"xyz".to_vec().into())];
    let out = change(&MboxFormat, &mailbox, Changes { members, ..Changes::default() }).unwrap();
    assert_eq!(read(&MboxFormat, &out).members[0].bytes[..], b"xyz"[..]);
    assert_eq!(seen(&MboxFormat, &out), seen(&MboxFormat, &mailbox));
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            "(From|To|Subject|Content-Type|Content-Transfer-Encoding|X-[A-Z]{1,3}) ?: ?[ -~é]{0,30}",
            "Content-Type: (multipart/(mixed|digest); boundary=[ab]|text/(plain|html); charset=(utf-8|utf-16|x|koi8-r)|message/rfc822)",
            "Content-Transfer-Encoding: (base64|quoted-printable|8bit|x-uuencode|odd)",
            "--[ab](--)?",
            "[ \t]?[A-Za-z0-9+/=]{0,40}",
            "=[0-9A-F]{0,3}=?",
            "(>?From |begin 644 |end)[a-z :0-9]{0,20}",
            "<[a-z]{1,3}( [a-z]+=\"?[a-z@%&;]{0,8}\"?)?>?",
            "",
        ]
    }

    proptest! {
        /// No message panics; every place lies inside it and ascends; its parts can be edited or say why not.
        #[test]
        fn any_message_is_read(lines in proptest::collection::vec(line(), 0..40), crlf in any::<bool>(), mbox in any::<bool>()) {
            let text = lines.join(if crlf { "\r\n" } else { "\n" });
            let format: &dyn Format = if mbox { &MboxFormat } else { &MailFormat };
            let found = read(format, text.as_bytes());
            for (block, field, path) in found.fields() {
                let shown = block.field_text(field);
                let ranges = block.layers.to_raw(field.layers, field.raw, 0..shown.len() as u64);
                prop_assert!(ranges.iter().all(|range| range.end <= text.len() as u64), "{}", path);
                prop_assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start), "{}", path);
            }
            prop_assert!(change(format, text.as_bytes(), Changes::default()).unwrap() == text.as_bytes());
        }

        /// Nothing of a plain message is passed over: every word of it stands in some field or member.
        #[test]
        fn every_word_is_in_a_field(lines in proptest::collection::vec("[a-z]{3,8}(: ?[a-z]{3,8})?", 1..12)) {
            let text = lines.join("\n");
            let found = read(&MailFormat, text.as_bytes());
            for word in text.split([':', ' ', '\n']).filter(|word| !word.is_empty()) {
                let known = found.fields().any(|(block, field, path)| block.field_text(field).contains(word) || path.contains(word));
                prop_assert!(known, "{}", word);
            }
        }
    }
}
