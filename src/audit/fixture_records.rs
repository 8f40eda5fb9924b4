//! What the archives of `fixtures/helpdesks` are read as: every record with its facts and marks, what it points
//! to and what the survey joined to it, against the table beside the archive.
//!
//! A table is read line by line against its archive before it is committed, and never made anew to please a
//! run. `~` stands before what other records supplied.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::sight::Beside;
use super::{Audit, Config, Context, Control, Desk, OwnedPiece, Roots, Work, read_whole, whole};
use crate::catalogue::{Policies, PolicyFiles, Selection};
use crate::detectors::{Engine, Matcher};
use crate::findings::Fingerprints;
use crate::policies::exceptions::Exceptions;
use crate::records::{FactValue, Limits, Link, Record, RecordKind, Relation, Stamp, Supplier, Text};

/// The archives, each with its table of records.
const SYSTEMS: [&str; 13] = [
    "confluence",
    "jira",
    "liveagent",
    "mail",
    "mediawiki",
    "otobo",
    "otrs",
    "salesforce",
    "servicenow",
    "slack",
    "zendesk",
    "zendesk-guide",
    "znuny",
];

fn relation(link: &Link) -> &'static str {
    match link.relation {
        Relation::Ticket => "ticket",
        Relation::Comment => "comment",
        Relation::Article => "article",
        Relation::Requester => "requester",
        Relation::Author => "author",
        Relation::Assignee => "assignee",
        Relation::Involved => "involved",
        Relation::Organisation => "organisation",
        Relation::Same => "same",
        Relation::Answers => "answers",
        Relation::Topic => "topic",
    }
}

fn value(value: &FactValue) -> String {
    match value {
        FactValue::Bool(yes) => yes.to_string(),
        FactValue::Int(number) => number.to_string(),
        FactValue::Word(word) => word.to_string(),
        FactValue::Stamp(stamp) => stamp.to_rfc3339(),
        FactValue::Words(words) => format!("[{}]", words.join(" ")),
        FactValue::Text(text) => text.expose().replace(['\n', '\r'], "⏎"),
    }
}

fn written(record: &Record, context: &Context) -> String {
    let id = record.reference.id.as_ref().map_or("-", Text::expose);
    let mut out = format!("  {} {} {id}:", record.reference.system, record.reference.kind.name());
    let mut facts: Vec<String> = record
        .facts
        .iter()
        .filter(|(fact, ..)| fact.card().name != "id")
        .map(|(fact, known, by)| {
            let joined = if by == Supplier::Join { "~" } else { "" };
            format!("{joined}{}={}", fact.card().name, value(known))
        })
        .collect();
    facts.sort_by(|a, b| a.trim_start_matches('~').cmp(b.trim_start_matches('~')));
    for fact in facts {
        let _ = write!(out, " {fact}");
    }
    for link in &record.links {
        let _ = write!(out, " {}→{}:{}", relation(link), link.kind.name(), link.id.expose());
    }
    if record.reference.kind == RecordKind::Ticket {
        let _ = write!(out, " ~people={}", context.people_of_ticket(record));
    }
    out
}

impl Context {
    /// How many people the archive knows are joined to a ticket.
    fn people_of_ticket(&self, ticket: &Record) -> usize {
        let Some(id) = &ticket.reference.id else { return 0 };
        let mail = &*ticket.reference.system == "mail";
        let kind = if mail { RecordKind::Comment } else { RecordKind::Ticket };
        let hash = super::survey::RecordHash::of(self.hash_key(), &ticket.reference.system, kind, id);
        let join = self.tickets.get(hash);
        join.map_or(0, |join| join.people().filter(|id| self.by_id.contains_key(id)).count())
    }
}

