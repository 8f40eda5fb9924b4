//! The page a data-protection officer reads first: what was read, what was not, what is in it, what is
//! worst, what to do next. It reads no detection line.

mod page;
mod rules;

use std::io::{self, Write};

use self::page::{Page, Paint, left, right};
use super::pieces::Pieces;
use super::texts::{ENGLISH, Texts, fill};
use super::totals::{self, Totals};
use super::words;
use super::{Emitter, Needs, Spool};
use crate::findings::{CategoryCount, SummaryLine, SystemCount};
use crate::records::{Category, was_read};

/// Columns of the headings.
const HEAD: usize = 11;
/// Rows of gaps; the table has all of them.
const GAPS: usize = 12;

/// `human`
pub(super) struct Human {
    /// Columns.
    pub(super) width: usize,
    /// Whether to colour.
    pub(super) colour: bool,
    /// Language of what is said of missing pieces.
    pub(super) language: String,
}

impl Emitter for Human {
    fn needs(&self) -> Needs {
        Needs { detections: false, ..Needs::ALL }
    }

    fn emit(&self, spool: &Spool, out: &mut dyn Write) -> io::Result<()> {
        let totals = Totals::of(spool, self.needs())?;
        let texts = &ENGLISH;
        let mut page = Page::new(self.width, self.colour);
        header(&mut page, texts, &totals);
        match &totals.summary {
            Some(summary) if summary.interrupted => page.put(Paint::Red, texts.interrupted, "", 0),
            None => page.put(Paint::Red, texts.cut_off, "", 0),
            Some(_) => {}
        }
        if let Some(summary) = &totals.summary {
            read(&mut page, texts, summary);
        }
        not_read(&mut page, texts, &totals);
        if let Some(summary) = &totals.summary {
            missing(&mut page, Pieces::of(&self.language), summary);
            yours(&mut page, texts, summary);
            personal_data(&mut page, texts, summary);
        }
        rules::write(&mut page, texts, &totals);
        footer(&mut page, texts, &totals);
        out.write_all(page.finish().as_bytes())
    }
}

fn header(page: &mut Page, texts: &Texts, totals: &Totals) {
    let run = &totals.run;
    let packs = run.packs.join(", ");
    let countries = run.jurisdictions.join(", ");
    let mut parts = vec![
        fill(texts.as_of, &[("day", &run.as_of)]),
        if packs.is_empty() { texts.no_packs.to_owned() } else { fill(texts.packs, &[("packs", &packs)]) },
        if countries.is_empty() {
            texts.no_country.to_owned()
        } else {
            fill(texts.countries, &[("countries", &countries)])
        },
        texts.no_network.to_owned(),
    ];
    parts.extend(run.tools.iter().cloned());
    parts.extend(run.ledger.clone());
    let name = format!("{} {}", if run.tool.is_empty() { "olvido" } else { &run.tool }, run.version);
    page.put(Paint::Bold, name.trim(), &format!(" · {}", parts.join(" · ")), 2);
}

fn read(page: &mut Page, texts: &Texts, summary: &SummaryLine) {
    let (count, items, bytes) =
        (words::number(summary.read), words::number(summary.items), words::bytes(summary.bytes));
    let text = fill(texts.read_items, &[("read", &count), ("items", &items), ("bytes", &bytes)]);
    page.put(Paint::Bold, &left(texts.read, HEAD), &text, HEAD);
    let name = summary.systems.iter().map(|system| system.system.chars().count()).max().unwrap_or(0).min(24);
    for system in &summary.systems {
        page.put(Paint::Plain, "", &system_line(texts, system, name), 4 + name);
    }
    if summary.excluded > 0 {
        let text = fill(texts.excluded, &[("n", &words::number(summary.excluded))]);
        page.put(Paint::Plain, "  ", &text, 4);
    }
}

fn system_line(texts: &Texts, system: &SystemCount, name: usize) -> String {
    let mut parts: Vec<String> =
        system.kinds.iter().map(|(kind, count)| texts.records(*count, kind)).collect();
    // What has no reader has no records.
    if parts.is_empty() && system.items > 0 {
        parts.push(texts.records(system.items, "item"));
    }
    if let Some(day) = &system.last_act {
        let day = day.get(..10).unwrap_or(day);
        parts.push(fill(texts.last_act, &[("day", day)]));
    }
    format!("  {}  {}", left(&system.system, name), parts.join(", "))
}

