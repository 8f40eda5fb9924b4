//! Tickets with what other records add to them. An archive may have a million of them, so rows have a fixed
//! size, lists are sorted where they lie and let go when they have been used, and of people only those are
//! kept of whom the archive says who they are.

use super::survey::{PEOPLE_OF_TICKET, RecordHash, TicketRow};
use crate::records::{Precision, Stamp};

/// Acts are merged when there are so many more than after the last time.
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

/// What is known of a ticket itself.
#[derive(Clone, Copy)]
struct Row {
    id: RecordHash,
    requester: Option<RecordHash>,
    last_subject_contact: Moment,
}

/// A ticket with what is joined to it.
#[derive(Clone, Copy)]
pub(super) struct TicketJoin<'j> {
    pub(super) id: RecordHash,
    pub(super) requester: Option<RecordHash>,
    pub(super) last_subject_contact: Moment,
    /// Its people beside who asked.
    pub(super) others: &'j [RecordHash],
}

impl TicketJoin<'_> {
    /// Its people, who asked first.
    pub(super) fn people(&self) -> impl Iterator<Item = RecordHash> {
        self.requester.into_iter().chain(self.others.iter().copied())
    }
}

/// Tickets by id.
#[derive(Default)]
pub(super) struct Joins {
    rows: Vec<Row>,
    /// When entries of a ticket's history say that it was closed last; only of those that have such entries.
    closed: Vec<(RecordHash, Moment)>,
    /// Where the people of each row end.
    ends: Vec<u32>,
    people: Vec<RecordHash>,
}

impl Joins {
    /// What is joined to a ticket.
    pub(super) fn get(&self, id: RecordHash) -> Option<TicketJoin<'_>> {
        self.at(self.rows.binary_search_by_key(&id, |row| row.id).ok()?)
    }

    fn at(&self, at: usize) -> Option<TicketJoin<'_>> {
        let row = self.rows.get(at)?;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        let others = self.people.get(start as usize..end as usize).unwrap_or(&[]);
        let Row { id, requester, last_subject_contact } = *row;
        Some(TicketJoin { id, requester, last_subject_contact, others })
    }

    /// When its history says that a ticket was closed last.
    pub(super) fn closed(&self, id: RecordHash) -> Option<Stamp> {
        let at = self.closed.binary_search_by_key(&id, |row| row.0).ok()?;
        self.closed.get(at).and_then(|row| row.1.get())
    }

    /// How many tickets there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All tickets, by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = TicketJoin<'_>> {
        (0..self.rows.len()).filter_map(|at| self.at(at))
    }

    /// Adds a ticket behind all others: what is read from a file is sorted.
    pub(super) fn push(
        &mut self,
        id: RecordHash,
        requester: Option<RecordHash>,
        (last_subject_contact, closed): (Moment, Moment),
        people: &[RecordHash],
    ) {
        self.people.extend(people.iter().filter(|person| Some(**person) != requester));
        self.ends.push(u32::try_from(self.people.len()).unwrap_or(u32::MAX));
        self.rows.push(Row { id, requester, last_subject_contact });
        if closed != Moment::default() {
            self.closed.push((id, closed));
        }
    }

    /// Whether the ids rise: else the file they came from was changed.
    pub(super) fn is_sorted(&self) -> bool {
        self.rows.is_sorted_by_key(|row| row.id)
    }
}

/// What somebody did in a ticket, or the change of its status into one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Act {
    ticket: RecordHash,
    /// Who did it, or which status it is; none where that is not said.
    by: Option<RecordHash>,
    /// When, and in the lowest bit whether the export itself says that it came from the data subject.
    done: i64,
}

impl Act {
    fn new(ticket: RecordHash, by: Option<RecordHash>, at: Option<Stamp>, incoming: bool) -> Act {
        Act { ticket, by, done: Moment::of(at).0 << 1 | i64::from(incoming) }
    }

    fn at(self) -> Moment {
        Moment(self.done >> 1)
    }

    fn is_incoming(self) -> bool {
        self.done & 1 == 1
    }
}

/// Acts, of which only the last of one kind by one person in one ticket matters.
#[derive(Default)]
struct Acts {
    all: Vec<Act>,
    /// How many were left when they were merged last.
    merged: usize,
}

impl Acts {
    fn push(&mut self, act: Act) {
        self.all.push(act);
        if self.all.len() > 2 * self.merged + SLACK {
            self.merge();
        }
    }

