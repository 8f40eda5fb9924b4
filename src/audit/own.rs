//! What belongs to the organisation that runs the helpdesk: its agents, its addresses, its domains.
//!
//! Such data are found and counted apart (`own`), never dropped. What is taken as own is inferred from
//! roles and recipients and can be said in `olvido.yaml`; domains are shown, people only counted.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::hashed::Hashes;
use super::survey::{PersonRow, TicketRow};
use crate::detectors::{HashKey, normalise};
use crate::records::{Category, Text, is_mark};

/// Names of providers at which anybody has an address, under whatever country: whoever writes from there
/// shows no employer.
#[rustfmt::skip]
const PROVIDERS: [&str; 37] = [
    "gmail", "googlemail", "outlook", "hotmail", "live", "msn", "yahoo", "ymail", "rocketmail", "icloud", "aol",
    "gmx", "t-online", "freenet", "orange", "wanadoo", "laposte", "sfr", "bbox", "libero", "virgilio", "tiscali",
    "alice", "sapo", "telefonica", "terra", "ziggo", "kpnmail", "xs4all", "telenet", "skynet", "interia", "seznam",
    "proton", "protonmail", "zoho", "yandex",
];
/// Such providers whose name is an everyday word: the whole domain.
#[rustfmt::skip]
const DOMAINS: [&str; 18] = [
    "me.com", "mac.com", "mail.com", "mail.ru", "web.de", "email.de", "free.fr", "neuf.fr", "wp.pl", "onet.pl",
    "o2.pl", "home.nl", "planet.nl", "btinternet.com", "pm.me", "tin.it", "centrum.cz", "bluewin.ch",
];

/// Whether anybody can have an address at the domain.
fn is_anybodys(domain: &str) -> bool {
    DOMAINS.contains(&domain) || domain.split('.').any(|label| PROVIDERS.contains(&label))
}

/// Who and what is taken as the organisation's own.
#[derive(Clone, Default)]
pub(crate) struct Own {
    pub(super) domains: BTreeSet<String>,
    /// Keyed hashes of normalised names, addresses and numbers, with their category.
    pub(super) values: Hashes<u64>,
    pub(super) agents: u64,
    pub(super) addresses: u64,
}

/// Collects what says whose an address is.
#[derive(Default)]
pub(crate) struct OwnBuilder {
    own: Own,
    seen: BTreeMap<String, Seen>,
}

/// Whom a domain belongs to, as far as addresses at it say.
#[derive(Default)]
struct Seen {
    agents: u64,
    customers: u64,
    /// The helpdesk itself receives there.
    receives: bool,
}

impl OwnBuilder {
    /// Takes a person of the export.
    pub(crate) fn person(&mut self, key: HashKey, person: &PersonRow) {
        for email in person.emails.iter().filter(|email| !is_mark(email.expose())) {
            if let Some(domain) = domain(email.expose()) {
                let counts = self.seen.entry(domain).or_default();
                if person.agent { counts.agents += 1 } else { counts.customers += 1 }
            }
        }
        if !person.agent {
            return;
        }
        self.own.agents += 1;
        let values = [
            (Category::PERSON_NAME, &person.names),
            (Category::EMAIL_ADDRESS, &person.emails),
            (Category::PHONE_NUMBER, &person.phones),
        ];
        for (category, texts) in values {
            for text in texts.iter().filter(|text| !is_mark(text.expose())) {
                let normal = normalise(category, text.expose());
                if category == Category::PERSON_NAME {
                    for shorter in shortened(&normal) {
                        self.own.values.insert(hash(key, category, &shorter));
                    }
                }
                self.own.values.insert(hash(key, category, &normal));
            }
        }
    }

    /// Takes the addresses at which the helpdesk receives a ticket.
    pub(crate) fn ticket(&mut self, key: HashKey, ticket: &TicketRow) {
        for address in &ticket.received_at {
            self.address(key, address);
        }
    }

