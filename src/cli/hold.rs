//! `olvido hold add`: a hold whose people and tickets are keyed references, never names.

use std::fs;
use std::path::Path;

use crate::audit::{HeldBy, References};
use crate::detectors::{BlockPeople, Engine, Matcher, Scratch};
use crate::disk::{SystemDisk, replace};
use crate::policies::exceptions::{Holds, Reference};
use crate::problem::Problem;
use crate::records::{Block, Category, Confidence, NewField, Ordinal, PathStore, Record, RecordKind, Role};

use super::Failure;
use super::args::{HoldAddArgs, PolicyArgs};
use super::clock;
use super::exit::Exit;
use super::output::print;
use super::progress::Progress;
use super::scan::audit;
use super::setup::Setup;

/// Adds a hold to the file of holds, and says how many records it covers.
pub(super) fn add(args: &HoldAddArgs) -> Result<Exit, Failure> {
    let setup = Setup::new(&args.read, &PolicyArgs::default())?;
    let matcher = Matcher::new(&setup.policies.catalogue, Engine::Fast)?;
    let references = references(args, &setup, &matcher)?;
    let text = file_with(args, &setup, &references)?;
    let shown = args.file.display().to_string();
    let holds = Holds::read(&shown, &text)?;
    let key = setup.key.as_ref().map(|key| key.id());
    let exceptions = crate::policies::exceptions::Exceptions { holds, ..Default::default() };
    exceptions.check_key(key)?;

    setup.catch_interrupts();
    let progress = Progress::show(&setup.control, "counting", args.read.quiet);
    let audit = crate::audit::Audit { exceptions: &exceptions, ..audit(&setup, &matcher) };
    let context = audit.survey(&setup.roots)?.0;
    let held_by = HeldBy { now: clock::now().seconds, ..audit.held_by() };
    let covered = audit.covered(&setup.roots, &context, &held_by)?;
    drop(progress);
    if setup.control.is_interrupted() {
        return Ok(Exit::Interrupted);
    }
    let records = covered.records.last().copied().unwrap_or(0);
    if records == 0 && !args.even_if_empty {
        let advice =
            "look at the numbers, the names and the day it begins; --even-if-empty places it all the same";
        let what = "the hold covers no record of what was named: nothing was written";
        return Err(Problem::new("hold-matches-nothing", what, advice).into());
    }
    replace(&SystemDisk, &args.file, text.as_bytes())?;
    print(&format!(
        "{} covers {records} records of what was named, and is in {shown}\n\
         It suspends deletion from {} until {}. Name the file as `holds:` in olvido.yaml.\n",
        args.id,
        placed_on(args),
        args.until
    ))?;
    if covered.unread > 0 {
        print(&format!(
            "{} items could not be read whole: records in them are not counted. Scan to see which.\n",
            covered.unread
        ))?;
        return Ok(Exit::Incomplete);
    }
    Ok(Exit::Clean)
}

fn placed_on(args: &HoldAddArgs) -> String {
    let today = || clock::now().to_rfc3339().get(..10).map(str::to_owned).unwrap_or_default();
    args.placed_on.clone().unwrap_or_else(today)
}

/// The references the arguments stand for.
fn references(args: &HoldAddArgs, setup: &Setup, matcher: &Matcher) -> Result<Vec<Reference>, Failure> {
    if args.subject_file.is_none() && args.tickets.is_none() {
        return Ok(Vec::new());
    }
    let Some(key) = &setup.key else {
        return Err(Problem::new(
            "hold-no-key",
            "references of people and tickets are keyed, and there is no key",
            "make one with `olvido key create`, or name one with --key",
        )
        .into());
    };
    let made = References::new(key);
    let mut references = Vec::new();
    if let Some(path) = &args.subject_file {
        for line in lines(path, "subject file")? {
            references.extend(subject(&line, &made, matcher).into_iter().map(|(_, reference)| reference));
        }
    }
    if let Some(path) = &args.tickets {
        let rows = lines(path, "list of tickets")?;
        let first_cell =
            |row: &str| row.split([',', ';', '\t']).next().unwrap_or("").trim().trim_matches('"').to_owned();
        let header = ["id", "ticket", "ticket_id", "ticket id", "number", "#"];
        let ids = rows.iter().map(|row| first_cell(row)).enumerate();
        let ids = ids
            .filter(|(at, id)| !id.is_empty() && (*at > 0 || !header.contains(&id.to_lowercase().as_str())));
        references.extend(ids.map(|(_, id)| made.record(RecordKind::Ticket, &id)));
    }
    if references.is_empty() {
        return Err(Problem::new("hold-empty-list", "the list names nothing", "write one a line").into());
    }
    references.sort_unstable();
    references.dedup();
    Ok(references)
}

