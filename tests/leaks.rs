//! Values planted everywhere appear in no output of any command.

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

use std::path::Path;

use support::{Run, folder, put, run};

/// Values no output may hold, each in a form of its own so that a leak tells where it came from.
const PLANTED: &[&str] = &[
    "contents.ana@acme-olvido.es",
    "file.luis@acme-olvido.es",
    "folder.eva@acme-olvido.es",
    "member.leo@acme-olvido.es",
    "key.nora@acme-olvido.es",
    "header.iker@acme-olvido.es",
    "recordid.olga@acme-olvido.es",
    "subject.hugo@acme-olvido.es",
    "from.irene@acme-olvido.es",
    "html.pablo@acme-olvido.es",
    "broken.sara@acme-olvido.es",
    "ES9121000418450200051332",
    "ES91 2100 0418 4502 0005 1332",
    "DE89370400440532013000",
    "12345678Z",
    "4111111111111111",
    "+34 655 123 987",
    "Zx9!correcthorse",
    "Mireia Solerany",
];

fn plant(home: &Path) {
    put(
        home,
        "in/folder.eva@acme-olvido.es/a.txt",
        "contents.ana@acme-olvido.es, DNI 12345678Z, tel. +34 655 123 987\n",
    );
    put(
        home,
        "in/file.luis@acme-olvido.es.txt",
        "mi contraseña es Zx9!correcthorse y la tarjeta 4111111111111111\n",
    );
    put(home, "in/DE89370400440532013000.txt", "nada\n");
    put(
        home,
        "in/tickets.json",
        concat!(
            r#"{"id":"recordid.olga@acme-olvido.es","subject":"hola","raw_subject":"hola","requester_id":9,"submitter_id":9,"status":"closed","via":{"channel":"web"},"is_public":true,"created_at":"2015-01-01T00:00:00Z","description":"Soy Mireia Solerany. mot de passe : Zx9!correcthorse","comments":[{"id":1,"author_id":9,"public":true,"attachments":[],"created_at":"2015-01-01T00:00:00Z","html_body":"<p>html.pablo@acme-olvido.es <b>ES91</b>21000418450200051332</p>","plain_body":"Mireia Solerany"}]}"#,
            "\n",
            r#"{"key.nora@acme-olvido.es":"x","iban":{"ES9121000418450200051332":"y"}}"#,
            "\n"
        ),
    );
    put(
        home,
        "in/users.json",
        r#"{"users":[{"id":9,"role":"agent","email":"contents.ana@acme-olvido.es","name":"Mireia Solerany","two_factor_auth_enabled":false,"ticket_restriction":null,"active":true,"suspended":false}]}"#,
    );
    put(home, "in/t.csv", "id;header.iker@acme-olvido.es\nES91 2100 0418 4502 0005 1332;+34 655 123 987\n");
    put(
        home,
        "in/m.eml",
        concat!(
            "From: Mireia Solerany <from.irene@acme-olvido.es>\r\nTo: <contents.ana@acme-olvido.es>\r\n",
            "Subject: =?utf-8?Q?subject.hugo=40acme-olvido.es?=\r\nMessage-ID: <recordid.olga@acme-olvido.es>\r\n",
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n",
            "DNI 12345678Z\r\n--b\r\nContent-Type: text/plain; name=\"member.leo@acme-olvido.es.txt\"\r\n",
            "Content-Disposition: attachment; filename=\"member.leo@acme-olvido.es.txt\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            "TW90IGRlIHBhc3NlIDogWng5IWNvcnJlY3Rob3JzZQ==\r\n--b--\r\n"
        ),
    );
    put(home, "in/bad.json", r#"{"broken.sara@acme-olvido.es": "ES9121000418450200051332", "#);
    put(
        home,
        "in/page.html",
        "<a href=\"mailto:html.pablo@acme-olvido.es\" title='12345678Z'>x</a><!-- 4111111111111111 -->",
    );
}

fn assert_clean(what: &str, text: &str) {
    for value in PLANTED {
        for form in [
            (*value).to_owned(),
            value.to_lowercase(),
            value.replace('@', "%40"),
            value.replace('@', "\\u0040"),
        ] {
            assert!(!text.contains(&form), "{what} holds a planted value: {value}");
        }
    }
    // The parts that would tell as much as the whole.
    for part in ["Solerany", "correcthorse", "2100041845020005", "olga@", "nora@", "leo@", "eva@"] {
        assert!(!text.contains(part), "{what} holds {part}");
    }
}

fn assert_run_is_clean(what: &str, run: &Run) {
    assert_clean(&format!("{what} (output)"), &run.stdout);
    assert_clean(&format!("{what} (errors)"), &run.stderr);
}

#[test]
fn no_report_holds_a_planted_value_with_or_without_a_key() {
    let home = folder();
    plant(home.path());
    for key in [false, true] {
        if key {
            assert_eq!(run(home.path(), &["key", "create"]).status, 0);
        }
        for format in ["human", "jsonl", "sarif", "csv"] {
            let file = format!("report-{key}.{format}");
            let out = format!("{format}={file}");
            let run = run(home.path(), &["scan", "in", "--format", format, "-o", &out]);
            assert!(matches!(run.status, 1 | 3), "{}", run.stderr);
            assert!(run.stdout.len() > 200);
            assert_run_is_clean(&format!("scan --format {format}, key {key}"), &run);
            assert_clean(&file, &std::fs::read_to_string(home.path().join(&file)).unwrap());
        }
    }
}

#[test]
fn the_planted_values_are_found_where_they_were_planted() {
    // Without this, a scanner that finds nothing would pass the test above.
    let home = folder();
    plant(home.path());
    let run = run(home.path(), &["scan", "in", "--format", "jsonl"]);
    let lines = run.of_type("detection");
    let has = |field: &str, category: &str| {
        lines.iter().any(|d| d["category"] == category && d["field"].as_str().unwrap().contains(field))
    };
    for (field, category) in [
        ("@path", "email-address"),
        ("@path", "iban"),
        ("@key", "email-address"),
        ("/html_body", "email-address"),
        ("/html_body", "iban"),
        ("header:Subject", "email-address"),
        ("header:From", "email-address"),
        ("attr:href", "email-address"),
        ("/description", "secret"),
        ("/description", "person-name"),
        ("part:", "es-dni"),
    ] {
        assert!(has(field, category), "no {category} in a field with {field}");
    }
    assert!(
        lines
            .iter()
            .any(|d| d["inner"].as_array().is_some_and(|i| !i.is_empty()) && d["category"] == "secret")
    );
}

#[test]
fn a_surveys_file_holds_no_plain_value() {
    let home = folder();
    plant(home.path());
    assert_eq!(run(home.path(), &["key", "create", "k.hex"]).status, 0);
    let survey = run(home.path(), &["survey", "in", "--key", "k.hex", "-o", "people.olvido"]);
    assert_eq!(survey.status, 0, "{}", survey.stderr);
    assert_run_is_clean("survey", &survey);
    let bytes = std::fs::read(home.path().join("people.olvido")).unwrap();
    assert_clean("the survey's file", &String::from_utf8_lossy(&bytes));
}

#[test]
fn problems_of_policies_and_configuration_hold_no_scanned_value() {
    let home = folder();
    plant(home.path());
    put(home.path(), "own/rules/x.yaml", "schema: olvido/policy/v1\nrules:\n  - id: 1\n");
    for args in [
        vec!["scan", "in", "--policies", "own"],
        vec!["scan", "in/nowhere"],
        vec!["scan", "in", "--config", "in/bad.json"],
        vec!["scan", "in", "--key", "in/t.csv"],
        vec!["scan", "in", "--context", "in/m.eml"],
    ] {
        let run = run(home.path(), &args);
        assert_eq!(run.status, 2, "{args:?} {}", run.stderr);
        assert!(run.stdout.is_empty());
        // The configuration's own line may be shown with its caret: here it is scanned data on purpose.
        if args.get(2) != Some(&"--config") {
            assert_run_is_clean(&format!("{args:?}"), &run);
        }
    }
}
