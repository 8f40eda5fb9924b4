//! One rule, ready to judge.

use serde_saphyr::Spanned;

use super::condition::{Condition, Evidence, Fault, Names};
use super::message::Message;
use super::params::{ParamFault, ParamType, ParamValue};
use super::settings::Choice;
use super::source::{Document, RawParam, RawRule, RuleStatus, Stricter, Yaml};
use super::{examples, suggest};
use crate::findings::{RuleCard, Severity, Verdict};
use crate::problem::Problem;
use crate::records::{FactId, FactType, RecordKind};

/// On how many generated records a condition is run when it is loaded.
const WITNESSES: usize = 64;

/// A rule that has passed every check.
pub(super) struct Rule {
    pub kinds: Vec<RecordKind>,
    pub severity: Severity,
    pub severity_when: Vec<(Condition, Severity)>,
    pub needs: Vec<FactId>,
    /// Needed facts that the scope reads.
    pub scope_needs: Vec<FactId>,
    pub scope: Option<Condition>,
    pub when: Condition,
    pub clock: Option<FactId>,
    pub message: Message,
    pub card: RuleCard,
}

/// Verdict of one rule on one piece of evidence.
pub(super) struct Outcome {
    pub verdict: Verdict,
    pub severity: Severity,
    pub count: u64,
    pub missing: Vec<FactId>,
}

impl Rule {
    /// Scope first, then the evidence, then the condition.
    pub fn judge(&self, evidence: &Evidence<'_>) -> Outcome {
        if self.scope_needs.iter().any(|fact| !evidence.has(*fact)) {
            return self.open(evidence);
        }
        match self.scope.as_ref().map(|scope| scope.holds(evidence)) {
            Some(None) => return self.open(evidence),
            Some(Some(false)) => return self.outcome(Verdict::NotApplicable),
            Some(Some(true)) | None => {}
        }
        if self.needs.iter().any(|fact| !evidence.has(*fact)) {
            return self.open(evidence);
        }
        match self.when.holds(evidence) {
            Some(false) => self.outcome(Verdict::Pass),
            Some(true) => {
                let adjusted = self.severity_when.iter().find(|(when, _)| when.holds(evidence) == Some(true));
                let severity = adjusted.map_or(self.severity, |(_, severity)| *severity);
                let count = self.when.hits(evidence).unwrap_or(1).max(1);
                Outcome { verdict: Verdict::Fail, severity, count, missing: Vec::new() }
            }
            None => self.open(evidence),
        }
    }

    fn outcome(&self, verdict: Verdict) -> Outcome {
        Outcome { verdict, severity: self.severity, count: 1, missing: Vec::new() }
    }

    fn open(&self, evidence: &Evidence<'_>) -> Outcome {
        let missing = self.needs.iter().copied().filter(|fact| !evidence.has(*fact)).collect();
        Outcome { verdict: Verdict::Open, severity: self.severity, count: 1, missing }
    }
}

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

struct Compiler<'a> {
    row: &'a RawRule,
    document: &'a Document,
}

