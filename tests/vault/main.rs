//! `olvido vault` as a user runs it: sealing, forgetting, proving, and everything that goes wrong.

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

mod holds;
mod kills;
mod minima;
mod proofs;
mod recovery;
mod secrets;
use secrets::holding;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Run, copy_tree, folder, olvido, project, put, run};

/// Made-up people: Ana asks, Bea is named in Ana's ticket and asks herself.
const USERS: &str = r#"{"users":[
 {"id":71,"name":"Ana Prueba Ficticia","email":"ana.prueba@example.com","role":"end-user"},
 {"id":72,"name":"Bea Ejemplo Inventada","email":"bea.ejemplo@example.org","role":"end-user"}]}"#;
const TICKETS: &str = concat!(
    r#"{"id":801,"url":"https://acme.zendesk.com/api/v2/tickets/801.json","subject":"Factura","description":"Escribo por bea.ejemplo@example.org","requester_id":71,"status":"closed","created_at":"2024-01-02T00:00:00Z"}"#,
    "\n",
    r#"{"id":802,"url":"https://acme.zendesk.com/api/v2/tickets/802.json","subject":"Pedido","description":"Lo pidió ana.prueba@example.com ayer","requester_id":72,"status":"closed","created_at":"2024-01-03T00:00:00Z"}"#,
    "\n"
);

fn small(home: &Path) -> PathBuf {
    let archive = home.join("archive");
    put(&archive, "users.json", USERS);
    put(&archive, "tickets.ndjson", TICKETS);
    put(&archive, "empty.txt", "");
    fs::create_dir(archive.join("hollow")).unwrap();
    archive
}

fn ok(run: &Run) -> &str {
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    &run.stdout
}

fn init(home: &Path, more: &[&str]) {
    let keys = format!("key-file:{}", home.join("keys").display());
    let args = ["vault", "init", "v", "--holder", &keys, "--cooling-off", "0"];
    ok(&run(home, &[&args[..], more].concat()));
}

fn seal(home: &Path, archive: &Path) -> Run {
    run(home, &["vault", "seal", "v", archive.to_str().unwrap(), "-q"])
}

fn archive_id(home: &Path) -> String {
    ok(&run(home, &["vault", "list", "v"])).lines().last().unwrap().split(' ').next().unwrap().to_owned()
}

fn public_key(home: &Path) -> String {
    let settings: Value = serde_json::from_slice(&fs::read(home.join("v/vault.json")).unwrap()).unwrap();
    settings["public_key"].as_str().unwrap().to_owned()
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
        let entry = entry.unwrap();
        let name = entry.path().strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
        let bytes = if entry.file_type().is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
        out.push((name, bytes));
    }
    out
}

fn plan(home: &Path, list: &str) {
    put(home, "people.txt", list);
    let args =
        ["vault", "shred", "v", "--subjects", "people.txt", "--plan", "plan.json", "--requester", "Desk"];
    ok(&run(home, &args));
}

fn apply(home: &Path, more: &[&str]) -> Run {
    let args =
        ["vault", "shred", "v", "--apply", "plan.json", "--executor", "Eva", "--certificate", "cert.json"];
    run(home, &[&args[..], more].concat())
}

fn unseal(home: &Path, out: &str) -> Run {
    run(home, &["vault", "unseal", "v", &archive_id(home), "--out", out])
}

#[test]
fn every_fixture_archive_comes_back_byte_by_byte() {
    let home = folder();
    let home = home.path();
    init(home, &[]);
    let mut names: Vec<PathBuf> =
        fs::read_dir(project("fixtures")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.is_dir());
    names.sort();
    assert!(names.len() > 5);
    for (number, fixture) in names.iter().enumerate() {
        let archive = home.join(format!("in-{number}"));
        copy_tree(fixture, &archive);
        let sealed = seal(home, &archive);
        // 3: something inside could not be read and is sealed whole.
        let name = fixture.display();
        assert!([0, 3].contains(&sealed.status), "{name}: {}{}", sealed.stdout, sealed.stderr);
        ok(&unseal(home, &format!("out-{number}")));
        assert!(files(&archive) == files(&home.join(format!("out-{number}"))), "{name}");
    }
    ok(&run(home, &["vault", "verify", "v"]));
}

