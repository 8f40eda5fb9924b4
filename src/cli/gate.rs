//! `olvido gate`: whether an export may leave the house. Where anything is in doubt it may not.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::json;

use crate::audit::{Audit, Gate, Manifest, Outcome, Streamed, TO_COMPLETE};
use crate::detectors::Matcher;
use crate::disk::{SystemDisk, replace};
use crate::findings::{LineKind, Target, escape};
use crate::problem::Problem;
use crate::remedies::operators::{Operators, Pseudonyms};
use crate::remedies::{Done, Editing, Ending, Gated, Redaction, Stop, StreamGate};
use crate::reports::Spool;
use crate::sources::Roots;
use crate::vault::Purpose;

use super::Failure;
use super::args::{EditArgs, GateArgs};
use super::exit::Exit;
use super::output::{say, tell};
use super::redact::{language, stopped};
use super::reporting::{Reporting, writable};
use super::scan::{audit, context, engine};
use super::setup::Setup;

/// The pack that is used where none is named.
const PACK: &str = "export-gate";

/// Judges an export, and with `--redact` or `--stream` passes it on.
pub(super) fn gate(args: &GateArgs) -> Result<Exit, Failure> {
    let mut policies = args.run.policies.clone();
    if policies.pack.is_empty() {
        policies.pack = vec![PACK.to_owned()];
    }
    let setup = Setup::new(&args.run.read, &policies)?;
    let mut reporting = Reporting::new(&args.run.report, &setup, "en", true)?;
    check(args, &setup)?;
    let manifest = args.manifest.as_deref().map(|path| manifest(path, &setup)).transpose()?;
    let operators = operators(&args.edit, args.redact, &setup)?;
    let matcher = Matcher::new(&setup.policies.catalogue, engine(&args.run.report))?;
    let audit = Audit { explain: args.run.report.explain, ..audit(&setup, &matcher) };
    setup.catch_interrupts();
    let gate =
        Gate { status: reporting.gate, records_wanted: !args.allow_empty, manifest: manifest.as_ref() };
    if args.stream {
        let Some(manifest) = &manifest else { return no_manifest_to_stream(args, &setup) };
        let (context, _) = context(&args.run.report, args.run.read.quiet, &setup, &audit)?;
        let editing = args.redact.then(|| Editing {
            operators: &operators,
            allow: args.edit.allow_gaps.iter().cloned().collect(),
            key: setup.key.as_ref(),
        });
        let stream = StreamGate { audit: &audit, context: &context, manifest, gate, editing };
        return streamed(&stream, args, &setup, &mut reporting);
    }
    let (context, gap) = context(&args.run.report, args.run.read.quiet, &setup, &audit)?;
    if let Some(out) = &args.out {
        let redaction = Redaction {
            audit: &audit,
            context: &context,
            paths: args.run.read.paths.clone(),
            operators: &operators,
            allow: args.edit.allow_gaps.iter().cloned().collect(),
            key: setup.key.as_ref(),
            domain: &args.edit.domain,
            pseudonymised: false,
        };
        return redacted(&redaction, out, &gate, args, &setup, &mut reporting);
    }
    let (spool, outcome) =
        reporting.scan(&setup, &args.run.read, &audit, &setup.roots, &context, gap.as_ref(), &gate)?;
    report(args, &setup, &reporting, &spool, &outcome)
}

/// What cannot be asked for together.
fn check(args: &GateArgs, setup: &Setup) -> Result<(), Problem> {
    let problem = |code, what: &str, advice: &str| Err(Problem::new(code, what, advice));
    if args.redact && args.out.is_none() && !args.stream {
        let advice = "name a file with --out, or write to standard output with --stream";
        return problem("gate-no-output", "there is nowhere to write the redacted export to", advice);
    }
    if let Some(path) = &args.propose_manifest {
        writable(path)?;
    }
    if args.stream {
        let one = match args.run.read.paths.as_slice() {
            [path] => path.as_os_str() == "-" || path.is_file(),
            _ => false,
        };
        if !one {
            let advice = "name one file, or - for standard input";
            return problem("stream-one-item", "one export is streamed at a time", advice);
        }
    }
    if args.redact && setup.roots.has_stdin() && args.run.read.paths.len() > 1 {
        let advice = "redact standard input by itself";
        return problem("redact-stdin-among", "standard input is redacted into one file", advice);
    }
    Ok(())
}

