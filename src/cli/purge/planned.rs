//! Making a plan, and showing one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{IsTerminal, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{DISK, again, approvers, audit, key, planning, read_plan, ready, subject_of};
use crate::audit::{ErasureSubject, Identifier, References, UnitReference, own_id};
use crate::cli::Failure;
use crate::cli::args::ReadArgs;
use crate::cli::clock;
use crate::cli::exit::Exit;
use crate::cli::hold::{lines, subject};
use crate::cli::output::print;
use crate::cli::purge_args::{PlanArgs, ShowArgs};
use crate::cli::setup::Setup;
use crate::detectors::{Engine, Matcher};
use crate::disk::replace;
use crate::problem::Problem;
use crate::remedies::purging::{Limits, PlanState, Register, ids, show};

/// One person whose records are planned instead of those past their period.
pub(in crate::cli) struct Erasure<'a> {
    /// The file that names them.
    pub(in crate::cli) file: &'a Path,
    /// Why it is asked.
    pub(in crate::cli) ground: &'a str,
}

pub(super) fn plan(args: &PlanArgs) -> Result<Exit, Failure> {
    planned(args, None)
}

/// Makes a plan, writes it and shows it.
pub(in crate::cli) fn planned(args: &PlanArgs, erasure: Option<&Erasure<'_>>) -> Result<Exit, Failure> {
    let [path] = args.read.paths.as_slice() else {
        let advice = "name one folder or file; holds and the ledger go by archive";
        return Err(Problem::new("purge-one-archive", "a plan is for one archive", advice).into());
    };
    if path == Path::new("-") {
        let what = "standard input cannot be purged";
        return Err(Problem::new("purge-stdin", what, "write it to a file first").into());
    }
    let root = fs::canonicalize(path).map_err(|_| {
        Problem::new("path-not-found", "the archive is not there", "name a folder or file that exists")
    })?;
    if root.to_str().is_none() {
        let what = "the archive's name is no text in UTF-8, and a plan could not name it";
        return Err(Problem::new("purge-name", what, "give the folder another name").into());
    }
    outside(&args.place.project, &root)?;
    let read = ReadArgs { paths: vec![root.clone()], ..args.read.clone() };
    let setup = Setup::new(&read, &args.policies)?;
    let key = key(args.read.key.as_deref())?;
    let approvers = approvers(&args.place)?;
    if args.by.trim().is_empty() {
        return Err(
            Problem::new("purge-no-planner", "nobody makes the plan", "name who does with --by").into()
        );
    }
    let now = clock::now();
    let matcher = Matcher::new(&setup.policies.catalogue, Engine::Fast)?;
    let subject =
        erasure.map(|erasure| subject_in(erasure.file, &References::new(&key), &matcher)).transpose()?;
    let subject = subject.as_ref();
    let ground = erasure.map(|erasure| erasure.ground);
    if ground.is_some_and(|ground| ground.trim().is_empty()) {
        let advice =
            "write the request it answers, such as `GDPR 17(1)(b), request 12`; it is printed and kept";
        return Err(Problem::new("subject-no-ground", "an erasure needs a ground", advice).into());
    }
    setup.catch_interrupts();
    // What can be refused without reading the archive is.
    let before = audit(&setup, &matcher);
    planning(&before, &root, &key, &approvers, &setup.jurisdictions, subject).check(now)?;
    let mut register = Register::open(&DISK, &args.place.project, &key, now)?;
    register.check_clock(now)?;
    let ready = ready(&setup, &matcher, args.read.quiet)?;
    let planning = planning(&ready.audit, &root, &key, &approvers, &setup.jurisdictions, subject);
    let archive = planning.archive();
    // The number of one person's records says nothing of what is usual.
    let like = |state: &PlanState| state.archive == archive && state.records > 0 && state.ground.is_none();
    let last = register.states()?.into_iter().rev().find(like).filter(|_| erasure.is_none());
    let limits = Limits {
        accepted: args.accept_large,
        last: last.map(|state| state.records),
        allow_unread: args.allow_unread,
        blocks: args.block,
    };
    let plan = planning.plan(ready.context, &args.by, limits, ground, now)?;
    if setup.control.is_interrupted() {
        return Ok(Exit::Interrupted);
    }
    plan.keep(&DISK, &args.output)?;
    let mut text = show(&plan)?;
    if !plan.preview {
        register.request(&plan, now)?;
        let _ = writeln!(
            text,
            "\nwritten to {}; {} approvals are needed: olvido purge approve PLAN --sign KEY",
            args.output.display(),
            plan.approvals
        );
    }
    let _ = writeln!(text, "{}", register.head_line());
    print(&text)?;
    Ok(Exit::Clean)
}

