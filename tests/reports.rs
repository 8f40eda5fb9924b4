//! The other reports: what people read, the table, and the lines themselves.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![allow(dead_code, reason = "the lines are shared with tests/sarif.rs")]

mod lines;

use lines::{detection, finding, gap, hostile, report, report_with, run, summary};
use olvido::findings::{Line, Verdict, line_schema};
use olvido::reports::{FORMATS, Options, Spool, emitter};

fn spool(lines: Vec<Line<'_>>) -> Spool {
    let mut spool = Spool::new();
    for line in &lines {
        spool.push(line).unwrap();
    }
    spool
}

/// Lines as in a run over one helpdesk.
fn ordinary() -> Spool {
    let expired = |id: &str| finding("retention/ticket-expired", Verdict::Fail, "tickets.json", id.into());
    let mut open = finding("retention/ticket-expired", Verdict::Open, "tickets.json", "4031".into());
    open.missing = vec!["retention_clock_at".into()];
    let mut secret = finding("secrets/credential-in-ticket", Verdict::Fail, "tickets.json", "4002".into());
    secret.severity = olvido::findings::Severity::Error;
    secret.clock = None;
    let mut pictures = gap("photos/1.jpg", "no-reader", "unread");
    pictures.accepted = Some("dpo until 2027".into());
    spool(vec![
        run(),
        Line::Detection(Box::new(detection("tickets.json", "1", 4))),
        Line::Finding(Box::new(expired("4001"))),
        Line::Finding(Box::new(expired("4002"))),
        Line::Finding(Box::new(open)),
        Line::Finding(Box::new(secret)),
        Line::Gap(Box::new(pictures)),
        Line::Gap(Box::new(gap("a.exe", "executable", "by-nature"))),
        Line::Summary(Box::new(summary())),
    ])
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn every_format_is_made_by_its_name() {
    for format in FORMATS {
        assert!(emitter(format, &Options::default()).is_some(), "{format}");
        assert!(!report(format, &ordinary()).is_empty(), "{format}");
    }
    assert!(emitter("pdf", &Options::default()).is_none());
}

#[test]
fn human_tells_what_was_read_what_not_and_what_is_worst() {
    let text = report("human", &ordinary());
    for wanted in [
        "olvido 0.1.0 · as of 2026-11-22 · pack gdpr-core · countries es · no network used",
        "1,200 of 1,234 items · 18.4 MB",
        "86 comments, 40 tickets, last act 2026-10-30",
        "34 items, in whole or in part (2.8 %): nothing below speaks for them",
        "no reader (no-reader): No reader for pictures; install one. – 1 of them accepted",
        "1 with nothing to read by nature (executable)",
        "Taken as yours (counted apart; change in olvido.yaml): acme-olvido.es",
        "NOT IN THE EXPORT",
        "zendesk: 7 files of attachments named and absent (11, 12, …) – what stands in files that records name and the archive lacks",
        "zendesk: no settings – passwords, sessions, encryption of mail and deletion as the helpdesk is set up (olvido explain zendesk)",
        "at least 4,321 people",
        "e-mail address",
        "≥ 26,411",
        "5 rules: 2 failed · 1 noted · 2 met nothing to judge",
        "2 tickets (zendesk ticket 4001, …)",
        "oldest 2016-03-10",
        "PROPOSED",
        "Art. 5(1)(e), ES-LOPDGDD 32",
        "1 ticket cannot be shown  missing: retention_clock_at",
        "Rules that met no evidence, or no record they speak of (2): access-control, training",
        "olvido explain secrets/credential-in-ticket",
        "nothing left this machine. No key",
        "status 1: findings at or above the gate",
    ] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted = wanted.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&wanted), "{wanted}\n{text}");
    }
    let place = |word: &str| text.find(word).unwrap();
    assert!(place("error  secrets/") < place("warn   retention/"), "{text}");
    assert!(place("warn   retention/") < place("note   personal-data/"), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn human_keeps_to_the_width_of_the_terminal() {
    for width in [40, 60, 80, 132] {
        for spool in [ordinary(), hostile()] {
            let options = Options { width, ..Options::default() };
            let text = report_with("human", &spool, &options);
            assert!(widest(&text) <= width, "{width}: {}\n{text}", widest(&text));
            let row = text.lines().find(|line| line.contains("81,204")).unwrap();
            assert!(width < 80 || row.ends_with("118"), "the table is not torn: {row}");
        }
    }
}

#[test]
fn human_colours_only_when_told() {
    let options = Options { colour: true, ..Options::default() };
    let coloured = report_with("human", &ordinary(), &options);
    assert!(coloured.contains("\u{1b}[1;31m"));
    let mut plain = coloured;
    for code in ["\u{1b}[1m", "\u{1b}[1;31m", "\u{1b}[33m", "\u{1b}[0m"] {
        plain = plain.replace(code, "");
    }
    assert_eq!(plain, report("human", &ordinary()));
}

#[test]
fn human_never_calls_an_unfinished_run_clean() {
    let text = report("human", &spool(vec![run()]));
    assert!(text.contains("INCOMPLETE"), "{text}");
    assert!(!text.contains("none found") && !text.contains("every item was read"));
    let mut cut = summary();
    (cut.interrupted, cut.status, cut.not_read) = (true, 130, 0);
    let text = report("human", &spool(vec![run(), Line::Summary(Box::new(cut))]));
    assert!(text.contains("INCOMPLETE") && text.contains("status 130"), "{text}");
    assert!(!text.contains("every item was read"));
}

#[test]
fn human_says_clean_only_of_what_was_read() {
    let mut clean = summary();
    (clean.status, clean.not_read, clean.excluded, clean.complete) = (0, 0, 0, true);
    clean.categories.clear();
    clean.rules.clear();
    let text = report("human", &spool(vec![run(), Line::Summary(Box::new(clean))]));
    assert!(text.contains("none found with a probability of 0.5 or more in what was read"), "{text}");
    assert!(text.contains("nothing: every item was read"));
    assert!(text.contains("status 0"));
}

#[test]
fn human_needs_no_detection_line() {
    let needs = emitter("human", &Options::default()).unwrap().needs();
    assert!(!needs.detections && needs.findings && needs.gaps);
}

/// A reader of RFC 4180 that shares nothing with the writer.
fn table(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut signs = text.chars().peekable();
    while let Some(c) = signs.next() {
        match c {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(signs.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !quoted, "the last row ends");
    rows
}

#[test]
fn csv_has_a_row_for_everything_and_runs_nothing() {
    let spool = hostile();
    let rows = table(&report("csv", &spool));
    // All lines but the run and the summary, and the header.
    assert_eq!(rows.len() as u64, spool.len() - 2 + 1);
    let header = &rows[0];
    for row in &rows {
        assert_eq!(row.len(), header.len());
        for cell in row {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            assert!(!cell.chars().any(|c| c.is_control() || c == '\u{202e}'), "{cell:?}");
        }
    }
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let detected: Vec<_> = rows.iter().filter(|row| row[column("type")] == "detection").collect();
    assert_eq!(detected.len(), 14 * lines::HOSTILE.len());
    assert_eq!(detected[0][column("masked")], "•••••@•••••.es");
    assert_eq!(detected[0][column("confidence")], "0.970");
    let missing = rows.iter().filter(|row| row[column("missing")] == "retention_clock_at");
    assert!(missing.count() > 0);
    let accepted = rows.iter().filter(|row| row[column("accepted")] == "dpo until 2027");
    assert_eq!(accepted.count(), lines::HOSTILE.len());
}

#[test]
fn jsonl_is_the_lines_and_keeps_its_schema() {
    let spool = hostile();
    let text = report("jsonl", &spool);
    assert_eq!(text.lines().count() as u64, spool.len());
    let schema = jsonschema::options().should_validate_formats(true).build(&line_schema()).unwrap();
    for line in text.lines() {
        assert!(line.starts_with("{\"type\":\""));
        let value = serde_json::from_str(line).unwrap();
        let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{line}");
    }
    for bad in ["\u{1b}", "\u{202e}", "::error", "##["] {
        assert!(!text.contains(bad), "{bad:?}");
    }
    // And back: a report of the report is the same.
    let mut again = Spool::new();
    again.push_all(&mut text.as_bytes()).unwrap();
    assert_eq!(report("jsonl", &again), text);
}

#[test]
fn no_report_obeys_a_hostile_name() {
    for format in FORMATS {
        let text = report(format, &hostile());
        for bad in ["\u{1b}", "\u{9b}", "\u{7}", "\u{202e}", "\u{2066}", "##["] {
            assert!(!text.contains(bad), "{format} {bad:?}");
        }
        // Of `github` commands are the report: what they hold is tested with it.
        assert!(format == "github" || !text.contains("::error"), "{format}");
    }
}

/// The reports of `fixtures/reports/run.jsonl` as they were read and accepted.
#[test]
fn accepted_reports_stay_as_they_are() {
    let mut spool = Spool::new();
    spool.push_all(&mut include_bytes!("../fixtures/reports/run.jsonl").as_slice()).unwrap();
    assert_eq!(report("human", &spool), include_str!("../fixtures/reports/human.txt"));
    assert_eq!(report("csv", &spool), include_str!("../fixtures/reports/table.csv"));
}
