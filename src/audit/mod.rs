//! Survey, then scan: the only room that sees sources, formats, detectors and policies together.
//!
//! [`Audit::survey`] reads what mappings mark and builds one immutable [`Context`]; [`Audit::scan`]
//! judges every record with it and hands JSON Lines to whoever asked, in the order of the walk.

mod anonymity;
mod attachments;
mod buffers;
mod certificates;
mod conclusion;
mod config;
mod context;
mod context_file;
mod counting;
mod covered;
mod derived;
mod disposal;
mod erasure;
mod exceptions;
mod expiry;
#[cfg(test)]
mod fixture_records;
mod followed;
mod gate;
mod hashed;
mod held;
mod ids;
mod inherited;
mod item_scan;
mod joins;
mod judged;
mod kinds;
mod lists;
mod minimum;
mod missing;
mod open_verdicts;
mod opening;
mod own;
mod pieces;
mod pipeline;
mod references;
mod refusal;
mod scan;
mod shown;
mod sight;
mod statuses;
mod stream;
mod suppression;
mod survey;
mod tally;
mod threads;
mod trees;
mod written;

use std::io;
use std::sync::{Mutex, OnceLock};

use crate::catalogue::Policies;
use crate::detectors::Matcher;
use crate::findings::{Fingerprints, RunLine, Severity, SummaryLine};
use crate::policies::exceptions::Exceptions;
use crate::problem::Problem;
use crate::records::{Gap, Limits, Stamp};

pub(crate) use crate::detectors::normalise as normal_form;
pub use crate::policies::retention::{ClockReading, Decision, Keep, Start, Then};
pub(crate) use crate::sources::Item;
pub use crate::sources::Roots;
pub use attachments::Attachments;
use attachments::Namer;
pub use config::{Config, Source};
pub use context::Context;
pub use covered::Covered;
pub use erasure::{ErasureSubject, Identifier, own_id};
pub use expiry::{Expiry, ListedRecord, PartFile, Reason, RecordPart, Ruling, Unit, UnitReference};
pub use gate::{Gate, Manifest, TO_COMPLETE};
pub use held::HeldBy;
pub use minimum::LegalMinimum;
pub use pipeline::Control;
pub use references::References;
pub(crate) use sight::{Desk, Sight, path_of};
pub use stream::Streamed;
pub use suppression::{SuppressedPerson, Suppression};

use conclusion::Results;
use context::ContextBuilder;
use derived::DerivedFacts;
use opening::Containers;
use pieces::produce;
pub(crate) use pieces::{OwnedPiece, PieceBytes, Work, read_whole, whole};
use refusal::Refusal;
use scan::{Bench, KnownFacts, Part, Scanner};
use survey::{SurveyFacts, SurveyRows};

/// Everything a run needs, made by the command line before anything is read.
pub struct Audit<'a> {
    /// Detectors, mappings, rules.
    pub policies: &'a Policies,
    /// The engine over the detectors.
    pub matcher: &'a Matcher,
    /// What olvido.yaml says.
    pub config: &'a Config,
    /// Makes fingerprints.
    pub fingerprints: &'a Fingerprints,
    /// Bounds.
    pub limits: Limits,
    /// The instant verdicts are for.
    pub now: Stamp,
    /// Threads that work.
    pub threads: usize,
    /// Sixteen bytes for the keyed hashes of people: the key's, or random ones.
    pub hash_key: [u8; 16],
    /// Holds, waivers and dismissals.
    pub exceptions: &'a Exceptions,
    /// People who were erased; none where no list is named.
    pub suppression: Option<&'a Suppression>,
    /// Makes the references of holds; none without a key.
    pub references: Option<&'a References>,
    /// Progress and interruption.
    pub control: &'a Control,
    /// Whether detection lines say how their confidence came about.
    pub explain: bool,
    /// What the first survey learned of files that lie apart from the records that name them.
    pub attachments: OnceLock<Attachments>,
}

/// What a run came to.
pub struct Outcome {
    /// The last line.
    pub summary: SummaryLine,
    /// How often each active rule gave each verdict: fail, open, review, pass, not applicable.
    pub verdicts: Vec<[u64; 5]>,
    /// The worst severity among failed rules.
    pub worst: Option<Severity>,
    /// Categories of which a value that may be somebody's was found.
    pub real: Vec<&'static str>,
    /// How many manifests speak for the export.
    pub manifests: u64,
}

/// Takes lines as they come; an error ends the run.
pub type Sink<'s> = dyn FnMut(&str) -> io::Result<()> + 's;

