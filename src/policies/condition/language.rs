//! The `cel` crate: parsing, the environment with the host function, and running.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{IdedExpr, SourceInfo};
use cel::common::types::{CelBool, CelString, CelTimestamp, STRING_TYPE, TIMESTAMP_TYPE};
use cel::common::value::CowVal;
use cel::{Context, Env, ExecutionError, ParseErrors, Program, Value};
use chrono::{DateTime, FixedOffset, Utc};

use super::{Evidence, Fault, MAX_CHAIN, MAX_DEPTH};
use crate::policies::judge::Observed;
use crate::policies::params::{ParamType, ParamValue};
use crate::policies::period::Period;
use crate::records::{FactId, FactValue};

/// The environment of every condition: CEL's standard library and `elapsed`.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    let arguments = vec![TIMESTAMP_TYPE, STRING_TYPE, TIMESTAMP_TYPE];
    // It can only fail where a function of this name and these types is declared twice; the dry run
    // of the first rule that calls it would say so.
    let _declared = env.add_overload("elapsed", "elapsed_timestamp_string_timestamp", arguments, elapsed);
    Arc::new(env)
});

/// An environment without macros: its parser leaves `exists` and `has` as they are written.
static PLAIN: LazyLock<Env> = LazyLock::new(|| Env::default().with_optional_support(false).with_stdlib());

/// `elapsed(timestamp, period, now)`: whether the timestamp and the period have passed at `now`.
fn elapsed<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let wrong = || ExecutionError::function_error("elapsed", "takes (timestamp, period, timestamp)");
    let [from, period, now] = arguments.as_slice() else { return Err(wrong()) };
    let seconds =
        |value: &CowVal<'_, '_>| value.downcast_ref::<CelTimestamp>().map(|at| at.inner().timestamp());
    let from = seconds(from).ok_or_else(wrong)?;
    let now = seconds(now).ok_or_else(wrong)?;
    let period = period.downcast_ref::<CelString<'_>>().and_then(|text| Period::parse(text.inner()));
    let period = period.ok_or_else(wrong)?;
    Ok(CowVal::owned(CelBool::from(period.elapsed(from, now))))
}

/// Parses without expanding macros, for the checks.
pub(super) fn parse(text: &str) -> Result<(IdedExpr, SourceInfo), Fault> {
    bounded(text)?;
    PLAIN
        .parser()
        .max_recursion_depth(MAX_DEPTH)
        .parse_with_source_info(text)
        .map_err(|errors| syntax(text, &errors))
}

/// Refuses what would nest too deeply before the parser, which recurses, sees it: brackets, and chains
/// of operators between two of `&&`, `||` and `,`, which nest to the left.
fn bounded(text: &str) -> Result<(), Fault> {
    let mut chains = vec![0_usize];
    let mut quote = None;
    let mut escaped = false;
    for (offset, c) in text.chars().enumerate() {
        if let Some(open) = quote {
            (quote, escaped) =
                if c == open && !escaped { (None, false) } else { (quote, c == '\\' && !escaped) };
            continue;
        }
        match c {
            '\'' | '"' => quote = Some(c),
            '(' | '[' | '{' => chains.push(0),
            ')' | ']' | '}' if chains.len() > 1 => drop(chains.pop()),
            '&' | '|' | ',' => chains.last_mut().into_iter().for_each(|chain| *chain = 0),
            '+' | '-' | '*' | '/' | '%' | '=' | '<' | '>' | '!' | '.' | '?' => {
                chains.last_mut().into_iter().for_each(|chain| *chain += 1);
            }
            _ => {}
        }
        if chains.len() > usize::from(MAX_DEPTH) || chains.last().is_some_and(|chain| *chain > MAX_CHAIN) {
            return Err(Fault {
                offset,
                code: "policy-condition",
                what: String::from("the condition nests too deeply here"),
                advice: String::from("write it as a list of comparisons joined by && and ||"),
            });
        }
    }
    Ok(())
}

/// Compiles for running.
pub(super) fn compile(text: &str) -> Result<Program, Fault> {
    ENVIRONMENT.compile(text).map_err(|errors| syntax(text, &errors))
}

