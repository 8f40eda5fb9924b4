//! Templates of the registers an organisation keeps, made from the mapping that reads them.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

use super::builtin::MAPPINGS;
use crate::problem::{Problem, read_yaml};
use crate::records::FactId;

/// The part of a mapping that tells its columns.
#[derive(Deserialize)]
struct Mapping {
    records: BTreeMap<String, Record>,
}

#[derive(Deserialize)]
struct Record {
    kind: String,
    id: Option<String>,
    #[serde(default)]
    recognise: Vec<Recognise>,
    #[serde(default)]
    fields: BTreeMap<String, Field>,
}

#[derive(Deserialize)]
struct Recognise {
    #[serde(default)]
    under: Option<String>,
    #[serde(default)]
    all: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Field {
    #[serde(default)]
    of: Option<String>,
    #[serde(default)]
    facts: Vec<Fact>,
}

#[derive(Deserialize)]
struct Fact {
    fact: String,
    #[serde(default)]
    words: BTreeMap<String, String>,
}

/// A template: the name of its file, and its text. Every line is a comment, so that it is no evidence until
/// somebody fills it in.
pub fn register_templates() -> Result<Vec<(String, String)>, Problem> {
    let Some((name, text)) = MAPPINGS.iter().find(|(name, _)| name.ends_with("evidence.yaml")) else {
        return Ok(Vec::new());
    };
    let mapping: Mapping = read_yaml("mapping-yaml", name, text)?;
    let templates = mapping.records.iter().filter(|(name, record)| is_own(name, record));
    Ok(templates.map(|(name, record)| (format!("{name}.yaml"), template(name, record))).collect())
}

/// JSON Schema of one register: a list of entries, or a mapping of such lists, as YAML or JSON.
pub fn register_schema(name: &str) -> Result<Option<String>, Problem> {
    let Some((file, text)) = MAPPINGS.iter().find(|(name, _)| name.ends_with("evidence.yaml")) else {
        return Ok(None);
    };
    let mapping: Mapping = read_yaml("mapping-yaml", file, text)?;
    let Some(record) = mapping.records.get(name).filter(|record| is_own(name, record)) else {
        return Ok(None);
    };
    let mut properties = serde_json::Map::new();
    for column in record.recognise.iter().flat_map(|one| &one.all).chain(&record.id) {
        properties.insert(column.clone(), serde_json::json!({}));
    }
    for (column, field) in &record.fields {
        let words = field.facts.first().map(|fact| &fact.words);
        let words: Vec<&String> = words
            .into_iter()
            .flat_map(|words| words.keys())
            .filter(|word| *word != "*" && *word != "null")
            .collect();
        let mut property = serde_json::json!({"description": meaning(field)});
        if !words.is_empty()
            && let Some(property) = property.as_object_mut()
        {
            let none = serde_json::Value::Null;
            let listed =
                words.iter().map(|word| serde_json::json!(word)).chain([serde_json::json!(""), none]);
            property.insert(String::from("enum"), listed.collect());
        }
        properties.insert(column.clone(), property);
    }
    let needed = record.recognise.first().map_or(Vec::new(), |one| one.all.clone());
    let entry = serde_json::json!({"type": "object", "properties": properties, "required": needed});
    let list = serde_json::json!({"type": "array", "items": entry});
    let schema = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("Register of records of the kind {}", record.kind),
        "anyOf": [list, {"type": "object", "additionalProperties": list}, entry, {"type": "null"}],
    });
    Ok(serde_json::to_string_pretty(&schema).ok())
}

/// Names of the registers that have a schema.
pub fn register_names() -> Result<Vec<String>, Problem> {
    let templates = register_templates()?;
    Ok(templates.into_iter().map(|(file, _)| file.trim_end_matches(".yaml").to_owned()).collect())
}

/// Whether an organisation fills the table in itself: what programs and vendors write is read as it is.
fn is_own(name: &str, record: &Record) -> bool {
    let foreign = ["restic", "borg", "surveymonkey", "google", "moodle", "har"];
    !foreign.iter().any(|word| name.starts_with(word))
        && record.recognise.iter().any(|one| one.under.is_none() && !one.all.is_empty())
        && record.fields.values().all(|field| field.of.is_none())
}

fn template(name: &str, record: &Record) -> String {
    let mut columns: Vec<&str> =
        record.recognise.iter().flat_map(|one| &one.all).map(String::as_str).collect();
    columns.extend(record.id.as_deref());
    columns.extend(record.fields.keys().map(String::as_str));
    let mut seen = Vec::new();
    columns.retain(|column| {
        let fresh = !seen.contains(column);
        seen.extend(fresh.then_some(*column));
        fresh
    });
    let needed: Vec<&str> =
        record.recognise.first().map_or(Vec::new(), |one| one.all.iter().map(String::as_str).collect());
    let mut out = format!(
        "# Register of records of the kind `{}`: one entry each. Copy the lines below without their `# `.\n# Columns a table needs to be known: {}. An empty value says nothing.\n#\n",
        record.kind,
        needed.join(", ")
    );
    let _ = writeln!(out, "# {name}:");
    for (at, column) in columns.iter().enumerate() {
        let lead = if at == 0 { "- " } else { "  " };
        let told = record.fields.get(*column).map_or_else(String::new, meaning);
        let told = if told.is_empty() && at == 0 { String::from("its name or number") } else { told };
        let head = format!("#   {lead}{column}:");
        let _ = writeln!(out, "{head:<34} # {told}");
    }
    out
}

/// What a column means, by its facts, and the words it may hold.
fn meaning(field: &Field) -> String {
    let Some(fact) = field.facts.first() else { return String::new() };
    let told = FactId::named(&fact.fact).map_or("", |fact| fact.card().meaning);
    let words: Vec<&str> =
        fact.words.keys().map(String::as_str).filter(|word| *word != "*" && *word != "null").collect();
    match words.is_empty() {
        true => told.to_owned(),
        false => format!("{told}; one of: {}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_register_has_a_template_of_comments() {
        let templates = register_templates().unwrap();
        let names: Vec<&str> = templates.iter().map(|(name, _)| name.as_str()).collect();
        for wanted in [
            "user.yaml",
            "backup.yaml",
            "breach.yaml",
            "training.yaml",
            "rights-request.yaml",
            "export-manifest.yaml",
        ] {
            assert!(names.contains(&wanted), "{names:?}");
        }
        assert!(!names.contains(&"borg-repository.yaml"));
        for (name, text) in &templates {
            assert!(text.lines().all(|line| line.starts_with('#')), "{name}");
        }
        let (_, backup) = templates.iter().find(|(name, _)| name == "backup.yaml").unwrap();
        assert!(backup.contains("#   - backup_id:") && backup.contains("taken_at:"), "{backup}");
    }
}
