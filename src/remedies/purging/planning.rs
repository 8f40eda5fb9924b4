//! From what the schedule says to a plan, or to the reason why there is none.

use std::path::Path;

use compact_str::CompactString;

use super::approvers::Approvers;
use super::plan::{Plan, PlannedPart, PlannedRecord};
use crate::audit::{
    Audit, Context, ErasureSubject, Expiry, ListedRecord, Reason, RecordPart, Roots, Ruling, Unit,
};
use crate::problem::Problem;
use crate::records::{RecordKind, Stamp};
use crate::vault::{Key, Purpose, Subkey};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What may be planned without its number being said.
#[derive(Clone, Copy, Default)]
pub struct Limits {
    /// The number the user said with `--accept-large`.
    pub accepted: Option<u64>,
    /// Records of the last plan for this archive.
    pub last: Option<u64>,
    /// Whether files that cannot be read whole are taken as they are.
    pub allow_unread: bool,
    /// Whether records are planned that are blocked for years, instead of those that are destroyed.
    pub blocks: bool,
}

/// Makes plans of one archive.
pub struct Planning<'a> {
    /// Reads and judges.
    pub audit: &'a Audit<'a>,
    /// The folder or file.
    pub root: &'a Path,
    /// The project's key.
    pub key: &'a Key,
    /// Who may approve.
    pub approvers: &'a Approvers,
    /// Countries whose law is applied.
    pub jurisdictions: &'a [String],
    /// Whose records go, where it is one person's erasure and no purge by periods.
    pub subject: Option<&'a ErasureSubject>,
}

