//! All rules of a run: loading, judging, listing.

use serde_saphyr::Spanned;

use super::condition::Evidence;
use super::examples;
use super::inventory::Inventory;
use super::judge::{Judgement, Observed, RuleIndex, Subject};
use super::message::MessagePart;
use super::pack::{Pack, PackCard, Packs};
use super::rule::{self, Rule};
use super::settings::{Choice, Selection};
use super::source::{Document, RawRule, read_rules};
use super::suggest;
use crate::findings::{RuleCard, Verdict};
use crate::problem::Problem;
use crate::records::{FactValue, RecordKind, Stamp};

/// Most rules a run can have.
const MAX_RULES: usize = 10_000;

/// The rules of a run. Immutable and shared by all workers: judging reads no clock and no file.
pub struct RuleSet {
    rules: Vec<Rule>,
    by_kind: Vec<Vec<RuleIndex>>,
    inventory: Inventory,
    packs: Vec<String>,
    pack_cards: Vec<PackCard>,
    now: i64,
    documents: Vec<Document>,
    /// Every row of every file, active or not, with the position of its file.
    rows: Vec<(usize, Spanned<RawRule>)>,
}

impl RuleSet {
    /// Reads rule files and packs (name and text each) and keeps the rules of the selected packs.
    ///
    /// Every row of every file is checked, selected or not. All problems are returned, in the order of
    /// files and lines; each names file, line and column, and none holds a value of scanned data, since
    /// none has been read yet.
    pub fn load(
        files: &[(&str, &str)],
        packs: &[(&str, &str)],
        selection: &Selection,
    ) -> Result<RuleSet, Vec<Problem>> {
        let mut problems = Vec::new();
        let documents: Vec<Document> = files
            .iter()
            .map(|(file, text)| Document { file: (*file).to_owned(), text: (*text).to_owned() })
            .collect();
        let rows = rows(&documents, &mut problems);
        let packs = Packs::load(packs, &rows, &documents, &mut problems);
        let selected = packs.selected(&selection.packs, &mut problems);
        check_choices(selection, &rows, &mut problems);
        let choice = Choice {
            jurisdictions: &selection.jurisdictions,
            adopted: &selection.adopted,
            direct: &[],
        };
        let mut rules = Vec::new();
        for (document, row) in &rows {
            let Some(document) = documents.get(*document) else { continue };
            if let Some(rule) = rule::compile(row, document, &choice, &mut problems)
                && selected.iter().any(|pack| pack.covers(&row.value))
            {
                rules.push(rule);
            }
        }
        if rules.len() > MAX_RULES {
            problems.push(Problem::new("policy-limit", "there are too many rules", "select fewer packs"));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        rules.sort_by(|a, b| a.card.id.cmp(&b.card.id));
        let in_force = selected.iter().map(|pack| Pack::id(pack).to_owned()).collect();
        Ok(RuleSet {
            by_kind: by_kind(&rules),
            inventory: Inventory::new(&rules),
            rules,
            packs: in_force,
            pack_cards: packs.cards(),
            now: selection.as_of.seconds,
            documents,
            rows,
        })
    }

    /// Judges one record, file or run by every active rule on its kind, in the order of ids. Every
    /// rule gives exactly one judgement, passes included.
    pub fn judge(&self, subject: &Subject<'_>, out: &mut Vec<Judgement>) {
        let evidence = self.evidence(subject);
        for index in self.by_kind.get(kind_index(subject.kind)).into_iter().flatten() {
            let Some(rule) = self.rule(*index) else { continue };
            let outcome = rule.judge(&evidence);
            out.push(Judgement {
                rule: *index,
                verdict: outcome.verdict,
                severity: outcome.severity,
                count: outcome.count,
                missing: outcome.missing,
            });
        }
    }

    /// Whether any rule is on this kind of record: if not, its facts need not be gathered.
    pub fn judges(&self, kind: RecordKind) -> bool {
        self.by_kind.get(kind_index(kind)).is_some_and(|rules| !rules.is_empty())
    }

    /// The inventory rule a detection counts under; none below its confidence and for values no rule
    /// counts. The most severe rule, then the first by id.
    pub fn inventory(&self, detection: Observed) -> Option<RuleIndex> {
        self.inventory.rule(detection)
    }

    /// The message of a judgement. The record's id is a hole that the caller fills, masked.
    pub fn message(&self, judgement: &Judgement, subject: &Subject<'_>) -> Vec<MessagePart> {
        let Some(rule) = self.rule(judgement.rule) else { return Vec::new() };
        if judgement.verdict != Verdict::Open {
            return rule.message.render(&self.evidence(subject), judgement.count);
        }
        let missing: Vec<&str> = judgement.missing.iter().map(|fact| fact.card().name).collect();
        let why = match missing.as_slice() {
            [] => String::from("the condition cannot be evaluated"),
            names => format!("no evidence of {}", names.join(", ")),
        };
        vec![MessagePart::Text(format!("{}: cannot be shown, {why}", rule.card.title))]
    }

    /// The date a retention period runs from and its name (`last-subject-contact`), for rules that
    /// have a clock.
    pub fn clock(&self, rule: RuleIndex, subject: &Subject<'_>) -> Option<(String, Stamp)> {
        let fact = self.rule(rule)?.clock?;
        let Some(FactValue::Stamp(at)) = subject.facts.get(fact) else { return None };
        Some((clock_name(fact.card().name, subject), *at))
    }

    /// Cards of the active rules, sorted by id.
    pub fn cards(&self) -> Vec<RuleCard> {
        self.rules.iter().map(|rule| rule.card.clone()).collect()
    }

    /// The card of an active rule.
    pub fn card(&self, rule: RuleIndex) -> Option<&RuleCard> {
        self.rule(rule).map(|rule| &rule.card)
    }

    /// Ids of the active rules, sorted.
    pub fn ids(&self) -> impl Iterator<Item = (RuleIndex, &str)> {
        (0..=u16::MAX).map(RuleIndex).zip(self.rules.iter().map(|rule| rule.card.id.as_str()))
    }

    /// The active rule of this id.
    pub fn named(&self, id: &str) -> Option<RuleIndex> {
        self.ids().find(|(_, known)| *known == id).map(|(index, _)| index)
    }

    /// Packs in force, in the order they were selected.
    pub fn packs(&self) -> &[String] {
        &self.packs
    }

    /// Every pack there is, in force or not.
    pub fn pack_cards(&self) -> &[PackCard] {
        &self.pack_cards
    }

    /// Runs the tests of every rule of every file, selected or not, by default parameters. Empty where
    /// all are as expected.
    pub fn run_tests(&self) -> Vec<Problem> {
        let run = |(document, row): &(usize, Spanned<RawRule>)| match self.documents.get(*document) {
            Some(document) => examples::run(row, document),
            None => Vec::new(),
        };
        self.rows.iter().flat_map(run).collect()
    }

    /// Whether a rule is on records, files or the run, and not on detections.
    pub(super) fn is_on_records(&self, rule: RuleIndex) -> bool {
        self.rule(rule).is_some_and(|rule| !rule.kinds.contains(&RecordKind::Detection))
    }

    /// Kinds of record and facts a rule wants.
    pub(super) fn wanted(&self, rule: RuleIndex) -> impl Iterator<Item = &'static str> {
        let rule = self.rule(rule);
        let kinds = rule.into_iter().flat_map(|rule| rule.kinds.iter().map(|kind| kind.name()));
        kinds.chain(rule.into_iter().flat_map(|rule| rule.needs.iter().map(|fact| fact.card().name)))
    }

    fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.rules.get(usize::from(index.0))
    }

    fn evidence<'a>(&self, subject: &Subject<'a>) -> Evidence<'a> {
        Evidence {
            facts: subject.facts,
            detections: subject.detections_known.then_some(subject.detections),
            own: None,
            now: self.now,
        }
    }
}

/// `retention_clock_at` is named by its companion fact; other stamps by themselves.
fn clock_name(fact: &str, subject: &Subject<'_>) -> String {
    let companion = crate::records::FactId::named("retention_clock").filter(|_| fact == "retention_clock_at");
    if let Some(FactValue::Word(word)) = companion.and_then(|fact| subject.facts.get(fact))
        && ["last-subject-contact", "closed", "solved"].contains(&word.as_str())
    {
        return word.clone();
    }
    fact.trim_end_matches("_at").replace('_', "-")
}

/// All rows, each with the position of its file; an id that stands twice is a problem.
fn rows(documents: &[Document], problems: &mut Vec<Problem>) -> Vec<(usize, Spanned<RawRule>)> {
    let mut rows: Vec<(usize, Spanned<RawRule>)> = Vec::new();
    for (at, document) in documents.iter().enumerate() {
        let read = match read_rules(document) {
            Ok(read) => read,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        for row in read {
            let id = &row.value.id;
            if let Some((first, earlier)) = rows.iter().find(|(_, known)| known.value.id.value == id.value) {
                let file = documents.get(*first).map_or("", |document| document.file.as_str());
                problems.push(document.problem(
                    "policy-duplicate",
                    &id.referenced,
                    format!("`{}` is already at {file}:{}", id.value, earlier.referenced.line()),
                    "give it another id: ids are never used twice",
                ));
            }
            rows.push((at, row));
        }
    }
    rows
}

/// Jurisdictions are codes, and adopted parameters belong to rules that exist.
fn check_choices(selection: &Selection, rows: &[(usize, Spanned<RawRule>)], problems: &mut Vec<Problem>) {
    for country in &selection.jurisdictions {
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_lowercase()) {
            let what = format!("`{country}` is no country code");
            problems.push(Problem::new("policy-jurisdiction", what, "write ISO 3166 codes in lower case: es, fr, de"));
        }
    }
    for adopted in &selection.adopted {
        let Some((_, row)) = rows.iter().find(|(_, row)| row.value.id.value == adopted.rule) else {
            let ids = rows.iter().map(|(_, row)| row.value.id.value.as_str());
            let advice = suggest::instead(&adopted.rule, ids);
            problems.push(Problem::new("policy-param", format!("there is no rule `{}`", adopted.rule), advice));
            continue;
        };
        let params = &row.value.params.0;
        if !params.iter().any(|(name, _)| name.value == adopted.param) {
            let advice = suggest::instead(&adopted.param, params.iter().map(|(name, _)| name.value.as_str()));
            let what = format!("{} has no parameter `{}`", adopted.rule, adopted.param);
            problems.push(Problem::new("policy-param", what, advice));
        }
    }
}

fn by_kind(rules: &[Rule]) -> Vec<Vec<RuleIndex>> {
    RecordKind::ALL
        .iter()
        .map(|kind| {
            let indexed = (0..=u16::MAX).map(RuleIndex).zip(rules);
            indexed.filter(|(_, rule)| rule.kinds.contains(kind)).map(|(index, _)| index).collect()
        })
        .collect()
}

fn kind_index(kind: RecordKind) -> usize {
    RecordKind::ALL.iter().position(|known| *known == kind).unwrap_or(usize::MAX)
}
