//! JSON Schemas of the files people write, made from the types that read them.

use schemars::{Schema, schema_for};

use super::attestation::AttestationsFile;
use super::checklist::ChecklistFile;
use super::exceptions::{HoldsFile, WaiversFile};
use super::retention::ScheduleFile;
use super::source::{RawPack, RuleFile};

/// Files with a schema, by name.
pub const SCHEMAS: [&str; 7] =
    ["attestations", "checklist", "holds", "pack", "policy", "retention", "waivers"];

/// The schema of a kind of file, as JSON; none for a name that is none of [`SCHEMAS`].
pub fn file_schema(name: &str) -> Option<String> {
    let schema: Schema = match name {
        "attestations" => schema_for!(AttestationsFile),
        "checklist" => schema_for!(ChecklistFile),
        "holds" => schema_for!(HoldsFile),
        "pack" => schema_for!(RawPack),
        "policy" => schema_for!(RuleFile),
        "retention" => schema_for!(ScheduleFile),
        "waivers" => schema_for!(WaiversFile),
        _ => return None,
    };
    serde_json::to_string_pretty(&schema).ok()
}