/// The person a file names, one identifier a line; `-` is standard input.
fn subject_in(path: &Path, references: &References, matcher: &Matcher) -> Result<ErasureSubject, Problem> {
    let lines = match path == Path::new("-") {
        true => std::io::stdin().lines().map_while(Result::ok).map(|line| line.trim().to_owned()).collect(),
        false => lines(path, "subject file")?,
    };
    let mut identifiers = Vec::new();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        match line.split_once(':').filter(|(name, _)| name.trim() == "person-id") {
            Some((_, id)) => identifiers.push(own_id(references, id)),
            None => {
                let found = subject(line, references, matcher).into_iter();
                identifiers.extend(found.map(|(category, reference)| Identifier {
                    category: category.name().to_owned(),
                    reference: reference.to_string(),
                }));
            }
        }
    }
    ErasureSubject::new(&identifiers)
}

/// The folder of purges must not be read, or purged, with the archive.
fn outside(project: &Path, root: &Path) -> Result<(), Problem> {
    let inside = |root: &Path| {
        let mut above = Some(project);
        // The nearest folder that is there tells where the project will lie.
        while let Some(folder) = above {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            if let Ok(whole) = fs::canonicalize(folder) {
                return whole.starts_with(root);
            }
            above = folder.parent();
        }
        false
    };
    match root.is_dir() && inside(root) {
        true => {
            let what = "the project's folder of purges would lie in the archive";
            Err(Problem::new("purge-project-inside", what, "name another with --project"))
        }
        false => Ok(()),
    }
}

pub(super) fn shown(args: &ShowArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    if args.open && !std::io::stdout().is_terminal() {
        let what = "texts are shown on a terminal only";
        return Err(
            Problem::new("purge-open-terminal", what, "run it in a terminal, or without --open").into()
        );
    }
    print(&show(&plan)?)?;
    if args.ids.is_none() && !args.open {
        return Ok(Exit::Clean);
    }
    let setup = again(&args.again, &plan)?;
    let key = key(args.again.key.as_deref())?;
    let approvers = approvers(&args.again.place)?;
    let matcher = Matcher::new(&setup.policies.catalogue, Engine::Fast)?;
    let ready = ready(&setup, &matcher, args.again.quiet)?;
    let root = PathBuf::from(&plan.root);
    let subject = subject_of(&plan)?;
    let planning = planning(&ready.audit, &root, &key, &approvers, &setup.jurisdictions, subject.as_ref());
    let expiry = planning.expiry(ready.context, args.again.allow_unread)?;
    if let Some(file) = &args.ids {
        let (ids, missing) = ids(&plan, &expiry);
        replace(&DISK, file, ids.as_bytes())?;
        print(&format!(
            "\nids written to {}: they come from the archive, and name records\n",
            file.display()
        ))?;
        if missing > 0 {
            print(&format!(
                "{missing} planned records are not in the archive any more: they are not in it\n"
            ))?;
        }
    }
    if args.open {
        let planned: BTreeSet<UnitReference> =
            plan.records.iter().filter_map(|one| UnitReference::parse(&one.reference)).collect();
        for unit in expiry.units.iter().filter(|unit| planned.contains(&unit.reference)).take(20) {
            let text =
                unit.parts.first().map(|part| beginning(&part.file.path, part.extent.start, part.extent.end));
            let text = text.unwrap_or_default();
            print(&format!("\n{} {}\n{text}\n", unit.kind.name(), unit.raw_id()))?;
        }
    }
    Ok(Exit::Clean)
}

/// The first two kilobytes of a run of bytes, without what a terminal would obey.
fn beginning(path: &Path, start: u64, end: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = fs::File::open(path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take((end - start).min(2048)).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let Ok(bytes) = read() else { return "(could not be read)".to_owned() };
    let text = String::from_utf8_lossy(&bytes);
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}
