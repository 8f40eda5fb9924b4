//! Macros of documents ([MS-OVBA]): the source of every module, and what can be read of what it was compiled to.

use std::collections::BTreeSet;

use super::bytes::{run, u8_at, u16_at, u32_at, utf16};
use super::code_page::{self, WESTERN};
use super::compound::{Compound, ROOT};
use super::extract::Extract;
use super::residue;

/// The list of modules, and the compiled project, which stand side by side in the storage of a project.
const LIST: &str = "dir";
const COMPILED: &str = "_VBA_PROJECT";
/// Storages of documents up to 2003 that hold such a storage.
const HOLDERS: [&str; 2] = ["Macros", "_VBA_PROJECT_CUR"];
/// Bytes of a chunk, unpacked (2.4.1.1.4).
const CHUNK: usize = 4096;
/// Modules of a project: their number has two bytes (2.3.4.2.3).
const MODULES: usize = 0xFFFF;

/// Whether a storage is that of a project of macros.
pub(super) fn is_project(file: &Compound<'_>, storage: usize) -> bool {
    file.child(storage, LIST).is_some() && file.child(storage, COMPILED).is_some()
}

/// Reads the macros that lie beside the text of a document.
pub(super) fn beside(file: &Compound<'_>, out: &mut Extract) {
    for holder in HOLDERS.iter().filter_map(|name| file.child(ROOT, name)) {
        if let Some(text) = file.child_stream(holder, "PROJECT") {
            out.text("macros/PROJECT", &code_page::decode(WESTERN, &text));
        }
        if let Some(project) = file.child(holder, "VBA").filter(|project| is_project(file, *project)) {
            read(file, project, "macros/", out);
        }
    }
}

/// A module as the list says it: its stream, and where its source begins there.
struct Module {
    stream: String,
    offset: usize,
}

/// Reads the modules of a project; `names` stand before those of the parts.
pub(super) fn read(file: &Compound<'_>, project: usize, names: &str, out: &mut Extract) {
    // A few bytes unpack to thousands, and a stream may be named more than once: what all modules take together is
    // bounded as what comes out of the document is.
    let (mut room, mut met) = (out.left(), BTreeSet::new());
    let list = file.child_stream(project, LIST).and_then(|packed| unpacked(&packed, room));
    let (page, modules) = list.and_then(|list| listed(&list)).unwrap_or_else(|| {
        out.damaged("the list of the document's macros is damaged");
        (WESTERN, Vec::new())
    });
    for module in modules.iter().filter(|module| met.insert(module.stream.to_ascii_lowercase())) {
        let stream = file.child_stream(project, &module.stream).unwrap_or_default();
        let Some(source) = stream.get(module.offset..).and_then(|packed| unpacked(packed, room)) else {
            out.damaged("the source of a macro is damaged or not there");
            continue;
        };
        let Some(left) = room.checked_sub(source.len()) else {
            out.full = true;
            break;
        };
        room = left;
        out.text(&format!("{names}{}.bas", module.stream), &code_page::decode(page, &source));
    }
    // Compiled code keeps names and texts, and may be there without its source or differ from it.
    let mut compiled = String::new();
    for child in file.children(project).iter().filter(|child| file.is_stream(**child)) {
        let (name, mut bytes) = (file.name(*child), file.stream(*child));
        if name == LIST {
            continue;
        }
        if let Some(module) = modules.iter().find(|module| module.stream.eq_ignore_ascii_case(name)) {
            bytes.truncate(module.offset);
        }
        compiled.push_str(&residue::readable(&bytes));
    }
    out.text(&format!("{names}compiled.txt"), &compiled);
}

/// The code page of a project and its modules (2.3.4.2). Every record says its length, but for the version's, which
/// says it of its first half.
fn listed(list: &[u8]) -> Option<(u32, Vec<Module>)> {
    const VERSION: u16 = 0x09;
    let (mut at, mut page, mut out) = (0, WESTERN, Vec::new());
    let (mut stream, mut offset) = (None, None);
    while at < list.len() {
        let (id, len) = (u16_at(list, at)?, u32_at(list, at + 2)? as usize);
        let data = run(list, at + 6, if id == VERSION { 6 } else { len })?;
        at += 6 + data.len();
        match id {
            0x03 => page = u16_at(data, 0)?.into(),
            0x1A => stream = Some(code_page::decode(page, data)),
            // The same in UTF-16, where it is there.
            0x32 if !data.is_empty() => stream = Some(utf16(data)),
            0x31 => offset = Some(u32_at(data, 0)? as usize),
            0x2B if out.len() < MODULES => {
                out.push(Module { stream: stream.take()?, offset: offset.take()? });
            }
            0x2B => return None,
            _ => {}
        }
    }
    Some((page, out))
}

