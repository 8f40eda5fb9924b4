//! The archive's own people: their names, addresses and numbers are searched in the texts of the records
//! they belong to. Held only as keyed hashes of words and values.

mod everywhere;
mod finders;
mod siphash;
mod table;
mod words;

pub(super) use finders::{Finders, Lookout};
pub use siphash::Key as HashKey;
pub use table::{PeopleTable, PersonHashes, PersonIndex};

use super::catalogue::Detector;
use super::matcher::{Matcher, Scratch};
use super::shields::IdRange;
use super::start::Start;
use crate::records::{Block, Detection, NewField, Ordinal, PathStore, Record, RecordKind, Role};

/// Whom to look for in a block: for each record of the block, in order, people of a table and people
/// only this block names.
pub struct BlockPeople<'a> {
    table: Option<&'a PeopleTable>,
    local: Vec<table::Person>,
    sets: Vec<Vec<PersonIndex>>,
    records: Vec<usize>,
}

/// Marks a [`PersonIndex`] of the block's own people.
const LOCAL: u32 = 1 << 31;

impl<'a> BlockPeople<'a> {
    /// Nobody.
    pub fn none() -> BlockPeople<'static> {
        BlockPeople { table: None, local: Vec::new(), sets: Vec::new(), records: Vec::new() }
    }

    /// People of this table; nobody yet.
    pub fn new(table: &'a PeopleTable) -> BlockPeople<'a> {
        BlockPeople { table: Some(table), ..BlockPeople::none() }
    }

    /// Adds somebody whom only this block names (the sender of a mail).
    pub fn add(&mut self, name: Option<&str>, emails: &[&str], phones: &[&str]) -> Option<PersonIndex> {
        let person = self.table?.person(name, emails, phones);
        let at = u32::try_from(self.local.len()).ok().filter(|at| *at < LOCAL)?;
        self.local.push(person);
        Some(PersonIndex(at | LOCAL))
    }

    /// The people of the next record, none for an empty slice. Equal sets of neighbouring records (a
    /// ticket and its comments) are prepared once.
    pub fn push(&mut self, people: &[PersonIndex]) {
        if self.sets.last().is_none_or(|last| last != people) {
            self.sets.push(people.to_vec());
        }
        self.records.push(self.sets.len() - 1);
    }

    /// The people of the record at this position; neighbouring records with equal sets get one slice.
    pub(super) fn of(&self, record: u32) -> &[PersonIndex] {
        let set = self.records.get(record as usize).and_then(|set| self.sets.get(*set));
        set.map_or(&[], Vec::as_slice)
    }

    fn get(&self, index: PersonIndex) -> Option<&table::Person> {
        match index.0 & LOCAL {
            0 => self.table?.get(index),
            _ => self.local.get((index.0 & !LOCAL) as usize),
        }
    }

    /// The ids of the archive's records.
    pub(super) fn ids(&self) -> &[IdRange] {
        self.table.map_or(&[], |table| &table.ids)
    }

    pub(super) fn table(&self) -> Option<&'a PeopleTable> {
        self.table
    }
}

/// A row's example as a block of one field, with its known person where it names one.
pub(super) fn example(
    matcher: &Matcher,
    detector: &Detector,
    text: &str,
    person: Option<&str>,
    phone: Option<&str>,
) -> Vec<Detection> {
    let mut block = Block::default();
    let record = block.push_record(Record::new("text".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 }));
    let role = match detector.starts.first() {
        Some(Start::KnownPerson) if person.is_none() => Role::PersonName,
        Some(Start::KnownPhone) if phone.is_none() => Role::PhoneNumber,
        _ => Role::Body,
    };
    // A row that takes fields by their name is shown a field of its first name.
    let path = match (detector.starts.first(), detector.literals.first()) {
        (Some(Start::NamedField), Some(name)) => {
            let name = block.paths.name(name);
            block.paths.child(PathStore::ROOT, name)
        }
        _ => PathStore::ROOT,
    };
    block.push_field(text, NewField::verbatim(record, path, role, 0));
    let mut table = PeopleTable::new([7; 16]);
    let phones: Vec<&str> = phone.into_iter().collect();
    let known = [table.add(person, &[], &phones)];
    let mut people = BlockPeople::new(&table);
    people.push(if person.is_some() || phone.is_some() { &known } else { &[] });
    let mut out = Vec::new();
    matcher.detect(&block, &people, &mut Scratch::default(), &mut out);
    out
}
