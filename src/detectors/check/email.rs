//! E-mail addresses: dot-atoms of RFC 5321 section 4.1.2 with the lengths of 4.5.3.1, UTF-8 in local part
//! and domain (RFC 6531), names set aside by RFC 2606 and RFC 6761.
//!
//! The match begins with every byte that could belong to a local part. What merely stands glued to the
//! address (`mailto`-less URLs, `email=`, Markdown) is taken off here.

use super::super::boundary::glues;
use super::{Found, Probe};
use crate::records::ValueClass;

/// Domains of forms and instructions: "write to support@yourcompany.com".
#[rustfmt::skip]
const PLACEHOLDERS: [&str; 14] = [
    "yourcompany", "your-company", "yourdomain", "your-domain", "mycompany", "mydomain", "tuempresa", "tudominio",
    "votredomaine", "votreentreprise", "votre-entreprise", "ihrefirma", "ihre-firma", "ihredomain",
];
pub(super) fn address(probe: &Probe<'_>) -> Option<Found> {
    // The engine gives `"a b"@` with its quotes (RFC 5321 section 4.1.2).
    let quoted = probe.matched().first() == Some(&b'"');
    let sign = if quoted {
        memchr::memmem::find(probe.matched(), b"\"@")? + 1
    } else {
        memchr::memchr(b'@', probe.matched())?
    };
    let at = probe.start + sign;
    let start = if quoted { probe.start } else { local_start(probe, at)? };
    let local = probe.field.get(start..at)?;
    if local.len() < if quoted { 3 } else { 1 }
        || local.len() > 64
        || local.first() == Some(&b'.')
        || local.last() == Some(&b'.')
        || !quoted && memchr::memmem::find(local, b"..").is_some()
    {
        return None;
    }
    let end = domain_end(probe, at)?;
    let domain = without_file_ending(probe.field.get(at + 1..end)?);
    let end = at + 1 + domain.len();
    let last = last_label(domain);
    if last.len() < 2 || last.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut bits = 0;
    if ending(last) == Some(Ending::Never) {
        bits -= 10;
    }
    if !last.starts_with(b"xn--") && last.iter().any(|byte| byte.is_ascii_digit() || *byte == b'-') {
        bits -= 8;
    }
    if quoted {
        bits -= 1;
    }
    if userinfo(probe, start) {
        bits -= 7;
    }
    if machine(local) {
        bits -= 6;
    }
    if placeholder(domain) {
        let found = Found { start, end, glued: true, ..Found::formed(probe) };
        return Some(found.of_class(ValueClass::Documentation).step(bits - 6));
    }
    // `git@host:path` and `git@host/path` name a repository.
    if matches!(local, b"git" | b"hg" | b"svn") && matches!(probe.byte(end), Some(b':' | b'/')) {
        bits -= 7;
    }
    let found = Found { start, end, glued: true, ..Found::formed(probe) };
    Some(found.of_class(class(domain)).step(bits))
}

/// A file named after an address (`ana@example.org.txt`): the address without the ending. The label
/// before must be able to be a top-level domain.
fn without_file_ending(domain: &[u8]) -> &[u8] {
    let last = last_label(domain);
    let rest = domain.len().checked_sub(last.len() + 1).and_then(|end| domain.get(..end));
    let Some(rest) = rest.filter(|_| ending(last).is_some()) else { return domain };
    let top = last_label(rest);
    let named = top.len() >= 2 && top.len() < rest.len() && top.iter().all(u8::is_ascii_alphabetic);
    if named { rest } else { domain }
}

/// What the ending of a file says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It is no top-level domain: `logo@2x.png`.
    Never,
    /// No address is likely to have it behind a whole domain.
    Behind,
}

/// Whether a label is an ending of files.
fn ending(label: &[u8]) -> Option<Ending> {
    let mut small = [0; 6];
    let small = small.get_mut(..label.len())?;
    small.copy_from_slice(label);
    small.make_ascii_lowercase();
    match &*small {
        b"png" | b"jpg" | b"jpeg" | b"gif" | b"svg" | b"webp" | b"ico" | b"bmp" | b"css" | b"scss"
        | b"js" | b"jsx" | b"ts" | b"tsx" | b"json" | b"xml" | b"html" | b"htm" | b"php" | b"asp"
        | b"aspx" | b"jsp" | b"txt" | b"csv" | b"pdf" | b"doc" | b"docx" | b"xls" | b"xlsx" | b"exe"
        | b"dll" | b"yaml" | b"yml" | b"log" => Some(Ending::Never),
        b"eml" | b"msg" | b"zip" | b"mbox" | b"md" | b"ndjson" => Some(Ending::Behind),
        _ => None,
    }
}

fn last_label(domain: &[u8]) -> &[u8] {
    let len = domain.iter().rev().take_while(|byte| **byte != b'.').count();
    domain.get(domain.len() - len..).unwrap_or(&[])
}

