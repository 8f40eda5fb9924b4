//! What kinds of personal data there are, with their term in the W3C Data Privacy Vocabulary.

use std::fmt;

/// Special protection a category has in the GDPR beyond Article 4(1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protection {
    /// Personal data without a regime of its own.
    Ordinary,
    /// Special categories, Article 9(1).
    Article9,
    /// Criminal convictions and offences, Article 10.
    Article10,
    /// National identification numbers, Article 87.
    Article87,
}

/// What is known of a category, whoever detects it.
#[derive(Debug, PartialEq, Eq)]
pub struct CategoryCard {
    /// Stable kebab-case name, the one in every output.
    pub name: &'static str,
    /// What a person reads, in English.
    pub title: &'static str,
    /// Term of the personal-data extension of the Data Privacy Vocabulary 2.3, with prefix `pd:`.
    pub dpv: &'static str,
    /// Regime in the GDPR.
    pub protection: Protection,
    /// How many people one value stands for: `true` where it names exactly one.
    pub identifies: bool,
    /// Whether even the last two characters may be shown in a mask.
    pub masked_tail: bool,
}

/// One canonical category; an index into [`Category::all`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category(u8);

const fn card(
    name: &'static str,
    title: &'static str,
    dpv: &'static str,
    protection: Protection,
    identifies: bool,
    masked_tail: bool,
) -> CategoryCard {
    CategoryCard { name, title, dpv, protection, identifies, masked_tail }
}

const fn number(name: &'static str, title: &'static str) -> CategoryCard {
    card(name, title, "pd:OfficialID", Protection::Article87, true, true)
}

const fn tax(name: &'static str, title: &'static str) -> CategoryCard {
    card(name, title, "pd:Tax", Protection::Article87, true, true)
}

const fn special(name: &'static str, title: &'static str, dpv: &'static str) -> CategoryCard {
    card(name, title, dpv, Protection::Article9, false, false)
}

/// The canonical categories, sorted by nothing but their place in the design: a category is never
/// removed from this list and never changes its name, because outside tools rely on it.
static CARDS: [CategoryCard; 78] = [
    card("person-name", "person name", "pd:Name", Protection::Ordinary, false, false),
    card("email-address", "e-mail address", "pd:EmailAddress", Protection::Ordinary, true, false),
    card("phone-number", "phone number", "pd:TelephoneNumber", Protection::Ordinary, false, true),
    card("iban", "IBAN", "pd:FinancialAccountNumber", Protection::Ordinary, false, true),
    card("payment-card", "payment card", "pd:PaymentCardNumber", Protection::Ordinary, false, true),
    card("ip-address", "IP address", "pd:IPAddress", Protection::Ordinary, false, false),
    card("mac-address", "MAC address", "pd:MACAddress", Protection::Ordinary, false, true),
    card("postal-address", "postal address", "pd:PhysicalAddress", Protection::Ordinary, false, false),
    card("date-of-birth", "date of birth", "pd:BirthDate", Protection::Ordinary, false, false),
    card("passport", "passport", "pd:Passport", Protection::Article87, true, true),
    card("id-card", "identity card", "pd:OfficialID", Protection::Article87, true, true),
    card("driving-licence", "driving licence", "pd:VehicleLicense", Protection::Ordinary, true, true),
    card("vehicle-plate", "vehicle plate", "pd:VehicalLicenseNumber", Protection::Ordinary, false, true),
    card("imei", "IMEI", "pd:UID", Protection::Ordinary, false, true),
    card("secret", "password or key", "pd:SecretText", Protection::Ordinary, false, false),
    card("crypto-wallet", "crypto wallet", "pd:AccountIdentifier", Protection::Ordinary, false, true),
    card("gps-coordinate", "GPS coordinate", "pd:GPSCoordinate", Protection::Ordinary, false, false),
    card("username", "user name", "pd:Username", Protection::Ordinary, false, false),
    special("health", "health (Art. 9)", "pd:Health"),
    special("religion-belief", "religion or belief (Art. 9)", "pd:ReligiousBelief"),
    special("political-opinion", "political opinion (Art. 9)", "pd:PoliticalOpinion"),
    special("trade-union", "trade-union membership (Art. 9)", "pd:TradeUnionMembership"),
    special("ethnic-origin", "ethnic origin (Art. 9)", "pd:EthnicOrigin"),
    special("sex-life", "sex life or orientation (Art. 9)", "pd:Sexual"),
    special("biometric", "biometric data (Art. 9)", "pd:Biometric"),
    special("genetic", "genetic data (Art. 9)", "pd:Genetic"),
    card(
        "criminal-offence",
        "criminal offence (Art. 10)",
        "pd:CriminalOffence",
        Protection::Article10,
        false,
        false,
    ),
    card("minor", "minor", "pd:AgeExact", Protection::Ordinary, false, false),
    number("es-dni", "Spanish DNI"),
    number("es-nie", "Spanish NIE"),
    tax("es-nif", "Spanish NIF"),
    card("es-ccc", "Spanish bank account", "pd:FinancialAccountNumber", Protection::Ordinary, false, true),
    number("es-nuss", "Spanish social security number"),
    number("fr-nir", "French NIR"),
    tax("fr-nif", "French tax number"),
    tax("de-steuer-id", "German Steuer-ID"),
    tax("de-steuernummer", "German Steuernummer"),
    number("de-rvnr", "German pension insurance number"),
    number("de-kvnr", "German health insurance number"),
    tax("it-codice-fiscale", "Italian codice fiscale"),
    number("nl-bsn", "Dutch BSN"),
    number("be-nn", "Belgian national number"),
    number("be-bis", "Belgian BIS number"),
    number("pl-pesel", "Polish PESEL"),
    tax("pl-nip", "Polish NIP"),
    tax("pt-nif", "Portuguese NIF"),
    number("pt-cc", "Portuguese citizen card"),
    number("se-personnummer", "Swedish personnummer"),
    number("dk-cpr", "Danish CPR number"),
    number("no-fnr", "Norwegian fødselsnummer"),
    number("fi-hetu", "Finnish henkilötunnus"),
    number("is-kennitala", "Icelandic kennitala"),
    number("ie-pps", "Irish PPS number"),
    number("gb-nhs", "British NHS number"),
    number("gb-nino", "British National Insurance number"),
    tax("gb-utr", "British UTR"),
    number("gr-amka", "Greek AMKA"),
    tax("gr-afm", "Greek AFM"),
    number("bg-egn", "Bulgarian EGN"),
    number("bg-lnch", "Bulgarian LNCH"),
    number("ro-cnp", "Romanian CNP"),
    number("hr-oib", "Croatian OIB"),
    number("si-emso", "Slovenian EMŠO"),
    number("cz-rc", "Czech rodné číslo"),
    number("sk-rc", "Slovak rodné číslo"),
    number("ee-ik", "Estonian isikukood"),
    number("lt-asmens", "Lithuanian asmens kodas"),
    number("lv-pk", "Latvian personas kods"),
    tax("cy-tin", "Cypriot TIN"),
    number("at-vnr", "Austrian social insurance number"),
    tax("at-tin", "Austrian tax number"),
    number("ch-ahv", "Swiss AHV number"),
    number("lu-nin", "Luxembourg national number"),
    number("mt-id", "Maltese identity number"),
    number("hu-taj", "Hungarian TAJ"),
    tax("hu-tax-id", "Hungarian tax number"),
    number("tr-tckimlik", "Turkish identity number"),
    number("us-ssn", "US social security number"),
];

