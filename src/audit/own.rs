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

/// Domains at which anybody has an address: whoever writes from there shows no employer. A domain is
/// also left out where customers on it outnumber agents.
#[rustfmt::skip]
const ANYBODYS: [&str; 44] = [
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.es", "hotmail.fr", "hotmail.it",
    "live.com", "msn.com", "yahoo.com", "yahoo.es", "yahoo.fr", "yahoo.de", "yahoo.it", "yahoo.co.uk",
    "ymail.com", "icloud.com", "me.com", "mac.com", "aol.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch",
    "web.de", "t-online.de", "freenet.de", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr",
    "libero.it", "virgilio.it", "tiscali.it", "sapo.pt", "telefonica.net", "ziggo.nl", "kpnmail.nl", "wp.pl",
    "onet.pl", "interia.pl", "proton.me", "protonmail.com",
];

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
    /// Agents and customers seen at each domain.
    seen: BTreeMap<String, (u64, u64)>,
}

impl OwnBuilder {
    /// Takes a person of the export.
    pub(crate) fn person(&mut self, key: HashKey, person: &PersonRow) {
        for email in person.emails.iter().filter(|email| !is_mark(email.expose())) {
            if let Some(domain) = domain(email.expose()) {
                let counts = self.seen.entry(domain).or_default();
                if person.agent { counts.0 += 1 } else { counts.1 += 1 }
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
            self.seen.entry(domain).or_default().0 += 1;
        }
    }

    /// What is the organisation's own after all.
    pub(crate) fn build(mut self) -> Own {
        for (domain, (ours, customers)) in self.seen {
            if ours > customers && !ANYBODYS.contains(&domain.as_str()) {
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
        }
    }

    fn built(people: &[PersonRow], received_at: &[&str]) -> Own {
        let key = HashKey::new(KEY);
        let mut builder = OwnBuilder::default();
        people.iter().for_each(|row| builder.person(key, row));
        let id = RecordHash::of(key, "z", RecordKind::Ticket, &Text::new("1"));
        let received_at = received_at.iter().map(|address| Text::new(*address)).collect();
        builder
            .ticket(key, &TicketRow { id, requester: None, people: Vec::new(), contact: None, received_at });
        builder.build()
    }

    #[test]
    fn agents_their_domain_and_support_addresses_are_own() {
        let own = built(
            &[
                person(true, "Marta Soler Prueba", "marta@tienda.example"),
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
        assert_eq!(own.told(), ["soporte.example", "tienda.example", "1 agent", "1 support address"]);
    }

    #[test]
    fn a_domain_of_everybody_or_of_many_customers_is_not_own() {
        let own = built(&[person(true, "Marta Prueba", "marta@gmail.com")], &[]);
        assert!(own.domains.is_empty() && own.agents == 1);
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
