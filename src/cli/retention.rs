//! `olvido retention`: what the archive shows, as a schedule to edit.

use crate::detectors::{Engine, Matcher};
use crate::disk::{Disk, SystemDisk};
use crate::problem::Problem;

use super::Failure;
use super::args::{PolicyArgs, ProposeArgs};
use super::exit::Exit;
use super::output::{print, say};
use super::progress::Progress;
use super::scan::audit;
use super::setup::Setup;

/// Lists forms, tags, groups, brands and queues, and the periods proposed for them. An existing file is never
/// overwritten.
pub(super) fn propose(args: &ProposeArgs) -> Result<Exit, Failure> {
    let setup = Setup::new(&args.read, &PolicyArgs::default())?;
    let matcher = Matcher::new(&setup.policies.catalogue, Engine::Fast)?;
    setup.catch_interrupts();
    let progress = Progress::show(&setup.control, "looking", args.read.quiet);
    let audit = audit(&setup, &matcher);
    let context = match setup.roots.has_stdin() {
        true => audit.no_survey(),
        false => audit.survey(&setup.roots)?.0,
    };
    let kinds = audit.shown_kinds(&setup.roots, &context)?;
    let (text, exit) = (kinds.render(), if kinds.unread() > 0 { Exit::Incomplete } else { Exit::Clean });
    drop(progress);
    if setup.control.is_interrupted() {
        return Ok(Exit::Interrupted);
    }
    let Some(path) = &args.output else {
        print(&text)?;
        return Ok(exit);
    };
    let written = SystemDisk.create(path).and_then(|mut file| {
        file.append(text.as_bytes())?;
        file.sync()
    });
    written.map_err(|error| {
        Problem::new(
            "schedule-not-written",
            format!("{} could not be written: {}", path.display(), error.kind()),
            "name a file that is not there yet, in a folder you may write to",
        )
    })?;
    if !args.read.quiet {
        say(&format!("{} written; edit it, then fill in approved_by and approved_on", path.display()));
    }
    Ok(exit)
}
