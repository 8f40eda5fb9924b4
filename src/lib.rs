//! Finds, judges and removes personal data in what a helpdesk leaves behind.
//!
//! Data runs down this list, imports run up it: `records` is the vocabulary; `sources` and `formats`
//! turn bytes into blocks of fields; `detectors` find, `policies` judge, `findings` and `reports` tell;
//! `audit` is the pipeline that joins them, and `cli` the only room that prints.

pub mod audit;
pub mod catalogue;
pub mod cli;
pub mod detectors;
pub mod disk;
pub mod findings;
pub mod formats;
pub mod policies;
pub mod problem;
pub mod records;
pub mod remedies;
pub mod reports;
pub mod sources;
pub mod vault;
