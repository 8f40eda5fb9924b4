//! Rule files and packs as they are written: `olvido/policy/v1` and `olvido/pack/v1`.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::suggest;
use crate::findings::Severity;
use crate::problem::{Problem, SourcePosition, read_yaml, yaml_position};

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
    pub kinds: OneOrMany,
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
    pub when: Spanned<String>,
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

/// `ticket` or `[ticket, comment]`.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(Spanned<String>),
    Many(Vec<Spanned<String>>),
}

impl OneOrMany {
    pub fn iter(&self) -> impl Iterator<Item = &Spanned<String>> {
        match self {
            Self::One(one) => std::slice::from_ref(one).iter(),
            Self::Many(many) => many.iter(),
        }
    }
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
}

/// A mapping whose keys have their places, in the order of the file.
#[derive(Clone)]
pub(super) struct Pairs<T>(pub Vec<(Spanned<String>, Spanned<T>)>);

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for PairsVisitor<T> {
            type Value = Pairs<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a mapping")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor(std::marker::PhantomData))
    }
}

/// A plain YAML value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Yaml {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct YamlVisitor;
        impl<'de> Visitor<'de> for YamlVisitor {
            type Value = Yaml;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<Yaml, E> {
                Ok(Yaml::Null)
            }
            fn visit_none<E>(self) -> Result<Yaml, E> {
                Ok(Yaml::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Yaml, E> {
                Ok(Yaml::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Yaml, E> {
                Ok(Yaml::Int(value))
            }
            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Yaml, E> {
                i64::try_from(value).map(Yaml::Int).map_err(|_| E::custom("number too large"))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Yaml, E> {
                Ok(Yaml::Float(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Yaml, E> {
                Ok(Yaml::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Yaml, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = seq.next_element()? {
                    list.push(value);
                }
                Ok(Yaml::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Yaml, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Yaml::Map(pairs))
            }
        }
        deserializer.deserialize_any(YamlVisitor)
    }
}

/// A file's name and text, for positions.
#[derive(Clone)]
pub(super) struct Document {
    pub file: String,
    pub text: String,
}

impl Document {
    pub fn position(&self, location: &Location) -> SourcePosition {
        yaml_position(&self.file, &self.text, location)
    }

    /// A problem at a location.
    pub fn problem(
        &self,
        code: &'static str,
        location: &Location,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Problem {
        Problem::new(code, what, advice).at(self.position(location))
    }

    /// Position of a character of a scalar. `offset` counts the scalar's characters as they were
    /// decoded; where it cannot be found again (escapes by number), the scalar's beginning.
    ///
    /// Folding and indentation only change white space: the other characters are met in order.
    pub fn inside(&self, scalar: &Spanned<String>, offset: usize) -> SourcePosition {
        let start = self.position(&scalar.referenced);
        let Some(raw) = self.from(start.line, start.column) else { return start };
        match aligned(raw, &scalar.value, offset) {
            Some((lines, column)) => {
                let line = start.line + lines;
                let column = if lines == 0 { start.column + column } else { column + 1 };
                let text = usize::try_from(line - 1).ok().and_then(|at| self.text.lines().nth(at));
                SourcePosition { file: start.file, line, column, text: text.unwrap_or("").to_owned() }
            }
            None => start,
        }
    }

    /// The text from a line and column on.
    fn from(&self, line: u64, column: u64) -> Option<&str> {
        let mut rest = self.text.as_str();
        for _ in 1..line {
            rest = rest.split_once('\n')?.1;
        }
        let skipped = usize::try_from(column - 1).ok()?;
        let at = rest.char_indices().nth(skipped).map_or(rest.len(), |(at, _)| at);
        rest.get(at..)
    }
}

/// Lines and columns from the beginning of `raw`, where the scalar starts, to its decoded character
/// number `offset`.
fn aligned(raw: &str, decoded: &str, offset: usize) -> Option<(u64, u64)> {
    let mut chars = raw.chars().peekable();
    let (mut line, mut column) = (0, 0);
    let opener = chars.peek().copied();
    if matches!(opener, Some('>' | '|')) {
        // The indicator of a block scalar ends with its line.
        chars.by_ref().find(|c| *c == '\n')?;
        (line, column) = (1, 0);
    } else if matches!(opener, Some('\'' | '"')) {
        chars.next();
        column = 1;
    }
    let mut wanted = decoded.chars().enumerate().filter(|(_, c)| !c.is_whitespace());
    let (mut number, mut next) = wanted.next()?;
    let mut skipped_quote = false;
    for raw in chars {
        if raw == next && (opener != Some('\'') || raw != '\'' || skipped_quote) {
            skipped_quote = false;
            if number >= offset {
                return Some((line, column));
            }
            match wanted.next() {
                Some(following) => (number, next) = following,
                // The place is behind the last character.
                None => return Some((line, column + 1)),
            }
        } else if raw == '\'' && opener == Some('\'') {
            skipped_quote = true;
        } else if !raw.is_whitespace() && raw != '\\' {
            return None;
        }
        (line, column) = if raw == '\n' { (line + 1, 0) } else { (line, column + 1) };
    }
    None
}

/// Reads a rule file; an unknown `schema` is one problem.
pub(super) fn read_rules(document: &Document) -> Result<Vec<Spanned<RawRule>>, Problem> {
    let file: RuleFile =
        read_yaml("policy-yaml", &document.file, &document.text).map_err(suggest_key)?;
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

    #[derive(Deserialize)]
    struct Row {
        when: Spanned<String>,
    }

    /// Where the word `here` of the scalar stands, as (line, column).
    fn place(text: &str) -> (u64, u64) {
        let row: Row = read_yaml("row", "row.yaml", text).unwrap();
        let offset = row.when.value.find("here").map(|at| row.when.value[..at].chars().count()).unwrap();
        let document = Document { file: "row.yaml".into(), text: text.into() };
        let at = document.inside(&row.when, offset);
        assert!(at.text.chars().skip(at.column as usize - 1).collect::<String>().starts_with("here"), "{at:?}");
        (at.line, at.column)
    }

    #[test]
    fn a_place_in_a_scalar_is_found_in_the_file() {
        assert_eq!(place("when: a == here\n"), (1, 12));
        assert_eq!(place("when: 'a == ''b'' && here'\n"), (1, 22));
        assert_eq!(place("when: \"a == \\\"b\\\" && here\"\n"), (1, 22));
        assert_eq!(place("when: >-\n  ñ.a == 'x'\n    && here\n  && b\n"), (3, 8));
        assert_eq!(place("when: |\n  a ==\n  here\n"), (3, 3));
        assert_eq!(place("when: a\n  && here\n"), (2, 6));
    }

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
