//! Rules' own tests: records with the verdict they must get.

use serde_saphyr::Spanned;

use super::condition::{DRY_RUN_NOW, Evidence, vocabulary};
use super::document::Document;
use super::judge::Observed;
use super::rule::Rule;
use super::settings::Choice;
use super::source::{RawRule, RawTest};
use super::yaml::Yaml;
use super::{compiler, suggest};
use crate::findings::Verdict;
use crate::problem::Problem;
use crate::records::{
    Category, Confidence, FactId, FactType, FactValue, Facts, RecordKind, Stamp, Supplier, Text, ValueClass,
};

const VERDICTS: [(&str, Verdict); 5] = [
    ("review", Verdict::Review),
    ("fail", Verdict::Fail),
    ("pass", Verdict::Pass),
    ("open", Verdict::Open),
    ("notApplicable", Verdict::NotApplicable),
];

/// The record of a test.
#[derive(Default)]
struct Example {
    facts: Facts,
    detections: Option<Vec<Observed>>,
    own: Option<Observed>,
}

/// Checks that a rule's tests can be read and that no verdict it can give is untested.
pub(super) fn check(row: &RawRule, document: &Document, kinds: &[RecordKind], problems: &mut Vec<Problem>) {
    let before = problems.len();
    for test in &row.tests.value {
        if let Err(problem) = read(&test.value, document, kinds) {
            problems.push(problem);
        }
        let known = || row.params.0.iter().map(|(name, _)| name.value.as_str());
        for (name, _) in
            test.value.params.0.iter().filter(|(name, _)| !known().any(|known| known == name.value))
        {
            let what = format!("the rule has no parameter `{}`", name.value);
            let advice = suggest::instead(&name.value, known());
            problems.push(document.problem("policy-param", &name.referenced, what, advice));
        }
    }
    if problems.len() > before {
        return;
    }
    let tested = |name: &str| row.tests.value.iter().any(|test| test.value.expect.value == name);
    let scoped = row.scope.as_ref().map(|_| "notApplicable");
    let open = if row.no_open.is_some() || row.needs.is_empty() { None } else { Some("open") };
    let broken = if row.asks { "review" } else { "fail" };
    let pass = row.when.as_ref().map(|_| "pass");
    for verdict in [broken].into_iter().chain(pass).chain(open).chain(scoped) {
        if !tested(verdict) {
            let advice = match verdict {
                "open" => "add one whose `rec` lacks a needed fact, or say in `no_open` why that cannot be",
                "notApplicable" => "add one outside of `scope`",
                _ => "add a record that gets this verdict",
            };
            problems.push(document.problem(
                "policy-tests",
                &row.tests.referenced,
                format!("{} has no test that expects {verdict}", row.id.value),
                advice,
            ));
        }
    }
}

/// Runs a rule's tests, by default parameters unless a test gives its own.
pub(super) fn run(row: &Spanned<RawRule>, document: &Document) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(default) = compiler::compile(row, document, &Choice::default(), &mut problems) else {
        return problems;
    };
    for test in &row.value.tests.value {
        if test.value.jurisdiction.is_none() && test.value.params.0.is_empty() {
            run_one(&default, row, &test.value, document, &mut problems);
        } else if let Some(own) = with_own_parameters(row, &test.value, document, &mut problems) {
            run_one(&own, row, &test.value, document, &mut problems);
        }
    }
    problems
}

fn with_own_parameters(
    row: &Spanned<RawRule>,
    test: &RawTest,
    document: &Document,
    problems: &mut Vec<Problem>,
) -> Option<Rule> {
    let country: Vec<String> = test.jurisdiction.iter().map(|country| country.value.clone()).collect();
    let given = test.params.0.iter();
    let direct: Vec<(String, Yaml)> =
        given.map(|(name, value)| (name.value.clone(), value.value.clone())).collect();
    let choice = Choice { jurisdictions: &country, direct: &direct, ..Choice::default() };
    compiler::compile(row, document, &choice, problems)
}

