//! Paths as URI references (RFC 3986): relative, percent-encoded, `/` between segments.

use std::fmt::Write as _;

/// What every relative reference hangs on; no report says where it is on the machine.
pub(super) const BASE: &str = "%SRCROOT%";

/// A file of the archive. Never absolute, never with a scheme, never empty: a leading `/` or drive is
/// cut to segments, so that neither a machine's layout nor another authority can stand in it.
pub(super) fn file(path: &str) -> String {
    let encoded: Vec<String> =
        path.split('/').filter(|segment| !segment.is_empty() && *segment != ".").map(segment).collect();
    if encoded.is_empty() { String::from(".") } else { encoded.join("/") }
}

/// The same as a plain path: relative, nothing encoded.
pub(super) fn relative(path: &str) -> String {
    let segments: Vec<&str> =
        path.split('/').filter(|segment| !segment.is_empty() && *segment != ".").collect();
    if segments.is_empty() { String::from(".") } else { segments.join("/") }
}

/// A folder of the archive, with `/` at its end; the whole archive is `.`.
pub(super) fn folder(path: &str) -> String {
    match file(path) {
        root if root == "." => root,
        folder => format!("{folder}/"),
    }
}

/// One segment: all but the unreserved characters of RFC 3986 §2.3 is encoded.
pub(super) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// The folder a file lies in, as many levels deep as `depth` allows; empty for the archive itself.
pub(super) fn parent(path: &str, depth: usize) -> String {
    let segments: Vec<&str> =
        path.split('/').filter(|segment| !segment.is_empty() && *segment != ".").collect();
    let folders = segments.len().saturating_sub(1);
    segments.into_iter().take(folders.min(depth)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_reserved_is_encoded() {
        assert_eq!(file("a b/ñ#1?%.json"), "a%20b/%C3%B1%231%3F%25.json");
        assert_eq!(file("x!y:z\\w\u{7}[1]"), "x%21y%3Az%5Cw%07%5B1%5D");
    }

    #[test]
    fn nothing_is_absolute_or_empty() {
        assert_eq!(file("/home/x/a.json"), "home/x/a.json");
        assert_eq!(file("//host/share"), "host/share");
        assert_eq!(file("C:/a"), "C%3A/a");
        assert_eq!(file("file:///etc"), "file%3A/etc");
        assert_eq!(file(""), ".");
        assert_eq!(file("./a/./b"), "a/b");
        assert_eq!(folder("a/b"), "a/b/");
        assert_eq!(folder(""), ".");
    }

    #[test]
    fn parents_are_cut_to_a_depth() {
        assert_eq!(parent("a/b/c.json", 9), "a/b");
        assert_eq!(parent("a/b/c.json", 1), "a");
        assert_eq!(parent("a/b/c.json", 0), "");
        assert_eq!(parent("c.json", 3), "");
    }
}
