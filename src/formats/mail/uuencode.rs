//! Files in `uuencode` form inside texts, POSIX.1-2017 `uuencode`.

use std::ops::Range;

use super::header::line_at;

/// A file found in a text.
pub(super) struct File {
    /// From `begin` to behind `end`.
    pub(super) range: Range<usize>,
    /// Its name.
    pub(super) name: String,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// Whether its last line is there and every line has the length it says.
    pub(super) whole: bool,
}

/// All files of a text. A `begin` line counts only with a mode in octal and a name.
pub(super) fn files(text: &[u8]) -> Vec<File> {
    let mut files = Vec::new();
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| memchr::memmem::find(rest, b"begin ")) {
        let at = from + found;
        from = at + 6;
        if at > 0 && text.get(at - 1) != Some(&b'\n') {
            continue;
        }
        let line = line_at(text, at, text.len());
        let Some(name) = name(text.get(line.text).unwrap_or(&[])) else { continue };
        if let Some(file) = file(text, at, line.next, name) {
            from = file.range.end;
            files.push(file);
        }
    }
    files
}

fn name(line: &[u8]) -> Option<String> {
    let rest = String::from_utf8_lossy(line.get(6..)?).into_owned();
    let (mode, name) = rest.trim().split_once(' ')?;
    let octal = matches!(mode.len(), 3 | 4) && mode.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    (octal && !name.trim().is_empty()).then(|| name.trim().to_owned())
}

fn file(text: &[u8], start: usize, body: usize, name: String) -> Option<File> {
    let mut bytes = Vec::new();
    let mut whole = false;
    let mut sound = true;
    let mut at = body;
    let mut lines = 0;
    while at < text.len() {
        let line = line_at(text, at, text.len());
        let content = text.get(line.text).unwrap_or(&[]);
        at = line.next;
        if content == b"end" {
            whole = true;
            break;
        }
        if !decode_line(content, &mut bytes) {
            // Text behind a file that was cut off stays text.
            sound = false;
            break;
        }
        lines += 1;
    }
    (lines > 0).then_some(File { range: start..at, name, bytes, whole: whole && sound })
}

/// Appends a line's bytes; false where it is none of the encoding.
fn decode_line(line: &[u8], out: &mut Vec<u8>) -> bool {
    let Some((&count, rest)) = line.split_first() else { return true };
    let Some(count) = sextet(count) else { return false };
    let wanted = usize::from(count);
    if rest.len() > wanted.div_ceil(3) * 4 + 4 {
        return false;
    }
    let mut line = Vec::with_capacity(wanted);
    for chunk in rest.chunks(4) {
        let mut bits = 0u32;
        for place in 0..4 {
            // Blanks at the end of a line, which stand for zero bits, are lost on the way.
            let Some(sextet) = sextet(chunk.get(place).copied().unwrap_or(b' ')) else { return false };
            bits = bits << 6 | u32::from(sextet);
        }
        line.extend(bits.to_be_bytes().get(1..).unwrap_or(&[]));
    }
    line.resize(wanted, 0);
    out.append(&mut line);
    true
}

fn sextet(byte: u8) -> Option<u8> {
    matches!(byte, b' '..=b'`').then(|| byte.wrapping_sub(b' ') & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_a_text() {
        let text = b"Hola\nbegin 644 cat.txt\n#0V%T\n`\nend\nadios\n";
        let files = files(text);
        assert_eq!(files.len(), 1);
        assert_eq!(
            (files[0].name.as_str(), files[0].bytes.as_slice(), files[0].whole),
            ("cat.txt", &b"Cat"[..], true)
        );
        assert_eq!(&text[files[0].range.end..], b"adios\n");
    }

    #[test]
    fn prose_is_no_file() {
        assert!(
            files(b"we begin 644 times\nbegin here\nbegin 644 x\nlower case letters are no code\n")
                .is_empty()
        );
    }

    #[test]
    fn a_file_cut_off_says_so() {
        let files = files(b"begin 644 cat.txt\n#0V%T\n");
        assert_eq!((files[0].bytes.as_slice(), files[0].whole), (&b"Cat"[..], false));
    }
}
