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
pub(super) fn explain(name: &str, args: &PolicyArgs) -> Result<Exit, Failure> {
    show(name, args)
}

/// The same, for `catalogue show`.
pub(super) fn show(name: &str, args: &PolicyArgs) -> Result<Exit, Failure> {
    let policies = policies_only(args)?;
    let text = rule(name, &policies)
        .or_else(|| category(name, &policies))
        .or_else(|| detector(name, &policies))
        .or_else(|| policies.mappings.explain(name));
    match text {
        Some(text) => {
            print(&text)?;
            Ok(Exit::Clean)
        }
        None => Err(Problem::new(
            "explain-unknown",
            "no rule, category, detector or helpdesk has this name",
            "`olvido catalogue list` lists them all",
        )
        .into()),
    }
}

fn rule(name: &str, policies: &Policies) -> Option<String> {
    let card: RuleCard = policies.rules.cards().into_iter().find(|card| card.id == name)?;
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

fn detector(name: &str, policies: &Policies) -> Option<String> {
    policies.catalogue.explain(name)
}