#[test]
fn a_person_is_forgotten_everywhere_and_nobody_else_is() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    ok(&seal(home, &archive));
    let old = fs::read(home.join("v/keys.0")).unwrap();
    plan(home, "email: ANA.prueba@example.com\n");
    let done = apply(home, &[]);
    assert!(ok(&done).contains("assurance C"), "{}", done.stdout);
    ok(&unseal(home, "out"));
    let all: String =
        files(&home.join("out")).into_iter().map(|(_, b)| String::from_utf8(b).unwrap()).collect();
    assert!(!all.to_lowercase().contains("ana"), "{all}");
    assert!(!all.contains("801"), "{all}");
    let tickets = fs::read_to_string(home.join("out/tickets.ndjson")).unwrap();
    let ticket: Value = serde_json::from_str(tickets.trim_end()).unwrap();
    assert_eq!(ticket["description"], "Lo pidió [forgotten] ayer");
    let users: Value = serde_json::from_slice(&fs::read(home.join("out/users.json")).unwrap()).unwrap();
    assert_eq!(users["users"][0], Value::Null);
    assert_eq!(users["users"][1]["email"], "bea.ejemplo@example.org");
    // An old copy of the key file put back opens nothing.
    fs::write(home.join("v/keys.0"), &old).unwrap();
    ok(&unseal(home, "out2"));
    assert!(files(&home.join("out")) == files(&home.join("out2")));
    fs::write(home.join("v/keys.1"), &old).unwrap();
    let refused = unseal_at(home, "out3");
    assert_eq!(refused.status, 4);
    assert!(refused.stderr.contains("keyfile-differs"), "{}", refused.stderr);
}

/// With an id that need not be asked for.
fn unseal_at(home: &Path, out: &str) -> Run {
    let name = fs::read_dir(home.join("v/archives")).unwrap().next().unwrap().unwrap().file_name();
    let id = name.to_str().unwrap().trim_end_matches(".sealed").to_owned();
    run(home, &["vault", "unseal", "v", &id, "--out", out])
}

#[test]
fn records_are_forgotten_by_their_ids_and_shredding_is_repeatable() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    ok(&seal(home, &archive));
    put(home, "records.txt", "record: ticket zendesk 802\n");
    let args =
        ["vault", "shred", "v", "--records", "records.txt", "--plan", "plan.json", "--requester", "Desk"];
    let planned = run(home, &args);
    ok(&planned);
    ok(&apply(home, &[]));
    ok(&unseal(home, "out"));
    let tickets = fs::read_to_string(home.join("out/tickets.ndjson")).unwrap();
    assert!(tickets.contains("801") && !tickets.contains("802"), "{tickets}");
    // The same plan again: the vault is not as it was planned.
    let again = apply(home, &[]);
    assert_eq!((again.status, again.stderr.contains("plan-differs")), (4, true), "{}", again.stderr);
}

