//! Checklists: questions in the order an auditor asks them, each answered by rules or by a person.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::document::Document;
use super::rules::RuleSet;
use crate::findings::Severity;
use crate::problem::{Problem, read_yaml};
use crate::records::RecordKind;

/// Version of the shape of checklists.
const SCHEMA: &str = "olvido/checklist/v1";
/// Rules named behind an answer, at most.
const NAMED: usize = 4;

/// Languages a checklist speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// German.
    De,
}

impl Language {
    /// Every language.
    pub const ALL: [Language; 4] = [Self::En, Self::Es, Self::Fr, Self::De];

    /// The language of an ISO 639 code.
    pub fn named(code: &str) -> Option<Language> {
        match code {
            "en" => Some(Self::En),
            "es" => Some(Self::Es),
            "fr" => Some(Self::Fr),
            "de" => Some(Self::De),
            _ => None,
        }
    }
}

/// A text in every language.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Texts {
    en: String,
    es: String,
    fr: String,
    de: String,
}

impl Texts {
    fn of(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Es => &self.es,
            Language::Fr => &self.fr,
            Language::De => &self.de,
        }
    }
}

/// A checklist as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChecklistFile {
    #[schemars(with = "String")]
    schema: Spanned<String>,
    id: String,
    title: Texts,
    /// What one `no` in the first part comes to.
    conclusion: Texts,
    parts: Vec<Part>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    title: Texts,
    lines: Vec<Row>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Row {
    #[schemars(with = "String")]
    id: Spanned<String>,
    ask: Texts,
    /// Families and rules that answer it; where there are none, a person does.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    judged_by: Vec<Spanned<String>>,
}

/// A checklist that fits the rules there are.
pub struct Checklist {
    file: ChecklistFile,
}

/// Answer to one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All its rules have passed, or a person said so.
    Yes,
    /// A rule has failed, or a person said so.
    No,
    /// Evidence or an answer is missing.
    Undecided,
}

/// How often each active rule gave each verdict: fail, open, review, pass, not applicable.
pub type Verdicts = [[u64; 5]];

impl Checklist {
    /// Reads a checklist.
    ///
    /// # Errors
    /// Everything that is wrong with it: rules that do not exist, lines of one id.
    pub fn load(file: &str, text: &str, rules: &RuleSet) -> Result<Checklist, Vec<Problem>> {
        let document = Document { file: file.to_owned(), text: text.to_owned() };
        let raw: ChecklistFile = read_yaml("checklist-yaml", file, text).map_err(|problem| vec![problem])?;
        let mut problems = Vec::new();
        if raw.schema.value != SCHEMA {
            let what = format!("`{}` is not a schema this version reads here", raw.schema.value);
            let advice = format!("write `schema: {SCHEMA}`");
            problems.push(document.problem("checklist-schema", &raw.schema.referenced, what, advice));
        }
        let mut ids: Vec<&str> = Vec::new();
        for row in raw.parts.iter().flat_map(|part| &part.lines) {
            if ids.contains(&row.id.value.as_str()) {
                let what = format!("there is already a line `{}`", row.id.value);
                problems.push(document.problem(
                    "checklist-line",
                    &row.id.referenced,
                    what,
                    "give it another id",
                ));
            }
            ids.push(&row.id.value);
            for name in row.judged_by.iter().filter(|name| !rules.is_rule_or_family(&name.value)) {
                let what = format!("there is no family or rule `{}`", name.value);
                let advice = "`olvido catalogue list` names them";
                problems.push(document.problem("checklist-line", &name.referenced, what, advice));
            }
        }
        if problems.is_empty() { Ok(Checklist { file: raw }) } else { Err(problems) }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.file.id
    }

    /// Ids of its lines in order, and whether rules judge them.
    pub fn lines(&self) -> impl Iterator<Item = (&str, bool)> {
        let rows = self.file.parts.iter().flat_map(|part| &part.lines);
        rows.map(|row| (row.id.value.as_str(), !row.judged_by.is_empty()))
    }

