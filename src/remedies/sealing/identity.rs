//! Who is who in an archive: people by all identifiers that one of their records joins, tickets by who asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::audit::{OwnedPiece, Sight, Work, normal_form, read_whole, whole};
use crate::formats::{Member, Yield};
use crate::records::{Block, Category, Field, Gap, Limits, Record, RecordKind, Relation, Role, Text};

/// What one person is known by. No `Debug`: it holds values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier {
    /// `id`, `email`, `phone` or `name`.
    pub(super) kind: &'static str,
    /// The normalised value; of an id `system` 0x1F `id`.
    pub(super) value: Text,
}

impl Identifier {
    /// A person's id in a helpdesk.
    pub(super) fn id(system: &str, id: &str) -> Self {
        Self { kind: "id", value: Text::new(format!("{system}\u{1f}{id}")) }
    }

    /// A value of a category that tells people apart; none for others and for empty values.
    pub(super) fn of(category: Category, value: &str) -> Option<Self> {
        let kind = match category.name() {
            "email-address" => "email",
            "phone-number" => "phone",
            "person-name" => "name",
            _ => return None,
        };
        let value = normal_form(category, value);
        (!value.is_empty()).then(|| Self { kind, value: Text::new(value) })
    }

    fn named(role: Role, value: &str) -> Option<Self> {
        let category = match role {
            Role::EmailAddress => "email-address",
            Role::PhoneNumber => "phone-number",
            Role::PersonName => "person-name",
            _ => return None,
        };
        Self::of(Category::named(category)?, value)
    }
}

/// What a piece tells of people and tickets.
#[derive(Default)]
pub(super) struct Rows {
    people: Vec<Vec<Identifier>>,
    /// Tickets with who asked.
    tickets: Vec<(Text, Option<Identifier>)>,
    /// Attachments with their ticket.
    attachments: Vec<(Text, Text)>,
    /// Helpdesks, by their stable names.
    systems: BTreeSet<String>,
}

/// The name of a ticket over all files of an archive.
pub(super) fn ticket_name(system: &str, id: &str) -> Text {
    Text::new(format!("ticket\u{1f}{system}\u{1f}{id}"))
}

/// The ticket a record belongs to: itself, the one it links to, or the one it lies in.
pub(super) fn ticket_of(record: &Record, block: &Block) -> Option<Text> {
    let system = &record.reference.system;
    if record.reference.kind == RecordKind::Ticket {
        return record.reference.id.as_ref().map(|id| ticket_name(system, id.expose()));
    }
    if let Some(link) = record.links.iter().find(|link| link.relation == Relation::Ticket) {
        return Some(ticket_name(system, link.id.expose()));
    }
    let mut parent = record.parent;
    for _ in 0..64 {
        let above = block.records.get(parent? as usize)?;
        if above.reference.kind == RecordKind::Ticket {
            return ticket_of(above, block);
        }
        parent = above.parent;
    }
    None
}

/// Who a record says it is about.
pub(super) fn requester_of(record: &Record) -> Option<Identifier> {
    let link = record.links.iter().find(|link| link.relation == Relation::Requester)?;
    // People of mail have no id but their address.
    if &*record.reference.system == "mail" {
        return Identifier::of(Category::EMAIL_ADDRESS, link.id.expose());
    }
    Some(Identifier::id(&record.reference.system, link.id.expose()))
}

/// What a person record says of its person.
pub(super) fn identifiers_of(record: &Record, fields: &[(Role, &str)]) -> Vec<Identifier> {
    let mut all = Vec::new();
    if let Some(id) = &record.reference.id {
        all.push(Identifier::id(&record.reference.system, id.expose()));
    }
    all.extend(fields.iter().filter_map(|(role, value)| Identifier::named(*role, value.trim())));
    all
}

impl Rows {
    fn take(&mut self, block: &Block) {
        let mut fields: BTreeMap<u32, Vec<(Role, &str)>> = BTreeMap::new();
        for field in block.fields() {
            if matches!(field.role, Role::PersonName | Role::EmailAddress | Role::PhoneNumber) {
                fields.entry(field.record).or_default().push((field.role, text_of(block, field)));
            }
        }
        for (at, record) in (0u32..).zip(&block.records) {
            let kind = record.reference.kind;
            if matches!(kind, RecordKind::Person | RecordKind::Ticket)
                && !self.systems.contains(&*record.reference.system)
            {
                self.systems.insert(record.reference.system.to_string());
            }
            match kind {
                RecordKind::Person => {
                    let none = Vec::new();
                    self.people.push(identifiers_of(record, fields.get(&at).unwrap_or(&none)));
                }
                RecordKind::Ticket => {
                    if let Some(name) = ticket_of(record, block) {
                        self.tickets.push((name, requester_of(record)));
                    }
                }
                RecordKind::Attachment => {
                    if let (Some(id), Some(ticket)) = (&record.reference.id, ticket_of(record, block)) {
                        self.attachments.push((id.clone(), ticket));
                    }
                }
                _ => {}
            }
        }
    }
}