fn run_one(
    rule: &Rule,
    row: &Spanned<RawRule>,
    test: &RawTest,
    document: &Document,
    problems: &mut Vec<Problem>,
) {
    let (example, now) = match read(test, document, &rule.kinds) {
        Ok(read) => read,
        Err(problem) => return problems.push(problem),
    };
    let evidence =
        Evidence::of_record(&example.facts, example.detections.as_deref(), now).with_own(example.own);
    let outcome = rule.judge(&evidence);
    let failed = |at: &Spanned<String>, what: String| {
        let advice = "mend the rule or the test: one of them is wrong";
        document.problem(
            "policy-test-failed",
            &at.referenced,
            format!("{}: {what}", row.value.id.value),
            advice,
        )
    };
    let expected = &test.expect;
    let got =
        VERDICTS.iter().find(|(_, verdict)| *verdict == outcome.verdict).map_or("review", |(name, _)| name);
    if got != expected.value {
        problems.push(failed(expected, format!("this record gets {got}, not {}", expected.value)));
    } else if test.severity.is_some_and(|severity| severity != outcome.severity) {
        problems.push(failed(expected, format!("the severity is {:?}", outcome.severity)));
    }
    if let Some(wanted) = &test.message {
        let said = rule.message.render(&evidence, outcome.count, "{rec.id}");
        if said != wanted.value {
            problems.push(failed(wanted, format!("the message is `{said}`")));
        }
    }
}

/// The record and the `now` of a test.
fn read(test: &RawTest, document: &Document, kinds: &[RecordKind]) -> Result<(Example, i64), Problem> {
    let at = |at: &Spanned<String>, what: String, advice: String| {
        Err(document.problem("policy-tests", &at.referenced, what, advice))
    };
    if !VERDICTS.iter().any(|(name, _)| *name == test.expect.value) {
        let names = VERDICTS.map(|(name, _)| name);
        let what = format!("`{}` is no verdict a rule gives", test.expect.value);
        return at(&test.expect, what, suggest::instead(&test.expect.value, names));
    }
    if let Some(on) = &test.on
        && !kinds.iter().any(|kind| kind.name() == on.value)
    {
        let names = kinds.iter().map(|kind| kind.name());
        return at(on, format!("the rule is not on `{}`", on.value), suggest::instead(&on.value, names));
    }
    let now = match &test.as_of {
        Some(text) => match Stamp::parse(&text.value) {
            Some(stamp) => stamp.seconds,
            None => {
                return at(text, format!("`{}` is no date", text.value), String::from("write 2026-11-22"));
            }
        },
        None => DRY_RUN_NOW,
    };
    let mut example = Example::default();
    let mut own = Vec::new();
    for (name, value) in &test.rec.0 {
        let fact =
            FactId::named(&name.value).filter(|fact| kinds.iter().any(|kind| fact.card().is_of(*kind)));
        let Some(fact) = fact else {
            let known = FactId::all().filter(|fact| kinds.iter().any(|kind| fact.card().is_of(*kind)));
            let what = format!("there is no fact `{}` of these records", name.value);
            return at(name, what, suggest::instead(&name.value, known.map(|fact| fact.card().name)));
        };
        let wrong = |(what, advice): (String, String)| {
            document.problem("policy-tests", &value.referenced, what, advice)
        };
        match (&value.value, fact.card().name) {
            (Yaml::Null, _) => {}
            (list, "findings") => example.detections = Some(detections(list).map_err(wrong)?),
            (value, "category" | "confidence" | "value_class") => {
                own.push((name.value.clone(), value.clone()))
            }
            (value, _) => {
                let value = fact_value(fact, value).map_err(wrong)?;
                example.facts.set(fact, value, Supplier::Export);
            }
        }
    }
    if !own.is_empty() {
        let own = detection(&own).map_err(|(what, advice)| {
            document.problem("policy-tests", &test.expect.referenced, what, advice)
        })?;
        example.own = Some(own);
    }
    Ok((example, now))
}

