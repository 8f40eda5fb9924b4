//! Messages of a mail archive as tickets: who began, who answered, when the one who asked last wrote.
//!
//! Messages are joined by `References` and `In-Reply-To`, by the number of a ticket in their subject, and a
//! reply that has neither by its subject between the same two addresses. The first message of a thread is its
//! ticket, the others are its comments. A message that nobody answers, in an archive that has the tickets of
//! a helpdesk, stays a message: it is somebody's attachment or copy.

use std::collections::BTreeMap;

use super::context::Context;
use super::hashed::{ByHash, Hashes};
use super::survey::{RecordHash, SurveyFacts, TicketRow, link_hash};
use crate::detectors::HashKey;
use crate::records::{FactId, FactValue, Link, Record, RecordKind, Relation, Stamp, Supplier};

/// Messages and references to messages held at most.
const BOUND: usize = 2_000_000;
/// Different people whose requests reach an address that is the helpdesk's, at least.
const DESK: usize = 3;

/// What the survey takes from one message.
pub(crate) struct MailRow {
    id: Option<RecordHash>,
    answers: Vec<RecordHash>,
    token: Option<RecordHash>,
    topic: Option<u64>,
    reply: bool,
    at: Option<Stamp>,
    author: Option<RecordHash>,
    recipients: Vec<RecordHash>,
}

/// Whether a record is no helpdesk's but mail.
pub(super) fn is_mail(record: &Record) -> bool {
    &*record.reference.system == "mail"
}

/// Whether a record is a message that lies in no ticket.
pub(crate) fn is_message(record: &Record) -> bool {
    record.reference.kind == RecordKind::Comment && is_mail(record) && record.parent.is_none()
}

impl MailRow {
    /// A message of a survey pass.
    pub(crate) fn of(record: &Record, facts: &SurveyFacts) -> MailRow {
        let key = facts.key();
        let linked = |relation: Relation| {
            let links = record.links.iter().filter(move |link| link.relation == relation);
            links.map(move |link| link_hash(key, record, link))
        };
        let topic = record.links.iter().find(|link| link.relation == Relation::Topic);
        let topic = topic.map(|link| link.id.expose());
        let base = topic.map(|topic| topic.strip_prefix("re: ").unwrap_or(topic));
        MailRow {
            id: own(key, record),
            answers: linked(Relation::Answers).collect(),
            token: linked(Relation::Ticket).next(),
            topic: base.map(|base| key.hash(base.as_bytes())),
            reply: topic.is_some_and(|topic| topic.starts_with("re: ")),
            at: facts.created(record),
            author: linked(Relation::Author).next(),
            recipients: linked(Relation::Involved).collect(),
        }
    }

    /// Keys of its subject between its author and each of its recipients, whoever of the two wrote.
    fn topics(&self) -> Vec<(u64, RecordHash, RecordHash)> {
        let (Some(topic), Some(author)) = (self.topic, self.author) else { return Vec::new() };
        self.recipients.iter().map(|other| (topic, author.min(*other), author.max(*other))).collect()
    }
}

fn own(key: HashKey, record: &Record) -> Option<RecordHash> {
    let id = record.reference.id.as_ref()?;
    Some(RecordHash::of(key, &record.reference.system, RecordKind::Comment, id))
}

/// Messages while the survey goes on.
#[derive(Default)]
pub(crate) struct ThreadsBuilder {
    mails: Vec<MailRow>,
    seen: Hashes<RecordHash>,
    held: usize,
}

/// A thread when all its messages are known.
struct Thread {
    /// Position of its first message.
    first: usize,
    mails: Vec<usize>,
}

/// Sets that melt into each other.
#[derive(Default)]
struct Sets(Vec<usize>);

impl Sets {
    fn add(&mut self) -> usize {
        self.0.push(self.0.len());
        self.0.len() - 1
    }

    fn top(&mut self, mut at: usize) -> usize {
        while let Some(above) = self.0.get(at).copied().filter(|above| *above != at) {
            let next = self.0.get(above).copied().unwrap_or(above);
            if let Some(slot) = self.0.get_mut(at) {
                *slot = next;
            }
            at = above;
        }
        at
    }

    fn melt(&mut self, a: usize, b: usize) {
        let (a, b) = (self.top(a), self.top(b));
        if let Some(slot) = self.0.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
}

impl ThreadsBuilder {
    /// Takes messages, in the order of the walk; says whether the bound was reached. Copies of one message
    /// count once.
    pub(crate) fn add(&mut self, rows: Vec<MailRow>) -> bool {
        for row in rows {
            if row.id.is_some_and(|id| !self.seen.insert(id)) {
                continue;
            }
            self.held += 1 + row.answers.len();
            if self.held > BOUND {
                return true;
            }
            self.mails.push(row);
        }
        false
    }

