//! Markdown for the summary of a CI job or a comment on a merge request.
//!
//! GitHub refuses a step summary over 1 MiB: rows are limited, and what they leave out is counted.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::texts::ENGLISH;
use super::totals::{Ending, Row, Totals};
use super::{Emitter, Needs, Spool, words};
use crate::findings::{Target, escape};

/// `markdown`
pub(super) struct Markdown;

/// Rows of each table.
const ROWS: usize = 100;
/// Characters of a cell.
const CELL: usize = 400;

impl Emitter for Markdown {
    fn needs(&self) -> Needs {
        Needs { detections: false, ..Needs::ALL }
    }

    fn emit(&self, spool: &Spool, out: &mut dyn Write) -> io::Result<()> {
        let totals = Totals::of(spool, self.needs())?;
        head(out, &totals)?;
        rules(out, &totals)?;
        unanswered(out, &totals)?;
        not_read(out, &totals)?;
        personal_data(out, &totals)?;
        baseline(out, &totals)
    }
}

fn head(out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
    let run = &totals.run;
    let verdict = match &totals.summary {
        None => {
            "**Incomplete:** the lines of the run end early; nothing here speaks for the rest.".to_owned()
        }
        Some(summary) => {
            format!("**Status {}:** {}.", summary.status, ENGLISH.status_words(summary.status))
        }
    };
    writeln!(out, "## olvido\n\n{verdict}\n")?;
    let packs = if run.packs.is_empty() { "none".to_owned() } else { run.packs.join(", ") };
    let day = run.as_of.get(..10).unwrap_or(&run.as_of);
    write!(out, "As of {} · packs {}", text(day), text(&packs))?;
    if !run.jurisdictions.is_empty() {
        write!(out, " · countries {}", text(&run.jurisdictions.join(", ")))?;
    }
    if let Some(ledger) = &run.ledger {
        write!(out, " · {}", text(ledger))?;
    }
    if let Some(summary) = &totals.summary {
        write!(
            out,
            " · {} of {} items read ({})",
            words::number(summary.read),
            words::number(summary.items),
            words::bytes(summary.bytes)
        )?;
    }
    out.write_all(b"\n")
}

/// A table, its rows limited.
fn table(out: &mut dyn Write, title: &str, head: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### {title}\n\n| {} |\n|{}", head.join(" | "), " --- |".repeat(head.len()))?;
    for row in rows.iter().take(ROWS) {
        let cells: Vec<String> = row.iter().map(|cell| text(cell)).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    if rows.len() > ROWS {
        writeln!(out, "\n… and {} more rows.", words::number((rows.len() - ROWS) as u64))?;
    }
    Ok(())
}

fn rules(out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
    let all = totals.rows();
    let mut failed: Vec<&Row> =
        all.iter().filter(|row| matches!(row.ending(), Ending::Failed | Ending::Noted)).collect();
    failed.sort_by_key(|row| (Reverse(row.severity()), Reverse(row.fails()), row.id.clone()));
    let rows: Vec<Vec<String>> = failed
        .iter()
        .map(|row| {
            let card = row.card.as_ref();
            vec![
                words::severity_id(row.severity()).to_owned(),
                row.id.clone(),
                card.map_or_else(String::new, |card| card.title.clone()),
                words::number(row.fails()),
                row.seen.example.clone().unwrap_or_default(),
                card.map_or_else(String::new, |card| {
                    card.refs.iter().take(3).cloned().collect::<Vec<_>>().join(" ")
                }),
            ]
        })
        .collect();
    if rows.is_empty() {
        return writeln!(out, "\nNo rule failed.");
    }
    table(
        out,
        "Rules that failed",
        &["severity", "rule", "what it asks", "findings", "first", "ground"],
        &rows,
    )
}

fn unanswered(out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
    let mut rows = Vec::new();
    for row in &totals.rows() {
        let sum = |of: &std::collections::BTreeMap<String, u64>| of.values().sum::<u64>();
        let missing: Vec<&str> = row.seen.missing.iter().map(String::as_str).collect();
        let (open, review) = (sum(&row.seen.open), sum(&row.seen.review));
        if open > 0 {
            let why = format!("cannot be shown; missing: {}", missing.join(", "));
            rows.push(vec![row.id.clone(), words::number(open), why]);
        }
        if review > 0 {
            rows.push(vec![row.id.clone(), words::number(review), "a person must answer".to_owned()]);
        }
    }
    table(out, "Not answered", &["rule", "findings", "why"], &rows)
}

fn not_read(out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
    let rows: Vec<Vec<String>> = totals
        .gaps
        .iter()
        .map(|((class, code), lost)| {
            vec![
                ENGLISH.gap_class(class).to_owned(),
                code.clone(),
                words::number(lost.count),
                words::number(lost.accepted),
                lost.message.clone(),
            ]
        })
        .collect();
    table(out, "Not read", &["why", "code", "items or parts", "accepted", "what to do"], &rows)
}

fn personal_data(out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
    let Some(summary) = &totals.summary else { return Ok(()) };
    let rows: Vec<Vec<String>> = summary
        .categories
        .iter()
        .filter(|count| count.records + count.possible > 0)
        .map(|count| {
            let least = if count.distinct_bounded { "≥ " } else { "" };
            vec![
                count.category.clone(),
                words::number(count.records),
                format!("{least}{}", words::number(count.distinct)),
                words::number(count.in_attachments),
                words::number(count.possible),
            ]
        })
        .collect();
    let title = format!("Personal data: at least {} people", words::number(summary.people_at_least));
    table(out, &title, &["category", "records", "distinct", "in attachments", "possible"], &rows)
}

fn baseline(out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
    let Some(counts) = totals.summary.as_ref().and_then(|summary| summary.baseline.as_ref()) else {
        return Ok(());
    };
    writeln!(out, "\n{}", words::baseline(&ENGLISH, counts))
}

fn text(text: &str) -> String {
    let short: String = text.chars().take(CELL).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{}{more}", escape(Target::Markdown, &short))
}
