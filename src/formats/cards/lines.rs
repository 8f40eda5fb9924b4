//! Content lines: a line and those that continue it (RFC 6350, 3.2; RFC 5545, 3.1).

/// A content line with all its continuations.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) start: usize,
    /// Behind its last line end.
    pub(super) end: usize,
}

impl Line {
    /// Its text without the last line end.
    pub(super) fn text<'s>(&self, source: &'s str) -> &'s str {
        source.get(self.start..self.end).unwrap_or_default().trim_end_matches(['\r', '\n'])
    }
}

/// The content lines of a source. White space at the beginning of a line continues the one before; so does
/// whatever follows a soft line end of a quoted-printable value (vCard 2.1, 2.1.3).
pub(super) fn lines(source: &str) -> impl Iterator<Item = Line> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= source.len() {
            return None;
        }
        let (start, mut end) = (at, line_end(source, at));
        let quoted = is_quoted(source.get(start..end).unwrap_or_default());
        loop {
            let last = source.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n']);
            let soft = quoted && last.ends_with('=');
            let folded = source.get(end..).is_some_and(|rest| {
                rest.starts_with([' ', '\t'])
                    && !rest.get(..line_end(rest, 0)).unwrap_or_default().trim().is_empty()
            });
            if end >= source.len() || !(soft || folded) {
                break;
            }
            end = line_end(source, end);
        }
        at = end;
        Some(Line { start, end })
    })
}

/// Behind the line end that follows.
fn line_end(source: &str, from: usize) -> usize {
    let rest = source.as_bytes().get(from..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(source.len(), |at| from + at + 1)
}

/// Whether the parameters of a line say that its value is quoted-printable.
fn is_quoted(line: &str) -> bool {
    let head = line.split(':').next().unwrap_or_default();
    head.split(';').skip(1).any(|parameter| {
        let value = parameter.rsplit('=').next().unwrap_or_default();
        value.trim().eq_ignore_ascii_case("QUOTED-PRINTABLE")
    })
}
