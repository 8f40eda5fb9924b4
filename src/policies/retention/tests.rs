//! Decisions: single cases from the law, then properties over all of them.

use proptest::prelude::*;

use super::*;
use crate::problem::Problem;
use crate::records::{FactId, FactValue, Facts, RecordKind, Stamp, Supplier};

const TABLE: &str = "\
schema: olvido/retention/v1
approved_by: DPO
approved_on: 2026-01-01
kinds:
  - id: request
    on: ticket
    soft: P1Y
    keep: P3Y
    source: decision 7
    jurisdictions:
      es: {block_for: P3Y, source: LOPDGDD 32}
      de: {round: year-end, source: BGB 199}
  - id: invoice
    on: ticket
    select: {tags: [invoice, Rechnung]}
    minimum: P6Y
    keep: P10Y
    source: HGB 257
  - id: complaint
    on: ticket
    select: {forms: ['12'], channels: [email]}
    keep: P5Y
    source: decision 8
  - {id: answer, on: survey, keep: P1Y, source: decision 9}
";

fn schedule(text: &str, countries: &[&str]) -> Result<Schedule, Vec<Problem>> {
    let countries: Vec<String> = countries.iter().map(|code| (*code).to_owned()).collect();
    Schedule::read("retention.yaml", text, &countries, Stamp::parse("2026-11-22").unwrap())
}

fn table(countries: &[&str]) -> Schedule {
    schedule(TABLE, countries).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn at(text: &str) -> i64 {
    Stamp::parse(text).unwrap().seconds
}

fn facts(pairs: &[(&str, &str)]) -> Facts {
    let mut facts = Facts::default();
    for (name, value) in pairs {
        let fact = FactId::named(name).unwrap();
        let value = match *name {
            "tags" => FactValue::Words(vec![(*value).to_owned()]),
            "soft_deleted" => FactValue::Bool(*value == "true"),
            _ => match Stamp::parse(value) {
                Some(stamp) => FactValue::Stamp(stamp),
                None => FactValue::Word((*value).into()),
            },
        };
        facts.set(fact, value, Supplier::Export);
    }
    facts
}

fn closed<'a>(more: &[(&'a str, &'a str)]) -> Facts {
    facts(&[&[("status", "closed")], more].concat())
}

fn state(schedule: &Schedule, facts: &Facts, now: &str) -> String {
    let decision = schedule.decide(RecordKind::Ticket, facts, None, at(now));
    let until = decision.keep.next().map_or(String::new(), |next| format!(" until {}", next.to_rfc3339()));
    format!("{}{until}", decision.keep.name())
}

#[test]
fn a_request_goes_through_its_steps() {
    let table = table(&[]);
    let request = closed(&[("last_subject_contact_at", "2020-02-29T10:00:00Z"), ("closed_at", "2020-05-01")]);
    for (now, wanted) in [
        ("2020-03-01", "within until 2023-02-28T10:00:00Z"),
        ("2021-02-28T10:00:00Z", "past-soft until 2023-02-28T10:00:00Z"),
        ("2023-02-28T09:59:59Z", "past-soft until 2023-02-28T10:00:00Z"),
        ("2023-02-28T10:00:00Z", "expired"),
    ] {
        assert_eq!(state(&table, &request, now), wanted, "{now}");
    }
    let decision = table.decide(RecordKind::Ticket, &request, None, at("2026-11-22"));
    assert_eq!(decision.clock.map(|clock| clock.start), Some(Start::LastSubjectContact));
    assert_eq!((decision.period, decision.source), (Some("P3Y"), Some("decision 7")));
    assert_eq!(decision.kinds, ["request"]);
    assert!(decision.keep.may_go());
}

