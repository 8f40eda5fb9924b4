//! `olvido gate`: what may not leave does not, whichever way it is asked.

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

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Run, folder, olvido, private, put, run, run_with_stdin};

const CLEAN: &str =
    "{\"id\":1,\"subject\":\"The printer is on fire\"}\n{\"id\":2,\"subject\":\"It is out\"}\n";
const DIRTY: &str = "{\"id\":3,\"subject\":\"write to lucia.marquez@acme-olvido.es please\"}\n";
const AS_OF: &str = "2026-11-22";

fn manifest_with(home: &Path, allowed: &[&str], change: impl FnOnce(&mut Value)) -> PathBuf {
    let mut manifest = json!({
        "export_id": "weekly-47",
        "purpose": "support-analytics",
        "recipient": "analytics department",
        "allowed_categories": allowed,
        "produced_at": "2026-11-22T08:00:00Z",
        "encrypted": true,
        "algorithm": "AES-256-GCM",
        "complete": true,
        "contains_keys": false,
    });
    change(&mut manifest);
    put(home, "manifest.json", manifest.to_string())
}

fn manifest(home: &Path, allowed: &[&str]) -> PathBuf {
    manifest_with(home, allowed, |_| {})
}

fn export(home: &Path, text: &str) -> PathBuf {
    let path = put(home, "export/tickets.ndjson", text);
    private(&home.join("export"));
    path
}

fn gate(home: &Path, args: &[&str]) -> Run {
    let all: Vec<&str> = ["gate", "--as-of", AS_OF, "--quiet"].iter().chain(args).copied().collect();
    run(home, &all)
}

fn gate_stdin(home: &Path, args: &[&str], stdin: &[u8]) -> Run {
    let all: Vec<&str> = ["gate", "-", "--as-of", AS_OF, "--quiet"].iter().chain(args).copied().collect();
    run_with_stdin(home, &all, stdin)
}

fn failed(run: &Run) -> Vec<String> {
    let lines = run.of_type("finding").into_iter().filter(|line| line["verdict"] != "review");
    let mut rules: Vec<String> = lines.map(|line| line["rule"].as_str().unwrap().to_owned()).collect();
    rules.sort();
    rules.dedup();
    rules
}

#[test]
fn a_clean_export_with_its_manifest_may_leave() {
    let home = folder();
    export(home.path(), CLEAN);
    manifest(home.path(), &[]);
    let run = gate(home.path(), &["export", "--manifest", "manifest.json", "--format", "jsonl"]);
    assert_eq!((run.status, failed(&run)), (0, vec![]), "{}", run.stderr);
    assert_eq!(run.summary()["status"], 0);
    let text = gate(home.path(), &["export/tickets.ndjson", "--manifest", "manifest.json"]);
    assert_eq!(text.status, 0, "{}", text.stdout);
    assert!(!text.stdout.contains("It is out"), "without --redact or --stream nothing is passed on");
}

#[test]
fn a_manifest_inside_the_export_speaks_for_it() {
    let home = folder();
    export(home.path(), CLEAN);
    fs::rename(manifest(home.path(), &[]), home.path().join("export/manifest.json")).unwrap();
    let run = gate(home.path(), &["export", "--format", "jsonl"]);
    assert_eq!((run.status, failed(&run)), (0, vec![]), "{}", run.stderr);
}

