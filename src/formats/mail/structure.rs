//! The parts of a message by their byte ranges, RFC 2046.

use std::ops::Range;

use super::header::{Headers, headers, line_at};
use crate::formats::encoding::extended_parameter::parameters;

/// Parts inside parts that are taken apart; each level looks at its bytes once more.
const DEPTH: usize = 64;
/// Parts of one message.
const PARTS: usize = 10_000;

/// One part: the message itself, or a body part of a multipart.
pub(super) struct Part {
    /// `1.2`: the second part of the first part; empty for a message that is a multipart.
    pub(super) path: String,
    /// Its header.
    pub(super) headers: Headers,
    /// Its declared or implied type.
    pub(super) content: ContentType,
    /// What it holds.
    pub(super) body: Body,
}

/// What a part holds.
pub(super) enum Body {
    /// Bytes under a transfer encoding.
    Leaf(Range<usize>),
    /// Other parts; text before and behind them, which mail programs do not show.
    Multipart {
        /// Before the first boundary.
        preamble: Range<usize>,
        /// Behind the last one.
        epilogue: Range<usize>,
    },
}

/// What was wrong with the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A multipart names no boundary, or its boundary never comes: its body is read as text.
    NoBoundary,
    /// The last boundary of a multipart is missing: the message was cut off.
    Unclosed,
    /// Parts lie too deep, or there are too many.
    TooDeep,
}

/// The type of a part, RFC 2045 §5.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ContentType {
    /// `text/html`, lower case.
    pub(super) media_type: String,
    /// `charset`, as it is written.
    pub(super) charset: Option<String>,
    /// `boundary`
    pub(super) boundary: Option<Vec<u8>>,
    /// `smime-type`, lower case.
    pub(super) smime_type: Option<String>,
}

impl ContentType {
    /// Reads an unfolded body of `Content-Type`.
    pub(super) fn parse(body: &[u8]) -> ContentType {
        let text = String::from_utf8_lossy(body);
        let media_type = text.split([';', '(']).next().unwrap_or("").trim().to_ascii_lowercase();
        let mut content = ContentType { media_type, ..ContentType::default() };
        for parameter in parameters(body) {
            let text = || String::from_utf8_lossy(&parameter.value).trim().to_owned();
            match parameter.name.as_str() {
                "charset" => content.charset = Some(text()).filter(|label| !label.is_empty()),
                "boundary" => content.boundary = Some(parameter.value).filter(|value| !value.is_empty()),
                "smime-type" => content.smime_type = Some(text().to_ascii_lowercase()),
                _ => {}
            }
        }
        content
    }

    /// Whether the major type is this.
    pub(super) fn is(&self, major: &str) -> bool {
        self.media_type.split('/').next() == Some(major)
    }
}

/// A part still to be looked at.
struct Pending {
    path: String,
    range: Range<usize>,
    depth: usize,
    implied: &'static str,
}

/// Takes a message apart, parts in the order of the bytes.
pub(super) fn parts(bytes: &[u8], range: Range<usize>) -> (Vec<Part>, Vec<Fault>) {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    let mut pending = vec![Pending { path: String::new(), range, depth: 0, implied: "text/plain" }];
    while let Some(next) = pending.pop() {
        let headers = headers(bytes, next.range.clone());
        let mut content =
            headers.first(bytes, "Content-Type").map(|body| ContentType::parse(&body)).unwrap_or_default();
        if content.media_type.is_empty() || !content.media_type.contains('/') {
            content.media_type = next.implied.to_owned();
        }
        let body = headers.body..next.range.end;
        let mut split = None;
        if content.is("multipart") {
            if next.depth >= DEPTH || found.len() + pending.len() >= PARTS {
                faults.push(Fault::TooDeep);
            } else {
                split =
                    content.boundary.as_deref().and_then(|boundary| split_at(bytes, body.clone(), boundary));
                let blank = bytes.get(body.clone()).unwrap_or(&[]).trim_ascii().is_empty();
                if split.is_none() && !blank {
                    faults.push(Fault::NoBoundary);
                }
            }
        }
        let Some(split) = split else {
            let path = if next.path.is_empty() { String::from("1") } else { next.path };
            found.push(Part { path, headers, content, body: Body::Leaf(body) });
            continue;
        };
        if !split.closed {
            faults.push(Fault::Unclosed);
        }
        let implied = if content.media_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        for (at, range) in split.parts.iter().enumerate().rev() {
            let path = if next.path.is_empty() {
                format!("{}", at + 1)
            } else {
                format!("{}.{}", next.path, at + 1)
            };
            pending.push(Pending { path, range: range.clone(), depth: next.depth + 1, implied });
        }
        let body = Body::Multipart { preamble: split.preamble, epilogue: split.epilogue };
        found.push(Part { path: next.path, headers, content, body });
    }
    (found, faults)
}

