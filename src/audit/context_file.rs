//! What a survey learned, as a file: JSON Lines of keyed hashes, of no use without the key.

use serde::{Deserialize, Serialize};

use crate::detectors::{IdRange, PeopleTable, PersonHashes, PersonIndex};
use crate::problem::Problem;
use crate::records::{Precision, Stamp};

use super::context::Context;
use super::joins::Moment;
use super::own::Own;
use super::survey::RecordHash;
use super::threads::Threads;
use super::written::{ToldRow, Written};

/// The schema of the file.
const SCHEMA: &str = "olvido/context/v1";

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Row {
    Head {
        schema: String,
        key: String,
    },
    Person {
        id: Option<RecordHash>,
        hashes: PersonHashes,
    },
    Ticket {
        id: RecordHash,
        requester: Option<RecordHash>,
        people: Vec<RecordHash>,
        contact: Option<i64>,
        day: bool,
        #[serde(default)]
        closed: Option<i64>,
        #[serde(default)]
        closed_day: bool,
    },
    /// People the vendor made anonymous, and other ids people are known by.
    Known {
        anonymised: Vec<RecordHash>,
        same: Vec<(RecordHash, u32)>,
    },
    /// Threads of mail: first messages with who asked, and the others with their first.
    Threads {
        alone: bool,
        roots: Vec<(RecordHash, Option<RecordHash>)>,
        members: Vec<(RecordHash, RecordHash)>,
    },
    /// What an id of a status means: our word, and the site's.
    Status {
        id: RecordHash,
        word: Option<String>,
        name: Option<String>,
    },
    /// What comments say of themselves for records of the same id, and who works for the organisation.
    Written {
        told: Vec<u64>,
        agents: Vec<RecordHash>,
    },
    /// Tickets that registers of requests and breaches name.
    Registered {
        tickets: Vec<u64>,
    },
    Ids {
        ranges: Vec<IdRange>,
    },
    Own {
        domains: Vec<String>,
        values: Vec<u64>,
        agents: u64,
        addresses: u64,
    },
    End {
        people: u64,
        tickets: u64,
    },
}

impl Context {
    /// The context as a file under the key named by `key_id`. Sorted, so equal surveys are equal bytes.
    pub fn to_file(&self, key_id: &str) -> String {
        let mut out = String::new();
        push(&mut out, &Row::Head { schema: SCHEMA.to_owned(), key: key_id.to_owned() });
        let mut ids: Vec<(u32, RecordHash)> = self.by_id.iter().map(|(id, person)| (person.0, *id)).collect();
        ids.sort_unstable();
        let mut people = 0;
        for (at, hashes) in (0u32..).zip(self.table.hashes()) {
            let first = ids.partition_point(|(person, _)| *person < at);
            let id = ids.get(first).filter(|(person, _)| *person == at).map(|(_, id)| *id);
            push(&mut out, &Row::Person { id, hashes });
            people += 1;
        }
        for join in self.tickets.iter() {
            let contact = join.last_subject_contact.get();
            let closed = self.tickets.closed(join.id);
            push(
                &mut out,
                &Row::Ticket {
                    id: join.id,
                    requester: join.requester,
                    people: join.others.to_vec(),
                    contact: contact.map(|stamp| stamp.seconds),
                    day: contact.is_some_and(|stamp| stamp.precision == Precision::Day),
                    closed: closed.map(|stamp| stamp.seconds),
                    closed_day: closed.is_some_and(|stamp| stamp.precision == Precision::Day),
                },
            );
        }
        let mut anonymised: Vec<RecordHash> = self.anonymised.iter().copied().collect();
        anonymised.sort_unstable();
        let mut seen = std::collections::BTreeSet::new();
        let same =
            ids.iter().filter(|(person, _)| !seen.insert(*person)).map(|(at, id)| (*id, *at)).collect();
        push(&mut out, &Row::Known { anonymised, same });
        let Threads { roots, members, alone } = &self.threads;
        let mut roots: Vec<_> = roots.iter().map(|(id, requester)| (*id, *requester)).collect();
        let mut members: Vec<_> = members.iter().map(|(id, root)| (*id, *root)).collect();
        roots.sort_unstable();
        members.sort_unstable();
        push(&mut out, &Row::Threads { alone: *alone, roots, members });
        for (id, word, name) in self.statuses.sorted() {
            push(&mut out, &Row::Status { id, word, name });
        }
        let told = self.written.rows().iter().map(|row| row.bits()).collect();
        let mut agents: Vec<RecordHash> = self.written.agents.iter().copied().collect();
        agents.sort_unstable();
        push(&mut out, &Row::Written { told, agents });
        push(&mut out, &Row::Registered { tickets: self.registered.iter().copied().collect() });
        push(&mut out, &Row::Ids { ranges: self.table.ids.clone() });
        let mut values: Vec<u64> = self.own.values.iter().copied().collect();
        values.sort_unstable();
        let Own { domains, agents, addresses, .. } = &self.own;
        let domains = domains.iter().cloned().collect();
        push(&mut out, &Row::Own { domains, values, agents: *agents, addresses: *addresses });
        push(&mut out, &Row::End { people, tickets: self.tickets.len() as u64 });
        out
    }