/// All records below a folder, item by item in the order of the walk.
fn records(archive: &Path) -> String {
    let now = Stamp::parse("2026-11-22").unwrap();
    let selection =
        Selection { packs: &[], jurisdictions: &[], sources: &[], now, attestations: None, schedule: None };
    let policies = Policies::load(&PolicyFiles::builtin(), &selection);
    let policies = policies.map_err(|problems| problems[0].to_string()).unwrap();
    let matcher = Matcher::new(&policies.catalogue, Engine::Fast).ok().unwrap();
    let (config, control, fingerprints) = (Config::default(), Control::default(), Fingerprints::positional());
    let exceptions = Exceptions::default();
    let audit = Audit {
        policies: &policies,
        matcher: &matcher,
        config: &config,
        fingerprints: &fingerprints,
        limits: Limits::default(),
        now,
        threads: 1,
        hash_key: [7; 16],
        exceptions: &exceptions,
        references: None,
        control: &control,
        explain: false,
        suppression: None,
        attachments: Default::default(),
    };
    let roots = Roots::new(vec![archive.to_path_buf()]);
    let (context, _) = audit.survey(&roots).unwrap();
    let mut out = String::new();
    let done: Result<(), ()> = audit
        .each(
            &roots,
            true,
            |work| match work {
                Work::Items(items) => items
                    .into_iter()
                    .map(|item| {
                        let (bytes, _) = read_whole(&item).ok().unwrap();
                        read(&audit, &context, whole(item, bytes, Vec::new()))
                    })
                    .collect(),
                Work::Piece(piece) => read(&audit, &context, *piece),
                Work::Gap(..) | Work::Folder(_) | Work::Excluded => String::new(),
            },
            |text| {
                out.push_str(&text);
                Ok(())
            },
        )
        .unwrap();
    assert!(done.is_ok());
    out
}

fn read(audit: &Audit<'_>, context: &Context, piece: OwnedPiece) -> String {
    let sight = audit.sight(context);
    let mut out = String::new();
    let mut todo = vec![(piece, audit.limits.clone())];
    while let Some((piece, limits)) = todo.pop() {
        let origin = &piece.item.origin;
        let folder = "/archive/";
        let path = origin.path.expose();
        let mut name = path.split_once(folder).map_or(path, |(_, rest)| rest).to_owned();
        for inner in origin.inner.iter() {
            name = format!("{name}!{}", inner.expose());
        }
        let mut lines = String::new();
        let mut visit = |block: &crate::records::Block, _: &[crate::records::Detection]| {
            let told = block.records.iter().filter(|record| record.reference.kind != RecordKind::File);
            for record in told.filter(|record| !record.continues) {
                lines.push_str(&written(record, context));
                lines.push('\n');
            }
        };
        let Beside { members, gaps } = sight.read(&piece, &limits, &mut Desk::default(), &mut visit);
        let told = piece.item.told_name.as_ref().map(|told| format!(" (called {})", told.expose()));
        let _ = write!(out, "{name}{}\n{lines}", told.unwrap_or_default());
        for gap in gaps {
            let _ = writeln!(out, "  gap {}", gap.code);
        }
        let mut opened = Vec::new();
        for (before, member) in (0u64..).zip(members) {
            match sight.open(&piece, before, member, &limits) {
                Ok(inside) => opened.push(inside),
                Err(gap) => drop(writeln!(out, "  gap {}", gap.code)),
            }
        }
        todo.extend(opened.into_iter().rev());
    }
    out
}

fn case(system: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/helpdesks").join(system)
}

#[test]
fn archives_are_read_as_their_tables_say() {
    let mut wrong = Vec::new();
    for system in SYSTEMS {
        let got = records(&case(system).join("archive"));
        let wanted = std::fs::read_to_string(case(system).join("records.txt")).unwrap_or_default();
        let (got_lines, wanted_lines) = (got.lines().count(), wanted.lines().count());
        let differs = wanted.lines().zip(got.lines()).find(|(wanted, got)| wanted != got);
        if let Some((wanted, got)) = differs {
            wrong.push(format!("{system}: wanted\n{wanted}\ngot\n{got}"));
        } else if got_lines != wanted_lines {
            wrong.push(format!("{system}: wanted {wanted_lines} lines, got {got_lines}:\n{got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_archive_has_its_table() {
    let folders = std::fs::read_dir(case("")).unwrap().flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> =
        folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, SYSTEMS);
}
