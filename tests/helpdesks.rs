//! The archives of every helpdesk give exactly the wanted records, data and findings; what looks like a
//! helpdesk's and is none is nobody's; what is damaged is read and told.

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

use std::collections::BTreeMap;

use serde_json::Value;
use support::{Run, copy_tree, folder, private, project, put, run};

/// Formats that have no records of a helpdesk: what stands around the records is theirs.
const FORMATS: [&str; 4] = ["xml", "json", "sql", "csv"];

fn scan(system: &str) -> (Run, Value) {
    let home = folder();
    let case = format!("fixtures/helpdesks/{system}");
    copy_tree(&project(&case).join("archive"), &home.path().join("archive"));
    private(&home.path().join("archive"));
    let want: Value =
        serde_json::from_str(&std::fs::read_to_string(project(&case).join("want.json")).unwrap()).unwrap();
    let run = run(
        home.path(),
        &["scan", "archive", "--format", "jsonl", "--as-of", want["as_of"].as_str().unwrap()],
    );
    (run, want)
}

/// Records by kind, files and what no mapping knows left out.
fn kinds(run: &Run) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for system in run.summary()["systems"].as_array().unwrap() {
        if FORMATS.contains(&system["system"].as_str().unwrap()) {
            continue;
        }
        for kind in system["kinds"].as_array().unwrap() {
            if kind[0] != "file" {
                *out.entry(kind[0].as_str().unwrap().to_owned()).or_default() += kind[1].as_u64().unwrap();
            }
        }
    }
    out
}

fn is_found(wanted: &Value, line: &Value) -> bool {
    let inner = line["inner"].as_array().cloned().unwrap_or_default();
    line["path"].as_str().unwrap().trim_start_matches("archive/") == wanted["file"]
        && inner == *wanted["inner"].as_array().unwrap()
        && line["record"]["kind"] == wanted["kind"]
        && (wanted["id"].is_null() || line["record"]["id"] == wanted["id"])
        && line["field"] == wanted["field"]
        && line["confidence"].as_f64().unwrap() >= 0.5
        && (line["category"] == wanted["category"]
            || line["also"].as_array().is_some_and(|also| also.contains(&wanted["category"])))
}

fn check(system: &str) {
    let (run, want) = scan(system);
    assert!(run.of_type("gap").is_empty(), "{:?}", run.gap_codes());
    let wanted: BTreeMap<String, u64> = serde_json::from_value(want["kinds"].clone()).unwrap();
    assert_eq!(kinds(&run), wanted, "{system}");
    assert!(wanted.values().sum::<u64>() >= 30);
    let lines = run.of_type("detection");
    let missing: Vec<&Value> = want["detections"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|wanted| !lines.iter().any(|line| is_found(wanted, line)))
        .collect();
    assert!(missing.is_empty(), "{system}: {missing:#?}");
    let files = |piece: &&Value| piece["piece"] == "attachment-file";
    let absent = run.summary()["missing"].as_array().cloned().unwrap_or_default();
    let ids: Vec<Value> =
        absent.iter().filter(files).flat_map(|piece| piece["ids"].as_array().unwrap().clone()).collect();
    assert_eq!(Value::Array(ids), want["missing"], "{system}");
    // Findings of the rules this archive is about, no more and no fewer.
    let text = |rule: &Value, kind: &Value, id: &Value| format!("{rule} {kind} {id}");
    let mut wanted: Vec<String> =
        want["findings"].as_array().unwrap().iter().map(|f| text(&f["rule"], &f["kind"], &f["id"])).collect();
    let rules =
        ["retention/ticket-expired", "secrets/credential-in-export", "erasure/incomplete-anonymisation"];
    let mut got: Vec<String> = run
        .of_type("finding")
        .iter()
        .filter(|f| f["verdict"] == "fail")
        .filter(|f| {
            let rule = f["rule"].as_str().unwrap();
            rules.contains(&rule) || want["findings"].as_array().unwrap().iter().any(|w| w["rule"] == rule)
        })
        .map(|f| text(&f["rule"], &f["record"]["kind"], &f["record"]["id"]))
        .collect();
    wanted.sort();
    got.sort();
    assert_eq!(got, wanted, "{system}");
    clocks(&run, &want);
}

