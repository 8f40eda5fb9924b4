//! Parameters of rules: the bounds and lists an officer may set without touching a condition.

use std::cmp::Ordering;

use super::period::Period;
use super::suggest;
use super::yaml::Yaml;
use crate::records::{Category, Protection, ValueClass};

/// Type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParamType {
    Period,
    Bool,
    Int,
    Number,
    Word,
    Words,
    Categories,
    ValueClasses,
}

impl ParamType {
    pub(crate) const NAMES: [(&'static str, ParamType); 8] = [
        ("period", Self::Period),
        ("bool", Self::Bool),
        ("int", Self::Int),
        ("number", Self::Number),
        ("word", Self::Word),
        ("words", Self::Words),
        ("categories", Self::Categories),
        ("value-classes", Self::ValueClasses),
    ];

    pub(crate) fn named(name: &str) -> Option<ParamType> {
        Self::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, param_type)| param_type)
    }

    pub(crate) fn is_list(self) -> bool {
        matches!(self, Self::Words | Self::Categories | Self::ValueClasses)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

/// Value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ParamValue {
    Period(Period),
    Bool(bool),
    Int(i64),
    Number(f64),
    Word(String),
    Words(Vec<String>),
}

/// What is wrong with a value, and what to write instead.
#[derive(Debug)]
pub(super) struct ParamFault {
    pub code: &'static str,
    pub what: String,
    pub advice: String,
}

fn fault(code: &'static str, what: impl Into<String>, advice: impl Into<String>) -> ParamFault {
    ParamFault { code, what: what.into(), advice: advice.into() }
}

impl ParamValue {
    /// Reads a YAML value as a type.
    pub(crate) fn read(param_type: ParamType, value: &Yaml) -> Result<ParamValue, ParamFault> {
        match (param_type, value) {
            (ParamType::Period, Yaml::Text(text)) => Period::parse(text).map(Self::Period).ok_or_else(|| {
                fault(
                    "policy-period",
                    format!("`{text}` is no period"),
                    "write an ISO 8601 duration above zero in whole units: P3Y, P18M, P30D, PT72H",
                )
            }),
            (ParamType::Bool, Yaml::Bool(value)) => Ok(Self::Bool(*value)),
            (ParamType::Int, Yaml::Int(value)) => Ok(Self::Int(*value)),
            (ParamType::Number, Yaml::Float(value)) if value.is_finite() => Ok(Self::Number(*value)),
            // Whole numbers are written without a point.
            (ParamType::Number, Yaml::Int(value)) => Ok(Self::Number(*value as f64)),
            (ParamType::Word, Yaml::Text(text)) => Ok(Self::Word(text.clone())),
            (ParamType::Words | ParamType::Categories | ParamType::ValueClasses, Yaml::List(list)) => {
                Self::list(param_type, list)
            }
            _ => Err(fault(
                "policy-type",
                format!("this is not of type {}", param_type.name()),
                match param_type {
                    ParamType::Period => "write an ISO 8601 duration such as P3Y",
                    ParamType::Bool => "write true or false",
                    ParamType::Int => "write a whole number",
                    ParamType::Number => "write a number such as 0.5",
                    ParamType::Word => "write a word",
                    _ => "write a list such as [a, b]",
                },
            )),
        }
    }

    fn list(param_type: ParamType, list: &[Yaml]) -> Result<ParamValue, ParamFault> {
        let mut words = Vec::new();
        for element in list {
            let Yaml::Text(word) = element else {
                return Err(fault(
                    "policy-type",
                    "a list of words holds something else",
                    "quote each element",
                ));
            };
            match param_type {
                ParamType::Categories => categories(word, &mut words)?,
                ParamType::ValueClasses if !ValueClass::ALL.iter().any(|class| class.name() == word) => {
                    let names = ValueClass::ALL.iter().map(|class| class.name());
                    return Err(fault(
                        "policy-word",
                        format!("`{word}` is no value class"),
                        suggest::instead(word, names),
                    ));
                }
                _ => words.push(word.clone()),
            }
        }
        words.dedup();
        Ok(Self::Words(words))
    }

    /// Which of two values is less; none where they have no order.
    pub(crate) fn order(&self, other: &ParamValue) -> Option<Ordering> {
        match (self, other) {
            (Self::Period(a), Self::Period(b)) => Some(a.compare(b)),
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b),
            _ => None,
        }
    }

    /// For people, in messages.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Period(period) => period.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Word(word) => word.clone(),
            Self::Words(words) => words.join(", "),
        }
    }
}

/// Groups of categories that a list may name: all, or those of one article of the GDPR.
const GROUPS: [(&str, Option<Protection>); 4] = [
    ("all", None),
    ("article-9", Some(Protection::Article9)),
    ("article-10", Some(Protection::Article10)),
    ("article-87", Some(Protection::Article87)),
];

/// Adds the categories a word stands for.
fn categories(word: &str, words: &mut Vec<String>) -> Result<(), ParamFault> {
    if let Some((_, protection)) = GROUPS.iter().find(|(group, _)| *group == word) {
        let chosen = Category::all()
            .filter(|category| protection.is_none_or(|wanted| category.card().protection == wanted));
        words.extend(chosen.map(|category| category.name().to_owned()));
        return Ok(());
    }
    if Category::named(word).is_none() {
        let names = Category::all().map(Category::name).chain(GROUPS.map(|(group, _)| group));
        let advice = match suggest::nearest(word, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => String::from(
                "`olvido catalogue list` names the categories; article-9, article-10, article-87 and all are groups",
            ),
        };
        return Err(fault("policy-word", format!("`{word}` is no category"), advice));
    }
    words.push(word.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(param_type: ParamType, list: &[&str]) -> Result<ParamValue, ParamFault> {
        let list = list.iter().map(|word| Yaml::Text(word.to_string())).collect();
        ParamValue::read(param_type, &Yaml::List(list))
    }

    #[test]
    fn a_group_stands_for_its_categories() {
        let Ok(ParamValue::Words(found)) = words(ParamType::Categories, &["article-10", "iban"]) else {
            panic!()
        };
        assert_eq!(found, ["criminal-offence", "iban"]);
        let Ok(ParamValue::Words(all)) = words(ParamType::Categories, &["all"]) else { panic!() };
        assert_eq!(all.len(), Category::count());
    }

    #[test]
    fn a_misspelt_category_is_told() {
        let fault = words(ParamType::Categories, &["email-adress"]).unwrap_err();
        assert_eq!(fault.advice, "did you mean `email-address`?");
        assert!(words(ParamType::ValueClasses, &["reel"]).is_err());
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        assert!(ParamValue::read(ParamType::Period, &Yaml::Int(3)).is_err());
        assert!(ParamValue::read(ParamType::Bool, &Yaml::Text("yes".into())).is_err());
        assert!(ParamValue::read(ParamType::Number, &Yaml::Float(f64::NAN)).is_err());
        assert!(
            ParamValue::read(ParamType::Number, &Yaml::Int(1)).is_ok_and(|v| v == ParamValue::Number(1.0))
        );
    }
}
