//! SARIF 2.1.0 (OASIS, errata 01) within what GitHub code scanning keeps.
//!
//! Two passes: the first counts how many results each [`Level`] of detail would have, the second
//! builds the results of the finest level that fits, so memory is bounded by the limit and not by the
//! number of findings. What was rolled up is told in a notification and in the run's properties.
//! No snippet, no value, no time, no command line, no account and no absolute path is written.

mod artifacts;
mod descriptors;
mod notices;
mod results;
mod taxonomies;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Message, PropertyBag, ReportingDescriptor, Run, RunAutomationDetails, Tool,
    ToolComponent,
};

use self::artifacts::Artifacts;
use self::notices::Notices;
use self::taxonomies::Taxonomies;
use super::groups::{self, Group, Groups};
use super::rollup::{Census, Level};
use super::{Emitter, Needs, Spool, uris, words};
use crate::findings::{BULLET, Line, RuleCard, RunLine, Severity, SummaryLine, Target, escape};

/// GitHub keeps the first 5,000 results of a run by severity and refuses more than 25,000.
pub(super) const RESULTS: usize = 5_000;
/// Notifications, which GitHub does not limit, are rolled up beyond this.
const NOTICES: usize = 1_000;
/// GitHub refuses more than 10 MB after gzip. SARIF packs to less than a tenth; a quarter is assumed.
const BYTES: u64 = 40_000_000;

/// Where the schema stands that these logs keep.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// `sarif`
pub(super) struct SarifReport {
    /// At most this many results.
    pub(super) limit: usize,
    /// `automationDetails.id` before the slash: uploads of different archives to one commit need
    /// different ones.
    pub(super) category: String,
}

/// What the first pass learns.
struct FirstPass {
    run: RunLine,
    summary: Option<SummaryLine>,
    results: Level,
    notices: Level,
    findings: u64,
    detections: u64,
    gaps: u64,
}

impl Emitter for SarifReport {
    fn needs(&self) -> Needs {
        Needs::ALL
    }

    fn emit(&self, spool: &Spool, out: &mut dyn Write) -> io::Result<()> {
        let mut first = self.count(spool)?;
        let rules = Rules::of(&first.run);
        let mut groups;
        loop {
            groups = gather(spool, &first, &rules)?;
            match first.results.coarser() {
                Some(coarser) if too_large(&groups, &rules) => first.results = coarser,
                _ => break,
            }
        }
        let notices = self.notices(spool, &first, &groups)?;
        self.write(&first, &rules, &groups, notices, out)
    }
}

impl SarifReport {
    fn count(&self, spool: &Spool) -> io::Result<FirstPass> {
        let mut results = Census::new(self.limit);
        let mut notices = Census::new(NOTICES);
        let mut run = RunLine::default();
        let mut summary = None;
        let mut strangers = BTreeMap::new();
        let (mut findings, mut detections, mut gaps) = (0, 0, 0);
        spool.each(Needs::ALL, &mut |line| {
            match line {
                Line::Run(line) => run = *line,
                Line::Summary(line) => summary = Some(*line),
                Line::Detection(line) => {
                    if let Some(rule) = &line.rule {
                        detections += 1;
                        stranger(&mut strangers, rule);
                        results.note(|level| groups::detection_key(rule, &line, level));
                    }
                }
                Line::Finding(line) => {
                    findings += 1;
                    stranger(&mut strangers, &line.rule);
                    results.note(|level| groups::finding_key(&line, level));
                }
                Line::Gap(line) => {
                    gaps += 1;
                    notices.note(|level| notices::gap_key(&line, level));
                }
            }
            Ok(())
        })?;
        add_strangers(&mut run, strangers);
        let (results, notices) = (results.level(), notices.level());
        Ok(FirstPass { run, summary, results, notices, findings, detections, gaps })
    }

