//! E-mail addresses spelled out against harvesters: `ana (at) example (dot) com`, `ana arroba example punto com`.

use super::{Found, Probe, email};

/// What stands for the at sign, lower case; those with blanks are words of a sentence as well.
#[rustfmt::skip]
const SIGNS: &[&[u8]] = &[
    b"(at)", b"[at]", b"{at}", b"<at>", b"(a)", b"(arroba)", b"[arroba]", b" arroba ", b"(arobase)", b" arobase ",
    b" chiocciola ", b"(chiocciola)",
];
/// What stands for a dot, lower case; the longest first where one begins another.
#[rustfmt::skip]
const DOTS: &[&[u8]] = &[
    b" (dot) ", b" [dot] ", b" {dot} ", b"(dot)", b"[dot]", b"{dot}", b" dot ", b"(punto)", b"[punto]",
    b" punto ", b"(punkt)", b"[punkt]", b" punkt ", b"(point)", b" point ", b" ponto ", b".",
];

/// The match is a sign, or the word ` dot ` behind `name at domain`.
pub(super) fn address(probe: &Probe<'_>) -> Option<Found> {
    let matched = probe.matched();
    let (at, after, weak) = if matched.eq_ignore_ascii_case(b" dot ") {
        let label = label_before(probe.field, probe.start)?;
        let at = label.checked_sub(4)?;
        probe.field.get(at..label).filter(|word| word.eq_ignore_ascii_case(b" at "))?;
        (at, label, true)
    } else {
        SIGNS.iter().find(|sign| matched.eq_ignore_ascii_case(sign))?;
        (probe.start, probe.end, false)
    };
    let blank = usize::from(at > 0 && probe.field.get(at - 1) == Some(&b' '));
    let start = local(probe.field, at - blank)?;
    let after = after + usize::from(probe.field.get(after) == Some(&b' '));
    let (end, domain) = domain(probe.field, after)?;
    let found = Found { start, end, glued: true, ..Found::formed(probe) };
    Some(found.of_class(email::class(&domain)).step(if weak { -2 } else { 0 }))
}

/// Where the label that ends here begins.
fn label_before(field: &[u8], end: usize) -> Option<usize> {
    let before = field.get(end.saturating_sub(63)..end)?;
    let len = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    (len > 0).then_some(end - len)
}

/// Where the local part that ends here begins: a dot-atom of letters, digits and `_%+-`.
fn local(field: &[u8], end: usize) -> Option<usize> {
    let before = field.get(end.saturating_sub(64)..end)?;
    let inside =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-');
    let run = before.iter().rev().take_while(inside).count();
    let text = field.get(end - run..end)?;
    let skip = text.iter().position(u8::is_ascii_alphanumeric)?;
    text.last().filter(|byte| byte.is_ascii_alphanumeric())?;
    (run - skip >= 2).then_some(end - run + skip)
}

/// Where the domain ends that begins here, and the domain with its dots.
fn domain(field: &[u8], start: usize) -> Option<(usize, Vec<u8>)> {
    let label = |at: usize| {
        let rest = field.get(at..field.len().min(at + 63)).unwrap_or(&[]);
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count()
    };
    let mut at = start;
    let mut out = Vec::new();
    let mut labels = 0;
    let mut last = (0, 0);
    while labels < 6 {
        let len = label(at);
        if len == 0 {
            break;
        }
        if labels > 0 {
            out.push(b'.');
        }
        out.extend_from_slice(field.get(at..at + len)?);
        last = (at, at + len);
        labels += 1;
        let rest = field.get(at + len..)?;
        let starts = |dot: &&&[u8]| rest.get(..dot.len()).is_some_and(|head| head.eq_ignore_ascii_case(dot));
        match DOTS.iter().find(starts) {
            Some(dot) if label(at + len + dot.len()) > 0 => at += len + dot.len(),
            _ => break,
        }
    }
    let top = field.get(last.0..last.1)?;
    let named = (2..=12).contains(&top.len()) && top.iter().all(u8::is_ascii_alphabetic);
    (labels > 1 && named).then_some((last.1, out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::ValueClass;

    fn datum(text: &str, sign: &str) -> Option<(String, ValueClass)> {
        let start = text.find(sign)?;
        let found = address(&Probe { field: text.as_bytes(), start, end: start + sign.len() })?;
        Some((text[found.start..found.end].to_owned(), found.class))
    }

    #[test]
    fn forms_people_write() {
        for (text, sign, wanted) in [
            ("write to ana.prueba (at) tienda (dot) es.", "(at)", "ana.prueba (at) tienda (dot) es"),
            ("ana[at]tienda.co.uk, thanks", "[at]", "ana[at]tienda.co.uk"),
            ("ana at tienda dot com now", " dot ", "ana at tienda dot com"),
            ("ANA AT tienda DOT com", " DOT ", "ANA AT tienda DOT com"),
            ("mi correo es ana arroba tienda punto es", " arroba ", "ana arroba tienda punto es"),
        ] {
            assert_eq!(datum(text, sign).unwrap().0, wanted, "{text}");
        }
        assert_eq!(datum("a.b (at) example (dot) com", "(at)").unwrap().1, ValueClass::Reserved);
    }

    #[test]
    fn sentences_are_none() {
        for (text, sign) in [
            ("meet (at) five", "(at)"),
            ("the red dot product", " dot "),
            ("look at it", " dot "),
            ("price (at) 3.50", "(at)"),
            ("polka dot com", " dot "),
        ] {
            assert!(datum(text, sign).is_none(), "{text}");
        }
    }
}
