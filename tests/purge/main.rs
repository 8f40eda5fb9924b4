//! Purges as a user runs them: refusals, the fixture, holds, restore, kills.

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

#[path = "../support/mod.rs"]
mod support;

mod checks;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Run, copy_tree, folder, olvido, private, project, put, run};

const SCHEDULE: &str = "schema: olvido/retention/v1\napproved_by: DPO\napproved_on: 2026-01-01\nkinds:\n  - {id: request, on: ticket, keep: P3Y, source: decision 7}\n";
const CONFIG: &str = "schema: olvido/config/v1\nschedule: retention.yaml\njurisdictions: [fr]\n";

fn ticket(id: u64, closed: &str, tags: Value) -> Value {
    json!({
        "id": id, "subject": format!("Printer {id}"), "requester_id": 9, "submitter_id": 9, "status": "closed",
        "created_at": "2015-01-01T00:00:00Z", "closed_at": closed, "tags": tags, "via": {"channel": "web"},
    })
}

fn comment(id: u64, ticket: u64) -> Value {
    json!({
        "id": id, "ticket_id": ticket, "author_id": 8, "body": format!("comment {id}"), "public": true,
        "attachments": [], "created_at": "2015-02-01T00:00:00Z",
    })
}

/// Keys of two approvers and a file that names them.
fn people(home: &Path, more: &str) {
    let mut rows = String::new();
    for name in ["legal", "dpo"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"])
            .arg(home.join(name))
            .status()
            .expect("ssh-keygen");
        assert!(made.success());
        let public = std::fs::read_to_string(home.join(format!("{name}.pub"))).unwrap();
        rows.push_str(&format!("  - {{name: {name}, key: '{}'}}\n", public.trim()));
    }
    put(
        home,
        "approvers.yaml",
        format!("schema: olvido/approvers/v1\napprovals: 2\n{more}approvers:\n{rows}"),
    );
}

/// A project around an archive that is there already.
fn around(home: &tempfile::TempDir, more: &str) {
    put(home.path(), "retention.yaml", SCHEDULE);
    put(home.path(), "olvido.yaml", CONFIG);
    people(home.path(), more);
    private(home.path());
    assert_eq!(run(home.path(), &["key", "create"]).status, 0);
}

const NO_WAIT: &str = "cooling_off_days: 0\nmax_share_percent: 100\n";

/// Ten tickets, of which three are past their period, with comments and attachments elsewhere.
fn small(more: &str) -> tempfile::TempDir {
    let home = folder();
    let mut tickets: Vec<Value> = (1..=10).map(|id| ticket(id, "2026-01-01T00:00:00Z", json!([]))).collect();
    for (at, tags) in [(1, json!([])), (4, json!(["litigation"])), (9, json!([]))] {
        tickets[at] = ticket(at as u64 + 1, "2016-01-01T00:00:00Z", tags);
    }
    let comments: Vec<Value> = (1..=10).map(|id| comment(100 + id, id)).collect();
    put(
        home.path(),
        "archive/tickets.json",
        serde_json::to_string_pretty(&json!({"tickets": tickets})).unwrap(),
    );
    put(
        home.path(),
        "archive/comments.json",
        serde_json::to_string_pretty(&json!({"comments": comments})).unwrap(),
    );
    for id in [1, 2, 5] {
        put(home.path(), &format!("archive/attachments/{id}/note.txt"), format!("note of {id}\n"));
    }
    // A folder of a year is no ticket's.
    put(home.path(), "archive/by-year/2/keep.txt", "keep\n");
    around(&home, more);
    home
}

fn plan(home: &tempfile::TempDir, more: &[&str]) -> Run {
    run(home.path(), &[&["purge", "plan", "archive", "--by", "ana", "-o", "plan.json", "-q"], more].concat())
}

fn read_plan(home: &tempfile::TempDir) -> Value {
    serde_json::from_slice(&std::fs::read(home.path().join("plan.json")).unwrap()).unwrap()
}

fn approve(home: &tempfile::TempDir, name: &str) -> Run {
    run(home.path(), &["purge", "approve", "plan.json", "--sign", name])
}

fn approved(home: &tempfile::TempDir, more: &[&str]) {
    let made = plan(home, more);
    assert_eq!(made.status, 0, "{}{}", made.stdout, made.stderr);
    for name in ["legal", "dpo"] {
        let given = approve(home, name);
        assert_eq!(given.status, 0, "{}", given.stderr);
    }
}

fn apply(home: &tempfile::TempDir) -> Run {
    run(home.path(), &["purge", "apply", "plan.json", "-q"])
}

