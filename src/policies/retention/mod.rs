//! How long each kind of data is kept: three edges (hold, legal minimum, maximum) and a clock.
//!
//! A [`Schedule`] is the organisation's own table, `olvido/retention/v1`. [`Schedule::decide`] answers for
//! one record, by its facts alone: no clock of the machine, no file. Rules read the answer as facts
//! ([`Schedule::supply`]); whoever plans a purge reads the [`Decision`].

mod decision;
mod edges;
mod file;
mod kind;
mod proposal;
mod schedule;
mod start;
mod supply;
#[cfg(test)]
mod tests;

pub use decision::{ClockReading, Decision, Keep, Then};
pub(super) use file::ScheduleFile;
pub use proposal::{PROPOSED, ShownKinds};
pub use schedule::Schedule;
pub use start::Start;
