//! `olvido redact` and `olvido pseudonymise`.

use std::fs;
use std::path::Path;

use crate::detectors::{Engine, Matcher};
use crate::disk::{SystemDisk, replace};
use crate::problem::Problem;
use crate::remedies::operators::{Language, Operators, Pseudonyms};
use crate::remedies::{Done, Ending, Plan, Redaction, Stop};
use crate::vault::Purpose;

use super::Failure;
use super::args::{PolicyArgs, RedactArgs};
use super::exit::Exit;
use super::output::{print, say, tell};
use super::progress::Progress;
use super::scan::audit;
use super::setup::Setup;

/// Edits personal data out of a copy.
pub(super) fn redact(args: &RedactArgs, pseudonymise: bool) -> Result<Exit, Failure> {
    if args.resume {
        return resume(args);
    }
    let language = language(&args.edit.lang)?;
    let mut operators =
        if pseudonymise { Operators::pseudonymising(language) } else { Operators::labels(language) };
    args.edit.operator.iter().try_for_each(|said| operators.set(said))?;
    let policies = PolicyArgs { policies: args.policies.clone(), ..PolicyArgs::default() };
    let setup = Setup::new(&args.read, &policies)?;
    if setup.roots.has_stdin() {
        let advice = "write it to a file first: what is redacted is read more than once";
        return Err(Problem::new("redact-stdin", "standard input cannot be redacted", advice).into());
    }
    if operators.need_key() && setup.key.is_none() {
        let advice = "make one with `olvido key create`, or name one with --key";
        return Err(
            Problem::new("pseudonym-no-key", "pseudonyms are keyed, and there is no key", advice).into()
        );
    }
    let pseudonyms =
        setup.key.as_ref().map(|key| Pseudonyms::new(key.subkey(Purpose::Pseudonym), &args.edit.domain));
    let operators = operators.with_pseudonyms(pseudonyms);
    let planned = args.apply.as_deref().map(read_plan).transpose()?;
    if args.in_place && args.keep_original.is_none() && !args.no_backup {
        let what = "in place the originals go, and nothing says where to";
        let advice = "add --keep-original DIR, or --no-backup where they are to be lost";
        return Err(Problem::new("in-place-originals", what, advice).into());
    }
    if args.out.is_none() && args.plan.is_none() && !args.in_place {
        let advice = "name a folder that is not there yet with --out, or a file for a plan with --plan";
        return Err(Problem::new("redact-no-output", "there is nowhere to write to", advice).into());
    }

    let matcher = Matcher::new(&setup.policies.catalogue, Engine::Fast)?;
    let audit = audit(&setup, &matcher);
    setup.catch_interrupts();
    let progress = Progress::show(&setup.control, "reading", args.read.quiet);
    let (context, gap) = audit.survey(&setup.roots)?;
    let redaction = Redaction {
        audit: &audit,
        context: &context,
        paths: args.read.paths.clone(),
        operators: &operators,
        allow: args.edit.allow_gaps.iter().cloned().collect(),
        key: setup.key.as_ref(),
        domain: &args.edit.domain,
        pseudonymised: pseudonymise,
    };
    let outcome = match (&args.plan, &args.out) {
        (None, None) if args.in_place => redaction.in_place(args.keep_original.as_deref(), planned.as_ref()),
        (Some(_), _) | (None, None) => redaction.plan(),
        (None, Some(out)) => redaction.apply(out, planned.as_ref()),
    };
    drop(progress);
    let done = match outcome {
        Ok(done) => done,
        Err(Stop::Problem(problem)) => return Err(problem.into()),
        Err(Stop::Write(error)) => return Ok(stopped(&error)),
    };
    if let Some(gap) = gap {
        say(&format!("olvido: {}", gap.message));
    }
    if let Some(path) = &args.plan {
        replace(&SystemDisk, path, done.plan.to_file().as_bytes())?;
    }
    report(&done, args)
}