impl Planning<'_> {
    /// The archive under a name that tells nothing.
    pub fn archive(&self) -> String {
        archive_name(self.key, self.root)
    }

    /// What must be right before anything is read.
    ///
    /// # Errors
    /// A [`Problem`] that says what to write.
    pub fn check(&self, now: Stamp) -> Result<(), Problem> {
        match self.audit.policies.rules.schedule() {
            None => {
                let advice = "write one, start from `olvido retention propose`, and name it as `schedule:` in olvido.yaml";
                return Err(Problem::new("purge-no-schedule", "there is no retention schedule", advice));
            }
            Some(schedule) if !schedule.is_adopted() => {
                let what = "nobody has adopted the retention schedule: its periods are proposals";
                let advice = "write `approved_by:` and `approved_on:` into it, by whoever decides";
                return Err(Problem::new("purge-not-adopted", what, advice));
            }
            Some(_) => {}
        }
        if self.jurisdictions.is_empty() {
            let what = "no country is declared for this source, so nobody knows which minima and terms hold";
            let advice = "write `jurisdictions: [es]` into olvido.yaml, or --jurisdiction es";
            return Err(Problem::new("purge-no-jurisdiction", what, advice));
        }
        if day_of(self.audit.now.seconds) > day_of(now.seconds) {
            let what = "--as-of lies behind today: nobody knows yet what will be held then";
            return Err(Problem::new(
                "purge-as-of-future",
                what,
                "leave it out, or name a day that has been",
            ));
        }
        Ok(())
    }

    /// What the schedule says now. What the survey learned goes with it: nothing behind needs it.
    ///
    /// # Errors
    /// A [`Problem`] where a hold covers nothing, or files were not read whole.
    pub fn expiry(&self, context: Context, allow_unread: bool) -> Result<Expiry, Problem> {
        let digests = self.key.subkey(Purpose::Plan);
        let roots = Roots::new(vec![self.root.to_path_buf()]);
        let expiry = match self.subject {
            Some(subject) => self.audit.erasure(&roots, &context, subject, &digests)?,
            None => self.audit.expiry(&roots, &context, &digests)?,
        };
        drop(context);
        if self.audit.control.is_interrupted() {
            // What was read so far says nothing of the rest.
            return Err(Problem::new("interrupted", "the run was interrupted", "nothing was changed"));
        }
        let holds = &self.audit.exceptions.holds;
        for (at, count) in expiry.holds.iter().enumerate() {
            let Some(hold) = holds.get(at).filter(|hold| hold.holds(self.audit.now.seconds)) else {
                continue;
            };
            if *count == 0 {
                let what = format!("the hold {} covers nothing in this archive", hold.id);
                let advice = "look whether it names the right people, tickets or tags and was made with this key; \
                              end it with `until:` where it is over";
                return Err(Problem::new("purge-hold-matches-nothing", what, advice));
            }
        }
        if expiry.unread > 0 && !allow_unread {
            let what = format!(
                "{} files of the archive were not read whole: a last contact in them would be missed",
                expiry.unread
            );
            let advice = "scan it to see which; with --allow-unread they are taken as they are";
            return Err(Problem::new("purge-unread", what, advice));
        }
        Ok(expiry)
    }

    /// A plan.
    ///
    /// # Errors
    /// A [`Problem`] that says what to write.
    pub fn plan(
        &self,
        context: Context,
        by: &str,
        limits: Limits,
        ground: Option<&str>,
        now: Stamp,
    ) -> Result<Plan, Problem> {
        self.check(now)?;
        let mut expiry = self.expiry(context, limits.allow_unread)?;
        let units = expiry.take_units();
        let as_of = self.audit.now;
        let wait =
            i64::try_from(self.approvers.cooling_off_days).unwrap_or(i64::MAX / DAY).saturating_mul(DAY);
        let mut plan = Plan::head(
            self.root.to_string_lossy().into_owned(),
            self.archive(),
            by.trim().to_owned(),
            self.key.id().to_owned(),
            self.jurisdictions.to_vec(),
            now.to_rfc3339(),
            as_of.to_rfc3339(),
            instant(now.seconds.saturating_add(wait)),
        );
        plan.blocks = limits.blocks;
        plan.ground = ground.map(|ground| ground.trim().to_owned());
        plan.subject = self.subject.map(ErasureSubject::identifiers).unwrap_or_default();
        plan.suppressed = expiry.identifiers;
        plan.review = expiry.review;
        plan.preview = day_of(as_of.seconds) != day_of(now.seconds);
        plan.approvals = self.approvers.needed;
        plan.approvers = self.approvers.digest.clone();
        plan.single_approver = self.approvers.single.clone();
        plan.total = expiry.records;
        plan.inside = expiry.inside;
        plan.excluded = expiry.excluded;
        plan.unclaimed = expiry.unclaimed;
        plan.unknown = expiry.unknown;
        plan.states = expiry.states.iter().map(|(state, count)| ((*state).to_owned(), *count)).collect();
        plan.unclassified = expiry.unclassified;
        plan.undecidable = expiry.undecidable;
        plan.near = expiry.near;
        // Each gives its room to its packed row: no two lists of everything that goes are held.
        let holds = self.holds_in_force();
        for unit in units {
            match unit.kept {
                Some(reason) => plan.staying.push(ListedRecord {
                    date: unit.since().map(|since| since.to_rfc3339().into()),
                    why: why_kept(reason, unit.hold.as_deref()).into(),
                    id: unit.id,
                    kind: unit.kind.name().into(),
                }),
                None if unit.block().is_some() != limits.blocks => plan.other_consequence += 1,
                None => plan.records.push(&self.record(&unit, ground, holds)),
            }
        }
        self.is_not_large(&plan, limits)?;
        Ok(plan)
    }

    /// A plan that is larger than expected needs its exact number.
    fn is_not_large(&self, plan: &Plan, limits: Limits) -> Result<(), Problem> {
        let count = plan.records.len() as u64;
        if let Some(said) = limits.accepted.filter(|said| *said != count) {
            let what = format!("{count} records would go, and --accept-large says {said}");
            return Err(Problem::new(
                "purge-accept-differs",
                what,
                "look at the archive again before you say so",
            ));
        }
        let most = plan.total.saturating_mul(self.approvers.max_share_percent) / 100;
        let over_share = count > most;
        let over_last = limits.last.is_some_and(|last| count > last.saturating_mul(3));
        if limits.accepted.is_some() || !(over_share || over_last) {
            return Ok(());
        }
        let than = match over_share {
            true => format!("more than {} % of its {}", self.approvers.max_share_percent, plan.total),
            false => format!("more than three times the {} of the last plan", limits.last.unwrap_or(0)),
        };
        let what = format!("{count} records of the archive would go, {than}");
        let advice = format!("if that is right, say so: --accept-large {count}");
        Err(Problem::new("purge-large", what, advice))
    }

    fn holds_in_force(&self) -> u64 {
        let holds = &self.audit.exceptions.holds;
        let all = (0..holds.len()).filter_map(|at| holds.get(at));
        all.filter(|hold| hold.holds(self.audit.now.seconds)).count() as u64
    }

    fn record(&self, unit: &Unit, ground: Option<&str>, holds_checked: u64) -> PlannedRecord {
        let count = |kind: RecordKind| unit.parts.iter().filter(|part| part.kind == kind).count() as u64;
        let parts: Vec<PlannedPart> = unit.parts.iter().map(part).collect();
        let stamp = |stamp: Stamp| CompactString::from(stamp.to_rfc3339());
        let Ruling { system, kinds, clock, period, source, block } = &*unit.ruling;
        PlannedRecord {
            attachments: count(RecordKind::Attachment) + count(RecordKind::File),
            block: block.clone(),
            clock: (*clock).into(),
            clock_at: unit.clock_at().map(stamp),
            comments: count(RecordKind::Comment),
            digest: unit_digest(&self.key.subkey(Purpose::Plan), unit),
            holds_checked,
            id: unit.id.clone(),
            kind: unit.kind.name().into(),
            kinds: kinds.iter().map(CompactString::from).collect(),
            minimum_ended: unit.minimum().map(stamp),
            parts,
            period: period.into(),
            reference: unit.reference.to_string().into(),
            since: unit.since().map(stamp).unwrap_or_default(),
            source: ground.unwrap_or(source).into(),
            system: (**system).into(),
        }
    }
}

