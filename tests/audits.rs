//! Two audits from registers alone: one where everything is in order, one where everything is wrong.

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

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use support::{Run, copy_tree, folder, private, project, run};

const PACKS: [&str; 9] = [
    "gdpr-core",
    "retention-schedule",
    "seed-checklist",
    "sector-health",
    "export-gate",
    "es-lopdgdd",
    "fr-cnil",
    "de-bdsg",
    "uk-gdpr",
];

/// Rules about texts of kinds that are not planted here: detectors have fixtures of their own.
const UNSEEN: [&str; 10] = [
    "children/minor-in-public-article",
    "children/minor-subject",
    "criminal/conviction",
    "encryption-in-transit/sensitive-by-mail",
    "personal-data/precise-location",
    "retention/identity-document-kept",
    "special-category/beliefs-union-politics",
    "special-category/biometric-genetic",
    "special-category/ethnic-origin",
    "special-category/sex-life-orientation",
];

fn audit(case: &str, more: &[&str]) -> Run {
    let home = folder();
    copy_tree(&project("fixtures/audits").join(case), &home.path().join(case));
    private(&home.path().join(case));
    let archive = format!("{case}/archive");
    let named = ["attestations", "schedule", "holds", "waivers"];
    let files = ["attestations", "retention", "holds", "waivers"].map(|file| format!("{case}/{file}.yaml"));
    let mut args = vec!["scan", &archive, "--as-of", "2026-11-22"];
    let flags = named.map(|name| format!("--{name}"));
    for (flag, file) in flags.iter().zip(&files) {
        args.extend([flag.as_str(), file.as_str()]);
    }
    args.extend(PACKS.iter().flat_map(|pack| ["--pack", pack]));
    args.extend(more);
    run(home.path(), &args)
}

