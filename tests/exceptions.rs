//! Holds, waivers and dismissals: what they excuse, when they lapse, and what is refused.

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

/// Two tickets past their period, an article with an address, and the people of the export.
fn project() -> tempfile::TempDir {
    let home = folder();
    let ticket = |id: u64, requester: u64, tags: Value| {
        json!({
            "id": id, "subject": "Printer", "requester_id": requester, "submitter_id": requester,
            "status": "closed", "created_at": "2015-01-01T00:00:00Z", "closed_at": "2016-01-01T00:00:00Z",
            "tags": tags, "via": {"channel": "web"},
        })
    };
    let user = |id: u64, name: &str, email: &str| json!({"id": id, "name": name, "email": email, "role": "end-user", "verified": true, "suspended": false});
    let tickets = json!({"tickets": [ticket(1, 9, json!(["litigation"])), ticket(2, 10, json!([]))]});
    let users = json!({"users": [
        user(9, "Berta Muestra Ejemplo", "berta@example.org"),
        user(10, "Carla Prueba Ficticia", "carla@example.org"),
    ]});
    put(home.path(), "archive/tickets.json", tickets.to_string());
    put(home.path(), "archive/users.json", users.to_string());
    put(
        home.path(),
        "archive/pages.csv",
        "article_id,title,visibility,draft,owner,reviewed_on,text\nkb-1,Help,public,false,team,2026-10-01,write to dolores.inventada@correo.es\n",
    );
    put(
        home.path(),
        "retention.yaml",
        "schema: olvido/retention/v1\napproved_by: DPO\napproved_on: 2026-01-01\nkinds:\n  - {id: request, on: ticket, keep: P3Y, source: decision 7}\n",
    );
    put(home.path(), "olvido.yaml", "schema: olvido/config/v1\nschedule: retention.yaml\n");
    private(home.path());
    assert_eq!(run(home.path(), &["key", "create"]).status, 0);
    home
}

fn scan(home: &tempfile::TempDir, more: &[&str]) -> Run {
    run(home.path(), &[&["scan", "archive", "--as-of", "2026-11-22", "--format", "jsonl"], more].concat())
}

fn findings(run: &Run, rule: &str) -> Vec<Value> {
    run.of_type("finding").into_iter().filter(|line| line["rule"] == rule).collect()
}

/// Ids of expired tickets and what excuses each.
fn expired(run: &Run) -> Vec<(String, String)> {
    let lines = findings(run, "retention/ticket-expired").into_iter();
    lines
        .map(|line| {
            let excuse = line["suppressed"]["id"].as_str().unwrap_or("").to_owned();
            (line["record"]["id"].as_str().unwrap().to_owned(), excuse)
        })
        .collect()
}

fn hold_add(home: &tempfile::TempDir, id: &str, more: &[&str]) -> Run {
    let head = ["hold", "add", "archive", "--id", id, "--reason", "claim 12", "--by", "legal"];
    run(home.path(), &[&head[..], &["--placed-on", "2026-01-01", "--until", "2099-01-01"], more].concat())
}

#[test]
fn a_hold_by_person_ticket_or_tag_covers_its_records_and_names_nobody() {
    for (how, content) in [
        ("--subject-file", "Berta Muestra Ejemplo\n"),
        ("--subject-file", "BERTA@example.org\n"),
        ("--subject-file", "email-address: berta@example.org\n"),
        ("--tickets", "id,subject\n1,Printer\n"),
        ("--tag", "Litigation"),
    ] {
        let home = project();
        let value = if how == "--tag" { content } else { "list" };
        put(home.path(), "list", content);
        let added = hold_add(&home, "HOLD-7", &[how, value]);
        assert_eq!(added.status, 0, "{how} {content}: {}", added.stderr);
        let file = std::fs::read_to_string(home.path().join("holds.yaml")).unwrap();
        assert!(!file.to_lowercase().contains("berta"), "{file}");
        let scanned = scan(&home, &["--holds", "holds.yaml"]);
        let told = [("1".to_owned(), "HOLD-7".to_owned()), ("2".to_owned(), String::new())];
        assert_eq!(expired(&scanned), told, "{how} {content}: {}", scanned.stderr);
        let counted = if how == "--subject-file" { "covers 2 records" } else { "covers 1 record" };
        assert!(added.stdout.contains(counted), "{how}: {}", added.stdout);
        assert!(findings(&scanned, "exceptions/unused").is_empty());
    }
}

