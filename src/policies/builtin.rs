//! The rule files and packs that are part of the program.

macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../", $path)))),*]
    };
}

/// Rule files: path in the repository, and text.
pub static RULES: &[(&str, &str)] = embedded![
    "policies/rules/access-control.yaml",
    "policies/rules/accountability.yaml",
    "policies/rules/attachments.yaml",
    "policies/rules/authentication.yaml",
    "policies/rules/backups.yaml",
    "policies/rules/breach.yaml",
    "policies/rules/children.yaml",
    "policies/rules/criminal.yaml",
    "policies/rules/encryption-at-rest.yaml",
    "policies/rules/encryption-in-transit.yaml",
    "policies/rules/erasure.yaml",
    "policies/rules/exceptions.yaml",
    "policies/rules/export.yaml",
    "policies/rules/knowledge-base.yaml",
    "policies/rules/minimisation.yaml",
    "policies/rules/personal-data.yaml",
    "policies/rules/retention.yaml",
    "policies/rules/rights.yaml",
    "policies/rules/secrets.yaml",
    "policies/rules/special-category.yaml",
    "policies/rules/training.yaml",
    "policies/rules/transfers.yaml",
];

/// Packs: path in the repository, and text.
pub static PACKS: &[(&str, &str)] = embedded![
    "policies/packs/de-bdsg.yaml",
    "policies/packs/es-lopdgdd.yaml",
    "policies/packs/export-gate.yaml",
    "policies/packs/fr-cnil.yaml",
    "policies/packs/gdpr-core.yaml",
    "policies/packs/retention-schedule.yaml",
    "policies/packs/sector-health.yaml",
    "policies/packs/seed-checklist.yaml",
    "policies/packs/uk-gdpr.yaml",
];

/// Checklists: path in the repository, and text.
pub static CHECKLISTS: &[(&str, &str)] = embedded!["policies/checklists/helpdesk-audit.yaml"];

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
        assert_eq!(names(CHECKLISTS), listed("policies/checklists"));
    }
}
