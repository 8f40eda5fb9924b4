//! How much is found and how much of it is right, on a labelled corpus of the project's own: by category
//! and by language, at three confidences; and whether a confidence of 0.8 means that four of five are right.
//!
//! `cargo bench --bench quality` prints the tables; `-- --cells` prints every category in every language,
//! `-- --missed N` the first N misses and false alarms, `-- --seed S` takes another corpus,
//! `-- --table FILE` writes the recall by category that certificates of erasure quote (`benches/recall.json`).
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "corpus/labelled.rs"]
mod labelled;
mod measure;

use std::collections::BTreeMap;

use labelled::Ticket;
use measure::verdict;
use olvido::detectors::check::seeded::{self, Seeded};
use olvido::detectors::{BlockPeople, Catalogue, Engine, Matcher, Scratch};
use olvido::records::{Block, Detection, NewField, Ordinal, PathStore, Record, RecordKind, Role};

const LEVELS: [f64; 3] = [0.1, 0.5, 0.8];
const EACH: usize = 4_000;

/// Counts at each level: planted and found, planted and missed, found and not planted.
#[derive(Clone, Copy, Default)]
struct Counts([[u64; 3]; 3]);

impl Counts {
    fn add(&mut self, level: usize, what: usize) {
        self.0[level][what] += 1;
    }

    fn shown(&self) -> String {
        let mut out = String::new();
        for [hit, missed, wrong] in self.0 {
            let (recall, precision) = (share(hit, hit + missed), share(hit, hit + wrong));
            let f1 =
                if recall + precision > 0.0 { 2.0 * recall * precision / (recall + precision) } else { 0.0 };
            out.push_str(&format!("  {precision:.3} {recall:.3} {f1:.3}"));
        }
        out
    }
}

fn share(of: u64, all: u64) -> f64 {
    if all == 0 { 1.0 } else { of as f64 / all as f64 }
}

/// What is found in a text.
fn found(matcher: &Matcher, text: &str) -> Vec<Detection> {
    let mut block = Block::default();
    block.push_record(Record::new("text".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 }));
    block.push_field(text, NewField::verbatim(0, PathStore::ROOT, Role::Body, 0));
    let mut out = Vec::new();
    matcher.detect(&block, &BlockPeople::none(), &mut Scratch::default(), &mut out);
    out
}

/// A detection is of a planted datum where the two overlap and the category is its own or among `also`.
fn is_of(detection: &Detection, planted: &labelled::Planted) -> bool {
    let overlap = (detection.start as usize) < planted.end && planted.start < detection.end as usize;
    let named = detection.category.name() == planted.category
        || detection.also.iter().any(|other| other.name() == planted.category);
    overlap && named
}

#[derive(Default)]
struct Tables {
    categories: BTreeMap<&'static str, Counts>,
    languages: BTreeMap<&'static str, Counts>,
    cells: BTreeMap<(&'static str, &'static str), Counts>,
    /// Right and all, by tenth of confidence.
    reliability: [[u64; 2]; 10],
    examples: Vec<String>,
}

impl Tables {
    fn add(&mut self, category: &'static str, language: &'static str, level: usize, what: usize) {
        self.categories.entry(category).or_default().add(level, what);
        self.languages.entry(language).or_default().add(level, what);
        self.cells.entry((category, language)).or_default().add(level, what);
    }

