//! The rows of all rule files together, and what choices say of them.

use serde_saphyr::Spanned;

use super::attestation::Attestation;
use super::document::Document;
use super::pack::is_country;
use super::settings::Selection;
use super::source::{RawRule, read_rules};
use super::suggest;
use crate::problem::Problem;

/// Order of problems: files as they were given, lines, then what has no place.
pub(super) fn place(problem: &Problem, order: &[&str]) -> (usize, u64, u64) {
    match &problem.at {
        Some(at) => {
            let file = order.iter().position(|file| *file == at.file).unwrap_or(order.len());
            (file, at.line, at.column)
        }
        None => (usize::MAX, 0, 0),
    }
}

/// All rows, each with the position of its file; an id that stands twice is a problem.
pub(super) fn rows(documents: &[Document], problems: &mut Vec<Problem>) -> Vec<(usize, Spanned<RawRule>)> {
    let mut rows: Vec<(usize, Spanned<RawRule>)> = Vec::new();
    for (at, document) in documents.iter().enumerate() {
        let read = match read_rules(document) {
            Ok(read) => read,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        for row in read {
            let id = &row.value.id;
            if let Some((first, earlier)) = rows.iter().find(|(_, known)| known.value.id.value == id.value) {
                let file = documents.get(*first).map_or("", |document| document.file.as_str());
                problems.push(document.problem(
                    "policy-duplicate",
                    &id.referenced,
                    format!("`{}` is already at {file}:{}", id.value, earlier.referenced.line()),
                    "give it another id: ids are never used twice",
                ));
            }
            rows.push((at, row));
        }
    }
    rows
}

/// Jurisdictions are codes, and adopted parameters belong to rules that exist.
pub(super) fn check_choices(
    selection: &Selection,
    rows: &[(usize, Spanned<RawRule>)],
    problems: &mut Vec<Problem>,
) {
    for country in selection.jurisdictions.iter().chain(&selection.countries) {
        if !is_country(country) {
            let what = format!("`{country}` is no country code");
            problems.push(Problem::new(
                "policy-jurisdiction",
                what,
                "write ISO 3166 codes in lower case: es, fr, de",
            ));
        }
    }
    let of_rules = |answer: &&Attestation| !answer.rule.starts_with("checklist/");
    for answer in selection.attestations.iter().filter(of_rules) {
        let row = rows.iter().find(|(_, row)| row.value.id.value == answer.rule).map(|(_, row)| &row.value);
        let (what, advice) = match row {
            None => {
                let ids =
                    rows.iter().filter(|(_, row)| row.value.asks).map(|(_, row)| row.value.id.value.as_str());
                (format!("there is no rule `{}`", answer.rule), suggest::instead(&answer.rule, ids))
            }
            Some(row) if !row.asks => (
                format!("{} is judged by evidence, not by an answer", answer.rule),
                String::from("supply the evidence; a waiver is what excuses a failed rule"),
            ),
            Some(row) if row.kinds.value.is_run() == answer.records.is_empty() => continue,
            Some(_) => (
                format!("the attestation of {} and its `records` do not fit", answer.rule),
                String::from("name the records of a rule on records, and none of a rule on the run"),
            ),
        };
        problems.push(Problem::new("policy-attestation", format!("{}: {what}", answer.place), advice));
    }
    for adopted in &selection.adopted {
        let Some((_, row)) = rows.iter().find(|(_, row)| row.value.id.value == adopted.rule) else {
            let ids = rows.iter().map(|(_, row)| row.value.id.value.as_str());
            let advice = suggest::instead(&adopted.rule, ids);
            problems.push(Problem::new(
                "policy-param",
                format!("there is no rule `{}`", adopted.rule),
                advice,
            ));
            continue;
        };
        let params = &row.value.params.0;
        if !params.iter().any(|(name, _)| name.value == adopted.param) {
            let advice = suggest::instead(&adopted.param, params.iter().map(|(name, _)| name.value.as_str()));
            let what = format!("{} has no parameter `{}`", adopted.rule, adopted.param);
            problems.push(Problem::new("policy-param", what, advice));
        }
    }
}
