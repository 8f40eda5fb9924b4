//! Bombs and damaged files: a gap for each, in time, in memory, and nothing written anywhere.

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
use std::process::Command;
use std::time::{Duration, Instant};

use support::{Run, folder, has_python, olvido, project, run, skipped};

/// KiB the process, or the largest of its children, may hold at once.
const MEMORY: u64 = 256 << 10;
/// Time for the whole set; optimised it takes seconds.
const TIME: Duration = Duration::from_secs(400);

fn made(home: &std::path::Path) -> BTreeMap<String, Vec<String>> {
    let bombs = home.join("bombs");
    std::fs::create_dir(&bombs).unwrap();
    let out = Command::new("python3").arg(project("fixtures/bombs/make.py")).arg(&bombs).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// Codes of gaps by the file they are of.
fn gaps(got: &Run) -> BTreeMap<String, BTreeSet<String>> {
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for gap in got.of_type("gap") {
        let path = gap["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        out.entry(path).or_default().insert(gap["code"].as_str().unwrap().to_owned());
    }
    out
}

#[test]
fn every_bomb_and_every_half_of_a_file_is_told() {
    if !has_python("zlib") {
        return skipped("Python makes the bombs");
    }
    let home = folder();
    let wanted = made(home.path());
    let begin = Instant::now();
    let got = run(home.path(), &["scan", "bombs", "--format", "jsonl", "--lang", "en", "--fail-on", "never"]);
    assert!(begin.elapsed() < TIME, "{:?}", begin.elapsed());
    assert_eq!(got.status, 3, "{}", got.stderr);
    let told = gaps(&got);
    let mut wrong = Vec::new();
    for (name, codes) in &wanted {
        let of = told.get(name);
        let right = match codes.as_slice() {
            [] => of.is_none_or(|of| !of.iter().any(|code| code.starts_with("reader-"))),
            [any] if any == "*" => of.is_some_and(|of| !of.is_empty()),
            codes => of.is_some_and(|of| codes.iter().any(|code| of.contains(code))),
        };
        if !right {
            wrong.push(format!("{name}: {of:?}, not {codes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!std::path::Path::new("/tmp/olvido-traversal").exists());
    assert!(!std::path::Path::new("/etc/olvido-absolute").exists());
}

#[test]
fn what_stands_beside_bombs_is_read() {
    if !has_python("zlib") {
        return skipped("Python makes the bombs");
    }
    let home = folder();
    made(home.path());
    for (name, address) in [
        ("zip", "behind-the-bomb@example.org"),
        ("traversal", "drive@example.org"),
        ("names0", "names@example.org"),
        ("dictionary1.7z", "dictionary@example.org"),
    ] {
        let path = format!("bombs/{name}");
        let got =
            run(home.path(), &["scan", &path, "--format", "jsonl", "--lang", "en", "--fail-on", "never"]);
        let found = got.of_type("detection").into_iter().any(|line| {
            line["category"] == "email-address"
                && line["end"].as_u64().unwrap() - line["start"].as_u64().unwrap() == address.len() as u64
        });
        assert!(found, "{name}: {}", got.stdout);
    }
}

/// What the process and its children hold is bounded.
#[cfg(target_os = "linux")]
#[test]
fn bombs_stay_within_memory() {
    if !has_python("resource") {
        return skipped("Python measures the memory");
    }
    let home = folder();
    made(home.path());
    let binary = olvido(home.path()).get_program().to_owned();
    let script = "import os, sys\npid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])\n_, status, usage = os.wait4(pid, 0)\nprint(os.waitstatus_to_exitcode(status), usage.ru_maxrss)\n";
    let out = Command::new("python3")
        .current_dir(home.path())
        .args(["-c", script])
        .arg(binary)
        .args([
            "scan",
            "bombs",
            "--format",
            "jsonl",
            "-o",
            "jsonl=out.jsonl",
            "--fail-on",
            "never",
            "--quiet",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    let last = said.lines().last().unwrap_or_default();
    let (status, most) = last.split_once(' ').unwrap_or_else(|| panic!("{said}"));
    assert_eq!(status, "3", "{said}");
    let most: u64 = most.parse().unwrap();
    println!("the process held {} MiB", most >> 10);
    assert!(most < MEMORY, "{} MiB", most >> 10);
}
