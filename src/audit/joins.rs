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
    /// An act nobody knows the date of: it may be later than any.
    const UNKNOWN: Moment = Moment(1 << 60);

    /// When an act was done that has a date or not.
    fn of_act(stamp: Option<Stamp>) -> Moment {
        stamp.map_or(Moment::UNKNOWN, |stamp| Moment::of(Some(stamp)))
    }

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
        (self.0 != 0 && self != Moment::UNKNOWN).then_some(Stamp {
            seconds,
            precision,
            zone_known: self.0 & 1 == 1,
        })
    }
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

/// One value for each ticket. Those behind the last that is not the least take no room: many archives have
/// none at all.
#[derive(Default)]
struct Column<T>(Vec<T>);

impl<T: Copy + Default + PartialEq> Column<T> {
    fn get(&self, at: usize) -> T {
        self.0.get(at).copied().unwrap_or_default()
    }

    fn set(&mut self, at: usize, value: T) {
        if self.0.len() <= at {
            if value == T::default() {
                return;
            }
            self.0.resize(at + 1, T::default());
        }
        if let Some(place) = self.0.get_mut(at) {
            *place = value;
        }
    }

    /// The values of these tickets, in this order.
    fn gathered(self, order: &[u32]) -> Column<T> {
        let mut out = Column(Vec::new());
        if !self.0.is_empty() {
            out.0.reserve_exact(order.len());
            order.iter().zip(0..).for_each(|(from, to)| out.set(to, self.get(*from as usize)));
        }
        out
    }
}

/// Tickets by id, a column for each thing that is known of them.
#[derive(Default)]
pub(super) struct Joins {
    ids: Vec<RecordHash>,
    requesters: Column<Option<RecordHash>>,
    contacts: Column<Moment>,
    /// When entries of a ticket's history say that it was closed last; only of those that have such entries.
    closed: Vec<(RecordHash, Moment)>,
    /// Where the people of each ticket end; none behind the last that has any.
    ends: Vec<u32>,
    people: Vec<RecordHash>,
}

impl Joins {
    /// What is joined to a ticket.
    pub(super) fn get(&self, id: RecordHash) -> Option<TicketJoin<'_>> {
        self.at(self.number(id)?)
    }

    /// The number of a ticket among all.
    pub(super) fn number(&self, id: RecordHash) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    fn at(&self, at: usize) -> Option<TicketJoin<'_>> {
        let id = *self.ids.get(at)?;
        let end_of = |at: usize| self.ends.get(at).map_or(self.people.len(), |end| *end as usize);
        let start = at.checked_sub(1).map_or(0, end_of);
        let others = self.people.get(start..end_of(at)).unwrap_or(&[]);
        let (requester, last_subject_contact) = (self.requesters.get(at), self.contacts.get(at));
        Some(TicketJoin { id, requester, last_subject_contact, others })
    }

    /// When its history says that a ticket was closed last.
    pub(super) fn closed(&self, id: RecordHash) -> Option<Stamp> {
        let at = self.closed.binary_search_by_key(&id, |row| row.0).ok()?;
        self.closed.get(at).and_then(|row| row.1.get())
    }

    /// How many tickets there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// All tickets, by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = TicketJoin<'_>> {
        (0..self.ids.len()).filter_map(|at| self.at(at))
    }

    /// Adds a ticket behind all others: what is read from a file is sorted.
    pub(super) fn push(
        &mut self,
        id: RecordHash,
        requester: Option<RecordHash>,
        (last_subject_contact, closed): (Moment, Moment),
        people: &[RecordHash],
    ) {
        let at = self.ids.len();
        self.ids.push(id);
        self.requesters.set(at, requester);
        self.contacts.set(at, last_subject_contact);
        let before = self.people.len();
        self.people.extend(people.iter().filter(|person| Some(**person) != requester));
        self.end_at(at, before);
        if closed != Moment::default() {
            self.closed.push((id, closed));
        }
    }

    /// Writes down where the people of a ticket end, whose first has this number.
    fn end_at(&mut self, ticket: usize, first: usize) {
        let number = |people: usize| u32::try_from(people).unwrap_or(u32::MAX);
        if self.people.len() > first {
            self.ends.resize(ticket, number(first));
            self.ends.push(number(self.people.len()));
        }
    }

    /// Leaves one of each ticket; copies must stand together.
    fn merge_copies(&mut self) {
        let mut last: Option<(RecordHash, usize)> = None;
        let mut to = 0;
        for from in 0..self.ids.len() {
            let Some(id) = self.ids.get(from).copied() else { continue };
            let (requester, contact) = (self.requesters.get(from), self.contacts.get(from));
            if let Some((_, first)) = last.filter(|(known, _)| *known == id) {
                self.requesters.set(first, self.requesters.get(first).or(requester));
                self.contacts.set(first, self.contacts.get(first).max(contact));
                continue;
            }
            last = Some((id, to));
            if to < from {
                self.ids.swap(to, from);
                self.requesters.set(to, requester);
                self.contacts.set(to, contact);
            }
            to += 1;
        }
        self.ids.truncate(to);
        self.requesters.0.truncate(to);
        self.contacts.0.truncate(to);
    }

    /// Joins what people did last, sorted by ticket.
    fn take_contacts(&mut self, acts: &[Act], known: &Known<'_>) {
        let mut acts = acts.iter().peekable();
        for at in 0..self.ids.len() {
            let Some(id) = self.ids.get(at).copied() else { continue };
            let requester = self.requesters.get(at);
            while acts.next_if(|act| act.ticket < id).is_some() {}
            while let Some(act) = acts.next_if(|act| act.ticket == id) {
                let same =
                    |asked: RecordHash, by: RecordHash| (known.first_id)(asked) == (known.first_id)(by);
                let asked = requester.zip(act.by).is_some_and(|(asked, by)| same(asked, by));
                if asked || act.is_incoming() {
                    self.contacts.set(at, self.contacts.get(at).max(act.at()));
                }
            }
        }
    }

    /// Whether the ids rise: else the file they came from was changed.
    pub(super) fn is_sorted(&self) -> bool {
        self.ids.is_sorted()
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
        Act { ticket, by, done: Moment::of_act(at).0 << 1 | i64::from(incoming) }
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
    ids: Vec<RecordHash>,
    requesters: Column<Option<RecordHash>>,
    contacts: Column<Moment>,
    /// People of tickets beside who asked, as the tickets themselves name them.
    people: Vec<(RecordHash, RecordHash)>,
    comments: Acts,
    /// Changes of status; those without a status are closings.
    changes: Acts,
}

