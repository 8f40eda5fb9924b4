//! What a regular expression cannot say of a value: check digits, lengths by country, calendars.
//!
//! Pure functions of the field's text and the matched span, named in rows (`check: es-dni`), each
//! written from the specification it cites.

mod austria;
mod baltic;
mod base58;
mod base64;
mod bech32;
mod belgium;
mod britain;
mod bulgaria;
mod card;
mod code;
mod credential_url;
mod croatia;
mod cyprus;
mod czechia;
mod denmark;
mod digits;
mod document;
mod email;
mod email_spelled;
mod finland;
mod france;
mod germany;
mod germany_insurance;
mod germany_steuernummer;
mod gps;
mod greece;
mod hash;
mod hungary;
mod iban;
mod iceland;
mod imei;
mod ip;
mod ireland;
mod italy;
mod jwt;
mod luxembourg;
mod mac;
mod malta;
mod mrz;
mod netherlands;
mod norway;
mod one_time_code;
mod password;
mod phone;
mod phone_national;
mod placeholder;
mod plate;
mod poland;
mod portugal;
mod private_key;
mod provider_key;
mod romania;
pub mod seeded;
pub mod seeded_things;
mod setting;
mod slovenia;
mod spain;
mod spain_accounts;
mod spain_nif;
mod sweden;
mod switzerland;
mod turkey;
mod united_states;
mod username;
mod wallet;
mod writing;

pub use phone::{national_forms, significant};

use crate::records::ValueClass;

/// A match to be judged.
#[derive(Clone, Copy)]
pub struct Probe<'a> {
    /// The text of the whole field, UTF-8.
    pub field: &'a [u8],
    /// First byte of the match in the field.
    pub start: usize,
    /// One past the last byte of the longest match that ends at a boundary.
    pub end: usize,
}

impl<'a> Probe<'a> {
    /// The matched bytes.
    pub fn matched(&self) -> &'a [u8] {
        self.field.get(self.start..self.end).unwrap_or(&[])
    }

    /// The byte before the match.
    pub fn before(&self) -> Option<u8> {
        self.field.get(self.start.checked_sub(1)?).copied()
    }

    /// The byte `at` in the field.
    pub fn byte(&self, at: usize) -> Option<u8> {
        self.field.get(at).copied()
    }
}

/// A value a check found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// First byte of the datum in the field; a check may leave off what the pattern took too much.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Whether check digits were there and right.
    pub validated: bool,
    /// Real, or set aside by a standard.
    pub class: ValueClass,
    /// Evidence of the value's own form, in bits of log-odds.
    pub bits: i32,
    /// Whether the span may lie inside a longer token.
    pub glued: bool,
}

impl Found {
    /// The whole match, check digits right.
    pub fn validated(probe: &Probe<'_>) -> Found {
        Found { validated: true, ..Found::formed(probe) }
    }

    /// The whole match, which has no check digits.
    pub fn formed(probe: &Probe<'_>) -> Found {
        Found {
            start: probe.start,
            end: probe.end,
            validated: false,
            class: ValueClass::Real,
            bits: 0,
            glued: false,
        }
    }

    /// The same value of another class.
    #[must_use]
    pub fn of_class(self, class: ValueClass) -> Found {
        Found { class, ..self }
    }

    /// The same value with more or less evidence.
    #[must_use]
    pub fn step(self, bits: i32) -> Found {
        Found { bits: self.bits + bits, ..self }
    }
}

/// A check function under the name rows call it by.
pub struct Check {
    /// Stable name.
    pub name: &'static str,
    /// The function: none where the value is wrong.
    pub run: for<'a> fn(&Probe<'a>) -> Option<Found>,
}

