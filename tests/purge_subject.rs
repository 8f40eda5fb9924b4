//! The erasure of one person as a user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::{Run, copy_tree, folder, private, put, run};

const SCHEDULE: &str = "schema: olvido/retention/v1\napproved_by: DPO\napproved_on: 2026-01-01\nkinds:\n  - {id: request, on: ticket, keep: P3Y, source: decision 7}\n  - {id: claim, on: ticket, select: {tags: [invoice]}, minimum: P20Y, keep: P20Y, source: law}\n";
const CONFIG: &str = "schema: olvido/config/v1\nschedule: retention.yaml\njurisdictions: [fr]\n";
const GROUND: &str = "GDPR 17(1)(b), request 12";

fn ticket(id: u64, requester: u64, tags: Value) -> Value {
    json!({
        "id": id, "subject": format!("Printer {id}"), "requester_id": requester, "submitter_id": requester,
        "status": "closed", "created_at": "2026-01-01T00:00:00Z", "closed_at": "2026-02-01T00:00:00Z",
        "tags": tags, "via": {"channel": "web"},
    })
}

fn comment(id: u64, ticket: u64, author: u64, body: &str) -> Value {
    json!({
        "id": id, "ticket_id": ticket, "author_id": author, "body": body, "public": true, "attachments": [],
        "created_at": "2026-01-02T00:00:00Z",
    })
}

/// Eva (9) asked in 1 and 2; Noel (10), her namesake in name alone, asked in 3; 20 works there.
fn project() -> tempfile::TempDir {
    let home = folder();
    let users = json!({"users": [
        {"id": 9, "name": "Eva Ejemplo", "email": "eva@tienda-inventada.es", "phone": "+34 600 000 001", "role": "end-user"},
        {"id": 10, "name": "Eva Ejemplo", "email": "noel@tienda-inventada.es", "phone": "+34 600 000 002", "role": "end-user"},
        {"id": 20, "name": "Ana Agente", "email": "ana@ayuda-inventada.es", "role": "agent"},
    ]});
    let tickets = json!({"tickets": [
        ticket(1, 9, json!([])), ticket(2, 9, json!(["invoice"])), ticket(3, 10, json!([])),
    ]});
    let comments = json!({"comments": [
        comment(101, 1, 9, "It does not print"), comment(102, 1, 20, "Dear Eva, switch it on"),
        comment(103, 2, 9, "The invoice is wrong"), comment(104, 3, 10, "Mine neither"),
        comment(105, 3, 9, "I have the same fault"),
    ]});
    put(home.path(), "archive/users.json", serde_json::to_string_pretty(&users).unwrap());
    put(home.path(), "archive/tickets.json", serde_json::to_string_pretty(&tickets).unwrap());
    put(home.path(), "archive/comments.json", serde_json::to_string_pretty(&comments).unwrap());
    put(home.path(), "retention.yaml", SCHEDULE);
    put(home.path(), "olvido.yaml", CONFIG);
    let mut rows = String::new();
    for name in ["legal", "dpo"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"])
            .arg(home.path().join(name))
            .status()
            .expect("ssh-keygen");
        assert!(made.success());
        let public = std::fs::read_to_string(home.path().join(format!("{name}.pub"))).unwrap();
        rows.push_str(&format!("  - {{name: {name}, key: '{}'}}\n", public.trim()));
    }
    put(
        home.path(),
        "approvers.yaml",
        format!(
            "schema: olvido/approvers/v1\napprovals: 2\ncooling_off_days: 0\nmax_share_percent: 100\napprovers:\n{rows}"
        ),
    );
    private(home.path());
    assert_eq!(run(home.path(), &["key", "create"]).status, 0);
    home
}

fn erase(home: &tempfile::TempDir, subject: &str) -> Run {
    put(home.path(), "who.txt", subject);
    run(
        home.path(),
        &[
            "subject",
            "erase",
            "archive",
            "--subject-file",
            "who.txt",
            "--ground",
            GROUND,
            "--by",
            "ana",
            "-o",
            "plan.json",
            "-q",
        ],
    )
}

fn plan(home: &tempfile::TempDir) -> Value {
    serde_json::from_slice(&std::fs::read(home.path().join("plan.json")).unwrap()).unwrap()
}

