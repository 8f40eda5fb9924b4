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
    "age-key"
    "ai-provider-key"
    "atlassian-token"
    "aws-access-key"
    "azure-key"
    "be-identity-card"
    "brevo-key"
    "cloud-native-key"
    "credential-basic"
    "credential-bearer"
    "credential-url"
    "databricks-token"
    "de-personalausweis"
    "de-reisepass"
    "de-steuer-id"
    "digitalocean-token"
    "discord-token"
    "driving-licence"
    "ehic"
    "email-address"
    "email-spelled"
    "es-dni"
    "es-nie"
    "es-plate"
    "extended-private-key"
    "facebook-token"
    "fr-it-plate"
    "fr-nir"
    "gb-driving-licence"
    "gb-plate"
    "github-fine-token"
    "github-token"
    "gitlab-token"
    "google-api-key"
    "google-oauth"
    "gps-field"
    "gps-labelled"
    "gps-minutes"
    "gps-pair"
    "hashicorp-token"
    "iban"
    "id-card"
    "imei"
    "ipv4"
    "ipv6"
    "it-codice-fiscale"
    "jwt"
    "known-person"
    "known-phone"
    "mac-address"
    "mailgun-key"
    "mrz-card-three"
    "mrz-card-two"
    "mrz-passport"
    "nl-bsn"
    "npm-token"
    "one-time-code-first"
    "one-time-code"
    "openai-key"
    "passport"
    "password-field"
    "password-hash"
    "password-phrase"
    "payment-card"
    "phone-00"
    "phone-national"
    "phone-plus"
    "pl-dowod-osobisty"
    "pl-pesel"
    "plate-field"
    "plate-phrase"
    "private-key"
    "pypi-token"
    "recovery-codes"
    "secret-field"
    "secret-setting"
    "sendgrid-key"
    "session-id"
    "shields"
    "shopify-token"
    "slack-token"
    "slack-webhook"
    "square-token"
    "stripe-key"
    "telegram-bot-token"
    "twilio-key"
    "username-field"
    "username"
    "wallet-base58"
    "wallet-bech32"
    "wallet-ethereum"
    "wallet-monero"
    "wallet-private-key"
    "wallet-solana"
    "zendesk-token"
];

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    #[test]
    #[ignore = "tries the rows of the folder without a new build"]
    fn the_rows_of_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/detectors");
        let files: Vec<(String, String)> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap()))
            .collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let clock = std::time::Instant::now();
        let catalogue = Catalogue::load(&files).unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))
        });
        let loaded = clock.elapsed();
        let matcher = super::super::Matcher::new(&catalogue, super::super::Engine::Fast).unwrap();
        let built = clock.elapsed();
        let problems = catalogue.check();
        let all = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(problems.is_empty(), "load {loaded:?} build {built:?} {} bytes\n{all}", matcher.memory());
    }

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
