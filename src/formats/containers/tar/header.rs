//! What stands before a member's content, written with another size or name: pax records or GNU's long name
//! where there are any, and the header (POSIX.1-2024, pax, "ustar Interchange Format").

use std::ops::Range;

use super::{BLOCK, octal};

/// Bytes of a name in a header.
const NAME: usize = 100;
const NAME_FIELD: Range<usize> = 0..NAME;
const SIZE_FIELD: Range<usize> = 124..136;
const SUM_FIELD: Range<usize> = 148..156;
const KIND: usize = 156;
const PREFIX_FIELD: Range<usize> = 345..500;
/// What a header of pax records is called: the usual name repeats the member's.
const RECORDS: &str = "PaxHeaders/member";

/// What is to be said of a member.
pub(super) struct Said<'s> {
    pub(super) size: u64,
    pub(super) name: Option<&'s str>,
}

/// All that stands before a content, with what is said now; none where it is of a kind that is not written.
pub(super) fn rewritten(before: &[u8], said: &Said<'_>) -> Option<Vec<u8>> {
    let own = before.len().checked_sub(BLOCK as usize)?;
    let header = before.get(own..)?;
    let (mut out, mut named) = (Vec::with_capacity(before.len()), false);
    let mut at = 0;
    while at < own {
        let head = before.get(at..at + BLOCK as usize)?;
        let len = usize::try_from(octal(head.get(SIZE_FIELD)?)?).ok()?;
        let data = before.get(at + BLOCK as usize..(at + BLOCK as usize).checked_add(len)?)?;
        at = (at + BLOCK as usize + len).next_multiple_of(BLOCK as usize);
        match head.get(KIND)? {
            b'x' => {
                let (records, has_name) = records(data, said)?;
                named |= has_name;
                extension(head, said.name.map(|_| RECORDS), &records, &mut out);
            }
            b'L' => {
                named = true;
                let name = said.name.map(|name| format!("{name}\0").into_bytes());
                extension(head, None, &name.unwrap_or_else(|| data.to_vec()), &mut out);
            }
            b'K' => extension(head, None, data, &mut out),
            _ => return None,
        }
    }
    if let Some(name) = said.name.filter(|name| !named && (name.len() > NAME || !name.is_ascii())) {
        let mut head = header.to_vec();
        *head.get_mut(KIND)? = b'x';
        extension(&head, Some(RECORDS), &record(b"path", name.as_bytes()), &mut out);
    }
    out.extend(with(header, said.size, said.name));
    Some(out)
}

/// Pax records with what is said now, and whether a name is among them; none where they are of holes.
fn records(mut data: &[u8], said: &Said<'_>) -> Option<(Vec<u8>, bool)> {
    let (mut out, mut named) = (Vec::with_capacity(data.len()), false);
    while !data.is_empty() {
        let space = data.iter().position(|byte| *byte == b' ')?;
        let len: usize = std::str::from_utf8(data.get(..space)?).ok()?.parse().ok()?;
        let whole = data.get(..len)?;
        let text = whole.get(space + 1..len.checked_sub(1)?)?;
        let equals = text.iter().position(|byte| *byte == b'=')?;
        let (key, value) = (text.get(..equals)?, text.get(equals + 1..)?);
        match (key, said.name) {
            (b"path", Some(name)) => out.extend(record(key, name.as_bytes())),
            (b"size", _) => out.extend(record(key, said.size.to_string().as_bytes())),
            _ if key.starts_with(b"GNU.sparse.") => return None,
            _ => out.extend(record(key, value)),
        }
        named |= key == b"path";
        data = data.get(len..)?;
    }
    Some((out, named))
}

/// One record: its length counts its own digits.
fn record(key: &[u8], value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut len = rest + 1;
    while len != rest + len.to_string().len() {
        len = rest + len.to_string().len();
    }
    [len.to_string().as_bytes(), b" ", key, b"=", value, b"\n"].concat()
}

fn extension(head: &[u8], name: Option<&str>, data: &[u8], out: &mut Vec<u8>) {
    out.extend(with(head, data.len() as u64, name));
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(BLOCK as usize), 0);
}

/// A header that says another size, and another name as far as it fits.
fn with(header: &[u8], size: u64, name: Option<&str>) -> Vec<u8> {
    let mut out = header.to_vec();
    let mut put = |range: Range<usize>, text: &[u8]| {
        if let Some(field) = out.get_mut(range) {
            field.fill(0);
            field.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
        }
    };
    put(SIZE_FIELD, format!("{size:011o}\0").as_bytes());
    if let Some(name) = name {
        put(NAME_FIELD, name.as_bytes());
        // The first part of a long name, in ustar.
        if header.get(257..263) == Some(b"ustar\0") {
            put(PREFIX_FIELD, b"");
        }
    }
    put(SUM_FIELD, b"        ");
    let sum: u64 = out.iter().map(|byte| u64::from(*byte)).sum();
    if let Some(field) = out.get_mut(SUM_FIELD) {
        field.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_itself() {
        for (value, wanted) in [("x", "9 path=x\n"), ("xy", "11 path=xy\n"), ("", "8 path=\n")] {
            assert_eq!(record(b"path", value.as_bytes()), wanted.as_bytes());
        }
        for len in 80..120 {
            let record = record(b"path", "x".repeat(len).as_bytes());
            assert!(record.starts_with(format!("{} ", record.len()).as_bytes()));
        }
    }
}
