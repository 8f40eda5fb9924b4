//! A schedule to start from: the proposed periods for what an archive shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::start::{Dated, Start, dated};
use super::{Schedule, file::CHOICES};
use crate::records::{FactId, FactValue, Facts, RecordKind, Stamp};

/// The proposed schedule: name and text.
pub const PROPOSED: (&str, &str) =
    ("policies/schedules/proposed.yaml", include_str!("../../../policies/schedules/proposed.yaml"));

/// Different words of one choice that are told; a field with more is no way to tell kinds of data apart.
const WORDS: usize = 500;
/// Words that are written out; the others are counted.
const WRITTEN: usize = 40;

/// How many records, and the oldest date a period could run from.
#[derive(Clone, Copy, Default)]
struct Seen {
    records: u64,
    oldest: Option<(Stamp, Start)>,
    undated: u64,
}

/// What an archive shows that kinds of data can be told by. Parts add up in any order.
#[derive(Default)]
pub struct ShownKinds {
    kinds: BTreeMap<RecordKind, Seen>,
    words: BTreeMap<(RecordKind, &'static str), BTreeMap<String, Seen>>,
    many: BTreeSet<(RecordKind, &'static str)>,
    systems: BTreeMap<String, u64>,
    unread: u64,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.records += other.records;
        self.undated += other.undated;
        self.oldest = match (self.oldest, other.oldest) {
            (Some(a), Some(b)) => Some(if b.0.seconds < a.0.seconds { b } else { a }),
            (a, b) => a.or(b),
        };
    }

    fn told(&self, kind: RecordKind) -> String {
        let plural = if self.records == 1 { "" } else { "s" };
        let mut told = format!("{} {}{plural}", self.records, kind.name());
        if let Some((at, start)) = self.oldest {
            let _ = write!(told, ", oldest {} ({})", at.to_rfc3339(), start.name());
        }
        if self.undated > 0 {
            let _ = write!(told, ", {} without a date a period could run from", self.undated);
        }
        told
    }
}

impl ShownKinds {
    /// Takes a record. `show` makes a word fit to be written: a datum in it is masked.
    pub fn record(
        &mut self,
        system: &str,
        kind: RecordKind,
        facts: &Facts,
        show: &mut dyn FnMut(&str) -> String,
    ) {
        if !Schedule::governs(kind) {
            return;
        }
        *self.systems.entry(system.to_owned()).or_default() += 1;
        let mut seen = Seen { records: 1, ..Seen::default() };
        for start in Start::usual(kind) {
            let at = start.fact(kind).map(|fact| dated(facts, fact));
            if let Some(Dated::At(at)) = at {
                seen.oldest = Some((at, *start));
                break;
            }
        }
        seen.undated = u64::from(seen.oldest.is_none());
        self.kinds.entry(kind).or_default().add(seen);
        for (choice, fact) in CHOICES {
            let Some(fact) = FactId::named(fact).filter(|fact| fact.card().is_of(kind)) else {
                continue;
            };
            let words = match facts.get(fact) {
                Some(FactValue::Word(word)) => vec![word.to_string()],
                Some(FactValue::Text(text)) => vec![text.expose().to_owned()],
                Some(FactValue::Words(words)) => words.clone(),
                _ => continue,
            };
            for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
                self.word(kind, choice, show(word), seen);
            }
        }
    }

    fn word(&mut self, kind: RecordKind, choice: &'static str, word: String, seen: Seen) {
        let words = self.words.entry((kind, choice)).or_default();
        if words.len() >= WORDS && !words.contains_key(&word) {
            self.many.insert((kind, choice));
            return;
        }
        words.entry(word).or_default().add(seen);
    }

    /// Adds what another worker saw.
    pub fn add(&mut self, other: ShownKinds) {
        for (kind, seen) in other.kinds {
            self.kinds.entry(kind).or_default().add(seen);
        }
        for ((kind, choice), words) in other.words {
            for (word, seen) in words {
                self.word(kind, choice, word, seen);
            }
        }
        self.many.extend(other.many);
        for (system, records) in other.systems {
            *self.systems.entry(system).or_default() += records;
        }
        self.unread += other.unread;
    }

    /// Notes items of which something could not be read.
    pub fn not_read(&mut self, items: u64) {
        self.unread += items;
    }

    /// Items of which something could not be read.
    pub fn unread(&self) -> u64 {
        self.unread
    }

    /// The helpdesks and formats the records came from, the most records first.
    pub fn systems(&self) -> Vec<String> {
        let mut systems: Vec<(&String, &u64)> = self.systems.iter().collect();
        systems.sort_by_key(|(name, records)| (std::cmp::Reverse(**records), (*name).clone()));
        systems.into_iter().map(|(name, _)| name.clone()).collect()
    }

    /// The schedule as a file to edit: it can be read as it stands, and is nobody's until it is adopted.
    pub fn render(&self) -> String {
        let (head, rows) = PROPOSED.1.split_once("kinds:\n").unwrap_or((PROPOSED.1, ""));
        let (rows, tail) = match rows.find("\n#") {
            Some(at) => rows.split_at(at + 1),
            None => (rows, ""),
        };
        let unread = match self.unread {
            0 => String::new(),
            n => format!(
                "# {n} items could not be read whole: what they hold is not in here. Scan to see which.\n"
            ),
        };
        let mut out = format!("{unread}{head}kinds:\n");
        let mut covered = false;
        for row in rows.split("\n  - id: ") {
            let row = row.trim_start_matches("  - id: ").trim_end();
            let on = row.lines().find_map(|line| line.trim().strip_prefix("on: "));
            let Some(kind) = on.and_then(RecordKind::named) else { continue };
            let Some(seen) = self.kinds.get(&kind) else { continue };
            let _ = writeln!(out, "  # The archive shows {}.\n  - id: {row}", seen.told(kind));
            covered = true;
        }
        if !covered {
            out = out
                .replace("kinds:\n", "# The archive shows no record with a period of its own.\nkinds: []\n");
        }
        for ((kind, choice), words) in &self.words {
            self.choices(*kind, choice, words, &mut out);
        }
        out.push_str(tail);
        out
    }

    fn choices(&self, kind: RecordKind, choice: &str, words: &BTreeMap<String, Seen>, out: &mut String) {
        let _ = writeln!(out, "# By {choice} a {} can be told apart:", kind.name());
        let mut sorted: Vec<(&String, &Seen)> = words.iter().collect();
        sorted.sort_by_key(|(word, seen)| (std::cmp::Reverse(seen.records), *word));
        for (word, seen) in sorted.iter().take(WRITTEN) {
            let word = serde_json::to_string(word).unwrap_or_default();
            let _ = writeln!(out, "#    select: {{{choice}: [{word}]}}    {}", seen.told(kind));
        }
        let more = words.len().saturating_sub(WRITTEN);
        if more > 0 || self.many.iter().any(|(of, name)| *of == kind && *name == choice) {
            let _ = writeln!(out, "#    and {more} more or still more");
        }
    }
}
