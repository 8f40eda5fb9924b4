//! What texts ask for or tell of: requests of data subjects and leaks that no register names.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

mod support;

use std::path::Path;

use serde_json::json;
use support::{Run, folder, private, put, run};

/// Tickets of the generic evidence table, with these descriptions; ids count from 1.
fn tickets(home: &Path, texts: &[&str]) {
    let mut csv = String::from(
        "id,subject,requester_id,submitter_id,status,created_at,closed_at,solved_at,description,tags,assignee_id\n",
    );
    for (at, text) in texts.iter().enumerate() {
        csv.push_str(&format!(
            "{},Hi,7,7,closed,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,,\"{text}\",,2\n",
            at + 1
        ));
    }
    put(home, "archive/tickets.csv", csv);
}

fn scan(home: &Path, more: &[&str]) -> Run {
    private(home);
    let args = ["scan", "archive", "--as-of", "2026-11-22", "--format", "jsonl"];
    run(home, &[&args[..], more].concat())
}

/// Ids of the tickets a rule asks about.
fn asked(run: &Run, rule: &str) -> Vec<String> {
    let found = run.of_type("finding").into_iter().filter(|line| line["rule"] == rule);
    let mut ids: Vec<String> = found
        .map(|line| {
            assert_eq!(line["verdict"], "review", "{line}");
            line["record"]["id"].as_str().unwrap().to_owned()
        })
        .collect();
    ids.sort();
    ids
}

#[test]
fn requests_and_leaks_are_heard_in_any_words_and_talk_of_files_is_not() {
    let home = folder();
    tickets(
        home.path(),
        &[
            "Quiero que eliminéis toda mi cuenta y todos mis datos.",
            "Ich mache von meinem Recht auf Löschung Gebrauch",
            "pouvez-vous me dire quelles données vous avez sur moi ?",
            "I want you to erase everything you have about me",
            "The installer deletes my files in the folder",
            "Please delete the duplicate order",
            "Somebody stole the list: customer data has been leaked on a forum",
            "Es gab wohl einen Datenschutzvorfall in der Filiale",
            "memory leak after the update",
        ],
    );
    let run = scan(home.path(), &[]);
    assert_eq!(asked(&run, "rights/request-in-text"), ["1", "2", "3", "4"], "{}", run.stderr);
    assert_eq!(asked(&run, "breach/incident-in-text"), ["7", "8"]);
    // Nothing of it is personal data: there is nothing to redact.
    assert!(run.of_type("detection").iter().all(|line| line["record"]["id"] != "2"), "{}", run.stdout);
}

#[test]
fn a_ticket_that_a_register_names_is_answered_and_a_new_one_has_time() {
    let home = folder();
    tickets(
        home.path(),
        &["Please delete all my personal data", "We had a data breach", "Erase all my data"],
    );
    put(
        home.path(),
        "archive/rights.csv",
        "request_id,right,received_at,acknowledged_at,extended_at,answered_at,outcome,ground,identity_document_kept,doubt_recorded,ticket\nr1,erasure,2026-10-01,,,2026-10-09,granted,,false,,1\n",
    );
    put(
        home.path(),
        "archive/breaches.csv",
        "breach_id,aware_at,risk,notified_at,delay_reason,facts,effects,measures,subjects_told_at,not_told_ground,ticket\nb1,2026-10-01T08:00:00Z,none,,,Mail,One,Recalled,,,2\n",
    );
    let run = scan(home.path(), &[]);
    assert_eq!(asked(&run, "rights/request-in-text"), ["3"], "{}", run.stderr);
    assert_eq!(asked(&run, "breach/incident-in-text"), [""; 0]);
    let home = folder();
    tickets(home.path(), &["Erase all my data"]);
    private(home.path());
    let args = ["scan", "archive", "--as-of", "2026-10-02", "--format", "jsonl"];
    assert_eq!(asked(&support::run(home.path(), &args), "rights/request-in-text"), [""; 0]);
}

#[test]
fn what_the_organisation_wrote_is_no_request() {
    let home = folder();
    let comment = |id: u64, author: u64| {
        json!({"id": id, "type": "Comment", "author_id": author, "public": true, "created_at": "2026-10-01T00:00:00Z",
            "body": "I would like a copy of all my data"})
    };
    let ticket = json!({"id": 5, "url": "https://acme.zendesk.com/api/v2/tickets/5.json", "subject": "Hi",
        "description": "Hi", "requester_id": 71, "submitter_id": 71, "assignee_id": 72, "status": "closed",
        "created_at": "2026-10-01T00:00:00Z", "comments": [comment(11, 71), comment(12, 72)]});
    put(home.path(), "archive/tickets.ndjson", format!("{ticket}\n"));
    let run = scan(home.path(), &[]);
    assert_eq!(asked(&run, "rights/request-in-text"), ["11"], "{}", run.stderr);
}

#[test]
fn a_register_of_requests_answers_for_no_breach() {
    let home = folder();
    tickets(home.path(), &["After the data breach I want you to delete all my personal data"]);
    let rights = "request_id,right,received_at,acknowledged_at,extended_at,answered_at,outcome,ground,identity_document_kept,doubt_recorded,ticket\nr1,erasure,2026-10-01,,,2026-10-09,granted,,false,,1\n";
    put(home.path(), "archive/rights.csv", rights);
    let run = scan(home.path(), &[]);
    assert_eq!(asked(&run, "rights/request-in-text"), [""; 0], "{}", run.stderr);
    assert_eq!(asked(&run, "breach/incident-in-text"), ["1"]);
}

#[test]
fn signals_are_listed_and_explained() {
    let home = folder();
    let listed = run(home.path(), &["catalogue", "list"]).stdout;
    let shown = run(home.path(), &["explain", "rights-request"]);
    assert!(
        listed.contains("\nSIGNALS\n  incident-report ") && listed.contains("  rights-request "),
        "{listed}"
    );
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    assert!(shown.stdout.contains("nothing that is redacted") && shown.stdout.contains("es, fr, de, en"));
}

#[test]
fn signals_are_heard_behind_records_and_files_whose_names_are_masked() {
    // Ids and names that are looked through for data before a line shows them.
    let home = folder();
    let (mut csv, mut wanted) = (String::new(), Vec::new());
    csv.push_str("id,subject,requester_id,submitter_id,status,created_at,closed_at,solved_at,description,tags,assignee_id\n");
    for at in 0..40u32 {
        let id = format!("9{:08}", at * 1_234_567);
        let text = match at % 4 {
            3 => {
                wanted.push(id.clone());
                "I want you to erase everything you have about me"
            }
            // The card is a finding of its own, which is told with the ticket's id.
            _ => "my card is 4111 1111 1111 1111 and the password is Tr0ub4dor&3x",
        };
        csv.push_str(&format!(
            "{id},Hi,7,7,closed,2020-10-01T00:00:00Z,2020-10-02T00:00:00Z,,\"{text}\",,2\n"
        ));
    }
    put(home.path(), "archive/Export 2026-11-22 Final.csv", csv);
    for threads in ["1", "2"] {
        let run = scan(home.path(), &["--threads", threads]);
        assert_eq!(asked(&run, "rights/request-in-text"), wanted, "{}", run.stderr);
    }
}
