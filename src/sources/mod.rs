//! Where bytes come from: a folder, a file, standard input.

mod item;

pub use item::{FileFacts, Handle, Item};
