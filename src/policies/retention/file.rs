//! `olvido/retention/v1` as it is written, and from there to a schedule.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::super::document::Document;
use super::super::period::Period;
use super::super::suggest;
use super::super::yaml::Pairs;
use super::edges::{Edges, Rounding, winter_offset};
use super::kind::{Choice, Kind};
use super::schedule::Schedule;
use super::start::Start;
use super::supply::Supplied;
use crate::problem::{Problem, read_yaml};
use crate::records::{FactId, RecordKind, Stamp};

/// Version of the shape of schedules.
const SCHEMA: &str = "olvido/retention/v1";

/// What a row may choose records by, and the fact that is compared.
pub(super) const CHOICES: [(&str, &str); 9] = [
    ("forms", "form"),
    ("tags", "tags"),
    ("groups", "group"),
    ("brands", "brand"),
    ("queues", "queue"),
    ("channels", "channel"),
    ("statuses", "status"),
    ("purposes", "call_purpose"),
    ("roles", "role"),
];

/// A retention schedule: how long each kind of data is kept.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::policies) struct ScheduleFile {
    /// `olvido/retention/v1`
    #[schemars(with = "String")]
    schema: Spanned<String>,
    /// Who adopted the schedule. Without it every period is a proposal.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    approved_by: Option<Spanned<String>>,
    /// The day it was adopted, such as 2026-10-01.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    approved_on: Option<Spanned<String>>,
    /// Kinds of data.
    #[schemars(with = "Vec<KindRow>")]
    kinds: Vec<Spanned<KindRow>>,
}

/// One kind of data.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::policies) struct KindRow {
    /// Its name, in lower case with hyphens.
    #[schemars(with = "String")]
    id: Spanned<String>,
    /// A line for people.
    #[serde(default, rename = "title")]
    _title: Option<String>,
    /// The kind of record: ticket, chat, call, survey, person, log, export-manifest, or comment: a message that
    /// belongs to no ticket, such as mail.
    #[schemars(with = "String")]
    on: Spanned<String>,
    /// What records of this kind of data have: lists under forms, tags, groups, brands, queues, channels,
    /// statuses, purposes, roles. All must hold; without it every record of the kind of record is meant.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    select: Pairs<Vec<String>>,
    /// The dates the periods run from: the first that is known.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    clock: Vec<Spanned<String>>,
    /// After this time pseudonyms would do.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    soft: Option<Spanned<String>>,
    /// Law asks for it to be kept so long.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    minimum: Option<Spanned<String>>,
    /// It is kept no longer than this.
    #[schemars(with = "String")]
    keep: Spanned<String>,
    /// `none`, or `year-end` where periods run from the end of the calendar year.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    round: Option<Spanned<String>>,
    /// After its period the record is blocked for this long, and destroyed then (LOPDGDD 32).
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    block_for: Option<Spanned<String>>,
    /// The law, authority or decision the periods come from.
    #[serde(default)]
    source: String,
    /// What is different under the law of a country, by its ISO 3166 code in lower case.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, CountryRow>")]
    jurisdictions: Pairs<CountryRow>,
}

/// What is different under the law of a country.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::policies) struct CountryRow {
    /// After this time pseudonyms would do.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    soft: Option<Spanned<String>>,
    /// Law asks for it to be kept so long.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    minimum: Option<Spanned<String>>,
    /// It is kept no longer than this.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    keep: Option<Spanned<String>>,
    /// `none`, or `year-end`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    round: Option<Spanned<String>>,
    /// After its period the record is blocked for this long.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    block_for: Option<Spanned<String>>,
    /// The law.
    #[schemars(with = "String")]
    source: Spanned<String>,
}

