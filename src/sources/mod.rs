//! Where bytes come from: a folder, a file, standard input.

mod access;
mod item;
mod walk;

pub use item::{Attached, FileFacts, Handle, Item};
pub use walk::{Met, Roots, Walk, io_gap};
