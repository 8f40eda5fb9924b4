//! What the user's `olvido.yaml` says: what to leave out, and which gaps are accepted until when.

use std::path::PathBuf;

use globset::{Glob, GlobMatcher};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::lists::{EntryRow, Lists, OwnRow};
use crate::problem::{Problem, SourcePosition, read_yaml, yaml_position};
use crate::records::{Category, Gap, GapClass, Stamp};

/// The file as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    #[schemars(with = "String")]
    schema: Spanned<String>,
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    ignore: Vec<Spanned<String>>,
    #[serde(default)]
    accept_gaps: Vec<AcceptanceRow>,
    #[serde(default)]
    packs: Vec<String>,
    #[serde(default)]
    jurisdictions: Vec<String>,
    #[serde(default)]
    own: OwnRow,
    #[serde(default)]
    allow: Vec<EntryRow>,
    #[serde(default)]
    deny: Vec<EntryRow>,
    #[serde(default)]
    sources: Vec<SourceRow>,
    #[serde(default)]
    schedule: Option<String>,
    #[serde(default)]
    holds: Option<String>,
    #[serde(default)]
    suppression: Option<String>,
    #[serde(default)]
    waivers: Option<String>,
    #[serde(default)]
    attestations: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceRow {
    #[schemars(with = "String")]
    path: Spanned<String>,
    #[serde(default)]
    system: Option<String>,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    kind: Option<Spanned<String>>,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    jurisdiction: Option<Spanned<String>>,
}

/// Something the project reads.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it lies, from the folder of the configuration file.
    pub path: String,
    /// The helpdesk it came from; for people, since readers see for themselves.
    pub system: Option<String>,
    /// The country whose law applies, as its ISO 3166 code in lower case.
    pub jurisdiction: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptanceRow {
    #[schemars(with = "String")]
    path: Spanned<String>,
    #[schemars(with = "Option<String>")]
    class: Option<Spanned<String>>,
    code: Option<String>,
    #[schemars(with = "String")]
    reason: Spanned<String>,
    #[schemars(with = "String")]
    who: Spanned<String>,
    #[schemars(with = "String")]
    until: Spanned<String>,
}

/// A gap that is known and accepted: for which paths, why, by whom, until when.
struct Acceptance {
    path: GlobMatcher,
    class: Option<GapClass>,
    code: Option<String>,
    who: String,
    until: Stamp,
    until_text: String,
}

/// What `olvido.yaml` says. An absent file says nothing.
#[derive(Default)]
pub struct Config {
    ignore: Vec<GlobMatcher>,
    acceptances: Vec<Acceptance>,
    /// Values the user speaks for.
    pub(super) lists: Lists,
    /// Packs to use where the command line names none.
    pub packs: Vec<String>,
    /// Countries declared where the command line names none.
    pub jurisdictions: Vec<String>,
    /// What is read where the command line names nothing.
    pub sources: Vec<Source>,
    /// Where walks meet the sources: beginnings of paths, and positions in `sources`.
    pub places: Vec<(PathBuf, u16)>,
    /// The retention schedule, as a path from the folder of the configuration file.
    pub schedule: Option<String>,
    /// Holds, as a path from there.
    pub holds: Option<String>,
    /// People who were erased, as a path from there.
    pub suppression: Option<String>,
    /// Waivers and dismissals, as a path from there.
    pub waivers: Option<String>,
    /// Attestations, as a path from there.
    pub attestations: Option<String>,
}

impl Config {
    /// The whole values that must be found, with what they are.
    pub(crate) fn denied(&self) -> impl Iterator<Item = (Category, String)> {
        self.lists.denied()
    }

    /// JSON Schema of the file, for editors.
    pub fn json_schema() -> String {
        let schema = schemars::schema_for!(ConfigFile);
        serde_json::to_string_pretty(&schema).unwrap_or_default()
    }

    /// The schema this version reads.
    pub const SCHEMA: &'static str = "olvido/config/v1";

    /// Reads a configuration file; `file` is its name for problems.
    pub fn read(file: &str, text: &str) -> Result<Config, Problem> {
        let raw: ConfigFile = read_yaml("config-yaml", file, text)?;
        let place = |at: &serde_saphyr::Location| yaml_position(file, text, at);
        if raw.schema.value != Self::SCHEMA {
            return Err(Problem::new(
                "config-schema",
                "this schema is not known",
                format!("write `schema: {}`", Self::SCHEMA),
            )
            .at(place(&raw.schema.referenced)));
        }
        let mut config = Config {
            packs: raw.packs,
            jurisdictions: raw.jurisdictions,
            schedule: raw.schedule,
            holds: raw.holds,
            suppression: raw.suppression,
            waivers: raw.waivers,
            attestations: raw.attestations,
            ..Config::default()
        };
        for row in raw.sources {
            config.sources.push(row.check(&place)?);
        }
        config.lists = Lists::read(raw.own, raw.allow, raw.deny, &place)?;
        for pattern in &raw.ignore {
            config.ignore.push(glob(&pattern.value, place(&pattern.referenced))?);
        }
        for row in raw.accept_gaps {
            config.acceptances.push(row.check(&place)?);
        }
        Ok(config)
    }

    /// Countries of the sources.
    pub fn of_sources(&self) -> Vec<String> {
        let mut countries: Vec<String> =
            self.sources.iter().filter_map(|source| source.jurisdiction.clone()).collect();
        countries.sort_unstable();
        countries.dedup();
        countries
    }

