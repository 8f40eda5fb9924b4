//! People as keyed hashes.

use serde::{Deserialize, Serialize};

use super::super::check::national_forms;
use super::super::normalise::normalise;
use super::super::shields::IdRange;
use super::everywhere::Everywhere;
use super::siphash::Key;
use super::words;
use crate::records::Category;

/// Words inside names that name nobody by themselves.
#[rustfmt::skip]
pub(super) const PARTICLES: [&str; 40] = [
    "de", "del", "la", "las", "los", "el", "y", "e", "i", "da", "das", "do", "dos", "di", "della", "dello",
    "dei", "degli", "van", "von", "der", "den", "ter", "ten", "zu", "zum", "zur", "und", "le", "du", "des",
    "al", "bin", "ibn", "ben", "san", "mac", "mr", "mrs", "dr",
];
/// Words of accounts that are no people: support, admin …
#[rustfmt::skip]
const OFFICES: [&str; 44] = [
    "support", "admin", "administrator", "info", "help", "helpdesk", "service", "sales", "team", "bot",
    "system", "agent", "user", "customer", "client", "contact", "office", "desk", "noreply", "billing",
    "soporte", "ayuda", "equipo", "ventas", "usuario", "cliente", "atencion", "sistema", "agente", "equipe",
    "assistance", "utilisateur", "kundendienst", "kunde", "benutzer", "vertrieb", "hilfe", "test", "demo",
    "api", "zendesk", "anonymous", "deleted", "unknown",
];
/// Words of what helpdesks put in the place of a deleted user's name.
const REMAINS: [&str; 8] =
    ["permanently", "anonymized", "anonymised", "former", "redacted", "scrubbed", "removed", "inactive"];
/// Names that are everyday words as well: alone they say little.
#[rustfmt::skip]
const EVERYDAY: [&str; 56] = [
    "will", "mark", "may", "rosa", "grant", "bill", "rich", "art", "sol", "paz", "cruz", "guerra", "calle",
    "blanco", "rubio", "delgado", "bueno", "casa", "mar", "luz", "leon", "campo", "campos", "iglesias",
    "prieto", "vega", "rey", "reyes", "santos", "pascal", "petit", "grand", "martin", "roman", "clement",
    "noel", "long", "young", "white", "brown", "green", "black", "king", "price", "page", "miles", "summer",
    "april", "june", "august", "klein", "gross", "lang", "jung", "wolf", "sommer",
];

/// Position of a person in a [`PeopleTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonIndex(pub u32);

/// What is known of a word of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Names the person together with another word, and by itself at lower confidence.
    Name,
    /// Names the person together with another word.
    Everyday,
    /// Joins words and counts for nothing.
    Particle,
}

/// A word of a name, as hashes.
#[derive(Clone, Copy)]
pub(super) struct Token {
    pub(super) hash: u64,
    pub(super) sieve: u64,
    pub(super) weight: Weight,
}

/// One person, as hashes.
pub(super) struct Person {
    pub(super) tokens: Box<[Token]>,
    pub(super) emails: Box<[u64]>,
    pub(super) phones: Box<[u64]>,
}

/// One person as hashes that mean nothing without the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonHashes {
    /// Words of the name: hash, sieve bits, and what the word weighs.
    pub words: Vec<(u64, u64, u8)>,
    /// E-mail addresses.
    pub emails: Vec<u64>,
    /// Phone numbers in their forms.
    pub phones: Vec<u64>,
}

/// The archive's people. Holds no plaintext: words of names, e-mail addresses and phone numbers are keyed
/// hashes, of no use without the key.
pub struct PeopleTable {
    pub(super) key: Key,
    pub(super) people: Vec<Person>,
    /// What is looked for in every text, once the table is sealed.
    pub(super) everywhere: Everywhere,
    /// Ids of the archive's records, which are nobody's numbers.
    pub ids: Vec<IdRange>,
}

impl PeopleTable {
    /// An empty table under this key.
    pub fn new(key: [u8; 16]) -> PeopleTable {
        PeopleTable {
            key: Key::new(key),
            people: Vec::new(),
            everywhere: Everywhere::default(),
            ids: Vec::new(),
        }
    }

    /// Says that everybody is in: from now on their full names, addresses and numbers are known in every
    /// text, and not only in the records of their own.
    pub fn seal(&mut self) {
        self.everywhere = Everywhere::of(&self.people);
    }

    /// Adds a person. Names of offices (support, admin) and names without letters are left out; phone
    /// numbers are known in their international and national forms.
    pub fn add(&mut self, name: Option<&str>, emails: &[&str], phones: &[&str]) -> PersonIndex {
        let index = PersonIndex(u32::try_from(self.people.len()).unwrap_or(u32::MAX));
        let person = self.person(name, emails, phones);
        self.people.push(person);
        index
    }