/// The date each period runs from, and which one that is.
fn clocks(run: &Run, want: &Value) {
    let wanted = want["findings"].as_array().unwrap().iter().filter(|wanted| wanted["clock"].is_array());
    let mut wanted: Vec<String> =
        wanted.map(|w| format!("{} {} {}", w["id"], w["clock"][0], w["clock"][1])).collect();
    let findings = run.of_type("finding");
    let found = findings.iter().filter(|f| f["rule"] == "retention/ticket-expired" && f["verdict"] == "fail");
    let mut found: Vec<String> =
        found.map(|f| format!("{} {} {}", f["record"]["id"], f["clock"]["name"], f["clock"]["at"])).collect();
    wanted.sort();
    found.sort();
    found.retain(|found| wanted.is_empty() || wanted.contains(found));
    assert_eq!(found, wanted);
}

#[test]
fn mail_gives_what_is_wanted() {
    check("mail");
}

#[test]
fn zendesk_guide_gives_what_is_wanted() {
    check("zendesk-guide");
}

#[test]
fn jira_gives_what_is_wanted() {
    check("jira");
}

#[test]
fn otrs_gives_what_is_wanted() {
    check("otrs");
}

#[test]
fn otobo_gives_what_is_wanted() {
    check("otobo");
}

#[test]
fn znuny_gives_what_is_wanted() {
    check("znuny");
}

#[test]
fn servicenow_gives_what_is_wanted() {
    check("servicenow");
}

#[test]
fn mediawiki_gives_what_is_wanted() {
    check("mediawiki");
}

#[test]
fn confluence_gives_what_is_wanted() {
    check("confluence");
}

#[test]
fn slack_gives_what_is_wanted() {
    check("slack");
}

#[test]
fn salesforce_gives_what_is_wanted() {
    check("salesforce");
}

#[test]
fn liveagent_gives_what_is_wanted() {
    check("liveagent");
}

