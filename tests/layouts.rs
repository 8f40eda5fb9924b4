//! The same records give the same verdicts however they are laid out: in lines, pages, documents, files and
//! orders of keys and rows.

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

use serde_json::{Value, json};
use support::{folder, private, put, run};

/// How often a rule gave fail, open, review, pass over files of an archive.
fn verdicts(files: &[(&str, String)], rule: &str) -> [u64; 4] {
    let home = folder();
    for (name, text) in files {
        put(home.path(), &format!("archive/{name}"), text.clone());
    }
    private(home.path());
    let run = run(home.path(), &["scan", "archive", "--as-of", "2026-11-22", "--format", "jsonl"]);
    assert_eq!(run.of_type("gap").len(), 0, "{}", run.stdout);
    let summary = run.of_type("summary").remove(0);
    let counts = summary["rules"].as_array().unwrap().iter().find(|row| row["rule"] == rule).unwrap().clone();
    ["fail", "open", "review", "pass"].map(|verdict| counts[verdict].as_u64().unwrap())
}

const EXPIRED: &str = "retention/ticket-expired";

fn ticket(id: u64, closed: &str, comments: Value) -> Value {
    json!({
        "id": id, "url": format!("https://acme.example/api/v2/tickets/{id}.json"), "subject": "Hi",
        "requester_id": 7, "submitter_id": 9, "assignee_id": 9, "status": "closed",
        "created_at": "2019-01-01T00:00:00Z", "closed_at": closed, "description": "text ".repeat(40),
        "comments": comments,
    })
}

fn comment(id: u64, author: Value, at: Value) -> Value {
    json!({"id": id, "type": "Comment", "author_id": author, "body": "text", "public": true, "created_at": at})
}

#[test]
fn pages_one_a_line_are_read_like_pages_one_after_the_other() {
    let page = |id: u64| json!({"tickets": [ticket(id, "2020-03-01T00:00:00Z", json!([]))], "count": 1});
    let lines = format!("{}\n{}\n", page(1), page(2));
    let pretty = format!("{:#}\n{:#}\n", page(1), page(2));
    for (name, text) in [("all.json", &lines), ("all.ndjson", &lines), ("pretty.json", &pretty)] {
        assert_eq!(verdicts(&[(name, text.clone())], EXPIRED), [2, 0, 0, 0], "{name}");
    }
    // A page of comments behind lines of tickets: the requester wrote this year.
    let late = json!({"id": 5, "ticket_id": 1, "author_id": 7, "body": "still", "public": true,
        "type": "Comment", "created_at": "2026-02-01T00:00:00Z"});
    let mixed = format!(
        "{}\n{}\n{}\n",
        ticket(1, "2020-03-01T00:00:00Z", json!([])),
        ticket(2, "2020-03-01T00:00:00Z", json!([])),
        json!({"comments": [late]})
    );
    assert_eq!(verdicts(&[("t.ndjson", mixed)], EXPIRED), [1, 0, 0, 1]);
}

#[test]
fn documents_over_the_size_of_a_piece_are_cut_between_them() {
    let one = |id: u64| {
        let comments: Vec<Value> =
            (0..30).map(|at| comment(id * 100 + at, json!(7), json!("2020-02-01T00:00:00Z"))).collect();
        format!("{:#}\n", ticket(id, "2020-03-01T00:00:00Z", json!(comments)))
    };
    let text: String = (1..=700).map(one).collect();
    assert!(text.len() > 3 << 20, "{}", text.len());
    assert_eq!(verdicts(&[("tickets.json", text)], EXPIRED), [700, 0, 0, 0]);
}

#[test]
fn an_act_nobody_knows_the_date_of_may_be_the_last() {
    let old = || comment(1, json!(7), json!("2020-01-01T00:00:00Z"));
    let closed = "2026-01-01T00:00:00Z";
    for (more, wanted) in [
        (comment(2, json!(7), Value::Null), [0, 0, 0, 1]),
        (comment(2, Value::Null, json!("2026-01-03T00:00:00Z")), [0, 0, 0, 1]),
        (comment(2, json!(9), json!("2026-01-03T00:00:00Z")), [1, 0, 0, 0]),
    ] {
        let text = ticket(1, closed, json!([old(), more])).to_string();
        assert_eq!(verdicts(&[("t.ndjson", text)], EXPIRED), wanted, "{more}");
    }
    // The same in a file of their own.
    let apart = |at: Value| {
        json!({"comments": [{"id": 1, "ticket_id": 1, "author_id": 7, "body": "x",
        "public": true, "type": "Comment", "created_at": at}]})
        .to_string()
    };
    let of = || json!({"tickets": [ticket(1, closed, json!([]))]}).to_string();
    let old = ("b.json", apart(json!("2020-01-01T00:00:00Z")));
    assert_eq!(verdicts(&[("a.json", of()), old.clone()], EXPIRED), [1, 0, 0, 0]);
    assert_eq!(verdicts(&[("a.json", of()), old, ("c.json", apart(Value::Null))], EXPIRED), [0, 0, 0, 1]);
}

#[test]
fn the_later_of_two_dates_holds_in_any_order_of_keys() {
    let head = r#""id":1,"url":"https://acme.example/api/v2/tickets/1.json","subject":"Hi","requester_id":7,"submitter_id":9,"status":"solved","created_at":"2019-01-01T00:00:00Z""#;
    let (own, inside) = (
        r#""solved_at":"2026-06-01T00:00:00Z""#,
        r#""metric_set":{"id":3,"ticket_id":1,"solved_at":"2021-11-22T00:00:00Z"}"#,
    );
    for text in [format!("{{{head},{own},{inside}}}"), format!("{{{head},{inside},{own}}}")] {
        assert_eq!(verdicts(&[("t.ndjson", text.clone())], EXPIRED), [0, 0, 0, 1], "{text}");
    }
}

#[test]
fn the_last_day_of_a_leaver_holds_in_any_order_of_rows() {
    let users = "user_id,role,active,two_factor_enabled\nagent1,agent,true,true\n".to_owned();
    let rows = ["agent1,2026-03-01\n", "agent1,2027-03-01\n"];
    let counts = |rows: [&str; 2]| {
        let leavers = format!("person,left_at\n{}", rows.concat());
        verdicts(
            &[("users.csv", users.clone()), ("leavers.csv", leavers)],
            "access-control/leaver-has-account",
        )
    };
    assert_eq!(counts(rows), counts([rows[1], rows[0]]));
}
