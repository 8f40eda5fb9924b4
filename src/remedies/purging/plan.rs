//! The plan: which records go, why, and what each is bound to. A file to check and approve; no personal data.

use std::collections::BTreeMap;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::records::Records;
use crate::audit::{Identifier, ListedRecord};
use crate::disk::{Disk, DiskFile, replace_with};
use crate::problem::Problem;
use crate::vault::{Digest, Sha256};

const SCHEMA: &str = "olvido/purge-plan/v1";

/// One run of bytes, or one file, that goes with a record.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(Debug))]
pub struct PlannedPart {
    /// Keyed digest of the bytes.
    pub digest: String,
    /// One past its last byte.
    pub end: u64,
    /// The item's number in the walk; `olvido where` gives its path.
    pub item: u32,
    /// What it is; `file` for a file that goes whole.
    pub kind: CompactString,
    /// Position in the item, `#12.0`; none for a file that goes whole.
    pub ordinal: Option<CompactString>,
    /// Its first byte.
    pub start: u64,
}

/// One record with what goes with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(Debug))]
pub struct PlannedRecord {
    /// Attachments that go with it, as records and as files.
    pub attachments: u64,
    /// For how long it is blocked, ISO 8601; none where it is destroyed after the window.
    pub block: Option<String>,
    /// Which date the period runs from.
    pub clock: CompactString,
    /// That date.
    pub clock_at: Option<CompactString>,
    /// Comments that go with it and lie elsewhere.
    pub comments: u64,
    /// Digest over all parts: what the approval is bound to.
    pub digest: String,
    /// Holds in force that were checked.
    pub holds_checked: u64,
    /// Its id, data masked.
    pub id: CompactString,
    /// What it is.
    pub kind: CompactString,
    /// Kinds of data of the schedule.
    pub kinds: Vec<CompactString>,
    /// When the longest legal minimum ended; none where no law names one.
    pub minimum_ended: Option<CompactString>,
    /// Everything that goes.
    pub parts: Vec<PlannedPart>,
    /// The period, ISO 8601.
    pub period: CompactString,
    /// Keyed reference of the record.
    pub reference: CompactString,
    /// When the period ended.
    pub since: CompactString,
    /// Who says so.
    pub source: CompactString,
    /// The helpdesk.
    pub system: CompactString,
}

/// What goes from one archive.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How many approvals it needs.
    pub approvals: u64,
    /// Digest of the approvers' file.
    pub approvers: String,
    /// Keyed name of the archive.
    pub archive: String,
    /// The day it is for.
    pub as_of: String,
    /// Whether its records are blocked for years instead of destroyed.
    pub blocks: bool,
    /// Who made it, and may not approve it.
    pub by: String,
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
    pub near: Vec<ListedRecord>,
    /// The first moment it may be carried out.
    pub not_before: String,
    /// Records past their period whose consequence is the other one: they need a plan of their own.
    pub other_consequence: u64,
    /// Whether it is for another day than the one it was made on: apply refuses it.
    pub preview: bool,
    /// Records that go.
    pub records: Records,
    /// Of an erasure: what names the person, or may, and stays: somebody has to look at it.
    pub review: Vec<ListedRecord>,
    /// The archive, as it was named.
    pub root: String,
    schema: String,
    /// Why one approver is enough.
    pub single_approver: Option<String>,
    /// Records the schedule has a say in, by state.
    pub states: BTreeMap<String, u64>,
    /// Past their period, and staying all the same.
    pub staying: Vec<ListedRecord>,
    /// Of an erasure: what the person was asked for by, keyed.
    pub subject: Vec<Identifier>,
    /// Of an erasure: everything they are known by, keyed. It is looked for after they are gone.
    pub suppressed: Vec<Identifier>,
    /// Records the schedule has a say in.
    pub total: u64,
    /// Files in folders for attachments whose number two records have: they stay.
    pub unclaimed: u64,
    /// Of no kind of the schedule, oldest first.
    pub unclassified: Vec<ListedRecord>,
    /// Whose dates or status do not tell, oldest first.
    pub undecidable: Vec<ListedRecord>,
    /// Rows, lines and elements that no mapping knows: they stay.
    pub unknown: u64,
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
            records: Records::default(),
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
            unknown: 0,
            version,
        }
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// `purge-plan-malformed` for what is none of this version.
    pub fn read(from: impl Read) -> Result<Plan, Problem> {
        let wrong = |what: &str| {
            Problem::new("purge-plan-malformed", what, "name a file that `olvido purge plan -o` wrote")
        };
        let from = BufReader::with_capacity(1 << 16, from);
        let plan: Plan = serde_json::from_reader(from).map_err(|_| wrong("this is no plan of a purge"))?;
        if (plan.schema.clone(), plan.version.clone()) != Self::marks() {
            return Err(wrong("the plan was made by another version of olvido; make it again"));
        }
        Ok(plan)
    }

    /// Writes it to its file, in canonical form: its members stand in the order RFC 8785 asks for, so that
    /// neither writing nor digesting holds a copy of it.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn keep(&self, disk: &dyn Disk, path: &Path) -> io::Result<()> {
        keep(disk, path, self).map(drop)
    }

    /// The digest of the file: what approvals and the ledger bind.
    ///
    /// # Errors
    /// `not-canonical`, which cannot happen.
    pub fn digest(&self) -> Result<Digest, Problem> {
        let mut sum = Summing { sum: Sha256::new(), to: None };
        write(self, &mut sum).map_err(|_| {
            Problem::new("not-canonical", "the plan cannot be written", "report this; nothing was changed")
        })?;
        Ok(sum.sum.finish())
    }

    /// Its short name: the first sixteen digits of its digest.
    ///
    /// # Errors
    /// `not-canonical`, which cannot happen.
    pub fn id(&self) -> Result<String, Problem> {
        Ok(id_of(&self.digest()?))
    }
}