fn ids(plan: &Value) -> Vec<String> {
    plan["records"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// Every file below a folder with its bytes.
fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    walkdir::WalkDir::new(dir)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            (entry.path().strip_prefix(dir).unwrap().to_path_buf(), std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn refused(run: &Run, code: &str) {
    assert_eq!(run.status, 2, "{code}: {}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(code), "{code}: {}", run.stderr);
}

#[test]
fn expired_tickets_go_with_comments_and_attachments_and_come_back() {
    let home = small(NO_WAIT);
    let before = tree(&home.path().join("archive"));
    approved(&home, &[]);
    let planned = read_plan(&home);
    assert_eq!(ids(&planned), ["2", "5", "10"]);
    let second = &planned["records"][0];
    assert_eq!((&second["comments"], &second["attachments"]), (&json!(1), &json!(1)));
    assert_eq!((&second["clock"], &second["period"]), (&json!("closed"), &json!("P3Y")));
    let done = apply(&home);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("3 of 3 records removed"), "{}", done.stdout);
    let after = tree(&home.path().join("archive"));
    let left = |name: &str, list: &str| -> Vec<u64> {
        let value: Value = serde_json::from_slice(&after[Path::new(name)]).unwrap();
        value[list].as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(left("tickets.json", "tickets"), [1, 3, 4, 6, 7, 8, 9]);
    assert_eq!(left("comments.json", "comments"), [101, 103, 104, 106, 107, 108, 109]);
    let names: Vec<String> = after.keys().map(|path| path.display().to_string()).collect();
    assert_eq!(names, ["attachments/1/note.txt", "by-year/2/keep.txt", "comments.json", "tickets.json"]);
    // Nothing is left beside the archive but its lock, and a second run changes nothing.
    let again = apply(&home);
    assert!(again.status == 0 && again.stdout.contains("nothing to do"), "{}{}", again.stdout, again.stderr);
    assert_eq!(plan(&home, &["-o", "next.json"]).status, 2, "two outputs");
    let next = run(home.path(), &["purge", "plan", "archive", "--by", "ana", "-o", "next.json", "-q"]);
    assert!(next.status == 0 && next.stdout.contains("0 of 7 records go"), "{}{}", next.stdout, next.stderr);
    assert!(tree(&home.path().join("archive")) == after);
    let restored = run(home.path(), &["purge", "restore", "plan.json"]);
    assert_eq!(restored.status, 0, "{}{}", restored.stdout, restored.stderr);
    assert!(tree(&home.path().join("archive")) == before, "restore is not byte for byte");
    let keys = home.path().join("config/olvido/keys/undo");
    assert_eq!(std::fs::read_dir(keys).unwrap().count(), 0, "the key stays");
    refused(&run(home.path(), &["purge", "restore", "plan.json"]), "purge-not-blocked");
}

#[test]
fn the_window_ends_with_the_key_and_due_is_silent_when_nothing_is() {
    let home = small(&format!("{NO_WAIT}window_days: 0\n"));
    let due = || run(home.path(), &["purge", "apply", "--due", "-q"]);
    let nothing = due();
    assert_eq!((nothing.status, nothing.stdout.as_str()), (0, ""), "{}", nothing.stderr);
    approved(&home, &[]);
    let applied = due();
    assert!(applied.status == 0 && applied.stdout.contains("3 of 3"), "{}{}", applied.stdout, applied.stderr);
    let ended = due();
    assert!(ended.status == 0 && ended.stdout.contains("final"), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(due().stdout, "");
    refused(&run(home.path(), &["purge", "restore", "plan.json"]), "purge-not-blocked");
    let plans = tree(&home.path().join(".olvido/plans"));
    assert!(
        plans.keys().all(|path| path.extension().is_some_and(|end| end != "blocked" && end != "journal"))
    );
    let kinds: Vec<String> = run(home.path(), &["purge", "ledger", "show"])
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.split_once("  ")?.1).ok())
        .map(|entry| entry["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        kinds,
        [
            "begun",
            "purge-requested",
            "purge-approved",
            "purge-approved",
            "purge-removing",
            "purge-blocked",
            "purge-destroying",
            "purge-destroyed",
            "purge-swept",
            "purge-final"
        ]
    );
}

#[test]
fn what_is_not_ready_is_refused_with_what_to_write() {
    let home = small(NO_WAIT);
    let with = |name: &str, text: String, code: &str| {
        let old = std::fs::read(home.path().join(name)).unwrap();
        put(home.path(), name, text);
        refused(&plan(&home, &[]), code);
        put(home.path(), name, old);
    };
    with(
        "retention.yaml",
        SCHEDULE.replace("approved_by: DPO\napproved_on: 2026-01-01\n", ""),
        "purge-not-adopted",
    );
    with("olvido.yaml", CONFIG.replace("schedule: retention.yaml\n", ""), "purge-no-schedule");
    with("olvido.yaml", CONFIG.replace("jurisdictions: [fr]\n", ""), "purge-no-jurisdiction");
    let approvers = std::fs::read_to_string(home.path().join("approvers.yaml")).unwrap();
    with("approvers.yaml", approvers.replace("approvals: 2", "approvals: 1"), "approvers");
    refused(&plan(&home, &["--as-of", "2999-01-01"]), "purge-as-of-future");
    refused(&plan(&home, &["--project", "archive/state"]), "purge-project-inside");
    refused(&run(home.path(), &["purge", "plan", "-", "--by", "ana", "-o", "p"]), "purge-stdin");
    std::fs::remove_file(home.path().join("approvers.yaml")).unwrap();
    refused(&plan(&home, &[]), "approvers-unreadable");
    std::fs::remove_dir_all(home.path().join("config")).unwrap();
    refused(&plan(&home, &[]), "purge-no-key");
    assert!(!home.path().join("plan.json").exists());
}

#[test]
fn a_large_plan_needs_its_exact_number() {
    let home = small("cooling_off_days: 0\n");
    let large = plan(&home, &[]);
    refused(&large, "purge-large");
    assert!(large.stderr.contains("--accept-large 3"), "{}", large.stderr);
    refused(&plan(&home, &["--accept-large", "4"]), "purge-accept-differs");
    assert_eq!(plan(&home, &["--accept-large", "3"]).status, 0);
    // Three times the last plan, whatever the share.
    let home = small(NO_WAIT);
    let tickets = home.path().join("archive/tickets.json");
    let all = std::fs::read(&tickets).unwrap();
    let mut less: Value = serde_json::from_slice(&all).unwrap();
    less["tickets"].as_array_mut().unwrap().retain(|one| one["id"] != 2 && one["id"] != 5);
    put(home.path(), "archive/tickets.json", less.to_string());
    assert_eq!(plan(&home, &[]).status, 0);
    let mut more: Value = serde_json::from_slice(&all).unwrap();
    let added = more["tickets"].as_array_mut().unwrap();
    added.push(ticket(11, "2016-01-01T00:00:00Z", json!([])));
    put(home.path(), "archive/tickets.json", more.to_string());
    let large = plan(&home, &[]);
    refused(&large, "purge-large");
    assert!(large.stderr.contains("three times"), "{}", large.stderr);
}

#[test]
fn only_others_approve_and_each_once() {
    let home = small(NO_WAIT);
    assert_eq!(plan(&home, &["--by", "Ana"]).status, 2, "two planners");
    let made = run(home.path(), &["purge", "plan", "archive", "--by", " Legal ", "-o", "plan.json", "-q"]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    refused(&approve(&home, "legal"), "approval-own");
    assert_eq!(approve(&home, "dpo").status, 0);
    refused(&approve(&home, "dpo"), "approval-twice");
    refused(&apply(&home), "purge-not-approved");
    let mut made = Command::new("ssh-keygen");
    made.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(home.path().join("other"));
    assert!(made.status().unwrap().success());
    refused(&approve(&home, "other"), "approval-unknown-key");
    let approvers = std::fs::read_to_string(home.path().join("approvers.yaml")).unwrap();
    put(home.path(), "approvers.yaml", approvers + "# changed\n");
    refused(&approve(&home, "dpo"), "approvers-changed");
    assert!(tree(&home.path().join("archive")).contains_key(Path::new("attachments/2/note.txt")));
}

#[test]
fn one_approver_is_told_everywhere() {
    let home = small(&format!("{NO_WAIT}single_approver: office of one\n"));
    let file = std::fs::read_to_string(home.path().join("approvers.yaml")).unwrap();
    put(home.path(), "approvers.yaml", file.replace("approvals: 2\n", ""));
    let made = plan(&home, &[]);
    let given = approve(&home, "dpo");
    let status = run(home.path(), &["purge", "status"]);
    let shown = run(home.path(), &["purge", "show", "plan.json"]);
    let done = apply(&home);
    for told in [&made, &given, &status, &shown, &done] {
        assert_eq!(told.status, 0, "{}", told.stderr);
        assert!(told.stdout.contains("office of one"), "{}", told.stdout);
    }
    assert!(run(home.path(), &["purge", "ledger", "show"]).stdout.matches("office of one").count() >= 3);
}

#[test]
fn a_plan_waits_and_previews_and_cancelled_plans_are_not_applied() {
    let home = small("max_share_percent: 100\n");
    approved(&home, &[]);
    let early = apply(&home);
    refused(&early, "purge-too-early");
    assert_eq!(run(home.path(), &["purge", "cancel", "plan.json", "--by", "dpo"]).status, 0);
    refused(&apply(&home), "purge-not-open");
    refused(&approve(&home, "dpo"), "purge-not-open");
    let preview = plan(&home, &["--as-of", "2026-06-01"]);
    assert!(
        preview.status == 0 && preview.stdout.contains("PREVIEW"),
        "{}{}",
        preview.stdout,
        preview.stderr
    );
    refused(&approve(&home, "dpo"), "purge-preview");
    refused(&apply(&home), "purge-preview");
    assert_eq!(tree(&home.path().join("archive")).len(), 6);
}

#[test]
fn a_plan_that_was_edited_is_refused() {
    let home = small(NO_WAIT);
    approved(&home, &[]);
    let text = std::fs::read_to_string(home.path().join("plan.json")).unwrap();
    put(home.path(), "plan.json", text.replace("\"by\":\"ana\"", "\"by\":\"eva\""));
    refused(&apply(&home), "purge-plan-unknown");
    put(home.path(), "plan.json", text.replace("\"not_before\":\"20", "\"not_before\":\"19"));
    refused(&apply(&home), "purge-plan-unknown");
    put(home.path(), "plan.json", "{}");
    refused(&apply(&home), "purge-plan-malformed");
}

#[test]
fn a_hold_keeps_a_record_whether_it_comes_before_or_after_the_approval() {
    let hold = "schema: olvido/holds/v1\nholds:\n  - {id: HOLD-7, reason: claim, ground: legal-claims, placed_by: legal, placed_on: 2026-01-01, until: 2099-01-01, scope: {tags: [litigation]}}\n";
    let home = small(NO_WAIT);
    put(home.path(), "holds.yaml", hold);
    put(home.path(), "olvido.yaml", format!("{CONFIG}holds: holds.yaml\n"));
    assert_eq!(plan(&home, &[]).status, 0);
    assert_eq!(ids(&read_plan(&home)), ["2", "10"]);
    assert_eq!(read_plan(&home)["staying"][0]["why"], "held by HOLD-7");
    put(home.path(), "holds.yaml", hold.replace("[litigation]", "[nothing]"));
    refused(&plan(&home, &[]), "purge-hold-matches-nothing");
    // Over, so that it has nothing to match.
    put(
        home.path(),
        "holds.yaml",
        hold.replace("[litigation]", "[nothing]").replace("2099-01-01", "2026-02-01"),
    );
    assert_eq!(plan(&home, &[]).status, 0);

    let home = small(NO_WAIT);
    approved(&home, &[]);
    put(home.path(), "holds.yaml", hold);
    put(home.path(), "olvido.yaml", format!("{CONFIG}holds: holds.yaml\n"));
    let done = apply(&home);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("2 of 3") && done.stdout.contains("ticket 5: held by HOLD-7"),
        "{}",
        done.stdout
    );
    let left = std::fs::read_to_string(home.path().join("archive/tickets.json")).unwrap();
    assert!(left.contains("\"Printer 5\"") && !left.contains("\"Printer 2\""));
    assert!(home.path().join("archive/attachments/5/note.txt").exists());
}

#[test]
fn a_hold_of_another_key_stops_everything() {
    let home = small(NO_WAIT);
    approved(&home, &[]);
    put(
        home.path(),
        "holds.yaml",
        "schema: olvido/holds/v1\nkey: 00000000\nholds:\n  - {id: HOLD-1, reason: claim, ground: legal-claims, placed_by: legal, placed_on: 2026-01-01, until: 2099-01-01, scope: {tickets: ['r1:0123456789abcdef0123456789abcdef']}}\n",
    );
    put(home.path(), "olvido.yaml", format!("{CONFIG}holds: holds.yaml\n"));
    refused(&plan(&home, &[]), "holds-other-key");
    refused(&apply(&home), "holds-other-key");
}

#[test]
fn a_minimum_keeps_what_it_asks_for() {
    let home = small(NO_WAIT);
    approved(&home, &[]);
    put(
        home.path(),
        "retention.yaml",
        format!(
            "{SCHEDULE}  - {{id: case, on: ticket, select: {{tags: [litigation]}}, keep: P3Y, source: decision 9}}\n  - {{id: claim, on: ticket, select: {{tags: [litigation]}}, minimum: P20Y, keep: P20Y, source: law}}\n"
        ),
    );
    let done = apply(&home);
    assert!(
        done.stdout.contains("2 of 3") && done.stdout.contains("ticket 5: gone, or no longer"),
        "{}{}",
        done.stdout,
        done.stderr
    );
    assert!(home.path().join("archive/attachments/5/note.txt").exists());
}

#[test]
fn what_changed_since_drops_out_and_what_grew_is_kept() {
    let home = small(NO_WAIT);
    approved(&home, &[]);
    let path = home.path().join("archive/tickets.json");
    let mut tickets: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let rows = tickets["tickets"].as_array_mut().unwrap();
    rows[1]["subject"] = json!("Printer 2 again");
    rows.insert(0, ticket(77, "2026-05-01T00:00:00Z", json!([])));
    put(home.path(), "archive/tickets.json", serde_json::to_string_pretty(&tickets).unwrap());
    // A comment more is a change of the ticket.
    let path = home.path().join("archive/comments.json");
    let mut comments: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    comments["comments"].as_array_mut().unwrap().push(comment(999, 10));
    comments["comments"].as_array_mut().unwrap().insert(0, comment(998, 77));
    put(home.path(), "archive/comments.json", serde_json::to_string_pretty(&comments).unwrap());
    let done = apply(&home);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("1 of 3"), "{}", done.stdout);
    for id in ["ticket 2: changed", "ticket 10: changed"] {
        assert!(done.stdout.contains(id), "{}", done.stdout);
    }
    let left: Value =
        serde_json::from_slice(&std::fs::read(home.path().join("archive/tickets.json")).unwrap()).unwrap();
    let ids: BTreeSet<u64> =
        left["tickets"].as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect();
    assert!(ids.contains(&77) && ids.contains(&2) && ids.contains(&10) && !ids.contains(&5));
    let left = std::fs::read_to_string(home.path().join("archive/comments.json")).unwrap();
    assert!(
        left.contains("comment 998") && left.contains("comment 999") && !left.contains("\"comment 105\"")
    );
}

#[test]
fn what_cannot_be_decided_is_listed_by_age_and_never_planned() {
    let home = small(NO_WAIT);
    let mut tickets: Value =
        serde_json::from_slice(&std::fs::read(home.path().join("archive/tickets.json")).unwrap()).unwrap();
    let rows = tickets["tickets"].as_array_mut().unwrap();
    rows[0]["closed_at"] = json!("some day");
    rows[0]["created_at"] = json!("2014-01-01T00:00:00Z");
    rows[2]["closed_at"] = Value::Null;
    put(home.path(), "archive/tickets.json", tickets.to_string());
    assert_eq!(plan(&home, &[]).status, 0);
    let made = read_plan(&home);
    assert_eq!(ids(&made), ["2", "5", "10"]);
    let dates: Vec<&str> =
        made["undecidable"].as_array().unwrap().iter().map(|one| one["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2014-01-01T00:00:00Z", "2015-01-01T00:00:00Z"]);
    put(
        home.path(),
        "retention.yaml",
        SCHEDULE.replace("on: ticket,", "on: ticket, select: {tags: [litigation]},"),
    );
    assert_eq!(plan(&home, &[]).status, 0);
    let made = read_plan(&home);
    assert_eq!(ids(&made), ["5"]);
    assert_eq!(made["unclassified"].as_array().unwrap().len(), 9);
}

#[test]
fn a_damaged_file_of_records_stops_a_plan_until_it_is_accepted() {
    let home = small(NO_WAIT);
    put(home.path(), "archive/more.json", "{\"comments\": [{\"id\": 1, ");
    refused(&plan(&home, &[]), "purge-unread");
    assert_eq!(plan(&home, &["--allow-unread"]).status, 0);
}

/// Each byte, as the library sees it, is tried beside the code (`cli::purge::crashes`).
#[test]
fn a_changed_byte_of_the_ledger_is_told() {
    let home = small(NO_WAIT);
    approved(&home, &[]);
    let verify = || run(home.path(), &["purge", "ledger", "verify"]);
    assert_eq!(verify().status, 0);
    for name in ["ledger.entries", "ledger.leaves", "ledger.head"] {
        let path = home.path().join(".olvido").join(name);
        let bytes = std::fs::read(&path).unwrap();
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            put(home.path(), &format!(".olvido/{name}"), &changed);
            let seen = verify();
            assert!(
                seen.status == 2 && seen.stderr.contains("ledger-damaged"),
                "{name} {at}: {}",
                seen.stderr
            );
        }
        put(home.path(), &format!(".olvido/{name}"), &bytes);
    }
    assert_eq!(verify().status, 0);
}

#[test]
fn mail_past_its_period_goes_and_other_mail_stays() {
    let home = folder();
    let mail = |id: &str, date: &str| {
        format!(
            "From: a@tienda-inventada.es\nTo: b@ayuda-inventada.es\nDate: {date}\nMessage-ID: <{id}@mail.example>\nSubject: Printer\n\ntext {id}\n"
        )
    };
    let (old, new) = ("Fri, 1 Jan 2016 10:00:00 +0000", "Thu, 1 Jan 2026 10:00:00 +0000");
    put(home.path(), "archive/old.eml", mail("one", old));
    put(home.path(), "archive/new.eml", mail("two", new));
    let boxed = |id: &str, date: &str| format!("From x Fri Jan  1 10:00:00 2016\n{}\n", mail(id, date));
    let kept = [boxed("three", new), boxed("five", new)];
    put(home.path(), "archive/box.mbox", format!("{}{}{}", kept[0], boxed("four", old), kept[1]));
    put(home.path(), "archive/attachments/7/old.eml", mail("six", old));
    put(home.path(), "archive/undated.eml", mail("seven", "some day"));
    around(&home, NO_WAIT);
    put(
        home.path(),
        "retention.yaml",
        format!("{SCHEDULE}  - {{id: mail, on: comment, clock: [created], keep: P3Y, source: decision 8}}\n"),
    );
    approved(&home, &[]);
    let planned = read_plan(&home);
    assert_eq!(ids(&planned).len(), 2, "{planned}");
    assert_eq!(planned["undecidable"].as_array().unwrap().len(), 1);
    let before = tree(&home.path().join("archive"));
    let done = apply(&home);
    assert!(done.stdout.contains("2 of 2 records removed"), "{}{}", done.stdout, done.stderr);
    let after = tree(&home.path().join("archive"));
    assert!(!after.contains_key(Path::new("old.eml")));
    for stays in ["new.eml", "undated.eml", "attachments/7/old.eml"] {
        assert_eq!(after.get(Path::new(stays)), before.get(Path::new(stays)), "{stays}");
    }
    assert_eq!(String::from_utf8_lossy(&after[Path::new("box.mbox")]), kept.concat());
    assert_eq!(run(home.path(), &["purge", "restore", "plan.json"]).status, 0);
    assert!(tree(&home.path().join("archive")) == before);
}

#[test]
fn entries_of_plans_that_are_over_can_be_blanked_and_the_ledger_verifies() {
    let home = small(NO_WAIT);
    assert_eq!(plan(&home, &[]).status, 0);
    let erase = |index: &str| run(home.path(), &["purge", "ledger", "erase", index, "--by", "dpo"]);
    refused(&erase("1"), "ledger-entry-needed");
    refused(&erase("0"), "ledger-no-entry");
    refused(&erase("99"), "ledger-no-entry");
    assert_eq!(run(home.path(), &["purge", "cancel", "plan.json", "--by", "ana"]).status, 0);
    let done = erase("1");
    assert_eq!(done.status, 0, "{}", done.stderr);
    let shown = run(home.path(), &["purge", "ledger", "show"]);
    assert!(shown.stdout.contains("1  erased") && shown.stdout.contains("entry-erased"), "{}", shown.stdout);
    assert_eq!(run(home.path(), &["purge", "ledger", "verify"]).status, 0);
    refused(&erase("1"), "ledger-no-entry");
    assert!(!run(home.path(), &["purge", "status"]).stdout.contains("cancelled"));
}

#[test]
fn reports_carry_the_head_of_the_ledger_where_there_is_one() {
    let home = small(NO_WAIT);
    let scan = |format: &str| {
        run(home.path(), &["scan", "archive", "--format", format, "--fail-on", "never", "-q"]).stdout
    };
    let formats = ["human", "jsonl", "sarif", "markdown", "junit"];
    for format in formats {
        assert!(!scan(format).contains("ledger"), "{format}");
    }
    assert_eq!(plan(&home, &[]).status, 0);
    let head = run(home.path(), &["purge", "ledger", "verify"]).stdout;
    let head = head.lines().next().unwrap();
    assert!(head.starts_with("ledger 2 entries, root "));
    for format in formats {
        let words: Vec<String> = scan(format).split_whitespace().map(str::to_owned).collect();
        assert!(words.join(" ").contains(head), "{format}");
    }
}

/// The ledger as another run would have it: its last entry is `days` from now.
fn ledger_from(home: &tempfile::TempDir, days: i64) {
    use olvido::records::{Precision, Stamp};
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let seconds = i64::try_from(now).unwrap() + days * 86_400;
    let at = Stamp { seconds, precision: Precision::Instant, zone_known: true };
    let key = std::fs::read(home.path().join("config/olvido/keys/default.key")).unwrap();
    let key = olvido::vault::Key::parse(&key).ok().unwrap();
    let disk = olvido::disk::SystemDisk;
    let folder = home.path().join(".olvido");
    let mut register = olvido::remedies::purging::Register::open(&disk, &folder, &key, at).ok().unwrap();
    register.note("noted", "none", &json!({}), at).ok().unwrap();
}

#[test]
fn a_clock_before_the_last_entry_of_the_ledger_stops_every_command() {
    let home = small(&format!("{NO_WAIT}window_days: 0\n"));
    approved(&home, &[]);
    ledger_from(&home, 1);
    let before = tree(home.path());
    let cancel = || run(home.path(), &["purge", "cancel", "plan.json", "--by", "dpo"]);
    for refusal in [
        run(home.path(), &["purge", "plan", "archive", "--by", "ana", "-o", "next.json", "-q"]),
        cancel(),
        apply(&home),
        run(home.path(), &["purge", "apply", "--due", "-q"]),
    ] {
        refused(&refusal, "purge-clock");
    }
    let made = tree(home.path()).into_iter().filter(|(path, _)| !path.ends_with("archive.olvido-lock"));
    assert!(made.collect::<BTreeMap<_, _>>() == before);

    let home = small(&format!("{NO_WAIT}window_days: 0\n"));
    assert_eq!(plan(&home, &[]).status, 0);
    ledger_from(&home, 1);
    refused(&approve(&home, "dpo"), "purge-clock");

    let home = small(&format!("{NO_WAIT}window_days: 0\n"));
    approved(&home, &[]);
    assert_eq!(apply(&home).status, 0);
    ledger_from(&home, 1);
    refused(&run(home.path(), &["purge", "restore", "plan.json"]), "purge-clock");
    refused(&run(home.path(), &["purge", "apply", "--due", "-q"]), "purge-clock");
}

#[test]
fn what_is_not_as_it_was_planned_is_refused() {
    let home = small(NO_WAIT);
    approved(&home, &[]);
    let before = tree(&home.path().join("archive"));
    let with = |name: &str, text: String, code: &str| {
        let old = std::fs::read(home.path().join(name)).unwrap();
        put(home.path(), name, text);
        refused(&apply(&home), code);
        put(home.path(), name, old);
    };
    with("olvido.yaml", CONFIG.replace("[fr]", "[es]"), "purge-jurisdiction");
    with("olvido.yaml", CONFIG.replace("[fr]", "[fr, es]"), "purge-jurisdiction");
    let approvers = std::fs::read_to_string(home.path().join("approvers.yaml")).unwrap();
    with(
        "approvers.yaml",
        approvers.replace("approvals: 2", "approvals: 1\nsingle_approver: x"),
        "approvers-changed",
    );
    with(
        "retention.yaml",
        SCHEDULE.replace("approved_by: DPO\napproved_on: 2026-01-01\n", ""),
        "purge-not-adopted",
    );
    refused(&run(home.path(), &["purge", "apply", "plan.json", "--as-of", "2026-01-01"]), "purge-as-of");
    // Another archive under the same name, and another key.
    std::fs::rename(home.path().join("archive"), home.path().join("moved")).unwrap();
    refused(&apply(&home), "path-not-found");
    #[cfg(unix)]
    std::os::unix::fs::symlink(home.path().join("moved"), home.path().join("archive")).unwrap();
    #[cfg(unix)]
    refused(&apply(&home), "purge-other-archive");
    #[cfg(unix)]
    std::fs::remove_file(home.path().join("archive")).unwrap();
    std::fs::rename(home.path().join("moved"), home.path().join("archive")).unwrap();
    assert_eq!(run(home.path(), &["key", "create", "other.key"]).status, 0);
    refused(&run(home.path(), &["purge", "apply", "plan.json", "--key", "other.key"]), "ledger-damaged");
    assert!(tree(&home.path().join("archive")) == before);
    assert_eq!(apply(&home).status, 0);
}

/// Runs with a bound on the size of files: beyond it writing fails as on a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_is_status_4_with_what_is_done_and_the_command_to_go_on() {
    let home = small(NO_WAIT);
    // A file that stays is large, so that its new one has no room.
    let path = home.path().join("archive/tickets.json");
    let mut tickets: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for id in 1000..1600 {
        tickets["tickets"].as_array_mut().unwrap().push(ticket(id, "2026-01-01T00:00:00Z", json!([])));
    }
    put(home.path(), "archive/tickets.json", tickets.to_string());
    approved(&home, &[]);
    let before = tree(&home.path().join("archive"));
    let program = env!("CARGO_BIN_EXE_olvido");
    let script = format!("trap '' XFSZ; ulimit -f 64; exec '{program}' purge apply plan.json -q");
    let full = Command::new("sh")
        .args(["-c", &script])
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&full.stdout).into_owned();
    assert_eq!(full.status.code(), Some(4), "{said}{}", String::from_utf8_lossy(&full.stderr));
    assert!(said.contains("done: nothing; not done: 3 records; unknown: nothing"), "{said}");
    assert!(said.contains("go on with: olvido purge apply plan.json"), "{said}");
    assert!(tree(&home.path().join("archive")) == before, "something was left or changed");
    let resumed = apply(&home);
    assert!(resumed.stdout.contains("3 of 3 records removed"), "{}{}", resumed.stdout, resumed.stderr);
    assert!(resumed.stdout.contains("were overwritten, then all were unlinked"), "{}", resumed.stdout);
}

