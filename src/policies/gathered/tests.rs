use super::told::set;
use super::*;
use crate::records::Text;

fn facts(pairs: &[(&str, FactValue)]) -> Facts {
    let mut facts = Facts::default();
    for (name, value) in pairs {
        set(&mut facts, name, value.clone());
    }
    facts
}

fn words(text: &str) -> FactValue {
    FactValue::Word(text.into())
}

fn day(text: &str) -> FactValue {
    FactValue::Stamp(Stamp::parse(text).unwrap())
}

fn agent(mail: &str, role: &str) -> Facts {
    facts(&[("role", words(role)), ("mail", FactValue::Text(Text::new(mail)))])
}

fn number(facts: &Facts, name: &str) -> Option<i64> {
    match get(facts, name) {
        Some(FactValue::Int(value)) => Some(*value),
        _ => None,
    }
}

fn now() -> Stamp {
    Stamp::parse("2026-11-22").unwrap()
}

#[test]
fn agents_are_held_against_the_training_register_by_address_or_id_in_any_order() {
    let trained = |person: &str, day: FactValue| {
        facts(&[("person", FactValue::Text(Text::new(person))), ("completed_at", day)])
    };
    let mut first = Gathered::default();
    first.record(RecordKind::Training, None, &trained(" ANA@example.org", day("2026-01-01")));
    first.record(RecordKind::Training, None, &trained("ana@example.org", day("2024-01-01")));
    let mut second = Gathered::default();
    second.record(RecordKind::Person, Some("1"), &agent("ana@example.org", "agent"));
    second.record(RecordKind::Person, Some("7"), &agent("bea@example.org", "admin"));
    second.record(RecordKind::Person, Some("8"), &agent("carla@example.org", "end-user"));
    second.record(RecordKind::Training, None, &trained("9", day("2020-01-01")));
    second.add(first);
    let facts = second.facts(&[], 0, now());
    assert_eq!((number(&facts, "agents"), number(&facts, "agents_untrained")), (Some(2), Some(1)));
    assert!(
        get(&facts, "stalest_training_at")
            == Some(&FactValue::Stamp(Stamp::from_epoch(1_767_225_600).unwrap()))
    );
    second.record(RecordKind::Training, None, &trained("7", words("unknown")));
    let facts = second.facts(&[], 0, now());
    assert_eq!(number(&facts, "agents_untrained"), Some(0));
    let unreadable = FactValue::Word("unreadable".into());
    assert!(
        get(&facts, "stalest_training_at") == Some(&unreadable),
        "a date nobody can read may be the newest"
    );
}

#[test]
fn a_leaver_counts_from_the_day_after_the_last_one() {
    let leaver = |left: FactValue| {
        facts(&[("person", FactValue::Text(Text::new("ana@example.org"))), ("left_at", left)])
    };
    for (left, wanted) in
        [(day("2026-11-21"), Some(1)), (day("2026-11-22"), Some(0)), (words("unknown"), None)]
    {
        let mut gathered = Gathered::default();
        gathered.record(RecordKind::Person, None, &agent("ana@example.org", "agent"));
        gathered.record(RecordKind::Leaver, None, &leaver(left));
        assert_eq!(number(&gathered.facts(&[], 0, now()), "leavers_active"), wanted);
    }
}

#[test]
fn nothing_is_said_of_registers_nobody_supplied() {
    let mut gathered = Gathered::default();
    gathered.record(RecordKind::Ticket, Some("1"), &Facts::default());
    let facts = gathered.facts(&["email-address"], 2, now());
    let names: Vec<&str> = facts.iter().map(|(fact, ..)| fact.card().name).collect();
    assert_eq!(names, ["records_read", "gaps", "manifests"]);
    gathered.record(RecordKind::Processor, None, &Facts::default());
    assert_eq!(number(&gathered.facts(&[], 0, now()), "breaches"), Some(0));
}

#[test]
fn the_manifest_somebody_names_is_the_one_that_counts() {
    let manifest = |category: &str| facts(&[("allowed_categories", FactValue::Words(vec![category.into()]))]);
    let mut gathered = Gathered::default();
    gathered.record(RecordKind::ExportManifest, None, &manifest("iban"));
    gathered.record(RecordKind::ExportManifest, None, &Facts::default());
    gathered.declare(&manifest("email-address"));
    let facts = gathered.facts(&["iban", "email-address"], 0, now());
    assert_eq!(number(&facts, "categories_untreated"), Some(1));
    assert_eq!(gathered.manifests(), 3);
}

#[test]
fn a_manifest_without_categories_allows_nothing_and_tells_nothing() {
    let manifest = |pairs: &[(&str, FactValue)]| {
        let mut gathered = Gathered::default();
        gathered.record(RecordKind::ExportManifest, None, &facts(pairs));
        number(&gathered.facts(&["iban", "email-address"], 0, now()), "categories_untreated")
    };
    let allowed = FactValue::Words(vec!["Email-Address".into()]);
    assert_eq!(manifest(&[("allowed_categories", allowed)]), Some(1));
    assert_eq!(manifest(&[]), None);
}