#[test]
fn approvals_are_counted_by_people_and_checked() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    let ana = ok(&run(home, &["vault", "approver", "one.key"])).trim().to_owned();
    let other = ok(&run(home, &["vault", "approver", "two.key"])).trim().to_owned();
    let (one, two) = (format!("Uno={ana}"), format!("Dos={other}"));
    init(home, &["--approver", &one, "--approver", &two, "--approvals", "2"]);
    ok(&seal(home, &archive));
    plan(home, "id: zendesk 71\n");
    let refused = |more: &[&str], code: &str| {
        let run = apply(home, more);
        assert_eq!(
            (run.status, run.stderr.contains(code)),
            (4, true),
            "{code}: {}{}",
            run.stdout,
            run.stderr
        );
    };
    refused(&[], "approval-missing");
    ok(&run(home, &["vault", "approve", "plan.json", "--name", "Uno", "--approver-key", "one.key"]));
    ok(&run(home, &["vault", "approve", "plan.json", "--name", "Uno", "--approver-key", "one.key"]));
    refused(&[], "approval-missing");
    ok(&run(home, &["vault", "approve", "plan.json", "--name", "Uno", "--approver-key", "two.key"]));
    refused(&[], "approval-invalid");
    plan(home, "id: zendesk 71\n");
    for (name, key) in [("Uno", "one.key"), ("Dos", "two.key")] {
        ok(&run(home, &["vault", "approve", "plan.json", "--name", name, "--approver-key", key]));
    }
    ok(&apply(home, &[]));
}

#[test]
fn a_hold_a_changed_plan_and_a_cooling_off_refuse() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    let key = ok(&run(home, &["vault", "approver", "one.key"])).trim().to_owned();
    init(home, &["--approver", &format!("Uno={key}"), "--approvals", "1"]);
    ok(&seal(home, &archive));
    plan(home, "email: ana.prueba@example.com\n");
    let own = run(home, &["vault", "approve", "plan.json", "--name", "Desk", "--approver-key", "one.key"]);
    assert_eq!((own.status, own.stderr.contains("approval-own")), (2, true));
    ok(&run(home, &["vault", "approve", "plan.json", "--name", "Uno", "--approver-key", "one.key"]));
    let code = |run: Run, status: i32, code: &str| {
        assert_eq!(
            (run.status, run.stderr.contains(code)),
            (status, true),
            "{code}: {}{}",
            run.stdout,
            run.stderr
        );
    };
    put(home, "holds.txt", "# H-1\nrecord: ticket zendesk 801\n");
    code(apply(home, &["--holds", "holds.txt"]), 4, "plan-held");
    code(apply(home, &["--holds", "none.txt"]), 4, "holds-unreadable");
    put(home, "holds.txt", "ticket 801\n");
    code(apply(home, &["--holds", "holds.txt"]), 4, "list-malformed");
    let text = fs::read_to_string(home.join("plan.json")).unwrap();
    put(home, "plan.json", text.replace("\"ground\":\"\"", "\"ground\":\"other\""));
    code(apply(home, &[]), 4, "approval-invalid");
    put(home, "plan.json", text.replace("\"not_before\":\"20", "\"not_before\":\"30"));
    code(apply(home, &[]), 4, "approval-invalid");
    let by_approver = run(home, &["vault", "shred", "v", "--apply", "plan.json", "--executor", "Uno"]);
    code(by_approver, 4, "executor-approves");
    put(home, "plan.json", &text);
    put(home, "holds.txt", "record: ticket zendesk 899\n");
    ok(&apply(home, &["--holds", "holds.txt"]));
    // A vault with a week of cooling-off.
    let keys = format!("key-file:{}", home.join("keys2").display());
    ok(&run(home, &["vault", "init", "w", "--holder", &keys]));
    ok(&run(home, &["vault", "seal", "w", archive.to_str().unwrap(), "-q"]));
    let args =
        ["vault", "shred", "w", "--subjects", "people.txt", "--plan", "plan2.json", "--requester", "Desk"];
    ok(&run(home, &args));
    let early = run(home, &["vault", "shred", "w", "--apply", "plan2.json", "--executor", "Eva"]);
    code(early, 4, "plan-cooling-off");
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_the_right_one_does() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    put(home, "right", "una frase bastante larga\n");
    put(home, "wrong", "otra frase bastante larga\n");
    put(home, "short", "corta\n");
    let holder = format!("passphrase:{}", home.join("words").display());
    let with = |args: &[&str], file: &str| run(home, &[args, &["--passphrase-file", file]].concat());
    assert_eq!(with(&["vault", "init", "v", "--holder", &holder], "short").status, 2);
    ok(&with(&["vault", "init", "v", "--holder", &holder], "right"));
    ok(&with(&["vault", "seal", "v", archive.to_str().unwrap(), "-q"], "right"));
    let before = files(&home.join("v"));
    for args in [&["vault", "list", "v"][..], &["vault", "rotate", "v"], &["vault", "status", "v"]] {
        let refused = with(args, "wrong");
        assert_eq!(
            (refused.status, refused.stderr.contains("the passphrase is wrong")),
            (4, true),
            "{}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("frase bastante"));
    }
    assert!(files(&home.join("v")) == before);
    ok(&with(&["vault", "rotate", "v"], "right"));
    ok(&with(&["vault", "verify", "v"], "right"));
}