    /// The threads, and the ticket of each. `alone` says that the archive has no tickets but these.
    pub(crate) fn build(self, alone: bool) -> (Threads, Vec<TicketRow>) {
        let threads = self.threads();
        let desk = self.desk(&threads);
        let mut out = Threads { alone, ..Threads::default() };
        let mut tickets = Vec::new();
        for thread in threads {
            let Some(first) = self.mails.get(thread.first) else { continue };
            if !alone && thread.mails.len() < 2 {
                continue;
            }
            let Some(id) = first.id else { continue };
            let requester = self.requester(first, &desk);
            let mails = || thread.mails.iter().filter_map(|at| self.mails.get(*at));
            let theirs = mails().filter(|mail| mail.author.is_some() && mail.author == requester);
            // An act without a date may be the last one: then nobody knows when that was.
            let dated = theirs.clone().all(|mail| mail.at.is_some());
            let contact = theirs.filter_map(|mail| mail.at).max().filter(|_| dated);
            out.roots.insert(id, requester);
            out.members
                .extend(mails().filter_map(|mail| mail.id).filter(|own| *own != id).map(|own| (own, id)));
            let (people, received_at) = (Vec::new(), Vec::new());
            tickets.push(TicketRow { id, requester, people, contact, undated: false, received_at });
        }
        (out, tickets)
    }

    /// Joins messages by what they answer and name, then replies without references by their subject.
    fn threads(&self) -> Vec<Thread> {
        let mut sets = Sets::default();
        let mut nodes: ByHash<RecordHash, usize> = ByHash::default();
        let mut of_mail = Vec::with_capacity(self.mails.len());
        for mail in &self.mails {
            let own = match mail.id {
                Some(id) => *nodes.entry(id).or_insert_with(|| sets.add()),
                None => sets.add(),
            };
            for other in mail.answers.iter().chain(&mail.token) {
                let other = *nodes.entry(*other).or_insert_with(|| sets.add());
                sets.melt(own, other);
            }
            of_mail.push(own);
        }
        self.by_topic(&mut sets, &of_mail);
        let mut threads: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, own) in of_mail.iter().enumerate() {
            threads.entry(sets.top(*own)).or_default().push(at);
        }
        threads.into_values().filter_map(|mails| self.thread(mails)).collect()
    }

    fn by_topic(&self, sets: &mut Sets, of_mail: &[usize]) {
        let mut begun: BTreeMap<(u64, RecordHash, RecordHash), Vec<usize>> = BTreeMap::new();
        for (at, mail) in self.mails.iter().enumerate().filter(|(_, mail)| !mail.reply) {
            for topic in mail.topics() {
                begun.entry(topic).or_default().push(at);
            }
        }
        let lost = |mail: &MailRow| mail.reply && mail.answers.is_empty() && mail.token.is_none();
        for (at, mail) in self.mails.iter().enumerate().filter(|(_, mail)| lost(mail)) {
            let candidates = mail.topics().into_iter().filter_map(|topic| begun.get(&topic)).flatten();
            // The last one that is not younger; where a date is missing, the last of the walk.
            let earlier = candidates.filter(|other| {
                let other = self.mails.get(**other).and_then(|mail| mail.at);
                mail.at.is_none() || other.is_none() || other <= mail.at
            });
            let begun =
                earlier.max_by_key(|other| (self.mails.get(**other).and_then(|mail| mail.at), **other));
            if let Some((a, b)) = begun.and_then(|other| of_mail.get(*other)).zip(of_mail.get(at)) {
                sets.melt(*a, *b);
            }
        }
    }

    /// Its first message is the oldest of those that answer nothing here, else the oldest.
    fn thread(&self, mails: Vec<usize>) -> Option<Thread> {
        let order = |at: &usize| {
            let mail = self.mails.get(*at);
            let answers = mail.is_none_or(|mail| !mail.answers.is_empty() || mail.reply);
            let nobody = mail.is_none_or(|mail| mail.id.is_none());
            (nobody, answers, mail.and_then(|mail| mail.at).map_or(i64::MAX, |at| at.seconds), *at)
        };
        let first = mails.iter().copied().min_by_key(order)?;
        Some(Thread { first, mails })
    }

    /// Addresses of the helpdesk: those several different people write their first message to.
    fn desk(&self, threads: &[Thread]) -> Hashes<RecordHash> {
        let mut writers: BTreeMap<RecordHash, Hashes<RecordHash>> = BTreeMap::new();
        for mail in threads.iter().filter_map(|thread| self.mails.get(thread.first)) {
            for to in &mail.recipients {
                let writers = writers.entry(*to).or_default();
                if writers.len() < DESK {
                    writers.extend(mail.author.filter(|author| author != to));
                }
            }
        }
        writers.into_iter().filter(|(_, from)| from.len() >= DESK).map(|(address, _)| address).collect()
    }

    /// Who asked: who wrote first, or whom the helpdesk wrote to.
    fn requester(&self, first: &MailRow, desk: &Hashes<RecordHash>) -> Option<RecordHash> {
        let ours = first.author.is_some_and(|author| desk.contains(&author));
        let to = first.recipients.iter().copied().find(|to| !desk.contains(to));
        to.filter(|_| ours).or(first.author)
    }
}

