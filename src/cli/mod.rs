//! The command line: the only room that knows clap, prints, reads the clock and the environment.

mod args;
mod catalogue;
mod clock;
mod exit;
mod explain;
mod external;
mod gate;
mod hold;
mod init;
mod keys;
mod output;
mod passphrase;
mod passwords;
mod progress;
mod purge;
mod purge_args;
mod redact;
mod reporting;
mod retention;
mod scan;
mod setup;
mod shred;
mod shred_certificate;
mod shred_holds;
mod shred_selection;
mod subject;
mod surroundings;
mod survey;
mod vault;
mod vault_args;
mod vault_open;
mod verify;
mod whereabouts;

use std::io;
use std::path::Path;

use clap::Parser;
use clap::error::ErrorKind;

use crate::formats::child::{Bounds, become_tool, serve};
use crate::problem::Problem;

use args::{Cli, Command, HoldAction, KeyAction, RetentionAction};
pub use exit::Exit;
use keys::KeyPlaces;
use output::{print, say, tell};

/// What a command that did not run to its end ends with.
enum Failure {
    /// Nothing was done: status 2.
    Problems(Vec<Problem>),
    /// Standard output or a report could not be written.
    Output(io::Error),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problems(vec![problem])
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Problems(problems)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Runs the program on the process's arguments.
pub fn main() -> Exit {
    quiet_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match run(cli.command) {
        Ok(exit) => exit,
        Err(Failure::Problems(problems)) => {
            problems.iter().for_each(tell);
            Exit::Usage
        }
        // Whoever reads has seen enough (`olvido … | head`): no error, but not clean either, since the
        // run did not end.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Incomplete,
        Err(Failure::Output(error)) => {
            tell(&Problem::new(
                "output-failed",
                format!("output could not be written: {}", error.kind()),
                "free space or choose another place, and run again",
            ));
            Exit::Stopped
        }
    }
}

fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Scan(args) => scan::scan(&args),
        Command::Gate(args) => {
            setup::named(&args.run.read).map_err(Failure::from).and_then(|()| gate::gate(&args))
        }
        Command::Survey(args) => survey::survey(&args),
        Command::Redact(args) => {
            setup::named(&args.read).map_err(Failure::from).and_then(|()| redact::redact(&args, false))
        }
        Command::Pseudonymise(args) => {
            setup::named(&args.read).map_err(Failure::from).and_then(|()| redact::redact(&args, true))
        }
        Command::Catalogue { action } => catalogue::catalogue(&action),
        Command::Explain { name, lang, policies } => explain::explain(&name, &lang, &policies),
        Command::Where { item, paths } => whereabouts::whereabouts(&item, paths),
        Command::Init(args) => init::init(&args),
        Command::Hold { action: HoldAction::Add(args) } => hold::add(&args),
        Command::Subject { action } => subject::subject(&action),
        Command::Purge { action } => purge::purge(&action),
        Command::Retention { action: RetentionAction::Propose(args) } => retention::propose(&args),
        Command::Key { action: KeyAction::Create { file } } => create_key(file.as_deref()),
        Command::Vault { action } => vault::vault(&action),
        Command::Ledger { action } => vault::ledger(&action),
        Command::Verify(args) => verify::verify(&args),
        Command::ChildTool { memory, cpu_seconds, program, arguments } => {
            become_tool(&Bounds { memory, cpu_seconds, ..Bounds::DEFAULT }, &program, &arguments);
            Ok(Exit::Usage)
        }
        Command::ChildReader { format, memory, cpu_seconds } => {
            Ok(child_reader(&format, memory, cpu_seconds))
        }
    }
}

fn create_key(file: Option<&Path>) -> Result<Exit, Failure> {
    let places = KeyPlaces::from_environment();
    let path = file.or(places.default_path()).ok_or_else(|| {
        Problem::new(
            "key-no-place",
            "there is no configuration folder",
            "name the file: olvido key create FILE",
        )
    })?;
    let key = keys::create(path)?;
    print(&format!(
        "key {} written to {} (mode 0600)\nKeep a copy apart from the project and from the archive: without it, months cannot be compared.\n",
        key.id(),
        path.display()
    ))?;
    Ok(Exit::Clean)
}

/// The other end of a reader that runs out of process.
fn child_reader(format: &str, memory: u64, cpu_seconds: u64) -> Exit {
    let bounds = Bounds { memory, cpu_seconds, ..Bounds::DEFAULT };
    let served = serve(
        format,
        &bounds,
        &mut io::stdin().lock(),
        &mut io::stdout().lock(),
        crate::formats::child_readers(),
    );
    if served.is_ok() { Exit::Clean } else { Exit::Usage }
}

/// Help and version are answers; everything else clap says is a usage error.
fn usage(error: &clap::Error) -> Exit {
    // Where printing fails there is nothing left to say it with.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Clean,
        _ => Exit::Usage,
    }
}

/// A panic message may quote data, so none is shown; where it happened is enough for a report.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        say(&format!("olvido: internal fault{place}; the item is reported as not read"));
    }));
}
