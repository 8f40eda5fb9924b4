//! The lines of a run, kept so that a report can read them as often as it needs.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::findings::{Line, LineKind};

/// Lines stay in memory up to this many bytes.
const IN_MEMORY: usize = 4 << 20;

/// A line longer than this is refused: no line this program writes comes near, and a report must not
/// be made to fill memory. The run line with the cards of all rules is the longest.
const LONGEST: u64 = 64 << 20;

/// Lines of a run, written once and read any number of times.
///
/// What is too large for memory lies in a temporary file that has no name and mode 0600, so nothing
/// is left behind by a crash.
pub struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    threshold: usize,
    lines: u64,
}

impl Default for Spool {
    fn default() -> Self {
        Self::new()
    }
}

impl Spool {
    /// An empty spool.
    pub fn new() -> Self {
        Self::with_threshold(IN_MEMORY)
    }

    /// An empty spool that goes to disk beyond this many bytes.
    pub fn with_threshold(bytes: usize) -> Self {
        Self { memory: Vec::new(), file: None, threshold: bytes, lines: 0 }
    }

    /// Adds a line.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be made or written.
    pub fn push(&mut self, line: &Line<'_>) -> io::Result<()> {
        let mut text = String::new();
        line.write(&mut text)?;
        self.push_written(text.as_bytes())
    }

    /// Adds lines that are written already, each with its line end, as [`Line::write`] does.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be made or written.
    pub fn push_written(&mut self, lines: &[u8]) -> io::Result<()> {
        self.lines += memchr::memchr_iter(b'\n', lines).count() as u64;
        self.memory.extend_from_slice(lines);
        if self.memory.len() > self.threshold { self.spill() } else { Ok(()) }
    }

    /// Adds every line of a stream: what another run or worker wrote.
    ///
    /// # Errors
    ///
    /// When the stream cannot be read, holds a line that is none, or the spool cannot be written. The
    /// message names the line by its number and quotes nothing.
    pub fn push_all(&mut self, stream: &mut dyn Read) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut buffer = Vec::new();
        let mut number = 0u64;
        while let Some(line) = next_line(&mut reader, &mut buffer, &mut number)? {
            self.push(&parsed(line, number)?)?;
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(private_file()?),
        };
        file.write_all(&self.memory)?;
        self.memory.clear();
        Ok(())
    }

    /// How many lines there are.
    pub fn len(&self) -> u64 {
        self.lines
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Gives every line of the wanted kinds, parsed, in order. Lines whose kind is known from their
    /// beginning and not wanted are not parsed.
    ///
    /// # Errors
    ///
    /// Those of reading, a line that is none, and those of `each`.
    pub fn each(&self, wanted: Needs, each: &mut dyn FnMut(Line<'_>) -> io::Result<()>) -> io::Result<()> {
        self.each_written(&mut |text, number| {
            if LineKind::of(text).is_some_and(|kind| !wanted.include(kind)) {
                return Ok(());
            }
            let line = parsed(text, number)?;
            if wanted.include(line.kind()) { each(line) } else { Ok(()) }
        })
    }

    /// Gives every line as written, without its line end, and its number from 1.
    ///
    /// # Errors
    ///
    /// Those of reading and of `each`.
    pub fn each_written(&self, each: &mut dyn FnMut(&str, u64) -> io::Result<()>) -> io::Result<()> {
        let mut number = 0;
        let mut buffer = Vec::new();
        // A line may begin in the file and end in memory: the two are read as one stream.
        let file: Box<dyn Read + '_> = match &self.file {
            Some(file) => {
                let mut file = file;
                file.seek(SeekFrom::Start(0))?;
                Box::new(file)
            }
            None => Box::new(io::empty()),
        };
        let mut reader = BufReader::with_capacity(256 << 10, file.chain(self.memory.as_slice()));
        while let Some(line) = next_line(&mut reader, &mut buffer, &mut number)? {
            each(line, number)?;
        }
        if let Some(mut file) = self.file.as_ref() {
            file.seek(SeekFrom::End(0))?;
        }
        Ok(())
    }
}

/// A file without a name that no other user can read. `tempfile` leaves the mode to the umask, so it is
/// set before the first byte is written.
fn private_file() -> io::Result<File> {
    let file = tempfile::tempfile()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Opens a spool of lines that stand in a file, as `olvido report` does.
///
/// # Errors
///
/// Those of [`Spool::push_all`] and of opening the file.
pub fn read_lines(path: &Path) -> io::Result<Spool> {
    let mut spool = Spool::new();
    spool.push_all(&mut File::open(path)?)?;
    Ok(spool)
}

fn parsed(line: &str, number: u64) -> io::Result<Line<'_>> {
    Line::read(line)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("line {number}: {error}")))
}

