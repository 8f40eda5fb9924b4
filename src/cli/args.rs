//! The command line as typed values. No I/O here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::purge_args::PurgeAction;
use super::subject::SubjectAction;
use super::vault_args::{LedgerAction, VaultAction, VerifyArgs};

/// Finds, judges and removes personal data in what a helpdesk leaves behind.
#[derive(Parser)]
#[command(
    name = "olvido",
    version,
    about,
    long_about = "Finds the personal data in ticket archives, attachments, knowledge bases and exports of users \
                  and settings, and judges it against data-protection rules. Nothing leaves this machine.",
    after_help = "Examples:\n  \
        olvido scan ./archive                          what is in it, what was not read, what to do\n  \
        olvido scan ./archive -o sarif=report.sarif    the same for code-scanning tools\n  \
        olvido explain retention/ticket-expired        what a rule asks, and why\n\n\
        Exit status: 0 complete and nothing at or above the gate; 1 findings; 2 usage, configuration, key or \
        policy error, nothing was done; 3 something was not read; 4 a remedy stopped; 130 interrupted."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Scan folders, files or standard input, and judge what is found.
    #[command(after_help = "Examples:\n  \
        olvido scan ./archive\n  \
        olvido scan export.ndjson --format jsonl\n  \
        olvido scan ./archive --format human -o sarif=report.sarif -o csv=report.csv\n  \
        zcat export.json.gz | olvido scan - --context people.olvido\n  \
        olvido scan ./archive --as-of 2026-11-22 --threads 1")]
    Scan(Box<ScanArgs>),
    /// Let an export leave the house, or not: fails closed.
    #[command(after_help = "Examples:\n  \
        olvido gate ./export --propose-manifest manifest.json   what it holds, as a manifest to complete\n  \
        olvido gate ./export --manifest manifest.json\n  \
        olvido gate export.ndjson --manifest manifest.json --redact --out clean.ndjson\n  \
        make-export | olvido gate - --manifest manifest.json --stream | send\n  \
        olvido gate ./export --manifest manifest.json -o junit=gate.xml -o sarif=gate.sarif --baseline last.jsonl\n\n\
        Without --redact and --stream nothing is passed on; the exit status is the answer.\n\
        Exit status: 0 it may leave; 1 it may not: a failed rule, or one that cannot be shown; 2 nothing was \
        done; 3 something was not read, or there is no record in it; 4 what --redact wrote is not proved.")]
    Gate(Box<GateArgs>),
    /// Learn the people of an archive for scans that cannot see all of it at once.
    #[command(after_help = "Example:\n  olvido survey ./archive --key key.hex -o people.olvido\n  \
        olvido scan - --key key.hex --context people.olvido < part.ndjson")]
    Survey(SurveyArgs),
    /// Write a copy with the personal data edited out, and prove it.
    #[command(after_help = "Examples:\n  \
        olvido redact ./archive --out ./clean\n  \
        olvido redact ./archive --out ./clean --lang es --operator phone-number=mask\n  \
        olvido redact ./archive --plan plan.json\n  \
        olvido redact ./archive --apply plan.json --out ./clean\n  \
        olvido redact ./archive --in-place --keep-original ./originals\n\n\
        Exit status: 0 done and proved; 2 nothing was done; 3 done, but something was withheld; 4 stopped or \
        something is left, the output stays .partial.")]
    Redact(RedactArgs),
    /// The same with keyed pseudonyms: one value has one pseudonym in all files.
    #[command(
        after_help = "Example:\n  olvido pseudonymise ./archive --key project.key --domain support --out ./clean"
    )]
    Pseudonymise(RedactArgs),
    /// List, show and check detectors, mappings and rules.
    Catalogue {
        #[command(subcommand)]
        action: CatalogueAction,
    },
    /// What a rule, category, detector or helpdesk is, and what to do about it.
    #[command(
        after_help = "Examples:\n  olvido explain retention/ticket-expired\n  olvido explain iban\n  olvido explain zendesk"
    )]
    Explain {
        /// Id of a rule, name of a category, id of a detector, or name of a helpdesk.
        name: String,
        /// Language of what is said of a helpdesk's exports.
        #[arg(long, default_value = "en", value_parser = ["en", "es", "fr", "de"])]
        lang: String,
        #[command(flatten)]
        policies: PolicyArgs,
    },
    /// The real path of an item, by its number in a report.
    #[command(name = "where", after_help = "Example:\n  olvido where 12.3 ./archive")]
    Where {
        /// Number of the item, as reports show it.
        item: String,
        /// What was scanned, as it was named then.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Write a project: configuration, retention schedule, registers to fill in, a key.
    #[command(
        after_help = "Examples:\n  olvido init project\n  olvido init project --from ./archive --jurisdiction es"
    )]
    Init(InitArgs),
    /// Suspend the deletion of records.
    Hold {
        #[command(subcommand)]
        action: HoldAction,
    },
    /// Answer a person: erase what is theirs.
    Subject {
        #[command(subcommand)]
        action: Box<SubjectAction>,
    },
    /// Delete records past their period: plan, approve, wait, apply; restore until the window ends.
    Purge {
        #[command(subcommand)]
        action: Box<PurgeAction>,
    },
    /// Periods: what an archive shows that kinds of data can be told by.
    Retention {
        #[command(subcommand)]
        action: RetentionAction,
    },
    /// Make a key for fingerprints.
    Key {
        #[command(subcommand)]
        action: KeyAction,
    },
    /// Seal archives, so that forgetting a key forgets a person everywhere, and prove it.
    Vault {
        #[command(subcommand)]
        action: VaultAction,
    },
    /// What happened in a vault, and whether it was changed since.
    Ledger {
        #[command(subcommand)]
        action: LedgerAction,
    },
    /// Check a certificate of erasure offline.
    #[command(after_help = "Exit status: 0 it holds; 1 it does not; 2 it could not be checked.")]
    Verify(VerifyArgs),
    /// Become a program of the system within limits, on behalf of another olvido process.
    #[command(hide = true)]
    ChildTool {
        /// Bytes of address space.
        memory: u64,
        /// Seconds of processor time.
        cpu_seconds: u64,
        /// The program, by its absolute path.
        program: PathBuf,
        /// Its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Read one format on behalf of another olvido process.
    #[command(hide = true)]
    ChildReader {
        /// Name of the format.
        format: String,
        /// Bytes of address space.
        memory: u64,
        /// Seconds of processor time.
        cpu_seconds: u64,
    },
}