fn syntax(text: &str, errors: &ParseErrors) -> Fault {
    let first = errors.errors.first();
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let count = |number: isize| usize::try_from(number.max(1) - 1).unwrap_or(0);
    let before: usize = text.split_inclusive('\n').take(count(line)).map(|line| line.chars().count()).sum();
    let said = first.map_or("", |error| error.msg.lines().next().unwrap_or(""));
    Fault {
        offset: before + count(column),
        code: "policy-condition",
        // The parser's own bound on nesting is told as a Rust value.
        what: match said.contains("ParseError {") {
            true => String::from("the condition nests too deeply"),
            false => format!("this is no CEL expression: {said}"),
        },
        advice: String::from("mend the syntax: strings stand in quotes, `&&`, `||`, `!`, `==` and `in` join"),
    }
}

/// Parameters as the `params` of expressions.
pub(super) fn params(params: &[(String, ParamType, ParamValue)]) -> Value {
    let map: HashMap<String, Value> =
        params.iter().map(|(name, _, value)| (name.clone(), param(value))).collect();
    Value::Map(map.into())
}

fn param(value: &ParamValue) -> Value {
    match value {
        ParamValue::Period(period) => Value::from(period.as_str()),
        ParamValue::Bool(value) => Value::Bool(*value),
        ParamValue::Int(value) => Value::Int(*value),
        ParamValue::Number(value) => Value::Float(*value),
        ParamValue::Word(word) => Value::from(word.as_str()),
        ParamValue::Words(words) => strings(words),
    }
}

fn strings(words: &[String]) -> Value {
    Value::List(Arc::new(words.iter().map(|word| Value::from(word.as_str())).collect()))
}

/// Runs a program on the facts it uses. None where it fails or does not give a bool.
pub(super) fn run(
    program: &Program,
    params: &Value,
    uses: &[FactId],
    evidence: &Evidence<'_>,
) -> Option<bool> {
    match execute(program, params, uses, evidence) {
        Ok(Value::Bool(value)) => Some(value),
        _ => None,
    }
}

/// Runs a program. An error never leaves this module's callers: it may quote values.
pub(super) fn execute(
    program: &Program,
    params: &Value,
    uses: &[FactId],
    evidence: &Evidence<'_>,
) -> Result<Value, ExecutionError> {
    let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
    let mut record: HashMap<String, Value> = HashMap::with_capacity(uses.len());
    for fact in uses.iter().filter(|fact| evidence.has(**fact)) {
        if let Some(value) = fact_value(*fact, evidence) {
            record.insert(fact.card().name.to_owned(), value);
        }
    }
    context.add_variable_from_value("rec", Value::Map(record.into()));
    context.add_variable_from_value("params", params.clone());
    if let Some(now) = timestamp(evidence.now) {
        context.add_variable_from_value("now", now);
    }
    program.execute(&context)
}

fn fact_value(fact: FactId, evidence: &Evidence<'_>) -> Option<Value> {
    let name = fact.card().name;
    if let Some(own) = evidence.own.filter(|_| matches!(name, "category" | "confidence" | "value_class")) {
        return Some(detection_member(name, own));
    }
    if name == "findings" {
        let list = evidence.detections?.iter().map(|detection| detection_value(*detection)).collect();
        return Some(Value::List(Arc::new(list)));
    }
    Some(match evidence.fact(fact)? {
        FactValue::Bool(value) => Value::Bool(*value),
        FactValue::Int(value) => Value::Int(*value),
        FactValue::Word(word) => Value::from(word.as_str()),
        FactValue::Stamp(stamp) => timestamp(stamp.seconds)?,
        FactValue::Words(words) => strings(words),
        FactValue::Text(text) => Value::from(text.expose()),
    })
}

fn detection_value(detection: Observed) -> Value {
    let map: HashMap<String, Value> = ["category", "confidence", "value_class"]
        .into_iter()
        .map(|name| (name.to_owned(), detection_member(name, detection)))
        .collect();
    Value::Map(map.into())
}

fn detection_member(name: &str, detection: Observed) -> Value {
    match name {
        "category" => Value::from(detection.category.name()),
        "confidence" => Value::Float(detection.confidence.probability()),
        _ => Value::from(detection.value_class.name()),
    }
}

fn timestamp(seconds: i64) -> Option<Value> {
    let at: DateTime<FixedOffset> = DateTime::<Utc>::from_timestamp(seconds, 0)?.fixed_offset();
    Some(Value::Timestamp(at))
}
