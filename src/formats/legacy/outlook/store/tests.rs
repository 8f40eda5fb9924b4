//! The store of `fixtures/documents`, written from the specification by a script of its own, and what damage does to it.

use crate::formats::collect::{Collected, read};
use crate::formats::probe;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/fixtures/documents/{name}.pst", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn opened(bytes: &[u8]) -> Collected {
    read(probe(bytes, "x", None), bytes)
}

/// The text of a part of a message of a store.
fn part(message: &[u8], name: &str) -> String {
    let found = opened(message);
    let names: Vec<&str> = found.members.iter().map(|member| member.name.as_str()).collect();
    let part = found.members.iter().find(|member| member.name == name);
    let part = part.unwrap_or_else(|| panic!("no {name} in {names:?}"));
    String::from_utf8_lossy(&part.bytes).into_owned()
}

#[test]
fn every_message_is_a_file_named_by_its_folders() {
    for store in ["mailstore", "mailstore-2002"] {
        let bytes = fixture(store);
        assert_eq!(probe(&bytes, "letter.txt", None).name(), "pst");
        let got = opened(&bytes);
        assert!(got.gaps.is_empty(), "{store}: {:?}", got.gaps);
        let names: Vec<&str> = got.members.iter().map(|member| member.name.as_str()).collect();
        let folder = "Top of Personal Folders/Inbox/";
        let wanted = [1, 2, 3].map(|at| format!("{folder}message[{at}].msg"));
        assert_eq!(names, wanted, "{store}");
        let first = &got.members[0].bytes;
        assert_eq!(
            part(first, "message.eml").split("\n\n").next().unwrap(),
            "From: \"Ana Muestra\" <sender@example.org>\nTo: \"Berta Muestra\" <to@example.org>\n\
             Bcc: \"Carla Prueba\" <blind@example.org>\nSubject: For subject@example.org\n\
             Date: 14 Nov 2023 22:13:20 +0000\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\
             Content-Transfer-Encoding: 8bit"
        );
        // A text of its own node, in more than one block.
        assert!(part(first, "message.eml").contains("write to plain@example.org\n"), "{store}");
        assert!(part(first, "message.eml").trim_end().ends_with("the end@example.org"), "{store}");
        assert!(part(first, "body.html").contains("html@example.org"));
        assert_eq!(part(first, "list.csv"), "id,mail\n1,attached@example.org\n".repeat(3));
        assert!(part(first, "properties.txt").contains("keyword@example.org"), "texts of a list");
    }
}

#[test]
fn messages_in_messages_come_with_their_attachments() {
    let got = opened(&fixture("mailstore"));
    let inner = opened(&got.members[1].bytes);
    let inner = inner.members.iter().find(|member| member.name == "Inner.msg").unwrap();
    assert!(part(&inner.bytes, "message.eml").contains("nested@example.org wrote"));
    assert!(part(&inner.bytes, "message.eml").contains("<inner-to@example.org>"));
    assert_eq!(part(&inner.bytes, "deep.txt"), "deep@example.org");
}

#[test]
fn a_message_that_no_folder_lists_is_read() {
    let got = opened(&fixture("mailstore"));
    assert!(part(&got.members[2].bytes, "message.eml").contains("unlisted@example.org"));
}

#[test]
fn stores_that_are_not_opened_say_why() {
    let mut newer = fixture("mailstore");
    newer[10] = 36;
    assert_eq!(opened(&newer).codes(), ["no-reader"]);
    let mut sealed = fixture("mailstore");
    sealed[513] = 0x10;
    assert_eq!(opened(&sealed).codes(), ["encrypted-content"]);
    let text = b"!BDN is how a mail store begins, and a text may say so.\n";
    assert_eq!(probe(text, "x.txt", None).name(), "text");
}

#[test]
fn damage_is_told_and_the_rest_is_read() {
    let whole = fixture("mailstore");
    let first = opened(&whole);
    // A letter of a text: its block no longer has the sum it says.
    let mut at = 0x4800;
    let mut told = 0;
    while at < whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x20;
        let got = opened(&changed);
        let same = got.members.len() == first.members.len()
            && got
                .members
                .iter()
                .zip(&first.members)
                .all(|(now, then)| now.bytes == then.bytes && now.name == then.name);
        assert!(same || !got.gaps.is_empty(), "a change at {at} is not told");
        told += usize::from(!got.gaps.is_empty());
        at += 97;
    }
    assert!(told > 20, "{told}");
    for len in (0..whole.len()).step_by(211) {
        let got = opened(&whole[..len]);
        assert!(!got.gaps.is_empty() || len == 0, "{len}");
    }
}