fn listed(plan: &Value, list: &str) -> BTreeSet<String> {
    let name = |one: &Value| format!("{} {}", one["kind"].as_str().unwrap(), one["id"].as_str().unwrap());
    plan[list].as_array().unwrap().iter().map(name).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn approve_and_apply(home: &tempfile::TempDir) -> Run {
    for name in ["legal", "dpo"] {
        let given = run(home.path(), &["purge", "approve", "plan.json", "--sign", name]);
        assert_eq!(given.status, 0, "{}", given.stderr);
    }
    run(home.path(), &["purge", "apply", "plan.json", "-q"])
}

fn text(home: &tempfile::TempDir, name: &str) -> String {
    std::fs::read_to_string(home.path().join("archive").join(name)).unwrap()
}

#[test]
fn what_a_person_is_asked_and_wrote_goes_and_what_others_wrote_stays() {
    let home = project();
    let before = ["users.json", "tickets.json", "comments.json"].map(|name| text(&home, name));
    let made = erase(&home, "eva@tienda-inventada.es\n");
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    let planned = plan(&home);
    // Ticket 2 has a legal minimum, with what she wrote in it.
    assert_eq!(listed(&planned, "records"), set(&["person 9", "ticket 1", "comment 101", "comment 105"]));
    assert_eq!(listed(&planned, "staying"), set(&["ticket 2", "comment 103"]));
    assert!(planned["staying"].as_array().unwrap().iter().all(|one| one["why"] == "legal-minimum"));
    assert!(planned["records"].as_array().unwrap().iter().all(|one| one["source"] == GROUND));
    // Nobody is named in the plan, nor in what is printed.
    let all = format!("{planned}{}", made.stdout);
    for name in ["eva@", "Ejemplo", "600 000"] {
        assert!(!all.contains(name), "{name}");
    }
    assert!(made.stdout.contains("ERASURE of one person") && made.stdout.contains(GROUND));
    let done = approve_and_apply(&home);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("4 of 4 records removed"), "{}", done.stdout);
    let (users, tickets, comments) =
        (text(&home, "users.json"), text(&home, "tickets.json"), text(&home, "comments.json"));
    assert!(!users.contains("eva@") && users.contains("noel@") && users.contains("Ana Agente"));
    assert!(!tickets.contains("Printer 1") && tickets.contains("Printer 2") && tickets.contains("Printer 3"));
    for stays in ["switch it on", "The invoice is wrong", "Mine neither"] {
        assert!(comments.contains(stays), "{stays}");
    }
    for goes in ["It does not print", "I have the same fault"] {
        assert!(!comments.contains(goes), "{goes}");
    }
    for name in ["users.json", "tickets.json", "comments.json"] {
        let parsed: Result<Value, _> = serde_json::from_str(&text(&home, name));
        assert!(parsed.is_ok(), "{name}");
    }
    let back = run(home.path(), &["purge", "restore", "plan.json"]);
    assert_eq!(back.status, 0, "{}{}", back.stdout, back.stderr);
    assert!(["users.json", "tickets.json", "comments.json"].map(|name| text(&home, name)) == before);
}

#[test]
fn two_weak_identifiers_are_a_person_and_one_is_for_review() {
    let home = project();
    let alone = erase(&home, "person-name: Eva Ejemplo\n");
    assert!(alone.status == 2 && alone.stderr.contains("subject-not-identified"), "{}", alone.stderr);
    assert_eq!(erase(&home, "").status, 2);
    assert!(!home.path().join("plan.json").exists());
    let made = erase(&home, "person-name: Eva Ejemplo\nphone-number: +34 600 000 001\n");
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    let planned = plan(&home);
    assert_eq!(listed(&planned, "records"), set(&["person 9", "ticket 1", "comment 101", "comment 105"]));
    // Her namesake shares a name with her and nothing else.
    let review = listed(&planned, "review");
    for one in ["person 10", "ticket 3", "comment 104"] {
        assert!(review.contains(one), "{one}: {review:?}");
    }
    let by_number = erase(&home, "person-id: 9\n");
    assert_eq!(by_number.status, 0, "{}", by_number.stderr);
    assert_eq!(listed(&plan(&home), "records"), listed(&planned, "records"));
}

