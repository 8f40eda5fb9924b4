//! Pairs of coordinates: decimal degrees (ISO 6709 annex D), degrees with minutes and seconds, `geo:` of
//! RFC 5870. Four decimals are eleven metres.

use super::{Found, Probe};

/// A decimal number as it stands in the text.
struct Number {
    value: f64,
    decimals: usize,
    end: usize,
}

/// The number that begins here, with its sign.
fn number(text: &[u8], at: usize) -> Option<Number> {
    let sign = usize::from(matches!(text.get(at), Some(b'-' | b'+')));
    let whole = text.get(at + sign..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let point = at + sign + whole;
    text.get(point).filter(|byte| **byte == b'.' && (1..=3).contains(&whole))?;
    let decimals = text.get(point + 1..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let end = point + 1 + decimals;
    let value = std::str::from_utf8(text.get(at..end)?).ok()?.parse().ok()?;
    (decimals > 0).then_some(Number { value, decimals, end })
}

/// Latitude and longitude in range, neither on the axes.
fn on_earth(latitude: f64, longitude: f64) -> bool {
    latitude.abs() <= 90.0
        && longitude.abs() <= 180.0
        && (latitude.abs() > 0.0001 || longitude.abs() > 0.0001)
}

/// `40.4168, -3.7038`, with or without degrees and hemispheres.
pub(super) fn pair(probe: &Probe<'_>) -> Option<Found> {
    let text = probe.field;
    let minus = probe.before() == Some(b'-')
        && !probe
            .start
            .checked_sub(2)
            .and_then(|at| probe.byte(at))
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
    let first_at = if minus { probe.start - 1 } else { probe.start };
    let first = number(text, first_at)?;
    let next = text.get(first.end..probe.end)?;
    let second_at = first.end + next.iter().position(|byte| byte.is_ascii_digit() || *byte == b'-')?;
    let second = number(text, second_at)?;
    let gap = text.get(first.end..second_at)?;
    let letter = |bytes: &[u8]| bytes.iter().any(|byte| matches!(byte, b'N' | b'S' | b'E' | b'W' | b'O'));
    let hemispheres = letter(gap);
    let swapped = hemispheres && on_earth(second.value, first.value);
    if !(swapped || on_earth(first.value, second.value)) {
        return None;
    }
    // One of more than two numbers: a vector, a path, a table.
    let chain = {
        let after = text.get(probe.end..).unwrap_or(&[]);
        let blank = after.iter().take(3).take_while(|byte| matches!(byte, b',' | b' ' | b';')).count();
        let more = blank > 0 && number(text, probe.end + blank).is_some();
        let before = text.get(..first_at).unwrap_or(&[]);
        let blank = before.iter().rev().take(3).take_while(|byte| matches!(byte, b',' | b' ' | b';')).count();
        let digit =
            before.len().checked_sub(blank + 1).and_then(|at| before.get(at)).is_some_and(u8::is_ascii_digit);
        more || blank > 0 && digit
    };
    let small = first.value.abs() <= 1.0 && second.value.abs() <= 1.0;
    let parted = gap.contains(&b',') || gap.contains(&b';') || gap.windows(3).any(|w| w == b"%2C");
    let bits = match (hemispheres, parted) {
        (true, _) => 3,
        (false, true) => 0,
        (false, false) => -4,
    };
    let bits = bits + if chain { -4 } else { 0 } + if small { -6 } else { 0 };
    let bits = bits + if first.decimals > 15 || second.decimals > 15 { -2 } else { 0 };
    Some(Found { start: first_at, ..Found::formed(probe) }.step(bits))
}

/// `lat: 40.4168, lon: -3.7038`; `geo:40.4,-3.7`: the datum begins at the first number.
pub(super) fn labelled(probe: &Probe<'_>) -> Option<Found> {
    let text = probe.matched();
    let begins = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
    let first_at = text.iter().position(begins)?;
    let first = number(text, first_at)?;
    let second_at = first.end + text.get(first.end..)?.iter().position(begins)?;
    let second = number(text, second_at)?;
    on_earth(first.value, second.value)
        .then_some(Found { start: probe.start + first_at, ..Found::formed(probe) })
}

/// `40°25'00"N 3°42'14"W`.
pub(super) fn minutes(probe: &Probe<'_>) -> Option<Found> {
    let mut runs =
        probe.matched().split(|byte| !byte.is_ascii_digit() && *byte != b'.').filter(|run| !run.is_empty());
    let value = |run: Option<&[u8]>| -> Option<f64> { std::str::from_utf8(run?).ok()?.parse().ok() };
    let (degrees, minutes) = (value(runs.next())?, value(runs.next())?);
    (degrees <= 180.0 && minutes < 60.0).then_some(Found::formed(probe))
}

/// A whole field named after latitude or longitude.
pub(super) fn field(probe: &Probe<'_>) -> Option<Found> {
    let text = probe.matched();
    let one = number(text, 0).filter(|one| one.end == text.len())?;
    (one.value.abs() <= 180.0 && one.decimals >= 3 && one.value != 0.0).then_some(Found::formed(probe))
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;

    fn of(text: &str) -> Option<(String, i32)> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
        let found = pair(&Probe { field: text.as_bytes(), start, end })?;
        Some((text[found.start..found.end].to_owned(), found.bits))
    }

    #[test]
    fn pairs_and_their_signs() {
        assert_eq!(of("at 40.4168, -3.7038").unwrap(), ("40.4168, -3.7038".to_owned(), 0));
        assert_eq!(of("(-33.8688,151.2093)").unwrap().0, "-33.8688,151.2093");
        assert_eq!(of("40.4168° N, 3.7038").unwrap().1, 3);
        assert!(of("95.1234, 12.1234").is_none());
        assert!(of("45.1234, 190.1234").is_none());
    }

    #[test]
    fn vectors_and_probabilities_are_unlikely() {
        assert!(of("0.1234, 0.5678").unwrap().1 <= -6);
        let text = b"1.2345, 2.3456, 3.4567";
        assert!(pair(&Probe { field: text, start: 0, end: 14 }).unwrap().bits <= -4);
        assert!(pair(&Probe { field: text, start: 8, end: 22 }).unwrap().bits <= -4);
    }

    #[test]
    fn labels_uris_and_minutes() {
        let text = "lat: 40.4168, lon: -3.7038";
        assert_eq!(whole(text, labelled).unwrap().start, 5);
        assert_eq!(whole("geo:40.4,-3.7", labelled).unwrap().start, 4);
        assert!(whole("geo:140.4,-3.7", labelled).is_none());
        assert!(whole("40°25'00\"N 3°42'14\"W", minutes).is_some());
        assert!(whole("40°75'00\"N 3°42'14\"W", minutes).is_none());
        assert!(whole("-3.7038", field).is_some());
        assert!(whole("3.70", field).is_none());
    }
}
