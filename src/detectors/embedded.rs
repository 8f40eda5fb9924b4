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
    "at-tin"
    "at-vnr"
    "atlassian-token"
    "aws-access-key"
    "azure-key"
    "be-bis"
    "be-identity-card"
    "be-nn"
    "bg-egn"
    "bg-lnch"
    "biometric"
    "brevo-key"
    "ch-ahv"
    "cloud-native-key"
    "credential-basic"
    "credential-bearer"
    "credential-url"
    "criminal-offence"
    "cy-tin"
    "cz-rc"
    "databricks-token"
    "date-of-birth"
    "de-kvnr"
    "de-personalausweis"
    "de-reisepass"
    "de-rvnr"
    "de-steuer-id"
    "de-steuernummer"
    "digitalocean-token"
    "discord-token"
    "dk-cpr"
    "driving-licence"
    "ee-ik"
    "ehic"
    "email-address"
    "email-spelled"
    "es-ccc"
    "es-dni"
    "es-nie"
    "es-nif"
    "es-nuss"
    "es-plate"
    "ethnic-origin"
    "extended-private-key"
    "facebook-token"
    "fi-hetu"
    "fr-it-plate"
    "fr-nif"
    "fr-nir"
    "gb-driving-licence"
    "gb-nhs"
    "gb-nino"
    "gb-plate"
    "gb-utr"
    "genetic"
    "github-fine-token"
    "github-token"
    "gitlab-token"
    "google-api-key"
    "google-oauth"
    "gps-field"
    "gps-labelled"
    "gps-minutes"
    "gps-pair"
    "gr-afm"
    "gr-amka"
    "hashicorp-token"
    "health"
    "hr-oib"
    "hu-taj"
    "hu-tax-id"
    "iban"
    "id-card"
    "ie-pps"
    "imei"
    "incident-report"
    "ipv4"
    "ipv6"
    "is-kennitala"
    "it-codice-fiscale-numeric"
    "it-codice-fiscale"
    "jwt"
    "known-person"
    "known-phone"
    "lt-asmens"
    "lu-nin"
    "lv-pk"
    "mac-address"
    "mailgun-key"
    "minor"
    "mrz-card-three"
    "mrz-card-two"
    "mrz-passport"
    "mt-id"
    "nl-bsn"
    "no-fnr"
    "npm-token"
    "one-time-code-first"
    "one-time-code"
    "openai-key"
    "passport"
    "password-field"
    "password-hash"
    "password-phrase"
    "payment-card"
    "person-name"
    "phone-00"
    "phone-national"
    "phone-plus"
    "pl-dowod-osobisty"
    "pl-nip"
    "pl-pesel"
    "plate-field"
    "plate-phrase"
    "political-opinion"
    "postal-address"
    "private-key"
    "pt-cc"
    "pt-nif"
    "pypi-token"
    "recovery-codes"
    "religion-belief"
    "rights-request"
    "ro-cnp"
    "se-personnummer"
    "secret-field"
    "secret-setting"
    "sendgrid-key"
    "session-id"
    "sex-life"
    "shields"
    "shopify-token"
    "si-emso"
    "sk-rc"
    "slack-token"
    "slack-webhook"
    "square-token"
    "stripe-key"
    "telegram-bot-token"
    "tr-tckimlik"
    "trade-union"
    "twilio-key"
    "us-ssn"
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

    /// Ten thousand order numbers and time stamps of nine to eleven digits, as tickets hold them.
    #[test]
    fn order_numbers_and_time_stamps_stay_below_a_tenth() {
        use super::super::check::seeded::Seeded;
        use super::super::{BlockPeople, Engine, Matcher, Scratch};
        use crate::records::{Block, NewField, Ordinal, PathStore, Record, RecordKind, Role};
        let matcher = Matcher::new(&Catalogue::embedded().unwrap(), Engine::Fast).unwrap();
        let mut seeded = Seeded::new(31);
        let mut block = Block::default();
        let record =
            block.push_record(Record::new("text".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 }));
        for at in 0..10_000 {
            let number = match at % 4 {
                0 => (1_600_000_000 + seeded.below(200_000_000)).to_string(),
                len => format!("{}{}", 1 + seeded.below(9), seeded.digits(7 + len)),
            };
            let text = ["Pedido recibido: ", "Order ", "", "My number is "][at / 4 % 4].to_owned() + &number;
            block.push_field(&text, NewField::verbatim(record, PathStore::ROOT, Role::Body, 0));
        }
        let mut out = Vec::new();
        matcher.detect(&block, &BlockPeople::none(), &mut Scratch::default(), &mut out);
        let loud = out.iter().filter(|hit| hit.confidence.probability() >= 0.1).count();
        assert!(loud <= 100, "{loud} of 10,000");
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
