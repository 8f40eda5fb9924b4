//! Archives into the vault and out of it: which bytes are whose.
//!
//! An item becomes, for each piece that is read, a frame with holes: the bytes between records, under the
//! item's own key; in the holes the records, each under its key; in the holes of a record the bytes that
//! belong to other people than the one it is about, each under the record's key and theirs. A record belongs
//! to its ticket, a ticket to whoever asked. What has no place in the bytes (a member of a container) is
//! sealed with the record around it, and the people in it are mentioned, so that nobody is told they were
//! forgotten where they were not.

mod certificate;
mod evidence;
mod frame;
mod frames;
mod identity;
mod marks;
mod minima;
mod owners;
mod parts;
mod permission;
mod plan;
mod pseudonyms;
mod seal;
mod unseal;
mod verified;
mod victims;
mod words;
mod writer;

pub use certificate::{Certifying, certificate_id, certify, countersign, final_certificate, to_markdown};
pub use evidence::{Dying, dying};
pub use marks::{Marks, plan_mark, tag_mark};
pub use minima::KeptByLaw;
pub use permission::{Held, PlanPermission, ReadHolds, kept_by_law, refused};
pub use plan::{Approval, Intent, Plan, PlannedKey};
pub use seal::{Sealed, Sealer};
pub use unseal::{Unsealed, count, source_of, unseal};
pub use victims::{Chosen, Wanted, choose_planned, choose_records, choose_subjects, read_wanted};
pub use words::Words;
