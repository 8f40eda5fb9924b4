//! Arguments into what a run needs; everything wrong with them is told before any data is read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::audit::{Config, Control, References, Suppression};
use crate::catalogue::{Policies, PolicyFiles, Selection};
use crate::findings::Fingerprints;
use crate::policies::exceptions::{Exceptions, Holds, Waivers};
use crate::problem::Problem;
use crate::records::{ByteBudget, Limits, Stamp};
use crate::sources::Roots;
use crate::vault::{Key, Purpose};

use super::Failure;
use super::args::{PolicyArgs, ReadArgs};
use super::clock;
use super::exit::Exit;
use super::external::tools;
use super::keys::KeyPlaces;
use super::passwords::passwords;

/// What every run has.
pub(super) struct Setup {
    pub(super) roots: Roots,
    pub(super) policies: Policies,
    pub(super) packs: Vec<String>,
    pub(super) jurisdictions: Vec<String>,
    pub(super) config: Config,
    pub(super) config_text: String,
    /// The folder paths of the configuration start from.
    pub(super) project: PathBuf,
    pub(super) key: Option<Key>,
    pub(super) fingerprints: Fingerprints,
    pub(super) limits: Limits,
    pub(super) now: Stamp,
    pub(super) threads: usize,
    pub(super) hash_key: [u8; 16],
    pub(super) exceptions: Exceptions,
    /// What the files of exceptions say, for the digest of the settings.
    pub(super) exceptions_text: String,
    pub(super) references: Option<References>,
    pub(super) suppression: Option<Suppression>,
    pub(super) control: Arc<Control>,
}

/// The pack that is used where none is named.
const DEFAULT_PACK: &str = "gdpr-core";
/// The configuration file that is read where none is named.
const DEFAULT_CONFIG: &str = "olvido.yaml";

impl Setup {
    pub(super) fn new(read: &ReadArgs, policies: &PolicyArgs) -> Result<Setup, Failure> {
        let (mut config, config_text, project) = config(read.config.as_deref())?;
        let roots = roots(paths(read, &config, &project)?)?;
        let key = KeyPlaces::from_environment().find(read.key.as_deref())?;
        let now = clock::as_of(policies.as_of.as_deref())?;
        let packs = first_of(&policies.pack, &config.packs, &[DEFAULT_PACK.to_owned()]);
        let countries = first_of(&policies.jurisdiction, &config.jurisdictions, &[]);
        let jurisdictions = with_others(&countries, config.of_sources());
        let sources: Vec<Option<String>> =
            config.sources.iter().map(|source| source.jurisdiction.clone()).collect();
        config.places = places(&roots, &config, &project);
        let in_project = |said: &Option<PathBuf>, configured: &Option<String>| {
            said.clone().or_else(|| configured.as_ref().map(|path| project.join(path)))
        };
        let files = Files {
            attestations: in_project(&policies.attestations, &config.attestations),
            schedule: in_project(&policies.schedule, &config.schedule),
        };
        let holds = in_project(&policies.holds, &config.holds);
        let waivers = in_project(&policies.waivers, &config.waivers);
        let mut policies = load(policies, &files, &packs, (&countries, &sources), now)?;
        policies.catalogue.deny(config.denied());
        let (exceptions, exceptions_text) = exceptions(holds.as_deref(), waivers.as_deref(), &policies)?;
        exceptions.check_key(key.as_ref().map(|key| key.id()))?;
        let listed = in_project(&None, &config.suppression);
        let suppression = said(listed.as_deref(), "suppression-unreadable")?
            .map(|(_, text)| Suppression::read(text.as_bytes(), key.as_ref().map(|key| key.id())))
            .transpose()?;
        let references = key.as_ref().map(References::new);
        let fingerprints = key.as_ref().map_or_else(Fingerprints::positional, Fingerprints::keyed);
        // People are hashed in memory only; without a key any sixteen bytes will do, and fixed ones
        // keep a run's work the same from run to run.
        let hash_key =
            key.as_ref().map_or(*b"olvido in memory", |key| key.subkey(Purpose::Subject).hash_key());
        let threads = match read.threads {
            Some(0) => {
                return Err(
                    Problem::new("threads-none", "--threads 0 would do nothing", "write 1 or more").into()
                );
            }
            Some(threads) => threads,
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let limits = Limits {
            depth: read.max_depth,
            members: read.max_members,
            expanded: ByteBudget::new(read.max_expanded),
            ratio: read.max_ratio,
            passwords: Arc::new(passwords(read.passwords.as_deref())?),
            tools: Arc::new(tools(read.external && !read.no_external)),
            ..Limits::default()
        };
        Ok(Setup {
            roots,
            policies,
            packs,
            jurisdictions,
            config,
            config_text,
            project,
            key,
            fingerprints,
            limits,
            now,
            threads,
            hash_key,
            exceptions,
            exceptions_text,
            references,
            suppression,
            control: Arc::default(),
        })
    }

    /// Ctrl-C asks the run to end, and a second one ends the process: a read of standard input that waits
    /// for its writer sees no flag.
    pub(super) fn catch_interrupts(&self) {
        let control = Arc::clone(&self.control);
        // Without a handler Ctrl-C ends the process at once, which loses the partial report and no data.
        let _ = ctrlc::set_handler(move || {
            if control.is_interrupted() {
                std::process::exit(i32::from(Exit::Interrupted.code()));
            }
            control.interrupt();
        });
    }
}

/// Refuses to guess what is exported or changed: only a scan reads the sources of the project by itself.
pub(super) fn named(read: &ReadArgs) -> Result<(), Problem> {
    match read.paths.is_empty() {
        true => Err(Problem::new("no-paths", "nothing is named to read", "name a folder, a file, or -")),
        false => Ok(()),
    }
}

/// What is read: the paths of the command line, else the sources of the project.
fn paths(read: &ReadArgs, config: &Config, project: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !read.paths.is_empty() {
        return Ok(read.paths.clone());
    }
    let sources: Vec<PathBuf> = config.sources.iter().map(|source| project.join(&source.path)).collect();
    if sources.is_empty() {
        let advice = "name folders or files, or list them as `sources:` in olvido.yaml";
        return Err(Problem::new("no-paths", "nothing is named to read", advice));
    }
    Ok(sources)
}

/// The paths of a run, all of which must be there.
pub(super) fn roots(paths: Vec<PathBuf>) -> Result<Roots, Problem> {
    let roots = Roots::new(paths);
    match roots.missing() {
        Some(_) => Err(Problem::new(
            "path-not-found",
            "a path on the command line is not there",
            "name folders or files that exist, or - for standard input",
        )),
        None => Ok(roots),
    }
}

/// Detectors, mappings and rules as the arguments ask for them.
pub(super) fn load(
    args: &PolicyArgs,
    named: &Files,
    packs: &[String],
    (jurisdictions, sources): (&[String], &[Option<String>]),
    now: Stamp,
) -> Result<Policies, Failure> {
    let files = PolicyFiles::builtin().with_folders(&args.policies)?;
    let attestations = said(named.attestations.as_deref(), "attestations-unreadable")?;
    let schedule = said(named.schedule.as_deref(), "schedule-unreadable")?;
    let attestations = attestations.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
    let schedule = schedule.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
    Ok(Policies::load(&files, &Selection { packs, jurisdictions, sources, attestations, schedule, now })?)
}

/// The same without a run: for lists and explanations.
pub(super) fn policies_only(args: &PolicyArgs) -> Result<Policies, Failure> {
    let now = clock::as_of(args.as_of.as_deref())?;
    let packs = first_of(&args.pack, &[], &[DEFAULT_PACK.to_owned()]);
    let files = Files { attestations: args.attestations.clone(), schedule: args.schedule.clone() };
    load(args, &files, &packs, (&args.jurisdiction, &[]), now)
}

/// Files that change which rules speak and how.
pub(super) struct Files {
    attestations: Option<PathBuf>,
    schedule: Option<PathBuf>,
}

/// Holds, waivers and dismissals. A file that cannot be read stops everything.
fn exceptions(
    holds: Option<&Path>,
    waivers: Option<&Path>,
    policies: &Policies,
) -> Result<(Exceptions, String), Failure> {
    let mut exceptions = Exceptions::default();
    let mut all = String::new();
    if let Some((name, text)) = said(holds, "holds-unreadable")? {
        exceptions.holds = Holds::read(&name, &text)?;
        all.push_str(&text);
    }
    if let Some((name, text)) = said(waivers, "waivers-unreadable")? {
        let rules: Vec<&str> = policies.rules.all_ids().collect();
        exceptions.waivers = Waivers::read(&name, &text, &rules)?;
        all.push_str(&text);
    }
    Ok((exceptions, all))
}

/// A file the user names: how it is shown, and what it says.
fn said(path: Option<&Path>, code: &'static str) -> Result<Option<(String, String)>, Problem> {
    let Some(path) = path else { return Ok(None) };
    let name = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some((name, text))),
        Err(error) => Err(Problem::new(
            code,
            format!("{name} could not be read: {}", error.kind()),
            "name a file that exists, in UTF-8",
        )),
    }
}

