//! Approving and calling off; what the ledger says.

use std::fmt::Write as _;
use std::fs;

use super::{DISK, approvers, key, read_plan, undo_keys};
use crate::cli::Failure;
use crate::cli::clock;
use crate::cli::exit::Exit;
use crate::cli::output::print;
use crate::cli::purge_args::{ApproveArgs, CancelArgs, EraseEntryArgs, LedgerAction, StatusArgs};
use crate::problem::Problem;
use crate::records::Stamp;
use crate::remedies::purging::{PlanState, Register, Stage, sweep};
use crate::vault::Signer;

pub(super) fn approve(args: &ApproveArgs) -> Result<Exit, Failure> {
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

pub(super) fn cancel(args: &CancelArgs) -> Result<Exit, Failure> {
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
pub(super) fn line(state: &PlanState) -> String {
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

pub(super) fn status(args: &StatusArgs) -> Result<Exit, Failure> {
    let key = key(args.key.as_deref())?;
    let register = Register::read(&DISK, &args.place.project, &key)?;
    let mut text: String = register.states()?.iter().map(line).collect();
    let _ = writeln!(text, "{}", register.head_line());
    print(&text)?;
    Ok(Exit::Clean)
}

pub(super) fn ledger(action: &LedgerAction) -> Result<Exit, Failure> {
    let args = match action {
        LedgerAction::Show(args) | LedgerAction::Verify(args) => args,
        LedgerAction::Erase(args) => return erase(args),
    };
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

fn erase(args: &EraseEntryArgs) -> Result<Exit, Failure> {
    let key = key(args.status.key.as_deref())?;
    let now = clock::now();
    let mut register = Register::open(&DISK, &args.status.place.project, &key, now)?;
    register.erase(args.index, &args.by, now)?;
    print(&format!("entry {} is blank\n{}\n", args.index, register.head_line()))?;
    Ok(Exit::Clean)
}
