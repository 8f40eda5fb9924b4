//! A stream that ends where a bound is.

use std::io::{self, Read};

use crate::records::{ByteBudget, Gap, GapClass};

/// Why a stream ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The member has more bytes than its container allows.
    Larger,
    /// The run's budget is used up.
    Budget,
}

impl Refusal {
    /// The refusal behind an error, if there is one.
    pub(crate) fn of(error: &io::Error) -> Option<Refusal> {
        error.get_ref()?.downcast_ref().copied()
    }

    pub(crate) fn gap(self) -> Gap {
        let (code, message, flag) = match self {
            Self::Larger => (
                "expanded-ratio",
                "the member is far larger than its container: it may be a bomb",
                "--max-ratio",
            ),
            Self::Budget => (
                "too-much-expanded",
                "more bytes come out of containers than are allowed in one run; a member was not read",
                "--max-expanded",
            ),
        };
        Gap::new(GapClass::Limit, code, message).lifted_by(flag)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.gap().code)
    }
}

impl std::error::Error for Refusal {}

/// The bytes of a member, as many as may come out of it.
pub(crate) struct Bounded<'r> {
    inner: &'r mut dyn Read,
    left: u64,
    budget: ByteBudget,
    refused: Option<Refusal>,
}

impl<'r> Bounded<'r> {
    pub(crate) fn new(inner: &'r mut dyn Read, most: u64, budget: &ByteBudget) -> Self {
        Self { inner, left: most, budget: budget.clone(), refused: None }
    }

    /// The bound at which it ended, if it did.
    pub(crate) fn refused(&self) -> Option<Refusal> {
        self.refused
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(refusal) = self.refused {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, refusal));
        }
        let got = self.inner.read(buffer)?;
        let refusal = match got as u64 {
            got if got > self.left => Refusal::Larger,
            got if !self.budget.take(got) => Refusal::Budget,
            got => {
                self.left -= got;
                return Ok(got as usize);
            }
        };
        self.refused = Some(refusal);
        Err(io::Error::new(io::ErrorKind::FileTooLarge, refusal))
    }
}