/// Starts the stand-in for a transit engine; none where Python or its `cryptography` is missing.
fn transit() -> Option<(Guard, String)> {
    let there = Command::new("python3")
        .args(["-c", "import cryptography"])
        .output()
        .is_ok_and(|o| o.status.success());
    if !there {
        support::skipped("python3 with the package cryptography is not installed");
        return None;
    }
    let mut server = Command::new("python3")
        .arg(project("tests/holders/transit_server.py"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Guard)
        .unwrap();
    let mut port = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    Some((server, port.trim().to_owned()))
}

struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_transit_engine_keeps_the_key_and_destroys_it_at_level_a() {
    let Some((_server, port)) = transit() else { return };
    let home = folder();
    let home = home.path();
    let archive = small(home);
    put(home, "token", "stand-in-token\n");
    let script = project("policies/holders/transit.py");
    let holder = format!(
        "command:python3 {} http://127.0.0.1:{port} {}",
        script.display(),
        home.join("token").display()
    );
    ok(&run(home, &["vault", "init", "v", "--holder", &holder, "--cooling-off", "0"]));
    ok(&seal(home, &archive));
    plan(home, "email: ana.prueba@example.com\n");
    copy_tree(&home.join("v"), &home.join("old"));
    assert!(ok(&apply(home, &[])).contains("assurance A"));
    let status = run(home, &["vault", "status", "v"]);
    assert!(ok(&status).contains("active; assurance A"), "{}", status.stdout);
    ok(&unseal(home, "out"));
    // Everything of the moment before the shred, put back together: the engine refuses.
    let old = home.join("old");
    fs::rename(home.join("v"), home.join("now")).unwrap();
    fs::rename(&old, home.join("v")).unwrap();
    let dead = run(home, &["vault", "list", "v"]);
    assert_eq!((dead.status, dead.stderr.contains("holder-refused")), (4, true), "{}", dead.stderr);
    fs::remove_dir_all(home.join("v")).unwrap();
    fs::rename(home.join("now"), home.join("v")).unwrap();
    put(home, "token", "no such token\n");
    let silent = run(home, &["vault", "list", "v"]);
    assert_eq!((silent.status, silent.stderr.contains("holder-silent")), (4, true), "{}", silent.stderr);
}

#[test]
fn a_holder_that_hangs_stops_nothing_for_long_and_destroys_nothing() {
    let home = folder();
    let home = home.path();
    put(home, "hang.sh", "#!/bin/sh\nsleep 60\n");
    let holder = format!("command:sh {}", home.join("hang.sh").display());
    let began = Instant::now();
    let refused = run(home, &["vault", "init", "v", "--holder", &holder, "--patience", "1"]);
    assert_eq!((refused.status, refused.stderr.contains("holder-silent")), (4, true), "{}", refused.stderr);
    assert!(began.elapsed() < Duration::from_secs(20));
    assert!(!home.join("v/vault.json").exists());
}

#[test]
fn damage_is_refused_and_two_processes_do_not_meet() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    ok(&seal(home, &archive));
    let code = |run: Run, code: &str| {
        assert_eq!(
            (run.status, run.stderr.contains(code)),
            (4, true),
            "{code}: {}{}",
            run.stdout,
            run.stderr
        );
    };
    let held = fs::File::options().write(true).open(home.join("v/lock")).unwrap();
    held.lock().unwrap();
    code(run(home, &["vault", "rotate", "v"]), "vault-busy");
    drop(held);
    let damage = |name: &str, at: usize| {
        let path = home.join("v").join(name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        let at = if at == usize::MAX { bad.len() - 2 } else { at };
        bad[at] ^= 1;
        fs::write(&path, bad).unwrap();
        (path, good)
    };
    for (name, at, wanted) in [
        ("keys.0", usize::MAX, "keyfile-differs"),
        ("ledger.head", 30, "ledger-damaged"),
        ("ledger.leaves", 3, "ledger-damaged"),
        ("CURRENT", 0, "vault-rolled-back"),
    ] {
        let (path, good) = damage(name, at);
        code(run(home, &["vault", "verify", "v"]), wanted);
        fs::write(path, good).unwrap();
    }
    let (path, good) = damage("ledger.entries", 20);
    code(run(home, &["ledger", "verify", "v"]), "ledger-damaged");
    fs::write(path, good).unwrap();
    let sealed = format!("archives/{}.sealed", archive_id(home));
    let (path, good) = damage(&sealed, good_middle(home, &sealed));
    code(unseal_at(home, "out"), "archive-damaged");
    assert!(!home.join("out").exists());
    fs::write(path, good).unwrap();
    ok(&run(home, &["ledger", "verify", "v"]));
    ok(&run(home, &["vault", "verify", "v"]));
    assert_eq!(run(home, &["vault", "list", "archive"]).status, 2);
    assert_eq!(run(home, &["ledger", "show", "archive"]).status, 2);
    assert_eq!(run(home, &["vault", "shred", "v"]).status, 2);
    assert_eq!(run(home, &["vault", "unseal", "v", "zzzz", "--out", "x"]).status, 2);
    put(home, "people.txt", "email: nobody@example.net\n");
    let args = ["vault", "shred", "v", "--subjects", "people.txt", "--plan", "p", "--requester", "Desk"];
    code(run(home, &args), "plan-empty");
}

fn good_middle(home: &Path, name: &str) -> usize {
    fs::metadata(home.join("v").join(name)).unwrap().len() as usize / 2
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_read() {
    let home = folder();
    let home = home.path();
    small(home);
    let two = |args: &[&str], code: &str| {
        let run = run(home, args);
        assert_eq!((run.status, run.stderr.contains(code)), (2, true), "{args:?}: {}", run.stderr);
    };
    two(&["vault", "init", "v", "--holder", "nothing"], "holder-malformed");
    two(&["vault", "init", "v", "--holder", "magic:x"], "holder-malformed");
    two(&["vault", "init", "v", "--holder", "key-file:v/keys"], "holder-inside");
    two(&["vault", "init", "v", "--holder", "elsewhere:keys"], "holder-same-medium");
    two(&["vault", "init", "v", "--holder", "key-file:k", "--approvals", "1"], "vault-settings");
    two(&["vault", "init", "v", "--holder", "key-file:k", "--approver", "Ana=zz"], "vault-settings");
    init(home, &[]);
    two(&["vault", "seal", "v", "-"], "seal-stdin");
    two(&["vault", "shred", "v", "--apply", "none.json"], "file-unreadable");
    put(home, "junk.json", "{}");
    two(&["vault", "shred", "v", "--apply", "junk.json"], "plan-malformed");
    two(&["vault", "shred", "v", "--apply", "junk.json", "--lang", "xx"], "lang-unknown");
    let again = run(home, &["vault", "init", "v", "--holder", "key-file:k"]);
    assert_eq!((again.status, again.stderr.contains("vault-exists")), (4, true), "{}", again.stderr);
    let inside = run(home, &["vault", "seal", "v", ".", "-q"]);
    assert_eq!((inside.status, inside.stderr.contains("seal-vault")), (4, true), "{}", inside.stderr);
    let mut list = put_file(home, "people.txt");
    list.write_all(b"email: x\n").unwrap();
    let args = ["vault", "shred", "v", "--subjects", "people.txt", "--plan", "p", "--requester", "Desk"];
    two(&args, "list-malformed");
}

#[test]
fn what_is_left_out_of_a_sealed_archive_is_refused_or_told() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    init(home, &[]);
    // What a scan is told to leave out is part of the archive all the same.
    put(home, "olvido.yaml", "schema: olvido/config/v1\nignore: ['**/users.json']\n");
    ok(&seal(home, &archive));
    ok(&unseal(home, "out"));
    assert!(files(&home.join("out")) == files(&archive));
    fs::remove_file(home.join("olvido.yaml")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("users.json", archive.join("link")).unwrap();
        let refused = seal(home, &archive);
        assert_eq!((refused.status, refused.stderr.contains("seal-unread")), (4, true), "{}", refused.stderr);
        let told = run(home, &["vault", "seal", "v", archive.to_str().unwrap(), "-q", "--allow-gaps"]);
        assert_eq!(told.status, 3, "{}{}", told.stdout, told.stderr);
        assert!(told.stdout.contains("left out, NOT in the sealed archive: "), "{}", told.stdout);
        assert!(!told.stdout.contains("sealed whole"), "{}", told.stdout);
    }
}

fn put_file(home: &Path, name: &str) -> fs::File {
    fs::File::create(home.join(name)).unwrap()
}

#[test]
fn status_warns_of_one_holder_and_of_what_keeps_copies() {
    let home = folder();
    let home = home.path();
    let keys = format!("key-file:{}", home.join("keys").display());
    let made = run(home, &["vault", "init", "v", "--holder", &keys]);
    assert!(ok(&made).contains("public key") && made.stderr.contains("Two are better"), "{}", made.stderr);
    let status = |home: &Path| ok(&run(home, &["vault", "status", "v"])).to_owned();
    let plain = status(home);
    assert!(plain.contains("warning: one holder alone") && !plain.contains("version-controlled"), "{plain}");
    fs::create_dir(home.join(".git")).unwrap();
    let in_git = status(home);
    assert!(in_git.contains("warning: the vault lies in a version-controlled tree"), "{in_git}");
    assert!(
        in_git.contains("warning: holder key-file-1: its keys lie in a version-controlled tree"),
        "{in_git}"
    );
    let synced = home.join("Dropbox");
    fs::create_dir(&synced).unwrap();
    let two = [home.join("one"), home.join("two")].map(|folder| format!("key-file:{}", folder.display()));
    ok(&run(&synced, &["vault", "init", "v", "--holder", &two[0], "--holder", &two[1]]));
    let of_two = status(&synced);
    assert!(of_two.contains("synchronised folder") && !of_two.contains("one holder alone"), "{of_two}");
}

#[test]
fn a_mention_counts_only_where_its_record_stays() {
    let home = folder();
    let home = home.path();
    let archive = small(home);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("note.txt", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"bea.ejemplo@example.org llama otra vez").unwrap();
    put(&archive, "attachments/801/note.zip", zip.finish().unwrap().into_inner());
    init(home, &[]);
    ok(&seal(home, &archive));
    let planned = |person: &str| {
        put(home, "people.txt", format!("email: {person}\n"));
        let args =
            ["vault", "shred", "v", "--subjects", "people.txt", "--plan", "plan.json", "--requester", "Desk"];
        ok(&run(home, &args)).to_owned()
    };
    // The ticket with the container is Ana's, and goes with her.
    let ana = planned("ana.prueba@example.com");
    assert!(ana.contains("mention keys: 1") && !ana.contains("and stay"), "{ana}");
    let bea = planned("bea.ejemplo@example.org");
    assert!(bea.contains("records that name them inside a container and stay: 1"), "{bea}");
}
