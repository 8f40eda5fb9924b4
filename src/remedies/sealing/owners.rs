//! Whose what is: slots of people, records and marks, made when they are first needed.

use std::collections::BTreeSet;

use super::identity::Identifier;
use super::pseudonyms::{mark_pseudonym, person_pseudonym, record_pseudonym};
use super::writer::Writer;
use crate::problem::Problem;
use crate::records::Text;
use crate::vault::{NOBODY, SlotKind};

impl Writer<'_, '_, '_> {
    pub(super) fn count(&mut self, what: &'static str, by: u64) {
        *self.counts.entry(what).or_default() += by;
    }

    /// The slot of a person, made when it is first needed.
    pub(super) fn subject(&mut self, identifier: &Identifier) -> Result<Option<u64>, Problem> {
        let Some(person) = self.register.person_or_new(identifier) else { return Ok(None) };
        if let Some(slot) = self.people.get(&person) {
            return Ok(Some(*slot));
        }
        let all = self.identifiers.get(&person).cloned().unwrap_or_else(|| vec![identifier.clone()]);
        let pseudonyms: Vec<[u8; 32]> = all.iter().map(|one| person_pseudonym(&self.index, one)).collect();
        // A name alone never makes two archives' people one.
        let strong = all.iter().zip(&pseudonyms).filter(|(one, _)| one.kind != "name");
        let known = strong.filter_map(|(_, pseudonym)| self.known.get(pseudonym).copied()).next();
        let mut rest = pseudonyms.into_iter();
        let slot = match known {
            Some(slot) => slot,
            None => {
                self.count("people", 1);
                let first = rest.next().unwrap_or([0; 32]);
                let slot = self.sealing.slot(SlotKind::Subject, first, NOBODY)?;
                self.known.insert(first, slot);
                slot
            }
        };
        for pseudonym in rest {
            if self.known.get(&pseudonym) != Some(&slot) {
                self.sealing.slot(SlotKind::Alias, pseudonym, slot)?;
                self.known.entry(pseudonym).or_insert(slot);
            }
        }
        for one in &all {
            if let Some(mark) = self.marks.of_person(one.kind, &one.value) {
                self.mark(slot, &mark)?;
            }
        }
        self.people.insert(person, slot);
        Ok(Some(slot))
    }

    /// Keeps what holds and purge plans know a record or a person by.
    pub(super) fn mark(&mut self, slot: u64, mark: &str) -> Result<(), Problem> {
        let pseudonym = mark_pseudonym(&self.index, mark);
        if self.marked.insert((slot, pseudonym)) {
            self.sealing.slot(SlotKind::Mark, pseudonym, slot)?;
        }
        Ok(())
    }

    pub(super) fn subjects<'i>(
        &mut self,
        people: impl IntoIterator<Item = &'i Identifier>,
        except: u64,
    ) -> Result<Vec<u64>, Problem> {
        let mut slots = BTreeSet::new();
        for one in people {
            slots.extend(self.subject(one)?.filter(|slot| *slot != except));
        }
        Ok(slots.into_iter().collect())
    }

    /// The slot of a record by its name in the archive, made when it is first met.
    pub(super) fn record(&mut self, name: Text, about: &[Identifier]) -> Result<u64, Problem> {
        if let Some(slot) = self.records.get(&name) {
            return Ok(*slot);
        }
        let about: Vec<Identifier> = match self.register.requester(&name) {
            Some(requester) => vec![requester.clone()],
            None => about.to_vec(),
        };
        let mut owner = NOBODY;
        for one in &about {
            if owner == NOBODY {
                owner = self.subject(one)?.unwrap_or(NOBODY);
            }
        }
        let pseudonym = record_pseudonym(&self.index, name.expose());
        let slot = self.sealing.slot(SlotKind::Record, pseudonym, owner)?;
        self.count("records", 1);
        self.records.insert(name, slot);
        Ok(slot)
    }

    pub(super) fn owner(&self, slot: u64) -> u64 {
        self.sealing.owner(slot)
    }
}
