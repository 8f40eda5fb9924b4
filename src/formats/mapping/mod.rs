//! Which vendor field is which model field: declarative tables applied to trees.
//!
//! A mapping names shapes (objects of an export) and what their keys are. Shapes that are records are
//! recognised by the keys they must have; shapes inside others by where they stand.

mod clock;
mod facts;
mod files;
mod leaves;
mod load;
mod locations;
mod nodes;
mod plan;
mod recognise;
mod rows;
mod runs;
mod shape;
mod walk;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::keys::KeyTable;
use super::tree::KeyId;
use crate::problem::Problem;
use crate::records::RecordKind;

pub use files::Described;
pub(super) use files::{Chunk, FileNode};
pub(super) use nodes::role_by_name;
pub(super) use plan::{Element, NodePlan, Plan};
pub(super) use recognise::{Met, Surroundings};
use recognise::{Recogniser, Recognisers};
use shape::{ChunkKeys, Shape};
pub(super) use shape::{Packing, ShapeId};

/// JSON Schema of mapping files, made from the type that reads them.
pub fn file_schema() -> Option<String> {
    serde_json::to_string_pretty(&schemars::schema_for!(rows::MappingFile)).ok()
}

/// All mappings of a run.
#[derive(Default)]
pub struct Mappings {
    keys: Arc<KeyTable>,
    systems: Vec<System>,
    shapes: Vec<Shape>,
    recognisers: Recognisers,
    /// Attributes that name elements, by the root of their document.
    documents: BTreeMap<String, String>,
}

/// A helpdesk.
struct System {
    name: Arc<str>,
    title: String,
    /// Redaction marks, verbatim and as JSON escapes them.
    marks: Vec<memchr::memmem::Finder<'static>>,
    /// Values that stand where there is none.
    nothing: Vec<String>,
    /// What stands in the place of people made anonymous.
    anonymised_as: Option<regex::RegexSet>,
    /// Where files of its attachments lie.
    files: Vec<locations::Location>,
    /// How its exports are made and what they leave out, by language.
    export: BTreeMap<String, (String, String)>,
}

impl Mappings {
    /// Loads mapping files, given as (name, text).
    ///
    /// # Errors
    /// Everything that is wrong with any of them, each with file and line.
    pub fn load(files: &[(&str, &str)]) -> Result<Mappings, Vec<Problem>> {
        let mut compiled = load::Compiled::default();
        for (name, text) in files {
            compiled.add(name, text);
        }
        if !compiled.problems.is_empty() {
            return Err(compiled.problems);
        }
        Ok(Mappings {
            keys: Arc::new(compiled.keys),
            systems: compiled.systems,
            shapes: compiled.shapes,
            recognisers: Recognisers::new(compiled.recognisers),
            documents: compiled.documents,
        })
    }

    /// What is wrong with loaded mappings beyond what loading refuses: records nothing ever leads to.
    pub fn check(&self) -> Vec<Problem> {
        let reached = |id: usize| {
            let is = |shape: &ShapeId| usize::from(shape.0) == id;
            self.recognisers.rows.iter().any(|row| is(&row.shape))
                || self
                    .shapes
                    .iter()
                    .any(|shape| shape.entries.iter().any(|e| e.inner.as_ref().is_some_and(is)))
        };
        self.shapes
            .iter()
            .enumerate()
            .filter(|(id, _)| !reached(*id))
            .map(|(_, shape)| {
                let system = self.systems.get(shape.system).map_or("", |system| &*system.name);
                let what = format!("nothing leads to `{}` in the mapping of {system}", shape.name);
                Problem::new("mapping-unreached", what, "give it `recognise`, or name it in a field's `of`")
            })
            .collect()
    }

    /// Names and titles of the helpdesks, sorted by name.
    pub fn systems(&self) -> Vec<(&str, &str)> {
        let mut systems: Vec<(&str, &str)> =
            self.systems.iter().map(|system| (&*system.name, system.title.as_str())).collect();
        systems.sort_unstable();
        systems
    }

    /// How exports of a helpdesk are made and what they leave out, in a language; in English where that
    /// is missing, none where nothing is written.
    pub fn export_notes(&self, system: &str, language: &str) -> Option<(&str, &str)> {
        let notes = &self.systems.iter().find(|known| *known.name == *system)?.export;
        let found = notes.get(language).or_else(|| notes.get("en"))?;
        Some((found.0.as_str(), found.1.as_str()))
    }

