//! Readers in a process of their own.
//!
//! What is fragile or knows no bounds (PDF, archives) is read in a child of the same binary:
//! it gets a piece over a pipe, sets limits on itself before it reads a byte, and sends blocks, members
//! and gaps back in length-prefixed frames that are believed only as far as they were looked at. A child
//! that crashes, hangs, writes too much or writes nonsense is a gap; what came before stays, and the run
//! goes on. Its environment is empty, its standard error is nowhere, and no core is dumped.
//!
//! In or out of process is one word in the registry: `&OutOfProcess::new(&PdfFormat)`.

mod payload;
mod serve;
mod tool;
mod wire;

use std::io::Write;
use std::ops::Range;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded, select};

use super::{Cutter, Format, Piece, Reading, Vote, Yield};
use crate::records::{Gap, GapClass, Limits};
use wire::{FrameError, Kind, read_frame, write_frame};

pub use serve::{ServeError, serve};
pub use tool::{TOOL_COMMAND, ToolFailure, become_tool, piped};

/// Name of the hidden command that is the child: `olvido child-reader FORMAT MEMORY CPU`.
pub const COMMAND: &str = "child-reader";

/// How far a child may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of address space.
    pub memory: u64,
    /// Seconds of processor time.
    pub cpu_seconds: u64,
    /// Time by the clock for one piece.
    pub wall: Duration,
    /// Bytes of one frame.
    pub frame: usize,
    /// Bytes of all frames of one piece.
    pub total: u64,
}

impl Bounds {
    /// The bounds of every reader that asks for no others: 2 GiB, two minutes, 128 MiB a frame, 4 GiB in all.
    pub const DEFAULT: Bounds = Bounds {
        memory: 2 << 30,
        cpu_seconds: 120,
        wall: Duration::from_secs(180),
        frame: 128 << 20,
        total: 4 << 30,
    };

    /// The bounds the child sets on itself, by the arguments behind the format's name.
    pub fn from_arguments(arguments: &[String]) -> Option<Bounds> {
        let [memory, cpu_seconds] = arguments else { return None };
        Some(Bounds { memory: memory.parse().ok()?, cpu_seconds: cpu_seconds.parse().ok()?, ..Self::DEFAULT })
    }
}

/// A format whose reader runs in a child process.
pub struct OutOfProcess {
    inner: &'static dyn Format,
    bounds: Bounds,
}

impl OutOfProcess {
    /// The format in a child with the usual bounds.
    pub const fn new(inner: &'static dyn Format) -> Self {
        Self::bounded(inner, Bounds::DEFAULT)
    }

    /// The format in a child with bounds of its own.
    pub const fn bounded(inner: &'static dyn Format, bounds: Bounds) -> Self {
        Self { inner, bounds }
    }
}

impl Format for OutOfProcess {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn probe(&self, head: &[u8], name: &str) -> Vote {
        self.inner.probe(head, name)
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        self.inner.cutter()
    }

    fn is_surveyed(&self, name: &str) -> bool {
        self.inner.is_surveyed(name)
    }

    fn is_packed(&self) -> bool {
        self.inner.is_packed()
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        let end = run(self.inner.name(), &self.bounds, piece, reading, out);
        if let Some(gap) = end.gap() {
            out.gap(gap.at(piece.base, Some(piece.bytes.len() as u64)));
        }
    }
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Well,
    NotStarted,
    Crashed,
    TimedOut,
    TooMuch,
    Nonsense,
}

impl Ended {
    fn gap(self) -> Option<Gap> {
        let (code, message) = match self {
            Ended::Well => return None,
            Ended::NotStarted => {
                ("reader-not-started", "the process that reads this format could not be started")
            }
            Ended::Crashed => (
                "reader-crashed",
                "the process that reads this format ended before it was done; what it gave before was kept",
            ),
            Ended::TimedOut => (
                "reader-timeout",
                "the process that reads this format took too long and was ended; what it gave before was kept",
            ),
            Ended::TooMuch => (
                "reader-oversized",
                "the process that reads this format gave more than is allowed and was ended; what it gave before was kept",
            ),
            Ended::Nonsense => (
                "reader-malformed",
                "the process that reads this format gave something that cannot be right and was ended; what it gave before was kept",
            ),
        };
        let class =
            if self == Ended::TooMuch || self == Ended::TimedOut { GapClass::Limit } else { GapClass::Fault };
        Some(Gap::new(class, code, message))
    }
}

/// A child that is killed and waited for when nobody looks after it any more.
struct Guard(Child);

