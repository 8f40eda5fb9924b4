#![allow(clippy::single_range_in_vec_init, reason = "places are lists of ranges")]

use super::super::Purpose;
use super::super::collect::{read, read_cut, read_with, zendesk};
use super::super::mapping::Mappings;
use super::Csv;
use crate::records::{FactValue, Limits, Relation, Role, Stamp};

#[test]
fn rows_are_records_and_repeated_headers_are_kept() {
    let text = "id,Comment,Comment,\r\n1,\"a, \"\"b\"\"\nc\",d,e\r\n2,x\r\n3,x,y,z,extra\r\n";
    let got = read(&Csv, text.as_bytes());
    assert_eq!(
        got.texts(),
        [
            ("#0", "/id@key", "id"),
            ("#0", "/Comment@key", "Comment"),
            ("#0", "/Comment[2]@key", "Comment"),
            ("#1", "/id", "1"),
            ("#1", "/Comment", "a, \"b\"\nc"),
            ("#1", "/Comment[2]", "d"),
            ("#1", "/#4", "e"),
            ("#2", "/id", "2"),
            ("#2", "/Comment", "x"),
            ("#3", "/id", "3"),
            ("#3", "/Comment", "x"),
            ("#3", "/Comment[2]", "y"),
            ("#3", "/#4", "z"),
            ("#3", "/#5", "extra"),
        ]
    );
    assert_eq!(got.codes(), ["ragged-row"]);
    for field in got.fields.iter().filter(|f| !f.text.contains('"')) {
        let raw: String = field.raw.iter().map(|r| &text[r.start as usize..r.end as usize]).collect();
        assert_eq!(raw, field.text);
    }
}

#[test]
fn separators_and_charsets() {
    let got = read(&Csv, "id;nota\n1;\"a;b\"\n".as_bytes());
    assert_eq!(got.text("#1", "/nota"), "a;b");
    let got = read(&Csv, b"id\tname\n1\tMu\xf1oz\n2\tCa\xf1ada\n");
    assert_eq!(got.text("#1", "/name"), "Muñoz");
    assert_eq!(got.fields.iter().find(|f| f.text == "Muñoz").unwrap().raw, [10..15]);
    let utf16: Vec<u8> =
        "\u{feff}id,name\r\n1,\"Muñoz \"\"x\"\"\"\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let got = read(&Csv, &utf16);
    assert_eq!(got.text("#1", "/name"), "Muñoz \"x\"");
    assert_eq!(got.records[1].extent.unwrap().end, utf16.len() as u64);
}

#[test]
fn a_quote_that_never_closes_costs_its_row_only() {
    let got = read(&Csv, b"id,name\n1,\"open\n2,Ana\n3,Eva\n");
    assert_eq!(got.text("#1", "/name"), "\"open");
    assert_eq!(got.text("#2", "/name"), "Ana");
    assert_eq!(got.text("#3", "/name"), "Eva");
    assert!(got.codes().contains(&"malformed-csv"));
}

#[test]
fn pieces_read_like_the_whole() {
    let mut text = String::from("\u{feff}id,name,note\r\n");
    for n in 0..40 {
        text.push_str(&format!("{n},\"n, {n}\",\"line\r\n\"\"two\"\" {n}\"\r\n"));
    }
    let whole = read(&Csv, text.as_bytes());
    assert!(whole.gaps.is_empty());
    for wanted in [1, 64, 300] {
        let (cut, pieces) = read_cut(&Csv, text.as_bytes(), &Mappings::default(), wanted);
        assert!(pieces > 2);
        assert_eq!(cut.fields, whole.fields, "{wanted}");
    }
}

#[test]
fn warehouse_tables_of_zendesk() {
    let tickets = "id,_fivetran_synced,assignee_id,brand_id,created_at,description,is_public,requester_id,status,subject,submitter_id,ticket_form_id,updated_at,url,via_channel,via_source_from_address\n1595,2020-03-20 02:32:49.426,31,36,2020-02-19 01:54:52,d,TRUE,396,deleted,s,396,36,2020-02-19 01:55:11,u,web,ana@example.org\n";
    let got = read_with(&Csv, tickets.as_bytes(), &zendesk(), Purpose::Scan, &Limits::default());
    let ticket = &got.records[1];
    assert_eq!(ticket.reference.kind.name(), "ticket");
    assert_eq!(ticket.reference.id.as_ref().unwrap().expose(), "1595");
    assert!(got.fact("#1", "soft_deleted") == Some(FactValue::Bool(true)));
    assert!(got.fact("#1", "status") == Some(FactValue::Word("deleted".into())));
    assert!(got.fact("#1", "channel") == Some(FactValue::Word("web".into())));
    assert!(
        got.fact("#1", "created_at") == Some(FactValue::Stamp(Stamp::parse("2020-02-19 01:54:52").unwrap()))
    );
    assert!(got.fact("#1", "retention_clock_at").is_none());
    let address = got.fields.iter().find(|f| f.path == "/via_source_from_address").unwrap();
    assert_eq!(address.role, Role::EmailAddress);

    let comments = "id,_fivetran_synced,body,created,facebook_comment,public,ticket_id,tweet,user_id,voice_comment\n10,2020,b,2020-02-11 07:49:14,FALSE,TRUE,1077,FALSE,402,FALSE\n";
    let got = read_with(&Csv, comments.as_bytes(), &zendesk(), Purpose::Survey, &Limits::default());
    let links: Vec<_> = got.records[0].links.iter().map(|l| (l.relation, l.id.expose().to_owned())).collect();
    assert_eq!(links, [(Relation::Ticket, "1077".to_owned()), (Relation::Author, "402".to_owned())]);
    assert!(got.fact("#1", "public") == Some(FactValue::Bool(true)));
    assert!(got.fact("#1", "created_at").is_some());

    let users = "id,\"\"\"ACTIVE\"\"\",email,name,role,suspended,two_factor_auth_enabled,last_login_at\n1,\"TRUE\",a@example.org,Ana,agent,FALSE,FALSE,2023-02-26 22:55:12\n";
    let got = read_with(&Csv, users.as_bytes(), &zendesk(), Purpose::Survey, &Limits::default());
    assert!(got.fact("#1", "active") == Some(FactValue::Bool(true)));
    assert!(got.fact("#1", "role") == Some(FactValue::Word("agent".into())));
    assert!(got.fact("#1", "two_factor_enabled") == Some(FactValue::Bool(false)));
    assert_eq!(got.texts().iter().map(|t| t.2).collect::<Vec<_>>(), ["a@example.org", "Ana"]);
}

proptest::proptest! {
    #[test]
    fn every_byte_that_is_no_syntax_is_in_a_field(bytes in proptest::collection::vec(
        proptest::sample::select(b"\",;\n\rab1 \xc3\xa9".to_vec()), 0..60)) {
        let got = read(&Csv, &bytes);
        let mut seen = vec![false; bytes.len()];
        for raw in got.fields.iter().flat_map(|field| &field.raw) {
            seen[raw.start as usize..raw.end as usize].fill(true);
        }
        for (at, byte) in bytes.iter().enumerate() {
            proptest::prop_assert!(seen[at] || !byte.is_ascii_alphanumeric(), "byte {} of {:?}", at, String::from_utf8_lossy(&bytes));
        }
    }
}
