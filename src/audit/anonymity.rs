//! What passes for anonymous and is not: plain hashes of values, and pseudonyms that count.
//!
//! A hash without a key is a value that can be guessed: whoever hashes all phone numbers or a list of
//! addresses has the table (EDPB and ENISA on pseudonymisation; GDPR Art. 4(5)). A digest under a key looks
//! the same, so olvido's own pseudonyms never do. Numbers in the order of an export tell who came first,
//! and the same number elsewhere who it was.

use std::collections::{BTreeMap, BTreeSet};

use crate::records::{Block, Field, Role};

/// Series that are told apart, and numbers kept of each; beyond, they are not told from noise.
const SERIES: usize = 1_000;
const NUMBERS: usize = 4_096;
/// So many different numbers make a series.
const FEWEST: usize = 3;
/// A value longer than this is no pseudonym.
const LONGEST: usize = 64;

/// Parts of a key that say its value stands for a person.
const PERSON: [&str; 54] = [
    "adresse",
    "agent",
    "apellido",
    "apellidos",
    "assignee",
    "author",
    "bsn",
    "cliente",
    "client",
    "contact",
    "contacto",
    "correo",
    "courriel",
    "customer",
    "dni",
    "email",
    "emails",
    "employee",
    "from",
    "iban",
    "ip",
    "klant",
    "kunde",
    "mail",
    "mobile",
    "movil",
    "msisdn",
    "name",
    "nachname",
    "naam",
    "nie",
    "nif",
    "nom",
    "nombre",
    "nome",
    "owner",
    "passport",
    "patient",
    "person",
    "persona",
    "phone",
    "prenom",
    "recipient",
    "requester",
    "sender",
    "ssn",
    "subscriber",
    "surname",
    "telefon",
    "telefono",
    "telephone",
    "user",
    "username",
    "usuario",
];
/// Parts of a key that say it does not: checksums of files, ids and keys made at random.
const THING: [&str; 22] = [
    "attachment",
    "avatar",
    "blob",
    "build",
    "checksum",
    "commit",
    "content",
    "device",
    "digest",
    "etag",
    "file",
    "filename",
    "guid",
    "id",
    "image",
    "key",
    "session",
    "signature",
    "token",
    "url",
    "uuid",
    "agentid",
];
/// Words before a number that call somebody by it.
const NOUNS: [&str; 36] = [
    "",
    "agent",
    "anon",
    "anonimo",
    "anonym",
    "anonymous",
    "author",
    "benutzer",
    "client",
    "cliente",
    "contact",
    "correo",
    "customer",
    "email",
    "employee",
    "gebruiker",
    "klant",
    "kunde",
    "mail",
    "mitarbeiter",
    "name",
    "nombre",
    "nutzer",
    "patient",
    "person",
    "persona",
    "personne",
    "phone",
    "pseudonym",
    "requester",
    "subject",
    "telefono",
    "user",
    "usuario",
    "utente",
    "utilisateur",
];

/// What was seen so far; parts add up in any order.
#[derive(Default)]
pub(crate) struct Anonymity {
    hashes: u64,
    series: BTreeMap<String, BTreeSet<u64>>,
}

impl Anonymity {
    /// Looks at a field; says whether it is a plain hash of somebody's value. Addresses of the organisation
    /// itself (`own`) are mailboxes that it numbered, and nobody's pseudonyms.
    pub(super) fn look(&mut self, block: &Block, field: &Field, own: &dyn Fn(&str) -> bool) -> bool {
        let whole = field.owned == (field.start, field.end) && field.offset == 0;
        let text = block.field_text(field).trim();
        if !whole || text.is_empty() || text.len() > 2 * LONGEST + 16 || matches!(field.role, Role::Key) {
            return false;
        }
        let hash = is_hash(text);
        let numbered = if hash { None } else { numbered(text) };
        if (!hash && numbered.is_none())
            || !stands_for_a_person(field.role, block.paths.last_name(field.path))
        {
            return false;
        }
        if let Some((shape, number)) = numbered
            && !(text.contains('@') && own(text))
        {
            self.count(shape, number);
        }
        self.hashes += u64::from(hash);
        hash
    }

    fn count(&mut self, shape: String, number: u64) {
        if self.series.len() >= SERIES && !self.series.contains_key(&shape) {
            return;
        }
        let numbers = self.series.entry(shape).or_default();
        if numbers.len() < NUMBERS {
            numbers.insert(number);
        }
    }

    /// Adds what another part saw.
    pub(super) fn add(&mut self, other: Anonymity) {
        self.hashes += other.hashes;
        for (shape, numbers) in other.series {
            numbers.into_iter().for_each(|number| self.count(shape.clone(), number));
        }
    }

    /// Fields that hold a plain hash.
    pub(super) fn plain_hashes(&self) -> u64 {
        self.hashes
    }

    /// Series of numbered pseudonyms: three or more, at least half of the numbers between the first and
    /// the last.
    pub(super) fn sequences(&self) -> u64 {
        let dense = |numbers: &&BTreeSet<u64>| {
            let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return false };
            numbers.len() >= FEWEST && (last - first) < 2 * numbers.len() as u64
        };
        self.series.values().filter(dense).count() as u64
    }
}

