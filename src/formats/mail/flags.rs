//! What mail programs note of a message: only that it is deleted matters here.

use super::Message;
use super::header::Headers;

/// Thunderbird's flag of a message that was deleted and not yet expunged.
const EXPUNGED: u32 = 0x0008;

/// Whether a program marked the message deleted and kept it: the flag `T` of a Maildir's file name, `D` in the
/// `X-Status` of an mbox, or Thunderbird's flags.
pub(super) fn is_deleted(message: &Message<'_>, headers: &Headers) -> bool {
    let header = |name: &str| {
        let body = headers.first(message.bytes, name)?;
        Some(String::from_utf8_lossy(&body).trim().to_owned())
    };
    let mozilla = header("X-Mozilla-Status").and_then(|flags| u32::from_str_radix(&flags, 16).ok());
    in_trash(message.name)
        || header("X-Status").is_some_and(|flags| flags.contains('D'))
        || mozilla.is_some_and(|flags| flags & EXPUNGED != 0)
}

/// Whether the flags at the end of a Maildir's file name say so.
fn in_trash(name: &str) -> bool {
    let flags = [":2,", "!2,", ";2,"].iter().find_map(|mark| Some(name.rsplit_once(mark)?.1));
    flags.is_some_and(|flags| flags.len() <= 8 && flags.contains('T'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::mail::header;

    fn deleted(name: &str, text: &str) -> bool {
        let bytes = text.as_bytes();
        let message = Message { bytes, range: 0..bytes.len(), base: 0, top: 0, in_mbox: false, name };
        is_deleted(&message, &header::headers(bytes, 0..bytes.len()))
    }

    #[test]
    fn marks_of_three_kinds_are_known() {
        assert!(deleted("cur/1.M1P1.mx:2,ST", "Subject: a\n\n"));
        assert!(deleted("box", "Subject: a\nX-Status: AD\n\n"));
        assert!(deleted("box", "Subject: a\nX-Mozilla-Status: 0009\n\n"));
        for (name, text) in [
            ("cur/1.M1P1.mx:2,S", "Subject: a\n\n"),
            ("a.eml", "Subject: T\nX-Mozilla-Status: 0001\n\n"),
            ("a.eml", "Subject: a\nX-Status: RO\n\n"),
        ] {
            assert!(!deleted(name, text), "{name}");
        }
    }
}
