//! Containers made here: read, damaged, and written again.

use std::io::Write;

use super::compressed::Compressed;
use super::*;
use crate::formats::collect::{Collected, piece, read, read_with};
use crate::formats::mapping::Mappings;
use crate::formats::probe;
use crate::formats::rewrite::{Changes, rewrite};
use crate::records::{ByteBudget, Limits};

type Made = (&'static str, fn(&[(&str, &str)]) -> Vec<u8>);

const FILES: [(&str, &str); 3] = [("a.txt", "Ana, ana@example.org"), ("b/c.txt", "hello"), ("d.txt", "")];

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut out = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (at, (name, text)) in files.iter().enumerate() {
        let method = match at % 2 {
            0 => ::zip::CompressionMethod::Deflated,
            _ => ::zip::CompressionMethod::Stored,
        };
        out.start_file(*name, ::zip::write::SimpleFileOptions::default().compression_method(method)).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn tarred(files: &[(&str, &str)]) -> Vec<u8> {
    let mut out = ::tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        out.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    out.into_inner().unwrap()
}

fn compressed(format: &Contained<Compressed>, bytes: &[u8]) -> Vec<u8> {
    (format.0.encode)(bytes).unwrap()
}

fn members(bytes: &[u8]) -> Collected {
    read(probe(bytes, "x", None), bytes)
}

fn read_within(format: &dyn Format, bytes: &[u8], limits: &Limits) -> Collected {
    read_with(format, bytes, &Mappings::default(), Purpose::Scan, limits)
}

fn texts(collected: &Collected) -> Vec<(&str, &str)> {
    collected
        .members
        .iter()
        .map(|member| (member.name.as_str(), std::str::from_utf8(&member.bytes).unwrap()))
        .collect()
}

const ARCHIVES: [Made; 2] = [("zip", zipped), ("tar", tarred)];
static STREAMS: [&Contained<Compressed>; 4] = [&GZIP, &BZIP2, &XZ, &ZSTD];

#[test]
fn archives_give_every_member_by_its_bytes_alone() {
    for (name, make) in ARCHIVES {
        let bytes = make(&FILES);
        assert_eq!(probe(&bytes, "x", None).name(), name);
        let got = members(&bytes);
        assert_eq!(texts(&got), FILES, "{name}");
        assert!(got.gaps.is_empty(), "{name}");
        let numbers: Vec<u32> = got.members.iter().map(|member| member.ordinal).collect();
        assert_eq!(numbers, [1, 2, 3]);
    }
}

#[test]
fn streams_give_their_file_and_its_name() {
    let text = "Ana, ana@example.org\n".repeat(500);
    for format in STREAMS {
        let bytes = compressed(format, text.as_bytes());
        assert_eq!(probe(&bytes, "x", None).name(), format.name());
        assert_eq!(texts(&members(&bytes)), [("content", text.as_str())], "{}", format.name());
        // Several in a row are one.
        let twice = [bytes.clone(), bytes].concat();
        assert_eq!(texts(&members(&twice))[0].1.len(), 2 * text.len(), "{}", format.name());
    }
    for (format, name, inner) in [
        (&GZIP, "a/export.json.gz", "export.json"),
        (&GZIP, "all.tgz", "all.tar"),
        (&XZ, "ALL.TXZ", "ALL.tar"),
        (&ZSTD, ".zst", "content"),
        (&BZIP2, "dump", "content"),
    ] {
        assert_eq!(format.0.inner(name), inner);
    }
}

#[test]
fn text_is_no_container() {
    for text in [
        &b"BZh is the mark of bzip2, and BZh91AY is none"[..],
        b"PK\x03 4 1",
        b"PK",
        b"\x1F\x8B",
        b"ustar 0000644 0001750 0001750",
    ] {
        assert!(probe(text, "x.zip", None).container().is_none(), "{}", String::from_utf8_lossy(text));
    }
    let mut header = tarred(&FILES);
    header[5] ^= 1;
    assert!(probe(&header, "x.tar", None).container().is_none(), "the sum is wrong");
}

#[test]
fn wherever_it_is_cut_a_gap_says_so() {
    let mut all: Vec<(&str, Vec<u8>)> = ARCHIVES.iter().map(|(name, make)| (*name, make(&FILES))).collect();
    all.extend(STREAMS.iter().map(|format| (format.name(), compressed(format, &b"hello, Ana".repeat(300)))));
    for (name, bytes) in &all {
        let format = probe(bytes, "x", None);
        for len in 0..bytes.len() {
            let got = read(format, &bytes[..len]);
            // What stands behind the first mark of the end of a tar is nothing.
            let whole = *name == "tar" && len >= bytes.len() - 512 && texts(&got) == FILES;
            assert!(!got.gaps.is_empty() || len == 0 || whole, "{name} cut to {len} of {}", bytes.len());
        }
    }
}

#[test]
fn a_changed_byte_panics_nowhere() {
    let mut all: Vec<Vec<u8>> = ARCHIVES.iter().map(|(_, make)| make(&FILES)).collect();
    all.extend(STREAMS.iter().map(|format| compressed(format, &b"hello, Ana".repeat(300))));
    for bytes in all {
        let format = probe(&bytes, "x", None);
        for at in 0..bytes.len() {
            for bit in [0x01, 0x80, 0xFF] {
                let mut changed = bytes.clone();
                changed[at] ^= bit;
                read(format, &changed);
            }
        }
    }
}

#[test]
fn bombs_end_at_their_bounds() {
    let zeros = vec![0u8; 40 << 20];
    for format in STREAMS {
        let got = members(&compressed(format, &zeros));
        let codes: Vec<&str> = got.gaps.iter().map(|gap| gap.code).collect();
        let small = got.members.iter().all(|member| member.bytes.is_empty());
        // Zstandard's fastest writer hardly compresses zeros beyond the ratio.
        assert!(
            (codes == ["expanded-ratio"] && small) || format.name() == "zstd",
            "{} {codes:?}",
            format.name()
        );
    }
    let text = "0".repeat(40 << 20);
    let bomb = zipped(&[("a", &text), ("b", "hello")]);
    let got = members(&bomb);
    assert_eq!(texts(&got), [("a", ""), ("b", "hello")], "the rest is read");
    assert_eq!(got.gaps[0].code, "expanded-ratio");
    let few = Limits { members: 2, ..Limits::default() };
    let got = read_within(&ZIP, &zipped(&FILES), &few);
    assert_eq!((got.members.len(), got.gaps[0].code), (2, "too-many-members"));
    let poor = Limits { expanded: ByteBudget::new(22), ..Limits::default() };
    let got = read_within(&TAR, &tarred(&FILES), &poor);
    assert_eq!((texts(&got)[1], got.gaps[0].code), (("b/c.txt", ""), "too-much-expanded"));
    let flat = Limits { depth: 0, ..Limits::default() };
    assert_eq!(read_within(&TAR, &tarred(&FILES), &flat).gaps[0].code, "too-deep");
}

#[test]
fn what_a_list_hides_is_told() {
    let bytes = zipped(&FILES);
    let behind = [b"#!/bin/sh\n".as_slice(), &bytes].concat();
    assert!(read(&ZIP, &behind).gaps.iter().any(|gap| gap.code == "damaged-container"));
    // The list names the second member twice, and the first never.
    let mut hidden = bytes.clone();
    let list = bytes.windows(4).position(|mark| mark == b"PK\x01\x02").unwrap();
    let name = list + bytes[list..].windows(5).position(|name| name == b"a.txt").unwrap();
    hidden[name..name + 5].copy_from_slice(b"d.txt");
    let got = read(&ZIP, &hidden);
    assert!(got.gaps.iter().any(|gap| gap.code == "damaged-container"), "two of one name");
    let mut locked = bytes;
    locked[6] |= 1;
    locked[list + 8] |= 1;
    let got = read(&ZIP, &locked);
    assert_eq!((got.gaps[0].code, got.members.len()), ("weakly-encrypted", 3), "its name is read");
}

/// One member, encrypted: its flags, its method and its extra field (APPNOTE 4.3.7, 4.3.12).
fn sealed(flags: u16, method: u16, extra: &[u8]) -> Vec<u8> {
    let (name, bytes) = (b"a.txt", [0x5A_u8; 40]);
    let mut fields = flags.to_le_bytes().to_vec();
    fields.extend(method.to_le_bytes());
    fields.extend([0; 8]);
    fields.extend((bytes.len() as u32).to_le_bytes());
    fields.extend(20_u32.to_le_bytes());
    fields.extend((name.len() as u16).to_le_bytes());
    fields.extend((extra.len() as u16).to_le_bytes());
    let local = [b"PK\x03\x04\x33\0", fields.as_slice(), name, extra, &bytes].concat();
    let list = [b"PK\x01\x02\x33\0\x33\0", fields.as_slice(), &[0; 14], name, extra].concat();
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend((list.len() as u32).to_le_bytes());
    end.extend((local.len() as u32).to_le_bytes());
    end.extend([0; 2]);
    [local, list, end].concat()
}

/// WinZip's AE-1 and AE-2, PKWARE's own, and the cipher of PKZIP 2, each by what the member says.
#[test]
fn ciphers_of_members_are_told_apart() {
    let aes = |strength: u8| [0x01, 0x99, 7, 0, 2, 0, b'A', b'E', strength, 8, 0];
    // Another field stands before it.
    let behind = [&[0x55, 0x54, 1, 0, 0][..], &aes(3)].concat();
    for (bytes, how, weak) in [
        (sealed(1, 99, &aes(1)), "with AES-128, as WinZip does", false),
        (sealed(1, 99, &aes(2)), "with AES-192, as WinZip does", false),
        (sealed(1, 99, &aes(3)), "with AES-256, as WinZip does", false),
        (sealed(1, 99, &behind), "with AES-256, as WinZip does", false),
        (sealed(1, 8, &[]), "by the stream cipher of PKZIP 2 (ZipCrypto)", true),
        (sealed(1 | 1 << 6, 8, &[]), "by the strong encryption of PKWARE", false),
    ] {
        let got = members(&bytes);
        let code = if weak { crate::records::WEAKLY_ENCRYPTED } else { "encrypted-content" };
        let said: Vec<(&str, &str)> = got.gaps.iter().map(|gap| (gap.code, gap.message.as_str())).collect();
        assert!(
            matches!(said.as_slice(), [(known, said)] if *known == code && said.contains(how)),
            "{how}: {said:?}"
        );
        assert_eq!(texts(&got), [("a.txt", "")], "its name is read");
    }
}

#[test]
fn comments_are_read() {
    let mut out = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = ::zip::write::FullFileOptions::default().with_file_comment("of ana@example.org");
    out.start_file("a.txt", options).unwrap();
    out.set_raw_comment(b"for juan@example.org".to_vec().into_boxed_slice()).unwrap();
    let bytes = out.finish().unwrap().into_inner();
    let got = members(&bytes);
    assert_eq!(
        texts(&got),
        [("a.txt", ""), ("a.txt (comment)", "of ana@example.org"), ("comment", "for juan@example.org")]
    );
    let again = members(&replaced(&bytes, &[(2, "of [e-mail]"), (3, "")]));
    assert_eq!(texts(&again), [("a.txt", ""), ("a.txt (comment)", "of [e-mail]")]);
}

fn replaced(bytes: &[u8], with: &[(u32, &str)]) -> Vec<u8> {
    let format = probe(bytes, "x", None);
    let (mappings, limits) = (Mappings::default(), Limits::default());
    let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
    let members = with.iter().map(|(at, text)| (*at, Arc::from(text.as_bytes()))).collect();
    rewrite(format, &piece(bytes), &reading, Changes { members, ..Changes::default() }).unwrap()
}

#[test]
fn a_member_takes_the_place_of_another_and_the_rest_stays() {
    let long = "x".repeat(1300);
    for (name, make) in ARCHIVES {
        let bytes = make(&FILES);
        assert_eq!(replaced(&bytes, &[]), bytes, "{name}");
        for new in ["", "short", &long] {
            let again = members(&replaced(&bytes, &[(1, new)]));
            assert_eq!(texts(&again), [("a.txt", new), FILES[1], FILES[2]], "{name}");
            assert!(again.gaps.is_empty(), "{name}");
            let last = members(&replaced(&bytes, &[(3, new), (2, "y")]));
            assert_eq!(texts(&last), [FILES[0], ("b/c.txt", "y"), ("d.txt", new)], "{name}");
        }
    }
    for format in STREAMS {
        let again = members(&replaced(&compressed(format, b"hello"), &[(1, &long)]));
        assert_eq!(texts(&again), [("content", long.as_str())], "{}", format.name());
    }
}

#[test]
fn long_names_and_links_of_tar() {
    let name = format!("{}/file.txt", "folder".repeat(40));
    let mut out = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_gnu();
    header.set_size(5);
    out.append_data(&mut header, &name, &b"hello"[..]).unwrap();
    let mut link = ::tar::Header::new_gnu();
    link.set_entry_type(::tar::EntryType::Symlink);
    link.set_size(0);
    out.append_link(&mut link, "link", "../../etc/passwd").unwrap();
    let bytes = out.into_inner().unwrap();
    let got = members(&bytes);
    assert_eq!(texts(&got), [(name.as_str(), "hello"), ("link", "")]);
    assert_eq!(got.gaps[0].code, "link-not-followed");
    let again = members(&replaced(&bytes, &[(1, "hello, Ana")]));
    assert_eq!(texts(&again)[0], (name.as_str(), "hello, Ana"));
}

#[test]
fn what_stands_behind_the_end_is_told() {
    let mut all: Vec<(&str, Vec<u8>)> = ARCHIVES.iter().map(|(name, make)| (*name, make(&FILES))).collect();
    all.extend(STREAMS.iter().map(|format| (format.name(), compressed(format, &b"hello, Ana".repeat(300)))));
    for (name, bytes) in all {
        let more =
            [bytes.as_slice(), b"ana@example.org and more bytes than a header has, behind the end"].concat();
        let got = members(&more);
        assert!(got.codes().contains(&"damaged-container"), "{name}: {:?}", got.codes());
        assert!(!got.members.is_empty(), "{name}");
    }
    let padded = [tarred(&FILES), vec![0; 9 << 10]].concat();
    assert!(members(&padded).gaps.is_empty(), "blocks of zeros are how tar ends");
    let two = [tarred(&FILES), tarred(&FILES)].concat();
    assert_eq!(members(&two).codes(), ["damaged-container"]);
}

fn seven_z(name: &str) -> Collected {
    let path = format!("{}/fixtures/containers/{name}.7z", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(probe(&bytes, "", None).name(), "7z");
    read(&SEVEN_Z, &bytes)
}

#[test]
fn seven_z_archives_of_every_method_give_their_members() {
    for method in ["lzma", "lzma2", "bzip2", "deflate", "ppmd", "copy", "bcj"] {
        let got = seven_z(method);
        let (first, second) = (format!("write to {method}@"), format!("and to second-{method}@"));
        let names =
            [format!("list-{method}.txt"), "empty-ana@example.org.txt".to_owned(), "second.txt".to_owned()];
        assert!(got.gaps.is_empty(), "{method}: {:?}", got.codes());
        let members = texts(&got);
        assert_eq!(members.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names, "{method}");
        assert!(members[0].1.starts_with(&first) && members[2].1.starts_with(&second), "{members:?}");
    }
}

#[test]
fn encrypted_seven_z_archives_say_so_and_give_the_names_they_show() {
    let got = seven_z("locked");
    assert_eq!((got.codes(), texts(&got)), (vec!["encrypted-content"], vec![("secret.txt", "")]));
    assert!(
        got.gaps[0].message.contains("AES-256") && got.gaps[0].message.contains("2^19"),
        "{}",
        got.gaps[0].message
    );
    let hidden = seven_z("hidden");
    assert_eq!((hidden.codes(), hidden.members.len()), (vec!["encrypted-content"], 0));
}

#[test]
fn a_seven_z_bomb_is_told_and_nothing_behind_it_is_waited_for() {
    let got = seven_z("bomb");
    assert_eq!(got.codes(), ["expanded-ratio", "expanded-ratio"]);
    assert!(got.members.iter().all(|member| member.bytes.is_empty()));
}

#[test]
fn damaged_seven_z_archives_give_what_they_can_and_a_gap() {
    let path = format!("{}/fixtures/containers/lzma2.7z", env!("CARGO_MANIFEST_DIR"));
    let whole = std::fs::read(path).unwrap();
    let mut state = 3_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for cut in [whole.len() - 1, 40, 32, 8] {
        assert_eq!(read(&SEVEN_Z, &whole[..cut]).codes(), ["damaged-container"], "{cut}");
    }
    for _ in 0..1000 {
        let mut bytes = whole.clone();
        let at = 6 + next() % (bytes.len() - 6);
        bytes[at] = next() as u8;
        let got = read(&SEVEN_Z, &bytes);
        assert!(got.members.iter().all(|member| member.bytes.len() < 1 << 20));
    }
}