    fn notices(&self, spool: &Spool, first: &FirstPass, groups: &[Group]) -> io::Result<Notices> {
        let mut notices = Notices::new(first.notices);
        if first.results != Level::Record {
            notices.say(
                "report/rolled-up",
                "warning",
                "Findings were put together because GitHub would have dropped some",
                format!(
                    "{} findings and {} data are shown as {} results, one for each {} and rule: the limit is {} results. The lines (jsonl) and the table (csv) hold every one.",
                    words::number(first.findings),
                    words::number(first.detections),
                    words::number(groups.len() as u64),
                    first.results.name(),
                    words::number(self.limit as u64),
                ),
            );
        }
        if first.notices != Level::Record {
            notices.say(
                "report/gaps-rolled-up",
                "warning",
                "Gaps were put together",
                format!(
                    "{} gaps are shown one for each {} and code. The lines (jsonl) and the table (csv) hold every one.",
                    words::number(first.gaps),
                    first.notices.name(),
                ),
            );
        }
        if first.run.key.is_none() {
            notices.say(
                "run/no-key",
                "note",
                "The run had no key",
                String::from("No key: fingerprints leave the values out, and runs cannot be compared."),
            );
        }
        match &first.summary {
            None => notices.say(
                "run/cut-off",
                "error",
                "The lines of the run end early",
                String::from("The run has no summary: it did not end, or its lines are cut off. Nothing speaks for the rest."),
            ),
            Some(summary) if summary.interrupted => notices.say(
                "run/interrupted",
                "error",
                "The run was interrupted",
                String::from("The run was interrupted. Nothing speaks for what was not reached."),
            ),
            Some(summary) if !summary.complete => notices.say(
                "run/incomplete",
                "warning",
                "Not everything was read",
                format!("{} items were not read in whole; nothing speaks for them.", words::number(summary.not_read)),
            ),
            Some(_) => {}
        }
        spool.each(Needs { gaps: true, ..Needs::ENDS }, &mut |line| {
            if let Line::Gap(line) = line {
                notices.gap(&line);
            }
            Ok(())
        })?;
        Ok(notices)
    }

    fn write(
        &self,
        first: &FirstPass,
        rules: &Rules,
        groups: &[Group],
        notices: Notices,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let (descriptors, notifications) = notices.finish();
        let taxonomies = Taxonomies::of(&rules.cards);
        let mut invocation = Invocation::builder().execution_successful(successful(first)).build();
        invocation.exit_code = first.summary.as_ref().map(|summary| i64::from(summary.status));
        invocation.tool_execution_notifications = Some(notifications);
        let mut run = Run::builder().tool(tool(first, rules, &taxonomies, descriptors)).build();
        run.automation_details =
            Some(RunAutomationDetails { id: Some(format!("{}/", self.category)), ..Default::default() });
        run.invocations = Some(vec![invocation]);
        run.column_kind = Some("utf16CodeUnits".into());
        run.original_uri_base_ids = Some(BTreeMap::from([(uris::BASE.to_owned(), base())]));
        run.redaction_tokens = Some(vec![BULLET.to_string()]);
        run.taxonomies = Some(taxonomies.components()).filter(|list| !list.is_empty());
        run.properties = Some(self.properties(first, groups));
        // The run is written up to its results, these one at a time, then the files they point at.
        let head = serde_json::to_string(&run)?;
        let head = head.strip_suffix('}').unwrap_or(&head);
        write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[")?;
        out.write_all(escape(Target::Json, head).as_bytes())?;
        out.write_all(b",\"results\":[")?;
        let mut artifacts = Artifacts::default();
        let excused = groups.iter().any(|group| group.suppressed.is_some());
        for (at, group) in groups.iter().enumerate() {
            let result = results::result(group, rules.get(&group.rule), excused, &mut artifacts);
            out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
            out.write_all(escape(Target::Json, &serde_json::to_string(&result)?).as_bytes())?;
        }
        out.write_all(b"],\"artifacts\":[")?;
        for (at, artifact) in artifacts.finish().iter().enumerate() {
            out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
            out.write_all(escape(Target::Json, &serde_json::to_string(artifact)?).as_bytes())?;
        }
        out.write_all(b"]}]}\n")
    }

    fn properties(&self, first: &FirstPass, groups: &[Group]) -> PropertyBag {
        let mut bag = PropertyBag::default();
        let mut set = |key: &str, value: serde_json::Value| {
            bag.additional_properties.insert(key.to_owned(), value);
        };
        let run = &first.run;
        set("asOf", json!(run.as_of));
        set("packs", json!(run.packs));
        set("jurisdictions", json!(run.jurisdictions));
        set("keyId", json!(run.key));
        set("settings", json!(run.settings));
        if !run.tools.is_empty() {
            set("tools", json!(run.tools));
        }
        if let Some(ledger) = &run.ledger {
            set("ledger", json!(ledger));
        }
        set(
            "rollUp",
            json!({
                "per": first.results.name(),
                "results": groups.len(),
                "findings": first.findings,
                "detections": first.detections,
                "limit": self.limit,
                "gapsPer": first.notices.name(),
                "gaps": first.gaps,
            }),
        );
        if let Some(summary) = &first.summary {
            set("complete", json!(summary.complete));
            set("items", json!(summary.items));
            set("notRead", json!(summary.not_read));
            set("peopleAtLeast", json!(summary.people_at_least));
            set("verdicts", json!(summary.rules));
        }
        bag
    }
}

/// A rule that stands in a line and not among the cards: lines from elsewhere, or cut off at the head.
fn stranger(strangers: &mut BTreeMap<String, ()>, rule: &str) {
    // As many as GitHub takes rules; a result of another one is put under an id of its own below.
    if strangers.len() < 25_000 && !strangers.contains_key(rule) {
        strangers.insert(rule.to_owned(), ());
    }
}

fn add_strangers(run: &mut RunLine, strangers: BTreeMap<String, ()>) {
    run.rules.sort_by(|a, b| a.id.cmp(&b.id));
    run.rules.dedup_by(|a, b| a.id == b.id);
    for id in strangers.into_keys() {
        if let Err(at) = run.rules.binary_search_by(|card| card.id.as_str().cmp(&id)) {
            let title = format!("{id} (the lines hold no card of this rule)");
            run.rules.insert(at, RuleCard { id, title, ..RuleCard::default() });
        }
    }
}

/// The rules by id.
struct Rules {
    cards: Vec<RuleCard>,
    at: HashMap<String, usize>,
}

impl Rules {
    fn of(run: &RunLine) -> Self {
        let at = run.rules.iter().enumerate().map(|(at, card)| (card.id.clone(), at)).collect();
        Self { cards: run.rules.clone(), at }
    }

