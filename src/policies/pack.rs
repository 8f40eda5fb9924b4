//! Packs: named sets of rules.

use serde_saphyr::Spanned;

use super::document::Document;
use super::settings::{PackSetting, Records, Selection};
use super::source::{RawPack, RawRule, read_pack};
use super::suggest;
use crate::findings::Severity;
use crate::problem::Problem;

/// A pack as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackCard {
    /// Its id.
    pub id: String,
    /// One line for people.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// Whether it is used when no pack is named.
    pub default: bool,
}

/// One pack.
pub(super) struct Pack {
    raw: RawPack,
}

impl Pack {
    pub(crate) fn id(&self) -> &str {
        &self.raw.id.value
    }

    /// Whether it speaks of some records. `named` says that the user selected it.
    fn speaks(&self, named: bool, selection: &Selection) -> bool {
        let Some(country) = &self.raw.jurisdiction else { return true };
        let declared = selection.jurisdictions.contains(&country.value);
        match selection.records {
            Records::All => true,
            Records::OfCountry => declared,
            Records::OfNoCountry => declared || named,
        }
    }

    /// The parameters it sets.
    pub(crate) fn settings(&self) -> impl Iterator<Item = PackSetting> {
        self.raw.set.iter().map(|setting| PackSetting {
            pack: self.raw.id.value.clone(),
            rule: setting.rule.value.clone(),
            param: setting.param.value.clone(),
            value: setting.value.value.clone(),
            source: setting.source.value.trim().to_owned(),
            loosens: setting.loosens,
        })
    }

    /// The severities it raises.
    pub(crate) fn raises(&self) -> impl Iterator<Item = (String, Severity)> {
        self.raw.raise.iter().map(|raise| (raise.rule.value.clone(), raise.severity))
    }

    /// A family stands for its rules that name this pack as theirs; an id for that rule, whosever it is.
    pub(crate) fn covers(&self, rule: &RawRule) -> bool {
        let id = rule.id.value.as_str();
        let family = id.split('/').next().unwrap_or(id);
        self.raw.rules.iter().any(|listed| {
            listed.value == id || (listed.value == family && rule.pack.value == self.raw.id.value)
        })
    }
}

/// All packs.
pub(super) struct Packs(Vec<Pack>);

impl Packs {
    /// Reads packs and checks them against the rules, in both directions.
    pub(crate) fn load(
        files: &[(&str, &str)],
        rows: &[(usize, Spanned<RawRule>)],
        documents: &[Document],
        problems: &mut Vec<Problem>,
    ) -> Packs {
        let mut packs: Vec<Pack> = Vec::new();
        for (file, text) in files {
            let document = Document { file: (*file).to_owned(), text: (*text).to_owned() };
            match read_pack(&document) {
                Ok(raw) => {
                    check_pack(&raw, &packs, rows, &document, problems);
                    check_settings(&raw, rows, &document, problems);
                    packs.push(Pack { raw });
                }
                Err(problem) => problems.push(problem),
            }
        }
        for (document, row) in rows {
            if let Some(document) = documents.get(*document) {
                check_row(&row.value, &packs, document, problems);
            }
        }
        Packs(packs)
    }

    /// The packs a selection names, or the default ones, and those of the countries of its sources; with each
    /// whether it speaks of the selection's records.
    pub(crate) fn selected(&self, selection: &Selection, problems: &mut Vec<Problem>) -> Vec<(&Pack, bool)> {
        let named = self.named(&selection.packs, problems);
        let is_named = |pack: &Pack| named.iter().any(|known| known.id() == pack.id());
        let of_countries = self.0.iter().filter(|pack| {
            let country = pack.raw.jurisdiction.as_ref();
            country.is_some_and(|country| selection.countries.contains(&country.value)) && !is_named(pack)
        });
        let all: Vec<&Pack> = named.iter().copied().chain(of_countries).collect();
        all.into_iter().map(|pack| (pack, pack.speaks(is_named(pack), selection))).collect()
    }

    fn named(&self, ids: &[String], problems: &mut Vec<Problem>) -> Vec<&Pack> {
        if ids.is_empty() {
            return self.0.iter().filter(|pack| pack.raw.default).collect();
        }
        let mut selected = Vec::new();
        for id in ids {
            match self.0.iter().find(|pack| pack.id() == id) {
                Some(pack) => selected.push(pack),
                None => problems.push(Problem::new(
                    "policy-pack",
                    format!("there is no pack `{id}`"),
                    suggest::instead(id, self.0.iter().map(Pack::id)),
                )),
            }
        }
        selected
    }

