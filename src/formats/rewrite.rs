//! Edits on decoded text travel outward to raw bytes.

/// placeholder
pub trait Rewrite {}
