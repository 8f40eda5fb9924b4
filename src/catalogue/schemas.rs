//! JSON Schemas of everything people write for the program, for editors.

use super::{register_names, register_schema};
use crate::problem::Problem;
use crate::{detectors, formats::mapping, policies};

/// Names of the schemas of policy files and registers, sorted.
pub fn schema_names() -> Result<Vec<String>, Problem> {
    let files = policies::SCHEMAS.iter().chain(&detectors::schemas::SCHEMAS).chain(&["mapping"]);
    let mut names: Vec<String> = files.map(|name| (*name).to_owned()).collect();
    names.extend(register_names()?.into_iter().map(|name| format!("register/{name}")));
    names.sort_unstable();
    Ok(names)
}

/// One schema as JSON; none for a name that is none of [`schema_names`].
pub fn schema_of(name: &str) -> Result<Option<String>, Problem> {
    if let Some(register) = name.strip_prefix("register/") {
        return register_schema(register);
    }
    let file = || policies::file_schema(name).or_else(|| detectors::schemas::file_schema(name));
    Ok(if name == "mapping" { mapping::file_schema() } else { file() })
}