/// Where the local part really begins.
fn local_start(probe: &Probe<'_>, at: usize) -> Option<usize> {
    let mut start = probe.start;
    // A character cut by the bound of the match.
    while start < at && probe.byte(start).is_some_and(|byte| byte & 0xC0 == 0x80) {
        start += 1;
    }
    let bytes = probe.field.get(start..at)?;
    let from = if bytes.is_ascii() { 0 } else { foreign_end(std::str::from_utf8(bytes).ok()?) };
    let mut local = unglued(bytes.get(from..)?, probe, start + from);
    while let [
        b'*' | b'`' | b'{' | b'}' | b'|' | b'~' | b'\'' | b'/' | b'=' | b'-' | b'^' | b'&' | b'.' | b'?',
        rest @ ..,
    ] = local
    {
        local = rest;
    }
    if local.len() > 64 {
        // Longer than an address allows: what is left of it begins after the last sign no one uses.
        local = behind(local, b"/=&?|");
    }
    Some(at - local.len())
}

/// What stands behind the last of these signs.
fn behind<'a>(local: &'a [u8], signs: &[u8]) -> &'a [u8] {
    let cut = local.iter().rposition(|byte| signs.contains(byte)).map_or(0, |at| at + 1);
    local.get(cut..).unwrap_or(&[])
}

/// Where the last sign outside ASCII ends, or the last word of a script without spaces.
fn foreign_end(text: &str) -> usize {
    let mut from = 0;
    let mut previous: Option<char> = None;
    for (offset, c) in text.char_indices() {
        let next = offset + c.len_utf8();
        // Quotes, dashes and spaces outside ASCII; and a word in a script without spaces before ASCII.
        let foreign = !c.is_ascii() && !c.is_alphanumeric();
        let glued = c.is_ascii_alphanumeric() && previous.is_some_and(|p| p.is_alphanumeric() && !glues(p));
        if foreign {
            from = next;
        } else if glued {
            from = offset;
        }
        previous = Some(c);
    }
    from
}

/// Takes off a key of a query or an assignment: `user=`, `?to=a&cc=`, `https://host/path/`.
fn unglued<'a>(local: &'a [u8], probe: &Probe<'_>, start: usize) -> &'a [u8] {
    let has = |sign: u8| local.contains(&sign);
    let assigned = has(b'=');
    if !assigned && !local.starts_with(b"//") {
        return local;
    }
    // The colon of `https://` is no local-part byte, so the local begins with its slashes.
    let url =
        local.starts_with(b"//") && probe.field.get(..start).is_some_and(|before| before.ends_with(b":"));
    if url || assigned && (has(b'?') || has(b'&')) {
        return behind(local, b"/=&?");
    }
    let rest = behind(local, b"=");
    let key = local.get(..local.len() - rest.len()).unwrap_or(&[]);
    let plain = key.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'='));
    if plain { rest } else { local }
}

/// The end of the domain: without a dot or dash at the end, labels of RFC 1035 lengths.
fn domain_end(probe: &Probe<'_>, at: usize) -> Option<usize> {
    let text = probe.field.get(at + 1..probe.end)?;
    let ascii = text.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')).count();
    let len = if text.get(ascii).is_some_and(|byte| *byte >= 0x80) { wide_domain(text)? } else { ascii };
    let mut labels = 0;
    let mut kept = 0;
    for label in text.get(..len)?.split(|byte| *byte == b'.') {
        // The last label may end in dashes that belong to the text.
        let trimmed = label.iter().rev().skip_while(|byte| **byte == b'-').count();
        if trimmed == 0 || trimmed > 63 || label.first() == Some(&b'-') {
            break;
        }
        kept += trimmed + usize::from(labels > 0);
        labels += 1;
        if trimmed < label.len() {
            break;
        }
    }
    (labels > 1 && kept <= 253).then_some(at + 1 + kept)
}

/// How many bytes are letters of any script, digits, dots and dashes.
fn wide_domain(text: &[u8]) -> Option<usize> {
    // The bound of the match may have cut a character.
    let valid = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(text.get(..error.valid_up_to())?).ok()?,
    };
    let inside = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-');
    Some(valid.chars().take_while(inside).map(char::len_utf8).sum())
}

/// Whether the local part is one machines write, as in message ids: long, and of digits for a good part.
fn machine(local: &[u8]) -> bool {
    let digits = local.iter().filter(|byte| byte.is_ascii_digit()).count();
    local.len() >= 16 && digits >= 8 && digits * 5 >= local.len() * 2
}

/// Whether the label before the last is one of the placeholders.
fn placeholder(domain: &[u8]) -> bool {
    let rest = domain.len().checked_sub(last_label(domain).len() + 1).and_then(|end| domain.get(..end));
    let label = last_label(rest.unwrap_or(&[]));
    label.len() > 7 && PLACEHOLDERS.iter().any(|name| label.eq_ignore_ascii_case(name.as_bytes()))
}

