//! Signed answers to what no machine can judge: `olvido/attestations/v1`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::document::Document;
use crate::problem::{Problem, read_yaml};
use crate::records::Stamp;

/// Version of the shape of attestation files.
const SCHEMA: &str = "olvido/attestations/v1";

/// A person's answer to a rule that asks one. It holds from its date until its end, and no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// The rule it answers.
    pub rule: String,
    /// Whether all is as it should be.
    pub yes: bool,
    /// What the person who answers is in the organisation; names are never shown.
    pub role: String,
    /// When it was given.
    pub on: Stamp,
    /// When it lapses.
    pub valid_until: Stamp,
    /// Ids of the records it speaks of, for rules on records.
    pub records: Vec<String>,
    /// `file:line`.
    pub place: String,
}

impl Attestation {
    /// Whether it holds at an instant, in seconds since 1970.
    pub(super) fn holds(&self, now: i64) -> bool {
        self.on.seconds <= now && now < self.valid_until.seconds
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AttestationsFile {
    #[schemars(with = "String")]
    schema: Spanned<String>,
    #[schemars(with = "Vec<AttestationRow>")]
    attestations: Vec<Spanned<AttestationRow>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AttestationRow {
    #[schemars(with = "String")]
    rule: Spanned<String>,
    #[schemars(with = "String")]
    answer: Spanned<String>,
    #[schemars(with = "String")]
    by: Spanned<String>,
    #[schemars(with = "String")]
    role: Spanned<String>,
    #[schemars(with = "String")]
    on: Spanned<String>,
    #[schemars(with = "String")]
    valid_until: Spanned<String>,
    #[serde(default)]
    records: Vec<String>,
    /// Where the evidence is kept; for people.
    #[serde(default, rename = "evidence")]
    _evidence: Option<String>,
}

/// Reads a file of attestations; `file` is its name for problems.
///
/// # Errors
/// Whatever makes an answer worthless: nobody who gives it, no date, no end.
pub fn read_attestations(file: &str, text: &str) -> Result<Vec<Attestation>, Problem> {
    let document = Document { file: file.to_owned(), text: text.to_owned() };
    let raw: AttestationsFile = read_yaml("attestation-yaml", file, text)?;
    if raw.schema.value != SCHEMA {
        let what = format!("`{}` is not a schema this version reads here", raw.schema.value);
        let advice = format!("write `schema: {SCHEMA}`");
        return Err(document.problem("attestation-schema", &raw.schema.referenced, what, advice));
    }
    raw.attestations.into_iter().map(|row| read(&document, row.referenced.line(), row.value)).collect()
}

fn read(document: &Document, line: u64, row: AttestationRow) -> Result<Attestation, Problem> {
    let refuse = |at: &Spanned<String>, what: &str, advice: &str| {
        document.problem("attestation-row", &at.referenced, what, advice)
    };
    for said in [&row.by, &row.role] {
        if said.value.trim().is_empty() {
            return Err(refuse(said, "an attestation needs a person and their role", "say who answers"));
        }
    }
    let yes = match row.answer.value.as_str() {
        "yes" | "true" => true,
        "no" | "false" => false,
        _ => return Err(refuse(&row.answer, "this is no answer", "write `yes` or `no`")),
    };
    let day = |written: &Spanned<String>| {
        Stamp::parse(&written.value)
            .ok_or_else(|| refuse(written, "this is no date", "write a day such as 2027-03-31"))
    };
    let (on, valid_until) = (day(&row.on)?, day(&row.valid_until)?);
    if valid_until.seconds <= on.seconds {
        let advice = "name a day after the one it was given on";
        return Err(refuse(&row.valid_until, "the attestation lapses before it begins", advice));
    }
    Ok(Attestation {
        rule: row.rule.value,
        yes,
        role: row.role.value,
        on,
        valid_until,
        records: row.records,
        place: format!("{}:{line}", document.file),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "schema: olvido/attestations/v1\nattestations:\n  - rule: a/b\n    answer: yes\n    by: A. Person\n    role: DPO\n    on: 2026-01-01\n    valid_until: 2027-01-01\n";

    #[test]
    fn an_answer_holds_from_its_day_until_its_end() {
        let read = read_attestations("a.yaml", GOOD).unwrap();
        let at = |day: &str| read[0].holds(Stamp::parse(day).unwrap().seconds);
        assert!(read[0].yes && read[0].place == "a.yaml:3");
        assert!(!at("2025-12-31") && at("2026-01-01") && at("2026-12-31") && !at("2027-01-01"));
    }

    #[test]
    fn what_makes_it_worthless_is_refused_with_its_line() {
        for (from, to, line) in [
            ("by: A. Person", "by: ' '", 5),
            ("role: DPO", "role: ''", 6),
            ("answer: yes", "answer: perhaps", 4),
            ("on: 2026-01-01", "on: last spring", 7),
            ("2027-01-01", "2026-01-01", 8),
        ] {
            let problem = read_attestations("a.yaml", &GOOD.replace(from, to)).unwrap_err();
            assert_eq!(problem.code, "attestation-row", "{to}");
            assert_eq!(problem.at.map(|at| at.line), Some(line), "{to}");
        }
        for (from, to) in
            [("    by: A. Person\n", ""), ("    valid_until: 2027-01-01\n", ""), ("rule:", "rulle:")]
        {
            assert_eq!(
                read_attestations("a.yaml", &GOOD.replace(from, to)).unwrap_err().code,
                "attestation-yaml"
            );
        }
    }
}
