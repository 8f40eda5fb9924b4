//! Reports of a run: which, where to, and from which lines.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::audit::{Audit, Context, Gate, Outcome, run_line};
use crate::disk::{DiskFile, SystemDisk, replace_with};
use crate::findings::{Baseline, GateLine, Labels, Line, LineKind, Severity};
use crate::problem::Problem;
use crate::records::Gap;
use crate::reports::{Emitter, FORMATS, Needs, Options, Spool, emitter, read_lines};
use crate::sources::Roots;

use super::Failure;
use super::args::{FailOn, ReadArgs, ReportArgs};
use super::progress::Progress;
use super::setup::Setup;

/// A report to a file.
struct FileReport {
    emitter: Box<dyn Emitter>,
    path: PathBuf,
}

/// What a run is to report.
pub(super) struct Reporting {
    printed: Box<dyn Emitter>,
    files: Vec<FileReport>,
    /// What gives status 1.
    pub(super) gate: GateLine,
    labels: Option<Labels>,
}

impl Reporting {
    /// Everything wrong with the arguments is told here, before any data is read.
    pub(super) fn new(
        args: &ReportArgs,
        setup: &Setup,
        language: &str,
        open_fails: bool,
    ) -> Result<Self, Failure> {
        let spoken = |options: Options| Options { language: language.to_owned(), ..options };
        let printed = report(&args.format, &spoken(terminal_options()))?;
        // Files are read by programs and people later: a fixed width, and no colour.
        let files = file_reports(&args.outputs, &spoken(Options::default()))?;
        let fail_on = match args.fail_on {
            FailOn::Note => Some(Severity::Note),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Error => Some(Severity::Error),
            FailOn::Never => None,
        };
        let gate = GateLine { fail_on, open: open_fails, only_new: args.only_new };
        let baseline = args.baseline.as_deref().map(|path| baseline(path, setup)).transpose()?;
        Ok(Self { printed, files, gate, labels: baseline.map(|baseline| Labels::new(baseline, gate)) })
    }

    /// Which lines the reports read.
    pub(super) fn needs(&self) -> Needs {
        let files = self.files.iter().fold(self.printed.needs(), |all, file| all.and(file.emitter.needs()));
        let data = self.labels.as_ref().is_some_and(Labels::needs_data);
        Needs { detections: files.detections || data, ..files }
    }

    /// Whether anything is to be written to files.
    pub(super) fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// A spool with the first line.
    pub(super) fn begin(&self, setup: &Setup, read: &ReadArgs) -> Result<Spool, Failure> {
        let mut spool = Spool::new();
        let mut run = run_line(&setup.policies);
        run.as_of = setup.now.to_rfc3339();
        run.packs.clone_from(&setup.packs);
        run.jurisdictions.clone_from(&setup.jurisdictions);
        run.key = setup.key.as_ref().map(|key| key.id().to_owned());
        run.settings = settings(setup, read, self.gate);
        run.tools = setup.limits.tools.versions();
        run.gate = Some(self.gate);
        run.ledger = setup.key.as_ref().and_then(|key| super::purge::head_of(&setup.project, key));
        spool.push(&Line::Run(Box::new(run)))?;
        Ok(spool)
    }

    /// Scans into a spool; gives what it came to, with the status against the baseline.
    #[expect(clippy::too_many_arguments, reason = "the parts of a run")]
    pub(super) fn scan(
        &mut self,
        setup: &Setup,
        read: &ReadArgs,
        audit: &Audit<'_>,
        roots: &Roots,
        context: &Context,
        survey_gap: Option<&Gap>,
        gate: &Gate<'_>,
    ) -> Result<(Spool, Outcome), Failure> {
        let mut spool = self.begin(setup, read)?;
        let wanted = self.needs().include(LineKind::Detection);
        let progress = Progress::show(&setup.control, "scanning", read.quiet);
        let mut outcome = audit.scan(roots, context, survey_gap, wanted, gate, &mut |lines| {
            self.keep(lines, &mut spool).map(drop)
        })??;
        drop(progress);
        if let Some(status) = self.status(&spool)? {
            outcome.summary.status = status;
        }
        Ok((spool, outcome))
    }