fn not_read(page: &mut Page, texts: &Texts, totals: &Totals) {
    let lost = totals.summary.as_ref().map_or(0, |summary| summary.not_read);
    let counted: Vec<_> = totals.gaps.iter().filter(|((class, _), _)| class != "by-nature").collect();
    let head = left(texts.not_read, HEAD);
    if lost == 0 && counted.is_empty() {
        if totals.summary.as_ref().is_some_and(|summary| !summary.interrupted) {
            page.put(Paint::Bold, &head, texts.not_read_nothing, HEAD);
        }
    } else {
        let items = totals.summary.as_ref().map_or(0, |summary| summary.items);
        let text = fill(texts.not_read_items, &[("n", &words::number(lost)), ("share", &share(lost, items))]);
        page.put(Paint::Red, &head, &text, HEAD);
    }
    gap_rows(page, texts, &counted);
    let counted = totals.gaps.iter().filter(|((class, _), _)| class == "by-nature");
    let (read, nature): (Vec<_>, Vec<_>) = counted.partition(|((_, code), _)| was_read(code));
    for (text, gaps) in [(texts.by_nature, nature), (texts.read_all_the_same, read)] {
        if gaps.is_empty() {
            continue;
        }
        let count: u64 = gaps.iter().map(|(_, lost)| lost.count).sum();
        let codes: Vec<&str> = gaps.iter().map(|((_, code), _)| code.as_str()).take(6).collect();
        let text = fill(text, &[("n", &words::number(count)), ("codes", &codes.join(", "))]);
        page.put(Paint::Plain, "  ", &text, 4);
    }
}

fn gap_rows(page: &mut Page, texts: &Texts, gaps: &[(&(String, String), &totals::Lost)]) {
    let mut gaps = gaps.to_vec();
    gaps.sort_by_key(|((class, code), lost)| (std::cmp::Reverse(lost.count), class.clone(), code.clone()));
    let width = gaps.iter().map(|(_, lost)| words::number(lost.count).len()).max().unwrap_or(1);
    for ((class, code), lost) in gaps.iter().take(GAPS) {
        let mut text = format!("{} ({code}): {}", texts.gap_class(class), lost.message);
        if let Some(flag) = &lost.lift {
            text.push_str(&format!(" – {}", fill(texts.lifted_by, &[("flag", flag)])));
        }
        if lost.accepted > 0 {
            text.push_str(&format!(" – {}", fill(texts.accepted, &[("n", &words::number(lost.accepted))])));
        }
        page.put(
            Paint::Plain,
            &format!("  {}  ", right(&words::number(lost.count), width)),
            &text,
            4 + width,
        );
    }
    if gaps.len() > GAPS {
        let rest: u64 = gaps.iter().skip(GAPS).map(|(_, lost)| lost.count).sum();
        page.put(Paint::Plain, &format!("  … {} more (-o csv=FILE)", words::number(rest)), "", 4);
    }
}

/// A share in percent with one decimal; never 0.0 % of something.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::from("?");
    }
    let share = 100.0 * part as f64 / whole as f64;
    if part > 0 && share < 0.05 { String::from("< 0.1 %") } else { format!("{share:.1} %") }
}

/// Ids of missing files that are shown.
const IDS: usize = 5;

fn missing(page: &mut Page, texts: &Pieces, summary: &SummaryLine) {
    if summary.missing.is_empty() {
        return;
    }
    page.put(Paint::Bold, texts.head, "", 0);
    for piece in &summary.missing {
        let (many, answers) = texts.row(&piece.piece).unwrap_or((&*piece.piece, &*piece.answers));
        let words = [("system", &*piece.system), ("piece", many), ("answers", answers)];
        let text = match piece.count {
            0 => fill(texts.piece, &words),
            count => {
                let mut ids: Vec<&str> = piece.ids.iter().take(IDS).map(String::as_str).collect();
                if count > ids.len() as u64 {
                    ids.push("…");
                }
                let (n, ids) = (words::number(count), ids.join(", "));
                let [system, piece, answers] = words;
                fill(texts.files, &[system, piece, answers, ("n", &*n), ("ids", &*ids)])
            }
        };
        page.put(Paint::Plain, "  ", &text, 4);
    }
}