fn text_of<'b>(block: &'b Block, field: &Field) -> &'b str {
    block.field_text(field)
}

struct Reader<'r> {
    block: Block,
    rows: &'r mut Rows,
}

impl Yield for Reader<'_> {
    fn block(&mut self) -> &mut Block {
        &mut self.block
    }

    fn boundary(&mut self) {
        if self.block.is_full() || self.block.records.len() >= 1024 {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        self.rows.take(&self.block);
        self.block.clear();
    }

    fn member(&mut self, _member: Member) {}

    fn gap(&mut self, _gap: Gap) {}
}

/// Reads work for the register. What cannot be read is met again when it is sealed.
pub(super) fn rows_of(work: Work, sight: &Sight<'_>, limits: &Limits) -> Rows {
    let mut rows = Rows::default();
    let mut read = |piece: OwnedPiece| {
        if !piece.format.is_surveyed(piece.item.hint()) || piece.window.is_some() {
            return;
        }
        let mut reader = Reader { block: Block::default(), rows: &mut rows };
        let _ = catch_unwind(AssertUnwindSafe(|| {
            piece.format.read(&piece.as_piece(), &sight.reading(limits), &mut reader);
            reader.hand_on();
        }));
    };
    match work {
        Work::Items(items) => {
            for item in items {
                if let Ok((bytes, _)) = read_whole(&item) {
                    read(whole(item, bytes, Vec::new()));
                }
            }
        }
        Work::Piece(piece) => read(*piece),
        Work::Gap(..) | Work::Folder(_) | Work::Excluded => {}
    }
    rows
}

/// A person of the register.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Person(u32);

/// People and tickets of an archive.
#[derive(Default)]
pub(super) struct Register {
    /// Each person's parent; a root is its own.
    parents: Vec<u32>,
    by: HashMap<Identifier, u32>,
    /// Names that several people have.
    shared: HashMap<Identifier, ()>,
    /// Words of names by whose they are; none where several people share one.
    words: HashMap<String, Option<u32>>,
    tickets: HashMap<Text, Option<Identifier>>,
    attachments: HashMap<Text, Text>,
    systems: BTreeSet<String>,
    /// Names of tickets by their bare id, for the folders of attachments; none where two systems share it.
    bare: HashMap<String, Option<Text>>,
}

impl Register {
    /// Takes rows, in the order of the walk.
    pub(super) fn take(&mut self, rows: Rows) {
        for person in rows.people {
            self.join(person);
        }
        for (ticket, requester) in rows.tickets {
            if let Some(bare) = ticket.expose().rsplit('\u{1f}').next() {
                let known = self.bare.entry(bare.to_owned()).or_insert_with(|| Some(ticket.clone()));
                if known.as_ref() != Some(&ticket) {
                    *known = None;
                }
            }
            let known = self.tickets.entry(ticket).or_default();
            if known.is_none() {
                *known = requester;
            }
        }
        self.attachments.extend(rows.attachments);
        self.systems.extend(rows.systems);
    }

    /// The helpdesks that people and tickets come from.
    pub(super) fn systems(&self) -> &BTreeSet<String> {
        &self.systems
    }

    /// One person has all these identifiers. Two people of one name stay two.
    fn join(&mut self, identifiers: Vec<Identifier>) {
        let strong: Vec<u32> = identifiers
            .iter()
            .filter(|identifier| identifier.kind != "name")
            .filter_map(|identifier| self.by.get(identifier).copied())
            .collect();
        let node = match strong.first() {
            Some(node) => self.root(*node),
            None => self.fresh(),
        };
        for other in strong {
            let other = self.root(other);
            if let Some(parent) = self.parents.get_mut(other as usize) {
                *parent = node;
            }
        }
        for identifier in identifiers {
            if identifier.kind == "name" {
                self.learn_words(identifier.value.expose(), node);
            }
            match self.by.get(&identifier).copied() {
                Some(known) if self.root(known) != node => {
                    self.shared.insert(identifier, ());
                }
                Some(_) => {}
                None => {
                    self.by.insert(identifier, node);
                }
            }
        }
    }

    fn learn_words(&mut self, name: &str, node: u32) {
        for word in name.split(' ') {
            let owner = self.words.get(word).copied();
            let same = owner.is_none_or(|owner| owner.is_some_and(|owner| self.root(owner) == node));
            self.words.insert(word.to_owned(), same.then_some(node));
        }
    }

