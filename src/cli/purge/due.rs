//! What is due by the clock, and bringing back what was removed.

use std::path::Path;

use super::applied::applied;
use super::approved::line;
use super::{DISK, STOPPED, approvers, key, read_plan, stopped, undo_keys};
use crate::cli::Failure;
use crate::cli::clock;
use crate::cli::exit::Exit;
use crate::cli::output::{print, tell};
use crate::cli::purge_args::{AgainArgs, RestoreArgs};
use crate::disk::Disk;
use crate::problem::Problem;
use crate::records::Stamp;
use crate::remedies::purging::{PlanState, Register, Restored, Stage, destroy, restore};
use crate::vault::Key;

/// Everything that is due. A plan that is refused does not keep the others waiting.
pub(super) fn due(args: &AgainArgs, key_lost: bool) -> Result<Exit, Failure> {
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

pub(super) fn back(args: &RestoreArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let key = key(args.key.as_deref())?;
    let undo_keys = undo_keys(&args.place)?;
    let now = clock::now();
    let mut register = Register::open(&DISK, &args.place.project, &key, now)?;
    let name = args.plan.display();
    let restored = restore(&mut register, &plan, Path::new(&plan.root), &undo_keys, now);
    if restored.as_ref().is_err_and(|problem| STOPPED.contains(&problem.code)) {
        print(&format!(
            "done: nothing; not done: what the plan removed; unknown: nothing\n\
             go on with: olvido purge restore {name}\n"
        ))?;
    }
    let Restored { files, changed, unknown, left, stopped: problem } = restored?;
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