#[test]
fn what_a_hold_excuses_does_not_decide_the_status_and_sarif_says_so() {
    let home = project();
    put(home.path(), "ids", "1\n2\n");
    assert_eq!(hold_add(&home, "HOLD-1", &["--tickets", "ids"]).status, 0);
    put(home.path(), "archive/pages.csv", "article_id,title\n");
    assert_eq!(scan(&home, &[]).status, 1);
    let held = scan(&home, &["--holds", "holds.yaml"]);
    assert_eq!(held.status, 0, "{:?}", expired(&held));
    let sarif = run(
        home.path(),
        &["scan", "archive", "--as-of", "2026-11-22", "--format", "sarif", "--holds", "holds.yaml"],
    );
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let of = results.iter().filter(|result| result["ruleId"] == "retention/ticket-expired");
    for result in of.clone() {
        let suppression = &result["suppressions"][0];
        assert_eq!((&suppression["kind"], &suppression["status"]), (&json!("external"), &json!("accepted")));
        assert_eq!(suppression["justification"], "hold HOLD-1: claim 12");
    }
    assert_eq!(of.count(), 2);
}

#[test]
fn holds_that_cannot_be_relied_on_are_refused_or_told() {
    let home = project();
    let nobody = hold_add(&home, "HOLD-1", &["--tag", "nothing-has-this"]);
    assert!(nobody.status == 2 && nobody.stderr.contains("hold-matches-nothing"), "{}", nobody.stderr);
    assert!(!home.path().join("holds.yaml").exists());
    put(home.path(), "list", "1\n");
    assert_eq!(hold_add(&home, "HOLD-1", &["--tag", "nothing-has-this", "--even-if-empty"]).status, 0);
    assert_eq!(hold_add(&home, "HOLD-2", &["--tickets", "list"]).status, 0);
    let twice = hold_add(&home, "HOLD-2", &["--tickets", "list"]);
    assert!(twice.status == 2 && twice.stderr.contains("holds-duplicate"), "{}", twice.stderr);
    let unused = findings(&scan(&home, &["--holds", "holds.yaml"]), "exceptions/unused");
    assert_eq!(unused.len(), 1);
    assert_eq!((&unused[0]["path"], &unused[0]["line"]), (&json!("holds.yaml"), &json!(4)));
    assert_eq!(unused[0]["severity"], "warning");
    // Another key names other people.
    assert_eq!(run(home.path(), &["key", "create", "other.key"]).status, 0);
    let other = scan(&home, &["--holds", "holds.yaml", "--key", "other.key"]);
    assert!(other.status == 2 && other.stderr.contains("holds.yaml:2"), "{}", other.stderr);
    assert!(other.stdout.is_empty());
    let text = std::fs::read_to_string(home.path().join("holds.yaml")).unwrap();
    put(home.path(), "endless.yaml", text.replacen("    until: \"2099-01-01\"\n", "", 1));
    let endless = scan(&home, &["--holds", "endless.yaml"]);
    assert!(endless.status == 2 && endless.stderr.contains("hold-without-end"), "{}", endless.stderr);
    assert!(endless.stderr.contains("endless.yaml:4"), "{}", endless.stderr);
    let lapsed = text.replace("2099-01-01", "2026-11-22");
    put(home.path(), "lapsed.yaml", lapsed);
    let lapsed = scan(&home, &["--holds", "lapsed.yaml"]);
    assert_eq!(findings(&lapsed, "exceptions/expired").len(), 2);
    assert!(expired(&lapsed).iter().all(|(_, excuse)| excuse.is_empty()));
}

fn waivers(home: &tempfile::TempDir, rule: &str, scope: &str, expires: &str, dismissed: &str) {
    let text = format!(
        "schema: olvido/waivers/v1\nwaivers:\n  - id: W-1\n    rule: {rule}\n    {scope}\n    reason: the author agreed\n    requested_by: author\n    approved_by: DPO\n    placed_on: 2026-06-01\n    expires: {expires}\n{dismissed}"
    );
    put(home.path(), "waivers.yaml", text);
}

