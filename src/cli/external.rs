//! Programs of the system: where they lie, and what they say of themselves. They are asked once a run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::formats::child::{Bounds, piped};
use crate::records::{Tool, Tools};

/// Codes of tesseract for the languages of helpdesks that are recognised, where they are installed.
const LANGUAGES: [&str; 8] = ["spa", "fra", "deu", "eng", "ita", "nld", "pol", "por"];
/// What a program may take to say its version.
const ASKED: Bounds = Bounds { cpu_seconds: 10, wall: Duration::from_secs(10), ..Bounds::DEFAULT };
const ANSWER: u64 = 64 << 10;

/// The programs a run may use.
pub(super) fn tools(is_on: bool) -> Tools {
    if !is_on {
        return Tools::default();
    }
    let recogniser = found("tesseract").and_then(|tool| {
        let said = answer(&tool.path, "--list-langs")?;
        let installed: Vec<&str> = said.lines().map(str::trim).collect();
        let languages: Vec<&str> = LANGUAGES.into_iter().filter(|code| installed.contains(code)).collect();
        (!languages.is_empty()).then(|| Tool { languages: languages.join("+"), ..tool })
    });
    Tools { is_on, recogniser, unpacker: found("bsdtar") }
}

/// A program that is there and says what it is.
fn found(name: &'static str) -> Option<Tool> {
    let path = on_path(name)?;
    let said = answer(&path, "--version")?;
    let mut words = said.lines().next()?.split_ascii_whitespace();
    let (called, version) = (words.next()?, words.next()?);
    let plain =
        version.len() <= 32 && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c));
    (called == name && plain).then(|| Tool {
        name,
        path,
        version: format!("{name} {version}"),
        languages: String::new(),
    })
}

/// The first program of that name on the path. Folders that are not absolute depend on where the run begins, and are
/// passed over.
#[expect(clippy::disallowed_methods, reason = "the environment is read in cli only")]
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(_file: &Path) -> bool {
    false
}

fn answer(program: &Path, asked: &str) -> Option<String> {
    let (said, failure) = piped(program, &[asked], b"", &ASKED, ANSWER);
    String::from_utf8(said).ok().filter(|_| failure.is_none())
}
