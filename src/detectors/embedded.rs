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
    "at-tin"
    "at-vnr"
    "be-bis"
    "be-nn"
    "bg-egn"
    "bg-lnch"
    "ch-ahv"
    "cy-tin"
    "cz-rc"
    "de-kvnr"
    "de-rvnr"
    "de-steuer-id"
    "de-steuernummer"
    "dk-cpr"
    "ee-ik"
    "email-address"
    "es-ccc"
    "es-dni"
    "es-nie"
    "es-nif"
    "es-nuss"
    "fi-hetu"
    "fr-nif"
    "fr-nir"
    "gb-nhs"
    "gb-nino"
    "gb-utr"
    "gr-afm"
    "gr-amka"
    "hr-oib"
    "hu-taj"
    "hu-tax-id"
    "iban"
    "ie-pps"
    "ipv4"
    "ipv6"
    "is-kennitala"
    "it-codice-fiscale-numeric"
    "it-codice-fiscale"
    "known-person"
    "known-phone"
    "lt-asmens"
    "lu-nin"
    "lv-pk"
    "mac-address"
    "mt-id"
    "nl-bsn"
    "no-fnr"
    "password-phrase"
    "payment-card"
    "phone-00"
    "phone-plus"
    "pl-nip"
    "pl-pesel"
    "private-key"
    "pt-cc"
    "pt-nif"
    "ro-cnp"
    "se-personnummer"
    "shields"
    "si-emso"
    "sk-rc"
    "tr-tckimlik"
    "us-ssn"
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