    /// Sorts them by ticket and person, the last act first. What came from the data subject counts whoever did
    /// it, so behind a later act that did not, the last one that did stays.
    fn merge(&mut self) {
        self.all.sort_unstable_by(|a, b| (a.ticket, a.by).cmp(&(b.ticket, b.by)).then(b.done.cmp(&a.done)));
        self.all.dedup_by(|earlier, later| {
            let same = (earlier.ticket, earlier.by) == (later.ticket, later.by);
            same && (later.is_incoming() || !earlier.is_incoming())
        });
        self.merged = self.all.len();
    }
}

/// What the rest of the archive says of ids, asked when all of it was surveyed.
pub(super) struct Known<'k> {
    /// The first id of a person of several.
    pub(super) first_id: &'k dyn Fn(RecordHash) -> RecordHash,
    /// Whether the archive says who somebody is.
    pub(super) is_somebody: &'k dyn Fn(RecordHash) -> bool,
    /// Whether a status means that a ticket is closed.
    pub(super) is_closed: &'k dyn Fn(RecordHash) -> bool,
}

/// Tickets and what happened in them while the survey goes on.
#[derive(Default)]
pub(super) struct JoinsBuilder {
    rows: Vec<Row>,
    /// People of tickets beside who asked, as the tickets themselves name them.
    people: Vec<(RecordHash, RecordHash)>,
    comments: Acts,
    /// Changes of status; those without a status are closings.
    changes: Acts,
}

impl JoinsBuilder {
    /// How many tickets came.
    pub(super) fn tickets(&self) -> usize {
        self.rows.len()
    }

    /// How many rows of other records are held.
    pub(super) fn others(&self) -> usize {
        self.comments.all.len().max(self.changes.all.len())
    }

    /// Takes a ticket.
    pub(super) fn ticket(&mut self, row: &TicketRow) {
        let last_subject_contact = Moment::of(row.contact);
        self.rows.push(Row { id: row.id, requester: row.requester, last_subject_contact });
        let others = row.people.iter().filter(|person| Some(**person) != row.requester);
        self.people.extend(others.map(|person| (row.id, *person)));
    }

    /// Takes a comment. `incoming` where the export itself says that it came from the data subject.
    pub(super) fn comment(
        &mut self,
        ticket: RecordHash,
        author: Option<RecordHash>,
        at: Option<Stamp>,
        incoming: bool,
    ) {
        self.comments.push(Act::new(ticket, author, at, incoming));
    }

    /// Takes a change of a ticket's status; without one, its closing.
    pub(super) fn change(&mut self, ticket: RecordHash, status: Option<RecordHash>, at: Stamp) {
        self.changes.push(Act::new(ticket, status, Some(at), false));
    }

    /// The tickets with what happened in them. Each list goes when it has been used: together they are what
    /// a survey holds most of.
    pub(super) fn build(mut self, known: &Known<'_>) -> Joins {
        let rows = self.merged_rows(known);
        let closed = self.closings(known);
        let people = self.known_people(known);
        let mut joins = Joins { closed, ends: Vec::with_capacity(rows.len()), ..Joins::default() };
        let mut people = people.iter().peekable();
        for row in &rows {
            let first = joins.people.len();
            while people.next_if(|(ticket, _)| *ticket < row.id).is_some() {}
            while let Some((_, person)) = people.next_if(|(ticket, _)| *ticket == row.id) {
                if row.requester != Some(*person) && joins.people.len() - first < PEOPLE_OF_TICKET {
                    joins.people.push(*person);
                }
            }
            joins.ends.push(u32::try_from(joins.people.len()).unwrap_or(u32::MAX));
        }
        joins.people.shrink_to_fit();
        joins.rows = rows;
        joins
    }

    /// One row a ticket, with the last act of its data subject.
    fn merged_rows(&mut self, known: &Known<'_>) -> Vec<Row> {
        let mut rows = std::mem::take(&mut self.rows);
        // Copies stay in the order of the walk: who asked is what the first of them says.
        rows.sort_by_key(|row| row.id);
        rows.dedup_by(|later, first| {
            let same = later.id == first.id;
            if same {
                first.requester = first.requester.or(later.requester);
                first.last_subject_contact = first.last_subject_contact.max(later.last_subject_contact);
            }
            same
        });
        self.comments.merge();
        let mut acts = self.comments.all.iter().peekable();
        for row in &mut rows {
            while acts.next_if(|act| act.ticket < row.id).is_some() {}
            while let Some(act) = acts.next_if(|act| act.ticket == row.id) {
                let same =
                    |asked: RecordHash, by: RecordHash| (known.first_id)(asked) == (known.first_id)(by);
                let asked = row.requester.zip(act.by).is_some_and(|(asked, by)| same(asked, by));
                if asked || act.is_incoming() {
                    row.last_subject_contact = row.last_subject_contact.max(act.at());
                }
            }
        }
        rows
    }

