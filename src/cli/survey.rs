//! `olvido survey`, and the contexts it writes.

use std::fs;
use std::path::Path;

use crate::audit::Context;
use crate::detectors::{Engine, Matcher};
use crate::disk::{SystemDisk, replace};
use crate::problem::Problem;

use super::Failure;
use super::args::{PolicyArgs, SurveyArgs};
use super::exit::Exit;
use super::output::say;
use super::progress::Progress;
use super::scan::audit;
use super::setup::Setup;

/// Learns the people of an archive and writes them as keyed hashes.
pub(super) fn survey(args: &SurveyArgs) -> Result<Exit, Failure> {
    let setup = Setup::new(&args.read, &PolicyArgs::default())?;
    let Some(key) = &setup.key else {
        return Err(no_key().into());
    };
    if setup.roots.has_stdin() {
        return Err(Problem::new(
            "survey-stdin",
            "standard input cannot be surveyed: it can be read only once",
            "name folders or files",
        )
        .into());
    }
    let matcher = Matcher::new(&setup.policies.catalogue, Engine::Fast)?;
    setup.catch_interrupts();
    let progress = Progress::show(&setup.control, "surveying", args.read.quiet);
    let (context, gap) = audit(&setup, &matcher).survey(&setup.roots)?;
    drop(progress);
    if setup.control.is_interrupted() {
        return Ok(Exit::Interrupted);
    }
    replace(&SystemDisk, &args.output, context.to_file(key.id()).as_bytes())?;
    if !args.read.quiet {
        say(&format!("{} people learned, as keyed hashes (key {})", context.people(), key.id()));
    }
    Ok(if gap.is_some() { Exit::Incomplete } else { Exit::Clean })
}

/// The context of `--context`.
pub(super) fn read_context(path: &Path, setup: &Setup) -> Result<Context, Failure> {
    let Some(key) = &setup.key else {
        return Err(no_key().into());
    };
    let text = fs::read_to_string(path).map_err(|error| {
        Problem::new(
            "context-unreadable",
            format!("the context file could not be read: {}", error.kind()),
            "name a file that `olvido survey` wrote",
        )
    })?;
    Ok(Context::from_file(&text, key.id(), setup.hash_key)?)
}

fn no_key() -> Problem {
    Problem::new(
        "context-no-key",
        "a context holds people as keyed hashes, and there is no key",
        "make one with `olvido key create`, or name one with --key",
    )
}
