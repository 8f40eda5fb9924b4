//! `olvido purge`: records past their period leave the archive.

use std::fmt::Write as _;
use std::fs;
use std::io::{IsTerminal, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::audit::{Audit, Context};
use crate::detectors::{Engine, Matcher};
use crate::disk::{Disk, SystemDisk, replace};
use crate::problem::Problem;
use crate::records::Stamp;
use crate::remedies::purging::{
    Approvers, Dropped, Limits, Outcome, Plan, PlanState, Planning, Register, Restored, Run, Stage, destroy,
    ids, restore, show, sweep,
};
use crate::vault::{Key, Signer};

use super::Failure;
use super::args::{PolicyArgs, ReadArgs};
use super::clock;
use super::exit::Exit;
use super::keys::KeyPlaces;
use super::output::{print, tell};
use super::progress::Progress;
use super::purge_args::{
    AgainArgs, ApplyArgs, ApproveArgs, CancelArgs, LedgerAction, PlanArgs, PurgeAction, PurgePlace,
    RestoreArgs, ShowArgs, StatusArgs,
};
use super::scan::audit;
use super::setup::Setup;

static DISK: SystemDisk = SystemDisk;

/// Problems after which something may have been begun: status 4.
const STOPPED: [&str; 10] = [
    "purge-stopped",
    "purge-not-written",
    "undo-not-written",
    "undo-key",
    "undo-differs",
    "purge-changed",
    "purge-journal",
    "purge-refused",
    "purge-folder",
    "ledger-not-written",
];

/// Runs one of the commands.
pub(super) fn purge(action: &PurgeAction) -> Result<Exit, Failure> {
    let done = match action {
        PurgeAction::Plan(args) => plan(args),
        PurgeAction::Show(args) => shown(args),
        PurgeAction::Approve(args) => approve(args),
        PurgeAction::Cancel(args) => cancel(args),
        PurgeAction::Status(args) => status(args),
        PurgeAction::Apply(args) if args.due => due(&args.again, args.key_lost),
        PurgeAction::Apply(args) => apply(args),
        PurgeAction::Restore(args) => back(args),
        PurgeAction::Ledger { action } => ledger(action),
    };
    match done {
        Err(Failure::Problems(problems)) => stop_or_fail(problems),
        done => done,
    }
}

/// The project's key, without which no digest of a plan can be made or checked.
fn key(named: Option<&Path>) -> Result<Key, Problem> {
    KeyPlaces::from_environment().find(named)?.ok_or_else(|| {
        let advice = "make one with `olvido key create`, or name one with --key";
        Problem::new("purge-no-key", "plans and their ledger are keyed, and there is no key", advice)
    })
}

fn undo_keys(place: &PurgePlace) -> Result<PathBuf, Problem> {
    let default = || Some(KeyPlaces::from_environment().default_path()?.parent()?.join("undo"));
    place.undo_keys.clone().or_else(default).ok_or_else(|| {
        let what = "there is no configuration folder for the keys of what is removed";
        Problem::new("undo-key", what, "name a folder with --undo-keys")
    })
}

fn approvers(place: &PurgePlace) -> Result<Approvers, Problem> {
    let name = place.approvers.display().to_string();
    let text = fs::read_to_string(&place.approvers).map_err(|error| {
        let what = format!("{name} could not be read: {}", error.kind());
        let advice = "write `schema: olvido/approvers/v1` with `approvers:`, a name and a public key each";
        Problem::new("approvers-unreadable", what, advice)
    })?;
    Approvers::read(&name, &text)
}

fn read_plan(path: &Path) -> Result<Plan, Problem> {
    let bytes = fs::read(path).map_err(|error| {
        let what = format!("{} could not be read: {}", path.display(), error.kind());
        Problem::new("purge-plan-malformed", what, "name a file that `olvido purge plan -o` wrote")
    })?;
    Plan::read(&bytes)
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

/// A problem as a status: what stopped part-way is 4.
fn stopped(problem: Problem) -> Result<Exit, Failure> {
    if problem.code == "interrupted" {
        tell(&problem);
        return Ok(Exit::Interrupted);
    }
    if STOPPED.contains(&problem.code) {
        tell(&problem);
        return Ok(Exit::Stopped);
    }
    Err(problem.into())
}

/// What a run over the archive has; the survey is done.
struct Ready<'a> {
    audit: Audit<'a>,
    context: Context,
}

fn ready<'a>(setup: &'a Setup, matcher: &'a Matcher, quiet: bool) -> Result<Ready<'a>, Problem> {
    let audit = audit(setup, matcher);
    let progress = Progress::show(&setup.control, "reading", quiet);
    let (context, gap) = audit.survey(&setup.roots)?;
    drop(progress);
    if let Some(gap) = gap {
        // Dates of last contact would be missing.
        let advice = "purge it in parts, each with its own people and comments";
        return Err(Problem::new("purge-survey-bound", gap.message, advice));
    }
    Ok(Ready { audit, context })
}

fn plan(args: &PlanArgs) -> Result<Exit, Failure> {
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
    setup.catch_interrupts();
    // What can be refused without reading the archive is.
    let before = audit(&setup, &matcher);
    let nobody = before.no_survey();
    planning(&before, &nobody, &root, &key, &approvers, &setup.jurisdictions).check(now)?;
    let mut register = Register::open(&DISK, &args.place.project, &key, now)?;
    register.check_clock(now)?;
    let ready = ready(&setup, &matcher, args.read.quiet)?;
    let planning = planning(&ready.audit, &ready.context, &root, &key, &approvers, &setup.jurisdictions);
    let archive = planning.archive();
    let last =
        register.states()?.into_iter().rev().find(|state| state.archive == archive && state.records > 0);
    let limits = Limits {
        accepted: args.accept_large,
        last: last.map(|state| state.records),
        allow_unread: args.allow_unread,
        blocks: args.block,
    };
    let plan = planning.plan(&args.by, limits, now)?;
    if setup.control.is_interrupted() {
        return Ok(Exit::Interrupted);
    }
    replace(&DISK, &args.output, plan.to_file()?.as_bytes())?;
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

fn planning<'a>(
    audit: &'a Audit<'a>,
    context: &'a Context,
    root: &'a Path,
    key: &'a Key,
    approvers: &'a Approvers,
    jurisdictions: &'a [String],
) -> Planning<'a> {
    Planning { audit, context, root, key, approvers, jurisdictions }
}

