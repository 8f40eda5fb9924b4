//! Cards and calendars, and what redaction makes of them.

use super::*;
use crate::formats::collect::{Collected, piece, read};
use crate::formats::mapping::Mappings;
use crate::formats::probe;
use crate::formats::rewrite::{Changes, Edit, rewrite};
use crate::records::{Limits, Role, Text};

const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Muestra\\, Sanz;Ana;María;Dra.;\r\nFN:Ana Muestra\r\n\
    item1.EMAIL;TYPE=INTERNET:ana.mue\r\n stra@example.org\r\nTEL;TYPE=CELL:+34 600 000 000\r\n\
    NOTE:first line\\nsecond\\, with ana2@exam\r\n ple.org\r\nBDAY:1980-03-05\r\n\
    PHOTO;ENCODING=b;TYPE=JPEG:/9j/\r\n 2Q==\r\nEMAIL:two@example.org\r\nEND:VCARD\r\n";

const OLD: &str = "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Mu=F1oz;Jos=E9\n\
    NOTE;QUOTED-PRINTABLE:write to=\nqp@example=2Eorg\nEND:VCARD\n";

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Visit\r\n\
    ATTENDEE;CN=\"Muestra: Ana\";RSVP=TRUE:mailto:ana@example.org\r\nATTENDEE;CN=Berta Muestra:mailto:berta@example.org\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

fn card(source: &str) -> Collected {
    let format = probe(source.as_bytes(), "", None);
    assert!(["vcard", "icalendar"].contains(&format.name()));
    let got = read(format, source.as_bytes());
    assert!(got.gaps.is_empty(), "{:?}", got.codes());
    got
}

#[test]
fn properties_are_fields_under_their_roles() {
    let got = card(CARD);
    for (path, text) in [
        ("N/family", "Muestra, Sanz"),
        ("N/given", "Ana"),
        ("FN", "Ana Muestra"),
        ("EMAIL", "ana.muestra@example.org"),
        ("EMAIL[2]", "two@example.org"),
        ("NOTE", "first line\nsecond, with ana2@example.org"),
        ("BDAY", "1980-03-05"),
    ] {
        assert_eq!(got.text("#0", path), text);
    }
    let role = |path: &str| got.fields.iter().find(|field| field.path == path).unwrap().role;
    assert_eq!(
        [role("N/family"), role("EMAIL"), role("TEL")],
        [Role::PersonName, Role::EmailAddress, Role::PhoneNumber]
    );
    assert_eq!((got.members.len(), &got.members[0].bytes[..]), (1, &b"\xFF\xD8\xFF\xD9"[..]));
}

#[test]
fn old_cards_and_calendars_are_decoded() {
    let got = card(OLD);
    assert_eq!((got.text("#0", "N/0"), got.text("#0", "N/1")), ("Muñoz", "José"));
    assert_eq!(got.text("#0", "NOTE"), "write to qp@example.org".replace("to ", "to"));
    let got = card(CALENDAR);
    assert_eq!(got.text("#0", "VEVENT/ATTENDEE;CN"), "Muestra: Ana");
    assert_eq!(got.text("#0", "VEVENT/ATTENDEE[2]"), "mailto:berta@example.org");
    assert_eq!(got.text("#0", "VEVENT/SUMMARY"), "Visit");
}

#[test]
fn cards_are_records_and_what_stands_between_them_is_read() {
    let source = format!("{CARD}between@example.org\r\n{CARD}");
    let got = card(&source);
    assert_eq!(got.records.len(), 3);
    assert_eq!(got.text("#1", "text"), "between@example.org");
    let cut = read(&VCARD, &CARD.as_bytes()[..CARD.len() - 12]);
    assert_eq!(cut.codes(), ["malformed-card"]);
}

/// Puts `new` in the place of `old` in a field.
fn replaced(source: &str, path: &str, old: &str, new: &str) -> String {
    let got = card(source);
    let at = got.text("#0", path).find(old).unwrap() as u64;
    let edit = Edit {
        record: got.records[0].reference.ordinal,
        field: Text::new(path),
        range: at..at + old.len() as u64,
        replacement: Text::new(new),
        raw: None,
    };
    let (mappings, limits) = (Mappings::default(), Limits::default());
    let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
    let changes = Changes { edits: vec![edit], ..Changes::default() };
    let format = probe(source.as_bytes(), "", None);
    String::from_utf8(rewrite(format, &piece(source.as_bytes()), &reading, changes).unwrap()).unwrap()
}

#[test]
fn edits_go_through_folds_escapes_and_quoted_printable() {
    for (source, path, old, new) in [
        (CARD, "EMAIL", "ana.muestra@example.org", "[e-mail]"),
        (CARD, "NOTE", "ana2@example.org", "[a, b]"),
        (CARD, "N/family", "Muestra, Sanz", "[name]"),
        (OLD, "N/0", "Muñoz", "[name]"),
        (OLD, "NOTE", "qp@example.org", "[e-mail]"),
        (CALENDAR, "VEVENT/ATTENDEE;CN", "Muestra: Ana", "[name]"),
    ] {
        let wanted = card(source).text("#0", path).replace(old, new);
        let after = replaced(source, path, old, new);
        let got = card(&after);
        assert_eq!(got.text("#0", path), wanted, "{after}");
        assert_eq!(got.fields.len(), card(source).fields.len(), "{after}");
    }
}

#[test]
fn a_picture_in_a_card_is_replaced() {
    let (mappings, limits) = (Mappings::default(), Limits::default());
    let reading = Reading { mappings: &mappings, limits: &limits, purpose: Purpose::Scan };
    let number = card(CARD).members[0].ordinal;
    let changes =
        Changes { members: vec![(number, std::sync::Arc::from(&b"none"[..]))], ..Changes::default() };
    let after = rewrite(&VCARD, &piece(CARD.as_bytes()), &reading, changes).unwrap();
    let got = card(std::str::from_utf8(&after).unwrap());
    assert_eq!(&got.members[0].bytes[..], b"none");
}

#[test]
fn damaged_cards_end() {
    let mut state = 11_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for source in [CARD, OLD, CALENDAR] {
        for _ in 0..1000 {
            let mut bytes = source.as_bytes().to_vec();
            for _ in 0..1 + next() % 6 {
                let at = next() % bytes.len();
                bytes[at] = next() as u8;
            }
            bytes.truncate(next() % bytes.len() + 1);
            drop(read(&VCARD, &bytes));
        }
    }
}
