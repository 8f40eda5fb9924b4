//! The rules, worst first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::page::{Page, Paint, left};
use crate::findings::Severity;
use crate::reports::texts::{Texts, fill};
use crate::reports::totals::{Ending, Row, Totals};
use crate::reports::words;

/// Rows of one ending; the table has all of them.
const ROWS: usize = 16;

/// Writes the block.
pub(super) fn write(page: &mut Page, texts: &Texts, totals: &Totals) {
    let rows = totals.rows();
    if rows.is_empty() {
        return;
    }
    page.put(Paint::Plain, "", "", 0);
    page.put(Paint::Bold, &format!("{}  ", texts.worst_first), &counts(texts, &rows), 13);
    let width = rows.iter().map(|row| row.id.chars().count()).max().unwrap_or(0).min(40);
    let mut failed: Vec<&Row> =
        rows.iter().filter(|row| matches!(row.ending(), Ending::Failed | Ending::Noted)).collect();
    failed.sort_by_key(|row| (Reverse(row.severity()), Reverse(row.fails()), row.id.clone()));
    block(page, texts, &failed, &mut |page, row| fail(page, texts, row, width));
    for (ending, word) in [(Ending::Open, "open"), (Ending::Review, "review")] {
        let mut rows: Vec<&Row> = rows
            .iter()
            .filter(|row| match ending {
                // A rule that failed for one record may still be open for another.
                Ending::Open => !row.seen.open.is_empty(),
                _ => !row.seen.review.is_empty(),
            })
            .collect();
        rows.sort_by_key(|row| row.id.clone());
        block(page, texts, &rows, &mut |page, row| unanswered(page, texts, row, word, width));
    }
    unmet(page, texts, &rows);
}

/// The rule to begin with.
pub(super) fn worst(totals: &Totals) -> Option<String> {
    let rows = totals.rows();
    let failed = rows.iter().filter(|row| row.ending() == Ending::Failed);
    failed.min_by_key(|row| (Reverse(row.severity()), Reverse(row.fails()))).map(|row| row.id.clone())
}

fn counts(texts: &Texts, rows: &[Row]) -> String {
    let mut by_ending: BTreeMap<Ending, u64> = BTreeMap::new();
    for row in rows {
        *by_ending.entry(row.ending()).or_default() += 1;
    }
    let order = [
        (Ending::Failed, texts.failed),
        (Ending::Noted, texts.noted),
        (Ending::Passed, texts.passed),
        (Ending::Open, texts.open),
        (Ending::Review, texts.review),
        (Ending::Unmet, texts.unmet),
    ];
    let parts: Vec<String> = order
        .iter()
        .filter_map(|(ending, phrase)| Some((by_ending.get(ending)?, phrase)))
        .map(|(count, phrase)| fill(phrase, &[("n", &words::number(*count))]))
        .collect();
    format!("{}{}", fill(texts.rules, &[("n", &words::number(rows.len() as u64))]), parts.join(" · "))
}

fn block(page: &mut Page, texts: &Texts, rows: &[&Row], each: &mut dyn FnMut(&mut Page, &Row)) {
    for row in rows.iter().take(ROWS) {
        each(page, row);
    }
    if rows.len() > ROWS {
        let more = words::number((rows.len() - ROWS) as u64);
        page.put(Paint::Plain, "  ", &fill(texts.more_rules, &[("n", &more)]), 4);
    }
}

fn fail(page: &mut Page, texts: &Texts, row: &Row, width: usize) {
    let (paint, word) = match row.severity() {
        Severity::Error => (Paint::Red, "error"),
        Severity::Warning => (Paint::Yellow, "warn"),
        Severity::Note => (Paint::Plain, "note"),
    };
    let mut parts = vec![amount(texts, row, &row.seen.failed)];
    if let Some(example) = &row.seen.example {
        parts.push(format!("({example}{})", if row.fails() > 1 { ", …" } else { "" }));
    }
    if let Some(oldest) = &row.seen.oldest {
        parts.push(fill(texts.oldest, &[("day", oldest.get(..10).unwrap_or(oldest))]));
    }
    if row.seen.excused > 0 {
        parts.push(fill(texts.excused, &[("n", &words::number(row.seen.excused))]));
    }
    if row.card.as_ref().is_some_and(|card| card.proposed) {
        parts.push(texts.proposed.to_owned());
    }
    let grounds = grounds(row);
    if !grounds.is_empty() {
        parts.push(grounds);
    }
    let text = format!("{}  {}", left(&row.id, width), parts.join("  "));
    page.put(paint, &left(&format!("  {word}"), 9), &text, 11);
}

fn unanswered(page: &mut Page, texts: &Texts, row: &Row, word: &str, width: usize) {
    let (seen, phrase) =
        if word == "open" { (&row.seen.open, texts.open) } else { (&row.seen.review, texts.review) };
    let phrase = fill(phrase, &[("n", &amount(texts, row, seen))]);
    let missing: Vec<&str> = row.seen.missing.iter().map(String::as_str).collect();
    let missing = if word == "open" && !missing.is_empty() {
        format!("  {}", fill(texts.missing, &[("facts", &missing.join(", "))]))
    } else {
        String::new()
    };
    page.put(
        Paint::Plain,
        &left(&format!("  {word}"), 9),
        &format!("{}  {phrase}{missing}", left(&row.id, width)),
        11,
    );
}

/// How many of what: `31 tickets, 30 comments`.
fn amount(texts: &Texts, row: &Row, seen: &BTreeMap<String, u64>) -> String {
    if row.is_inventory() || seen.is_empty() {
        let kind = if row.is_inventory() { "detection" } else { "other" };
        return texts.records(row.fails(), kind);
    }
    let parts: Vec<String> = seen.iter().take(4).map(|(kind, count)| texts.records(*count, kind)).collect();
    parts.join(", ")
}

/// `Art. 5(1)(e), ES-LOPDGDD 32`.
fn grounds(row: &Row) -> String {
    let Some(card) = &row.card else { return String::new() };
    let shown: Vec<String> = card
        .refs
        .iter()
        .take(3)
        .map(|reference| match reference.split_once(':') {
            Some(("GDPR", provision)) => format!("Art. {provision}"),
            Some((law, provision)) => format!("{law} {provision}"),
            None => reference.clone(),
        })
        .collect();
    shown.join(", ")
}

/// Rules that met nothing, one line for all of them, by family.
fn unmet(page: &mut Page, texts: &Texts, rows: &[Row]) {
    let mut families: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.ending() == Ending::Unmet) {
        *families.entry(row.id.split('/').next().unwrap_or(&row.id)).or_default() += 1;
    }
    if families.is_empty() {
        return;
    }
    let count: u64 = families.values().sum();
    let names: Vec<String> = families
        .iter()
        .map(|(family, count)| if *count == 1 { (*family).to_owned() } else { format!("{family} ({count})") })
        .collect();
    let head = fill(texts.no_evidence, &[("n", &words::number(count))]);
    page.put(Paint::Plain, &head, &format!(" {}", names.join(", ")), 2);
}
