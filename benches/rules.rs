//! What judging costs: a million tickets with twenty facts under every pack, by the CPU time of the process.
//! The bound is 40 µs a ticket.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, clippy::exit)]

mod measure;

use olvido::findings::Verdict;
use olvido::policies::retention::{PROPOSED, Schedule};
use olvido::policies::{Judgement, Observed, RuleSet, Selection, Subject, builtin};
use olvido::records::{
    Category, Confidence, FactId, FactValue, Facts, RecordKind, Stamp, Supplier, Text, ValueClass,
};

use measure::{cpu, verdict};

const TICKETS: u64 = 1_000_000;
const BOUND: f64 = 40.0;

fn word(text: &str) -> FactValue {
    FactValue::Word(text.into())
}

fn stamp(text: &str) -> FactValue {
    FactValue::Stamp(Stamp::parse(text).unwrap())
}

fn ticket() -> Facts {
    let text = |text: &str| FactValue::Text(Text::new(text));
    let mut facts = Facts::default();
    for (name, value) in [
        ("id", text("4001")),
        ("status", word("closed")),
        ("status_raw", word("closed")),
        ("created_at", stamp("2025-01-05T10:00:00Z")),
        ("updated_at", stamp("2026-01-05T10:00:00Z")),
        ("solved_at", stamp("2025-02-05T10:00:00Z")),
        ("closed_at", stamp("2025-02-06T10:00:00Z")),
        ("last_subject_contact_at", stamp("2025-02-01T10:00:00Z")),
        ("retention_clock_at", stamp("2025-02-01T10:00:00Z")),
        ("retention_clock", word("last-subject-contact")),
        ("channel", word("email")),
        ("tags", FactValue::Words(vec!["billing".into(), "vip".into(), "printer".into()])),
        ("soft_deleted", FactValue::Bool(false)),
        ("redacted", FactValue::Bool(false)),
        ("form", text("360001")),
        ("group", text("21")),
        ("brand", text("3")),
        ("queue", text("desk")),
        ("deleted_at", stamp("2026-02-06T10:00:00Z")),
        ("retention_classified", FactValue::Bool(true)),
    ] {
        facts.set(FactId::named(name).unwrap(), value, Supplier::Export);
    }
    facts
}

fn main() {
    let now = Stamp::parse("2026-11-22").unwrap();
    let packs: Vec<String> = builtin::PACKS
        .iter()
        .map(|(path, _)| path.rsplit('/').next().unwrap().trim_end_matches(".yaml").to_owned())
        .collect();
    let schedule = Schedule::read(PROPOSED.0, PROPOSED.1, &[], now).ok().map(std::sync::Arc::new);
    let selection = Selection { packs, schedule, ..Selection::new(now) };
    let rules = RuleSet::load_selected(builtin::RULES, builtin::PACKS, &selection).ok().unwrap();
    let facts = ticket();
    let mut derived = Facts::default();
    for name in ["subjects", "repeats", "heading_data", "hidden_data"] {
        derived.set(FactId::named(name).unwrap(), FactValue::Int(1), Supplier::Join);
    }
    let kinds = FactId::named("secret_kinds").unwrap();
    derived.set(kinds, FactValue::Words(Vec::new()), Supplier::Join);
    let seen =
        |category| Observed { category, confidence: Confidence::new(0.9), value_class: ValueClass::Real };
    let detections =
        [seen(Category::EMAIL_ADDRESS), seen(Category::PHONE_NUMBER), seen(Category::PERSON_NAME)];
    let mut out: Vec<Judgement> = Vec::new();
    let mut judge = |count: u64, scheduled: bool| {
        let (before, mut failed) = (cpu(), 0u64);
        for _ in 0..count {
            let mut own = facts.clone();
            if scheduled && let Some(schedule) = rules.schedule() {
                schedule.supply(RecordKind::Ticket, &mut own, now.seconds);
            }
            let subject = Subject {
                kind: RecordKind::Ticket,
                facts: &own,
                derived: Some(&derived),
                detections: &detections,
                detections_known: true,
            };
            out.clear();
            rules.judge(&subject, &mut out);
            failed += out.iter().filter(|judgement| judgement.verdict == Verdict::Fail).count() as u64;
        }
        ((cpu() - before) * 1e6 / count as f64, out.len(), failed / count)
    };
    judge(10_000, true);
    for (name, scheduled) in [("facts and rules", false), ("with the schedule", true)] {
        let (each, judged, failed) = judge(TICKETS, scheduled);
        let count = facts.iter().count();
        println!(
            "{name:<20} {each:6.2} µs a ticket of {count} facts (<= {BOUND}), {judged} rules, {failed} fail | {}",
            verdict(each <= BOUND)
        );
        if each > BOUND {
            std::process::exit(1);
        }
    }
}