/// Ordinary files, some of which look like a helpdesk's.
const ORDINARY: [(&str, &str); 14] = [
    ("package.json", r#"{"name": "x", "version": "1.0.0", "dependencies": {"a": "1"}, "author": "Ana"}"#),
    (
        "pom.xml",
        "<project><modelVersion>4.0.0</modelVersion><dependencies><dependency><groupId>a</groupId></dependency><dependency><groupId>b</groupId></dependency></dependencies></project>",
    ),
    (
        "feed.xml",
        "<rss version='2.0'><channel><title>t</title><item><title>a</title></item><item><title>b</title></item></channel></rss>",
    ),
    ("drawing.svg", "<svg xmlns='http://www.w3.org/2000/svg'><g id='a'><path d='M0 0'/></g></svg>"),
    (
        "ofbiz.xml",
        "<entity-engine-xml><Party partyId=\"1\" createdDate=\"2020-01-01 00:00:00.0\"/><User userId=\"1\"/></entity-engine-xml>",
    ),
    ("people.csv", "id,name,email\n1,Ana,ana@example.org\n2,Luis,luis@example.org\n"),
    ("tickets.csv", "ticket,title,status\n1,Concert,sold\n2,Theatre,sold\n"),
    (
        "issues.json",
        r#"[{"number": 1, "title": "bug", "user": {"login": "ana"}, "state": "open", "body": "x", "comments": 2}]"#,
    ),
    ("posts.json", r#"[{"userId": 1, "id": 1, "title": "a", "body": "b"}]"#),
    ("comments.json", r#"[{"postId": 1, "id": 1, "name": "a", "email": "ana@example.org", "body": "b"}]"#),
    ("events.json", r#"[{"type": "push", "ts": 1, "payload": {}}, {"type": "pull", "ts": 2}]"#),
    (
        "shop.sql",
        "CREATE TABLE ticket (id int, seat text);\nINSERT INTO ticket VALUES (1, 'A1');\nCREATE TABLE users (id int, login text);\nINSERT INTO users VALUES (1, 'ana');\n",
    ),
    (
        "openapi.json",
        r#"{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {}, "fields": {}, "key": "a"}"#,
    ),
    ("case.csv", "Id,Name\n1,box\n2,bag\n"),
];

#[test]
fn ordinary_files_are_no_helpdesks() {
    let home = folder();
    for (name, text) in ORDINARY {
        put(home.path(), &format!("archive/{name}"), text);
    }
    let run = run(home.path(), &["scan", "archive", "--format", "jsonl", "--as-of", "2026-11-22"]);
    let known: Vec<String> = run.summary()["systems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|system| system["system"].as_str().unwrap().to_owned())
        .filter(|system| {
            !FORMATS.contains(&system.as_str()) && !matches!(system.as_str(), "file" | "text" | "html")
        })
        .collect();
    assert!(known.is_empty(), "{known:?}");
}

fn damaged(name: &str, bytes: impl AsRef<[u8]>) -> Run {
    let home = folder();
    put(home.path(), &format!("archive/{name}"), bytes);
    private(&home.path().join("archive"));
    run(home.path(), &["scan", "archive", "--format", "jsonl", "--as-of", "2026-11-22"])
}

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(project(&format!("fixtures/helpdesks/{path}"))).unwrap()
}

fn tickets(run: &Run) -> u64 {
    kinds(run).get("ticket").copied().unwrap_or(0)
}

#[test]
fn a_truncated_dump_is_read_to_its_end_and_told() {
    let whole = bytes("otrs/archive/DatabaseBackup.sql");
    let cut = String::from_utf8_lossy(&whole).find("INSERT INTO `article_data_mime`").unwrap() + 600;
    let run = damaged("backup.sql", &whole[..cut]);
    assert_eq!(tickets(&run), 6);
    assert!(kinds(&run)["comment"] >= 1);
    assert_eq!((run.gap_codes(), run.status), (vec!["malformed-sql".to_owned()], 3));
}

#[test]
fn markup_that_is_not_well_formed_loses_nothing() {
    let whole = String::from_utf8(bytes("jira/archive/entities.xml")).unwrap();
    let broken = whole.replacen("</description>", "\u{1c}</descripcion>", 1);
    let run = damaged("entities.xml", &broken);
    assert_eq!(tickets(&run), 5);
    assert!(run.gap_codes().contains(&"malformed-xml".to_owned()));
    let cut = &whole[..whole.len() - 40];
    assert_eq!(damaged("entities.xml", cut).gap_codes(), ["malformed-xml"]);
}

#[test]
fn a_missing_piece_of_an_attachment_is_told() {
    let whole = String::from_utf8(bytes("servicenow/archive/incidents.xml")).unwrap();
    let first = whole.find("<sys_attachment_doc ").unwrap();
    let end = whole[first..].find("</sys_attachment_doc>").unwrap() + first + "</sys_attachment_doc>".len();
    let without = format!("{}{}", &whole[..first], &whole[end..]);
    let run = damaged("incidents.xml", without);
    assert_eq!(run.gap_codes(), ["attachment-incomplete"]);
    assert_eq!(tickets(&run), 7);
}

#[test]
fn ids_that_point_nowhere_and_two_exports_in_one_folder_are_read() {
    let home = folder();
    put(
        home.path(),
        "archive/a.json",
        r#"[{"id": 1, "key": "A-1", "self": "x", "fields": {"summary": "s", "reporter": {"name": "gone"}, "comment": {"comments": [{"id": "2", "author": {"name": "nobody"}, "body": "b", "created": "never"}]}}}]"#,
    );
    put(
        home.path(),
        "archive/b.xml",
        "<unload unload_date=\"2030-01-01\"><incident action=\"X\"><sys_id>1</sys_id><number>I1</number><short_description>s</short_description><state>99</state><caller_id>2</caller_id></incident></unload>",
    );
    private(&home.path().join("archive"));
    let run = run(home.path(), &["scan", "archive", "--format", "jsonl", "--as-of", "2026-11-22"]);
    assert_eq!((tickets(&run), kinds(&run)["comment"]), (2, 1));
    assert!(run.gap_codes().is_empty());
}

#[test]
fn a_malformed_row_is_read_and_told() {
    let text = "Id,CaseNumber,Subject,Status,SystemModstamp\n5001,1,Hola,Closed\n5002,2,\"Baja,Closed,2020-01-01\n5003,3,Alta,Closed,2020-01-01\n";
    let run = damaged("Case.csv", text);
    assert!(run.gap_codes().contains(&"ragged-row".to_owned()), "{:?}", run.gap_codes());
    assert_eq!(tickets(&run), 3);
}

#[test]
fn the_table_of_helpdesks_in_the_readme_is_the_programs_own() {
    let home = folder();
    let table = run(home.path(), &["catalogue", "list", "mappings"]).stdout;
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    assert!(readme.contains(table.trim_end()), "{table}");
}

#[test]
fn every_helpdesk_says_how_its_export_is_made_in_four_languages() {
    let home = folder();
    for system in [
        "zendesk",
        "jira",
        "otrs",
        "servicenow",
        "mediawiki",
        "confluence",
        "slack",
        "salesforce",
        "liveagent",
    ] {
        let said: Vec<String> = ["en", "es", "fr", "de"]
            .iter()
            .map(|lang| run(home.path(), &["explain", system, "--lang", lang]).stdout)
            .collect();
        for (one, other) in said.iter().zip(said.iter().skip(1)) {
            assert!(one.lines().count() > 8 && one != other, "{system}: {one}");
        }
    }
}

#[test]
fn a_mapping_of_ones_own_needs_no_code() {
    let home = folder();
    let mapping = "schema: olvido/mapping/v1\nsystem: mydesk\ntitle: My desk\nrecords:\n  ticket:\n    kind: ticket\n    id: ref\n    recognise: [{all: [ref, betreff, kunde]}]\n    fields:\n      ref: {role: identifier}\n      betreff: {role: subject}\n      kunde: {role: person-name}\n      zu: {role: time-stamp, facts: [{fact: closed_at}]}\n      stand: {facts: [{fact: status, words: {erledigt: closed, \"*\": open}}]}\n";
    put(home.path(), "mine/mappings/mydesk.yaml", mapping);
    put(
        home.path(),
        "archive/x.csv",
        "ref;betreff;kunde;zu;stand\n7;Hallo;Gesine Wolterstedt;31.12.2016 10:00;erledigt\n",
    );
    put(
        home.path(),
        "archive/x.xml",
        "<liste><eintrag ref=\"8\"><betreff>Hallo</betreff><kunde>Ana</kunde></eintrag></liste>",
    );
    put(
        home.path(),
        "archive/x.sql",
        "INSERT INTO tickets (ref, betreff, kunde) VALUES (9, 'Hallo', 'Ana');\n",
    );
    private(&home.path().join("archive"));
    let run = run(
        home.path(),
        &["scan", "archive", "--policies", "mine", "--format", "jsonl", "--as-of", "2026-11-22"],
    );
    assert_eq!(tickets(&run), 3);
    let expired: Vec<Value> = run
        .of_type("finding")
        .into_iter()
        .filter(|f| f["rule"] == "retention/ticket-expired" && f["verdict"] == "fail")
        .collect();
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0]["clock"]["at"], "2016-12-31T10:00:00Z");
}

#[test]
fn redacted_exports_keep_their_records_and_nothing_is_left_in_their_attachments() {
    for system in ["otrs", "servicenow"] {
        let home = folder();
        let case = format!("fixtures/helpdesks/{system}");
        copy_tree(&project(&case).join("archive"), &home.path().join("archive"));
        private(&home.path().join("archive"));
        let done = run(home.path(), &["redact", "archive", "--out", "clean"]);
        assert_eq!(done.status, 0, "{system}: {}{}", done.stdout, done.stderr);
        private(&home.path().join("clean"));
        let again = run(home.path(), &["scan", "clean", "--format", "jsonl", "--as-of", "2026-11-22"]);
        let wanted = ["es-dni", "de-steuer-id", "iban", "secret", "phone-number"];
        let left = again.of_type("detection");
        assert!(left.iter().all(|line| !wanted.contains(&line["category"].as_str().unwrap())), "{left:#?}");
        let (before, _) = scan(system);
        let (before, after) = (kinds(&before), kinds(&again));
        assert_eq!((before["ticket"], before["comment"]), (after["ticket"], after["comment"]), "{system}");
        assert!(after["text"] >= 1, "{system}: the attachment is opened again");
    }
}

#[test]
fn missing_pieces_are_told_in_four_languages() {
    let home = folder();
    copy_tree(&project("fixtures/helpdesks/jira/archive"), &home.path().join("archive"));
    let spoken = [
        ("en", "NOT IN THE EXPORT", "what stands in files that records name"),
        ("es", "NO ESTÁ EN LA EXPORTACIÓN", "qué contienen los ficheros que los registros"),
        ("fr", "ABSENT DE L’EXPORT", "ce que contiennent les fichiers que des"),
        ("de", "NICHT IM EXPORT", "was in Dateien steht, die Datensätze nennen"),
    ];
    for (lang, head, words) in spoken {
        let said = run(home.path(), &["scan", "archive", "--lang", lang, "--as-of", "2026-11-22"]).stdout;
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(head) && flat.contains(words) && flat.contains("10301"), "{lang}: {said}");
    }
    let refused = run(home.path(), &["scan", "archive", "--lang", "xx"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("lang-unknown"), "{}", refused.stderr);
}