/// The arguments with which a plan's archive is read again, for now.
fn again(args: &AgainArgs, plan: &Plan) -> Result<Setup, Failure> {
    if args.policies.as_of.is_some() {
        let what = "a plan is carried out for today";
        return Err(Problem::new("purge-as-of", what, "leave --as-of out").into());
    }
    let read = ReadArgs {
        paths: vec![PathBuf::from(&plan.root)],
        key: args.key.clone(),
        config: args.config.clone(),
        threads: args.threads,
        quiet: args.quiet,
        max_depth: 8,
        max_members: 100_000,
        max_expanded: 64 << 30,
        max_ratio: 200,
    };
    let policies: &PolicyArgs = &args.policies;
    let setup = Setup::new(&read, policies)?;
    if setup.jurisdictions != plan.jurisdictions {
        let what = "the countries that are declared are not those of the plan";
        return Err(Problem::new(
            "purge-jurisdiction",
            what,
            "declare them as they were, or make the plan again",
        )
        .into());
    }
    Ok(setup)
}

fn shown(args: &ShowArgs) -> Result<Exit, Failure> {
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
    let planning = planning(&ready.audit, &ready.context, &root, &key, &approvers, &setup.jurisdictions);
    let expiry = planning.expiry(args.again.allow_unread)?;
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
        let planned =
            |unit: &&crate::audit::Unit| plan.records.iter().any(|one| one.reference == unit.reference);
        for unit in expiry.units.iter().filter(planned).take(20) {
            let text =
                unit.parts.first().map(|part| beginning(&part.path, part.extent.start, part.extent.end));
            let text = text.unwrap_or_default();
            print(&format!("\n{} {}\n{text}\n", unit.kind.name(), unit.raw_id.expose()))?;
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

fn approve(args: &ApproveArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let key = key(args.key.as_deref())?;
    let approvers = approvers(&args.place)?;
    let bytes = fs::read(&args.sign).map(zeroize::Zeroizing::new).map_err(|error| {
        let what = format!("{} could not be read: {}", args.sign.display(), error.kind());
        Problem::new("signing-key", what, "name your private key, as `ssh-keygen -t ed25519` writes it")
    })?;
    let signer = Signer::from_file(&bytes)?;
    let now = clock::now();
    let mut register = Register::open(&DISK, &args.place.project, &key, now)?;
    let state = register.approve(&plan, &approvers, &signer, now)?;
    print(&format!("{}{}\n", line(&state), register.head_line()))?;
    Ok(Exit::Clean)
}

fn cancel(args: &CancelArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let key = key(args.key.as_deref())?;
    let now = clock::now();
    let mut register = Register::open(&DISK, &args.place.project, &key, now)?;
    let id = plan.id()?;
    register.cancel(&id, &args.by, now)?;
    sweep(&register, &id, &undo_keys(&args.place)?)?;
    print(&format!("{}{}\n", line(&register.state(&id)?), register.head_line()))?;
    Ok(Exit::Clean)
}

/// A plan in one or two lines: how far it has come, and who must act.
fn line(state: &PlanState) -> String {
    let due = state.due.map(Stamp::to_rfc3339).unwrap_or_default();
    let given = state.approved_by.len();
    let next = match state.stage {
        Stage::Requested => {
            let by = &state.by;
            format!(
                "{given} of {} approvals; an approver other than {by} must act; not before {due}",
                state.needed
            )
        }
        Stage::Approved => format!("approved by {}; applied from {due} on", state.approved_by.join(", ")),
        Stage::Removing => "stopped half-way; `olvido purge apply PLAN` goes on".to_owned(),
        Stage::Blocked => format!("removed; it can be brought back until {due}"),
        Stage::Destroying => "its key is being destroyed; `olvido purge apply --due` goes on".to_owned(),
        Stage::Destroyed => "the key of what was removed is destroyed".to_owned(),
        Stage::Swept => format!("destroyed; backups are over at {due}"),
        Stage::Final | Stage::Cancelled | Stage::Restored => String::new(),
    };
    let single = state.single.as_ref().map(|reason| format!("  ONE APPROVER IS ENOUGH: {reason}\n"));
    let records = state.records;
    format!("{} {} {records} records  {next}\n{}", state.id, state.stage.name(), single.unwrap_or_default())
}

fn status(args: &StatusArgs) -> Result<Exit, Failure> {
    let key = key(args.key.as_deref())?;
    let register = Register::read(&DISK, &args.place.project, &key)?;
    let mut text: String = register.states()?.iter().map(line).collect();
    let _ = writeln!(text, "{}", register.head_line());
    print(&text)?;
    Ok(Exit::Clean)
}

fn ledger(action: &LedgerAction) -> Result<Exit, Failure> {
    let (LedgerAction::Show(args) | LedgerAction::Verify(args)) = action;
    let key = key(args.key.as_deref())?;
    let register = Register::read(&DISK, &args.place.project, &key)?;
    let entries = register.entries()?;
    let mut text = String::new();
    if matches!(action, LedgerAction::Show(_)) {
        for entry in &entries {
            let said = entry.entry.as_ref().map_or_else(|| "erased".to_owned(), ToString::to_string);
            let _ = writeln!(text, "{}  {said}", entry.index);
        }
    }
    let _ = writeln!(text, "{}\nsigned by {}", register.head_line(), register.public().to_hex());
    print(&text)?;
    Ok(Exit::Clean)
}

/// Carries one plan out and says what came of it.
fn carry_out(args: &AgainArgs, plan: &Plan) -> Result<(Outcome, String), Failure> {
    let setup = again(args, plan)?;
    let key = key(args.key.as_deref())?;
    let approvers = approvers(&args.place)?;
    let undo_keys = undo_keys(&args.place)?;
    let root = PathBuf::from(&plan.root);
    let matcher = Matcher::new(&setup.policies.catalogue, Engine::Fast)?;
    setup.catch_interrupts();
    let now = clock::now();
    let mut register = Register::open(&DISK, &args.place.project, &key, now)?;
    let ready = ready(&setup, &matcher, args.quiet)?;
    let planning = planning(&ready.audit, &ready.context, &root, &key, &approvers, &setup.jurisdictions);
    let mut run = Run {
        planning: &planning,
        register: &mut register,
        approvers: &approvers,
        undo_keys: &undo_keys,
        allow_unread: args.allow_unread,
    };
    let outcome = run.apply(plan, now)?;
    Ok((outcome, register.head_line()))
}

fn apply(args: &ApplyArgs) -> Result<Exit, Failure> {
    let Some(path) = &args.plan else { return Ok(Exit::Usage) };
    let plan = read_plan(path)?;
    applied(&args.again, &plan, &path.display().to_string())
}

/// Carries a plan out; `name` is how the user knows its file.
fn applied(args: &AgainArgs, plan: &Plan, name: &str) -> Result<Exit, Failure> {
    match carry_out(args, plan) {
        Ok((outcome, head)) => told(plan, outcome, &head, name),
        Err(Failure::Problems(problems)) => {
            if problems.iter().any(|problem| STOPPED.contains(&problem.code)) {
                let records = plan.records.len();
                print(&format!(
                    "done: nothing; not done: {records} records; unknown: nothing\n\
                     go on with: olvido purge apply {name}\n"
                ))?;
            }
            stop_or_fail(problems)
        }
        Err(other) => Err(other),
    }
}

fn stop_or_fail(mut problems: Vec<Problem>) -> Result<Exit, Failure> {
    match (problems.pop(), problems.is_empty()) {
        (Some(problem), true) => stopped(problem),
        (last, _) => {
            problems.extend(last);
            Err(problems.into())
        }
    }
}

/// What was done, what was not, and what to do now.
fn told(plan: &Plan, outcome: Outcome, head: &str, name: &str) -> Result<Exit, Failure> {
    let mut text = String::new();
    if outcome.already {
        let _ = writeln!(text, "nothing to do: the plan {} was carried out before", plan.id()?);
    } else if outcome.stopped.is_none() {
        let _ = writeln!(text, "{} of {} records removed", outcome.done, plan.records.len());
    }
    if let Some(reason) = &plan.single_approver {
        let _ = writeln!(text, "ONE APPROVER WAS ENOUGH: {reason}");
    }
    for Dropped { kind, id, why } in &outcome.dropped {
        let _ = writeln!(text, "  dropped out: {kind} {id}: {why}");
    }
    if let Some(until) = outcome.until {
        let _ = writeln!(
            text,
            "it can be brought back until {}: olvido purge restore {name}\n\
             Of {} old files {} were overwritten, then all were unlinked: as far as the medium lets us. What \
             flash, copy-on-write, snapshots and backups keep is out of reach.",
            until.to_rfc3339(),
            outcome.files,
            outcome.overwritten
        );
    }
    if outcome.stopped.is_some() {
        let _ = writeln!(text, "{}", where_it_stopped(&outcome, name));
    }
    let _ = writeln!(text, "{head}");
    print(&text)?;
    match outcome.stopped {
        Some(problem) => {
            tell(&problem);
            Ok(Exit::Stopped)
        }
        None => Ok(Exit::Clean),
    }
}

/// Files that are done, not done and unknown, and the one command to go on.
fn where_it_stopped(outcome: &Outcome, name: &str) -> String {
    let numbered = |files: &[usize]| match files {
        [] => "nothing".to_owned(),
        files => format!("{} files ({files:?} of the journal)", files.len()),
    };
    let not_done = numbered(&outcome.not_done);
    let unknown = match outcome.unknown {
        Some(at) => format!("file {at} of the journal, which is old or new"),
        None if outcome.not_done.is_empty() => "whether the ledger says so".to_owned(),
        None => "nothing".to_owned(),
    };
    let changed = outcome.unknown.is_none() && !outcome.not_done.is_empty();
    let command = if changed { "restore" } else { "apply" };
    format!(
        "done: {} files; not done: {not_done}; unknown: {unknown}\ngo on with: olvido purge {command} {name}",
        outcome.files
    )
}

/// Everything that is due. A plan that is refused does not keep the others waiting.
fn due(args: &AgainArgs, key_lost: bool) -> Result<Exit, Failure> {
    let key = key(args.key.as_deref())?;
    let ledger = &args.place.project.join("ledger.head");
    if DISK.facts(ledger).map_err(unread)?.is_none() && !args.place.project.join("ledger.entries").exists() {
        return Ok(Exit::Clean);
    }
    let now = clock::now();
    let states = {
        let register = Register::read(&DISK, &args.place.project, &key)?;
        register.check_clock(now)?;
        register.states()?
    };
    let mut worst = Exit::Clean;
    for state in &states {
        let ended = match due_of(args, &key, state, key_lost, now) {
            Err(Failure::Problems(problems)) if stops_only_itself(&problems) => {
                problems.iter().for_each(tell);
                print(&format!("{}not done; the others that are due go on\n", line(state)))?;
                Exit::Stopped
            }
            ended => ended?,
        };
        match ended {
            Exit::Interrupted => return Ok(ended),
            Exit::Clean => {}
            other => worst = other,
        }
    }
    Ok(worst)
}

fn unread(error: std::io::Error) -> Problem {
    let what = format!("the folder of purges could not be read: {}", error.kind());
    Problem::new("purge-folder", what, "name another with --project")
}

/// Whether what is wrong is about one plan, and not about the key, the ledger or the clock.
fn stops_only_itself(problems: &[Problem]) -> bool {
    const EVERYTHING: [&str; 5] =
        ["purge-clock", "ledger-damaged", "ledger-not-written", "purge-folder", "interrupted"];
    !problems.iter().any(|problem| EVERYTHING.contains(&problem.code))
}

/// What is due of one plan.
fn due_of(
    args: &AgainArgs,
    key: &Key,
    state: &PlanState,
    key_lost: bool,
    now: Stamp,
) -> Result<Exit, Failure> {
    let is_due = state.due.is_some_and(|due| due.seconds <= now.seconds);
    match state.stage {
        Stage::Approved | Stage::Removing if is_due => {
            let plan = Register::read(&DISK, &args.place.project, key)?.plan(state)?;
            let name = args.place.project.join("plans").join(format!("{}.json", state.id));
            applied(args, &plan, &name.display().to_string())
        }
        Stage::Blocked | Stage::Swept if is_due => end_window(args, key, state, key_lost, now),
        Stage::Destroying | Stage::Destroyed | Stage::Restored | Stage::Cancelled => {
            end_window(args, key, state, key_lost, now)
        }
        _ => Ok(Exit::Clean),
    }
}

fn end_window(
    args: &AgainArgs,
    key: &Key,
    state: &PlanState,
    key_lost: bool,
    now: Stamp,
) -> Result<Exit, Failure> {
    let approvers = approvers(&args.place)?;
    let undo_keys = undo_keys(&args.place)?;
    let mut register = Register::open(&DISK, &args.place.project, key, now)?;
    match destroy(&mut register, &state.id, &undo_keys, approvers.backup_days, key_lost, now) {
        Ok(Some(_)) => {
            print(&format!("{}{}\n", line(&register.state(&state.id)?), register.head_line()))?;
            Ok(Exit::Clean)
        }
        Ok(None) => Ok(Exit::Clean),
        Err(problem) => {
            let stage = register.state(&state.id).map_or("unknown", |state| state.stage.name());
            print(&format!(
                "{}done: it is {stage}; not done: the end of its window; unknown: nothing\n\
                 go on with: olvido purge apply --due\n",
                line(state)
            ))?;
            stopped(problem)
        }
    }
}

fn back(args: &RestoreArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let key = key(args.key.as_deref())?;
    let undo_keys = undo_keys(&args.place)?;
    let now = clock::now();
    let mut register = Register::open(&DISK, &args.place.project, &key, now)?;
    let name = args.plan.display();
    let Restored { files, changed, unknown, left, stopped: problem } =
        restore(&mut register, &plan, Path::new(&plan.root), &undo_keys, now)?;
    if !changed.is_empty() {
        print(&format!(
            "done: nothing; not done: {} files were changed since (numbers {changed:?} of the plan's files), so \
             that nothing was brought back; unknown: nothing\n\
             put them back as the purge left them; go on with: olvido purge restore {name}\n",
            changed.len(),
        ))?;
        return Ok(Exit::Stopped);
    }
    if let Some(problem) = problem {
        print(&format!(
            "done: {files} files are as they were; not done: {left} files; unknown: {unknown} files\n\
             go on with: olvido purge restore {name}\n"
        ))?;
        tell(&problem);
        return Ok(Exit::Stopped);
    }
    print(&format!("{files} files are as they were\n{}\n", register.head_line()))?;
    Ok(Exit::Clean)
}