/// The short name of the plan with this digest.
pub(super) fn id_of(digest: &Digest) -> String {
    digest.short_hex(8)
}

/// What an approver of the plan with this digest signs.
pub(super) fn signed_bytes(digest: &Digest, name: &str, at: &str) -> String {
    format!("olvido/purge-approval/v1\n{digest}\n{name}\n{at}\n")
}

/// Writes a file of JSON, a line, and gives its digest. Members of `value` must stand in the order of RFC 8785.
pub(super) fn keep(disk: &dyn Disk, path: &Path, value: &impl Serialize) -> io::Result<Digest> {
    let mut digest = None;
    replace_with(disk, path, &mut |file| {
        let mut sum = Summing { sum: Sha256::new(), to: Some(file) };
        write(value, &mut sum)?;
        digest = Some(sum.sum.finish());
        Ok(())
    })?;
    digest.ok_or_else(|| io::ErrorKind::WriteZero.into())
}

fn write(value: &impl Serialize, sum: &mut Summing<'_>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, sum);
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Digests what is written, and hands it on.
struct Summing<'f> {
    sum: Sha256,
    to: Option<&'f mut dyn DiskFile>,
}

impl Write for Summing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sum.update(bytes);
        match &mut self.to {
            Some(file) => file.append(bytes).map(|()| bytes.len()),
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::model::ModelDisk;
    use crate::vault::canonical;

    #[test]
    fn members_stand_in_the_order_of_rfc_8785() {
        let text = |text: &str| text.to_owned();
        let mut plan = Plan::head(
            text("/srv/\"archive\"\u{1}\u{7f}é\t"),
            text("a"),
            text("ana\n"),
            text("k"),
            vec![text("es")],
            text("m"),
            text("o"),
            text("n"),
        );
        let row = |id: &str| ListedRecord {
            date: Some("d".into()),
            id: id.into(),
            kind: "ticket".into(),
            why: "w".into(),
        };
        plan.staying.push(row("\u{1f600}\\"));
        plan.near.push(row(""));
        plan.states.extend([(text("expired"), 3), (text("active"), 4)]);
        let who = || Identifier { category: text("email-address"), reference: text("r") };
        (plan.subject, plan.suppressed) = (vec![who()], vec![who()]);
        let part = PlannedPart {
            digest: text("d"),
            end: 12,
            item: 1,
            kind: "ticket".into(),
            ordinal: Some("#1.0".into()),
            start: 4,
        };
        plan.records.push(&PlannedRecord {
            attachments: 1,
            block: Some(text("P3Y")),
            clock: "closed".into(),
            clock_at: Some("2020".into()),
            comments: 2,
            digest: text("d"),
            holds_checked: 1,
            id: "\u{8}\u{c}\r/".into(),
            kind: "ticket".into(),
            kinds: vec!["request".into()],
            minimum_ended: None,
            parts: vec![part],
            period: "P3Y".into(),
            reference: "r".into(),
            since: "s".into(),
            source: "decision 7".into(),
            system: "zendesk".into(),
        });
        let disk = ModelDisk::with_files(Default::default());
        plan.keep(&disk, Path::new("/plan")).unwrap();
        let written = disk.read(Path::new("/plan")).unwrap();
        let wanted = canonical(&serde_json::to_value(&plan).unwrap()).ok().unwrap() + "\n";
        assert_eq!(String::from_utf8(written).unwrap(), wanted);
        assert!(plan.digest().ok().unwrap() == Digest::of(wanted.as_bytes()));
        assert!(Plan::read(wanted.as_bytes()).ok().unwrap() == plan);
    }
}
