//! Every fixture, damaged in a thousand ways: no panic, no hang, no growth.
//!
//! An ordinary run takes a few of each; `OLVIDO_MUTATIONS=1000` takes as many as it says. The ways are the same
//! in every run: they come from the name of the fixture and their number. What runs in a process of its own is
//! run here in this one, where a panic is seen.

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

mod soundness;
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use olvido::formats::mapping::Mappings;
use soundness::{exercise, format_of, mappings, small_limits};
use support::project;

/// Ways of one fixture in an ordinary run.
const ORDINARY: u64 = 6;
/// Time of the processor one damaged fixture may take; unoptimised, whole ones take a fraction of it.
const LONGEST: Duration = Duration::from_secs(20);
/// Bytes the process may hold: far more than it needs, far less than what is not bounded takes.
const MEMORY: u64 = 1 << 30;

/// SplitMix64: the same numbers for the same seed on every machine.
struct Dice(u64);

impl Dice {
    fn of(name: &str, number: u64) -> Self {
        let seed =
            name.bytes().fold(number, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    /// A run of bytes, short more often than long.
    fn run(&mut self, len: usize) -> std::ops::Range<usize> {
        let from = self.below(len);
        let most = [4, 64, 1024, len][self.below(4)];
        let to = (from + 1 + self.below(most)).min(len);
        from.min(to)..to
    }
}

/// One to eight of: bits and bytes turned, the end cut off, a run taken out, doubled, moved, or put in from
/// another fixture, a number made large.
fn mutated(bytes: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..1 + dice.below(8) {
        if out.is_empty() {
            return out;
        }
        let at = dice.below(out.len());
        match dice.below(9) {
            0 => out[at] ^= 1 << dice.below(8),
            1 => out[at] = dice.next() as u8,
            2 => out.truncate(at),
            3 => drop(out.drain(dice.run(bytes.len().min(out.len())))),
            4 => {
                let range = dice.run(out.len());
                let run = out[range].to_vec();
                out.splice(at..at, run);
            }
            5 => {
                let range = dice.run(other.len());
                out.splice(at..at, other[range].iter().copied());
            }
            6 => {
                let range = dice.run(other.len());
                let end = (at + range.len()).min(out.len());
                out.splice(at..end, other[range].iter().copied());
            }
            7 => {
                let end = (at + [1, 2, 4, 8][dice.below(4)]).min(out.len());
                let fill = [0x00, 0xFF, 0x7F, 0x80][dice.below(4)];
                out[at..end].fill(fill);
            }
            _ => {
                let end = (at + 1 + dice.below(16)).min(out.len());
                out[at..end].reverse();
            }
        }
    }
    out.truncate(512 << 10);
    out
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for entry in walkdir::WalkDir::new(project("fixtures")).sort_by_file_name() {
        let entry = entry.unwrap();
        let name = entry.path().strip_prefix(project("fixtures")).unwrap().to_string_lossy().into_owned();
        let ours = name.ends_with(".py") || name.ends_with("want.json") || name.starts_with("sarif/");
        if entry.file_type().is_file() && !ours {
            out.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
    out
}

/// Time of the processor that this thread took so far, however busy the machine is.
fn spent() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap(), u32::try_from(now.tv_nsec).unwrap())
}

/// KiB the process held at most; nothing where the system does not say.
fn held() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|kib| kib.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or(0)
}

/// What is wrong with a damaged fixture, if anything is.
fn wrong(name: &str, bytes: &[u8], mappings: &Mappings) -> Option<String> {
    let begin = spent();
    let limits = small_limits();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        exercise(format_of(bytes, name), bytes, name, mappings, &limits);
        // Its own format reads it too, although its beginning may be gone.
        exercise(format_of(bytes, ""), bytes, "", mappings, &limits);
    }));
    let took = spent().saturating_sub(begin);
    match ended {
        Err(panic) => {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            Some(said.unwrap_or_default())
        }
        Ok(()) if took > LONGEST => Some(format!("it took {took:?}")),
        Ok(()) => None,
    }
}

