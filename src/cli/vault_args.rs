//! The command line of `olvido vault`, `olvido ledger` and `olvido verify` as typed values.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args::ReadArgs;

/// What vault commands share: which vault, and how its passphrase is had.
#[derive(Args, Clone)]
pub(super) struct VaultPlace {
    /// The vault's folder.
    #[arg(value_name = "VAULT")]
    pub(super) vault: PathBuf,
    /// A file that holds the passphrase; without it the terminal asks. Never an argument.
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(super) enum VaultAction {
    /// Make a vault.
    #[command(
        after_help = "Example:\n  olvido vault init ./vault --holder 'command:olvido-transit.py --key-folder transit' \\\n    --holder elsewhere:/media/usb/keys --approver Ana=KEY --approver Bea=KEY --approvals 1 --cooling-off 7\n\n\
        Holders keep the vault's key outside of it: command:PROGRAM ARGUMENTS…, elsewhere:FOLDER (key files on another \
        medium, no copies), key-file:FOLDER, passphrase:FOLDER. Two are better than one: any one opens, all destroy."
    )]
    Init(InitArgs),
    /// Seal an archive into the vault; the original stays for a purge of its own.
    Seal(SealArgs),
    /// Write a sealed archive's files to a folder; what was forgotten is missing.
    Unseal(UnsealArgs),
    /// The sealed archives, without personal data.
    List(VaultPlace),
    /// State, holders, and what puts them in danger.
    Status(VaultPlace),
    /// Open every object, every slot and every entry of the ledger.
    Verify(VaultPlace),
    /// Forget people or records: plan, then apply.
    #[command(
        after_help = "Examples:\n  olvido vault shred ./vault --subjects people.txt --requester 'Request desk' --ground 'GDPR 17(1)(b)' --plan plan.json\n  \
        olvido vault approve plan.json --name Ana --approver-key ana.key\n  \
        olvido vault shred ./vault --apply plan.json --executor Eva --holds holds.txt --certificate done.json\n  \
        olvido vault shred ./vault --final done.json --certificate final.json"
    )]
    Shred(Box<ShredArgs>),
    /// Approve a plan, or countersign a certificate.
    Approve(ApproveArgs),
    /// Make an approver's key; prints the public half.
    Approver {
        /// Where to write it, mode 0600; an existing file is never overwritten.
        file: PathBuf,
    },
    /// Write all keys under a new epoch key and have the old one destroyed.
    Rotate(VaultPlace),
}

#[derive(Args, Clone)]
pub(super) struct InitArgs {
    #[command(flatten)]
    pub(super) place: VaultPlace,
    /// Who keeps the vault's key; repeatable.
    #[arg(long, value_name = "KIND:WHERE", required = true)]
    pub(super) holder: Vec<String>,
    /// Who may approve: NAME=PUBLIC KEY; repeatable.
    #[arg(long, value_name = "NAME=KEY")]
    pub(super) approver: Vec<String>,
    /// How many approvals a shred needs.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) approvals: u64,
    /// Days between a plan and the first moment it may be applied.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub(super) cooling_off: u64,
    /// Who decides about the data; stands in certificates.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) controller: String,
    /// Seconds a holder's program may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(super) patience: u64,
}

#[derive(Args, Clone)]
pub(super) struct SealArgs {
    #[command(flatten)]
    pub(super) place: VaultPlace,
    #[command(flatten)]
    pub(super) read: ReadArgs,
    /// Seal although something in the archive cannot be read: it will be missing.
    #[arg(long)]
    pub(super) allow_gaps: bool,
}

#[derive(Args, Clone)]
pub(super) struct UnsealArgs {
    #[command(flatten)]
    pub(super) place: VaultPlace,
    /// The archive, as `list` shows it; enough of its beginning.
    pub(super) archive: String,
    /// The folder to write, which must not be there.
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
}

#[derive(Args, Clone)]
pub(super) struct ShredArgs {
    #[command(flatten)]
    pub(super) place: VaultPlace,
    /// A list of people: `email: …`, `phone: …`, `name: …`, `id: SYSTEM ID`.
    #[arg(long, value_name = "FILE", requires = "plan")]
    pub(super) subjects: Option<PathBuf>,
    /// A list of records: `record: KIND SYSTEM ID`.
    #[arg(long, value_name = "FILE", requires = "plan", conflicts_with = "subjects")]
    pub(super) records: Option<PathBuf>,
    /// The records of a plan of `olvido purge`; the archives must have been sealed with its key.
    #[arg(long, value_name = "PURGE PLAN", requires = "plan", conflicts_with_all = ["subjects", "records"])]
    pub(super) purge_plan: Option<PathBuf>,
    /// The folder whose ledger says whether the purge plan was called off.
    #[arg(long, value_name = "DIR", default_value = ".olvido")]
    pub(super) project: PathBuf,
    /// The key of that ledger; the user's own where none is named.
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    /// Where to write the plan, mode 0600.
    #[arg(long, value_name = "FILE")]
    pub(super) plan: Option<PathBuf>,
    /// Who asks for it; stands in the certificate.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(super) requester: String,
    /// The legal ground.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) ground: String,
    /// Your own reference, such as the number of a request.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) reference: String,
    /// Forget what is within its legal minimum all the same, and why; stands in the certificate.
    #[arg(long, value_name = "REASON", requires = "plan")]
    pub(super) despite_minima: Option<String>,
    /// Carry a plan out.
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["plan", "final"])]
    pub(super) apply: Option<PathBuf>,
    /// What must not be deleted: holds as `olvido hold add` writes them, or a list like the others. Those that
    /// olvido.yaml names are always checked; all are read again at the last moment.
    #[arg(long, value_name = "FILE")]
    pub(super) holds: Option<PathBuf>,
    /// The configuration whose holds are checked; olvido.yaml of the working folder where none is named.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Who carries it out; none of the approvers.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(super) executor: String,
    /// A copy out of reach and the day it is gone: WHAT=DATE; repeatable. The certificate is pending until then.
    #[arg(long, value_name = "WHAT=DATE")]
    pub(super) backup: Vec<String>,
    /// The final certificate in place of a pending one.
    #[arg(long, value_name = "CERTIFICATE", conflicts_with = "plan")]
    pub(super) r#final: Option<PathBuf>,
    /// Where to write the certificate too; with `.md` beside it.
    #[arg(long, value_name = "FILE")]
    pub(super) certificate: Option<PathBuf>,
    /// Language of the readable certificate: en, es, fr or de.
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub(super) lang: String,
}

#[derive(Args, Clone)]
pub(super) struct ApproveArgs {
    /// A plan or a certificate.
    pub(super) file: PathBuf,
    /// The approver's name, as the vault knows it.
    #[arg(long, value_name = "NAME")]
    pub(super) name: String,
    /// The approver's key file.
    #[arg(long, value_name = "FILE")]
    pub(super) approver_key: PathBuf,
}

#[derive(Subcommand)]
pub(super) enum LedgerAction {
    /// The entries, in order.
    Show {
        /// The vault's folder.
        vault: PathBuf,
    },
    /// Check every entry against the signed head.
    Verify {
        /// The vault's folder.
        vault: PathBuf,
    },
}

#[derive(Args, Clone)]
pub(super) struct VerifyArgs {
    /// The certificate.
    pub(super) certificate: PathBuf,
    /// The vault's public key, 64 digits, or a file that holds them.
    #[arg(long, value_name = "PUBLIC KEY")]
    pub(super) key: String,
}