/// The next line that is not blank, without its line end.
fn next_line<'b, R: BufRead>(
    reader: &mut R,
    buffer: &'b mut Vec<u8>,
    number: &mut u64,
) -> io::Result<Option<&'b str>> {
    loop {
        buffer.clear();
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', buffer)?;
        if read == 0 {
            return Ok(None);
        }
        *number += 1;
        if read as u64 == LONGEST {
            return Err(refused(*number, "is longer than any line of olvido"));
        }
        if !buffer.trim_ascii().is_empty() {
            break;
        }
    }
    match simdutf8::basic::from_utf8(buffer) {
        Ok(text) => Ok(Some(text.trim_ascii())),
        Err(_) => Err(refused(*number, "is not UTF-8")),
    }
}

fn refused(number: u64, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {number} {why}"))
}

/// Which kinds of lines a report reads; the pipeline need not make the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Detection lines.
    pub detections: bool,
    /// Finding lines.
    pub findings: bool,
    /// Gap lines.
    pub gaps: bool,
}

impl Needs {
    /// Every line.
    pub const ALL: Needs = Needs { detections: true, findings: true, gaps: true };
    /// The run and the summary alone, which every report has.
    pub const ENDS: Needs = Needs { detections: false, findings: false, gaps: false };

    /// Whether lines of this kind are among them.
    pub fn include(self, kind: LineKind) -> bool {
        match kind {
            LineKind::Run | LineKind::Summary => true,
            LineKind::Detection => self.detections,
            LineKind::Finding => self.findings,
            LineKind::Gap => self.gaps,
        }
    }

    /// What two reports of one run need together.
    pub fn and(self, other: Needs) -> Needs {
        Needs {
            detections: self.detections || other.detections,
            findings: self.findings || other.findings,
            gaps: self.gaps || other.gaps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{DetectionLine, RunLine};

    fn filled(threshold: usize) -> Spool {
        let mut spool = Spool::with_threshold(threshold);
        spool.push(&Line::Run(Box::new(RunLine { tool: "olvido".into(), ..RunLine::default() }))).unwrap();
        for start in 0..1000 {
            let line = DetectionLine { start, utf16: [1, 2], ..DetectionLine::default() };
            spool.push(&Line::Detection(Box::new(line))).unwrap();
        }
        spool
    }

    fn starts(spool: &Spool) -> Vec<u64> {
        let mut seen = Vec::new();
        spool
            .each(Needs::ALL, &mut |line| {
                if let Line::Detection(line) = line {
                    seen.push(line.start);
                }
                Ok(())
            })
            .unwrap();
        seen
    }

    #[test]
    fn lines_come_back_in_order_from_memory_and_disk_and_twice() {
        for threshold in [0, 1000, usize::MAX] {
            let spool = filled(threshold);
            assert_eq!(spool.len(), 1001);
            assert_eq!(starts(&spool), (0..1000).collect::<Vec<_>>(), "{threshold}");
            assert_eq!(starts(&spool), (0..1000).collect::<Vec<_>>(), "{threshold} again");
        }
    }

    #[test]
    fn reading_and_then_writing_goes_on_at_the_end() {
        let mut spool = filled(100);
        starts(&spool);
        let more = DetectionLine { start: 1000, utf16: [1, 2], ..DetectionLine::default() };
        spool.push(&Line::Detection(Box::new(more))).unwrap();
        assert_eq!(starts(&spool).len(), 1001);
        assert_eq!(starts(&spool).last(), Some(&1000));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private_and_has_no_name() {
        use std::os::unix::fs::MetadataExt;
        let spool = filled(0);
        let metadata = spool.file.as_ref().unwrap().metadata().unwrap();
        assert_eq!(metadata.mode() & 0o777, 0o600);
        assert_eq!(metadata.nlink(), 0);
    }

    #[test]
    fn a_foreign_stream_is_told_by_line_number_only() {
        let mut spool = Spool::new();
        let error = spool.push_all(&mut "{\"type\":\"run\"}\n".as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with("line 1"), "{error}");
        let error = spool.push_all(&mut b"\xff\n".as_slice()).unwrap_err();
        assert_eq!(error.to_string(), "line 1 is not UTF-8");
    }
}
