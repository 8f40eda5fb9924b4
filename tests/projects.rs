//! `olvido init` and what a project reads: YAML registers, front matter, workbooks, sources of the
//! configuration.

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

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use support::{Run, folder, private, put, run};

fn findings(run: &Run, rule: &str) -> Vec<Value> {
    run.of_type("finding").into_iter().filter(|line| line["rule"] == rule).collect()
}

/// How often a rule gave fail, open, review and pass.
fn counts(run: &Run, rule: &str) -> [u64; 4] {
    let summary = run.summary();
    let row = summary["rules"].as_array().unwrap().iter().find(|row| row["rule"] == rule).unwrap().clone();
    ["fail", "open", "review", "pass"].map(|key| row[key].as_u64().unwrap())
}

fn scan(home: &Path, args: &[&str]) -> Run {
    run(home, &[&["scan"], args, &["--as-of", "2026-11-22", "--format", "jsonl"]].concat())
}

#[test]
fn a_project_is_written_once_and_scans_at_once() {
    let home = folder();
    let tickets = json!({"tickets": [{
        "id": 1, "subject": "Printer", "requester_id": 9, "submitter_id": 9, "status": "closed",
        "created_at": "2015-01-01T00:00:00Z", "closed_at": "2016-01-01T00:00:00Z", "tags": ["vip"],
        "via": {"channel": "web"}, "recipient": "help@desk-prueba.example",
    }]});
    put(home.path(), "archive/tickets.json", tickets.to_string());
    private(home.path());
    let args = ["init", "project", "--from", "archive", "--jurisdiction", "es"];
    let made = run(home.path(), &args);
    assert_eq!(made.status, 0, "{}", made.stderr);
    assert!(home.path().join("config/olvido/keys/default.key").exists());
    let config = std::fs::read_to_string(home.path().join("project/olvido.yaml")).unwrap();
    for wanted in ["system: zendesk", "kind: registers", "jurisdictions: [es]", "desk-prueba.example"] {
        assert!(config.contains(wanted), "{wanted}: {config}");
    }
    let schedule = std::fs::read_to_string(home.path().join("project/retention.yaml")).unwrap();
    assert!(schedule.contains("select: {tags: [\"vip\"]}"), "{schedule}");
    let again = run(home.path(), &args);
    assert!(again.status == 2 && again.stderr.contains("init-exists"), "{}", again.stderr);
    private(home.path());
    let project = home.path().join("project");
    let mut command = support::olvido(home.path());
    command.current_dir(&project).args(["scan", "--as-of", "2026-11-22", "--format", "jsonl"]);
    let output = command.output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(lines.contains("retention/ticket-expired"), "{stderr}");
    assert!(lines.contains("\"jurisdictions\":[\"es\"]"), "{stderr}");
    // Templates are comments: they are no evidence.
    assert!(!lines.contains("\"kind\":\"backup\""));
    let nothing = run(home.path(), &["scan"]);
    assert!(nothing.status == 2 && nothing.stderr.contains("no-paths"), "{}", nothing.stderr);
    let gate = run(home.path(), &["gate"]);
    assert_eq!(gate.status, 2);
}

