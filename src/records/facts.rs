//! What rules may read about a record, and who says so.

use compact_str::CompactString;

use super::record::RecordKind;
use super::stamp::Stamp;
use super::text::Text;

/// Who supplied a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Supplier {
    /// A field of the record itself.
    Export,
    /// Other records of the archive, joined by the survey.
    Join,
    /// The file the record lies in.
    File,
    /// A person's signed statement.
    Attestation,
}

/// Type of a fact, as CEL sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactType {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `string`: one of a vendor's words, never a person's.
    Word,
    /// `timestamp`
    Stamp,
    /// `list(string)` of words.
    Words,
    /// Text that may hold personal data: rules may ask for it, messages may not show it.
    Text,
    /// `list` of detections: category, confidence, value_class.
    Detections,
}

/// A value of a fact.
#[derive(Clone, PartialEq, Eq)]
pub enum FactValue {
    /// A truth value.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A vendor's word such as a status.
    Word(CompactString),
    /// A point in time.
    Stamp(Stamp),
    /// Several words.
    Words(Vec<String>),
    /// Text that may hold personal data.
    Text(Text),
}

impl FactValue {
    /// Its type.
    pub fn fact_type(&self) -> FactType {
        match self {
            Self::Bool(_) => FactType::Bool,
            Self::Int(_) => FactType::Int,
            Self::Word(_) => FactType::Word,
            Self::Stamp(_) => FactType::Stamp,
            Self::Words(_) => FactType::Words,
            Self::Text(_) => FactType::Text,
        }
    }
}

/// A fact rules may name.
#[derive(Debug)]
pub struct FactCard {
    /// Name after `rec.`.
    pub name: &'static str,
    /// Its type.
    pub fact_type: FactType,
    /// Kinds of record that can have it.
    pub kinds: &'static [RecordKind],
    /// What it means.
    pub meaning: &'static str,
}

/// Position of a fact in [`FactId::all`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(u8);

use FactType as T;
use RecordKind as K;

/// The closed table of facts: what is not here, no rule can read.
static FACTS: [FactCard; 37] = [
    fact(
        "id",
        T::Text,
        &[
            K::Ticket,
            K::Comment,
            K::Attachment,
            K::Article,
            K::Person,
            K::Organisation,
            K::Setting,
            K::AuditEntry,
            K::Other,
        ],
        "the source's own id",
    ),
    fact(
        "status",
        T::Word,
        &[K::Ticket, K::Article, K::Chat],
        "normal form: new open pending hold solved closed deleted spam merged archived unknown",
    ),
    fact("status_raw", T::Word, &[K::Ticket], "the status in the vendor's own words"),
    fact(
        "created_at",
        T::Stamp,
        &[K::Ticket, K::Comment, K::Attachment, K::Article, K::Person, K::Organisation, K::AuditEntry],
        "when it was made",
    ),
    fact(
        "updated_at",
        T::Stamp,
        &[K::Ticket, K::Comment, K::Article, K::Person, K::Organisation],
        "last touched by anyone, automations included; never a retention clock",
    ),
    fact("solved_at", T::Stamp, &[K::Ticket], "when it was solved"),
    fact("closed_at", T::Stamp, &[K::Ticket], "when it was closed"),
    fact("last_subject_contact_at", T::Stamp, &[K::Ticket], "last act of the data subject"),
    fact(
        "retention_clock_at",
        T::Stamp,
        &[K::Ticket],
        "last act of the data subject, else closed, else solved: the clock of retention",
    ),
    fact(
        "retention_clock",
        T::Word,
        &[K::Ticket],
        "which of the three the clock is: last-subject-contact closed solved",
    ),
    fact("channel", T::Word, &[K::Ticket, K::Comment], "how it came in: email web phone chat api"),
    fact("tags", T::Words, &[K::Ticket], "labels"),
    fact("public", T::Bool, &[K::Comment], "whether the data subject can read it"),
    fact("author_role", T::Word, &[K::Comment], "role of the author: end-user agent admin"),
    fact("direction", T::Word, &[K::Comment], "in, out or internal"),
    fact("visibility", T::Word, &[K::Article], "public or internal"),
    fact("draft", T::Bool, &[K::Article], "not yet published"),
    fact("role", T::Word, &[K::Person], "end-user agent admin owner"),
    fact("active", T::Bool, &[K::Person], "account can be used"),
    fact("suspended", T::Bool, &[K::Person], "account is suspended"),
    fact("two_factor_enabled", T::Bool, &[K::Person], "a second factor is on"),
    fact("sso_enforced", T::Bool, &[K::Person], "only single sign-on"),
    fact("can_export", T::Bool, &[K::Person], "may export data"),
    fact("last_login_at", T::Stamp, &[K::Person], "last sign-in"),
    fact("key", T::Word, &[K::Setting], "name of the setting"),
    fact("value", T::Text, &[K::Setting], "its value"),
    fact(
        "soft_deleted",
        T::Bool,
        &[K::Ticket, K::Comment, K::Attachment, K::Article, K::Person],
        "marked deleted by the vendor and still here",
    ),
    fact("redacted", T::Bool, &[K::Ticket, K::Comment, K::Article], "carries the vendor's redaction marks"),
    fact("anonymised", T::Bool, &[K::Person], "made anonymous by the vendor"),
    fact("media_type", T::Word, &[K::Attachment], "declared media type"),
    fact("size", T::Int, &[K::Attachment, K::File], "bytes"),
    fact("world_readable", T::Bool, &[K::File], "every account of the machine can read it"),
    fact("world_writable", T::Bool, &[K::File], "every account of the machine can change it"),
    fact(
        "findings",
        T::Detections,
        &[
            K::Ticket,
            K::Comment,
            K::Attachment,
            K::Article,
            K::Person,
            K::Organisation,
            K::Chat,
            K::Call,
            K::Survey,
            K::Setting,
            K::AuditEntry,
            K::Text,
            K::Other,
            K::File,
        ],
        "detections in the record",
    ),
    fact("category", T::Word, &[K::Detection], "category of the detection"),
    fact("confidence", T::Int, &[K::Detection], "thousandths of probability; a float 0 to 1 in expressions"),
    fact("value_class", T::Word, &[K::Detection], "real reserved test documentation own"),
];

