//! Who and what is to be forgotten.

use std::collections::{BTreeSet, HashMap};

use super::identity::Identifier;
use super::marks::plan_mark;
use super::pseudonyms::{mark_pseudonym, person_pseudonym, record_pseudonym};
use compact_str::CompactString;

use crate::problem::Problem;
use crate::records::{Category, RecordKind, Text};
use crate::vault::{NOBODY, SlotKind, Subkey, Vault};

/// What one line of a list asks for. No `Debug`: it holds values.
pub enum Wanted {
    /// A person by an identifier.
    Person(Identifier),
    /// A record by its name.
    Record(Text),
    /// What a hold or a purge plan knows a record or a person by: a keyed reference or a tag.
    Mark(String),
}

/// Reads a list of people and records: `email: …`, `phone: …`, `name: …`, `id: SYSTEM ID`,
/// `record: KIND SYSTEM ID`; empty lines and those that begin with `#` are left out.
///
/// # Errors
/// `list-malformed` with the number of the line, never with what it says.
pub fn read_wanted(text: &str) -> Result<Vec<Wanted>, Problem> {
    let mut all = Vec::new();
    for (at, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wanted = wanted(line).ok_or_else(|| {
            let what = format!("line {at} of the list names nobody and nothing");
            let advice =
                "write `email: …`, `phone: …`, `name: …`, `id: SYSTEM ID` or `record: KIND SYSTEM ID`";
            Problem::new("list-malformed", what, advice)
        })?;
        all.push(wanted);
    }
    Ok(all)
}

fn wanted(line: &str) -> Option<Wanted> {
    let (kind, value) = line.split_once(':')?;
    let value = value.trim();
    let of = |category| Identifier::of(Category::named(category)?, value).map(Wanted::Person);
    match kind.trim() {
        "email" => of("email-address").filter(|_| value.contains('@')),
        "phone" => of("phone-number"),
        "name" => of("person-name"),
        "id" => value.split_once(' ').map(|(system, id)| Wanted::Person(Identifier::id(system, id.trim()))),
        "record" => {
            let (kind, rest) = value.split_once(' ')?;
            let (system, id) = rest.trim().split_once(' ')?;
            RecordKind::named(kind)?;
            Some(Wanted::Record(Text::new(format!("{kind}\u{1f}{system}\u{1f}{}", id.trim()))))
        }
        _ => None,
    }
}

/// Slots by the pseudonyms of what they belong to.
pub(super) struct Lookup {
    index: Subkey,
    slots: HashMap<[u8; 32], Vec<u64>>,
    owned: HashMap<u64, Vec<u64>>,
}

impl Lookup {
    pub(super) fn new(vault: &Vault<'_>) -> Result<Lookup, Problem> {
        let mut slots: HashMap<[u8; 32], Vec<u64>> = HashMap::new();
        let mut owned: HashMap<u64, Vec<u64>> = HashMap::new();
        for (number, slot) in vault.slots() {
            match slot.kind {
                SlotKind::Subject | SlotKind::Record => slots.entry(slot.pseudonym).or_default().push(number),
                SlotKind::Alias | SlotKind::Mark => slots.entry(slot.pseudonym).or_default().push(slot.owner),
                _ => {}
            }
            if slot.owner != NOBODY && slot.kind == SlotKind::Record {
                owned.entry(slot.owner).or_default().push(number);
            }
        }
        Ok(Lookup { index: vault.index()?, slots, owned })
    }

    /// The slots of people and records that something asks for.
    pub(super) fn of(&self, wanted: &Wanted) -> &[u64] {
        let pseudonym = match wanted {
            Wanted::Person(identifier) => person_pseudonym(&self.index, identifier),
            Wanted::Record(name) => record_pseudonym(&self.index, name.expose()),
            Wanted::Mark(mark) => mark_pseudonym(&self.index, mark),
        };
        self.slots.get(&pseudonym).map_or(&[], Vec::as_slice)
    }

    /// The records of a person.
    pub(super) fn owned(&self, person: u64) -> &[u64] {
        self.owned.get(&person).map_or(&[], Vec::as_slice)
    }
}

/// What a list found.
pub struct Chosen {
    /// Slots of people and records.
    pub slots: BTreeSet<u64>,
    /// How many lines found nothing, by their position among those that ask.
    pub missing: Vec<usize>,
}

/// Finds what a list of people asks for.
///
/// # Errors
/// A [`Problem`] where the vault has no index key, or the list asks for records.
pub fn choose_subjects(vault: &Vault<'_>, wanted: &[Wanted]) -> Result<Chosen, Problem> {
    match wanted.iter().all(|one| matches!(one, Wanted::Person(_))) {
        true => choose(vault, wanted),
        false => Err(mixed()),
    }
}

/// Finds what a list of records asks for.
///
/// # Errors
/// A [`Problem`] where the vault has no index key, or the list asks for people.
pub fn choose_records(vault: &Vault<'_>, wanted: &[Wanted]) -> Result<Chosen, Problem> {
    match wanted.iter().all(|one| matches!(one, Wanted::Record(_))) {
        true => choose(vault, wanted),
        false => Err(mixed()),
    }
}

/// Finds the records of a purge plan by their references there. Records that were sealed without the key the
/// plan was made with have none, and are not found.
///
/// # Errors
/// A [`Problem`] where the vault has no index key.
pub fn choose_planned(
    vault: &Vault<'_>,
    references: impl Iterator<Item = CompactString>,
) -> Result<Chosen, Problem> {
    let wanted: Vec<Wanted> = references.map(|reference| Wanted::Mark(plan_mark(&reference))).collect();
    choose(vault, &wanted)
}

fn mixed() -> Problem {
    let what = "the list names people where records are asked for, or records where people are";
    Problem::new("list-mixed", what, "use --subjects for people and --records for records")
}

fn choose(vault: &Vault<'_>, wanted: &[Wanted]) -> Result<Chosen, Problem> {
    let lookup = Lookup::new(vault)?;
    let mut chosen = Chosen { slots: BTreeSet::new(), missing: Vec::new() };
    for (at, one) in (1..).zip(wanted) {
        let found = lookup.of(one);
        if found.is_empty() {
            chosen.missing.push(at);
        }
        chosen.slots.extend(found);
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_nonsense_is_told_by_its_line() {
        let list = "# people\nemail: Ana@Example.com\n\nid: zendesk 31\nrecord: ticket zendesk 4003\nphone: +34 600 000 000\n";
        let wanted = read_wanted(list).ok().unwrap();
        assert_eq!(wanted.len(), 4);
        assert!(matches!(&wanted[0], Wanted::Person(who) if who.value.expose() == "ana@example.com"));
        for bad in
            ["ana@example.com", "email: nobody", "record: thing zendesk 1", "record: ticket 1", "who: x"]
        {
            let problem = read_wanted(&format!("\n{bad}\n")).err().unwrap();
            assert_eq!(problem.code, "list-malformed");
            assert!(problem.what.contains("line 2") && !problem.to_string().contains("ana@"));
        }
    }
}
