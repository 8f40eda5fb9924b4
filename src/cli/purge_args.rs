//! The arguments of `olvido purge`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args::{PolicyArgs, ReadArgs};

#[derive(Subcommand)]
pub(super) enum PurgeAction {
    /// Write down which records go, and why: a file to check and approve. Nothing is changed.
    #[command(after_help = "Example:\n  olvido purge plan ./archive --by ana -o plan.json\n\n\
        It is refused where the schedule is not adopted, no country is declared, a hold covers nothing, or more \
        would go than is usual.")]
    Plan(Box<PlanArgs>),
    /// Show a plan: what goes, by kind, year and reason, samples, and what stays near the edge.
    #[command(
        after_help = "Examples:\n  olvido purge show plan.json\n  olvido purge show plan.json --ids ids.csv\n  \
        olvido purge show plan.json --open"
    )]
    Show(Box<ShowArgs>),
    /// Approve a plan with a key of your own. Whoever made it cannot.
    #[command(after_help = "Example:\n  olvido purge approve plan.json --sign ~/.ssh/id_ed25519")]
    Approve(ApproveArgs),
    /// Call a plan off that has not been carried out.
    Cancel(CancelArgs),
    /// Plans, how far they have come, what is due when, and who must act.
    Status(StatusArgs),
    /// Carry a plan out, or with --due everything that is due: plans whose wait is over, and windows that have
    /// ended.
    #[command(after_help = "Examples:\n  olvido purge apply plan.json\n  olvido purge apply --due\n\n\
        Exit status: 0 done, or nothing was due; 2 refused, nothing was done; 4 stopped: what is done, what is \
        not, and the command to go on are told.")]
    Apply(Box<ApplyArgs>),
    /// Bring back what a plan removed, byte for byte, until its window ends.
    Restore(RestoreArgs),
    /// The ledger of this project's purges.
    Ledger {
        #[command(subcommand)]
        action: LedgerAction,
    },
}

#[derive(Subcommand)]
pub(super) enum LedgerAction {
    /// Every entry.
    Show(StatusArgs),
    /// Check every entry, the tree over them and the signed head.
    Verify(StatusArgs),
    /// Blank an entry about a plan that is over. The ledger still verifies, and says who asked for it.
    Erase(EraseEntryArgs),
}

/// Where a project keeps what it knows of its purges.
#[derive(Args, Clone)]
pub(super) struct PurgePlace {
    /// Folder of plans and ledger, outside the archive.
    #[arg(long, value_name = "DIR", default_value = ".olvido")]
    pub(super) project: PathBuf,
    /// Who may approve, `olvido/approvers/v1`.
    #[arg(long, value_name = "FILE", default_value = "approvers.yaml")]
    pub(super) approvers: PathBuf,
    /// Folder of the keys of what was removed; never in a backup. [default: olvido/keys/undo in the user's
    /// configuration folder]
    #[arg(long, value_name = "DIR")]
    pub(super) undo_keys: Option<PathBuf>,
}

#[derive(Args, Clone)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) read: ReadArgs,
    #[command(flatten)]
    pub(super) policies: PolicyArgs,
    #[command(flatten)]
    pub(super) place: PurgePlace,
    /// Where to write the plan, mode 0600.
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// Who makes it, and may not approve it.
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    /// The exact number of records, where it is unusually large.
    #[arg(long, value_name = "N")]
    pub(super) accept_large: Option<u64>,
    /// Take files that cannot be read whole as they are.
    #[arg(long)]
    pub(super) allow_unread: bool,
    /// Plan the records that are blocked for years instead of destroyed (LOPDGDD 32).
    #[arg(long)]
    pub(super) block: bool,
}

/// How the archive of a plan is read again.
#[derive(Args, Clone)]
pub(super) struct AgainArgs {
    /// Key file of the project. [env: OLVIDO_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    /// Configuration file. [default: olvido.yaml in the working folder, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// How many threads work. [default: one a processor]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    /// Show no progress.
    #[arg(long, short)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) policies: PolicyArgs,
    #[command(flatten)]
    pub(super) place: PurgePlace,
    /// Take files that cannot be read whole as they are.
    #[arg(long)]
    pub(super) allow_unread: bool,
}

#[derive(Args, Clone)]
pub(super) struct ShowArgs {
    /// The plan.
    #[arg(value_name = "PLAN")]
    pub(super) plan: PathBuf,
    #[command(flatten)]
    pub(super) again: AgainArgs,
    /// Also write the ids of all planned records as the source has them, CSV, mode 0600.
    #[arg(long, value_name = "FILE")]
    pub(super) ids: Option<PathBuf>,
    /// Show the beginnings of the texts of the samples; on a terminal only.
    #[arg(long)]
    pub(super) open: bool,
}

#[derive(Args, Clone)]
pub(super) struct ApproveArgs {
    /// The plan.
    #[arg(value_name = "PLAN")]
    pub(super) plan: PathBuf,
    /// Your Ed25519 key, as `ssh-keygen -t ed25519` writes it.
    #[arg(long, value_name = "FILE")]
    pub(super) sign: PathBuf,
    /// Key file of the project. [env: OLVIDO_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    #[command(flatten)]
    pub(super) place: PurgePlace,
}

#[derive(Args, Clone)]
pub(super) struct CancelArgs {
    /// The plan.
    #[arg(value_name = "PLAN")]
    pub(super) plan: PathBuf,
    /// Who calls it off.
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    /// Key file of the project. [env: OLVIDO_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    #[command(flatten)]
    pub(super) place: PurgePlace,
}

#[derive(Args, Clone)]
pub(super) struct StatusArgs {
    /// Key file of the project. [env: OLVIDO_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    #[command(flatten)]
    pub(super) place: PurgePlace,
}

#[derive(Args, Clone)]
pub(super) struct EraseEntryArgs {
    /// Its number, as `ledger show` has it.
    #[arg(value_name = "INDEX")]
    pub(super) index: u64,
    /// Who asks for it.
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    #[command(flatten)]
    pub(super) status: StatusArgs,
}

#[derive(Args, Clone)]
pub(super) struct ApplyArgs {
    /// The plan.
    #[arg(value_name = "PLAN", required_unless_present = "due", conflicts_with = "due")]
    pub(super) plan: Option<PathBuf>,
    /// Everything that is due in this project; silent where nothing is.
    #[arg(long)]
    pub(super) due: bool,
    /// Keys of what was removed that are not there were destroyed by other means: end their windows.
    #[arg(long, requires = "due")]
    pub(super) key_lost: bool,
    #[command(flatten)]
    pub(super) again: AgainArgs,
}

#[derive(Args, Clone)]
pub(super) struct RestoreArgs {
    /// The plan.
    #[arg(value_name = "PLAN")]
    pub(super) plan: PathBuf,
    /// Key file of the project. [env: OLVIDO_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    #[command(flatten)]
    pub(super) place: PurgePlace,
}
