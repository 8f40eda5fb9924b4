//! `olvido vault`: init, seal, unseal, list, status, verify, rotate.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::detectors::{Engine, Matcher};
use crate::disk::Disk;
use crate::problem::Problem;
use crate::remedies::sealing::{Marks, Sealer, certificate_id, count, unseal};
use crate::vault::{
    Approver, Change, HolderSettings, Ledger, NoQuestion, Recovered, Secret, Settings, Signer, Vault, Wishes,
    from_hex,
};

use super::Failure;
use super::args::PolicyArgs;
use super::exit::Exit;
use super::output::{print, say, tell};
use super::progress::Progress;
use super::scan::audit;
use super::setup::Setup;
use super::surroundings::{surroundings, told, told_of_keys};
use super::vault_args::{InitArgs, LedgerAction, SealArgs, UnsealArgs, VaultAction, VaultPlace};
use super::vault_open::{DISK, declared, holders, now, open, settings};

/// One of the vault's commands.
pub(super) fn vault(action: &VaultAction) -> Result<Exit, Failure> {
    match action {
        VaultAction::Init(args) => init(args),
        VaultAction::Seal(args) => seal(args),
        VaultAction::Unseal(args) => or_stop(unsealed(args)),
        VaultAction::List(place) => or_stop(list(place)),
        VaultAction::Status(place) => or_stop(status(place)),
        VaultAction::Verify(place) => or_stop(verify(place)),
        VaultAction::Shred(args) => super::shred::shred(args),
        VaultAction::Approve(args) => super::shred::approve(args),
        VaultAction::Approver { file } => approver(file),
        VaultAction::Rotate(place) => or_stop(rotate(place)),
    }
}

/// Refusals that only say that the command names what is not there.
const UNBEGUN: [&str; 2] = ["vault-not-found", "archive-unknown"];

/// A refusal of the vault is status 4: it says that nothing was lost, not that the command was wrong.
pub(super) fn or_stop(done: Result<String, Problem>) -> Result<Exit, Failure> {
    match done {
        Ok(text) => {
            print(&text)?;
            Ok(Exit::Clean)
        }
        Err(problem) if UNBEGUN.contains(&problem.code) => Err(problem.into()),
        Err(problem) => {
            tell(&problem);
            Ok(Exit::Stopped)
        }
    }
}

fn init(args: &InitArgs) -> Result<Exit, Failure> {
    let approvers = args.approver.iter().map(|said| match said.split_once('=') {
        Some((name, key)) if !name.is_empty() => {
            Ok(Approver { name: name.to_owned(), key: key.trim().to_ascii_lowercase() })
        }
        _ => Err(Problem::new("approver-malformed", "an approver has no name or no key", "write NAME=KEY")),
    });
    let wishes = Wishes {
        holders: declared(args)?,
        approvers: approvers.collect::<Result<_, _>>()?,
        approvals: args.approvals,
        cooling_off_days: args.cooling_off,
        controller: args.controller.clone(),
    };
    let settings = Settings::new(wishes, &now())?;
    let holders = holders(&settings.holders, args.place.passphrase_file.as_deref(), true)?;
    if settings.holders.len() == 1 {
        say(
            "olvido: one holder alone keeps the vault's key: where it is lost, everything sealed is lost. Two are better",
        );
    }
    warn(&args.place.vault);
    let made = Vault::create(&DISK, &args.place.vault, settings, holders, &now());
    or_stop(made.map(|vault| {
        format!(
            "vault {} made\npublic key {}\nKeep the public key: certificates are checked with it.\n",
            vault.settings().id,
            vault.settings().public_key
        )
    }))
}

fn warn(vault: &Path) -> usize {
    let found = surroundings(vault);
    found.iter().for_each(|code| say(&format!("olvido: {}", told(code))));
    found.len()
}

