//! `olvido purge`: records past their period leave the archive.

mod applied;
mod approved;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests stand for whoever else writes to the archive")]
mod crashes;
mod due;
mod planned;

use std::fs;
use std::path::{Path, PathBuf};

use crate::audit::{Audit, Context, ErasureSubject};
use crate::detectors::Matcher;
use crate::disk::{Disk, SystemDisk};
use crate::problem::Problem;
use crate::remedies::purging::{Approvers, Plan, Planning, Register};
use crate::vault::Key;

use super::Failure;
use super::args::{PolicyArgs, ReadArgs};
use super::exit::Exit;
use super::keys::KeyPlaces;
use super::output::tell;
use super::progress::Progress;
use super::purge_args::{AgainArgs, PurgeAction, PurgePlace};
use super::scan::audit;
use super::setup::Setup;

use applied::apply;
use approved::{approve, cancel, ledger, status};
use due::{back, due};
use planned::{plan, shown};

pub(super) use planned::{Erasure, planned};

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
    done.or_else(or_stopped)
}

/// A failure as a status: what stopped part-way is 4.
pub(super) fn or_stopped(failure: Failure) -> Result<Exit, Failure> {
    match failure {
        Failure::Problems(problems) => stop_or_fail(problems),
        other => Err(other),
    }
}

/// The project's key, without which no digest of a plan can be made or checked.
fn key(named: Option<&Path>) -> Result<Key, Problem> {
    KeyPlaces::from_environment().find(named)?.ok_or_else(|| {
        let advice = "make one with `olvido key create`, or name one with --key";
        Problem::new("purge-no-key", "plans and their ledger are keyed, and there is no key", advice)
    })
}

/// The head of a project's ledger, for reports; none where there is no ledger.
pub(super) fn head_of(project: &Path, key: &Key) -> Option<String> {
    let folder = project.join(".olvido");
    let there = DISK.facts(&folder.join("ledger.head")).ok().flatten().is_some();
    there.then(|| match Register::read(&DISK, &folder, key) {
        Ok(register) => register.head_line(),
        Err(_) => "ledger damaged, or another key's".to_owned(),
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
    let file = fs::File::open(path).map_err(|error| {
        let what = format!("{} could not be read: {}", path.display(), error.kind());
        Problem::new("purge-plan-malformed", what, "name a file that `olvido purge plan -o` wrote")
    })?;
    Plan::read(file)
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

fn stop_or_fail(mut problems: Vec<Problem>) -> Result<Exit, Failure> {
    match (problems.pop(), problems.is_empty()) {
        (Some(problem), true) => stopped(problem),
        (last, _) => {
            problems.extend(last);
            Err(problems.into())
        }
    }
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
    Ok(Ready { audit, context: context.with_mail_apart() })
}

fn planning<'a>(
    audit: &'a Audit<'a>,
    root: &'a Path,
    key: &'a Key,
    approvers: &'a Approvers,
    jurisdictions: &'a [String],
    subject: Option<&'a ErasureSubject>,
) -> Planning<'a> {
    Planning { audit, root, key, approvers, jurisdictions, subject }
}

/// Whose erasure a plan is, if it is one.
fn subject_of(plan: &Plan) -> Result<Option<ErasureSubject>, Problem> {
    plan.ground.as_ref().map(|_| ErasureSubject::new(&plan.subject)).transpose()
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
        passwords: None,
        external: false,
        no_external: true,
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
