//! Redaction under bad conditions: killed, out of room, without permission; and held against parsers that are
//! not ours.
//!
//! A run of the tests kills eight times; `OLVIDO_KILLS=500 cargo test --test hardening -- --nocapture` is the
//! campaign.

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
#![cfg(unix)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{copy_tree, folder, olvido, project, put, run};

type Tree = BTreeMap<String, Vec<u8>>;

/// Every file below a folder with its bytes; nothing where there is no folder.
fn tree(dir: &Path) -> Tree {
    let mut out = Tree::new();
    for entry in walkdir::WalkDir::new(dir).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            out.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    out
}

/// A xorshift: kills need no better.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound.max(1)
    }
}

const FILES: usize = 24;

fn originals(home: &Path) {
    for at in 0..FILES {
        let text = match at % 3 {
            0 => format!("{{\"id\":{at},\"note\":\"write to user{at}@tienda-inventada.es\"}}\n"),
            1 => format!("nothing to see in file {at}\n"),
            _ => format!("IBAN ES9121000418450200051332 in file {at}\n"),
        };
        put(home, &format!("in/{}/file{at}.{}", at % 4, if at % 3 == 0 { "json" } else { "txt" }), text);
    }
}

fn in_place(home: &Path, more: &[&str]) -> Child {
    olvido(home)
        .args(["redact", "in", "--in-place", "--lang", "en", "--quiet", "--threads", "1"])
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

const KEEP: [&str; 2] = ["--keep-original", "old"];

/// Kills a run at a random moment: half of the time anywhere, half while files move.
fn kill(mut child: Child, home: &Path, whole: Duration, dice: &mut Dice) {
    let begun = Instant::now();
    if dice.below(2) == 0 {
        std::thread::sleep(Duration::from_micros(dice.below(whole.as_micros() as u64)));
    } else {
        let journal = home.join("in.olvido-journal");
        while !journal.exists() && child.try_wait().unwrap().is_none() && begun.elapsed() < 4 * whole {
            std::hint::spin_loop();
        }
        std::thread::sleep(Duration::from_micros(dice.below(12_000)));
    }
    // SIGKILL; a run that has ended is none to kill.
    let _ = child.kill();
    child.wait().unwrap();
}

/// What a user does after a stop: resume where a journal says so, else take the stopped run's folder away
/// and run again.
fn go_on(home: &Path) -> Child {
    if home.join("in.olvido-journal").exists() {
        return in_place(home, &["--resume"]);
    }
    for left in ["in.olvido-stage", "in.olvido-stage.partial"] {
        let _ = fs::remove_dir_all(home.join(left));
    }
    in_place(home, &KEEP)
}

/// Every byte of every original and, once files move, of every new file is somewhere.
fn nothing_is_lost(home: &Path, before: &Tree, wanted: &Tree) {
    let (now, kept, stage) =
        (tree(&home.join("in")), tree(&home.join("old")), tree(&home.join("in.olvido-stage")));
    for (name, bytes) in before {
        let safe = now.get(name) == Some(bytes) || kept.get(name) == Some(bytes);
        assert!(safe, "{name} is lost");
        if home.join("in.olvido-journal").exists() {
            let new = wanted.get(name);
            assert!(now.get(name) == new || stage.get(name) == new, "the new {name} is lost");
        }
    }
}

fn campaign(kills: u64) {
    let reference = folder();
    originals(reference.path());
    let before = tree(&reference.path().join("in"));
    let begun = Instant::now();
    assert_eq!(in_place(reference.path(), &KEEP).wait().unwrap().code(), Some(0));
    let whole = begun.elapsed();
    let (wanted, originals_kept) = (tree(&reference.path().join("in")), tree(&reference.path().join("old")));
    assert_eq!(originals_kept.len(), FILES - FILES / 3);
    let seed = std::env::var("OLVIDO_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed_0b1d_0001);
    let mut dice = Dice(seed);
    let (mut killed, mut moving, mut rounds) = (0u64, 0u64, 0u64);
    while killed < kills {
        rounds += 1;
        let home = folder();
        originals(home.path());
        let mut child = in_place(home.path(), &KEEP);
        // A run is killed, and so are some of those that go on with it.
        loop {
            kill(child, home.path(), whole, &mut dice);
            killed += 1;
            moving += u64::from(home.path().join("in.olvido-journal").exists());
            nothing_is_lost(home.path(), &before, &wanted);
            if tree(&home.path().join("in")) == wanted && !home.path().join("in.olvido-journal").exists() {
                break;
            }
            child = go_on(home.path());
            if killed >= kills || dice.below(3) > 0 {
                assert_eq!(child.wait().unwrap().code(), Some(0), "round {rounds}");
                break;
            }
        }
        assert!(tree(&home.path().join("in")) == wanted, "round {rounds}: another end");
        assert!(tree(&home.path().join("old")) == originals_kept, "round {rounds}: other originals");
        let left: Vec<String> = fs::read_dir(home.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("olvido-"))
            .collect();
        // A kill between the last rename and the last clean-up leaves at most the empty stage.
        assert!(left.iter().all(|name| !name.contains("journal")), "{left:?}");
    }
    println!("{killed} kills in {rounds} rounds, {moving} of them while files moved: nothing lost, one end");
}

#[test]
fn a_killed_run_loses_nothing_and_ends_the_same() {
    let kills = std::env::var("OLVIDO_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(8);
    campaign(kills);
}

/// Runs with a bound on the size of files: beyond it writing fails as on a full disk.
fn with_little_room(home: &Path, blocks: u32, arguments: &str) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_olvido");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec '{program}' {arguments}");
    let output =
        Command::new("sh").arg("-c").arg(script).current_dir(home).env("HOME", home).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_full_disk_stops_the_run_and_touches_nothing() {
    let home = folder();
    let line = "{\"id\":1,\"note\":\"write to user@tienda-inventada.es\"}\n";
    put(home.path(), "in/large.ndjson", line.repeat(20_000));
    put(home.path(), "in/small.txt", "user@tienda-inventada.es\n");
    put(
        home.path(),
        "manifest.json",
        r#"{"export_id":"1","purpose":"migration","recipient":"x","allowed_categories":[],"encrypted":true,"algorithm":"AES-256-GCM","complete":true,"contains_keys":false}"#,
    );
    let before = tree(&home.path().join("in"));
    for (arguments, out) in [
        ("redact in --out clean --quiet", "clean"),
        ("redact in --in-place --keep-original old --quiet", "old"),
        ("gate in/large.ndjson --manifest manifest.json --redact --out clean.ndjson --quiet", "clean.ndjson"),
    ] {
        let (status, said) = with_little_room(home.path(), 64, arguments);
        assert_eq!(status, Some(4), "{arguments}: {said}");
        assert!(said.contains("redact-stopped") && !said.contains("user@"), "{said}");
        assert!(tree(&home.path().join("in")) == before, "{arguments}");
        assert!(!home.path().join(out).exists(), "{arguments}");
        for name in ["clean.partial", "in.olvido-stage.partial", "clean.ndjson.olvido-stage"] {
            let _ = fs::remove_dir_all(home.path().join(name));
        }
    }
    let (status, _) = with_little_room(home.path(), 64, "gate in --quiet -o jsonl=report.jsonl");
    assert!(matches!(status, Some(1 | 4)), "{status:?}");
}

#[test]
fn a_target_that_takes_nothing_is_told() {
    let home = folder();
    put(home.path(), "in/a.txt", "user@tienda-inventada.es\n");
    // No user can make a file there, whoever runs the tests.
    for (target, exists) in [("/proc/olvido-clean", "/proc"), ("/sys/olvido-clean", "/sys")] {
        if !Path::new(exists).is_dir() {
            println!("SKIPPED: there is no {exists}");
            continue;
        }
        let done = run(home.path(), &["redact", "in", "--out", target]);
        assert!(matches!(done.status, 2 | 4), "{} {}", done.status, done.stderr);
        assert!(!done.stderr.contains("user@"));
    }
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir(home.path().join("sealed")).unwrap();
    fs::set_permissions(home.path().join("sealed"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::File::create(home.path().join("sealed/probe")).is_ok() {
        println!("SKIPPED: this user may write everywhere, so modes stop nothing");
        return;
    }
    let done = run(home.path(), &["redact", "in", "--out", "sealed/clean"]);
    assert!(matches!(done.status, 2 | 4), "{} {}", done.status, done.stderr);
    assert_eq!(fs::read(home.path().join("in/a.txt")).unwrap(), b"user@tienda-inventada.es\n");
}

#[test]
fn in_place_a_file_keeps_its_mode_owner_times_and_attributes() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let home = folder();
    let path = put(home.path(), "in/a.txt", "user@tienda-inventada.es\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let owned = std::os::unix::fs::chown(&path, Some(4321), Some(4321)).is_ok();
    if !owned {
        println!("SKIPPED for the owner: this user may not give files away");
    }
    // A list for one more user, as the kernel stores it: version 2, then tag, permissions and id of each entry.
    let mut list = 2u32.to_le_bytes().to_vec();
    for (tag, mode, id) in
        [(1u16, 6u16, u32::MAX), (2, 4, 1234), (4, 4, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)]
    {
        list.extend(tag.to_le_bytes());
        list.extend(mode.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    let attributes = [("system.posix_acl_access", list), ("user.case", b"4711".to_vec())];
    let set: Vec<_> = attributes
        .iter()
        .filter(|(name, value)| setxattr(&path, *name, value, XattrFlags::empty()).is_ok())
        .collect();
    if set.len() < attributes.len() {
        println!("SKIPPED for {} attributes: this file system has none", attributes.len() - set.len());
    }
    let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_234_567_890);
    let times = fs::FileTimes::new().set_modified(old).set_accessed(old);
    fs::File::open(&path).unwrap().set_times(times).unwrap();
    let before = fs::metadata(&path).unwrap();
    let done = run(home.path(), &["redact", "in", "--in-place", "--no-backup"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let after = fs::metadata(&path).unwrap();
    assert_ne!(before.ino(), after.ino(), "a new file, never the old one written over");
    assert_eq!((before.mode(), before.uid(), before.gid()), (after.mode(), after.uid(), after.gid()));
    assert_eq!(before.mtime(), after.mtime());
    for (name, value) in set {
        let mut now = vec![0; 256];
        let length = getxattr(&path, *name, now.as_mut_slice()).unwrap();
        assert_eq!(&now[..length], value.as_slice(), "{name}");
    }
}

/// Asks Python; none where there is no Python.
fn unchanged(before: &Path, after: &Path) -> Option<Value> {
    let script = project("tests/unchanged.py");
    match Command::new("python3").arg(script).arg(before).arg(after).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(serde_json::from_slice(&output.stdout).unwrap())
        }
        Err(_) => {
            println!("SKIPPED: there is no python3 to ask");
            None
        }
    }
}

#[test]
fn parsers_that_are_not_ours_find_everything_else_unchanged() {
    let home = folder();
    copy_tree(&project("fixtures/helpdesks/zendesk/archive"), &home.path().join("in/zendesk"));
    copy_tree(&project("fixtures/formats"), &home.path().join("in/formats"));
    for entry in walkdir::WalkDir::new(home.path().join("in")).into_iter().filter_map(Result::ok) {
        if entry.path().extension().is_some_and(|extension| extension == "wanted") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    let done = run(home.path(), &["redact", "in", "--out", "clean", "--lang", "en"]);
    assert!(matches!(done.status, 0 | 3), "{}{}", done.stdout, done.stderr);
    let Some(said) = unchanged(&home.path().join("in"), &home.path().join("clean")) else { return };
    assert_eq!(said["wrong"], serde_json::json!([]), "{said}");
    for kind in ["json", "ndjson", "csv", "mail", "mbox", "text"] {
        assert!(said["read"][kind].as_u64().unwrap_or(0) > 0, "{kind}: {said}");
    }
    // The script sees what it should: one digit more in a number, one word more in a text.
    for (name, from, to) in
        [("zendesk/tickets.json", "\"id\":", "\"id\":9"), ("zendesk/articles.json", "\": \"", "\": \"x ")]
    {
        let path = home.path().join("clean").join(name);
        let text = fs::read_to_string(&path).unwrap();
        if !text.contains(from) {
            continue;
        }
        put(home.path(), &format!("clean/{name}"), text.replacen(from, to, 1));
        let said = unchanged(&home.path().join("in"), &home.path().join("clean")).unwrap();
        assert!(!said["wrong"].as_array().unwrap().is_empty(), "{name} was changed and nobody saw it");
        put(home.path(), &format!("clean/{name}"), text);
    }
}