    fn closings(&mut self, known: &Known<'_>) -> Vec<(RecordHash, Moment)> {
        let mut changes = std::mem::take(&mut self.changes).all;
        changes.retain(|act| act.by.is_none_or(known.is_closed));
        changes.sort_unstable_by(|a, b| a.ticket.cmp(&b.ticket).then(b.done.cmp(&a.done)));
        changes.dedup_by_key(|act| act.ticket);
        changes.into_iter().map(|act| (act.ticket, act.at())).collect()
    }

    /// Who had a part in which ticket, of those the archive says who they are, sorted.
    fn known_people(&mut self, known: &Known<'_>) -> Vec<(RecordHash, RecordHash)> {
        let mut people = std::mem::take(&mut self.people);
        people.retain(|(_, person)| (known.is_somebody)(*person));
        let authors = std::mem::take(&mut self.comments).all.into_iter();
        let authors = authors.filter_map(|act| Some((act.ticket, act.by?)));
        people.extend(authors.filter(|(_, person)| (known.is_somebody)(*person)));
        people.sort_unstable();
        people.dedup();
        people
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
            people: requester.into_iter().chain([hash(RecordKind::Person, "agent")]).collect(),
            contact: None,
            received_at: Vec::new(),
        }
    }

    fn built(builder: JoinsBuilder, nobody: &[RecordHash]) -> Joins {
        builder.build(&Known {
            first_id: &|id| id,
            is_somebody: &|id| !nobody.contains(&id),
            is_closed: &|status| status == hash(RecordKind::Setting, "done"),
        })
    }

    #[test]
    fn copies_of_a_ticket_and_its_comments_come_together() {
        let mut builder = JoinsBuilder::default();
        builder.ticket(&row("2", Some("ana")));
        builder.ticket(&row("1", None));
        builder.ticket(&row("2", None));
        let at = |day: &str| Stamp::parse(day);
        let (two, three) = (hash(RecordKind::Ticket, "2"), hash(RecordKind::Ticket, "3"));
        let [ana, ben, agent] = ["ana", "ben", "agent"].map(|id| hash(RecordKind::Person, id));
        builder.comment(two, Some(ana), at("2020-01-01"), false);
        builder.comment(two, Some(ben), at("2022-01-01"), false);
        builder.comment(three, Some(ana), at("2021-01-01"), false);
        builder.comment(two, Some(ana), at("2019-01-01"), false);
        builder.change(two, None, at("2022-06-01").unwrap());
        builder.change(two, Some(hash(RecordKind::Setting, "done")), at("2023-01-01").unwrap());
        builder.change(two, Some(hash(RecordKind::Setting, "open")), at("2024-01-01").unwrap());
        assert_eq!((builder.tickets(), builder.others()), (3, 4));
        let joins = built(builder, &[agent]);
        assert_eq!(joins.len(), 2);
        let join = joins.get(two).unwrap();
        assert_eq!(join.last_subject_contact.get(), at("2020-01-01"), "ben did not ask");
        assert_eq!(joins.closed(two), at("2023-01-01"), "what it changed into later is not closed");
        assert_eq!(join.people().collect::<Vec<_>>(), [ana, ben], "who the agent is nobody knows");
        assert!(joins.get(three).is_none() && joins.closed(three).is_none());
        assert!(joins.is_sorted());
    }

    #[test]
    fn what_came_from_the_data_subject_counts_whoever_wrote_it() {
        let at = |day: &str| Stamp::parse(day);
        let (ticket, robot) = (hash(RecordKind::Ticket, "1"), hash(RecordKind::Person, "robot"));
        let mut builder = JoinsBuilder::default();
        builder.ticket(&row("1", Some("ana")));
        for (day, incoming) in
            [("2020-03-01", true), ("2021-01-01", true), ("2022-01-01", false), ("2020-05-01", false)]
        {
            builder.comment(ticket, Some(robot), at(day), incoming);
            builder.comments.merge();
        }
        builder.comment(ticket, None, at("2019-01-01"), true);
        assert_eq!(builder.comments.all.len(), 3, "the robot's last act, its last incoming one, nobody's");
        let join = built(builder, &[]);
        assert_eq!(join.get(ticket).unwrap().last_subject_contact.get(), at("2021-01-01"));
    }
}