impl Compiler<'_> {
    fn rule(&self, line: u64, choice: &Choice<'_>, problems: &mut Vec<Problem>) -> Option<Rule> {
        let row = self.row;
        let found = problems.len();
        self.words(problems);
        let kinds = self.kinds(problems);
        let needs = self.facts(&row.needs, &kinds, true, problems);
        let optional = self.facts(&row.optional, &kinds, false, problems);
        let (params, proposed) = self.params(choice, problems);
        if problems.len() > found {
            // Conditions over names that are wrong would only repeat it.
            return None;
        }
        let names = Names { kinds: &kinds, needs: &needs, optional: &optional, params: &params };
        let scope = row.scope.as_ref().map(|scope| self.condition(scope, &names, problems));
        let when = self.condition(&row.when, &names, problems);
        let mut severity_when = Vec::new();
        for adjusted in &row.severity_when {
            if let Some(condition) = self.condition(&adjusted.condition, &names, problems) {
                severity_when.push((condition, adjusted.severity));
            }
        }
        let clock = self.clock(&names, problems);
        let counts = when.as_ref().is_some_and(Condition::counts);
        let message = match Message::compile(&row.message, self.document, &names, counts) {
            Ok(message) => Some(message),
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        examples::check(row, self.document, &kinds, problems);
        if problems.len() > found {
            return None;
        }
        let (scope, when, message) = (scope.flatten(), when?, message?);
        let on_detections = kinds.contains(&RecordKind::Detection);
        if on_detections && !(when.is_lowered() && scope.as_ref().is_none_or(Condition::is_lowered)) {
            problems.push(self.problem(
                &row.when,
                "policy-condition",
                "a rule on detections may only compare",
                "leave out arithmetic, matches() and filter()",
            ));
            return None;
        }
        let reads = |fact: &FactId| scope.as_ref().is_some_and(|scope| scope.uses().contains(fact));
        let scope_needs = needs.iter().copied().filter(reads).collect();
        let severity = if proposed { row.severity_proposed.unwrap_or(row.severity) } else { row.severity };
        let card = self.card(line, &kinds, severity, proposed);
        Some(Rule { kinds, severity, severity_when, needs, scope_needs, scope, when, clock, message, card })
    }

    fn problem(
        &self,
        at: &Spanned<String>,
        code: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Problem {
        self.document.problem(code, &at.referenced, what, advice)
    }

    /// Ids, references, terms and remedies: words of fixed shapes.
    fn words(&self, problems: &mut Vec<Problem>) {
        let row = self.row;
        if !is_rule_id(&row.id.value) {
            problems.push(self.problem(
                &row.id,
                "policy-id",
                format!("`{}` is no rule id", row.id.value),
                "write family/kebab-name",
            ));
        }
        for reference in &row.refs {
            if !reference.value.split_once(':').is_some_and(|(law, place)| !law.is_empty() && !place.is_empty()) {
                problems.push(self.problem(
                    reference,
                    "policy-ref",
                    format!("`{}` is no reference", reference.value),
                    "write LAW:place, such as GDPR:5(1)(e)",
                ));
            }
        }
        for term in &row.dpv {
            let known = ["dpv:", "pd:", "eu-gdpr:"].iter().any(|prefix| term.value.starts_with(prefix));
            if !known {
                problems.push(self.problem(
                    term,
                    "policy-dpv",
                    format!("`{}` is no term of the Data Privacy Vocabulary", term.value),
                    "write it with its prefix: dpv:, pd: or eu-gdpr:",
                ));
            }
        }
        for remedy in row.remedy.offer.iter().chain([&row.remedy.default]) {
            if !REMEDIES.contains(&remedy.value.as_str()) {
                problems.push(self.problem(
                    remedy,
                    "policy-remedy",
                    format!("there is no remedy `{}`", remedy.value),
                    suggest::instead(&remedy.value, REMEDIES),
                ));
            }
        }
        if !row.remedy.offer.iter().any(|offered| offered.value == row.remedy.default.value) {
            problems.push(self.problem(
                &row.remedy.default,
                "policy-remedy",
                "the default remedy is not offered",
                "list it under `offer`",
            ));
        }
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

    fn kinds(&self, problems: &mut Vec<Problem>) -> Vec<RecordKind> {
        let mut kinds = Vec::new();
        for name in self.row.kinds.iter() {
            match RecordKind::named(&name.value) {
                Some(kind) if kinds.first().is_none_or(|first| level(*first) == level(kind)) => kinds.push(kind),
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
        if kinds.is_empty() && problems.is_empty() {
            problems.push(self.problem(&self.row.id, "policy-kind", "`on` is empty", "name a kind of record"));
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
        let has = |fact: &FactId, kind: &RecordKind| fact.card().kinds.contains(kind);
        let fits = |fact: &FactId| {
            if needed { kinds.iter().all(|kind| has(fact, kind)) } else { kinds.iter().any(|kind| has(fact, kind)) }
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
                    problems.push(self.problem(name, "policy-fact", what, suggest::instead(&name.value, fitting)));
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
            .filter(|fact| names.needs.contains(fact) && fact.card().fact_type == FactType::Stamp);
        if fact.is_none() {
            problems.push(self.problem(
                name,
                "policy-fact",
                format!("`{}` is no point in time the rule needs", name.value),
                "name one of the stamps under `needs`",
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
                    suggest::instead(&name.value, self.row.params.0.iter().map(|(known, _)| known.value.as_str())),
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

    fn card(&self, line: u64, kinds: &[RecordKind], severity: Severity, proposed: bool) -> RuleCard {
        let row = self.row;
        let texts = |list: &[Spanned<String>]| list.iter().map(|text| text.value.clone()).collect();
        let mut help = row.help.trim().to_owned();
        for (name, param) in &row.params.0 {
            help.push_str(&format!("\n\nParameter `{}`: {}", name.value, param.value.source.trim()));
        }
        for other in &row.overrides {
            help.push_str(&format!("\n\nIn `{}`: {}", other.jurisdiction.value, other.source.trim()));
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

/// Remedies the program knows.
const REMEDIES: [&str; 8] =
    ["redact", "pseudonymise", "seal", "shred", "purge", "chmod", "encrypt", "none"];

/// What a rule on a kind of record speaks of.
pub(super) fn level(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::File => "item",
        RecordKind::Run => "run",
        RecordKind::Detection => "detection",
        _ => "record",
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

/// One parameter's declaration.
struct Bounds<'a> {
    compiler: &'a Compiler<'a>,
    name: &'a str,
    param: &'a RawParam,
    param_type: ParamType,
}

impl Bounds<'_> {
    /// The value in force: adopted by the user, else of the declared jurisdictions, else the default;
    /// and whether it is only proposed.
    fn value(&self, choice: &Choice<'_>, problems: &mut Vec<Problem>) -> Option<(ParamValue, bool)> {
        let default = self.read(&self.param.default, problems)?;
        let mut chosen: Option<ParamValue> = None;
        for other in &self.compiler.row.overrides {
            let Some((_, written)) = other.params.0.iter().find(|(name, _)| name.value == self.name) else {
                continue;
            };
            let value = self.read(written, problems)?;
            if choice.jurisdictions.iter().any(|country| *country == other.jurisdiction.value) {
                chosen = Some(match chosen {
                    Some(earlier) if earlier != value => self.strictest(earlier, value, problems)?,
                    _ => value,
                });
            }
        }
        let adopted = choice.value(&self.compiler.row.id.value, self.name, self.param_type.is_list());
        match adopted {
            Some(yaml) => {
                let value = self.checked(&yaml).map_err(|fault| {
                    let what = format!("`{}` of {}: {}", self.name, self.compiler.row.id.value, fault.what);
                    problems.push(Problem::new(fault.code, what, fault.advice));
                });
                value.ok().map(|value| (value, false))
            }
            None => Some(match chosen {
                Some(value) => (value, false),
                None => (default, self.param.proposed),
            }),
        }
    }

    fn read(&self, written: &Spanned<Yaml>, problems: &mut Vec<Problem>) -> Option<ParamValue> {
        match self.checked(&written.value) {
            Ok(value) => Some(value),
            Err(ParamFault { code, what, advice }) => {
                problems.push(self.compiler.document.problem(code, &written.referenced, what, advice));
                None
            }
        }
    }

    /// A value of the declared type within the declared bounds.
    fn checked(&self, value: &Yaml) -> Result<ParamValue, ParamFault> {
        let value = ParamValue::read(self.param_type, value)?;
        let bound = |written: &Option<Spanned<Yaml>>| match written {
            Some(written) => ParamValue::read(self.param_type, &written.value).map(Some),
            None => Ok(None),
        };
        let (min, max) = (bound(&self.param.min)?, bound(&self.param.max)?);
        let below = min.as_ref().is_some_and(|min| value.order(min).is_none_or(|order| order.is_lt()));
        let above = max.as_ref().is_some_and(|max| value.order(max).is_none_or(|order| order.is_gt()));
        if below || above {
            let text = |bound: &Option<ParamValue>| bound.as_ref().map_or(String::from("any"), ParamValue::words);
            return Err(ParamFault {
                code: "policy-bound",
                what: format!("`{}` is out of bounds", self.name),
                advice: format!("write a value from {} to {}", text(&min), text(&max)),
            });
        }
        Ok(value)
    }

    /// Of two jurisdictions' values the stricter one.
    fn strictest(&self, a: ParamValue, b: ParamValue, problems: &mut Vec<Problem>) -> Option<ParamValue> {
        match (self.param.stricter, a.order(&b)) {
            (Some(Stricter::Less), Some(order)) => Some(if order.is_lt() { a } else { b }),
            (Some(Stricter::More), Some(order)) => Some(if order.is_gt() { a } else { b }),
            _ => {
                problems.push(self.compiler.problem(
                    &self.param.param_type,
                    "policy-param",
                    format!("two jurisdictions give `{}` different values and nothing says which is stricter", self.name),
                    "add `stricter: less` or `stricter: more` to the parameter",
                ));
                None
            }
        }
    }
}
