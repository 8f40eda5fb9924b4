//! Loading, checking and listing of everything that is data: detectors, mappings, rules, packs.

pub mod builtin;
mod files;
mod registers;
mod schemas;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::detectors::Catalogue;
use crate::findings::DetectorCard;
use crate::formats::mapping::Mappings;
use crate::policies::retention::Schedule;
use crate::policies::{self, Attestation, Records, RuleSet, read_attestations};
use crate::problem::Problem;
use crate::records::{Origin, Stamp};
use crate::vault::Sha256;

use files::pairs;
pub use files::{PolicyFile, PolicyFiles};
pub use registers::{register_names, register_schema, register_templates};
pub use schemas::{schema_names, schema_of};

/// Everything a run judges with, checked and compiled.
pub struct Policies {
    /// Detectors.
    pub catalogue: Catalogue,
    /// Mappings of helpdesks.
    pub mappings: Mappings,
    /// Active rules, as they are for the run.
    pub rules: RuleSet,
    /// The same rules as they are for the records of countries, and first for those of none; empty where no
    /// source names its country.
    of_countries: Vec<(Option<String>, RuleSet)>,
    /// The countries of the sources, by the source's number.
    sources: Vec<Option<String>>,
    digest: Sha256,
}

/// Which rules are active, and when.
pub struct Selection<'a> {
    /// Packs, in order.
    pub packs: &'a [String],
    /// Countries whose law applies where a source does not say.
    pub jurisdictions: &'a [String],
    /// The countries of the project's sources, by the source's number; none where it does not say.
    pub sources: &'a [Option<String>],
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
        let rules = answers.and_then(|attestations| {
            let rules = Rules { files, selection, attestations };
            Ok((rules.of(&rules.all(), Records::All)?, rules.of_countries()?))
        });
        let mut digest = Sha256::new();
        for file in files.all() {
            digest.update_part(file.name.as_bytes());
            digest.update_part(file.text.as_bytes());
        }
        for (_, text) in [selection.attestations, selection.schedule].into_iter().flatten() {
            digest.update_part(text.as_bytes());
        }
        let countries = selection.sources.iter().flatten();
        for word in selection.packs.iter().chain(selection.jurisdictions).chain(countries) {
            digest.update_part(word.as_bytes());
        }
        match (catalogue, mappings, rules) {
            (Ok(catalogue), Ok(mappings), Ok((rules, of_countries))) => {
                let sources = selection.sources.to_vec();
                Ok(Policies { catalogue, mappings, rules, of_countries, sources, digest })
            }
            (catalogue, mappings, rules) => {
                let mut problems = catalogue.err().unwrap_or_default();
                problems.extend(mappings.err().unwrap_or_default());
                problems.extend(rules.err().unwrap_or_default());
                Err(problems)
            }
        }
    }

    /// The rules for the records of an item: those of the country of the source it lies in. A rule has the
    /// same index in all of them.
    pub fn rules_of(&self, origin: &Origin) -> &RuleSet {
        let country = origin.source.and_then(|source| self.sources.get(usize::from(source))?.as_ref());
        let own = self.of_countries.iter().find(|(of, _)| of.as_ref() == country);
        own.map_or(&self.rules, |(_, rules)| rules)
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

/// The rules of a run, once for the run and once for each country of its sources.
struct Rules<'a> {
    files: &'a PolicyFiles,
    selection: &'a Selection<'a>,
    attestations: Vec<Attestation>,
}

impl Rules<'_> {
    /// Every country, those of the sources included.
    fn all(&self) -> Vec<String> {
        let mut all = self.selection.jurisdictions.to_vec();
        for country in self.countries() {
            if !all.contains(&country) {
                all.push(country);
            }
        }
        all
    }

    /// Countries of the sources, sorted.
    fn countries(&self) -> Vec<String> {
        let countries: BTreeSet<String> = self.selection.sources.iter().flatten().cloned().collect();
        countries.into_iter().collect()
    }

    fn of(&self, jurisdictions: &[String], records: Records) -> Result<RuleSet, Vec<Problem>> {
        let Selection { packs, schedule, now, .. } = *self.selection;
        let schedule =
            schedule.map(|(name, text)| Schedule::read(name, text, jurisdictions, now).map(Arc::new));
        let chosen = policies::Selection {
            packs: packs.to_vec(),
            jurisdictions: jurisdictions.to_vec(),
            countries: self.countries(),
            records,
            attestations: self.attestations.clone(),
            schedule: schedule.transpose()?,
            ..policies::Selection::new(now)
        };
        RuleSet::load_selected(&pairs(&self.files.rules), &pairs(&self.files.packs), &chosen)
    }

    /// One set for what lies in no source with a country, and one for each country.
    fn of_countries(&self) -> Result<Vec<(Option<String>, RuleSet)>, Vec<Problem>> {
        let countries = self.countries();
        if countries.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = vec![(None, self.of(self.selection.jurisdictions, Records::OfNoCountry)?)];
        for country in countries {
            let rules = self.of(std::slice::from_ref(&country), Records::OfCountry)?;
            all.push((Some(country), rules));
        }
        Ok(all)
    }
}
