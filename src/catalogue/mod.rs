//! Loading, checking and listing of everything that is data: detectors, mappings, rules, packs.

pub mod builtin;
mod files;
mod registers;

use std::sync::Arc;

use crate::detectors::Catalogue;
use crate::findings::DetectorCard;
use crate::formats::mapping::Mappings;
use crate::policies::retention::Schedule;
use crate::policies::{self, RuleSet, read_attestations};
use crate::problem::Problem;
use crate::records::Stamp;
use crate::vault::Sha256;

use files::pairs;
pub use files::{PolicyFile, PolicyFiles};
pub use registers::{register_names, register_schema, register_templates};

/// Everything a run judges with, checked and compiled.
pub struct Policies {
    /// Detectors.
    pub catalogue: Catalogue,
    /// Mappings of helpdesks.
    pub mappings: Mappings,
    /// Active rules.
    pub rules: RuleSet,
    digest: Sha256,
}

/// Which rules are active, and when.
pub struct Selection<'a> {
    /// Packs, in order.
    pub packs: &'a [String],
    /// Countries whose law applies.
    pub jurisdictions: &'a [String],
    /// A file of people's answers: its name for problems, and its text.
    pub attestations: Option<(&'a str, &'a str)>,
    /// A retention schedule: its name for problems, and its text.
    pub schedule: Option<(&'a str, &'a str)>,
    /// The instant verdicts are for.
    pub now: Stamp,
}

impl Policies {
    /// Loads everything. All problems come at once, so that a file is mended in one go.
    pub fn load(files: &PolicyFiles, selection: &Selection<'_>) -> Result<Policies, Vec<Problem>> {
        let catalogue = Catalogue::load(&pairs(&files.detectors));
        let mappings = Mappings::load(&pairs(&files.mappings));
        let answers = selection.attestations.map_or(Ok(Vec::new()), |(name, text)| {
            read_attestations(name, text).map_err(|problem| vec![problem])
        });
        let schedule = selection.schedule.map(|(name, text)| {
            Schedule::read(name, text, selection.jurisdictions, selection.now).map(Arc::new)
        });
        let rules = answers.and_then(|attestations| {
            let schedule = schedule.transpose()?;
            let chosen = policies::Selection {
                packs: selection.packs.to_vec(),
                jurisdictions: selection.jurisdictions.to_vec(),
                attestations,
                schedule,
                ..policies::Selection::new(selection.now)
            };
            RuleSet::load_selected(&pairs(&files.rules), &pairs(&files.packs), &chosen)
        });
        let mut digest = Sha256::new();
        for file in files.all() {
            digest.update_part(file.name.as_bytes());
            digest.update_part(file.text.as_bytes());
        }
        for (_, text) in [selection.attestations, selection.schedule].into_iter().flatten() {
            digest.update_part(text.as_bytes());
        }
        for word in selection.packs.iter().chain(selection.jurisdictions) {
            digest.update_part(word.as_bytes());
        }
        match (catalogue, mappings, rules) {
            (Ok(catalogue), Ok(mappings), Ok(rules)) => Ok(Policies { catalogue, mappings, rules, digest }),
            (catalogue, mappings, rules) => {
                let mut problems = catalogue.err().unwrap_or_default();
                problems.extend(mappings.err().unwrap_or_default());
                problems.extend(rules.err().unwrap_or_default());
                Err(problems)
            }
        }
    }

    /// SHA-256 over every policy file, the selection and `others`: whatever else can change a result.
    pub fn settings_digest(self: &Policies, others: &[&[u8]]) -> String {
        let mut digest = self.digest.clone();
        for other in others {
            digest.update_part(other);
        }
        digest.finish().to_string()
    }

    /// Cards of the detectors, sorted by id.
    pub fn detector_cards(&self) -> Vec<DetectorCard> {
        let mut cards: Vec<DetectorCard> = self
            .catalogue
            .detectors()
            .iter()
            .map(|card| DetectorCard {
                id: card.id.clone(),
                category: card.category.name().to_owned(),
                dpv: card.category.card().dpv.to_owned(),
            })
            .collect();
        cards.sort_by(|a, b| a.id.cmp(&b.id));
        cards
    }

    /// Checks every row against its own examples and every rule against its own tests.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = self.catalogue.check();
        problems.extend(self.mappings.check());
        problems.extend(self.rules.run_tests());
        problems
    }
}
