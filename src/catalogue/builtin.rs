//! The detector and mapping files in the binary. The list is written out, since a macro over a folder
//! misses new files until everything is built again; a test compares it with the folders.

/// `policies/detectors/`
pub use crate::detectors::EMBEDDED as DETECTORS;

/// `policies/lexicons/`
pub use crate::detectors::LEXICONS;

/// `policies/mappings/`
pub const MAPPINGS: &[(&str, &str)] = &[
    ("policies/mappings/confluence.yaml", include_str!("../../policies/mappings/confluence.yaml")),
    ("policies/mappings/evidence.yaml", include_str!("../../policies/mappings/evidence.yaml")),
    ("policies/mappings/jira.yaml", include_str!("../../policies/mappings/jira.yaml")),
    ("policies/mappings/liveagent.yaml", include_str!("../../policies/mappings/liveagent.yaml")),
    ("policies/mappings/mediawiki.yaml", include_str!("../../policies/mappings/mediawiki.yaml")),
    ("policies/mappings/otrs.yaml", include_str!("../../policies/mappings/otrs.yaml")),
    ("policies/mappings/salesforce.yaml", include_str!("../../policies/mappings/salesforce.yaml")),
    ("policies/mappings/servicenow.yaml", include_str!("../../policies/mappings/servicenow.yaml")),
    ("policies/mappings/slack.yaml", include_str!("../../policies/mappings/slack.yaml")),
    ("policies/mappings/zendesk.yaml", include_str!("../../policies/mappings/zendesk.yaml")),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn compare(folder: &str, listed: &[(&str, &str)]) {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut there: Vec<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy()))
            .filter(|name| name.ends_with(".yaml"))
            .collect();
        there.sort();
        let listed: Vec<&str> = listed.iter().map(|(name, _)| *name).collect();
        assert_eq!(there, listed);
    }

    #[test]
    fn every_policy_file_is_in_the_binary() {
        compare("policies/detectors", super::DETECTORS);
        compare("policies/lexicons", super::LEXICONS);
        compare("policies/mappings", super::MAPPINGS);
        compare("policies/rules", crate::policies::builtin::RULES);
        compare("policies/packs", crate::policies::builtin::PACKS);
    }
}