impl Audit<'_> {
    /// The first pass over everything. Gaps of reading are not told here: the scan meets them again.
    pub fn survey(&self, roots: &Roots) -> Result<(Context, Option<Gap>), Problem> {
        let mut builder = ContextBuilder::default();
        let facts = SurveyFacts::new(self.hash_key);
        let benches: Mutex<Vec<survey::SurveyBench>> = Mutex::default();
        // What comes out of containers counts when it is scanned.
        let limits = self.limits.anew();
        let roots = &roots.clone().without_lists();
        self.control.begin_pass();
        let done: Result<(), ()> = pipeline::run(
            self.threads,
            |dispatch| {
                produce(roots, Containers::Opened, &limits, self.control, self.config, self.namer(), dispatch)
            },
            |work: Work| {
                let mut bench = take(&benches).unwrap_or_default();
                let rows = bench.work(work, &self.policies.mappings, &limits, &facts);
                give(&benches, bench);
                rows
            },
            |rows: SurveyRows| {
                builder.add(rows, facts.key());
                Ok(())
            },
        )?;
        debug_assert!(done.is_ok());
        let attachments = builder.take_attachments(facts.key());
        // A later survey of the same run learns nothing new of them.
        let _ = self.attachments.set(attachments);
        Ok(builder.build(self.hash_key, Some(&self.held_by())))
    }

    /// Gives files the names their records have, as far as a survey learned them.
    fn namer(&self) -> Namer<'_> {
        Namer { mappings: &self.policies.mappings, attachments: self.attachments.get() }
    }

    /// The holds of the run, to look records up in.
    pub fn held_by(&self) -> HeldBy<'_> {
        HeldBy {
            holds: &self.exceptions.holds,
            suppression: self.suppression,
            references: self.references,
            now: self.now.seconds,
        }
    }

    /// A context that knows nobody but whom each record names itself: for standard input.
    pub fn no_survey(&self) -> Context {
        ContextBuilder::default().build(self.hash_key, None).0
    }

    /// The second pass. The run line is the caller's; every other line comes from here, the summary
    /// last. `detections_wanted` says whether anyone reads detection lines.
    pub fn scan(
        &self,
        roots: &Roots,
        context: &Context,
        survey_gap: Option<&Gap>,
        detections_wanted: bool,
        gate: &Gate<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<io::Result<Outcome>, Problem> {
        let scanner = self.scanner(context, detections_wanted, None);
        let benches: Mutex<Vec<Bench<'_>>> = Mutex::default();
        // Memory of lines that were written: they are megabytes a piece.
        let written: Mutex<Vec<String>> = Mutex::default();
        let mut results = Results::default();
        self.control.begin_pass();
        let done: io::Result<()> = pipeline::run(
            self.threads,
            |dispatch| {
                produce(
                    roots,
                    Containers::Opened,
                    &self.limits,
                    self.control,
                    self.config,
                    self.namer(),
                    dispatch,
                )
            },
            |work: Work| {
                let mut bench = take(&benches).unwrap_or_else(|| Bench::new(&scanner));
                let part = scanner.work(work, take(&written).unwrap_or_default(), &mut bench);
                give(&benches, bench);
                part
            },
            |mut part: Part| {
                let mut lines = std::mem::take(&mut part.lines);
                if !lines.is_empty() {
                    sink(&lines)?;
                }
                lines.clear();
                give(&written, lines);
                results.add(part);
                Ok(())
            },
        )?;
        Ok(done.and_then(|()| self.conclude(results, context, survey_gap, gate, sink)))
    }

    fn scanner<'s>(
        &'s self,
        context: &'s Context,
        detections_wanted: bool,
        refusal: Option<Refusal<'s>>,
    ) -> Scanner<'s> {
        Scanner {
            catalogue: &self.policies.catalogue,
            matcher: self.matcher,
            policies: self.policies,
            mappings: &self.policies.mappings,
            namer: self.namer(),
            context,
            config: self.config,
            fingerprints: self.fingerprints,
            limits: &self.limits,
            now: self.now,
            detections_wanted,
            explain: self.explain,
            facts: KnownFacts::new(),
            derived: DerivedFacts::new(&self.policies.rules, &self.policies.catalogue),
            exceptions: self.exceptions,
            held_by: self.held_by(),
            refusal,
            watches_anonymity: self.watches_anonymity(),
        }
    }
}

/// The run line without what only the command line knows.
pub fn run_line(policies: &Policies) -> RunLine {
    RunLine {
        tool: "olvido".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema: "olvido/lines/v1".to_owned(),
        rules: policies.rules.cards(),
        detectors: policies.detector_cards(),
        ..RunLine::default()
    }
}

fn take<T>(pool: &Mutex<Vec<T>>) -> Option<T> {
    pool.lock().ok()?.pop()
}

fn give<T>(pool: &Mutex<Vec<T>>, value: T) {
    if let Ok(mut pool) = pool.lock() {
        pool.push(value);
    }
}
