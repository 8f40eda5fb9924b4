//! Survey, then scan: the only room that sees sources, formats, detectors and policies together.
//!
//! [`Audit::survey`] reads what mappings mark and builds one immutable [`Context`]; [`Audit::scan`]
//! judges every record with it and hands JSON Lines to whoever asked, in the order of the walk.

mod anonymity;
mod attachments;
mod buffers;
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
mod gate;
mod hashed;
mod held;
mod ids;
mod inherited;
mod item_scan;
mod joins;
mod kinds;
mod lists;
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
use crate::detectors::{BlockPeople, Matcher};
use crate::findings::{
    FindingLine, Fingerprints, Line, RecordKey, RecordLine, RunLine, Severity, SummaryLine, Verdict,
};
use crate::policies::exceptions::Exceptions;
use crate::policies::{Gathered, Subject};
use crate::problem::Problem;
use crate::records::{
    FactId, FactValue, Gap, GapClass, Limits, RecordKind, Stamp, Supplier, WEAKLY_ENCRYPTED,
};

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
pub use expiry::{Expiry, ListedRecord, Reason, RecordPart, Ruling, Unit};
pub use gate::{Gate, Manifest, TO_COMPLETE};
pub use held::HeldBy;
pub use pipeline::Control;
pub use references::References;
pub(crate) use sight::{Desk, Sight, path_of};
pub use stream::Streamed;
pub use suppression::{SuppressedPerson, Suppression};

use anonymity::Anonymity;
use context::ContextBuilder;
use derived::DerivedFacts;
use exceptions::Matched;
use item_scan::write_line;
use open_verdicts::OpenVerdicts;
use opening::Containers;
use pieces::produce;
pub(crate) use pieces::{OwnedPiece, PieceBytes, Work, read_whole, whole};
use refusal::{Refusal, Refused};
use scan::{Bench, KnownFacts, Part, Scanner};
use survey::{SurveyFacts, SurveyRows};
use tally::Tally;
use trees::{Tree, Trees};

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

/// What the parts of a run add up to.
#[derive(Default)]
struct Results {
    tally: Tally,
    trees: Trees,
    gathered: Gathered,
    open: OpenVerdicts,
    anonymity: Anonymity,
    matched: Matched,
}

impl Results {
    /// Takes the next part, in the order of the walk.
    fn add(&mut self, part: Part) {
        self.tally.add(part.tally);
        self.open.add(part.open);
        self.gathered.add(part.gathered);
        self.anonymity.add(part.anonymity);
        self.matched.add(part.matched);
        part.files.into_iter().for_each(|row| self.trees.add(row));
    }

