//! `olvido scan`.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use crate::audit::{Audit, Context, Gate};
use crate::detectors::{Engine, Matcher};
use crate::disk::{SystemDisk, replace_with};
use crate::policies::builtin::CHECKLISTS;
use crate::policies::{Checklist, Language};
use crate::problem::Problem;
use crate::records::Gap;

use super::Failure;
use super::args::{EngineChoice, ReadArgs, ReportArgs, ScanArgs};
use super::exit::Exit;
use super::progress::Progress;
use super::reporting::{Reporting, writable};
use super::setup::Setup;
use super::survey::read_context;

/// Scans, judges and reports.
pub(super) fn scan(args: &ScanArgs) -> Result<Exit, Failure> {
    // A scan changes nothing: what is installed may help.
    let read = ReadArgs { external: !args.run.read.no_external, ..args.run.read.clone() };
    let setup = Setup::new(&read, &args.run.policies)?;
    let Some(language) = Language::named(&args.lang) else {
        let what = "reports and checklists do not speak this language";
        return Err(Problem::new("lang-unknown", what, "write en, es, fr or de").into());
    };
    let mut reporting = Reporting::new(&args.run.report, &setup, &args.lang, false)?;
    let matcher = Matcher::new(&setup.policies.catalogue, engine(&args.run.report))?;
    let checklist = checklist(args, language, &setup)?;
    let audit = Audit { explain: args.run.report.explain, ..audit(&setup, &matcher) };
    setup.catch_interrupts();
    let (context, survey_gap) = context(&args.run.report, args.run.read.quiet, &setup, &audit)?;
    let gate = Gate { status: reporting.gate, ..Gate::default() };
    let (spool, outcome) =
        reporting.scan(&setup, &args.run.read, &audit, &setup.roots, &context, survey_gap.as_ref(), &gate)?;
    let mut out = BufWriter::with_capacity(256 << 10, io::stdout().lock());
    reporting.write(&spool, &mut out)?;
    if let Some(asked) = &checklist {
        let text = asked.list.render(&setup.policies.rules, &outcome.verdicts, asked.language);
        match &asked.file {
            None => write!(out, "\n{text}")?,
            Some(path) => {
                replace_with(&SystemDisk, path, &mut |disk| disk.append(text.as_bytes()).map(drop))?
            }
        }
    }
    out.flush()?;
    Ok(Exit::of(outcome.summary.status).unwrap_or(Exit::Usage))
}

/// The engine that was asked for.
pub(super) fn engine(args: &ReportArgs) -> Engine {
    match args.engine {
        EngineChoice::Fast => Engine::Fast,
        EngineChoice::Naive => Engine::Naive,
    }
}

/// A checklist to answer, and where.
struct Asked {
    list: Checklist,
    language: Language,
    file: Option<PathBuf>,
}

fn checklist(args: &ScanArgs, language: Language, setup: &Setup) -> Result<Option<Asked>, Failure> {
    let Some(asked) = &args.checklist else { return Ok(None) };
    let (name, file) = match asked.split_once('=') {
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (asked.as_str(), None),
    };
    let refuse = |code, what: &str, advice: &str| Err(Problem::new(code, what, advice).into());
    if file.is_none() && args.run.report.format != "human" {
        let advice = "write --checklist helpdesk-audit=FILE";
        return refuse("checklist-place", "a checklist is printed behind the human report only", advice);
    }
    if let Some(path) = &file {
        writable(path)?;
    }
    for (path, text) in CHECKLISTS {
        let list = Checklist::load(path, text, &setup.policies.rules)?;
        if list.id() == name {
            return Ok(Some(Asked { list, language, file }));
        }
    }
    refuse("checklist-unknown", "there is no such checklist", "write helpdesk-audit")
}

/// A run's parts as the pipeline takes them.
pub(super) fn audit<'a>(setup: &'a Setup, matcher: &'a Matcher) -> Audit<'a> {
    Audit {
        policies: &setup.policies,
        matcher,
        config: &setup.config,
        fingerprints: &setup.fingerprints,
        limits: setup.limits.clone(),
        now: setup.now,
        threads: setup.threads,
        hash_key: setup.hash_key,
        exceptions: &setup.exceptions,
        suppression: setup.suppression.as_ref(),
        references: setup.references.as_ref(),
        control: &setup.control,
        explain: false,
        attachments: Default::default(),
    }
}

/// What a survey learns, or learned before.
pub(super) fn context(
    args: &ReportArgs,
    quiet: bool,
    setup: &Setup,
    audit: &Audit<'_>,
) -> Result<(Context, Option<Gap>), Failure> {
    if let Some(path) = &args.context {
        if setup.exceptions.holds.names_people() {
            let what = "holds name people, and a context says nothing of whom";
            let advice = "scan the whole archive without --context, so that its people are known";
            return Err(Problem::new("holds-context", what, advice).into());
        }
        return Ok((read_context(path, setup)?, None));
    }
    if setup.roots.has_stdin() {
        return Ok((audit.no_survey(), None));
    }
    let _progress = Progress::show(&setup.control, "surveying", quiet);
    Ok(audit.survey(&setup.roots)?)
}
