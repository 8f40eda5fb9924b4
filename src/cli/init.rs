//! `olvido init`: a project folder to fill in.

use std::io;
use std::path::{Path, PathBuf};

use crate::catalogue::register_templates;
use crate::detectors::{Engine, Matcher};
use crate::disk::{Disk, SystemDisk};
use crate::policies::retention::PROPOSED;
use crate::problem::Problem;

use super::Failure;
use super::args::{InitArgs, PolicyArgs, ReadArgs};
use super::exit::Exit;
use super::keys::{self, KeyPlaces};
use super::output::print;
use super::progress::Progress;
use super::scan::audit;
use super::setup::Setup;

/// What an archive tells for the first configuration.
#[derive(Default)]
struct Learned {
    /// The helpdesks met.
    systems: Vec<String>,
    /// Domains taken as the organisation's own, and counts of the rest.
    own: Vec<String>,
    schedule: Option<String>,
}

/// Writes a project. Nothing that is there is overwritten: one file that is there already, and nothing is
/// written at all.
pub(super) fn init(args: &InitArgs) -> Result<Exit, Failure> {
    let learned = match &args.from {
        Some(archive) => match learn(archive)? {
            Some(learned) => learned,
            None => return Ok(Exit::Interrupted),
        },
        None => Learned::default(),
    };
    let files = files(args, &learned)?;
    let targets: Vec<(PathBuf, &str)> =
        files.iter().map(|(name, text)| (args.dir.join(name), text.as_str())).collect();
    if let Some((path, _)) = targets.iter().find(|(path, _)| path.exists()) {
        let what = format!("{} is already there: nothing was written", path.display());
        return Err(Problem::new("init-exists", what, "choose a folder without a project").into());
    }
    let key = key(args)?;
    for (path, text) in &targets {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| write(path, text)).map_err(|error| {
            Problem::new(
                "init-not-written",
                format!("{} could not be written: {}", path.display(), error.kind()),
                "choose a folder you may write to",
            )
        })?;
    }
    print(&format!(
        "{} files written to {}\n{key}\nNext: read olvido.yaml, fill in the registers, then run olvido scan there.\n",
        targets.len(),
        args.dir.display()
    ))?;
    Ok(Exit::Clean)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = SystemDisk.create(path)?;
    file.append(text.as_bytes())?;
    file.sync()
}

/// What an archive shows; none where the user stopped it.
fn learn(archive: &Path) -> Result<Option<Learned>, Failure> {
    let setup = Setup::new(&ReadArgs::of(archive.to_path_buf()), &PolicyArgs::default())?;
    let matcher = Matcher::new(&setup.policies.catalogue, Engine::Fast)?;
    setup.catch_interrupts();
    let progress = Progress::show(&setup.control, "looking", false);
    let audit = audit(&setup, &matcher);
    let context = audit.survey(&setup.roots)?.0;
    let kinds = audit.shown_kinds(&setup.roots, &context)?;
    drop(progress);
    if setup.control.is_interrupted() {
        return Ok(None);
    }
    Ok(Some(Learned { systems: kinds.systems(), own: context.told_own(), schedule: Some(kinds.render()) }))
}

/// The key of the project lies outside of it; one that is there is used.
fn key(args: &InitArgs) -> Result<String, Failure> {
    let places = KeyPlaces::from_environment();
    if let Some(key) = places.find(None)? {
        return Ok(format!("Fingerprints are made with the key {} that is there already.", key.id()));
    }
    let Some(path) = places.default_path() else {
        return Ok(String::from(
            "There is no configuration folder: make a key with `olvido key create FILE`.",
        ));
    };
    let folder = std::path::absolute(&args.dir).unwrap_or_else(|_| args.dir.clone());
    if path.starts_with(&folder) {
        let advice = "choose another folder, or set XDG_CONFIG_HOME";
        let what = "the key would lie in the project itself, where whoever copies the project finds it";
        return Err(Problem::new("init-key-inside", what, advice).into());
    }
    let key = keys::create(path)?;
    Ok(format!(
        "The key {} was written to {} (mode 0600), outside of the project. Keep a copy apart from it.",
        key.id(),
        path.display()
    ))
}