    /// A stream ended early.
    fn refuse(&mut self, refused: &Refused) {
        match refused.unread {
            // The gap may stand in no part: it may be why there is none.
            true if self.tally.open_gaps() == 0 => {
                let what = "the stream ended there: what comes behind could not be judged or edited exactly";
                self.tally.gap(&Gap::new(GapClass::Limit, "stream-ended", what), false);
            }
            true => {}
            false => self.tally.refused = true,
        }
    }
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
            derived: DerivedFacts::new(&self.policies.rules),
            exceptions: self.exceptions,
            held_by: self.held_by(),
            refusal,
            watches_anonymity: self.watches_anonymity(),
        }
    }

    /// Whether a rule asks how well an export is anonymised.
    fn watches_anonymity(&self) -> bool {
        ["plain_hashes", "sequential_pseudonyms"].iter().any(|fact| self.policies.rules.reads(fact))
    }

    /// What only the whole run tells, and the summary.
    fn conclude(
        &self,
        results: Results,
        context: &Context,
        survey_gap: Option<&Gap>,
        gate: &Gate<'_>,
        sink: &mut Sink<'_>,
    ) -> io::Result<Outcome> {
        let Results { mut tally, trees, mut gathered, open, anonymity, matched } = results;
        let mut lines = String::new();
        open.write(&mut lines);
        for tree in trees.finish() {
            self.judge_tree(&tree, &mut tally, &mut lines);
        }
        if let Some(gap) = survey_gap {
            tally.gap(gap, false);
            write_line(&Line::Gap(Box::new(run_gap(gap))), &mut lines);
        }
        self.judge_exceptions(&matched, &mut tally, &mut lines);
        if gate.records_wanted && !tally.has_content {
            let what =
                "there is no record in it; an export that is empty on purpose passes with --allow-empty";
            let gap = Gap::new(GapClass::Unread, "empty-input", what);
            tally.gap(&gap, false);
            write_line(&Line::Gap(Box::new(run_gap(&gap))), &mut lines);
        }
        if let Some(manifest) = gate.manifest {
            gathered.declare(&manifest.facts);
            self.judge_manifest(manifest, &mut tally, &mut lines);
        }
        self.judge_run(&gathered, &anonymity, context.erased, &mut tally, &mut lines);
        let (own, missing) = (context.told_own(), self.missing(&tally));
        let summary = SummaryLine { own, missing, ..self.summary(&tally, gate) };
        write_line(&Line::Summary(Box::new(summary.clone())), &mut lines);
        let verdicts = self.policies.rules.ids().map(|(rule, _)| tally.rule(rule.0)).collect();
        sink(&lines)?;
        Ok(Outcome {
            summary,
            verdicts,
            worst: tally.worst,
            real: tally.real_categories(),
            manifests: gathered.manifests(),
        })
    }

    fn summary(&self, tally: &Tally, gate: &Gate<'_>) -> SummaryLine {
        let ids: Vec<String> = self.policies.rules.cards().into_iter().map(|card| card.id).collect();
        let interrupted = self.control.is_interrupted();
        let complete = !interrupted && tally.open_gaps() == 0;
        let reaches = |worst: Option<Severity>| {
            gate.status.fail_on.is_some_and(|least| worst.is_some_and(|worst| worst >= least))
        };
        let gated = reaches(tally.worst) || tally.refused || (gate.status.open && tally.opens() > 0);
        let status = match (interrupted, gated, complete) {
            (true, ..) => 130,
            (_, true, _) => 1,
            (_, _, false) => 3,
            _ => u8::from(reaches(tally.worst_formal)),
        };
        SummaryLine { complete, interrupted, status, ..tally.summary(&ids) }
    }

    /// Findings about the run: what only all records together tell. A rule nothing was supplied for is
    /// not judged: reports tell such rules by family.
    fn judge_run(
        &self,
        gathered: &Gathered,
        anonymity: &Anonymity,
        erased: Option<u64>,
        tally: &mut Tally,
        lines: &mut String,
    ) {
        let rules = &self.policies.rules;
        let mut facts = gathered.facts(&tally.real_categories(), tally.open_gaps(), self.now);
        if self.watches_anonymity() {
            for (name, count) in
                [("plain_hashes", anonymity.plain_hashes()), ("sequential_pseudonyms", anonymity.sequences())]
            {
                if let Some(fact) = FactId::named(name) {
                    let count = FactValue::Int(i64::try_from(count).unwrap_or(i64::MAX));
                    facts.set(fact, count, Supplier::Join);
                }
            }
        }
        suppression::restored(erased, &mut facts);
        self.count_run(tally, &mut facts);
        let subject = Subject {
            kind: RecordKind::Run,
            facts: &facts,
            derived: None,
            detections: &[],
            detections_known: false,
        };
        let mut judgements = Vec::new();
        rules.judge(&subject, &mut judgements);
        for judgement in judgements.iter().filter(|judgement| !rules.is_unmet(judgement, &facts)) {
            tally.verdict(judgement.rule.0, judgement.verdict, 1);
            if judgement.verdict == Verdict::Fail {
                // What was not read has a status of its own, and comes before a missing manifest.
                let formal = rules.reads_only(judgement.rule, &["gaps", "manifests"]);
                let worst = if formal { &mut tally.worst_formal } else { &mut tally.worst };
                *worst = (*worst).max(Some(judgement.severity));
            }
            let Some(card) = rules.card(judgement.rule) else { continue };
            if !matches!(judgement.verdict, Verdict::Fail | Verdict::Open | Verdict::Review) {
                continue;
            }
            let key = RecordKey { system: "run", kind: "run", id: "" };
            let line = Line::Finding(Box::new(FindingLine {
                rule: card.id.as_str().into(),
                verdict: judgement.verdict,
                severity: judgement.severity,
                item: None,
                record: None,
                path: None,
                inner: Vec::new(),
                line: None,
                message: rules.message(judgement, &facts, "").into(),
                refs: card.refs.iter().map(|reference| reference.as_str().into()).collect(),
                remedy: card.remedy.as_str().into(),
                count: judgement.count,
                clock: None,
                missing: judgement.missing.iter().map(|fact| fact.card().name.into()).collect(),
                suppressed: None,
                policy: card.policy.as_str().into(),
                fingerprint: self.fingerprints.finding(&card.id, &key).into(),
                baseline: None,
            }));
            write_line(&line, lines);
        }
    }

    /// What the counts of the run tell of it.
    fn count_run(&self, tally: &Tally, facts: &mut crate::records::Facts) {
        const PERIODS: [&str; 4] = [
            "retention/ticket-expired",
            "retention/chat-expired",
            "retention/recording-expired",
            "retention/survey-expired",
        ];
        const SENSITIVE: [&str; 7] = [
            "children/minor-subject",
            "criminal/conviction",
            "special-category/beliefs-union-politics",
            "special-category/biometric-genetic",
            "special-category/ethnic-origin",
            "special-category/health",
            "special-category/sex-life-orientation",
        ];
        const SECRETS: [&str; 2] = ["secrets/credential-in-ticket", "secrets/credential-in-export"];
        let rules = &self.policies.rules;
        // Fails and open questions of some rules; none where no such rule is active.
        let found = |ids: &mut dyn Iterator<Item = &str>| {
            let of = ids.filter_map(|id| rules.named(id)).map(|rule| tally.rule(rule.0));
            of.fold(None, |sum: Option<u64>, [fail, _, review, ..]| Some(sum.unwrap_or(0) + fail + review))
        };
        let (encrypted, weakly) = tally.gaps_of(GapClass::Encrypted, WEAKLY_ENCRYPTED);
        for (name, count) in [
            ("expired_records", found(&mut PERIODS.into_iter())),
            ("records_with_secrets", found(&mut SECRETS.into_iter())),
            ("sensitive_records", found(&mut SENSITIVE.into_iter())),
            ("encrypted_items", Some(encrypted)),
            ("weakly_encrypted", Some(weakly)),
            ("people", Some(tally.people_at_least())),
            ("unread_items", Some(tally.not_read)),
        ] {
            if let (Some(fact), Some(count)) = (FactId::named(name), count) {
                facts.set(fact, FactValue::Int(i64::try_from(count).unwrap_or(i64::MAX)), Supplier::Join);
            }
        }
    }

    /// Findings about the manifest the user named.
    fn judge_manifest(&self, manifest: &Manifest, tally: &mut Tally, lines: &mut String) {
        let rules = &self.policies.rules;
        let facts = &manifest.facts;
        let subject = Subject {
            kind: RecordKind::ExportManifest,
            facts,
            derived: None,
            detections: &[],
            detections_known: true,
        };
        let mut judgements = Vec::new();
        rules.judge(&subject, &mut judgements);
        let mut shown = shown::Shown::new(self.matcher);
        let mut scratch = Default::default();
        let path = shown.name(&manifest.name, &BlockPeople::none(), &mut scratch);
        let id = manifest.id.as_ref().map_or("", |id| id.expose());
        let id = shown.name(id, &BlockPeople::none(), &mut scratch);
        for judgement in &judgements {
            tally.verdict(judgement.rule.0, judgement.verdict, 1);
            if judgement.verdict == Verdict::Fail {
                tally.worst = tally.worst.max(Some(judgement.severity));
            }
            let Some(card) = rules.card(judgement.rule) else { continue };
            if !matches!(judgement.verdict, Verdict::Fail | Verdict::Open | Verdict::Review) {
                continue;
            }
            let (system, kind) = ("manifest", RecordKind::ExportManifest.name());
            let line = Line::Finding(Box::new(FindingLine {
                rule: card.id.as_str().into(),
                verdict: judgement.verdict,
                severity: judgement.severity,
                item: None,
                record: Some(RecordLine { system: system.into(), kind: kind.into(), id: id.as_str().into() }),
                path: Some(path.as_str().into()),
                inner: Vec::new(),
                line: Some(1),
                message: rules.message(judgement, facts, &id).into(),
                refs: card.refs.iter().map(|reference| reference.as_str().into()).collect(),
                remedy: card.remedy.as_str().into(),
                count: judgement.count,
                clock: None,
                missing: judgement.missing.iter().map(|fact| fact.card().name.into()).collect(),
                policy: card.policy.as_str().into(),
                suppressed: None,
                fingerprint: self.fingerprints.finding(&card.id, &RecordKey { system, kind, id: &id }).into(),
                baseline: None,
            }));
            write_line(&line, lines);
        }
    }

    /// One finding for a tree of files.
    fn judge_tree(&self, tree: &Tree, tally: &mut Tally, lines: &mut String) {
        let facts = tree.facts();
        let subject = Subject {
            kind: RecordKind::File,
            facts: &facts,
            derived: None,
            detections: tree.observed(),
            detections_known: true,
        };
        let mut judgements = Vec::new();
        self.policies.rules.judge(&subject, &mut judgements);
        let mut shown = shown::Shown::new(self.matcher);
        let path = shown.name(&tree.path, &BlockPeople::none(), &mut Default::default());
        for judgement in &judgements {
            tally.verdict(judgement.rule.0, judgement.verdict, 1);
            if judgement.verdict == Verdict::Fail {
                tally.worst = tally.worst.max(Some(judgement.severity));
            }
            let Some(card) = self.policies.rules.card(judgement.rule) else { continue };
            if !matches!(judgement.verdict, Verdict::Fail | Verdict::Open | Verdict::Review) {
                continue;
            }
            let mode = tree.mode.map_or_else(String::new, |mode| format!(" (mode {mode:04o})"));
            let message = format!("{}{mode}", self.policies.rules.message(judgement, &facts, &path));
            let key = RecordKey { system: "file", kind: "file", id: &path };
            let line = Line::Finding(Box::new(FindingLine {
                rule: card.id.as_str().into(),
                verdict: judgement.verdict,
                severity: judgement.severity,
                item: Some(tree.number.as_str().into()),
                record: None,
                path: Some(path.as_str().into()),
                inner: Vec::new(),
                line: None,
                message: message.into(),
                refs: card.refs.iter().map(|reference| reference.as_str().into()).collect(),
                remedy: card.remedy.as_str().into(),
                count: if judgement.verdict == Verdict::Fail {
                    tree.readable.max(tree.writable)
                } else {
                    tree.files
                },
                clock: None,
                missing: judgement.missing.iter().map(|fact| fact.card().name.into()).collect(),
                suppressed: None,
                policy: card.policy.as_str().into(),
                fingerprint: self.fingerprints.finding(&card.id, &key).into(),
                baseline: None,
            }));
            write_line(&line, lines);
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

fn run_gap(gap: &Gap) -> crate::findings::GapLine<'_> {
    crate::findings::GapLine {
        class: gap.class.name().into(),
        code: gap.code.into(),
        item: "0".into(),
        path: "".into(),
        inner: Vec::new(),
        message: gap.message.as_str().into(),
        offset: None,
        bytes: None,
        lift: gap.lift.map(Into::into),
        accepted: None,
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
