//! Retention schedules as a user has them: adopted or not, broken, proposed from an archive.

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
use support::{Run, folder, private, put, run};

const DAY: &str = "2026-11-22";

fn ticket(id: u64, status: &str, more: Value) -> Value {
    let mut ticket = json!({
        "id": id, "subject": "Printer", "requester_id": 9, "submitter_id": 9, "status": status,
        "created_at": "2015-01-01T00:00:00Z", "updated_at": "2026-11-01T00:00:00Z", "tags": [],
        "via": {"channel": "web"},
    });
    ticket.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ticket
}

/// An archive of tickets, with a schedule in the project.
fn project(tickets: &[Value], schedule: &str) -> tempfile::TempDir {
    let home = folder();
    put(home.path(), "archive/tickets.json", json!({"tickets": tickets}).to_string());
    put(home.path(), "retention.yaml", schedule);
    put(home.path(), "olvido.yaml", "schema: olvido/config/v1\nschedule: retention.yaml\n");
    private(home.path());
    home
}

fn scan(home: &tempfile::TempDir, more: &[&str]) -> Run {
    run(home.path(), &[&["scan", "archive", "--as-of", DAY, "--format", "jsonl"], more].concat())
}

fn findings<'r>(lines: &'r [Value], rule: &str) -> Vec<&'r Value> {
    lines.iter().filter(|line| line["rule"] == rule && line["type"] == "finding").collect()
}

const ADOPTED: &str = "schema: olvido/retention/v1\napproved_by: DPO\napproved_on: 2026-01-01\nkinds:\n  - {id: request, on: ticket, soft: P6M, keep: P1Y, source: decision 7}\n  - id: invoice\n    on: ticket\n    select: {tags: [invoice]}\n    clock: [solved]\n    minimum: P6Y\n    keep: P10Y\n    source: commercial law\n";

fn mixed() -> Vec<Value> {
    vec![
        ticket(1, "closed", json!({"closed_at": "2025-11-22T00:00:00Z"})),
        ticket(2, "closed", json!({"closed_at": "2025-11-23T00:00:00Z"})),
        ticket(3, "closed", json!({"solved_at": "2021-01-01T00:00:00Z", "tags": ["Invoice"]})),
        ticket(4, "deleted", json!({"solved_at": "2022-01-01T00:00:00Z", "tags": ["invoice"]})),
        ticket(5, "closed", json!({})),
        ticket(6, "open", json!({"closed_at": "2015-11-23T00:00:00Z"})),
    ]
}

#[test]
fn an_adopted_schedule_speaks_in_place_of_the_proposed_periods() {
    let run = scan(&project(&mixed(), ADOPTED), &[]);
    let lines = run.lines();
    let expired = findings(&lines, "retention/ticket-expired");
    let ids = |verdict: &str| -> Vec<&str> {
        let of = expired.iter().filter(|line| line["verdict"] == verdict);
        of.map(|line| line["record"]["id"].as_str().unwrap()).collect()
    };
    assert_eq!((ids("fail"), ids("open")), (vec!["1"], vec!["5"]), "{}", run.stderr);
    let first = expired.iter().find(|line| line["verdict"] == "fail").unwrap();
    assert_eq!(first["severity"], "error");
    assert_eq!(first["clock"], json!({"name": "closed", "at": "2025-11-22T00:00:00Z"}));
    assert_eq!(
        first["message"],
        "Ticket 1 is kept longer than 1 year since its clock, closed, of 2025-11-22T00:00:00Z"
    );
    let soft: Vec<&Value> = findings(&lines, "retention/ticket-soft-step");
    assert_eq!(soft.iter().filter(|line| line["verdict"] == "fail").count(), 1);
    let early = findings(&lines, "retention/minimum-not-reached");
    assert_eq!(early.len(), 1);
    assert_eq!(early[0]["record"]["id"], "4");
    let card = |id: &str| {
        let cards = lines[0]["rules"].as_array().unwrap();
        cards.iter().find(|card| card["id"] == id).unwrap().clone()
    };
    assert_eq!(card("retention/ticket-expired")["proposed"], false);
    assert_eq!(card("retention/identity-document-kept")["proposed"], true);
    assert_eq!(run.status, 1);
}

