//! What every bench measures by: processor time of this process, and medians of interleaved rounds.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "each bench takes what it needs")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use olvido::catalogue::{Policies, PolicyFiles, Selection};
use olvido::records::Stamp;
use rustix::time::{ClockId, clock_gettime};

/// Seconds of processor time this process has used.
pub fn cpu() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// What a piece of work took of it, and what it gave.
pub fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let before = cpu();
    let done = work();
    (cpu() - before, done)
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of how values stand to others of the same round.
pub fn ratio(of: &[f64], to: &[f64]) -> f64 {
    median(of.iter().zip(to).map(|(of, to)| of / to).collect())
}

pub fn verdict(holds: bool) -> &'static str {
    if holds { "holds" } else { "MISSED" }
}

/// The rules of a pack with what is built in, but for the files given.
pub fn policies(files: &PolicyFiles, pack: &str, now: Stamp) -> Policies {
    chosen(files, &[pack.to_owned()], now)
}

/// The same with any number of packs.
pub fn chosen(files: &PolicyFiles, packs: &[String], now: Stamp) -> Policies {
    let selection =
        Selection { packs, jurisdictions: &[], sources: &[], now, attestations: None, schedule: None };
    Policies::load(files, &selection).map_err(|problems| problems[0].to_string()).unwrap()
}

/// The program while it scans.
pub fn program(paths: &Path, threads: &str, format: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_olvido"))
        .args(["scan", "--format", format, "--threads", threads, "--quiet"])
        .arg(paths)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// MiB of peak memory, asked of the system until the program ends; none where it does not tell, which shows
/// nothing.
pub fn peak_mib(mut child: Child) -> Option<f64> {
    let status = format!("/proc/{}/status", child.id());
    let mut most: Option<u64> = None;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = most.max(line.and_then(|rest| rest.split_whitespace().next()).and_then(|kb| kb.parse().ok()));
        std::thread::sleep(Duration::from_millis(5));
    }
    most.map(|kib| kib as f64 / 1024.0)
}

/// CPU seconds of all children that ended, in clock ticks of a hundredth.
pub fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = stat.rsplit(')').next().unwrap_or("");
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(13) + ticks(14)) / 100.0
}

/// MiB a program held at most, and at one time together with all that descend from it.
pub struct Held {
    pub alone: f64,
    /// Pages that processes share count for each.
    pub together: f64,
}

/// What a program and its children hold, asked of the system until it ends; none where it does not tell.
pub fn held(mut child: Child) -> Option<Held> {
    let (mut alone, mut together) = (None, 0);
    while child.try_wait().unwrap().is_none() {
        alone = alone.max(kib(child.id(), "VmHWM:"));
        let tree: u64 = descendants(child.id()).into_iter().filter_map(|id| kib(id, "VmRSS:")).sum();
        together = together.max(tree);
        std::thread::sleep(Duration::from_millis(5));
    }
    let alone = alone? as f64 / 1024.0;
    Some(Held { alone, together: (together as f64 / 1024.0).max(alone) })
}

fn kib(id: u32, what: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(what))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A process and all that descend from it.
fn descendants(of: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent =
            stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        parents.extend(parent.map(|parent| (id, parent)));
    }
    let mut out = vec![of];
    let mut at = 0;
    while let Some(parent) = out.get(at).copied() {
        out.extend(parents.iter().filter(|(_, known)| *known == parent).map(|(id, _)| *id));
        at += 1;
    }
    out
}