/// A list and what it lacks of another.
fn with_others(list: &[String], others: Vec<String>) -> Vec<String> {
    let mut all = list.to_vec();
    all.extend(others.into_iter().filter(|other| !list.contains(other)));
    all
}

/// Where the walk of these roots meets each source of the project: its beginning of paths, and its number. A
/// source that lies in no root and has none inside is not read.
fn places(roots: &Roots, config: &Config, project: &Path) -> Vec<(PathBuf, u16)> {
    let mut places = Vec::new();
    for (number, source) in (0..=u16::MAX).zip(&config.sources) {
        let Ok(there) = fs::canonicalize(project.join(&source.path)) else { continue };
        for root in roots.paths() {
            let Ok(real) = fs::canonicalize(root) else { continue };
            let path = match there.strip_prefix(&real) {
                Ok(rest) if rest.as_os_str().is_empty() => Some(root.clone()),
                Ok(rest) => Some(root.join(rest)),
                Err(_) => real.starts_with(&there).then(|| root.clone()),
            };
            places.extend(path.map(|path| (path, number)));
        }
    }
    places
}

fn first_of(said: &[String], configured: &[String], otherwise: &[String]) -> Vec<String> {
    [said, configured, otherwise].into_iter().find(|list| !list.is_empty()).unwrap_or(otherwise).to_vec()
}

/// The configuration, its text, and the folder its paths start from.
pub(super) fn config(argument: Option<&Path>) -> Result<(Config, String, PathBuf), Problem> {
    let path = argument.unwrap_or(Path::new(DEFAULT_CONFIG));
    if argument.is_none() && !path.exists() {
        return Ok((Config::default(), String::new(), PathBuf::new()));
    }
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        Problem::new(
            "config-unreadable",
            format!("{shown} could not be read: {}", error.kind()),
            "name a configuration file in UTF-8",
        )
    })?;
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    Ok((Config::read(&shown, &text)?, text, folder))
}
