//! GitLab code quality: a JSON array of issues in the shape of Code Climate that GitLab reads.
//!
//! Put together and limited as SARIF is; a last issue says what was rolled up.

use std::io::{self, Write};

use serde::Serialize;

use super::groups::{self, Group, Groups};
use super::rollup::{Census, Level};
use super::{Emitter, Needs, Spool, uris, words};
use crate::findings::{GapLine, Line, RunLine, Severity, Target, Verdict, escape, group_fingerprint};

/// `gitlab`
pub(super) struct Gitlab {
    /// At most this many issues, gaps apart.
    pub(super) limit: usize,
}

/// Issues for gaps, at most; the last of them counts the rest.
const GAPS: u64 = 500;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
}

impl Emitter for Gitlab {
    fn needs(&self) -> Needs {
        Needs::ALL
    }

    fn emit(&self, spool: &Spool, out: &mut dyn Write) -> io::Result<()> {
        let (run, level, lines) = self.count(spool)?;
        let mut groups = Groups::new(level);
        spool.each(Needs { gaps: false, ..Needs::ALL }, &mut |line| {
            match line {
                Line::Detection(line) => {
                    if let Some(rule) = &line.rule {
                        groups.detection(rule, severity(&run, rule), &line);
                    }
                }
                Line::Finding(line) => groups.finding(&line),
                _ => {}
            }
            Ok(())
        })?;
        let groups = groups.finish();
        let mut list = List { out, first: true };
        list.begin()?;
        // What a hold or waiver excuses is no issue; SARIF and the lines tell it.
        for group in groups.iter().filter(|group| group.suppressed.is_none()) {
            list.issue(&issue(group, &run))?;
        }
        if level != Level::Record {
            list.issue(&rolled_up(groups.len(), lines, level))?;
        }
        gaps(spool, &mut list)?;
        list.end()
    }
}

impl Gitlab {
    /// What ran, how coarse the issues have to be, and how many lines they are made of.
    fn count(&self, spool: &Spool) -> io::Result<(RunLine, Level, u64)> {
        let mut census = Census::new(self.limit);
        let (mut run, mut lines) = (RunLine::default(), 0);
        spool.each(Needs { gaps: false, ..Needs::ALL }, &mut |line| {
            match line {
                Line::Run(line) => run = *line,
                Line::Detection(line) => {
                    if let Some(rule) = &line.rule {
                        lines += 1;
                        census.note(|level| groups::detection_key(rule, &line, level));
                    }
                }
                Line::Finding(line) => {
                    lines += 1;
                    census.note(|level| groups::finding_key(&line, level));
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok((run, census.level(), lines))
    }
}

fn severity(run: &RunLine, rule: &str) -> Severity {
    let card = run.rules.iter().find(|card| card.id == rule);
    card.and_then(|card| card.severity).unwrap_or(Severity::Note)
}

fn issue(group: &Group, run: &RunLine) -> Issue {
    let gate_open = run.gate.is_some_and(|gate| gate.open);
    let severity = match (group.verdict, group.severity) {
        (Verdict::Fail, Severity::Error) => "critical",
        (Verdict::Fail, Severity::Warning) => "major",
        (Verdict::Open, _) if gate_open => "critical",
        (Verdict::Open, _) => "minor",
        _ => "info",
    };
    let title = run.rules.iter().find(|card| card.id == group.rule).map_or("", |card| card.title.as_str());
    let first = group.spots.first().filter(|spot| spot.inner.is_empty() && group.level <= Level::File);
    Issue {
        description: description(&group.text(if title.is_empty() { &group.rule } else { title })),
        check_name: group.rule.clone(),
        fingerprint: group.fingerprint.clone(),
        severity,
        location: Location {
            path: place(group.place.as_deref()),
            lines: Lines { begin: first.and_then(|spot| spot.span).map_or(1, |span| span.line) },
        },
    }
}

fn rolled_up(issues: usize, lines: u64, level: Level) -> Issue {
    let text = format!(
        "{} findings and data are shown as {} issues, one for each {} and rule. The lines (jsonl) and the table (csv) hold every one.",
        words::number(lines),
        words::number(issues as u64),
        level.name()
    );
    Issue {
        description: description(&text),
        check_name: "report/rolled-up".to_owned(),
        fingerprint: group_fingerprint(&["gitlab", "rolled-up"]),
        severity: "info",
        location: Location { path: place(None), lines: Lines { begin: 1 } },
    }
}

/// What was not read: nothing speaks for it.
fn gaps(spool: &Spool, list: &mut List<'_>) -> io::Result<()> {
    let mut count = 0u64;
    spool.each(Needs { gaps: true, ..Needs::ENDS }, &mut |line| {
        let Line::Gap(line) = line else { return Ok(()) };
        if line.class == "by-nature" || line.accepted.is_some() {
            return Ok(());
        }
        count += 1;
        if count < GAPS { list.issue(&unread(&line, count)) } else { Ok(()) }
    })?;
    if count < GAPS {
        return Ok(());
    }
    let text = format!("{} more items or parts were not read.", words::number(count - (GAPS - 1)));
    list.issue(&Issue {
        description: description(&text),
        check_name: "coverage/more".to_owned(),
        fingerprint: group_fingerprint(&["gitlab", "gaps"]),
        severity: "major",
        location: Location { path: place(None), lines: Lines { begin: 1 } },
    })
}

fn unread(line: &GapLine<'_>, number: u64) -> Issue {
    let inner = line.inner.join("!");
    Issue {
        description: description(&format!("Not read ({}): {}", line.code, line.message)),
        check_name: format!("coverage/{}", line.code),
        fingerprint: group_fingerprint(&["gap", &line.code, &line.path, &inner, &number.to_string()]),
        severity: "major",
        location: Location { path: place(Some(&line.path)), lines: Lines { begin: 1 } },
    }
}

/// GitLab takes paths relative to the project: no leading slash, no `./`, no control sign.
fn place(path: Option<&str>) -> String {
    match path {
        Some(path) => escape(Target::Terminal, &uris::relative(path)).into_owned(),
        None => String::from("."),
    }
}

/// Merge requests show descriptions as Markdown.
fn description(text: &str) -> String {
    escape(Target::Markdown, text).into_owned()
}

/// The array while it is written.
struct List<'o> {
    out: &'o mut dyn Write,
    first: bool,
}

impl List<'_> {
    fn begin(&mut self) -> io::Result<()> {
        self.out.write_all(b"[")
    }

    fn issue(&mut self, issue: &Issue) -> io::Result<()> {
        self.out.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        let text = serde_json::to_string(issue)?;
        self.out.write_all(escape(Target::Json, &text).as_bytes())
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n]\n")
    }
}
