//! Who wrote to whom, in comments that are records of their own.
//!
//! Whether a comment came in, went out or stayed inside follows from who may read it, from who asked and from
//! who works for the organisation, which other records say. Some helpdesks keep what a comment says and who may
//! read it in two tables, under one id (OTRS from version 6).

use super::context::Context;
use super::hashed::Hashes;
use super::survey::{RecordHash, SurveyFacts, link_hash};
use crate::records::{FactId, FactValue, Record, RecordKind, Relation, Supplier};

/// Words of the fact `direction`, by their number.
const WORDS: [&str; 3] = ["in", "out", "internal"];
/// Bits of a row that are no hash.
const BITS: u64 = 0b1111;

/// What one record says of the comment of its id, in eight bytes: there may be millions. Sixty bits of the id's
/// hash, then who may read it, then its direction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ToldRow(u64);

impl ToldRow {
    /// What a comment says of itself; none where it says nothing or has no id.
    pub(super) fn of(comment: &Record, facts: &SurveyFacts) -> Option<ToldRow> {
        let id = comment.reference.id.as_ref()?;
        let public = match facts.public.and_then(|fact| comment.facts.get(fact)) {
            Some(FactValue::Bool(public)) => 1 + u64::from(*public),
            _ => 0,
        };
        let direction = match facts.direction.and_then(|fact| comment.facts.get(fact)) {
            // What an agent writes and the data subject may not read goes nowhere.
            Some(FactValue::Word(word)) if public == 1 && word == "out" => WORDS.len(),
            Some(FactValue::Word(word)) => {
                WORDS.iter().position(|known| known == word).map_or(0, |at| at + 1)
            }
            _ => 0,
        };
        let told = public | (direction as u64) << 2;
        let hash = RecordHash::of(facts.key(), &comment.reference.system, RecordKind::Comment, id);
        (told != 0).then_some(ToldRow(hash.bits() & !BITS | told))
    }

    fn id(self) -> u64 {
        self.0 & !BITS
    }

    fn public(self) -> Option<bool> {
        [None, Some(false), Some(true), None].get((self.0 & 0b11) as usize).copied().flatten()
    }

    fn direction(self) -> Option<&'static str> {
        WORDS.get(((self.0 >> 2) & 0b11).checked_sub(1)? as usize).copied()
    }

    /// As it stands in a context file.
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    /// From a context file.
    pub(super) fn from_bits(bits: u64) -> ToldRow {
        ToldRow(bits)
    }
}

/// What comments of the archive say of themselves, and who answers them.
#[derive(Default)]
pub(super) struct Written {
    told: Vec<ToldRow>,
    /// People who work for the organisation, under all of their ids.
    pub(super) agents: Hashes<RecordHash>,
}

impl Written {
    /// Takes rows, in the order of the walk; of two under one id the first holds.
    pub(super) fn new(mut told: Vec<ToldRow>, agents: Hashes<RecordHash>) -> Written {
        told.sort_by_key(|row| row.id());
        told.dedup_by_key(|row| row.id());
        told.shrink_to_fit();
        Written { told, agents }
    }

    fn get(&self, id: RecordHash) -> Option<ToldRow> {
        let at = self.told.binary_search_by_key(&(id.bits() & !BITS), |row| row.id()).ok()?;
        self.told.get(at).copied()
    }

    /// All rows, by id.
    pub(super) fn rows(&self) -> &[ToldRow] {
        &self.told
    }
}

/// The facts of a comment, looked up once.
pub(super) struct WrittenFacts {
    public: Option<FactId>,
    direction: Option<FactId>,
}

impl WrittenFacts {
    pub(super) fn new() -> Self {
        Self { public: FactId::named("public"), direction: FactId::named("direction") }
    }
}

impl Context {
    /// Says of a comment who may read it and which way it went, as far as other records tell.
    pub(super) fn join_written(&self, comment: &mut Record) {
        let (Some(public_fact), Some(direction_fact)) =
            (self.written_facts.public, self.written_facts.direction)
        else {
            return;
        };
        let own_direction = match comment.facts.get(direction_fact) {
            Some(FactValue::Word(word)) => Some(word.clone()),
            _ => None,
        };
        let own = match comment.facts.get(public_fact) {
            Some(FactValue::Bool(public)) => Some(*public),
            _ => None,
        };
        // An agent's note that the data subject may not read goes nowhere, whatever the export calls its sender.
        if let Some(word) = own_direction {
            if own == Some(false) && word == "out" {
                comment.facts.set(direction_fact, FactValue::Word("internal".into()), Supplier::Join);
            }
            return;
        }
        let told = match own {
            Some(_) => None,
            None => self.told(comment),
        };
        let public = own.or_else(|| told.and_then(ToldRow::public));
        if let Some(public) = public.filter(|_| own.is_none()) {
            comment.facts.set(public_fact, FactValue::Bool(public), Supplier::Join);
        }
        let direction = told.and_then(ToldRow::direction).or_else(|| self.direction(comment, public?));
        if let Some(word) = direction {
            comment.facts.set(direction_fact, FactValue::Word(word.into()), Supplier::Join);
        }
    }

    fn told(&self, comment: &Record) -> Option<ToldRow> {
        let id = comment.reference.id.as_ref()?;
        self.written.get(RecordHash::of(self.hash_key(), &comment.reference.system, RecordKind::Comment, id))
    }

    fn direction(&self, comment: &Record, public: bool) -> Option<&'static str> {
        if !public {
            return Some("internal");
        }
        let linked = |relation: Relation| {
            let link = comment.links.iter().find(|link| link.relation == relation)?;
            Some(link_hash(self.hash_key(), comment, link))
        };
        let author = linked(Relation::Author)?;
        let asked = linked(Relation::Ticket).and_then(|ticket| self.requester(ticket));
        let known = self.by_id.get(&author);
        let same = |asked: RecordHash| asked == author || known.is_some() && self.by_id.get(&asked) == known;
        if asked.is_some_and(same) {
            return Some("in");
        }
        self.written.agents.contains(&author).then_some("out")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::HashKey;
    use crate::records::Text;

    #[test]
    fn rows_keep_what_they_are_told() {
        let hash = |id: &str| RecordHash::of(HashKey::new([3; 16]), "x", RecordKind::Comment, &Text::new(id));
        let row = |id: &str, bits: u64| ToldRow(hash(id).bits() & !BITS | bits);
        let written =
            Written::new(vec![row("1", 0b0110), row("2", 0b1101), row("1", 0b0001)], Hashes::default());
        let one = written.get(hash("1")).unwrap();
        assert_eq!((one.public(), one.direction()), (Some(true), Some("in")));
        let two = written.get(hash("2")).unwrap();
        assert_eq!((two.public(), two.direction()), (Some(false), Some("internal")));
        assert!(written.get(hash("3")).is_none());
        assert_eq!(row("4", 0b1000).public(), None);
    }
}