#[test]
fn without_a_manifest_nothing_leaves_and_one_is_proposed() {
    let home = folder();
    export(home.path(), &format!("{CLEAN}{DIRTY}"));
    let run = gate(home.path(), &["export"]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("\"allowed_categories\": [\n    \"email-address\"\n  ]"), "{}", run.stdout);
    assert!(run.stdout.contains("--manifest"));
    let run = gate(home.path(), &["export", "--propose-manifest", "proposed.json", "--format", "jsonl"]);
    assert_eq!((run.status, failed(&run)), (1, vec!["export/no-manifest".to_owned()]));
    let proposed = fs::read_to_string(home.path().join("proposed.json")).unwrap();
    // As it is it speaks for nothing.
    let refused = gate(home.path(), &["export", "--manifest", "proposed.json"]);
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("recipient"), "{}", refused.stderr);
    let mut completed: Value = serde_json::from_str(&proposed).unwrap();
    completed["purpose"] = json!("migration");
    completed["recipient"] = json!("the new helpdesk");
    completed["encrypted"] = json!(true);
    completed["algorithm"] = json!("AES-256-GCM");
    put(home.path(), "proposed.json", completed.to_string());
    let run = gate(home.path(), &["export", "--manifest", "proposed.json", "--format", "jsonl"]);
    assert_eq!((run.status, failed(&run)), (0, vec![]), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn a_proposed_manifest_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = folder();
    export(home.path(), CLEAN);
    gate(home.path(), &["export", "--propose-manifest", "proposed.json"]);
    let mode = fs::metadata(home.path().join("proposed.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_dirty_export_may_not_leave() {
    let home = folder();
    let expired = "{\"id\":9,\"url\":\"https://x.zendesk.com/api/v2/tickets/9.json\",\"subject\":\"old\",\"status\":\"closed\",\"created_at\":\"2009-01-02T10:00:00Z\",\"updated_at\":\"2009-02-02T10:00:00Z\",\"requester_id\":5,\"comments\":[]}\n";
    for (what, text, rule) in [
        ("category", DIRTY.to_owned(), "export/untreated-category"),
        (
            "secret",
            "{\"id\":1,\"body\":\"the password is: Tr0ub4dor&3xyz\"}\n{\"id\":2,\"body\":\"x\"}\n".to_owned(),
            "secrets/credential-in-ticket",
        ),
        (
            "hash",
            "{\"id\":1,\"email\":\"5d41402abc4b2a76b9719d911017c592\"}\n{\"id\":2}\n".to_owned(),
            "export/weak-anonymisation",
        ),
        (
            "sequence",
            "{\"requester\":\"User 1\"}\n{\"requester\":\"User 2\"}\n{\"requester\":\"User 3\"}\n".to_owned(),
            "export/weak-anonymisation",
        ),
        ("expired", format!("{expired}{expired}"), "retention/ticket-expired"),
    ] {
        let home = home.path().join(what);
        export(&home, &text);
        manifest(&home, &[]);
        let run = gate(&home, &["export", "--manifest", "manifest.json", "--format", "jsonl"]);
        assert_eq!(run.status, 1, "{what}: {}", run.stderr);
        assert!(failed(&run).contains(&rule.to_owned()), "{what}: {:?}\n{}", failed(&run), run.stdout);
    }
}

#[test]
fn what_the_manifest_allows_may_leave_and_its_word_alone_counts() {
    let home = folder();
    export(home.path(), &format!("{CLEAN}{DIRTY}"));
    manifest(home.path(), &["email-address"]);
    assert_eq!(gate(home.path(), &["export", "--manifest", "manifest.json"]).status, 0);
    // A manifest inside that allows more does not widen the one that was named.
    fs::rename(home.path().join("manifest.json"), home.path().join("export/manifest.json")).unwrap();
    manifest(home.path(), &[]);
    assert_eq!(gate(home.path(), &["export", "--manifest", "manifest.json"]).status, 1);
}

#[test]
fn what_a_manifest_leaves_open_or_forbids_may_not_leave() {
    let home = folder();
    export(home.path(), CLEAN);
    let cases: [(&str, Value, i32); 8] = [
        ("encrypted", json!(null), 1),
        ("encrypted", json!(false), 1),
        ("complete", json!(false), 1),
        ("contains_keys", json!(true), 1),
        ("purpose", json!("because"), 1),
        ("recipient", json!(""), 2),
        ("allowed_categories", json!(["telepathy"]), 2),
        ("allowed_categories", json!(null), 2),
    ];
    for (field, value, status) in cases {
        manifest_with(home.path(), &[], |manifest| manifest[field] = value.clone());
        let run = gate(home.path(), &["export", "--manifest", "manifest.json"]);
        assert_eq!(run.status, status, "{field} {value}: {}{}", run.stdout, run.stderr);
    }
    manifest_with(home.path(), &[], |manifest| {
        manifest.as_object_mut().unwrap().remove("encrypted");
    });
    assert_eq!(
        gate(home.path(), &["export", "--manifest", "manifest.json"]).status,
        1,
        "open fails the gate"
    );
    put(home.path(), "manifest.json", "{\"a\":1}");
    assert_eq!(gate(home.path(), &["export", "--manifest", "manifest.json"]).status, 2);
    assert_eq!(gate(home.path(), &["export", "--manifest", "gone.json"]).status, 2);
}

#[test]
fn an_empty_export_is_no_clean_one() {
    let home = folder();
    manifest(home.path(), &[]);
    for text in ["", "\n \n", "[]", "{}\n", "{\"tickets\":[],\"count\":0,\"next_page\":null}"] {
        export(home.path(), text);
        for args in [&["export"][..], &["export", "--manifest", "manifest.json"][..]] {
            assert_eq!(gate(home.path(), args).status, 3, "{text:?} {args:?}");
        }
        let allowed = gate(home.path(), &["export", "--manifest", "manifest.json", "--allow-empty"]);
        assert_eq!(allowed.status, 0, "{text:?}: {}", allowed.stdout);
        assert_eq!(gate_stdin(home.path(), &[], text.as_bytes()).status, 3, "{text:?}");
        let args = ["--manifest", "manifest.json", "--stream"];
        assert_eq!(gate_stdin(home.path(), &args, text.as_bytes()).status, 3, "{text:?}");
    }
    fs::create_dir(home.path().join("nothing")).unwrap();
    assert_eq!(gate(home.path(), &["nothing"]).status, 3);
}

#[test]
fn an_unreadable_export_is_3_and_a_dirty_one_1_whatever_else() {
    let home = folder();
    manifest(home.path(), &[]);
    export(home.path(), CLEAN);
    put(home.path(), "export/a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    assert_eq!(gate(home.path(), &["export", "--manifest", "manifest.json"]).status, 3);
    assert_eq!(gate(home.path(), &["export"]).status, 3);
    put(home.path(), "export/b.ndjson", format!("{DIRTY}{DIRTY}"));
    assert_eq!(gate(home.path(), &["export", "--manifest", "manifest.json"]).status, 1);
    assert_eq!(gate(home.path(), &["gone"]).status, 2);
}

#[test]
fn a_stream_passes_clean_records_and_ends_at_the_first_refused_one() {
    let home = folder();
    manifest(home.path(), &[]);
    let args = ["--manifest", "manifest.json", "--stream"];
    let run = gate_stdin(home.path(), &args, CLEAN.as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (0, CLEAN), "{}", run.stderr);
    let more = "{\"id\":4,\"subject\":\"after\"}\n";
    let run = gate_stdin(home.path(), &args, format!("{CLEAN}{DIRTY}{more}").as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (1, CLEAN), "{}", run.stderr);
    assert!(run.stderr.contains("email-address") && !run.stderr.contains("lucia"), "{}", run.stderr);
    let run = gate_stdin(home.path(), &args, format!("{DIRTY}{CLEAN}").as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (1, ""));
    let hash = "{\"id\":5,\"email\":\"5d41402abc4b2a76b9719d911017c592\"}\n";
    let run = gate_stdin(home.path(), &args, format!("{CLEAN}{hash}{more}").as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (1, CLEAN), "{}", run.stderr);
    let broken = "{\"id\":5,\"subject\":\n";
    let run = gate_stdin(home.path(), &args, format!("{CLEAN}{broken}{more}").as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (3, CLEAN), "{}", run.stderr);
    let run = gate_stdin(home.path(), &["--stream"], CLEAN.as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (1, ""), "no manifest, no byte");
}

/// Cuts at every place of a stream that is larger than one piece.
#[test]
fn never_a_byte_of_a_refused_record_wherever_it_stands() {
    let home = folder();
    manifest(home.path(), &[]);
    let line = |id: usize| format!("{{\"id\":{id},\"subject\":\"{}\"}}\n", "nothing here ".repeat(9));
    let lines: Vec<String> = (0..24_000).map(line).collect();
    for at in [0, 1, 7_000, 15_999, 23_999] {
        let mut text = lines.clone();
        text[at] = DIRTY.to_owned();
        let before: String = text[..at].concat();
        for threads in ["1", "4"] {
            let args = ["--manifest", "manifest.json", "--stream", "--threads", threads];
            let run = gate_stdin(home.path(), &args, text.concat().as_bytes());
            assert_eq!(run.status, 1);
            assert!(run.stdout == before, "{at} {threads}: {} of {}", run.stdout.len(), before.len());
        }
    }
}

#[test]
fn rows_and_messages_pass_one_by_one_and_documents_whole() {
    let home = folder();
    manifest(home.path(), &[]);
    let args = ["--manifest", "manifest.json", "--stream"];
    let rows = "id,subject\r\n1,printer\r\n2,screen\r\n";
    let run = gate_stdin(home.path(), &args, format!("{rows}3,lucia.marquez@acme-olvido.es\r\n").as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (1, rows));
    let header = "id,lucia.marquez@acme-olvido.es\r\n1,printer\r\n2,screen\r\n";
    let run = gate_stdin(home.path(), &args, header.as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (1, ""));
    let document = "{\"note\":\"lucia.marquez@acme-olvido.es\",\"tickets\":[{\"id\":1},{\"id\":2}]}";
    let run = gate_stdin(home.path(), &args, document.as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (1, ""));
    let document =
        "{\"note\":\"none\",\"tickets\":[{\"id\":1,\"subject\":\"a\"},{\"id\":2,\"subject\":\"b\"}]}";
    let run = gate_stdin(home.path(), &args, document.as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (0, document), "{}", run.stderr);
    let broken = &document[..document.len() - 3];
    let run = gate_stdin(home.path(), &args, broken.as_bytes());
    assert_eq!((run.status, run.stdout.as_str()), (3, ""), "{}", run.stderr);
}

#[test]
fn a_stream_is_redacted_record_by_record() {
    let home = folder();
    manifest(home.path(), &[]);
    let args = ["--manifest", "manifest.json", "--stream", "--redact", "--lang", "en"];
    let run = gate_stdin(home.path(), &args, format!("{CLEAN}{DIRTY}").as_bytes());
    let wanted = format!("{CLEAN}{}", DIRTY.replace("lucia.marquez@acme-olvido.es", "[e-mail address]"));
    assert_eq!((run.status, run.stdout.as_str()), (0, wanted.as_str()), "{}", run.stderr);
    // What redaction does not mend still ends the stream.
    let hash = "{\"id\":5,\"email\":\"5d41402abc4b2a76b9719d911017c592\"}\n";
    let run = gate_stdin(home.path(), &args, format!("{CLEAN}{hash}{DIRTY}").as_bytes());
    assert!(run.status == 1 || !run.stdout.contains("5d41402a"), "{}", run.stdout);
}

#[test]
fn a_redacted_export_gets_its_name_only_when_it_may_leave() {
    let home = folder();
    manifest(home.path(), &[]);
    export(home.path(), &format!("{CLEAN}{DIRTY}"));
    let args = [
        "export/tickets.ndjson",
        "--manifest",
        "manifest.json",
        "--redact",
        "--out",
        "clean.ndjson",
        "--lang",
        "en",
    ];
    let run = gate(home.path(), &args);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let clean = fs::read_to_string(home.path().join("clean.ndjson")).unwrap();
    assert!(
        clean.starts_with(CLEAN) && clean.contains("[e-mail address]") && !clean.contains("lucia"),
        "{clean}"
    );
    for gone in ["clean.ndjson.partial", "clean.ndjson.olvido-stage"] {
        assert!(!home.path().join(gone).exists(), "{gone}");
    }
    assert!(home.path().join("clean.ndjson.olvido-manifest.json").exists());
    // Numbered people are no data, so redaction leaves them; the gate does not let them pass.
    export(
        home.path(),
        "{\"requester\":\"User 1\"}\n{\"requester\":\"User 2\"}\n{\"requester\":\"User 3\"}\n",
    );
    let args = ["export/tickets.ndjson", "--manifest", "manifest.json", "--redact", "--out", "second.ndjson"];
    let run = gate(home.path(), &args);
    let second = fs::read_to_string(home.path().join("second.ndjson.partial"));
    assert!(run.status == 1 || !second.is_ok_and(|text| text.contains("User 1")), "{}", run.stdout);
    assert!(!home.path().join("second.ndjson").exists());
    assert_eq!(gate(home.path(), &args).status, 2, "what a refused run left is not overwritten");
}

#[cfg(unix)]
#[test]
fn what_waits_behind_the_gate_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = folder();
    manifest_with(home.path(), &[], |manifest| manifest["complete"] = json!(false));
    export(home.path(), DIRTY);
    let args = ["export/tickets.ndjson", "--manifest", "manifest.json", "--redact", "--out", "x.json"];
    assert_eq!(gate(home.path(), &args).status, 1);
    let mode = fs::metadata(home.path().join("x.json.partial")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!home.path().join("x.json").exists());
}

#[test]
fn a_folder_and_a_pipe_are_redacted_behind_the_gate() {
    let home = folder();
    manifest(home.path(), &[]);
    export(home.path(), &format!("{CLEAN}{DIRTY}"));
    let run = gate(home.path(), &["export", "--manifest", "manifest.json", "--redact", "--out", "clean"]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert!(!fs::read_to_string(home.path().join("clean/tickets.ndjson")).unwrap().contains("lucia"));
    let args = ["--manifest", "manifest.json", "--redact", "--out", "piped.ndjson"];
    let run = gate_stdin(home.path(), &args, format!("{CLEAN}{DIRTY}").as_bytes());
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert!(!fs::read_to_string(home.path().join("piped.ndjson")).unwrap().contains("lucia"));
    put(home.path(), "export/a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    let run = gate(home.path(), &["export", "--manifest", "manifest.json", "--redact", "--out", "third"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(!home.path().join("third").exists());
}

#[test]
fn wrong_use_is_told_before_anything_is_read() {
    let home = folder();
    manifest(home.path(), &[]);
    export(home.path(), CLEAN);
    for args in [
        &["export", "--redact"][..],
        &["export", "--out", "x"],
        &["export", "--stream", "--manifest", "manifest.json"],
        &["export", "--only-new"],
        &["export", "--baseline", "gone.jsonl"],
        &["export", "--pack", "no-such-pack"],
        &["export", "--redact", "--out", "export/x"],
        &["export", "-o", "junit=nowhere/x.xml"],
    ] {
        let run = gate(home.path(), args);
        assert_eq!(run.status, 2, "{args:?}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_baseline_labels_and_excuses_only_when_told() {
    let home = folder();
    let key = format!("{}\n", "0b".repeat(32));
    put(home.path(), "key.hex", &key);
    put(home.path(), "other.hex", format!("{}\n", "0c".repeat(32)));
    manifest(home.path(), &[]);
    let secret = |id: u32| format!("{{\"id\":\"t{id}\",\"body\":\"the password is: Tr0ub4dor&{id}xyz\"}}\n");
    export(home.path(), &format!("{}{}", secret(1), secret(2)));
    let with = |more: &[&str]| {
        let args = ["export", "--manifest", "manifest.json", "--pack", "gdpr-core", "--key", "key.hex"];
        let all: Vec<&str> = args.iter().chain(more).copied().collect();
        gate(home.path(), &all)
    };
    let first = with(&["-o", "jsonl=base.jsonl"]);
    assert_eq!(first.status, 1);
    let again = with(&["--baseline", "base.jsonl", "--format", "jsonl"]);
    assert_eq!(again.status, 1, "labels excuse nothing");
    assert!(again.of_type("finding").iter().all(|line| line["baseline"] == "same"), "{}", again.stdout);
    let counts = &again.summary()["baseline"];
    assert_eq!((&counts["new"], &counts["gone"]), (&json!(0), &json!(0)), "{counts}");
    assert!(counts["same"].as_u64().unwrap() > 2);
    assert_eq!(with(&["--baseline", "base.jsonl", "--only-new"]).status, 0);
    // The records have no id: another secret in the place of a known one is new, a known one elsewhere is not.
    export(home.path(), &format!("{}{}", secret(2), secret(3)));
    let changed = with(&["--baseline", "base.jsonl", "--only-new", "--format", "jsonl"]);
    assert_eq!(changed.status, 1);
    let of = |label: &str| {
        let lines = changed.of_type("finding").into_iter();
        let mut ids: Vec<String> = lines
            .filter(|line| line["rule"] == "secrets/credential-in-ticket" && line["baseline"] == label)
            .map(|line| line["record"]["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    assert_eq!((of("new"), of("same")), (vec!["#1".to_owned()], vec!["#0".to_owned()]), "{}", changed.stdout);
    assert!(changed.summary()["baseline"]["gone"].as_u64().unwrap() >= 1);
    let sarif = with(&["--baseline", "base.jsonl", "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let states: Vec<&Value> =
        sarif["runs"][0]["results"].as_array().unwrap().iter().map(|r| &r["baselineState"]).collect();
    assert!(states.contains(&&json!("new")) && states.contains(&&json!("unchanged")), "{states:?}");
    // Another key, no key, no lines: nothing is compared by chance.
    let under = |key: &[&str], file: &str| {
        let all: Vec<&str> = ["export", "--baseline", file].iter().chain(key).copied().collect();
        gate(home.path(), &all)
    };
    let other = under(&["--key", "other.hex"], "base.jsonl");
    assert_eq!(other.status, 2);
    assert!(other.stderr.contains("baseline-other-key"), "{}", other.stderr);
    assert_eq!(under(&[], "base.jsonl").status, 2);
    assert_eq!(under(&["--key", "key.hex"], "export/tickets.ndjson").status, 2);
    let keyless = gate(home.path(), &["export", "-o", "jsonl=keyless.jsonl"]);
    assert_eq!(keyless.status, 1);
    assert_eq!(under(&["--key", "key.hex"], "keyless.jsonl").status, 2);
}

fn endless(home: &Path, args: &[&str]) -> std::process::Child {
    let mut all = vec!["gate", "-", "--as-of", AS_OF, "--manifest", "manifest.json", "--stream"];
    all.extend(args);
    olvido(home)
        .args(all)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Feeds lines until the program reads no more; gives how many bytes it took.
fn feed(mut pipe: std::process::ChildStdin, most: usize) -> std::thread::JoinHandle<usize> {
    std::thread::spawn(move || {
        let block = CLEAN.repeat(4_000);
        let mut fed = 0;
        while fed < most && pipe.write_all(block.as_bytes()).is_ok() {
            fed += block.len();
        }
        fed
    })
}

#[test]
fn a_pipe_into_head_ends_the_stream_without_a_word() {
    let home = folder();
    manifest(home.path(), &[]);
    for args in [&[][..], &["--redact"]] {
        let mut child = endless(home.path(), args);
        let fed = feed(child.stdin.take().unwrap(), usize::MAX);
        let mut first = vec![0; CLEAN.len()];
        child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        assert_eq!(first, CLEAN.as_bytes());
        drop(child.stdout.take());
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it goes on although nobody reads");
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(3), ""));
        fed.join().unwrap();
    }
}

/// Kilobytes of memory in use at most so far.
#[cfg(target_os = "linux")]
fn peak(child: &std::process::Child) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded_however_long_the_stream() {
    let home = folder();
    manifest(home.path(), &[]);
    let mut child = endless(home.path(), &["--threads", "2"]);
    let fed = feed(child.stdin.take().unwrap(), 120 << 20);
    let mut out = child.stdout.take().unwrap();
    let (mut passed, mut early, mut measured) = (0usize, 0, false);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = out.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        passed += read;
        if early == 0 && passed > 20 << 20 {
            early = peak(&child);
        }
        if passed > 110 << 20 && early > 0 && !measured {
            let late = peak(&child);
            // A hundred megabytes more must not cost twenty.
            assert!(late < early + 20_000, "{early} kB after 20 MB, {late} kB after 110 MB");
            measured = true;
        }
    }
    assert!(measured, "the stream was long enough to measure");
    assert_eq!(passed, fed.join().unwrap());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn every_report_of_a_gate_is_written_and_tells_no_datum() {
    let home = folder();
    manifest(home.path(), &[]);
    export(home.path(), &format!("{CLEAN}{DIRTY}"));
    let formats = ["jsonl", "sarif", "csv", "junit", "markdown", "github", "gitlab"];
    let outputs: Vec<String> = formats.iter().map(|format| format!("{format}=report.{format}")).collect();
    let mut args = vec!["export", "--manifest", "manifest.json"];
    outputs.iter().for_each(|output| args.extend(["-o", output]));
    let run = gate(home.path(), &args);
    assert_eq!(run.status, 1);
    for format in formats {
        let text = fs::read_to_string(home.path().join(format!("report.{format}"))).unwrap();
        assert!(text.contains("untreated"), "{format}: {text}");
        assert!(!text.contains("lucia"), "{format}");
    }
}

/// `cat` is there on every system these tests are for; what goes through a real pipe is the same.
#[test]
fn a_stream_through_a_shell_pipe_is_byte_for_byte() {
    if Command::new("sh").arg("-c").arg("true").status().is_err() {
        println!("skipped: there is no shell");
        return;
    }
    let home = folder();
    manifest(home.path(), &[]);
    export(home.path(), &CLEAN.repeat(30_000));
    let program = env!("CARGO_BIN_EXE_olvido");
    let script = format!(
        "cat export/tickets.ndjson | '{program}' gate - --as-of {AS_OF} --manifest manifest.json --stream | cat > out"
    );
    let status = Command::new("sh").arg("-c").arg(script).current_dir(home.path()).status().unwrap();
    assert!(status.success());
    assert!(fs::read(home.path().join("out")).unwrap() == CLEAN.repeat(30_000).as_bytes());
}
