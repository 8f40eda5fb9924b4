//! Mapping files checked and compiled to key tables.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::facts::is_mark;
use super::locations::Location;
use super::rows::{FactRow, FieldRow, LinkRow, MappingFile, RecogniseRow, ShapeRow};
use super::shape::{ChunkKeys, Entry, Epoch, FactRule, LinkRule, Packing, Shape, ShapeId};
use super::words::Words;
use super::{Recogniser, System};
use crate::formats::keys::KeyTable;
use crate::problem::{Problem, SourcePosition, read_yaml};
use crate::records::{FactId, FactType, FactValue, RecordKind, Relation, Role, Text};

/// Languages of the notes on exports.
const LANGUAGES: [&str; 4] = ["en", "es", "fr", "de"];
/// Bytes a compiled regex of a mapping may take.
const REGEX: usize = 1 << 20;
/// The only version of the file format.
const SCHEMA: &str = "olvido/mapping/v1";

/// Everything compiled so far.
#[derive(Default)]
pub(super) struct Compiled {
    pub(super) keys: KeyTable,
    pub(super) systems: Vec<System>,
    pub(super) shapes: Vec<Shape>,
    pub(super) recognisers: Vec<Recogniser>,
    pub(super) documents: BTreeMap<String, String>,
    pub(super) problems: Vec<Problem>,
}

/// One file while it is compiled.
struct FileContext<'a> {
    name: &'a str,
    text: &'a str,
    system: usize,
    shapes: HashMap<&'a str, ShapeId>,
}

impl FileContext<'_> {
    fn problem(&self, word: &str, what: String, advice: impl Into<String>) -> Problem {
        let problem = Problem::new("mapping-row", what, advice);
        let found =
            self.text.lines().enumerate().find_map(|(at, line)| Some((at, line, whole_word(line, word)?)));
        match found {
            Some((at, line, column)) => problem.at(SourcePosition {
                file: self.name.to_owned(),
                line: at as u64 + 1,
                column: line.get(..column).map_or(0, |before| before.chars().count() as u64) + 1,
                text: line.to_owned(),
            }),
            None => problem.at(SourcePosition {
                file: self.name.to_owned(),
                line: 1,
                column: 1,
                text: String::new(),
            }),
        }
    }
}