    fn address(&mut self, key: HashKey, address: &Text) {
        // A pseudonym is nobody's, and its domain not the organisation's.
        if is_mark(address.expose()) {
            return;
        }
        let normal = normalise(Category::EMAIL_ADDRESS, address.expose());
        let Some(domain) = domain(&normal) else { return };
        if self.own.values.insert(hash(key, Category::EMAIL_ADDRESS, &normal)) {
            self.own.addresses += 1;
            self.seen.entry(domain).or_default().receives = true;
        }
    }

    /// What is the organisation's own after all. A customer of an agent's name keeps it: who of the two is
    /// meant in a text nobody knows.
    pub(crate) fn build(mut self, key: HashKey, people: &[PersonRow]) -> Own {
        for name in people.iter().filter(|person| !person.agent).flat_map(|person| &person.names) {
            let normal = normalise(Category::PERSON_NAME, name.expose());
            for shorter in shortened(&normal).iter().chain([&normal]) {
                self.own.values.remove(&hash(key, Category::PERSON_NAME, shorter));
            }
        }
        for (domain, seen) in self.seen {
            // One agent alone may have a private address: what is wrongly taken as own is not judged.
            let sure = seen.receives || seen.agents > 1;
            let ours = seen.agents + u64::from(seen.receives);
            if sure && ours > seen.customers && !is_anybodys(&domain) {
                self.own.domains.insert(domain);
            }
        }
        self.own
    }
}

impl Own {
    /// Whether a value, normalised, is the organisation's own.
    pub(crate) fn holds(&self, key: HashKey, category: Category, normal: &str) -> bool {
        let asked = [Category::PERSON_NAME, Category::EMAIL_ADDRESS, Category::PHONE_NUMBER];
        if self.is_empty() || !asked.contains(&category) {
            return false;
        }
        category == Category::EMAIL_ADDRESS && self.holds_domain(normal)
            || self.values.contains(&hash(key, category, normal))
    }