    /// Whether a path is left out.
    pub fn ignores(&self, path: &str) -> bool {
        self.ignore.iter().any(|pattern| pattern.is_match(path))
    }

    /// Who accepted this gap and until when, if anyone did and the day has not come.
    pub fn accepts(&self, path: &str, gap: &Gap, now: Stamp) -> Option<String> {
        let acceptance = self.acceptances.iter().find(|one| {
            one.path.is_match(path)
                && one.class.is_none_or(|class| class == gap.class)
                && one.code.as_deref().is_none_or(|code| code == gap.code)
                && now.seconds < one.until.seconds
        })?;
        Some(format!("{} until {}", acceptance.who, acceptance.until_text))
    }
}

impl SourceRow {
    fn check(self, place: &dyn Fn(&serde_saphyr::Location) -> SourcePosition) -> Result<Source, Problem> {
        let refuse = |at: &Spanned<String>, what: &str, advice: &str| {
            Err(Problem::new("config-source", what, advice).at(place(&at.referenced)))
        };
        if self.path.value.trim().is_empty() {
            return refuse(&self.path, "a source needs a path", "name a folder or a file");
        }
        let kinds = ["archive", "registers", "export", "knowledge-base"];
        if let Some(kind) = self.kind.as_ref().filter(|kind| !kinds.contains(&kind.value.as_str())) {
            let advice = "write archive, registers, export or knowledge-base";
            return refuse(kind, "there is no such kind of source", advice);
        }
        let code = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase());
        if let Some(country) = self.jurisdiction.as_ref().filter(|country| !code(&country.value)) {
            return refuse(
                country,
                "this is no country",
                "write its ISO 3166 code in lower case, such as es",
            );
        }
        Ok(Source {
            path: self.path.value,
            system: self.system,
            jurisdiction: self.jurisdiction.map(|country| country.value),
        })
    }
}

impl AcceptanceRow {
    fn check(self, place: &dyn Fn(&serde_saphyr::Location) -> SourcePosition) -> Result<Acceptance, Problem> {
        let path = glob(&self.path.value, place(&self.path.referenced))?;
        let class = match &self.class {
            None => None,
            Some(name) => {
                let found = GapClass::ALL.into_iter().find(|class| class.name() == name.value);
                Some(found.ok_or_else(|| {
                    Problem::new(
                        "config-gap-class",
                        "no class of gaps has this name",
                        "write one of unread, encrypted, limit, fault, by-nature",
                    )
                    .at(place(&name.referenced))
                })?)
            }
        };
        for said in [&self.reason, &self.who] {
            if said.value.trim().is_empty() {
                return Err(Problem::new(
                    "config-empty",
                    "an accepted gap needs a reason and a person",
                    "write them out",
                )
                .at(place(&said.referenced)));
            }
        }
        let until = Stamp::parse(&self.until.value).ok_or_else(|| {
            Problem::new(
                "config-date",
                "this is no date",
                "write the day the acceptance ends, such as 2027-03-31",
            )
            .at(place(&self.until.referenced))
        })?;
        Ok(Acceptance {
            path,
            class,
            code: self.code,
            who: self.who.value,
            until,
            until_text: self.until.value,
        })
    }
}

fn glob(pattern: &str, at: SourcePosition) -> Result<GlobMatcher, Problem> {
    Glob::new(pattern).map(|glob| glob.compile_matcher()).map_err(|error| {
        Problem::new(
            "config-pattern",
            format!("this is no pattern: {}", error.kind()),
            "write a path pattern such as attachments/**/*.log",
        )
        .at(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "schema: olvido/config/v1\nignore: ['**/*.log']\naccept_gaps:\n  - {path: 'a/**', class: encrypted, reason: old scans, who: dpo, until: 2027-01-01}\n";

    #[test]
    fn patterns_and_acceptances_apply_until_their_day() {
        let config = Config::read("olvido.yaml", GOOD).ok().unwrap();
        assert!(config.ignores("x/y.log") && !config.ignores("x/y.txt"));
        let gap = Gap::new(GapClass::Encrypted, "encrypted", "");
        let before = Stamp::parse("2026-12-31").unwrap();
        let after = Stamp::parse("2027-01-01").unwrap();
        assert_eq!(config.accepts("a/b.zip", &gap, before).as_deref(), Some("dpo until 2027-01-01"));
        assert_eq!(config.accepts("a/b.zip", &gap, after), None);
        assert_eq!(config.accepts("c/b.zip", &gap, before), None);
        assert_eq!(config.accepts("a/b.zip", &Gap::new(GapClass::Fault, "x", ""), before), None);
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let cases = [
            ("schema: other\n", "config-schema", 1),
            ("schema: olvido/config/v1\nignor: []\n", "config-yaml", 2),
            ("schema: olvido/config/v1\nignore: ['a[']\n", "config-pattern", 2),
            (
                "schema: olvido/config/v1\naccept_gaps:\n  - {path: a, reason: r, who: w, until: soon}\n",
                "config-date",
                3,
            ),
            (
                "schema: olvido/config/v1\naccept_gaps:\n  - {path: a, class: x, reason: r, who: w, until: 2027-01-01}\n",
                "config-gap-class",
                3,
            ),
            (
                "schema: olvido/config/v1\naccept_gaps:\n  - {path: a, reason: '', who: w, until: 2027-01-01}\n",
                "config-empty",
                3,
            ),
        ];
        for (text, code, line) in cases {
            let problem = Config::read("olvido.yaml", text).err().unwrap();
            assert_eq!((problem.code, problem.at.map(|at| at.line)), (code, Some(line)), "{text}");
        }
    }
}
