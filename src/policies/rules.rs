//! All rules of a run: loading, judging, listing.

use std::sync::Arc;

use serde_saphyr::Spanned;

use super::attestation::Attestation;
use super::compiler;
use super::condition::{Evidence, vocabulary};
use super::document::Document;
use super::examples;
use super::inventory::Inventory;
use super::judge::{Judgement, Observed, RuleIndex, Subject};
use super::pack::{Pack, PackCard, Packs};
use super::precedents::Precedent;
use super::retention::Schedule;
use super::rows::{check_choices, place, rows};
use super::rule::{Outcome, Rule};
use super::settings::{Choice, PackSetting, Selection};
use super::source::RawRule;
use crate::findings::{RuleCard, Severity, Verdict};
use crate::problem::Problem;
use crate::records::{
    Category, Confidence, FactId, FactSet, FactValue, Facts, RecordKind, Stamp, ValueClass,
};

/// Most rules a run can have.
const MAX_RULES: usize = 10_000;

/// The rules of a run. Immutable and shared by all workers: judging reads no clock and no file.
pub struct RuleSet {
    rules: Vec<Rule>,
    by_kind: Vec<OfKind>,
    inventory: Inventory,
    packs: Vec<String>,
    pack_cards: Vec<PackCard>,
    now: i64,
    attestations: Vec<Attestation>,
    schedule: Option<Arc<Schedule>>,
    documents: Vec<Document>,
    /// Every row of every file, active or not, with the position of its file.
    rows: Vec<(usize, Spanned<RawRule>)>,
}

impl RuleSet {
    /// [`RuleSet::load_selected`] with nothing adopted: packs by id (the default ones where there is
    /// none), countries, and the instant verdicts are for.
    pub fn load(
        files: &[(&str, &str)],
        pack_files: &[(&str, &str)],
        packs: &[String],
        jurisdictions: &[String],
        as_of: Stamp,
    ) -> Result<RuleSet, Vec<Problem>> {
        let selection = Selection {
            packs: packs.to_vec(),
            jurisdictions: jurisdictions.to_vec(),
            ..Selection::new(as_of)
        };
        Self::load_selected(files, pack_files, &selection)
    }

    /// Reads rule files and packs (name and text each) and keeps the rules of the selected packs.
    ///
    /// Every row of every file is checked, selected or not. All problems are returned, in the order of
    /// files and lines; each names file, line and column, and none holds a value of scanned data, since
    /// none has been read yet.
    pub fn load_selected(
        files: &[(&str, &str)],
        pack_files: &[(&str, &str)],
        selection: &Selection,
    ) -> Result<RuleSet, Vec<Problem>> {
        let mut problems = Vec::new();
        let documents: Vec<Document> = files
            .iter()
            .map(|(file, text)| Document { file: (*file).to_owned(), text: (*text).to_owned() })
            .collect();
        let rows = rows(&documents, &mut problems);
        let packs = Packs::load(pack_files, &rows, &documents, &mut problems);
        let selected = packs.selected(selection, &mut problems);
        let speaking: Vec<&Pack> =
            selected.iter().filter(|(_, speaks)| *speaks).map(|(pack, _)| *pack).collect();
        check_choices(selection, &rows, &mut problems);
        let settings: Vec<PackSetting> = speaking.iter().flat_map(|pack| pack.settings()).collect();
        let raises: Vec<(String, Severity)> = speaking.iter().flat_map(|pack| pack.raises()).collect();
        let choice = Choice {
            jurisdictions: &selection.jurisdictions,
            adopted: &selection.adopted,
            packs: &settings,
            raises: &raises,
            schedule: selection.schedule.as_ref().map(|schedule| schedule.is_adopted()),
            direct: &[],
        };
        let mut rules = Vec::new();
        for (document, row) in &rows {
            let Some(document) = documents.get(*document) else { continue };
            if let Some(rule) = compiler::compile(row, document, &choice, &mut problems)
                && selected.iter().any(|(pack, _)| pack.covers(&row.value))
            {
                rules.push((rule, speaking.iter().any(|pack| pack.covers(&row.value))));
            }
        }
        if rules.len() > MAX_RULES {
            problems.push(Problem::new("policy-limit", "there are too many rules", "select fewer packs"));
        }
        if !problems.is_empty() {
            let order: Vec<&str> = files.iter().chain(pack_files).map(|(file, _)| *file).collect();
            problems.sort_by_key(|problem| place(problem, &order));
            return Err(problems);
        }
        rules.sort_by(|(a, _), (b, _)| a.card.id.cmp(&b.card.id));
        let (rules, speaks): (Vec<Rule>, Vec<bool>) = rules.into_iter().unzip();
        let in_force = selected.iter().map(|(pack, _)| Pack::id(pack).to_owned()).collect();
        Ok(RuleSet {
            by_kind: by_kind(&rules, &speaks),
            inventory: Inventory::new(&rules),
            rules,
            packs: in_force,
            pack_cards: packs.cards(),
            now: selection.as_of.seconds,
            attestations: selection.attestations.clone(),
            schedule: selection.schedule.clone(),
            documents,
            rows,
        })
    }

