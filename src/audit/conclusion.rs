//! The end of a run: what its parts add up to, what only all of them together tell, and the summary.

use std::io;

use super::anonymity::Anonymity;
use super::context::Context;
use super::exceptions::Matched;
use super::gate::Gate;
use super::item_scan::write_line;
use super::judged::Written;
use super::open_verdicts::OpenVerdicts;
use super::refusal::Refused;
use super::scan::Part;
use super::tally::Tally;
use super::trees::Trees;
use super::{Audit, Outcome, Sink, suppression};
use crate::findings::{Line, RecordKey, Severity, SummaryLine};
use crate::policies::{Gathered, Subject};
use crate::records::{FactId, FactValue, Facts, Gap, GapClass, RecordKind, Supplier};

/// What the parts of a run add up to.
#[derive(Default)]
pub(super) struct Results {
    tally: Tally,
    trees: Trees,
    gathered: Gathered,
    open: OpenVerdicts,
    anonymity: Anonymity,
    matched: Matched,
}

impl Results {
    /// Takes the next part, in the order of the walk.
    pub(super) fn add(&mut self, part: Part) {
        self.tally.add(part.tally);
        self.open.add(part.open);
        self.gathered.add(part.gathered);
        self.anonymity.add(part.anonymity);
        self.matched.add(part.matched);
        part.files.into_iter().for_each(|row| self.trees.add(row));
    }

    /// A stream ended early.
    pub(super) fn refuse(&mut self, refused: &Refused) {
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

impl Audit<'_> {
    /// Whether a rule asks how well an export is anonymised.
    pub(super) fn watches_anonymity(&self) -> bool {
        ["plain_hashes", "sequential_pseudonyms"].iter().any(|fact| self.policies.rules.reads(fact))
    }

    /// What only the whole run tells, and the summary.
    pub(super) fn conclude(
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
            self.judge_tree(&tree, &mut Written { tally: &mut tally, lines: &mut lines });
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
            self.judge_manifest(manifest, &mut Written { tally: &mut tally, lines: &mut lines });
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
        let mut facts = gathered.facts(&tally.real_categories(), tally.open_gaps(), self.now);
        if self.watches_anonymity() {
            set_counts(
                &mut facts,
                [
                    ("plain_hashes", Some(anonymity.plain_hashes())),
                    ("sequential_pseudonyms", Some(anonymity.sequences())),
                ],
            );
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
        let key = RecordKey { system: "run", kind: "run", id: "" };
        self.judge_apart(&subject, &key, &mut Written { tally, lines }, &|_, line| line);
    }

    /// What the counts of the run tell of it.
    fn count_run(&self, tally: &Tally, facts: &mut Facts) {
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
        let (encrypted, weakly) = tally.encrypted();
        set_counts(
            facts,
            [
                ("expired_records", found(&mut PERIODS.into_iter())),
                ("records_with_secrets", found(&mut SECRETS.into_iter())),
                ("sensitive_records", found(&mut SENSITIVE.into_iter())),
                ("encrypted_items", Some(encrypted)),
                ("weakly_encrypted", Some(weakly)),
                ("people", Some(tally.people_at_least())),
                ("unread_items", Some(tally.not_read)),
            ],
        );
    }
}

/// Sets what was counted as facts of the run; what could not be counted stays unknown.
fn set_counts<const N: usize>(facts: &mut Facts, counts: [(&str, Option<u64>); N]) {
    for (name, count) in counts {
        if let (Some(fact), Some(count)) = (FactId::named(name), count) {
            facts.set(fact, FactValue::Int(i64::try_from(count).unwrap_or(i64::MAX)), Supplier::Join);
        }
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