#[test]
fn a_waiver_excuses_one_finding_until_its_day() {
    let home = project();
    let rule = "knowledge-base/personal-data-public";
    let plain = findings(&scan(&home, &[]), rule);
    assert_eq!(plain.len(), 1);
    let fingerprint = plain[0]["fingerprint"].as_str().unwrap().to_owned();
    let scope = format!("fingerprints: ['{fingerprint}']");
    waivers(&home, rule, &scope, "2027-05-01", "");
    let excused = scan(&home, &["--waivers", "waivers.yaml"]);
    assert_eq!(findings(&excused, rule)[0]["suppressed"]["id"], "W-1");
    assert!(findings(&excused, "exceptions/unused").is_empty());
    waivers(&home, rule, "paths: ['**']", "2027-05-01", "");
    let broad = scan(&home, &["--waivers", "waivers.yaml"]);
    assert_eq!(findings(&broad, rule)[0]["suppressed"]["kind"], "waiver");
    assert_eq!(findings(&broad, "exceptions/over-broad").len(), 1);
    waivers(&home, rule, &scope, "2026-11-22", "");
    let lapsed = scan(&home, &["--waivers", "waivers.yaml"]);
    assert!(findings(&lapsed, rule)[0]["suppressed"].is_null());
    assert_eq!(findings(&lapsed, "exceptions/expired")[0]["line"], 3);
    waivers(&home, rule, &scope, "2027-06-02", "");
    let long = scan(&home, &["--waivers", "waivers.yaml"]);
    assert!(long.status == 2 && long.stderr.contains("waivers-too-long"), "{}", long.stderr);
    waivers(&home, "knowledge-base/*", &scope, "2027-05-01", "");
    let wild = scan(&home, &["--waivers", "waivers.yaml"]);
    assert!(wild.status == 2 && wild.stderr.contains("waivers.yaml:4"), "{}", wild.stderr);
}

#[test]
fn what_is_dismissed_is_no_datum_to_any_rule() {
    let home = project();
    let rule = "knowledge-base/personal-data-public";
    let plain = scan(&home, &[]);
    let in_page = |line: &Value| line["path"] == "pages.csv" || line["path"] == "archive/pages.csv";
    let found: Vec<Value> = plain.of_type("detection").into_iter().filter(in_page).collect();
    assert!(!found.is_empty());
    let list: Vec<String> =
        found.iter().map(|line| format!("'{}'", line["fingerprint"].as_str().unwrap())).collect();
    put(
        home.path(),
        "waivers.yaml",
        format!(
            "schema: olvido/waivers/v1\ndismissals:\n  - id: D-1\n    fingerprints: [{}]\n    reason: an invented example\n    by: DPO\n    on: 2026-06-01\n",
            list.join(", ")
        ),
    );
    let dismissed = scan(&home, &["--waivers", "waivers.yaml"]);
    assert!(findings(&dismissed, rule).is_empty());
    let told: Vec<Value> = dismissed.of_type("detection").into_iter().filter(in_page).collect();
    assert_eq!(told.len(), found.len());
    assert!(told.iter().all(|line| line["suppressed"]["id"] == "D-1" && line["rule"].is_null()));
}

#[test]
fn what_was_not_read_is_told_by_what_only_counts() {
    let home = project();
    put(home.path(), "list", "id\n1\n");
    put(home.path(), "archive/cut.zip", b"PK\x03\x04 and no more");
    let added = hold_add(&home, "HOLD-7", &["--tickets", "list"]);
    assert_eq!(added.status, 3, "{}{}", added.stdout, added.stderr);
    assert!(added.stdout.contains("1 items could not be read whole"), "{}", added.stdout);
    let proposed = run(home.path(), &["retention", "propose", "archive"]);
    assert_eq!(proposed.status, 3, "{}", proposed.stderr);
    assert!(proposed.stdout.starts_with("# 1 items could not be read whole"), "{}", proposed.stdout);
}
