//! Mailbox files: messages behind lines that begin with `From `, RFC 4155.

use std::ops::Range;
use std::sync::Arc;

use super::back::MailBack;
use super::header::line_at;
use super::{Told, messages, read_message};
use crate::formats::rewrite::Rewrite;
use crate::formats::text::read_window;
use crate::formats::{Carry, Cut, Cutter, Format, Piece, Reading, Vote, Yield};
use crate::records::{Encoding, Limits};

/// Reader of mailbox files (mboxo, mboxrd, mboxcl).
pub struct MboxFormat;

impl Format for MboxFormat {
    fn name(&self) -> &'static str {
        "mbox"
    }

    fn passes_by_record(&self) -> bool {
        true
    }

    fn probe(&self, head: &[u8], name: &str) -> Vote {
        if is_separator(head, 0) {
            let next = line_at(head, 0, head.len()).next;
            let headers = super::header::headers(head, next..head.len());
            return if headers.fields.is_empty() { Vote::Weak } else { Vote::Strong };
        }
        if name.to_ascii_lowercase().ends_with(".mbox") { Vote::Weak } else { Vote::No }
    }

    fn cutter(&self) -> Option<Box<dyn Cutter>> {
        Some(Box::new(MboxCutter::default()))
    }

    fn is_surveyed(&self, _name: &str) -> bool {
        true
    }

    fn rewrite(&self) -> Option<&dyn Rewrite> {
        Some(&MailBack { in_mbox: true })
    }

    fn read(&self, piece: &Piece<'_>, reading: &Reading<'_>, out: &mut dyn Yield) {
        if piece.window.is_some() {
            read_window(piece, Encoding::Verbatim, self.name(), out);
            return;
        }
        for message in messages(piece, true) {
            read_message(&message, reading, out, &mut Told::default());
        }
    }
}

/// Whether a message begins at `at`, which begins a line: `From `, a sender, and a date with a clock
/// and a year. Prose that begins with "From " has no date there.
fn is_separator(bytes: &[u8], at: usize) -> bool {
    if !bytes.get(at..).is_some_and(|rest| rest.starts_with(b"From ")) {
        return false;
    }
    let line = line_at(bytes, at, bytes.len().min(at + 1000)).text;
    let line = bytes.get(line).unwrap_or(&[]);
    let clock = line.windows(5).any(|w| matches!(w, [a, b, b':', c, d] if (a.is_ascii_digit() || *a == b' ') && [b, c, d].iter().all(|x| x.is_ascii_digit())));
    let year = line
        .split(|byte| !byte.is_ascii_digit())
        .any(|run| run.len() == 4 && matches!(run.first(), Some(b'1' | b'2')));
    clock && year
}

/// Where the message behind the one at `start` begins; none where no separator comes.
pub(super) fn next_message(bytes: &[u8], start: usize) -> Option<usize> {
    let mut from = counted_end(bytes, start).unwrap_or(start + 1);
    loop {
        let found = memchr::memmem::find(bytes.get(from.saturating_sub(1)..)?, b"\nFrom ")?;
        let at = from.saturating_sub(1) + found + 1;
        if is_separator(bytes, at) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Where the body ends by its `Content-Length`, as mboxcl writes it; only where a separator or the end
/// of the bytes follows, since the number is often wrong.
fn counted_end(bytes: &[u8], start: usize) -> Option<usize> {
    let end = declared_end(bytes, start)?;
    let rest = bytes.get(end..)?;
    let blank = rest.iter().take(4).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let at_line_start = blank > 0 || bytes.get(end.checked_sub(1)?) == Some(&b'\n');
    (at_line_start && is_separator(bytes, end + blank)).then_some(end)
}

/// Longest body whose number is believed, [`Limits::RECORD_BYTES`].
fn declared_end(bytes: &[u8], start: usize) -> Option<usize> {
    let headers = super::header::headers(bytes, start..bytes.len());
    let length =
        String::from_utf8_lossy(&headers.first(bytes, "Content-Length")?).trim().parse::<usize>().ok()?;
    (length as u64 <= Limits::RECORD_BYTES).then_some(())?;
    headers.body.checked_add(length)
}

/// Cuts a mailbox before its separators.
#[derive(Default)]
struct MboxCutter {
    /// Where the last message begins that was met in the bytes not yet cut, and how many before it.
    met: usize,
    records: u64,
}

impl Cutter for MboxCutter {
    fn cut(&mut self, bytes: &[u8], wanted: usize, end: bool) -> Cut {
        if bytes.is_empty() {
            return Cut::More;
        }
        while let Some(next) = next_whole(bytes, self.met, end) {
            self.met = next;
            self.records += 1;
            if next >= wanted {
                return self.here(next);
            }
        }
        if end {
            self.records += 1;
            return self.here(bytes.len());
        }
        Cut::More
    }
}

impl MboxCutter {
    fn here(&mut self, len: usize) -> Cut {
        let records = self.records;
        *self = Self::default();
        Cut::Here { len, records, carry: Arc::new(Carry::default()) }
    }
}

/// As [`next_message`], but nothing is said of bytes that have not all come: a separator's line must be
/// whole, and a counted body, too.
fn next_whole(bytes: &[u8], start: usize, end: bool) -> Option<usize> {
    let next = next_message(bytes, start)?;
    if !end && declared_end(bytes, start).is_some_and(|counted| counted + 1024 > bytes.len()) {
        return None;
    }
    let line: Range<usize> = line_at(bytes, next, bytes.len()).text;
    (end || line.end + 2 < bytes.len()).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: &str = "From a@example.com Tue Mar  5 10:22:33 2024\nSubject: uno\n\nFrom here on\n>From x\n\n\
                       From b@example.com Tue Mar  5 10:22:34 2024\nSubject: dos\nContent-Length: 53\n\n\
                       From c@example.com Tue Mar  5 10:22:35 2024\nquoted\n\n\n\
                       From d@example.com Tue Mar  5 10:22:36 2024\nSubject: tres\n\nfin\n";

    fn starts(text: &str) -> Vec<usize> {
        let mut starts = vec![0];
        while let Some(next) = next_message(text.as_bytes(), *starts.last().unwrap()) {
            starts.push(next);
        }
        starts
    }

    #[test]
    fn messages_begin_at_their_separators() {
        let starts = starts(BOX);
        assert_eq!(starts.len(), 3);
        assert!(BOX[starts[1]..].starts_with("From b@"));
        assert!(BOX[starts[2]..].starts_with("From d@"));
    }

    #[test]
    fn cuts_do_not_depend_on_how_the_bytes_come() {
        let text = BOX.repeat(5);
        let bytes = text.as_bytes();
        let wanted = starts(&text);
        let whole = wanted.len() as u64;
        for step in [1, 7, 100, 5000] {
            let mut cutter = MboxCutter::default();
            let (mut at, mut seen, mut records) = (0, 0, 0);
            let mut cuts = Vec::new();
            while at < bytes.len() {
                seen = (seen + step).min(bytes.len());
                match cutter.cut(&bytes[at..seen], 200, seen == bytes.len()) {
                    Cut::More => {}
                    Cut::Here { len, records: here, .. } => {
                        at += len;
                        records += here;
                        cuts.push(at);
                    }
                }
            }
            assert_eq!(records, whole, "step {step}");
            assert!(cuts.iter().all(|cut| *cut == bytes.len() || wanted.contains(cut)), "step {step}");
            assert!(cuts.len() > 3);
        }
    }
}