/// A digest over all parts of a record, wherever they lie: files may be cut anew, and grow.
pub(super) fn unit_digest(digests: &Subkey, unit: &Unit) -> String {
    let mut parts: Vec<&RecordPart> = unit.parts.iter().collect();
    parts.sort_by_key(|part| part.digest);
    let bytes: Vec<&[u8]> = parts.iter().map(|part| &part.digest.0[..]).collect();
    digests.mac(&bytes).to_string()
}

/// The archive under a name that tells nothing.
pub(super) fn archive_name(key: &Key, root: &Path) -> String {
    let whole = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    key.subkey(Purpose::Plan).mac(&[b"archive", whole.as_os_str().as_encoded_bytes()]).short_hex(16)
}

fn part(part: &RecordPart) -> PlannedPart {
    PlannedPart {
        digest: part.digest.to_string(),
        end: part.extent.end,
        item: part.file.item,
        kind: part.kind.name().into(),
        ordinal: part.ordinal.map(|ordinal| format!("#{}.{}", ordinal.top, ordinal.sub).into()),
        start: part.extent.start,
    }
}

/// Why a record past its period stays.
pub(super) fn why_kept(reason: Reason, hold: Option<&str>) -> String {
    hold.map_or_else(|| reason.name().to_owned(), |hold| format!("held by {hold}"))
}

/// Days since 1970, in UTC.
pub(super) fn day_of(seconds: i64) -> i64 {
    seconds.div_euclid(DAY)
}

/// An instant in words.
pub(super) fn instant(seconds: i64) -> String {
    Stamp::from_epoch(seconds).map_or_else(|| "9999-12-31T23:59:59Z".to_owned(), Stamp::to_rfc3339)
}