/// Every check function, sorted by name.
pub static CHECKS: &[Check] = &[
    Check { name: "age-key", run: provider_key::age },
    Check { name: "at-tin", run: austria::tin },
    Check { name: "at-vnr", run: austria::vnr },
    Check { name: "base58-address", run: wallet::base58check },
    Check { name: "be-bis", run: belgium::bis_number },
    Check { name: "be-identity-card", run: document::belgian_card },
    Check { name: "be-nn", run: belgium::national_number },
    Check { name: "bech32-address", run: wallet::segwit },
    Check { name: "bg-egn", run: bulgaria::egn },
    Check { name: "bg-lnch", run: bulgaria::lnch },
    Check { name: "british-driving-licence", run: document::british_licence },
    Check { name: "british-plate", run: plate::british },
    Check { name: "ch-ahv", run: switzerland::ahv },
    Check { name: "code-first", run: one_time_code::code_first },
    Check { name: "coordinate-field", run: gps::field },
    Check { name: "coordinate-minutes", run: gps::minutes },
    Check { name: "coordinate-pair", run: gps::pair },
    Check { name: "coordinates-labelled", run: gps::labelled },
    Check { name: "crc32-token", run: provider_key::crc32 },
    Check { name: "credential-basic", run: credential_url::basic },
    Check { name: "credential-bearer", run: credential_url::bearer },
    Check { name: "credential-url", run: credential_url::url },
    Check { name: "cy-tin", run: cyprus::tin },
    Check { name: "de-kvnr", run: germany_insurance::kvnr },
    Check { name: "de-rvnr", run: germany_insurance::rvnr },
    Check { name: "de-steuer-id", run: germany::steuer_id },
    Check { name: "de-steuernummer", run: germany_steuernummer::steuernummer },
    Check { name: "dk-cpr", run: denmark::cpr },
    Check { name: "driving-licence", run: document::licence },
    Check { name: "e-mail", run: email::address },
    Check { name: "e-mail-spelled", run: email_spelled::address },
    Check { name: "ee-ik", run: baltic::isikukood },
    Check { name: "es-ccc", run: spain_accounts::ccc },
    Check { name: "es-dni", run: spain::dni },
    Check { name: "es-nie", run: spain::nie },
    Check { name: "es-nif", run: spain_nif::nif },
    Check { name: "es-nuss", run: spain_accounts::nuss },
    Check { name: "ethereum-address", run: wallet::ethereum },
    Check { name: "extended-private-key", run: wallet::extended_key },
    Check { name: "fi-hetu", run: finland::hetu },
    Check { name: "fr-nif", run: france::nif },
    Check { name: "fr-nir", run: france::nir },
    Check { name: "gb-nhs", run: britain::nhs },
    Check { name: "gb-nino", run: britain::nino },
    Check { name: "gb-utr", run: britain::utr },
    Check { name: "german-document", run: document::german_document },
    Check { name: "gr-afm", run: greece::afm },
    Check { name: "gr-amka", run: greece::amka },
    Check { name: "health-card", run: document::health_card },
    Check { name: "hr-oib", run: croatia::oib },
    Check { name: "hu-taj", run: hungary::taj },
    Check { name: "hu-tax-id", run: hungary::tax_id },
    Check { name: "iban", run: iban::iban },
    Check { name: "identity-card", run: document::identity_card },
    Check { name: "ie-pps", run: ireland::pps },
    Check { name: "imei", run: imei::imei },
    Check { name: "ipv4", run: ip::version4 },
    Check { name: "ipv6", run: ip::version6 },
    Check { name: "is-kennitala", run: iceland::kennitala },
    Check { name: "it-codice-fiscale", run: italy::codice_fiscale },
    Check { name: "it-codice-fiscale-numeric", run: italy::numeric },
    Check { name: "jwt", run: jwt::token },
    Check { name: "lt-asmens", run: baltic::asmens_kodas },
    Check { name: "lu-nin", run: luxembourg::nin },
    Check { name: "lv-pk", run: baltic::personas_kods },
    Check { name: "mac", run: mac::mac },
    Check { name: "mixed-token", run: provider_key::mixed },
    Check { name: "monero-address", run: wallet::monero },
    Check { name: "mrz-td1", run: mrz::card1 },
    Check { name: "mrz-td2", run: mrz::card2 },
    Check { name: "mrz-td3", run: mrz::passport },
    Check { name: "mt-id", run: malta::id },
    Check { name: "nl-bsn", run: netherlands::bsn },
    Check { name: "no-fnr", run: norway::fodselsnummer },
    Check { name: "one-time-code", run: one_time_code::code },
    Check { name: "passport", run: document::passport },
    Check { name: "password", run: password::password },
    Check { name: "password-field", run: password::field },
    Check { name: "payment-card", run: card::card },
    Check { name: "phone", run: phone::international },
    Check { name: "phone-national", run: phone_national::national },
    Check { name: "pl-identity-card", run: document::polish_card },
    Check { name: "pl-nip", run: poland::nip },
    Check { name: "pl-pesel", run: poland::pesel },
    Check { name: "plate-field", run: plate::field },
    Check { name: "plate-phrase", run: plate::phrase },
    Check { name: "plate-two-three-two", run: plate::two_three_two },
    Check { name: "private-key", run: private_key::pem },
    Check { name: "provider-key", run: provider_key::key },
    Check { name: "provider-key-open", run: provider_key::open },
    Check { name: "pt-cc", run: portugal::citizen_card },
    Check { name: "pt-nif", run: portugal::nif },
    Check { name: "recovery-codes", run: one_time_code::recovery },
    Check { name: "ro-cnp", run: romania::cnp },
    Check { name: "rodne-cislo", run: czechia::rodne_cislo },
    Check { name: "se-personnummer", run: sweden::personnummer },
    Check { name: "secret-field", run: setting::field },
    Check { name: "secret-setting", run: setting::secret },
    Check { name: "si-emso", run: slovenia::emso },
    Check { name: "solana-address", run: wallet::solana },
    Check { name: "spanish-plate", run: plate::spanish },
    Check { name: "tr-tckimlik", run: turkey::kimlik },
    Check { name: "us-ssn", run: united_states::ssn },
    Check { name: "username", run: username::username },
    Check { name: "username-field", run: username::field },
    Check { name: "wallet-private-key", run: wallet::private_key },
];

/// Checks that look at a value's shape alone: none validates, all take the match whole, and find evidence of so
/// many bits at most. Without a word beside it such a value is nothing, which is known before it is checked.
pub(super) const SHAPES: [(&str, i32); 3] = [("driving-licence", 1), ("identity-card", 1), ("passport", 1)];

/// The check of this name.
pub fn named(name: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.name == name)
}

#[cfg(test)]
pub(super) fn whole(text: &str, run: for<'a> fn(&Probe<'a>) -> Option<Found>) -> Option<Found> {
    run(&Probe { field: text.as_bytes(), start: 0, end: text.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_sorted_and_found_by_name() {
        assert!(CHECKS.windows(2).all(|pair| pair[0].name < pair[1].name));
        for check in CHECKS {
            assert_eq!(named(check.name).map(|c| c.name), Some(check.name));
        }
        assert!(named("es-cif").is_none());
    }
}
