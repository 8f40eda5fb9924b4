//! The fixtures of `fixtures/documents`, and what damage does to them.

use std::panic::catch_unwind;

use super::*;
use crate::formats::collect::{Collected, read};
use crate::formats::probe;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/fixtures/documents/{name}.pdf", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn texts(collected: &Collected) -> Vec<(&str, &str)> {
    let text =
        |member: &'_ Member| (member.name.clone(), String::from_utf8_lossy(&member.bytes).into_owned());
    let all: Vec<(String, String)> = collected.members.iter().map(text).collect();
    all.into_iter().map(|(name, text)| (&*name.leak(), &*text.leak())).collect()
}

#[test]
fn every_place_of_a_document_is_read() {
    let got = read(&PdfFormat, &fixture("full"));
    let texts = texts(&got);
    let of = |name: &str| -> String {
        texts.iter().filter(|(known, _)| *known == name).map(|(_, text)| *text).collect()
    };
    assert_eq!(
        of("page 1"),
        "Write to page.datum@example.org, please.\nInvisible hidden.datum@example.org text.\n\
         split.datum@example.org\nspaced.datum@example.org\nTurned turned.datum@example.org\n"
    );
    let properties = of("properties");
    for line in [
        "Berta Ferrer, author.datum@example.org",
        "Informe title.datum@example.org",
        "Bookmark outline.datum@example.org",
        "mailto:link.datum@example.org",
        "e-mail: field.datum@example.org",
        "Note: note.datum@example.org",
        "reviewer.datum@example.org",
    ] {
        assert!(properties.lines().any(|known| known == line), "{line} in {properties}");
    }
    assert!(of("forms").contains("form.datum@example.org"));
    assert!(of("metadata").contains("xmp.datum@example.org"));
    assert_eq!(of("clientes.csv"), "name,e-mail\nAda,embedded.datum@example.org\n");
    assert!(
        texts.iter().any(|(name, text)| name.starts_with("page of object") && text.contains("lost.datum@"))
    );
    assert_eq!(got.codes(), ["page-without-text"], "{:?}", got.gaps);
    assert!(got.gaps[0].message.contains("1 page of the PDF document (page 2 is the first)"));
}

#[test]
fn earlier_revisions_are_in_the_file() {
    let got = read(&PdfFormat, &fixture("revised"));
    assert_eq!(
        texts(&got),
        [
            ("page 1", "After: last.datum@example.org\n"),
            ("earlier revision", "Before: revision.datum@example.org\n")
        ]
    );
    assert!(got.gaps.is_empty());
}

#[test]
fn encrypted_documents_are_told_and_those_open_to_all_are_read() {
    let got = read(&PdfFormat, &fixture("locked"));
    assert_eq!((got.codes(), got.members.len()), (vec!["encrypted-content"], 0));
    assert!(got.gaps[0].message.contains("AES-256, revision 6"), "{}", got.gaps[0].message);
    let got = read(&PdfFormat, &fixture("opened"));
    assert!(texts(&got).iter().any(|(_, text)| text.contains("page.datum@example.org")));
}

#[test]
fn bytes_decide() {
    let bytes = fixture("full");
    assert_eq!(probe(&bytes, "letter.txt", None).name(), "pdf");
    assert_eq!(probe(&[b"\r\n\x1b%-12345X".as_slice(), &bytes].concat(), "x", None).name(), "pdf");
    assert_eq!(probe(b"A file begins with %PDF-1.4 when it is one.\n", "x.txt", None).name(), "text");
    let got = read(&PdfFormat, b"%PDF-1.4\nnothing more");
    assert_eq!(got.codes(), ["malformed-document"]);
}

/// One of a row of numbers that looks like chance and is the same in every run.
fn step(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

/// Mutations of each fixture; a thousand of each ended without a panic, too.
const ROUNDS: usize = 100;

#[test]
fn damage_never_panics() {
    for name in ["full", "revised", "opened", "locked"] {
        let whole = fixture(name);
        let mut seed = 7;
        for round in 0..ROUNDS {
            let mut bytes = whole.clone();
            for _ in 0..1 + step(&mut seed) % 20 {
                let at = step(&mut seed) % bytes.len();
                bytes[at] = step(&mut seed).to_le_bytes()[0];
            }
            if round % 4 == 0 {
                bytes.truncate(step(&mut seed) % bytes.len());
            }
            assert!(catch_unwind(|| drop(read(&PdfFormat, &bytes))).is_ok(), "{name} {round}");
        }
    }
}
