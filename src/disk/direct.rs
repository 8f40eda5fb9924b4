//! Large files, written and read past the system's cache where the file system lets us, by a thread of their own.
//!
//! What goes through the cache is copied once more, and what is read again soon after comes from the cache and
//! not from the medium: a comparison with it would prove little.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::DiskFile;

/// What addresses and lengths past the cache are multiples of: the largest block of usual devices.
const BLOCK: usize = 4096;
/// Bytes written at once.
const PORTION: usize = 2 << 20;

/// Memory that begins at a multiple of [`BLOCK`]; the vector is never grown, so that it stays there.
struct Portion {
    bytes: Vec<u8>,
    start: usize,
}

impl Portion {
    fn new() -> Portion {
        let bytes = vec![0; PORTION + BLOCK];
        // Where no offset can be told, writes are not aligned, which the writer sees as a refusal.
        let start = bytes.as_ptr().align_offset(BLOCK).min(BLOCK);
        Portion { bytes, start }
    }

    fn part(&mut self, from: usize, to: usize) -> &mut [u8] {
        self.bytes.get_mut(self.start + from..self.start + to).unwrap_or_default()
    }
}

enum Request {
    /// Bytes of a portion, and where they go.
    Write(Portion, usize, u64),
    /// Everything is to be on the medium, and the file this long.
    Sync(u64),
}

type Reply = io::Result<Option<Portion>>;

/// A file that is written past the cache.
pub(super) struct DirectFile {
    requests: Option<SyncSender<Request>>,
    replies: Receiver<Reply>,
    writer: Option<JoinHandle<()>>,
    current: Portion,
    /// Bytes in the current portion, and where it begins in the file.
    used: usize,
    at: u64,
    /// The other portion; none while it is being written.
    spare: Option<Portion>,
    /// The first error: nothing is written after it.
    failed: Option<io::ErrorKind>,
}

fn options(direct: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    #[cfg(target_os = "linux")]
    if direct {
        options.custom_flags(i32::try_from(rustix::fs::OFlags::DIRECT.bits()).unwrap_or(0));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = direct;
    options
}

fn reading(direct: bool) -> OpenOptions {
    let mut options = options(direct);
    options.write(false).read(true);
    options
}

impl DirectFile {
    /// A new file with mode 0600; an existing one is an error.
    pub(super) fn create(path: &Path) -> io::Result<DirectFile> {
        let file = match options(true).create_new(true).open(path) {
            // File systems without this mode say so before or after they have made the file.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => match options(false).open(path) {
                Ok(file) => file,
                Err(_) => options(false).create_new(true).open(path)?,
            },
            other => other?,
        };
        let (requests, inbox) = sync_channel(2);
        let (outbox, replies) = sync_channel(2);
        let path = path.to_path_buf();
        let writer = std::thread::Builder::new().spawn(move || write(file, &path, &inbox, &outbox))?;
        Ok(DirectFile {
            requests: Some(requests),
            replies,
            writer: Some(writer),
            current: Portion::new(),
            used: 0,
            at: 0,
            spare: Some(Portion::new()),
            failed: None,
        })
    }

    fn reply(&mut self) -> Reply {
        let reply = self.replies.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()));
        if let Err(error) = &reply {
            self.failed.get_or_insert(error.kind());
        }
        reply
    }

    fn ask(&mut self, request: Request) -> io::Result<()> {
        let sent = self.requests.as_ref().is_some_and(|requests| requests.send(request).is_ok());
        match sent {
            true => Ok(()),
            // The writer has ended, and has said why.
            false => self.reply().and(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// The portion that was being written; at the latest here its error is told.
    fn other(&mut self) -> io::Result<Portion> {
        match self.spare.take() {
            Some(portion) => Ok(portion),
            None => self.reply()?.ok_or_else(|| io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Bytes were put into the current portion; a full one is handed on.
    fn took(&mut self, len: usize) -> io::Result<()> {
        self.used += len;
        if self.used == PORTION {
            let next = self.other()?;
            let full = std::mem::replace(&mut self.current, next);
            self.ask(Request::Write(full, PORTION, self.at))?;
            self.at += PORTION as u64;
            self.used = 0;
        }
        Ok(())
    }

    fn goes_on(&self) -> io::Result<()> {
        self.failed.map_or(Ok(()), |kind| Err(kind.into()))
    }
}

impl DiskFile for DirectFile {
    fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.goes_on()?;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PORTION - self.used));
            self.current.part(self.used, self.used + now.len()).copy_from_slice(now);
            self.took(now.len())?;
            bytes = later;
        }
        Ok(())
    }

    fn append_with(&mut self, len: usize, fill: &mut dyn FnMut(&mut [u8])) -> io::Result<()> {
        self.goes_on()?;
        if len > PORTION - self.used {
            let mut bytes = vec![0; len];
            fill(&mut bytes);
            return self.append(&bytes);
        }
        fill(self.current.part(self.used, self.used + len));
        self.took(len)
    }

    /// The rest is written with zeros up to a block, and cut off again; what is appended later begins with it.
    fn sync(&mut self) -> io::Result<()> {
        self.goes_on()?;
        let padded = self.used.next_multiple_of(BLOCK);
        self.current.part(self.used, padded).fill(0);
        let idle = self.other()?;
        if padded > 0 {
            let rest = std::mem::replace(&mut self.current, idle);
            self.ask(Request::Write(rest, padded, self.at))?;
            let rest = self.other()?;
            self.spare = Some(std::mem::replace(&mut self.current, rest));
        } else {
            self.spare = Some(idle);
        }
        self.ask(Request::Sync(self.at + self.used as u64))?;
        self.reply().map(|_| ())
    }
}

impl Drop for DirectFile {
    fn drop(&mut self) {
        self.requests = None;
        // What it could still say was said by `sync`, or nobody asked.
        let _ = self.writer.take().map(JoinHandle::join);
    }
}

/// Writes what comes, in order, until nothing comes or something fails.
fn write(mut file: File, path: &Path, inbox: &Receiver<Request>, outbox: &SyncSender<Reply>) {
    let mut direct = true;
    for request in inbox {
        let reply = match request {
            Request::Write(mut portion, len, at) => {
                let mut done = file.write_all_at(portion.part(0, len), at);
                if direct && done.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::InvalidInput) {
                    direct = false;
                    done = options(false).open(path).and_then(|plain| {
                        file = plain;
                        file.write_all_at(portion.part(0, len), at)
                    });
                }
                done.map(|()| Some(portion))
            }
            Request::Sync(len) => file.set_len(len).and_then(|()| file.sync_all()).map(|()| None),
        };
        let failed = reply.is_err();
        if outbox.send(reply).is_err() || failed {
            return;
        }
    }
}