#[test]
fn the_clock_is_the_first_date_that_is_known_and_never_the_last_change() {
    let table = table(&[]);
    let clock = |pairs: &[(&str, &str)]| {
        table.decide(RecordKind::Ticket, &closed(pairs), None, at("2026-11-22")).clock.map(|c| c.start)
    };
    assert_eq!(clock(&[("closed_at", "2020-01-01"), ("solved_at", "2019-12-01")]), Some(Start::Closed));
    assert_eq!(clock(&[("solved_at", "2019-12-01")]), Some(Start::Solved));
    assert_eq!(clock(&[("updated_at", "2019-12-01"), ("created_at", "2011-12-01")]), None);
    let refused = schedule(&TABLE.replace("    soft: P1Y", "    clock: [updated]\n    soft: P1Y"), &[]);
    assert_eq!(refused.err().unwrap()[0].code, "retention-clock");
}

#[test]
fn what_cannot_be_decided_is_never_expired() {
    let table = table(&[]);
    for (pairs, missing) in [
        (vec![("status", "closed")], "last_subject_contact_at"),
        (vec![("status", "unknown"), ("closed_at", "2001-01-01")], "status"),
        (vec![("closed_at", "2001-01-01")], "status"),
        (
            vec![("status", "closed"), ("last_subject_contact_at", "unknown"), ("closed_at", "2001-01-01")],
            "last_subject_contact_at",
        ),
        (vec![("status", "closed"), ("closed_at", "2031-01-01")], "closed_at"),
    ] {
        let decision = table.decide(RecordKind::Ticket, &facts(&pairs), None, at("2026-11-22"));
        assert_eq!(decision.keep, Keep::Undecidable { missing }, "{pairs:?}");
    }
    let open = facts(&[("status", "open"), ("last_subject_contact_at", "2001-01-01")]);
    assert_eq!(state(&table, &open, "2026-11-22"), "active");
    // What the vendor marks deleted has ended.
    let binned = facts(&[("status", "open"), ("soft_deleted", "true"), ("closed_at", "2001-01-01")]);
    assert_eq!(state(&table, &binned, "2026-11-22"), "expired");
}