    fn take(&mut self, ticket: &Ticket, detections: &[Detection]) {
        for detection in detections {
            let right = ticket.planted.iter().any(|planted| is_of(detection, planted));
            let tenth = ((detection.confidence.probability() * 10.0) as usize).min(9);
            self.reliability[tenth][1] += 1;
            self.reliability[tenth][0] += u64::from(right);
        }
        for (level, least) in LEVELS.into_iter().enumerate() {
            let judged = |detection: &&Detection| detection.confidence.probability() >= least;
            for planted in &ticket.planted {
                let hit = detections.iter().filter(judged).any(|detection| is_of(detection, planted));
                self.add(planted.category, ticket.language, level, usize::from(!hit));
                if !hit && level == 1 {
                    let (from, to) = (floor(&ticket.text, planted.start.saturating_sub(30)), planted.end);
                    self.examples.push(format!("missed {}: {:?}", planted.category, &ticket.text[from..to]));
                }
            }
            for detection in detections.iter().filter(judged) {
                if !ticket.planted.iter().any(|planted| is_of(detection, planted)) {
                    self.add(detection.category.name(), ticket.language, level, 2);
                    if level == 1 {
                        let from = floor(&ticket.text, (detection.start as usize).saturating_sub(30));
                        self.examples.push(format!(
                            "false {} {}: {:?}",
                            detection.category.name(),
                            detection.confidence.probability(),
                            &ticket.text[from..detection.end as usize]
                        ));
                    }
                }
            }
        }
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Of 10,000 random order numbers of each length and time stamps, how many reach 0.1.
fn order_numbers(matcher: &Matcher) -> bool {
    let mut random = Seeded::new(17);
    let mut holds = true;
    let stamp = |random: &mut Seeded| (1_500_000_000 + random.below(300_000_000)).to_string();
    type Make<'m> = &'m dyn Fn(&mut Seeded) -> String;
    let kinds: [(&str, Make<'_>); 5] = [
        ("9 digits", &|random| random.digits(9)),
        ("10 digits", &|random| random.digits(10)),
        ("11 digits", &|random| random.digits(11)),
        ("seconds since 1970", &stamp),
        ("milliseconds since 1970", &|random| format!("{}{}", stamp(random), random.digits(3))),
    ];
    for (name, make) in kinds {
        let reached = (0..10_000)
            .filter(|_| {
                let text = format!("the value {} was sent", make(&mut random));
                found(matcher, &text).iter().any(|hit| hit.confidence.probability() >= 0.1)
            })
            .count();
        let good = reached <= 100;
        holds &= good;
        println!("  {name:24} {reached:5} of 10,000 reach 0.1 (<= 100) | {}", verdict(good));
    }
    holds
}

fn argument(name: &str) -> Option<u64> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1)?.parse().ok()
}

/// Recall by category at the confidence from which data are redacted and sealed apart, in thousandths: canonical
/// JSON has no fractions.
fn table(path: &str, tickets: usize, tables: &Tables) {
    let thousandths = |counts: &Counts| {
        let [hit, missed, _] = counts.0[0];
        (share(hit, hit + missed) * 1000.0).floor() as u64
    };
    let of = |counts: &Counts| counts.0[0][0] + counts.0[0][1] > 0;
    let recall: BTreeMap<&str, u64> = tables
        .categories
        .iter()
        .filter(|(_, counts)| of(counts))
        .map(|(category, counts)| (*category, thousandths(counts)))
        .collect();
    let all = serde_json::json!({
        "at_confidence": "0.1", "corpus": format!("{tickets} made-up tickets in 8 languages, a cue beside each datum"),
        "recall_thousandths": recall, "version": env!("CARGO_PKG_VERSION"),
    });
    std::fs::File::create(path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, format!("{all:#}\n").as_bytes()))
        .unwrap();
}

fn main() {
    let catalogue = Catalogue::embedded().map_err(|problems| problems[0].to_string()).unwrap();
    let matcher = Matcher::new(&catalogue, Engine::Fast).unwrap();
    let mut tables = Tables::default();
    let tickets = labelled::tickets(argument("--seed").unwrap_or(2026), EACH);
    for ticket in &tickets {
        tables.take(ticket, &found(&matcher, &ticket.text));
    }
    println!("{} tickets in 8 languages; precision, recall, F1 at 0.1, 0.5 and 0.8", tickets.len());
    let checked: Vec<&str> = seeded::checked().collect();
    let mut holds = true;
    for (category, counts) in &tables.categories {
        let [hit, missed, wrong] = counts.0[1];
        let bound = checked.contains(category);
        let good = !bound || share(hit, hit + missed) >= 0.99 && share(hit, hit + wrong) >= 0.98;
        holds &= good;
        println!("  {category:20}{} | {}", counts.shown(), if bound { verdict(good) } else { "" });
    }
    println!("by language");
    for (language, counts) in &tables.languages {
        println!("  {language:20}{}", counts.shown());
    }
    if std::env::args().any(|argument| argument == "--cells") {
        println!("by category and language");
        for ((category, language), counts) in &tables.cells {
            println!("  {category:20} {language}{}", counts.shown());
        }
    }
    println!("reliability: of the detections in each tenth of confidence, how many are right");
    for (tenth, [right, all]) in tables.reliability.iter().enumerate() {
        println!(
            "  {:.1} to {:.1}  {:.3} of {all}",
            tenth as f64 / 10.0,
            (tenth + 1) as f64 / 10.0,
            share(*right, *all)
        );
    }
    println!("order numbers and time stamps");
    holds &= order_numbers(&matcher);
    for example in tables.examples.iter().take(argument("--missed").unwrap_or(0) as usize) {
        println!("  {example}");
    }
    if let Some(at) = std::env::args().position(|argument| argument == "--table") {
        table(&std::env::args().nth(at + 1).unwrap(), tickets.len(), &tables);
    }
    if std::env::args().any(|argument| argument == "--strict") {
        assert!(holds, "a figure was missed");
    }
}