#[derive(Subcommand)]
pub(super) enum CatalogueAction {
    /// One line for each detector, mapping and rule; `list mappings` gives a table of the helpdesks.
    List {
        /// Only these: `mappings`.
        #[arg(value_parser = ["mappings"])]
        what: Option<String>,
        #[command(flatten)]
        policies: PolicyArgs,
    },
    /// One detector, mapping or rule in full.
    Show {
        /// Its id.
        id: String,
        #[command(flatten)]
        policies: PolicyArgs,
    },
    /// Check every row against its own examples and every rule against its own tests.
    Check(PolicyArgs),
    /// Run the rules' own tests alone.
    Test(PolicyArgs),
    /// The JSON Schema of a file people write, for editors: policy, pack, config, retention, holds, waivers,
    /// attestations, lines, or a register such as register/backup; without a name the list of them.
    Schema {
        /// Which.
        name: Option<String>,
    },
}

#[derive(Args, Clone)]
pub(super) struct InitArgs {
    /// The folder to write to. Nothing that is there is overwritten.
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// An archive to learn helpdesk, own domains, forms, tags and groups from.
    #[arg(long, value_name = "ARCHIVE")]
    pub(super) from: Option<PathBuf>,
    /// A country whose law applies, such as es; repeatable.
    #[arg(long, value_name = "COUNTRY")]
    pub(super) jurisdiction: Vec<String>,
}

#[derive(Subcommand)]
pub(super) enum HoldAction {
    /// Add a hold to the file of holds, and say how many records it covers. People and tickets are written as
    /// keyed references.
    #[command(after_help = "Examples:\n  \
        olvido hold add --id HOLD-7 --reason 'claim 12' --ground legal-claims --by legal --until 2027-06-01 \\\n      \
        --subject-file person.txt ./archive\n  \
        olvido hold add --id HOLD-8 … --tickets ids.csv ./archive\n  \
        olvido hold add --id HOLD-9 … --tag litigation ./archive")]
    Add(Box<HoldAddArgs>),
}