pub(super) fn lines(path: &Path, what: &str) -> Result<Vec<String>, Problem> {
    let text = fs::read_to_string(path).map_err(|error| {
        Problem::new(
            "hold-list-unreadable",
            format!("the {what} could not be read: {}", error.kind()),
            "name a text file in UTF-8, one identifier a line",
        )
    })?;
    let text = text.trim_start_matches('\u{feff}');
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// What a line of a subject file names: `category: value`, else whatever is found in it, else a name.
pub(super) fn subject(line: &str, made: &References, matcher: &Matcher) -> Vec<(Category, Reference)> {
    if let Some((name, value)) = line.split_once(':')
        && let Some(category) = Category::named(name.trim())
    {
        return vec![(category, made.subject(category, value.trim()))];
    }
    let mut block = Block::default();
    let record = Record::new("file".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 });
    let at = block.push_record(record);
    block.push_field(line, NewField::verbatim(at, PathStore::ROOT, Role::Other, 0));
    let mut found = Vec::new();
    matcher.detect(&block, &BlockPeople::none(), &mut Scratch::default(), &mut found);
    let mut references = Vec::new();
    for detection in found.iter().filter(|one| one.confidence >= Confidence::REDACTED) {
        let span = detection.start as usize..detection.end as usize;
        let value = block.text().expose().get(span).unwrap_or("");
        // Of a longer line only what fills it is meant.
        if value.len() + 2 >= line.len() {
            let categories = std::iter::once(detection.category).chain(detection.also.iter().copied());
            references.extend(categories.map(|category| (category, made.subject(category, value))));
        }
    }
    if references.is_empty() {
        references.push((Category::PERSON_NAME, made.subject(Category::PERSON_NAME, line)));
    }
    references
}

/// The file of holds with one more.
fn file_with(args: &HoldAddArgs, setup: &Setup, references: &[Reference]) -> Result<String, Failure> {
    let key = setup.key.as_ref().map_or("", |key| key.id());
    let mut text = match fs::read_to_string(&args.file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = if references.is_empty() { String::new() } else { format!("key: {key}\n") };
            format!("schema: olvido/holds/v1\n{key}holds:\n")
        }
        Err(error) => {
            let what = format!("{} could not be read: {}", args.file.display(), error.kind());
            return Err(Problem::new("holds-unreadable", what, "name a file in UTF-8").into());
        }
    };
    // An empty list in flow style cannot be added to.
    text = text.replace("\nholds: []", "\nholds:");
    if !references.is_empty() && !text.lines().any(|line| line.starts_with("key:")) {
        text = text.replacen("\nholds:", &format!("\nkey: {key}\nholds:"), 1);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let list = |prefix: &str| {
        let of = references.iter().map(Reference::to_string).filter(|text| text.starts_with(prefix));
        of.map(|text| quoted(&text)).collect::<Vec<String>>().join(", ")
    };
    text.push_str(&format!(
        "  - id: {}\n    reason: {}\n    ground: {}\n    placed_by: {}\n    placed_on: {}\n    until: {}\n",
        quoted(&args.id),
        quoted(&args.reason),
        quoted(&args.ground),
        quoted(&args.by),
        quoted(&placed_on(args)),
        quoted(&args.until)
    ));
    if let Some(review) = &args.review_by {
        text.push_str(&format!("    review_by: {}\n", quoted(review)));
    }
    text.push_str("    scope:\n");
    let tags = args.tag.iter().map(|tag| quoted(tag)).collect::<Vec<String>>().join(", ");
    for (name, list) in [("subjects", list("s1:")), ("tickets", list("r1:")), ("tags", tags)] {
        if !list.is_empty() {
            text.push_str(&format!("      {name}: [{list}]\n"));
        }
    }
    Ok(text)
}
