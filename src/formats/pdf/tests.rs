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

/// A document without pages, encrypted in a way that its dictionary says; nobody has its password.
fn sealed(encrypt: &str) -> Vec<u8> {
    let secret = "A5".repeat(48);
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[]/Count 0>>".to_owned(),
        format!(
            "<</Filter/Standard/P -44/O<{secret}>/U<{secret}>/OE<{0}>/UE<{0}>/Perms<{1}>{encrypt}>>",
            &secret[..64],
            &secret[..32]
        ),
    ];
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (at, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", out.len());
        out.extend(format!("{} 0 obj{object}endobj\n", at + 1).bytes());
    }
    let id = "0123456789ABCDEF0123456789ABCDEF";
    let end = format!(
        "trailer<</Size 4/Root 1 0 R/Encrypt 3 0 R/ID[<{id}><{id}>]>>\nstartxref\n{}\n%%EOF\n",
        out.len()
    );
    out.extend(table.bytes().chain(end.bytes()));
    out
}

/// ISO 32000-2, 7.6.2 and tables 20 to 25.
#[test]
fn ciphers_of_documents_are_named_by_their_keys() {
    let filter =
        |method: &str| format!("/CF<</StdCF<</CFM/{method}/AuthEvent/DocOpen>>>>/StmF/StdCF/StrF/StdCF");
    for (dictionary, how) in [
        ("/V 1/R 2".to_owned(), "with RC4 of 40 bits"),
        ("/V 2/R 3".to_owned(), "with RC4 of 40 bits"),
        ("/V 2/R 3/Length 128".to_owned(), "with RC4 of 128 bits"),
        (format!("/V 4/R 4/Length 128{}", filter("V2")), "with RC4 of 128 bits, revision 4"),
        (format!("/V 4/R 4/Length 128{}", filter("AESV2")), "with AES-128, revision 4"),
        (format!("/V 5/R 5/Length 256{}", filter("AESV3")), "with AES-256, revision 5"),
        (format!("/V 5/R 6/Length 256{}", filter("AESV3")), "with AES-256, revision 6"),
    ] {
        let got = read(&PdfFormat, &sealed(&dictionary));
        let weak = how.contains("RC4");
        let code = if weak { crate::records::WEAKLY_ENCRYPTED } else { "encrypted-content" };
        assert_eq!((got.codes(), got.members.len()), (vec![code], 0), "{dictionary}: {:?}", got.gaps);
        let said = &got.gaps[0].message;
        assert!(said.contains(how), "{dictionary}: {said}");
    }
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