    /// The retention schedule of the run.
    pub fn schedule(&self) -> Option<&Schedule> {
        self.schedule.as_deref()
    }

    /// The instant verdicts are for, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Judges one record, file or run by every active rule on its kind, in the order of ids. Every
    /// rule gives exactly one judgement, passes included.
    pub fn judge(&self, subject: &Subject<'_>, out: &mut Vec<Judgement>) {
        if let Some(of_kind) = self.of_kind(subject.kind) {
            self.judge_by(&of_kind.rules, subject, out);
        }
    }

    /// The same by these rules alone.
    pub(super) fn judge_by(&self, rules: &[RuleIndex], subject: &Subject<'_>, out: &mut Vec<Judgement>) {
        if rules.is_empty() {
            return;
        }
        let evidence = self.evidence(subject);
        for index in rules {
            let Some(rule) = self.rule(*index) else { continue };
            let outcome = rule.judge(&evidence);
            let verdict = match outcome.verdict {
                Verdict::Review => self.attested(rule, subject.facts),
                verdict => verdict,
            };
            out.push(judgement(*index, Outcome { verdict, ..outcome }));
        }
    }

    /// What holds for every record with the same evidence but for the values of `varying` facts, and the
    /// rules that must look at each.
    pub(super) fn precedent(&self, subject: &Subject<'_>, varying: FactSet) -> Precedent {
        let evidence = self.evidence(subject);
        let mut precedent = Precedent { kind: subject.kind, settled: Vec::new(), varying: Vec::new() };
        for index in self.of_kind(subject.kind).into_iter().flat_map(|of_kind| &of_kind.rules) {
            let Some(rule) = self.rule(*index) else { continue };
            let outcome = rule.judge(&evidence);
            match rule.is_settled(&outcome, &evidence, varying) {
                true => precedent.settled.push(judgement(*index, outcome)),
                false => precedent.varying.push(*index),
            }
        }
        precedent
    }

    /// The facts rules on this kind of record read.
    pub(super) fn read_of(&self, kind: RecordKind) -> FactSet {
        self.of_kind(kind).map(|of_kind| of_kind.reads).unwrap_or_default()
    }

    fn of_kind(&self, kind: RecordKind) -> Option<&OfKind> {
        self.by_kind.get(kind as usize)
    }

    /// What people have answered: `review` where nobody has, or the answer has lapsed.
    fn attested(&self, rule: &Rule, facts: &Facts) -> Verdict {
        match self.attestation(rule, facts) {
            Some(answer) if answer.yes => Verdict::Pass,
            Some(_) => Verdict::Fail,
            None => Verdict::Review,
        }
    }

    /// The answer in force: of several the last one given, and of those a `no`.
    fn attestation(&self, rule: &Rule, facts: &Facts) -> Option<&Attestation> {
        let id = match FactId::named("id").and_then(|fact| facts.get(fact)) {
            Some(FactValue::Text(id)) => Some(id.expose()),
            _ => None,
        };
        let speaks = |answer: &&Attestation| {
            answer.rule == rule.card.id
                && answer.holds(self.now)
                && (answer.records.is_empty()
                    || answer.records.iter().any(|known| Some(known.as_str()) == id))
        };
        self.attestations.iter().filter(speaks).max_by_key(|answer| (answer.on.seconds, !answer.yes))
    }

    /// Whether a judgement says no more than that nothing it needs was supplied: for the run, where
    /// such rules are told by family and not one by one. What was supplied and cannot be read is told.
    pub fn is_unmet(&self, judgement: &Judgement, facts: &Facts) -> bool {
        let needs = self.rule(judgement.rule).map_or(0, |rule| rule.needs.len());
        let absent = || judgement.missing.iter().all(|fact| facts.get(fact).is_none());
        judgement.verdict == Verdict::Open && needs > 0 && judgement.missing.len() >= needs && absent()
    }

    /// Whether a rule needs a fact.
    pub fn needs(&self, rule: RuleIndex, fact: &str) -> bool {
        self.rule(rule).is_some_and(|rule| rule.needs.iter().any(|need| need.card().name == fact))
    }

    /// Whether an active rule needs a fact.
    pub fn reads(&self, fact: &str) -> bool {
        self.rules.iter().any(|rule| rule.needs.iter().any(|need| need.card().name == fact))
    }

    /// Whether a rule needs something, and nothing but these facts.
    pub fn reads_only(&self, rule: RuleIndex, facts: &[&str]) -> bool {
        self.rule(rule).is_some_and(|rule| {
            !rule.needs.is_empty() && rule.needs.iter().all(|need| facts.contains(&need.card().name))
        })
    }

    /// Whether any rule is on this kind of record: if not, its facts need not be gathered.
    pub fn judges(&self, kind: RecordKind) -> bool {
        self.of_kind(kind).is_some_and(|of_kind| !of_kind.rules.is_empty())
    }

