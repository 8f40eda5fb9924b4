//! Tickets with what other records add to them: rows of a fixed size, sorted by id, and one list of people
//! for all. An archive may have a million of them.

use super::survey::{PEOPLE_OF_TICKET, RecordHash, TicketRow};
use crate::records::{Precision, Stamp};

/// Comments are merged when there are so many more than after the last time.
const SLACK: usize = 1 << 17;

/// A point in time or none, in eight bytes: there is one for each ticket of an archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(i64);

impl Moment {
    /// Packs a stamp; later ones are greater, and none is the least.
    pub(super) fn of(stamp: Option<Stamp>) -> Moment {
        stamp.map_or(Moment(0), |stamp| {
            let day = i64::from(stamp.precision == Precision::Instant);
            // Years up to 9999 take 39 bits; the offset keeps those before 1970 above none.
            Moment(((stamp.seconds + (1 << 40)) << 2) | (day << 1) | i64::from(stamp.zone_known))
        })
    }

    /// The stamp.
    pub(super) fn get(self) -> Option<Stamp> {
        let precision = if self.0 & 2 == 0 { Precision::Day } else { Precision::Instant };
        let seconds = (self.0 >> 2) - (1 << 40);
        (self.0 != 0).then_some(Stamp { seconds, precision, zone_known: self.0 & 1 == 1 })
    }
}

/// What is joined to a ticket.
#[derive(Clone, Copy)]
pub(super) struct TicketJoin {
    pub(super) id: RecordHash,
    pub(super) requester: Option<RecordHash>,
    pub(super) last_subject_contact: Moment,
    /// When entries of its history say that it was closed last.
    pub(super) closed: Moment,
    /// Where its people stand in the list of all, and how many there are.
    people: (u32, u32),
}

/// Tickets by id.
#[derive(Default)]
pub(super) struct Joins {
    rows: Vec<TicketJoin>,
    people: Vec<RecordHash>,
}

impl Joins {
    /// What is joined to a ticket.
    pub(super) fn get(&self, id: RecordHash) -> Option<&TicketJoin> {
        let at = self.rows.binary_search_by_key(&id, |row| row.id).ok()?;
        self.rows.get(at)
    }

    /// The people of a ticket.
    pub(super) fn people(&self, join: &TicketJoin) -> &[RecordHash] {
        let (start, len) = join.people;
        self.people.get(start as usize..start as usize + len as usize).unwrap_or(&[])
    }

    /// All tickets, by id.
    pub(super) fn rows(&self) -> &[TicketJoin] {
        &self.rows
    }

    /// Adds a ticket behind all others: what is read from a file is sorted.
    pub(super) fn push(
        &mut self,
        id: RecordHash,
        requester: Option<RecordHash>,
        (last_subject_contact, closed): (Moment, Moment),
        people: &[RecordHash],
    ) {
        let start = u32::try_from(self.people.len()).unwrap_or(u32::MAX);
        self.people.extend(people);
        let people = (start, u32::try_from(people.len()).unwrap_or(0));
        self.rows.push(TicketJoin { id, requester, last_subject_contact, closed, people });
    }

    /// Whether the ids rise: else the file they came from was changed.
    pub(super) fn is_sorted(&self) -> bool {
        self.rows.is_sorted_by_key(|row| row.id)
    }
}

/// A comment of a ticket: its author, and when.
type Comment = (RecordHash, RecordHash, Moment);

/// Last moments of tickets; of one ticket only the last one is kept.
#[derive(Default)]
struct Moments {
    all: Vec<(RecordHash, Moment)>,
    merged: usize,
}

impl Moments {
    fn push(&mut self, ticket: RecordHash, at: Moment) {
        self.all.push((ticket, at));
        if self.all.len() > 2 * self.merged + SLACK {
            self.merge();
        }
    }

    fn merge(&mut self) {
        self.all.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        self.all.dedup_by_key(|row| row.0);
        self.merged = self.all.len();
    }

    /// The last one of a ticket, when all are merged.
    fn of(&self, ticket: RecordHash) -> Moment {
        let at = self.all.binary_search_by_key(&ticket, |row| row.0).ok();
        at.and_then(|at| self.all.get(at)).map_or(Moment::default(), |row| row.1)
    }
}

/// Tickets and comments while the survey goes on.
#[derive(Default)]
pub(super) struct JoinsBuilder {
    tickets: Joins,
    comments: Vec<Comment>,
    /// How many comments were left when they were merged last.
    merged: usize,
    /// Acts of data subjects that an export itself calls so.
    incoming: Moments,
    closings: Moments,
}

impl JoinsBuilder {
    /// How many tickets came.
    pub(super) fn tickets(&self) -> usize {
        self.tickets.rows.len()
    }

    /// How many rows of other records are held.
    pub(super) fn others(&self) -> usize {
        self.comments.len().max(self.incoming.all.len()).max(self.closings.all.len())
    }

