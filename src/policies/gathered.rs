//! What only all records together tell: counts, newest dates, and who is in one register and not in
//! another. Parts of a run are added up in any order.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::records::{FactId, FactValue, Facts, RecordKind, Stamp, Supplier};

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
/// After this many seconds a request must stand in the register.
const RECOGNISED_WITHIN: i64 = 3 * 86_400;

/// Kinds a record of processing is asked to cover, where they were met.
const COVERED: [RecordKind; 7] = [
    RecordKind::Ticket,
    RecordKind::Chat,
    RecordKind::Call,
    RecordKind::Survey,
    RecordKind::Person,
    RecordKind::Article,
    RecordKind::Attachment,
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
                    self.leavers.insert(name, seconds(facts, "left_at"));
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

    /// The facts of the run. `categories` are the names of those found, `gaps` what was not read.
    /// A register that was not supplied gives no fact: what it would say is not known. Where other
    /// registers were, one that is missing has no entries.
    pub fn facts(&self, categories: &[&str], gaps: u64, now: Stamp) -> Facts {
        let mut facts = Facts::default();
        let evidence: u64 = self.kinds.iter().filter(|(kind, _)| kind.is_evidence()).map(|(_, n)| n).sum();
        let helpdesk: u64 = self.kinds.values().sum::<u64>() - evidence;
        int(&mut facts, "records_read", helpdesk);
        int(&mut facts, "gaps", gaps);
        int(&mut facts, "manifests", self.count(RecordKind::ExportManifest));
        if evidence > 0 {
            int(&mut facts, "breaches", self.count(RecordKind::Breach));
            int(&mut facts, "processings", self.count(RecordKind::Processing));
            let unregistered = self.leaks.difference(&self.incidents).count();
            int(&mut facts, "incidents_unregistered", unregistered as u64);
            set(&mut facts, "document_kinds", FactValue::Words(self.documents.iter().cloned().collect()));
        }
        for (fact, newest) in &self.newest {
            if let Some(value) = newest.stamp() {
                set(&mut facts, fact, value);
            }
        }
        if self.count(RecordKind::ExportManifest) > 0 {
            int(&mut facts, "access_exports", self.access_exports);
        }
        self.forgotten(&mut facts);
        self.asked(&mut facts, now);
        self.people(&mut facts, now);
        self.companies(&mut facts);
        self.coverage(&mut facts, categories);
        facts
    }

    /// Erased and blocked records that are still there. Without an entry that names its record nothing can be
    /// said.
    fn forgotten(&self, facts: &mut Facts) {
        if self.erased.is_empty() || self.tickets.is_empty() {
            return;
        }
        let there: BTreeSet<Name> = self.tickets.iter().copied().collect();
        let present = || self.erased.iter().filter(|erased| there.contains(&erased.record));
        int(facts, "blocked_visible", present().filter(|erased| erased.blocked).count() as u64);
        int(facts, "erased_present", present().filter(|erased| erased.done).count() as u64);
        int(
            facts,
            "shredded_readable",
            present().filter(|erased| erased.done && erased.shredded).count() as u64,
        );
        if let Some(restored) = self.restored.at.filter(|_| !self.restored.unreadable) {
            let back = |erased: &&Erased| erased.done && erased.at.is_some_and(|at| at <= restored);
            int(facts, "erased_restored", present().filter(back).count() as u64);
        }
    }

    /// Requests of data subjects that are no entry of the register, and accounts of one address.
    fn asked(&self, facts: &mut Facts, now: Stamp) {
        if self.count(RecordKind::RightsRequest) > 0 {
            let late =
                |at: &Option<i64>| at.is_none_or(|at| at.saturating_add(RECOGNISED_WITHIN) <= now.seconds);
            let unknown = self
                .requests
                .iter()
                .filter(|(name, at)| late(at) && !self.requests_registered.contains(name));
            int(facts, "requests_unrecognised", unknown.count() as u64);
        }
        if !self.accounts.is_empty() {
            let mut accounts = self.accounts.clone();
            accounts.sort_unstable();
            accounts.dedup();
            let twice = accounts.chunk_by(|a, b| a.0 == b.0).filter(|of| of.len() > 1);
            int(facts, "duplicate_accounts", twice.count() as u64);
        }
    }

    fn people(&self, facts: &mut Facts, now: Stamp) {
        if self.agents.is_empty() {
            return;
        }
        int(facts, "agents", self.agents.len() as u64);
        int(facts, "admins", self.agents.iter().filter(|agent| agent.admin).count() as u64);
        let ordinary = || self.agents.iter().filter(|agent| !agent.admin);
        if ordinary().all(|agent| agent.all_tickets.is_some()) {
            let all = ordinary().filter(|agent| agent.all_tickets == Some(true)).count();
            int(facts, "agents_with_all_tickets", all as u64);
        }
        self.leaving(facts, now);
        self.trained(facts);
    }

    /// The day after the last one the account should be closed.
    fn leaving(&self, facts: &mut Facts, now: Stamp) {
        const DAY: i64 = 86_400;
        let entries: Vec<Option<i64>> = self
            .agents
            .iter()
            .filter_map(|agent| agent.names.iter().find_map(|name| self.leavers.get(name)).copied())
            .collect();
        if !self.leavers.is_empty() && entries.iter().all(Option::is_some) {
            let left = |at: &&i64| at.saturating_add(DAY) <= now.seconds;
            int(facts, "leavers_active", entries.iter().flatten().filter(left).count() as u64);
        }
    }

    fn trained(&self, facts: &mut Facts) {
        if self.trainings.is_empty() {
            return;
        }
        let of = |agent: &Agent| {
            agent.names.iter().filter_map(|name| self.trainings.get(name)).fold(None, |all, one| {
                let mut all: Trained = all.unwrap_or_default();
                all.add(*one);
                Some(all)
            })
        };
        let courses: Vec<(&Agent, Option<Trained>)> =
            self.agents.iter().map(|agent| (agent, of(agent))).collect();
        int(
            facts,
            "agents_untrained",
            courses.iter().filter(|(_, trained)| trained.is_none()).count() as u64,
        );
        let known: Vec<(&Agent, Trained)> =
            courses.iter().filter_map(|(agent, trained)| Some((*agent, (*trained)?))).collect();
        if known.is_empty() || known.iter().any(|(_, trained)| trained.unreadable) {
            return;
        }
        let stalest = known.iter().filter_map(|(_, trained)| trained.newest).min();
        if let Some(stamp) = stalest.and_then(Stamp::from_epoch) {
            set(facts, "stalest_training_at", FactValue::Stamp(stamp));
        }
        if known.iter().all(|(agent, _)| agent.created_at.is_some()) {
            let early = known.iter().filter(|(agent, trained)| agent.created_at < trained.first).count();
            int(facts, "agents_before_training", early as u64);
        }
    }

    fn companies(&self, facts: &mut Facts) {
        if self.offsite.yes || self.sites.len() > 1 {
            set(facts, "backups_offsite", FactValue::Bool(true));
        } else if self.offsite.known == self.count(RecordKind::Backup) && self.offsite.known > 0 {
            set(facts, "backups_offsite", FactValue::Bool(false));
        }
        if self.processors.is_empty() {
            return;
        }
        let unknown = |names: &BTreeSet<Name>| names.difference(&self.processors).count() as u64;
        if !self.vendors.is_empty() {
            int(facts, "vendors_undeclared", unknown(&self.vendors));
        }
        if !self.recipients.is_empty() {
            int(facts, "recipients_undeclared", unknown(&self.recipients));
        }
    }

    fn coverage(&self, facts: &mut Facts, categories: &[&str]) {
        if self.count(RecordKind::Processing) > 0 {
            let without = |covered: &BTreeSet<String>| {
                let met = COVERED.iter().filter(|kind| self.count(**kind) > 0);
                met.filter(|kind| !covered.contains(kind.name())).count() as u64
            };
            int(facts, "kinds_unregistered", without(&self.covered));
            int(facts, "kinds_without_period", without(&self.with_period));
        }
        if self.count(RecordKind::ExportManifest) > 0 && self.manifests_without_categories == 0 {
            let untreated = categories.iter().filter(|category| !self.allowed.contains(**category)).count();
            int(facts, "categories_untreated", untreated as u64);
        }
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

fn int(facts: &mut Facts, name: &str, value: u64) {
    set(facts, name, FactValue::Int(i64::try_from(value).unwrap_or(i64::MAX)));
}

fn set(facts: &mut Facts, name: &str, value: FactValue) {
    if let Some(fact) = FactId::named(name) {
        facts.set(fact, value, Supplier::Join);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Text;

    fn facts(pairs: &[(&str, FactValue)]) -> Facts {
        let mut facts = Facts::default();
        for (name, value) in pairs {
            set(&mut facts, name, value.clone());
        }
        facts
    }

    fn words(text: &str) -> FactValue {
        FactValue::Word(text.into())
    }

    fn day(text: &str) -> FactValue {
        FactValue::Stamp(Stamp::parse(text).unwrap())
    }

    fn agent(mail: &str, role: &str) -> Facts {
        facts(&[("role", words(role)), ("mail", FactValue::Text(Text::new(mail)))])
    }

    fn number(facts: &Facts, name: &str) -> Option<i64> {
        match get(facts, name) {
            Some(FactValue::Int(value)) => Some(*value),
            _ => None,
        }
    }

    fn now() -> Stamp {
        Stamp::parse("2026-11-22").unwrap()
    }

    #[test]
    fn agents_are_held_against_the_training_register_by_address_or_id_in_any_order() {
        let trained = |person: &str, day: FactValue| {
            facts(&[("person", FactValue::Text(Text::new(person))), ("completed_at", day)])
        };
        let mut first = Gathered::default();
        first.record(RecordKind::Training, None, &trained(" ANA@example.org", day("2026-01-01")));
        first.record(RecordKind::Training, None, &trained("ana@example.org", day("2024-01-01")));
        let mut second = Gathered::default();
        second.record(RecordKind::Person, Some("1"), &agent("ana@example.org", "agent"));
        second.record(RecordKind::Person, Some("7"), &agent("bea@example.org", "admin"));
        second.record(RecordKind::Person, Some("8"), &agent("carla@example.org", "end-user"));
        second.record(RecordKind::Training, None, &trained("9", day("2020-01-01")));
        second.add(first);
        let facts = second.facts(&[], 0, now());
        assert_eq!((number(&facts, "agents"), number(&facts, "agents_untrained")), (Some(2), Some(1)));
        assert!(
            get(&facts, "stalest_training_at")
                == Some(&FactValue::Stamp(Stamp::from_epoch(1_767_225_600).unwrap()))
        );
        second.record(RecordKind::Training, None, &trained("7", words("unknown")));
        let facts = second.facts(&[], 0, now());
        assert_eq!(number(&facts, "agents_untrained"), Some(0));
        assert!(get(&facts, "stalest_training_at").is_none(), "a date nobody can read may be the newest");
    }

    #[test]
    fn a_leaver_counts_from_the_day_after_the_last_one() {
        let leaver = |left: FactValue| {
            facts(&[("person", FactValue::Text(Text::new("ana@example.org"))), ("left_at", left)])
        };
        for (left, wanted) in
            [(day("2026-11-21"), Some(1)), (day("2026-11-22"), Some(0)), (words("unknown"), None)]
        {
            let mut gathered = Gathered::default();
            gathered.record(RecordKind::Person, None, &agent("ana@example.org", "agent"));
            gathered.record(RecordKind::Leaver, None, &leaver(left));
            assert_eq!(number(&gathered.facts(&[], 0, now()), "leavers_active"), wanted);
        }
    }

    #[test]
    fn nothing_is_said_of_registers_nobody_supplied() {
        let mut gathered = Gathered::default();
        gathered.record(RecordKind::Ticket, Some("1"), &Facts::default());
        let facts = gathered.facts(&["email-address"], 2, now());
        let names: Vec<&str> = facts.iter().map(|(fact, ..)| fact.card().name).collect();
        assert_eq!(names, ["records_read", "gaps", "manifests"]);
        gathered.record(RecordKind::Processor, None, &Facts::default());
        assert_eq!(number(&gathered.facts(&[], 0, now()), "breaches"), Some(0));
    }

    #[test]
    fn the_manifest_somebody_names_is_the_one_that_counts() {
        let manifest =
            |category: &str| facts(&[("allowed_categories", FactValue::Words(vec![category.into()]))]);
        let mut gathered = Gathered::default();
        gathered.record(RecordKind::ExportManifest, None, &manifest("iban"));
        gathered.record(RecordKind::ExportManifest, None, &Facts::default());
        gathered.declare(&manifest("email-address"));
        let facts = gathered.facts(&["iban", "email-address"], 0, now());
        assert_eq!(number(&facts, "categories_untreated"), Some(1));
        assert_eq!(gathered.manifests(), 3);
    }

    #[test]
    fn a_manifest_without_categories_allows_nothing_and_tells_nothing() {
        let manifest = |pairs: &[(&str, FactValue)]| {
            let mut gathered = Gathered::default();
            gathered.record(RecordKind::ExportManifest, None, &facts(pairs));
            number(&gathered.facts(&["iban", "email-address"], 0, now()), "categories_untreated")
        };
        let allowed = FactValue::Words(vec!["Email-Address".into()]);
        assert_eq!(manifest(&[("allowed_categories", allowed)]), Some(1));
        assert_eq!(manifest(&[]), None);
    }
}