/// A file that is read from the medium, a portion ahead.
pub(super) struct DirectReader {
    portions: Receiver<io::Result<(Portion, usize)>>,
    empty: Option<SyncSender<Portion>>,
    reader: Option<JoinHandle<()>>,
    /// The portion at hand and how many bytes it has.
    current: Option<(Portion, usize)>,
    from: usize,
}

impl DirectReader {
    /// Opens a file for reading from its start.
    pub(super) fn open(path: &Path) -> io::Result<DirectReader> {
        let file = match reading(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => reading(false).open(path)?,
            other => other?,
        };
        let (empty, inbox) = sync_channel(2);
        let (outbox, portions) = sync_channel(2);
        for _ in 0..2 {
            // Two go around: one is read while the other is looked at.
            let _ = empty.send(Portion::new());
        }
        let path = path.to_path_buf();
        let reader = std::thread::Builder::new().spawn(move || read(file, &path, &inbox, &outbox))?;
        Ok(DirectReader { portions, empty: Some(empty), reader: Some(reader), current: None, from: 0 })
    }
}

impl Read for DirectReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.current.as_ref().is_none_or(|(_, len)| self.from == *len) {
            if let (Some((portion, _)), Some(empty)) = (self.current.take(), &self.empty) {
                // A reader that has come to the end takes no more.
                let _ = empty.send(portion);
            }
            match self.portions.recv() {
                Ok(next) => (self.current, self.from) = (Some(next?), 0),
                Err(_) => return Ok(0),
            }
        }
        let Some((portion, len)) = &mut self.current else { return Ok(0) };
        let now = out.len().min(*len - self.from);
        let bytes = portion.part(self.from, self.from + now);
        out.get_mut(..now).unwrap_or_default().copy_from_slice(bytes);
        self.from += now;
        Ok(now)
    }
}

