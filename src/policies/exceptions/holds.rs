//! `olvido/holds/v1`: which records must not be deleted for now, and why.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::super::condition::vocabulary;
use super::super::document::Document;
use super::super::suggest;
use super::entry::{Entry, EntryKind};
use super::in_force;
use super::reference::{Reference, ReferenceKind};
use crate::problem::{Problem, read_yaml};
use crate::records::Stamp;

/// Version of the shape of the file.
const SCHEMA: &str = "olvido/holds/v1";

/// Holds: which records must not be deleted for now.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::policies) struct HoldsFile {
    /// `olvido/holds/v1`
    #[schemars(with = "String")]
    schema: Spanned<String>,
    /// Id of the key of the references below; needed where there are any.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    key: Option<Spanned<String>>,
    /// The holds.
    #[schemars(with = "Vec<HoldRow>")]
    holds: Vec<Spanned<HoldRow>>,
}

/// One hold.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::policies) struct HoldRow {
    /// Its name: letters, digits, hyphens.
    #[schemars(with = "String")]
    id: Spanned<String>,
    /// Why, in words that name nobody.
    #[schemars(with = "String")]
    reason: Spanned<String>,
    /// The ground of Art. 17(3): expression, legal-obligation, public-health, archiving or legal-claims.
    #[schemars(with = "String")]
    ground: Spanned<String>,
    /// Who placed it.
    #[schemars(with = "String")]
    placed_by: Spanned<String>,
    /// The day it was placed.
    #[schemars(with = "String")]
    placed_on: Spanned<String>,
    /// The day it ends.
    #[serde(default)]
    #[schemars(with = "String")]
    until: Option<Spanned<String>>,
    /// The day somebody looks at it again.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    review_by: Option<Spanned<String>>,
    /// Which records it covers.
    #[schemars(with = "HoldScopeRow")]
    scope: Spanned<HoldScopeRow>,
}

/// Which records a hold covers: those any of the lists names.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::policies) struct HoldScopeRow {
    /// Keyed references of people, `s1:…`; `olvido hold add` computes them.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    subjects: Vec<Spanned<String>>,
    /// Keyed references of tickets, `r1:…`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    tickets: Vec<Spanned<String>>,
    /// Tags.
    #[serde(default)]
    tags: Vec<String>,
    /// All records there are.
    #[serde(default)]
    everything: bool,
}

/// Which records a hold covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldScope {
    /// People and tickets.
    pub references: Vec<Reference>,
    /// Tags, in lower case.
    pub tags: Vec<String>,
    /// All records there are.
    pub everything: bool,
}

/// One hold.
#[derive(Clone, Debug)]
pub struct Hold {
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
    /// When it was placed.
    pub placed_on: Stamp,
    /// When it ends.
    pub until: Stamp,
    /// When it must be looked at again.
    pub review_by: Option<Stamp>,
    /// What it covers.
    pub scope: HoldScope,
    line: u64,
}

/// All holds of a project.
#[derive(Default)]
pub struct Holds {
    file: String,
    key: Option<(String, Problem)>,
    rows: Vec<Hold>,
    by_reference: BTreeMap<Reference, Vec<usize>>,
}

