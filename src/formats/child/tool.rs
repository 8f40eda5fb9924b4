//! Programs of the system: bytes in, bytes out, over pipes.
//!
//! Between this process and the program stands another of ours, which sets the limits of a child on itself and
//! then becomes the program: no file of any size, no core dump, memory and processor time. Its environment is
//! empty but for a locale and the number of its threads, its errors go nowhere, and when it is ended everything it
//! started is.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;

use super::Bounds;

/// Name of the hidden command: `olvido child-tool MEMORY CPU PROGRAM ARGUMENT…`.
pub const TOOL_COMMAND: &str = "child-tool";

/// Why a program did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolFailure {
    /// It could not be started, or not be held within limits here.
    NotStarted,
    /// It took too long.
    TimedOut,
    /// It gave more than is taken.
    TooMuch,
    /// It ended with a status other than 0.
    Failed,
}

impl ToolFailure {
    /// What happened, behind the name of the program.
    pub fn told(self) -> &'static str {
        match self {
            Self::NotStarted => "could not be started",
            Self::TimedOut => "took too long and was ended",
            Self::TooMuch => "gave more than is taken and was ended",
            Self::Failed => "says that it failed",
        }
    }
}

/// Runs a program on `input`, and gives what it wrote, at most so many bytes, and how it failed, if it did.
pub fn piped(
    program: &Path,
    arguments: &[&str],
    input: &[u8],
    bounds: &Bounds,
    most: u64,
) -> (Vec<u8>, Option<ToolFailure>) {
    run(program, arguments, input, bounds, most)
}

#[cfg(unix)]
fn run(
    program: &Path,
    arguments: &[&str],
    input: &[u8],
    bounds: &Bounds,
    most: u64,
) -> (Vec<u8>, Option<ToolFailure>) {
    let Some(mut group) = Group::start(program, arguments, bounds) else {
        return (Vec::new(), Some(ToolFailure::NotStarted));
    };
    let (Some(mut stdin), Some(stdout)) = (group.0.stdin.take(), group.0.stdout.take()) else {
        return (Vec::new(), Some(ToolFailure::NotStarted));
    };
    let input = input.to_vec();
    // Neither thread is waited for: something the program started may hold its pipes open.
    std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let (sender, done) = crossbeam_channel::bounded(1);
    std::thread::spawn(move || {
        let mut out = Vec::new();
        let read = stdout.take(most.saturating_add(1)).read_to_end(&mut out);
        let _ = sender.send((out, read.is_ok()));
    });
    let Ok((mut out, whole)) = done.recv_timeout(bounds.wall) else {
        return (Vec::new(), Some(ToolFailure::TimedOut));
    };
    if out.len() as u64 > most {
        out.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        return (out, Some(ToolFailure::TooMuch));
    }
    let failure = match group.ended(bounds.wall) {
        _ if !whole => Some(ToolFailure::Failed),
        None => Some(ToolFailure::TimedOut),
        Some(status) if status.success() => None,
        Some(status) if super::out_of_time(status) => Some(ToolFailure::TimedOut),
        Some(_) => Some(ToolFailure::Failed),
    };
    (out, failure)
}

/// A program and all it started, which end when the value does.
#[cfg(unix)]
struct Group(std::process::Child);

#[cfg(unix)]
impl Group {
    fn start(program: &Path, arguments: &[&str], bounds: &Bounds) -> Option<Self> {
        use std::os::unix::process::CommandExt;
        use std::process::{Command, Stdio};
        let mut command = Command::new(std::env::current_exe().ok()?);
        command.arg(TOOL_COMMAND).arg(bounds.memory.to_string()).arg(bounds.cpu_seconds.to_string());
        command.arg(program).args(arguments).process_group(0).env_clear().current_dir("/");
        // Names of members are in UTF-8, and threads are ours to give.
        command.env("LC_ALL", "C.UTF-8").env("OMP_THREAD_LIMIT", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().ok().map(Self)
    }

    /// How it ended; none where it does not, although it wrote all it had.
    fn ended(&mut self, within: std::time::Duration) -> Option<std::process::ExitStatus> {
        const STEP: std::time::Duration = std::time::Duration::from_millis(5);
        for _ in 0..within.as_millis() / STEP.as_millis() {
            if let Some(status) = self.0.try_wait().ok()? {
                return Some(status);
            }
            std::thread::sleep(STEP);
        }
        None
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// Without limits of the system no program is started.
#[cfg(not(unix))]
fn run(_: &Path, _: &[&str], _: &[u8], _: &Bounds, _: u64) -> (Vec<u8>, Option<ToolFailure>) {
    (Vec::new(), Some(ToolFailure::NotStarted))
}

/// Does what the hidden command `child-tool` does: sets the limits and becomes the program. It comes back only
/// where that cannot be.
pub fn become_tool(bounds: &Bounds, program: &Path, arguments: &[OsString]) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        if program.is_absolute() && super::serve::confine(bounds).is_ok() {
            let _ = std::process::Command::new(program).args(arguments).exec();
        }
    }
    #[cfg(not(unix))]
    let _ = (bounds, program, arguments);
}
