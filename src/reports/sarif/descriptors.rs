//! Rules and notifications as reporting descriptors (SARIF 2.1.0 §3.49).

use std::collections::BTreeSet;

use serde_json::json;
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor,
};

use super::taxonomies::{Taxonomies, ground_uri};
use crate::findings::{RuleCard, Severity, Target, escape};

/// GitHub shows at most this many characters of a short or full description.
const DESCRIPTION: usize = 1024;
/// GitHub shows ten tags of a rule.
const TAGS: usize = 10;

/// A rule. Every text is filled, since GitHub refuses empty ones.
pub(super) fn rule(card: &RuleCard, taxonomies: &Taxonomies) -> ReportingDescriptor {
    let title = if card.title.trim().is_empty() { card.id.as_str() } else { card.title.as_str() };
    let severity = card.severity.unwrap_or(Severity::Warning);
    let about = first_paragraph(&card.help).unwrap_or_else(|| title.to_owned());
    let mut rule = ReportingDescriptor::builder().id(card.id.as_str()).build();
    rule.name = Some(name(&card.id));
    rule.short_description = Some(text(&cut(title)));
    rule.full_description = Some(text(&cut(&about)));
    rule.help = Some(help(card, title));
    rule.help_uri = card.refs.iter().find_map(|reference| ground_uri(reference));
    rule.default_configuration = Some(ReportingConfiguration {
        level: Some(super::results::level_name(severity).into()),
        ..ReportingConfiguration::default()
    });
    let relationships = taxonomies.relationships(card);
    rule.relationships = (!relationships.is_empty()).then_some(relationships);
    rule.properties = Some(properties(card, severity));
    rule
}

fn properties(card: &RuleCard, severity: Severity) -> PropertyBag {
    // GitHub reads the number as critical above 9.0, high from 7.0, medium from 4.0, low from 0.1, and
    // `problem.severity` where a rule counts as quality and not as security.
    let (score, problem) = match severity {
        Severity::Error => ("8.0", "error"),
        Severity::Warning => ("5.5", "warning"),
        Severity::Note => ("2.0", "recommendation"),
    };
    // What a rule rests on: detections are estimates, facts of a record are read through a mapping,
    // facts of a file or the run are measured.
    let precision = match card.scope.as_str() {
        "detection" => "medium",
        "item" | "run" => "very-high",
        _ => "high",
    };
    let mut bag = PropertyBag { tags: Some(tags(card)), ..PropertyBag::default() };
    let mut set = |key: &str, value: serde_json::Value| {
        bag.additional_properties.insert(key.to_owned(), value);
    };
    set("precision", json!(precision));
    set("security-severity", json!(score));
    set("problem.severity", json!(problem));
    set("refs", json!(card.refs));
    set("scope", json!(card.scope));
    set("policy", json!(card.policy));
    set("proposed", json!(card.proposed));
    bag
}

fn tags(card: &RuleCard) -> Vec<String> {
    let family = card.id.split('/').next().unwrap_or_default();
    let mut tags: Vec<String> = ["privacy", "gdpr", "security", family].map(String::from).into();
    if card.proposed {
        tags.push(String::from("proposed"));
    }
    for reference in &card.refs {
        match reference.split_once(':') {
            Some(("GDPR", provision)) => {
                tags.push(format!("art-{}", provision.split('(').next().unwrap_or(provision)));
            }
            Some((law, _)) => tags.push(law.to_lowercase()),
            None => {}
        }
    }
    let mut seen = BTreeSet::new();
    tags.retain(|tag| !tag.is_empty() && tag.len() <= 64 && seen.insert(tag.clone()));
    tags.truncate(TAGS);
    tags
}

fn help(card: &RuleCard, title: &str) -> MultiformatMessageString {
    let mut plain = if card.help.trim().is_empty() { title.to_owned() } else { card.help.trim().to_owned() };
    let mut markdown = plain.clone();
    if !card.remedy.trim().is_empty() {
        plain.push_str(&format!("\n\nWhat to do: {}", card.remedy.trim()));
        markdown.push_str(&format!("\n\n**What to do:** {}", card.remedy.trim()));
    }
    if card.proposed {
        let note = "The period or bound is olvido's proposal; nobody has adopted it yet.";
        plain.push_str(&format!("\n\n{note}"));
        markdown.push_str(&format!("\n\n{note}"));
    }
    if !card.refs.is_empty() {
        plain.push_str(&format!("\n\nLegal ground: {}", card.refs.join(", ")));
        let linked: Vec<String> = card.refs.iter().map(|reference| linked(reference)).collect();
        markdown.push_str(&format!("\n\n**Legal ground:** {}", linked.join(", ")));
    }
    MultiformatMessageString::builder().text(plain).markdown(markdown).build()
}

fn linked(reference: &str) -> String {
    let shown = escape(Target::Markdown, reference);
    match ground_uri(reference) {
        Some(uri) => format!("[{shown}]({uri})"),
        None => shown.into_owned(),
    }
}

/// A notification, for gaps (`gap/…`) and what the report says of itself.
pub(super) fn notification(id: &str, about: &str, level: &str) -> ReportingDescriptor {
    let mut descriptor = ReportingDescriptor::builder().id(id).build();
    descriptor.name = Some(name(id));
    descriptor.short_description = Some(text(&cut(about)));
    descriptor.full_description = Some(text(&cut(about)));
    descriptor.default_configuration =
        Some(ReportingConfiguration { level: Some(level.into()), ..ReportingConfiguration::default() });
    descriptor
}

pub(super) fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// `retention/ticket-expired` as `RetentionTicketExpired`, at most 255 characters.
fn name(id: &str) -> String {
    let mut out = String::new();
    for word in id.split(|c: char| !c.is_alphanumeric()) {
        let mut letters = word.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.extend(letters);
    }
    out.chars().take(255).collect()
}

fn first_paragraph(help: &str) -> Option<String> {
    let paragraph = help.trim().split("\n\n").next()?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!paragraph.is_empty()).then_some(paragraph)
}

fn cut(text: &str) -> String {
    if text.chars().count() <= DESCRIPTION {
        return text.to_owned();
    }
    text.chars().take(DESCRIPTION - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_empty_or_too_long() {
        let long = RuleCard { id: "a/b-c".into(), help: "é".repeat(3000), ..RuleCard::default() };
        for card in [RuleCard { id: "x/y".into(), ..RuleCard::default() }, long] {
            let rule = rule(&card, &Taxonomies::default());
            for text in [rule.short_description.unwrap().text, rule.full_description.unwrap().text] {
                assert!(!text.is_empty() && text.chars().count() <= DESCRIPTION);
            }
            assert!(!rule.help.unwrap().text.is_empty());
        }
    }

    #[test]
    fn tags_are_few_and_each_once() {
        let refs = (1..30).map(|n| format!("GDPR:{n}(1)(a)")).chain(["GDPR:1(2)".into()]).collect();
        let card = RuleCard { id: "gdpr/x".into(), refs, ..RuleCard::default() };
        let tags = tags(&card);
        assert_eq!(tags.len(), TAGS);
        assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), TAGS);
        assert!(tags.contains(&"art-1".to_owned()));
    }

    #[test]
    fn names_are_one_word() {
        assert_eq!(name("retention/ticket-expired"), "RetentionTicketExpired");
    }
}
