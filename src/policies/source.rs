//! Rule files and packs as they are written: `olvido/policy/v1` and `olvido/pack/v1`.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::document::Document;
use super::suggest;
use super::yaml::{OneOrMany, Pairs, Yaml};
use crate::findings::Severity;
use crate::problem::{Problem, read_yaml};

/// Version of the shape of rule files.
pub(super) const POLICY_SCHEMA: &str = "olvido/policy/v1";
/// Version of the shape of packs.
pub(super) const PACK_SCHEMA: &str = "olvido/pack/v1";

/// A rule file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    schema: Spanned<String>,
    rules: Vec<Spanned<RawRule>>,
}

/// A rule as its row says it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub id: Spanned<String>,
    pub pack: Spanned<String>,
    pub title: String,
    #[serde(rename = "on")]
    pub kinds: Spanned<OneOrMany>,
    pub severity: Severity,
    /// Severity while a proposed parameter has not been adopted.
    #[serde(default)]
    pub severity_proposed: Option<Severity>,
    #[serde(default)]
    pub severity_when: Vec<RawSeverity>,
    #[serde(default)]
    pub needs: Vec<Spanned<String>>,
    #[serde(default)]
    pub optional: Vec<Spanned<String>>,
    #[serde(default)]
    pub scope: Option<Spanned<String>>,
    #[serde(default)]
    pub when: Option<Spanned<String>>,
    /// No machine can judge it: where the condition holds, or always, a person must answer.
    #[serde(default)]
    pub asks: bool,
    /// The stamp a retention period runs from.
    #[serde(default)]
    pub clock: Option<Spanned<String>>,
    #[serde(default)]
    pub params: Pairs<RawParam>,
    #[serde(default)]
    pub overrides: Vec<RawOverride>,
    #[serde(default)]
    pub refs: Vec<Spanned<String>>,
    #[serde(default)]
    pub dpv: Vec<Spanned<String>>,
    pub remedy: RawRemedy,
    pub help: String,
    pub message: Spanned<String>,
    pub tests: Spanned<Vec<Spanned<RawTest>>>,
    /// Why no test can be open.
    #[serde(default)]
    pub no_open: Option<String>,
    pub status: RuleStatus,
    pub since: String,
}

/// How far a rule has come.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RuleStatus {
    /// May still change its meaning.
    Experimental,
    /// Keeps its meaning within a major version.
    Stable,
    /// Will go; its id stays taken.
    Deprecated,
}

/// Another severity where a condition holds; the first one that does decides.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSeverity {
    #[serde(rename = "if")]
    pub condition: Spanned<String>,
    pub severity: Severity,
}

/// A bound or list a rule can be set with.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParam {
    #[serde(rename = "type")]
    pub param_type: Spanned<String>,
    pub default: Spanned<Yaml>,
    #[serde(default)]
    pub min: Option<Spanned<Yaml>>,
    #[serde(default)]
    pub max: Option<Spanned<Yaml>>,
    /// Who says so.
    pub source: String,
    /// Which of two jurisdictions' values is the stricter one.
    #[serde(default)]
    pub stricter: Option<Stricter>,
    /// olvido's own proposal, until somebody adopts a value.
    #[serde(default)]
    pub proposed: bool,
}

/// Which of two values is the stricter one.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stricter {
    /// The smaller or shorter one.
    Less,
    /// The greater or longer one.
    More,
}

/// Parameters of a jurisdiction.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOverride {
    pub jurisdiction: Spanned<String>,
    pub params: Pairs<Yaml>,
    /// The law or authority; shown by `explain`.
    pub source: String,
}

/// What may be done about a fail.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRemedy {
    pub offer: Vec<Spanned<String>>,
    pub default: Spanned<String>,
    pub note: String,
}

/// A record and the verdict it must get, by default parameters and at 22 November 2026, 00:00 UTC.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTest {
    pub rec: Pairs<Yaml>,
    pub expect: Spanned<String>,
    /// Severity the fail must have.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Text the message must be, with the id as `{rec.id}`.
    #[serde(default)]
    pub message: Option<Spanned<String>>,
    /// Kind of the record, where the rule is on several.
    #[serde(default)]
    pub on: Option<Spanned<String>>,
    #[serde(default)]
    pub as_of: Option<Spanned<String>>,
    #[serde(default)]
    pub jurisdiction: Option<Spanned<String>>,
    #[serde(default)]
    pub params: Pairs<Yaml>,
}

/// A pack.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPack {
    pub schema: Spanned<String>,
    pub id: Spanned<String>,
    pub title: String,
    pub about: String,
    /// Used when no pack is named.
    #[serde(default)]
    pub default: bool,
    /// Families (`retention`) and rules (`retention/ticket-expired`).
    pub rules: Vec<Spanned<String>>,
    /// Parameters it sets.
    #[serde(default)]
    pub set: Vec<RawSetting>,
    /// Severities it raises.
    #[serde(default)]
    pub raise: Vec<RawRaise>,
}

/// A parameter as a pack sets it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSetting {
    pub rule: Spanned<String>,
    pub param: Spanned<String>,
    pub value: Spanned<Yaml>,
    /// Who says so.
    pub source: Spanned<String>,
    /// It is less strict than what is in force without it, and that is meant.
    #[serde(default)]
    pub loosens: bool,
}

/// A severity as a pack raises it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRaise {
    pub rule: Spanned<String>,
    pub severity: Severity,
    /// Who says so.
    pub source: Spanned<String>,
}

/// Reads a rule file; an unknown `schema` is one problem.
pub(super) fn read_rules(document: &Document) -> Result<Vec<Spanned<RawRule>>, Problem> {
    let file: RuleFile = read_yaml("policy-yaml", &document.file, &document.text).map_err(suggest_key)?;
    check_schema(document, &file.schema, POLICY_SCHEMA)?;
    Ok(file.rules)
}

/// Reads a pack.
pub(super) fn read_pack(document: &Document) -> Result<RawPack, Problem> {
    let pack: RawPack = read_yaml("policy-yaml", &document.file, &document.text).map_err(suggest_key)?;
    check_schema(document, &pack.schema, PACK_SCHEMA)?;
    Ok(pack)
}

fn check_schema(document: &Document, found: &Spanned<String>, wanted: &str) -> Result<(), Problem> {
    if found.value == wanted {
        return Ok(());
    }
    Err(document.problem(
        "policy-schema",
        &found.referenced,
        format!("`{}` is not a schema this version reads here", found.value),
        format!("write `schema: {wanted}`"),
    ))
}

/// Adds the nearest known key to "unknown field `a`, expected one of b, c".
fn suggest_key(mut problem: Problem) -> Problem {
    let what = problem.what.clone();
    let Some(at) = what.find("unknown field `") else { return problem };
    let Some(found) = what.get(at..).and_then(|rest| rest.split('`').nth(1)) else { return problem };
    let known = what.split_once("expected one of ").or_else(|| what.split_once("expected "));
    let names = known.map_or("", |(_, names)| names).split(", ").map(|name| name.trim_matches(['`', ' ']));
    problem.advice = suggest::instead(found, names.filter(|name| !name.is_empty()));
    problem.what = format!("there is no key `{found}` here");
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_told_with_the_nearest_known_one() {
        let document = Document {
            file: "x.yaml".into(),
            text: "schema: olvido/pack/v1\nid: a\ntitle: b\nabuot: c\nrules: []\n".into(),
        };
        let problem = read_pack(&document).map(|_| ()).unwrap_err();
        assert_eq!(problem.at.unwrap().line, 4);
        assert_eq!(problem.advice, "did you mean `about`?");
    }
}
