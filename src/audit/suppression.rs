//! `olvido/suppression/v1`: people who were erased, by keyed references, so that a restored backup or a later
//! import that brings them back is seen.

use serde::{Deserialize, Serialize};

use super::erasure::{ErasureSubject, Identifier};
use crate::policies::exceptions::Reference;
use crate::problem::Problem;
use crate::records::{FactId, FactValue, Facts, Stamp, Supplier};

const SCHEMA: &str = "olvido/suppression/v1";

/// One person who was erased.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuppressedPerson {
    /// Everything they were known by.
    pub identifiers: Vec<Identifier>,
    /// The plan that erased them.
    pub plan: String,
    /// Until when they are looked for: backups that may hold them are over then.
    pub until: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    key: String,
    people: Vec<SuppressedPerson>,
}

/// The list as it is in force.
pub struct Suppression {
    key: String,
    people: Vec<(SuppressedPerson, ErasureSubject, i64)>,
}

fn malformed(what: &str) -> Problem {
    Problem::new("suppression-malformed", what, "put back a copy of the file that `olvido purge` wrote")
}

impl Suppression {
    /// A list of nobody, under a key.
    pub fn empty(key: &str) -> Self {
        Self { key: key.to_owned(), people: Vec::new() }
    }

    /// Reads a list; `key` is the name of the project's key.
    ///
    /// # Errors
    /// `suppression-malformed`, and `suppression-other-key` where its references are another key's: nobody
    /// would be found.
    pub fn read(bytes: &[u8], key: Option<&str>) -> Result<Suppression, Problem> {
        let file: File = serde_json::from_slice(bytes)
            .map_err(|_| malformed("this is no list of people who were erased"))?;
        if file.schema != SCHEMA {
            return Err(malformed("this schema is not known"));
        }
        if key != Some(file.key.as_str()) {
            let what = "the list of people who were erased was made with another key: nobody would be found";
            let advice = format!("name the key {} with --key", file.key);
            return Err(Problem::new("suppression-other-key", what, advice));
        }
        let mut list = Self::empty(&file.key);
        for person in file.people {
            list.push(person)?;
        }
        Ok(list)
    }

    fn push(&mut self, person: SuppressedPerson) -> Result<(), Problem> {
        let until = Stamp::parse(&person.until).ok_or_else(|| malformed("a date of the list is none"))?;
        let subject = ErasureSubject::new(&person.identifiers)?;
        self.people.push((person, subject, until.seconds));
        Ok(())
    }

    /// The file, with what is over left out.
    pub fn to_file(&self, now: Stamp) -> String {
        let people = self.people.iter().filter(|(_, _, until)| now.seconds < *until);
        let file = File {
            schema: SCHEMA.to_owned(),
            key: self.key.clone(),
            people: people.map(|(person, _, _)| person.clone()).collect(),
        };
        // Texts and lists of texts: nothing in it can fail.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }

    /// Adds whom a plan erased, in the place of what it said before.
    ///
    /// # Errors
    /// As [`Suppression::read`].
    pub fn add(&mut self, person: SuppressedPerson) -> Result<(), Problem> {
        self.remove(&person.plan);
        self.push(person)
    }

    /// Takes out whom a plan erased: they were brought back on purpose.
    pub fn remove(&mut self, plan: &str) {
        self.people.retain(|(person, _, _)| person.plan != plan);
    }

    /// Whether references of one person's identifiers are those of somebody who was erased.
    pub(super) fn names(&self, references: &[Reference], now: i64) -> bool {
        let in_force = self.people.iter().filter(|(_, _, until)| now < *until);
        in_force.into_iter().any(|(_, subject, _)| subject.identified(references.iter()))
    }
}

/// Adds people who were erased to the records that a restored backup brought back.
pub(super) fn restored(erased: Option<u64>, facts: &mut Facts) {
    let (Some(erased), Some(fact)) = (erased, FactId::named("erased_restored")) else { return };
    let known = match facts.get(fact) {
        Some(FactValue::Int(known)) => *known,
        _ => 0,
    };
    let all = known.saturating_add(i64::try_from(erased).unwrap_or(i64::MAX));
    facts.set(fact, FactValue::Int(all), Supplier::Join);
}
