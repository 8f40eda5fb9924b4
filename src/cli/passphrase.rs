//! Passphrases: from a file or from the terminal, never from arguments or the environment.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use zeroize::Zeroizing;

use crate::problem::Problem;
use crate::vault::holders::Passphrase;

fn refused(what: &str) -> Problem {
    let advice = format!("give at least {} characters, in a file or at the terminal", Passphrase::SHORTEST);
    Problem::new("passphrase-refused", what, advice)
}

/// The passphrase of a file, or what the terminal is asked for; none where there is no terminal.
pub(super) fn passphrase(file: Option<&Path>, twice: bool) -> Result<Option<Passphrase>, Problem> {
    let text = match file {
        Some(path) => Some(Zeroizing::new(fs::read_to_string(path).map_err(|error| {
            let what = format!("{} could not be read: {}", path.display(), error.kind());
            Problem::new("passphrase-unreadable", what, "name a file in UTF-8")
        })?)),
        None => asked(twice)?,
    };
    match text {
        None => Ok(None),
        Some(text) => Passphrase::new(text).map(Some).ok_or_else(|| refused("the passphrase is too short")),
    }
}

fn asked(twice: bool) -> Result<Option<Zeroizing<String>>, Problem> {
    let Some(first) = ask("Passphrase of the vault: ") else { return Ok(None) };
    if twice {
        let again = ask("Once more: ").ok_or_else(|| refused("the terminal gave no passphrase"))?;
        if *first != *again {
            return Err(refused("the two passphrases differ"));
        }
    }
    Ok(Some(first))
}

#[cfg(unix)]
fn ask(prompt: &str) -> Option<Zeroizing<String>> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let mut terminal = File::options().read(true).write(true).open("/dev/tty").ok()?;
    let before = tcgetattr(&terminal).ok()?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Flush, &silent).ok()?;
    let line = written(&mut terminal, prompt).and_then(|()| read_line(&terminal));
    // Whatever happened, the terminal shows again what is typed.
    let _ = tcsetattr(&terminal, OptionalActions::Flush, &before);
    let _ = writeln!(terminal);
    line.ok()
}

#[cfg(not(unix))]
fn ask(_prompt: &str) -> Option<Zeroizing<String>> {
    None
}

#[cfg(unix)]
fn written(terminal: &mut File, prompt: &str) -> io::Result<()> {
    terminal.write_all(prompt.as_bytes())?;
    terminal.flush()
}

#[cfg(unix)]
fn read_line(terminal: &File) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(256));
    BufReader::new(terminal).read_line(&mut line)?;
    Ok(line)
}