#[derive(Args, Clone)]
pub(super) struct HoldAddArgs {
    #[command(flatten)]
    pub(super) read: ReadArgs,
    /// Its name: letters, digits, hyphens, such as HOLD-7.
    #[arg(long, value_name = "ID")]
    pub(super) id: String,
    /// Why, in words that name nobody.
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// Ground of Art. 17(3): expression, legal-obligation, public-health, archiving or legal-claims.
    #[arg(long, value_name = "GROUND", default_value = "legal-claims")]
    pub(super) ground: String,
    /// Who places it.
    #[arg(long, value_name = "WHO")]
    pub(super) by: String,
    /// The day it begins. [default: today]
    #[arg(long, value_name = "DAY")]
    pub(super) placed_on: Option<String>,
    /// The day it ends.
    #[arg(long, value_name = "DAY")]
    pub(super) until: String,
    /// The day somebody looks at it again.
    #[arg(long, value_name = "DAY")]
    pub(super) review_by: Option<String>,
    /// A file that names one person: an identifier a line, plain or as `category: value`.
    #[arg(long, value_name = "FILE")]
    pub(super) subject_file: Option<PathBuf>,
    /// A list of ticket ids: the first column of a CSV, or one a line.
    #[arg(long, value_name = "FILE")]
    pub(super) tickets: Option<PathBuf>,
    /// A tag; repeatable.
    #[arg(long, value_name = "TAG", required_unless_present_any = ["subject_file", "tickets"])]
    pub(super) tag: Vec<String>,
    /// The file of holds.
    #[arg(long, value_name = "FILE", default_value = "holds.yaml")]
    pub(super) file: PathBuf,
    /// Place it although it covers nothing of what was named.
    #[arg(long)]
    pub(super) even_if_empty: bool,
}

#[derive(Subcommand)]
pub(super) enum RetentionAction {
    /// List forms, tags, groups, brands and queues with counts and oldest dates, as a schedule to edit.
    #[command(after_help = "Example:\n  olvido retention propose ./archive -o retention.yaml")]
    Propose(ProposeArgs),
}

#[derive(Args, Clone)]
pub(super) struct ProposeArgs {
    #[command(flatten)]
    pub(super) read: ReadArgs,
    /// Where to write the schedule, mode 0600; an existing file is never overwritten. [default: print it]
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(super) enum KeyAction {
    /// Write a fresh key file, mode 0600. An existing file is never overwritten.
    Create {
        /// Where to write it.
        #[arg(default_value = None)]
        file: Option<PathBuf>,
    },
}

/// Where policies come from.
#[derive(Args, Clone, Default)]
pub(super) struct PolicyArgs {
    /// A folder with more detectors, mappings, rules and packs, laid out like the built-in ones; repeatable.
    #[arg(long, value_name = "DIR")]
    pub(super) policies: Vec<PathBuf>,
    /// A pack of rules; repeatable, later ones tighten. [default: gdpr-core]
    #[arg(long, value_name = "PACK")]
    pub(super) pack: Vec<String>,
    /// A country whose law applies, such as es or fr; repeatable. None is assumed.
    #[arg(long, value_name = "COUNTRY")]
    pub(super) jurisdiction: Vec<String>,
    /// Signed answers to rules that ask a person, `olvido/attestations/v1`.
    #[arg(long, value_name = "FILE")]
    pub(super) attestations: Option<PathBuf>,
    /// The retention schedule, `olvido/retention/v1`. [default: `schedule` of the configuration file]
    #[arg(long, value_name = "FILE")]
    pub(super) schedule: Option<PathBuf>,
    /// Holds, `olvido/holds/v1`. [default: `holds` of the configuration file]
    #[arg(long, value_name = "FILE")]
    pub(super) holds: Option<PathBuf>,
    /// Waivers and dismissals, `olvido/waivers/v1`. [default: `waivers` of the configuration file]
    #[arg(long, value_name = "FILE")]
    pub(super) waivers: Option<PathBuf>,
    /// The day or instant to judge for, RFC 3339. [default: now]
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
}

/// How a run reads.
#[derive(Args, Clone)]
pub(super) struct ReadArgs {
    /// Folders, files, or - for standard input. [default: the sources of the configuration file]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Key file of the fingerprints. [env: OLVIDO_KEY_FILE] [default: olvido/keys/default.key in the
    /// user's configuration folder, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    /// Configuration file. [default: olvido.yaml in the working folder, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// How many threads work. [default: one a processor]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    /// Show no progress and no advice on standard error.
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Containers inside containers.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(super) max_depth: u32,
    /// Members of one container.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(super) max_members: u64,
    /// Bytes that may come out of containers in the whole run.
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 30)]
    pub(super) max_expanded: u64,
    /// Decoded bytes of one member per raw byte of its container.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(super) max_ratio: u32,
    /// Passwords to try on archives and documents that are encrypted: a file with one a line, at most 1,000 of at
    /// most 1 KiB. None is shown or kept anywhere.
    #[arg(long, value_name = "FILE")]
    pub(super) passwords: Option<PathBuf>,
    /// Use tesseract for the text of pictures and bsdtar for containers without a reader (RAR, cabinet, ISO 9660, cpio,
    /// ar, LHA, xar), where they are installed. `scan` does without being told.
    #[arg(long)]
    pub(super) external: bool,
    /// Use no programs of the system, whatever else is said.
    #[arg(long, env = "OLVIDO_NO_EXTERNAL", hide_env_values = true)]
    pub(super) no_external: bool,
}