#[test]
fn what_the_schedule_does_not_name_is_unclassified() {
    let table = table(&[]);
    let decision = table.decide(RecordKind::Chat, &facts(&[]), None, at("2026-11-22"));
    assert_eq!(decision.keep, Keep::Unclassified);
    let only_invoices = TABLE.replace("  - id: request\n    on: ticket\n", "  - id: request\n    on: call\n");
    let table = schedule(&only_invoices, &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(state(&table, &closed(&[("closed_at", "2001-01-01")]), "2026-11-22"), "unclassified");
}

#[test]
fn a_hold_is_stronger_than_a_minimum_and_that_than_a_maximum() {
    let table = table(&[]);
    let invoice = closed(&[("tags", "RECHNUNG"), ("closed_at", "2018-06-01")]);
    assert_eq!(state(&table, &invoice, "2024-05-31"), "minimum until 2024-06-01");
    assert_eq!(state(&table, &invoice, "2024-06-01"), "within until 2028-06-01");
    assert_eq!(state(&table, &invoice, "2028-06-01"), "expired");
    let held = table.decide(RecordKind::Ticket, &invoice, Some("HOLD-7"), at("2040-01-01"));
    assert_eq!(held.keep, Keep::Held { hold: "HOLD-7" });
    assert!(held.due.is_some() && !held.keep.may_go());
}

#[test]
fn of_several_kinds_the_longest_minimum_and_the_shortest_maximum_hold() {
    let table = table(&[]);
    let both =
        closed(&[("tags", "invoice"), ("form", "12"), ("channel", "email"), ("closed_at", "2018-06-01")]);
    let decision = table.decide(RecordKind::Ticket, &both, None, at("2023-07-01"));
    assert_eq!(decision.kinds, ["invoice", "complaint"]);
    assert!(decision.conflict, "six years at least, five at most");
    assert_eq!(decision.keep.name(), "minimum");
    assert_eq!(state(&table, &both, "2024-06-01"), "expired");
    // One of two things a row chooses by is not enough.
    let other = closed(&[("form", "12"), ("channel", "web"), ("closed_at", "2018-06-01")]);
    assert_eq!(table.decide(RecordKind::Ticket, &other, None, at("2023-07-01")).kinds, ["request"]);
}

#[test]
fn spain_blocks_before_it_destroys() {
    let table = table(&["es"]);
    let request = closed(&[("closed_at", "2020-01-15")]);
    let expired = table.decide(RecordKind::Ticket, &request, None, at("2023-01-15"));
    assert_eq!(
        expired.keep,
        Keep::Expired {
            since: Stamp { zone_known: true, ..Stamp::parse("2023-01-15").unwrap() },
            then: Then::Block { term: "P3Y" }
        }
    );
    assert!(!expired.keep.may_go());
    let blocked = closed(&[("closed_at", "2020-01-15"), ("blocked_at", "2023-02-01")]);
    assert_eq!(state(&table, &blocked, "2026-01-31"), "blocked until 2026-02-01");
    assert_eq!(state(&table, &blocked, "2026-02-01"), "expired");
    assert!(table.decide(RecordKind::Ticket, &blocked, None, at("2026-02-01")).keep.may_go());
}

#[test]
fn germany_counts_from_the_end_of_the_year_and_two_laws_give_the_stricter() {
    let request = closed(&[("closed_at", "2020-01-15")]);
    assert_eq!(state(&table(&["de"]), &request, "2023-01-16"), "past-soft until 2023-12-31T23:00:00Z");
    assert_eq!(state(&table(&["de", "fr"]), &request, "2023-01-16"), "expired");
    assert_eq!(state(&table(&["fr"]), &request, "2023-01-16"), "expired");
}

#[test]
fn a_schedule_is_adopted_by_a_person_on_a_day_that_has_come() {
    assert!(table(&[]).is_adopted());
    let later = TABLE.replace("2026-01-01", "2026-12-01");
    assert!(!schedule(&later, &[]).ok().unwrap().is_adopted());
    let nobody = TABLE.replace("approved_by: DPO\napproved_on: 2026-01-01\n", "");
    assert!(!schedule(&nobody, &[]).ok().unwrap().is_adopted());
}

#[test]
fn every_mistake_names_its_line() {
    for (from, to, code, line) in [
        ("retention/v1", "retention/v9", "retention-schema", 1),
        ("approved_by: DPO", "approved_by: ''", "retention-approval", 3),
        ("2026-01-01", "last spring", "retention-date", 3),
        ("    on: ticket\n    soft", "    on: tickets\n    soft", "retention-record", 6),
        ("keep: P3Y", "keep: 3 years", "retention-period", 8),
        ("soft: P1Y", "soft: P4Y", "retention-order", 7),
        ("minimum: P6Y", "minimum: P16Y", "retention-order", 16),
        ("source: decision 7", "source: ' '", "retention-source", 5),
        ("      es:", "      spain:", "retention-country", 11),
        ("round: year-end", "round: year", "retention-round", 12),
        ("{tags: [invoice, Rechnung]}", "{tag: [invoice]}", "retention-select", 15),
        ("{tags: [invoice, Rechnung]}", "{tags: []}", "retention-select", 15),
        ("  - id: invoice", "  - id: request", "retention-duplicate", 13),
        ("  - id: invoice", "  - id: Invoice 2", "retention-id", 13),
        ("    keep: P3Y", "    kep: P3Y", "retention-yaml", 8),
    ] {
        let problem =
            schedule(&TABLE.replacen(from, to, 1), &[]).err().unwrap_or_else(|| panic!("{to}")).remove(0);
        assert_eq!((problem.code, problem.at.map(|at| at.line)), (code, Some(line)), "{to}");
    }
}

#[test]
fn the_proposed_schedule_is_nobodys_and_covers_every_kind_of_record() {
    for countries in [&[][..], &["es"], &["fr"], &["de"], &["gb"]] {
        let proposed = schedule(PROPOSED.1, countries).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert!(!proposed.is_adopted());
        for kind in RecordKind::ALL.into_iter().filter(|kind| Schedule::governs(*kind)) {
            assert!(proposed.kinds.iter().any(|row| row.on == kind), "{}", kind.name());
        }
    }
}

#[test]
fn what_the_archive_shows_is_a_schedule_as_it_stands() {
    let mut seen = ShownKinds::default();
    let mut show = |word: &str| word.replace("ana", "***");
    for (form, day) in [("12", "2019-01-01"), ("12", "2018-01-01"), ("ana", "2020-01-01")] {
        let mut other = ShownKinds::default();
        other.record(
            "zendesk",
            RecordKind::Ticket,
            &closed(&[("form", form), ("closed_at", day)]),
            &mut show,
        );
        seen.add(other);
    }
    let text = seen.render();
    assert!(text.contains("The archive shows 3 tickets, oldest 2018-01-01 (closed)."), "{text}");
    assert!(text.contains("select: {forms: [\"12\"]}    2 tickets, oldest 2018-01-01 (closed)"), "{text}");
    assert!(text.contains("***") && !text.contains("\"ana\""), "{text}");
    assert!(!text.contains("on: chat"), "{text}");
    let read = schedule(&text, &[]).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    assert_eq!(read.kinds.len(), 2);
    assert!(schedule(&ShownKinds::default().render(), &[]).is_ok());
}

/// A whole number of days since 1990.
fn day() -> impl Strategy<Value = i64> {
    (7_305i64..22_000).prop_map(|day| day * 86_400)
}

fn request(contact: Option<i64>, closed: Option<i64>, tag: &str) -> Facts {
    let mut facts = facts(&[("status", "closed"), ("tags", tag)]);
    for (name, at) in [("last_subject_contact_at", contact), ("closed_at", closed)] {
        if let Some(at) = at.and_then(Stamp::from_epoch) {
            facts.set(FactId::named(name).unwrap(), FactValue::Stamp(at), Supplier::Export);
        }
    }
    facts
}

proptest! {
    /// Nothing is deleted that is held, whose minimum has not come, or whose date nobody knows; and with time
    /// a record only ever becomes more expired.
    #[test]
    fn edges_hold(contact in proptest::option::of(day()), closed in proptest::option::of(day()),
                  invoice: bool, now in day(), more in 0i64..20_000, held: bool, country in 0usize..4) {
        let table = table([&[][..], &["es"], &["de"], &["es", "de"]][country]);
        let facts = request(contact, closed, if invoice { "invoice" } else { "other" });
        let hold = held.then_some("H");
        let decide = |now| table.decide(RecordKind::Ticket, &facts, hold, now);
        let first = decide(now);
        let clock = contact.or(closed).filter(|at| *at <= now + 86_400);
        if held {
            prop_assert_eq!(&first.keep, &Keep::Held { hold: "H" });
            return Ok(());
        }
        match clock {
            None => prop_assert!(matches!(first.keep, Keep::Undecidable { .. }), "{:?}", first),
            Some(from) => {
                let years = (now - from) / 31_536_000;
                let least = if invoice { 6 } else { 3 };
                if years < least - 1 {
                    prop_assert!(!matches!(first.keep, Keep::Expired { .. }), "{:?}", first);
                }
                if invoice && years < 5 {
                    prop_assert!(matches!(first.keep, Keep::Minimum { .. }), "{:?}", first);
                }
            }
        }
        if let Keep::Expired { since, .. } = first.keep {
            prop_assert!(since.seconds <= now);
            let later = decide(now + more * 86_400);
            prop_assert!(matches!(later.keep, Keep::Expired { .. }), "{:?}", later);
        }
        // The answer changes when it says so, and not before.
        if let Some(next) = first.keep.next() {
            prop_assert!(next.seconds > now);
            prop_assert_ne!(decide(next.seconds).keep.name(), "undecidable");
            prop_assert_ne!(decide(next.seconds).keep, first.keep);
        }
    }
}
