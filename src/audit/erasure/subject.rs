//! Whom a plan of erasure is about: keyed references to a person's identifiers, and how much each proves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::policies::exceptions::Reference;
use crate::problem::Problem;
use crate::records::{Category, RecordKind};

/// What the helpdesk's own number of a person is called, beside the categories.
const OWN_ID: &str = "person-id";

/// One identifier of a person. It names nobody to whoever has not the key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// Its category, or `person-id`.
    pub category: String,
    /// Its keyed reference.
    pub reference: String,
}

/// How much an identifier proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Proof {
    /// One person has it: an address, a number of the state, the helpdesk's own.
    Strong,
    /// Several people may have it: a name, a phone, an address of a house, a day of birth.
    Weak,
}

/// A person, by references to their identifiers.
pub struct ErasureSubject {
    identifiers: BTreeMap<Reference, (String, Proof)>,
}

fn proof_of(category: &str) -> Option<Proof> {
    match category {
        OWN_ID | "email-address" | "passport" | "id-card" | "driving-licence" => Some(Proof::Strong),
        "person-name" | "phone-number" | "postal-address" | "date-of-birth" | "username" | "iban"
        | "payment-card" | "vehicle-plate" | "imei" => Some(Proof::Weak),
        // Numbers that states give to one person each are named by their country.
        other => {
            let national = other.as_bytes().get(2) == Some(&b'-');
            Category::named(other).filter(|_| national && !is_of_firms(other)).map(|_| Proof::Strong)
        }
    }
}

/// Account and tax numbers that a firm or several people may have.
fn is_of_firms(category: &str) -> bool {
    matches!(category, "es-ccc" | "es-nif" | "gr-afm" | "pl-nip" | "pt-nif" | "de-steuernummer" | "gb-utr")
}

impl ErasureSubject {
    /// From the identifiers of a plan.
    ///
    /// # Errors
    /// `subject-not-identified` where they could name several people: one that is strong, or two of different
    /// categories, are asked for; `subject-identifier` for what identifies nobody.
    pub fn new(identifiers: &[Identifier]) -> Result<ErasureSubject, Problem> {
        let mut known = BTreeMap::new();
        for one in identifiers {
            let (Some(reference), Some(proof)) = (Reference::parse(&one.reference), proof_of(&one.category))
            else {
                let what = format!("{} identifies nobody", one.category);
                let advice = "name addresses, numbers, names, birth dates or the helpdesk's own `person-id:`";
                return Err(Problem::new("subject-identifier", what, advice));
            };
            known.insert(reference, (one.category.clone(), proof));
        }
        let subject = ErasureSubject { identifiers: known };
        if subject.identified(subject.identifiers.keys()) {
            return Ok(subject);
        }
        let what = "what is named could be several people";
        let advice = "name one address, official number or `person-id:`, or two different things such as name and phone";
        Err(Problem::new("subject-not-identified", what, advice))
    }

    /// Identifiers for a plan, in order.
    pub fn identifiers(&self) -> Vec<Identifier> {
        let one = |(reference, (category, _)): (&Reference, &(String, Proof))| Identifier {
            category: category.clone(),
            reference: reference.to_string(),
        };
        self.identifiers.iter().map(one).collect()
    }

    /// Whether a reference is one of this person's.
    pub(crate) fn has(&self, reference: &Reference) -> bool {
        self.identifiers.contains_key(reference)
    }

    /// Whether these are one person for certain: one strong identifier, or two of different categories.
    pub(crate) fn identified<'r>(&self, references: impl Iterator<Item = &'r Reference>) -> bool {
        let mut weak: Vec<&str> = Vec::new();
        for (category, proof) in references.filter_map(|one| self.identifiers.get(one)) {
            if *proof == Proof::Strong {
                return true;
            }
            if !weak.contains(&category.as_str()) {
                weak.push(category);
            }
        }
        weak.len() >= 2
    }
}

/// The reference of the helpdesk's own number of a person.
pub fn own_id(references: &super::super::References, id: &str) -> Identifier {
    let reference = references.record(RecordKind::Person, id.trim()).to_string();
    Identifier { category: OWN_ID.to_owned(), reference }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::References;
    use crate::vault::Key;

    fn made(rows: &[(&str, &str)]) -> Result<ErasureSubject, Problem> {
        let references = References::new(&Key::parse("0b".repeat(32).as_bytes()).ok().unwrap());
        let identifiers: Vec<Identifier> = rows
            .iter()
            .map(|(category, value)| match Category::named(category) {
                Some(known) => Identifier {
                    category: (*category).to_owned(),
                    reference: references.subject(known, value).to_string(),
                },
                None => own_id(&references, value),
            })
            .collect();
        ErasureSubject::new(&identifiers)
    }

    #[test]
    fn one_strong_or_two_different_weak_identifiers_are_a_person() {
        for rows in [
            &[("email-address", "eva@example.org")][..],
            &[("person-id", "4711")],
            &[("es-dni", "12345678Z")],
            &[("person-name", "Eva Ejemplo"), ("phone-number", "+34 600 000 000")],
        ] {
            assert!(made(rows).is_ok(), "{rows:?}");
        }
        for rows in [
            &[][..],
            &[("person-name", "Eva Ejemplo")],
            &[("person-name", "Eva Ejemplo"), ("person-name", "E. Ejemplo")],
            &[("es-nif", "B12345674")],
        ] {
            let code = made(rows).err().map(|problem| problem.code);
            assert!(matches!(code, Some("subject-not-identified" | "subject-identifier")), "{rows:?}");
        }
        assert_eq!(made(&[("health", "flu")]).err().unwrap().code, "subject-identifier");
    }
}