impl Holds {
    /// Reads a file of holds. One without an end, a scope or a ground cannot be evaluated, and what cannot be
    /// evaluated stops everything: each problem names file and line.
    pub fn read(file: &str, text: &str) -> Result<Holds, Vec<Problem>> {
        let document = Document { file: file.to_owned(), text: text.to_owned() };
        let raw: HoldsFile = read_yaml("holds-yaml", file, text).map_err(|problem| vec![problem])?;
        let mut reader = Reader { document: &document, problems: Vec::new() };
        if raw.schema.value != SCHEMA {
            reader.refuse(
                &raw.schema,
                "holds-schema",
                "this schema is not read here",
                format!("write `schema: {SCHEMA}`"),
            );
        }
        let mut holds = Holds { file: file.to_owned(), ..Holds::default() };
        for row in &raw.holds {
            if let Some(hold) = reader.hold(&row.value, row.referenced.line()) {
                if holds.rows.iter().any(|known| known.id == hold.id) {
                    reader.refuse(
                        &row.value.id,
                        "holds-duplicate",
                        "this hold stands twice",
                        "give it another id",
                    );
                }
                holds.rows.push(hold);
            }
        }
        let first = raw
            .holds
            .iter()
            .flat_map(|row| row.value.scope.value.subjects.iter().chain(&row.value.scope.value.tickets))
            .next();
        match (&raw.key, first) {
            (Some(key), _) => {
                let advice = "name the key the references were made with (--key)";
                let what = "these holds were made under another key, and would cover nothing";
                holds.key = Some((
                    key.value.clone(),
                    document.problem("holds-other-key", &key.referenced, what, advice),
                ));
            }
            (None, Some(reference)) => {
                let advice = "write `key:` with the id of the key; `olvido hold add` does";
                reader.refuse(
                    reference,
                    "holds-no-key",
                    "nobody can tell under which key this reference was made",
                    advice,
                );
            }
            (None, None) => {}
        }
        if !reader.problems.is_empty() {
            return Err(reader.problems);
        }
        for (at, hold) in holds.rows.iter().enumerate() {
            for reference in &hold.scope.references {
                holds.by_reference.entry(*reference).or_default().push(at);
            }
        }
        Ok(holds)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A hold by its position.
    pub fn get(&self, at: usize) -> Option<&Hold> {
        self.rows.get(at)
    }

    /// Whether any hold names records or people by reference.
    pub fn has_references(&self) -> bool {
        !self.by_reference.is_empty()
    }

    /// Whether any hold names people.
    pub fn names_people(&self) -> bool {
        self.by_reference.keys().any(|reference| reference.kind == ReferenceKind::Subject)
    }

    /// Positions of the holds in force that name a reference.
    pub fn naming(&self, reference: &Reference, now: i64) -> impl Iterator<Item = usize> {
        let named = self.by_reference.get(reference).map_or(&[][..], Vec::as_slice);
        named.iter().copied().filter(move |at| self.rows.get(*at).is_some_and(|hold| hold.holds(now)))
    }

    /// Positions of the holds in force that cover a record by its tags, or cover everything.
    pub fn by_tags<'h>(&'h self, tags: &'h [String], now: i64) -> impl Iterator<Item = usize> + 'h {
        let tagged = |hold: &Hold| {
            hold.scope.everything
                || tags
                    .iter()
                    .any(|tag| hold.scope.tags.iter().any(|known| tag.trim().to_lowercase() == *known))
        };
        let rows = self.rows.iter().enumerate();
        rows.filter(move |(_, hold)| hold.holds(now) && tagged(hold)).map(|(at, _)| at)
    }

    /// The holds as exceptions.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.rows.iter().map(|hold| Entry {
            kind: EntryKind::Hold,
            id: &hold.id,
            file: &self.file,
            line: hold.line,
            from: hold.placed_on,
            until: Some(hold.until),
            review: hold.review_by,
            broad: hold.scope.everything,
            matched: 0,
        })
    }

    pub(super) fn check_key(&self, key: Option<&str>) -> Result<(), Problem> {
        match &self.key {
            Some((made_with, problem)) if self.has_references() && key != Some(made_with) => {
                Err(problem.clone())
            }
            _ => Ok(()),
        }
    }
}

impl Hold {
    /// Whether it suspends deletion at an instant.
    pub fn holds(&self, now: i64) -> bool {
        in_force(self.placed_on, Some(self.until), now)
    }
}

