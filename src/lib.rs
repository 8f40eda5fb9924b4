//! Finds, judges and removes personal data in what a helpdesk leaves behind.

pub mod disk;
pub mod findings;
pub mod formats;
pub mod problem;
pub mod records;
pub mod sources;
pub mod vault;
