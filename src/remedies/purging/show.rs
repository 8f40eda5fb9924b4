//! A plan for people who have to decide on it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::plan::{Plan, PlannedRecord};
use crate::audit::{Expiry, ListedRecord, UnitReference};
use crate::problem::Problem;

/// How many records stand in each list.
const SAMPLE: usize = 20;
/// How many records that stay stand in each list; the plan's file has them all.
const LISTED: usize = 50;

/// The plan in words. Names and ids with data in them are masked.
///
/// # Errors
/// `not-canonical`, which cannot happen.
pub fn show(plan: &Plan) -> Result<String, Problem> {
    let mut out = String::new();
    let count = plan.records.len();
    let what = if plan.blocks { "blocked" } else { "destroyed" };
    let _ = writeln!(
        out,
        "plan {}: {count} of {} records go, and are {what} after the window",
        plan.id()?,
        plan.total
    );
    let _ = writeln!(
        out,
        "made {} by {}, for {}; not before {}",
        plan.made, plan.by, plan.as_of, plan.not_before
    );
    if plan.preview {
        let _ = writeln!(
            out,
            "PREVIEW: it is for another day than the one it was made on, and cannot be applied"
        );
    }
    if let Some(reason) = &plan.single_approver {
        let _ = writeln!(out, "ONE APPROVER IS ENOUGH: {}", one_line(reason));
    }
    if let Some(ground) = &plan.ground {
        let _ = writeln!(
            out,
            "ERASURE of one person, {}: asked for by {} identifiers, known by {}",
            one_line(ground),
            plan.subject.len(),
            plan.suppressed.len()
        );
    }
    let _ = writeln!(out, "countries: {}", plan.jurisdictions.join(", "));
    table(plan, &mut out);
    let by_date = |record: &PlannedRecord| (record.clock_at.clone(), record.id.clone());
    sample("oldest", first(plan, |one, other| by_date(one).cmp(&by_date(other))), &mut out);
    sample("youngest", first(plan, |one, other| by_date(other).cmp(&by_date(one))), &mut out);
    // Keyed digests are as good as dice, and fall the same way for everybody who looks.
    sample("drawn by lot", first(plan, |one, other| one.digest.cmp(&other.digest)), &mut out);
    listed("kept, nearest to their end", &plan.near, SAMPLE, &mut out);
    listed("past their period, and staying", &plan.staying, LISTED, &mut out);
    if plan.ground.is_some() {
        listed("names them or may, and stays: to be looked at", &plan.review, LISTED, &mut out);
    }
    listed("of no kind of the schedule, never planned", &plan.unclassified, LISTED, &mut out);
    listed("whose dates or status do not tell, never planned", &plan.undecidable, LISTED, &mut out);
    for (count, what) in [
        (plan.inside, "records lie inside others or in containers: they are never planned by themselves"),
        (plan.excluded, "items are left out by `ignore:`: what goes with a record there stays"),
        (plan.unclaimed, "files lie in a folder whose number two records have: they stay"),
        (
            plan.unknown,
            "rows, lines or elements are nothing that a mapping knows: whatever they are, they stay",
        ),
    ] {
        if count > 0 {
            let _ = writeln!(out, "\n{count} {what}");
        }
    }
    if plan.other_consequence > 0 {
        let other = if plan.blocks { "without --block" } else { "with --block" };
        let _ =
            writeln!(out, "\n{} more are past their period and need a plan {other}", plan.other_consequence);
    }
    Ok(out)
}

fn table(plan: &Plan, out: &mut String) {
    let mut rows: BTreeMap<(String, String, String), [u64; 3]> = BTreeMap::new();
    for record in plan.records.iter() {
        let year = record.clock_at.as_deref().and_then(|at| at.get(..4)).unwrap_or("----").to_owned();
        let reason = format!("{} since {}", record.period, record.clock);
        let row = rows.entry((record.kinds.join("+"), year, reason)).or_default();
        for (to, more) in row.iter_mut().zip([1, record.comments, record.attachments]) {
            *to += more;
        }
    }
    let _ = writeln!(out, "\nkind · year · reason: records, with comments elsewhere and attachments");
    for ((kind, year, reason), [records, comments, attachments]) in rows {
        let _ = writeln!(out, "  {kind} · {year} · {reason}: {records}, {comments}, {attachments}");
    }
}

/// The planned records that come first in an order, without a list of all.
fn first(plan: &Plan, order: impl Fn(&PlannedRecord, &PlannedRecord) -> Ordering) -> Vec<PlannedRecord> {
    let mut first: Vec<PlannedRecord> = Vec::new();
    for record in plan.records.iter() {
        let at = first.partition_point(|known| order(known, &record).is_le());
        if at < SAMPLE {
            first.truncate(SAMPLE - 1);
            first.insert(at, record);
        }
    }
    first
}

fn sample(title: &str, records: Vec<PlannedRecord>, out: &mut String) {
    let _ = writeln!(out, "\n{title}");
    for record in &records {
        let minimum = record.minimum_ended.as_deref().unwrap_or("none");
        let _ = writeln!(
            out,
            "  {} {}  {} {}, {} ended {}; minimum {minimum}; {}",
            record.kind,
            one_line(&record.id),
            record.clock,
            record.clock_at.as_deref().unwrap_or("-"),
            record.period,
            record.since,
            one_line(&record.source)
        );
    }
}

fn listed(title: &str, rows: &[ListedRecord], most: usize, out: &mut String) {
    let _ = writeln!(out, "\n{title}: {}", rows.len());
    for row in rows.iter().take(most) {
        let date = row.date.as_deref().unwrap_or("no date");
        let _ = writeln!(out, "  {} {}  {date}  {}", row.kind, one_line(&row.id), one_line(&row.why));
    }
    if rows.len() > most {
        let _ = writeln!(out, "  … and {} more, in the plan's file", rows.len() - most);
    }
}

/// Without control characters: a terminal does not obey an id.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The ids of all planned records as the source has them, CSV, for the vendor's own bulk deletion, and how many
/// planned records the archive does not have any more. They come from the archive: the plan has none that
/// holds data.
pub fn ids(plan: &Plan, expiry: &Expiry) -> (String, u64) {
    let mut raw: Vec<(UnitReference, &str)> =
        expiry.units.iter().map(|unit| (unit.reference, unit.raw_id())).collect();
    raw.sort_unstable();
    let id_of = |record: &PlannedRecord| {
        let reference = UnitReference::parse(&record.reference)?;
        let at = raw.binary_search_by_key(&reference, |(known, _)| *known).ok()?;
        raw.get(at).map(|(_, id)| *id)
    };
    let mut out = String::from("system,kind,id\r\n");
    let mut missing = 0;
    for record in plan.records.iter() {
        let Some(id) = id_of(&record) else {
            missing += 1;
            continue;
        };
        // A spreadsheet runs what begins like a formula.
        let id =
            if id.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{id}") } else { id.to_owned() };
        let quoted =
            if id.contains([',', '"', '\n', '\r']) { format!("\"{}\"", id.replace('"', "\"\"")) } else { id };
        let _ = write!(out, "{},{},{quoted}\r\n", record.system, record.kind);
    }
    (out, missing)
}
