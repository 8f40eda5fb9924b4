//! Programs of the system that a run may hand bytes to.

use std::path::PathBuf;

/// A program that was found and said its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// What it is called.
    pub name: &'static str,
    /// Where it lies, absolute.
    pub path: PathBuf,
    /// Its name and version, as it says them.
    pub version: String,
    /// Languages it recognises, in the form it takes them; empty where that says nothing.
    pub languages: String,
}

/// The programs of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tools {
    /// Whether the user wants any.
    pub is_on: bool,
    /// Recognises text in pictures: tesseract.
    pub recogniser: Option<Tool>,
    /// Opens containers that have no reader here: bsdtar.
    pub unpacker: Option<Tool>,
}

impl Tools {
    /// What each is, for the line of the run.
    pub fn versions(&self) -> Vec<String> {
        let shown = |tool: &Tool| match tool.languages.as_str() {
            "" => tool.version.clone(),
            languages => format!("{} ({languages})", tool.version),
        };
        [&self.recogniser, &self.unpacker].into_iter().flatten().map(shown).collect()
    }

    /// What to do to have one, for the gap of what it would have read.
    pub fn advice(&self, name: &str, package: &str) -> String {
        match self.is_on {
            true => format!("install {name} (apt install {package}), which is not there or does not answer"),
            false => format!("install {name} (apt install {package}) and allow it with --external"),
        }
    }
}
