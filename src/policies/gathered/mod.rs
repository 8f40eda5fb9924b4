//! What only all records together tell: counts, newest dates, and who is in one register and not in
//! another. Parts of a run are added up in any order.

mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::records::{FactId, FactValue, Facts, RecordKind, Stamp};

/// Tags by which tickets are known as a possible breach.
const LEAK_TAGS: [&str; 10] = [
    "breach",
    "brecha",
    "data-breach",
    "data-leak",
    "data_breach",
    "datenpanne",
    "fuga-de-datos",
    "leak",
    "privacy-incident",
    "violation-de-donnees",
];

/// Tags by which tickets are known as a request of a data subject.
const RIGHTS_TAGS: [&str; 16] = [
    "access-request",
    "arco",
    "auskunft",
    "data-request",
    "data-subject-request",
    "derecho-al-olvido",
    "derecho-de-acceso",
    "droit-acces",
    "dsar",
    "dsgvo",
    "erasure-request",
    "gdpr",
    "privacy-request",
    "rgpd",
    "right-to-be-forgotten",
    "sar",
];
/// A name, address or id without case and white space, as a number. Two that are one by chance would
/// make a register seem to name somebody: with 64 bits that is not to be expected.
type Name = u64;

/// What was gathered so far. It holds hashes and dates, no value of a record.
#[derive(Default)]
pub struct Gathered {
    kinds: BTreeMap<RecordKind, u64>,
    agents: Vec<Agent>,
    /// By name: the last day, and whether it is known.
    leavers: BTreeMap<Name, Option<i64>>,
    trainings: BTreeMap<Name, Trained>,
    processors: BTreeSet<Name>,
    vendors: BTreeSet<Name>,
    recipients: BTreeSet<Name>,
    sites: BTreeSet<Name>,
    offsite: Tri,
    incidents: BTreeSet<Name>,
    leaks: BTreeSet<Name>,
    /// Every ticket.
    tickets: Vec<Name>,
    /// Tickets tagged as a request, with their day.
    requests: Vec<(Name, Option<i64>)>,
    requests_registered: BTreeSet<Name>,
    erased: Vec<Erased>,
    restored: Newest,
    access_exports: u64,
    /// Address and id of every account.
    accounts: Vec<(Name, Name)>,
    documents: BTreeSet<String>,
    covered: BTreeSet<String>,
    with_period: BTreeSet<String>,
    allowed: BTreeSet<String>,
    manifests_without_categories: u64,
    /// Entries of the record of processing with an impact assessment.
    assessments: u64,
    newest: BTreeMap<&'static str, Newest>,
}

/// An account in use that sees other people's tickets.
struct Agent {
    names: Vec<Name>,
    admin: bool,
    all_tickets: Option<bool>,
    created_at: Option<i64>,
}

/// A record that was erased or blocked.
struct Erased {
    record: Name,
    blocked: bool,
    done: bool,
    shredded: bool,
    at: Option<i64>,
}

/// Courses of one person.
#[derive(Clone, Copy, Default)]
struct Trained {
    first: Option<i64>,
    newest: Option<i64>,
    unreadable: bool,
}

/// Whether something holds for at least one record; not known before one said so.
#[derive(Clone, Copy, Default)]
struct Tri {
    yes: bool,
    known: u64,
}

/// The newest of some dates; one that cannot be read makes it unknown, since it may be the newest.
#[derive(Clone, Copy, Default)]
struct Newest {
    at: Option<i64>,
    unreadable: bool,
}

impl Newest {
    fn stamp(self) -> Option<FactValue> {
        let at = self.at.filter(|_| !self.unreadable)?;
        Stamp::from_epoch(at).map(FactValue::Stamp)
    }
}