    /// The inventory rule a detection counts under; none below its confidence and for values no rule
    /// counts. The most severe rule, then the first by id.
    pub fn inventory(
        &self,
        category: Category,
        confidence: Confidence,
        value_class: ValueClass,
    ) -> Option<RuleIndex> {
        self.inventory.rule(Observed { category, confidence, value_class })
    }

    /// The message of a judgement, of facts that cannot hold personal data. `id` is the record's id as
    /// the caller shows it: masked where it holds a datum.
    pub fn message(&self, judgement: &Judgement, facts: &Facts, id: &str) -> String {
        let Some(rule) = self.rule(judgement.rule) else { return String::new() };
        if judgement.verdict == Verdict::Fail
            && rule.asks
            && let Some(answer) = self.attestation(rule, facts)
        {
            let on = answer.on.to_rfc3339();
            return format!("{}: answered no on {on} ({})", rule.card.title, answer.place);
        }
        if judgement.verdict != Verdict::Open {
            let evidence = Evidence::of_record(facts, None, self.now);
            return rule.message.render(&evidence, judgement.count, id);
        }
        let missing: Vec<&str> = judgement.missing.iter().map(|fact| fact.card().name).collect();
        match missing.as_slice() {
            [] => format!("{}: cannot be shown, the condition cannot be evaluated", rule.card.title),
            names => format!("{}: cannot be shown, no evidence of {}", rule.card.title, names.join(", ")),
        }
    }

    /// Whether a rule is about a period that runs from a date: what a hold suspends.
    pub fn has_period(&self, rule: RuleIndex) -> bool {
        self.rule(rule).is_some_and(|rule| rule.clock.is_some())
    }

    /// The date a retention period runs from and its name (`last-subject-contact`), for rules that
    /// have a clock.
    pub fn clock(&self, rule: RuleIndex, facts: &Facts) -> Option<(String, Stamp)> {
        let fact = self.rule(rule)?.clock?;
        let Some(FactValue::Stamp(at)) = facts.get(fact) else { return None };
        Some((clock_name(fact.card().name, facts), *at))
    }

    /// Cards of the active rules, sorted by id.
    pub fn cards(&self) -> Vec<RuleCard> {
        self.rules.iter().map(|rule| rule.card.clone()).collect()
    }

    /// The id of an active rule.
    pub fn id(&self, rule: RuleIndex) -> Option<&str> {
        self.rule(rule).map(|rule| rule.card.id.as_str())
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

    /// Ids of all rules, selected or not.
    pub fn all_ids(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(_, row)| row.value.id.value.as_str())
    }

    /// A person's answer in force to a line of a checklist, `checklist/list/line`.
    pub(super) fn answered(&self, name: &str) -> Option<bool> {
        let of = self.attestations.iter().filter(|answer| answer.rule == name && answer.holds(self.now));
        of.max_by_key(|answer| (answer.on.seconds, !answer.yes)).map(|answer| answer.yes)
    }

    /// The card of any rule, selected or not, with its parameters as the file has them.
    pub fn any_card(&self, id: &str) -> Option<RuleCard> {
        if let Some(index) = self.named(id) {
            return self.card(index).cloned();
        }
        let (at, row) = self.rows.iter().find(|(_, row)| row.value.id.value == id)?;
        let document = self.documents.get(*at)?;
        compiler::compile(row, document, &Choice::default(), &mut Vec::new()).map(|rule| rule.card)
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
        let detections = subject.detections_known.then_some(subject.detections);
        Evidence::with_derived(subject.facts, subject.derived, detections, self.now)
    }
}

/// `retention_clock_at` is named by its companion fact; other stamps by themselves.
fn clock_name(fact: &str, facts: &Facts) -> String {
    let companion = FactId::named("retention_clock").filter(|_| fact == "retention_clock_at");
    if let Some(FactValue::Word(word)) = companion.and_then(|fact| facts.get(fact))
        && vocabulary("retention_clock").is_some_and(|known| known.contains(&word.as_str()))
    {
        return word.to_string();
    }
    fact.trim_end_matches("_at").replace('_', "-")
}

/// The rules that speak of one kind of record.
struct OfKind {
    rules: Vec<RuleIndex>,
    /// The facts they read.
    reads: FactSet,
}

/// Rules that speak, by the kind of record they are on.
fn by_kind(rules: &[Rule], speaks: &[bool]) -> Vec<OfKind> {
    let of = |kind: &RecordKind| {
        let indexed = (0..=u16::MAX).map(RuleIndex).zip(rules.iter().zip(speaks));
        let chosen: Vec<(RuleIndex, &Rule)> = indexed
            .filter(|(_, (rule, speaks))| **speaks && rule.kinds.contains(kind))
            .map(|(index, (rule, _))| (index, rule))
            .collect();
        OfKind {
            rules: chosen.iter().map(|(index, _)| *index).collect(),
            reads: chosen.iter().fold(FactSet::default(), |all, (_, rule)| all.or(rule.reads())),
        }
    };
    RecordKind::ALL.iter().map(of).collect()
}

fn judgement(rule: RuleIndex, outcome: Outcome) -> Judgement {
    let Outcome { verdict, severity, count, missing } = outcome;
    Judgement { rule, verdict, severity, count, missing }
}