    /// Puts lines into the spool, labelled where there is a baseline.
    pub(super) fn keep(&mut self, lines: &str, spool: &mut Spool) -> io::Result<()> {
        let Some(labels) = &mut self.labels else { return spool.push_written(lines.as_bytes()) };
        for line in lines.lines() {
            let mut line = Line::read(line).map_err(io::Error::other)?;
            labels.label(&mut line);
            spool.push(&line)?;
        }
        Ok(())
    }

    /// The status the summary line has, where labels may have changed it.
    fn status(&self, spool: &Spool) -> io::Result<Option<u8>> {
        if self.labels.is_none() {
            return Ok(None);
        }
        let mut status = None;
        spool.each(Needs::ENDS, &mut |line| {
            if let Line::Summary(summary) = line {
                status = Some(summary.status);
            }
            Ok(())
        })?;
        Ok(status)
    }

    /// Writes the reports to files, then the printed one.
    pub(super) fn write(&self, spool: &Spool, out: &mut dyn Write) -> Result<(), Failure> {
        self.write_files(spool)?;
        self.printed.emit(spool, out)?;
        Ok(())
    }

    /// Writes the reports to files.
    pub(super) fn write_files(&self, spool: &Spool) -> Result<(), Failure> {
        self.files.iter().try_for_each(|file| write_file(file, spool))?;
        Ok(())
    }
}

/// An earlier run to hold this one against.
fn baseline(path: &Path, setup: &Setup) -> Result<Baseline, Problem> {
    let unreadable = |what: String| {
        let advice = "name the JSON Lines of an earlier run: olvido scan … -o jsonl=FILE";
        Problem::new("baseline-unreadable", what, advice)
    };
    let spool = read_lines(path)
        .map_err(|error| unreadable(format!("{} could not be read: {error}", path.display())))?;
    let key = setup.key.as_ref().map(|key| key.id());
    let mut found: Option<Result<Baseline, Problem>> = None;
    let read = spool.each(Needs { gaps: false, ..Needs::ALL }, &mut |line| {
        match (&line, &mut found) {
            (Line::Run(run), none @ None) => *none = Some(Baseline::of(run, key)),
            (_, Some(Ok(baseline))) => baseline.take(&line),
            _ => {}
        }
        Ok(())
    });
    read.map_err(|error| unreadable(format!("{} could not be read: {error}", path.display())))?;
    found.unwrap_or_else(|| Err(unreadable(format!("{} holds no run", path.display()))))
}

/// Digest of whatever can change a result beside the inputs.
fn settings(setup: &Setup, read: &ReadArgs, gate: GateLine) -> String {
    // How many passwords there are and no digest of them: short ones would be guessed from it.
    let limits = format!(
        "{} {} {} {} {} {:?}",
        read.max_depth,
        read.max_members,
        read.max_expanded,
        read.max_ratio,
        setup.limits.passwords.len(),
        setup.limits.tools.versions()
    );
    let key = setup.key.as_ref().map_or("", |key| key.id());
    let gate = format!("{gate:?}");
    let as_of = setup.now.to_rfc3339();
    setup.policies.settings_digest(&[
        env!("CARGO_PKG_VERSION").as_bytes(),
        setup.config_text.as_bytes(),
        setup.exceptions_text.as_bytes(),
        limits.as_bytes(),
        key.as_bytes(),
        gate.as_bytes(),
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

fn file_reports(outputs: &[String], options: &Options) -> Result<Vec<FileReport>, Problem> {
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
        files.push(FileReport { emitter: report(format, options)?, path });
    }
    Ok(files)
}

/// Whether a report can be written there, asked before hours of scanning and not after.
pub(super) fn writable(path: &Path) -> Result<(), Problem> {
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