struct Reader<'a> {
    document: &'a Document,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn refuse(
        &mut self,
        at: &Spanned<String>,
        code: &'static str,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.problems.push(self.document.problem(code, &at.referenced, what, advice));
    }

    fn hold(&mut self, row: &HoldRow, line: u64) -> Option<Hold> {
        let before = self.problems.len();
        if !super::waivers::is_id(&row.id.value) {
            self.refuse(
                &row.id,
                "holds-id",
                "this is no name of a hold",
                "write letters, digits and hyphens",
            );
        }
        for said in [&row.reason, &row.placed_by] {
            if said.value.trim().is_empty() {
                self.refuse(
                    said,
                    "holds-empty",
                    "a hold needs a reason and somebody who placed it",
                    "write them out",
                );
            }
        }
        let grounds = vocabulary("ground").unwrap_or(&[]).get(..5).unwrap_or(&[]);
        if !grounds.contains(&row.ground.value.as_str()) {
            let advice = suggest::instead(&row.ground.value, grounds.iter().copied());
            self.refuse(&row.ground, "holds-ground", "this is no ground of Art. 17(3) GDPR", advice);
        }
        let placed_on = self.day(&row.placed_on);
        let review_by = row.review_by.as_ref().and_then(|day| self.day(day));
        let until = match &row.until {
            Some(day) => self.day(day),
            None => {
                let advice = "write `until:` with a day; a hold that never ends keeps data for ever";
                self.refuse(&row.id, "hold-without-end", "the hold has no end", advice);
                None
            }
        };
        if let (Some(from), Some(to), Some(written)) = (placed_on, until, &row.until)
            && to.seconds <= from.seconds
        {
            self.refuse(written, "holds-order", "the hold ends before it begins", "name a later day");
        }
        let scope = self.scope(&row.scope.value);
        if scope == HoldScope::default() && self.problems.len() == before {
            let what = "the hold covers nothing";
            let advice = "name subjects, tickets or tags; `olvido hold add` computes the references";
            self.problems.push(self.document.problem("holds-no-scope", &row.scope.referenced, what, advice));
        }
        if self.problems.len() > before {
            return None;
        }
        let (id, reason) = (row.id.value.clone(), row.reason.value.trim().to_owned());
        Some(Hold { id, reason, placed_on: placed_on?, until: until?, review_by, scope, line })
    }

    fn scope(&mut self, row: &HoldScopeRow) -> HoldScope {
        let mut references = Vec::new();
        for (list, kind) in [(&row.subjects, ReferenceKind::Subject), (&row.tickets, ReferenceKind::Record)] {
            for text in list {
                match Reference::parse(&text.value).filter(|reference| reference.kind == kind) {
                    Some(reference) => references.push(reference),
                    None => {
                        let advice =
                            "let `olvido hold add` compute it: names and numbers do not stand in this file";
                        self.refuse(text, "holds-reference", "this is no keyed reference", advice);
                    }
                }
            }
        }
        let tags = row.tags.iter().map(|tag| tag.trim().to_lowercase()).filter(|tag| !tag.is_empty());
        HoldScope { references, tags: tags.collect(), everything: row.everything }
    }

    fn day(&mut self, text: &Spanned<String>) -> Option<Stamp> {
        let day = Stamp::parse(&text.value);
        if day.is_none() {
            self.refuse(text, "holds-date", "this is no date", "write a day such as 2027-03-31");
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "schema: olvido/holds/v1\nkey: 1a2b3c4d\nholds:\n  - id: HOLD-7\n    reason: court case\n    ground: legal-claims\n    placed_by: legal\n    placed_on: 2026-01-01\n    until: 2027-01-01\n    scope: {tickets: ['r1:0123456789abcdef0123456789abcdef'], tags: [Litigation]}\n";

    fn read(text: &str) -> Result<Holds, Vec<Problem>> {
        Holds::read("holds.yaml", text)
    }

    #[test]
    fn a_hold_covers_from_its_day_until_its_end() {
        let holds = read(GOOD).ok().unwrap();
        let ticket = Reference::parse("r1:0123456789abcdef0123456789abcdef").unwrap();
        let at = |day: &str| Stamp::parse(day).unwrap().seconds;
        let covered = |day: &str| holds.naming(&ticket, at(day)).count();
        assert_eq!(["2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"].map(covered), [0, 1, 1, 0]);
        let tagged = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            holds.by_tags(&tags, at("2026-06-01")).count()
        };
        assert_eq!((tagged(&["LITIGATION"]), tagged(&["other"]), tagged(&[])), (1, 0, 0));
    }

    #[test]
    fn another_key_is_refused_with_its_line() {
        let holds = read(GOOD).ok().unwrap();
        assert!(holds.check_key(Some("1a2b3c4d")).is_ok());
        for other in [Some("ffffffff"), None] {
            let problem = holds.check_key(other).unwrap_err();
            assert_eq!((problem.code, problem.at.map(|at| at.line)), ("holds-other-key", Some(2)));
        }
        // Tags need no key.
        let tags = GOOD
            .replace("tickets: ['r1:0123456789abcdef0123456789abcdef'], ", "")
            .replace("key: 1a2b3c4d\n", "");
        assert!(read(&tags).ok().unwrap().check_key(None).is_ok());
    }

    #[test]
    fn what_cannot_be_evaluated_names_its_line() {
        for (from, to, code, line) in [
            ("    until: 2027-01-01\n", "", "hold-without-end", 4),
            ("holds/v1", "holds/v2", "holds-schema", 1),
            ("key: 1a2b3c4d\n", "", "holds-no-key", 9),
            ("id: HOLD-7", "id: Ana Ruiz", "holds-id", 4),
            ("reason: court case", "reason: ' '", "holds-empty", 5),
            ("legal-claims", "because", "holds-ground", 6),
            ("legal-claims", "excessive", "holds-ground", 6),
            ("2026-01-01", "spring", "holds-date", 8),
            ("2027-01-01", "2025-01-01", "holds-order", 9),
            (
                "tickets: ['r1:0123456789abcdef0123456789abcdef'], tags: [Litigation]",
                "",
                "holds-no-scope",
                10,
            ),
            ("r1:0123456789abcdef0123456789abcdef", "ana@example.org", "holds-reference", 10),
            ("tags:", "tag:", "holds-yaml", 10),
        ] {
            let problem = read(&GOOD.replacen(from, to, 1)).err().unwrap_or_else(|| panic!("{to}")).remove(0);
            assert_eq!((problem.code, problem.at.map(|at| at.line)), (code, Some(line)), "{to}");
        }
        let twice = GOOD.replacen("  - id", &GOOD[GOOD.find("  - id").unwrap()..], 1).replacen(
            "Litigation]}\n:",
            "Litigation]}\n  - id:",
            1,
        );
        assert_eq!(read(&twice).err().unwrap()[0].code, "holds-duplicate");
    }
}