impl Category {
    /// A person's name.
    pub const PERSON_NAME: Category = Category(0);
    /// An e-mail address.
    pub const EMAIL_ADDRESS: Category = Category(1);
    /// A phone number.
    pub const PHONE_NUMBER: Category = Category(2);
    /// A password, key or token.
    pub const SECRET: Category = Category(14);

    /// The category of this canonical name.
    pub fn named(name: &str) -> Option<Category> {
        let at = CARDS.iter().position(|card| card.name == name)?;
        u8::try_from(at).ok().map(Category)
    }

    /// Every canonical category.
    pub fn all() -> impl Iterator<Item = Category> {
        (0..CARDS.len()).filter_map(|at| u8::try_from(at).ok().map(Category))
    }

    /// Everything known of the category.
    pub fn card(self) -> &'static CategoryCard {
        // Values are only made from positions in the table; the first card stands in for the
        // impossible rest so that no indexing can panic.
        CARDS.get(usize::from(self.0)).unwrap_or(&CARDS[0])
    }

    /// Stable kebab-case name.
    pub fn name(self) -> &'static str {
        self.card().name
    }

    /// Position in the table, for counters.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// How many categories there are.
    pub fn count() -> usize {
        CARDS.len()
    }
}

impl fmt::Debug for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for category in Category::all() {
            assert_eq!(Category::named(category.name()), Some(category));
        }
        assert_eq!(Category::PERSON_NAME.name(), "person-name");
        assert_eq!(Category::EMAIL_ADDRESS.name(), "email-address");
        assert_eq!(Category::PHONE_NUMBER.name(), "phone-number");
        assert_eq!(Category::SECRET.name(), "secret");
        assert_eq!(Category::named("shoe-size"), None);
    }

    #[test]
    fn article_9_terms_are_never_shown() {
        for category in Category::all().filter(|c| c.card().protection == Protection::Article9) {
            assert!(!category.card().masked_tail, "{category}");
        }
    }
}
