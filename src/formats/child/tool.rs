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
    let (Some(mut stdin), Some(stdout)) = (group.leader.stdin.take(), group.leader.stdout.take()) else {
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
    let failure = match group.ended() {
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
struct Group {
    leader: std::process::Child,
    /// Whether all was ended and nothing is called by its number any more.
    is_over: bool,
}

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
        command.spawn().ok().map(|leader| Self { leader, is_over: false })
    }

    /// How it ended; none where it does not soon, although it wrote all it had.
    fn ended(&mut self) -> Option<std::process::ExitStatus> {
        const STEP: std::time::Duration = std::time::Duration::from_millis(5);
        const STEPS: u32 = 1000;
        for _ in 0..STEPS {
            if self.has_ended()? {
                return self.end();
            }
            std::thread::sleep(STEP);
        }
        None
    }

    /// Whether the program ended. It stays a zombie, so that its number is nobody else's until all is ended.
    fn has_ended(&self) -> Option<bool> {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(self.number()?), options).ok().map(|status| status.is_some())
    }

    fn number(&self) -> Option<rustix::process::Pid> {
        i32::try_from(self.leader.id()).ok().and_then(rustix::process::Pid::from_raw)
    }

    /// Ends whatever is left of it.
    fn end(&mut self) -> Option<std::process::ExitStatus> {
        if let Some(group) = self.number().filter(|_| !self.is_over) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        self.is_over = true;
        self.leader.wait().ok()
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.end();
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
