//! What a label says, in the language of the text it stands in.

use super::category::{Category, Protection};

/// A language of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// German.
    De,
}

impl Language {
    /// Every language there are labels in.
    pub const ALL: [Language; 4] = [Self::En, Self::Es, Self::Fr, Self::De];

    /// The language of an ISO 639-1 code.
    pub fn named(code: &str) -> Option<Language> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::Fr => "fr",
            Self::De => "de",
        }
    }

    /// The language of a text by its small words; none where they do not decide.
    pub fn of(text: &str) -> Option<Language> {
        let mut counts = [0u32; 4];
        let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
        for word in words.take(400) {
            let word = word.to_lowercase();
            for (count, (_, small)) in counts.iter_mut().zip(&SMALL_WORDS) {
                *count += u32::from(small.contains(&word.as_str()));
            }
        }
        let most = counts.iter().copied().max().filter(|most| *most >= 2)?;
        let mut best = counts.iter().zip(&SMALL_WORDS).filter(|(count, _)| **count == most);
        let (_, (language, _)) = best.next()?;
        best.next().is_none().then_some(*language)
    }
}

/// Words that are frequent in one of the languages and rare in the others.
#[rustfmt::skip]
static SMALL_WORDS: [(Language, &[&str]); 4] = [
    (Language::En, &["the", "and", "is", "my", "you", "to", "of", "please", "with", "have", "not", "for", "this"]),
    (Language::Es, &["el", "los", "las", "y", "es", "mi", "por", "para", "con", "una", "del", "hola", "está", "gracias"]),
    (Language::Fr, &["le", "les", "et", "est", "mon", "ma", "pour", "avec", "une", "des", "je", "bonjour", "vous", "merci"]),
    (Language::De, &["der", "die", "das", "und", "ist", "mein", "meine", "für", "mit", "eine", "ich", "nicht", "bitte", "danke"]),
];

/// The words of a category in the order of [`Language::ALL`].
type Row = (&'static str, [&'static str; 4]);

#[rustfmt::skip]
static ROWS: [Row; 29] = [
    ("person-name", ["person name", "nombre de persona", "nom de personne", "Personenname"]),
    ("email-address", ["e-mail address", "correo electrónico", "adresse électronique", "E-Mail-Adresse"]),
    ("phone-number", ["phone number", "número de teléfono", "numéro de téléphone", "Telefonnummer"]),
    ("iban", ["IBAN", "IBAN", "IBAN", "IBAN"]),
    ("payment-card", ["payment card", "tarjeta de pago", "carte de paiement", "Zahlungskarte"]),
    ("ip-address", ["IP address", "dirección IP", "adresse IP", "IP-Adresse"]),
    ("mac-address", ["MAC address", "dirección MAC", "adresse MAC", "MAC-Adresse"]),
    ("postal-address", ["postal address", "dirección postal", "adresse postale", "Postanschrift"]),
    ("date-of-birth", ["date of birth", "fecha de nacimiento", "date de naissance", "Geburtsdatum"]),
    ("passport", ["passport", "pasaporte", "passeport", "Reisepass"]),
    ("id-card", ["identity card", "documento de identidad", "carte d’identité", "Personalausweis"]),
    ("driving-licence", ["driving licence", "permiso de conducir", "permis de conduire", "Führerschein"]),
    ("vehicle-plate", ["vehicle plate", "matrícula", "plaque d’immatriculation", "Kennzeichen"]),
    ("imei", ["IMEI", "IMEI", "IMEI", "IMEI"]),
    ("secret", ["secret", "secreto", "secret", "Geheimnis"]),
    ("crypto-wallet", ["crypto wallet", "cartera de criptomonedas", "portefeuille crypto", "Kryptowallet"]),
    ("gps-coordinate", ["GPS coordinate", "coordenada GPS", "coordonnée GPS", "GPS-Koordinate"]),
    ("username", ["user name", "nombre de usuario", "nom d’utilisateur", "Benutzername"]),
    ("health", ["health datum", "dato de salud", "donnée de santé", "Gesundheitsangabe"]),
    ("religion-belief", ["belief", "creencia", "conviction", "Weltanschauung"]),
    ("political-opinion", ["political opinion", "opinión política", "opinion politique", "politische Meinung"]),
    ("trade-union", ["trade union", "sindicato", "syndicat", "Gewerkschaft"]),
    ("ethnic-origin", ["ethnic data", "datos étnicos", "données ethniques", "ethnische Angabe"]),
    ("sex-life", ["sex life", "vida sexual", "vie sexuelle", "Sexualleben"]),
    ("biometric", ["biometric datum", "dato biométrico", "donnée biométrique", "biometrische Angabe"]),
    ("genetic", ["genetic datum", "dato genético", "donnée génétique", "genetische Angabe"]),
    ("criminal-offence", ["criminal offence", "infracción penal", "infraction pénale", "Straftat"]),
    ("minor", ["minor", "menor", "mineur", "Minderjährige"]),
    ("es-ccc", ["bank account", "cuenta bancaria", "compte bancaire", "Bankkonto"]),
];

/// What stands between the brackets. Numbers of a country keep the name they have there (`DNI`, `NIR`).
pub fn label_words(category: Category, language: Language) -> String {
    let name = category.name();
    if let Some((_, words)) = ROWS.iter().find(|(known, _)| *known == name) {
        let at = Language::ALL.iter().position(|other| *other == language).unwrap_or(0);
        return words.get(at).copied().unwrap_or(name).to_owned();
    }
    let official =
        category.card().protection == Protection::Article87 && name.as_bytes().get(2) == Some(&b'-');
    match name.split_once('-') {
        Some((_, number)) if official => number.replace('-', " ").to_uppercase(),
        _ => category.card().title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_category_and_no_label_has_digits_or_brackets() {
        assert!(ROWS.iter().all(|(name, _)| Category::named(name).is_some()));
        for category in Category::all() {
            for language in Language::ALL {
                let words = label_words(category, language);
                assert!(!words.is_empty(), "{category}");
                assert!(!words.contains(|c: char| c.is_numeric() || c == '[' || c == ']'), "{words}");
            }
        }
        assert_eq!(label_words(Category::named("fr-nir").unwrap(), Language::De), "NIR");
        assert_eq!(label_words(Category::EMAIL_ADDRESS, Language::Es), "correo electrónico");
    }

    #[test]
    fn small_words_tell_the_language() {
        for (text, language) in [
            ("Please send the invoice to my address", Some(Language::En)),
            ("Hola, mi correo es el mismo y no funciona", Some(Language::Es)),
            ("Bonjour, je vous écris pour mon compte", Some(Language::Fr)),
            ("Ich kann mich nicht anmelden, bitte helfen", Some(Language::De)),
            ("ES91 2100 0418", None),
            ("Ana Muestra", None),
        ] {
            assert_eq!(Language::of(text), language, "{text}");
        }
    }
}
