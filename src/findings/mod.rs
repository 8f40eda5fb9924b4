//! What olvido says: findings, rule cards, lines, fingerprints.

mod lines;

pub use lines::*;