#[test]
fn damaged_fixtures_panic_nowhere_and_end() {
    let times =
        std::env::var("OLVIDO_MUTATIONS").ok().and_then(|times| times.parse().ok()).unwrap_or(ORDINARY);
    let only = std::env::var("OLVIDO_MUTATIONS_OF").unwrap_or_default();
    let (mappings, fixtures) = (mappings(), fixtures());
    assert!(fixtures.len() > 100, "the fixtures are gone");
    let (mut failures, mut done) = (Vec::new(), 0u64);
    let mut longest = (Duration::ZERO, String::new());
    for (at, (name, bytes)) in fixtures.iter().enumerate() {
        if !name.contains(&only) {
            continue;
        }
        for number in 0..=times {
            let mut dice = Dice::of(name, number);
            let other = &fixtures[(at + dice.below(fixtures.len())) % fixtures.len()].1;
            // The first is the fixture as it is.
            let damaged = if number == 0 { bytes.clone() } else { mutated(bytes, other, &mut dice) };
            done += 1;
            let before = spent();
            let wrong = wrong(name, &damaged, &mappings);
            longest = longest.max((spent().saturating_sub(before), format!("{name}, mutation {number}")));
            if let Some(wrong) = wrong {
                let kept = std::env::var_os("OLVIDO_MUTATIONS_KEEP").map(std::path::PathBuf::from);
                if let Some(dir) = kept {
                    std::fs::write(dir.join(format!("{}-{number}", name.replace('/', "-"))), &damaged)
                        .unwrap();
                }
                failures.push(format!("{name}, mutation {number}: {wrong}"));
            }
        }
    }
    println!("the longest took {longest:?}");
    println!("{done} damaged fixtures were read, and {} MiB were held at most", held() >> 10);
    assert!(failures.is_empty(), "{} of {done}:\n{}", failures.len(), failures.join("\n"));
    assert!(held() << 10 < MEMORY, "{} MiB", held() >> 10);
}

/// A reader that says of its text that it stands elsewhere.
struct Liar {
    /// Where its text begins.
    at: usize,
    /// Where it says so.
    raw: u64,
}

impl olvido::formats::Format for Liar {
    fn name(&self) -> &'static str {
        "liar"
    }
    fn probe(&self, _head: &[u8], _name: &str) -> olvido::formats::Vote {
        olvido::formats::Vote::No
    }
    fn read(
        &self,
        piece: &olvido::formats::Piece<'_>,
        _reading: &olvido::formats::Reading<'_>,
        out: &mut dyn olvido::formats::Yield,
    ) {
        use olvido::records::{NewField, Ordinal, PathStore, Record, RecordKind, Role};
        let record = Record::new("liar".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 });
        let block = out.block();
        let at = block.push_record(record);
        let text = piece.bytes.get(self.at..self.at + 2).unwrap_or_default();
        let text = std::str::from_utf8(text).unwrap_or_default();
        block.push_field(text, NewField::verbatim(at, PathStore::ROOT, Role::Body, self.raw));
    }
}

#[test]
fn a_reader_that_does_not_hold_to_it_is_caught() {
    static HONEST: Liar = Liar { at: 2, raw: 2 };
    static OUTSIDE: Liar = Liar { at: 2, raw: 5 };
    static ELSEWHERE: Liar = Liar { at: 2, raw: 1 };
    let (mappings, limits) = (Mappings::default(), small_limits());
    let caught = |liar: &'static Liar| {
        catch_unwind(AssertUnwindSafe(|| exercise(liar, b"abcdef", "", &mappings, &limits))).is_err()
    };
    assert!(!caught(&HONEST));
    assert!(caught(&OUTSIDE));
    assert!(caught(&ELSEWHERE));
}