fn manifest(path: &Path, setup: &Setup) -> Result<Manifest, Problem> {
    let bytes = fs::read(path).map_err(|error| {
        let what = format!("{} could not be read: {}", path.display(), error.kind());
        Problem::new("manifest-unreadable", what, "name the export's manifest, a JSON file")
    })?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Manifest::read(&name, bytes, &setup.policies)
}

fn operators(args: &EditArgs, redacts: bool, setup: &Setup) -> Result<Operators, Problem> {
    let mut operators = Operators::labels(language(&args.lang)?);
    args.operator.iter().try_for_each(|said| operators.set(said))?;
    if redacts && operators.need_key() && setup.key.is_none() {
        let advice = "make one with `olvido key create`, or name one with --key";
        return Err(Problem::new("pseudonym-no-key", "pseudonyms are keyed, and there is no key", advice));
    }
    let pseudonyms =
        setup.key.as_ref().map(|key| Pseudonyms::new(key.subkey(Purpose::Pseudonym), &args.domain));
    Ok(operators.with_pseudonyms(pseudonyms))
}

/// Writes the reports, and a manifest where there is none.
fn report(
    args: &GateArgs,
    setup: &Setup,
    reporting: &Reporting,
    spool: &Spool,
    outcome: &Outcome,
) -> Result<Exit, Failure> {
    let mut out = BufWriter::with_capacity(256 << 10, io::stdout().lock());
    reporting.write(spool, &mut out)?;
    let proposed = proposal(setup, outcome);
    if let Some(path) = &args.propose_manifest {
        replace(&SystemDisk, path, proposed.as_bytes())?;
        if !args.run.read.quiet {
            say(&format!("a manifest to complete was written to {}", path.display()));
        }
    } else if outcome.manifests == 0 {
        let text = format!(
            "\nThere is no manifest. This one holds what was found; complete it and name it with --manifest \
             FILE\n(--propose-manifest FILE writes it):\n\n{proposed}"
        );
        // Reports for programs stay what they are.
        match args.run.report.format == "human" {
            true => out.write_all(text.as_bytes())?,
            false if !args.run.read.quiet => say(text.trim_end()),
            false => {}
        }
    }
    out.flush()?;
    Ok(Exit::of(outcome.summary.status).unwrap_or(Exit::Usage))
}

/// A manifest that holds what olvido can see; what it cannot, a person completes.
fn proposal(setup: &Setup, outcome: &Outcome) -> String {
    let day = setup.now.to_rfc3339();
    let day = day.get(..10).unwrap_or(&day).to_owned();
    manifest_text(&day, &outcome.real, outcome.summary.complete)
}

fn manifest_text(day: &str, categories: &[&str], complete: bool) -> String {
    let manifest = json!({
        "export_id": format!("export-{day}"),
        "purpose": format!("{TO_COMPLETE}: support-analytics, migration, legal-request or access-request"),
        "recipient": format!("{TO_COMPLETE}: who receives it"),
        "allowed_categories": categories,
        "produced_at": day,
        "encrypted": format!("{TO_COMPLETE}: true where it is encrypted for its recipient, else false"),
        "algorithm": format!("{TO_COMPLETE}: such as AES-256-GCM"),
        "complete": complete,
        "contains_keys": false,
    });
    // Words, lists and truth values cannot fail to serialise.
    let mut text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    text.push('\n');
    text
}

/// Nothing may pass, and an endless stream would never say so: it is not begun.
fn no_manifest_to_stream(args: &GateArgs, setup: &Setup) -> Result<Exit, Failure> {
    let day = setup.now.to_rfc3339();
    let proposed = manifest_text(day.get(..10).unwrap_or(&day), &[], true);
    if let Some(path) = &args.propose_manifest {
        replace(&SystemDisk, path, proposed.as_bytes())?;
    }
    tell(&Problem::new(
        "stream-no-manifest",
        "nothing passes without a manifest, and none was named",
        "complete this one and name it with --manifest FILE; `olvido gate FILE --propose-manifest FILE` fills in \
         the categories of an export that is a file",
    ));
    if !args.run.read.quiet {
        say(proposed.trim_end());
    }
    Ok(Exit::Findings)
}