    /// Reads a context file made under the key named by `key_id`; another key is refused, since every
    /// name would then silently be nobody's.
    pub fn from_file(text: &str, key_id: &str, hash_key: [u8; 16]) -> Result<Context, Problem> {
        let broken = || {
            Problem::new(
                "context-malformed",
                "this is no context file, or not all of one",
                "make it anew with `olvido survey`",
            )
        };
        let mut lines = text.lines();
        let head: Row = lines.next().and_then(|line| serde_json::from_str(line).ok()).ok_or_else(broken)?;
        match head {
            Row::Head { schema, key } if schema == SCHEMA && key == key_id => {}
            Row::Head { schema, .. } if schema == SCHEMA => {
                return Err(Problem::new(
                    "context-other-key",
                    "the context file was made under another key",
                    "name the key it was made with (--key), or make it anew with `olvido survey`",
                ));
            }
            _ => return Err(broken()),
        }
        let mut context = Context::empty(hash_key);
        let mut table = PeopleTable::new(hash_key);
        let mut ended = None;
        for line in lines {
            match serde_json::from_str(line).map_err(|_| broken())? {
                Row::Person { id, hashes } => {
                    let index = table.add_hashes(hashes);
                    context.by_id.extend(id.map(|id| (id, index)));
                }
                Row::Ticket { id, requester, people, contact, day, closed, closed_day } => {
                    let stamp = |seconds: Option<i64>, day: bool| {
                        let precision = if day { Precision::Day } else { Precision::Instant };
                        seconds.map(|seconds| Stamp { seconds, precision, zone_known: true })
                    };
                    let last_subject_contact = Moment::of(stamp(contact, day));
                    let closed = Moment::of(stamp(closed, closed_day));
                    context.tickets.push(id, requester, (last_subject_contact, closed), &people);
                }
                Row::Known { anonymised, same } => {
                    context.anonymised = anonymised.into_iter().collect();
                    context.by_id.extend(same.into_iter().map(|(id, at)| (id, PersonIndex(at))));
                }
                Row::Threads { alone, roots, members } => {
                    let (roots, members) = (roots.into_iter().collect(), members.into_iter().collect());
                    context.threads = Threads { roots, members, alone };
                }
                Row::Status { id, word, name } => context.statuses.insert(id, word, name),
                Row::Written { told, agents } => {
                    let told = told.into_iter().map(ToldRow::from_bits).collect();
                    context.written = Written::new(told, agents.into_iter().collect());
                }
                Row::Registered { tickets } => context.registered = tickets.into_iter().collect(),
                Row::Ids { ranges } => table.ids = ranges,
                Row::Own { domains, values, agents, addresses } => {
                    let (domains, values) = (domains.into_iter().collect(), values.into_iter().collect());
                    context.own = Own { domains, values, agents, addresses };
                }
                Row::End { people, tickets } => ended = Some((people, tickets)),
                Row::Head { .. } => return Err(broken()),
            }
        }
        let tickets = context.tickets.len() as u64;
        if ended != Some((table.len() as u64, tickets)) || !context.tickets.is_sorted() {
            return Err(broken());
        }
        table.seal();
        context.table = table;
        Ok(context)
    }
}

fn push(out: &mut String, row: &Row) {
    // Numbers and ASCII words only: these types cannot fail to serialise.
    if let Ok(line) = serde_json::to_string(row) {
        out.push_str(&line);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::ContextBuilder;
    use super::super::survey::{ClosingRow, CommentRow, PersonRow, SurveyRows, TicketRow};
    use super::*;
    use crate::detectors::HashKey;
    use crate::records::{RecordKind, Text};

    const KEY: [u8; 16] = [9; 16];

    fn context() -> Context {
        let hash = |kind, id: &str| RecordHash::of(HashKey::new(KEY), "zendesk", kind, &Text::new(id));
        let (person, ticket) = (hash(RecordKind::Person, "9"), hash(RecordKind::Ticket, "1"));
        let mut builder = ContextBuilder::default();
        builder.add(
            SurveyRows {
                registered: vec![4711],
                people: vec![PersonRow {
                    id: person,
                    names: vec![Text::new("Mireia Soler")],
                    emails: vec![],
                    phones: vec![],
                    agent: true,
                    same: vec![],
                    anonymised: true,
                }],
                tickets: vec![TicketRow {
                    id: ticket,
                    requester: Some(person),
                    people: vec![person],
                    contact: None,
                    undated: false,
                    received_at: vec![],
                }],
                ids: Default::default(),
                attachments: Default::default(),
                mails: vec![],
                statuses: vec![],
                told: vec![],
                comments: vec![CommentRow {
                    ticket,
                    author: Some(person),
                    at: Stamp::parse("2020-01-02T00:00:00Z"),
                    incoming: false,
                }],
                closings: vec![ClosingRow { ticket, at: Stamp::parse("2020-01-03").unwrap(), status: None }],
            },
            HashKey::new(KEY),
        );
        builder.build(KEY, None).0
    }

    #[test]
    fn a_context_reads_back_and_holds_no_name() {
        let text = context().to_file("k");
        assert!(!text.contains("Soler") && !text.contains("soler"));
        let again = Context::from_file(&text, "k", KEY).ok().unwrap();
        assert_eq!(again.to_file("k"), text);
    }

    #[test]
    fn another_key_and_a_cut_file_are_refused() {
        let text = context().to_file("k");
        assert_eq!(Context::from_file(&text, "other", KEY).err().unwrap().code, "context-other-key");
        let cut = text.trim_end().rsplit_once('\n').unwrap().0;
        assert_eq!(Context::from_file(cut, "k", KEY).err().unwrap().code, "context-malformed");
        assert_eq!(Context::from_file("{}", "k", KEY).err().unwrap().code, "context-malformed");
    }
}
