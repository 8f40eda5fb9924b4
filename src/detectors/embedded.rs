//! The rows olvido is built with, by path; a test compares the list with the folder.

/// Path and text of the files of `policies/detectors` with these names.
macro_rules! embedded {
    ($($name:literal)*) => {
        &[$((
            concat!("policies/detectors/", $name, ".yaml"),
            include_str!(concat!("../../policies/detectors/", $name, ".yaml")),
        )),*]
    };
}

/// Path and text of every row and word list in `policies/detectors`, sorted by name.
#[rustfmt::skip]
pub const EMBEDDED: &[(&str, &str)] = embedded![
    "biometric"
    "criminal-offence"
    "date-of-birth"
    "de-steuer-id"
    "email-address"
    "es-dni"
    "es-nie"
    "ethnic-origin"
    "fr-nir"
    "genetic"
    "health"
    "iban"
    "ipv4"
    "ipv6"
    "it-codice-fiscale"
    "known-person"
    "known-phone"
    "mac-address"
    "minor"
    "nl-bsn"
    "password-phrase"
    "payment-card"
    "person-name"
    "phone-00"
    "phone-plus"
    "pl-pesel"
    "political-opinion"
    "postal-address"
    "private-key"
    "religion-belief"
    "sex-life"
    "shields"
    "trade-union"
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
