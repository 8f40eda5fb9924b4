//! The speed of a purge as a user runs it: planning beside a scan of the same archive, applying in megabytes of
//! archive a second, and memory at a quarter of the size. `cargo bench --bench purge`.
//!
//! `OLVIDO_BENCH_TICKETS` says how many tickets (a million), `OLVIDO_BENCH_DIR` where files lie. Ratios are of
//! times measured in one run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark fails loudly"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use olvido::vault::{Secret, Signer};

/// One ticket in so many is past its period.
const EXPIRED: u64 = 20;

fn folder() -> tempfile::TempDir {
    match std::env::var_os("OLVIDO_BENCH_DIR") {
        Some(dir) => tempfile::tempdir_in(dir).unwrap(),
        None => tempfile::tempdir().unwrap(),
    }
}

/// Tickets with a text each, one a line; gives the bytes.
fn archive(path: &Path, tickets: u64) -> u64 {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut out = BufWriter::new(File::create(path).unwrap());
    for id in 1..=tickets {
        let year = if id % EXPIRED == 0 { 2016 } else { 2026 };
        let text = "The printer on the third floor does not answer, and nobody knows why. ".repeat(4);
        writeln!(
            out,
            r#"{{"id":{id},"subject":"Printer {id}","description":"{text}","requester_id":{},"submitter_id":{},"status":"closed","created_at":"2015-01-01T00:00:00Z","updated_at":"{year}-01-02T00:00:00Z","closed_at":"{year}-01-01T00:00:00Z","tags":["printer","floor-{}"],"via":{{"channel":"web"}},"url":"https://example.zendesk.com/api/v2/tickets/{id}.json"}}"#,
            id % 5000,
            id % 5000,
            id % 9
        )
        .unwrap();
    }
    out.flush().unwrap();
    std::fs::metadata(path).unwrap().len()
}

fn project(home: &Path) {
    let put = |name: &str, text: &str| std::fs::write(home.join(name), text).unwrap();
    put(
        "retention.yaml",
        "schema: olvido/retention/v1\napproved_by: DPO\napproved_on: 2026-01-01\nkinds:\n  - {id: request, on: ticket, keep: P3Y, source: decision 7}\n",
    );
    put("olvido.yaml", "schema: olvido/config/v1\nschedule: retention.yaml\njurisdictions: [fr]\n");
    let mut rows = String::new();
    for (name, byte) in [("legal", 1u8), ("dpo", 2)] {
        let seed = [byte; 32];
        let public = Signer::new(&Secret::new(&seed)).ok().unwrap().public().to_hex();
        put(&format!("{name}.key"), &format!("{byte:02x}").repeat(32));
        rows.push_str(&format!("  - {{name: {name}, key: '{public}'}}\n"));
    }
    put("approvers.yaml", &format!("schema: olvido/approvers/v1\ncooling_off_days: 0\napprovers:\n{rows}"));
}

/// Seconds and the largest resident memory in megabytes.
struct Measured {
    seconds: f64,
    memory: f64,
}

/// Runs the program to its end.
fn run(home: &Path, args: &[&str]) -> Measured {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_olvido"))
        .args(args)
        .env_clear()
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0u64;
    let code = loop {
        let now = std::fs::read_to_string(&status).unwrap_or_default();
        let line = now.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
        if let Some(ended) = child.try_wait().unwrap() {
            break ended.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(matches!(code, Some(0 | 1 | 3)), "{args:?}: {code:?}");
    Measured { seconds: began.elapsed().as_secs_f64(), memory: peak as f64 / 1024.0 }
}

struct Figures {
    bytes: u64,
    scan: Measured,
    plan: Measured,
    apply: Measured,
    restore: Measured,
}

fn campaign(tickets: u64) -> Figures {
    let home = folder();
    let home = home.path();
    let bytes = archive(&home.join("archive/tickets.ndjson"), tickets);
    project(home);
    run(home, &["key", "create"]);
    let plan = ["purge", "plan", "archive", "--by", "ana", "-o", "plan.json", "-q"];
    // The first reading fills the cache for both.
    run(home, &["survey", "archive", "-o", "context.json", "-q"]);
    let scan = run(home, &["scan", "archive", "--format", "jsonl", "--fail-on", "never", "-q"]);
    let plan = run(home, &plan);
    for name in ["legal.key", "dpo.key"] {
        run(home, &["purge", "approve", "plan.json", "--sign", name]);
    }
    let before = std::fs::metadata(home.join("archive/tickets.ndjson")).unwrap().len();
    let apply = run(home, &["purge", "apply", "plan.json", "-q"]);
    let after = std::fs::metadata(home.join("archive/tickets.ndjson")).unwrap().len();
    assert!(after < before && after > before / 2, "{before} {after}");
    let restore = run(home, &["purge", "restore", "plan.json"]);
    assert_eq!(std::fs::metadata(home.join("archive/tickets.ndjson")).unwrap().len(), bytes);
    Figures { bytes, scan, plan, apply, restore }
}

fn main() {
    let tickets =
        std::env::var("OLVIDO_BENCH_TICKETS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let small = campaign(tickets / 4);
    let large = campaign(tickets);
    let megabytes = |figures: &Figures| figures.bytes as f64 / 1e6;
    for (count, figures) in [(tickets / 4, &small), (tickets, &large)] {
        println!("{count} tickets, {:.0} MB, one in {EXPIRED} past its period", megabytes(figures));
        for (name, one) in [
            ("scan", &figures.scan),
            ("plan", &figures.plan),
            ("apply", &figures.apply),
            ("restore", &figures.restore),
        ] {
            let speed = megabytes(figures) / one.seconds;
            println!("  {name:8} {:7.2} s  {speed:6.0} MB/s  {:5.0} MB resident", one.seconds, one.memory);
        }
    }
    let rewriting = large.apply.seconds - large.plan.seconds;
    println!("plan / scan, one run: {:.2} (at most 1.2)", large.plan.seconds / large.scan.seconds);
    println!(
        "rewriting, apply without the reading that plan does as well: {:.0} MB/s (at least 100)",
        megabytes(&large) / rewriting
    );
    for (name, small, large) in [("plan", &small.plan, &large.plan), ("apply", &small.apply, &large.apply)] {
        println!("memory of {name}, four times the tickets: {:.2} times", large.memory / small.memory);
    }
}