/// Whether it is the user and host of a URL: `https://name:word@host`.
fn userinfo(probe: &Probe<'_>, start: usize) -> bool {
    let before = probe.field.get(start.saturating_sub(80)..start).unwrap_or(&[]);
    let token = before.rsplit(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'<' | b'(')).next();
    token.is_some_and(|token| {
        memchr::memmem::find(token, b"://").is_some_and(|at| {
            !token.get(at + 3..).unwrap_or(&[]).iter().any(|b| matches!(b, b'/' | b'?' | b'='))
        })
    })
}

/// Real, or reserved by RFC 2606 sections 2 and 3, RFC 6761 section 6 and RFC 7686.
pub(super) fn class(domain: &[u8]) -> ValueClass {
    let last = last_label(domain);
    let rest = domain.len().checked_sub(last.len() + 1).and_then(|end| domain.get(..end)).unwrap_or(&[]);
    let is =
        |label: &[u8], names: &[&str]| names.iter().any(|name| label.eq_ignore_ascii_case(name.as_bytes()));
    let reserved = match last.len() {
        3 => is(last, &["com", "net", "org"]) && is(last_label(rest), &["example"]),
        4 => is(last, &["test"]),
        5 => is(last, &["local", "onion"]),
        7 => is(last, &["example", "invalid"]),
        9 => is(last, &["localhost"]),
        _ => false,
    };
    if reserved { ValueClass::Reserved } else { ValueClass::Real }
}

#[cfg(test)]
mod tests {
    use super::super::super::start::is_local;
    use super::*;

    /// The datum in the text, as the engine would hand the match in.
    fn datum(text: &str) -> Option<(String, Found)> {
        let bytes = text.as_bytes();
        let at = text.find('@')?;
        let mut start = at;
        while start > 0 && is_local(bytes[start - 1]) && at - start < 128 {
            start -= 1;
        }
        let domain = |b: &u8| b.is_ascii_alphanumeric() || b".-".contains(b) || *b >= 0x80;
        let end = at + 1 + bytes[at + 1..].iter().take_while(|b| domain(b)).count();
        let found = address(&Probe { field: bytes, start, end })?;
        Some((text[found.start..found.end].to_owned(), found))
    }

    #[test]
    fn dot_atoms_are_taken_whole() {
        let whole = [
            "o'brien@example.com",
            "user+tag@example.com",
            "customer/department=shipping@example.com",
            "$A12345@example.com",
            "!def!xyz%abc@example.com",
            "_somename@example.com",
            "jörg.müller@example.de",
            "ana@españa.example",
            "用户@例子.example",
            "a@b.co",
            "x@xn--espaa-rta.example",
        ];
        for text in whole {
            assert_eq!(datum(text).unwrap().0, text);
        }
    }

    #[test]
    fn what_is_glued_is_taken_off() {
        let pairs = [
            ("Escribe a ana@example.com.", "ana@example.com"),
            ("«ana@example.com»", "ana@example.com"),
            ("email=ana@example.com", "ana@example.com"),
            ("https://x.example/?a=1&to=ana@example.com", "ana@example.com"),
            ("*ana@example.com*", "ana@example.com"),
            ("'ana@example.com'", "ana@example.com"),
            ("smtp.mailfrom=ana@example.com", "ana@example.com"),
            ("邮箱ana@example.com", "ana@example.com"),
            ("ana@example.com…", "ana@example.com"),
            ("ana@example.com-", "ana@example.com"),
        ];
        for (text, wanted) in pairs {
            assert_eq!(datum(text).unwrap().0, wanted, "{text}");
        }
    }

    #[test]
    fn a_quoted_local_part_belongs_to_the_address() {
        for (text, wanted) in
            [("\"a b\"@example.com.", "\"a b\"@example.com"), ("\"a@b\"@example.com", "\"a@b\"@example.com")]
        {
            let found = address(&Probe { field: text.as_bytes(), start: 0, end: text.len() }).unwrap();
            assert_eq!(&text[found.start..found.end], wanted);
        }
        assert!(address(&Probe { field: b"\"a b\"@en", start: 0, end: 8 }).is_none());
    }

    #[test]
    fn what_is_no_address() {
        for text in ["a..b@example.com", "@example.com", "a@b", "a@1.2.3.4", "a@-x.example"] {
            assert!(datum(text).is_none(), "{text}");
        }
        for text in [
            "logo@2x.png",
            "https://user:word@host.example.com/",
            "git@host.example.com:a/b",
            "200712232303.lBNN3jDq002941@example.com",
        ] {
            assert!(datum(text).unwrap().1.bits <= -6, "{text}");
        }
    }

    #[test]
    fn names_set_aside_are_reserved() {
        for domain in ["example.com", "mail.example.org", "host.test", "a.invalid"] {
            assert_eq!(class(domain.as_bytes()), ValueClass::Reserved, "{domain}");
        }
        for domain in ["notexample.com", "example.es", "example.com.ar"] {
            assert_eq!(class(domain.as_bytes()), ValueClass::Real, "{domain}");
        }
    }
}