/// Verdicts of each rule that is no line of the inventory: fail, open, review, pass.
fn verdicts(run: &Run) -> BTreeMap<String, [u64; 4]> {
    let head = run.of_type("run").remove(0);
    let inventory: BTreeSet<&str> = head["rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|card| card["scope"] == "detection")
        .map(|card| card["id"].as_str().unwrap())
        .collect();
    let summary = run.summary();
    let count = |rule: &Value, key: &str| rule[key].as_u64().unwrap();
    let rows = summary["rules"].as_array().unwrap().iter();
    rows.filter(|rule| !inventory.contains(rule["rule"].as_str().unwrap()))
        .map(|rule| {
            let counts = ["fail", "open", "review", "pass"].map(|key| count(rule, key));
            (rule["rule"].as_str().unwrap().to_owned(), counts)
        })
        .collect()
}

#[test]
fn a_helpdesk_in_order_passes_every_rule_and_fails_none() {
    let run = audit("clean", &["--format", "jsonl"]);
    let verdicts = verdicts(&run);
    assert!(verdicts.len() > 120, "{}", run.stderr);
    let mut wrong = Vec::new();
    for (rule, [fail, open, review, pass]) in &verdicts {
        // Nobody was evaluated or deleted softly there, and no file lies open.
        let idle = [
            "access-control/file-world-readable",
            "retention/recording-evaluation-expired",
            "retention/soft-deleted-lingers",
            "retention/identity-document-kept",
            "encryption-in-transit/sensitive-by-mail",
            "retention/minimum-not-reached",
            "rights/reply-leaks-third-party",
        ]
        .contains(&rule.as_str());
        if fail + open + review > 0 || (*pass == 0 && !idle) {
            wrong.push(format!("{rule} {:?}", [fail, open, review, pass]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(run.status, 0);
}

#[test]
fn a_helpdesk_where_everything_is_wrong_violates_every_rule() {
    let run = audit("violations", &["--format", "jsonl"]);
    let verdicts = verdicts(&run);
    let mut unseen = Vec::new();
    for (rule, [fail, _, review, _]) in &verdicts {
        let known = UNSEEN.contains(&rule.as_str())
            || ["access-control/file-world-readable", "retention/soft-deleted-lingers"]
                .contains(&rule.as_str())
            || ["breach/register-missing", "accountability/ropa-missing"].contains(&rule.as_str())
            || rule == "export/no-manifest";
        if (fail + review == 0) != known {
            unseen.push(format!("{rule} {:?}", verdicts[rule]));
        }
    }
    assert!(unseen.is_empty(), "{unseen:#?}");
    assert_eq!(run.status, 1);
}

#[test]
fn an_answer_counts_until_it_lapses_and_a_no_is_a_fail() {
    let run = audit("violations", &["--format", "jsonl"]);
    let verdicts = verdicts(&run);
    assert_eq!(verdicts["access-control/mobile-managed"], [1, 0, 0, 0]);
    assert_eq!(verdicts["access-control/staff-vetted"], [0, 0, 1, 0], "its answer lapsed in 2025");
    let said = run.of_type("finding");
    let answered = said.iter().find(|line| line["rule"] == "access-control/mobile-managed").unwrap();
    assert!(answered["message"].as_str().unwrap().contains("answered no on 2026-06-01"), "{answered}");
    assert!(!run.stdout.contains("A. Person"));
}

#[test]
fn registers_with_wrong_headers_or_unreadable_dates_never_pass() {
    let home = folder();
    let archive = home.path().join("archive");
    std::fs::create_dir(&archive).unwrap();
    let write = |name: &str, text: &str| std::fs::write(archive.join(name), text).unwrap();
    write("backups.csv", "backup_id,taken_at,encrypted,contains_keys\nb1,yesterday,maybe,false\n");
    write("rights.csv", "request_id,right,received_at,answered_at\nr1,access,2026-09-01,last week\n");
    write("users.csv", "user_id,role,two_factor_enabled\n1,,true\n");
    write("breaches.csv", "breach_id,aware_on,risk\nx,2026-01-01,high\n");
    private(home.path());
    let run = run(home.path(), &["scan", "archive", "--as-of", "2026-11-22", "--format", "jsonl"]);
    let verdicts = verdicts(&run);
    for rule in [
        "backups/kept-too-long",
        "backups/not-encrypted",
        "rights/overdue",
        "authentication/two-factor-missing",
    ] {
        assert_eq!(verdicts[rule], [0, 1, 0, 0], "{rule}");
    }
    // The date nobody can read may be the newest; the register with a wrong header is none.
    assert_eq!(verdicts["backups/not-recent"], [0; 4]);
    assert_eq!(verdicts["breach/late-notification"], [0; 4]);
    assert_eq!(verdicts["breach/register-missing"], [0, 0, 1, 0]);
}

#[test]
fn the_checklist_is_answered_line_by_line() {
    let clean = audit("clean", &["--checklist", "helpdesk-audit", "--lang", "es"]);
    let answered = |text: &str, line: &str| {
        let row =
            text.lines().find(|row| row.contains(line)).unwrap_or_else(|| panic!("no {line} in {text}"));
        row.trim().split("  ").next().unwrap().to_owned()
    };
    assert_eq!(answered(&clean.stdout, "¿Está formado el personal en protección"), "sí");
    assert_eq!(answered(&clean.stdout, "¿Se ha revisado la información financiera"), "sí");
    assert_eq!(answered(&clean.stdout, "¿Son claras las reglas"), "no se puede acreditar");
    assert!(!clean.stdout.contains("no cumple el RGPD"));
    let broken = audit("violations", &["--checklist", "helpdesk-audit", "--lang", "de"]);
    let six = [
        "Passwörter und Anmeldung",
        "Daten verschlüsselt, wo",
        "Schützen Zugriffsrechte",
        "Verfahren für Datenpannen",
        "aufbewahrt und gelöscht, wie",
        "Ist das Personal im Datenschutz",
    ];
    for question in six {
        assert_eq!(answered(&broken.stdout, question), "nein", "{question}");
    }
    assert!(broken.stdout.contains("erfüllt die DSGVO nicht"));
    let refused = audit("clean", &["--checklist", "other"]);
    assert_eq!(refused.status, 2);
}
