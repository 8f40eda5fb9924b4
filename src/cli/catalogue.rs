//! `olvido catalogue`: what is known, and whether it is right.

use std::fmt::Write;

use crate::audit::Config;
use crate::catalogue::{schema_names, schema_of};
use crate::findings::line_schema;
use crate::problem::Problem;

use super::Failure;
use super::args::{CatalogueAction, PolicyArgs};
use super::exit::Exit;
use super::output::{print, tell};
use super::setup::policies_only;

/// Lists, shows or checks.
pub(super) fn catalogue(action: &CatalogueAction) -> Result<Exit, Failure> {
    match action {
        CatalogueAction::List { what: None, policies } => list(policies),
        CatalogueAction::List { what: Some(_), policies } => mappings(policies),
        CatalogueAction::Show { id, policies } => super::explain::show(id, "en", policies),
        CatalogueAction::Check(args) => check(args),
        CatalogueAction::Test(args) => test(args),
        CatalogueAction::Schema { name } => schema(name.as_deref()),
    }
}

fn list(args: &PolicyArgs) -> Result<Exit, Failure> {
    let policies = policies_only(args)?;
    let mut out = String::from("DETECTORS\n");
    for card in policies.detector_cards() {
        let _ = writeln!(out, "  {:<28} {:<20} {}", card.id, card.category, card.dpv);
    }
    out.push_str("\nSIGNALS\n");
    for signal in policies.catalogue.signals() {
        let _ = writeln!(out, "  {:<28} {}", signal.id, signal.title);
    }
    out.push_str("\nMAPPINGS\n");
    for (name, title) in policies.mappings.systems() {
        let _ = writeln!(out, "  {name:<28} {title}");
    }
    out.push_str("\nRULES\n");
    for card in policies.rules.cards() {
        let severity = card.severity.map_or("", |severity| severity.name());
        let _ = writeln!(out, "  {:<40} {:<8} {}", card.id, severity, card.title);
    }
    out.push_str("\nPACKS\n");
    for card in policies.rules.pack_cards() {
        let default = if card.default { " (default)" } else { "" };
        let _ = writeln!(out, "  {:<28} {}{default}", card.id, card.title);
    }
    print(&out)?;
    Ok(Exit::Clean)
}

/// The table of helpdesks in README.md: name, title, kinds of record.
fn mappings(args: &PolicyArgs) -> Result<Exit, Failure> {
    let policies = policies_only(args)?;
    let mut out = String::from("| system | helpdesk | records |\n|---|---|---|\n");
    for (name, title) in policies.mappings.systems() {
        let kinds = policies.mappings.kinds_of(name).join(", ");
        let _ = writeln!(out, "| `{name}` | {title} | {kinds} |");
    }
    print(&out)?;
    Ok(Exit::Clean)
}

/// The tests of every rule, whatever packs are selected.
fn test(args: &PolicyArgs) -> Result<Exit, Failure> {
    let policies = policies_only(args)?;
    let problems = policies.rules.run_tests();
    problems.iter().for_each(tell);
    if !problems.is_empty() {
        return Ok(Exit::Usage);
    }
    print("every rule of every pack passes its own tests\n")?;
    Ok(Exit::Clean)
}

/// Prints a schema, or the names of all.
fn schema(name: Option<&str>) -> Result<Exit, Failure> {
    let Some(name) = name else {
        let mut names = schema_names()?;
        names.extend(["config".into(), "lines".into()]);
        names.sort_unstable();
        print(&format!("{}\n", names.join("\n")))?;
        return Ok(Exit::Clean);
    };
    let text = match name {
        "config" => Some(Config::json_schema()),
        "lines" => serde_json::to_string_pretty(&line_schema()).ok(),
        _ => schema_of(name)?,
    };
    let Some(text) = text else {
        let advice = "`olvido catalogue schema` lists the names";
        return Err(Problem::new("schema-unknown", "there is no such schema", advice).into());
    };
    print(&format!("{text}\n"))?;
    Ok(Exit::Clean)
}

fn check(args: &PolicyArgs) -> Result<Exit, Failure> {
    let policies = policies_only(args)?;
    let problems = policies.check();
    problems.iter().for_each(tell);
    if !problems.is_empty() {
        return Ok(Exit::Usage);
    }
    print(&format!(
        "every detector finds its accepted and leaves its rejected examples, every rule passes its tests: {} detectors, {} signals, {} mappings, {} rules\n",
        policies.detector_cards().len(),
        policies.catalogue.signals().len(),
        policies.mappings.systems().len(),
        policies.rules.cards().len()
    ))?;
    Ok(Exit::Clean)
}