fn yours(page: &mut Page, texts: &Texts, summary: &SummaryLine) {
    if !summary.own.is_empty() {
        page.put(Paint::Plain, texts.taken_as_yours, &format!(" {}", summary.own.join(", ")), 2);
    }
}

fn personal_data(page: &mut Page, texts: &Texts, summary: &SummaryLine) {
    page.put(Paint::Plain, "", "", 0);
    let shown: Vec<&CategoryCount> =
        summary.categories.iter().filter(|count| count.records > 0 || count.possible > 0).collect();
    let head = format!("{}  ", texts.personal_data);
    if shown.is_empty() {
        page.put(Paint::Bold, &head, texts.no_data, HEAD);
    } else {
        let titles: Vec<String> = shown.iter().map(|count| title(&count.category)).collect();
        let people = fill(texts.people, &[("n", &words::number(summary.people_at_least))]);
        let columns = texts.columns.map(|column| right(column, column.chars().count().max(9) + 2)).concat();
        let names = titles.iter().map(|title| title.chars().count() + 2).max().unwrap_or(0);
        let beside = head.chars().count() + people.chars().count();
        // The columns stand beside the heading where there is room, else below it.
        let start = if page.fits(names.max(beside) + columns.chars().count()) {
            let start = names.max(beside);
            page.put(
                Paint::Bold,
                &head,
                &format!("{}{columns}", left(&people, start - head.chars().count())),
                HEAD,
            );
            start
        } else {
            page.put(Paint::Bold, &head, &people, HEAD);
            page.put(Paint::Plain, &" ".repeat(names), &columns, names);
            names
        };
        for (count, title) in shown.iter().zip(titles) {
            let widths = texts.columns.map(|column| column.chars().count().max(9) + 2);
            let cells = cells(count).into_iter().zip(widths);
            let cells: String = cells.map(|(cell, width)| right(&cell, width)).collect();
            page.put(Paint::Plain, &left(&format!("  {title}"), start), &cells, 4);
        }
    }
    let own: u64 = summary.categories.iter().map(|count| count.own).sum();
    if own > 0 {
        page.put(Paint::Plain, "  ", &fill(texts.own, &[("n", &words::number(own))]), 4);
    }
}

fn title(category: &str) -> String {
    Category::named(category).map_or_else(|| category.to_owned(), |known| known.card().title.to_owned())
}

fn cells(count: &CategoryCount) -> [String; 4] {
    let number = |n: u64| if n == 0 { String::from("0") } else { words::number(n) };
    let distinct = match (count.distinct, count.distinct_bounded) {
        (0, _) => String::from("–"),
        (n, true) => format!("≥ {}", words::number(n)),
        (n, false) => words::number(n),
    };
    [number(count.records), distinct, number(count.in_attachments), number(count.possible)]
}

fn footer(page: &mut Page, texts: &Texts, totals: &Totals) {
    page.put(Paint::Plain, "", "", 0);
    if let Some(counts) = totals.summary.as_ref().and_then(|summary| summary.baseline.as_ref()) {
        page.put(Paint::Plain, &words::baseline(texts, counts), "", 2);
    }
    let mut next = Vec::new();
    if let Some(rule) = rules::worst(totals) {
        next.push(fill(texts.next_explain, &[("rule", &rule)]));
    }
    if let Some(item) = &totals.masked_item {
        next.push(fill(texts.next_where, &[("item", item)]));
    }
    next.push(texts.next_table.to_owned());
    for (at, step) in next.iter().enumerate() {
        let head = left(if at == 0 { texts.next } else { "" }, 6);
        page.put(if at == 0 { Paint::Bold } else { Paint::Plain }, &head, step, 8);
    }
    let key = if totals.run.key.is_none() { format!(" {}", texts.no_key) } else { String::new() };
    page.put(Paint::Plain, texts.nothing_written, &key, 0);
    if let Some(summary) = &totals.summary {
        let status = summary.status;
        let text = fill(texts.status, &[("n", &status.to_string()), ("words", texts.status_words(status))]);
        let paint = if status == 0 { Paint::Bold } else { Paint::Red };
        page.put(paint, &text, "", 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_something_is_never_nothing() {
        assert_eq!(share(0, 10), "0.0 %");
        assert_eq!(share(1, 1_000_000), "< 0.1 %");
        assert_eq!(share(37, 1000), "3.7 %");
        assert_eq!(share(1, 0), "?");
    }
}
