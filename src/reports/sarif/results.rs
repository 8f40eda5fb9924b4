//! Groups as SARIF results (SARIF 2.1.0 §3.27).

use std::collections::BTreeMap;

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Location, LogicalLocation, Message, PhysicalLocation, PropertyBag, Region, Result,
    ResultKind, ResultLevel, Suppression,
};

use super::artifacts::{self, Artifacts};
use crate::findings::{Severity, Standing, SuppressionLine, Target, Verdict, escape};
use crate::reports::groups::{Group, Span, Spot};
use crate::reports::rollup::Level;
use crate::reports::uris;

/// The name of a severity's level.
pub(super) fn level_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// One result. `rule` is the index and title of its rule; `excused` says that some result of the run is
/// suppressed: then every other one says that it is not (§3.27.23: all of them, or none).
pub(super) fn result(group: &Group, rule: (usize, &str), excused: bool, artifacts: &mut Artifacts) -> Result {
    let (index, title) = rule;
    let mut result = Result::builder().message(message(&group.text(title))).build();
    result.rule_id = Some(group.rule.clone());
    result.rule_index = i64::try_from(index).ok();
    result.kind = Some(match group.verdict {
        Verdict::Fail => ResultKind::Fail,
        Verdict::Open => ResultKind::Open,
        Verdict::Review => ResultKind::Review,
        Verdict::Pass => ResultKind::Pass,
        Verdict::NotApplicable => ResultKind::NotApplicable,
    });
    // §3.27.10: whatever is no fail has the level `none`.
    result.level = Some(match (group.verdict, group.severity) {
        (Verdict::Fail, Severity::Note) => ResultLevel::Note,
        (Verdict::Fail, Severity::Warning) => ResultLevel::Warning,
        (Verdict::Fail, Severity::Error) => ResultLevel::Error,
        _ => ResultLevel::None,
    });
    result.occurrence_count = i64::try_from(group.count).ok().filter(|count| *count > 0);
    result.locations = Some(vec![primary(group, artifacts)]);
    let related = related(group, artifacts);
    result.related_locations = (!related.is_empty()).then_some(related);
    result.partial_fingerprints =
        Some(BTreeMap::from([(String::from("primaryLocationLineHash"), group.fingerprint.clone())]));
    result.suppressions =
        excused.then(|| group.suppressed.iter().map(|excuse| suppression(excuse)).collect());
    result.baseline_state = group.standing.map(|standing| {
        serde_json::json!(match standing {
            Standing::New => "new",
            Standing::Same => "unchanged",
        })
    });
    result.properties = Some(properties(group));
    result
}

/// §3.35: accepted outside of the source, with the reason as justification, and the day it ends.
fn suppression(excuse: &SuppressionLine<'_>) -> Suppression {
    let text = format!("{} {}: {}", excuse.kind, excuse.id, excuse.reason);
    let mut suppression = Suppression::builder().kind(json!("external")).build();
    suppression.status = Some(json!("accepted"));
    suppression.justification = Some(escape(Target::SarifMessage, &text).into_owned());
    let mut bag = PropertyBag::default();
    bag.additional_properties.insert("kind".into(), json!(excuse.kind));
    if let Some(until) = &excuse.until {
        bag.additional_properties.insert("until".into(), json!(until));
    }
    suppression.properties = Some(bag);
    suppression
}

fn properties(group: &Group) -> PropertyBag {
    let mut bag = PropertyBag::default();
    let mut set = |key: &str, value: serde_json::Value| {
        bag.additional_properties.insert(key.to_owned(), value);
    };
    set("per", json!(group.level.name()));
    set("severity", json!(level_name(group.severity)));
    set("findings", json!(group.lines));
    if !group.categories.is_empty() {
        set("categories", json!(group.categories));
    }
    if !group.missing.is_empty() {
        set("missing", json!(group.missing));
    }
    bag
}

pub(super) fn message(text: &str) -> Message {
    Message { text: Some(escape(Target::SarifMessage, text).into_owned()), ..Message::default() }
}

/// The one location GitHub places the alert at: an existing file or folder, never a member.
fn primary(group: &Group, artifacts: &mut Artifacts) -> Location {
    let folder = matches!(group.level, Level::Folder(_));
    let first = group.spots.first();
    let mut location = match &group.place {
        Some(path) if !folder => {
            let span = first.filter(|spot| spot.inner.is_empty()).and_then(|spot| spot.span);
            at_file(path, span.unwrap_or(Span::line(1)), artifacts)
        }
        Some(path) => physical(artifacts::location(uris::folder(path)), Span::line(1)),
        None => physical(artifacts::location(String::from(".")), Span::line(1)),
    };
    if group.level == Level::Record
        && let Some(spot) = first
    {
        location.logical_locations = logical(spot);
    }
    location
}

/// The places a group was made of; for a single finding only what the primary location leaves out.
fn related(group: &Group, artifacts: &mut Artifacts) -> Vec<Location> {
    let alone = group.lines == 1 && group.level == Level::Record;
    let spots = group.spots.iter().filter(|spot| !alone || !spot.inner.is_empty());
    let mut out = Vec::new();
    for spot in spots {
        let Some(path) = &spot.path else { continue };
        let mut location = if spot.inner.is_empty() {
            at_file(path, spot.span.unwrap_or(Span::line(1)), artifacts)
        } else {
            let index = artifacts.member(path, &spot.inner);
            let inside = ArtifactLocation { index: Some(index), ..ArtifactLocation::default() };
            physical(inside, spot.span.unwrap_or(Span::line(1)))
        };
        location.logical_locations = logical(spot);
        location.message = Some(message(if spot.note.is_empty() { &group.rule } else { &spot.note }));
        // Ids make each location unique, as the schema wants them.
        location.id = i64::try_from(out.len() + 1).ok();
        out.push(location);
    }
    out
}

fn logical(spot: &Spot) -> Option<Vec<LogicalLocation>> {
    let mut names = Vec::new();
    names.extend(spot.record.as_ref().map(artifacts::record_name));
    if let (Some(path), false) = (&spot.path, spot.inner.is_empty()) {
        names.push(artifacts::member_name(path, &spot.inner));
    }
    (!names.is_empty()).then_some(names)
}

fn at_file(path: &str, span: Span, artifacts: &mut Artifacts) -> Location {
    let mut file = artifacts::location(uris::file(path));
    file.index = Some(artifacts.file(path));
    physical(file, span)
}

fn physical(file: ArtifactLocation, span: Span) -> Location {
    let number = |value: u64| i64::try_from(value).ok();
    let region = Region {
        start_line: number(span.line),
        start_column: number(span.column),
        end_line: number(span.end_line),
        end_column: number(span.end_column),
        ..Region::default()
    };
    Location {
        physical_location: Some(PhysicalLocation {
            artifact_location: Some(file),
            region: Some(region),
            ..PhysicalLocation::default()
        }),
        ..Location::default()
    }
}

/// A whole file or folder, for notifications.
pub(super) fn whole(uri: String, logical: Option<LogicalLocation>) -> Location {
    Location {
        physical_location: Some(PhysicalLocation {
            artifact_location: Some(artifacts::location(uri)),
            ..PhysicalLocation::default()
        }),
        logical_locations: logical.map(|name| vec![name]),
        ..Location::default()
    }
}
