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
    "mt-id"
    "nl-bsn"
    "no-fnr"
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
    "pl-nip"
    "pl-dowod-osobisty"
    "pl-pesel"
    "plate-field"
    "plate-phrase"
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
