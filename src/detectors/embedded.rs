//! The rows olvido is built with, by file name; a test compares the list with the folder.

/// File name and text of every row and word list in `policies/detectors`.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("de-steuer-id.yaml", include_str!("../../policies/detectors/de-steuer-id.yaml")),
    ("email-address.yaml", include_str!("../../policies/detectors/email-address.yaml")),
    ("es-dni.yaml", include_str!("../../policies/detectors/es-dni.yaml")),
    ("es-nie.yaml", include_str!("../../policies/detectors/es-nie.yaml")),
    ("fr-nir.yaml", include_str!("../../policies/detectors/fr-nir.yaml")),
    ("iban.yaml", include_str!("../../policies/detectors/iban.yaml")),
    ("ipv4.yaml", include_str!("../../policies/detectors/ipv4.yaml")),
    ("ipv6.yaml", include_str!("../../policies/detectors/ipv6.yaml")),
    ("it-codice-fiscale.yaml", include_str!("../../policies/detectors/it-codice-fiscale.yaml")),
    ("known-person.yaml", include_str!("../../policies/detectors/known-person.yaml")),
    ("known-phone.yaml", include_str!("../../policies/detectors/known-phone.yaml")),
    ("mac-address.yaml", include_str!("../../policies/detectors/mac-address.yaml")),
    ("nl-bsn.yaml", include_str!("../../policies/detectors/nl-bsn.yaml")),
    ("password-phrase.yaml", include_str!("../../policies/detectors/password-phrase.yaml")),
    ("payment-card.yaml", include_str!("../../policies/detectors/payment-card.yaml")),
    ("phone-00.yaml", include_str!("../../policies/detectors/phone-00.yaml")),
    ("phone-plus.yaml", include_str!("../../policies/detectors/phone-plus.yaml")),
    ("pl-pesel.yaml", include_str!("../../policies/detectors/pl-pesel.yaml")),
    ("private-key.yaml", include_str!("../../policies/detectors/private-key.yaml")),
    ("shields.yaml", include_str!("../../policies/detectors/shields.yaml")),
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
            .map(|e| e.unwrap().file_name().into_string().unwrap())
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
