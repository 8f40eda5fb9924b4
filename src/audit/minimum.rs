//! Until when law keeps a record, asked where it is sealed.

use super::Audit;
use crate::policies::retention::Keep;
use crate::records::{Origin, Record, Stamp};

/// What law asks of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LegalMinimum {
    /// It is kept until then.
    Until(Stamp),
    /// A date or status that would tell is missing, or it has not ended, so that its periods have not begun.
    Undecided,
}

impl Audit<'_> {
    /// What the schedule of a record's source says that law asks now; none where it asks for nothing, and where
    /// there is no schedule.
    pub fn legal_minimum(&self, origin: &Origin, record: &Record) -> Option<LegalMinimum> {
        let schedule = self.policies.rules_of(origin).schedule()?;
        match schedule.decide(record.reference.kind, &record.facts, None, self.now.seconds).keep {
            Keep::Minimum { until } => Some(LegalMinimum::Until(until)),
            Keep::Active | Keep::Undecidable { .. } => Some(LegalMinimum::Undecided),
            _ => None,
        }
    }
}
