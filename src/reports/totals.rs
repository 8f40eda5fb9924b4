//! What reports by rule need of the lines, in memory bounded by the number of rules and gap codes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::findings::{
    FindingLine, GapLine, Line, RuleCard, RuleCount, RunLine, Severity, Standing, SummaryLine, Verdict,
};
use crate::reports::{Needs, Spool};

/// Rules and gap codes beyond this many come from no catalogue; the rest of them share one row.
const ROWS: usize = 25_000;
/// What stands for them.
const OTHERS: &str = "(others)";
/// Missing facts named for a rule.
const FACTS: usize = 8;
/// Failed or open places named for a rule; the counts tell how many there are.
const PLACES: usize = 20;

/// What the findings of one rule come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Failed, by kind of record.
    pub(super) failed: BTreeMap<String, u64>,
    /// Cannot be shown, by kind of record.
    pub(super) open: BTreeMap<String, u64>,
    /// A person must answer, by kind of record.
    pub(super) review: BTreeMap<String, u64>,
    /// Failed and excused by a hold or a waiver.
    pub(super) excused: u64,
    /// The highest severity of a fail.
    pub(super) severity: Option<Severity>,
    /// The first failed record: its system, kind and id, or its path.
    pub(super) example: Option<String>,
    /// The oldest date that started a clock.
    pub(super) oldest: Option<String>,
    /// Missing facts.
    pub(super) missing: BTreeSet<String>,
    /// Findings that decide the status of the run.
    pub(super) gated: u64,
    /// The first places that failed or are open: file, line, and what is said of them.
    pub(super) places: Vec<String>,
}

/// What the gaps of one class and code come to.
#[derive(Clone, Debug)]
pub(super) struct Lost {
    /// How many.
    pub(super) count: u64,
    /// Of them accepted.
    pub(super) accepted: u64,
    /// What happened and what to do, of the first.
    pub(super) message: String,
    /// The flag that lifts the bound.
    pub(super) lift: Option<String>,
}

/// Everything such a report shows.
#[derive(Default)]
pub(super) struct Totals {
    /// What ran.
    pub(super) run: RunLine,
    /// What it comes to; none where the lines are cut off.
    pub(super) summary: Option<SummaryLine>,
    /// By rule.
    pub(super) rules: BTreeMap<String, Seen>,
    /// By class and code.
    pub(super) gaps: BTreeMap<(String, String), Lost>,
    /// An item whose path is masked.
    pub(super) masked_item: Option<String>,
}

impl Totals {
    /// Of the lines in the spool.
    pub(super) fn of(spool: &Spool, needs: Needs) -> io::Result<Totals> {
        let mut totals = Totals::default();
        spool.each(needs, &mut |line| {
            match line {
                Line::Run(line) => totals.run = *line,
                Line::Summary(line) => totals.summary = Some(*line),
                Line::Finding(line) => totals.finding(&line),
                Line::Gap(line) => totals.gap(&line),
                Line::Detection(_) => {}
            }
            Ok(())
        })?;
        Ok(totals)
    }

    fn finding(&mut self, line: &FindingLine<'_>) {
        self.note_masked(line.item.as_deref(), line.path.as_deref());
        let room = self.rules.len() < ROWS || self.rules.contains_key(line.rule.as_ref());
        let seen =
            self.rules.entry(if room { line.rule.to_string() } else { OTHERS.to_owned() }).or_default();
        let kind = match (&line.record, &line.path) {
            (Some(record), _) => record.kind.as_ref(),
            (None, Some(_)) => "file",
            (None, None) => "run",
        };
        let counts = match line.verdict {
            Verdict::Fail => &mut seen.failed,
            Verdict::Open => &mut seen.open,
            Verdict::Review => &mut seen.review,
            Verdict::Pass | Verdict::NotApplicable => return,
        };
        // A record is one, however many data it holds; a tree of files is as many as it stands for, an
        // open verdict as many records.
        let one = line.record.is_some() && line.verdict != Verdict::Open;
        let amount = if one { 1 } else { line.count.max(1) };
        let kind = if counts.len() < 64 || counts.contains_key(kind) { kind } else { "other" };
        *counts.entry(kind.to_owned()).or_default() += amount;
        for fact in &line.missing {
            if seen.missing.len() < FACTS {
                seen.missing.insert(fact.clone().into_owned());
            }
        }
        seen.gated += u64::from(gates(&self.run, line));
        if seen.places.len() < PLACES && line.verdict != Verdict::Review {
            seen.places.push(place(line));
        }
        if line.verdict != Verdict::Fail {
            return;
        }
        seen.excused += u64::from(line.suppressed.is_some());
        seen.severity = seen.severity.max(Some(line.severity));
        if seen.example.is_none() {
            seen.example = match (&line.record, &line.path) {
                (Some(record), _) => Some(format!("{} {} {}", record.system, record.kind, record.id)),
                (None, path) => path.as_ref().map(|path| path.clone().into_owned()),
            };
        }
        // RFC 3339 in UTC compares as text.
        if let Some(clock) = &line.clock
            && seen.oldest.as_deref().is_none_or(|oldest| clock.at.as_ref() < oldest)
        {
            seen.oldest = Some(clock.at.clone().into_owned());
        }
    }