    /// The one person of the archive whose name has all these words.
    fn by_words(&self, name: &str) -> Option<Person> {
        let mut all =
            name.split(' ').map(|word| self.words.get(word).copied().flatten().map(|at| self.root(at)));
        let first = all.next()??;
        all.all(|other| other == Some(first)).then_some(Person(first))
    }

    fn fresh(&mut self) -> u32 {
        let node = u32::try_from(self.parents.len()).unwrap_or(u32::MAX);
        self.parents.push(node);
        node
    }

    fn root(&self, mut node: u32) -> u32 {
        while let Some(parent) = self.parents.get(node as usize).filter(|parent| **parent != node) {
            node = *parent;
        }
        node
    }

    /// The person of an identifier; a name, or a part of one, tells only where one person of the archive has it.
    pub(super) fn person(&self, identifier: &Identifier) -> Option<Person> {
        if self.shared.contains_key(identifier) {
            return None;
        }
        match self.by.get(identifier) {
            Some(node) => Some(Person(self.root(*node))),
            None if identifier.kind == "name" => self.by_words(identifier.value.expose()),
            None => None,
        }
    }

    /// The same for an identifier that no record of a person has: it is a person of its own, unless it is a
    /// name, which may be anybody's.
    pub(super) fn person_or_new(&mut self, identifier: &Identifier) -> Option<Person> {
        if identifier.kind == "name" || self.by.contains_key(identifier) {
            return self.person(identifier);
        }
        let node = self.fresh();
        self.by.insert(identifier.clone(), node);
        Some(Person(node))
    }

    /// Who asked in a ticket.
    pub(super) fn requester(&self, ticket: &Text) -> Option<&Identifier> {
        self.tickets.get(ticket).and_then(Option::as_ref)
    }

    /// The ticket whose attachment lies at a path: the nearest folder that is named like an attachment or a
    /// ticket of the archive.
    pub(super) fn ticket_at(&self, path: &str) -> Option<Text> {
        let (folders, _) = path.rsplit_once('/')?;
        folders.rsplit('/').find_map(|name| {
            let attachment = self.attachments.get(&Text::new(name)).cloned();
            attachment.or_else(|| self.bare.get(name).cloned().flatten())
        })
    }

    /// Everybody with all their identifiers.
    pub(super) fn people(&self) -> BTreeMap<Person, Vec<Identifier>> {
        let mut sorted: Vec<(&Identifier, &u32)> = self.by.iter().collect();
        sorted.sort();
        let mut people: BTreeMap<Person, Vec<Identifier>> = BTreeMap::new();
        for (identifier, node) in sorted {
            if identifier.kind != "name" || !self.shared.contains_key(identifier) {
                people.entry(Person(self.root(*node))).or_default().push(identifier.clone());
            }
        }
        people
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(value: &str) -> Identifier {
        Identifier::of(Category::named("email-address").unwrap(), value).unwrap()
    }

    fn name(value: &str) -> Identifier {
        Identifier::of(Category::named("person-name").unwrap(), value).unwrap()
    }

    #[test]
    fn records_that_share_an_identifier_are_one_person_and_namesakes_are_not() {
        let mut register = Register::default();
        register.join(vec![Identifier::id("z", "1"), email("ana@example.com"), name("Ana Prueba")]);
        register.join(vec![Identifier::id("z", "2"), email("bea@example.com"), name("Bea Prueba")]);
        register.join(vec![Identifier::id("h", "9"), email("ANA@example.com"), name("Ana P.")]);
        register.join(vec![Identifier::id("z", "3"), name("bea prueba")]);
        let person = |identifier: &Identifier| register.person(identifier);
        assert!(person(&Identifier::id("z", "1")) == person(&Identifier::id("h", "9")));
        assert!(person(&Identifier::id("z", "1")) != person(&Identifier::id("z", "2")));
        assert!(person(&name("Ana Prueba")) == person(&email("ana@example.com")));
        assert!(person(&name("Bea Prueba")).is_none());
        assert!(person(&name("ana")) == person(&email("ana@example.com")));
        assert!(person(&name("prueba")).is_none() && person(&name("ana nadie")).is_none());
        assert_eq!(register.people().len(), 3);
    }

    #[test]
    fn two_that_a_later_record_joins_become_one() {
        let mut register = Register::default();
        register.join(vec![email("a@example.com")]);
        register.join(vec![email("b@example.com")]);
        register.join(vec![email("a@example.com"), email("b@example.com")]);
        assert_eq!(register.people().len(), 1);
    }
}