/// The threads of an archive's mail.
#[derive(Default)]
pub(super) struct Threads {
    /// First messages, and who asked in them.
    pub(super) roots: ByHash<RecordHash, Option<RecordHash>>,
    /// Other messages, and the first one of their thread.
    pub(super) members: ByHash<RecordHash, RecordHash>,
    /// Whether the archive has no tickets but these.
    pub(super) alone: bool,
}

/// The facts of a message that its thread supplies, looked up once.
pub(super) struct ThreadFacts {
    public: Option<FactId>,
    direction: Option<FactId>,
    created_at: Option<FactId>,
    status: Option<FactId>,
}

impl ThreadFacts {
    pub(super) fn new() -> Self {
        Self {
            public: FactId::named("public"),
            direction: FactId::named("direction"),
            created_at: FactId::named("created_at"),
            status: FactId::named("status"),
        }
    }
}

impl Context {
    /// Makes the first message of a thread its ticket, and tells the others whose comments they are. Gives
    /// the last act of the data subject for a ticket of which nothing is stored.
    pub(super) fn join_thread(&self, record: &mut Record) -> Option<Stamp> {
        if !is_message(record) || !self.threads.alone && self.threads.roots.is_empty() {
            return None;
        }
        let key = self.hash_key();
        let id = own(key, record);
        let answered = |record: &Record| {
            let links = record.links.iter().filter(|link| link.relation == Relation::Answers);
            links.map(|link| link_hash(key, record, link)).collect::<Vec<RecordHash>>()
        };
        if let Some(requester) = id.and_then(|id| self.threads.roots.get(&id)) {
            self.begin_ticket(record, *requester);
            return None;
        }
        let root = match id {
            Some(id) => self.threads.members.get(&id).copied(),
            None => answered(record).iter().find_map(|other| match self.threads.roots.contains_key(other) {
                true => Some(*other),
                false => self.threads.members.get(other).copied(),
            }),
        };
        match root {
            Some(root) => {
                self.comment_of(record, root);
                None
            }
            None if id.is_none() && self.threads.alone && answered(record).is_empty() => {
                let author = record.links.iter().find(|link| link.relation == Relation::Author);
                let author = author.map(|link| link_hash(key, record, link));
                self.begin_ticket(record, author);
                match self.thread_facts.created_at.and_then(|fact| record.facts.get(fact)) {
                    Some(FactValue::Stamp(at)) => Some(*at),
                    _ => None,
                }
            }
            None => None,
        }
    }

    fn comment_of(&self, record: &mut Record, root: RecordHash) {
        let key = self.hash_key();
        let answers = record.links.iter().filter(|link| link.relation == Relation::Answers);
        let id = answers
            .map(|link| &link.id)
            .find(|id| RecordHash::of(key, &record.reference.system, RecordKind::Comment, id) == root);
        if let Some(id) = id.cloned() {
            record.links.retain(|link| link.relation != Relation::Ticket);
            record.links.push(Link { relation: Relation::Ticket, kind: RecordKind::Ticket, id });
        }
        let Some(requester) = self.threads.roots.get(&root).copied().flatten() else { return };
        let is = |link: &&Link| link_hash(key, record, link) == requester;
        let by = record.links.iter().filter(|link| link.relation == Relation::Author).any(|link| is(&link));
        let to = record.links.iter().filter(|link| link.relation == Relation::Involved).any(|link| is(&link));
        if let Some(fact) = self.thread_facts.public {
            record.facts.set(fact, FactValue::Bool(by || to), Supplier::Join);
        }
        let direction = match (by, to) {
            (true, _) => Some("in"),
            (false, false) => Some("internal"),
            // Somebody copied in may have written to everyone.
            (false, true) => None,
        };
        if let (Some(fact), Some(word)) = (self.thread_facts.direction, direction) {
            record.facts.set(fact, FactValue::Word(word.into()), Supplier::Join);
        }
    }

    /// The message is the ticket; the number in its subject is its own. Nobody works on what lies in an
    /// archive of mail: it is archived, whatever became of it.
    fn begin_ticket(&self, record: &mut Record, requester: Option<RecordHash>) {
        let key = self.hash_key();
        let asked = record.links.iter().find(|link| {
            matches!(link.relation, Relation::Author | Relation::Involved)
                && Some(link_hash(key, record, link)) == requester
        });
        let asked = asked.map(|link| Link { relation: Relation::Requester, ..link.clone() });
        record.links.retain(|link| link.relation != Relation::Ticket);
        record.links.extend(asked);
        record.reference.kind = RecordKind::Ticket;
        if let Some(fact) = self.thread_facts.status {
            record.facts.set(fact, FactValue::Word("archived".into()), Supplier::Join);
        }
    }
}
