//! Ids of verdicts and the like as every report writes them.

use super::texts::{Texts, fill};
use crate::findings::{BaselineCounts, EvidenceLine, Severity, Standing, Verdict};

/// The id of a verdict, as in the lines.
pub(super) fn verdict_id(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "fail",
        Verdict::Open => "open",
        Verdict::Review => "review",
        Verdict::Pass => "pass",
        Verdict::NotApplicable => "notApplicable",
    }
}

/// The id of a severity, as in the lines.
pub(super) fn severity_id(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// The id of a standing, as in the lines.
pub(super) fn standing_id(standing: Standing) -> &'static str {
    match standing {
        Standing::New => "new",
        Standing::Same => "same",
    }
}

/// What a detection rests on.
pub(super) fn evidence(line: &EvidenceLine) -> Vec<&'static str> {
    let all = [
        (line.check, "check"),
        (line.cue, "cue"),
        (line.shielded, "shielded"),
        (line.known_person, "known-person"),
    ];
    all.into_iter().filter(|(held, _)| *held).map(|(_, word)| word).collect()
}

/// What a run came to against a baseline.
pub(super) fn baseline(texts: &Texts, counts: &BaselineCounts) -> String {
    let number = |count| number(count);
    fill(
        texts.baseline,
        &[("new", &number(counts.new)), ("same", &number(counts.same)), ("gone", &number(counts.gone))],
    )
}

/// A number with commas between thousands.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in powers of 1000, one decimal from kB on.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        // 999.95 would be written as 1000.0.
        if value < 999.95 && unit != "B" {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_lines() {
        for verdict in [Verdict::Fail, Verdict::Open, Verdict::Review, Verdict::Pass, Verdict::NotApplicable]
        {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict_id(verdict));
        }
        for severity in [Severity::Note, Severity::Warning, Severity::Error] {
            assert_eq!(serde_json::to_value(severity).unwrap(), severity_id(severity));
        }
        for standing in [Standing::New, Standing::Same] {
            assert_eq!(serde_json::to_value(standing).unwrap(), standing_id(standing));
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1000), "1,000");
        assert_eq!(number(1_234_567), "1,234,567");
    }

    #[test]
    fn bytes_have_a_unit() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1000), "1.0 kB");
        assert_eq!(bytes(999_960), "1.0 MB");
        assert_eq!(bytes(18_400_000_000), "18.4 GB");
        assert_eq!(bytes(u64::MAX), "18.4 EB");
    }
}
