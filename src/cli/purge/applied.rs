//! Carrying a plan out, and saying what came of it.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{
    DISK, STOPPED, again, approvers, key, planning, read_plan, ready, stop_or_fail, subject_of, undo_keys,
};
use crate::cli::Failure;
use crate::cli::clock;
use crate::cli::exit::Exit;
use crate::cli::output::{print, tell};
use crate::cli::purge_args::{AgainArgs, ApplyArgs};
use crate::detectors::{Engine, Matcher};
use crate::remedies::purging::{Dropped, Outcome, Plan, Register, Run};

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
    let subject = subject_of(plan)?;
    let planning = planning(&ready.audit, &root, &key, &approvers, &setup.jurisdictions, subject.as_ref());
    let mut run = Run {
        planning: &planning,
        context: Some(ready.context),
        register: &mut register,
        approvers: &approvers,
        undo_keys: &undo_keys,
        allow_unread: args.allow_unread,
    };
    let outcome = run.apply(plan, now)?;
    Ok((outcome, register.head_line()))
}

pub(super) fn apply(args: &ApplyArgs) -> Result<Exit, Failure> {
    let Some(path) = &args.plan else { return Ok(Exit::Usage) };
    let plan = read_plan(path)?;
    applied(&args.again, &plan, &path.display().to_string())
}

/// Carries a plan out; `name` is how the user knows its file.
pub(super) fn applied(args: &AgainArgs, plan: &Plan, name: &str) -> Result<Exit, Failure> {
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
pub(super) fn where_it_stopped(outcome: &Outcome, name: &str) -> String {
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
