//! Tables as a mapping knows them.

use super::Csv;
use crate::formats::Purpose;
use crate::formats::collect::{read_with, zendesk};
use crate::records::{FactValue, Limits, Relation, Role, Stamp};

#[test]
fn warehouse_tables_of_zendesk() {
    let tickets = "id,_fivetran_synced,assignee_id,brand_id,created_at,description,is_public,requester_id,status,subject,submitter_id,ticket_form_id,updated_at,url,via_channel,via_source_from_address\n1595,2020-03-20 02:32:49.426,31,36,2020-02-19 01:54:52,d,TRUE,396,deleted,s,396,36,2020-02-19 01:55:11,u,web,ana@example.org\n";
    let got = read_with(&Csv, tickets.as_bytes(), &zendesk(), Purpose::Scan, &Limits::default());
    let ticket = &got.records[1];
    assert_eq!(ticket.reference.kind.name(), "ticket");
    assert_eq!(ticket.reference.id.as_ref().unwrap().expose(), "1595");
    assert!(got.fact("#0", "soft_deleted") == Some(FactValue::Bool(true)));
    assert!(got.fact("#0", "status") == Some(FactValue::Word("deleted".into())));
    assert!(got.fact("#0", "channel") == Some(FactValue::Word("web".into())));
    assert!(
        got.fact("#0", "created_at") == Some(FactValue::Stamp(Stamp::parse("2020-02-19 01:54:52").unwrap()))
    );
    assert!(got.fact("#0", "retention_clock_at").is_none());
    let address = got.fields.iter().find(|f| f.path == "/via_source_from_address").unwrap();
    assert_eq!(address.role, Role::EmailAddress);

    let comments = "id,_fivetran_synced,body,created,facebook_comment,public,ticket_id,tweet,user_id,voice_comment\n10,2020,b,2020-02-11 07:49:14,FALSE,TRUE,1077,FALSE,402,FALSE\n";
    let got = read_with(&Csv, comments.as_bytes(), &zendesk(), Purpose::Survey, &Limits::default());
    let links: Vec<_> = got.records[0].links.iter().map(|l| (l.relation, l.id.expose().to_owned())).collect();
    assert_eq!(links, [(Relation::Ticket, "1077".to_owned()), (Relation::Author, "402".to_owned())]);
    // What joins are made of, and no more.
    assert!(got.fact("#0", "created_at").is_some());
    assert!(got.fact("#0", "public") == Some(FactValue::Bool(true)));
    let got = read_with(&Csv, comments.as_bytes(), &zendesk(), Purpose::Scan, &Limits::default());
    assert!(got.fact("#0", "public") == Some(FactValue::Bool(true)));

    let users = "id,\"\"\"ACTIVE\"\"\",email,name,role,suspended,two_factor_auth_enabled,last_login_at\n1,\"TRUE\",a@example.org,Ana,agent,FALSE,FALSE,2023-02-26 22:55:12\n";
    let got = read_with(&Csv, users.as_bytes(), &zendesk(), Purpose::Survey, &Limits::default());
    assert!(got.fact("#0", "role") == Some(FactValue::Word("agent".into())));
    assert!(got.fact("#0", "two_factor_enabled").is_none());
    let whole = read_with(&Csv, users.as_bytes(), &zendesk(), Purpose::Scan, &Limits::default());
    assert!(whole.fact("#0", "active") == Some(FactValue::Bool(true)));
    assert!(whole.fact("#0", "two_factor_enabled") == Some(FactValue::Bool(false)));
    assert_eq!(got.texts().iter().map(|t| t.2).collect::<Vec<_>>(), ["a@example.org", "Ana"]);
}
