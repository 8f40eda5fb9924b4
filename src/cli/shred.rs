//! `olvido vault shred` and `approve`, and `olvido verify`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::disk::replace;
use crate::problem::Problem;
use crate::remedies::sealing::{
    Certifying, Holds, Intent, Plan, PlanPermission, Words, certificate_of, certify, choose_records,
    choose_subjects, countersign, final_certificate, read_wanted, to_markdown, verify_certificate,
};
use crate::vault::{Change, Digest, PublicKey, Recovered, Sha256, Vault, canonical};

use super::Failure;
use super::args::PolicyArgs;
use super::clock;
use super::exit::Exit;
use super::output::{print, tell};
use super::setup::policies_only;
use super::surroundings::surroundings;
use super::vault::{or_stop, ready, signer_of};
use super::vault_args::{ApproveArgs, ShredArgs, VerifyArgs};
use super::vault_open::{DISK, now, open};

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
            or_stop(apply(args, &plan, words, backups))
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
                "use --subjects or --records with --plan, or --apply, or --final",
            )
            .into())
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
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
    let list = args.subjects.as_ref().or(args.records.as_ref()).ok_or_else(|| {
        Problem::new(
            "shred-what",
            "nothing says who or what is to be forgotten",
            "use --subjects or --records",
        )
    })?;
    let text = zeroize::Zeroizing::new(
        String::from_utf8(read(list)?)
            .map_err(|_| Problem::new("list-malformed", "the list is not in UTF-8", "write it in UTF-8"))?,
    );
    let wanted = read_wanted(&text)?;
    let made = || -> Result<String, Problem> {
        let (vault, recovered) = open(&args.place)?;
        ready(&recovered)?;
        let chosen = match args.subjects {
            Some(_) => choose_subjects(&vault, &wanted)?,
            None => choose_records(&vault, &wanted)?,
        };
        let intent = Intent {
            requester: args.requester.clone(),
            ground: args.ground.clone(),
            reference: args.reference.clone(),
            not_before: days_later(vault.settings().cooling_off_days)?,
        };
        let plan = Plan::new(&vault, &chosen.slots, intent)?;
        write(out, &plan.to_file()?)?;
        let mut text = format!("plan {}\n", plan.digest()?);
        plan.counts.iter().for_each(|(kind, count)| text.push_str(&format!("  {kind} keys: {count}\n")));
        if !chosen.missing.is_empty() {
            text.push_str(&format!("  lines that found nothing: {:?}\n", chosen.missing));
        }
        if plan.mentions > 0 {
            text.push_str(&format!(
                "  records that name them inside a container and stay: {}\n",
                plan.mentions
            ));
        }
        text.push_str(&format!(
            "approvals needed: {}; not before {}\n",
            vault.settings().approvals,
            plan.not_before
        ));
        Ok(text)
    };
    or_stop(made())
}

fn days_later(days: u64) -> Result<String, Problem> {
    let mut stamp = clock::now();
    stamp.seconds += i64::try_from(days).unwrap_or(3660) * 86_400;
    Ok(stamp.to_rfc3339())
}

fn write(path: &Path, text: &str) -> Result<(), Problem> {
    replace(&DISK, path, text.as_bytes()).map_err(|error| {
        let what = format!("{} could not be written: {}", path.display(), error.kind());
        Problem::new("output-failed", what, "make room or choose another place, and run again")
    })
}

fn apply(args: &ShredArgs, plan: &Plan, words: &Words, backups: Vec<Value>) -> Result<String, Problem> {
    if args.executor.is_empty() || plan.approvals.iter().any(|approval| approval.name == args.executor) {
        let what = "nobody carries the plan out, or one of its approvers does";
        return Err(Problem::new("executor-approves", what, "name somebody else with --executor"));
    }
    let (vault, recovered) = open(&args.place)?;
    if let Recovered::Finished(entry) = recovered {
        // The run that was stopped was this plan's, or another's: its certificate is owed either way.
        return certified(args, &vault, entry, words);
    }
    ready(&recovered)?;
    let holds = args.holds.clone().map(|path| Holds { path });
    let mut permission = PlanPermission::new(plan, &vault, holds, None)?;
    let victims = permission.victims().clone();
    let reasons = json!({
        "executor": args.executor, "not_reached": backups, "objects": certificate_of(&vault, &victims)?,
        "plan": plan.reasons()?,
    });
    let change = Change { kind: "shred", victims, reasons };
    let (vault, recovered) = vault.change(&change, &mut permission)?;
    ready(&recovered)?;
    match recovered {
        Recovered::Finished(entry) => certified(args, &vault, entry, words),
        _ => Ok(String::new()),
    }
}