fn files(args: &InitArgs, learned: &Learned) -> Result<Vec<(String, String)>, Problem> {
    let mut files = vec![
        (String::from("olvido.yaml"), config(args, learned)),
        (String::from("retention.yaml"), learned.schedule.clone().unwrap_or_else(|| PROPOSED.1.to_owned())),
        (String::from("holds.yaml"), HOLDS.to_owned()),
        (String::from("waivers.yaml"), WAIVERS.to_owned()),
        (String::from("attestations.yaml"), ATTESTATIONS.to_owned()),
    ];
    for (name, text) in register_templates()? {
        files.push((format!("registers/{name}"), text));
    }
    Ok(files)
}

fn config(args: &InitArgs, learned: &Learned) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let mut out = String::from(
        "# What olvido scans here, and by which rules. Paths start from this folder.\nschema: olvido/config/v1\nsources:\n",
    );
    if let Some(archive) = &args.from {
        let path = std::path::absolute(archive).unwrap_or_else(|_| archive.clone());
        let system = learned.systems.first().map_or("", String::as_str);
        out.push_str(&format!("  - path: {}\n", quoted(&path.display().to_string())));
        if !system.is_empty() {
            out.push_str(&format!("    system: {system}\n"));
        }
        out.push_str("    kind: archive\n    # jurisdiction: es\n");
    } else {
        out.push_str("  # - {path: ../archive, system: zendesk, kind: archive, jurisdiction: es}\n");
    }
    out.push_str("  - {path: registers, kind: registers}\n");
    out.push_str("packs: [gdpr-core]\n# Countries whose law applies; none is assumed.\n");
    match args.jurisdiction.as_slice() {
        [] => out.push_str("# jurisdictions: [es]\n"),
        countries => out.push_str(&format!("jurisdictions: [{}]\n", countries.join(", "))),
    }
    let domains: Vec<String> =
        learned.own.iter().filter(|told| told.contains('.')).map(|domain| quoted(domain)).collect();
    out.push_str("# The organisation's own addresses are found and counted apart, and never judged.\nown:\n");
    out.push_str(&format!("  domains: [{}]\n", domains.join(", ")));
    let counted: Vec<&str> =
        learned.own.iter().filter(|told| !told.contains('.')).map(String::as_str).collect();
    if !counted.is_empty() {
        out.push_str(&format!("  # Taken as own in each scan beside: {}.\n", counted.join(", ")));
    }
    out.push_str(
        "  addresses: []\nschedule: retention.yaml\nholds: holds.yaml\nwaivers: waivers.yaml\nattestations: attestations.yaml\n",
    );
    out
}

const HOLDS: &str =
    "# Holds: records that must not be deleted for now. `olvido hold add` adds them with keyed references.
schema: olvido/holds/v1
holds: []
";

const WAIVERS: &str =
    "# Waivers excuse a finding for a year at most, and two people answer for each; dismissals say that a
# detection is no personal data. Fingerprints stand in every report.
schema: olvido/waivers/v1
waivers: []
#  - id: W-1
#    rule: knowledge-base/personal-data-public
#    fingerprints: ['k1:0a1b2c3d:0123456789abcdef0123456789abcdef']
#    reason: the author agreed to be named
#    requested_by: head of the desk
#    approved_by: data-protection officer
#    placed_on: 2026-01-01
#    expires: 2026-07-01
dismissals: []
#  - {id: D-1, fingerprints: ['k1:0a1b2c3d:…'], reason: a product code, by: head of the desk, on: 2026-01-01}
";

const ATTESTATIONS: &str = "# Signed answers to what no machine can judge; each lapses on its day.
schema: olvido/attestations/v1
attestations: []
#  - {rule: access-control/mobile-managed, answer: yes, by: name, role: data-protection officer, on: 2026-01-01, valid_until: 2027-01-01}
";
