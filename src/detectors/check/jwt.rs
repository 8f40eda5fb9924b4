//! JSON Web Tokens (RFC 7519) in compact form: RFC 7515 (signed, three parts), RFC 7516 (encrypted, five).

use super::{Found, Probe, base64};
use crate::records::ValueClass;

/// Longest token taken, in bytes: headers with certificates are long.
const LONGEST: usize = 16 << 10;

pub(super) fn token(probe: &Probe<'_>) -> Option<Found> {
    let rest = probe.field.get(probe.start..probe.field.len().min(probe.start + LONGEST))?;
    let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let text = rest.get(..rest.iter().take_while(inside).count())?;
    let mut ends = [0_usize; 5];
    let mut parts = 0;
    for (part, end) in text.split(|byte| *byte == b'.').zip(ends.iter_mut()) {
        // A signature may be empty (`alg: none`), and so may the key of an encrypted token.
        if part.is_empty() && parts < 1 {
            break;
        }
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        *end = start + part.len();
        parts += 1;
    }
    let header = text.get(..*ends.first()?)?;
    let header: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&base64::decode(header)?).ok()?;
    header.get("alg").filter(|alg| alg.is_string())?;
    let wanted = if header.contains_key("enc") { 5 } else { 3 };
    let taken = parts.min(wanted);
    let payload = text.get(*ends.first()? + 1..*ends.get(1)?)?;
    if taken < 2 || payload.len() < 2 && wanted == 3 {
        return None;
    }
    let mut end = *ends.get(taken - 1)?;
    if end > 0 && taken == 3 && wanted == 3 && *ends.get(2)? == *ends.get(1)? + 1 {
        end = *ends.get(1)?;
    }
    let documented = base64::decode(payload).is_some_and(|claims| {
        // The token of jwt.io and of RFC 7519 section 3.1.
        let has = |text: &[u8]| memchr::memmem::find(&claims, text).is_some();
        has(b"1234567890") && has(b"John Doe") || has(b"http://example.com/is_root")
    });
    let class = if documented { ValueClass::Documentation } else { ValueClass::Real };
    Some(Found { end: probe.start + end, ..Found::formed(probe) }.of_class(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Found> {
        token(&Probe { field: text.as_bytes(), start: 0, end: text.len().min(12) })
    }

    // {"alg":"HS256","typ":"JWT"} . {"sub":"u-77","role":"agent"}
    const HEAD: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
    const BODY: &str = "eyJzdWIiOiJ1LTc3Iiwicm9sZSI6ImFnZW50In0";

    #[test]
    fn a_token_is_taken_to_the_end_of_its_signature() {
        let text = format!("{HEAD}.{BODY}.c2lnbmF0dXJlLW9mLXRoaXM. And");
        assert_eq!(found(&text).unwrap().end, text.len() - 5);
        let text = format!("{HEAD}.{BODY}");
        assert_eq!(found(&text).unwrap().end, text.len());
        let text = format!("{HEAD}.{BODY}. And");
        assert_eq!(found(&text).unwrap().end, text.len() - 5);
    }

    #[test]
    fn a_header_that_is_no_header_makes_it_none() {
        // {"iss":"x"} has no algorithm; the second is no JSON.
        for head in ["eyJpc3MiOiJ4In0", "eyJhbGciOiJIUzI1NiIsInR5cCI6Ikp"] {
            assert!(found(&format!("{head}.{BODY}.c2ln")).is_none(), "{head}");
        }
        assert!(found(HEAD).is_none());
    }

    #[test]
    fn the_token_of_the_manuals_is_documentation() {
        // {"sub":"1234567890","name":"John Doe"}
        let text = format!("{HEAD}.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.c2ln");
        assert_eq!(found(&text).unwrap().class, ValueClass::Documentation);
    }
}