const fn fact(
    name: &'static str,
    fact_type: FactType,
    kinds: &'static [RecordKind],
    meaning: &'static str,
) -> FactCard {
    FactCard { name, fact_type, kinds, meaning }
}

impl FactId {
    /// The fact of this name.
    pub fn named(name: &str) -> Option<FactId> {
        let at = FACTS.iter().position(|card| card.name == name)?;
        u8::try_from(at).ok().map(FactId)
    }

    /// Every fact.
    pub fn all() -> impl Iterator<Item = FactId> {
        (0..FACTS.len()).filter_map(|at| u8::try_from(at).ok().map(FactId))
    }

    /// Everything known of the fact.
    pub fn card(self) -> &'static FactCard {
        FACTS.get(usize::from(self.0)).unwrap_or(&FACTS[0])
    }
}

/// The facts of one record. Few enough that a list beats a map.
#[derive(Clone, Default)]
pub struct Facts(Vec<(FactId, FactValue, Supplier)>);

impl Facts {
    /// Sets a fact, in place of an earlier value.
    pub fn set(&mut self, id: FactId, value: FactValue, supplier: Supplier) {
        match self.0.iter_mut().find(|(known, ..)| *known == id) {
            Some(slot) => *slot = (id, value, supplier),
            None => self.0.push((id, value, supplier)),
        }
    }

    /// The value of a fact, if it is known.
    pub fn get(&self, id: FactId) -> Option<&FactValue> {
        self.0.iter().find(|(known, ..)| *known == id).map(|(_, value, _)| value)
    }

    /// Who supplied a fact.
    pub fn supplier(&self, id: FactId) -> Option<Supplier> {
        self.0.iter().find(|(known, ..)| *known == id).map(|(.., supplier)| *supplier)
    }

    /// All known facts in the order they were set.
    pub fn iter(&self) -> impl Iterator<Item = (FactId, &FactValue, Supplier)> {
        self.0.iter().map(|(id, value, supplier)| (*id, value, *supplier))
    }

    /// Forgets all facts and keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for id in FactId::all() {
            assert_eq!(FactId::named(id.card().name), Some(id));
        }
    }

    #[test]
    fn a_later_value_takes_the_place_of_an_earlier_one() {
        let status = FactId::named("status").unwrap();
        let mut facts = Facts::default();
        facts.set(status, FactValue::Word("open".into()), Supplier::Export);
        facts.set(status, FactValue::Word("closed".into()), Supplier::Join);
        assert_eq!(facts.iter().count(), 1);
        assert_eq!(facts.supplier(status), Some(Supplier::Join));
    }
}
