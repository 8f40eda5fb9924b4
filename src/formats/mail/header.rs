//! Header fields: where they stand, RFC 5322 §2.2.

use std::ops::Range;

/// One header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Its name.
    pub(super) name: Range<usize>,
    /// Its body without the white space around it; folded as it stands.
    pub(super) body: Range<usize>,
}

/// The header fields of an entity and where its body begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Headers {
    /// The line an mbox or an old mailer put before the header, without its line end.
    pub(super) envelope: Option<Range<usize>>,
    /// The fields in order.
    pub(super) fields: Vec<Header>,
    /// Lines that are no fields, though fields come after them.
    pub(super) odd: Vec<Range<usize>>,
    /// First byte of the body.
    pub(super) body: usize,
}

impl Headers {
    /// The unfolded body of the first field of this name.
    pub(super) fn first(&self, bytes: &[u8], name: &str) -> Option<Vec<u8>> {
        let field = self.fields.iter().find(|field| is_named(bytes, field, name))?;
        let body = bytes.get(field.body.clone())?;
        Some(body.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect())
    }
}

fn is_named(bytes: &[u8], field: &Header, name: &str) -> bool {
    bytes.get(field.name.clone()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
}

/// Splits the header from the body within `range`.
///
/// A line that is no header field ends the header, and is the body's first; unless a field that only
/// headers have comes after it and before an empty line: then it is an odd line of the header. Nothing is
/// passed over. White space before the colon is allowed (RFC 5322 §4.5).
pub(super) fn headers(bytes: &[u8], range: Range<usize>) -> Headers {
    let mut headers = Headers { body: range.start, ..Headers::default() };
    let mut at = range.start;
    // Where the line before begins.
    let mut at_before = usize::MAX;
    while at < range.end {
        let line = line_at(bytes, at, range.end);
        let text = bytes.get(line.text.clone()).unwrap_or(&[]);
        if text.is_empty() {
            headers.body = line.next;
            return headers;
        }
        let first = at == range.start;
        if first && (text.starts_with(b"From ") || text.starts_with(b">From ")) {
            headers.envelope = Some(line.text.clone());
        } else if matches!(text.first(), Some(b' ' | b'\t'))
            && headers.odd.last().is_some_and(|odd| odd.end >= at_before)
        {
            // It goes on from a line that is no field.
            headers.odd.push(line.text.clone());
        } else if matches!(text.first(), Some(b' ' | b'\t')) && !headers.fields.is_empty() {
            // A line of white space alone is no part of the field, but does not end the header either.
            if let (Some(field), false) = (headers.fields.last_mut(), text.trim_ascii().is_empty()) {
                if field.body.is_empty() {
                    field.body.start = line.text.start + blanks(text);
                }
                field.body.end = line.text.end - trailing_blanks(text);
            }
        } else if let Some(field) = field(bytes, &line.text) {
            headers.fields.push(field);
        } else if !first && goes_on(bytes, line.next..range.end) {
            headers.odd.push(line.text.clone());
        } else {
            headers.body = at;
            return headers;
        }
        at_before = at;
        at = line.next;
        headers.body = at;
    }
    headers
}

/// Lines ahead that are looked at for a telling field.
const AHEAD: usize = 64;

fn goes_on(bytes: &[u8], rest: Range<usize>) -> bool {
    let mut at = rest.start;
    for _ in 0..AHEAD {
        let line = line_at(bytes, at, rest.end);
        if line.text.is_empty() {
            return false;
        }
        let telling = |field: Header| TELLING.iter().any(|name| is_named(bytes, &field, name));
        if field(bytes, &line.text).is_some_and(telling) {
            return true;
        }
        at = line.next;
    }
    false
}

/// Headers that only messages have.
pub(super) const TELLING: [&str; 16] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "received",
    "return-path",
    "delivered-to",
    "mime-version",
    "reply-to",
    "cc",
    "in-reply-to",
    "references",
    "dkim-signature",
    "x-mailer",
    "content-type",
];

fn field(bytes: &[u8], line: &Range<usize>) -> Option<Header> {
    let text = bytes.get(line.clone())?;
    let colon = memchr::memchr(b':', text)?;
    let name = text.get(..colon)?.trim_ascii_end();
    if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let rest = text.get(colon + 1..)?;
    let start = line.start + colon + 1 + blanks(rest);
    let end = (line.end - trailing_blanks(rest)).max(start);
    Some(Header { name: line.start..line.start + name.len(), body: start..end })
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
}

fn trailing_blanks(text: &[u8]) -> usize {
    text.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
}

/// A line and where the next begins.
pub(super) struct Line {
    /// The line without its end.
    pub(super) text: Range<usize>,
    /// First byte of the next line.
    pub(super) next: usize,
}

/// The line that begins at `at`; it ends at LF or CR LF.
pub(super) fn line_at(bytes: &[u8], at: usize, end: usize) -> Line {
    let rest = bytes.get(at..end).unwrap_or(&[]);
    let (len, next) = match memchr::memchr(b'\n', rest) {
        Some(found) => (found, at + found + 1),
        None => (rest.len(), at + rest.len()),
    };
    let ends_in_cr = len > 0 && rest.get(len - 1) == Some(&b'\r') && next > at + len;
    Line { text: at..at + len - usize::from(ends_in_cr), next }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> (Vec<(&str, &str)>, &str) {
        let headers = headers(text.as_bytes(), 0..text.len());
        let fields = headers.fields.iter().map(|f| (&text[f.name.clone()], &text[f.body.clone()])).collect();
        (fields, &text[headers.body..])
    }

    #[test]
    fn fields_are_found_folded_or_not() {
        let (fields, body) = split("Subject: a\r\n b \r\nX-Empty:\r\nTo :x\n\t y\n\nHola\n");
        assert_eq!(fields, [("Subject", "a\r\n b"), ("X-Empty", ""), ("To", "x\n\t y")]);
        assert_eq!(body, "Hola\n");
    }

    #[test]
    fn a_body_that_begins_on_the_next_line() {
        assert_eq!(
            split("References:\r\n <a@example.com>\r\n <b@example.com>\r\n\r\n").0,
            [("References", "<a@example.com>\r\n <b@example.com>")]
        );
    }

    #[test]
    fn a_line_that_is_no_field_begins_the_body() {
        assert_eq!(split("From: a\nHola Juan\n\nTo: b\n"), (vec![("From", "a")], "Hola Juan\n\nTo: b\n"));
        assert_eq!(split("just text"), (vec![], "just text"));
        assert_eq!(split("Subject: only"), (vec![("Subject", "only")], ""));
    }

    #[test]
    fn an_odd_line_among_fields_stays_a_line_of_the_header() {
        let text = "From: a\nquite odd\n tail\nTo: b\n\nc";
        let headers = headers(text.as_bytes(), 0..text.len());
        assert_eq!(
            headers.odd.iter().map(|line| &text[line.clone()]).collect::<Vec<_>>(),
            ["quite odd", " tail"]
        );
        assert_eq!((headers.fields.len(), &text[headers.body..]), (2, "c"));
        assert_eq!(&text[headers.fields[0].body.clone()], "a");
    }

    #[test]
    fn the_line_of_an_mbox_is_no_field() {
        let text = "From juan@example.com Tue Mar  5 10:22:33 2024\nTo: a\n\nb";
        let headers = headers(text.as_bytes(), 0..text.len());
        assert_eq!(&text[headers.envelope.unwrap()], "From juan@example.com Tue Mar  5 10:22:33 2024");
        assert_eq!(headers.fields.len(), 1);
    }
}
