//! Frames and the values in them: lengths and numbers little-endian, every length checked.

use std::io::{self, Read, Write};

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// To the child: what to read.
    Request,
    /// A block whose last record ended.
    Block,
    /// A block whose last record goes on in the next.
    BlockContinues,
    /// A member.
    Member,
    /// A gap.
    Gap,
    /// All is read.
    End,
}

const KINDS: [Kind; 6] =
    [Kind::Request, Kind::Block, Kind::BlockContinues, Kind::Member, Kind::Gap, Kind::End];

/// First bytes of every frame: what writes to the pipe by mistake does not write these.
const MARK: [u8; 4] = *b"olv1";

/// Why a frame could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameError {
    /// The other side closed the pipe between two frames or inside one.
    Closed,
    /// It is longer than allowed.
    TooLong,
    /// It is no frame.
    Malformed,
}

/// Writes one frame.
pub(super) fn write_frame(out: &mut dyn Write, kind: Kind, payload: &[u8]) -> io::Result<()> {
    let code =
        KINDS.iter().position(|known| *known == kind).and_then(|at| u8::try_from(at).ok()).unwrap_or(0);
    let len = u32::try_from(payload.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    out.write_all(&MARK)?;
    out.write_all(&[code])?;
    out.write_all(&len.to_le_bytes())?;
    out.write_all(payload)?;
    out.flush()
}

/// Reads one frame of at most `most` bytes.
pub(super) fn read_frame(input: &mut dyn Read, most: usize) -> Result<(Kind, Vec<u8>), FrameError> {
    let mut head = [0; 9];
    input.read_exact(&mut head).map_err(|_| FrameError::Closed)?;
    let [a, b, c, d, code, len @ ..] = head;
    let kind = KINDS
        .get(usize::from(code))
        .copied()
        .filter(|_| [a, b, c, d] == MARK)
        .ok_or(FrameError::Malformed)?;
    let len = usize::try_from(u32::from_le_bytes(len)).map_err(|_| FrameError::TooLong)?;
    if len > most {
        return Err(FrameError::TooLong);
    }
    // Memory is taken as the bytes come, so that a length alone costs nothing.
    let mut payload = Vec::new();
    let read = input.take(len as u64).read_to_end(&mut payload).map_err(|_| FrameError::Closed)?;
    if read < len { Err(FrameError::Closed) } else { Ok((kind, payload)) }
}

/// Writes values one after the other.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn len(&mut self, value: usize) {
        self.u32(u32::try_from(value).unwrap_or(u32::MAX));
    }

    pub(super) fn slice(&mut self, value: &[u8]) {
        self.len(value.len());
        self.bytes.extend_from_slice(value);
    }

    pub(super) fn text(&mut self, value: &str) {
        self.slice(value.as_bytes());
    }

    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// The position of a value in the list of all.
    pub(super) fn choice<T: PartialEq>(&mut self, value: &T, all: &[T]) {
        let at = all.iter().position(|known| known == value).and_then(|at| u8::try_from(at).ok());
        self.u8(at.unwrap_or(u8::MAX));
    }
}

/// Reads values; nothing is believed that was not looked at.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// A payload that does not say what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn bool(&mut self) -> Result<bool, Malformed> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A count of things of at least `least` bytes each: more than the rest could hold is refused before
    /// any memory is taken.
    pub(super) fn count(&mut self, least: usize) -> Result<usize, Malformed> {
        let count = self.u32()? as usize;
        if count.saturating_mul(least.max(1)) > self.rest.len() { Err(Malformed) } else { Ok(count) }
    }

    pub(super) fn slice(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u32()? as usize;
        self.take(len)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.slice()?).map_err(|_| Malformed)
    }

    pub(super) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        if self.bool()? { read(self).map(Some) } else { Ok(None) }
    }

    pub(super) fn choice<T: Copy>(&mut self, all: &[T]) -> Result<T, Malformed> {
        all.get(usize::from(self.u8()?)).copied().ok_or(Malformed)
    }

    /// Whether all was read.
    pub(super) fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_there_and_back() {
        let mut pipe = Vec::new();
        write_frame(&mut pipe, Kind::Gap, b"abc").unwrap();
        write_frame(&mut pipe, Kind::End, b"").unwrap();
        let mut input = pipe.as_slice();
        assert_eq!(read_frame(&mut input, 3), Ok((Kind::Gap, b"abc".to_vec())));
        assert_eq!(read_frame(&mut input, 3), Ok((Kind::End, Vec::new())));
        assert_eq!(read_frame(&mut input, 3), Err(FrameError::Closed));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let mut pipe = Vec::new();
        write_frame(&mut pipe, Kind::Gap, b"abcd").unwrap();
        assert_eq!(read_frame(&mut pipe.as_slice(), 3), Err(FrameError::TooLong));
        assert_eq!(read_frame(&mut &pipe[..11], 9), Err(FrameError::Closed));
        assert_eq!(read_frame(&mut &b"thread main panicked"[..], 9), Err(FrameError::Malformed));
        let mut reader = Reader::new(&[255, 255, 255, 255]);
        assert_eq!(reader.count(1), Err(Malformed));
    }
}