/// Where a word stands in a line that is no part of a longer one.
fn whole_word(line: &str, word: &str) -> Option<usize> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    line.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = line.get(..*at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

impl Compiled {
    /// Adds a file; what is wrong with it goes to `problems`.
    pub(super) fn add(&mut self, name: &str, text: &str) {
        let file: MappingFile = match read_yaml("mapping-yaml", name, text) {
            Ok(file) => file,
            Err(problem) => return self.problems.push(problem),
        };
        let mut context = FileContext { name, text, system: self.systems.len(), shapes: HashMap::new() };
        if file.schema != SCHEMA {
            let what = format!("schema `{}` is not known", file.schema);
            return self.problems.push(context.problem("schema", what, format!("write `schema: {SCHEMA}`")));
        }
        if self.systems.iter().any(|system| *system.name == *file.system) {
            let what = format!("system `{}` is mapped twice", file.system);
            return self.problems.push(context.problem("system", what, "keep one file a system"));
        }
        let anonymised_as = self.anonymised_as(&context, &file.anonymised_as);
        let files = file.files.iter().filter_map(|pattern| self.location(&context, pattern)).collect();
        self.systems.push(System {
            name: Arc::from(file.system.as_str()),
            title: file.title.clone(),
            marks: file
                .redaction_marks
                .iter()
                .flat_map(|mark| [mark.clone().into_bytes(), escaped(mark)])
                .map(|mark| memchr::memmem::Finder::new(&mark).into_owned())
                .collect(),
            nothing: file.nothing.clone(),
            anonymised_as,
            files,
            export: file
                .export
                .iter()
                .map(|(language, row)| {
                    (language.clone(), (row.make.trim().to_owned(), row.leaves_out.trim().to_owned()))
                })
                .collect(),
        });
        for language in file.export.keys().filter(|known| !LANGUAGES.contains(&known.as_str())) {
            let what = format!("`{language}` is no language of the notes");
            self.problems.push(context.problem(language, what, "write en, es, fr or de"));
        }
        for (root, row) in &file.documents {
            self.documents.insert(root.clone(), row.named_by.clone());
        }
        let rows: Vec<(&String, &ShapeRow)> = file.records.iter().chain(&file.parts).collect();
        for (at, (shape, _)) in rows.iter().enumerate() {
            let id = ShapeId(u16::try_from(self.shapes.len() + at).unwrap_or(u16::MAX));
            if context.shapes.insert(shape.as_str(), id).is_some() {
                let what = format!("`{shape}` is both a record and a part");
                self.problems.push(context.problem(shape, what, "give one of them another name"));
            }
        }
        let first = self.shapes.len();
        for (shape, row) in &rows {
            let compiled = self.shape(&context, shape, row, file.records.contains_key(*shape));
            self.shapes.push(compiled);
        }
        self.check_parts(&context, first);
    }

    fn location(&mut self, context: &FileContext<'_>, pattern: &str) -> Option<Location> {
        let found = Location::parse(pattern);
        if found.is_none() {
            let what = format!("`{pattern}` is no place of files");
            let advice = "write a path that begins with a folder's name and has `{id}` in it once";
            self.problems.push(context.problem("files", what, advice));
        }
        found
    }

    fn anonymised_as(&mut self, context: &FileContext<'_>, rows: &[String]) -> Option<regex::RegexSet> {
        if rows.is_empty() {
            return None;
        }
        let set = regex::RegexSetBuilder::new(rows).size_limit(REGEX).build();
        if let Err(error) = &set {
            let what = format!("`anonymised_as` has a pattern that is no regex: {error}");
            self.problems.push(context.problem("anonymised_as", what, "write regexes of the crate `regex`"));
        }
        set.ok()
    }

    fn shape(&mut self, context: &FileContext<'_>, name: &str, row: &ShapeRow, record: bool) -> Shape {
        let kind = row.kind.as_deref().and_then(RecordKind::named);
        if record && kind.is_none() {
            let known: Vec<&str> = RecordKind::ALL.iter().map(|kind| kind.name()).collect();
            let what = format!("record `{name}` has no kind, or an unknown one");
            self.problems.push(context.problem(name, what, format!("write one of {}", known.join(", "))));
        }
        if !record && (row.kind.is_some() || !row.recognise.is_empty()) {
            let what = format!("part `{name}` has a kind or a way to recognise it");
            self.problems.push(context.problem(name, what, "move it to `records`"));
        }
        let mut shape = Shape {
            name: name.to_owned(),
            system: context.system,
            kind: if record { kind } else { None },
            id: row.id.as_deref().map(|key| self.keys.intern(key)),
            leaves: row.leaves,
            chunk: row.chunk.as_ref().map(|chunk| ChunkKeys {
                of: self.keys.intern(&chunk.of),
                position: self.keys.intern(&chunk.position),
                data: self.keys.intern(&chunk.data),
            }),
            set: Vec::new(),
            entries: Vec::new(),
            index: Vec::new(),
        };
        for (fact, value) in &row.set {
            if let Some(id) = self.fact(context, fact, kind) {
                shape.set.extend(constant(id, value).map(|value| (id, value)));
            }
        }
        for (key, field) in &row.fields {
            let entry = self.entry(context, field, kind);
            shape.insert(self.keys.intern(key), entry);
        }
        let own = context.shapes.get(name).copied();
        for recognise in &row.recognise {
            self.recogniser(context, own, name, recognise);
        }
        shape
    }

    fn entry(&mut self, context: &FileContext<'_>, row: &FieldRow, kind: Option<RecordKind>) -> Entry {
        let role = match row.role.as_deref() {
            None => None,
            Some(word) => {
                let role = role_named(word);
                if role.is_none() {
                    let known: Vec<&str> = ROLES.iter().map(|(name, _)| *name).collect();
                    let what = format!("role `{word}` is not known");
                    self.problems.push(context.problem(
                        word,
                        what,
                        format!("write one of {}", known.join(", ")),
                    ));
                }
                role
            }
        };
        let inner = row.of.as_deref().and_then(|name| {
            let found = context.shapes.get(name).copied();
            if found.is_none() {
                let what = format!("there is no record or part `{name}`");
                self.problems.push(context.problem(name, what, "name one of this file"));
            }
            found
        });
        let facts = row.facts.iter().filter_map(|fact| self.fact_rule(context, fact, kind)).collect();
        let links = row.links.iter().filter_map(|link| self.link_rule(context, link)).collect();
        let file = match row.file.as_deref() {
            None => None,
            Some("base64") => Some(Packing::Base64),
            Some("bytes") => Some(Packing::Bytes),
            Some("blob") => Some(Packing::Blob),
            Some(word) => {
                let what = format!("a file is not packed as `{word}`");
                self.problems.push(context.problem(word, what, "write base64, bytes or blob"));
                None
            }
        };
        let runs = row.runs.as_deref().map(|key| self.keys.intern(key));
        Entry::new(role, row.html, (file, runs, inner), facts, links)
    }

    fn fact_rule(
        &mut self,
        context: &FileContext<'_>,
        row: &FactRow,
        kind: Option<RecordKind>,
    ) -> Option<FactRule> {
        let fact = self.fact(context, &row.fact, kind)?;
        let bad =
            row.words.iter().flatten().chain(&row.forms).find(|(_, word)| constant(fact, word).is_none());
        if let Some((_, word)) = bad {
            let what = format!("`{word}` is no value of fact `{}`", row.fact);
            self.problems.push(context.problem(word, what, "write a value of the fact's type"));
        }
        let mut forms = Vec::new();
        for (form, word) in &row.forms {
            match regex::RegexBuilder::new(form).size_limit(REGEX).build() {
                Ok(regex) => forms.push((regex, word.clone())),
                Err(error) => {
                    let what = format!("`{form}` is no regex: {error}");
                    self.problems.push(context.problem("forms", what, "write a regex of the crate `regex`"));
                }
            }
        }
        let epoch = match row.epoch.as_deref() {
            None => None,
            Some("seconds") => Some(Epoch::Seconds),
            Some("milliseconds") => Some(Epoch::Milliseconds),
            Some(word) => {
                let what = format!("`{word}` is no unit of time here");
                self.problems.push(context.problem(word, what, "write seconds or milliseconds"));
                None
            }
        };
        let words = row.words.as_ref().map(|words| Words::new(fact, words));
        Some(FactRule { fact, mark: is_mark(fact), words, forms, epoch, weak: row.weak, list: row.list })
    }

    fn fact(&mut self, context: &FileContext<'_>, name: &str, kind: Option<RecordKind>) -> Option<FactId> {
        let Some(fact) = FactId::named(name) else {
            let what = format!("fact `{name}` is not known");
            self.problems.push(context.problem(name, what, "`olvido catalogue list` names the facts"));
            return None;
        };
        // Facts of parts belong to whatever record they are in, which shows only when one is read.
        if let Some(kind) = kind
            && !fact.card().is_of(kind)
        {
            let what = format!("a {} has no fact `{name}`", kind.name());
            self.problems.push(context.problem(name, what, "leave the fact out, or change the kind"));
            return None;
        }
        Some(fact)
    }

    fn link_rule(&mut self, context: &FileContext<'_>, row: &LinkRow) -> Option<LinkRule> {
        let relation =
            RELATIONS.iter().find(|(name, _)| *name == row.relation).map(|(_, relation)| *relation);
        let to = RecordKind::named(&row.to);
        if relation.is_none() || to.is_none() {
            let word = if relation.is_none() { &row.relation } else { &row.to };
            let what = format!("`{word}` is no relation or kind");
            let known: Vec<&str> = RELATIONS.iter().map(|(name, _)| *name).collect();
            self.problems.push(context.problem(word, what, format!("relations are {}", known.join(", "))));
        }
        Some(LinkRule { relation: relation?, to: to? })
    }

    fn recogniser(
        &mut self,
        context: &FileContext<'_>,
        own: Option<ShapeId>,
        name: &str,
        row: &RecogniseRow,
    ) {
        if row.all.is_empty() && row.under.is_none() && row.values.is_empty() {
            let what = format!("`{name}` would be recognised everywhere");
            return self.problems.push(context.problem(name, what, "name keys under `all`, or `under`"));
        }
        let Some(shape) = own else { return };
        let mut ids = |keys: &[String]| keys.iter().map(|key| self.keys.intern(key)).collect::<Vec<_>>();
        let (all, some, none) = (ids(&row.all), ids(&row.some), ids(&row.none));
        let under = row.under.as_deref().map(|key| self.keys.intern(key));
        let within = row.within.as_deref().map(|root| self.keys.intern(root));
        let values = row.values.iter().map(|(key, words)| (self.keys.intern(key), words.clone())).collect();
        let at_least = row.at_least.unwrap_or(usize::from(!some.is_empty()));
        self.recognisers.push(Recogniser { shape, under, within, values, all, some, at_least, none });
    }

    /// A part inside itself, or a leaf shape with fields, can never be right.
    fn check_parts(&mut self, context: &FileContext<'_>, first: usize) {
        let faulty: Vec<String> = self
            .shapes
            .iter()
            .skip(first)
            .filter(|shape| shape.leaves && (shape.kind.is_none() || shape.id.is_some()))
            .map(|shape| shape.name.clone())
            .collect();
        for name in faulty {
            let what = format!("`{name}` makes a record of every value, but has no kind or an id");
            self.problems.push(context.problem(&name, what, "give it a kind and no id"));
        }
    }
}

/// A constant of a fact's type.
pub(super) fn constant(fact: FactId, word: &str) -> Option<FactValue> {
    match fact.card().fact_type {
        FactType::Bool => word.parse().ok().map(FactValue::Bool),
        FactType::Int => word.parse().ok().map(FactValue::Int),
        FactType::Word => Some(FactValue::Word(word.into())),
        FactType::Words => Some(FactValue::Words(vec![word.to_owned()])),
        FactType::Text => Some(FactValue::Text(Text::new(word))),
        FactType::Stamp | FactType::Detections => None,
    }
}

/// A mark as JSON escapes it.
fn escaped(mark: &str) -> Vec<u8> {
    mark.encode_utf16().flat_map(|unit| format!("\\u{unit:04x}").into_bytes()).collect()
}

static ROLES: [(&str, Role); 15] = [
    ("body", Role::Body),
    ("subject", Role::Subject),
    ("person-name", Role::PersonName),
    ("email-address", Role::EmailAddress),
    ("support-address", Role::SupportAddress),
    ("phone-number", Role::PhoneNumber),
    ("identifier", Role::Identifier),
    ("time-stamp", Role::TimeStamp),
    ("measure", Role::Measure),
    ("file-name", Role::FileName),
    ("url", Role::Url),
    ("credential", Role::Credential),
    ("hidden", Role::Hidden),
    ("key", Role::Key),
    ("other", Role::Other),
];

fn role_named(name: &str) -> Option<Role> {
    ROLES.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
}

static RELATIONS: [(&str, Relation); 9] = [
    ("ticket", Relation::Ticket),
    ("comment", Relation::Comment),
    ("article", Relation::Article),
    ("requester", Relation::Requester),
    ("author", Relation::Author),
    ("assignee", Relation::Assignee),
    ("involved", Relation::Involved),
    ("organisation", Relation::Organisation),
    ("same", Relation::Same),
];
