//! Three audits: a helpdesk where everything is in order, one where everything is wrong, and one that keeps no
//! registers. The wanted verdicts stand beside each as `verdicts.csv`.

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

/// Rules that no record of the helpdesk in order falls under, each with its one reason.
const IDLE: [(&str, &str); 4] = [
    ("accountability/dpia-trigger-met", "no record holds data of Art. 9 or 10 or of a child"),
    ("encryption-at-rest/password-beside-data", "no file is encrypted"),
    ("encryption-at-rest/weak-container", "no file is encrypted"),
    ("personal-data/agent-performance", "no table scores agents"),
];

/// A copy of one of the three audits, closed to everybody else but for one list of the wrong one.
fn copied(case: &str) -> tempfile::TempDir {
    let home = folder();
    let copy = home.path().join(case);
    copy_tree(&project("fixtures/audits").join(case), &copy);
    private(&copy);
    #[cfg(unix)]
    if case == "violations" {
        use std::os::unix::fs::PermissionsExt;
        let list = copy.join("archive/list.txt");
        std::fs::set_permissions(list, std::fs::Permissions::from_mode(0o644)).unwrap();
        listed(&copy.join("archive/tickets.csv"));
    }
    home
}

/// Lets two more accounts read a file by a POSIX list, where the file system of temporary files has such lists.
#[cfg(target_os = "linux")]
fn listed(file: &std::path::Path) -> bool {
    const USER: [(u16, u16, u32); 6] = [
        (1, 6, u32::MAX),
        (2, 4, 65_001),
        (2, 4, 65_002),
        (4, 0, u32::MAX),
        (16, 4, u32::MAX),
        (32, 0, u32::MAX),
    ];
    let mut list = 2u32.to_le_bytes().to_vec();
    for (tag, rights, id) in USER {
        list.extend(tag.to_le_bytes().into_iter().chain(rights.to_le_bytes()).chain(id.to_le_bytes()));
    }
    let attribute = "system.posix_acl_access";
    match rustix::fs::setxattr(file, attribute, &list, rustix::fs::XattrFlags::empty()) {
        Ok(()) => true,
        Err(rustix::io::Errno::OPNOTSUPP) => false,
        Err(error) => panic!("{error}"),
    }
}

#[cfg(not(target_os = "linux"))]
fn listed(_: &std::path::Path) -> bool {
    false
}

/// Whether a file of the wrong audit is opened by a list: not on file systems without any.
fn has_lists() -> bool {
    let home = folder();
    let file = home.path().join("probe");
    std::fs::write(&file, "").unwrap();
    let has = listed(&file);
    if !has {
        println!("the file system of temporary files has no access-control lists: a rule on them is idle");
    }
    has
}

fn audited(home: &std::path::Path, case: &str, more: &[&str]) -> Run {
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
    run(home, &args)
}

fn audit(case: &str, more: &[&str]) -> Run {
    audited(copied(case).path(), case, more)
}

/// Verdicts of each rule: fail, open, review, pass. For a line of the inventory the first is how many data it
/// counts.
fn verdicts(run: &Run) -> BTreeMap<String, [u64; 4]> {
    let count = |rule: &Value, key: &str| rule[key].as_u64().unwrap();
    let summary = run.summary();
    let rows = summary["rules"].as_array().unwrap().iter();
    rows.map(|rule| {
        let counts = ["fail", "open", "review", "pass"].map(|key| count(rule, key));
        (rule["rule"].as_str().unwrap().to_owned(), counts)
    })
    .collect()
}

/// Ids of the lines of the inventory.
fn inventory(run: &Run) -> BTreeSet<String> {
    let head = run.of_type("run").remove(0);
    let cards = head["rules"].as_array().unwrap().iter().filter(|card| card["scope"] == "detection");
    cards.map(|card| card["id"].as_str().unwrap().to_owned()).collect()
}

