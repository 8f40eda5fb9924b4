//! Sources of two countries in one project: each country's periods and packs speak of its own records only.

#![cfg(unix)]
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

use serde_json::{Value, json};
use support::{Run, folder, private, put, run};

/// Closed two years before the day of the audit.
fn ticket(id: u64) -> String {
    let ticket = json!({
        "id": id, "subject": "Printer", "requester_id": 9, "submitter_id": 9, "status": "closed",
        "created_at": "2024-01-01T00:00:00Z", "closed_at": "2024-11-01T00:00:00Z",
        "solved_at": "2024-11-01T00:00:00Z", "tags": [], "via": {"channel": "web"},
    });
    json!({"tickets": [ticket]}).to_string()
}

const SCHEDULE: &str = "\
schema: olvido/retention/v1
approved_by: DPO
approved_on: 2026-01-01
kinds:
  - id: request
    on: ticket
    keep: P5Y
    source: decision 7
    jurisdictions:
      es: {keep: P1Y, source: a Spanish decision}
      fr: {keep: P3Y, source: a French decision}
";

const CONFIG: &str = "\
schema: olvido/config/v1
schedule: retention.yaml
sources:
  - {path: archive/es, jurisdiction: es}
  - {path: archive/fr, jurisdiction: fr}
  - {path: archive/elsewhere}
";

fn project(config: &str) -> tempfile::TempDir {
    let home = folder();
    put(home.path(), "archive/es/tickets.json", ticket(1));
    put(home.path(), "archive/fr/tickets.json", ticket(2));
    put(home.path(), "archive/elsewhere/tickets.json", ticket(3));
    // A record that Spanish law wants destroyed after its time blocked is over, in three registers.
    let blocked = "erasure_id,executed_at,state,blocked_at,certificate,recipients_told,requested_by,approved_by,method,ticket\n\
                   e1,2020-10-01,blocked,2020-10-01,,true,Lead,Officer,purge,900\n";
    for country in ["es", "fr", "elsewhere"] {
        put(home.path(), &format!("archive/{country}/erasures.csv"), blocked);
    }
    put(home.path(), "olvido.yaml", config);
    put(home.path(), "retention.yaml", SCHEDULE);
    private(home.path());
    home
}

fn scan(home: &Path, args: &[&str]) -> Run {
    run(home, &[&["scan"], args, &["--as-of", "2026-11-22", "--format", "jsonl"]].concat())
}

/// Paths of the fails of a rule.
fn failed(run: &Run, rule: &str) -> Vec<String> {
    let lines = run.of_type("finding");
    let of = lines.iter().filter(|line| line["rule"] == rule && line["verdict"] == "fail");
    of.map(|line| line["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_period_is_that_of_the_country_of_the_source() {
    let home = project(CONFIG);
    for args in [&[][..], &["archive"], &["archive/elsewhere", "archive/es", "archive/fr"]] {
        let run = scan(home.path(), args);
        assert_eq!(failed(&run, "retention/ticket-expired"), ["archive/es/tickets.json"], "{}", run.stderr);
        let summary = run.summary();
        let rows = summary["rules"].as_array().unwrap();
        let row = rows.iter().find(|row| row["rule"] == "retention/ticket-expired").unwrap();
        assert_eq!((&row["fail"], &row["pass"]), (&json!(1), &json!(2)));
        let head: Value = run.of_type("run").remove(0);
        assert_eq!(head["jurisdictions"], json!(["es", "fr"]));
    }
    // Without countries of sources the project's holds for all.
    let plain = CONFIG.replace(", jurisdiction: es", "").replace(", jurisdiction: fr", "");
    let whole = project(&format!("{plain}jurisdictions: [es]\n"));
    assert_eq!(failed(&scan(whole.path(), &["archive"]), "retention/ticket-expired").len(), 3);
}

#[test]
fn a_pack_of_a_country_speaks_of_its_sources_only_whether_it_is_named_or_not() {
    let home = project(CONFIG);
    let rule = "retention/blocked-term-over";
    assert_eq!(failed(&scan(home.path(), &["archive"]), rule), ["archive/es/erasures.csv"]);
    // Named, it also speaks of what lies in no source with a country, and never of another country's.
    let named = scan(home.path(), &["archive", "--pack", "gdpr-core", "--pack", "es-lopdgdd"]);
    assert_eq!(failed(&named, rule), ["archive/elsewhere/erasures.csv", "archive/es/erasures.csv"]);
    let none = project("schema: olvido/config/v1\nschedule: retention.yaml\n");
    assert!(failed(&scan(none.path(), &["archive"]), rule).is_empty(), "no country is assumed");
}

#[test]
fn the_countries_main_one_holds_where_a_source_does_not_say() {
    let home = project(&format!("{CONFIG}jurisdictions: [es]\n"));
    let run = scan(home.path(), &["archive"]);
    assert_eq!(
        failed(&run, "retention/ticket-expired"),
        ["archive/elsewhere/tickets.json", "archive/es/tickets.json"],
        "France says otherwise for its own"
    );
}

#[test]
fn a_member_of_an_archive_lies_in_the_source_of_the_archive() {
    let home = project(CONFIG);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("tickets.json", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut zip, ticket(4).as_bytes()).unwrap();
    put(home.path(), "archive/es/more.zip", zip.finish().unwrap().into_inner());
    private(home.path());
    let found = failed(&scan(home.path(), &["archive"]), "retention/ticket-expired");
    assert_eq!(found, ["archive/es/more.zip", "archive/es/tickets.json"]);
}

#[test]
fn what_is_no_country_stops_before_anything_is_read() {
    let home = project(&CONFIG.replace("jurisdiction: es", "jurisdiction: Spain"));
    let run = scan(home.path(), &["archive"]);
    assert!(run.status == 2 && run.stdout.is_empty(), "{}", run.stderr);
    assert!(run.stderr.contains("olvido.yaml:4") && run.stderr.contains("config-source"), "{}", run.stderr);
}
