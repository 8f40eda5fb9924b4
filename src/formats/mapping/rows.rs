//! Mapping files as people write them, `schema: olvido/mapping/v1`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One file: how one helpdesk's exports are recognised and read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingFile {
    /// `olvido/mapping/v1`
    pub(super) schema: String,
    /// Stable name of the helpdesk, the `system` of its records.
    pub(super) system: String,
    /// What people call it.
    pub(super) title: String,
    /// Texts the vendor puts in the place of what was redacted.
    #[serde(default)]
    pub(super) redaction_marks: Vec<String>,
    /// Objects that are records.
    pub(super) records: BTreeMap<String, ShapeRow>,
    /// Objects inside records that are none themselves.
    #[serde(default)]
    pub(super) parts: BTreeMap<String, ShapeRow>,
}

/// An object or a row of a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShapeRow {
    /// Kind of record.
    #[serde(default)]
    pub(super) kind: Option<String>,
    /// Ways to know it where nothing around it says what it is.
    #[serde(default)]
    pub(super) recognise: Vec<RecogniseRow>,
    /// Key of its id.
    #[serde(default)]
    pub(super) id: Option<String>,
    /// Every value inside is a record of this kind of its own, with facts `key` and `value`.
    #[serde(default)]
    pub(super) leaves: bool,
    /// Facts that hold because it is this shape.
    #[serde(default)]
    pub(super) set: BTreeMap<String, String>,
    /// Its keys.
    #[serde(default)]
    pub(super) fields: BTreeMap<String, FieldRow>,
}

/// One way to know a shape.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecogniseRow {
    /// Key of the object or array it stands in.
    #[serde(default)]
    pub(super) under: Option<String>,
    /// Keys it must have.
    #[serde(default)]
    pub(super) all: Vec<String>,
    /// Keys of which it must have some.
    #[serde(default)]
    pub(super) some: Vec<String>,
    /// How many of them.
    #[serde(default)]
    pub(super) at_least: Option<usize>,
    /// Keys it must not have.
    #[serde(default)]
    pub(super) none: Vec<String>,
}

/// One key.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldRow {
    /// Role of its text.
    #[serde(default)]
    pub(super) role: Option<String>,
    /// Whether its text is HTML.
    #[serde(default)]
    pub(super) html: bool,
    /// The shape of its object, or of the objects in its array.
    #[serde(default)]
    pub(super) of: Option<String>,
    /// Facts it tells.
    #[serde(default)]
    pub(super) facts: Vec<FactRow>,
    /// Records it points to.
    #[serde(default)]
    pub(super) links: Vec<LinkRow>,
}

/// One fact a key tells.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FactRow {
    /// Name of the fact.
    pub(super) fact: String,
    /// Vendor's word (lower case, `null` for nothing, `*` for any other) to ours; without it the
    /// vendor's word stands.
    #[serde(default)]
    pub(super) words: Option<BTreeMap<String, String>>,
    /// A number is seconds since 1970.
    #[serde(default)]
    pub(super) epoch: bool,
}

/// One reference.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkRow {
    /// What the other record is to this one.
    pub(super) relation: String,
    /// Kind of the other record.
    pub(super) to: String,
}