#[test]
fn one_refused_plan_does_not_keep_the_windows_of_others_open() {
    let home = small(&format!("{NO_WAIT}window_days: 0\n"));
    approved(&home, &[]);
    let first = read_plan(&home);
    let copy = |dir: &str| {
        let plans = tree(&home.path().join(".olvido/plans"));
        let name = plans.keys().find(|path| path.extension().is_some_and(|end| end == "json")).unwrap();
        home.path().join(dir).join(name)
    };
    let damaged = copy(".olvido/plans");
    let text = std::fs::read_to_string(&damaged).unwrap();
    put(home.path(), damaged.to_str().unwrap(), text.replace("\"by\":\"ana\"", "\"by\":\"eva\""));
    std::fs::remove_file(home.path().join("plan.json")).unwrap();
    let made = run(home.path(), &["purge", "plan", "archive", "--by", "eva", "-o", "plan.json", "-q"]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    assert_ne!(first, read_plan(&home));
    for name in ["legal", "dpo"] {
        assert_eq!(approve(&home, name).status, 0);
    }
    assert_eq!(apply(&home).status, 0);
    let due = run(home.path(), &["purge", "apply", "--due", "-q"]);
    assert_eq!(due.status, 4, "{}{}", due.stdout, due.stderr);
    assert!(due.stderr.contains("purge-plan-changed") && due.stdout.contains(" final "), "{}", due.stdout);
}

#[cfg(unix)]
#[test]
fn what_has_no_name_in_utf_8_keeps_its_ticket_and_what_is_left_out_is_counted() {
    use std::os::unix::ffi::OsStrExt;
    let home = small(NO_WAIT);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.txt");
    std::fs::write(home.path().join("archive/attachments/2").join(name), "x").unwrap();
    put(home.path(), "olvido.yaml", format!("{CONFIG}ignore: ['**/attachments/5/**']\n"));
    let made = plan(&home, &[]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    assert_eq!(ids(&read_plan(&home)), ["5", "10"]);
    assert_eq!(read_plan(&home)["staying"][0]["why"], "not-removable");
    assert!(made.stdout.contains("left out by `ignore:`"), "{}", made.stdout);
}

/// A number that an attachment and a ticket share, and a folder that only looks like an attachment's.
#[test]
fn a_folder_that_two_could_claim_is_nobodys() {
    let home = small(NO_WAIT);
    let path = home.path().join("archive/comments.json");
    let mut comments: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let attached =
        |id: u64| json!([{"id": id, "file_name": "note.txt", "size": 3, "content_type": "text/plain"}]);
    comments["comments"][4]["attachments"] = attached(1);
    comments["comments"][9]["attachments"] = attached(2019);
    put(home.path(), "archive/comments.json", comments.to_string());
    put(home.path(), "archive/2019/report.txt", "a year\n");
    let made = plan(&home, &[]);
    assert!(made.stdout.contains("1 files lie in a folder whose number two records have"), "{}", made.stdout);
    for name in ["legal", "dpo"] {
        assert_eq!(approve(&home, name).status, 0);
    }
    assert_eq!(apply(&home).status, 0);
    let after = tree(&home.path().join("archive"));
    for stays in ["attachments/1/note.txt", "2019/report.txt", "by-year/2/keep.txt"] {
        assert!(after.contains_key(Path::new(stays)), "{stays}");
    }
    assert!(!after.contains_key(Path::new("attachments/5/note.txt")));
}

#[test]
fn two_runs_at_once_do_not_meet() {
    let home = small(NO_WAIT);
    approved(&home, &[]);
    let beside = home.path().join("archive.olvido-lock");
    let file = std::fs::File::create(&beside).unwrap();
    file.try_lock().unwrap();
    refused(&apply(&home), "purge-locked");
    drop(file);
    let project = std::fs::File::create(home.path().join(".olvido/lock")).unwrap();
    project.try_lock().unwrap();
    refused(&apply(&home), "purge-locked");
    drop(project);
    assert_eq!(apply(&home).status, 0);
}

#[test]
fn ids_for_the_vendor_come_from_the_archive() {
    let home = small(NO_WAIT);
    assert_eq!(plan(&home, &[]).status, 0);
    let shown = run(home.path(), &["purge", "show", "plan.json", "--ids", "ids.csv", "-q"]);
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    let ids = std::fs::read_to_string(home.path().join("ids.csv")).unwrap();
    assert_eq!(ids, "system,kind,id\r\nzendesk,ticket,2\r\nzendesk,ticket,5\r\nzendesk,ticket,10\r\n");
    refused(&run(home.path(), &["purge", "show", "plan.json", "--open"]), "purge-open-terminal");
}

/// What Python's parsers make of an archive: every ticket and comment, by id, in canonical form.
fn parsed(archive: &Path) -> Value {
    let script = r#"
import json, sys, os
out = {}
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        text = open(path, 'rb').read()
        key = os.path.relpath(path, sys.argv[1])
        if name == 'tickets.json':
            for line in text.decode().splitlines():
                if line.strip():
                    out['ticket %d' % json.loads(line)['id']] = line
        elif name.startswith('comments'):
            for one in json.loads(text)['comments']:
                out['comment %d of %s' % (one['id'], one.get('ticket_id'))] = json.dumps(one)
        elif 'attachments' in folder:
            out['file ' + key] = text.hex()
        else:
            out['other ' + key] = text.hex()
print(json.dumps(out))
"#;
    let made = Command::new("python3").args(["-c", script]).arg(archive).output().expect("python3");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    serde_json::from_slice(&made.stdout).unwrap()
}

#[test]
fn the_zendesk_fixture_loses_exactly_its_expired_tickets() {
    let home = folder();
    copy_tree(&project("fixtures/helpdesks/zendesk/archive"), &home.path().join("archive"));
    around(&home, NO_WAIT);
    let archive = home.path().join("archive");
    let (before, bytes) = (parsed(&archive), tree(&archive));
    let found = run(home.path(), &["scan", "archive", "--format", "jsonl", "--fail-on", "never"]);
    let expired: BTreeSet<String> = found
        .of_type("finding")
        .into_iter()
        .filter(|line| line["rule"] == "retention/ticket-expired" && line["verdict"] == "fail")
        .map(|line| line["record"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(expired.len() > 10, "{expired:?}");
    approved(&home, &["--allow-unread"]);
    let made = read_plan(&home);
    assert_eq!(ids(&made).into_iter().collect::<BTreeSet<_>>(), expired, "{:?}", made["staying"]);
    let done = run(home.path(), &["purge", "apply", "plan.json", "-q", "--allow-unread"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let after = parsed(&archive);
    for (name, text) in before.as_object().unwrap() {
        let of = |prefix: &str| expired.iter().any(|id| *name == format!("{prefix}{id}"));
        let goes = of("ticket ")
            || expired.iter().any(|id| name.starts_with("comment ") && name.ends_with(&format!(" of {id}")))
            || expired.iter().any(|id| name.starts_with(&format!("file attachments/{id}/")));
        match goes {
            true => assert!(after.get(name).is_none(), "{name} stays"),
            false => assert_eq!(after.get(name), Some(text), "{name} is not as it was"),
        }
    }
    assert_eq!(run(home.path(), &["purge", "restore", "plan.json"]).status, 0);
    assert!(tree(&archive) == bytes);
}

/// A run that goes on with the plan of a project.
fn applying(home: &Path) -> Child {
    olvido(home)
        .args(["purge", "apply", "plan.json", "-q"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A xorshift: kills need no better.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u128) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % u64::try_from(bound).unwrap().max(1)
    }
}

/// Kills a run: half of the time at any moment, half while files are staged and change places.
fn kill(mut child: Child, home: &Path, whole: Duration, dice: &mut Dice) {
    let begun = Instant::now();
    match dice.below(2) {
        0 => std::thread::sleep(Duration::from_micros(dice.below(whole.as_micros()))),
        _ => {
            let staging = || {
                let plans = std::fs::read_dir(home.join(".olvido/plans")).unwrap();
                plans.flatten().any(|entry| entry.path().extension().is_some_and(|end| end == "journal"))
            };
            while !staging() && child.try_wait().unwrap().is_none() && begun.elapsed() < 4 * whole {
                std::hint::spin_loop();
            }
            std::thread::sleep(Duration::from_micros(dice.below(30_000)));
        }
    }
    // SIGKILL; a run that has ended is none to kill.
    let _ = child.kill();
    child.wait().unwrap();
}

/// Every run that is killed ends before or after each file, and goes on to the same end. A few kills each
/// time; `OLVIDO_KILLS=500 cargo test --test purge killed -- --nocapture` is the campaign.
#[test]
fn killed_runs_resume_to_the_same_end() {
    let kills: u64 = std::env::var("OLVIDO_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(8);
    let home = small(NO_WAIT);
    let archive = home.path().join("archive");
    let before = tree(&archive);
    approved(&home, &[]);
    let start = folder();
    copy_tree(home.path(), start.path());
    let timed = Instant::now();
    assert_eq!(apply(&home).status, 0);
    let whole = timed.elapsed();
    let end = tree(&archive);
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut killed, mut untouched, mut between, mut ended) = (0, 0, 0, 0);
    while killed < kills {
        for name in ["archive", ".olvido", "config"] {
            let _ = std::fs::remove_dir_all(home.path().join(name));
            copy_tree(&start.path().join(name), &home.path().join(name));
        }
        // A run is killed, and now and then the one that goes on with it.
        loop {
            kill(applying(home.path()), home.path(), whole, &mut dice);
            killed += 1;
            let now = tree(&archive);
            for (path, bytes) in &now {
                let waits = path.to_string_lossy().contains(".olvido-");
                let known = [&before, &end].iter().any(|tree| tree.get(path) == Some(bytes));
                assert!(waits || known, "kill {killed}: {} is neither old nor new", path.display());
            }
            for path in end.keys() {
                assert!(now.contains_key(path), "kill {killed}: {} is gone", path.display());
            }
            match (now == before, now == end) {
                (true, _) => untouched += 1,
                (_, true) => ended += 1,
                _ => between += 1,
            }
            if killed >= kills || dice.below(3) > 0 {
                break;
            }
        }
        let resumed = apply(&home);
        assert_eq!(resumed.status, 0, "kill {killed}: {}{}", resumed.stdout, resumed.stderr);
        assert!(tree(&archive) == end, "kill {killed}: another end");
        assert_eq!(run(home.path(), &["purge", "ledger", "verify"]).status, 0);
        if dice.below(4) == 0 {
            assert_eq!(run(home.path(), &["purge", "restore", "plan.json"]).status, 0);
            assert!(tree(&archive) == before, "kill {killed}: restore is not byte for byte");
        }
    }
    println!(
        "{killed} kills: {untouched} before, {between} while files were staged or swapped, {ended} after"
    );
}
