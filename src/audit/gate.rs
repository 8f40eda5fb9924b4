//! What a gate asks beside its rules, and the manifest that says what an export is for.

use crate::catalogue::Policies;
use crate::findings::GateLine;
use crate::formats::{Member, Purpose, Reading, Yield};
use crate::problem::Problem;
use crate::records::{
    Block, Category, FactId, FactValue, Facts, Gap, ItemNumber, Limits, Origin, RecordKind, Text,
};
use crate::sources::{Handle, Item};

use super::pieces::whole;

/// What decides the status of a run.
#[derive(Clone, Copy, Default)]
pub struct Gate<'m> {
    /// What gives status 1.
    pub status: GateLine,
    /// Whether an input without a record is a gap.
    pub records_wanted: bool,
    /// The manifest that speaks for the export, whatever the export says of itself.
    pub manifest: Option<&'m Manifest>,
}

/// An export's manifest, as the user named it: it is no part of the export.
pub struct Manifest {
    /// How it stands in reports.
    pub(super) name: String,
    pub(super) id: Option<Text>,
    pub(super) facts: Facts,
    pub(super) allowed: Vec<Category>,
}

/// What stands in a proposed manifest where a person has to decide.
pub const TO_COMPLETE: &str = "COMPLETE";

impl Manifest {
    /// Reads a manifest; `name` is its file's name.
    ///
    /// # Errors
    /// A [`Problem`] where it is none, or says something no gate can hold an export against.
    pub fn read(name: &str, bytes: Vec<u8>, policies: &Policies) -> Result<Manifest, Problem> {
        let problem = |what: &str, advice: &str| Problem::new("manifest-unusable", what, advice);
        let limits = Limits::default();
        let reading = Reading { mappings: &policies.mappings, limits: &limits, purpose: Purpose::Scan };
        let piece = whole(item(name, &bytes), bytes, Vec::new());
        let mut found = Found::default();
        piece.format.read(&piece.as_piece(), &reading, &mut found);
        found.keep();
        let all = "write a JSON object with export_id, purpose, recipient and allowed_categories; \
                   `olvido gate … --propose-manifest FILE` writes one";
        let [(id, facts)] = found.manifests.as_slice() else {
            return Err(match found.manifests.len() {
                0 => problem("the file named with --manifest is no export manifest", all),
                _ => problem("the file named with --manifest holds several manifests", "name one of them"),
            });
        };
        let text = |name: &str| match FactId::named(name).and_then(|fact| facts.get(fact)) {
            Some(FactValue::Text(text)) => text.expose().trim().to_owned(),
            _ => String::new(),
        };
        let recipient = text("recipient");
        if recipient.is_empty() || recipient.starts_with(TO_COMPLETE) {
            return Err(problem("the manifest names no recipient", "say who receives the export"));
        }
        let words = match FactId::named("allowed_categories").and_then(|fact| facts.get(fact)) {
            Some(FactValue::Words(words)) => words.clone(),
            _ => return Err(problem("the manifest has no list `allowed_categories`", all)),
        };
        let mut allowed = Vec::with_capacity(words.len());
        for word in &words {
            let known = Category::named(word.trim().to_lowercase().as_str());
            allowed.push(known.ok_or_else(|| {
                problem(
                    "the manifest allows a category there is none of",
                    "`olvido catalogue list` shows the categories; an empty list allows none",
                )
            })?);
        }
        Ok(Manifest { name: name.to_owned(), id: id.clone(), facts: facts.clone(), allowed })
    }

    /// Whether an export may hold a category.
    pub(super) fn allows(&self, category: Category) -> bool {
        self.allowed.contains(&category)
    }
}

fn item(name: &str, bytes: &[u8]) -> Item {
    Item {
        number: ItemNumber::top(0),
        origin: std::sync::Arc::new(Origin::outermost(name)),
        handle: Handle::Memory(bytes.into()),
        file: None,
        media_type: Some("application/json".to_owned()),
        told_name: None,
        attached: Default::default(),
    }
}

/// Takes manifests out of what a reader yields.
#[derive(Default)]
struct Found {
    block: Block,
    manifests: Vec<(Option<Text>, Facts)>,
}

impl Found {
    fn keep(&mut self) {
        for record in &self.block.records {
            if record.reference.kind == RecordKind::ExportManifest && !record.continues {
                self.manifests.push((record.reference.id.clone(), record.facts.clone()));
            }
        }
        self.block.clear();
    }
}

impl Yield for Found {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }

    fn boundary(&mut self) {
        self.keep();
    }

    fn hand_on(&mut self) {
        self.keep();
    }

    fn member(&mut self, _: Member) {}

    fn gap(&mut self, _: Gap) {}
}