impl Guard {
    fn end(&mut self) -> Option<ExitStatus> {
        self.0.wait().ok()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(format: &str, bounds: &Bounds) -> Option<(Guard, ChildStdin, ChildStdout)> {
    let binary = std::env::current_exe().ok()?;
    let mut command = Command::new(binary);
    command.arg(COMMAND).arg(format).arg(bounds.memory.to_string()).arg(bounds.cpu_seconds.to_string());
    command.env_clear().current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = Guard(command.spawn().ok()?);
    let (input, output) = (child.0.stdin.take()?, child.0.stdout.take()?);
    Some((child, input, output))
}

type Frame = Result<(Kind, Vec<u8>), FrameError>;

fn run(
    format: &str,
    bounds: &Bounds,
    piece: &Piece<'_>,
    reading: &Reading<'_>,
    out: &mut dyn Yield,
) -> Ended {
    let Some((mut child, mut input, mut output)) = start(format, bounds) else { return Ended::NotStarted };
    let request = payload::request(piece, reading.limits, reading.purpose);
    std::thread::scope(|scope| {
        // A child that does not take its request must not stop us: writing has a thread of its own.
        scope.spawn(move || {
            let _ = write_frame(&mut input, Kind::Request, &request);
            let _ = input.flush();
        });
        let (sender, frames) = bounded::<Frame>(2);
        let most = bounds.frame;
        scope.spawn(move || {
            loop {
                let frame = read_frame(&mut output, most);
                let over = !matches!(&frame, Ok((kind, _)) if *kind != Kind::End);
                if sender.send(frame).is_err() || over {
                    return;
                }
            }
        });
        let item = piece.base..piece.base + piece.bytes.len() as u64;
        let ended = take(&frames, bounds, &item, reading.limits, out);
        drop(frames);
        let status = if ended == Ended::Crashed { child.end() } else { None };
        // Killed here, so that both threads see their pipes closed.
        drop(child);
        if status.is_some_and(out_of_time) { Ended::TimedOut } else { ended }
    })
}

/// Whether the processor limit ended it: SIGXCPU.
#[cfg(unix)]
fn out_of_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(rustix::process::Signal::XCPU.as_raw())
}

#[cfg(not(unix))]
fn out_of_time(_status: ExitStatus) -> bool {
    false
}

/// Takes frames until the child says that all is read, or until it may go no further.
fn take(
    frames: &Receiver<Frame>,
    bounds: &Bounds,
    item: &Range<u64>,
    limits: &Limits,
    out: &mut dyn Yield,
) -> Ended {
    let deadline = crossbeam_channel::after(bounds.wall);
    let mut left = bounds.total;
    loop {
        let frame = select! {
            recv(frames) -> frame => frame.unwrap_or(Err(FrameError::Closed)),
            recv(deadline) -> _ => return Ended::TimedOut,
        };
        let (kind, payload) = match frame {
            Ok(frame) => frame,
            Err(FrameError::Closed) => return Ended::Crashed,
            Err(FrameError::TooLong) => return Ended::TooMuch,
            Err(FrameError::Malformed) => return Ended::Nonsense,
        };
        match left.checked_sub(payload.len() as u64) {
            Some(rest) => left = rest,
            None => return Ended::TooMuch,
        }
        let done = deliver(kind, &payload, item, limits, out);
        match done {
            Ok(false) => {}
            Ok(true) => return Ended::Well,
            Err(ended) => return ended,
        }
    }
}

/// Hands one frame on; gives whether it was the last.
fn deliver(
    kind: Kind,
    payload: &[u8],
    item: &Range<u64>,
    limits: &Limits,
    out: &mut dyn Yield,
) -> Result<bool, Ended> {
    let nonsense = |_| Ended::Nonsense;
    match kind {
        Kind::End => return Ok(true),
        Kind::Request => return Err(Ended::Nonsense),
        Kind::Gap => out.gap(payload::decode_gap(payload).map_err(nonsense)?),
        Kind::Member => {
            let member = payload::decode_member(payload).map_err(nonsense)?;
            // The child counted on a copy of the budget; here is the one all share.
            if !limits.expanded.take(member.bytes.len() as u64) {
                return Err(Ended::TooMuch);
            }
            out.member(member);
        }
        Kind::Block | Kind::BlockContinues => {
            payload::decode_block(payload, item).map_err(nonsense)?.append_to(out.block());
            if kind == Kind::Block { out.boundary() } else { out.hand_on() }
        }
    }
    Ok(false)
}
