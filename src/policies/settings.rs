//! What the user chooses about rules: packs, jurisdictions, adopted parameters, and the day.

use std::sync::Arc;

use super::attestation::Attestation;
use super::retention::Schedule;
use super::yaml::Yaml;
use crate::findings::Severity;
use crate::records::Stamp;

/// Whose records rules are for. It decides which packs of countries speak; the rules and their order are the
/// same, so that verdicts can be added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Records {
    /// Those of the whole run: every pack speaks.
    #[default]
    All,
    /// Those of sources of the jurisdictions of the selection: of packs of countries only theirs speak.
    OfCountry,
    /// Those of sources without a country: packs the user named speak.
    OfNoCountry,
}

/// What the user chooses about rules.
#[derive(Clone)]
pub struct Selection {
    /// Packs by id; the default packs where there is none.
    pub packs: Vec<String>,
    /// Countries as ISO 3166 codes in lower case. None is assumed.
    pub jurisdictions: Vec<String>,
    /// Countries of the sources: their packs are in force for the records of those sources.
    pub countries: Vec<String>,
    /// Whose records the rules are for.
    pub records: Records,
    /// Parameters the organisation has adopted.
    pub adopted: Vec<Adopted>,
    /// Answers of people to rules that ask.
    pub attestations: Vec<Attestation>,
    /// The retention schedule; without one the periods of the rules are proposals.
    pub schedule: Option<Arc<Schedule>>,
    /// The day or instant verdicts are for: `now` of every condition.
    pub as_of: Stamp,
}

impl Selection {
    /// The default packs, no country, nothing adopted.
    pub fn new(as_of: Stamp) -> Self {
        Self {
            packs: Vec::new(),
            jurisdictions: Vec::new(),
            countries: Vec::new(),
            records: Records::All,
            adopted: Vec::new(),
            attestations: Vec::new(),
            schedule: None,
            as_of,
        }
    }
}

/// A parameter of a rule that the organisation has adopted. What is adopted is no longer proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The rule.
    pub rule: String,
    /// The parameter.
    pub param: String,
    /// Its value, as in a rule file; lists are `a, b`.
    pub value: String,
}

impl Adopted {
    /// The value as YAML would have it: each type tries its own reading.
    fn yaml(&self, list: bool) -> Yaml {
        let text = self.value.trim();
        if list {
            let words = text.trim_matches(['[', ']']).split(',').map(str::trim);
            return Yaml::List(
                words.filter(|word| !word.is_empty()).map(|word| Yaml::Text(word.into())).collect(),
            );
        }
        match (text.parse::<bool>(), text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(value), ..) => Yaml::Bool(value),
            (_, Ok(value), _) => Yaml::Int(value),
            (.., Ok(value)) => Yaml::Float(value),
            _ => Yaml::Text(text.to_owned()),
        }
    }
}

/// The part of a selection that changes parameters; rules' own tests give theirs directly.
#[derive(Clone, Copy, Default)]
pub(super) struct Choice<'a> {
    pub jurisdictions: &'a [String],
    pub adopted: &'a [Adopted],
    /// What the selected packs set, in their order.
    pub packs: &'a [PackSetting],
    /// Severities the selected packs raise.
    pub raises: &'a [(String, Severity)],
    /// Whether the retention schedule is adopted; none without one.
    pub schedule: Option<bool>,
    /// Parameters of a rule's own test.
    pub direct: &'a [(String, Yaml)],
}

/// A parameter as a pack sets it.
#[derive(Clone, Debug)]
pub(super) struct PackSetting {
    pub pack: String,
    pub rule: String,
    pub param: String,
    pub value: Yaml,
    pub source: String,
    pub loosens: bool,
}

impl Choice<'_> {
    /// The severity packs raise a rule to.
    pub(crate) fn raised(&self, rule: &str) -> Option<Severity> {
        self.raises.iter().filter(|(raised, _)| raised == rule).map(|(_, severity)| *severity).max()
    }

    /// The value given to a parameter, as the type of parameter reads it.
    pub(crate) fn value(&self, rule: &str, param: &str, list: bool) -> Option<Yaml> {
        if let Some((_, value)) = self.direct.iter().find(|(name, _)| name == param) {
            return Some(value.clone());
        }
        let found = self.adopted.iter().rev().find(|adopted| adopted.rule == rule && adopted.param == param);
        found.map(|adopted| adopted.yaml(list))
    }
}
