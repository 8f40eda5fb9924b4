//! The side of the child.

use std::io::{Read, Write};

use super::payload::{self, Request};
use super::wire::{Kind, read_frame, write_frame};
use super::{Bounds, Format, Yield};
use crate::formats::mapping::Mappings;
use crate::formats::{Member, Reading};
use crate::records::{Block, Gap};

/// Why a child could not do its work. It says so with its exit status alone: nobody reads its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServeError {
    /// A limit could not be set: nothing was read.
    NoLimits,
    /// No reader has this name.
    UnknownFormat,
    /// The request is none.
    BadRequest,
    /// The pipe is closed.
    Pipe,
}

/// Does what the hidden command `child-reader` does: sets the limits first thing, then reads one piece
/// from `input` and writes what is in it to `output`. `formats` are the readers that may be asked for,
/// themselves and not wrapped in [`super::OutOfProcess`].
///
/// # Errors
/// See [`ServeError`]; the caller ends with a status other than 0.
pub fn serve(
    format: &str,
    bounds: &Bounds,
    input: &mut dyn Read,
    output: &mut dyn Write,
    formats: &[&dyn Format],
) -> Result<(), ServeError> {
    confine(bounds)?;
    let format = formats.iter().find(|known| known.name() == format).ok_or(ServeError::UnknownFormat)?;
    let (kind, payload) = read_frame(input, u32::MAX as usize).map_err(|_| ServeError::BadRequest)?;
    if kind != Kind::Request {
        return Err(ServeError::BadRequest);
    }
    let request = Request::decode(&payload).map_err(|_| ServeError::BadRequest)?;
    drop(payload);
    let mappings = Mappings::default();
    let reading = Reading { mappings: &mappings, limits: &request.limits, purpose: request.purpose };
    let mut sink = Sink { block: Block::default(), output, broken: false };
    format.read(&request.piece(), &reading, &mut sink);
    if !sink.block.is_empty() || sink.block.raw_bytes > 0 {
        sink.send_block(Kind::Block);
    }
    sink.send(Kind::End, &[]);
    if sink.broken { Err(ServeError::Pipe) } else { Ok(()) }
}

/// Writes what the reader finds into the pipe.
struct Sink<'a> {
    block: Block,
    output: &'a mut dyn Write,
    broken: bool,
}

impl Sink<'_> {
    fn send(&mut self, kind: Kind, payload: &[u8]) {
        self.broken |= write_frame(self.output, kind, payload).is_err();
    }

    fn send_block(&mut self, kind: Kind) {
        let payload = payload::block(&self.block);
        self.send(kind, &payload);
        self.block.clear();
    }
}

impl Yield for Sink<'_> {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }

    fn boundary(&mut self) {
        if self.block.is_full() {
            self.send_block(Kind::Block);
        }
    }

    fn hand_on(&mut self) {
        self.send_block(Kind::BlockContinues);
    }

    fn member(&mut self, member: Member) {
        self.send(Kind::Member, &payload::member(&member));
    }

    fn gap(&mut self, gap: Gap) {
        self.send(Kind::Gap, &payload::gap(&gap));
    }
}

/// Address space, processor time, no core dump, no file of any size.
#[cfg(unix)]
pub(super) fn confine(bounds: &Bounds) -> Result<(), ServeError> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limits = [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::As, bounds.memory),
        (Resource::Cpu, bounds.cpu_seconds.max(1)),
    ];
    for (resource, wanted) in limits {
        let most = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let wanted = wanted.min(most);
        // One second more for the hard limit: at the soft one the system sends SIGXCPU, which tells why.
        let hard = if resource == Resource::Cpu { wanted.saturating_add(1).min(most) } else { wanted };
        setrlimit(resource, Rlimit { current: Some(wanted), maximum: Some(hard) })
            .map_err(|_| ServeError::NoLimits)?;
    }
    Ok(())
}

/// Where there are no such limits, the parent's clock and byte counts are all there is.
#[cfg(not(unix))]
pub(super) fn confine(_bounds: &Bounds) -> Result<(), ServeError> {
    Ok(())
}