/// The verdicts that stand beside an audit: rules that gave any.
fn wanted(case: &str) -> BTreeMap<String, [u64; 4]> {
    let text = std::fs::read_to_string(project("fixtures/audits").join(case).join("verdicts.csv")).unwrap();
    let mut rows = text.lines();
    assert_eq!(rows.next(), Some("rule,fail,open,review,pass"));
    let mut wanted: BTreeMap<String, [u64; 4]> = rows
        .map(|row| {
            let (rule, counts) = row.split_once(',').unwrap();
            let counts: Vec<u64> = counts.split(',').map(|count| count.parse().unwrap()).collect();
            (rule.to_owned(), counts.try_into().unwrap())
        })
        .collect();
    let lists = "access-control/file-listed";
    if case == "violations" && !has_lists() {
        // The file would lie with the others of its folder.
        wanted.insert(lists.to_owned(), [0, 0, 0, 2]);
        wanted.insert("access-control/file-world-readable".to_owned(), [1, 0, 0, 1]);
    }
    wanted
}

#[test]
fn the_audits_give_exactly_the_verdicts_beside_them() {
    for case in ["clean", "violations", "nothing-kept"] {
        let run = audit(case, &["--format", "jsonl"]);
        let (got, wanted) = (verdicts(&run), wanted(case));
        let rules: BTreeSet<&String> = got.keys().chain(wanted.keys()).collect();
        let mut wrong = Vec::new();
        for rule in rules {
            let counts = |of: &BTreeMap<String, [u64; 4]>| of.get(rule).copied().unwrap_or_default();
            if counts(&got) != counts(&wanted) {
                wrong.push(format!("{rule} gave {:?}, not {:?}", counts(&got), counts(&wanted)));
            }
        }
        assert!(wrong.is_empty(), "{case}: {wrong:#?}");
        assert_eq!(run.status, i32::from(case != "clean"), "{case}: {}", run.stderr);
    }
}

