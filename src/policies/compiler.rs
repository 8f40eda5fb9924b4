//! From a row to a rule that can judge.

use serde_saphyr::Spanned;

use super::bounds::Bounds;
use super::condition::{Condition, Fault, Names};
use super::document::Document;
use super::message::Message;
use super::params::{ParamType, ParamValue};
use super::rule::{Reads, Rule};
use super::settings::Choice;
use super::source::{RawRule, RuleStatus};
use super::yaml::OneOrMany;
use super::{examples, suggest};
use crate::findings::{RuleCard, Severity};
use crate::problem::Problem;
use crate::records::{FactId, FactSet, FactType, RecordKind};

/// On how many generated records a condition is run when it is loaded.
const WITNESSES: usize = 64;

/// Compiles one row. What is wrong with it goes into `problems`.
pub(super) fn compile(
    row: &Spanned<RawRule>,
    document: &Document,
    choice: &Choice<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Rule> {
    let before = problems.len();
    let compiler = Compiler { row: &row.value, document };
    let rule = compiler.rule(row.referenced.line(), choice, problems);
    if problems.len() > before { None } else { rule }
}

pub(super) struct Compiler<'a> {
    pub row: &'a RawRule,
    pub document: &'a Document,
}

impl Compiler<'_> {
    /// Stops where what follows would only repeat a problem.
    fn rule(&self, line: u64, choice: &Choice<'_>, problems: &mut Vec<Problem>) -> Option<Rule> {
        let row = self.row;
        self.check_shapes(problems);
        let sound = problems.len();
        let kinds = self.kinds(problems);
        if problems.len() > sound {
            return None;
        }
        let needs = self.facts(&row.needs, &kinds, true, problems);
        let optional = self.facts(&row.optional, &kinds, false, problems);
        let (params, proposed) = self.params(choice, problems);
        // A schedule speaks in place of the rule's own period, and is proposed until it is adopted.
        let governed = FactId::named("retention_state").is_some_and(|fact| optional.contains(&fact));
        let proposed = choice.schedule.filter(|_| governed).map_or(proposed, |adopted| !adopted);
        if problems.len() > sound {
            return None;
        }
        let names = Names { kinds: &kinds, needs: &needs, optional: &optional, params: &params };
        let scope = row.scope.as_ref().map(|scope| self.condition(scope, &names, problems));
        let when = row.when.as_ref().map(|when| self.condition(when, &names, problems));
        if when.is_none() && !row.asks {
            let advice = "write `when`, or `asks: true` where only a person can answer";
            problems.push(self.problem(&row.id, "policy-when", "the rule has no condition", advice));
        }
        let severity_when = self.severity_when(&names, problems);
        let clock = self.clock(&names, problems);
        let when = when.flatten();
        let counts = when.as_ref().is_some_and(Condition::counts);
        let message = Message::compile(&row.message, self.document, &names, counts);
        let message = message.map_err(|problem| problems.push(problem)).ok();
        examples::check(row, self.document, &kinds, problems);
        if row.when.is_some() && when.is_none() {
            return None;
        }
        let (scope, message) = (scope.flatten(), message?);
        self.check_inventory(
            &kinds,
            scope.iter().chain(&when).chain(severity_when.iter().map(|(c, _)| c)),
            problems,
        );
        let uses = |condition: &Option<Condition>| -> FactSet {
            condition.iter().flat_map(|condition| condition.uses()).copied().collect()
        };
        let (in_scope, in_when) = (uses(&scope), uses(&when));
        let needed: FactSet = needs.iter().copied().collect();
        let reads = Reads {
            needs: needed,
            scope_needs: needed.and(in_scope),
            optional: optional.iter().copied().collect::<FactSet>().and(in_scope.or(in_when)),
            scope: in_scope,
            when: in_when,
        };
        let severity = if proposed { row.severity_proposed.unwrap_or(row.severity) } else { row.severity };
        let severity = severity.max(choice.raised(&row.id.value).unwrap_or(severity));
        let card = self.card(line, &kinds, severity, proposed, choice);
        Some(Rule {
            kinds,
            severity,
            severity_when,
            needs,
            reads,
            scope,
            when,
            asks: row.asks,
            clock,
            message,
            card,
        })
    }

    fn severity_when(&self, names: &Names<'_>, problems: &mut Vec<Problem>) -> Vec<(Condition, Severity)> {
        let mut compiled = Vec::new();
        for adjusted in &self.row.severity_when {
            if let Some(condition) = self.condition(&adjusted.condition, names, problems) {
                compiled.push((condition, adjusted.severity));
            }
        }
        compiled
    }

    /// The inventory is worked out at the thresholds that comparisons name: nothing else may decide it.
    fn check_inventory<'c>(
        &self,
        kinds: &[RecordKind],
        mut conditions: impl Iterator<Item = &'c Condition>,
        problems: &mut Vec<Problem>,
    ) {
        if kinds.contains(&RecordKind::Detection) && !conditions.all(Condition::is_lowered) {
            problems.push(self.problem(
                self.row.when.as_ref().unwrap_or(&self.row.id),
                "policy-condition",
                "a rule on detections may only compare",
                "leave out arithmetic, matches() and filter()",
            ));
        }
    }

    pub(crate) fn problem(
        &self,
        at: &Spanned<String>,
        code: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Problem {
        self.document.problem(code, &at.referenced, what, advice)
    }

    fn kinds(&self, problems: &mut Vec<Problem>) -> Vec<RecordKind> {
        let mut kinds = Vec::new();
        for name in &OneOrMany::spanned(&self.row.kinds) {
            match RecordKind::named(&name.value) {
                Some(kind) if kinds.first().is_none_or(|first| level(*first) == level(kind)) => {
                    kinds.push(kind)
                }
                Some(_) => problems.push(self.problem(
                    name,
                    "policy-kind",
                    "records, files, detections and the run are not judged by one rule",
                    "make two rules of it",
                )),
                None => problems.push(self.problem(
                    name,
                    "policy-kind",
                    format!("there is no kind of record `{}`", name.value),
                    suggest::instead(&name.value, RecordKind::ALL.iter().map(|kind| kind.name())),
                )),
            }
        }
        if kinds.is_empty() && self.row.kinds.value.is_empty() {
            problems.push(self.problem(
                &self.row.id,
                "policy-kind",
                "`on` is empty",
                "name a kind of record",
            ));
        }
        kinds
    }

    /// Needed facts must exist for every kind, optional ones for at least one.
    fn facts(
        &self,
        names: &[Spanned<String>],
        kinds: &[RecordKind],
        needed: bool,
        problems: &mut Vec<Problem>,
    ) -> Vec<FactId> {
        let has = |fact: &FactId, kind: &RecordKind| fact.card().is_of(*kind);
        let fits = |fact: &FactId| {
            if needed {
                kinds.iter().all(|kind| has(fact, kind))
            } else {
                kinds.iter().any(|kind| has(fact, kind))
            }
        };
        let mut facts = Vec::new();
        for name in names {
            match FactId::named(&name.value) {
                Some(fact) if fits(&fact) && !facts.contains(&fact) => facts.push(fact),
                known => {
                    let on: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                    let what = match known {
                        Some(fact) if facts.contains(&fact) => format!("`{}` is listed twice", name.value),
                        Some(_) => format!("`{}` is no fact of every one of: {}", name.value, on.join(", ")),
                        None => format!("there is no fact `{}` of {}", name.value, on.join(", ")),
                    };
                    let fitting = FactId::all().filter(fits).map(|fact| fact.card().name);
                    problems.push(self.problem(
                        name,
                        "policy-fact",
                        what,
                        suggest::instead(&name.value, fitting),
                    ));
                }
            }
        }
        for fact in &facts {
            let twice = !needed && self.row.needs.iter().any(|name| name.value == fact.card().name);
            if twice && let Some(name) = names.iter().find(|name| name.value == fact.card().name) {
                problems.push(self.problem(
                    name,
                    "policy-fact",
                    format!("`{}` is needed and optional", name.value),
                    "list it once",
                ));
            }
        }
        facts
    }

    fn condition(
        &self,
        text: &Spanned<String>,
        names: &Names<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Condition> {
        match Condition::compile(&text.value, names, WITNESSES) {
            Ok(condition) => Some(condition),
            Err(Fault { offset, code, what, advice }) => {
                let at = self.document.inside(text, offset);
                problems.push(Problem::new(code, what, advice).at(at));
                None
            }
        }
    }

    fn clock(&self, names: &Names<'_>, problems: &mut Vec<Problem>) -> Option<FactId> {
        let name = self.row.clock.as_ref()?;
        let fact = FactId::named(&name.value)
            .filter(|fact| names.needs.contains(fact) || names.optional.contains(fact))
            .filter(|fact| fact.card().fact_type == FactType::Stamp);
        if fact.is_none() {
            problems.push(self.problem(
                name,
                "policy-fact",
                format!("`{}` is no point in time the rule needs", name.value),
                "name one of the stamps under `needs` or `optional`",
            ));
        }
        fact
    }

    /// Values of all parameters, and whether one of them is still only proposed.
    fn params(
        &self,
        choice: &Choice<'_>,
        problems: &mut Vec<Problem>,
    ) -> (Vec<(String, ParamType, ParamValue)>, bool) {
        for (name, _) in self.row.overrides.iter().flat_map(|other| &other.params.0) {
            if !self.row.params.0.iter().any(|(known, _)| known.value == name.value) {
                problems.push(self.problem(
                    name,
                    "policy-param",
                    format!("the rule has no parameter `{}`", name.value),
                    suggest::instead(
                        &name.value,
                        self.row.params.0.iter().map(|(known, _)| known.value.as_str()),
                    ),
                ));
            }
        }
        let mut params = Vec::new();
        let mut proposed = false;
        for (name, param) in &self.row.params.0 {
            let Some(param_type) = ParamType::named(&param.value.param_type.value) else {
                let written = &param.value.param_type;
                problems.push(self.problem(
                    written,
                    "policy-type",
                    format!("there is no type `{}`", written.value),
                    suggest::instead(&written.value, ParamType::NAMES.map(|(known, _)| known)),
                ));
                continue;
            };
            let bound = Bounds { compiler: self, name: &name.value, param: &param.value, param_type };
            if let Some((value, still_proposed)) = bound.value(choice, problems) {
                proposed |= still_proposed;
                params.push((name.value.clone(), param_type, value));
            }
        }
        (params, proposed)
    }

    fn card(
        &self,
        line: u64,
        kinds: &[RecordKind],
        severity: Severity,
        proposed: bool,
        choice: &Choice<'_>,
    ) -> RuleCard {
        let row = self.row;
        let texts = |list: &[Spanned<String>]| list.iter().map(|text| text.value.clone()).collect();
        let mut help = row.help.trim().to_owned();
        for (name, param) in &row.params.0 {
            help.push_str(&format!("\n\nParameter `{}`: {}", name.value, param.value.source.trim()));
        }
        for other in &row.overrides {
            help.push_str(&format!("\n\nIn `{}`: {}", other.jurisdiction.value, other.source.trim()));
        }
        for set in choice.packs.iter().filter(|set| set.rule == row.id.value) {
            help.push_str(&format!("\n\nThe pack `{}` sets `{}`: {}", set.pack, set.param, set.source));
        }
        if row.asks {
            help.push_str("\n\nNo machine can judge this: a signed attestation answers it until it lapses.");
        }
        if matches!(row.status, RuleStatus::Experimental) {
            help.push_str("\n\nThis rule is experimental: its meaning may change.");
        } else if matches!(row.status, RuleStatus::Deprecated) {
            help.push_str("\n\nThis rule is deprecated and will be removed.");
        }
        RuleCard {
            id: row.id.value.clone(),
            title: row.title.trim().to_owned(),
            help,
            remedy: row.remedy.note.trim().to_owned(),
            severity: Some(severity),
            refs: texts(&row.refs),
            dpv: texts(&row.dpv),
            scope: kinds.first().map_or("record", |kind| level(*kind)).to_owned(),
            policy: format!("{}:{line}", self.document.file),
            proposed,
        }
    }
}

/// What a rule on a kind of record speaks of.
pub(super) fn level(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::File => "item",
        RecordKind::Run => "run",
        RecordKind::Detection => "detection",
        _ => "record",
    }
}
