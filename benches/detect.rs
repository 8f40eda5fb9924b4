//! Detection as ratios, measured interleaved in one run by the CPU time of the process: the fast engine
//! against the naive one and against one e-mail regex of the `regex` crate, on the project's own corpus
//! (one at sign per 500 bytes, one datum per 340 bytes).
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]

mod corpus;
mod measure;

use olvido::detectors::{BlockPeople, Catalogue, Engine, Matcher, Scratch};
use olvido::records::{Block, Detection};
use regex::Regex;

use measure::{median, timed};

const BYTES: usize = 3_000_000;
const ROUNDS: usize = 9;

fn detect(matcher: &Matcher, blocks: &[Block], scratch: &mut Scratch, out: &mut Vec<Detection>) -> usize {
    out.clear();
    let mut count = 0;
    for block in blocks {
        out.clear();
        matcher.detect(block, &BlockPeople::none(), scratch, out);
        count += out.len();
    }
    count
}

fn same(fast: &Matcher, naive: &Matcher, blocks: &[Block]) {
    let mut scratch = Scratch::default();
    for block in blocks {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        fast.detect_unresolved(block, &BlockPeople::none(), &mut scratch, &mut a);
        naive.detect_unresolved(block, &BlockPeople::none(), &mut scratch, &mut b);
        assert!(a == b, "both engines find the same before overlaps");
        let (mut a, mut b) = (Vec::new(), Vec::new());
        fast.detect(block, &BlockPeople::none(), &mut scratch, &mut a);
        naive.detect(block, &BlockPeople::none(), &mut scratch, &mut b);
        assert!(a == b, "both engines find the same after overlaps");
    }
}

/// Prints one line; `wanted` are the bounds against naive and against the e-mail regex.
fn measure(name: &str, catalogue: &Catalogue, text: &str, wanted: Option<(f64, f64)>) -> bool {
    let fast = Matcher::new(catalogue, Engine::Fast).unwrap();
    let naive = Matcher::new(catalogue, Engine::Naive).unwrap();
    let blocks = corpus::blocks(7, text);
    same(&fast, &naive, &blocks);
    let email = Regex::new(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}").unwrap();
    let mut scratch = Scratch::default();
    let mut out = Vec::new();
    let (mut to_naive, mut to_email, mut rate, mut found) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let (slow, _) = timed(|| detect(&naive, &blocks, &mut scratch, &mut out));
        let (quick, count) = timed(|| detect(&fast, &blocks, &mut scratch, &mut out));
        let (mail, _) = timed(|| {
            blocks.iter().map(|block| email.find_iter(block.text().expose()).count()).sum::<usize>()
        });
        found = count;
        to_naive.push(slow / quick);
        to_email.push(quick / mail);
        rate.push(text.len() as f64 / quick / 1e6);
    }
    let rows = catalogue.detectors().iter().filter(|detector| detector.pattern.is_some()).count();
    let (to_naive, to_email, rate) = (median(to_naive), median(to_email), median(rate));
    let holds = wanted.is_none_or(|(naive, email)| to_naive >= naive && to_email <= email);
    let verdict = match wanted {
        Some((naive, email)) => {
            format!("wanted >= {naive}, <= {email}: {}", if holds { "holds" } else { "MISSED" })
        }
        None => "no bound".to_owned(),
    };
    println!(
        "{name:<26} {rows:>3} rows, {:>4} KiB tables, {found:>5} found: {to_naive:>5.1} x naive, {to_email:>5.1} x the \
         time of one e-mail regex, {rate:>4.0} MB/s ({verdict})",
        fast.memory() >> 10,
    );
    holds
}

/// The fast engine alone, for a profiler.
fn profile(catalogue: &Catalogue, text: &str) {
    let fast = Matcher::new(catalogue, Engine::Fast).unwrap();
    let blocks = corpus::blocks(7, text);
    let (mut scratch, mut out) = (Scratch::default(), Vec::new());
    let (seconds, count) =
        timed(|| (0..200).map(|_| detect(&fast, &blocks, &mut scratch, &mut out)).sum::<usize>());
    println!("{count} found, {:.0} MB/s", 200.0 * text.len() as f64 / seconds / 1e6);
}

fn main() {
    let text = corpus::plain(1, BYTES, 340);
    let tickets = corpus::ndjson_tickets(1, BYTES, 340);
    println!(
        "corpus: {} bytes of plain text, one at sign per {} bytes; medians of {ROUNDS} interleaved rounds, CPU time",
        text.len(),
        text.len() / text.bytes().filter(|byte| *byte == b'@').count()
    );
    let (start_up, automata) = timed(|| {
        let catalogue = Catalogue::embedded().map_err(|problems| problems[0].to_string()).unwrap();
        let matcher = Matcher::new(&catalogue, Engine::Fast).unwrap();
        for (rows, bytes) in matcher.automata() {
            println!("  automaton of {rows} rows, {} KiB", bytes >> 10);
        }
        matcher.automata().len()
    });
    let good = start_up <= 0.2;
    println!(
        "start-up: {automata} automata in {:.0} ms of CPU time (<= 200: {})",
        start_up * 1e3,
        if good { "holds" } else { "MISSED" }
    );
    let whole = Catalogue::embedded().map_err(|problems| problems[0].to_string()).unwrap();
    if std::env::args().any(|argument| argument == "--profile") {
        return profile(&whole, &text);
    }
    let (spine, eighty) = (loaded(corpus::spine()), loaded(corpus::rows(80)));
    let mut holds = good & measure("the first rows", &spine, &text, Some((8.0, 8.0)));
    holds &= measure("eighty", &eighty, &text, Some((20.0, 16.0)));
    holds &= measure("whole catalogue", &whole, &text, Some((20.0, 24.0)));
    measure("whole, raw NDJSON bytes", &whole, &tickets, None);
    // Timings on a busy machine say little: the figures are for whoever reads them, and fail on demand.
    if std::env::args().any(|argument| argument == "--strict") {
        assert!(holds, "the figures of the plain corpus hold");
    }
}

fn loaded(rows: Vec<(String, String)>) -> Catalogue {
    let files: Vec<(&str, &str)> = rows.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Catalogue::load(&files).map_err(|problems| problems[0].to_string()).unwrap()
}