impl Gathered {
    /// Takes a record that was read to its end.
    pub fn record(&mut self, kind: RecordKind, id: Option<&str>, facts: &Facts) {
        *self.kinds.entry(kind).or_default() += 1;
        match kind {
            RecordKind::Ticket => self.ticket(id, facts),
            RecordKind::Person => self.person(id, facts),
            RecordKind::Leaver => {
                if let Some(name) = text(facts, "person") {
                    let left = seconds(facts, "left_at");
                    let known = self.leavers.entry(name).or_insert(left);
                    *known = (*known).max(left);
                }
            }
            RecordKind::Training => self.training(facts),
            RecordKind::Processor => self.processors.extend(text(facts, "vendor")),
            RecordKind::Integration => self.vendors.extend(text(facts, "vendor")),
            RecordKind::Backup => self.backup(facts),
            RecordKind::RightsRequest => self.requests_registered.extend(text(facts, "request_ticket")),
            RecordKind::Erasure => self.erasure(facts),
            RecordKind::Breach => self.incidents.extend(text(facts, "incident")),
            RecordKind::Processing => self.processing(facts),
            RecordKind::PolicyDocument => self.documents.extend(word(facts, "document_kind")),
            RecordKind::AuditReport => {
                self.newest("newest_audit_at", facts, "done_at");
                if word(facts, "area").as_deref() == Some("access") {
                    self.newest("newest_access_review_at", facts, "done_at");
                }
            }
            RecordKind::Asset => self.newest("newest_inventory_at", facts, "reviewed_at"),
            RecordKind::ExportManifest => self.manifest(facts),
            _ => {}
        }
    }

    /// Takes the manifest somebody named for the export: its word alone counts, whatever the export says
    /// of itself.
    pub fn declare(&mut self, manifest: &Facts) {
        self.recipients.clear();
        self.allowed.clear();
        self.manifests_without_categories = 0;
        self.record(RecordKind::ExportManifest, None, manifest);
    }

    /// How many manifests there are.
    pub fn manifests(&self) -> u64 {
        self.count(RecordKind::ExportManifest)
    }

    /// Adds what another worker gathered.
    pub fn add(&mut self, other: Gathered) {
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        self.agents.extend(other.agents);
        for (name, left) in other.leavers {
            let known = self.leavers.entry(name).or_insert(left);
            *known = (*known).max(left);
        }
        for (name, trained) in other.trainings {
            self.trainings.entry(name).or_default().add(trained);
        }
        self.processors.extend(other.processors);
        self.vendors.extend(other.vendors);
        self.recipients.extend(other.recipients);
        self.sites.extend(other.sites);
        self.offsite.yes |= other.offsite.yes;
        self.offsite.known += other.offsite.known;
        self.tickets.extend(other.tickets);
        self.requests.extend(other.requests);
        self.requests_registered.extend(other.requests_registered);
        self.erased.extend(other.erased);
        self.restored.at = self.restored.at.max(other.restored.at);
        self.restored.unreadable |= other.restored.unreadable;
        self.access_exports += other.access_exports;
        self.accounts.extend(other.accounts);
        self.incidents.extend(other.incidents);
        self.leaks.extend(other.leaks);
        self.documents.extend(other.documents);
        self.covered.extend(other.covered);
        self.with_period.extend(other.with_period);
        self.allowed.extend(other.allowed);
        self.manifests_without_categories += other.manifests_without_categories;
        self.assessments += other.assessments;
        for (fact, newest) in other.newest {
            let known = self.newest.entry(fact).or_default();
            known.at = known.at.max(newest.at);
            known.unreadable |= newest.unreadable;
        }
    }

    fn ticket(&mut self, id: Option<&str>, facts: &Facts) {
        let name = id.and_then(named);
        self.tickets.extend(name);
        let Some(FactValue::Words(tags)) = get(facts, "tags") else { return };
        if tags.iter().any(|tag| RIGHTS_TAGS.iter().any(|known| tag.eq_ignore_ascii_case(known))) {
            self.requests.extend(name.map(|name| (name, seconds(facts, "created_at"))));
        }
        if tags.iter().any(|tag| LEAK_TAGS.iter().any(|known| tag.eq_ignore_ascii_case(known))) {
            self.leaks.extend(id.and_then(named));
        }
    }

    fn person(&mut self, id: Option<&str>, facts: &Facts) {
        if let (Some(mail), Some(id)) = (text(facts, "mail"), id.and_then(named)) {
            self.accounts.push((mail, id));
        }
        let role = word(facts, "role");
        let Some(role) = role.filter(|role| matches!(role.as_str(), "agent" | "admin" | "owner")) else {
            return;
        };
        let is = |name: &str, wanted: bool| get(facts, name) == Some(&FactValue::Bool(wanted));
        if is("active", false) || is("suspended", true) || is("soft_deleted", true) {
            return;
        }
        let names = id.and_then(named).into_iter().chain(text(facts, "mail")).collect();
        let scope = word(facts, "ticket_scope").filter(|scope| scope != "unknown");
        self.agents.push(Agent {
            names,
            admin: role != "agent",
            all_tickets: scope.map(|scope| scope == "all"),
            created_at: seconds(facts, "created_at"),
        });
    }