/// A digest in hexadecimal: MD5, SHA-1, the SHA-2 and SHA-3 families; with its name before it, or before
/// an at sign.
fn is_hash(text: &str) -> bool {
    let text = text.split_once('@').map_or(text, |(local, _)| local);
    let text = match text.split_once([':', '_', '-']) {
        Some((name, rest))
            if ["md5", "sha", "sha1", "sha224", "sha256", "sha384", "sha512"]
                .contains(&&*name.to_ascii_lowercase()) =>
        {
            rest
        }
        _ => text,
    };
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mixed = text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic());
    hex && mixed && matches!(text.len(), 32 | 40 | 56 | 64 | 96 | 128)
}

/// `User 17`, `customer_0017`, `client17@example.org`: what stands around the number, and the number.
fn numbered(text: &str) -> Option<(String, u64)> {
    if text.len() > LONGEST {
        return None;
    }
    let (local, host) = text.split_once('@').unwrap_or((text, ""));
    let digits = local.len() - local.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (noun, number) = local.split_at_checked(local.len() - digits)?;
    let number: u64 = number.parse().ok().filter(|_| digits <= 9)?;
    let noun = noun.trim_end_matches([' ', '_', '-', '.', '#', '/']).to_lowercase();
    let plain: String = noun.chars().map(|c| if c == 'ó' || c == 'ô' { 'o' } else { c }).collect();
    let last = plain.rsplit([' ', '_', '-', '.']).next().unwrap_or("");
    NOUNS.contains(&last).then(|| (format!("{plain}@{}", host.to_lowercase()), number))
}

/// Whether a field holds who somebody is: by what a mapping says of it, or by its key.
fn stands_for_a_person(role: Role, key: &str) -> bool {
    if matches!(role, Role::PersonName | Role::NameElsewhere | Role::EmailAddress | Role::PhoneNumber) {
        return true;
    }
    if matches!(role, Role::ItemPath | Role::RecordId | Role::TimeStamp | Role::Url | Role::FileName) {
        return false;
    }
    let words = words_of(key);
    words.iter().any(|word| PERSON.contains(&word.as_str()))
        && !words.iter().any(|word| THING.contains(&word.as_str()))
}

/// The words of a key: `customerEmailHash` and `customer_email-hash` have the same three.
fn words_of(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in key.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = c.is_lowercase();
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{NewField, Ordinal, PathStore, Record, RecordKind};

    fn seen(fields: &[(&str, &str, Role)]) -> (u64, u64) {
        let mut block = Block::default();
        let record = Record::new("json".into(), RecordKind::Other, Ordinal { top: 0, sub: 0 });
        let at = block.push_record(record);
        for (key, text, role) in fields {
            let name = block.paths.name(key);
            let path = block.paths.child(PathStore::ROOT, name);
            block.push_field(text, NewField::verbatim(at, path, *role, 0));
        }
        let mut anonymity = Anonymity::default();
        for field in block.fields() {
            anonymity.look(&block, field, &|address| address.ends_with("@own.example"));
        }
        (anonymity.plain_hashes(), anonymity.sequences())
    }

    const MD5: &str = "5d41402abc4b2a76b9719d911017c592";
    const SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    #[test]
    fn a_digest_where_somebody_should_stand_is_a_plain_hash() {
        for (key, text) in [
            ("email", MD5),
            ("customerEmailHash", SHA256),
            ("phone_sha256", SHA256),
            ("user", "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
            ("from", "5d41402abc4b2a76b9719d911017c592@example.org"),
        ] {
            assert_eq!(seen(&[(key, text, Role::Other)]).0, 1, "{key}");
        }
        assert_eq!(seen(&[("x", MD5, Role::EmailAddress)]).0, 1, "what a mapping says counts");
    }

    #[test]
    fn checksums_ids_and_words_are_none() {
        for (key, text) in [
            ("attachment_md5", MD5),
            ("user_id", MD5),
            ("checksum", SHA256),
            ("email", "5d41402abc4b2a76b9719d911017c59"),
            ("email", "00000000000000000000000000000000"),
            ("email", "person-name-0a1b2c3d4e5f6g7h"),
            ("session_user_token", MD5),
        ] {
            assert_eq!(seen(&[(key, text, Role::Other)]), (0, 0), "{key} {text}");
        }
    }

    #[test]
    fn people_who_are_numbered_are_a_sequence() {
        let all = |texts: &[&str]| {
            seen(&texts.iter().map(|text| ("requester", *text, Role::Other)).collect::<Vec<_>>()).1
        };
        assert_eq!(all(&["User 1", "User 2", "User 3"]), 1);
        assert_eq!(all(&["customer_0007", "customer_0009", "customer_0008", "customer_0008"]), 1);
        assert_eq!(all(&["user1@example.org", "user2@example.org", "user4@example.org"]), 1);
        assert_eq!(all(&["1001", "1002", "1003"]), 1);
        assert_eq!(all(&["agent1@own.example", "agent2@own.example", "agent3@own.example"]), 0);
        assert_eq!(all(&["User 1", "User 2"]), 0, "two may be chance");
        assert_eq!(all(&["User 1", "User 500", "User 90"]), 0, "nothing counts here");
        assert_eq!(all(&["Printer 1", "Printer 2", "Printer 3"]), 0);
        let ids: Vec<_> = ["1", "2", "3"].map(|id| ("user_id", id, Role::Identifier)).to_vec();
        assert_eq!(seen(&ids).1, 0);
    }

    #[test]
    fn parts_add_up() {
        let mut all = Anonymity::default();
        for number in 1..4 {
            let mut part = Anonymity::default();
            part.count("user@".to_owned(), number);
            all.add(part);
        }
        assert_eq!(all.sequences(), 1);
    }
}