    fn gap(&mut self, line: &GapLine<'_>) {
        self.note_masked(Some(&line.item), Some(&line.path));
        let mut key = (line.class.to_string(), line.code.to_string());
        if self.gaps.len() >= ROWS && !self.gaps.contains_key(&key) {
            key.1 = OTHERS.to_owned();
        }
        let lost = self.gaps.entry(key).or_insert_with(|| Lost {
            count: 0,
            accepted: 0,
            message: line.message.clone().into_owned(),
            lift: line.lift.as_deref().map(str::to_owned),
        });
        lost.count += 1;
        lost.accepted += u64::from(line.accepted.is_some());
    }

    fn note_masked(&mut self, item: Option<&str>, path: Option<&str>) {
        if self.masked_item.is_none() && path.is_some_and(|path| path.contains(crate::findings::BULLET)) {
            self.masked_item = item.map(str::to_owned);
        }
    }

    /// Every rule with its card, what was counted, and what was seen: active rules and strangers.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        for card in &self.run.rules {
            rows.entry(card.id.clone()).or_default().card = Some(card.clone());
        }
        if let Some(summary) = &self.summary {
            for count in &summary.rules {
                rows.entry(count.rule.clone()).or_default().count = Some(count.clone());
            }
        }
        for (id, seen) in &self.rules {
            rows.entry(id.clone()).or_default().seen = seen.clone();
        }
        for (id, row) in &mut rows {
            row.id = id.clone();
        }
        rows.into_values().collect()
    }
}

/// Whether a finding decides the status of its run. Lines that do not say what gates their run are taken
/// to be gated by every fail.
pub(super) fn gates(run: &RunLine, line: &FindingLine<'_>) -> bool {
    let gate = run.gate.as_ref();
    if line.suppressed.is_some() {
        return false;
    }
    if gate.is_some_and(|gate| gate.only_new) && line.baseline == Some(Standing::Same) {
        return false;
    }
    match line.verdict {
        Verdict::Fail => gate.is_none_or(|gate| gate.fail_on.is_some_and(|least| line.severity >= least)),
        Verdict::Open => gate.is_some_and(|gate| gate.open),
        _ => false,
    }
}

/// `tickets.ndjson:12 (zendesk ticket 4001): message`.
fn place(line: &FindingLine<'_>) -> String {
    let mut text = line.path.clone().unwrap_or_default().into_owned();
    for name in &line.inner {
        text.push('!');
        text.push_str(name);
    }
    if let Some(at) = line.line {
        text.push_str(&format!(":{at}"));
    }
    if let Some(record) = &line.record {
        text.push_str(&format!(" ({} {} {})", record.system, record.kind, record.id));
    }
    if !text.is_empty() {
        text.push_str(" - ");
    }
    text.push_str(&line.message);
    text
}

/// One rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// Its id.
    pub(super) id: String,
    /// Its card, where the lines hold one.
    pub(super) card: Option<RuleCard>,
    /// What the summary counts.
    pub(super) count: Option<RuleCount>,
    /// What the findings come to.
    pub(super) seen: Seen,
}

/// How a rule ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// Failed as an error or a warning.
    Failed,
    /// Failed as a note: for the inventory.
    Noted,
    /// Cannot be shown for at least one, failed for none.
    Open,
    /// A person must answer for at least one, failed and open for none.
    Review,
    /// Held for at least one, or an inventory rule that counted nothing.
    Passed,
    /// Met nothing it speaks of.
    Unmet,
}

impl Row {
    /// Whether it counts detections.
    pub(super) fn is_inventory(&self) -> bool {
        self.card.as_ref().is_some_and(|card| card.scope == "detection")
    }

    /// Severity of its fails.
    pub(super) fn severity(&self) -> Severity {
        let card = self.card.as_ref().and_then(|card| card.severity);
        self.seen.severity.or(card).unwrap_or(Severity::Warning)
    }

    /// How often it failed, by the summary or by the findings, whichever knows more.
    pub(super) fn fails(&self) -> u64 {
        self.counted(|count| count.fail, &self.seen.failed)
    }

    fn counted(&self, of: impl Fn(&RuleCount) -> u64, seen: &BTreeMap<String, u64>) -> u64 {
        self.count.as_ref().map_or(0, of).max(seen.values().sum())
    }

    /// How it ended: the worst that was said of anything.
    pub(super) fn ending(&self) -> Ending {
        if self.fails() > 0 {
            return if self.severity() == Severity::Note { Ending::Noted } else { Ending::Failed };
        }
        if self.counted(|count| count.open, &self.seen.open) > 0 {
            return Ending::Open;
        }
        if self.counted(|count| count.review, &self.seen.review) > 0 {
            return Ending::Review;
        }
        let passed = self.count.as_ref().is_some_and(|count| count.pass > 0);
        if passed || (self.is_inventory() && self.count.is_some()) { Ending::Passed } else { Ending::Unmet }
    }
}