/// Ends what a stopped in-place run began.
fn resume(args: &RedactArgs) -> Result<Exit, Failure> {
    let [root] = args.read.paths.as_slice() else {
        return Err(Problem::new("resume-folder", "one run is resumed at a time", "name its folder").into());
    };
    match crate::remedies::resume(root) {
        Ok(files) => {
            print(&format!("all {files} files have their place\n"))?;
            Ok(Exit::Clean)
        }
        Err(Stop::Problem(problem)) => Err(problem.into()),
        Err(Stop::Write(error)) => Ok(stopped(&error)),
    }
}

pub(super) fn language(code: &str) -> Result<Option<Language>, Problem> {
    if code == "auto" {
        return Ok(None);
    }
    let codes = Language::ALL.map(Language::code).join(", ");
    Language::named(code).map(Some).ok_or_else(|| {
        let what = "there are no labels in this language";
        Problem::new("lang-unknown", what, format!("write auto or one of {codes}"))
    })
}

fn read_plan(path: &Path) -> Result<Plan, Problem> {
    let text = fs::read_to_string(path).map_err(|error| {
        let what = format!("{} could not be read: {}", path.display(), error.kind());
        Problem::new("plan-unreadable", what, "name a file that `olvido redact --plan` wrote")
    })?;
    Plan::read(&text)
}

pub(super) fn stopped(error: &std::io::Error) -> Exit {
    tell(&Problem::new(
        "redact-stopped",
        format!("the output could not be written: {}", error.kind()),
        "the input is as it was; remove the .partial folder, make room and run again",
    ));
    Exit::Stopped
}

/// Says what was done, and what was not.
fn report(done: &Done, args: &RedactArgs) -> Result<Exit, Failure> {
    let items = &done.plan.items;
    let values: u64 = items.iter().map(|item| item.edited()).sum();
    let edited = items.iter().filter(|item| item.outcome == "edited").count();
    let withheld = done.withheld();
    let verb = if args.plan.is_some() { "would go" } else { "replaced" };
    let mut text =
        format!("{values} values {verb} in {edited} of {} items, {withheld} withheld\n", items.len());
    let mut codes: Vec<&str> = items
        .iter()
        .flat_map(|item| item.code.iter().chain(item.withheld_members.keys()))
        .map(String::as_str)
        .collect();
    codes.sort_unstable();
    for group in codes.chunk_by(|a, b| a == b) {
        if let Some(code) = group.first() {
            text.push_str(&format!("  withheld: {code} ({})\n", group.len()));
        }
    }
    let stale: u64 = items.iter().map(|item| item.stale_members).sum();
    if stale > 0 {
        text.push_str(&format!("  previews and signatures of changed documents that go: {stale}\n"));
    }
    let exit = match &done.ending {
        Ending::Interrupted => Exit::Interrupted,
        Ending::Clean if args.plan.is_some() => Exit::Clean,
        Ending::Clean => {
            text.push_str("the output was read again: nothing is left\n");
            Exit::Clean
        }
        Ending::Differs(numbers) => {
            let shown: Vec<String> = numbers.iter().take(20).map(u32::to_string).collect();
            tell(&Problem::new(
                "plan-differs",
                format!("{} items are not as they were planned: {}", numbers.len(), shown.join(", ")),
                "the output stays .partial; make the plan again",
            ));
            Exit::Stopped
        }
        Ending::Left { places, names, unread } => {
            let mut what: Vec<String> =
                places.iter().map(|(category, count)| format!("{category} ({count})")).collect();
            what.extend(unread.iter().map(|code| format!("not read again: {code}")));
            what.extend((*names > 0).then(|| format!("in names ({names})")));
            tell(&Problem::new(
                "proof-failed",
                format!("the output was read again, and there is something left: {}", what.join(", ")),
                "the output stays .partial and must not be handed on; scan it to see where",
            ));
            Exit::Stopped
        }
    };
    print(&text)?;
    Ok(if exit == Exit::Clean && withheld > 0 { Exit::Incomplete } else { exit })
}