    /// The question of a line.
    pub fn question(&self, line: &str, language: Language) -> Option<&str> {
        let mut rows = self.file.parts.iter().flat_map(|part| &part.lines);
        rows.find(|row| row.id.value == line).map(|row| row.ask.of(language))
    }

    /// The answer to a line, and the rules that stand against a yes.
    fn answer(&self, row: &Row, rules: &RuleSet, verdicts: &Verdicts) -> (Answer, Vec<String>) {
        if row.judged_by.is_empty() {
            let name = format!("checklist/{}/{}", self.file.id, row.id.value);
            return match rules.answered(&name) {
                Some(true) => (Answer::Yes, Vec::new()),
                Some(false) => (Answer::No, Vec::new()),
                None => (Answer::Undecided, vec![name]),
            };
        }
        let (mut failed, mut missing, mut any) = (Vec::new(), Vec::new(), false);
        for ((index, id), counts) in rules.ids().zip(verdicts) {
            let family = id.split('/').next().unwrap_or(id);
            let listed = row.judged_by.iter().any(|name| name.value == id || name.value == family);
            // Notes are for the inventory and for good order: they decide no line.
            let weighs = rules.card(index).is_some_and(|card| card.severity > Some(Severity::Note));
            if !listed || !weighs || !rules.is_on_records(index) {
                continue;
            }
            any = true;
            let [fail, open, review, ..] = *counts;
            if fail > 0 {
                failed.push(id.to_owned());
            } else if open > 0 || review > 0 || *counts == [0; 5] {
                missing.push(id.to_owned());
            }
        }
        if !any {
            // None of its rules is in a pack that was selected.
            missing.extend(row.judged_by.iter().map(|name| name.value.clone()));
        }
        match (failed.is_empty(), missing.is_empty() && any) {
            (false, _) => (Answer::No, failed),
            (true, true) => (Answer::Yes, Vec::new()),
            (true, false) => (Answer::Undecided, missing),
        }
    }

    /// Every line with its answer.
    pub fn answers(&self, rules: &RuleSet, verdicts: &Verdicts) -> Vec<(&str, Answer)> {
        let rows = self.file.parts.iter().flat_map(|part| &part.lines);
        rows.map(|row| (row.id.value.as_str(), self.answer(row, rules, verdicts).0)).collect()
    }

    /// The answered checklist as text. It names rules and counts nothing of what was scanned.
    pub fn render(&self, rules: &RuleSet, verdicts: &Verdicts, language: Language) -> String {
        let mut out = format!("{}\n", self.file.title.of(language));
        let mut conclusion = false;
        for (at, part) in self.file.parts.iter().enumerate() {
            let _ = writeln!(out, "\n{}", part.title.of(language));
            for row in &part.lines {
                let (answer, because) = self.answer(row, rules, verdicts);
                conclusion |= at == 0 && answer == Answer::No;
                let word = answer.word(language);
                let pad = 22_usize.saturating_sub(word.chars().count());
                let _ = writeln!(out, "  {word}{} {}", " ".repeat(pad), row.ask.of(language).trim());
                if !because.is_empty() {
                    let more = because.len().saturating_sub(NAMED);
                    let named: Vec<&str> = because.iter().take(NAMED).map(String::as_str).collect();
                    let more = if more > 0 { format!(", +{more}") } else { String::new() };
                    let _ = writeln!(out, "  {} {}{more}", " ".repeat(22), named.join(", "));
                }
            }
        }
        if conclusion {
            let _ = writeln!(out, "\n{}", self.file.conclusion.of(language).trim());
        }
        out
    }
}

impl Answer {
    /// The answer for people.
    fn word(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Yes, Language::En) => "yes",
            (Self::Yes, Language::Es) => "sí",
            (Self::Yes, Language::Fr) => "oui",
            (Self::Yes, Language::De) => "ja",
            (Self::No, Language::En | Language::Es) => "no",
            (Self::No, Language::Fr) => "non",
            (Self::No, Language::De) => "nein",
            (Self::Undecided, Language::En) => "cannot be shown",
            (Self::Undecided, Language::Es) => "no se puede acreditar",
            (Self::Undecided, Language::Fr) => "non démontré",
            (Self::Undecided, Language::De) => "nicht belegt",
        }
    }
}

