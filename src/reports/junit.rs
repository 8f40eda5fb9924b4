//! JUnit XML, as Jenkins, GitLab and Azure Pipelines read it.
//!
//! A suite `rules` has a test case for each rule that met something, a suite `coverage` one for each kind of
//! gap: what was not read is an error there, never a pass. Element and attribute names keep to the
//! schema of Apache Ant's reports and to that of Jenkins, which both ask for less than is written here.

use std::io::{self, Write};

use super::totals::{Ending, Row, Totals};
use super::{Emitter, Needs, Spool, words};
use crate::findings::{Target, escape};
use crate::records::was_read;

/// `junit`
pub(super) struct Junit;

/// A test case before it is written.
struct Case {
    family: String,
    name: String,
    outcome: Outcome,
}

/// What came of it.
enum Outcome {
    Passed,
    Skipped(String),
    /// Message, type, text.
    Failed(String, &'static str, String),
    Error(String, &'static str, String),
}

impl Emitter for Junit {
    fn needs(&self) -> Needs {
        Needs { detections: false, ..Needs::ALL }
    }

    fn emit(&self, spool: &Spool, out: &mut dyn Write) -> io::Result<()> {
        let totals = Totals::of(spool, self.needs())?;
        out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")?;
        let rules: Vec<Case> = totals.rows().iter().filter_map(|row| rule(row, &totals)).collect();
        suite(out, 0, "rules", &totals, &rules, &notes(&totals))?;
        suite(out, 1, "coverage", &totals, &coverage(&totals), "")?;
        out.write_all(b"</testsuites>\n")
    }
}

fn rule(row: &Row, totals: &Totals) -> Option<Case> {
    if row.is_inventory() && row.seen.gated == 0 {
        return None;
    }
    let title = row.card.as_ref().map_or(row.id.as_str(), |card| card.title.as_str());
    let places = row.seen.places.join("\n");
    let opens: u64 = row.seen.open.values().sum();
    let missing: Vec<&str> = row.seen.missing.iter().map(String::as_str).collect();
    let open =
        || format!("{title}: {} cannot be shown; missing: {}", words::number(opens), missing.join(", "));
    let gate_open = totals.run.gate.is_some_and(|gate| gate.open);
    let outcome = match row.ending() {
        Ending::Failed | Ending::Noted if row.seen.gated > 0 => {
            let message = format!("{title}: {} findings", words::number(row.fails()));
            Outcome::Failed(message, words::severity_id(row.severity()), places)
        }
        Ending::Failed | Ending::Noted => Outcome::Skipped(format!(
            "{title}: {} findings below the gate, of severity {}",
            words::number(row.fails()),
            words::severity_id(row.severity())
        )),
        Ending::Open if gate_open && row.seen.gated > 0 => Outcome::Error(open(), "open", places),
        Ending::Open => Outcome::Skipped(open()),
        Ending::Review => Outcome::Skipped(format!("{title}: a person must answer")),
        Ending::Passed => Outcome::Passed,
        Ending::Unmet => return None,
    };
    let (family, name) = row.id.split_once('/').unwrap_or(("rules", &row.id));
    Some(Case { family: family.to_owned(), name: name.to_owned(), outcome })
}

fn coverage(totals: &Totals) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |name: &str, outcome| {
        cases.push(Case { family: "coverage".to_owned(), name: name.to_owned(), outcome })
    };
    match &totals.summary {
        None => {
            let message = "the lines of the run end early: nothing speaks for the rest".to_owned();
            case("the run ended", Outcome::Error(message, "cut-off", String::new()));
        }
        Some(summary) if summary.interrupted => {
            let message = "the run was interrupted: nothing speaks for what was not reached".to_owned();
            case("the run ended", Outcome::Error(message, "interrupted", String::new()));
        }
        Some(_) => case("the run ended", Outcome::Passed),
    }
    for ((class, code), lost) in &totals.gaps {
        let left = lost.count - lost.accepted;
        let name = format!("{class} {code}");
        case(
            &name,
            match (class.as_str(), left) {
                ("by-nature", _) if was_read(code) => {
                    let how = "read with a listed password or a program of the system";
                    Outcome::Skipped(format!("{} {how}", words::number(lost.count)))
                }
                ("by-nature", _) => {
                    Outcome::Skipped(format!("{} with nothing to read by nature", words::number(lost.count)))
                }
                (_, 0) => Outcome::Skipped(format!("{} accepted in olvido.yaml", words::number(lost.count))),
                _ => {
                    let message = format!("{} items or parts were not read", words::number(left));
                    Outcome::Error(message, "gap", lost.message.clone())
                }
            },
        );
    }
    cases
}

fn notes(totals: &Totals) -> String {
    let Some(summary) = &totals.summary else { return String::new() };
    format!(
        "{} of {} items read, {} not read in whole; at least {} people; status {}",
        words::number(summary.read),
        words::number(summary.items),
        words::number(summary.not_read),
        words::number(summary.people_at_least),
        summary.status
    )
}

fn suite(
    out: &mut dyn Write,
    id: usize,
    name: &str,
    totals: &Totals,
    cases: &[Case],
    notes: &str,
) -> io::Result<()> {
    let count = |of: fn(&Outcome) -> bool| cases.iter().filter(|case| of(&case.outcome)).count();
    write!(
        out,
        "  <testsuite id=\"{id}\" package=\"olvido\" name=\"{name}\" hostname=\"localhost\" timestamp=\"{}\" \
         tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">\n    <properties>\n",
        text(&timestamp(&totals.run.as_of)),
        cases.len(),
        count(|outcome| matches!(outcome, Outcome::Failed(..))),
        count(|outcome| matches!(outcome, Outcome::Error(..))),
        count(|outcome| matches!(outcome, Outcome::Skipped(_))),
    )?;
    for (name, value) in [
        ("version", totals.run.version.as_str()),
        ("packs", &totals.run.packs.join(" ")),
        ("jurisdictions", &totals.run.jurisdictions.join(" ")),
        ("key", totals.run.key.as_deref().unwrap_or("")),
        ("ledger", totals.run.ledger.as_deref().unwrap_or("")),
    ] {
        if name == "ledger" && value.is_empty() {
            continue;
        }
        writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", text(value))?;
    }
    out.write_all(b"    </properties>\n")?;
    for case in cases {
        write_case(out, case)?;
    }
    writeln!(out, "    <system-out>{}</system-out>\n    <system-err/>\n  </testsuite>", text(notes))
}

fn write_case(out: &mut dyn Write, case: &Case) -> io::Result<()> {
    let (name, class) = (text(&case.name), text(&case.family));
    write!(out, "    <testcase name=\"{name}\" classname=\"olvido.{class}\" time=\"0\"")?;
    let (element, (message, kind, body)) = match &case.outcome {
        Outcome::Passed => return out.write_all(b"/>\n"),
        Outcome::Skipped(message) => {
            return writeln!(out, "><skipped message=\"{}\"/></testcase>", text(message));
        }
        Outcome::Failed(message, kind, body) => ("failure", (message, kind, body)),
        Outcome::Error(message, kind, body) => ("error", (message, kind, body)),
    };
    let body: Vec<String> = body.lines().map(text).collect();
    writeln!(
        out,
        "><{element} message=\"{}\" type=\"{kind}\">{}</{element}></testcase>",
        text(message),
        body.join("\n")
    )
}

fn text(text: &str) -> String {
    escape(Target::Xml, text).into_owned()
}

/// Ant's schema knows no zone: `2026-11-22T00:00:00`.
fn timestamp(as_of: &str) -> String {
    match as_of.get(..19).filter(|_| as_of.as_bytes().get(10) == Some(&b'T')) {
        Some(instant) => instant.to_owned(),
        None => format!("{}T00:00:00", as_of.get(..10).unwrap_or("1970-01-01")),
    }
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn an_instant_has_no_zone() {
        assert_eq!(timestamp("2026-11-22T09:08:07Z"), "2026-11-22T09:08:07");
        assert_eq!(timestamp("2026-11-22"), "2026-11-22T00:00:00");
        assert_eq!(timestamp(""), "1970-01-01T00:00:00");
    }
}
