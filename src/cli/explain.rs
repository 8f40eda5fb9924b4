//! `olvido explain` and `catalogue show`: what a rule, category, detector or helpdesk is.

use std::fmt::Write;

use crate::catalogue::Policies;
use crate::findings::RuleCard;
use crate::problem::Problem;
use crate::records::{Category, Protection};

use super::Failure;
use super::args::PolicyArgs;
use super::exit::Exit;
use super::output::print;
use super::setup::policies_only;

/// Explains anything that has a name.
pub(super) fn explain(name: &str, lang: &str, args: &PolicyArgs) -> Result<Exit, Failure> {
    show(name, lang, args)
}

/// The same, for `catalogue show`.
pub(super) fn show(name: &str, lang: &str, args: &PolicyArgs) -> Result<Exit, Failure> {
    let policies = policies_only(args)?;
    let text = rule(name, &policies)
        .or_else(|| category(name, &policies))
        .or_else(|| detector(name, &policies))
        .or_else(|| signal(name, &policies))
        .or_else(|| helpdesk(name, lang, &policies));
    match text {
        Some(text) => {
            print(&text)?;
            Ok(Exit::Clean)
        }
        None => Err(Problem::new(
            "explain-unknown",
            "no rule, category, detector, signal or helpdesk has this name",
            "`olvido catalogue list` lists them all",
        )
        .into()),
    }
}

fn rule(name: &str, policies: &Policies) -> Option<String> {
    let card: RuleCard = policies.rules.any_card(name)?;
    let mut out = String::new();
    let severity = card.severity.map_or("", |severity| severity.name());
    let _ = writeln!(out, "{}  ({severity}, judged on each {})\n{}\n", card.id, card.scope, card.title);
    let _ = writeln!(out, "{}\n", card.help.trim());
    if card.proposed {
        out.push_str("Its period or bound is olvido's proposal: nobody has adopted it for this project.\n\n");
    }
    let _ = writeln!(out, "Law      {}", card.refs.join(", "));
    if !card.dpv.is_empty() {
        let _ = writeln!(out, "DPV      {}", card.dpv.join(", "));
    }
    let (kinds, facts) = policies.rules.evidence_of(name);
    if !kinds.is_empty() {
        let _ = writeln!(out, "On       {}", kinds.join(", "));
    }
    for (fact, meaning) in facts {
        let _ = writeln!(out, "Needs    {fact}: {meaning}");
    }
    let _ = writeln!(out, "Written  {}\n", card.policy);
    let _ = writeln!(out, "What to do now\n  {}", card.remedy);
    Some(out)
}

fn category(name: &str, policies: &Policies) -> Option<String> {
    let category = Category::named(name)?;
    let card = category.card();
    let regime = match card.protection {
        Protection::Ordinary => "personal data, GDPR Art. 4(1)",
        Protection::Article9 => "a special category, GDPR Art. 9(1)",
        Protection::Article10 => "criminal convictions and offences, GDPR Art. 10",
        Protection::Article87 => "an identification number, GDPR Art. 87",
    };
    let mut out = format!("{}  {}\n{regime}\nDPV      {}\n", card.name, card.title, card.dpv);
    let rows: Vec<String> =
        policies.detector_cards().into_iter().filter(|row| row.category == name).map(|row| row.id).collect();
    if rows.is_empty() {
        out.push_str("No detector of this version finds it.\n");
    } else {
        let _ = writeln!(out, "Found by {}", rows.join(", "));
    }
    Some(out)
}

fn helpdesk(name: &str, lang: &str, policies: &Policies) -> Option<String> {
    let mappings = &policies.mappings;
    let (name, title) = mappings.systems().into_iter().find(|(system, _)| *system == name)?;
    let mut out = format!(
        "{name}  {title}\nIts exports are recognised by the keys of their objects, the columns of their tables and the names of \
         their elements, whatever the files are called.\nRecords  {}\nWritten  policies/mappings/{name}.yaml\n",
        mappings.kinds_of(name).join(", ")
    );
    if let Some((make, leaves_out)) = mappings.export_notes(name, lang) {
        let [how, what] = match lang {
            "es" => ["Cómo se exporta", "Qué no contiene"],
            "fr" => ["Comment exporter", "Ce qui n’y est pas"],
            "de" => ["So wird exportiert", "Was nicht enthalten ist"],
            _ => ["How it is made", "What it leaves out"],
        };
        let _ = writeln!(out, "\n{how}\n{}\n\n{what}\n{}", indented(make), indented(leaves_out));
    }
    Some(out)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {}", line.trim())).collect::<Vec<_>>().join("\n")
}

fn signal(name: &str, policies: &Policies) -> Option<String> {
    let row = policies.catalogue.signals().iter().find(|row| row.id == name)?;
    let mut out = format!("{}  {}\n", row.id, row.title);
    out.push_str("Hears    what a text asks for or tells of: nothing that is redacted\n");
    let _ = writeln!(out, "Words    in {}", row.languages.join(", "));
    let _ = writeln!(out, "Source   {}", row.source);
    let _ = writeln!(out, "Written  {}", row.file);
    Some(out)
}

fn detector(name: &str, policies: &Policies) -> Option<String> {
    let row = policies.catalogue.detectors().iter().find(|row| row.id == name)?;
    let mut out = format!("{}  {}\n", row.id, row.title);
    let _ = writeln!(out, "Finds    {} ({})", row.category.name(), row.category.card().dpv);
    if !row.countries.is_empty() {
        let _ = writeln!(out, "Country  {}", row.countries.join(", "));
    }
    let check = row.check.map_or("none", |check| check.name);
    let _ = writeln!(out, "Check    {check}");
    let _ = writeln!(out, "Rate     {} of its checked matches without a cue are the datum", row.base);
    for cue in &row.cues {
        let _ = writeln!(
            out,
            "Cues     {} (+{} bits): {}",
            cue.languages.join(" "),
            cue.weight,
            cue.words.join(", ")
        );
    }
    let _ = writeln!(out, "Source   {}", row.source);
    let _ = writeln!(out, "Written  {}:{}", row.file, row.line);
    Some(out)
}
