//! Files packed into documents as OLE objects ([MS-OLEDS] 2.2; the `Package` class of Windows' packager).

use super::bytes::{at_most, len_at, run, u16_at};
use super::code_page::{self, WESTERN};
use super::compound::MAGIC;
use super::extract::Extract;

/// A file as the packager wrapped it: a label, where it came from, its bytes.
struct Packed<'a> {
    label: String,
    paths: String,
    bytes: &'a [u8],
}

fn text_until_nul(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let rest = bytes.get(at..)?;
    let len = rest.iter().take(4096).position(|byte| *byte == 0)?;
    Some((code_page::decode(WESTERN, rest.get(..len)?), at + len + 1))
}

fn packed(bytes: &[u8]) -> Option<Packed<'_>> {
    if u16_at(bytes, 0)? != 2 {
        return None;
    }
    let (label, at) = text_until_nul(bytes, 2)?;
    let (from, at) = text_until_nul(bytes, at)?;
    let len = len_at(bytes, at + 4)?;
    let through = run(bytes, at + 8, len)?;
    let at = at.checked_add(8)?.checked_add(len)?;
    let size = len_at(bytes, at)?;
    let through = code_page::decode(WESTERN, through);
    let paths = format!("{from}\n{}\n", through.trim_end_matches('\0'));
    Some(Packed { label, paths, bytes: at_most(bytes, at + 4, size) })
}

/// Adds what a native stream of an object (`\1Ole10Native`) holds, behind its length.
pub(super) fn native(bytes: &[u8], name: &str, out: &mut Extract) {
    let content = bytes.get(4..).unwrap_or_default();
    match packed(content) {
        Some(file) => {
            out.text(&format!("{name}-paths.txt"), &file.paths);
            let label = if file.label.is_empty() { name } else { file.label.as_str() };
            out.file(label, file.bytes.to_vec(), "");
        }
        None => out.file(name, content.to_vec(), ""),
    }
}

/// Adds an object as RTF and older documents write it ([MS-OLEDS] 2.2.4, 2.2.5).
pub(super) fn object(bytes: &[u8], name: &str, out: &mut Extract) {
    if bytes.starts_with(MAGIC) {
        return out.file(&format!("{name}.ole"), bytes.to_vec(), "");
    }
    let Some((kind, class, at)) = head(bytes) else {
        return out.damaged("an embedded object is damaged");
    };
    if kind != 2 {
        return out.not_read("an embedded object lies elsewhere: the document only says where");
    }
    let size = len_at(bytes, at).unwrap_or(0);
    let content = at_most(bytes, at + 4, size);
    if content.len() < size {
        out.damaged("an embedded object ends early");
    }
    match packed(content).filter(|_| class.eq_ignore_ascii_case(b"package")) {
        Some(file) => {
            out.text(&format!("{name}-paths.txt"), &file.paths);
            out.file(if file.label.is_empty() { name } else { &file.label }, file.bytes.to_vec(), "");
        }
        None if content.starts_with(MAGIC) => out.file(&format!("{name}.ole"), content.to_vec(), ""),
        None => out.file(name, content.to_vec(), ""),
    }
}

/// Kind, class and the place of what follows the names of an object.
fn head(bytes: &[u8]) -> Option<(usize, &[u8], usize)> {
    let kind = len_at(bytes, 4)?;
    let class_len = len_at(bytes, 8)?;
    let class = run(bytes, 12, class_len)?;
    let mut at = 12 + class_len;
    for _ in 0..2 {
        let len = len_at(bytes, at)?;
        run(bytes, at + 4, len)?;
        at = at.checked_add(4)?.checked_add(len)?;
    }
    let class = class.strip_suffix(b"\0").unwrap_or(class);
    Some((kind, class, at))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file as the packager wraps it.
    pub(in super::super) fn wrapped(label: &str, path: &str, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![2, 0];
        out.extend(label.as_bytes());
        out.push(0);
        out.extend(path.as_bytes());
        out.extend([0, 0, 0, 3, 0]);
        out.extend((path.len() as u32 + 1).to_le_bytes());
        out.extend(path.as_bytes());
        out.push(0);
        out.extend((bytes.len() as u32).to_le_bytes());
        out.extend(bytes);
        out
    }

    /// An object of the packager's class as RTF writes it.
    pub(in super::super) fn embedded(label: &str, path: &str, bytes: &[u8]) -> Vec<u8> {
        let native = wrapped(label, path, bytes);
        let mut out = [1, 5, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0].to_vec();
        out.extend(b"Package\0\0\0\0\0\0\0\0\0");
        out.extend((native.len() as u32).to_le_bytes());
        out.extend(native);
        out
    }

    #[test]
    fn packed_files_have_their_names_and_paths() {
        let mut out = Extract::within(1 << 20);
        object(&embedded("a.txt", "C:\\Users\\ana\\a.txt", b"hello"), "object[1]", &mut out);
        assert_eq!((out.part("a.txt"), out.part("object[1]-paths.txt").lines().count()), ("hello", 2));
        let whole = embedded("a.txt", "C:\\a.txt", b"hello");
        for len in 0..whole.len() {
            object(&whole[..len], "object[1]", &mut Extract::within(1 << 20));
        }
        let mut out = Extract::within(1 << 20);
        let stream = [&[0; 4][..], &wrapped("b.txt", "C:\\b.txt", b"ho")].concat();
        native(&stream, "object[1]", &mut out);
        assert_eq!(out.part("b.txt"), "ho");
    }
}
