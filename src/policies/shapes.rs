//! Words of fixed shapes in rows: ids, legal references, vocabulary terms, remedies.

use super::compiler::Compiler;
use super::pack::is_country;
use super::suggest;
use crate::problem::Problem;

/// Remedies the program knows.
const REMEDIES: [&str; 8] = ["redact", "pseudonymise", "seal", "shred", "purge", "chmod", "encrypt", "none"];

impl Compiler<'_> {
    /// Checks every word of a fixed shape, and that nothing people read is empty.
    pub(crate) fn check_shapes(&self, problems: &mut Vec<Problem>) {
        self.check_id(problems);
        self.check_grounds(problems);
        self.check_remedy(problems);
        let row = self.row;
        for (place, text) in [("title", &row.title), ("help", &row.help), ("since", &row.since)] {
            if text.trim().is_empty() {
                problems.push(self.problem(
                    &row.id,
                    "policy-text",
                    format!("`{place}` is empty"),
                    "say it: people decide by it",
                ));
            }
        }
    }

    fn check_id(&self, problems: &mut Vec<Problem>) {
        let id = &self.row.id;
        if !is_rule_id(&id.value) {
            let what = format!("`{}` is no rule id", id.value);
            problems.push(self.problem(id, "policy-id", what, "write family/kebab-name"));
        }
        for other in &self.row.overrides {
            let country = &other.jurisdiction;
            if !is_country(&country.value) {
                let what = format!("`{}` is no country code", country.value);
                let advice = "write ISO 3166 codes in lower case: es, fr, de";
                problems.push(self.problem(country, "policy-jurisdiction", what, advice));
            }
        }
    }

    fn check_grounds(&self, problems: &mut Vec<Problem>) {
        for reference in &self.row.refs {
            if !reference
                .value
                .split_once(':')
                .is_some_and(|(law, place)| !law.is_empty() && !place.is_empty())
            {
                let what = format!("`{}` is no reference", reference.value);
                problems.push(self.problem(
                    reference,
                    "policy-ref",
                    what,
                    "write LAW:place, such as GDPR:5(1)(e)",
                ));
            }
        }
        for term in &self.row.dpv {
            if !["dpv:", "pd:", "eu-gdpr:"].iter().any(|prefix| term.value.starts_with(prefix)) {
                let what = format!("`{}` is no term of the Data Privacy Vocabulary", term.value);
                let advice = "write it with its prefix: dpv:, pd: or eu-gdpr:";
                problems.push(self.problem(term, "policy-dpv", what, advice));
            }
        }
    }

    fn check_remedy(&self, problems: &mut Vec<Problem>) {
        let remedy = &self.row.remedy;
        for word in remedy.offer.iter().chain([&remedy.default]) {
            if !REMEDIES.contains(&word.value.as_str()) {
                let what = format!("there is no remedy `{}`", word.value);
                problems.push(self.problem(
                    word,
                    "policy-remedy",
                    what,
                    suggest::instead(&word.value, REMEDIES),
                ));
            }
        }
        if !remedy.offer.iter().any(|offered| offered.value == remedy.default.value) {
            let what = "the default remedy is not offered";
            problems.push(self.problem(&remedy.default, "policy-remedy", what, "list it under `offer`"));
        }
    }
}

/// `family/kebab-name`.
fn is_rule_id(id: &str) -> bool {
    let kebab = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && !word.ends_with('-')
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    id.split_once('/').is_some_and(|(family, name)| kebab(family) && kebab(name))
}