impl Schedule {
    /// Reads a schedule for the countries whose law applies; none is assumed. `as_of` decides whether it has
    /// been adopted yet. Every problem names file and line.
    pub fn read(
        file: &str,
        text: &str,
        jurisdictions: &[String],
        as_of: Stamp,
    ) -> Result<Schedule, Vec<Problem>> {
        let document = Document { file: file.to_owned(), text: text.to_owned() };
        let raw: ScheduleFile = read_yaml("retention-yaml", file, text).map_err(|problem| vec![problem])?;
        let mut reader = Reader { document: &document, jurisdictions, problems: Vec::new() };
        if raw.schema.value != SCHEMA {
            let advice = format!("write `schema: {SCHEMA}`");
            reader.problem(&raw.schema, "retention-schema", "this schema is not read here", advice);
        }
        let approved = reader.approval(&raw);
        let adopted = approved.is_some_and(|on| on.seconds <= as_of.seconds);
        let mut kinds: Vec<Kind> = Vec::new();
        for row in &raw.kinds {
            if approved.is_some() && row.value.source.trim().is_empty() {
                let what = format!("nobody says where the periods of `{}` come from", row.value.id.value);
                let advice =
                    "an adopted schedule names the `source` of each kind: a law, an authority, a decision";
                reader.at(&row.referenced, "retention-source", what, advice);
            }
            if let Some(kind) = reader.kind(&row.value, row.referenced.line()) {
                if let Some(earlier) = kinds.iter().find(|earlier| earlier.id == kind.id) {
                    let what = format!("there is already a kind `{}` at {}", kind.id, earlier.place);
                    reader.problem(&row.value.id, "retention-duplicate", what, "give it another id");
                }
                kinds.push(kind);
            }
        }
        match reader.problems {
            problems if problems.is_empty() => Ok(Schedule {
                kinds,
                adopted,
                supplied: Supplied::new(),
                status: FactId::named("status"),
                soft_deleted: FactId::named("soft_deleted"),
                blocked_at: FactId::named("blocked_at"),
            }),
            problems => Err(problems),
        }
    }
}

