//! Which vendor field is which model field: declarative tables applied to trees.

/// All mappings of a run.
#[derive(Default)]
pub struct Mappings {}