#[test]
fn an_erasure_is_approved_held_and_refused_like_any_plan() {
    let home = project();
    assert_eq!(erase(&home, "eva@tienda-inventada.es\n").status, 0);
    let refused = run(home.path(), &["purge", "apply", "plan.json", "-q"]);
    assert!(refused.status == 2 && refused.stderr.contains("purge-not-approved"), "{}", refused.stderr);
    // A hold on one of her tickets, placed after the plan.
    put(
        home.path(),
        "holds.yaml",
        "schema: olvido/holds/v1\nholds:\n  - {id: HOLD-7, reason: claim, ground: legal-claims, placed_by: legal, placed_on: 2026-01-01, until: 2099-01-01, scope: {tags: [claimed]}}\n",
    );
    put(home.path(), "olvido.yaml", format!("{CONFIG}holds: holds.yaml\n"));
    let tickets = text(&home, "tickets.json").replacen("\"tags\": []", "\"tags\": [\"claimed\"]", 1);
    put(home.path(), "archive/tickets.json", &tickets);
    let done = approve_and_apply(&home);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("2 of 4"), "{}", done.stdout);
    for kept in ["ticket 1: held by HOLD-7", "comment 101: held by HOLD-7"] {
        assert!(done.stdout.contains(kept), "{}", done.stdout);
    }
    assert!(text(&home, "tickets.json").contains("Printer 1"));
    assert!(!text(&home, "users.json").contains("eva@"));
}

/// LOPDGDD 32: what is erased is blocked for its term first.
#[test]
fn where_law_asks_for_blocking_a_plan_of_its_own_blocks() {
    let home = project();
    put(
        home.path(),
        "retention.yaml",
        "schema: olvido/retention/v1\napproved_by: DPO\napproved_on: 2026-01-01\nkinds:\n  - {id: request, on: ticket, keep: P3Y, block_for: P3Y, source: LOPDGDD 32}\n",
    );
    put(home.path(), "olvido.yaml", CONFIG.replace("[fr]", "[es]"));
    let made = erase(&home, "eva@tienda-inventada.es\n");
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    // Her account is of no ticket, and has no term.
    assert_eq!(listed(&plan(&home), "records"), set(&["person 9"]));
    assert!(made.stdout.contains("need a plan with --block"), "{}", made.stdout);
    let blocking = run(
        home.path(),
        &[
            "subject",
            "erase",
            "archive",
            "--subject-file",
            "who.txt",
            "--ground",
            GROUND,
            "--by",
            "ana",
            "-o",
            "plan.json",
            "-q",
            "--block",
        ],
    );
    assert_eq!(blocking.status, 0, "{}", blocking.stderr);
    let planned = plan(&home);
    assert!(
        listed(&planned, "records").contains("ticket 1") && !listed(&planned, "records").contains("person 9")
    );
    assert!(planned["records"].as_array().unwrap().iter().all(|one| one["block"] == "P3Y"), "{planned}");
}

fn restored(home: &tempfile::TempDir) -> (String, i64) {
    let found = run(home.path(), &["scan", "archive", "--format", "jsonl", "--fail-on", "never", "-q"]);
    assert!(matches!(found.status, 0 | 3), "{}", found.stderr);
    let findings = found.of_type("finding");
    let one = findings.iter().find(|line| line["rule"] == "erasure/restored");
    match one {
        Some(line) => (
            line["verdict"].as_str().unwrap().to_owned(),
            line["message"].as_str().unwrap().split(' ').next().unwrap().parse().unwrap(),
        ),
        None => ("pass".to_owned(), 0),
    }
}

#[test]
fn somebody_who_was_erased_and_is_there_again_is_found() {
    let home = project();
    let backup = folder();
    copy_tree(&home.path().join("archive"), backup.path());
    // Asked for by number: what her record says she is called is looked for, too.
    assert_eq!(erase(&home, "person-id: 9\n").status, 0);
    let done = approve_and_apply(&home);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let list = std::fs::read_to_string(home.path().join(".olvido/suppression.json")).unwrap();
    assert!(list.contains("email-address") && !list.contains("eva"), "{list}");
    put(home.path(), "olvido.yaml", format!("{CONFIG}suppression: .olvido/suppression.json\n"));
    assert_eq!(restored(&home).0, "pass");
    // A backup is restored, under other numbers.
    let users = std::fs::read_to_string(backup.path().join("users.json")).unwrap();
    put(home.path(), "archive/users.json", users.replace("\"id\": 9,", "\"id\": 9009,"));
    assert_eq!(restored(&home), ("fail".to_owned(), 1));
    // A list of another key would find nobody.
    assert_eq!(run(home.path(), &["key", "create", "other.key"]).status, 0);
    let other = run(home.path(), &["scan", "archive", "--key", "other.key", "-q"]);
    assert!(other.status == 2 && other.stderr.contains("suppression-other-key"), "{}", other.stderr);
    put(home.path(), ".olvido/suppression.json", "{}");
    assert_eq!(run(home.path(), &["scan", "archive", "-q"]).status, 2);
}