impl RuleSet {
    /// Whether any rule, selected or not, has this id or family.
    fn is_rule_or_family(&self, name: &str) -> bool {
        self.all_ids().any(|id| id == name || id.split('/').next() == Some(name))
    }

    /// What is asked for as evidence by a rule: kinds of record, and facts with their meaning.
    pub fn evidence_of(&self, id: &str) -> (Vec<&'static str>, Vec<(&'static str, &'static str)>) {
        let Some(index) = self.named(id) else { return (Vec::new(), Vec::new()) };
        let names: Vec<&str> = self.wanted(index).collect();
        let (kinds, facts): (Vec<&str>, Vec<&str>) =
            names.into_iter().partition(|name| RecordKind::named(name).is_some());
        let meaning = |name: &'static str| {
            let fact = crate::records::FactId::named(name);
            (name, fact.map_or("", |fact| fact.card().meaning))
        };
        (kinds, facts.into_iter().map(meaning).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Selection, builtin};
    use super::*;
    use crate::records::Stamp;

    fn rules() -> RuleSet {
        let selection = Selection::new(Stamp::parse("2026-11-22").unwrap());
        RuleSet::load_selected(builtin::RULES, builtin::PACKS, &selection).unwrap_or_else(|_| panic!("rules"))
    }

    #[test]
    fn the_built_in_checklist_fits_the_rules_and_has_every_line_of_the_seeds() {
        let (file, text) = builtin::CHECKLISTS[0];
        let list = Checklist::load(file, text, &rules()).unwrap_or_else(|p| panic!("{:?}", p[0].what));
        let ids: Vec<&str> = list.lines().map(|(id, _)| id).collect();
        // Six questions, the 29 points of the first list's summary, and the headings of the others.
        assert_eq!(list.file.parts[0].lines.len(), 6);
        assert_eq!(list.file.parts[1].lines.len(), 29);
        assert!(ids.len() > 60, "{}", ids.len());
        for row in list.file.parts.iter().flat_map(|part| &part.lines) {
            for language in Language::ALL {
                assert!(row.ask.of(language).len() > 8, "{}", row.id.value);
            }
        }
    }

    #[test]
    fn a_line_is_yes_only_where_every_rule_was_judged_and_none_failed() {
        let rules = rules();
        let (file, text) = builtin::CHECKLISTS[0];
        let list = Checklist::load(file, text, &rules).unwrap_or_else(|_| panic!("list"));
        let count = rules.ids().count();
        let all = |counts: [u64; 5]| vec![counts; count];
        let first = |verdicts: &[[u64; 5]]| list.answers(&rules, verdicts)[0].1;
        assert_eq!(first(&all([0, 0, 0, 1, 0])), Answer::Yes);
        assert_eq!(first(&all([0, 0, 0, 0, 1])), Answer::Yes);
        assert_eq!(first(&all([0; 5])), Answer::Undecided);
        let with = |id: &str, counts: [u64; 5]| {
            let mut verdicts = all([0, 0, 0, 1, 0]);
            verdicts[usize::from(rules.named(id).unwrap().0)] = counts;
            first(&verdicts)
        };
        assert_eq!(with("authentication/lockout-missing", [0, 1, 0, 5, 0]), Answer::Undecided);
        assert_eq!(with("authentication/lockout-missing", [0, 0, 1, 5, 0]), Answer::Undecided);
        assert_eq!(with("authentication/lockout-missing", [1, 1, 0, 5, 0]), Answer::No);
        assert_eq!(
            with("authentication/password-rotation", [1, 0, 0, 0, 0]),
            Answer::Yes,
            "a note decides nothing"
        );
    }
}