    pub(crate) fn cards(&self) -> Vec<PackCard> {
        self.0
            .iter()
            .map(|pack| PackCard {
                id: pack.raw.id.value.clone(),
                title: pack.raw.title.trim().to_owned(),
                about: pack.raw.about.trim().to_owned(),
                default: pack.raw.default,
            })
            .collect()
    }
}

/// Whether a word has the form of an ISO 3166 code in lower case.
pub(super) fn is_country(word: &str) -> bool {
    word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn check_pack(
    raw: &RawPack,
    earlier: &[Pack],
    rows: &[(usize, Spanned<RawRule>)],
    document: &Document,
    problems: &mut Vec<Problem>,
) {
    if earlier.iter().any(|pack| pack.id() == raw.id.value) {
        problems.push(document.problem(
            "policy-duplicate",
            &raw.id.referenced,
            format!("there is already a pack `{}`", raw.id.value),
            "give it another id",
        ));
    }
    if let Some(country) = raw.jurisdiction.as_ref().filter(|country| !is_country(&country.value)) {
        let what = format!("`{}` is no country code", country.value);
        let advice = "write ISO 3166 codes in lower case: es, fr, de";
        problems.push(document.problem("policy-jurisdiction", &country.referenced, what, advice));
    }
    for listed in &raw.rules {
        let known = rows.iter().any(|(_, row)| {
            let id = row.value.id.value.as_str();
            id == listed.value || id.split('/').next() == Some(listed.value.as_str())
        });
        if !known {
            let mut names: Vec<&str> = rows.iter().map(|(_, row)| row.value.id.value.as_str()).collect();
            if !listed.value.contains('/') {
                names = names.iter().filter_map(|id| id.split('/').next()).collect();
                names.dedup();
            }
            problems.push(document.problem(
                "policy-pack",
                &listed.referenced,
                format!("there is no family or rule `{}`", listed.value),
                suggest::instead(&listed.value, names),
            ));
        }
    }
}

/// What a pack sets and raises exists and has a source.
fn check_settings(
    raw: &RawPack,
    rows: &[(usize, Spanned<RawRule>)],
    document: &Document,
    problems: &mut Vec<Problem>,
) {
    let set = raw.set.iter().map(|set| (&set.rule, Some(&set.param), &set.source));
    let raised = raw.raise.iter().map(|raise| (&raise.rule, None, &raise.source));
    for (rule, param, source) in set.chain(raised) {
        let row = rows.iter().map(|(_, row)| &row.value).find(|row| row.id.value == rule.value);
        let Some(row) = row else {
            let what = format!("there is no rule `{}`", rule.value);
            let ids = rows.iter().map(|(_, row)| row.value.id.value.as_str());
            let advice = suggest::instead(&rule.value, ids);
            problems.push(document.problem("policy-pack", &rule.referenced, what, advice));
            continue;
        };
        let names = || row.params.0.iter().map(|(name, _)| name.value.as_str());
        if let Some(param) = param.filter(|param| !names().any(|name| name == param.value)) {
            let what = format!("{} has no parameter `{}`", rule.value, param.value);
            let advice = suggest::instead(&param.value, names());
            problems.push(document.problem("policy-pack", &param.referenced, what, advice));
        }
        if source.value.trim().is_empty() {
            let advice = "name the law, the authority or the checklist";
            problems.push(document.problem("policy-pack", &source.referenced, "nobody says so", advice));
        }
    }
}

/// A rule's own pack exists and lists it.
fn check_row(row: &RawRule, packs: &[Pack], document: &Document, problems: &mut Vec<Problem>) {
    let own = packs.iter().find(|pack| pack.id() == row.pack.value);
    let (what, advice) = match own {
        None => (
            format!("there is no pack `{}`", row.pack.value),
            suggest::instead(&row.pack.value, packs.iter().map(Pack::id)),
        ),
        Some(pack) if !pack.covers(row) => (
            format!("the pack `{}` does not list {}", row.pack.value, row.id.value),
            String::from("add its family or its id to `rules` of the pack"),
        ),
        Some(_) => return,
    };
    problems.push(document.problem("policy-pack", &row.pack.referenced, what, advice));
}