struct Reader<'a> {
    document: &'a Document,
    jurisdictions: &'a [String],
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn at(&mut self, at: &Location, code: &'static str, what: impl Into<String>, advice: impl Into<String>) {
        self.problems.push(self.document.problem(code, at, what, advice));
    }

    fn problem(
        &mut self,
        at: &Spanned<String>,
        code: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.at(&at.referenced, code, what, advice);
    }

    /// The day the schedule was adopted: a person and a day, or neither.
    fn approval(&mut self, raw: &ScheduleFile) -> Option<Stamp> {
        let said = |text: &Option<Spanned<String>>| text.clone().filter(|text| !text.value.trim().is_empty());
        match (said(&raw.approved_by), said(&raw.approved_on)) {
            (None, None) => None,
            (Some(_), Some(on)) => {
                let day = Stamp::parse(&on.value);
                if day.is_none() {
                    self.problem(&on, "retention-date", "this is no date", "write a day such as 2026-10-01");
                }
                day
            }
            (by, on) => {
                if let Some(alone) = by.or(on) {
                    let what = "a schedule is adopted by a person on a day, and one of the two is missing";
                    self.problem(&alone, "retention-approval", what, "write approved_by and approved_on");
                }
                None
            }
        }
    }

    fn kind(&mut self, row: &KindRow, line: u64) -> Option<Kind> {
        let before = self.problems.len();
        let shape = |id: &str| {
            let mut bytes = id.bytes();
            id.len() <= 64 && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if row.id.value.is_empty() || !shape(&row.id.value) {
            let advice = "write lower-case letters, digits and hyphens";
            self.problem(&row.id, "retention-id", "this is no name of a kind of data", advice);
        }
        let on = self.record_kind(&row.on)?;
        let select = self.select(&row.select, on);
        let clock = self.clock(&row.clock, on);
        let edges = self.all_edges(row);
        let place = format!("{}:{line}", self.document.file);
        let kind = Kind {
            id: row.id.value.clone(),
            on,
            select,
            clock,
            edges,
            source: row.source.trim().to_owned(),
            place,
        };
        (self.problems.len() == before).then_some(kind)
    }

    fn record_kind(&mut self, on: &Spanned<String>) -> Option<RecordKind> {
        let found = RecordKind::named(&on.value).filter(|kind| Schedule::may_name(*kind));
        if found.is_none() {
            let known = RecordKind::ALL.into_iter().filter(|kind| Schedule::may_name(*kind));
            let advice = suggest::instead(&on.value, known.map(RecordKind::name));
            self.problem(on, "retention-record", "no periods are kept for such a kind of record", advice);
        }
        found
    }

    fn select(&mut self, pairs: &Pairs<Vec<String>>, on: RecordKind) -> Vec<Choice> {
        let mut choices = Vec::new();
        for (name, words) in &pairs.0 {
            let fact = CHOICES.iter().find(|(known, _)| *known == name.value);
            let fact = fact.and_then(|(_, fact)| FactId::named(fact));
            match fact.filter(|fact| fact.card().is_of(on)) {
                Some(fact) if !words.value.is_empty() => choices.push(Choice {
                    fact,
                    words: words.value.iter().map(|word| word.trim().to_lowercase()).collect(),
                }),
                Some(_) => {
                    let advice = "name at least one, or leave the line out";
                    self.problem(name, "retention-select", "nothing is chosen", advice);
                }
                None => {
                    let what = format!("a {} has no `{}` to choose by", on.name(), name.value);
                    let advice = suggest::instead(&name.value, CHOICES.iter().map(|(known, _)| *known));
                    self.problem(name, "retention-select", what, advice);
                }
            }
        }
        choices
    }

    fn clock(&mut self, names: &[Spanned<String>], on: RecordKind) -> Vec<Start> {
        if names.is_empty() {
            return Start::usual(on).to_vec();
        }
        let mut clock = Vec::new();
        for name in names {
            match Start::named(&name.value) {
                Some(start) if start.fact(on).is_some() => clock.push(start),
                Some(_) => {
                    let what = format!("a {} has no date `{}`", on.name(), name.value);
                    let fitting = Start::ALL.into_iter().filter(|start| start.fact(on).is_some());
                    let advice = suggest::instead(&name.value, fitting.map(Start::name));
                    self.problem(name, "retention-clock", what, advice);
                }
                None => {
                    let changed = ["updated", "updated-at", "modified", "last-update"];
                    let (what, advice) = match changed.contains(&name.value.as_str()) {
                        true => (
                            "no period runs from the last change: tagging or redacting a record would lengthen it",
                            String::from("write last-subject-contact, closed or solved"),
                        ),
                        false => (
                            "there is no such date",
                            suggest::instead(&name.value, Start::ALL.into_iter().map(Start::name)),
                        ),
                    };
                    self.problem(name, "retention-clock", what, advice);
                }
            }
        }
        clock
    }

    /// The row as it holds in each country declared; as it stands where none is.
    fn all_edges(&mut self, row: &KindRow) -> Vec<Edges> {
        for (country, other) in &row.jurisdictions.0 {
            let code = country.value.len() == 2 && country.value.bytes().all(|b| b.is_ascii_lowercase());
            if !code {
                let advice = "write the ISO 3166 code in lower case, such as es";
                self.problem(country, "retention-country", "this is no country", advice);
            }
            if other.value.source.value.trim().is_empty() {
                let advice = "name the law";
                self.problem(&other.value.source, "retention-source", "nobody says so", advice);
            }
        }
        let declared = self.jurisdictions;
        let mut all = Vec::new();
        // What stands for countries that are not declared is checked all the same.
        for (country, other) in &row.jurisdictions.0 {
            let edges = self.edges(row, Some(&other.value), &country.value);
            all.extend(edges.filter(|_| declared.contains(&country.value)));
        }
        let named = |code: &String| row.jurisdictions.0.iter().any(|(country, _)| country.value == *code);
        let plain = declared.iter().find(|code| !named(code)).map_or("", String::as_str);
        let base = self.edges(row, None, plain);
        if declared.is_empty() || !plain.is_empty() {
            all.extend(base);
        }
        all
    }

    fn edges(&mut self, row: &KindRow, other: Option<&CountryRow>, country: &str) -> Option<Edges> {
        let of = |pick: fn(&CountryRow) -> &Option<Spanned<String>>, base: &Option<Spanned<String>>| {
            other.and_then(|other| pick(other).clone()).or_else(|| base.clone())
        };
        let written_keep = of(|o| &o.keep, &None).unwrap_or_else(|| row.keep.clone());
        let keep = self.period(&written_keep)?;
        let written = [of(|o| &o.soft, &row.soft), of(|o| &o.minimum, &row.minimum)];
        let mut shorter = Vec::new();
        for (written, name) in written.into_iter().zip(["soft step", "legal minimum"]) {
            let period = match &written {
                None => None,
                Some(text) => Some(self.period(text)?),
            };
            if let (Some(text), Some(period)) = (&written, &period)
                && period.compare(&keep).is_gt()
            {
                let what = format!("the {name} of {period} is longer than the maximum of {keep}");
                let advice = "lengthen `keep`, with its source, or shorten the other";
                self.problem(text, "retention-order", what, advice);
            }
            shorter.push(period);
        }
        let block = match of(|o| &o.block_for, &row.block_for) {
            None => None,
            Some(text) => Some(self.period(&text)?),
        };
        let rounding = match of(|o| &o.round, &row.round) {
            None => Rounding::Exact,
            Some(word) => match word.value.as_str() {
                "none" => Rounding::Exact,
                "year-end" => Rounding::YearEnd { offset: winter_offset(country) },
                _ => {
                    let advice = "write none or year-end";
                    self.problem(&word, "retention-round", "periods are not rounded so", advice);
                    return None;
                }
            },
        };
        let minimum = shorter.pop().flatten();
        Some(Edges { soft: shorter.pop().flatten(), minimum, keep, rounding, block })
    }

    fn period(&mut self, text: &Spanned<String>) -> Option<Period> {
        let period = Period::parse(&text.value);
        if period.is_none() {
            let advice = "write ISO 8601: P3Y, P18M, P30D, P1Y6M";
            self.problem(text, "retention-period", "this is no period", advice);
        }
        period
    }
}
