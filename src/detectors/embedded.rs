//! The rows olvido is built with, by path; a test compares the list with the folder.

/// Path and text of every row and word list in `policies/detectors`.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("policies/detectors/de-steuer-id.yaml", include_str!("../../policies/detectors/de-steuer-id.yaml")),
    ("policies/detectors/email-address.yaml", include_str!("../../policies/detectors/email-address.yaml")),
    ("policies/detectors/es-dni.yaml", include_str!("../../policies/detectors/es-dni.yaml")),
    ("policies/detectors/es-nie.yaml", include_str!("../../policies/detectors/es-nie.yaml")),
    ("policies/detectors/fr-nir.yaml", include_str!("../../policies/detectors/fr-nir.yaml")),
    ("policies/detectors/iban.yaml", include_str!("../../policies/detectors/iban.yaml")),
    ("policies/detectors/ipv4.yaml", include_str!("../../policies/detectors/ipv4.yaml")),
    ("policies/detectors/ipv6.yaml", include_str!("../../policies/detectors/ipv6.yaml")),
    (
        "policies/detectors/it-codice-fiscale.yaml",
        include_str!("../../policies/detectors/it-codice-fiscale.yaml"),
    ),
    ("policies/detectors/known-person.yaml", include_str!("../../policies/detectors/known-person.yaml")),
    ("policies/detectors/known-phone.yaml", include_str!("../../policies/detectors/known-phone.yaml")),
    ("policies/detectors/mac-address.yaml", include_str!("../../policies/detectors/mac-address.yaml")),
    ("policies/detectors/nl-bsn.yaml", include_str!("../../policies/detectors/nl-bsn.yaml")),
    (
        "policies/detectors/password-phrase.yaml",
        include_str!("../../policies/detectors/password-phrase.yaml"),
    ),
    ("policies/detectors/payment-card.yaml", include_str!("../../policies/detectors/payment-card.yaml")),
    ("policies/detectors/phone-00.yaml", include_str!("../../policies/detectors/phone-00.yaml")),
    ("policies/detectors/phone-plus.yaml", include_str!("../../policies/detectors/phone-plus.yaml")),
    ("policies/detectors/pl-pesel.yaml", include_str!("../../policies/detectors/pl-pesel.yaml")),
    ("policies/detectors/private-key.yaml", include_str!("../../policies/detectors/private-key.yaml")),
    ("policies/detectors/shields.yaml", include_str!("../../policies/detectors/shields.yaml")),
];

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    #[test]
    fn the_list_is_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/detectors");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| format!("policies/detectors/{}", e.unwrap().file_name().into_string().unwrap()))
            .collect();
        names.sort();
        assert_eq!(names, EMBEDDED.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }

    #[test]
    fn every_row_is_right_by_its_own_examples() {
        let catalogue = Catalogue::embedded().unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))
        });
        let problems = catalogue.check();
        assert!(
            problems.is_empty(),
            "{}",
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        );
    }
}
