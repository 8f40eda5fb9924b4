//! `olvido subject`: what one person may ask for.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Failure;
use super::exit::Exit;
use super::purge::{Erasure, or_stopped, planned};
use super::purge_args::PlanArgs;

#[derive(Subcommand)]
pub(super) enum SubjectAction {
    /// Plan the erasure of one person: what they are, asked and wrote goes; what others wrote stays. Nothing is
    /// changed: the plan is approved and applied as one of `olvido purge`.
    #[command(after_help = "Example:\n  \
        olvido subject erase ./archive --subject-file eva.txt --ground 'GDPR 17(1)(b), request 12' --by ana -o plan.json\n\n\
        The file names the person, one identifier a line: an address, a number, `category: value`, or \
        `person-id: 4711` for the helpdesk's own. One that only one person has, or two different ones, are asked for.")]
    Erase(Box<EraseArgs>),
}

#[derive(Args, Clone)]
pub(super) struct EraseArgs {
    #[command(flatten)]
    plan: PlanArgs,
    /// Who is erased: a file with one identifier a line, or - for standard input. Never an argument: shells keep
    /// those.
    #[arg(long, value_name = "FILE")]
    subject_file: PathBuf,
    /// Why: the request and its article. It is printed and kept; name nobody in it.
    #[arg(long, value_name = "TEXT")]
    ground: String,
}

/// Runs one of the commands.
pub(super) fn subject(action: &SubjectAction) -> Result<Exit, Failure> {
    let SubjectAction::Erase(args) = action;
    let erasure = Erasure { file: &args.subject_file, ground: &args.ground };
    planned(&args.plan, Some(&erasure)).or_else(or_stopped)
}