fn streamed(
    stream: &StreamGate<'_>,
    args: &GateArgs,
    setup: &Setup,
    reporting: &mut Reporting,
) -> Result<Exit, Failure> {
    let mut spool = reporting.begin(setup, &args.run.read)?;
    // Without a report nobody reads lines, and an endless stream makes no end of them.
    let keeps = reporting.has_files();
    let wanted = keeps && reporting.needs().include(LineKind::Detection);
    let mut out = io::stdout().lock();
    let done = stream.run(&setup.roots, wanted, &mut |bytes| out.write_all(bytes), &mut |lines| {
        if keeps { reporting.keep(lines, &mut spool) } else { Ok(()) }
    })?;
    let Streamed { outcome, refused, passed } = done?;
    out.flush()?;
    reporting.write_files(&spool)?;
    if let Some((why, at)) = &refused {
        let why = escape(Target::Terminal, why);
        tell(&Problem::new(
            "stream-refused",
            format!("the record at byte {at} was refused ({why}); {passed} bytes before it passed"),
            "nothing of it and nothing behind it was written; scan the export to see all that is in it",
        ));
    } else if outcome.summary.status != 0 {
        tell(&Problem::new(
            "stream-not-clean",
            format!("all records passed one by one ({passed} bytes), and the export as a whole does not"),
            "do not use what was written; gate the export as a file to see why",
        ));
    }
    Ok(Exit::of(outcome.summary.status).unwrap_or(Exit::Usage))
}

/// Redacts, judges what came out, and gives it its name where it may leave.
fn redacted(
    redaction: &Redaction<'_>,
    out: &Path,
    gate: &Gate<'_>,
    args: &GateArgs,
    setup: &Setup,
    reporting: &mut Reporting,
) -> Result<Exit, Failure> {
    let mut judged: Option<(Spool, Outcome)> = None;
    let mut failed = None;
    let mut judge = |path: &Path| {
        let roots = Roots::new(vec![path.to_path_buf()]);
        let scanned =
            reporting.scan(setup, &args.run.read, redaction.audit, &roots, redaction.context, None, gate);
        match scanned {
            Ok((spool, outcome)) => {
                let passes = outcome.summary.status == 0;
                judged = Some((spool, outcome));
                Ok(passes)
            }
            Err(failure) => {
                failed = Some(failure);
                Ok(false)
            }
        }
    };
    let gated = match redaction.gated(out, &mut judge) {
        Ok(gated) => gated,
        Err(Stop::Problem(problem)) => return Err(problem.into()),
        Err(Stop::Write(error)) => return Ok(stopped(&error)),
    };
    if let Some(failure) = failed {
        return Err(failure);
    }
    let Gated { done, passed } = gated;
    if !args.run.read.quiet {
        let values: u64 = done.plan.items.iter().map(|item| item.edited()).sum();
        say(&format!("{values} values replaced; {} items withheld", done.withheld()));
    }
    if let Some((spool, outcome)) = &judged {
        let exit = report(args, setup, reporting, spool, outcome)?;
        if !passed {
            tell(&Problem::new(
                "gate-refused",
                "what is left after redaction may not leave",
                "the output keeps the name .partial; the report says why",
            ));
        }
        return Ok(exit);
    }
    Ok(unjudged(&done))
}

/// What never came before the gate.
fn unjudged(done: &Done) -> Exit {
    let (code, what, exit) = match &done.ending {
        Ending::Interrupted => return Exit::Interrupted,
        Ending::Clean => {
            let what = format!("{} items cannot be edited exactly and are withheld", done.withheld());
            ("gate-withheld", what, Exit::Incomplete)
        }
        Ending::Differs(_) => ("plan-differs", "the input changed".to_owned(), Exit::Stopped),
        Ending::Left { places, names, unread } => {
            let mut left: Vec<String> =
                places.iter().map(|(category, count)| format!("{category} ({count})")).collect();
            left.extend(unread.iter().map(|code| format!("not read again: {code}")));
            left.extend((*names > 0).then(|| format!("in names ({names})")));
            let what = format!("the output was read again, and there is something left: {}", left.join(", "));
            ("proof-failed", what, Exit::Stopped)
        }
    };
    tell(&Problem::new(code, what, "the output keeps the name .partial and must not be handed on"));
    exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposed_manifest_is_json_and_leaves_decisions_open() {
        let text = manifest_text("2026-11-22", &["iban"], true);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["allowed_categories"], json!(["iban"]));
        for decision in ["purpose", "recipient", "encrypted", "algorithm"] {
            assert!(value[decision].as_str().unwrap().starts_with(TO_COMPLETE), "{decision}");
        }
    }
}
