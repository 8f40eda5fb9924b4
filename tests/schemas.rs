//! The shipped files keep the JSON Schemas that `olvido catalogue schema` gives.

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

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{folder, project, run};

fn schema(name: &str) -> jsonschema::Validator {
    let home = folder();
    let printed = run(home.path(), &["catalogue", "schema", name]);
    assert_eq!(printed.status, 0, "{name}: {}", printed.stderr);
    let value: Value = serde_json::from_str(&printed.stdout).unwrap();
    jsonschema::validator_for(&value).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn yaml(path: &Path) -> Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    let text = std::fs::read_to_string(path).unwrap();
    serde_saphyr::from_str_with_options(&text, options)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    files.sort();
    files
}

fn keeps(validator: &jsonschema::Validator, path: &Path) {
    let value = yaml(path);
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
}

#[test]
fn every_shipped_file_keeps_its_schema() {
    for (name, folder) in [
        ("policy", "policies/rules"),
        ("pack", "policies/packs"),
        ("retention", "policies/schedules"),
        ("detector", "policies/detectors"),
        ("mapping", "policies/mappings"),
        ("checklist", "policies/checklists"),
        ("lexicon", "policies/lexicons"),
    ] {
        let validator = schema(name);
        let files = files(folder);
        assert!(!files.is_empty());
        for path in &files {
            // Words that keep matches away, and signals, lie with the detectors.
            match yaml(path)["schema"].as_str().unwrap() {
                "olvido/shields/v1" => keeps(&schema("shields"), path),
                "olvido/signal/v1" => keeps(&schema("signal"), path),
                _ => keeps(&validator, path),
            }
        }
    }
    for case in ["clean", "violations"] {
        for (name, file) in [
            ("retention", "retention.yaml"),
            ("holds", "holds.yaml"),
            ("waivers", "waivers.yaml"),
            ("attestations", "attestations.yaml"),
        ] {
            keeps(&schema(name), &project("fixtures/audits").join(case).join(file));
        }
    }
}

/// Every schema, with the file it is shipped as.
fn shipped() -> Vec<(String, PathBuf)> {
    let names = run(folder().path(), &["catalogue", "schema"]).stdout;
    let file = |name: &str| project("schemas").join(format!("{name}.json"));
    names.lines().map(|name| (name.to_owned(), file(name))).collect()
}

#[test]
fn the_shipped_schemas_are_what_the_program_prints() {
    let wanted = shipped();
    assert!(wanted.len() >= 35, "{wanted:?}");
    for (name, path) in &wanted {
        let printed = run(folder().path(), &["catalogue", "schema", name]).stdout;
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == printed, "write `olvido catalogue schema {name}` to {}", path.display());
    }
    let there = walkdir::WalkDir::new(project("schemas")).into_iter().map(|entry| entry.unwrap());
    let mut there: Vec<PathBuf> =
        there.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path()).collect();
    there.sort();
    let mut files: Vec<PathBuf> = wanted.into_iter().map(|(_, path)| path).collect();
    files.sort();
    assert_eq!(there, files, "and nothing else lies there");
}

#[test]
fn a_mistake_in_any_file_is_against_its_schema() {
    for (name, file, from, to) in [
        ("detector", "policies/detectors/iban.yaml", "title:", "titel:"),
        ("mapping", "policies/mappings/jira.yaml", "system:", "sistem:"),
        ("checklist", "policies/checklists/helpdesk-audit.yaml", "ask:", "aks:"),
        ("lexicon", "policies/lexicons/months.yaml", "words:", "werds:"),
        ("shields", "policies/detectors/shields.yaml", "languages:", "langs:"),
        ("policy", "policies/rules/training.yaml", "needs:", "neds:"),
        ("pack", "policies/packs/fr-cnil.yaml", "jurisdiction:", "country:"),
        ("retention", "fixtures/audits/clean/retention.yaml", "keep:", "kept:"),
    ] {
        let text = std::fs::read_to_string(project(file)).unwrap();
        assert!(text.contains(from), "{file}");
        let options = serde_saphyr::options! { strict_booleans: true };
        let wrong: Value = serde_saphyr::from_str_with_options(&text.replacen(from, to, 1), options).unwrap();
        assert!(!schema(name).is_valid(&wrong), "{file} with {to}");
    }
}

#[test]
fn what_init_writes_keeps_its_schema_and_mistakes_do_not() {
    let home = folder();
    assert_eq!(run(home.path(), &["init", "project"]).status, 0);
    for name in [
        "config:olvido",
        "retention:retention",
        "holds:holds",
        "waivers:waivers",
        "attestations:attestations",
    ] {
        let (schema_name, file) = name.split_once(':').unwrap();
        keeps(&schema(schema_name), &home.path().join(format!("project/{file}.yaml")));
    }
    let names = run(home.path(), &["catalogue", "schema"]).stdout;
    for wanted in ["config", "lines", "policy", "register/backup", "register/user"] {
        assert!(names.lines().any(|name| name == wanted), "{names}");
    }
    let policy = schema("policy");
    let wrong = serde_json::json!({"schema": "olvido/policy/v1", "rules": [{"id": "a/b", "titel": "x"}]});
    assert!(!policy.is_valid(&wrong));
    let backup = schema("register/backup");
    assert!(
        backup
            .is_valid(&serde_json::json!([{"backup_id": "b1", "taken_at": "2026-11-01", "encrypted": true}]))
    );
    assert!(!backup.is_valid(&serde_json::json!([{"backup_id": "b1"}])));
    let unknown = run(home.path(), &["catalogue", "schema", "nothing"]);
    assert!(unknown.status == 2 && unknown.stderr.contains("schema-unknown"), "{}", unknown.stderr);
}