    fn get(&self, id: &str) -> (usize, &str) {
        let at = self.at.get(id).copied().unwrap_or(0);
        let title =
            self.cards.get(at).map(|card| card.title.as_str()).filter(|title| !title.trim().is_empty());
        (at, title.unwrap_or("Finding"))
    }

    fn severity(&self, id: &str) -> Severity {
        let card = self.at.get(id).and_then(|at| self.cards.get(*at));
        card.and_then(|card| card.severity).unwrap_or(Severity::Note)
    }
}

fn gather(spool: &Spool, first: &FirstPass, rules: &Rules) -> io::Result<Vec<Group>> {
    let mut groups = Groups::new(first.results);
    spool.each(Needs { gaps: false, ..Needs::ALL }, &mut |line| {
        match line {
            Line::Detection(line) => {
                if let Some(rule) = &line.rule {
                    groups.detection(rule, rules.severity(rule), &line);
                }
            }
            Line::Finding(line) => groups.finding(&line),
            _ => {}
        }
        Ok(())
    })?;
    Ok(groups.finish())
}

fn too_large(groups: &[Group], rules: &Rules) -> bool {
    let mut artifacts = Artifacts::default();
    let mut bytes = 0u64;
    for group in groups {
        let result = results::result(group, rules.get(&group.rule), true, &mut artifacts);
        bytes += serde_json::to_string(&result).map_or(0, |text| text.len() as u64);
        if bytes > BYTES {
            return true;
        }
    }
    false
}

/// Whether the run did what it was asked to: findings and gaps do not make it unsuccessful.
fn successful(first: &FirstPass) -> bool {
    first.summary.as_ref().is_some_and(|summary| !summary.interrupted && matches!(summary.status, 0 | 1 | 3))
}

fn base() -> ArtifactLocation {
    let text = "The folder that was scanned. Where it is on the machine is not written.";
    ArtifactLocation {
        description: Some(Message { text: Some(text.to_owned()), ..Message::default() }),
        ..ArtifactLocation::default()
    }
}

fn tool(
    first: &FirstPass,
    rules: &Rules,
    taxonomies: &Taxonomies,
    notifications: Vec<ReportingDescriptor>,
) -> Tool {
    let mut driver = ToolComponent::builder().name("olvido").build();
    let version = Some(first.run.version.clone()).filter(|version| !version.is_empty());
    driver.version = version.clone();
    driver.semantic_version = version;
    driver.guid = Some(taxonomies::DRIVER_GUID.to_owned());
    driver.short_description =
        Some(descriptors::text("Finds, judges and removes personal data in what a helpdesk leaves behind"));
    driver.rules = Some(rules.cards.iter().map(|card| descriptors::rule(card, taxonomies)).collect());
    driver.notifications = Some(notifications).filter(|list| !list.is_empty());
    driver.supported_taxonomies = Some(taxonomies.supported()).filter(|list| !list.is_empty());
    Tool::builder().driver(driver).build()
}