impl JoinsBuilder {
    /// How many tickets came.
    pub(super) fn tickets(&self) -> usize {
        self.ids.len()
    }

    /// How many rows of other records are held.
    pub(super) fn others(&self) -> usize {
        self.comments.all.len().max(self.changes.all.len())
    }

    /// Takes a ticket.
    pub(super) fn ticket(&mut self, row: &TicketRow) {
        let at = self.ids.len();
        self.ids.push(row.id);
        self.requesters.set(at, row.requester);
        self.contacts.set(at, if row.undated { Moment::UNKNOWN } else { Moment::of(row.contact) });
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
        let mut joins = self.merged(known);
        joins.closed = self.closings(known);
        let people = self.known_people(known);
        let mut people = people.iter().peekable();
        for at in 0..joins.ids.len() {
            let Some(id) = joins.ids.get(at).copied() else { continue };
            let requester = joins.requesters.get(at);
            let first = joins.people.len();
            while people.next_if(|(ticket, _)| *ticket < id).is_some() {}
            while let Some((_, person)) = people.next_if(|(ticket, _)| *ticket == id) {
                if requester != Some(*person) && joins.people.len() - first < PEOPLE_OF_TICKET {
                    joins.people.push(*person);
                }
            }
            joins.end_at(at, first);
        }
        joins.people.shrink_to_fit();
        joins
    }

    /// Each ticket once, by id, with the last act of its data subject.
    fn merged(&mut self, known: &Known<'_>) -> Joins {
        let Self { ids, requesters, contacts, .. } = self;
        let (ids, requesters, contacts) =
            (std::mem::take(ids), std::mem::take(requesters), std::mem::take(contacts));
        let id_of = |at: u32| ids.get(at as usize).copied();
        // Copies stay in the order of the walk: who asked is what the first of them says.
        let mut order: Vec<u32> = (0..u32::try_from(ids.len()).unwrap_or(u32::MAX)).collect();
        order.sort_unstable_by_key(|at| (id_of(*at), *at));
        let sorted: Vec<RecordHash> = order.iter().filter_map(|at| id_of(*at)).collect();
        drop(ids);
        let requesters = requesters.gathered(&order);
        let mut joins = Joins { requesters, contacts: contacts.gathered(&order), ..Joins::default() };
        drop(order);
        joins.ids = sorted;
        joins.merge_copies();
        self.comments.merge();
        joins.take_contacts(&self.comments.all, known);
        joins
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
            undated: false,
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
    fn each_ticket_keeps_its_own_people_requester_and_contact() {
        let key = |n: u32| hash(RecordKind::Ticket, &n.to_string());
        let person = |n: u32| hash(RecordKind::Person, &n.to_string());
        let at = |n: u32| Stamp::parse(&format!("20{:02}-01-01", n % 90 + 10));
        let mut builder = JoinsBuilder::default();
        // Some have nobody, some have people only, and the last in the walk have neither; each comes twice.
        for n in (0..200u32).chain(0..200) {
            let requester = (n % 3 == 0).then(|| person(n));
            let others = (0..n % 4).filter(|_| n % 5 == 0).map(|other| person(1000 + 10 * n + other));
            builder.ticket(&TicketRow {
                id: key(n),
                requester,
                people: requester.into_iter().chain(others).collect(),
                contact: at(n).filter(|_| n % 7 == 0),
                undated: false,
                received_at: Vec::new(),
            });
        }
        let joins = built(builder, &[]);
        assert!(joins.len() == 200 && joins.is_sorted());
        let mut copied = Joins::default();
        for join in joins.iter() {
            let closed = Moment::default();
            copied.push(join.id, join.requester, (join.last_subject_contact, closed), join.others);
        }
        for (n, joins) in (0..200).flat_map(|n| [(n, &joins), (n, &copied)]) {
            let join = joins.get(key(n)).unwrap();
            let mut others: Vec<RecordHash> =
                (0..n % 4).filter(|_| n % 5 == 0).map(|other| person(1000 + 10 * n + other)).collect();
            others.sort_unstable();
            assert_eq!(join.requester, (n % 3 == 0).then(|| person(n)), "{n}");
            assert_eq!(join.others, others, "{n}");
            assert_eq!(join.last_subject_contact.get(), at(n).filter(|_| n % 7 == 0), "{n}");
        }
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
