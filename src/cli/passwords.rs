//! The file of `--passwords`: one a line, told of by its name and lines and never by what it says.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use crate::problem::Problem;
use crate::records::Passwords;

/// Bytes of a file that is as long as it may be, with line ends of Windows.
const MOST: usize = Passwords::MOST * (Passwords::LONGEST + 2);

/// The passwords of a file; none where none is named.
pub(super) fn passwords(path: Option<&Path>) -> Result<Passwords, Problem> {
    let Some(path) = path else { return Ok(Passwords::default()) };
    let name = path.display();
    // Grown as it fills, it would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST + 1));
    let read = File::open(path).and_then(|file| file.take(MOST as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| {
        let what = format!("{name} could not be read: {}", error.kind());
        Problem::new("passwords-unreadable", what, "name a file with one password a line, in UTF-8")
    })?;
    parse(&bytes).map_err(|(line, what)| {
        let advice = format!(
            "write one password a line, in UTF-8, at most {} of at most {} bytes",
            Passwords::MOST,
            Passwords::LONGEST
        );
        Problem::new("passwords-refused", format!("{name}, line {line}: {what}"), advice)
    })
}

/// The lines of a file, or the first that will not do. A byte order mark is none of a password.
fn parse(bytes: &[u8]) -> Result<Passwords, (usize, &'static str)> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut words = Vec::new();
    for (line, bytes) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if bytes.len() > Passwords::LONGEST {
            return Err((line, "the password is too long"));
        }
        let word = std::str::from_utf8(bytes).map_err(|_| (line, "this is no UTF-8"))?;
        if word.trim().is_empty() {
            continue;
        }
        if words.len() == Passwords::MOST {
            return Err((line, "there are too many passwords"));
        }
        words.push(Zeroizing::new(word.to_owned()));
    }
    Ok(Passwords::new(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_password_without_its_end() {
        let all = parse(b"\xEF\xBB\xBFone\r\n\n  two \n \nthree").unwrap();
        assert_eq!(all.iter().collect::<Vec<_>>(), ["one", "  two ", "three"]);
    }

    #[test]
    fn what_will_not_do_is_told_by_its_line() {
        let line = |bytes: &[u8]| parse(bytes).unwrap_err().0;
        assert_eq!(line(b"one\n\xFF\n"), 2);
        assert_eq!(line(&[b"one\ntwo\n".as_slice(), &[b'x'; 1025]].concat()), 3);
        assert_eq!(line("x\n".repeat(1001).as_bytes()), 1001);
        assert!(parse("x\n".repeat(1000).as_bytes()).is_ok());
    }
}
