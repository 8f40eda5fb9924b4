//! One exception as rules see it.

use crate::records::{FactId, FactValue, Facts, Stamp, Supplier};

/// What an exception is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Suspends deletion.
    Hold,
    /// Excuses real data until a day.
    Waiver,
    /// Says a detection is no personal data.
    Dismissal,
}

impl EntryKind {
    /// Stable word in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Waiver => "waiver",
            Self::Dismissal => "dismissal",
        }
    }
}

/// One exception with what it came to in a run.
#[derive(Clone, Copy)]
pub struct Entry<'e> {
    /// What it is.
    pub kind: EntryKind,
    /// Its id, of letters, digits and hyphens.
    pub id: &'e str,
    /// The file it stands in.
    pub file: &'e str,
    /// Its line there.
    pub line: u64,
    /// When it begins.
    pub from: Stamp,
    /// When it ends; none for dismissals without an end.
    pub until: Option<Stamp>,
    /// When a hold must be looked at again.
    pub review: Option<Stamp>,
    /// Whether its scope is nearly everything.
    pub broad: bool,
    /// How many records or findings it covered.
    pub matched: u64,
}

impl Entry<'_> {
    /// What rules may read about it.
    pub fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        let mut set = |name: &str, value: Option<FactValue>| {
            if let (Some(fact), Some(value)) = (FactId::named(name), value) {
                facts.set(fact, value, Supplier::File);
            }
        };
        set("exception_kind", Some(FactValue::Word(self.kind.name().into())));
        set("placed_at", Some(FactValue::Stamp(self.from)));
        set("expires_at", self.until.map(FactValue::Stamp));
        set("review_due_at", self.review.map(FactValue::Stamp));
        set("broad", Some(FactValue::Bool(self.broad)));
        set("matched", Some(FactValue::Int(i64::try_from(self.matched).unwrap_or(i64::MAX))));
        facts
    }
}
