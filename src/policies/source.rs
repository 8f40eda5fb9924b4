//! Rule files and packs as they are written: `olvido/policy/v1` and `olvido/pack/v1`.

use schemars::JsonSchema;
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
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    #[schemars(with = "String")]
    schema: Spanned<String>,
    #[schemars(with = "Vec<RawRule>")]
    rules: Vec<Spanned<RawRule>>,
}

/// A rule as its row says it.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    #[schemars(with = "String")]
    pub pack: Spanned<String>,
    pub title: String,
    #[serde(rename = "on")]
    #[schemars(with = "OneOrMany")]
    pub kinds: Spanned<OneOrMany>,
    pub severity: Severity,
    /// Severity while a proposed parameter has not been adopted.
    #[serde(default)]
    pub severity_proposed: Option<Severity>,
    #[serde(default)]
    pub severity_when: Vec<RawSeverity>,
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub needs: Vec<Spanned<String>>,
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub optional: Vec<Spanned<String>>,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub scope: Option<Spanned<String>>,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub when: Option<Spanned<String>>,
    /// No machine can judge it: where the condition holds, or always, a person must answer.
    #[serde(default)]
    pub asks: bool,
    /// The stamp a retention period runs from.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub clock: Option<Spanned<String>>,
    #[serde(default)]
    pub params: Pairs<RawParam>,
    #[serde(default)]
    pub overrides: Vec<RawOverride>,
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub refs: Vec<Spanned<String>>,
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub dpv: Vec<Spanned<String>>,
    pub remedy: RawRemedy,
    pub help: String,
    #[schemars(with = "String")]
    pub message: Spanned<String>,
    #[schemars(with = "Vec<RawTest>")]
    pub tests: Spanned<Vec<Spanned<RawTest>>>,
    /// Why no test can be open.
    #[serde(default)]
    pub no_open: Option<String>,
    pub status: RuleStatus,
    pub since: String,
}

/// How far a rule has come.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
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
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSeverity {
    #[serde(rename = "if")]
    #[schemars(with = "String")]
    pub condition: Spanned<String>,
    pub severity: Severity,
}

/// A bound or list a rule can be set with.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParam {
    #[serde(rename = "type")]
    #[schemars(with = "String")]
    pub param_type: Spanned<String>,
    #[schemars(with = "Yaml")]
    pub default: Spanned<Yaml>,
    #[serde(default)]
    #[schemars(with = "Option<Yaml>")]
    pub min: Option<Spanned<Yaml>>,
    #[serde(default)]
    #[schemars(with = "Option<Yaml>")]
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
#[derive(Clone, Copy, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stricter {
    /// The smaller or shorter one.
    Less,
    /// The greater or longer one.
    More,
}

/// Parameters of a jurisdiction.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOverride {
    #[schemars(with = "String")]
    pub jurisdiction: Spanned<String>,
    pub params: Pairs<Yaml>,
    /// The law or authority; shown by `explain`.
    pub source: String,
}

/// What may be done about a fail.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRemedy {
    #[schemars(with = "Vec<String>")]
    pub offer: Vec<Spanned<String>>,
    #[schemars(with = "String")]
    pub default: Spanned<String>,
    pub note: String,
}

/// A record and the verdict it must get, by default parameters and at 22 November 2026, 00:00 UTC.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTest {
    pub rec: Pairs<Yaml>,
    #[schemars(with = "String")]
    pub expect: Spanned<String>,
    /// Severity the fail must have.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Text the message must be, with the id as `{rec.id}`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub message: Option<Spanned<String>>,
    /// Kind of the record, where the rule is on several.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub on: Option<Spanned<String>>,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub as_of: Option<Spanned<String>>,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub jurisdiction: Option<Spanned<String>>,
    #[serde(default)]
    pub params: Pairs<Yaml>,
}

/// A pack.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPack {
    #[schemars(with = "String")]
    pub schema: Spanned<String>,
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    pub title: String,
    pub about: String,
    /// Used when no pack is named.
    #[serde(default)]
    pub default: bool,
    /// The country whose law it is, as its ISO 3166 code in lower case: records of sources of other countries
    /// are not judged by it, and those of its own are, whether it is named or not.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub jurisdiction: Option<Spanned<String>>,
    /// Families (`retention`) and rules (`retention/ticket-expired`).
    #[schemars(with = "Vec<String>")]
    pub rules: Vec<Spanned<String>>,
    /// Parameters it sets.
    #[serde(default)]
    pub set: Vec<RawSetting>,
    /// Severities it raises.
    #[serde(default)]
    pub raise: Vec<RawRaise>,
}

/// A parameter as a pack sets it.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSetting {
    #[schemars(with = "String")]
    pub rule: Spanned<String>,
    #[schemars(with = "String")]
    pub param: Spanned<String>,
    #[schemars(with = "Yaml")]
    pub value: Spanned<Yaml>,
    /// Who says so.
    #[schemars(with = "String")]
    pub source: Spanned<String>,
    /// It is less strict than what is in force without it, and that is meant.
    #[serde(default)]
    pub loosens: bool,
}

/// A severity as a pack raises it.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRaise {
    #[schemars(with = "String")]
    pub rule: Spanned<String>,
    pub severity: Severity,
    /// Who says so.
    #[schemars(with = "String")]
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
