//! What a schedule says of one record.

use super::start::Start;
use crate::records::Stamp;

/// What a schedule says of one record: keep it, and why, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'s> {
    /// The answer.
    pub keep: Keep<'s>,
    /// The kinds of data the record is of, in the order of the schedule.
    pub kinds: Vec<&'s str>,
    /// The date the deciding period runs from.
    pub clock: Option<ClockReading>,
    /// The deciding period in ISO 8601, `P3Y`: of the answer `minimum` the minimum, of `past-soft` the soft
    /// step, else the maximum.
    pub period: Option<&'s str>,
    /// Who says so: the `source` of the deciding row.
    pub source: Option<&'s str>,
    /// When the maximum ends or ended.
    pub due: Option<Stamp>,
    /// When the longest legal minimum ends or ended; none where no law names one.
    pub minimum: Option<Stamp>,
    /// For how long it is blocked when it is erased, ISO 8601, whenever that is; none where law asks for none.
    pub block: Option<&'s str>,
    /// Whether a legal minimum ends later than a maximum: then the minimum holds, and somebody has to look
    /// at the schedule.
    pub conflict: bool,
}

/// The answer, in the order in which it is sought: a hold is stronger than a legal minimum, and that is
/// stronger than a maximum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep<'s> {
    /// A hold suspends deletion.
    Held {
        /// Its id.
        hold: &'s str,
    },
    /// The schedule names no period for such a record.
    Unclassified,
    /// A date or status that would decide is missing, cannot be read, or lies in the future.
    Undecidable {
        /// The fact that is missing.
        missing: &'static str,
    },
    /// The request has not ended: no period runs yet.
    Active,
    /// Law asks for it to be kept until then.
    Minimum {
        /// The first instant it may be deleted.
        until: Stamp,
    },
    /// Data are blocked until then, and must be destroyed after.
    Blocked {
        /// The end of the term of blocking.
        until: Stamp,
    },
    /// It may be kept until then.
    Within {
        /// The end of the maximum; none beyond year 9999.
        until: Option<Stamp>,
    },
    /// It may be kept, but names are no longer needed.
    PastSoft {
        /// When the soft step came.
        since: Stamp,
        /// The end of the maximum; none beyond year 9999.
        until: Option<Stamp>,
    },
    /// It must not be kept any longer.
    Expired {
        /// When the period ended.
        since: Stamp,
        /// What follows.
        then: Then<'s>,
    },
}

/// What follows the end of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then<'s> {
    /// It is destroyed.
    Destroy,
    /// It is blocked, seen by nobody but courts and authorities, and destroyed after the term (LOPDGDD 32).
    Block {
        /// The term in ISO 8601.
        term: &'s str,
    },
}

/// The date a period runs from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// Which date.
    pub start: Start,
    /// The date.
    pub at: Stamp,
}

impl Keep<'_> {
    /// Stable word for rules and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::Unclassified => "unclassified",
            Self::Undecidable { .. } => "undecidable",
            Self::Active => "active",
            Self::Minimum { .. } => "minimum",
            Self::Blocked { .. } => "blocked",
            Self::Within { .. } => "within",
            Self::PastSoft { .. } => "past-soft",
            Self::Expired { .. } => "expired",
        }
    }

    /// Whether the record may be deleted now.
    pub fn may_go(&self) -> bool {
        matches!(self, Self::Expired { then: Then::Destroy, .. })
    }

    /// When the answer changes by the passing of time alone.
    pub fn next(&self) -> Option<Stamp> {
        match self {
            Self::Minimum { until } | Self::Blocked { until } => Some(*until),
            Self::Within { until } | Self::PastSoft { until, .. } => *until,
            _ => None,
        }
    }
}