#[test]
fn yaml_registers_and_front_matter_are_evidence() {
    let home = folder();
    put(
        home.path(),
        "archive/backups.yaml",
        "# kept by Berta\nbackups:\n  - backup_id: b1\n    taken_at: 2026-11-21\n    encrypted: no\n    contains_keys: true\n\n  - backup_id: b2\n    taken_at: 2026-11-20\n    encrypted: yes\n    contains_keys: false\n",
    );
    put(home.path(), "archive/breach.yml", "breach_id: x1\naware_at: 2026-11-01T00:00:00Z\nrisk: high\n");
    put(
        home.path(),
        "archive/policy.md",
        "---\ndocument: Policy\nkind: data-protection-policy\napproved_on: 2020-01-01\nreview_due: 2021-01-01\nowner: Officer\n---\n# Policy\n\nWrite to dolores.inventada@correo.es\n",
    );
    put(home.path(), "archive/other.yaml", "colour: red\n- broken: [\n");
    private(home.path());
    let run = scan(home.path(), &["archive"]);
    assert_eq!(counts(&run, "backups/not-encrypted"), [1, 0, 0, 1], "{}", run.stderr);
    let keys = findings(&run, "backups/keystore-inside");
    assert_eq!(keys.len(), 1);
    assert_eq!((&keys[0]["record"]["id"], &keys[0]["line"]), (&json!("b1"), &json!(3)));
    assert_eq!(counts(&run, "breach/late-notification"), [1, 0, 0, 0]);
    assert_eq!(counts(&run, "accountability/policy-stale"), [1, 0, 0, 0]);
    // The text is scanned once.
    let found = run.of_type("detection");
    let mails: Vec<&Value> = found.iter().filter(|line| line["category"] == "email-address").collect();
    assert_eq!(mails.len(), 1);
}

fn workbook(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_is_a_register_and_its_places_are_its_rows() {
    let home = folder();
    let cell = |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let sheet = format!(
        "<worksheet><sheetData><row r=\"1\">{}{}{}{}</row><row r=\"3\">{}<c r=\"B3\" s=\"1\"><v>46347</v></c>{}{}</row></sheetData></worksheet>",
        cell("A1", "backup_id"),
        cell("B1", "taken_at"),
        cell("C1", "encrypted"),
        cell("D1", "site"),
        cell("A3", "b1"),
        cell("C3", "false"),
        cell("D3", "write to dolores.inventada@correo.es"),
    );
    let bytes = workbook(&[
        ("xl/workbook.xml", "<workbook><sheets><sheet name=\"Backups\" sheetId=\"1\"/></sheets></workbook>"),
        (
            "xl/styles.xml",
            "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>",
        ),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]);
    put(home.path(), "archive/backups.xlsx", bytes);
    put(home.path(), "archive/broken.xlsx", b"PK\x03\x04 no archive");
    private(home.path());
    let run = scan(home.path(), &["archive"]);
    let failed = findings(&run, "backups/not-encrypted");
    assert_eq!(failed.len(), 1, "{}", run.stderr);
    assert_eq!((&failed[0]["inner"], &failed[0]["line"]), (&json!(["Backups.csv"]), &json!(3)));
    let found = run.of_type("detection");
    let mail = found.iter().find(|line| line["category"] == "email-address").unwrap();
    assert_eq!(mail["line"], 3);
    assert_eq!(run.gap_codes(), ["malformed-xlsx"]);
}

#[test]
fn exports_of_others_are_read_as_they_are() {
    let home = folder();
    put(
        home.path(),
        "archive/restic.json",
        r#"[{"time":"2026-11-20T20:00:00.1Z","tree":"ab","paths":["/srv"],"hostname":"h","id":"abc","short_id":"abc"}]"#,
    );
    put(
        home.path(),
        "archive/moodle.csv",
        "ID number,Name,Email address,Course complete\n1,Ana,ana@desk.example,2026-01-10\n",
    );
    put(
        home.path(),
        "archive/forms.csv",
        "Timestamp,Email Address,How was it?\n2024-01-10 10:00:00,dolores.inventada@correo.es,Fine\n",
    );
    put(
        home.path(),
        "archive/monkey.csv",
        "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name\n1,2,2024-01-10,2024-01-10,,dolores.inventada@correo.es,,\n",
    );
    private(home.path());
    let run = scan(home.path(), &["archive"]);
    let kinds: Vec<String> = run.summary()["systems"].to_string().split('"').map(str::to_owned).collect();
    for wanted in ["training", "survey", "backup"] {
        assert!(kinds.iter().any(|kind| kind == wanted), "{wanted}: {kinds:?}");
    }
    assert_eq!(counts(&run, "retention/survey-expired")[0], 2, "{}", run.stderr);
}
