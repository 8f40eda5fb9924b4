//! Attachments: what a scan of each format takes beside the obvious tool that only takes the text out, and what
//! is held in memory.
//!
//! Processor time of whole processes and their children, the start of each program taken off; rounds are
//! interleaved, the medians are shown. MB/s are of the text inside, or of the files where that is not known. A scan reads, detects and judges on one thread; `txt` is the same text
//! with nothing around it. Tools that are not installed are told. `-- --quick` takes a small corpus,
//! `-- --strict` fails where memory is beyond its bound.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

mod corpus;
#[path = "corpus/files.rs"]
mod files;
mod measure;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use files::Sample;
use measure::{children_cpu, held, median, program, verdict};

const ROUNDS: usize = 3;
/// MiB the process may hold, and it with its children.
const ALONE: f64 = 256.0;
const TOGETHER: f64 = 1024.0;

/// What takes the text out of a format.
enum Tool {
    Python,
    Program(&'static str, &'static [&'static str], &'static [&'static str]),
    None,
}

fn tool(format: &str) -> (&'static str, Tool) {
    match format {
        "pdf" => ("pdftotext", Tool::Program("pdftotext", &[], &["-"])),
        "7z" => ("7z x -so", Tool::Program("7z", &["x", "-so", "-bd", "-mmt=1"], &[])),
        "zstd" => ("zstd -dc", Tool::Program("zstd", &["-q", "-d", "-c"], &[])),
        "txt" => ("cat", Tool::Program("cat", &[], &[])),
        "zip" => ("Python zipfile", Tool::Python),
        "tar" => ("Python tarfile", Tool::Python),
        "gzip" => ("Python gzip", Tool::Python),
        "bzip2" => ("Python bz2", Tool::Python),
        "xz" => ("Python lzma", Tool::Python),
        "mail" => ("Python email", Tool::Python),
        "mbox" => ("Python mailbox", Tool::Python),
        "docx" | "xlsx" | "pptx" | "odt" => ("Python zipfile + ElementTree", Tool::Python),
        "msg" => ("extract_msg", Tool::Python),
        _ => ("no obvious tool", Tool::None),
    }
}

fn readers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/corpus/readers.py")
}

/// The tool on these files; none where there is none.
fn command(format: &str, files: &[PathBuf]) -> Option<Command> {
    match tool(format).1 {
        Tool::None => None,
        Tool::Python => {
            let mut command = Command::new("python3");
            command.arg(readers()).arg(format).args(files);
            Some(command)
        }
        Tool::Program(name, before, behind) => {
            let mut command = Command::new(name);
            command.args(before).args(files).args(behind);
            Some(command)
        }
    }
}

/// Why a tool gives no figure.
fn missing(command: &mut Command) -> Option<&'static str> {
    let Ok(output) = command.output() else { return Some("not installed") };
    match output.status.code() {
        Some(0) if output.stdout.trim_ascii() != b"0" && !output.stdout.is_empty() => None,
        Some(0) => Some("it read nothing"),
        Some(9) => Some("not installed"),
        _ => Some("it failed"),
    }
}

/// Seconds of the processor that a process and its children take.
fn took(command: &mut Command) -> f64 {
    let before = children_cpu();
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    children_cpu() - before
}

fn scan(path: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_olvido"));
    command.args(["scan", "--threads", "1", "--quiet", "--fail-on", "never"]).arg(path);
    command
}

/// What the programs take before they read anything.
struct Starts {
    scan: f64,
    python: f64,
}

impl Starts {
    fn measured(home: &Path) -> Self {
        let empty = home.join("empty.txt");
        fs::write(&empty, "nothing\n").unwrap();
        let of = |make: &dyn Fn() -> Command| median((0..5).map(|_| took(&mut make())).collect());
        let python = || {
            let mut python = Command::new("python3");
            python.arg(readers()).arg("zip");
            python
        };
        let has_python = Command::new("python3").arg("--version").output().is_ok();
        let python = if has_python { of(&python) } else { 0.0 };
        Self { scan: of(&|| scan(&empty)), python }
    }
}

/// One row of the table.
fn row(sample: &Sample, starts: &Starts) {
    let mut files: Vec<PathBuf> =
        fs::read_dir(&sample.dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let bytes: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    let status = scan(&sample.dir).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let told = if status.code() == Some(0) { "" } else { " | with gaps" };
    let named = tool(sample.format).0;
    let mut other = command(sample.format, &files);
    let why = other.as_mut().map_or(Some(""), missing);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push((took(&mut scan(&sample.dir)) - starts.scan).max(0.01));
        if let (Some(other), None) = (&mut other, why) {
            let start = if matches!(tool(sample.format).1, Tool::Python) { starts.python } else { 0.0 };
            theirs.push((took(other) - start).max(0.01));
        }
    }
    // Of the text that stands in them, so that what is packed tightly is not taken for slow.
    let of = sample.text.map_or(bytes as f64, |text| text as f64);
    let rate = |seconds: &[f64]| of / 1e6 / median(seconds.to_vec());
    let text = sample.text.map_or("-".to_owned(), |text| format!("{:.1}", text as f64 / 1e6));
    let beside = match why {
        None => format!("{:>8.1} {:>8.2} x  {named}", rate(&theirs), measure::ratio(&ours, &theirs)),
        Some("") => format!("{:>8} {:>8}    {named}", "-", "-"),
        Some(why) => format!("{:>8} {:>8}    {named}: {why} | NOT SHOWN", "-", "-"),
    };
    println!(
        "{:<6} {:>6} {:>8.1} {text:>8} {:>8.1} {beside}{told}",
        sample.format,
        files.len(),
        bytes as f64 / 1e6,
        rate(&ours)
    );
}

/// Memory on the set of bombs, and on each sample: the largest is told.
fn memory(home: &Path, samples: &[Sample]) -> bool {
    let bombs = home.join("bombs");
    fs::create_dir(&bombs).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bombs/make.py");
    let made = Command::new("python3").arg(script).arg(&bombs).stdout(Stdio::null()).status();
    let mut all: Vec<(&str, &Path)> = Vec::new();
    if made.is_ok_and(|made| made.success()) {
        all.push(("bombs", &bombs));
    } else {
        println!("memory, bombs: Python makes them, and it is not installed | NOT SHOWN");
    }
    all.extend(samples.iter().map(|sample| (sample.format, sample.dir.as_path())));
    let mut holds = all.len() > samples.len();
    for (name, dir) in all {
        let Some(peak) = held(program(dir, "2", "jsonl")) else {
            println!("memory, {name}: this system does not tell | NOT SHOWN");
            return false;
        };
        let within = peak.alone <= ALONE && peak.together <= TOGETHER;
        println!(
            "memory, {name}: {:.0} MiB (<= {ALONE}), {:.0} MiB with its children (<= {TOGETHER}) | {}",
            peak.alone,
            peak.together,
            verdict(within)
        );
        holds &= within;
    }
    holds
}

fn main() {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let home = tempfile::tempdir().unwrap();
    let samples = files::samples(home.path(), if has("--quick") { 1 } else { 16 });
    let starts = Starts::measured(home.path());
    println!(
        "starts, taken off below: a scan {:.2} s, Python {:.2} s of the processor",
        starts.scan, starts.python
    );
    println!("format  files       MB  text MB     MB/s     tool    scan /   the tool");
    println!("                                of scan     MB/s     tool");
    for sample in &samples {
        row(sample, &starts);
    }
    let holds = memory(home.path(), &samples);
    if has("--strict") {
        assert!(holds, "memory is beyond its bound");
    }
}
