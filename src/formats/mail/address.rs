//! Address lists, RFC 5322 §3.4: where display names and addresses stand.

use std::ops::Range;

/// Headers that hold addresses, lower case.
const ADDRESS_HEADERS: [&str; 26] = [
    "from",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "sender",
    "resent-from",
    "resent-to",
    "resent-cc",
    "resent-bcc",
    "resent-sender",
    "resent-reply-to",
    "return-path",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "errors-to",
    "apparently-to",
    "mail-followup-to",
    "mail-reply-to",
    "disposition-notification-to",
    "return-receipt-to",
    "x-forwarded-to",
    "x-forwarded-for",
    "x-envelope-from",
    "x-envelope-to",
];

/// Whether a header of this name holds addresses.
pub(super) fn holds_addresses(name: &str) -> bool {
    ADDRESS_HEADERS.contains(&name.to_ascii_lowercase().as_str())
}

/// Display names and addresses of a decoded list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Addresses {
    /// Names, without the quotes around them.
    pub(super) names: Vec<Range<usize>>,
    /// `local@domain`.
    pub(super) addresses: Vec<Range<usize>>,
}

/// Finds names and addresses in an unfolded body whose encoded words are not decoded yet: a comma in an
/// encoded word parts nothing. Odd lists are taken as they come; what is neither is left to the caller.
pub(super) fn addresses(list: &str) -> Addresses {
    let mut found = Addresses::default();
    for mailbox in mailboxes(list) {
        let text = list.get(mailbox.clone()).unwrap_or("");
        let angle = text.find('<').filter(|at| !in_quotes(text, *at));
        let Some(open) = angle else {
            // `juan@example.com (Juan Pérez)`, the old form of §3.4 NOTE.
            let bare = text.split('(').next().unwrap_or("");
            push_address(&mut found, list, mailbox.start..mailbox.start + bare.len());
            if let (Some(open), Some(close)) = (text.find('('), text.rfind(')'))
                && text.contains('@')
            {
                push_name(&mut found, list, mailbox.start + open + 1..mailbox.start + close.max(open + 1));
            }
            continue;
        };
        push_name(&mut found, list, mailbox.start..mailbox.start + open);
        let close = text.get(open..).and_then(|rest| rest.find('>')).map_or(text.len(), |at| open + at);
        push_address(&mut found, list, mailbox.start + open + 1..mailbox.start + close);
    }
    found
}

fn push_address(found: &mut Addresses, list: &str, range: Range<usize>) {
    let range = trimmed(list, range, &[' ', '\t', '"', '\'']);
    let text = list.get(range.clone()).unwrap_or("");
    if text.contains('@') && !text.contains([' ', ',', ';']) {
        found.addresses.push(range);
    }
}

fn push_name(found: &mut Addresses, list: &str, range: Range<usize>) {
    let range = trimmed(list, range, &[' ', '\t', '"', '\'', ',']);
    if !range.is_empty() && is_name(list.get(range.clone()).unwrap_or("")) {
        found.names.push(range);
    }
}

/// An address in place of a name is no name, and text with no letter neither.
pub(super) fn is_name(text: &str) -> bool {
    !text.contains('@') && text.chars().any(char::is_alphabetic)
}

fn trimmed(list: &str, range: Range<usize>, around: &[char]) -> Range<usize> {
    let text = list.get(range.clone()).unwrap_or("");
    let start = range.start + (text.len() - text.trim_start_matches(around).len());
    let end = range.start + text.trim_end_matches(around).len();
    start..end.max(start)
}

/// Whether a `"` is open before `at`.
fn in_quotes(text: &str, at: usize) -> bool {
    let mut quoted = false;
    let mut escaped = false;
    for byte in text.bytes().take(at) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
    }
    quoted
}

/// Mailboxes of a list, groups opened (§3.4: `Name: a, b;`).
fn mailboxes(list: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut quoted, mut escaped, mut comment, mut angle) = (0, false, false, 0u32, false);
    for (at, byte) in list.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' if comment == 0 => quoted = !quoted,
            _ if quoted => {}
            b'(' => comment += 1,
            b')' => comment = comment.saturating_sub(1),
            b'<' if comment == 0 => angle = true,
            b'>' if comment == 0 => angle = false,
            b',' | b';' | b':' if comment == 0 && !angle => {
                if byte != b':' {
                    found.push(start..at);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(start..list.len());
    found.retain(|range| list.get(range.clone()).is_some_and(|text| !text.trim().is_empty()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> (Vec<&str>, Vec<&str>) {
        let found = addresses(list);
        let text = |ranges: Vec<Range<usize>>| ranges.into_iter().map(|r| &list[r]).collect();
        (text(found.names), text(found.addresses))
    }

    #[test]
    fn lists_of_the_standard() {
        assert_eq!(
            read("Pete <pete@example.com>, \"Pérez, Juan\" <juan@example.org>, ana@example.net"),
            (vec!["Pete", "Pérez, Juan"], vec!["pete@example.com", "juan@example.org", "ana@example.net"])
        );
        assert_eq!(
            read("A Group:Ed Jones <joe@example.com>,john@example.net;"),
            (vec!["Ed Jones"], vec!["joe@example.com", "john@example.net"])
        );
        assert_eq!(read("juan@example.com (Juan Pérez)"), (vec!["Juan Pérez"], vec!["juan@example.com"]));
        assert_eq!(read("Undisclosed recipients:;"), (vec![], vec![]));
    }

    #[test]
    fn odd_lists_do_not_fail() {
        assert_eq!(read("\"juan@example.com\" <juan@example.com>"), (vec![], vec!["juan@example.com"]));
        assert_eq!(read("Juan <juan@example.com"), (vec!["Juan"], vec!["juan@example.com"]));
        assert_eq!(read("(((,,,<<>\"").1.len(), 0);
    }
}
