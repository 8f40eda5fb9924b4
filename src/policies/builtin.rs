//! The rule files and packs that are part of the program.

macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../", $path)))),*]
    };
}

/// Rule files: path in the repository, and text.
pub static RULES: &[(&str, &str)] = embedded![
    "policies/rules/access-control.yaml",
    "policies/rules/authentication.yaml",
    "policies/rules/knowledge-base.yaml",
    "policies/rules/personal-data.yaml",
    "policies/rules/retention.yaml",
    "policies/rules/secrets.yaml",
];

/// Packs: path in the repository, and text.
pub static PACKS: &[(&str, &str)] = embedded!["policies/packs/gdpr-core.yaml"];

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(folder: &str) -> Vec<String> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<String> = std::fs::read_dir(root.join(folder))
            .unwrap()
            .map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn every_file_of_the_folders_is_embedded() {
        let names =
            |files: &[(&str, &str)]| files.iter().map(|(path, _)| path.to_string()).collect::<Vec<_>>();
        assert_eq!(names(RULES), listed("policies/rules"));
        assert_eq!(names(PACKS), listed("policies/packs"));
    }
}