#[test]
fn every_rule_passes_in_the_helpdesk_in_order_and_fails_in_a_wrong_one() {
    let clean = audit("clean", &["--format", "jsonl"]);
    let (inventory, passed) = (inventory(&clean), verdicts(&clean));
    let broken: Vec<BTreeMap<String, [u64; 4]>> = ["violations", "nothing-kept"]
        .map(|case| verdicts(&audit(case, &["--format", "jsonl"])))
        .into_iter()
        .collect();
    let listed = run(folder().path(), &["catalogue", "list"]).stdout;
    let listed = listed.split_once("RULES\n").unwrap().1.split_once("\nPACKS").unwrap().0.to_owned();
    // Those of the default pack are listed: all of them, and more, are judged here.
    assert!(listed.lines().all(|row| passed.contains_key(row.split_whitespace().next().unwrap())));
    let mut wrong = Vec::new();
    for (rule, [fail, open, review, pass]) in &passed {
        let idle = IDLE.iter().any(|(idle, _)| idle == rule);
        if !inventory.contains(rule) && (fail + open + review > 0 || (*pass == 0) != idle) {
            wrong.push(format!("{rule} does not pass: {:?}", [fail, open, review, pass]));
        }
        let violated = |of: &BTreeMap<String, [u64; 4]>| of[rule][0] + of[rule][2] > 0;
        if !broken.iter().any(violated) && (rule != "access-control/file-listed" || has_lists()) {
            wrong.push(format!("{rule} is violated nowhere"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_rules_of_the_audits_are_all_rules_there_are() {
    let written: BTreeSet<String> = std::fs::read_dir(project("policies/rules"))
        .unwrap()
        .flat_map(|file| {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let ids: Vec<String> =
                text.lines().filter_map(|row| row.strip_prefix("  - id: ")).map(str::to_owned).collect();
            ids
        })
        .collect();
    let judged: BTreeSet<String> = verdicts(&audit("clean", &["--format", "jsonl"])).into_keys().collect();
    assert_eq!(written, judged);
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
    assert_eq!(verdicts["backups/not-recent"], [0, 1, 0, 0]);
    assert_eq!(verdicts["breach/late-notification"], [0; 4]);
    assert_eq!(verdicts["breach/register-missing"], [0, 0, 1, 0]);
}

#[test]
fn what_lies_in_an_archive_is_as_open_as_the_archive() {
    if !has_lists() {
        return;
    }
    let home = folder();
    let archive = home.path().join("archive");
    std::fs::create_dir(&archive).unwrap();
    // Made-up identity numbers with their check letters.
    let row = |at: u32| {
        let number = 20_000_000 + at * 7_919 % 60_000_000;
        let letter = char::from(b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize]);
        format!("{at},{number}{letter},open request of a customer\n")
    };
    let rows: String = (0..9_000).map(row).collect();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("people.csv", stored).unwrap();
    std::io::Write::write_all(&mut zip, format!("id,dni,subject\n{rows}").as_bytes()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    // Large enough to be opened while it is walked.
    assert!(zip.len() > 256 << 10);
    std::fs::write(archive.join("people.zip"), zip).unwrap();
    private(home.path());
    let asked = |home: &std::path::Path| {
        let run = run(home, &["scan", "archive", "--as-of", "2026-11-22", "--format", "jsonl"]);
        verdicts(&run)["access-control/file-listed"]
    };
    assert_eq!(asked(home.path())[2], 0);
    listed(&archive.join("people.zip"));
    assert_eq!(asked(home.path())[2], 1);
}

#[test]
fn the_checklist_is_answered_with_its_conclusion() {
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

#[test]
fn two_runs_of_one_audit_are_the_same_to_the_byte() {
    for case in ["clean", "violations"] {
        let home = copied(case);
        assert_eq!(run(home.path(), &["key", "create"]).status, 0);
        for format in ["jsonl", "sarif", "csv", "junit", "markdown", "github", "gitlab", "human"] {
            let once = audited(home.path(), case, &["--format", format, "--threads", "1"]);
            let again = audited(home.path(), case, &["--format", format, "--threads", "2"]);
            assert!(!once.stdout.is_empty(), "{case} {format}: {}", once.stderr);
            assert!(once.stdout == again.stdout, "{case} as {format} differs from run to run");
        }
        let answered = |threads: &str| {
            audited(home.path(), case, &["--checklist", "helpdesk-audit", "--threads", threads]).stdout
        };
        assert!(answered("1") == answered("2"), "{case}: the checklist differs");
        // Another place and another key file with the same key, and nothing else: the same bytes.
        let elsewhere = copied(case);
        copy_tree(&home.path().join("config"), &elsewhere.path().join("config"));
        let moved = audited(elsewhere.path(), case, &["--format", "jsonl"]);
        assert!(
            moved.stdout == audited(home.path(), case, &["--format", "jsonl"]).stdout,
            "{case} elsewhere"
        );
    }
}

/// A whole report, result by result: SARIF 2.1.0 §3.27.9 (kind), §3.27.10 (level), §3.27.23 (suppressions), and
/// the taxonomies rules lead to (§3.19.3, §3.53).
#[test]
fn every_result_of_an_audit_is_as_sarif_demands() {
    let home = copied("violations");
    // A hold that is in force, so that something is suppressed.
    let holds = home.path().join("violations/holds.yaml");
    let text = std::fs::read_to_string(&holds).unwrap();
    let more = "  - {id: HOLD-3, reason: a claim, ground: legal-claims, placed_by: legal, placed_on: 2026-06-01, until: 2027-06-01, review_by: 2026-12-01, scope: {tags: [invoice]}}\n";
    std::fs::write(&holds, text + more).unwrap();
    let report = audited(home.path(), "violations", &["--format", "sarif"]);
    let log: Value = serde_json::from_str(&report.stdout).unwrap();
    let run = &log["runs"][0];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let rules = list(&run["tool"]["driver"]["rules"]);
    let (mut kinds, mut suppressed) = (BTreeSet::new(), 0);
    for result in list(&run["results"]) {
        let kind = result["kind"].as_str().unwrap().to_owned();
        let level = result["level"].as_str().unwrap();
        assert!(
            ["pass", "fail", "open", "review", "notApplicable", "informational"].contains(&kind.as_str())
        );
        assert!(["none", "note", "warning", "error"].contains(&level));
        assert_eq!(kind == "fail", level != "none", "{result}");
        kinds.insert(kind);
        let excuses = result["suppressions"].as_array().expect("all results say it, or none");
        for excuse in excuses {
            suppressed += 1;
            assert_eq!((&excuse["kind"], &excuse["status"]), (&"external".into(), &"accepted".into()));
            assert!(!excuse["justification"].as_str().unwrap().is_empty());
            assert_eq!(excuse["properties"]["until"], "2027-06-01");
        }
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(!list(&rule["relationships"]).is_empty(), "{} leads to no law", rule["id"]);
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["fail", "open", "review"]);
    assert!(suppressed > 0);
    let mut reached = BTreeSet::new();
    for rule in &rules {
        for relationship in list(&rule["relationships"]) {
            let target = &relationship["target"];
            let taxonomy = &run["taxonomies"][target["toolComponent"]["index"].as_u64().unwrap() as usize];
            let taxon = &taxonomy["taxa"][target["index"].as_u64().unwrap() as usize];
            assert_eq!((&taxon["id"], &taxonomy["guid"]), (&target["id"], &target["toolComponent"]["guid"]));
            let kind = if taxonomy["name"] == "DPV" { "relevant" } else { "superset" };
            assert_eq!(relationship["kinds"], serde_json::json!([kind]));
            reached.insert(taxonomy["name"].as_str().unwrap().to_owned());
        }
    }
    for taxonomy in list(&run["taxonomies"]) {
        assert!(
            taxonomy["guid"].is_string() && taxonomy["informationUri"].is_string(),
            "{}",
            taxonomy["name"]
        );
        assert!(taxonomy.get("rules").is_none() && !list(&taxonomy["taxa"]).is_empty());
    }
    let supported = list(&run["tool"]["driver"]["supportedTaxonomies"]);
    let supported: BTreeSet<String> =
        supported.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(reached, supported);
    // Law of the Union, vocabulary, national law, guidance.
    for name in ["GDPR", "DPV", "ES-LOPDGDD", "DE-BetrVG", "UK-DUAA", "AEPD", "CNIL", "DIN"] {
        assert!(reached.contains(name), "{name}: {reached:?}");
    }
}

#[test]
fn an_explanation_ends_with_what_to_do_now() {
    let home = folder();
    for rule in [
        "retention/ticket-expired",
        "access-control/mobile-managed",
        "export/no-manifest",
        "transfers/no-tool",
    ] {
        let told = run(home.path(), &["explain", rule]);
        assert_eq!(told.status, 0, "{}", told.stderr);
        let (_, last) =
            told.stdout.split_once("What to do now\n").unwrap_or_else(|| panic!("{}", told.stdout));
        assert!(last.lines().all(|line| line.starts_with("  ")) && last.trim().len() > 20, "{last}");
    }
}

#[test]
fn certificates_are_verified_as_they_were_written_and_not_otherwise() {
    let home = folder();
    let text = std::fs::read_to_string(project("fixtures/audits/clean/archive/certificate.json")).unwrap();
    let line = text.trim_end();
    let indented = serde_json::to_string_pretty(&serde_json::from_str::<Value>(line).unwrap()).unwrap();
    for (folder, name, text, wanted) in [
        ("whole", "certificate.json", text.clone(), [0, 0, 0, 1]),
        ("several", "certificates.ndjson", format!("{line}\n{line}\n"), [0, 2, 0, 0]),
        ("other", "certificate.json", indented, [1, 0, 0, 0]),
    ] {
        support::put(home.path(), &format!("{folder}/{name}"), text);
        private(&home.path().join(folder));
        let run = run(home.path(), &["scan", folder, "--as-of", "2026-11-22", "--format", "jsonl"]);
        assert_eq!(verdicts(&run)["erasure/certificate-invalid"], wanted, "{folder}: {}", run.stderr);
    }
}