impl ReadArgs {
    /// Reading one path as the defaults have it.
    pub(super) fn of(path: PathBuf) -> Self {
        Self {
            paths: vec![path],
            key: None,
            config: None,
            threads: None,
            quiet: false,
            max_depth: 8,
            max_members: 100_000,
            max_expanded: 64 << 30,
            max_ratio: 200,
            passwords: None,
            external: false,
            no_external: true,
        }
    }
}

/// What a run reports, and what decides its status.
#[derive(Args, Clone)]
pub(super) struct ReportArgs {
    /// What to print on standard output: human, jsonl, sarif, csv, junit, markdown, github or gitlab.
    #[arg(long, short, value_name = "FORMAT", default_value = "human")]
    pub(super) format: String,
    /// Also write a report to a file, mode 0600: FORMAT=FILE; repeatable.
    #[arg(long = "output", short = 'o', value_name = "FORMAT=FILE")]
    pub(super) outputs: Vec<String>,
    /// Lowest severity of a failed rule that gives exit status 1.
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub(super) fail_on: FailOn,
    /// The JSON Lines of an earlier run under the same key: findings are labelled new or same, and those
    /// gone are counted. Nothing is excused by it.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Only findings the baseline does not hold give exit status 1.
    #[arg(long, requires = "baseline")]
    pub(super) only_new: bool,
    /// People of the whole archive, from `olvido survey`.
    #[arg(long, value_name = "FILE")]
    pub(super) context: Option<PathBuf>,
    /// Say of every detection how its confidence came about: base rate, form, cue, role, shield.
    #[arg(long)]
    pub(super) explain: bool,
    /// Which engine finds candidates; both find the same.
    #[arg(long, value_name = "ENGINE", default_value = "fast", hide = true)]
    pub(super) engine: EngineChoice,
}

/// What a run reads, what it judges by and what it reports.
#[derive(Args, Clone)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) read: ReadArgs,
    #[command(flatten)]
    pub(super) policies: PolicyArgs,
    #[command(flatten)]
    pub(super) report: ReportArgs,
}

#[derive(Args, Clone)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    pub(super) run: RunArgs,
    /// Answer a checklist line by line: helpdesk-audit, printed behind the human report, or
    /// helpdesk-audit=FILE.
    #[arg(long, value_name = "LIST[=FILE]")]
    pub(super) checklist: Option<String>,
    /// Language of the checklist, and of what is said of pieces the export lacks: en, es, fr or de.
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub(super) lang: String,
}

