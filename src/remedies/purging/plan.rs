//! The plan: which records go, why, and what each is bound to. A file to check and approve; no personal data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audit::Identifier;
use crate::problem::Problem;
use crate::vault::{Digest, canonical};

const SCHEMA: &str = "olvido/purge-plan/v1";

/// One run of bytes, or one file, that goes with a record.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedPart {
    /// Keyed digest of the bytes.
    pub digest: String,
    /// One past its last byte.
    pub end: u64,
    /// The item's number in the walk; `olvido where` gives its path.
    pub item: u32,
    /// What it is; `file` for a file that goes whole.
    pub kind: String,
    /// Position in the item, `#12.0`; none for a file that goes whole.
    pub ordinal: Option<String>,
    /// Its first byte.
    pub start: u64,
}

/// One record with what goes with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRecord {
    /// Attachments that go with it, as records and as files.
    pub attachments: u64,
    /// For how long it is blocked, ISO 8601; none where it is destroyed after the window.
    pub block: Option<String>,
    /// Which date the period runs from.
    pub clock: String,
    /// That date.
    pub clock_at: Option<String>,
    /// Comments that go with it and lie elsewhere.
    pub comments: u64,
    /// Digest over all parts: what the approval is bound to.
    pub digest: String,
    /// Holds in force that were checked.
    pub holds_checked: u64,
    /// Its id, data masked.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// Kinds of data of the schedule.
    pub kinds: Vec<String>,
    /// When the longest legal minimum ended; none where no law names one.
    pub minimum_ended: Option<String>,
    /// Everything that goes.
    pub parts: Vec<PlannedPart>,
    /// The period, ISO 8601.
    pub period: String,
    /// Keyed reference of the record.
    pub reference: String,
    /// When the period ended.
    pub since: String,
    /// Who says so.
    pub source: String,
    /// The helpdesk.
    pub system: String,
}

/// A record that is told and stays.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staying {
    /// A date: the oldest known, or the end of the period.
    pub date: Option<String>,
    /// Its id, data masked.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// Why it stays.
    pub why: String,
}

/// What goes from one archive.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Keyed name of the archive.
    pub archive: String,
    /// How many approvals it needs.
    pub approvals: u64,
    /// Digest of the approvers' file.
    pub approvers: String,
    /// The day it is for.
    pub as_of: String,
    /// Who made it, and may not approve it.
    pub by: String,
    /// Whether its records are blocked for years instead of destroyed.
    pub blocks: bool,
    /// What `ignore:` leaves out of the archive: nobody looked whether it goes with a record.
    pub excluded: u64,
    /// Of an erasure: why it is asked, and that nothing but the request is its clock; none of a purge by periods.
    pub ground: Option<String>,
    /// Records inside others or in containers: they are never planned by themselves.
    pub inside: u64,
    /// Countries whose law was applied.
    pub jurisdictions: Vec<String>,
    /// Public name of the key of digests and references.
    pub key: String,
    /// When it was made.
    pub made: String,
    /// Records past their period near the edge that stay: those nearest to their end.
    pub near: Vec<Staying>,
    /// The first moment it may be carried out.
    pub not_before: String,
    /// Records past their period whose consequence is the other one: they need a plan of their own.
    pub other_consequence: u64,
    /// Whether it is for another day than the one it was made on: apply refuses it.
    pub preview: bool,
    /// Records that go.
    pub records: Vec<PlannedRecord>,
    /// The archive, as it was named.
    pub root: String,
    /// Of an erasure: what names the person, or may, and stays: somebody has to look at it.
    pub review: Vec<Staying>,
    schema: String,
    /// Why one approver is enough.
    pub single_approver: Option<String>,
    /// Records the schedule has a say in, by state.
    pub states: BTreeMap<String, u64>,
    /// Past their period, and staying all the same.
    pub staying: Vec<Staying>,
    /// Records the schedule has a say in.
    pub total: u64,
    /// Files in folders for attachments whose number two records have: they stay.
    pub unclaimed: u64,
    /// Of an erasure: what the person was asked for by, keyed.
    pub subject: Vec<Identifier>,
    /// Of an erasure: everything they are known by, keyed. It is looked for after they are gone.
    pub suppressed: Vec<Identifier>,
    /// Whose dates or status do not tell, oldest first.
    pub undecidable: Vec<Staying>,
    /// Of no kind of the schedule, oldest first.
    pub unclassified: Vec<Staying>,
    /// The version that made it.
    pub version: String,
}

impl Plan {
    /// The schema and version of plans made now.
    pub(super) fn marks() -> (String, String) {
        (SCHEMA.to_owned(), env!("CARGO_PKG_VERSION").to_owned())
    }

    #[expect(clippy::too_many_arguments, reason = "only the planner makes one, from its own parts")]
    pub(super) fn head(
        root: String,
        archive: String,
        by: String,
        key: String,
        jurisdictions: Vec<String>,
        made: String,
        as_of: String,
        not_before: String,
    ) -> Plan {
        let (schema, version) = Self::marks();
        Plan {
            archive,
            approvals: 0,
            approvers: String::new(),
            as_of,
            by,
            blocks: false,
            excluded: 0,
            ground: None,
            inside: 0,
            jurisdictions,
            key,
            made,
            near: Vec::new(),
            not_before,
            other_consequence: 0,
            preview: false,
            records: Vec::new(),
            review: Vec::new(),
            root,
            schema,
            single_approver: None,
            states: BTreeMap::new(),
            staying: Vec::new(),
            subject: Vec::new(),
            suppressed: Vec::new(),
            total: 0,
            unclaimed: 0,
            undecidable: Vec::new(),
            unclassified: Vec::new(),
            version,
        }
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// `purge-plan-malformed` for what is none of this version.
    pub fn read(bytes: &[u8]) -> Result<Plan, Problem> {
        let wrong = |what: &str| {
            Problem::new("purge-plan-malformed", what, "name a file that `olvido purge plan -o` wrote")
        };
        let plan: Plan = serde_json::from_slice(bytes).map_err(|_| wrong("this is no plan of a purge"))?;
        if (plan.schema.clone(), plan.version.clone()) != Self::marks() {
            return Err(wrong("the plan was made by another version of olvido; make it again"));
        }
        Ok(plan)
    }

    /// As a file, in canonical form.
    ///
    /// # Errors
    /// `not-canonical`, which cannot happen.
    pub fn to_file(&self) -> Result<String, Problem> {
        Ok(canonical(&serde_json::to_value(self).unwrap_or(Value::Null))? + "\n")
    }

    /// The digest of the file: what approvals and the ledger bind.
    ///
    /// # Errors
    /// `not-canonical`, which cannot happen.
    pub fn digest(&self) -> Result<Digest, Problem> {
        Ok(Digest::of(self.to_file()?.as_bytes()))
    }

    /// Its short name: the first sixteen digits of its digest.
    ///
    /// # Errors
    /// `not-canonical`, which cannot happen.
    pub fn id(&self) -> Result<String, Problem> {
        Ok(self.digest()?.short_hex(8))
    }

    /// What an approver signs.
    ///
    /// # Errors
    /// `not-canonical`, which cannot happen.
    pub(super) fn signed_bytes(&self, name: &str, at: &str) -> Result<String, Problem> {
        Ok(format!("olvido/purge-approval/v1\n{}\n{name}\n{at}\n", self.digest()?))
    }
}