    fn training(&mut self, facts: &Facts) {
        let Some(name) = text(facts, "person") else { return };
        let at = seconds(facts, "completed_at");
        let trained = Trained { first: at, newest: at, unreadable: at.is_none() };
        self.trainings.entry(name).or_default().add(trained);
    }

    fn erasure(&mut self, facts: &Facts) {
        let Some(record) = text(facts, "erased_record") else { return };
        let state = word(facts, "erasure_state");
        self.erased.push(Erased {
            record,
            blocked: state.as_deref() == Some("blocked"),
            done: state.as_deref() == Some("final"),
            shredded: word(facts, "erasure_method").as_deref() == Some("shred"),
            at: seconds(facts, "executed_at"),
        });
    }

    fn backup(&mut self, facts: &Facts) {
        if get(facts, "restored_at").is_some() {
            let at = seconds(facts, "restored_at");
            self.restored.at = self.restored.at.max(at);
            self.restored.unreadable |= at.is_none();
        }
        if word(facts, "backup_level").as_deref() != Some("repository") {
            self.newest("newest_backup_at", facts, "taken_at");
        }
        if get(facts, "restore_tested_at").is_some() {
            self.newest("newest_restore_test_at", facts, "restore_tested_at");
        }
        let site = text(facts, "site");
        let mut located = site.is_some() || word(facts, "backup_level").as_deref() == Some("archive");
        self.sites.extend(site);
        if let Some(FactValue::Bool(offsite)) = get(facts, "offsite") {
            located = true;
            self.offsite.yes |= offsite;
        }
        self.offsite.known += u64::from(located);
    }

    fn processing(&mut self, facts: &Facts) {
        self.assessments += u64::from(seconds(facts, "assessed_at").is_some());
        let Some(FactValue::Words(kinds)) = get(facts, "kinds_of_data") else { return };
        let kinds: Vec<String> = kinds.iter().map(|kind| kind.trim().to_lowercase()).collect();
        if get(facts, "retention_named") == Some(&FactValue::Bool(true)) {
            self.with_period.extend(kinds.iter().cloned());
        }
        self.covered.extend(kinds);
    }

    fn manifest(&mut self, facts: &Facts) {
        self.recipients.extend(text(facts, "recipient"));
        self.access_exports += u64::from(word(facts, "export_purpose").as_deref() == Some("access-request"));
        match get(facts, "allowed_categories") {
            Some(FactValue::Words(words)) => {
                self.allowed.extend(words.iter().map(|word| word.trim().to_lowercase()))
            }
            _ => self.manifests_without_categories += 1,
        }
    }

    fn newest(&mut self, to: &'static str, facts: &Facts, from: &str) {
        let at = seconds(facts, from);
        let newest = self.newest.entry(to).or_default();
        newest.at = newest.at.max(at);
        newest.unreadable |= at.is_none();
    }

    fn count(&self, kind: RecordKind) -> u64 {
        self.kinds.get(&kind).copied().unwrap_or(0)
    }
}

impl Trained {
    fn add(&mut self, other: Trained) {
        self.first = self.first.into_iter().chain(other.first).min();
        self.newest = self.newest.max(other.newest);
        self.unreadable |= other.unreadable;
    }
}

fn get<'f>(facts: &'f Facts, name: &str) -> Option<&'f FactValue> {
    facts.get(FactId::named(name)?)
}

fn seconds(facts: &Facts, name: &str) -> Option<i64> {
    match get(facts, name) {
        Some(FactValue::Stamp(stamp)) => Some(stamp.seconds),
        _ => None,
    }
}

fn word(facts: &Facts, name: &str) -> Option<String> {
    match get(facts, name) {
        Some(FactValue::Word(word)) => Some(word.to_string()),
        _ => None,
    }
}

fn text(facts: &Facts, name: &str) -> Option<Name> {
    match get(facts, name) {
        Some(FactValue::Text(text)) => named(text.expose()),
        _ => None,
    }
}

fn named(text: &str) -> Option<Name> {
    let plain = text.trim().to_lowercase();
    if plain.is_empty() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    plain.hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests;
