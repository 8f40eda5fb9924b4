//! The whole scan as ratios: against detection alone, against walking and reading, and its memory.
//!
//! The first part runs in this process and measures its CPU time, interleaved. The second runs the
//! program on a gigabyte of tickets and on 100,000 small files and reads what the system says of it.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

mod corpus;
mod measure;

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use olvido::audit::{Audit, Config, Control, Gate, run_line};
use olvido::catalogue::{Policies, PolicyFile, PolicyFiles};
use olvido::detectors::{BlockPeople, Engine, Matcher, Scratch};
use olvido::findings::{Fingerprints, Line, LineKind};
use olvido::policies::exceptions::Exceptions;
use olvido::records::{Limits, Stamp};
use olvido::reports::{Options, Spool, emitter};
use olvido::sources::Roots;

use measure::{children_cpu, median, peak_mib, program, ratio, timed, verdict};

const ROUNDS: usize = 5;

/// The bench set of 80 rows with everything else as built in.
fn policies(now: Stamp) -> Policies {
    let detectors = corpus::rows(80).into_iter().map(|(name, text)| PolicyFile { name, text }).collect();
    measure::policies(&PolicyFiles { detectors, ..PolicyFiles::builtin() }, "gdpr-core", now)
}

fn scan(policies: &Policies, matcher: &Matcher, now: Stamp, file: &Path, format: &str) {
    let (config, control, fingerprints) = (Config::default(), Control::default(), Fingerprints::positional());
    let exceptions = Exceptions::default();
    let audit = Audit {
        policies,
        matcher,
        config: &config,
        fingerprints: &fingerprints,
        limits: Limits::default(),
        now,
        threads: 1,
        hash_key: [7; 16],
        exceptions: &exceptions,
        suppression: None,
        references: None,
        control: &control,
        explain: false,
        attachments: Default::default(),
    };
    let roots = Roots::new(vec![file.to_path_buf()]);
    let report = emitter(format, &Options::default()).unwrap();
    let (context, _) = audit.survey(&roots).unwrap();
    let mut spool = Spool::new();
    spool.push(&Line::Run(Box::new(run_line(policies)))).unwrap();
    let wanted = report.needs().include(LineKind::Detection);
    let mut sink = |lines: &str| spool.push_written(lines.as_bytes());
    audit.scan(&roots, &context, None, wanted, &Gate::default(), &mut sink).unwrap().unwrap();
    report.emit(&spool, &mut std::io::sink()).unwrap();
}

fn end_to_end() -> bool {
    let now = Stamp::parse("2026-11-22").unwrap();
    let policies = policies(now);
    let matcher = Matcher::new(&policies.catalogue, Engine::Fast).unwrap();
    let text = corpus::ndjson_tickets(3, 24_000_000, 1000);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tickets.ndjson");
    File::create(&file).unwrap().write_all(text.as_bytes()).unwrap();
    let blocks = corpus::blocks(7, &text);
    let (mut scratch, mut out) = (Scratch::default(), Vec::new());
    let (mut human, mut jsonl, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let detection = || {
            for block in &blocks {
                out.clear();
                matcher.detect(block, &BlockPeople::none(), &mut scratch, &mut out);
            }
        };
        alone.push(timed(detection).0);
        human.push(timed(|| scan(&policies, &matcher, now, &file, "human")).0);
        jsonl.push(timed(|| scan(&policies, &matcher, now, &file, "jsonl")).0);
    }
    let rate = text.len() as f64 / 1e6 / median(alone.clone());
    let (human, jsonl) = (ratio(&human, &alone), ratio(&jsonl, &alone));
    println!(
        "end to end, 80 rows, one datum per 1 KB, {} MB of tickets, survey included; detection alone {rate:.0} MB/s",
        text.len() / 1_000_000
    );
    println!("  human {human:.2} x detection alone (<= 2) | {}", verdict(human <= 2.0));
    println!("  jsonl {jsonl:.2} x detection alone (<= 3) | {}", verdict(jsonl <= 3.0));
    human <= 2.0 && jsonl <= 3.0
}

fn memory() -> bool {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tickets.ndjson");
    let part = corpus::ndjson_tickets(5, 16_000_000, 1000);
    let mut out = BufWriter::new(File::create(&file).unwrap());
    let mut written = 0;
    while written < 1_000_000_000 {
        out.write_all(part.as_bytes()).unwrap();
        written += part.len();
    }
    out.flush().unwrap();
    drop(out);
    let mut holds = true;
    for format in ["human", "jsonl"] {
        let Some(mib) = peak_mib(program(&file, "2", format)) else {
            println!("memory, {format}: this system does not tell | NOT SHOWN");
            return false;
        };
        println!(
            "memory, {format}: 1 GB of NDJSON, 2 threads: peak {mib:.0} MiB (<= 128) | {}",
            verdict(mib <= 128.0)
        );
        holds &= mib <= 128.0;
    }
    holds
}

fn many_files() -> bool {
    let dir = tempfile::tempdir().unwrap();
    let text = corpus::plain(9, 4_000_000, 1000);
    let parts: Vec<&str> =
        (0..4000).map(|at| &text[floor(&text, at * 1000)..floor(&text, at * 1000 + 1000)]).collect();
    for folder in 0..100 {
        let path = dir.path().join(format!("{folder:03}"));
        fs::create_dir(&path).unwrap();
        for file in 0..1000 {
            let part = parts[(folder * 1000 + file) % parts.len()];
            File::create(path.join(format!("{file:04}.txt"))).unwrap().write_all(part.as_bytes()).unwrap();
        }
    }
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        bare.push(timed(|| walk_and_read(dir.path())).0);
        let before = children_cpu();
        program(dir.path(), "1", "human").wait().unwrap();
        whole.push(children_cpu() - before);
    }
    let ratio = median(whole) / median(bare);
    println!(
        "100,000 files of 1 KB: {ratio:.2} x walking, stat-ing and reading them (<= 5) | {}",
        verdict(ratio <= 5.0)
    );
    ratio <= 5.0
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn walk_and_read(dir: &Path) {
    let mut buffer = Vec::new();
    let mut total = 0usize;
    for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        if metadata.is_file() {
            buffer.clear();
            File::open(entry.path()).unwrap().read_to_end(&mut buffer).unwrap();
            total += buffer.len();
        }
    }
    std::hint::black_box(total);
}

fn main() {
    if std::env::args().any(|argument| argument == "--profile") {
        let now = Stamp::parse("2026-11-22").unwrap();
        let policies = policies(now);
        let matcher = Matcher::new(&policies.catalogue, Engine::Fast).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("tickets.ndjson");
        File::create(&file)
            .unwrap()
            .write_all(corpus::ndjson_tickets(3, 24_000_000, 1000).as_bytes())
            .unwrap();
        for _ in 0..10 {
            let jsonl = std::env::args().any(|argument| argument == "jsonl");
            scan(&policies, &matcher, now, &file, if jsonl { "jsonl" } else { "human" });
        }
        return;
    }
    let mut holds = end_to_end();
    holds &= memory();
    holds &= many_files();
    // Timings on a busy machine say little: the figures are for whoever reads them, and fail on demand.
    if std::env::args().any(|argument| argument == "--strict") {
        assert!(holds, "a figure was missed");
    }
}