fn seal(args: &SealArgs) -> Result<Exit, Failure> {
    let [root] = args.read.paths.as_slice() else {
        let what = "one archive is sealed at a time";
        return Err(Problem::new("seal-one", what, "name one folder or file").into());
    };
    if root.as_os_str() == "-" {
        let what = "standard input cannot be sealed: it is read more than once";
        return Err(Problem::new("seal-stdin", what, "write it to a file first").into());
    }
    let setup = Setup::new(&args.read, &PolicyArgs::default())?;
    let matcher = Matcher::new(&setup.policies.catalogue, Engine::Fast)?;
    let audit = audit(&setup, &matcher);
    setup.catch_interrupts();
    let progress = Progress::show(&setup.control, "sealing", args.read.quiet);
    let (context, gap) = audit.survey(&setup.roots)?;
    let mut incomplete = gap.is_some();
    if let Some(gap) = gap {
        say(&format!("olvido: {}", gap.message));
    }
    let marks = Marks::new(setup.key.as_ref());
    let detectors = json!({
        "count": setup.policies.detector_cards().len(), "digest": setup.policies.settings_digest(&[]),
    });
    let sealer = Sealer {
        audit: &audit,
        context: &context,
        root,
        allow_gaps: args.allow_gaps,
        marks: &marks,
        detectors,
    };
    let done = open(&args.place).and_then(|(mut vault, recovered)| {
        ready(&recovered)?;
        if is_inside(&args.place.vault, root) {
            let what = "the vault lies in what is to be sealed, or the other way round";
            return Err(Problem::new("seal-vault", what, "keep the two apart"));
        }
        sealer.seal(&mut vault)
    });
    drop(progress);
    if done.is_err() && setup.control.is_interrupted() {
        say("olvido: interrupted; the next vault command undoes what was begun");
        return Ok(Exit::Interrupted);
    }
    let text = done.map(|sealed| {
        let mut text =
            format!("archive {} sealed and verified, ledger entry {}\n", hex(&sealed.archive), sealed.entry);
        for (what, count) in &sealed.counts {
            text.push_str(&format!("  {what}: {count}\n"));
        }
        for (code, count) in &sealed.gaps {
            incomplete = true;
            text.push_str(&format!("  not read inside, sealed whole: {code} ({count})\n"));
        }
        for (code, count) in &sealed.missing {
            incomplete = true;
            text.push_str(&format!("  left out, NOT in the sealed archive: {code} ({count})\n"));
        }
        text.push_str("The original is as it was: purge it once the vault is backed up.\n");
        text
    });
    match or_stop(text)? {
        Exit::Clean if incomplete => Ok(Exit::Incomplete),
        exit => Ok(exit),
    }
}

fn is_inside(vault: &Path, root: &Path) -> bool {
    match (fs::canonicalize(vault), fs::canonicalize(root)) {
        (Ok(vault), Ok(root)) => vault.starts_with(&root) || root.starts_with(&vault),
        _ => false,
    }
}

