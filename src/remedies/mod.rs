//! What takes personal data out again.
//!
//! A [`Redaction`] reads as a scan does, through the same [`Sight`](crate::audit), so that what is found
//! is exactly what is changed. Each piece is written anew by its format's way back; what cannot be edited
//! exactly is withheld. Then the output is read again, and only when nothing is left does it get its name.

mod anticipation;
mod choice;
mod digests;
mod gated;
mod in_place;
mod names;
mod notice;
pub mod operators;
mod piece;
mod plan;
mod proof;
pub mod purging;
mod redaction;
mod renaming;
pub mod sealing;
mod stream;
mod tree;
mod values;
mod work;

pub use gated::Gated;
pub use plan::{ItemPlan, Plan};
pub use redaction::{Done, Ending, Redaction, Stop, resume};
pub use stream::{Editing, StreamGate};
