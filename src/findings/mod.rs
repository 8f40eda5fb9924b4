//! What olvido says: findings, rule cards, lines, masks, fingerprints.

mod baseline;
mod escape;
mod fingerprint;
mod lines;
mod mask;
mod schema;

pub use baseline::{Baseline, Labels};
pub use escape::{Target, escape};
pub use fingerprint::{DatumKey, Fingerprints, RecordKey, group_fingerprint};
pub use lines::*;
pub use mask::{BULLET, mask, mask_str};
pub use schema::line_schema;