/// Writes the certificate of a receipt.
fn certified(args: &ShredArgs, vault: &Vault<'_>, receipt: u64, words: &Words) -> Result<String, Problem> {
    let certificate = certify(vault, receipt, &known(vault)?)?;
    kept(vault, &certificate, args.certificate.as_deref(), words)
}

/// Writes the certificate owed by a shred that was stopped and brought to its end by an opening.
pub(super) fn after_recovery(vault: &Vault<'_>, recovered: &Recovered) -> Result<(), Problem> {
    let Recovered::Finished(receipt) = recovered else { return Ok(()) };
    let is_shred = vault.ledger().at(*receipt)?.is_some_and(|entry| entry.get("what") == Some(&Value::from("shred")));
    match Words::of("en").filter(|_| is_shred) {
        Some(words) => kept(vault, &certify(vault, *receipt, &known(vault)?)?, None, words).map(|_| ()),
        None => Ok(()),
    }
}

fn kept(
    vault: &Vault<'_>,
    certificate: &Value,
    copy: Option<&Path>,
    words: &Words,
) -> Result<String, Problem> {
    let text = |name: &str| certificate.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let json = canonical(certificate)? + "\n";
    let markdown = to_markdown(certificate, words);
    let own = vault.folder().join("certificates").join(format!("{}.json", text("id")));
    for path in std::iter::once(own).chain(copy.map(PathBuf::from)) {
        write(&path, &json)?;
        write(&path.with_extension("md"), &markdown)?;
    }
    Ok(format!("certificate {} ({}), assurance {}\n", text("id"), text("state"), text("assurance")))
}

/// What only the command line knows of a certificate.
fn known(vault: &Vault<'_>) -> Result<Certifying, Problem> {
    let sealed = |entry: &crate::vault::Entry| {
        entry.entry.as_ref().is_some_and(|entry| entry.get("kind") == Some(&Value::from("sealed")))
    };
    let archives = vault.ledger().entries()?.iter().filter(|entry| sealed(entry)).count();
    let mut not_reached: Vec<Value> = ["live-system", "earlier-exports", "snapshots", "undetected"]
        .iter()
        .map(|what| json!({"what": what}))
        .collect();
    if archives > 0 {
        not_reached.push(json!({"count": archives, "what": "originals"}));
    }
    not_reached.extend(surroundings(vault.folder()).into_iter().map(|what| json!({"what": what})));
    let detectors = match policies_only(&PolicyArgs::default()) {
        Ok(policies) => json!({
            "count": policies.detector_cards().len(),
            "digest": policies.settings_digest(&[]),
            "recall": "not measured on this archive; `cargo bench --bench quality` prints it by category and language",
        }),
        Err(_) => Value::Null,
    };
    Ok(Certifying { binary: binary(), not_reached, detectors })
}

/// SHA-256 of the program that runs.
fn binary() -> String {
    let digest = || -> io::Result<Digest> {
        let mut file = fs::File::open(std::env::current_exe()?)?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
        loop {
            let read = io::Read::read(&mut file, &mut buffer)?;
            if read == 0 {
                return Ok(hash.finish());
            }
            hash.update(buffer.get(..read).unwrap_or(&[]));
        }
    };
    digest().map_or_else(|_| "unknown".to_owned(), |digest| digest.to_string())
}

fn finalise(args: &ShredArgs, pending: &Value, words: &Words) -> Result<String, Problem> {
    let (vault, recovered) = open(&args.place)?;
    ready(&recovered)?;
    let certificate = final_certificate(&vault, pending)?;
    kept(&vault, &certificate, args.certificate.as_deref(), words)
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

/// `olvido verify`: a certificate offline, with the public key alone.
pub(super) fn verify(args: &VerifyArgs) -> Result<Exit, Failure> {
    let key = PublicKey::parse(&args.key)
        .or_else(|| fs::read_to_string(&args.key).ok().and_then(|text| PublicKey::parse(&text)));
    let key = key.ok_or_else(|| {
        Problem::new(
            "key-malformed",
            "the public key is neither 64 digits nor a file that holds them",
            "see `olvido vault status`",
        )
    })?;
    let bytes = read(&args.certificate)?;
    let certificate = parse(&args.certificate)?;
    let mut wrong = verify_certificate(&certificate, &key);
    if canonical(&certificate).map(|text| text + "\n").ok().map(String::into_bytes) != Some(bytes) {
        wrong.push("the file is not in canonical form: it was written by something else");
    }
    for what in &wrong {
        tell(&Problem::new("certificate-invalid", *what, "ask whoever issued it for the original"));
    }
    if !wrong.is_empty() {
        return Ok(Exit::Findings);
    }
    let text = |name: &str| certificate.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    print(&format!(
        "the certificate holds: {}, {}, assurance {}\n",
        text("id"),
        text("state"),
        text("assurance")
    ))?;
    Ok(Exit::Clean)
}