    /// The kinds of record a helpdesk's mapping gives, sorted.
    pub fn kinds_of(&self, system: &str) -> Vec<&'static str> {
        let of = |shape: &&Shape| self.systems.get(shape.system).is_some_and(|known| *known.name == *system);
        let mut kinds: Vec<&'static str> =
            self.shapes.iter().filter(of).filter_map(|shape| shape.kind).map(RecordKind::name).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Helpdesks whose exports lay a file with this path by an attachment's id, with that id.
    pub(crate) fn files_of<'m, 'p>(&'m self, path: &'p str) -> impl Iterator<Item = (&'m str, &'p str)> {
        let names = locations::names(path);
        self.systems.iter().flat_map(move |system| {
            let id = |location: &locations::Location| Some((&*system.name, location.id(&names)?));
            system.files.iter().filter_map(id).collect::<Vec<_>>()
        })
    }

    /// The attribute elements are named by in a document with this root.
    pub(super) fn named_by(&self, root: &str) -> Option<&str> {
        self.documents.get(root).map(String::as_str)
    }

    /// The keys of a piece of a file, if the shape is one.
    fn chunk(&self, shape: ShapeId) -> Option<ChunkKeys> {
        self.shape(shape)?.chunk
    }

    /// The keys the mappings name.
    pub(super) fn keys(&self) -> Arc<KeyTable> {
        Arc::clone(&self.keys)
    }

    /// How many of the keys a shape says something of.
    pub(super) fn speaks_of(&self, shape: ShapeId, keys: &[KeyId]) -> usize {
        let known = |shape: &Shape| keys.iter().filter(|key| shape.entry(**key).is_some()).count();
        self.shape(shape).map_or(0, known)
    }

    fn shape(&self, id: ShapeId) -> Option<&Shape> {
        self.shapes.get(usize::from(id.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Problem {
        match Mappings::load(&[("m.yaml", text)]) {
            Ok(_) => panic!("loaded: {text}"),
            Err(mut problems) => problems.remove(0),
        }
    }

    const HEAD: &str = "schema: olvido/mapping/v1\nsystem: x\ntitle: X\nrecords:\n";

    #[test]
    fn the_embedded_mapping_loads_and_everything_in_it_is_reached() {
        let mappings = super::super::collect::zendesk();
        assert_eq!(mappings.systems(), [("zendesk", "Zendesk")]);
        assert_eq!(mappings.check(), []);
    }

    #[test]
    fn problems_stand_at_their_line() {
        let shape = |fields: &str| {
            format!(
                "{HEAD}  t:\n    kind: ticket\n    recognise: [{{all: [id]}}]\n    fields:\n      {fields}\n"
            )
        };
        for (text, code, line, column) in [
            (shape("a: {role: boddy}"), "mapping-row", 9, 17),
            (shape("a: {facts: [{fact: statos}]}"), "mapping-row", 9, 26),
            (shape("a: {facts: [{fact: public}]}"), "mapping-row", 9, 26),
            (shape("a: {of: nothing}"), "mapping-row", 9, 15),
            (shape("a: {links: [{relation: friend, to: person}]}"), "mapping-row", 9, 30),
            (shape("a: {facts: [{fact: soft_deleted, words: {x: maybe}}]}"), "mapping-row", 9, 51),
            (shape("a: {rolle: body}"), "mapping-yaml", 9, 11),
            (format!("{HEAD}  t:\n    kind: tiket\n    recognise: [{{all: [id]}}]\n"), "mapping-row", 5, 3),
            (format!("{HEAD}  t:\n    kind: ticket\n    recognise: [{{some: [id]}}]\n"), "mapping-row", 1, 8),
            ("schema: olvido/mapping/v9\nsystem: x\ntitle: X\nrecords: {}\n".to_owned(), "mapping-row", 1, 1),
        ] {
            let problem = problem(&text);
            assert_eq!(problem.code, code, "{problem}");
            let at = problem.at.as_ref().unwrap();
            assert_eq!(at.file, "m.yaml");
            if line > 1 {
                assert_eq!((at.line, at.column), (line, column), "{problem}");
            }
        }
    }

    #[test]
    fn a_shape_nothing_leads_to_is_told() {
        let text = format!(
            "{HEAD}  t:\n    kind: ticket\n    recognise: [{{all: [id]}}]\nparts:\n  lost:\n    fields: {{a: {{}}}}\n"
        );
        let problems = Mappings::load(&[("m.yaml", &text)]).ok().unwrap().check();
        assert_eq!(problems[0].code, "mapping-unreached");
    }
}