/// Undoes the compression of 2.4.1, and stops behind `most` bytes; none where it is damaged.
fn unpacked(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut at = 1;
    if u8_at(packed, 0)? != 1 {
        return None;
    }
    while at < packed.len() && out.len() <= most {
        let head = u16_at(packed, at)?;
        if head >> 12 & 7 != 3 {
            return None;
        }
        let len = usize::from(head & 0x0FFF) + 1;
        // The last chunk may be said longer than it is.
        let chunk = packed.get(at + 2..packed.len().min(at + 2 + len))?;
        if head & 0x8000 == 0 {
            out.extend_from_slice(chunk);
        } else {
            expand(chunk, &mut out)?;
        }
        at += 2 + len;
    }
    Some(out)
}

/// One compressed chunk: eight tokens at a time, bits saying which of them are copies.
fn expand(chunk: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let begin = out.len();
    let mut at = 0;
    while at < chunk.len() {
        let flags = u8_at(chunk, at)?;
        at += 1;
        for bit in 0..8 {
            if at >= chunk.len() || out.len() - begin >= CHUNK {
                break;
            }
            if flags >> bit & 1 == 0 {
                out.push(u8_at(chunk, at)?);
                at += 1;
                continue;
            }
            let token = usize::from(u16_at(chunk, at)?);
            at += 2;
            // How many bits say how far back grows with what is there (2.4.1.3.19.1).
            let bits = (out.len() - begin).checked_sub(1)?.checked_ilog2().map_or(0, |log| log + 1).max(4);
            let (len, back) = ((token & 0xFFFF >> bits) + 3, (token >> (16 - bits)) + 1);
            let from = out.len().checked_sub(back).filter(|from| *from >= begin)?;
            for place in from..from + len.min(CHUNK) {
                out.push(out.get(place).copied()?);
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of 3.2.1 to 3.2.3.
    #[test]
    fn the_examples_of_the_standard() {
        let none = b"\x01\x19\xB0\0abcdefgh\0ijklmnop\0qrstuv.";
        assert_eq!(unpacked(none, 1 << 20).unwrap(), b"abcdefghijklmnopqrstuv.");
        let normal = b"\x01\x2F\xB0\0#aaabcde\x82f\0paghij\x01\x38\x08akl\0\x30mnop\x06q\x02\x70\x04\x10rstuv\x10wxyz\0\x3C";
        assert_eq!(
            unpacked(normal, 1 << 20).unwrap(),
            b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"
        );
        assert_eq!(unpacked(b"\x01\x03\xB0\x02a\x45\0", 1 << 20).unwrap(), [b'a'; 73]);
    }

    #[test]
    fn modules_of_a_project_are_read() {
        let bytes =
            std::fs::read(format!("{}/fixtures/office/vbaProject.bin", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let file = Compound::open(&bytes).unwrap();
        let project = file.child(ROOT, "VBA").unwrap();
        assert!(is_project(&file, project) && !is_project(&file, ROOT));
        let mut out = Extract::within(1 << 20);
        read(&file, project, "", &mut out);
        let source = out.part("Module1.bas");
        assert_eq!(source.matches("address = \"macro@example.org\"").count(), 2, "{source}");
        assert!(out.damage.is_empty());
    }

    #[test]
    fn damage_ends() {
        for damaged in [
            &b""[..],
            b"\x02",
            b"\x01\x19",
            b"\x01\x19\x40\0",
            b"\x01\x03\xB0\x01\x45\0\0",
            b"\x01\x03\xB0\x02a\xFF\xFF",
        ] {
            assert_eq!(unpacked(damaged, 1 << 20).filter(|out| !out.is_empty()), None, "{damaged:?}");
        }
        assert!(listed(b"\x03\0\xFF\0\0\0").is_none());
    }

    #[test]
    fn what_unpacks_without_end_stops_where_it_is_asked_to() {
        // Six bytes are a chunk of four thousand.
        let chunk = b"\x03\xB0\x02a\xFF\x0F";
        let bomb = [b"\x01".as_slice(), &chunk.repeat(10_000)].concat();
        let out = unpacked(&bomb, 100_000).unwrap();
        assert!(out.len() > 100_000 && out.len() <= 100_000 + CHUNK, "{}", out.len());
        let module = b"\x1A\0\x01\0\0\0a\x31\0\x04\0\0\0\0\0\0\0\x2B\0\0\0\0\0";
        assert_eq!(listed(&module.repeat(MODULES)).unwrap().1.len(), MODULES);
        assert!(listed(&module.repeat(MODULES + 1)).is_none());
    }

    #[test]
    fn macros_share_the_room_of_their_document() {
        let bytes =
            std::fs::read(format!("{}/fixtures/office/vbaProject.bin", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let file = Compound::open(&bytes).unwrap();
        let mut out = Extract::within(16);
        read(&file, file.child(ROOT, "VBA").unwrap(), "", &mut out);
        assert!(out.full, "what has no room is told");
    }
}
