//! Exceptions: holds that suspend deletion, waivers that excuse real data until a day, dismissals that say
//! a detection is no personal data.
//!
//! Each has a reason, somebody who answers for it, a scope and an end. What has lapsed, covers nothing or
//! covers nearly everything is a finding itself ([`Exceptions::entries`]): an exception nobody looks at is
//! how data are kept for ever.

mod entry;
mod holds;
mod reference;
mod waivers;

use crate::problem::Problem;
use crate::records::Stamp;

pub use entry::{Entry, EntryKind};
pub(super) use holds::HoldsFile;
pub use holds::{Hold, HoldScope, Holds};
pub use reference::{Reference, ReferenceKind};
pub(super) use waivers::WaiversFile;
pub use waivers::{Asked, Excuse, Waivers};

/// Everything that excuses something in a run.
#[derive(Default)]
pub struct Exceptions {
    /// Holds.
    pub holds: Holds,
    /// Waivers and dismissals.
    pub waivers: Waivers,
}

impl Exceptions {
    /// Every entry with what it came to. `matched` counts what each covered, holds first.
    pub fn entries<'e>(&'e self, matched: &'e [u64]) -> impl Iterator<Item = Entry<'e>> {
        let entries = self.holds.entries().chain(self.waivers.entries());
        entries
            .zip(matched.iter().copied().chain(std::iter::repeat(0)))
            .map(|(entry, matched)| Entry { matched, ..entry })
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.holds.len() + self.waivers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses references under another key than the run's: they would silently cover nothing.
    pub fn check_key(&self, key: Option<&str>) -> Result<(), Problem> {
        self.holds.check_key(key)?;
        self.waivers.check_key(key)
    }
}

/// Whether an exception is in force.
fn in_force(from: Stamp, until: Option<Stamp>, now: i64) -> bool {
    from.seconds <= now && until.is_none_or(|until| now < until.seconds)
}