/// A vault whose old key is not known to be destroyed does nothing else before that is done.
pub(super) fn ready(recovered: &Recovered) -> Result<(), Problem> {
    match recovered {
        Recovered::Destroying(why) => Err(Problem::new(
            "vault-destroying",
            format!("an old key is not known to be destroyed: {why}"),
            "make the holder answer and run `olvido vault status`: it goes on from there",
        )),
        _ => Ok(()),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn archive_named(vault: &Vault<'_>, said: &str) -> Result<[u8; 16], Problem> {
    let mut found = vault.archives().into_iter().filter(|(id, _)| hex(id).starts_with(said));
    match (found.next(), found.next()) {
        (Some((id, _)), None) if said.len() >= 4 => Ok(id),
        _ => {
            let what = "no archive of the vault begins like this, or several do";
            Err(Problem::new("archive-unknown", what, "see `olvido vault list`; give at least 4 digits"))
        }
    }
}

fn unsealed(args: &UnsealArgs) -> Result<String, Problem> {
    let (mut vault, _) = open(&args.place)?;
    let archive = archive_named(&vault, &args.archive)?;
    // Before anything is written: a certificate must know of every copy that was made.
    vault.remember(&json!({"archive": hex(&archive), "at": vault.now(), "kind": "unsealed"}))?;
    let done = unseal(&vault, &archive, &args.out)?;
    Ok(format!(
        "{} files, {} bytes written; forgotten: {} records, {} spans, {} names\n",
        done.items, done.bytes, done.records, done.spans, done.names
    ))
}

fn list(place: &VaultPlace) -> Result<String, Problem> {
    let (vault, _) = open(place)?;
    let known: Vec<String> = vault.archives().iter().map(|(id, _)| hex(id)).collect();
    let mut text = String::new();
    for entry in vault.ledger().entries()? {
        let Some(entry) = entry.entry.filter(|entry| entry.get("kind") == Some(&Value::from("sealed")))
        else {
            continue;
        };
        let of = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if !known.contains(&of("archive")) {
            continue;
        }
        let count =
            |name: &str| entry.pointer(&format!("/about/counts/{name}")).and_then(Value::as_u64).unwrap_or(0);
        text.push_str(&format!(
            "{}  {}  {} items  {} records  {} spans  {} bytes\n",
            of("archive"),
            of("at"),
            count("items"),
            count("records"),
            count("spans"),
            count("bytes")
        ));
    }
    if text.is_empty() {
        text.push_str("no archives\n");
    }
    Ok(text)
}

fn status(place: &VaultPlace) -> Result<String, Problem> {
    let (vault, recovered) = open(place)?;
    ready(&recovered)?;
    let mut text = format!(
        "vault {}\nepoch {}\npublic key {}\nledger entries {}\n",
        vault.settings().id,
        vault.epoch(),
        vault.settings().public_key,
        vault.ledger().head().size
    );
    let mut kinds = std::collections::BTreeMap::<&str, u64>::new();
    vault.slots().for_each(|(_, slot)| *kinds.entry(slot.kind.name()).or_default() += 1);
    kinds.iter().for_each(|(kind, count)| text.push_str(&format!("  {kind} keys: {count}\n")));
    for holder in vault.holders() {
        let wrap = vault.wraps().iter().find(|wrap| wrap.holder == holder.name());
        let said = match wrap.map(|wrap| holder.status(&wrap.key_ref)) {
            Some(Ok(status)) => status.name().to_owned(),
            Some(Err(error)) => format!("no answer: {}", error.what()),
            None => "has no key of this epoch".to_owned(),
        };
        text.push_str(&format!(
            "holder {}: {said}; assurance {} at best\n",
            holder.name(),
            holder.assurance().name()
        ));
    }
    for missing in
        vault.settings().holders.iter().filter(|s| !vault.holders().iter().any(|h| h.name() == s.name()))
    {
        text.push_str(&format!("holder {}: not at hand\n", missing.name()));
    }
    if vault.settings().holders.len() == 1 {
        text.push_str(
            "warning: one holder alone keeps the key; where it is lost, everything sealed is lost\n",
        );
    }
    for code in surroundings(&place.vault) {
        text.push_str(&format!("warning: {}\n", told(code)));
    }
    for one in &vault.settings().holders {
        let (HolderSettings::KeyFile { name, folder, .. } | HolderSettings::Passphrase { name, folder }) =
            one
        else {
            continue;
        };
        for code in surroundings(folder) {
            text.push_str(&format!("warning: holder {name}: {}\n", told_of_keys(code)));
        }
    }
    for state in shreds(&vault)? {
        text.push_str(&state);
    }
    Ok(text)
}

/// How far each shred has come: its old key is destroyed and leftovers are swept, and copies out of reach have a
/// date or none.
fn shreds(vault: &Vault<'_>) -> Result<Vec<String>, Problem> {
    let entries = vault.ledger().entries()?;
    let said = |index: u64| entries.iter().find(|one| one.index == index).and_then(|one| one.entry.as_ref());
    let is_final = |id: &str| {
        let wanted = json!(format!("{id}-final"));
        let of = |entry: &Value| {
            entry.get("kind") == Some(&json!("final")) && entry.get("certificate") == Some(&wanted)
        };
        entries.iter().filter_map(|one| one.entry.as_ref()).any(of)
    };
    let mut out = Vec::new();
    for (index, receipt) in entries.iter().filter_map(|one| Some((one.index, one.entry.as_ref()?))) {
        if receipt.get("kind") != Some(&json!("receipt")) || receipt.get("what") != Some(&json!("shred")) {
            continue;
        }
        let intent = receipt.get("of").and_then(Value::as_u64).and_then(said);
        let copies = intent.and_then(|intent| intent.pointer("/reasons/not_reached")?.as_array());
        let last = copies.into_iter().flatten().filter_map(|copy| copy.get("until")?.as_str()).max();
        let id = certificate_id(vault, index);
        let state = match last {
            _ if is_final(&id) => "final".to_owned(),
            None => "final".to_owned(),
            Some(last) if vault.now() < last => format!("swept; copies out of reach until {last}"),
            Some(_) => "swept; nothing is out of reach any more: make it final with --final".to_owned(),
        };
        let at = receipt.get("at").and_then(Value::as_str).unwrap_or_default();
        out.push(format!("shred {id} of {at}: {state}\n"));
    }
    Ok(out)
}

fn verify(place: &VaultPlace) -> Result<String, Problem> {
    let (vault, recovered) = open(place)?;
    ready(&recovered)?;
    let entries = vault.ledger().entries()?.len();
    let mut text = format!(
        "ledger: {entries} entries, all as they were written\nkeys: {} slots open\n",
        vault.slots().count()
    );
    for (archive, _) in vault.archives() {
        let done = count(&vault, &archive)?;
        text.push_str(&format!(
            "archive {}: {} items, {} bytes open; forgotten: {} records, {} spans, {} names\n",
            hex(&archive),
            done.items,
            done.bytes,
            done.records,
            done.spans,
            done.names
        ));
    }
    Ok(text)
}

fn rotate(place: &VaultPlace) -> Result<String, Problem> {
    let (vault, recovered) = open(place)?;
    ready(&recovered)?;
    let change = Change { kind: "rotate", victims: Default::default(), reasons: Value::Null };
    let (vault, recovered) = vault.change(&change, &mut NoQuestion)?;
    ready(&recovered)?;
    Ok(format!("all keys lie under epoch {}; the old epoch key is destroyed\n", vault.epoch()))
}

fn approver(file: &Path) -> Result<Exit, Failure> {
    let refused = |error: std::io::Error| {
        let what = format!("{} could not be written: {}", file.display(), error.kind());
        Problem::new(
            "key-not-written",
            what,
            "a key is never overwritten; choose a file that is not there yet",
        )
    };
    let seed = Secret::random()?;
    let signer = Signer::new(&seed)?;
    let text = zeroize::Zeroizing::new(format!("{}\n", hex(seed.expose())));
    let mut out = DISK.create(file).map_err(refused)?;
    out.append(text.as_bytes()).and_then(|()| out.sync()).map_err(refused)?;
    print(&format!("{}\n", signer.public().to_hex()))?;
    Ok(Exit::Clean)
}

/// The signing key of an approver's file.
pub(super) fn signer_of(file: &Path) -> Result<Signer, Problem> {
    let wrong = || {
        let what = format!("{} is no approver's key", file.display());
        Problem::new("key-malformed", what, "name a file `olvido vault approver` wrote")
    };
    let text = zeroize::Zeroizing::new(fs::read_to_string(file).map_err(|_| wrong())?);
    let bytes = zeroize::Zeroizing::new(from_hex(text.trim()).ok_or_else(wrong)?);
    Signer::new(&Secret::from_slice(&bytes).ok_or_else(wrong)?)
}

/// `olvido ledger`: needs no holder and no lock.
pub(super) fn ledger(action: &LedgerAction) -> Result<Exit, Failure> {
    let (LedgerAction::Show { vault } | LedgerAction::Verify { vault }) = action;
    let settings = settings(vault)?;
    let read = || -> Result<String, Problem> {
        let ledger = Ledger::open(&DISK, vault, &settings.public_key()?)?;
        let entries = ledger.entries()?;
        let mut text = String::new();
        if matches!(action, LedgerAction::Show { .. }) {
            for entry in &entries {
                let said = entry.entry.as_ref().map(crate::vault::canonical).transpose()?;
                text.push_str(&format!("{} {}\n", entry.index, said.as_deref().unwrap_or("erased")));
            }
        }
        let head = ledger.head();
        text.push_str(&format!("{} entries, root {}\n", head.size, head.root));
        Ok(text)
    };
    or_stop(read())
}
