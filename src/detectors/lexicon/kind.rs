//! What a word of a lexicon says.

/// What a word of a lexicon says to the grammar that reads from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A name follows: `Sra.`, `Herr`.
    Title,
    /// A name follows, or somebody unnamed: `Hola`, `Dear`.
    Greeting,
    /// A name follows on this line or the next: `Un saludo`, `Kind regards`.
    Closing,
    /// The writer's name follows: `me llamo`.
    Introduction,
    /// Something the writer is follows, often a name: `soy`, `ich bin`.
    Being,
    /// A name follows a colon: `From:`, `Nombre:`.
    Label,
    /// Name of a column or key whose value is a name.
    Column,
    /// A name stands before: `escribió:`.
    WroteAfter,
    /// A name follows: `schrieb`.
    WroteBefore,
    /// No name, though it stands where names stand: `equipo`, `customer`.
    Nobody,
    /// A phrase that looks like a name or term and is none: `Mr Proper`, `health check`.
    Stop,
    /// Joins the words of a name or of a place: `de la`, `van der`.
    Particle,
    /// A usual given name.
    Given,
    /// Makes the words before it a company: `GmbH`.
    Company,
    /// A street's name and number follow: `Calle`, `rue`, `Via`.
    Street,
    /// Ends a compound that is a street: `-straße`, `-straat`.
    StreetEnd,
    /// A street's name stands before, its number behind: `Berliner Straße 5`.
    StreetLast,
    /// A street's name stands before, its number before that: `10 Downing Street`.
    StreetEnglish,
    /// A part of a house: `piso`, `apt.`, `bât.`.
    Unit,
    /// Stands for a house number: `s/n`.
    Unnumbered,
    /// Stands before a house number: `n.º`.
    NumberSign,
    /// An address follows: `domicilio`, `wohnhaft in`.
    AddressCue,
    /// A country at the end of an address.
    Country,
    /// A month, with its number.
    Month,
    /// A date of birth follows: `nacido el`, `geb.`.
    BirthCue,
    /// A date of something else follows: `expiry`, `alta`.
    OtherDate,
    /// A term of a category that hardly means anything else: `diabetes`.
    Term,
    /// A term with other meanings: `depression`.
    Vague,
    /// The datum with its person in one phrase: `soy diabético`.
    Statement,
    /// A technical word: terms in its sentence are no personal data.
    Unlike,
    /// A person, by what is said of him or her: `mi hijo`, `I suffer from`.
    Person,
    /// A unit of age, behind a number: `años`, `years old`.
    Age,
    /// A child: `mi hija`, `Sohn`.
    Child,
    /// Says the age of somebody named before: `tiene`, `is`.
    AgeVerb,
}

impl Kind {
    /// Every kind under its stable name in lexicon files.
    const NAMES: [(&'static str, Kind); 34] = [
        ("title", Self::Title),
        ("greeting", Self::Greeting),
        ("closing", Self::Closing),
        ("introduction", Self::Introduction),
        ("being", Self::Being),
        ("label", Self::Label),
        ("column", Self::Column),
        ("wrote-after", Self::WroteAfter),
        ("wrote-before", Self::WroteBefore),
        ("nobody", Self::Nobody),
        ("stop", Self::Stop),
        ("particle", Self::Particle),
        ("given", Self::Given),
        ("company", Self::Company),
        ("street", Self::Street),
        ("street-end", Self::StreetEnd),
        ("street-last", Self::StreetLast),
        ("street-english", Self::StreetEnglish),
        ("unit", Self::Unit),
        ("unnumbered", Self::Unnumbered),
        ("number-sign", Self::NumberSign),
        ("address-cue", Self::AddressCue),
        ("country", Self::Country),
        ("month", Self::Month),
        ("birth-cue", Self::BirthCue),
        ("other-date", Self::OtherDate),
        ("term", Self::Term),
        ("vague", Self::Vague),
        ("statement", Self::Statement),
        ("unlike", Self::Unlike),
        ("person", Self::Person),
        ("age", Self::Age),
        ("child", Self::Child),
        ("age-verb", Self::AgeVerb),
    ];

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Kind> {
        Self::NAMES.into_iter().find(|(of, _)| *of == name).map(|(_, kind)| kind)
    }

    /// Every name, for messages.
    pub fn names() -> Vec<&'static str> {
        Self::NAMES.into_iter().map(|(name, _)| name).collect()
    }

    /// Whether a grammar begins to read at the word. All others are looked for only near one that does.
    pub(in super::super) fn begins(self) -> bool {
        matches!(
            self,
            Self::Title
                | Self::Greeting
                | Self::Closing
                | Self::Introduction
                | Self::Being
                | Self::Label
                | Self::WroteAfter
                | Self::WroteBefore
                | Self::Street
                | Self::StreetLast
                | Self::StreetEnglish
                | Self::AddressCue
                | Self::BirthCue
                | Self::Term
                | Self::Vague
                | Self::Statement
                | Self::Age
        )
    }

    /// Whether the word is looked for near others; a few are both.
    pub(in super::super) fn is_near(self) -> bool {
        !self.begins() || matches!(self, Self::AddressCue | Self::BirthCue)
    }

    /// A bit of its own, for sets of kinds.
    pub(in super::super) fn bit(self) -> u64 {
        1 << (self as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_kind_is_used_somehow() {
        let mut names = Kind::names();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::NAMES.len());
        for (name, kind) in Kind::NAMES {
            assert_eq!(Kind::named(name), Some(kind));
            assert!(kind.begins() || kind.is_near(), "{name}");
        }
        let bits = Kind::NAMES.iter().fold(0_u64, |bits, (_, kind)| bits | kind.bit());
        assert_eq!(bits.count_ones() as usize, Kind::NAMES.len());
        assert_eq!(Kind::named("nick"), None);
    }
}
