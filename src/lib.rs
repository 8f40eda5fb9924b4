//! Finds, judges and removes personal data in what a helpdesk leaves behind.

pub mod findings;
pub mod formats;
pub mod policies;
pub mod problem;
pub mod records;
pub mod sources;
pub mod vault;
