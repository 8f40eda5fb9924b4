//! The policy files of a run: those in the binary and those of the user.

use std::fs;
use std::path::{Path, PathBuf};

use crate::problem::Problem;

use super::builtin;

/// A policy file: its name for problems, and its text.
#[derive(Clone)]
pub struct PolicyFile {
    /// As the user knows it: `policies/rules/retention.yaml`, or the path of the user's own.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// The four kinds of policy files, each in the order of reading.
#[derive(Clone, Default)]
pub struct PolicyFiles {
    /// `detectors/` and `lexicons/`
    pub detectors: Vec<PolicyFile>,
    /// `mappings/`
    pub mappings: Vec<PolicyFile>,
    /// `rules/`
    pub rules: Vec<PolicyFile>,
    /// `packs/`
    pub packs: Vec<PolicyFile>,
}

impl PolicyFiles {
    /// The built-in files.
    pub fn builtin() -> Self {
        let files = |list: &[(&str, &str)]| {
            list.iter()
                .map(|(name, text)| PolicyFile { name: (*name).to_owned(), text: (*text).to_owned() })
                .collect()
        };
        Self {
            // Lexicons are read with the detectors, whose words they are.
            detectors: [files(builtin::DETECTORS), files(builtin::LEXICONS)].concat(),
            mappings: files(builtin::MAPPINGS),
            rules: files(crate::policies::builtin::RULES),
            packs: files(crate::policies::builtin::PACKS),
        }
    }

    /// Adds the files of the user's folders, which are laid out like the built-in ones.
    pub fn with_folders(mut self, folders: &[PathBuf]) -> Result<Self, Problem> {
        for folder in folders {
            if !folder.is_dir() {
                return Err(Problem::new(
                    "policies-no-folder",
                    format!("{} is no folder", folder.display()),
                    "name a folder with detectors/, lexicons/, mappings/, rules/ or packs/ in it",
                ));
            }
            let before = self.len();
            for (name, list) in [
                ("detectors", &mut self.detectors),
                ("mappings", &mut self.mappings),
                ("rules", &mut self.rules),
                ("packs", &mut self.packs),
            ] {
                list.extend(yaml_files(&folder.join(name))?);
            }
            self.detectors.extend(yaml_files(&folder.join("lexicons"))?);
            if self.len() == before {
                return Err(Problem::new(
                    "policies-empty-folder",
                    format!("{} holds no policy files", folder.display()),
                    "put .yaml files into detectors/, lexicons/, mappings/, rules/ or packs/ below it",
                ));
            }
        }
        Ok(self)
    }

    fn len(&self) -> usize {
        self.all().count()
    }

    /// All files, kind by kind.
    pub fn all(&self) -> impl Iterator<Item = &PolicyFile> {
        self.detectors.iter().chain(&self.mappings).chain(&self.rules).chain(&self.packs)
    }
}

/// Files as the loaders take them.
pub(super) fn pairs(files: &[PolicyFile]) -> Vec<(&str, &str)> {
    files.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect()
}

fn yaml_files(folder: &Path) -> Result<Vec<PolicyFile>, Problem> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let unreadable = |path: &Path, error: &std::io::Error| {
        Problem::new(
            "policies-unreadable",
            format!("{} could not be read: {}", path.display(), error.kind()),
            "give this account permission to read it, and save it as UTF-8",
        )
    };
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        files.push(PolicyFile { name: path.display().to_string(), text });
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_files_come_after_the_built_in_ones() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("rules")).unwrap();
        let mut file = fs::File::create(dir.path().join("rules/own.yaml")).unwrap();
        std::io::Write::write_all(&mut file, b"rules: []\n").unwrap();
        let files = PolicyFiles::builtin().with_folders(&[dir.path().to_path_buf()]).ok().unwrap();
        assert!(files.rules.last().unwrap().name.ends_with("own.yaml"));
    }

    #[test]
    fn a_folder_that_is_none_or_empty_is_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        let empty = PolicyFiles::default().with_folders(&[dir.path().to_path_buf()]);
        assert_eq!(empty.err().unwrap().code, "policies-empty-folder");
        let none = PolicyFiles::default().with_folders(&[dir.path().join("x")]);
        assert_eq!(none.err().unwrap().code, "policies-no-folder");
    }
}
