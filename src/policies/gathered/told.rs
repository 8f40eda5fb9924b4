//! What was gathered, as facts of the run.

use std::collections::BTreeSet;

use crate::records::{FactId, FactValue, Facts, RecordKind, Stamp, Supplier};

use super::{Agent, Erased, Gathered, Name, Trained};

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

impl Gathered {
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
            match newest.stamp() {
                Some(value) => set(&mut facts, fact, value),
                None => unreadable(&mut facts, fact),
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
        } else if self.restored.unreadable {
            unreadable(facts, "erased_restored");
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
        } else if !self.leavers.is_empty() {
            unreadable(facts, "leavers_active");
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
        if known.iter().any(|(_, trained)| trained.unreadable) {
            unreadable(facts, "stalest_training_at");
            unreadable(facts, "agents_before_training");
            return;
        }
        if known.is_empty() {
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
            int(facts, "assessments", self.assessments);
            int(facts, "kinds_unregistered", without(&self.covered));
            int(facts, "kinds_without_period", without(&self.with_period));
        }
        if self.count(RecordKind::ExportManifest) > 0 && self.manifests_without_categories == 0 {
            let untreated = categories.iter().filter(|category| !self.allowed.contains(**category)).count();
            int(facts, "categories_untreated", untreated as u64);
        }
    }
}

/// Something was supplied and cannot be read: a value of a type the fact does not have.
fn unreadable(facts: &mut Facts, name: &str) {
    set(facts, name, FactValue::Word("unreadable".into()));
}

fn int(facts: &mut Facts, name: &str, value: u64) {
    set(facts, name, FactValue::Int(i64::try_from(value).unwrap_or(i64::MAX)));
}

pub(super) fn set(facts: &mut Facts, name: &str, value: FactValue) {
    if let Some(fact) = FactId::named(name) {
        facts.set(fact, value, Supplier::Join);
    }
}
