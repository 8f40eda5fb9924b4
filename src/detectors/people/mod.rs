//! The archive's own people: their names, addresses and numbers are searched in the texts of the records
//! they belong to. Held only as keyed hashes of words and values.

mod finders;
mod siphash;
mod table;
mod words;

pub(super) use finders::{Finders, Lookout};
pub use table::{PeopleTable, PersonIndex};

use super::catalogue::Detector;
use super::matcher::{Matcher, Scratch};
use super::start::Start;
use crate::records::{Block, Detection, NewField, Ordinal, PathStore, Record, RecordKind, Role};

/// Whom to look for in a block: for each record of the block, in order, people of a table.
pub struct BlockPeople<'a> {
    table: Option<&'a PeopleTable>,
    records: Vec<&'a [PersonIndex]>,
}

impl<'a> BlockPeople<'a> {
    /// Nobody.
    pub fn none() -> BlockPeople<'static> {
        BlockPeople { table: None, records: Vec::new() }
    }

    /// People of this table; nobody yet.
    pub fn new(table: &'a PeopleTable) -> BlockPeople<'a> {
        BlockPeople { table: Some(table), records: Vec::new() }
    }

    /// The people of the next record, none for an empty slice. Equal slices of neighbouring records (a
    /// ticket and its comments) are prepared once.
    pub fn push(&mut self, people: &'a [PersonIndex]) {
        self.records.push(people);
    }

    /// The people of the record at this position.
    pub(super) fn of(&self, record: u32) -> &'a [PersonIndex] {
        self.records.get(record as usize).copied().unwrap_or(&[])
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
    block.push_field(text, NewField::verbatim(record, PathStore::ROOT, role, 0));
    let mut table = PeopleTable::new([7; 16]);
    let phones: Vec<&str> = phone.into_iter().collect();
    let known = [table.add(person, &[], &phones)];
    let mut people = BlockPeople::new(&table);
    people.push(if person.is_some() || phone.is_some() { &known } else { &[] });
    let mut out = Vec::new();
    matcher.detect(&block, &people, &mut Scratch::default(), &mut out);
    out
}
