//! The date of a message, RFC 5322 §3.3 with the old forms of §4.3.

use jiff::fmt::rfc2822::DateTimeParser;

use crate::records::{Precision, Stamp};

/// Reads a `Date` body, tolerant of a wrong weekday and of a missing zone (read as UTC, and the stamp
/// says so); ISO 8601 dates, which scripts write, are taken, too. None where it is no date.
pub(super) fn stamp(body: &str) -> Option<Stamp> {
    let body = body.trim();
    let parser = DateTimeParser::new().relaxed_weekday(true);
    let spaced = body.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let known = !spaced.contains(" -0000");
    if let Some(stamp) = instant(&parser, &spaced, known) {
        return Some(stamp);
    }
    // The weekday may be in any language, abbreviated in any way.
    let bare = spaced.split_once(',').map_or(spaced.as_str(), |(_, rest)| rest.trim());
    let bare = bare.split('(').next().unwrap_or("").trim();
    instant(&parser, bare, known)
        .or_else(|| instant(&parser, &format!("{bare} +0000"), false))
        .or_else(|| without_zone(&parser, bare))
        .or_else(|| Stamp::parse(body))
}

fn instant(parser: &DateTimeParser, text: &str, zone_known: bool) -> Option<Stamp> {
    let at = parser.parse_timestamp(text).ok()?;
    Some(Stamp { seconds: at.as_second(), precision: Precision::Instant, zone_known })
}

/// A zone by a name nobody can tell (`CET`, `EST5EDT`) is left out.
fn without_zone(parser: &DateTimeParser, text: &str) -> Option<Stamp> {
    let (clock, zone) = text.rsplit_once(' ')?;
    if !zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'"') {
        return None;
    }
    instant(parser, &format!("{clock} +0000"), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, bool)> {
        stamp(text).map(|stamp| (stamp.to_rfc3339(), stamp.zone_known))
    }

    #[test]
    fn dates_of_the_standard_and_odd_ones() {
        let wanted = |text: &str, known| Some((text.to_owned(), known));
        assert_eq!(read("Fri, 21 Nov 1997 09:55:06 -0600"), wanted("1997-11-21T15:55:06Z", true));
        assert_eq!(read("Mon, 21 Nov 1997 09:55:06 -0600 (CST)"), wanted("1997-11-21T15:55:06Z", true));
        assert_eq!(read("21 Nov 97 09:55:06 GMT"), wanted("1997-11-21T09:55:06Z", true));
        assert_eq!(read("vie, 21 Nov 1997 09:55:06 +0100"), wanted("1997-11-21T08:55:06Z", true));
        assert_eq!(read("Fri, 21 Nov 1997 09:55:06"), wanted("1997-11-21T09:55:06Z", false));
        assert_eq!(read("Fri, 21 Nov 1997 09:55:06 -0000"), wanted("1997-11-21T09:55:06Z", false));
        assert_eq!(read("2024-03-05T10:22:33+01:00"), wanted("2024-03-05T09:22:33Z", true));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "ayer", "Fri, 31 Feb 1997 09:55:06 -0600", "Tue, 5 Mar"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
