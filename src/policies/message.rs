//! Messages of findings: a template with named holes over facts that cannot hold personal data.

use serde_saphyr::Spanned;

use super::condition::{Evidence, Names, vocabulary};
use super::document::Document;
use super::params::ParamValue;
use super::period::Period;
use super::suggest;
use crate::problem::Problem;
use crate::records::{FactId, FactType, FactValue};

/// A template that has been checked.
#[derive(Debug)]
pub(super) struct Message {
    pieces: Vec<Piece>,
    /// Words the rule itself names: they may be shown.
    words: Vec<String>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Fact(FactId),
    /// The fact where it is known, else the text: a period of the schedule, else of the rule.
    FactOr(FactId, String),
    Hits,
    Id,
}

impl Message {
    /// Reads a template. Parameters are put in at once: they do not change during a run.
    pub(crate) fn compile(
        template: &Spanned<String>,
        document: &Document,
        names: &Names<'_>,
        counts: bool,
    ) -> Result<Message, Problem> {
        let mut pieces = Vec::new();
        let mut rest = template.value.as_str();
        let problem = |rest: &str, what: String, advice: String| {
            let offset = template.value.chars().count() - rest.chars().count();
            Problem::new("policy-message", what, advice).at(document.inside(template, offset))
        };
        while let Some((before, after)) = rest.split_once('{') {
            pieces.push(Piece::Text(before.to_owned()));
            let inside = rest.get(before.len()..).unwrap_or(rest);
            let Some((hole, behind)) = after.split_once('}') else {
                return Err(problem(
                    inside,
                    String::from("a `{` without its `}`"),
                    String::from("close the hole: {rec.fact}, {params.name}, {hits}"),
                ));
            };
            let piece = piece(hole, names, counts).map_err(|(what, advice)| problem(inside, what, advice))?;
            pieces.push(piece);
            rest = behind;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        let words = names.params.iter().flat_map(|(.., value)| words_of(value)).collect();
        Ok(Message { pieces, words })
    }

    /// The message for one record. `id` is the record's id as the caller shows it, masked where it
    /// holds a datum.
    pub(crate) fn render(&self, evidence: &Evidence<'_>, hits: u64, id: &str) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Hits => text.push_str(&hits.to_string()),
                Piece::Fact(fact) => text.push_str(&self.shown(*fact, evidence)),
                Piece::FactOr(fact, _) if evidence.fact(*fact).is_some() => {
                    text.push_str(&self.shown(*fact, evidence));
                }
                Piece::FactOr(_, otherwise) => text.push_str(otherwise),
                Piece::Id => text.push_str(id),
            }
        }
        text
    }

    /// A fact as a message may show it. A word is shown only where the rule or the table of normal
    /// forms names it: what else stands in such a field was never meant to be a vendor's word.
    fn shown(&self, fact: FactId, evidence: &Evidence<'_>) -> String {
        if let Some(own) = evidence.own {
            match fact.card().name {
                "category" => return own.category.name().to_owned(),
                "confidence" => return own.confidence.probability().to_string(),
                "value_class" => return own.value_class.name().to_owned(),
                _ => {}
            }
        }
        match evidence.fact(fact) {
            Some(FactValue::Bool(value)) => value.to_string(),
            Some(FactValue::Int(value)) => value.to_string(),
            Some(FactValue::Stamp(stamp)) => stamp.to_rfc3339(),
            Some(FactValue::Word(word)) => {
                if fact.card().name == "retention_period"
                    && let Some(period) = Period::parse(word)
                {
                    return period.to_string();
                }
                let known = vocabulary(fact.card().name).is_some_and(|known| known.contains(&word.as_str()));
                if known || self.words.iter().any(|known| known == word.as_str()) {
                    word.to_string()
                } else {
                    format!("(another {})", fact.card().name)
                }
            }
            Some(FactValue::Words(_) | FactValue::Text(_)) | None => {
                format!("({} not given)", fact.card().name)
            }
        }
    }
}

fn words_of(value: &ParamValue) -> Vec<String> {
    match value {
        ParamValue::Word(word) => vec![word.clone()],
        ParamValue::Words(words) => words.clone(),
        _ => Vec::new(),
    }
}

fn piece(hole: &str, names: &Names<'_>, counts: bool) -> Result<Piece, (String, String)> {
    if let Some((fact, otherwise)) = hole.split_once('|') {
        return match (piece(fact, names, counts)?, piece(otherwise, names, counts)?) {
            (Piece::Fact(fact), Piece::Text(text)) => Ok(Piece::FactOr(fact, text)),
            _ => Err((
                format!("`{{{hole}}}` is no hole"),
                String::from("a fact may stand in for a parameter: {rec.fact|params.name}"),
            )),
        };
    }
    match hole.split_once('.') {
        None if hole == "hits" && counts => Ok(Piece::Hits),
        None if hole == "hits" => Err((
            String::from("`{hits}` counts nothing here"),
            String::from("it counts what `rec.findings.exists(f, …)` of `when` finds; leave it out"),
        )),
        Some(("rec", "id")) => Ok(Piece::Id),
        Some(("rec", name)) => fact_piece(name, names),
        Some(("params", name)) => match names.params.iter().find(|(known, ..)| known == name) {
            Some((.., value)) => Ok(Piece::Text(value.words())),
            None => Err((
                format!("the rule has no parameter `{name}`"),
                suggest::instead(name, names.params.iter().map(|(known, ..)| known.as_str())),
            )),
        },
        _ => Err((
            format!("`{{{hole}}}` is no hole"),
            String::from("write {rec.fact}, {params.name} or {hits}"),
        )),
    }
}

fn fact_piece(name: &str, names: &Names<'_>) -> Result<Piece, (String, String)> {
    let declared = || names.needs.iter().chain(names.optional);
    let Some(fact) = FactId::named(name).filter(|fact| declared().any(|known| known == fact)) else {
        return Err((
            format!("the rule does not declare a fact `{name}`"),
            suggest::instead(name, declared().map(|fact| fact.card().name)),
        ));
    };
    match fact.card().fact_type {
        FactType::Bool | FactType::Int | FactType::Word | FactType::Stamp => Ok(Piece::Fact(fact)),
        FactType::Words | FactType::Text | FactType::Detections => Err((
            format!("`rec.{name}` may hold personal data and no message shows it"),
            String::from("show a date, a number, a status or {rec.id}, which is masked"),
        )),
    }
}
