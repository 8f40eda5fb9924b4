//! What holds and purge plans know a record or a person by, so that a vault can be asked long after the original
//! is gone: keyed references of people and tickets (`s1:`, `r1:`), references of purge plans (`p1:`), tags
//! (`tag:`). The vault keeps a pseudonym of each beside the record, and forgets it with the record.

use crate::audit::References;
use crate::records::{Category, FactId, FactValue, Record, RecordKind, Relation, Text};
use crate::vault::{Key, Purpose, Subkey};

/// Makes marks. Without the project's key only tags are known.
pub struct Marks {
    keyed: Option<Keyed>,
    tags: Option<FactId>,
}

struct Keyed {
    id: String,
    references: References,
    plans: Subkey,
}

/// The mark of a tag.
pub fn tag_mark(tag: &str) -> String {
    format!("tag:{}", tag.trim().to_lowercase())
}

/// The mark of a record of a purge plan, by its reference there.
pub fn plan_mark(reference: &str) -> String {
    format!("p1:{reference}")
}

impl Marks {
    /// Under the project's key.
    pub fn new(key: Option<&Key>) -> Marks {
        let keyed = key.map(|key| Keyed {
            id: key.id().to_owned(),
            references: References::new(key),
            plans: key.subkey(Purpose::Plan),
        });
        Marks { keyed, tags: FactId::named("tags") }
    }

    /// Public name of the key of the references; none where there are only tags.
    pub fn key_id(&self) -> Option<&str> {
        self.keyed.as_ref().map(|keyed| keyed.id.as_str())
    }

    /// What a record is known by. `apart`: it is no part of a ticket, and planned under its own name.
    pub(super) fn of_record(&self, record: &Record, apart: bool) -> Vec<String> {
        let mut marks = Vec::new();
        if let Some(FactValue::Words(tags)) = self.tags.and_then(|fact| record.facts.get(fact)) {
            marks.extend(tags.iter().map(|tag| tag_mark(tag)));
        }
        let Some(keyed) = &self.keyed else { return marks };
        let (kind, system) = (record.reference.kind, &record.reference.system);
        let own = record.reference.id.as_ref();
        let ticket = own.filter(|_| kind == RecordKind::Ticket);
        let linked =
            record.links.iter().filter(|link| link.relation == Relation::Ticket).map(|link| &link.id);
        let tickets = ticket.into_iter().chain(linked);
        marks.extend(tickets.map(|id| keyed.references.record(RecordKind::Ticket, id.expose()).to_string()));
        if let Some(id) = own.filter(|_| apart) {
            let (system, kind, id) = (system.as_bytes(), kind.name().as_bytes(), id.expose().as_bytes());
            let digest = keyed.plans.mac(&[b"record", system, kind, id]);
            marks.push(plan_mark(&digest.short_hex(16)));
        }
        marks
    }

    /// What a record is known by for a datum in it.
    pub(super) fn of_datum(&self, category: Category, value: &str) -> Option<String> {
        let keyed = self.keyed.as_ref().filter(|_| category.card().identifies)?;
        Some(keyed.references.subject(category, value).to_string())
    }

    /// What a person is known by for one of their identifiers.
    pub(super) fn of_person(&self, kind: &str, value: &Text) -> Option<String> {
        let category = match kind {
            "email" => Category::EMAIL_ADDRESS,
            "phone" => Category::PHONE_NUMBER,
            "name" => Category::PERSON_NAME,
            _ => return None,
        };
        self.of_datum(category, value.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Ordinal, Supplier};

    #[test]
    fn a_ticket_is_known_by_its_reference_and_its_tags_and_without_a_key_by_tags_alone() {
        let key = Key::parse("0b".repeat(32).as_bytes()).ok().unwrap();
        let mut ticket = Record::new("zendesk".into(), RecordKind::Ticket, Ordinal { top: 0, sub: 0 });
        ticket.reference.id = Some(Text::new("31"));
        ticket.facts.set(
            FactId::named("tags").unwrap(),
            FactValue::Words(vec![" VIP ".to_owned()]),
            Supplier::Export,
        );
        let marks = Marks::new(Some(&key)).of_record(&ticket, true);
        assert_eq!(marks.len(), 3);
        assert_eq!(marks[0], "tag:vip");
        assert!(marks[1].starts_with("r1:") && marks[2].starts_with("p1:"));
        assert_eq!(Marks::new(None).of_record(&ticket, true), ["tag:vip"]);
        let one = Marks::new(Some(&key));
        let mail = one.of_datum(Category::EMAIL_ADDRESS, "Ana@Example.com");
        assert_eq!(mail, one.of_person("email", &Text::new("ana@example.com")));
        assert!(
            mail.is_some() && Marks::new(None).of_datum(Category::EMAIL_ADDRESS, "a@example.com").is_none()
        );
    }
}