#[test]
fn a_restored_erasure_is_no_longer_looked_for() {
    let home = project();
    assert_eq!(erase(&home, "eva@tienda-inventada.es\n").status, 0);
    assert_eq!(approve_and_apply(&home).status, 0);
    put(home.path(), "olvido.yaml", format!("{CONFIG}suppression: .olvido/suppression.json\n"));
    assert_eq!(run(home.path(), &["purge", "restore", "plan.json"]).status, 0);
    assert_eq!(restored(&home).0, "pass");
}

/// Comments that lie inside their ticket: the ticket stays for what others wrote in it.
#[test]
fn what_others_wrote_inside_a_ticket_keeps_the_ticket() {
    let home = project();
    std::fs::remove_file(home.path().join("archive/comments.json")).unwrap();
    let mut tickets: Value = serde_json::from_str(&text(&home, "tickets.json")).unwrap();
    tickets["tickets"][0]["comments"] =
        json!([comment(101, 1, 9, "It does not print"), comment(102, 1, 20, "Switch it on")]);
    tickets["tickets"][1]["tags"] = json!([]);
    tickets["tickets"][1]["comments"] = json!([comment(103, 2, 9, "The invoice is wrong")]);
    put(home.path(), "archive/tickets.json", serde_json::to_string_pretty(&tickets).unwrap());
    let made = erase(&home, "eva@tienda-inventada.es\n");
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    let planned = plan(&home);
    assert_eq!(listed(&planned, "records"), set(&["person 9", "comment 101", "ticket 2"]), "{}", made.stdout);
    assert!(listed(&planned, "review").contains("ticket 1"), "{planned}");
    assert_eq!(approve_and_apply(&home).status, 0);
    let left = text(&home, "tickets.json");
    assert!(left.contains("Switch it on") && left.contains("Printer 1") && left.contains("Printer 3"));
    assert!(!left.contains("It does not print") && !left.contains("Printer 2"), "{left}");
    let _: Value = serde_json::from_str(&left).unwrap();
}

/// Mail has no people but those it names: what she sent goes, what was sent to her is for review.
#[test]
fn mail_a_person_sent_goes() {
    let home = project();
    for name in ["users.json", "tickets.json", "comments.json"] {
        std::fs::remove_file(home.path().join("archive").join(name)).unwrap();
    }
    let mail = |id: &str, from: &str, to: &str| {
        format!(
            "From: {from}\r\nTo: {to}\r\nDate: Thu, 1 Jan 2026 10:00:00 +0000\r\nMessage-ID: <{id}@mail.example>\r\nSubject: Printer\r\n\r\ntext {id}\r\n"
        )
    };
    let (eva, ana) = ("Eva Ejemplo <eva@tienda-inventada.es>", "Ana Agente <ana@ayuda-inventada.es>");
    put(home.path(), "archive/one.eml", mail("one", eva, ana));
    put(home.path(), "archive/two.eml", mail("two", ana, eva));
    let mbox = format!(
        "From a Thu Jan  1 10:00:00 2026\n{}\nFrom b Thu Jan  1 10:00:00 2026\n{}\n",
        mail("three", eva, ana).replace("\r\n", "\n"),
        mail("four", ana, eva).replace("\r\n", "\n")
    );
    put(home.path(), "archive/box.mbox", mbox);
    let made = erase(&home, "eva@tienda-inventada.es\n");
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    assert_eq!(plan(&home)["records"].as_array().unwrap().len(), 2, "{}", made.stdout);
    assert_eq!(plan(&home)["review"].as_array().unwrap().len(), 2, "{}", made.stdout);
    let done = approve_and_apply(&home);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let left: Vec<bool> = ["one.eml", "two.eml", "box.mbox"]
        .iter()
        .map(|name| Path::exists(&home.path().join("archive").join(name)))
        .collect();
    assert_eq!(left, [false, true, true]);
    assert!(text(&home, "box.mbox").contains("text four") && !text(&home, "box.mbox").contains("text three"));
}
