//! PEM private keys (RFC 7468; OpenSSH and PGP use the same frame).

use super::{Found, Probe};

/// Longest key taken whole, in bytes: an RSA key of 16,384 bits is 12.5 KB of base64.
const LONGEST: usize = 32 << 10;

/// The frame to its end line; without one, the base64 that follows.
pub(super) fn pem(probe: &Probe<'_>) -> Option<Found> {
    let rest = probe.field.get(probe.end..probe.field.len().min(probe.end + LONGEST))?;
    let end = match memchr::memmem::find(rest, b"-----END ") {
        Some(at) => {
            let tail = rest.get(at + 9..)?;
            let close = memchr::memmem::find(tail.get(..tail.len().min(64))?, b"-----");
            at + 9 + close.map_or(0, |close| close + 5)
        }
        None => body(rest),
    };
    let payload = rest.get(..end)?.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    // A begin line alone, as in a manual, is no key.
    if payload < 32 {
        return None;
    }
    Some(Found { end: probe.end + end, glued: true, ..Found::formed(probe) })
}

/// How much of the text is lines of base64 and headers.
fn body(rest: &[u8]) -> usize {
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=\r\n\\ :,-".contains(byte);
    let len = rest.iter().position(|byte| !is_key(byte)).unwrap_or(rest.len());
    let kept = rest.get(..len).unwrap_or(&[]);
    kept.iter().rposition(|byte| byte.is_ascii_alphanumeric() || *byte == b'=').map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Found> {
        let end = text.find("KEY-----")? + 8;
        pem(&Probe { field: text.as_bytes(), start: 0, end })
    }

    #[test]
    fn the_frame_is_taken_whole() {
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7\n";
        let text = format!("-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\nok");
        assert_eq!(found(&text).unwrap().end, text.len() - 3);
        let cut = format!("-----BEGIN PRIVATE KEY-----\n{body}");
        assert_eq!(found(&cut).unwrap().end, cut.len() - 1);
    }

    #[test]
    fn a_begin_line_alone_is_no_key() {
        assert!(found("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----").is_none());
        assert!(found("it starts with -----BEGIN RSA PRIVATE KEY-----.").is_none());
    }
}