    /// Takes a ticket.
    pub(super) fn ticket(&mut self, row: &TicketRow) {
        let contact = Moment::of(row.contact);
        self.tickets.push(row.id, row.requester, (contact, Moment::default()), &row.people);
    }

    /// Takes a comment. Of one author's in one ticket only the last matters.
    pub(super) fn comment(&mut self, ticket: RecordHash, author: RecordHash, at: Option<Stamp>) {
        self.comments.push((ticket, author, Moment::of(at)));
        if self.comments.len() > 2 * self.merged + SLACK {
            self.merge();
        }
    }

    /// Takes an act of the data subject, as an export itself says.
    pub(super) fn incoming(&mut self, ticket: RecordHash, at: Stamp) {
        self.incoming.push(ticket, Moment::of(Some(at)));
    }

    /// Takes the closing of a ticket.
    pub(super) fn closing(&mut self, ticket: RecordHash, at: Stamp) {
        self.closings.push(ticket, Moment::of(Some(at)));
    }

    fn merge(&mut self) {
        self.comments.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.cmp(&a.2)));
        self.comments.dedup_by_key(|comment| (comment.0, comment.1));
        self.merged = self.comments.len();
    }

    /// The tickets with their comments. `known` gives the first id of a person of several.
    pub(super) fn build(mut self, known: &dyn Fn(RecordHash) -> RecordHash) -> Joins {
        self.merge();
        self.incoming.merge();
        self.closings.merge();
        self.tickets.rows.sort_by_key(|row| row.id);
        let mut joins = Joins::default();
        joins.rows.reserve_exact(self.tickets.rows.len());
        let mut comments = self.comments.iter().peekable();
        let mut people = Vec::new();
        for copies in self.tickets.rows.chunk_by(|a, b| a.id == b.id) {
            let Some(first) = copies.first() else { continue };
            let requester = copies.iter().find_map(|copy| copy.requester);
            let mut contact = copies.iter().map(|copy| copy.last_subject_contact).max().unwrap_or_default();
            contact = contact.max(self.incoming.of(first.id));
            people.clear();
            people.extend(copies.iter().flat_map(|copy| self.tickets.people(copy)));
            people.extend(requester);
            while comments.next_if(|comment| comment.0 < first.id).is_some() {}
            while let Some((_, author, at)) = comments.next_if(|comment| comment.0 == first.id) {
                if requester.is_some_and(|requester| known(requester) == known(*author)) {
                    contact = contact.max(*at);
                }
                people.push(*author);
            }
            people.sort_unstable();
            people.dedup();
            people.truncate(PEOPLE_OF_TICKET);
            joins.push(first.id, requester, (contact, self.closings.of(first.id)), &people);
        }
        joins.people.shrink_to_fit();
        joins
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::HashKey;
    use crate::records::{RecordKind, Text};

    fn hash(kind: RecordKind, id: &str) -> RecordHash {
        RecordHash::of(HashKey::new([7; 16]), "x", kind, &Text::new(id))
    }

    fn row(id: &str, requester: Option<&str>) -> TicketRow {
        let requester = requester.map(|id| hash(RecordKind::Person, id));
        TicketRow {
            id: hash(RecordKind::Ticket, id),
            requester,
            people: requester.into_iter().collect(),
            contact: None,
            received_at: Vec::new(),
        }
    }

    #[test]
    fn copies_of_a_ticket_and_its_comments_come_together() {
        let mut builder = JoinsBuilder::default();
        builder.ticket(&row("2", Some("ana")));
        builder.ticket(&row("1", None));
        builder.ticket(&row("2", None));
        let at = |day: &str| Stamp::parse(day);
        let (two, three) = (hash(RecordKind::Ticket, "2"), hash(RecordKind::Ticket, "3"));
        let (ana, ben) = (hash(RecordKind::Person, "ana"), hash(RecordKind::Person, "ben"));
        builder.comment(two, ana, at("2020-01-01"));
        builder.comment(two, ben, at("2022-01-01"));
        builder.comment(three, ana, at("2021-01-01"));
        builder.comment(two, ana, at("2019-01-01"));
        builder.closing(two, at("2023-01-01").unwrap());
        builder.closing(two, at("2022-06-01").unwrap());
        assert_eq!((builder.tickets(), builder.others()), (3, 4));
        let joins = builder.build(&|id| id);
        assert_eq!(joins.rows().len(), 2);
        let join = joins.get(two).unwrap();
        assert_eq!(join.last_subject_contact.get(), at("2020-01-01"), "ben did not ask");
        assert_eq!(join.closed.get(), at("2023-01-01"));
        let mut people = vec![ana, ben];
        people.sort_unstable();
        assert_eq!(joins.people(join), people);
        assert!(joins.get(three).is_none());
        assert!(joins.is_sorted());
    }
}