#[test]
fn until_it_is_adopted_findings_are_warnings_that_say_so() {
    let proposed = ADOPTED.replace("approved_by: DPO\napproved_on: 2026-01-01\n", "");
    for schedule in [proposed, ADOPTED.replace("2026-01-01", "2027-01-01")] {
        let lines = scan(&project(&mixed(), &schedule), &[]).lines();
        let failed = findings(&lines, "retention/ticket-expired");
        assert_eq!(failed[0]["severity"], "warning");
        let human = run(project(&mixed(), &schedule).path(), &["scan", "archive", "--as-of", DAY]);
        let row = human.stdout.lines().position(|line| line.contains("retention/ticket-expired")).unwrap();
        let told: Vec<&str> = human.stdout.lines().skip(row).take(3).collect();
        assert!(told.join(" ").contains("PROPOSED"), "{told:?}");
    }
}

#[test]
fn what_the_schedule_does_not_name_is_unclassified() {
    let home = project(&mixed(), &ADOPTED.replace("on: ticket, soft", "on: chat, soft"));
    let run = scan(&home, &[]);
    let lines = run.lines();
    let unclassified = findings(&lines, "retention/unclassified");
    let ids: Vec<&str> = unclassified.iter().map(|line| line["record"]["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["1", "2", "5", "6"]);
    assert!(findings(&lines, "retention/ticket-expired").iter().all(|line| line["record"]["id"] != "1"));
}

#[test]
fn a_country_changes_the_schedule_only_when_it_is_declared() {
    let german = ADOPTED.replace(
        "source: decision 7}",
        "source: decision 7, jurisdictions: {de: {round: year-end, source: BGB 199}}}",
    );
    let home = project(&mixed(), &german);
    let expired = |more: &[&str]| {
        let run = scan(&home, more);
        findings(&run.lines(), "retention/ticket-expired")
            .iter()
            .filter(|line| line["verdict"] == "fail")
            .count()
    };
    assert_eq!((expired(&[]), expired(&["--jurisdiction", "de"])), (1, 0));
}

#[test]
fn a_broken_schedule_stops_before_anything_is_read() {
    for (from, to, told) in [
        ("keep: P1Y", "keep: 1 year", "retention.yaml:5"),
        ("soft: P6M", "soft: P6Y", "retention-order"),
        ("clock: [solved]", "clock: [updated]", "last change"),
        ("source: decision 7", "source: ''", "retention-source"),
    ] {
        let run = scan(&project(&mixed(), &ADOPTED.replace(from, to)), &[]);
        assert_eq!(run.status, 2, "{to}");
        assert!(run.stdout.is_empty() && run.stderr.contains(told), "{}", run.stderr);
    }
    let home = project(&mixed(), ADOPTED);
    let run = scan(&home, &["--schedule", "nowhere.yaml"]);
    assert!(run.status == 2 && run.stderr.contains("schedule-unreadable"), "{}", run.stderr);
}

#[test]
fn the_archive_is_proposed_as_a_schedule_to_edit() {
    let mut tickets = mixed();
    tickets.push(ticket(7, "closed", json!({"ticket_form_id": 360_001, "tags": ["ana.ruiz@example.org"]})));
    let home = project(&tickets, ADOPTED);
    let args = ["retention", "propose", "archive", "-o", "new.yaml"];
    let told = run(home.path(), &args);
    assert_eq!(told.status, 0, "{}", told.stderr);
    let text = std::fs::read_to_string(home.path().join("new.yaml")).unwrap();
    assert!(
        text.contains("The archive shows 7 tickets, oldest 2015-11-23T00:00:00Z (closed), 2 without a date"),
        "{text}"
    );
    assert!(text.contains("select: {tags: [\"Invoice\"]}"), "{text}");
    assert!(text.contains("select: {forms: [\"360001\"]}    1 ticket"), "{text}");
    assert!(!text.contains("ana.ruiz") && !text.contains("on: chat"), "{text}");
    let again = run(home.path(), &args);
    assert!(again.status == 2 && again.stderr.contains("schedule-not-written"), "{}", again.stderr);
    let scanned = scan(&home, &["--schedule", "new.yaml"]);
    assert_eq!(scanned.status, 0, "{}", scanned.stderr);
    assert!(!findings(&scanned.lines(), "retention/ticket-expired").is_empty());
}