    fn holds_domain(&self, address: &str) -> bool {
        let Some(mut domain) = domain(address) else { return false };
        loop {
            if self.domains.contains(&domain) {
                return true;
            }
            match domain.split_once('.') {
                Some((_, above)) if above.contains('.') => domain = above.to_owned(),
                _ => return false,
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.domains.is_empty() && self.values.is_empty()
    }

    /// What people are told was taken as own: domains by name, everything else by number.
    pub(crate) fn told(&self) -> Vec<String> {
        let mut told: Vec<String> = self.domains.iter().cloned().collect();
        let counted = [(self.agents, "agent"), (self.addresses, "support address")];
        for (count, what) in counted.into_iter().filter(|(count, _)| *count > 0) {
            let plural = match (count, what) {
                (1, _) => "",
                (_, "agent") => "s",
                _ => "es",
            };
            told.push(format!("{count} {what}{plural}"));
        }
        told
    }
}

/// The keyed hash under which a normalised value of a category is known.
fn hash(key: HashKey, category: Category, normal: &str) -> u64 {
    key.hash(normal.as_bytes()).rotate_left(category.index() as u32)
}

/// A name of at most six words with some of them left out, two at least: people are called by fewer names
/// than they have.
fn shortened(normal: &str) -> Vec<String> {
    let words: Vec<&str> = normal.split(' ').take(6).collect();
    let chosen = |set: u32| {
        let kept = words.iter().zip(0..).filter(|(_, at)| set >> at & 1 == 1).map(|(word, _)| *word);
        kept.collect::<Vec<&str>>()
    };
    (0..1u32 << words.len()).map(chosen).filter(|kept| kept.len() > 1).map(|kept| kept.join(" ")).collect()
}

/// The domain of an address, in lower case.
fn domain(address: &str) -> Option<String> {
    let (_, domain) = address.trim().rsplit_once('@')?;
    (domain.contains('.') && !domain.contains(char::is_whitespace)).then(|| domain.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::survey::RecordHash;
    use super::*;
    use crate::records::RecordKind;

    const KEY: [u8; 16] = [4; 16];

    fn person(agent: bool, name: &str, email: &str) -> PersonRow {
        PersonRow {
            id: RecordHash::of(HashKey::new(KEY), "z", RecordKind::Person, &Text::new(email)),
            names: vec![Text::new(name)],
            emails: vec![Text::new(email)],
            phones: Vec::new(),
            agent,
            same: Vec::new(),
            anonymised: false,
        }
    }

    fn built(people: &[PersonRow], received_at: &[&str]) -> Own {
        let key = HashKey::new(KEY);
        let mut builder = OwnBuilder::default();
        people.iter().for_each(|row| builder.person(key, row));
        let id = RecordHash::of(key, "z", RecordKind::Ticket, &Text::new("1"));
        let received_at = received_at.iter().map(|address| Text::new(*address)).collect();
        builder.ticket(
            key,
            &TicketRow {
                id,
                requester: None,
                people: Vec::new(),
                contact: None,
                undated: false,
                received_at,
            },
        );
        builder.build(key, people)
    }

    #[test]
    fn agents_their_domain_and_support_addresses_are_own() {
        let own = built(
            &[
                person(true, "Marta Soler Prueba", "marta@tienda.example"),
                person(true, "Leo Demo Prueba", "leo@tienda.example"),
                person(false, "Ana Muestra", "ana@example.org"),
            ],
            &["ayuda@soporte.example"],
        );
        let holds =
            |category, value: &str| own.holds(HashKey::new(KEY), category, &normalise(category, value));
        assert!(
            holds(Category::PERSON_NAME, "SOLER PRUEBA, Marta")
                && holds(Category::PERSON_NAME, "Marta Soler")
                && !holds(Category::PERSON_NAME, "Ana Muestra")
        );
        assert!(holds(Category::EMAIL_ADDRESS, "anybody@tienda.example"));
        assert!(holds(Category::EMAIL_ADDRESS, "x@mail.tienda.example"));
        assert!(holds(Category::EMAIL_ADDRESS, "Ayuda@soporte.example"));
        assert!(!holds(Category::EMAIL_ADDRESS, "x@nottienda.example"));
        assert!(!holds(Category::EMAIL_ADDRESS, "ana@example.org"));
        assert_eq!(own.told(), ["soporte.example", "tienda.example", "2 agents", "1 support address"]);
    }

    #[test]
    fn a_customer_of_an_agents_name_keeps_it() {
        let own = built(
            &[
                person(true, "Marta Soler Prueba", "marta@tienda.example"),
                person(false, "Marta Soler Muestra", "ms@example.org"),
            ],
            &[],
        );
        let holds = |name: &str| {
            own.holds(HashKey::new(KEY), Category::PERSON_NAME, &normalise(Category::PERSON_NAME, name))
        };
        assert!(holds("Marta Soler Prueba") && holds("Marta Prueba"));
        assert!(!holds("Marta Soler"));
        assert!(own.domains.is_empty(), "one agent says nothing of a domain");
    }

    #[test]
    fn a_domain_of_everybody_or_of_many_customers_is_not_own() {
        for provider in ["gmail.com", "outlook.es", "yahoo.co.uk", "web.de"] {
            let two =
                ["marta", "leo"].map(|name| person(true, "Marta Prueba", &format!("{name}@{provider}")));
            let own = built(&two, &[&format!("tienda@{provider}")]);
            assert!(own.domains.is_empty() && own.agents == 2, "{provider}");
        }
        let crowd = [
            person(true, "Marta Prueba", "marta@isp.example"),
            person(false, "Ana Muestra", "ana@isp.example"),
            person(false, "Leo Muestra", "leo@isp.example"),
        ];
        let own = built(&crowd, &[]);
        assert!(own.domains.is_empty());
        let normal = normalise(Category::EMAIL_ADDRESS, "marta@isp.example");
        assert!(own.holds(HashKey::new(KEY), Category::EMAIL_ADDRESS, &normal));
    }
}