impl Drop for DirectReader {
    fn drop(&mut self) {
        self.empty = None;
        // It waits for a portion, or to hand one on: neither comes any more.
        self.portions = sync_channel(0).1;
        let _ = self.reader.take().map(JoinHandle::join);
    }
}

/// Reads ahead until the end, an error, or until nobody asks.
fn read(
    mut file: File,
    path: &Path,
    inbox: &Receiver<Portion>,
    outbox: &SyncSender<io::Result<(Portion, usize)>>,
) {
    let (mut at, mut direct) = (0u64, true);
    for mut portion in inbox {
        let mut len = 0;
        let done = loop {
            match file.read_at(portion.part(len, PORTION), at + len as u64) {
                Ok(0) => break Ok(()),
                // Past the cache the end of a file is the only place that is no multiple of a block.
                Ok(now) if direct && (len + now) % BLOCK > 0 => {
                    len += now;
                    break Ok(());
                }
                Ok(now) => len += now,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if direct && error.kind() == io::ErrorKind::InvalidInput => {
                    direct = false;
                    match reading(false).open(path) {
                        Ok(plain) => file = plain,
                        Err(error) => break Err(error),
                    }
                }
                Err(error) => break Err(error),
            }
            if len == PORTION {
                break Ok(());
            }
        };
        at += len as u64;
        let last = len < PORTION || done.is_err();
        if outbox.send(done.map(|()| (portion, len))).is_err() || last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at * 31 % 253) as u8).collect()
    }

    #[test]
    fn every_length_comes_back_and_more_can_follow() {
        let dir = tempfile::tempdir().unwrap();
        for (at, len) in [0, 1, BLOCK, BLOCK + 1, PORTION - 1, PORTION, PORTION + 1, 3 * PORTION + 77]
            .into_iter()
            .enumerate()
        {
            let path = dir.path().join(at.to_string());
            let mut file = DirectFile::create(&path).unwrap();
            let wanted = bytes(len);
            for (at, part) in wanted.chunks(700_001).enumerate() {
                match at % 2 {
                    0 => file.append(part).unwrap(),
                    _ => file.append_with(part.len(), &mut |to| to.copy_from_slice(part)).unwrap(),
                }
            }
            file.sync().unwrap();
            assert!(fs::read(&path).unwrap() == wanted, "{len}");
            let mut again = Vec::new();
            DirectReader::open(&path).unwrap().read_to_end(&mut again).unwrap();
            assert!(again == wanted, "{len}");
            // One that is left in the middle ends.
            let _ = DirectReader::open(&path).unwrap().read(&mut [0; 10]).unwrap();
            file.append(b"more").unwrap();
            file.sync().unwrap();
            file.sync().unwrap();
            assert!(fs::read(&path).unwrap() == [&wanted[..], b"more"].concat(), "{len}");
            assert!(DirectFile::create(&path).is_err());
        }
    }

    #[test]
    fn a_medium_without_this_mode_is_written_all_the_same() {
        let Ok(dir) = tempfile::tempdir_in("/dev/shm") else { return };
        let path = dir.path().join("file");
        let mut file = DirectFile::create(&path).unwrap();
        let wanted = bytes(2 * PORTION + 5);
        file.append(&wanted).unwrap();
        file.sync().unwrap();
        assert!(fs::read(&path).unwrap() == wanted);
        let mut again = Vec::new();
        DirectReader::open(&path).unwrap().read_to_end(&mut again).unwrap();
        assert!(again == wanted);
        assert!(DirectReader::open(&dir.path().join("none")).is_err());
    }

    #[test]
    fn an_error_is_told_at_the_latest_by_the_sync_and_stays() {
        let path = Path::new("/dev/full");
        if !path.exists() {
            return;
        }
        let (requests, inbox) = sync_channel(2);
        let (outbox, replies) = sync_channel(2);
        let file = options(false).open(path).unwrap();
        let writer = std::thread::spawn(move || write(file, Path::new("/dev/full"), &inbox, &outbox));
        let mut file = DirectFile {
            requests: Some(requests),
            replies,
            writer: Some(writer),
            current: Portion::new(),
            used: 0,
            at: 0,
            spare: Some(Portion::new()),
            failed: None,
        };
        let _ = file.append(&bytes(3 * PORTION));
        assert!(file.sync().is_err());
        assert!(file.append(b"x").is_err() && file.sync().is_err());
    }
}
