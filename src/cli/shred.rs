//! `olvido vault shred` and `approve`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::audit::Config;
use crate::problem::Problem;
use crate::remedies::sealing::{
    Intent, KeptByLaw, Plan, PlanPermission, Words, countersign, dying, final_certificate, kept_by_law,
    refused,
};
use crate::vault::{Change, Permission, Recovered, Vault, canonical};

use super::Failure;
use super::clock;
use super::exit::Exit;
use super::setup::config;
use super::shred_certificate::{certified, kept, write};
use super::shred_holds::read_holds;
use super::shred_selection::{Selection, is_in_force};
use super::vault::{or_stop, ready, signer_of};
use super::vault_args::{ApproveArgs, ShredArgs};
use super::vault_open::{now, open};

/// Plans, applies, or makes a certificate final.
pub(super) fn shred(args: &ShredArgs) -> Result<Exit, Failure> {
    let words = Words::of(&args.lang).ok_or_else(|| {
        Problem::new("lang-unknown", "there are no certificates in this language", "write en, es, fr or de")
    })?;
    let backups = backups(&args.backup)?;
    match (&args.plan, &args.apply, &args.r#final) {
        (Some(out), None, None) => plan(args, out),
        (None, Some(file), None) => {
            let plan = Plan::read(&read(file)?)?;
            let (config, _, project) = config(args.config.as_deref())?;
            let files = hold_files(args, &config, &project);
            or_stop(apply(args, &plan, words, backups, &files))
        }
        (None, None, Some(file)) => {
            let pending = parse(file)?;
            or_stop(finalise(args, &pending, words))
        }
        _ => {
            let what = "nothing says what to do";
            Err(Problem::new(
                "shred-what",
                what,
                "use --subjects, --records or --purge-plan with --plan, or --apply, or --final",
            )
            .into())
        }
    }
}

/// A file the user names.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    fs::read(path).map_err(|error| {
        let what = format!("{} could not be read: {}", path.display(), error.kind());
        Problem::new("file-unreadable", what, "name a file that is there")
    })
}

fn parse(path: &Path) -> Result<Value, Problem> {
    serde_json::from_slice(&read(path)?).map_err(|_| {
        let what = format!("{} is no JSON", path.display());
        Problem::new("certificate-malformed", what, "name a certificate or a plan")
    })
}

fn backups(said: &[String]) -> Result<Vec<Value>, Problem> {
    said.iter()
        .map(|one| {
            let parts = one.rsplit_once('=').filter(|(what, _)| !what.trim().is_empty());
            let date = parts.and_then(|(what, date)| Some((what, clock::as_of(Some(date)).ok()?)));
            let (what, date) = date.ok_or_else(|| {
                Problem::new("backup-malformed", "a --backup has no name or no date", "write WHAT=2026-11-22")
            })?;
            Ok(json!({"until": date.to_rfc3339(), "what": what.trim()}))
        })
        .collect()
}

fn plan(args: &ShredArgs, out: &Path) -> Result<Exit, Failure> {
    if args.requester.is_empty() {
        let what = "nobody asks for the shred";
        return Err(Problem::new("requester-missing", what, "name who asks with --requester").into());
    }
    let wanted = Selection::read(args)?;
    let made = || -> Result<String, Problem> {
        let (vault, recovered) = open(&args.place)?;
        ready(&recovered)?;
        let chosen = wanted.choose(&vault)?;
        let intent = Intent {
            requester: args.requester.clone(),
            ground: args.ground.clone(),
            reference: args.reference.clone(),
            not_before: days_later(vault.settings().cooling_off_days)?,
            purge: wanted.purge()?,
            despite_minima: despite(args)?,
        };
        let plan = Plan::new(&vault, &chosen.slots, intent)?;
        let kept = kept_by_law(&vault, &dying(&vault, plan.victims(&vault)?)?)?;
        if plan.purge.is_none() && plan.despite_minima.is_none() {
            refused(&kept)?;
        }
        write(out, &plan.to_file()?)?;
        let mut text = format!("plan {}\n", plan.digest()?);
        plan.counts.iter().for_each(|(kind, count)| text.push_str(&format!("  {kind} keys: {count}\n")));
        if !chosen.missing.is_empty() {
            text.push_str(&wanted.missing(&chosen));
        }
        if plan.mentions > 0 {
            text.push_str(&format!(
                "  records that name them inside a container and stay: {}\n",
                plan.mentions
            ));
        }
        text.push_str(&of_law(&plan, &kept));
        text.push_str(&format!(
            "approvals needed: {}; not before {}\n",
            vault.settings().approvals,
            plan.not_before
        ));
        Ok(text)
    };
    or_stop(made())
}

/// Why what law keeps goes all the same, where somebody says so.
fn despite(args: &ShredArgs) -> Result<Option<String>, Problem> {
    let reason = args.despite_minima.as_deref().map(str::trim);
    if reason == Some("") {
        let what = "--despite-minima gives no reason";
        return Err(Problem::new("despite-no-reason", what, "write the law or order that asks for it"));
    }
    Ok(reason.map(str::to_owned))
}