/// A multipart body taken apart.
struct Split {
    preamble: Range<usize>,
    parts: Vec<Range<usize>>,
    epilogue: Range<usize>,
    closed: bool,
}

/// RFC 2046 §5.1.1: a delimiter is a line of `--` and the boundary, and the line end before it belongs
/// to it.
fn split_at(bytes: &[u8], body: Range<usize>, boundary: &[u8]) -> Option<Split> {
    let boundary = boundary.trim_ascii_end();
    let delimiter = [b"--", boundary].concat();
    let finder = memchr::memmem::Finder::new(&delimiter);
    let mut split = Split {
        preamble: body.start..body.start,
        parts: Vec::new(),
        epilogue: body.end..body.end,
        closed: false,
    };
    let mut open: Option<usize> = None;
    let mut from = body.start;
    while let Some(found) = bytes.get(from..body.end).and_then(|rest| finder.find(rest)) {
        let at = from + found;
        from = at + delimiter.len();
        let at_line_start = at == body.start || bytes.get(at - 1) == Some(&b'\n');
        let line = line_at(bytes, at, body.end);
        let tail = bytes.get(from..line.text.end.max(from)).unwrap_or(&[]).trim_ascii_end();
        if !at_line_start || !matches!(tail, b"" | b"--") {
            continue;
        }
        let end = before_line_end(bytes, at, open.unwrap_or(body.start));
        match open {
            Some(start) => split.parts.push(start.min(end)..end),
            None => split.preamble = body.start..end,
        }
        from = line.next;
        open = Some(line.next);
        if tail == b"--" {
            split.closed = true;
            open = None;
            split.epilogue = line.next..body.end;
            break;
        }
    }
    if let Some(start) = open {
        split.parts.push(start..body.end);
    }
    (!split.parts.is_empty()).then_some(split)
}

/// `at` without the line end before it, not before `least`.
fn before_line_end(bytes: &[u8], at: usize, least: usize) -> usize {
    let mut end = at;
    if end > least && bytes.get(end - 1) == Some(&b'\n') {
        end -= 1;
        if end > least && bytes.get(end - 1) == Some(&b'\r') {
            end -= 1;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> (Vec<(String, String, String)>, Vec<Fault>) {
        let (parts, faults) = parts(text.as_bytes(), 0..text.len());
        let leaves = parts.into_iter().filter_map(|part| match part.body {
            Body::Leaf(body) => Some((part.path, part.content.media_type, text[body].to_owned())),
            Body::Multipart { .. } => None,
        });
        (leaves.collect(), faults)
    }

    fn leaf(path: &str, media_type: &str, body: &str) -> (String, String, String) {
        (path.into(), media_type.into(), body.into())
    }

    #[test]
    fn parts_are_numbered_and_nested() {
        let text = "Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npre\r\n--a b\r\n\
                    Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\nuno\r\n--a  \r\n\
                    Content-Type: text/html\r\n\r\ndos\r\n--a--\r\n--a b\r\n\r\ntres\r\n\r\n--a b--\r\npost";
        let (found, faults) = leaves(text);
        assert_eq!(
            found,
            [
                leaf("1.1", "text/plain", "uno"),
                leaf("1.2", "text/html", "dos"),
                leaf("2", "text/plain", "tres\r\n")
            ]
        );
        assert!(faults.is_empty());
    }

    #[test]
    fn boundaries_that_begin_alike_are_kept_apart() {
        let text = "Content-Type: multipart/mixed; boundary=x\n\n--x\n\n--xy\nuno\n--x\n\ndos\n--x--";
        assert_eq!(leaves(text).0, [leaf("1", "text/plain", "--xy\nuno"), leaf("2", "text/plain", "dos")]);
    }

    #[test]
    fn broken_multiparts_lose_nothing() {
        let text = "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nuno\n";
        assert_eq!(leaves(text), (vec![leaf("1", "text/plain", "uno\n")], vec![Fault::Unclosed]));
        let text = "Content-Type: multipart/mixed\n\n--x\n\nuno\n";
        assert_eq!(
            leaves(text),
            (vec![leaf("1", "multipart/mixed", "--x\n\nuno\n")], vec![Fault::NoBoundary])
        );
    }

    #[test]
    fn deep_nesting_ends_in_a_fault_and_text() {
        let mut text = String::new();
        for at in 0..200 {
            text.push_str(&format!("Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n"));
        }
        text.push_str("\nfondo");
        let (found, faults) = leaves(&text);
        assert!(found[0].2.ends_with("fondo"));
        assert!(faults.contains(&Fault::TooDeep));
    }

    #[test]
    fn parts_of_a_digest_are_messages() {
        let text = "Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: uno\n\ndos\n--x--\n";
        assert_eq!(leaves(text).0, [leaf("1", "message/rfc822", "Subject: uno\n\ndos")]);
    }
}
