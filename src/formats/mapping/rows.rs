//! Mapping files as people write them, `schema: olvido/mapping/v1`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// One file: how one helpdesk's exports are recognised and read.
#[derive(Deserialize, JsonSchema)]
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
    /// Values the vendor writes where there is none: an id of zeros, `#N/A`.
    #[serde(default)]
    pub(super) nothing: Vec<String>,
    /// Regexes of what the vendor puts in the place of the name or address of a person it made anonymous.
    #[serde(default)]
    pub(super) anonymised_as: Vec<String>,
    /// Where files of attachments lie beside the records that name them: `attachments/**/{id}`.
    #[serde(default)]
    pub(super) files: Vec<String>,
    /// How documents of XML are read, by the name of their root.
    #[serde(default)]
    pub(super) documents: BTreeMap<String, DocumentRow>,
    /// How an administrator makes this export and what it leaves out, by language (`en`, `es`, `fr`, `de`).
    #[serde(default)]
    pub(super) export: BTreeMap<String, ExportRow>,
    /// Objects that are records.
    pub(super) records: BTreeMap<String, ShapeRow>,
    /// Objects inside records that are none themselves.
    #[serde(default)]
    pub(super) parts: BTreeMap<String, ShapeRow>,
}

/// How a document of XML is read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentRow {
    /// Elements inside a record are known by the value of this attribute.
    pub(super) named_by: String,
}

/// What people need to know of an export, in one language.
#[derive(Deserialize, JsonSchema, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportRow {
    /// How it is made.
    pub(super) make: String,
    /// What it leaves out, and what rules cannot answer without it.
    pub(super) leaves_out: String,
}

/// An object or a row of a table.
#[derive(Deserialize, JsonSchema)]
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
    /// It is a piece of a file, which lies in several records.
    #[serde(default)]
    pub(super) chunk: Option<ChunkRow>,
    /// Facts that hold because it is this shape.
    #[serde(default)]
    pub(super) set: BTreeMap<String, String>,
    /// Its keys.
    #[serde(default)]
    pub(super) fields: BTreeMap<String, FieldRow>,
}

/// A piece of a file: records with the same id of the file, put together in the order of their positions.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChunkRow {
    /// Key of the file's id.
    pub(super) of: String,
    /// Key of the piece's position, a number.
    pub(super) position: String,
    /// Key of the bytes, in base64.
    pub(super) data: String,
}

/// One way to know a shape.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecogniseRow {
    /// Key of the object or array it stands in; the element's own name in XML, the table in SQL, the name of
    /// the file without its extension and the number behind it in CSV.
    #[serde(default)]
    pub(super) under: Option<String>,
    /// Name of the root of the document it stands in, for XML.
    #[serde(default)]
    pub(super) within: Option<String>,
    /// Keys that must have one of these values, as they are written.
    #[serde(default, rename = "where")]
    pub(super) values: BTreeMap<String, Vec<String>>,
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
#[derive(Deserialize, JsonSchema, Default)]
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
    /// Objects of its array that have this key and stand next to each other are runs of one text.
    #[serde(default)]
    pub(super) runs: Option<String>,
    /// Its text is a file: `base64`, `bytes` as they stand, or `blob`: bytes in dumps of MySQL, base64 in those of
    /// databases whose column is a text.
    #[serde(default)]
    pub(super) file: Option<String>,
    /// Facts it tells.
    #[serde(default)]
    pub(super) facts: Vec<FactRow>,
    /// Records it points to.
    #[serde(default)]
    pub(super) links: Vec<LinkRow>,
}

/// One fact a key tells.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FactRow {
    /// Name of the fact.
    pub(super) fact: String,
    /// Vendor's word (lower case, `null` for nothing, `*` for any other) to ours; without it the
    /// vendor's word stands.
    #[serde(default)]
    pub(super) words: Option<BTreeMap<String, String>>,
    /// Regex to our word, for vendor's words that have a form and no list; asked after `words`.
    #[serde(default)]
    pub(super) forms: BTreeMap<String, String>,
    /// It does not take the place of what another key says, wherever that stands.
    #[serde(default)]
    pub(super) weak: bool,
    /// A text is a list, its words parted by commas, semicolons or spaces, as a cell of a table is anyway.
    #[serde(default)]
    pub(super) list: bool,
    /// A number is a point in time: `seconds` or `milliseconds` since 1970.
    #[serde(default)]
    pub(super) epoch: Option<String>,
}

/// One reference.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkRow {
    /// What the other record is to this one.
    pub(super) relation: String,
    /// Kind of the other record.
    pub(super) to: String,
}
