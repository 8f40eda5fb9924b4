//! `olvido scan`.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::audit::{Audit, Context, run_line};
use crate::detectors::{Engine, Matcher};
use crate::disk::{DiskFile, SystemDisk, replace_with};
use crate::findings::{Line, LineKind, Severity};
use crate::policies::builtin::CHECKLISTS;
use crate::policies::{Checklist, Language};
use crate::problem::Problem;
use crate::records::Gap;
use crate::reports::{Emitter, FORMATS, Options, Spool, emitter};

use super::Failure;
use super::args::{EngineChoice, FailOn, ScanArgs};
use super::exit::Exit;
use super::progress::Progress;
use super::setup::Setup;
use super::survey::read_context;

/// A report to a file.
struct FileReport {
    emitter: Box<dyn Emitter>,
    path: PathBuf,
}

/// Scans, judges and reports.
pub(super) fn scan(args: &ScanArgs) -> Result<Exit, Failure> {
    let options = terminal_options();
    let printed = report(&args.format, &options)?;
    let files = file_reports(&args.outputs)?;
    let setup = Setup::new(&args.read, &args.policies)?;
    let engine = match args.engine {
        EngineChoice::Fast => Engine::Fast,
        EngineChoice::Naive => Engine::Naive,
    };
    let matcher = Matcher::new(&setup.policies.catalogue, engine)?;
    let checklist = checklist(args, &setup)?;
    let audit = Audit { explain: args.explain, ..audit(&setup, &matcher) };
    setup.catch_interrupts();
    let (context, survey_gap) = context(args, &setup, &audit)?;

    let needs = files.iter().fold(printed.needs(), |all, file| all.and(file.emitter.needs()));
    let mut spool = Spool::new();
    let mut run = run_line(&setup.policies);
    run.as_of = setup.now.to_rfc3339();
    run.packs.clone_from(&setup.packs);
    run.jurisdictions.clone_from(&setup.jurisdictions);
    run.key = setup.key.as_ref().map(|key| key.id().to_owned());
    run.settings = settings(&setup, args);
    spool.push(&Line::Run(Box::new(run)))?;

    let gate = match args.fail_on {
        FailOn::Note => Some(Severity::Note),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Error => Some(Severity::Error),
        FailOn::Never => None,
    };
    let progress = Progress::show(&setup.control, "scanning", args.read.quiet);
    let outcome = audit.scan(
        &setup.roots,
        &context,
        survey_gap.as_ref(),
        needs.include(LineKind::Detection),
        gate,
        &mut |lines| spool.push_written(lines.as_bytes()),
    )??;
    drop(progress);
    for file in &files {
        write_file(file, &spool)?;
    }
    let mut out = BufWriter::with_capacity(256 << 10, io::stdout().lock());
    printed.emit(&spool, &mut out)?;
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

/// A checklist to answer, and where.
struct Asked {
    list: Checklist,
    language: Language,
    file: Option<PathBuf>,
}

fn checklist(args: &ScanArgs, setup: &Setup) -> Result<Option<Asked>, Failure> {
    let Some(asked) = &args.checklist else { return Ok(None) };
    let (name, file) = match asked.split_once('=') {
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (asked.as_str(), None),
    };
    let refuse = |code, what: &str, advice: &str| Err(Problem::new(code, what, advice).into());
    if file.is_none() && args.format != "human" {
        let advice = "write --checklist helpdesk-audit=FILE";
        return refuse("checklist-place", "a checklist is printed behind the human report only", advice);
    }
    if let Some(path) = &file {
        writable(path)?;
    }
    let Some(language) = Language::named(&args.lang) else {
        return refuse("lang-unknown", "checklists do not speak this language", "write en, es, fr or de");
    };
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
        references: setup.references.as_ref(),
        control: &setup.control,
        explain: false,
    }
}

fn context(args: &ScanArgs, setup: &Setup, audit: &Audit<'_>) -> Result<(Context, Option<Gap>), Failure> {
    if let Some(path) = &args.context {
        return Ok((read_context(path, setup)?, None));
    }
    if setup.roots.has_stdin() {
        return Ok((audit.no_survey(), None));
    }
    let _progress = Progress::show(&setup.control, "surveying", args.read.quiet);
    Ok(audit.survey(&setup.roots)?)
}

/// Digest of whatever can change a result beside the inputs.
fn settings(setup: &Setup, args: &ScanArgs) -> String {
    let limits = format!(
        "{} {} {} {}",
        args.read.max_depth, args.read.max_members, args.read.max_expanded, args.read.max_ratio
    );
    let key = setup.key.as_ref().map_or("", |key| key.id());
    let gate = format!("{:?}", args.fail_on);
    let as_of = setup.now.to_rfc3339();
    setup.policies.settings_digest(&[
        env!("CARGO_PKG_VERSION").as_bytes(),
        setup.config_text.as_bytes(),
        limits.as_bytes(),
        key.as_bytes(),
        gate.as_bytes(),
        setup.exceptions_text.as_bytes(),
        as_of.as_bytes(),
    ])
}

fn report(format: &str, options: &Options) -> Result<Box<dyn Emitter>, Problem> {
    emitter(format, options).ok_or_else(|| {
        Problem::new(
            "format-unknown",
            "there is no such report format",
            format!("write one of {}", FORMATS.join(", ")),
        )
    })
}

fn file_reports(outputs: &[String]) -> Result<Vec<FileReport>, Problem> {
    let mut files = Vec::new();
    for output in outputs {
        let Some((format, path)) = output.split_once('=').filter(|(_, path)| !path.is_empty()) else {
            return Err(Problem::new(
                "output-form",
                "-o takes FORMAT=FILE",
                format!("write for example -o sarif=report.sarif; formats are {}", FORMATS.join(", ")),
            ));
        };
        let path = PathBuf::from(path);
        writable(&path)?;
        // Files are read by programs and people later: a fixed width, and no colour.
        files.push(FileReport { emitter: report(format, &Options::default())?, path });
    }
    Ok(files)
}

/// Whether a report can be written there, asked before hours of scanning and not after.
fn writable(path: &Path) -> Result<(), Problem> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() || path.is_dir() {
        return Err(Problem::new(
            "output-no-place",
            format!("{} cannot be written", path.display()),
            "name a file in a folder that exists",
        ));
    }
    Ok(())
}

/// Reports hold masked values only, but they tell where personal data is: mode 0600, whole or not at all.
fn write_file(file: &FileReport, spool: &Spool) -> io::Result<()> {
    replace_with(&SystemDisk, &file.path, &mut |disk| {
        let mut out = BufWriter::with_capacity(256 << 10, Appending(disk));
        file.emitter.emit(spool, &mut out)?;
        out.flush()
    })
}

struct Appending<'d>(&'d mut dyn DiskFile);

impl Write for Appending<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.append(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the environment is read in cli only")]
fn terminal_options() -> Options {
    let terminal = io::stdout().is_terminal();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let width = terminal.then(terminal_width).flatten();
    let plainest = Options::default();
    Options { colour: terminal && !plain, width: width.unwrap_or(plainest.width), ..plainest }
}

/// Columns of the terminal, where it says so and has enough of them.
#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col >= 40).then_some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    None
}