    /// Somebody as hashes under this table's key.
    pub(super) fn person(&self, name: Option<&str>, emails: &[&str], phones: &[&str]) -> Person {
        let tokens = name.map(|name| self.tokens(name)).unwrap_or_default();
        let emails: Vec<u64> = emails
            .iter()
            .filter(|email| email.contains('@'))
            .map(|email| self.key.hash(normalise(Category::EMAIL_ADDRESS, email.trim()).as_bytes()))
            .collect();
        let phones: Vec<u64> = phones.iter().flat_map(|phone| phone_hashes(self.key, phone)).collect();
        Person { tokens: tokens.into(), emails: emails.into(), phones: phones.into() }
    }

    /// Everybody as hashes, in the order of their indices: what may be written to a file.
    pub fn hashes(&self) -> impl Iterator<Item = PersonHashes> {
        self.people.iter().map(|person| PersonHashes {
            words: person.tokens.iter().map(|token| (token.hash, token.sieve, token.weight as u8)).collect(),
            emails: person.emails.to_vec(),
            phones: person.phones.to_vec(),
        })
    }

    /// Adds somebody from hashes made under the same key.
    pub fn add_hashes(&mut self, hashes: PersonHashes) -> PersonIndex {
        let index = PersonIndex(u32::try_from(self.people.len()).unwrap_or(u32::MAX));
        let token = |(hash, sieve, weight): (u64, u64, u8)| Token {
            hash,
            sieve,
            weight: match weight {
                0 => Weight::Name,
                1 => Weight::Everyday,
                _ => Weight::Particle,
            },
        };
        self.people.push(Person {
            tokens: hashes.words.into_iter().map(token).collect(),
            emails: hashes.emails.into(),
            phones: hashes.phones.into(),
        });
        index
    }

    /// How many people there are.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    pub(super) fn get(&self, index: PersonIndex) -> Option<&Person> {
        self.people.get(index.0 as usize)
    }

    fn tokens(&self, name: &str) -> Vec<Token> {
        if name.contains('@') {
            return Vec::new();
        }
        let mut tokens: Vec<Token> = Vec::new();
        let mut office = false;
        words::each(name, |word| {
            let folded = word.folded();
            let is = |list: &[&str]| list.iter().any(|entry| entry.as_bytes() == folded);
            office |= is(&OFFICES);
            let weight = if is(&PARTICLES) || folded.len() < 2 {
                Weight::Particle
            } else if is(&EVERYDAY) || folded.len() < 3 {
                Weight::Everyday
            } else {
                Weight::Name
            };
            let token = Token { hash: self.key.hash(folded), sieve: self.key.sieve(folded), weight };
            if tokens.len() < 12 && !tokens.iter().any(|other| other.hash == token.hash) {
                tokens.push(token);
            }
        });
        if office { Vec::new() } else { tokens }
    }
}

/// Whether a name is that of an account which is no person, by the vendor's own words: a user that was
/// deleted for good, or nothing but words of offices.
pub(super) fn names_nobody(name: &str) -> bool {
    let mut all = true;
    let mut words = 0;
    words::each(name, |word| {
        words += 1;
        let folded = word.folded();
        all &= OFFICES.iter().chain(&REMAINS).any(|entry| entry.as_bytes() == folded);
    });
    words > 0 && all
}

/// The hashes a phone number is known by.
pub(super) fn phone_hashes(key: Key, phone: &str) -> Vec<u64> {
    let plus = phone.trim_start().starts_with('+');
    // `+44 (0)20`: the zero in parentheses is not dialled from abroad.
    let plain = if plus { phone.replace("(0)", "") } else { phone.to_owned() };
    let digits: Vec<u8> = plain.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
    if !(7..=17).contains(&digits.len()) {
        return Vec::new();
    }
    national_forms(&digits, plus)
        .into_iter()
        .filter(|form| form.len() >= 6)
        .map(|form| key.hash(&form))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_hashes_only() {
        let mut table = PeopleTable::new([3; 16]);
        let index = table.add(
            Some("Ana de la Cruz Peña"),
            &["Ana.Cruz@Example.com", "not an address"],
            &["+34 612 345 678", "12"],
        );
        let person = table.get(index).unwrap();
        assert_eq!(person.tokens.len(), 5);
        assert_eq!(person.tokens.iter().filter(|t| t.weight == Weight::Particle).count(), 2);
        assert_eq!(person.tokens.iter().filter(|t| t.weight == Weight::Everyday).count(), 1);
        assert_eq!((person.emails.len(), person.phones.len()), (1, 2));
    }

    #[test]
    fn offices_are_nobody() {
        let mut table = PeopleTable::new([3; 16]);
        for name in ["Support Team", "Equipo de soporte", "ana@example.com", "123"] {
            let index = table.add(Some(name), &[], &[]);
            assert!(table.get(index).unwrap().tokens.is_empty(), "{name}");
        }
    }
}
