//! Bounds that travel with the work, and what may be tried to open what is closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::passwords::Passwords;
use super::tools::Tools;

/// Bytes that may still be expanded, shared by all workers of a run.
#[derive(Clone, Debug)]
pub struct ByteBudget(Arc<AtomicU64>);

impl ByteBudget {
    /// A budget of this many bytes.
    pub fn new(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    /// Takes `bytes` if that many are left.
    pub fn take(&self, bytes: u64) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    /// How many are left.
    pub fn left(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How far a reader may go with one item; a copy goes down with each member.
///
/// Every bound has the flag that lifts it. What the user named on the command line is not bounded by
/// expansion, only what lies inside containers.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Containers inside containers; `--max-depth`.
    pub depth: u32,
    /// Members of one container; `--max-members`.
    pub members: u64,
    /// Bytes that may come out of containers in the whole run; `--max-expanded`.
    pub expanded: ByteBudget,
    /// Decoded bytes of one member per raw byte of its container; `--max-ratio`.
    pub ratio: u32,
    /// Bytes of one record that are held and mapped at once; a larger one is scanned in windows.
    pub record_bytes: u64,
    /// Nesting of JSON and of MIME parts; deeper is scanned as plain text.
    pub nesting: u32,
    /// What is tried on what is encrypted; `--passwords`.
    pub passwords: Arc<Passwords>,
    /// Programs that read what has no reader; `--external`.
    pub tools: Arc<Tools>,
}

impl Limits {
    /// Bytes of a record that are mapped as one, 64 MiB.
    pub const RECORD_BYTES: u64 = 64 << 20;

    /// Bytes that may come out of so many raw ones. What is small may grow as if it were five KiB: a bomb
    /// needs not be feared where all of it is a megabyte.
    pub fn expands(&self, raw: u64) -> u64 {
        raw.max(5 << 10).saturating_mul(u64::from(self.ratio))
    }

    /// The limits with a budget of expanded bytes of their own, as large as what is left.
    pub fn anew(&self) -> Limits {
        Limits { expanded: ByteBudget::new(self.expanded.left()), ..self.clone() }
    }

    /// The limits with a budget of expanded bytes that never ends, for what was counted when it was read before.
    pub fn unspent(&self) -> Limits {
        Limits { expanded: ByteBudget::new(u64::MAX), ..self.clone() }
    }

    /// The limits one container deeper, or none when that is too deep.
    pub fn inside(&self) -> Option<Limits> {
        let depth = self.depth.checked_sub(1)?;
        Some(Limits { depth, ..self.clone() })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 8,
            members: 100_000,
            expanded: ByteBudget::new(64 << 30),
            ratio: 200,
            record_bytes: Self::RECORD_BYTES,
            nesting: 512,
            passwords: Arc::default(),
            tools: Arc::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_shared_and_never_goes_below_nothing() {
        let budget = ByteBudget::new(10);
        let other = budget.clone();
        assert!(budget.take(6));
        assert!(!other.take(5));
        assert!(other.take(4));
        assert_eq!(budget.left(), 0);
    }

    #[test]
    fn depth_runs_out() {
        let limits = Limits { depth: 1, ..Limits::default() };
        let inside = limits.inside();
        assert!(inside.is_some());
        assert!(inside.and_then(|l| l.inside()).is_none());
    }
}
