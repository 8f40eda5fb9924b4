//! Words that facts in normal form can have: the records' tables say so, and nothing else occurs.

use std::sync::LazyLock;

use crate::records::{Category, ValueClass};

static CATEGORIES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| Category::all().map(Category::name).collect());
static VALUE_CLASSES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| ValueClass::ALL.iter().map(|class| class.name()).collect());

/// Normal forms of a ticket's, article's or chat's status. `unknown` is missing evidence and cannot be
/// compared with.
const STATUS: [&str; 10] =
    ["new", "open", "pending", "hold", "solved", "closed", "deleted", "spam", "merged", "archived"];

/// Dates periods run from.
const CLOCKS: [&str; 10] = [
    "last-subject-contact",
    "closed",
    "solved",
    "created",
    "last-login",
    "happened",
    "answered",
    "first-event",
    "produced",
    "deleted",
];

/// What a schedule says of a record; `unknown` where it cannot be decided.
const STATES: [&str; 7] = ["active", "minimum", "blocked", "within", "past-soft", "expired", "unclassified"];

/// Rights of data subjects, Art. 15 to 22, and complaints.
const RIGHTS: [&str; 8] = [
    "access",
    "rectification",
    "erasure",
    "restriction",
    "portability",
    "objection",
    "automated-decision",
    "complaint",
];

/// Grounds to refuse or to keep: Art. 17(3)(a) to (e), Art. 12(5), 12(6) and 15(4).
const GROUNDS: [&str; 9] = [
    "expression",
    "legal-obligation",
    "public-health",
    "archiving",
    "legal-claims",
    "manifestly-unfounded",
    "excessive",
    "identity-doubt",
    "others-rights",
];

/// Kinds of document an organisation shows.
const DOCUMENTS: [&str; 8] = [
    "data-protection-policy",
    "privacy-notice",
    "password-policy",
    "incident-procedure",
    "retention-schedule",
    "training-material",
    "procedure",
    "responsible",
];

/// What an export may be for.
const PURPOSES: [&str; 5] = ["support-analytics", "migration", "legal-request", "access-request", "audit"];

/// The words a fact can have; none where vendors' own words may occur.
pub(in crate::policies) fn vocabulary(fact: &str) -> Option<&'static [&'static str]> {
    match fact {
        "status" => Some(&STATUS),
        "retention_clock" => Some(&CLOCKS),
        "retention_state" => Some(&STATES),
        "exception_kind" => Some(&["hold", "waiver", "dismissal"]),
        "visibility" => Some(&["public", "internal"]),
        "direction" => Some(&["in", "out", "internal"]),
        "ticket_scope" => Some(&["all", "group", "organisation", "assigned", "own", "none"]),
        "transfer_tool" => Some(&["none", "adequacy", "dpf", "sccs", "bcr", "derogation"]),
        "backup_level" => Some(&["set", "snapshot", "repository", "archive"]),
        "key_state" => Some(&["active", "retired", "destroyed"]),
        "key_purpose" => Some(&["root", "data", "subject", "signing", "tls"]),
        "audience" => Some(&["all", "staff", "privileged", "customers"]),
        "storage" => Some(&["plain", "fast-hash", "salted-hash", "slow-hash", "elsewhere"]),
        "risk" => Some(&["unlikely", "risk", "high"]),
        "not_told_ground" => Some(&["unintelligible", "risk-averted", "public-notice"]),
        "right" => Some(&RIGHTS),
        "outcome" => Some(&["granted", "partly", "refused", "withdrawn"]),
        "ground" => Some(&GROUNDS),
        "erasure_method" => Some(&["shred", "purge", "redact", "pseudonymise"]),
        "erasure_state" => Some(&["pending", "blocked", "final"]),
        "document_kind" => Some(&DOCUMENTS),
        "area" => Some(&["access", "data-protection", "security", "backups", "procedures"]),
        "call_purpose" => Some(&["quality", "evaluation", "contract", "other"]),
        "origin" => Some(&["own", "public-site"]),
        "export_purpose" => Some(&PURPOSES),
        "category" | "field_category" => Some(&CATEGORIES),
        "value_class" => Some(&VALUE_CLASSES),
        _ => None,
    }
}
