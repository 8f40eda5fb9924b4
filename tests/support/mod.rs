//! Runs the program as a user would, away from the user's own keys and configuration.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a run of the program gave.
pub struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Every line of JSON Lines output, parsed.
    pub fn lines(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
            .collect()
    }

    /// The lines of one type.
    pub fn of_type(&self, kind: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["type"] == kind).collect()
    }

    /// Codes of the gaps, in order.
    pub fn gap_codes(&self) -> Vec<String> {
        self.of_type("gap").iter().map(|gap| gap["code"].as_str().unwrap().to_owned()).collect()
    }

    /// The last line.
    pub fn summary(&self) -> Value {
        let lines = self.lines();
        let last = lines.last().expect("no output").clone();
        assert_eq!(last["type"], "summary");
        last
    }
}

/// An empty folder that is gone when the value is.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The program, with no key, no configuration and a working folder of its own.
pub fn olvido(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_olvido"));
    command
        .env_clear()
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        // What is installed on a machine changes no result, unless a test asks for it.
        .env("OLVIDO_NO_EXTERNAL", "true")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(home)
        .stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn run<S: AsRef<OsStr>>(home: &Path, args: &[S]) -> Run {
    let output = olvido(home).args(args).output().expect("the program runs");
    finished(output)
}

/// Runs the program with something on standard input.
pub fn run_with_stdin<S: AsRef<OsStr>>(home: &Path, args: &[S], stdin: &[u8]) -> Run {
    let mut child = olvido(home)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut pipe = child.stdin.take().unwrap();
    let bytes = stdin.to_vec();
    let writer = std::thread::spawn(move || {
        // The program may end before it has read everything.
        let _ = pipe.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    finished(output)
}

fn finished(output: std::process::Output) -> Run {
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8 output"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8 errors"),
    }
}

/// Writes a file, folders above it included.
pub fn put(dir: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(bytes.as_ref()).unwrap();
    path
}

/// Gives everything below a folder to its owner alone, so that rules about modes hold.
pub fn private(dir: &Path) {
    set_modes(dir, 0o700, 0o600);
}

/// Sets the modes of everything below a folder.
#[cfg(unix)]
pub fn set_modes(dir: &Path, folder: u32, file: u32) {
    use std::os::unix::fs::PermissionsExt;
    for entry in walkdir::WalkDir::new(dir) {
        let entry = entry.unwrap();
        let mode = if entry.file_type().is_dir() { folder } else { file };
        if !entry.file_type().is_symlink() {
            std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }
}

#[cfg(not(unix))]
pub fn set_modes(_dir: &Path, _folder: u32, _file: u32) {}

/// Copies a folder.
pub fn copy_tree(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// A folder of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Says that a test did not run, past the harness that keeps what tests print.
pub fn skipped(why: &str) {
    let _ = std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes());
}

/// Whether Python can be run with a module.
pub fn has_python(module: &str) -> bool {
    let there = Command::new("python3").args(["-c", &format!("import {module}")]).output();
    let there = there.is_ok_and(|output| output.status.success());
    if !there {
        skipped(&format!("python3 with the module {module} is not installed"));
    }
    there
}
