//! The pictures of `fixtures/images`, each place with a datum of its own.

use std::collections::BTreeMap;

use super::*;
use crate::formats::collect::{Collected, piece, read};
use crate::formats::probe;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/fixtures/images/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn wants() -> BTreeMap<String, BTreeMap<String, String>> {
    serde_json::from_slice(&fixture("want.json")).unwrap()
}

fn format(bytes: &[u8]) -> &'static dyn Format {
    probe(bytes.get(..64 << 10).unwrap_or(bytes), "", None)
}

fn has(got: &Collected, path: &str, value: &str) -> bool {
    match path.strip_suffix('!') {
        Some(name) => got.members.iter().any(|member| {
            member.name == name && memchr::memmem::find(&member.bytes, value.as_bytes()).is_some()
        }),
        None => got.fields.iter().any(|field| field.path == path && field.text.contains(value)),
    }
}

#[test]
fn every_place_beside_the_pixels_is_read() {
    for (name, places) in wants() {
        let bytes = fixture(&name);
        let got = read(format(&bytes), &bytes);
        for (path, value) in places {
            assert!(has(&got, &path, &value), "{name}: no {value} in {path}: {:?}", got.texts());
        }
        assert_eq!(got.codes(), ["image-not-read"], "{name}: {:?}", got.gaps);
        let known = |fact| got.fact("#0", fact) == Some(crate::records::FactValue::Bool(true));
        assert!(known("has_position") && known("has_author"), "{name}");
    }
}

#[test]
fn pictures_that_show_nothing_are_no_gap() {
    let got = read(&GIF, &fixture("pixel.gif"));
    assert!(got.gaps.is_empty() && got.fields.is_empty());
    assert!(got.fact("#0", "has_position") == Some(crate::records::FactValue::Bool(false)));
    assert_eq!(read(format(&fixture("plain.bmp")), &fixture("plain.bmp")).codes(), ["image-not-read"]);
}

#[test]
fn nothing_of_a_picture_is_left_but_what_it_needs() {
    for (name, places) in wants() {
        let bytes = fixture(&name);
        let picture =
            [&JPEG, &PNG, &GIF, &WEBP, &TIFF, &HEIF].into_iter().find(|one| (one.claims)(&bytes)).unwrap();
        let Some(bare) = picture.bare else {
            assert!(picture.without_extras(&piece(&bytes)).unwrap().is_err(), "{name}");
            continue;
        };
        let bare = bare(&bytes).unwrap_or_else(|| panic!("{name}"));
        for value in places.values() {
            assert!(memchr::memmem::find(&bare, value.as_bytes()).is_none(), "{name}: {value}");
            let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert!(memchr::memmem::find(&bare, &wide).is_none(), "{name}: {value} in UTF-16");
        }
        let got = read(picture, &bare);
        assert!(got.fields.is_empty() && got.members.is_empty(), "{name}: {:?}", got.texts());
        assert_eq!(got.codes(), ["image-not-read"], "{name}: {:?}", got.gaps);
        assert_eq!((picture.bare.unwrap())(&bare).as_ref(), Some(&bare), "{name} again");
    }
}

#[test]
fn a_turned_picture_stays_turned() {
    for name in ["photo.jpg", "shot.png", "web.webp"] {
        let bytes = fixture(name);
        let picture = [&JPEG, &PNG, &WEBP].into_iter().find(|one| (one.claims)(&bytes)).unwrap();
        let bare = (picture.bare.unwrap())(&bytes).unwrap();
        let at = memchr::memmem::find(&bare, b"MM\0*").unwrap_or_else(|| panic!("{name}"));
        assert_eq!(exif::turned(&bare[at..]), Some(6), "{name}");
    }
}

/// A small generator, so that a failure comes again.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn damaged_pictures_end() {
    let mut state = 7;
    for name in wants().into_keys().chain(["pixel.gif".to_owned(), "plain.bmp".to_owned()]) {
        let whole = fixture(&name);
        let picture = [&JPEG, &PNG, &GIF, &WEBP, &TIFF, &HEIF, &BMP]
            .into_iter()
            .find(|one| (one.claims)(&whole))
            .unwrap();
        for round in 0..1000 {
            let mut bytes = whole.clone();
            for _ in 0..1 + next(&mut state) % 8 {
                let at = next(&mut state) % bytes.len();
                bytes[at] = next(&mut state) as u8;
            }
            if round % 4 == 0 {
                bytes.truncate(next(&mut state) % bytes.len());
            }
            let got = read(picture, &bytes);
            assert!(got.fields.iter().map(|field| field.text.len()).sum::<usize>() < 64 << 20);
            if let Some(bare) = picture.bare {
                drop(bare(&bytes));
            }
        }
    }
}

#[test]
fn directories_that_lead_to_each_other_are_read_once() {
    // The directory at 8 names itself as the next and as its EXIF directory.
    let mut bytes = b"MM\0*\0\0\0\x08\0\x02".to_vec();
    bytes.extend(b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x08");
    bytes.extend(b"\x01\x3B\0\x02\0\0\0\x04Ana\0");
    bytes.extend(b"\0\0\0\x08");
    let got = read(&TIFF, &bytes);
    assert_eq!(got.text("#0", "exif/Artist"), "Ana");
}

#[test]
fn values_that_share_their_bytes_are_bounded() {
    // 4,000 entries lead to one text of 64 KiB: 250 MiB if each were kept.
    let mut bytes = b"MM\0*\0\0\0\x08".to_vec();
    bytes.extend(4000_u16.to_be_bytes());
    let text = 8 + 2 + 4000 * 12 + 4;
    for tag in 0..4000_u16 {
        bytes.extend((0xC000 + tag).to_be_bytes());
        bytes.extend(b"\0\x02\0\x01\0\0");
        bytes.extend((text as u32).to_be_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(vec![b'a'; 65_536]);
    let got = read(&TIFF, &bytes);
    let taken: usize = got.fields.iter().map(|field| field.text.len()).sum();
    assert!(taken < 70 << 20, "{taken}");
    assert!(got.codes().contains(&"expanded-ratio"), "{:?}", got.codes());
}