fn fact_value(fact: FactId, value: &Yaml) -> Result<FactValue, (String, String)> {
    let card = fact.card();
    let wrong = |kind: &str| (format!("`{}` is of type {kind}", card.name), format!("write a {kind}"));
    match (card.fact_type, value) {
        // What a reader makes of a value nobody can read.
        (FactType::Bool | FactType::Int | FactType::Stamp, Yaml::Text(text)) if text == "unreadable" => {
            Ok(FactValue::Word("unknown".into()))
        }
        (FactType::Bool, Yaml::Bool(value)) => Ok(FactValue::Bool(*value)),
        (FactType::Int, Yaml::Int(value)) => Ok(FactValue::Int(*value)),
        (FactType::Word, Yaml::Text(text)) => match vocabulary(card.name) {
            Some(known) if text != "unknown" && !known.contains(&text.as_str()) => {
                let what = format!("`{text}` is never a `{}`", card.name);
                Err((what, suggest::instead(text, known.iter().copied())))
            }
            _ => Ok(FactValue::Word(text.as_str().into())),
        },
        (FactType::Stamp, Yaml::Text(text)) => {
            Stamp::parse(text).map(FactValue::Stamp).ok_or_else(|| wrong("time such as 2024-01-31T00:00:00Z"))
        }
        (FactType::Text, Yaml::Text(text)) => Ok(FactValue::Text(Text::new(text.clone()))),
        (FactType::Words, Yaml::List(list)) => {
            let word = |value: &Yaml| match value {
                Yaml::Text(text) => Ok(text.clone()),
                _ => Err(wrong("list of words")),
            };
            list.iter().map(word).collect::<Result<_, _>>().map(FactValue::Words)
        }
        (FactType::Bool, _) => Err(wrong("bool")),
        (FactType::Int, _) => Err(wrong("whole number")),
        (FactType::Word | FactType::Text, _) => Err(wrong("word")),
        (FactType::Stamp, _) => Err(wrong("time such as 2024-01-31T00:00:00Z, in quotes")),
        (FactType::Words | FactType::Detections, _) => Err(wrong("list")),
    }
}

fn detections(list: &Yaml) -> Result<Vec<Observed>, (String, String)> {
    let Yaml::List(list) = list else {
        return Err((String::from("`findings` is a list"), String::from("write [] or [{category: …}]")));
    };
    list.iter()
        .map(|element| match element {
            Yaml::Map(members) => detection(members),
            _ => Err((
                String::from("an element of `findings` is a mapping"),
                String::from("write {category: email-address, confidence: 0.9, value_class: real}"),
            )),
        })
        .collect()
}

fn detection(members: &[(String, Yaml)]) -> Result<Observed, (String, String)> {
    let mut found = (None, None, None);
    for (name, value) in members {
        match (name.as_str(), value) {
            ("category", Yaml::Text(text)) => {
                let names = Category::all().map(Category::name);
                let category = Category::named(text)
                    .ok_or_else(|| (format!("`{text}` is no category"), suggest::instead(text, names)))?;
                found.0 = Some(category);
            }
            ("confidence", Yaml::Float(value)) => found.1 = Some(Confidence::new(*value)),
            ("confidence", Yaml::Int(value)) => found.1 = Some(Confidence::new(*value as f64)),
            ("value_class", Yaml::Text(text)) => {
                let names = ValueClass::ALL.iter().map(|class| class.name());
                let class = ValueClass::ALL.into_iter().find(|class| class.name() == text);
                found.2 =
                    Some(class.ok_or_else(|| {
                        (format!("`{text}` is no value class"), suggest::instead(text, names))
                    })?);
            }
            _ => {
                return Err((
                    format!("`{name}` of a detection is not right here"),
                    String::from("write category, confidence (0 to 1) and value_class"),
                ));
            }
        }
    }
    match found {
        (Some(category), Some(confidence), Some(value_class)) => {
            Ok(Observed { category, confidence, value_class })
        }
        _ => Err((
            String::from("a detection has a category, a confidence and a value_class"),
            String::from("write {category: email-address, confidence: 0.9, value_class: real}"),
        )),
    }
}
