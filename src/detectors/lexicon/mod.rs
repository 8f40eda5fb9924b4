//! Lexicons: words of many languages with what each says, as data anyone may add to.
//!
//! A lexicon is a YAML file of lists, each of one `Kind`. Rows that start at words (`start: [phrase]`)
//! name the lexicons they read with and the grammar that reads from a word. Files with the same id are
//! one lexicon, so a user's file adds words to a built-in one.

mod embedded;
mod file;
mod kind;
mod vocabulary;

pub use embedded::LEXICONS;
pub(super) use file::{Entry, LEXICON_SCHEMA, LexiconFile, read};
pub(super) use kind::Kind;
pub(super) use vocabulary::{Hit, Meaning, Vocabulary};