#[derive(Args, Clone)]
pub(super) struct GateArgs {
    #[command(flatten)]
    pub(super) run: RunArgs,
    /// The export's manifest, JSON: export_id, purpose, recipient, allowed_categories, encrypted, algorithm, complete,
    /// contains_keys. Its word alone counts, whatever the export says of itself.
    #[arg(long, value_name = "FILE")]
    pub(super) manifest: Option<PathBuf>,
    /// Write a manifest with what was found, for a person to complete; mode 0600.
    #[arg(long, value_name = "FILE")]
    pub(super) propose_manifest: Option<PathBuf>,
    /// An export without a record passes.
    #[arg(long)]
    pub(super) allow_empty: bool,
    /// Edit personal data out first and judge what is left: to --out, or with --stream record by record.
    #[arg(long)]
    pub(super) redact: bool,
    /// Where the redacted export goes, a file for a file or standard input and a folder for a folder; it
    /// is called FILE.partial, mode 0600, until the gate gives status 0.
    #[arg(long, value_name = "FILE", requires = "redact", conflicts_with = "stream")]
    pub(super) out: Option<PathBuf>,
    /// Write each record to standard output after its own verdict, and end at the first refused one. Reports
    /// then go to -o files and standard error.
    #[arg(long)]
    pub(super) stream: bool,
    #[command(flatten)]
    pub(super) edit: EditArgs,
}

/// How values are taken out.
#[derive(Args, Clone)]
pub(super) struct EditArgs {
    /// What takes the place of a category: label, mask, remove, pseudonym or generalise; repeatable.
    #[arg(long, value_name = "CATEGORY=OPERATOR")]
    pub(super) operator: Vec<String>,
    /// Language of labels: auto, en, es, fr or de.
    #[arg(long, value_name = "LANG", default_value = "auto")]
    pub(super) lang: String,
    /// Domain of pseudonyms: those of two domains cannot be joined.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(super) domain: String,
    /// Codes of gaps that do not withhold an item: what could be read of it is edited, the rest is copied.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(super) allow_gaps: Vec<String>,
}

#[derive(Args, Clone)]
pub(super) struct SurveyArgs {
    #[command(flatten)]
    pub(super) read: ReadArgs,
    /// Where to write what was learned, mode 0600.
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: PathBuf,
}

#[derive(Args, Clone)]
pub(super) struct RedactArgs {
    #[command(flatten)]
    pub(super) read: ReadArgs,
    /// A folder with more detectors and mappings, laid out like the built-in ones; repeatable.
    #[arg(long, value_name = "DIR")]
    pub(super) policies: Vec<PathBuf>,
    /// The folder to write, which must not be there; it is called DIR.partial until the proof holds.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write what would be done to a file, mode 0600, and do nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "apply"])]
    pub(super) plan: Option<PathBuf>,
    /// Do what a plan says, and stop where anything is not as it was planned.
    #[arg(long, value_name = "FILE")]
    pub(super) apply: Option<PathBuf>,
    /// Change the folder itself: new files are made and proved beside it, and take the place of the old.
    #[arg(long, conflicts_with_all = ["out", "plan"])]
    pub(super) in_place: bool,
    /// Where the originals go, on the same disk; with --in-place.
    #[arg(long, value_name = "DIR", requires = "in_place")]
    pub(super) keep_original: Option<PathBuf>,
    /// Keep no originals; with --in-place.
    #[arg(long, requires = "in_place", conflicts_with = "keep_original")]
    pub(super) no_backup: bool,
    /// Go on with an --in-place run that was stopped while files moved.
    #[arg(long, requires = "in_place")]
    pub(super) resume: bool,
    #[command(flatten)]
    pub(super) edit: EditArgs,
}

/// The gate of `scan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Any failed rule.
    Note,
    /// Warnings and errors.
    Warning,
    /// Errors.
    Error,
    /// Nothing: 1 never occurs.
    Never,
}

/// The engine of `scan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineChoice {
    /// Candidate starts and one automaton.
    Fast,
    /// Every row's regex in turn: the oracle.
    Naive,
}
