//! Findings about what is no record of an item: the run, a manifest, a tree of files, an exception.

use super::Audit;
use super::gate::Manifest;
use super::item_scan::write_line;
use super::shown::Shown;
use super::tally::Tally;
use super::trees::Tree;
use crate::detectors::BlockPeople;
use crate::findings::{FindingLine, Line, RecordKey, RecordLine, RuleCard, Verdict};
use crate::policies::{Judgement, Subject};
use crate::records::RecordKind;

/// Where verdicts are counted, and lines written.
pub(super) struct Written<'w> {
    pub(super) tally: &'w mut Tally,
    pub(super) lines: &'w mut String,
}

/// The line of a judgement, before it is said which item, record or place it is about.
pub(super) fn line_of<'l>(
    card: &'l RuleCard,
    judgement: &Judgement,
    message: String,
    fingerprint: String,
) -> FindingLine<'l> {
    FindingLine {
        rule: card.id.as_str().into(),
        verdict: judgement.verdict,
        severity: judgement.severity,
        item: None,
        record: None,
        path: None,
        inner: Vec::new(),
        line: None,
        message: message.into(),
        refs: card.refs.iter().map(|reference| reference.as_str().into()).collect(),
        remedy: card.remedy.as_str().into(),
        count: judgement.count,
        clock: None,
        missing: judgement.missing.iter().map(|fact| fact.card().name.into()).collect(),
        suppressed: None,
        policy: card.policy.as_str().into(),
        fingerprint: fingerprint.into(),
        baseline: None,
    }
}

impl Audit<'_> {
    /// Judges a subject and writes a line for each verdict that is not a pass. `about` says what the line
    /// is about.
    pub(super) fn judge_apart<'l>(
        &'l self,
        subject: &Subject<'_>,
        key: &RecordKey<'_>,
        written: &mut Written<'_>,
        about: &dyn Fn(&Judgement, FindingLine<'l>) -> FindingLine<'l>,
    ) {
        let rules = &self.policies.rules;
        let run = subject.kind == RecordKind::Run;
        let mut judgements = Vec::new();
        rules.judge(subject, &mut judgements);
        for judgement in judgements.iter().filter(|one| !run || !rules.is_unmet(one, subject.facts)) {
            let tally = &mut *written.tally;
            tally.verdict(judgement.rule.0, judgement.verdict, 1);
            if judgement.verdict == Verdict::Fail {
                // What was not read has a status of its own, and comes before a missing manifest.
                let formal = run && rules.reads_only(judgement.rule, &["gaps", "manifests"]);
                let worst = if formal { &mut tally.worst_formal } else { &mut tally.worst };
                *worst = (*worst).max(Some(judgement.severity));
            }
            let Some(card) = rules.card(judgement.rule) else { continue };
            if !matches!(judgement.verdict, Verdict::Fail | Verdict::Open | Verdict::Review) {
                continue;
            }
            let message = rules.message(judgement, subject.facts, key.id);
            let line = line_of(card, judgement, message, self.fingerprints.finding(&card.id, key));
            write_line(&Line::Finding(Box::new(about(judgement, line))), written.lines);
        }
    }

    /// Findings about the manifest the user named.
    pub(super) fn judge_manifest(&self, manifest: &Manifest, written: &mut Written<'_>) {
        let kind = RecordKind::ExportManifest;
        let facts = &manifest.facts;
        let subject = Subject { kind, facts, derived: None, detections: &[], detections_known: true };
        let mut shown = Shown::new(self.matcher);
        let mut scratch = Default::default();
        let path = shown.name(&manifest.name, &BlockPeople::none(), &mut scratch);
        let id = manifest.id.as_ref().map_or("", |id| id.expose());
        let id = shown.name(id, &BlockPeople::none(), &mut scratch);
        let key = RecordKey { system: "manifest", kind: kind.name(), id: &id };
        self.judge_apart(&subject, &key, written, &|_, line| FindingLine {
            record: Some(RecordLine {
                system: "manifest".into(),
                kind: kind.name().into(),
                id: id.clone().into(),
            }),
            path: Some(path.clone().into()),
            line: Some(1),
            ..line
        });
    }

    /// Findings about a tree of files.
    pub(super) fn judge_tree(&self, tree: &Tree, written: &mut Written<'_>) {
        let facts = tree.facts();
        let subject = Subject {
            kind: RecordKind::File,
            facts: &facts,
            derived: None,
            detections: tree.observed(),
            detections_known: true,
        };
        let path = Shown::new(self.matcher).name(&tree.path, &BlockPeople::none(), &mut Default::default());
        let mode = tree.mode.map_or_else(String::new, |mode| format!(" (mode {mode:04o})"));
        let key = RecordKey { system: "file", kind: "file", id: &path };
        self.judge_apart(&subject, &key, written, &|judgement, line| FindingLine {
            item: Some(tree.number.as_str().to_owned().into()),
            path: Some(path.clone().into()),
            message: format!("{}{mode}", line.message).into(),
            count: match judgement.verdict {
                Verdict::Fail => tree.readable.max(tree.writable),
                _ => tree.files,
            },
            ..line
        });
    }
}
