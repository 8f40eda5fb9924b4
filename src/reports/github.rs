//! Annotations of a GitHub workflow: commands on standard output that the runner reads.
//!
//! GitHub shows ten annotations a level and step and drops the rest without a word, so the tenth says how
//! many there are. Two passes: the first counts, the second writes.

use std::io::{self, Write};

use super::groups::{Group, Span};
use super::totals::gates;
use super::{Emitter, Needs, Spool, words};
use crate::findings::{
    DetectionLine, FindingLine, GapLine, Line, RunLine, Severity, SummaryLine, Target, Verdict, escape,
};

/// `github`
pub(super) struct Github;

/// Annotations GitHub shows of one level.
const SHOWN: u64 = 10;
/// The levels, worst first.
const LEVELS: [&str; 3] = ["error", "warning", "notice"];

/// What one line becomes.
struct Annotation {
    /// Position in [`LEVELS`].
    level: usize,
    title: String,
    path: Option<String>,
    span: Option<Span>,
    message: String,
}

#[derive(Default)]
struct Counted {
    run: RunLine,
    summary: Option<SummaryLine>,
    levels: [u64; 3],
}

impl Emitter for Github {
    fn needs(&self) -> Needs {
        Needs::ALL
    }

    fn emit(&self, spool: &Spool, out: &mut dyn Write) -> io::Result<()> {
        let mut counted = Counted::default();
        spool.each(Needs::ALL, &mut |line| {
            match &line {
                Line::Run(run) => counted.run = (**run).clone(),
                Line::Summary(summary) => counted.summary = Some((**summary).clone()),
                _ => {
                    if let Some(annotation) = annotation(&counted.run, &line)
                        && let Some(count) = counted.levels.get_mut(annotation.level)
                    {
                        *count += 1;
                    }
                }
            }
            Ok(())
        })?;
        let mut written = [0u64; 3];
        // Findings first: data fill what room they leave, gaps come before them.
        for needs in [
            Needs { findings: true, ..Needs::ENDS },
            Needs { gaps: true, ..Needs::ENDS },
            Needs { detections: true, ..Needs::ENDS },
        ] {
            spool.each(needs, &mut |line| match annotation(&counted.run, &line) {
                Some(annotation) => within(out, &annotation, &counted.levels, &mut written),
                None => Ok(()),
            })?;
        }
        rest(out, &counted)
    }
}

/// Writes an annotation where there is room: all where ten hold them, nine before a count otherwise.
fn within(
    out: &mut dyn Write,
    annotation: &Annotation,
    counted: &[u64; 3],
    written: &mut [u64; 3],
) -> io::Result<()> {
    let (Some(all), Some(so_far)) = (counted.get(annotation.level), written.get_mut(annotation.level)) else {
        return Ok(());
    };
    let room = if *all > SHOWN { SHOWN - 1 } else { SHOWN };
    if *so_far >= room {
        return Ok(());
    }
    *so_far += 1;
    command(out, annotation)
}

/// The tenth annotation of a full level, and what the run came to as plain lines.
fn rest(out: &mut dyn Write, counted: &Counted) -> io::Result<()> {
    for (level, all) in counted.levels.iter().enumerate() {
        if *all > SHOWN {
            let more = *all - (SHOWN - 1);
            command(
                out,
                &Annotation {
                    level,
                    title: "olvido".to_owned(),
                    path: None,
                    span: None,
                    message: format!(
                        "{} more are not shown here: GitHub shows ten. The other reports hold every one.",
                        words::number(more)
                    ),
                },
            )?;
        }
    }
    let Some(summary) = &counted.summary else {
        return writeln!(out, "olvido: the lines of the run end early; nothing here speaks for the rest");
    };
    writeln!(
        out,
        "olvido: {} of {} items read, {} errors, {} warnings, {} notices, status {}",
        words::number(summary.read),
        words::number(summary.items),
        words::number(counted.levels[0]),
        words::number(counted.levels[1]),
        words::number(counted.levels[2]),
        summary.status
    )
}

fn annotation(run: &RunLine, line: &Line<'_>) -> Option<Annotation> {
    match line {
        Line::Finding(line) => finding(run, line),
        Line::Gap(line) => gap(line),
        Line::Detection(line) => detection(line),
        Line::Run(_) | Line::Summary(_) => None,
    }
}

fn finding(run: &RunLine, line: &FindingLine<'_>) -> Option<Annotation> {
    let (level, more) = match line.verdict {
        _ if line.suppressed.is_some() => return None,
        Verdict::Fail => (
            match line.severity {
                Severity::Error => 0,
                Severity::Warning => 1,
                Severity::Note => 2,
            },
            String::new(),
        ),
        Verdict::Open => {
            let level = if gates(run, line) { 0 } else { 1 };
            (level, format!(" (cannot be shown, missing: {})", line.missing.join(", ")))
        }
        Verdict::Review => (2, " (a person must answer)".to_owned()),
        Verdict::Pass | Verdict::NotApplicable => return None,
    };
    Some(Annotation {
        level,
        title: line.rule.clone().into_owned(),
        path: line.path.as_deref().map(str::to_owned),
        // Inside a container lines are those of the member, which no reader of the file can see.
        span: line.line.filter(|_| line.inner.is_empty()).map(Span::line),
        message: format!("{}{more}", line.message),
    })
}

fn gap(line: &GapLine<'_>) -> Option<Annotation> {
    if line.class == "by-nature" || line.accepted.is_some() {
        return None;
    }
    Some(Annotation {
        level: 1,
        title: format!("not read: {}", line.code),
        path: Some(line.path.clone().into_owned()),
        span: None,
        message: line.message.clone().into_owned(),
    })
}

fn detection(line: &DetectionLine<'_>) -> Option<Annotation> {
    let rule = line.rule.as_deref().filter(|_| line.suppressed.is_none())?;
    Some(Annotation {
        level: 2,
        title: rule.to_owned(),
        path: Some(line.path.clone().into_owned()),
        span: Some(Span::of(line)).filter(|_| line.inner.is_empty()),
        message: format!("{} {} in {}", line.category, line.masked, Group::record_name(&line.record)),
    })
}

/// One workflow command, on a line of its own.
fn command(out: &mut dyn Write, annotation: &Annotation) -> io::Result<()> {
    let property = |text: &str| escape(Target::GithubProperty, text).into_owned();
    let level = LEVELS.get(annotation.level).copied().unwrap_or("notice");
    write!(out, "::{level} title={}", property(&annotation.title))?;
    if let Some(path) = annotation.path.as_deref().filter(|path| !path.is_empty()) {
        write!(out, ",file={}", property(path))?;
        if let Some(span) = annotation.span {
            write!(out, ",line={},endLine={}", span.line, span.end_line)?;
            // GitHub takes columns of one line only.
            if span.line == span.end_line && span.end_column > span.column {
                write!(out, ",col={},endColumn={}", span.column, span.end_column)?;
            }
        }
    }
    writeln!(out, "::{}", escape(Target::GithubMessage, &annotation.message))
}
