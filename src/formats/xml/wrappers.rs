//! Whether an element is a record, or wraps records as the root does.

use super::tokens::{Kind, Open, token};

/// How far into an element is looked before it is taken for a record.
const LOOKED: usize = 64 << 10;
/// Elements around records, the root included.
const AROUND: usize = 4;

/// What an element holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// More bytes are needed to tell.
    Unknown,
    /// Records: at least two elements of one name, the first of which has elements inside.
    Records,
    /// Values: it is a record.
    Values,
}

/// What the element with which `bytes` begin holds. `around` are the elements around it; `end` says that
/// no more bytes will come, or that the element is whole.
pub(super) fn holds_records(bytes: &[u8], around: &Open, end: bool) -> Holds {
    if around.depth() >= AROUND {
        return Holds::Values;
    }
    let whole = end || bytes.len() >= LOOKED;
    let head = bytes.get(..LOOKED).unwrap_or(bytes);
    let start = token(head, 0);
    let Kind::Open(tag) = &start.kind else { return Holds::Values };
    if tag.empty {
        return Holds::Values;
    }
    // RSS 2.0: the items stand behind the channel's own values.
    if around.depth() == 1
        && around.name(0) == b"rss"
        && head.get(tag.name.clone()) == Some(b"channel".as_slice())
    {
        return Holds::Records;
    }
    match first_two_alike(head, start.end) {
        Some(true) => Holds::Records,
        Some(false) => Holds::Values,
        None if whole => Holds::Values,
        None => Holds::Unknown,
    }
}

/// Whether the first element at or behind `at` has elements inside and the next is its namesake; none
/// where the bytes end before that shows.
fn first_two_alike(head: &[u8], mut at: usize) -> Option<bool> {
    let mut first: Option<&[u8]> = None;
    let (mut depth, mut nested) = (0u32, false);
    while at < head.len() {
        let token = token(head, at);
        if token.cut {
            return None;
        }
        match &token.kind {
            Kind::Open(tag) => {
                let name = head.get(tag.name.clone()).unwrap_or(&[]);
                match (depth, first) {
                    (0, Some(first)) => return Some(nested && first == name),
                    (0, None) => first = Some(name),
                    _ => nested = true,
                }
                depth += u32::from(!tag.empty);
            }
            Kind::Close(_) if depth == 0 => return Some(false),
            Kind::Close(_) => {
                depth -= 1;
                if depth == 0 && !nested {
                    return Some(false);
                }
            }
            // Text beside elements is a document's, not a list's.
            Kind::Text if depth == 0 && !is_blank(head, at, token.end) => return Some(false),
            _ => {}
        }
        at = token.end.max(at + 1);
    }
    None
}

fn is_blank(head: &[u8], from: usize, to: usize) -> bool {
    head.get(from..to).unwrap_or(&[]).iter().all(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, end: bool) -> Holds {
        let mut around = Open::default();
        around.push(b"root");
        holds_records(text.as_bytes(), &around, end)
    }

    #[test]
    fn lists_of_elements_with_elements_are_records() {
        let list = "<tickets type='array'><ticket><id>1</id></ticket><ticket><id>2</id></ticket></tickets>";
        assert_eq!(holds(list, true), Holds::Records);
        assert_eq!(holds("<page><title>x</title><title>y</title></page>", true), Holds::Values);
        assert_eq!(holds("<p>a <b><i>c</i></b><b><i>d</i></b></p>", true), Holds::Values);
        assert_eq!(holds("<a><b><c/></b></a>", true), Holds::Values);
        assert_eq!(holds("<a><b><c/>", false), Holds::Unknown);
        assert_eq!(holds("<a><b><c/>", true), Holds::Values);
    }
}
