//! Messages put together here, in both containers.

use super::super::compound::Compound;
use super::super::compound_writer::tests::file;
use super::super::extract::Extract;
use super::*;

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn list(head: usize, entries: &[(u16, u16, u64)]) -> Vec<u8> {
    let mut out = vec![0; head];
    for (id, kind, value) in entries {
        out.extend(kind.to_le_bytes());
        out.extend(id.to_le_bytes());
        out.extend(6_u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out
}

/// 14 November 2023, 22:13:20 UTC.
const TIME: u64 = (134_774 * 86_400 + 1_700_000_000) * 10_000_000;

fn message() -> Vec<u8> {
    let rtf = b"{\\rtf1 rich@example.org}";
    let rtf =
        [&(rtf.len() as u32 + 12).to_le_bytes()[..], &(rtf.len() as u32).to_le_bytes(), b"MELA\0\0\0\0", rtf]
            .concat();
    file(&[
        ("__properties_version1.0", &list(32, &[(0x0039, 0x40, TIME), (0x3FDE, 3, 1252), (0x3FFD, 3, 1251)])),
        ("__substg1.0_0037001F", &wide("About\r\nBcc: x")),
        ("__substg1.0_0C1A001E", b"\xC8\xE2\xE0\xED"),
        ("__substg1.0_5D01001F", &wide("ivan@example.org")),
        ("__substg1.0_1000001F", &wide("plain\r\nbody")),
        ("__substg1.0_10130102", b"<p>Mu\xF1oz"),
        ("__substg1.0_10090102", &rtf),
        ("__substg1.0_3A1C001F", &wide("600 000 000")),
        ("__substg1.0_8001101F-00000000", &wide("a named one")),
        ("__recip_version1.0_#00000000/__properties_version1.0", &list(8, &[(0x0C15, 3, 1)])),
        ("__recip_version1.0_#00000000/__substg1.0_3001001F", &wide("Muestra, Ana")),
        ("__recip_version1.0_#00000000/__substg1.0_39FE001F", &wide("ana@example.org")),
        ("__recip_version1.0_#00000001/__properties_version1.0", &list(8, &[(0x0C15, 3, 3)])),
        ("__recip_version1.0_#00000001/__substg1.0_3001001F", &wide("hidden@example.org")),
        ("__recip_version1.0_#00000001/__substg1.0_3003001F", &wide("hidden@example.org")),
        ("__attach_version1.0_#00000000/__substg1.0_3707001F", &wide("note.txt")),
        ("__attach_version1.0_#00000000/__substg1.0_37010102", b"in a file"),
        ("__attach_version1.0_#00000001/__substg1.0_3001001F", &wide("inner")),
        (
            "__attach_version1.0_#00000001/__substg1.0_3701000D/__properties_version1.0",
            &list(24, &[(0x0039, 0x40, TIME)]),
        ),
        ("__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_1000001F", &wide("deep")),
        ("__attach_version1.0_#00000002/__properties_version1.0", &list(8, &[(0x3705, 3, 2)])),
        ("__attach_version1.0_#00000002/__substg1.0_3708001F", &wide("\\\\server\\ana")),
    ])
}

fn read(bytes: &[u8]) -> Extract {
    let mut out = Extract::within(16 << 20);
    if let Some(file) = Compound::open(bytes) {
        msg::read(&file, &mut out);
    }
    out
}

#[test]
fn messages_have_heads_bodies_and_attachments() {
    let out = read(&message());
    let mail = out.part("message.eml");
    assert_eq!(
        mail,
        "From: \"Иван\" <ivan@example.org>\nTo: \"Muestra, Ana\" <ana@example.org>\nBcc: hidden@example.org\n\
         Subject: About Bcc: x\nDate: 14 Nov 2023 22:13:20 +0000\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nplain\nbody"
            .replace("About Bcc", "About  Bcc")
    );
    assert_eq!(out.part("body.rtf"), "{\\rtf1 rich@example.org}");
    let html = out.parts.iter().find(|part| part.name == "body.html").unwrap();
    assert_eq!(
        (html.bytes.as_slice(), html.media_type.as_str()),
        (&b"<p>Mu\xF1oz"[..], "text/html; charset=windows-1252")
    );
    assert!(out.part("properties.txt").contains("Mobile phone: 600 000 000\n"));
    assert!(out.part("properties.txt").contains("a named one\n"));
    assert_eq!(out.part("note.txt"), "in a file");
    assert_eq!(out.part("attachment[3]-properties.txt"), "\\\\server\\ana\n");
    assert_eq!((out.damage.len(), out.unread.len()), (0, 1));
    let inner = out.parts.iter().find(|part| part.name == "inner.msg").unwrap();
    let inner = read(&inner.bytes);
    assert!(inner.part("message.eml").starts_with("Date: 14 Nov 2023"));
    assert!(inner.part("message.eml").ends_with("\n\ndeep"));
    assert!(inner.damage.is_empty());
}

#[test]
fn broken_messages_end() {
    let whole = message();
    for len in (0..whole.len()).step_by(7) {
        read(&whole[..len]);
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x41;
        read(&changed);
    }
}

fn attribute(level: u8, id: u32, content: &[u8]) -> Vec<u8> {
    let sum = content.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    [&[level][..], &id.to_le_bytes(), &(content.len() as u32).to_le_bytes(), content, &sum.to_le_bytes()]
        .concat()
}

fn tagged(id: u16, kind: u16, content: &[u8]) -> Vec<u8> {
    let mut out = [kind.to_le_bytes(), id.to_le_bytes()].concat();
    if !matches!(kind, 3 | 0x40) {
        out.extend(1_u32.to_le_bytes());
        out.extend((content.len() as u32).to_le_bytes());
    }
    out.extend(content);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn properties(all: &[Vec<u8>]) -> Vec<u8> {
    [(all.len() as u32).to_le_bytes().to_vec(), all.concat()].concat()
}

fn winmail() -> Vec<u8> {
    let inner = [tnef::MAGIC, &[0, 0], &attribute(1, 0x0002_800C, b"innermost\0")].concat();
    let nested = [b"\x07\x03\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46".as_slice(), &inner].concat();
    let mut named = tagged(0x8001, 0x1F, &wide("of a name"));
    named.splice(
        4..4,
        [&[7; 16][..], &1_u32.to_le_bytes(), &6_u32.to_le_bytes(), &wide("key"), &[0, 0]].concat(),
    );
    let row =
        properties(&[tagged(0x0C15, 3, &1_u32.to_le_bytes()), tagged(0x3001, 0x1E, b"ana@example.org\0")]);
    [
        tnef::MAGIC.to_vec(),
        vec![1, 0],
        attribute(1, 0x0006_9007, &1252_u32.to_le_bytes()),
        attribute(1, 0x0001_8004, b"Mu\xF1oz\0"),
        attribute(
            1,
            0x0006_9003,
            &properties(&[
                tagged(0x1000, 0x1F, &wide("text of it")),
                named,
                tagged(0x0039, 0x40, &TIME.to_le_bytes()),
            ]),
        ),
        attribute(1, 0x0006_9004, &[1_u32.to_le_bytes().to_vec(), row].concat()),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"short.txt\0"),
        attribute(2, 0x0006_800F, b"in a file"),
        attribute(2, 0x0006_9005, &properties(&[tagged(0x3707, 0x1F, &wide("a long name.txt"))])),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0006_9005, &properties(&[tagged(0x3701, 0x0D, &nested)])),
    ]
    .concat()
}

#[test]
fn winmail_is_read_like_a_message() {
    let mut out = Extract::within(16 << 20);
    tnef::read(&winmail(), &mut out);
    assert!(out.damage.is_empty(), "{:?}", out.damage);
    let mail = out.part("message.eml");
    assert!(mail.starts_with("To: ana@example.org\nSubject: Muñoz\nDate: 14 Nov 2023"), "{mail}");
    assert!(mail.ends_with("\n\ntext of it"));
    assert_eq!(out.part("properties.txt"), "of a name\n");
    assert_eq!(out.part("a long name.txt"), "in a file");
    let inner = out.parts.iter().find(|part| part.name == "attachment[2].winmail.dat").unwrap();
    let mut within = Extract::within(1 << 20);
    tnef::read(&inner.bytes, &mut within);
    assert!(within.part("message.eml").ends_with("\n\ninnermost"));
    let whole = winmail();
    for len in 7..whole.len() {
        tnef::read(&whole[..len], &mut Extract::within(1 << 20));
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x41;
        let mut out = Extract::within(1 << 20);
        tnef::read(&changed, &mut out);
    }
}