/// What the plan says of legal minima.
fn of_law(plan: &Plan, kept: &KeptByLaw) -> String {
    let mut text = String::new();
    if let Some(reason) = &plan.despite_minima {
        text.push_str(&format!(
            "  DESPITE THE LEGAL MINIMUM of {} records, and of {} of which nobody can tell: {reason}\n",
            kept.within, kept.undecided
        ));
    }
    if plan.unjudged > 0 {
        text.push_str(&format!(
            "  archives sealed without a retention schedule, whose legal minima nobody knows: {}\n",
            plan.unjudged
        ));
    }
    text
}

/// The files whose holds a shred respects: the project's, and what the command names.
fn hold_files(args: &ShredArgs, config: &Config, project: &Path) -> Vec<PathBuf> {
    let project = config.holds.as_ref().map(|path| project.join(path));
    let mut files: Vec<PathBuf> = project.into_iter().chain(args.holds.clone()).collect();
    // One file named twice is one file.
    files.dedup_by_key(|path| fs::canonicalize(&*path).unwrap_or_else(|_| path.clone()));
    files
}

fn days_later(days: u64) -> Result<String, Problem> {
    let mut stamp = clock::now();
    stamp.seconds += i64::try_from(days).unwrap_or(3660) * 86_400;
    Ok(stamp.to_rfc3339())
}

fn apply(
    args: &ShredArgs,
    plan: &Plan,
    words: &Words,
    backups: Vec<Value>,
    files: &[PathBuf],
) -> Result<String, Problem> {
    if args.executor.is_empty() || plan.approvals.iter().any(|approval| approval.name == args.executor) {
        let what = "nobody carries the plan out, or one of its approvers does";
        return Err(Problem::new("executor-approves", what, "name somebody else with --executor"));
    }
    if let Some(digest) = &plan.purge {
        is_in_force(args, digest)?;
    }
    let (vault, recovered) = open(&args.place)?;
    if let Recovered::Finished(receipt) = recovered
        && is_receipt_of(&vault, receipt, plan)?
    {
        return certified(&vault, receipt, args.certificate.as_deref(), words);
    }
    ready(&recovered)?;
    let dying = dying(&vault, plan.victims(&vault)?)?;
    let mut holds = || read_holds(files);
    let mut permission = PlanPermission::new(plan, &vault, &dying, &mut holds)?;
    permission.check()?;
    let reasons = json!({
        "executor": args.executor, "holds": {"checked": permission.holds_checked(), "files": files.len()},
        "not_reached": backups, "objects": dying.objects, "plan": plan.reasons()?,
    });
    let change = Change { kind: "shred", victims: dying.victims, reasons };
    let (vault, recovered) = vault.change(&change, &mut permission)?;
    ready(&recovered)?;
    match recovered {
        Recovered::Finished(receipt) => certified(&vault, receipt, args.certificate.as_deref(), words),
        // A change that was not refused has a receipt, or a holder that is waited for.
        _ => Err(Problem::new("shred-unfinished", "the shred has no receipt", "see `olvido vault status`")),
    }
}

/// Whether a receipt is that of this plan, and not of another run that was stopped.
fn is_receipt_of(vault: &Vault<'_>, receipt: u64, plan: &Plan) -> Result<bool, Problem> {
    let of = vault.ledger().at(receipt)?.and_then(|entry| entry.get("of")?.as_u64());
    let Some(intent) = of.map(|of| vault.ledger().at(of)).transpose()?.flatten() else { return Ok(false) };
    let digest = intent.pointer("/reasons/plan/digest").and_then(Value::as_str);
    Ok(digest == Some(plan.digest()?.as_str()))
}

fn finalise(args: &ShredArgs, pending: &Value, words: &Words) -> Result<String, Problem> {
    let (mut vault, recovered) = open(&args.place)?;
    ready(&recovered)?;
    let certificate = final_certificate(&vault, pending)?;
    let done = kept(&vault, &certificate, args.certificate.as_deref(), words)?;
    let entry = json!({"at": vault.now(), "certificate": certificate.get("id"), "kind": "final"});
    vault.remember(&entry)?;
    Ok(done)
}

/// Adds an approval to a plan, or a signature to a certificate.
pub(super) fn approve(args: &ApproveArgs) -> Result<Exit, Failure> {
    let signer = signer_of(&args.approver_key)?;
    let bytes = read(&args.file)?;
    let text = match Plan::read(&bytes) {
        Ok(mut plan) => {
            plan.approve(&args.name, &signer, &now())?;
            plan.to_file()?
        }
        Err(_) => {
            let certificate = parse(&args.file)?;
            if certificate.get("schema").is_none() {
                let what = "this is neither a plan nor a certificate";
                return Err(Problem::new("plan-malformed", what, "name one of the two").into());
            }
            canonical(&countersign(&certificate, &args.name, &signer)?)? + "\n"
        }
    };
    or_stop(write(&args.file, &text).map(|()| format!("signed as {}\n", args.name)))
}
